//! `USER name` (RFC 1939, section 7): whose maildrop it is to be.

use super::super::registry::{Passwords, Request, Situation, Spec, State};
use super::super::reply::Reply;

/// `USER` with a name. What RFC 1939 calls a string identifying a mailbox may
/// hold spaces no more than any other argument.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "USER",
    states: &[State::Authorization],
    parse: |arguments| arguments.names().map(|[name]| Request::User(name.to_vec())),
    capability: |situation| (situation.passwords == Passwords::Taken).then_some("USER".into()),
};

/// Agrees to any name: whether there is such a mailbox is nobody's business
/// before the password. The session remembers the name if this is positive.
pub(in super::super) fn run(situation: &Situation) -> Reply {
    match situation.passwords {
        Passwords::Taken => Reply::ok("send the password"),
        Passwords::Refused => Reply::err("no passwords without TLS: give STLS first"),
    }
}
