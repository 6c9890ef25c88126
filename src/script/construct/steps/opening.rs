//! Steps that open connections and secure them.

use super::super::condition::endpoints;
use super::super::shape::Shape;
use super::super::suite::protocols;
use super::super::{Construct, Mapping};
use crate::script::model::TlsVersion;

fn versions() -> Vec<&'static str> {
    TlsVersion::ALL.iter().map(|(word, _)| *word).collect()
}

/// What `connect`, `greet` and `login` can say.
pub(in crate::script) const OPEN: &Mapping = &Mapping {
    what: "this step",
    keys: &[
        Construct::new("name", "the connection's name, default `main`", Shape::Text),
        Construct::new("as", "the account, default the case's first", Shape::Text),
        Construct::new("protocol", "what is spoken, default the suite's protocol", Shape::Word(protocols)),
        Construct::new(
            "endpoint",
            "the target's endpoint, default the protocol's own",
            Shape::Word(endpoints),
        ),
        Construct::new(
            "tls",
            "what TLS is to be like, from the first octet or behind STARTTLS",
            Shape::Mapping(TLS),
        ),
    ],
};

/// What TLS is to be like.
pub(in crate::script) const TLS: &Mapping = &Mapping {
    what: "`tls`",
    keys: &[
        Construct::new("version", "the only version to offer", Shape::Word(versions)),
        Construct::new(
            "name",
            "the server name to ask for (SNI) in place of the profile's; the certificate is still looked at for the profile's",
            Shape::Text,
        ),
        Construct::new(
            "certificate",
            "the account whose client certificate is presented where the server asks for one (a case with it needs `{policy: certificates}`); without it none is",
            Shape::Text,
        ),
        Construct::new(
            "self-signed",
            "in place of that certificate one for the same account that only its own key has signed",
            Shape::Boolean,
        ),
    ],
};

/// What `starttls` can say.
pub(in crate::script) const STARTTLS: &Mapping = &Mapping {
    what: "`starttls`",
    keys: &[
        Construct::new(
            "handshake-only",
            "the command and its answer stand in a `talk` before",
            Shape::Boolean,
        ),
        Construct::new("tls", "what TLS is to be like", Shape::Mapping(TLS)),
    ],
};

const OPENED: Shape = Shape::Either(&[Shape::Nothing, Shape::Mapping(OPEN)]);

/// What `compress` can say.
pub(in crate::script) const COMPRESS: &Mapping = &Mapping {
    what: "`compress`",
    keys: &[Construct::new(
        "layer",
        "`begin`: the command and its answer stand in a `talk` before; `end`: so does the one that ended the compression (UNAUTHENTICATE)",
        Shape::Word(layers),
    )
    .required()],
};

fn layers() -> Vec<&'static str> {
    vec!["begin", "end"]
}

pub(super) const CONNECT: Construct = Construct::new(
    "connect",
    "open a TCP connection (and TLS where the endpoint is implicit TLS); the greeting is left to the script",
    OPENED,
)
.example(
    "smtp",
    "\
- connect
- talk: |
    S: 220                          § rfc5321-4.3.1-R1
",
);

pub(super) const GREET: Construct = Construct::new(
    "greet",
    "`connect`, then the greeting, and for SMTP `EHLO ${client}`, for LMTP `LHLO ${client}`: preconditions",
    OPENED,
)
.example(
    "smtp",
    "\
- greet
- talk: |
    C: NOOP
    S: 250                          § rfc5321-4.1.1.9-R1
",
)
.cannot_fail("a server that greets otherwise is a hostile one, of which `tests/hostile.rs` has many");

pub(super) const LOGIN: Construct = Construct::new(
    "login",
    "`greet`, then authenticate as the first account, by the protocol's plainest way: preconditions. `login: bob` is short for `{as: bob, name: bob}`",
    Shape::Either(&[Shape::Nothing, Shape::Text, Shape::Mapping(OPEN)]),
)
.example(
    "pop3",
    "\
given: {accounts: [alice, bob]}
steps:
  - login
  - login: bob
  - on: bob
    talk: |
      C: NOOP
      S: +OK                        § rfc1939-5-R9
",
);

pub(super) const STARTTLS_STEP: Construct = Construct::new(
    "starttls",
    "STARTTLS (STLS), its positive answer and the handshake: preconditions. Commands sent in plaintext and not answered yet are forgotten: no `S:` behind waits for them",
    Shape::Either(&[Shape::Nothing, Shape::Mapping(STARTTLS)]),
)
.example(
    "imap",
    "\
- greet
- starttls: {tls: {version: \"1.3\"}}
- talk: |
    C: NOOP
    S: OK                           § rfc3501-6.1.2-R1
",
);

pub(super) const COMPRESS_STEP: Construct = Construct::new(
    "compress",
    "IMAP: COMPRESS DEFLATE and its positive answer, preconditions; from there on both sides of the connection are compressed. The transcript shows what is said, not how it is packed",
    Shape::Either(&[Shape::Nothing, Shape::Mapping(COMPRESS)]),
)
.example(
    "imap",
    "\
- login
- talk: |
    C: COMPRESS DEFLATE
    S: OK                           § rfc4978-3-5
- compress: {layer: begin}
- talk: |
    C: NOOP
    S: OK                           § rfc4978-3-5
",
);
