//! Proof that the suites can fail, in two ways.
//!
//! [`deviations`](mod@deviations): the reference server is told to deviate, one way at a time, and
//! the suites must notice. [`replies`]: what the server says is altered on its way to the script,
//! one reply at a time, and each judging expectation must notice one of that. The first shows
//! that a mistake which servers make is found, the second that no expectation holds whatever comes.

mod deviations;
pub mod replies;

pub use deviations::{Proof, Until, prove};
