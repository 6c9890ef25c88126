//! AUTHENTICATE (RFC 3501, section 6.2.2): the SASL exchange in base64, line by line; its first
//! response may stand in the command (RFC 4959).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::login::{not_let_in, password_refused};
use crate::auth::{Opening, Progress};
use crate::imap::failure::Failure;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, ParseError, Parsed};

/// The longest line of a response, in octets; RFC 4954, section 4, has clients count on 12288.
const LINE_LIMIT: usize = 16 * 1024;

/// See [`parse`].
pub(crate) const AUTHENTICATE: Registered = Registered::new("AUTHENTICATE", Gate::NotAuthenticated, parse);

struct Authenticate {
    mechanism: String,
    /// The initial response, in base64.
    initial: Option<Vec<u8>>,
}

/// ```abnf
/// authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")] *(CRLF base64)
/// auth-type    = atom
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let mechanism = cursor.atom()?.to_owned();
    let mut initial = None;
    if cursor.eat(b' ') {
        let run =
            cursor.take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'='));
        match run {
            [] => return Err(ParseError::Syntax("an initial response was expected")),
            b"=" => initial = Some(Vec::new()),
            base64 => initial = Some(base64.to_vec()),
        }
    }
    Ok(Box::new(Authenticate { mechanism, initial }))
}

impl Command for Authenticate {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let shared = session.context.shared.clone();
            let authenticator = &shared.authenticator;
            let channel = session.context.channel.clone();
            let mechanism = authenticator
                .mechanisms(&channel)
                .find(self.mechanism.as_bytes())
                .ok_or_else(|| Reply::no("there is no such mechanism here").with(ResponseCode::Cannot))?;
            if !session.password_allowed() {
                return Err(password_refused().into());
            }
            // RFC 4959, section 3.
            if self.initial.is_some() && mechanism.opening() == Opening::Server {
                return Err(Reply::bad("the server speaks first in this mechanism").into());
            }
            let initial = self.initial.map(|base64| decode(&base64)).transpose()?;
            let begun = authenticator.begin(mechanism, initial.as_deref(), &channel).await;
            let (mut exchange, mut progress) = begun.map_err(|error| not_let_in(session, &error))?;
            let account = loop {
                match progress {
                    Progress::Challenge(challenge) => {
                        let response = ask(session, &challenge).await?;
                        let proceeded = authenticator.proceed(&mut exchange, &response).await;
                        progress = proceeded.map_err(|error| not_let_in(session, &error))?;
                    }
                    Progress::LetIn(account) => break account,
                }
            };
            session.log_in(account);
            Ok(Reply::ok("AUTHENTICATE completed").with(session.capability_code()))
        })
    }
}

/// Sends a challenge and gives the decoded response.
///
/// ```abnf
/// continue-req = "+" SP (resp-text / base64) CRLF
/// ```
async fn ask(session: &mut Session, challenge: &[u8]) -> Result<Vec<u8>, Failure> {
    let line = format!("+ {}\r\n", STANDARD.encode(challenge));
    session.link.push(line.as_bytes());
    let Some(response) = session.read_line(LINE_LIMIT).await? else {
        return Err(Reply::bad("the response is too long").into());
    };
    if response == b"*" {
        return Err(Reply::bad("AUTHENTICATE cancelled").into());
    }
    decode(&response)
}

fn decode(response: &[u8]) -> Result<Vec<u8>, Failure> {
    STANDARD.decode(response).map_err(|_| Reply::bad("the response is not base64").into())
}
