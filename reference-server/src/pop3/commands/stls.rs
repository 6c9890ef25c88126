//! `STLS` (RFC 2595, section 4): TLS from here on.

use super::super::registry::{Request, Situation, Spec, State, Stls};
use super::super::reply::Reply;
use super::super::session::{Answer, Then};

/// `STLS`, without arguments, before login.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "STLS",
    states: &[State::Authorization],
    parse: |arguments| arguments.none().map(|()| Request::Stls),
    // "Present and permitted in the current state": so not after login either,
    // although RFC 2449, section 5 has other capabilities announced in both.
    capability: |situation| {
        let permitted = situation.state == State::Authorization && situation.stls == Stls::Possible;
        permitted.then_some("STLS".into())
    },
};

/// Says that the negotiation begins, unless it has been before.
pub(in super::super) fn run(situation: &Situation) -> Answer {
    match situation.stls {
        Stls::Possible => Answer { reply: Reply::ok("begin TLS negotiation"), then: Then::StartTls },
        Stls::Active => Reply::err("TLS is active already").into(),
    }
}
