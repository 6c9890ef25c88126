//! mailspec: a scriptable conformance harness for SMTP, POP3 and IMAP.
//!
//! The floors, and which way the arrows point, are in ARCHITECTURE.md.

pub mod cli;
pub mod dialect;
pub mod hop;
pub mod outcome;
pub mod prove;
pub mod record;
pub mod report;
pub mod requirement;
pub mod run;
pub mod sasl;
pub mod script;
pub mod source;
pub mod target;
pub mod wire;
