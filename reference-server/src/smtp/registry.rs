//! The one table of commands and service extensions: dispatch, gates, the EHLO list, the
//! parameters of MAIL and HELP all derive from it.

use std::pin::Pin;

use super::commands as c;
use super::dsn;
use super::extensions as e;
use super::reply::Reply;
use super::session::{Next, Recipient, Session, Transaction};
use super::syntax::Parameter;
use super::terms;
use crate::service::Service;

/// A handler at work.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Next> + Send + 'a>>;

/// What must have happened before a command (RFC 5321, section 4.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing: at any time.
    Nothing,
    /// EHLO, HELO or LHLO.
    Greeting,
    /// A greeting, and no open transaction.
    NewTransaction,
    /// An open transaction.
    Transaction,
    /// An open transaction with a recipient.
    Recipients,
}

/// Does a command take an argument?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    /// 501 when there is one (RFC 5321, section 4.3.2).
    None,
    /// With or without.
    Optional,
    /// 501 when there is none.
    Required,
    /// The same, and there may be a mailbox in it, hence UTF-8 (RFC 6531, section 3.2).
    Mailbox,
}

/// May a reply wait for the replies to other commands that have arrived already?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    /// It may: RSET, MAIL and RCPT in a batch (RFC 2920, section 3.2, rule 2).
    Grouped,
    /// It must not (rules 5 and 6).
    AtOnce,
}

/// A command.
pub(super) struct Command {
    /// Its verb, in upper case.
    pub(super) verb: &'static str,
    /// Which listeners have it.
    pub(super) offered: fn(Service) -> bool,
    /// When it may come.
    pub(super) needs: Needs,
    /// What may follow the verb.
    pub(super) argument: Argument,
    /// When its reply is sent.
    pub(super) sending: Sending,
    /// Its form, for HELP.
    pub(super) usage: &'static str,
    /// Does it.
    pub(super) run: for<'a> fn(&'a mut Session, &'a str) -> Running<'a>,
}

impl Command {
    /// The refusal of an argument: EHLO and its kin have no enhanced status (RFC 2034,
    /// section 4).
    pub(super) fn refuse(&self, why: &str) -> Reply {
        match self.verb {
            "EHLO" | "HELO" | "LHLO" => Reply::bare(501, why),
            _ => Reply::new(501, "5.5.4", why),
        }
    }
}

