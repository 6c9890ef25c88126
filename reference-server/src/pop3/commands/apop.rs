//! `APOP name digest` (RFC 1939, section 7): a login whose password does not cross the wire.

use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::Reply;
use super::super::session::Session;
use super::pass;

/// `APOP` with a name and a digest. What announces it is the timestamp in the greeting.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "APOP",
    states: &[State::Authorization],
    parse: |arguments| {
        let [name, digest] = arguments.names()?;
        Ok(Request::Apop { name: name.to_vec(), digest: digest.to_vec() })
    },
    capability: unannounced,
};

/// Verifies the digest.
pub(in super::super) async fn run(session: &mut Session, name: &[u8], digest: &[u8]) -> Reply {
    let Some(timestamp) = session.timestamp().map(str::to_owned) else {
        return Reply::err("APOP is not offered");
    };
    let name = String::from_utf8_lossy(name);
    let shared = session.context().shared.clone();
    let channel = session.context().channel.clone();
    match shared.authenticator.verify_apop(&name, &channel, &timestamp, digest).await {
        Ok(account) => session.log_in(&account).await,
        Err(error) => pass::failure(session, &error),
    }
}
