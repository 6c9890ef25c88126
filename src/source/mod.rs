//! YAML text with positions, and diagnostics drawn with a caret.
//!
//! The only place that names the YAML crate: everything else sees [`Node`]s
//! (to come), [`Span`]s and [`Diagnostic`]s.

mod span;

pub use span::{Location, SourceFile, Span};
