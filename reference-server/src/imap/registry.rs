//! The one table of commands and capabilities: what is advertised, what is let through in which
//! state, and who carries it out all derive from it.

use crate::auth::Mechanisms;
use crate::imap::commands;
use crate::imap::failure::Failure;
use crate::imap::link::Boxed;
use crate::imap::policy::{CATENATE, Policy, UTF8_ACCEPT};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, Parsed};
use crate::imap::view::{Expunges, Numbering};

/// A command whose arguments are parsed.
pub(crate) trait Command: Send {
    /// Carries it out, writing its untagged responses; gives the tagged one.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s>;
}

/// A command that is being carried out.
pub(crate) type Running<'s> = Boxed<'s, Result<Reply, Failure>>;

/// In which states a command is let through (RFC 3501, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// In all of them.
    Any,
    /// Only before authentication.
    NotAuthenticated,
    /// After authentication, with or without a selected mailbox.
    Authenticated,
    /// Only with a selected mailbox.
    Selected,
}

/// A command that the server knows.
pub(crate) struct Registered {
    /// Its name in upper case.
    pub(crate) name: &'static str,
    /// When it is let through.
    pub(crate) gate: Gate,
    /// Whether EXPUNGE may be told at its end (section 7.4.1).
    pub(crate) expunges: Expunges,
    /// Whether what it tells has UIDs (section 6.4.8).
    pub(crate) numbering: Numbering,
    /// The capability that stands for it, if it is an extension.
    pub(crate) capability: Option<&'static str>,
    /// The capability that gives more to it, though it is there without.
    extended_by: Option<&'static str>,
    /// Reads its arguments: all that follows the name.
    pub(crate) parse: fn(&mut Cursor<'_>) -> Parsed<Box<dyn Command>>,
}

impl Registered {
    /// A command of RFC 3501 that goes by sequence numbers, if by any.
    pub(crate) const fn new(
        name: &'static str,
        gate: Gate,
        parse: fn(&mut Cursor<'_>) -> Parsed<Box<dyn Command>>,
    ) -> Self {
        Self {
            name,
            gate,
            expunges: Expunges::Told,
            numbering: Numbering::Sequence,
            capability: None,
            extended_by: None,
            parse,
        }
    }

    /// The same, with EXPUNGE held back while it runs.
    pub(crate) const fn holding_expunges(mut self) -> Self {
        self.expunges = Expunges::Held;
        self
    }

    /// The same, going by UIDs.
    pub(crate) const fn by_uid(mut self) -> Self {
        self.numbering = Numbering::Uid;
        self
    }

    /// The same, with more to it by an extension.
    pub(crate) const fn extended_by(mut self, capability: &'static str) -> Self {
        self.extended_by = Some(capability);
        self
    }

    /// The same, as part of an extension.
    pub(crate) const fn of(mut self, capability: &'static str) -> Self {
        self.capability = Some(capability);
        self
    }
}

/// All commands.
pub(crate) const COMMANDS: &[Registered] = &[
    commands::append::APPEND,
    commands::authenticate::AUTHENTICATE,
    commands::cancel_update::CANCELUPDATE,
    commands::capability::CAPABILITY,
    commands::check::CHECK,
    commands::close::CLOSE,
    commands::compress::COMPRESS,
    commands::copy::COPY,
    commands::copy::UID_COPY,
    commands::create::CREATE,
    commands::delete::DELETE,
    commands::acl::DELETEACL,
    commands::enable::ENABLE,
    commands::select::EXAMINE,
    commands::expunge::EXPUNGE,
    commands::expunge::UID_EXPUNGE,
    commands::fetch::FETCH,
    commands::fetch::UID_FETCH,
    commands::acl::GETACL,
    commands::metadata::GETMETADATA,
    commands::quota::GETQUOTA,
    commands::quota::GETQUOTAROOT,
    commands::id::ID,
    commands::idle::IDLE,
    commands::list::LIST,
    commands::acl::LISTRIGHTS,
    commands::login::LOGIN,
    commands::logout::LOGOUT,
    commands::lsub::LSUB,
    commands::move_messages::MOVE,
    commands::move_messages::UID_MOVE,
    commands::acl::MYRIGHTS,
    commands::namespace::NAMESPACE,
    commands::noop::NOOP,
    commands::notify::NOTIFY,
    commands::rename::RENAME,
    commands::replace::REPLACE,
    commands::replace::UID_REPLACE,
    commands::search::SEARCH,
    commands::search::UID_SEARCH,
    commands::select::SELECT,
    commands::acl::SETACL,
    commands::metadata::SETMETADATA,
    commands::quota::SETQUOTA,
    commands::search::SORT,
    commands::search::UID_SORT,
    commands::starttls::STARTTLS,
    commands::status::STATUS,
    commands::store::STORE,
    commands::store::UID_STORE,
    commands::subscribe::SUBSCRIBE,
    commands::thread::THREAD,
    commands::thread::UID_THREAD,
    commands::unauthenticate::UNAUTHENTICATE,
    commands::close::UNSELECT,
    commands::subscribe::UNSUBSCRIBE,
];

/// The command of this name (in upper case), unless it belongs to an extension that is withheld.
pub(crate) fn find(name: &str, policy: &Policy) -> Option<&'static Registered> {
    let command = COMMANDS.iter().find(|command| command.name == name)?;
    command.capability.is_none_or(|capability| policy.offers(capability)).then_some(command)
}

/// What decides which capabilities are advertised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing<'p> {
    /// What is offered at all.
    pub(crate) policy: &'p Policy,
    /// Whether the client has logged in.
    pub(crate) login: Login,
    /// Whether the connection is under TLS.
    pub(crate) under_tls: bool,
    /// Whether a password may be sent as things are.
    pub(crate) password_allowed: bool,
    /// The SASL mechanisms that are offered.
    pub(crate) mechanisms: Mechanisms,
}

