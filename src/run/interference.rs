//! Somebody who may alter what a case hears, and is told where its script stands. For proofs
//! that an expectation can fail: `prove/` has one; a run has none.

use crate::source::Span;
use crate::wire::Interceptor;

/// Somebody between a case and its target.
pub trait Interference: Interceptor {
    /// The script has come to this place.
    fn arrive(&self, place: Span);

    /// The script has come to an expectation that something does not come, such as this.
    fn forbidden(&self, place: Span, example: Vec<u8>);

    /// A mailbox was looked into by the harness's own client: what the script is told of it.
    fn mailbox(&self, messages: Vec<Vec<u8>>) -> Vec<Vec<u8>>;
}
