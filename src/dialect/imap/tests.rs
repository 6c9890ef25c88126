//! Known answers for IMAP responses, and what hostile octets do.

use proptest::prelude::*;

use super::super::{Framing, Limits, Stream};
use super::*;

fn whole(octets: &[u8]) -> Response {
    match Framer::new(Limits::IMAP).frame(octets) {
        Framing::Complete { consumed, item } => {
            assert_eq!(consumed, octets.len(), "{}", String::from_utf8_lossy(octets));
            item
        }
        Framing::Incomplete => panic!("incomplete: {}", String::from_utf8_lossy(octets)),
    }
}

fn line(text: &str) -> Response {
    whole(format!("{text}\r\n").as_bytes())
}

fn broken(text: &str) -> Vec<String> {
    line(text).violations.iter().map(|violation| violation.requirement.as_str().to_owned()).collect()
}

#[test]
fn responses_that_conform_are_clean() {
    for text in [
        "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN] Dovecot (Debian) ready.",
        "* PREAUTH IMAP4rev1 server logged in as Smith",
        "* BYE Autologout; idle for too long",
        "* CAPABILITY IMAP4rev1 STARTTLS AUTH=GSSAPI XPIG-LATIN",
        "* CAPABILITY IMAP4rev2 AUTH=PLAIN",
        "* LIST (\\HasNoChildren) \"/\" INBOX",
        "* LIST () NIL inbox",
        "* LIST (\\Noselect \\HasChildren) \"\\\\\" {3}\r\na b",
        "* LIST (\\Subscribed) \"/\" \"Work [old]\" (\"CHILDINFO\" (\"SUBSCRIBED\"))",
        "* LIST () \".\" [Gmail]/x]",
        "* LSUB () \".\" #news.comp.mail.misc",
        "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292 HIGHESTMODSEQ 7011231777)",
        "* STATUS \"a b\" ()",
        "* SEARCH 2 3 6",
        "* SEARCH",
        "* SEARCH 2 5 (MODSEQ 917162500)",
        "* ESEARCH (TAG \"a1\") UID ALL 1:3",
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded NonJunk)",
        "* 23 EXISTS",
        "* 0 RECENT",
        "* 44 EXPUNGE",
        "* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited",
        "* OK [UNSEEN 17] Message 17 is first unseen",
        "* OK [HIGHESTMODSEQ 1] Highest",
        "* NO [BADCHARSET (US-ASCII {5}\r\nUTF-8)] no",
        "* OK [BADCHARSET] charset",
        "* OK text that ends with {3}",
        "* OK Still here [almost",
        "a1 OK {12}",
        "a1 OK [READ-WRITE] Select completed (0.001 + 0.000 secs).",
        "a1 OK [APPENDUID 38505 3955] APPEND completed",
        "a1 OK [COPYUID 38505 304,319:320 3956:3958] Done",
        "a1 NO [X-WHATEVER any \"text( here] no",
        "a1 BAD invalid command",
        "+ ",
        "+ idling",
        "+ YGgGCSqGSIb3EgECAgIAb1kwV6ADAgEFoQMCAQ+iSzBJoAMC",
        "* 12 FETCH (FLAGS (\\Seen \\Recent) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286)",
        "* 12 FETCH (INTERNALDATE \" 7-Jul-1996 02:44:25 +0000\" UID 7 MODSEQ (624140003))",
        "* 12 FETCH (BODY[HEADER.FIELDS (DATE FROM)]<0> {2}\r\n\r\n UID 3)",
        "* 12 FETCH (BODY[HEADER.FIELDS ({4}\r\nDATE \"FROM\")] NIL BODY[1.MIME] \"\")",
        "* 1 FETCH (BINARY[1] ~{3}\r\na\0b BINARY.SIZE[1] 3 X-NEW (any (thing)))",
        "* X-UNKNOWN some \"thing else (",
        "* VANISHED (EARLIER) 41,43:116",
        "* ENABLED CONDSTORE",
        "* ID (\"name\" \"Cyrus\" \"version\" NIL)",
        "* NAMESPACE ((\"\" \"/\")) NIL NIL",
    ] {
        assert_eq!(line(text).violations, [], "{text}");
    }
}

/// The envelope and body structure of RFC 3501, section 8.
const ENVELOPE: &str = "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" \
    ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
    ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) \
    ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \
    \"<B27397-0100000@cac.washington.edu>\")";
const TEXT: &str = "\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028 92";