/// Whether the client has logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// Not yet.
    Open,
    /// It has.
    Done,
}

/// The capabilities in force (RFC 3501, section 7.2.1), with spaces between: those of the
/// extensions whose commands are registered, and those that no command stands for.
pub(crate) fn capabilities(standing: Standing<'_>) -> String {
    // A form of every command; the gatherer and the cursor know it.
    let literals = standing.policy.literals().capability();
    let mut all = vec!["IMAP4rev1".to_owned(), literals.to_owned()];
    if standing.login == Login::Open {
        if !standing.under_tls {
            all.push("STARTTLS".to_owned());
        }
        if standing.password_allowed {
            all.extend(standing.mechanisms.iter().map(|known| format!("AUTH={}", known.name())));
        } else {
            all.push("LOGINDISABLED".to_owned());
        }
    }
    let offered = extensions().into_iter().filter(|capability| standing.policy.offers(capability));
    all.extend(offered.map(str::to_owned));
    all.join(" ")
}

/// Capabilities that no command of their own stands for: they extend commands that others have.
const EXTENSIONS: &[&str] = &[
    "APPENDLIMIT",
    "BINARY",
    CATENATE,
    "CHILDREN",
    "CONTEXT=SORT",
    "ESEARCH",
    "ESORT",
    "I18NLEVEL=1",
    "IMAP4rev2",
    "LIST-METADATA",
    "LIST-MYRIGHTS",
    "LIST-STATUS",
    "MULTIAPPEND",
    "OBJECTID",
    "PARTIAL",
    "PREVIEW",
    "QUOTA=RES-MAILBOX",
    "QUOTA=RES-MESSAGE",
    "QUOTA=RES-STORAGE",
    "SASL-IR",
    "SAVEDATE",
    "SEARCHRES",
    "SORT=DISPLAY",
    "SPECIAL-USE",
    "STATUS=SIZE",
    UTF8_ACCEPT,
    "WITHIN",
];

