//! LOGIN (RFC 3501, section 6.2.3).

use crate::auth::AuthError;
use crate::imap::failure::{Failure, refusal};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, Parsed};

/// See [`parse`].
pub(crate) const LOGIN: Registered = Registered::new("LOGIN", Gate::NotAuthenticated, parse);

struct Login {
    user: Vec<u8>,
    password: Vec<u8>,
}

/// ```abnf
/// login = "LOGIN" SP userid SP password      ; both astring
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let user = cursor.astring()?;
    cursor.space()?;
    Ok(Box::new(Login { user, password: cursor.astring()? }))
}

impl Command for Login {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            if !session.password_allowed() {
                return Err(password_refused().into());
            }
            let (Ok(user), Ok(password)) = (String::from_utf8(self.user), String::from_utf8(self.password))
            else {
                session.login_failed();
                return Err(wrong_credentials().into());
            };
            let shared = session.context.shared.clone();
            let channel = session.context.channel.clone();
            let verified = shared.authenticator.verify_password(&user, &password, &channel).await;
            let account = verified.map_err(|error| not_let_in(session, &error))?;
            session.log_in(account);
            Ok(Reply::ok("LOGIN completed").with(session.capability_code()))
        })
    }
}

/// The answer where no password may cross the connection as it is.
pub(super) fn password_refused() -> Reply {
    Reply::no("a password may be sent only under TLS").with(ResponseCode::PrivacyRequired)
}

fn wrong_credentials() -> Reply {
    Reply::no("wrong user name or password").with(ResponseCode::AuthenticationFailed)
}

/// The answer to credentials that did not do.
pub(super) fn not_let_in(session: &mut Session, error: &AuthError) -> Failure {
    match error {
        AuthError::Invalid | AuthError::Malformed => {
            session.login_failed();
            wrong_credentials().into()
        }
        AuthError::TooMany => {
            Reply::no("too many failed logins, try again later").with(ResponseCode::Limit).into()
        }
        AuthError::NotAsAnother => {
            session.login_failed();
            Reply::no("you may not act as somebody else").with(ResponseCode::AuthorizationFailed).into()
        }
        AuthError::Temporary(error) => refusal(error).into(),
    }
}
