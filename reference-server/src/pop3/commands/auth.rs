//! `AUTH mechanism [initial-response]` (RFC 5034): SASL. PLAIN only: LOGIN is no
//! standard, and USER and PASS are there for who has nothing better.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::registry::{Passwords, Request, Situation, Spec, State};
use super::super::reply::Reply;
use super::super::session::Session;
use super::pass;
use crate::auth::{Exchange, Mechanism, Step};

/// `AUTH` with a mechanism and perhaps an initial response.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "AUTH",
    states: &[State::Authorization],
    parse: |arguments| {
        let (mechanism, initial) = arguments.one_or_two()?;
        Ok(Request::Auth { mechanism: mechanism.to_vec(), initial: initial.map(<[u8]>::to_vec) })
    },
    capability: |situation| (situation.passwords == Passwords::Taken).then_some("SASL PLAIN"),
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
    let Some(mechanism @ Mechanism::Plain) = Mechanism::parse(mechanism) else {
        return Reply::err("unknown mechanism");
    };
    let initial = match initial {
        None => None,
        // An initial response without octets (RFC 5034, section 4).
        Some(b"=") => Some(Vec::new()),
        Some(text) => match STANDARD.decode(text) {
            Ok(response) => Some(response),
            Err(_) => return not_base64(),
        },
    };
    let (exchange, step) = Exchange::start(mechanism, initial.as_deref());
    proceed(session, exchange, step).await
}

/// Takes the client's response to the last challenge.
pub(in super::super) async fn respond(session: &mut Session, mut exchange: Exchange, line: &[u8]) -> Reply {
    if line == b"*" {
        return Reply::err("authentication cancelled");
    }
    match STANDARD.decode(line) {
        Ok(response) => {
            let step = exchange.respond(&response);
            proceed(session, exchange, step).await
        }
        Err(_) => not_base64(),
    }
}

async fn proceed(session: &mut Session, exchange: Exchange, step: Step) -> Reply {
    match step {
        Step::Challenge(challenge) => {
            session.expect_response(exchange);
            Reply::Continue(STANDARD.encode(challenge))
        }
        Step::Malformed => Reply::err("the response breaks the mechanism's rules"),
        Step::Verify(credentials) => {
            let shared = session.context().shared.clone();
            match shared.authenticator.verify(&credentials).await {
                Ok(account) => session.log_in(&account).await,
                Err(error) => pass::failure(&error),
            }
        }
    }
}

fn not_base64() -> Reply {
    Reply::err("the response is not base64")
}
