//! The fixture of a case, and the variables that `let` binds.

use std::ops::RangeInclusive;

use super::hop::{GivenHop, GivenServer};
use super::settings::Settings;
use crate::script::template::Template;

/// The fixture of a case: accounts in order, the first is the one `login` uses.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Accounts with their mail.
    pub accounts: Vec<GivenAccount>,
    /// Next hops, each with a domain of its own.
    pub hops: Vec<GivenHop>,
    /// Further servers, each behind a next hop.
    pub servers: Vec<GivenServer>,
    /// What the accounts' secrets are like.
    pub secrets: Secrets,
    /// How the target is set.
    pub settings: Settings,
}

/// What the secrets of a case's accounts are like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Secrets {
    /// ASCII: they fit everywhere.
    #[default]
    Ascii,
    /// They have characters beyond ASCII.
    BeyondAscii,
}

/// One account of a fixture.
#[derive(Debug, Clone)]
pub struct GivenAccount {
    /// The name in the script: `alice`.
    pub name: String,
    /// Mailboxes with their messages, `INBOX` among them when it has any.
    pub mailboxes: Vec<GivenMailbox>,
}

/// One mailbox of a fixture.
#[derive(Debug, Clone)]
pub struct GivenMailbox {
    /// `INBOX`, or a name to create.
    pub name: String,
    /// Its messages, in order.
    pub messages: Vec<GivenMessage>,
}

/// One message of a fixture.
#[derive(Debug, Clone)]
pub struct GivenMessage {
    /// The whole text, line ends CRLF unless given raw; `${…}` in it is read when the case begins.
    pub text: Template,
    /// IMAP flags to set.
    pub flags: Vec<String>,
    /// IMAP internal date, as `"17-Jul-1996 02:44:25 -0700"`.
    pub internal_date: Option<String>,
}

/// `name = value`, as `let` writes it.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: LetValue,
}

/// A value that `let` gives.
#[derive(Debug, Clone)]
pub enum LetValue {
    /// A template.
    Text(Template),
    /// A template so many times.
    Repeat {
        /// What is repeated.
        text: Template,
        /// How often.
        times: usize,
    },
    /// One octet of each value, from the first to the last.
    Bytes(RangeInclusive<u8>),
}