#[test]
fn fetch_of_structures_that_conform_is_clean() {
    for item in [
        format!("ENVELOPE {ENVELOPE} BODY ({TEXT})"),
        format!("BODY (({TEXT})(\"TEXT\" \"HTML\" NIL NIL NIL \"BASE64\" 10 1) \"MIXED\")"),
        format!("BODYSTRUCTURE ({TEXT} NIL (\"inline\" NIL) (\"en\" \"de\") NIL)"),
        format!("BODYSTRUCTURE (({TEXT} NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"),
        format!(
            "BODYSTRUCTURE (\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 {ENVELOPE} ({TEXT} NIL NIL NIL NIL) 4 NIL NIL NIL NIL)"
        ),
        "BODYSTRUCTURE (\"application\" \"pdf\" (\"name\" \"a\") NIL NIL \"base64\" 9 NIL (\"attachment\" (\"filename\" \"a\")) NIL NIL)".into(),
        "BODYSTRUCTURE (\"message\" \"delivery-status\" NIL NIL NIL \"7bit\" 9 NIL NIL NIL NIL)".into(),
    ] {
        assert_eq!(line(&format!("* 1 FETCH ({item})")).violations, [], "{item}");
    }
}

#[test]
fn each_broken_rule_is_named() {
    let cases = [
        ("", "rfc3501-2.2.2-R1"),
        ("*", "rfc3501-2.2.2-R1"),
        ("* ", "rfc3501-2.2.2-R1"),
        ("+", "rfc3501-2.2.2-R1"),
        ("garbage", "rfc3501-2.2.2-R1"),
        ("a1 YES done", "rfc3501-7.1-R21"),
        ("a1 BYE done", "rfc3501-7.1-R21"),
        ("a1 OK", "rfc3501-9-R1"),
        ("a1 OK [READ-WRITE]", "rfc3501-9-R1"),
        ("* BYE", "rfc3501-9-R1"),
        ("* OK [UIDNEXT 0] x", "rfc3501-9-R2"),
        ("* OK [UIDVALIDITY] x", "rfc3501-9-R2"),
        ("* OK [PERMANENTFLAGS \\Seen] x", "rfc3501-9-R2"),
        ("a1 OK [READ-WRITE now] x", "rfc3501-9-R2"),
        ("* OK [CAPABILITY IDLE] x", "rfc3501-7.2.1-1"),
        ("* CAPABILITY IDLE", "rfc3501-7.2.1-1"),
        ("* SEARCH 1  2", "rfc3501-9-R3"),
        ("* SEARCH ", "rfc3501-9-R3"),
        ("* FLAGS ( \\Seen)", "rfc3501-9-R3"),
        ("* 1 FETCH (UID 1 BODY[] {1}\r\n\0)", "rfc3501-9-4"),
        ("* OK a\0b", "rfc3501-9-4"),
        ("* OK a\rb", "rfc3501-2.2-R1"),
        ("* FLAGS \\Seen", "rfc3501-9-R4"),
        ("* FLAGS (\"\\\\Seen\")", "rfc3501-9-R4"),
        ("* LIST \"/\" INBOX", "rfc3501-9-R5"),
        ("* LIST () \"//\" INBOX", "rfc3501-9-R5"),
        ("* LIST (Noselect) \"/\" INBOX", "rfc3501-9-R5"),
        ("* LIST () \"/\" a b", "rfc3501-9-R5"),
        ("* LIST (\\Noselect \\Marked) \"/\" a", "rfc3501-9-R5"),
        ("* LIST () \"/\" \"a", "rfc3501-9-R5"),
        ("* SEARCH 0", "rfc3501-9-R6"),
        ("* SEARCH 1 x", "rfc3501-9-R6"),
        ("* SEARCH 4294967296", "rfc3501-9-R6"),
        ("* STATUS a MESSAGES 1", "rfc3501-9-R7"),
        ("* STATUS a (MESSAGES x)", "rfc3501-9-R7"),
        ("* STATUS a (MESSAGES)", "rfc3501-9-R7"),
        ("* 3 EXISTS now", "rfc3501-9-R8"),
        ("* 0 EXPUNGE", "rfc3501-9-R8"),
        ("* 0 FETCH (UID 1)", "rfc3501-9-R9"),
        ("* 1 FETCH UID 1", "rfc3501-9-R9"),
        ("* 1 FETCH ()", "rfc3501-9-R9"),
        ("* 1 FETCH (UID)", "rfc3501-9-R9"),
        ("* 1 FETCH (UID 0)", "rfc3501-9-R9"),
        ("* 1 FETCH (FLAGS \\Seen)", "rfc3501-9-R9"),
        ("* 1 FETCH (RFC822.SIZE \"1\")", "rfc3501-9-R9"),
        ("* 1 FETCH (BODY[] abc)", "rfc3501-9-R9"),
        ("* 1 FETCH (UID 1", "rfc3501-9-R9"),
        ("* 1 FETCH (ENVELOPE (NIL NIL NIL))", "rfc3501-9-R10"),
        ("* 1 FETCH (ENVELOPE (NIL NIL () NIL NIL NIL NIL NIL NIL NIL))", "rfc3501-9-R10"),
        ("* 1 FETCH (ENVELOPE (NIL NIL ((NIL NIL NIL)) NIL NIL NIL NIL NIL NIL NIL))", "rfc3501-9-R10"),
        ("* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 3))", "rfc3501-9-R11"),
        ("* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" () NIL NIL \"7BIT\" 3 1))", "rfc3501-9-R11"),
        ("* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"a\") NIL NIL \"7BIT\" 3 1))", "rfc3501-9-R11"),
        ("* 1 FETCH (BODYSTRUCTURE (\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 3))", "rfc3501-9-R11"),
        ("* 1 FETCH (BODYSTRUCTURE \"x\")", "rfc3501-9-R11"),
        ("* 1 FETCH (BODY (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 3 1 NIL))", "rfc3501-9-7"),
        (
            "* 1 FETCH (BODY ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 3 1) \"MIXED\" (\"boundary\" \"b\")))",
            "rfc3501-9-8",
        ),
        ("* 1 FETCH (INTERNALDATE \"7-Jul-1996 02:44:25 +0000\")", "rfc3501-9-R12"),
        ("* 1 FETCH (INTERNALDATE \"17-Xyz-1996 02:44:25 +0000\")", "rfc3501-9-R12"),
        ("* 1 FETCH (BODY[] {1+}\r\na)", "rfc9051-4.3-2"),
    ];
    for (text, id) in cases {
        assert_eq!(broken(text), [id], "{text}");
    }
    assert_eq!(whole(b"* 1 EXISTS\n").violations[0].requirement.as_str(), "rfc3501-2.2-R1");
}

