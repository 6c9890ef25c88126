//! FETCH's data items, made ready as octets to be sent. Not for what the command does around
//! them (see `commands::fetch`).

mod answer;
mod loader;
mod section;
mod surrogate;

pub(crate) use answer::{Answers, Form, Unprepared, is_decodable, section_octets};
pub(crate) use loader::Loader;
