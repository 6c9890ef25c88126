//! Messages that waited in the queue for people here: those that were to be held for a time.

use super::outcome::{Outcome, Reason};
use crate::context::Shared;
use crate::message::{Header, Keep, Span, header_end};
use crate::recipient::{Resolved, resolve};
use crate::store::{AccountId, Front, Incoming, NewMessage, Queued, READ, Report, StoreError};

/// Finds the mailboxes; gives an outcome for each recipient.
pub(super) async fn find(shared: &Shared, message: &Queued) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(message.recipients.len());
    for pending in &message.recipients {
        let address = &pending.remote.address;
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        outcomes.push(match resolve(shared, local.trim_matches('"'), Some(domain)).await {
            Ok(Resolved::Account(account)) => Outcome::Arrived(account.id),
            Ok(_) => Outcome::Failed(Reason::ours("5.1.1", "no such user here any more")),
            Err(error) => Outcome::Deferred(Reason::ours("4.3.0", error.to_string())),
        });
    }
    outcomes
}

/// The message for each of these mailboxes, with its Return-Path.
pub(super) async fn into_mailboxes(
    shared: &Shared,
    message: &Queued,
    mut accounts: Vec<AccountId>,
) -> Result<Vec<Report>, StoreError> {
    accounts.sort_unstable();
    accounts.dedup();
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let return_path =
        format!("Return-Path: <{}>\r\n", message.envelope.sender.as_deref().unwrap_or_default());
    let front: Front = Box::new(move |head| {
        let end = header_end(head);
        let header = Header::new(head, Span::new(0, end)).subset(&["Return-Path"], Keep::Others);
        [return_path.as_bytes(), &header, head.get(end..).unwrap_or_default()].concat()
    });
    let mut incoming = Incoming::new(&shared.store, front);
    let mut offset = 0;
    loop {
        let piece = shared.store.body_range(message.body, offset, READ).await?;
        if piece.is_empty() {
            break;
        }
        incoming.push(&piece).await?;
        offset = offset.saturating_add(READ);
    }
    let content = incoming.finish().await?;
    Ok(accounts
        .into_iter()
        .map(|account| Report::Local(account, NewMessage::received(content.clone())))
        .collect())
}
