//! `QUIT` (RFC 1939, sections 4 and 6): the end of the session, and after login
//! the UPDATE state, in which what is marked goes.

use super::super::Ending;
use super::super::maildrop::{Maildrop, messages};
use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::{Code, Reply};
use super::super::session::{Answer, Then};
use crate::store::{Store, StoreError, Which};

/// `QUIT`, without arguments, in both states.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "QUIT",
    states: &[State::Authorization, State::Transaction],
    parse: |arguments| arguments.none().map(|()| Request::Quit),
    capability: unannounced,
};

/// `QUIT` before login.
pub(in super::super) fn farewell() -> Answer {
    closing(Reply::ok("goodbye"))
}

/// `QUIT` after login: removes all that is marked or nothing. The reply tells
/// which, and stands only once it is on disk; the lock is free before it is sent.
pub(in super::super) async fn leave(
    store: &Store,
    maildrop: Maildrop,
    updates: fn(Ending) -> bool,
) -> Answer {
    let outcome = if updates(Ending::Quit) { update(store, &maildrop).await } else { Ok(()) };
    let (left, _) = maildrop.totals();
    drop(maildrop);
    closing(match outcome {
        Ok(()) => Reply::ok(format!("goodbye, {} left", messages(left))),
        Err(error) => {
            tracing::warn!(%error, "POP3 update failed");
            Reply::coded(Code::SysTemp, "no message was removed")
        }
    })
}

/// The UPDATE state: removes what is marked, all at once.
pub(in super::super) async fn update(store: &Store, maildrop: &Maildrop) -> Result<(), StoreError> {
    let marked = maildrop.marked();
    if marked.is_empty() {
        return Ok(());
    }
    match store.expunge(maildrop.mailbox(), Which::These(marked)).await {
        // Somebody removed the whole mailbox: what was marked is gone.
        Ok(_) | Err(StoreError::NoSuchMailbox) => Ok(()),
        Err(error) => Err(error),
    }
}

fn closing(reply: Reply) -> Answer {
    Answer { reply, then: Then::Close }
}
