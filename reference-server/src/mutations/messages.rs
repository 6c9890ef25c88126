//! Messages, changed at random: each part lies within the one around it, and is where its number
//! leads, in one piece or in many.

use proptest::prelude::*;
use proptest::sample::Index;

use super::config;
use super::corpus::{Change, changed, changes};
use crate::message::{Content, Entity, Parser, Portion, Span, Structure};

/// Messages of many shapes.
const SEEDS: &[&[u8]] = &[
    b"Subject: plain\r\nFrom: Alice <alice@example.test>\r\n\r\nhello\r\n",
    b"Content-Type: multipart/mixed; boundary=\"b b\"\r\n\r\npreamble\r\n--b b\r\n\r\none\r\n--b b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b b--\r\nepilogue\r\n",
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/related; boundary=aa\r\n\r\n--aa\r\n\r\ndeep\r\n--aa\r\nContent-Transfer-Encoding: base64\r\n\r\nZGVlcA==\r\n--aa--\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: digest\r\n\r\nbody\r\n--d--\r\n--a--\r\n",
    b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xc3\xa4\r\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n\r\n--x--",
    b"Subject: folded\r\n and =?utf-8?q?K=C3=A4se?=\r\n =?iso-8859-1?b?5A==?=\r\nTo: a: b@c, \"d\\\"e\" <f@g>;, (comment (nested)) h@i\r\nDate: 1 Jan 2000 00:00:00 +0000\r\n\r\n",
];

fn message() -> impl Strategy<Value = Vec<u8>> {
    (proptest::sample::select(SEEDS), changes())
        .prop_map(|(seed, changes): (&[u8], Vec<Change>)| changed(seed, &changes))
}

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end
}

/// Judges a part that lies in `outer`, and all below it.
fn judge(
    structure: &Structure<'_>,
    entity: &Entity<'_>,
    outer: Span,
    path: &mut Vec<u32>,
) -> Result<(), TestCaseError> {
    prop_assert!(within(entity.header, outer), "{path:?}: the header leaves what is around it");
    prop_assert!(within(entity.body, outer), "{path:?}: the body leaves what is around it");
    prop_assert!(entity.header.end <= entity.body.start, "{path:?}: header and body overlap");
    prop_assert!(entity.lines <= entity.body.len(), "{path:?}: more lines than octets");
    match &entity.content {
        Content::Leaf => {}
        Content::Multipart(parts) => {
            prop_assert!(!parts.is_empty(), "{path:?}: a multipart of nothing");
            let mut before = entity.body.start;
            for (number, part) in (1..).zip(parts) {
                path.push(number);
                prop_assert!(before <= part.header.start, "{path:?}: it begins in the part before it");
                before = part.body.end;
                let found = structure.part(path);
                prop_assert_eq!(found.map(|found| found.body), Some(part.body), "{:?}: another part", path);
                let section = structure.section(path, Portion::Whole);
                prop_assert_eq!(section, Some(part.body), "{:?}: BODY[] has other octets", path);
                judge(structure, part, entity.body, path)?;
                path.pop();
            }
        }
        Content::Message(message) => {
            // Below it numbers go on; a message that is no multipart has its body as part 1.
            let leaf = !matches!(message.content, Content::Multipart(_));
            if leaf && !path.is_empty() {
                path.push(1);
                prop_assert_eq!(structure.section(path, Portion::Whole), Some(message.body), "{:?}", path);
                path.pop();
            }
            judge(structure, message, entity.body, path)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_part_lies_where_its_number_leads(message in message()) {
        let structure = Structure::parse(&message);
        let all = Span::new(0, message.len());
        judge(&structure, &structure.root, all, &mut Vec::new())?;
    }

    #[test]
    fn it_does_not_matter_where_a_message_is_cut(message in message(), cuts in proptest::collection::vec(any::<Index>(), 0..6)) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(message.len() + 1)).collect();
        places.sort_unstable();
        let mut parser = Parser::new();
        let mut from = 0;
        for to in places {
            parser.feed(&message[from..to]);
            from = to;
        }
        parser.feed(&message[from..]);
        prop_assert_eq!(parser.finish(), Structure::parse(&message));
    }
}
