//! SMTP, submission and LMTP sessions (RFC 5321, RFC 2033): what comes in, who gets it, what
//! is answered. What a command is called, when it is allowed and how EHLO lists it stands in
//! one table ([`registry`]).

mod commands;
mod data;
mod delivery;
mod dsn;
mod extensions;
mod registry;
mod reply;
mod serve;
mod session;
mod submission;
mod syntax;
mod terms;
#[cfg(test)]
mod tests;
mod trace;

pub(crate) use serve::serve;
pub use submission::{SubmissionPolicy, SubmittedFields, SubmittingSenders};
pub(crate) use syntax::{is_address, is_domain, is_host_name};
