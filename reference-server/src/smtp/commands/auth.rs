//! AUTH (RFC 4954), and the AUTH parameter of MAIL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::auth::{AuthError, Exchange, Mechanism, Opening, Progress};
use crate::smtp::extensions::bad_value;
use crate::smtp::registry::{self, Argument, Command, Extension, MailParameter, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Next, Session, Transaction};
use crate::smtp::syntax::{self, Parameter};
use crate::store::xtext;

/// Offered where a password may be sent, and not by LMTP.
pub(in crate::smtp) const EXTENSION: Extension = Extension {
    advertise: |session| {
        let offered = session.password_allowed() && registry::not_lmtp(session.service());
        let known = session.context.shared.authenticator.mechanisms(&session.context.channel);
        let names: Vec<_> = known.iter().map(|mechanism| mechanism.name()).collect();
        offered.then(|| format!("AUTH {}", names.join(" ")))
    },
    commands: &[AUTH],
    mail_parameters: &[MailParameter { keyword: "AUTH", apply: submitter }],
    rcpt_parameters: &[],
};

/// `auth-command = "AUTH" SP sasl-mech [SP initial-response] ... CRLF`
const AUTH: Command = Command {
    verb: "AUTH",
    offered: registry::not_lmtp,
    needs: Needs::Greeting,
    argument: Argument::Required,
    sending: Sending::AtOnce,
    usage: "AUTH mechanism [initial-response]",
    run: |session, argument| Box::pin(auth(session, argument)),
};

/// The user could not be authenticated.
pub(in crate::smtp) fn failed() -> Reply {
    Reply::new(535, "5.7.8", "authentication credentials invalid")
}

async fn auth(session: &mut Session, argument: &str) -> Next {
    if session.user.is_some() {
        return Next::Reply(Reply::new(503, "5.5.1", "authenticated already"));
    }
    if session.transaction.is_some() {
        return Next::Reply(Reply::new(503, "5.5.1", "not during a mail transaction"));
    }
    let (name, initial) = match argument.split_once(' ') {
        Some((name, initial)) => (name, Some(initial.trim_ascii_start())),
        None => (argument, None),
    };
    let shared = session.context.shared.clone();
    let channel = session.context.channel.clone();
    let Some(mechanism) = shared.authenticator.mechanisms(&channel).find(name.as_bytes()) else {
        return Next::Reply(Reply::new(504, "5.5.4", "mechanism not supported"));
    };
    if !session.password_allowed() {
        return Next::Reply(Reply::new(538, "5.7.11", "encryption required for this mechanism"));
    }
    if initial.is_some() && mechanism.opening() == Opening::Server && mechanism != Mechanism::Login {
        return Next::Reply(Reply::new(501, "5.7.0", "the server speaks first in this mechanism"));
    }
    // LOGIN, which no RFC describes, takes an initial response as its user name: deployed
    // clients send one.
    let initial = match initial {
        None => None,
        // A response of no octets (RFC 4954, section 4).
        Some("=") => Some(Vec::new()),
        Some(text) => match STANDARD.decode(text) {
            Ok(octets) => Some(octets),
            Err(_) => return Next::Reply(not_base64()),
        },
    };
    match shared.authenticator.begin(mechanism, initial.as_deref(), &channel).await {
        Ok((exchange, progress)) => after(session, exchange, progress),
        Err(error) => Next::Reply(refused(session, &error)),
    }
}

/// Takes the client's response to a challenge.
pub(in crate::smtp) async fn respond(session: &mut Session, mut exchange: Exchange, line: &[u8]) -> Next {
    if line == b"*" {
        return Next::Reply(Reply::new(501, "5.7.0", "authentication cancelled"));
    }
    match STANDARD.decode(line) {
        Ok(response) => {
            let shared = session.context.shared.clone();
            match shared.authenticator.proceed(&mut exchange, &response).await {
                Ok(progress) => after(session, exchange, progress),
                Err(error) => Next::Reply(refused(session, &error)),
            }
        }
        Err(_) => Next::Reply(not_base64()),
    }
}

fn after(session: &mut Session, exchange: Exchange, progress: Progress) -> Next {
    match progress {
        Progress::Challenge(challenge) => Next::Challenge(exchange, challenge),
        Progress::LetIn(account) => {
            session.user = Some(account);
            Next::Reply(Reply::new(235, "2.7.0", "authentication succeeded"))
        }
    }
}

fn refused(session: &mut Session, error: &AuthError) -> Reply {
    match error {
        AuthError::Invalid | AuthError::NotAsAnother | AuthError::Malformed => {
            session.failed_logins = session.failed_logins.saturating_add(1);
            failed()
        }
        AuthError::TooMany => Reply::new(454, "4.7.0", "too many failed logins, try again later"),
        AuthError::Temporary(error) => {
            tracing::warn!(%error, "authentication failed");
            Reply::new(454, "4.7.0", "temporary authentication failure")
        }
    }
}

fn not_base64() -> Reply {
    Reply::new(501, "5.5.2", "not valid base64")
}

/// `AUTH=<>` or a mailbox in xtext (RFC 4954, section 5); checked and not used, since
/// nobody is trusted with it.
fn submitter(_: &Session, _: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    let value = parameter.value.unwrap_or_default();
    let valid =
        value == "<>" || xtext(value).is_some_and(|text| matches!(syntax::mailbox(&text), Ok((_, ""))));
    if valid { Ok(()) } else { Err(bad_value("AUTH needs a mailbox in xtext, or <>")) }
}
