//! To whom reports go: into the sender's mailbox here, or out through the queue; never to the
//! null reverse-path, and never with another return path than that one (RFC 5321, section
//! 4.5.5).

use std::sync::Arc;

use time::OffsetDateTime;

use super::clock::millis;
use super::report::{Action, Told, report};
use crate::context::Shared;
use crate::recipient::{Resolved, resolve};
use crate::store::{Envelope, NewMessage, NewQueued, Notify, Remote, Report, StoreError};

/// The reports about a message: one for each action that is to be told.
///
/// # Errors
/// The store failed.
pub(crate) async fn notices(
    shared: &Shared,
    envelope: &Envelope,
    arrived: OffsetDateTime,
    told: &[Told],
    content: &[u8],
) -> Result<Vec<Report>, StoreError> {
    let now = shared.outgoing.clock.now();
    let mut reports = Vec::new();
    for action in [Action::Failed, Action::Delayed, Action::Delivered, Action::Relayed] {
        let group: Vec<Told> = told.iter().filter(|one| one.action == action).cloned().collect();
        if !group.is_empty() {
            let text = report(&shared.hostname, envelope, arrived, now, &group, content);
            reports.extend(addressed(shared, envelope, text, now).await?);
        }
    }
    Ok(reports)
}

async fn addressed(
    shared: &Shared,
    envelope: &Envelope,
    text: Vec<u8>,
    now: OffsetDateTime,
) -> Result<Option<Report>, StoreError> {
    let Some(sender) = envelope.sender.as_deref() else { return Ok(None) };
    let Some((local, domain)) = sender.rsplit_once('@') else { return Ok(None) };
    let from = (shared.seams.queue.report_sender)(sender);
    match resolve(shared, local.trim_matches('"'), Some(domain)).await? {
        Resolved::Account(account) => {
            let mut message = format!("Return-Path: <{}>\r\n", from.unwrap_or_default()).into_bytes();
            message.extend_from_slice(&text);
            Ok(Some(Report::Local(account.id, NewMessage::received(message))))
        }
        Resolved::NotLocal if shared.outgoing.relays_to(domain) => {
            let remote = Remote {
                address: sender.to_owned(),
                domain: domain.to_ascii_lowercase(),
                notify: Notify::default(),
                original: None,
            };
            Ok(Some(Report::Remote(NewQueued {
                envelope: Envelope { sender: from, ..Envelope::default() },
                recipients: vec![remote],
                content: Arc::from(text),
                arrived: millis(now),
            })))
        }
        Resolved::NotLocal | Resolved::NoSuchUser => {
            tracing::warn!(sender, "a report cannot be sent: nobody is there");
            Ok(None)
        }
    }
}
