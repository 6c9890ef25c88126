//! SEARCH: which messages match (RFC 3501, section 6.4.4). Not for its grammar (see `syntax`) nor
//! its answer (see `commands`).

mod content;
mod criterion;

pub(crate) use content::Content;
pub(crate) use criterion::{Candidate, Compiled, Largest, compile};