/// The capabilities that do not depend on the standing of the connection, in alphabetical order.
pub(crate) fn extensions() -> Vec<&'static str> {
    let of_commands = COMMANDS.iter().flat_map(|command| [command.capability, command.extended_by]).flatten();
    let mut all: Vec<_> = of_commands.chain(EXTENSIONS.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Mechanism;

    #[test]
    fn each_command_is_registered_once_in_order() {
        assert!(COMMANDS.iter().all(|command| command.name == command.name.to_ascii_uppercase()));
        assert!(COMMANDS.is_sorted_by_key(|command| command.name.trim_start_matches("UID ")));
        let mut names: Vec<_> = COMMANDS.iter().map(|command| command.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COMMANDS.len());
    }

    #[test]
    fn capabilities_follow_the_standing_of_the_connection() {
        let always = extensions().join(" ");
        let mechanisms = [Mechanism::Plain, Mechanism::Login].into_iter().collect();
        let policy = &Policy::default();
        let open =
            Standing { policy, login: Login::Open, under_tls: false, password_allowed: true, mechanisms };
        let told = |standing| capabilities(standing).replace(&always, "...");
        assert_eq!(told(open), "IMAP4rev1 LITERAL+ STARTTLS AUTH=PLAIN AUTH=LOGIN ...");
        let guarded = Standing { password_allowed: false, ..open };
        assert_eq!(told(guarded), "IMAP4rev1 LITERAL+ STARTTLS LOGINDISABLED ...");
        let secured = Standing { under_tls: true, ..open };
        assert_eq!(told(secured), "IMAP4rev1 LITERAL+ AUTH=PLAIN AUTH=LOGIN ...");
        let done = Standing { login: Login::Done, ..open };
        assert_eq!(told(done), "IMAP4rev1 LITERAL+ ...");
    }

    #[test]
    fn what_is_withheld_is_neither_advertised_nor_there() {
        let policy = &Policy {
            withheld: vec!["unauthenticate".to_owned(), "UIDPLUS".to_owned()],
            ..Policy::default()
        };
        let mechanisms = Mechanisms::only(Mechanism::Plain);
        let standing =
            Standing { policy, login: Login::Done, under_tls: true, password_allowed: true, mechanisms };
        let told = capabilities(standing);
        assert!(!told.contains("UNAUTHENTICATE") && !told.contains("UIDPLUS") && told.contains("UNSELECT"));
        assert!(find("UNAUTHENTICATE", policy).is_none() && find("UID EXPUNGE", policy).is_none());
        assert!(find("APPEND", policy).is_some() && find("UNSELECT", policy).is_some());
    }

    #[test]
    fn only_the_commands_that_must_hold_expunges_back() {
        // RFC 3501, section 7.4.1; RFC 5256, section 3.
        let held: Vec<_> = COMMANDS
            .iter()
            .filter(|command| command.expunges == Expunges::Held)
            .map(|command| command.name)
            .collect();
        assert_eq!(held, ["FETCH", "SEARCH", "SORT", "STORE", "THREAD"]);
    }

    /// Something that looks like the arguments of a command, or like nothing at all.
    fn arguments() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
        use proptest::prelude::*;
        const TOKENS: &[&[u8]] = &[
            b"(",
            b")",
            b" ",
            b"\"",
            b"\\",
            b"{3}\r\n",
            b"{4294967296+}\r\n",
            b"1:*,7",
            b"INBOX",
            b"&U,BTFw-",
            b"BODY.PEEK[1.2.HEADER.FIELDS (",
            b"]<0.10>",
            b"FLAGS",
            b"+FLAGS.SILENT",
            b"\\Seen",
            b"NOT",
            b"OR",
            b"CHARSET",
            b"ALL",
            b"\" 1-Feb-2000 00:00:00 +0000\"",
            b"30-Feb-2000",
            b"\0",
            b"\xff",
        ];
        let token = proptest::sample::select(TOKENS);
        prop_oneof![
            proptest::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat()),
            proptest::collection::vec(0u8..=255, 0..60),
        ]
    }

    proptest::proptest! {
        #[test]
        fn no_arguments_end_a_parser_badly(text in arguments()) {
            for command in COMMANDS {
                for mut cursor in [Cursor::whole(&text, 100), Cursor::up_to_literal(&text, 100)] {
                    let parsed = (command.parse)(&mut cursor);
                    proptest::prop_assert!(cursor.rest().len() <= text.len());
                    drop(parsed);
                }
            }
        }
    }
}
