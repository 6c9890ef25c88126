//! Somebody between the peer and whoever reads: sees what is taken from a connection, item by
//! item, and may hand on something else. For proofs that a script notices; a run has nobody there.

use std::fmt;

/// Where something stands in what a case hears.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The connection's name.
    pub connection: String,
    /// Which connection of that name, from 0.
    pub opened: usize,
    /// Which item on it, from 0; what is put back and taken again keeps its number.
    pub number: usize,
}

/// Whether the peer has ended the connection behind what was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// More may come.
    More,
    /// It ended it.
    TheEnd,
}

/// What is handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// What came.
    Itself,
    /// These octets in its place, none or as many items as they hold.
    Octets(Vec<u8>),
    /// What came, and the connection stays open behind it.
    NoEnd,
}

/// Somebody who stands in between.
///
/// Called while what was received is locked: it must not ask the connection anything.
pub trait Interceptor: fmt::Debug + Send + Sync {
    /// A connection of this name is opened: which one of them it is, from 0.
    fn opened(&self, connection: &str) -> usize;

    /// Octets to be heard before anything else at this place, where somebody begins to wait.
    fn before(&self, place: &Place) -> Option<Vec<u8>>;

    /// An item was found here. What is handed on is looked at anew, and asked about no more
    /// once [`Instead::Itself`] is the answer.
    fn found(&self, place: &Place, octets: &[u8], behind: Behind) -> Instead;

    /// Nothing was found here in time.
    fn in_vain(&self, place: &Place);
}
