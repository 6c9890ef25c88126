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
            None => Ok(()),
        };
        put.map_err(|error| Halt::Blocked {
            reason: format!("the fixture of {} cannot be put there: {error}", given.name),
            cause: Cause::Silence,
        })?;
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
        if account == 0 {
            stage.bindings.set(word.clone(), octets.clone());
        }
        stage.bindings.set(format!("{name}.{word}"), octets.clone());
        all.push(octets);
    }
    Ok(all)
}

async fn by_imap(stage: &Stage, account: &Account, mailboxes: &[Rendered<'_>]) -> Result<(), ClientError> {
    let dial = dial(stage, Endpoint::Imap)?;
    let mut client = ImapClient::open(dial, Arc::new(Recorder::new()), "fixture").await?;
    client.login_safely(&account.user, &account.secret).await?;
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
    Ok(())
}

/// Delivers one by one, each when the one before can be seen, so that their order holds.
async fn by_delivery(
    stage: &Stage,
    account: &Account,
    mailboxes: &[Rendered<'_>],
    endpoint: Endpoint,
) -> Result<(), ClientError> {
    let dialect = if endpoint == Endpoint::Lmtp { Dialect::Lmtp } else { Dialect::Smtp };
    let from = format!("postmaster@{}", stage.target.domain());
    let mut client =
        SmtpClient::open(dial(stage, endpoint)?, dialect, Arc::new(Recorder::new()), "fixture").await?;
    let mut count = 0;
    for octets in mailboxes.iter().flat_map(|(_, messages)| messages) {
        client.deliver(&from, &account.address, octets).await?;
        count += 1;
        wait_for(stage, account, count).await?;
    }
    client.quit().await;
    Ok(())
}

async fn wait_for(stage: &Stage, account: &Account, count: usize) -> Result<(), ClientError> {
    let place = stage.lease.place();
    if place.reach(Endpoint::Imap).is_none() && place.reach(Endpoint::Pop3).is_none() {
        return Ok(());
    }
    let deadline = Instant::now() + DELIVERY_TIME;
    while mailbox::read_from(place, account, "INBOX").await?.len() < count {
        if Instant::now() >= deadline {
            return Err(ClientError::Silent("the delivery".to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn dial(stage: &Stage, endpoint: Endpoint) -> Result<Dial, ClientError> {
    let missing = || ClientError::Refused(endpoint.as_str().to_owned(), "no such endpoint".to_owned());
    stage.lease.place().dial(endpoint).ok_or_else(missing)
}
