//! YAML text with positions, and diagnostics drawn with a caret.
//!
//! The only place that names the YAML crate: everything else sees [`Node`]s,
//! [`Span`]s and [`Diagnostic`]s, and reads nodes with a [`Decoder`].

mod decode;
mod diagnostic;
mod node;
mod rewrite;
mod span;
mod yaml;

pub use decode::{Decoder, Fields, nearest, suggestion};
pub use diagnostic::{Diagnostic, Diagnostics, DrawStyle, Severity};
pub use node::{Entry, Node, Scalar, Style, Value};
pub use rewrite::Replacements;
pub use span::{Location, SourceFile, Span};
pub use yaml::parse;
