//! The fixture, its messages, and values that `let` gives.

use super::payload::{BYTES, FILE, MIME_KEY, OCTETS, OF, TEXT_OR_SOURCE};
use super::settings::SETTINGS;
use super::shape::{Shape, WORDS};
use super::{Construct, Mapping};

const READ: &str = "it is only text that is handed to the target";
const MESSAGES: Shape = Shape::List(&Shape::Ref("message"), 0);
const MAILBOXES: Shape = Shape::Named(&Shape::Either(&[MESSAGES, Shape::Nothing]));
const INBOX: Construct = Construct::new("inbox", "list of messages in the first account's INBOX", MESSAGES)
    .cannot_fail("its messages do or do not get there");
const FOLDERS: Construct = Construct::new(
    "mailboxes",
    "mapping: mailbox name → list of messages, in the first account; needs IMAP",
    MAILBOXES,
);

/// The fixture.
pub(in crate::script) const GIVEN: &Mapping = &Mapping {
    what: "`given`",
    keys: &[
        Construct::new(
            "accounts",
            "names of the accounts the case uses, default `[alice]`; each is leased for the case's time and starts empty. The first is the one that `login` uses",
            WORDS,
        )
        .cannot_fail("a target that has too few is told before anything runs"),
        Construct::new(
            "secrets",
            "`beyond-ascii`: the accounts' secrets have characters beyond ASCII. The case is skipped where the profile has too few such accounts; other cases never get them",
            Shape::Word(secrets),
        )
        .cannot_fail("a target that has too few is told before anything runs"),
        INBOX,
        FOLDERS,
        Construct::new(
            "of",
            "mapping: account → `{inbox: …, mailboxes: …}`, for the others",
            Shape::Named(&Shape::Mapping(ACCOUNT_MAIL)),
        )
        .cannot_fail("its messages do or do not get there"),
        Construct::new(
            "next-hops",
            "names of next hops: the target hands mail for `${hop.domain}`, a domain that is leased as accounts are, to a port at which the harness listens (`${hop.address}`, `${hop.port}`). The case is skipped where the profile declares too few `routes`",
            Shape::List(&HOP, 0),
        )
        .cannot_fail("a target that has too few is told before anything runs"),
        Construct::new(
            "servers",
            "mapping: name → accounts, of further reference servers, each behind a next hop of its name: `servers: {bobs: [bob]}` is Bob's server, with the domain `${bobs.domain}`. What the target sends it is passed on, and can be `heard`; `login: bob` and `mailbox: {of: bob}` go to Bob's server, and it hands mail for the target's domain to the target. `{accounts: [bob], settings: …}` in place of the accounts sets it",
            Shape::Named(&Shape::Either(&[WORDS, Shape::Mapping(FURTHER)])),
        )
        .cannot_fail("a server that does not start is no fault of the target's"),
        Construct::new(
            "settings",
            "how the target is set, below: the embedded server is started so, once for all cases that say the same. A foreign target is set so where its profile says it (`settings`), or shows it; the case is skipped where neither is so",
            Shape::Mapping(SETTINGS),
        )
        .cannot_fail("a case is skipped where the target is not set so, and the reason told"),
    ],
};

/// A further reference server.
pub(in crate::script) const FURTHER: &Mapping = &Mapping {
    what: "a further server",
    keys: &[
        Construct::new("accounts", "names of its accounts", WORDS).required().cannot_fail(READ),
        Construct::new("settings", "how it is set, as in `given`", Shape::Mapping(SETTINGS))
            .cannot_fail("a server that does not start is no fault of the target's"),
    ],
};

fn secrets() -> Vec<&'static str> {
    vec!["beyond-ascii"]
}

const HOP: Shape = Shape::Either(&[Shape::Text, Shape::Mapping(NEXT_HOP)]);

/// A next hop.
pub(in crate::script) const NEXT_HOP: &Mapping = &Mapping {
    what: "a next hop",
    keys: &[Construct::new("name", "its name", Shape::Text).required().cannot_fail(READ)],
};

/// The mail of an account that is not the first.
pub(in crate::script) const ACCOUNT_MAIL: &Mapping =
    &Mapping { what: "the mail of an account", keys: &[INBOX, FOLDERS] };

const fn field(name: &'static str, means: &'static str) -> Construct {
    Construct::new(name, means, Shape::Text).cannot_fail(READ)
}

/// A message.
pub(in crate::script) const MESSAGE: &Mapping = &Mapping {
    what: "a message",
    keys: &[
        field("subject", "the field Subject, default `message N`"),
        field("from", "the field From, default Bob's address"),
        field("to", "the field To, default the account's address"),
        field("date", "the field Date, default one that is the same at every run"),
        Construct::new(
            "headers",
            "mapping: name → value of further fields; one that we would add takes its place",
            Shape::Named(&Shape::Text),
        )
        .cannot_fail(READ),
        Construct::new(
            "body",
            "what stands behind the empty line, as text or from `file`, `octets`, `bytes`; one that is not ASCII gets the MIME fields it needs",
            TEXT_OR_SOURCE,
        )
        .cannot_fail(READ),
        Construct::new("flags", "IMAP flags to set", WORDS),
        Construct::new("internal-date", "IMAP internal date, as `17-Jul-1996 02:44:25 -0700`", Shape::Text),
        field("id", "the field Message-ID, default one with `${unique}` in it"),
        field(
            "raw",
            "the whole text as it stands there; only `flags` and `internal-date` may stand beside it",
        ),
        field(
            "file",
            "the whole text from a file below the script's folder, each bare LF made CRLF and no variable read",
        ),
        Construct::new(
            "mime",
            "what stands behind the fields above, given as a tree of MIME parts",
            Shape::Ref("mime"),
        )
        .cannot_fail(READ),
    ],
};

/// A value of `let` that is a mapping.
pub(in crate::script) const LET: &Mapping = &Mapping {
    what: "a value that is a mapping",
    keys: &[
        Construct::new("repeat", "a text, `times` times", Shape::Text)
            .brief("{repeat: x, times: 998}")
            .cannot_fail("it is computed"),
        Construct::new("times", "how often, beside `repeat`", Shape::Number(0)).cannot_fail("it is computed"),
        BYTES,
        OCTETS,
        OF,
        FILE,
        MIME_KEY,
    ],
};

/// What `let` binds.
pub(super) const LET_VALUES: Shape = Shape::Named(&Shape::Either(&[Shape::Scalar, Shape::Mapping(LET)]));
