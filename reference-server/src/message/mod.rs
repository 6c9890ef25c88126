//! The structure of a message: RFC 5322 header fields and MIME parts, each
//! with the octets it occupies.
//!
//! Lossless and total: every byte string is a message, nothing is normalised,
//! and whatever cannot be understood is kept as it stands. The IMAP and POP3
//! servers cut their answers out of the original octets by the [`Span`]s found
//! here. It is not for composing messages, and it decodes nothing except for
//! [`search`] and where [`transfer`] is asked to.

pub mod address;
mod blocks;
pub mod collation;
pub(crate) mod continuation;
pub mod date;
mod decoder;
pub(crate) mod downgrade;
pub mod envelope;
pub mod header;
mod index;
pub mod media;
pub mod msg_id;
mod parser;
pub mod preview;
pub mod search;
pub mod selection;
mod span;
pub mod structure;
mod structured;
pub mod subject;
pub(crate) mod surrogate;
pub mod transfer;

pub use address::Address;
pub use blocks::Blocks;
pub(crate) use date::date_time;
pub use decoder::Decoder;
pub use envelope::Envelope;
pub use header::{Field, Header, Keep, header_end};
pub use index::{Kept, decode, decode_parts, encode};
pub use media::{Disposition, MediaType, Parameter};
pub use parser::Parser;
pub use span::Span;
pub use structure::{Content, Entity, Portion, Structure};
