//! From the end of the data to the mailboxes and the queue, and the replies that promise it:
//! sent only after the commit (RFC 5321, section 6.1).

use std::sync::Arc;

use time::OffsetDateTime;

use super::data::Received;
use super::extensions::too_large;
use super::reply::Reply;
use super::session::{Destination, Session, Transaction};
use super::syntax::ReversePath;
use super::trace;
use crate::queue::{Action, Reason, Told, notices};
use crate::service::Service;
use crate::store::{AccountId, Envelope, NewMessage, NewQueued, Remote, StoreError};

/// Ends the transaction. SMTP gets one reply, LMTP one for each recipient, in the order of
/// the RCPT commands (RFC 2033, section 4.2).
pub(super) async fn finish(session: &mut Session, received: Received) -> Vec<Reply> {
    let transaction = session.transaction.take().unwrap_or_default();
    let reply = match received {
        // RFC 5321, section 6.3.
        Received::Message(content) if trace::hops(&content) > session.context.shared.limits.hops => {
            Reply::new(554, "5.4.6", "too many Received fields: the message goes round in circles")
        }
        Received::Message(content) => match accept(session, &transaction, &content).await {
            Ok(()) => Reply::new(250, "2.0.0", "message accepted"),
            Err(error) => temporary(&error),
        },
        Received::TooLarge => too_large(),
        Received::BareLineEnd => {
            Reply::new(554, "5.6.0", "a CR or LF stands alone in the message: lines end with CRLF")
        }
    };
    let count = match session.service() {
        Service::Lmtp => transaction.recipients.len().max(1),
        _ => 1,
    };
    vec![reply; count]
}

/// Into the mailboxes, into the queue, or both; with the reports that are asked for.
async fn accept(session: &Session, transaction: &Transaction, content: &[u8]) -> Result<(), StoreError> {
    let shared = &session.context.shared;
    let now = OffsetDateTime::now_utc();
    let received = trace::received(session, transaction, now);
    let (accounts, remote) = split(transaction);
    let local = (!accounts.is_empty()).then(|| {
        let mut message = (trace::return_path(transaction) + &received).into_bytes();
        message.extend_from_slice(&trace::without_return_path(content));
        NewMessage::received(message)
    });
    let envelope = envelope(transaction);
    let told = delivered(transaction);
    let reports = notices(shared, &envelope, shared.outgoing.clock.now(), &told, content).await?;
    let queued = (!remote.is_empty()).then(|| NewQueued {
        envelope,
        recipients: remote,
        content: Arc::from([received.as_bytes(), content].concat()),
        arrived: shared.outgoing.clock.millis(),
    });
    let rings = queued.is_some() || !reports.is_empty();
    shared.store.accept(accounts, local, queued, reports).await?;
    if rings {
        shared.outgoing.bell.notify_one();
    }
    Ok(())
}

/// The mailboxes, and the recipients elsewhere: who was named twice gets one copy.
fn split(transaction: &Transaction) -> (Vec<AccountId>, Vec<Remote>) {
    let mut accounts = Vec::new();
    let mut remotes: Vec<Remote> = Vec::new();
    for recipient in &transaction.recipients {
        match &recipient.destination {
            Destination::Account(account) if !accounts.contains(account) => accounts.push(*account),
            Destination::Remote(domain) if remotes.iter().all(|one| one.address != recipient.address) => {
                remotes.push(Remote {
                    address: recipient.address.clone(),
                    domain: domain.clone(),
                    notify: recipient.notify,
                    original: recipient.original.clone(),
                });
            }
            Destination::Account(_) | Destination::Remote(_) => {}
        }
    }
    (accounts, remotes)
}

fn envelope(transaction: &Transaction) -> Envelope {
    Envelope {
        sender: match &transaction.sender {
            ReversePath::Null => None,
            ReversePath::Mailbox(mailbox) => Some(mailbox.to_string()),
        },
        id: transaction.envelope_id.clone(),
        returned: transaction.returned,
    }
}

/// The deliveries here of which the sender wants to be told (RFC 3461, section 5.2.2).
fn delivered(transaction: &Transaction) -> Vec<Told> {
    let here = transaction.recipients.iter().filter(|recipient| {
        recipient.notify.success() && matches!(recipient.destination, Destination::Account(_))
    });
    here.map(|recipient| Told {
        address: recipient.address.clone(),
        original: recipient.original.clone(),
        action: Action::Delivered,
        reason: Reason::ours("2.0.0", "delivered to the mailbox"),
        until: None,
    })
    .collect()
}

/// The reply when the store fails: the client keeps the message and tries again.
pub(super) fn temporary(error: &StoreError) -> Reply {
    match error {
        StoreError::Full => Reply::new(452, "4.3.1", "insufficient system storage"),
        other => {
            tracing::warn!(error = %other, "the store failed");
            Reply::new(451, "4.3.0", "local error in processing")
        }
    }
}
