//! Talks as they are written, and those that are refused.

use super::super::testing::{case, mistakes};
use super::*;
use crate::script::model::Action;
use crate::script::pattern::Pop3Payload;

fn body(open: &str, lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("      {}\n", line.trim_start())).collect();
    format!("steps:\n  - {open}\n  - talk: |\n{lines}")
}

fn talk(protocol: &str, open: &str, lines: &str) -> Talk {
    match case(protocol, &body(open, lines)).steps.remove(1).action {
        Action::Talk(talk) => talk,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_speakers_are_those_declared() {
    use crate::script::construct::{LINES, names};
    let declared: Vec<&str> = names(LINES).filter(|line| !line.contains('[')).collect();
    let mut known: Vec<&str> = SPEAKERS.map(|(mark, _)| mark).to_vec();
    known.insert(1, "C?:");
    assert_eq!(declared, known);
    // As the server the harness hears and says less.
    assert!(served::SPEAKERS.iter().all(|(mark, _)| declared.contains(mark)));
}

#[test]
fn what_only_may_come_judges_nothing() {
    let lines = |noop: &str| format!("S: * OK\nC: NOOP\n{noop}\nS: OK § rfc1939-6-1");
    assert_eq!(mistakes("imap", &body("connect", &lines("S?: * 1 EXISTS"))), [""; 0]);
    assert_eq!(
        mistakes("imap", &body("connect", &lines("S?: * 1 EXISTS § rfc1939-6-1"))),
        ["what only may come judges nothing"]
    );
}

#[test]
fn client_lines_in_a_row_are_one_exchange() {
    let talk = talk(
        "smtp",
        "connect",
        "S: 220\n# a remark\nC: MAIL FROM:<>\nC:  RCPT\n\nS: 250\nS: 250 § rfc5321-4.1.1.1-4\nC: QUIT",
    );
    let counts: Vec<_> =
        talk.exchanges.iter().map(|one| (one.commands.len(), one.expectations.len())).collect();
    assert_eq!(counts, [(0, 1), (2, 2), (1, 0)]);
    assert_eq!(talk.exchanges[0].trigger, Trigger::Greeting);
    assert_eq!(talk.exchanges[1].trigger, Trigger::Script);
    // One space belongs to the notation, every other to the line.
    assert_eq!(talk.exchanges[1].commands[1].text.constant().unwrap(), b" RCPT");
}

#[test]
fn a_group_of_lines_is_one_smtp_reply() {
    let talk = talk(
        "smtp",
        "greet",
        "C: EHLO x\nS: 250-...\nS: 250-SIZE ${n = number} § rfc5321-4.1.1.1-4\nS: 250 HELP\nC: NOOP\nS: 250",
    );
    let [first, _] = talk.exchanges.as_slice() else { panic!() };
    let [reply] = first.expectations.as_slice() else { panic!() };
    assert!(matches!(&reply.pattern, Pattern::Smtp(smtp) if smtp.lines.len() == 3));
    assert_eq!(reply.law.as_ref().unwrap().ids.len(), 1);
    assert_eq!(reply.text, "250-...\n250-SIZE ${n = number}\n250 HELP");
    let open = body("greet", "C: EHLO x\nS: 250-a\nC: NOOP\nS: 250 § rfc5321-4.1.1.1-4");
    assert_eq!(mistakes("smtp", &open), ["this reply has no last line"]);
}

#[test]
fn a_pop3_payload_is_written_out_or_taken_whole() {
    let talk = talk(
        "pop3",
        "login",
        "C: LIST\nS: +OK § rfc1939-6-1\nS: 1 ${n = number}\nS: ...\nS:\nS: .\nC: RETR 1\nS: +OK\nS: ${m = payload}\nC: UIDL\nC: STAT\nS: +OK\nS: ${_ = payload}\nS: +OK ${n}",
    );
    let payload = |exchange: usize, reply: usize| match &talk.exchanges[exchange].expectations[reply].pattern
    {
        Pattern::Pop3(pop3) => pop3.payload.clone(),
        other => panic!("{other:?}"),
    };
    assert!(
        matches!(payload(0, 0), Pop3Payload::Lines(lines) if lines.len() == 3 && lines[2].parts.is_empty())
    );
    assert!(matches!(payload(1, 0), Pop3Payload::Bound(name) if name == "m"));
    assert_eq!(talk.exchanges[2].expectations.len(), 2);
    assert!(matches!(payload(2, 1), Pop3Payload::Unjudged));
}

#[test]
fn what_judges_knows_its_place_in_the_file() {
    let lines = "steps:\n      - login\n      - talk: |\n          C: NOOP\n          S: OK [ä]   § rfc1939-6-1 (should)\n";
    let text = format!("version: 1\nsuite: s\nprotocol: imap\ncases:\n  - id: a\n    name: n\n    {lines}");
    let suite = super::super::testing::suite(&text).unwrap();
    let at = |span: Span| text.get(span.start..span.end).unwrap();
    let law = suite.cases[0].laws()[0];
    assert_eq!(
        (at(law.span), law.level),
        ("§ rfc1939-6-1 (should)", Some(crate::requirement::Level::Should))
    );
    let Action::Talk(talk) = &suite.cases[0].steps[1].action else { panic!() };
    assert_eq!(at(talk.exchanges[0].expectations[0].span), "OK [ä]");
    assert_eq!(at(talk.exchanges[0].commands[0].span), "NOOP");
}

#[test]
fn what_does_not_fit_a_line_is_refused() {
    let law = "C: NOOP\nS: +OK § rfc1939-6-1\n";
    for (lines, expected) in [
        ("C: NOOP § rfc1939-6-1", "judges nothing"),
        ("S?: +OK", "does not fit `pop3`"),
        ("C: ${alice.user | literal}", "makes an IMAP string"),
        ("C: ${x = number}", "would bind"),
        ("C: NOOP\nS: 1 120", "not a POP3 status"),
        ("NOOP", "no speaker"),
        ("C[a]: NOOP", "does not fit `pop3`"),
        ("C: LIST\nS: +OK\nS: 1", "has no end"),
    ] {
        let found = mistakes("pop3", &body("login", &format!("{law}{lines}")));
        assert!(found.len() == 1 && found[0].contains(expected), "{lines}: {found:?}");
    }
    let forbidden = body("login", "C: NOOP\nS!: OK\nS: OK § rfc1939-6-1");
    assert_eq!(mistakes("imap", &forbidden).len(), 1);
}

#[test]
fn answers_are_told_apart_by_the_names_of_commands() {
    let lines = "C[one]: NOOP\nC[two]: CHECK\nS[two]: OK § rfc1939-6-1\nS: OK";
    let talk = talk("imap", "login", lines);
    let [exchange] = talk.exchanges.as_slice() else { panic!() };
    assert_eq!(exchange.commands[1].label.as_deref(), Some("two"));
    let labels: Vec<_> = exchange.expectations.iter().map(|one| one.label.as_deref()).collect();
    assert_eq!(labels, [Some("two"), None]);
    for (more, expected) in [
        ("S[tow]: OK", "no command above is named `tow`"),
        ("S[one]: * OK", "only a tagged answer"),
        ("C[one]: NOOP", "stands in this talk already"),
    ] {
        let found = mistakes("imap", &body("login", &format!("{lines}\n{more}")));
        assert!(found.len() == 1 && found[0].contains(expected), "{more}: {found:?}");
    }
}

#[test]
fn a_line_that_cannot_be_read_still_binds_for_those_behind() {
    let lines = "C: STAT\nS: +OK ${n = numbr} § rfc1939-6-1\nC: RETR ${n}\nS: +OK";
    assert_eq!(mistakes("pop3", &body("login", lines)), ["there is no type `numbr`"]);
}
