//! All commands in one table: which keywords there are, in which state each may
//! be given, and what CAPA says about it. Dispatch, gates and capabilities are
//! derived from it, so that none is announced that is not there.

use std::borrow::Cow;

use super::commands::{
    apop, auth, capa, dele, lang, list, noop, pass, quit, retr, rset, stat, stls, top, uidl, user, utf8,
};
use super::policy::{Announced, Waiting};
use super::syntax::{Arguments, BadArguments, MessageNumber};
use crate::auth::Mechanisms;

/// A state of the session in which commands are given (RFC 1939, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Before login.
    Authorization,
    /// After login.
    Transaction,
}

/// A command line that has been understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// `USER name`.
    User(Vec<u8>),
    /// `PASS string`.
    Pass(Vec<u8>),
    /// `AUTH mechanism [initial-response]`.
    Auth {
        /// The mechanism as written.
        mechanism: Vec<u8>,
        /// The initial response as written: base64, or `=`.
        initial: Option<Vec<u8>>,
    },
    /// `APOP name digest`.
    Apop {
        /// The name.
        name: Vec<u8>,
        /// The digest as written.
        digest: Vec<u8>,
    },
    /// `UTF8`.
    Utf8,
    /// `LANG [range]`.
    Lang(Option<Vec<u8>>),
    /// `STLS`.
    Stls,
    /// `CAPA`.
    Capa,
    /// `QUIT`.
    Quit,
    /// `STAT`.
    Stat,
    /// `LIST [msg]`.
    List(Option<MessageNumber>),
    /// `RETR msg`.
    Retr(MessageNumber),
    /// `DELE msg`.
    Dele(MessageNumber),
    /// `NOOP`.
    Noop,
    /// `RSET`.
    Rset,
    /// `TOP msg n`.
    Top(MessageNumber, u64),
    /// `UIDL [msg]`.
    Uidl(Option<MessageNumber>),
}

/// What a command is: one line of the registry.
#[derive(Debug)]
pub(super) struct Spec {
    /// Its keyword, in upper case.
    pub(super) keyword: &'static str,
    /// The states in which it may be given.
    pub(super) states: &'static [State],
    /// Reads its arguments.
    pub(super) parse: fn(Arguments<'_>) -> Result<Request, BadArguments>,
    /// What CAPA says about it in that situation.
    pub(super) capability: fn(&Situation) -> Option<Cow<'static, str>>,
}

/// What the capabilities depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Situation {
    /// The state of the session.
    pub(super) state: State,
    /// Whether STLS would work now.
    pub(super) stls: Stls,
    /// Whether passwords are taken over this connection.
    pub(super) passwords: Passwords,
    /// The SASL mechanisms that are offered.
    pub(super) mechanisms: Mechanisms,
    /// What is told of the maildrop.
    pub(super) announced: Announced,
    /// Whether anybody has to wait between logins.
    pub(super) waiting: Waiting,
}

/// Whether the connection can be secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stls {
    /// It can.
    Possible,
    /// It is secure already.
    Active,
}

/// Whether a password may be sent over the connection as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passwords {
    /// It may.
    Taken,
    /// Not before TLS.
    Refused,
}

/// Every command.
pub(super) static COMMANDS: [&Spec; 17] = [
    &user::SPEC,
    &pass::SPEC,
    &apop::SPEC,
    &auth::SPEC,
    &stls::SPEC,
    &capa::SPEC,
    &quit::SPEC,
    &stat::SPEC,
    &list::SPEC,
    &retr::SPEC,
    &dele::SPEC,
    &noop::SPEC,
    &rset::SPEC,
    &top::SPEC,
    &uidl::SPEC,
    &utf8::SPEC,
    &lang::SPEC,
];

/// How the server behaves, whatever the command (RFC 2449, sections 6.4 to 6.9;
/// RFC 3206, section 6).
const BEHAVIOUR: [&str; 4] = [
    "RESP-CODES",
    "AUTH-RESP-CODE",
    "PIPELINING",
    concat!("IMPLEMENTATION mailspec-", env!("CARGO_PKG_VERSION")),
];

