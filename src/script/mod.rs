//! The language: its model, reading and linting.
//!
//! [`model`] is what runner and tools see; reading turns YAML nodes into it.

pub mod model;
pub mod pattern;
pub mod template;
