//! How answers are written (RFC 3501, sections 7 and 9), as pure functions into a buffer.
//!
//! Nothing here decides what is told or when; see `view` and `commands` for that.

mod code;
mod envelope;
mod number;
mod object;
mod status;
mod string;
mod structure;

pub(crate) use code::ResponseCode;
pub(crate) use envelope::envelope;
pub(crate) use number::number;
pub(crate) use object::{EmailPlace, email_id, mailbox_id, thread_id};
pub(crate) use status::{Condition, Reply};
pub(crate) use string::{literal_head, mailbox_name, nstring, string, travelling};
pub(crate) use structure::{Audience, Counts, StructureForm, body_structure};
