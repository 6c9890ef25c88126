//! To whom reports go: into the sender's mailbox here, or out through the queue; never to the
//! null reverse-path, and never with another return path than that one (RFC 5321, section
//! 4.5.5).

use time::OffsetDateTime;

use super::clock::millis;
use super::report::{Action, Facts, Text, Told, report};
use crate::context::Shared;
use crate::recipient::{Resolved, resolve};
use crate::store::{
    BodyId, Content, Envelope, Front, Incoming, NewMessage, NewQueued, Notify, READ, Remote, Report,
    Returned, StoreError, Terms, TlsTerm,
};

/// The message that is reported of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Original<'m> {
    /// Its beginning; all of it where it is small.
    pub(crate) head: &'m [u8],
    /// How many octets it has.
    pub(crate) octets: u64,
    /// Where all of it is, where more than the header section may be wanted.
    pub(crate) body: Option<BodyId>,
}

/// The reports about a message: one for each action that is to be told.
///
/// # Errors
/// The store failed.
pub(crate) async fn notices(
    shared: &Shared,
    envelope: &Envelope,
    arrived: OffsetDateTime,
    told: &[Told],
    original: Original<'_>,
) -> Result<Vec<Report>, StoreError> {
    let now = shared.outgoing.clock.now();
    let mut reports = Vec::new();
    for action in [Action::Failed, Action::Delayed, Action::Delivered, Action::Relayed] {
        let group: Vec<Told> = told.iter().filter(|one| one.action == action).cloned().collect();
        if !group.is_empty() {
            let returned = (shared.seams.queue.returned)(envelope.returned);
            let hostname = &shared.hostname;
            let facts = Facts { hostname, envelope, returned, arrived, now, told: &group };
            let text = report(facts, original.head, original.octets);
            reports.extend(addressed(shared, envelope, &text, original, now).await?);
        }
    }
    Ok(reports)
}

async fn addressed(
    shared: &Shared,
    envelope: &Envelope,
    text: &Text,
    original: Original<'_>,
    now: OffsetDateTime,
) -> Result<Option<Report>, StoreError> {
    let Some(sender) = envelope.sender.as_deref() else { return Ok(None) };
    let Some((local, domain)) = sender.rsplit_once('@') else { return Ok(None) };
    let from = (shared.seams.queue.report_sender)(sender);
    match resolve(shared, local.trim_matches('"'), Some(domain)).await? {
        Resolved::Account(account) => {
            let return_path = format!("Return-Path: <{}>\r\n", from.unwrap_or_default());
            let front: Front = Box::new(move |head| [return_path.as_bytes(), head].concat());
            let content = whole(shared, text, original, Incoming::new(&shared.store, front)).await?;
            Ok(Some(Report::Local(account.id, NewMessage::received(content))))
        }
        Resolved::NotLocal if shared.outgoing.relays_to(domain) => {
            let remote = Remote {
                address: sender.to_owned(),
                domain: domain.to_ascii_lowercase(),
                notify: Notify::default(),
                original: None,
            };
            let content = whole(shared, text, original, Incoming::without_structure(&shared.store)).await?;
            Ok(Some(Report::Remote(NewQueued {
                envelope: Envelope { sender: from, terms: terms_of(envelope), ..Envelope::default() },
                recipients: vec![remote],
                content,
                arrived: millis(now),
            })))
        }
        Resolved::NotLocal | Resolved::NoSuchUser | Resolved::List(_) => {
            tracing::warn!(sender, "a report cannot be sent: nobody is there");
            Ok(None)
        }
    }
}

/// A report goes on the terms of what it tells of: under TLS (RFC 8689, section 5), and as urgent
/// (RFC 6710, section 4.6).
fn terms_of(envelope: &Envelope) -> Terms {
    let tls = match envelope.terms.tls {
        TlsTerm::Required => TlsTerm::Required,
        TlsTerm::AsUsual | TlsTerm::Waived => TlsTerm::AsUsual,
    };
    Terms { tls, priority: envelope.terms.priority, ..Terms::default() }
}

/// The report with what it brings back, piece by piece.
async fn whole(
    shared: &Shared,
    text: &Text,
    original: Original<'_>,
    mut incoming: Incoming,
) -> Result<Content, StoreError> {
    incoming.push(&text.before).await?;
    if let (Returned::Full, Some(body)) = (text.returned, original.body) {
        let mut offset = 0;
        loop {
            let part = shared.store.body_range(body, offset, READ).await?;
            if part.is_empty() {
                break;
            }
            incoming.push(&part).await?;
            offset = offset.saturating_add(READ);
        }
    }
    incoming.push(&text.after).await?;
    incoming.finish().await
}
