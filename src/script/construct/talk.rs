//! Lines of a talk.

use super::Construct;
use super::shape::Shape;

/// Lines of a talk, by who speaks and what is asked of what comes.
pub(in crate::script) const LINES: &[Construct] = &[
    Construct::new(
        "C:",
        "the line is sent, ended by CRLF (IMAP: with a tag in front, except as continuation data after `S: +`). Several `C:` lines in a row are sent at once (pipelined)",
        Shape::Text,
    )
    .brief("`C: TEXT`")
    .example("smtp", "- greet\n- talk: |\n    C: NOOP\n    C: RSET\n    S: 250     § rfc5321-4.1.1.9-R1\n    S: 250     § rfc5321-4.1.1.5-2\n")
    .cannot_fail("what comes of it is looked at by an `S:`"),
    Construct::new(
        "C?:",
        "on a connection that was accepted: what the client may say; where it does, the `S:` lines below answer it, and where it says something else, or closes, both are passed over",
        Shape::Text,
    )
    .brief("`C?: PATTERN`")
    .example(
        "submission",
        "\
given: {next-hops: [hop]}
steps:
  - login
  - use: {block: submit, with: {to: \"bob@${hop.domain}\"}}
  - accept: hop
  - on: hop
    talk: |
      S: 554 no mail is taken here
      C?: EHLO ...
      S: 503 no
      C: QUIT                         § rfc5321-4.1.1.10-3a
      S: 221 bye
",
    )
    .cannot_fail("it may come and may stay away"),
    Construct::new("S:", "the next reply must be this one", Shape::Text)
        .brief("`S: PATTERN`")
        .example("smtp", "- greet\n- talk: |\n    C: NOOP\n    S: 250     § rfc5321-4.1.1.9-R1\n"),
    Construct::new(
        "S>:",
        "IMAP untagged response that must come behind the one that the line above took",
        Shape::Text,
    )
    .brief("`S>: PATTERN`")
    .example(
        "imap",
        "\
- login
- talk: |
    C: SELECT INBOX
    S: OK
    C: STORE 1:2 +FLAGS.SILENT (\\Deleted)
    S: OK
    C: EXPUNGE
    S: * 1 EXPUNGE
    S>: * 1 EXPUNGE                 § rfc3501-7.4.1-R1
    S: OK
",
    ),
    Construct::new("S?:", "IMAP untagged response that may come; its captures are bound when it did", Shape::Text)
        .brief("`S?: PATTERN`")
        .example(
            "imap",
            "\
- login
- talk: |
    C: NOOP
    S?: * ${count = number} EXISTS
    S: OK                           § rfc3501-6.1.2-R1
",
        )
        .cannot_fail("it may come and may stay away"),
    Construct::new("S!:", "IMAP untagged response that must not come before the tagged one", Shape::Text)
        .brief("`S!: PATTERN`")
        .example(
            "imap",
            "\
- login
- talk: |
    C: SELECT INBOX
    S: OK
    C: FETCH 1 UID
    S: * 1 FETCH (UID ${uid = number})
    S!: * ${_ = number} EXPUNGE     § rfc3501-7.4.1-1
    S: OK
",
        ),
    Construct::new(
        "C[a]:",
        "IMAP: the command has a name, by which its tagged answer is told from others'",
        Shape::Text,
    )
    .brief("`C[a]: TEXT`")
    .example(
        "imap",
        "- login\n- talk: |\n    C[a]: NOOP\n    C[b]: CAPABILITY\n    S[b]: OK   § rfc3501-5.5-R1\n    S[a]: OK   § rfc3501-5.5-R1\n",
    )
    .cannot_fail("what comes of it is looked at by an `S[a]:`"),
    Construct::new(
        "S[a]:",
        "IMAP: the tagged answer of the command `a`, in whatever order the server answers",
        Shape::Text,
    )
    .brief("`S[a]: PATTERN`")
    .example(
        "imap",
        "- login\n- talk: |\n    C[a]: NOOP\n    S[a]: OK   § rfc3501-6.1.2-R1\n",
    ),
];