#[test]
fn a_tagged_answer_is_read() {
    let Kind::Tagged { tag, status, code: Some(code), text } = line("a7 NO [TRYCREATE] no such").kind else {
        panic!()
    };
    assert_eq!((tag.as_slice(), status, text.as_slice()), (&b"a7"[..], Some(Status::No), &b"no such"[..]));
    assert_eq!(code.name(), "TRYCREATE");
    let response = line("a7 OK done");
    assert!(check_tag(&response, &["a6", "a7"]).is_none());
    assert_eq!(check_tag(&response, &["a6"]).unwrap().requirement.as_str(), "rfc3501-2.2.2-R2");
    assert!(check_tag::<&str>(&line("* OK x"), &[]).is_none());
}

#[test]
fn data_is_read_into_values() {
    let response =
        whole(b"* 1 FETCH (BODY[HEADER.FIELDS ({2}\r\nTo \"Cc\")]<0> {4}\r\na\r\nb FLAGS (\\Seen))\r\n");
    assert_eq!(response.data(), Some((Some(1), "FETCH".into())));
    let Kind::Data { items } = response.kind else { panic!() };
    let atom = |text: &str| Value::Atom(text.into());
    assert_eq!(
        items[2],
        Value::List(vec![
            atom("BODY[HEADER.FIELDS (To Cc)]<0>"),
            Value::Literal(b"a\r\nb".to_vec()),
            atom("FLAGS"),
            Value::List(vec![atom("\\Seen")]),
        ])
    );
    assert_eq!(line("* FLAGS (a)").data(), Some((None, "FLAGS".into())));
}

#[test]
fn octets_may_come_one_at_a_time() {
    let stream = b"* 1 FETCH (BODY[] {9}\r\na1 OK x\r\n)\r\n* NO [BADCHARSET ({5}\r\nUTF-8)] x\r\na1 OK {3}\r\n+ go\r\n";
    let (mut framer, mut head, mut found) = (Framer::new(Limits::IMAP), 0, Vec::new());
    for end in 1..=stream.len() {
        if let Framing::Complete { consumed, item } = framer.frame(&stream[head..end]) {
            head += consumed;
            found.push(item);
        }
    }
    assert_eq!(head, stream.len());
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|response| response.violations.is_empty()));
}

