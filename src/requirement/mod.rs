//! The ledger: every rule of the RFCs that a case may cite, with its level.

mod coverage;
mod id;
mod ledger;
mod level;

pub use coverage::{Coverage, CoverageState};
pub use id::RequirementId;
pub use ledger::{Binds, Ledger, Requirement, Uncovered, UncoveredState};
pub use level::Level;