/// The command with that keyword, in whatever case (RFC 1939, section 3).
pub(super) fn find(keyword: &[u8]) -> Option<&'static Spec> {
    COMMANDS.into_iter().find(|spec| keyword.eq_ignore_ascii_case(spec.keyword.as_bytes()))
}

/// The lines of the CAPA reply (RFC 2449, section 5).
pub(super) fn capabilities(situation: &Situation) -> Vec<String> {
    COMMANDS
        .iter()
        .filter_map(|spec| (spec.capability)(situation))
        .chain(BEHAVIOUR.map(Cow::Borrowed))
        .map(Cow::into_owned)
        .chain(situation.announced.lines(situation.waiting))
        .collect()
}

/// The capability of a command that has none, because every server has the command.
pub(super) fn unannounced(_: &Situation) -> Option<Cow<'static, str>> {
    None
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::pop3::policy::{MaildropPolicy, Retention};

    const SITUATIONS: [Situation; 4] = [
        situation(State::Authorization, Stls::Possible),
        situation(State::Authorization, Stls::Active),
        situation(State::Transaction, Stls::Possible),
        situation(State::Transaction, Stls::Active),
    ];

    const fn situation(state: State, stls: Stls) -> Situation {
        Situation {
            state,
            stls,
            passwords: Passwords::Taken,
            mechanisms: Mechanisms::only(crate::auth::Mechanism::Plain),
            announced: Announced::to_owner(MaildropPolicy { login_delay: 0, retention: Retention::Forever }),
            waiting: Waiting::Unknown,
        }
    }

    #[test]
    fn keywords_are_unique_and_of_three_or_four_letters() {
        let keywords: HashSet<_> = COMMANDS.iter().map(|spec| spec.keyword).collect();
        assert_eq!(keywords.len(), COMMANDS.len());
        for keyword in keywords {
            assert!((3..=4).contains(&keyword.len()), "{keyword}");
            assert!(keyword.bytes().all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit()));
        }
    }

    #[test]
    fn every_command_has_a_state() {
        assert!(COMMANDS.iter().all(|spec| !spec.states.is_empty()));
    }

    #[test]
    fn capabilities_keep_the_grammar() {
        for situation in &SITUATIONS {
            for line in capabilities(situation) {
                assert!(line.len() <= 510, "{line}");
                let words: Vec<_> = line.split(' ').collect();
                assert!(words.iter().all(|word| !word.is_empty()), "{line}");
                assert!(!words[0].contains('.'), "{line}");
                assert!(line.bytes().all(|octet| (0x20..0x7f).contains(&octet)));
            }
        }
    }

    #[test]
    fn a_capability_of_a_command_bears_its_keyword() {
        for spec in COMMANDS {
            for situation in &SITUATIONS {
                let Some(line) = (spec.capability)(situation) else {
                    continue;
                };
                let tag = line.split(' ').next().unwrap();
                let expected = if spec.keyword == "AUTH" { "SASL" } else { spec.keyword };
                assert_eq!(tag, expected);
            }
        }
    }

    #[test]
    fn what_is_announced_before_login_is_announced_after_it() {
        for stls in [Stls::Possible, Stls::Active] {
            let before = capabilities(&situation(State::Authorization, stls));
            let after = capabilities(&situation(State::Transaction, stls));
            for line in before.iter().filter(|line| *line != "STLS") {
                assert!(after.contains(line), "{line}");
            }
        }
    }

    #[test]
    fn stls_is_announced_only_where_it_is_permitted() {
        let announced: Vec<_> =
            SITUATIONS.iter().map(|situation| capabilities(situation).contains(&"STLS".to_owned())).collect();
        assert_eq!(announced, [true, false, false, false]);
    }

    #[test]
    fn passwords_that_are_refused_are_not_announced() {
        let lines = capabilities(&Situation { passwords: Passwords::Refused, ..SITUATIONS[0] });
        assert!(!lines.iter().any(|line| line == "USER" || line.starts_with("SASL")));
    }
}
