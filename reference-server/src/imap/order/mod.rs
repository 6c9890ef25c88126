//! SORT and THREAD (RFC 5256; RFC 5957): what of a message they go by, and the order or the trees
//! that come out. Pure; which messages are asked about is SEARCH's affair.

mod facts;
mod forest;
mod references;
mod sort;
mod subjects;

pub(crate) use facts::Facts;
pub(crate) use references::{Threaded, by_references};
pub(crate) use sort::{Criterion, Direction, Key, SortKey, SortedBy, compare, keys};
pub(crate) use subjects::by_subject;
