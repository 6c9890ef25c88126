//! The language: its model, reading and linting.
//!
//! [`construct`] declares what scripts can say. [`model`] is what runner and tools see; reading turns YAML nodes into it.

pub mod construct;
mod library;
pub mod model;
pub mod pattern;
pub mod read;
mod survey;
pub mod template;

pub use construct::schema;
pub use library::{Library, built_in, load};
pub use survey::{Polarity, Survey};
