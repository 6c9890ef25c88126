//! Verdict, finding, event: the words that runner and reporters share.

mod event;
mod finding;
mod verdict;

pub use event::{CaseOutcome, CasePlan, Event, Listener, RunInfo, RunSummary};
pub use finding::{Direction, Finding, RulingMark, TranscriptLine};
pub use verdict::Verdict;
