//! How a server is set: the keys of `settings`, in a case, a suite, a further server, a profile.

use super::shape::{Shape, WORDS};
use super::{Construct, Mapping};

const TOLD: &str = "a case is skipped where the target is not set so, and the reason told";

const LOGIN_DELAY: Construct = Construct::new(
    "login-delay",
    "POP3: what must pass between two logins of a user (LOGIN-DELAY), as `3s`; `0s` for none",
    Shape::Like("^[0-9]+s$"),
)
.cannot_fail(TOLD);

const EXPIRE: Construct = Construct::new(
    "expire",
    "POP3: how long mail stays (EXPIRE): `30 days`; `0 days`, until the session that has retrieved it ends with QUIT; or `never`, which is: for ever",
    Shape::Like("^(never|[0-9]+ days?)$"),
)
.cannot_fail(TOLD);

/// How a server is set.
pub(in crate::script) const SETTINGS: &Mapping = &Mapping {
    what: "`settings`",
    keys: &[
        Construct::new(
            "literals",
            "IMAP: `plus`, literals of any size may come unasked (LITERAL+); `minus`, those of at most 4096 octets (LITERAL-)",
            Shape::Word(literals),
        )
        .cannot_fail(TOLD)
        .example(
            "imap",
            "\
given: {settings: {literals: minus}}
let: {large: {repeat: x, times: 4097}}
steps:
  - login
  - talk: |
      C: APPEND INBOX ${large | literal}
      S: OK                         § rfc3501-6.3.11-R1
",
        ),
        LOGIN_DELAY.example(
            "pop3",
            "\
given:
  accounts: [alice, bob]
  settings:
    login-delay: 2s
    users: {bob: {login-delay: 0s}}
steps:
  - login: bob
  - on: bob
    talk: |
      C: QUIT
      S: +OK
  - login: bob
  - on: bob
    talk: |
      C: NOOP
      S: +OK                        § rfc1939-5-R9
",
        ),
        EXPIRE,
        Construct::new(
            "users",
            "mapping: account of the case → `{login-delay, expire}`, where it has others than everybody else",
            Shape::Named(&Shape::Mapping(USER_SETTINGS)),
        )
        .cannot_fail(TOLD),
        Construct::new("limits", "how much the server takes", Shape::Mapping(LIMITS))
            .cannot_fail(TOLD)
            .example(
                "smtp",
                "\
given: {settings: {limits: {message-octets: 100000}}}
steps:
  - greet
  - talk: |
      C: MAIL FROM:<sender@example.net> SIZE=100001
      S: 552                        § rfc1870-7-L3
      C: MAIL FROM:<sender@example.net> SIZE=99999
      S: 250
",
            ),
        Construct::new("timeouts", "how long the server waits", Shape::Mapping(TIMEOUTS))
            .cannot_fail(TOLD)
            .example(
                "pop3",
                "\
given: {settings: {timeouts: {pop3: 1s}}}
steps:
  - login
  - within: 5s
    closed: {law: rfc1939-3-L5}
  - login: {name: later}
  - on: later
    talk: |
      C: NOOP
      S: +OK
",
            ),
        Construct::new(
            "retry",
            "when mail that could not be handed over is tried again; the embedded server waits from 300 ms to 2 s",
            Shape::Mapping(RETRY),
        )
        .cannot_fail(TOLD),
        Construct::new(
            "plaintext-auth",
            "who may send a password without TLS: `loopback`, clients on the server's machine; `never`, nobody",
            Shape::Word(plaintext_auth),
        )
        .cannot_fail(TOLD),
        Construct::new("no-mail", "SMTP takes no mail and greets with 521", Shape::Boolean).cannot_fail(TOLD),
        Construct::new("without", "IMAP extensions that are left out, by their capabilities", WORDS),
    ],
};

fn literals() -> Vec<&'static str> {
    vec!["plus", "minus"]
}

fn plaintext_auth() -> Vec<&'static str> {
    vec!["loopback", "never"]
}

/// What can be set for one user.
pub(in crate::script) const USER_SETTINGS: &Mapping =
    &Mapping { what: "the settings of a user", keys: &[LOGIN_DELAY, EXPIRE] };

const fn limit(name: &'static str, means: &'static str) -> Construct {
    Construct::new(name, means, Shape::Number(1)).cannot_fail(TOLD)
}

const fn time(name: &'static str, means: &'static str) -> Construct {
    Construct::new(name, means, Shape::Duration).cannot_fail(TOLD)
}

/// How much a server takes.
pub(in crate::script) const LIMITS: &Mapping = &Mapping {
    what: "`limits`",
    keys: &[
        limit("connections", "connections at one time"),
        limit(
            "address-connections",
            "connections at one time from one address that is not the server's own machine",
        ),
        limit("message-octets", "octets of a message (SIZE, APPENDLIMIT)"),
        limit("recipients", "recipients of a message (RCPTMAX)"),
        limit("transactions", "MAIL commands of a session (MAILMAX)"),
        limit("recipient-domains", "domains of recipients in a session (RCPTDOMAINMAX)"),
        limit("command-octets", "octets of an SMTP command line"),
        limit("hops", "Received fields of a message"),
        limit("errors", "errors in a session before the server hangs up"),
        limit("failed-logins", "failed logins in a session before the server hangs up"),
    ],
};

/// How long a server waits.
pub(in crate::script) const TIMEOUTS: &Mapping = &Mapping {
    what: "`timeouts`",
    keys: &[
        time("smtp", "for an SMTP or LMTP command"),
        time("pop3", "for a POP3 command: the autologout timer"),
        time("imap", "for an IMAP command: the autologout timer"),
        time("login", "for an IMAP client to log in, from the greeting on"),
        time("write", "for the client to take what was written"),
        time("handshake", "for a TLS handshake"),
        time("shutdown", "for sessions to end when the server does"),
        time(
            "login-delay",
            "at most, before an attempt to log in from another machine from whose address many have failed",
        ),
    ],
};

/// When mail that could not be handed over is tried again.
pub(in crate::script) const RETRY: &Mapping = &Mapping {
    what: "`retry`",
    keys: &[
        time("first-wait", "from the first failure to the second attempt; each wait is twice the one before"),
        time("longest-wait", "the longest wait"),
        time("tell-delay-after", "when the sender is told that a message still waits"),
        time("give-up-after", "when it comes back"),
    ],
};
