//! prove: see ARCHITECTURE.md.
