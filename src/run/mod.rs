//! run: see ARCHITECTURE.md.

pub mod bindings;
pub mod checks;
