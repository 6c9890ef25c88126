//! `AUTH mechanism [initial-response]` (RFC 5034): SASL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::registry::{Passwords, Request, Situation, Spec, State};
use super::super::reply::Reply;
use super::super::session::Session;
use super::pass;
use crate::auth::{AuthError, Exchange, Opening, Progress};

/// `AUTH` with a mechanism and perhaps an initial response.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "AUTH",
    states: &[State::Authorization],
    parse: |arguments| {
        let (mechanism, initial) = arguments.one_or_two()?;
        Ok(Request::Auth { mechanism: mechanism.to_vec(), initial: initial.map(<[u8]>::to_vec) })
    },
    capability: |situation| {
        let names: Vec<_> = situation.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
        (situation.passwords == Passwords::Taken).then(|| format!("SASL {}", names.join(" ")).into())
    },
};

/// Begins the exchange, and ends it at once where the initial response suffices.
pub(in super::super) async fn run(
    session: &mut Session,
    situation: &Situation,
    mechanism: &[u8],
    initial: Option<&[u8]>,
) -> Reply {
    if situation.passwords == Passwords::Refused {
        return Reply::err("no passwords without TLS: give STLS first");
    }
    let Some(mechanism) = situation.mechanisms.find(mechanism) else {
        return Reply::err("unknown mechanism");
    };
    // RFC 5034, section 4.
    if initial.is_some() && mechanism.opening() == Opening::Server {
        return Reply::err("the server speaks first in this mechanism");
    }
    let initial = match initial {
        None => None,
        // An initial response without octets (RFC 5034, section 4).
        Some(b"=") => Some(Vec::new()),
        Some(text) => match STANDARD.decode(text) {
            Ok(response) => Some(response),
            Err(_) => return not_base64(),
        },
    };
    let shared = session.context().shared.clone();
    let channel = session.context().channel.clone();
    match shared.authenticator.begin(mechanism, initial.as_deref(), &channel).await {
        Ok((exchange, progress)) => after(session, exchange, progress).await,
        Err(error) => refused(session, &error),
    }
}

/// Takes the client's response to the last challenge.
pub(in super::super) async fn respond(session: &mut Session, mut exchange: Exchange, line: &[u8]) -> Reply {
    if line == b"*" {
        return Reply::err("authentication cancelled");
    }
    match STANDARD.decode(line) {
        Ok(response) => {
            let shared = session.context().shared.clone();
            match shared.authenticator.proceed(&mut exchange, &response).await {
                Ok(progress) => after(session, exchange, progress).await,
                Err(error) => refused(session, &error),
            }
        }
        Err(_) => not_base64(),
    }
}

async fn after(session: &mut Session, exchange: Exchange, progress: Progress) -> Reply {
    match progress {
        Progress::Challenge(challenge) => {
            session.expect_response(exchange);
            Reply::Continue(STANDARD.encode(challenge))
        }
        Progress::LetIn(account) => session.log_in(&account).await,
    }
}

fn refused(session: &mut Session, error: &AuthError) -> Reply {
    match error {
        AuthError::Malformed => {
            session.login_failed();
            Reply::err("the response breaks the mechanism's rules")
        }
        _ => pass::failure(session, error),
    }
}

fn not_base64() -> Reply {
    Reply::err("the response is not base64")
}
