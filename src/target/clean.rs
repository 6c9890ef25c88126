//! A leased account of a foreign target made empty, by IMAP or POP3.

use std::sync::Arc;

use super::account::Account;
use super::client::{ClientError, ImapClient, Pop3Client};
use super::place::Place;
use crate::script::model::Endpoint;
use crate::wire::Recorder;

/// Removes all mail, all other mailboxes that can be removed, and subscriptions to them; but nothing
/// of what other users let this one see.
///
/// # Errors
/// When the server does not let us; the account is then not fit for a case.
pub(super) async fn clean(place: &Place, account: &Account) -> Result<(), ClientError> {
    let recorder = Arc::new(Recorder::new());
    if let Some(dial) = place.dial(Endpoint::Imap) {
        let mut client = ImapClient::open(dial, recorder, "clean").await?;
        client.login_safely(&account.user, &account.secret).await?;
        clean_mailboxes(&mut client).await?;
        client.logout().await;
    } else if let Some(dial) = place.dial(Endpoint::Pop3) {
        let mut client = Pop3Client::open(dial, recorder, "clean").await?;
        client.login(&account.user, &account.secret).await?;
        client.delete_all().await?;
        client.quit().await?;
    }
    Ok(())
}

async fn clean_mailboxes(client: &mut ImapClient) -> Result<(), ClientError> {
    let mut mailboxes = client.list().await?;
    let others = client.names_of_others().await?;
    mailboxes.retain(|mailbox| !others.iter().any(|prefix| mailbox.name.starts_with(prefix)));
    // Children first: a mailbox with children may refuse to go.
    mailboxes.sort_by_key(|mailbox| std::cmp::Reverse(mailbox.name.len()));
    let mut kept = Vec::new();
    for mailbox in mailboxes {
        let inbox = mailbox.name.eq_ignore_ascii_case(b"INBOX");
        if !inbox && client.delete(&mailbox.name).await.is_ok() {
            continue;
        }
        match client.empty(&mailbox.name).await {
            Ok(()) => kept.push(mailbox.name),
            // One that can neither go nor be selected is a name without messages: it went with
            // its children, or is only subscribed.
            Err(ClientError::Refused(..)) if !inbox => {}
            Err(error) => return Err(error),
        }
    }
    for mailbox in client.subscribed().await? {
        if !kept.contains(&mailbox.name) {
            client.unsubscribe(&mailbox.name).await?;
        }
    }
    Ok(())
}
