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
mod mailbox;
mod options;
mod plan;
mod schedule;
mod session;
mod stage;
mod steps;

pub use options::{FailFast, Levels, Options, Retry, Strictness};
pub use plan::{NothingSelected, Plan, Planned, Selection};
pub use schedule::run;