#[test]
fn a_large_literal_is_looked_at_once() {
    let size = 20 << 20;
    let mut stream = format!("* 1 FETCH (BODY[] {{{size}}}\r\n").into_bytes();
    stream.resize(stream.len() + size, b'\n');
    stream.extend(b")\r\n");
    let mut framer = Framer::new(Limits::IMAP);
    for end in (0..stream.len()).step_by(4096) {
        assert_eq!(framer.frame(&stream[..end]), Framing::Incomplete);
    }
    let Framing::Complete { item, .. } = framer.frame(&stream) else { panic!() };
    assert!(item.violations.is_empty());
}

#[test]
fn limits_and_closes_end_a_response() {
    let limits = Limits { line: 100, item: 1000 };
    let Framing::Complete { item, .. } = Framer::new(limits).frame(&[b'x'; 101]) else { panic!() };
    assert_eq!(item.stream, Stream::BeyondUse);
    let mut framer = Framer::new(limits);
    let Framing::Complete { item, .. } = framer.frame(b"* 1 FETCH (BODY[] {99999999999999999999999}\r\n")
    else {
        panic!()
    };
    assert_eq!(item.stream, Stream::BeyondUse);
    assert_eq!(framer.frame(b"a1 OK x\r\n"), Framing::Incomplete);
    let response = Framer::new(limits).finish(b"* 1 FETCH (BODY[] {10}\r\nabc").unwrap();
    assert_eq!((response.stream, response.data().unwrap().1), (Stream::BeyondUse, "FETCH".into()));
    assert_eq!(Framer::new(limits).finish(b""), None);
}

#[test]
fn nesting_has_a_limit() {
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}{})", "(".repeat(100_000), ")".repeat(100_000));
    assert!(matches!(line(&deep).kind, Kind::Data { .. }));
    let deep = format!("* LIST {}", "(".repeat(100_000));
    assert!(matches!(line(&deep).kind, Kind::Data { .. }));
}

/// Octets that look enough like a protocol to reach deep.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let words: &'static [&'static [u8]] = &[
        b"* ",
        b"a1 OK ",
        b"+ ",
        b"\r\n",
        b"\n",
        b"(",
        b")",
        b"[",
        b"]",
        b"\"",
        b"\\",
        b"{3}\r\n",
        b"{99999999999999999999}\r\n",
        b"~{1+}\r\n",
        b" ",
        b"1 FETCH (BODY[",
        b"ENVELOPE",
        b"BODYSTRUCTURE",
        b"LIST",
        b"NIL",
        b"250-",
        b"+OK",
        b".\r\n",
        b"\0\xff",
    ];
    let word = proptest::sample::select(words);
    let chunk =
        prop_oneof![4 => word.prop_map(<[u8]>::to_vec), 1 => proptest::collection::vec(any::<u8>(), 0..6)];
    proptest::collection::vec(chunk, 0..40).prop_map(|chunks| chunks.concat())
}

proptest! {
    #[test]
    fn any_octets_are_framed_alike_however_they_arrive(octets in hostile(), step in 1_usize..9) {
        let limits = Limits { line: 200, item: 2000 };
        let all_at_once = {
            let (mut framer, mut head, mut raws) = (Framer::new(limits), 0, Vec::new());
            while let Framing::Complete { consumed, item } = framer.frame(&octets[head..]) {
                prop_assert!(consumed > 0);
                raws.push(item.raw);
                head += consumed;
            }
            raws.extend(framer.finish(&octets[head..]).map(|item| item.raw));
            raws
        };
        let piecemeal = {
            let (mut framer, mut head, mut raws) = (Framer::new(limits), 0, Vec::new());
            for end in (0..octets.len()).step_by(step).chain([octets.len()]) {
                while let Framing::Complete { consumed, item } = framer.frame(&octets[head..end]) {
                    raws.push(item.raw);
                    head += consumed;
                }
            }
            raws.extend(framer.finish(&octets[head..]).map(|item| item.raw));
            raws
        };
        if octets.len() < 200 {
            prop_assert_eq!(all_at_once, piecemeal);
        }
    }

    #[test]
    fn smtp_and_pop3_read_any_octets_too(octets in hostile()) {
        let limits = Limits { line: 200, item: 2000 };
        let mut smtp = super::super::smtp::Framer::new(limits);
        let mut head = 0;
        while let Framing::Complete { consumed, .. } = smtp.frame(&octets[head..]) {
            head += consumed;
        }
        smtp.finish(&octets[head..]);
        for shape in [super::super::pop3::Shape::SingleLine, super::super::pop3::Shape::MultiLine] {
            let mut pop3 = super::super::pop3::Framer::new(limits);
            let mut head = 0;
            while let Framing::Complete { consumed, .. } = pop3.frame(&octets[head..], shape) {
                head += consumed;
            }
            pop3.finish(&octets[head..], shape);
        }
    }
}
