//! Pure parsers of what stands in SMTP commands (RFC 5321, section 4.1.2). Each takes what is
//! left of a command line and gives back what it read and the rest.

mod domain;
mod parameter;
mod path;

pub(super) use domain::host;
pub(super) use parameter::{Parameter, parameters, xtext};
pub(super) use path::{ForwardPath, ReversePath, forward_path, mailbox, reverse_path, user_name};

/// What is wrong with an argument, in words for the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyntaxError(pub(super) &'static str);

/// What was read, and the rest.
pub(super) type Parsed<'a, T> = Result<(T, &'a str), SyntaxError>;

/// Takes `prefix` off, upper or lower case.
pub(super) fn keyword<'a>(input: &'a str, prefix: &str) -> Option<&'a str> {
    let (front, rest) = input.split_at_checked(prefix.len())?;
    front.eq_ignore_ascii_case(prefix).then_some(rest)
}
