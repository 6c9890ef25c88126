//! SEARCH: which messages match (RFC 3501, section 6.4.4). Not for its grammar (see `syntax`) nor
//! its answer (see `commands`).

mod content;
mod criterion;
mod headers;
mod matching;

pub(crate) use content::Content;
pub(crate) use criterion::{Asked, Candidate, Compiled, Largest, Needs, Negation, compile};
pub(crate) use headers::{Made, from_headers, with_keys};
pub(crate) use matching::{Found, Missed, matching};
