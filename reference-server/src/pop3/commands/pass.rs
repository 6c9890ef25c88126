//! `PASS string` (RFC 1939, section 7): proves who USER said it is, and opens
//! the maildrop.

use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::{Code, Reply};
use super::super::session::{Session, trouble};
use crate::auth::AuthError;

/// `PASS` with a password, in which spaces are part of the password. The
/// capability USER announces it (RFC 2449, section 6.2).
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "PASS",
    states: &[State::Authorization],
    parse: |arguments| arguments.whole().map(|secret| Request::Pass(secret.to_vec())),
    capability: unannounced,
};

/// Verifies the password of the user that the line before named.
pub(in super::super) async fn run(session: &mut Session, user: Option<Vec<u8>>, password: &[u8]) -> Reply {
    let Some(user) = user else {
        return Reply::err("give USER first");
    };
    // What is not UTF-8 is nobody's name and nobody's password.
    let (Ok(user), Ok(password)) = (std::str::from_utf8(&user), std::str::from_utf8(password)) else {
        return refused(session);
    };
    let shared = session.context().shared.clone();
    let channel = session.context().channel.clone();
    match shared.authenticator.verify_password(user, password, &channel).await {
        Ok(account) => session.log_in(&account).await,
        Err(error) => failure(session, &error),
    }
}

/// What a failed verification is answered with. Whether the account exists is not told.
pub(super) fn failure(session: &mut Session, error: &AuthError) -> Reply {
    match error {
        AuthError::Invalid | AuthError::NotAsAnother | AuthError::Malformed => refused(session),
        AuthError::TooMany => Reply::coded(Code::SysTemp, "too many failed logins, try again later"),
        AuthError::Temporary(error) => trouble(error),
    }
}

fn refused(session: &mut Session) -> Reply {
    session.login_failed();
    Reply::coded(Code::Auth, "user name or password is wrong")
}
