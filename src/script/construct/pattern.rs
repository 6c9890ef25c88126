//! What captures take, and what variables pass through.

use super::Construct;
use super::shape::Shape;

const fn kind(name: &'static str, means: &'static str) -> Construct {
    Construct::new(name, means, Shape::Nothing)
}

/// Types of captures.
pub(in crate::script) const TYPES: &[Construct] = &[
    kind("number", "digits").example("pop3", "- login\n- talk: |\n    C: STAT\n    S: +OK ${count = number} ${octets = number}     § rfc1939-5-L3\n"),
    kind("word", "no white space, at least one octet").example("pop3", "- login\n- talk: |\n    C: UIDL 1\n    S: +OK 1 ${uid = word}      § rfc1939-7-L6\n"),
    kind("text", "anything in the line, may be empty").example("pop3", "- login\n- talk: |\n    C: NOOP\n    S: +OK ${_ = text}          § rfc1939-5-R9\n"),
    kind("atom", "an IMAP atom").example("imap", "- login\n- talk: |\n    C: LIST \"\" INBOX\n    S: * LIST (...) ${_ = any} ${name = atom}\n    S: OK                       § rfc3501-6.3.8-R1\n"),
    kind("string", "any IMAP string, or an atom in its place as mailbox names have it, but not NIL; its content is bound").example("imap", "- login\n- talk: |\n    C: STATUS INBOX (MESSAGES)\n    S: * STATUS ${name = string} (MESSAGES 2)\n    S: OK                       § rfc3501-6.3.10-R1\n"),
    kind("any", "any one IMAP value").example("imap", "- login\n- talk: |\n    C: SELECT INBOX\n    S: OK\n    C: FETCH 1 ENVELOPE\n    S: * 1 FETCH (ENVELOPE ${envelope = any})\n    S: OK                       § rfc3501-7.4.2-R1\n"),
    kind("set", "an IMAP sequence set").example("imap", "- login\n- talk: |\n    C: SELECT INBOX\n    S: OK\n    C: COPY 1:2 INBOX\n    S: OK [COPYUID ${_ = number} ${from = set} ${to = set}]     § rfc4315-3-1\n"),
    kind("payload", "POP3: the whole multi-line payload, dot-unstuffed").example("pop3", "- login\n- talk: |\n    C: RETR 1\n    S: +OK                      § rfc1939-5-R5\n    S: ${message = payload}\n- check: {value: \"${message}\", contains: \"Subject: one\"}\n"),
    kind("/REGEX/", "text that the regular expression matches whole").example("pop3", "- login\n- talk: |\n    C: UIDL 1\n    S: +OK 1 ${uid = /[!-~]{1,70}/}     § rfc1939-7-R3\n"),
];

const COMPUTED: &str = "it computes, and takes any octets";

const fn filter(name: &'static str, means: &'static str) -> Construct {
    Construct::new(name, means, Shape::Nothing).cannot_fail(COMPUTED)
}

/// Filters of variables.
pub(in crate::script) const FILTERS: &[Construct] = &[
    filter("base64", "base64 with padding, in one line"),
    Construct::new("base64-decode", "the octets that the base64 text stands for", Shape::Nothing),
    filter("upper", "ASCII letters in upper case"),
    filter("lower", "ASCII letters in lower case"),
    filter("octets", "its length in octets"),
    Construct::new("quoted", "as an IMAP quoted string", Shape::Nothing)
        .cannot_fail("what a quoted string cannot hold is sent all the same, as a script may want it"),
    filter(
        "literal",
        "as an IMAP synchronizing literal: the harness waits for the server's `+` before it sends the octets",
    ),
    filter("literal+", "as a non-synchronizing literal"),
    filter("trim-crlf", "one final CRLF removed"),
    filter("normalized", "mail text with each line end as CRLF"),
    filter("md5", "its MD5 digest in 32 lower-case hexadecimal digits"),
];
