//! From the end of the data to the mailboxes, and the replies that promise it: sent only
//! after the commit (RFC 5321, section 6.1).

use time::OffsetDateTime;

use super::data::Received;
use super::extensions::too_large;
use super::reply::Reply;
use super::session::{Session, Transaction};
use super::trace;
use crate::service::Service;
use crate::store::{AccountId, NewMessage, StoreError};

/// Ends the transaction. SMTP gets one reply, LMTP one for each recipient, in the order of
/// the RCPT commands (RFC 2033, section 4.2).
pub(super) async fn finish(session: &mut Session, received: Received) -> Vec<Reply> {
    let transaction = session.transaction.take().unwrap_or_default();
    let reply = match received {
        Received::Message(content) => deliver(session, &transaction, &content).await,
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

async fn deliver(session: &Session, transaction: &Transaction, content: &[u8]) -> Reply {
    let now = OffsetDateTime::now_utc();
    let mut message = trace::header(session, transaction, now).into_bytes();
    message.extend_from_slice(&trace::without_return_path(content));
    // Who was named twice gets one copy.
    let mut accounts: Vec<AccountId> = Vec::new();
    for recipient in &transaction.recipients {
        if !accounts.contains(&recipient.account) {
            accounts.push(recipient.account);
        }
    }
    match session.context.shared.store.deliver(accounts, NewMessage::received(message)).await {
        Ok(_) => Reply::new(250, "2.0.0", "message accepted"),
        Err(error) => temporary(&error),
    }
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
