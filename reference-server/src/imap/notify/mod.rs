//! NOTIFY (RFC 5465): a session that tells what the client asked for, of whichever mailbox, at any
//! time. A session that never heard of it pays nothing for it: it has no filter and no listener.
//!
//! `filter` says what is asked for, `listening` gathers what happened in the account, `telling`
//! writes it. `annotations` is what ENABLE METADATA switches on, by the same `queue`.

mod annotations;
mod filter;
mod listening;
mod queue;
mod telling;

pub(crate) use filter::Filter;
pub(crate) use listening::Notify;
pub(crate) use queue::Queue;
pub(crate) use telling::{Moment, status_items};
