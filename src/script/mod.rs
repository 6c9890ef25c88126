//! The language: its model, reading and linting.
//!
//! [`model`] is what runner and tools see; reading turns YAML nodes into it.

mod library;
pub mod model;
pub mod pattern;
pub mod read;
mod schema;
pub mod template;

pub use library::{Library, built_in, load};
pub use schema::schema;