/// A parameter of MAIL that an extension adds.
pub(super) struct MailParameter {
    /// Its keyword.
    pub(super) keyword: &'static str,
    /// Checks its value, and keeps what is to be kept of it.
    pub(super) apply: fn(&Session, &mut Transaction, Parameter<'_>) -> Result<(), Reply>,
}

/// A parameter of RCPT that an extension adds.
pub(super) struct RcptParameter {
    /// Its keyword.
    pub(super) keyword: &'static str,
    /// Checks its value, and keeps it.
    pub(super) apply: fn(&mut Recipient, Parameter<'_>) -> Result<(), Reply>,
}

/// A service extension, or the basic service.
pub(super) struct Extension {
    /// The line of EHLO, while the extension is offered.
    pub(super) advertise: fn(&Session) -> Option<String>,
    /// The commands that it brings.
    pub(super) commands: &'static [Command],
    /// The parameters that it adds to MAIL.
    pub(super) mail_parameters: &'static [MailParameter],
    /// The parameters that it adds to RCPT.
    pub(super) rcpt_parameters: &'static [RcptParameter],
}

/// The basic service; VRFY is part of it and listed as a convenience.
const BASIC: Extension = Extension {
    advertise: |_| Some("VRFY".to_owned()),
    commands: &[
        c::ehlo::EHLO,
        c::ehlo::HELO,
        c::ehlo::LHLO,
        c::mail::MAIL,
        c::rcpt::RCPT,
        c::data::DATA,
        c::rset::RSET,
        c::noop::NOOP,
        c::vrfy::VRFY,
        c::quit::QUIT,
    ],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// Everything that a session can do, in the order of the EHLO list.
pub(super) const EXTENSIONS: &[Extension] = &[
    e::PIPELINING,
    e::SIZE,
    e::EIGHT_BIT_MIME,
    e::BINARY_MIME,
    e::SMTP_UTF8,
    e::ENHANCED_STATUS_CODES,
    dsn::EXTENSION,
    c::bdat::EXTENSION,
    c::starttls::EXTENSION,
    c::auth::EXTENSION,
    terms::REQUIRE_TLS,
    terms::DELIVER_BY,
    terms::FUTURE_RELEASE,
    terms::PRIORITY,
    c::etrn::EXTENSION,
    BASIC,
    c::expn::EXTENSION,
    c::help::EXTENSION,
    e::LIMITS,
];

/// Commands of the RFCs that this server does not have.
const NOT_IMPLEMENTED: [&str; 4] = ["TURN", "SEND", "SOML", "SAML"];

/// What a verb is.
pub(super) enum Found {
    /// A command that this listener has.
    Command(&'static Command),
    /// A command of the RFCs that the server does not have.
    NotImplemented,
    /// No command.
    Unknown,
}

/// All commands that this kind of listener has.
pub(super) fn commands(service: Service) -> impl Iterator<Item = &'static Command> {
    EXTENSIONS
        .iter()
        .flat_map(|extension| extension.commands)
        .filter(move |command| (command.offered)(service))
}

/// What this verb is; upper and lower case do not matter (RFC 5321, section 2.4).
pub(super) fn find(verb: &[u8], service: Service) -> Found {
    let known = |name: &str| name.as_bytes().eq_ignore_ascii_case(verb);
    match commands(service).find(|command| known(command.verb)) {
        Some(command) => Found::Command(command),
        None if NOT_IMPLEMENTED.into_iter().any(known) => Found::NotImplemented,
        None => Found::Unknown,
    }
}

/// The lines of EHLO after the first.
pub(super) fn keywords(session: &Session) -> Vec<String> {
    EXTENSIONS.iter().filter_map(|extension| (extension.advertise)(session)).collect()
}

/// The extensions that are offered now.
fn offered(session: &Session) -> impl Iterator<Item = &'static Extension> {
    EXTENSIONS.iter().filter(|extension| (extension.advertise)(session).is_some())
}

/// The parameter of MAIL with this keyword, where its extension is offered now.
pub(super) fn mail_parameter(session: &Session, keyword: &str) -> Option<&'static MailParameter> {
    offered(session)
        .flat_map(|extension| extension.mail_parameters)
        .find(|parameter| parameter.keyword.eq_ignore_ascii_case(keyword))
}

/// The parameter of RCPT with this keyword, where its extension is offered now.
pub(super) fn rcpt_parameter(session: &Session, keyword: &str) -> Option<&'static RcptParameter> {
    offered(session)
        .flat_map(|extension| extension.rcpt_parameters)
        .find(|parameter| parameter.keyword.eq_ignore_ascii_case(keyword))
}

/// Every listener.
pub(super) fn everywhere(_: Service) -> bool {
    true
}

/// Every listener but LMTP's.
pub(super) fn not_lmtp(service: Service) -> bool {
    service != Service::Lmtp
}

/// LMTP's listener only.
pub(super) fn only_lmtp(service: Service) -> bool {
    service == Service::Lmtp
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_verb_stands_once_in_upper_case_with_its_form() {
        let mut seen = BTreeSet::new();
        for command in EXTENSIONS.iter().flat_map(|extension| extension.commands) {
            assert!(seen.insert(command.verb), "{} twice", command.verb);
            assert_eq!(command.verb, command.verb.to_ascii_uppercase());
            assert!(command.usage.starts_with(command.verb));
            assert!(!NOT_IMPLEMENTED.contains(&command.verb));
        }
    }

    #[test]
    fn the_minimum_implementation_is_there() {
        // RFC 5321, section 4.5.1.
        let minimum = ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY"];
        for verb in minimum {
            assert!(matches!(find(verb.as_bytes(), Service::Smtp), Found::Command(_)), "{verb}");
        }
        for verb in ["HELO", "EHLO"] {
            assert!(matches!(find(verb.as_bytes(), Service::Lmtp), Found::Unknown), "{verb}");
        }
    }
}
