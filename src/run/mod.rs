//! run: see ARCHITECTURE.md.
