//! The runner: a plan of cases, a target, and what happens between them.
//!
//! [`plan`] says which cases run, [`schedule`] when; a case runs on a stage
//! (connections, variables, transcript) where `steps/` act and `checks/`
//! compare. Reports listen to events; nothing here prints.

pub mod bindings;
mod case;
pub mod checks;
mod evidence;
mod fixture;
mod halt;
mod hop;
mod interference;
mod mailbox;
mod options;
mod plan;
mod preview;
mod queue;
mod schedule;
mod servers;
mod session;
mod stage;
mod steps;
mod waits;

pub use case::play_once;
pub use interference::Interference;
pub use options::{FailFast, Levels, Options, Retry, Strictness, Trace};
pub(crate) use plan::runs_on;
pub use plan::{NothingSelected, Part, Plan, Planned, Selection};
pub use preview::{Fate, preview};
pub use schedule::run;
