//! Reports: what a person or a machine reads of a run.
//!
//! Listens to the events of `outcome` and never imports the runner. A report
//! whose result is a file is made from what [`Collector`] kept; the console
//! listens live. Text that came from a server is bounded and made harmless
//! here, once, in [`text`].

mod collect;
mod console;
mod draw;
#[cfg(test)]
pub(crate) mod example;
pub mod file;
pub mod json;
pub mod junit;
pub mod matrix;
pub mod output;
mod preview;
mod results;
pub mod text;
mod trace;
pub mod transcripts;

pub use collect::{Collected, Collector};
pub use console::{Console, Progress, Verbosity};
pub use draw::{draw_case, draw_finding};
pub use preview::{Fate, draw_preview};
pub use results::{CaseRecord, Counts, FindingRecord, Results, SCHEMA, TargetRecord};
pub use trace::Tracer;
