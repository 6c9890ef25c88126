//! The ledger: every rule of the RFCs that a case may cite, with its level.

mod id;
mod level;

pub use id::RequirementId;
pub use level::Level;
