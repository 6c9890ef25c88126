//! `connect`, `greet`, `login`: ways to a conversation, all of them preconditions.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::starttls;
use super::talk::{imap, pop3, smtp};
use crate::run::halt::Halt;
use crate::run::plan::hello;
use crate::run::session::Session;
use crate::run::stage::Stage;
use crate::script::model::{Open, Protocol, Step};
use crate::target::{Account, CLIENT_NAME};
use crate::wire::{Connection, ConnectionOptions};

/// `connect`: TCP, and TLS where it comes first.
pub(super) async fn connect(stage: &mut Stage, step: &Step, open: &Open) -> Result<(), Halt> {
    let (_, place) = stage.account(&open.account)?;
    let reach = place
        .reach(open.endpoint)
        .ok_or_else(|| Halt::Error(format!("the target has no {} endpoint", open.endpoint.as_str())))?;
    let tls = place.tls.clone().filter(|_| reach.endpoint.is_implicit_tls());
    let tls = tls.map(|tls| starttls::asking(stage, &tls, &open.tls)).transpose()?;
    let options =
        ConnectionOptions { name: open.name.clone(), tls, deadline: stage.wait(step.within).deadline };
    let recorder = Arc::clone(stage.evidence.recorder());
    let connection = Connection::open(reach.address, options, recorder)
        .await
        .map_err(|error| Halt::Error(error.to_string()))?;
    let mut session = Session::new(connection, reach.endpoint);
    session.tls = open.tls.clone();
    session.trust = place.tls;
    if let Some(mut before) = stage.sessions.insert(open.name.clone(), session) {
        before.connection.drop_now().await;
    }
    Ok(())
}

/// `greet`: the server's greeting, and the client's.
pub(super) async fn greet(stage: &mut Stage, step: &Step, open: &Open) -> Result<(), Halt> {
    connect(stage, step, open).await?;
    let name = &open.name;
    match open.endpoint.protocol() {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
            smtp::expect(stage, step, name, "a greeting", 2).await?;
            say_hello(stage, step, name).await?;
        }
        Protocol::Pop3 => {
            pop3::expect(stage, step, name, "a greeting").await?;
        }
        Protocol::Imap => imap::greeting(stage, step, name).await?,
    }
    Ok(())
}

/// EHLO or LHLO; gives the extensions that the server tells of, upper case.
pub(super) async fn say_hello(stage: &mut Stage, step: &Step, name: &str) -> Result<Vec<String>, Halt> {
    let verb = hello(stage.session(name)?.protocol());
    let reply = smtp::command(stage, step, name, &format!("{verb} {CLIENT_NAME}"), 2).await?;
    let text = |line: &crate::dialect::smtp::ReplyLine| {
        String::from_utf8_lossy(&line.text).trim().to_ascii_uppercase()
    };
    Ok(reply.lines.iter().skip(1).map(text).collect())
}

/// `login`: greet, then authenticate by the protocol's plainest way, over TLS where the server
/// wants that first.
pub(super) async fn login(stage: &mut Stage, step: &Step, open: &Open) -> Result<(), Halt> {
    let (account, _) = stage.account(&open.account)?;
    match open.endpoint.protocol() {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
            connect(stage, step, open).await?;
            smtp::expect(stage, step, &open.name, "a greeting", 2).await?;
            login_smtp(stage, step, &open.name, &account).await
        }
        Protocol::Pop3 => {
            greet(stage, step, open).await?;
            login_pop3(stage, step, &open.name, &account).await
        }
        Protocol::Imap => {
            greet(stage, step, open).await?;
            imap::login(stage, step, &open.name, &account).await
        }
    }
}

/// AUTH PLAIN with an initial response (RFC 4954, section 4; RFC 4616).
async fn login_smtp(stage: &mut Stage, step: &Step, name: &str, account: &Account) -> Result<(), Halt> {
    let extensions = say_hello(stage, step, name).await?;
    let tells = |word: &str| extensions.iter().any(|line| line.split(' ').next() == Some(word));
    if !tells("AUTH") && tells("STARTTLS") {
        starttls::command(stage, step, name).await?;
        say_hello(stage, step, name).await?;
    }
    let blob = STANDARD.encode(format!("\0{}\0{}", account.user, account.secret));
    smtp::command(stage, step, name, &format!("AUTH PLAIN {blob}"), 2).await.map(|_| ())
}

/// USER and PASS (RFC 1939, section 7); STLS first where USER is not offered without it.
async fn login_pop3(stage: &mut Stage, step: &Step, name: &str, account: &Account) -> Result<(), Halt> {
    let declared = stage.target.declared();
    let encrypted = stage.sessions.get(name).is_some_and(|session| session.connection.is_encrypted());
    let wants_tls = !encrypted
        && declared.offers_tls(Protocol::Pop3)
        && !declared.has_in_plaintext(Protocol::Pop3, "USER")
        && declared.has(Protocol::Pop3, "USER");
    if wants_tls {
        starttls::command(stage, step, name).await?;
    }
    pop3::command(stage, step, name, &format!("USER {}", account.user)).await?;
    pop3::command(stage, step, name, &format!("PASS {}", account.secret)).await.map(|_| ())
}
