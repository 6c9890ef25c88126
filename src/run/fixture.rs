//! The fixture of a case: mailboxes and messages put into its accounts before the first step.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::halt::{Cause, Halt};
use super::mailbox;
use super::plan::fixture_route;
use super::stage::Stage;
use crate::script::model::{Case, Endpoint, GivenMailbox};
use crate::target::client::{ClientError, Dial, Dialect, ImapClient, SmtpClient};
use crate::target::{Account, FixtureRoute};
use crate::wire::Recorder;

/// How long a delivered message may take until it can be seen.
const DELIVERY_TIME: Duration = Duration::from_secs(20);

/// Puts the fixture of a case there, and binds its messages: `inbox.1`, `mailbox.Work.1`, and for
/// the other accounts `bob.inbox.1`.
///
/// # Errors
/// When the server does not take it: then the case is blocked, not judged.
pub(crate) async fn set_up(stage: &mut Stage, case: &Case) -> Result<(), Halt> {
    let route = fixture_route(case, &stage.target);
    for (index, given) in case.given.accounts.iter().enumerate() {
        if given.mailboxes.is_empty() {
            continue;
        }
        let account = stage.lease.accounts().iter().find(|(name, _)| *name == given.name);
        let Some((_, account)) = account.cloned() else {
            return Err(Halt::Error(format!("no account was leased for `{}`", given.name)));
        };
        let mut rendered = Vec::new();
        for mailbox in &given.mailboxes {
            rendered.push((mailbox, messages(stage, mailbox, index, &given.name)?));
        }
        let put = match route {
            Some(FixtureRoute::ImapAppend) => by_imap(stage, &account, &rendered).await,
            Some(FixtureRoute::Lmtp) => by_delivery(stage, &account, &rendered, Endpoint::Lmtp).await,
            Some(FixtureRoute::Smtp) => by_delivery(stage, &account, &rendered, Endpoint::Smtp).await,
            None => Ok(Vec::new()),
        };
        let delivered = put.map_err(|error| Halt::Blocked {
            reason: format!("the fixture of {} cannot be put there: {error}", given.name),
            cause: Cause::Silence,
        })?;
        for (number, octets) in delivered.into_iter().enumerate() {
            bind(stage, index, &given.name, &format!("inbox.{}", number + 1), octets);
        }
    }
    Ok(())
}

/// A mailbox with the octets of its messages.
type Rendered<'a> = (&'a GivenMailbox, Vec<Vec<u8>>);

/// Renders and binds the messages of a mailbox.
fn messages(
    stage: &mut Stage,
    mailbox: &GivenMailbox,
    account: usize,
    name: &str,
) -> Result<Vec<Vec<u8>>, Halt> {
    let mut all = Vec::new();
    for (number, message) in mailbox.messages.iter().enumerate() {
        let octets = stage.octets(&message.text)?;
        let number = number + 1;
        let word = if mailbox.name.eq_ignore_ascii_case("INBOX") {
            format!("inbox.{number}")
        } else {
            format!("mailbox.{}.{number}", mailbox.name)
        };
        bind(stage, account, name, &word, octets.clone());
        all.push(octets);
    }
    Ok(all)
}

/// The variable of a message: the first account's without its name too.
fn bind(stage: &mut Stage, account: usize, name: &str, word: &str, octets: Vec<u8>) {
    if account == 0 {
        stage.bindings.set(word, octets.clone());
    }
    stage.bindings.set(format!("{name}.{word}"), octets);
}

/// Appended messages are as they were handed over: nothing is given back.
async fn by_imap(
    stage: &Stage,
    account: &Account,
    mailboxes: &[Rendered<'_>],
) -> Result<Vec<Vec<u8>>, ClientError> {
    let dial = dial(stage, Endpoint::Imap)?;
    let mut client = ImapClient::open(dial, Arc::new(Recorder::new()), "fixture").await?;
    client.login_safely(&account.user, &account.secret).await?;
    let beyond_ascii = |message: &Vec<u8>| !mailbox::header(message).is_ascii();
    let names_are_alike = mailboxes.iter().all(|(mailbox, _)| !mailbox.name.contains('&'));
    if names_are_alike && mailboxes.iter().flat_map(|(_, messages)| messages).any(beyond_ascii) {
        client.accept_utf8().await?;
    }
    for (mailbox, messages) in mailboxes {
        if !mailbox.name.eq_ignore_ascii_case("INBOX") {
            client.create(mailbox.name.as_bytes()).await?;
        }
        for (given, octets) in mailbox.messages.iter().zip(messages) {
            let date = given.internal_date.as_deref();
            client.append(mailbox.name.as_bytes(), &given.flags, date, octets).await?;
        }
    }
    client.logout().await;
    Ok(Vec::new())
}

/// Delivers one by one, each when the one before can be seen, so that their order holds. Gives
/// the messages as they stand in the mailbox, where that can be looked into: a delivery puts
/// trace fields before a message (RFC 5321, section 4.4), and that is no fault of the protocol
/// that reads it.
async fn by_delivery(
    stage: &Stage,
    account: &Account,
    mailboxes: &[Rendered<'_>],
    endpoint: Endpoint,
) -> Result<Vec<Vec<u8>>, ClientError> {
    let dialect = if endpoint == Endpoint::Lmtp { Dialect::Lmtp } else { Dialect::Smtp };
    let from = format!("postmaster@{}", stage.target.domain());
    let mut client =
        SmtpClient::open(dial(stage, endpoint)?, dialect, Arc::new(Recorder::new()), "fixture").await?;
    let mut delivered = Vec::new();
    for handed in mailboxes.iter().flat_map(|(_, messages)| messages) {
        client.deliver(&from, &account.address, handed).await?;
        let seen = wait_for(stage, account, delivered.len() + 1).await?;
        // Anything but lines put before it is a change, which the case shall see as one.
        let whole = seen.filter(|seen| seen.ends_with(handed)).unwrap_or_else(|| handed.clone());
        delivered.push(whole);
    }
    client.quit().await;
    Ok(delivered)
}

/// Waits until the mailbox holds so many messages, and gives the last; `None` where nobody can look.
async fn wait_for(stage: &Stage, account: &Account, count: usize) -> Result<Option<Vec<u8>>, ClientError> {
    let place = stage.lease.place();
    if place.reach(Endpoint::Imap).is_none() && place.reach(Endpoint::Pop3).is_none() {
        return Ok(None);
    }
    let deadline = Instant::now() + DELIVERY_TIME;
    loop {
        let mut messages = mailbox::read_from(place, account, "INBOX").await?;
        if messages.len() >= count {
            return Ok(messages.pop());
        }
        if Instant::now() >= deadline {
            return Err(ClientError::Silent("the delivery".to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn dial(stage: &Stage, endpoint: Endpoint) -> Result<Dial, ClientError> {
    let missing = || ClientError::Refused(endpoint.as_str().to_owned(), "no such endpoint".to_owned());
    stage.lease.place().dial(endpoint).ok_or_else(missing)
}
