//! Known answers for boundaries, defaults and counts, and properties that hold
//! for whatever bytes arrive.

use proptest::prelude::*;

use super::super::structure::Structure;
use super::*;

fn root(message: &[u8]) -> Entity<'static> {
    Structure::parse(message).root
}

/// The bodies of the direct parts of a multipart.
fn bodies(message: &[u8]) -> Vec<&[u8]> {
    let root = root(message);
    assert!(matches!(root.content, Content::Multipart(_)), "{root:?}");
    root.children().iter().map(|part| part.body.of(message)).collect()
}

#[test]
fn header_and_body_part_at_the_first_blank_line() {
    let message = b"A: b\r\n\r\nbody\r\n\r\nmore\r\n";
    let root = root(message);
    assert_eq!(root.header.of(message), b"A: b\r\n\r\n");
    assert_eq!(root.body.of(message), b"body\r\n\r\nmore\r\n");
    assert_eq!(root.lines, 3);
}

#[test]
fn a_message_without_a_blank_line_is_all_header() {
    let message = b"A: b\r\nC: d";
    let root = root(message);
    assert_eq!(root.header.len(), message.len());
    assert_eq!((root.body.len(), root.lines), (0, 0));
}

#[test]
fn nothing_given_means_plain_us_ascii_text() {
    let root = root(b"");
    assert_eq!(root.media, MediaType::plain_text());
    assert_eq!(root.encoding, None);
}

#[test]
fn an_invalid_type_means_plain_text_too() {
    assert_eq!(root(b"Content-Type: text\r\n\r\n").media, MediaType::plain_text());
    let message = b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\n";
    assert_eq!(root(message).media, MediaType::plain_text());
}

#[test]
fn the_line_end_before_a_boundary_belongs_to_it() {
    let message = b"Content-Type: multipart/mixed; boundary=\"simple boundary\"\r\n\r\n\
        preamble\r\n--simple boundary\r\n\r\nno line end\r\n--simple boundary\r\n\
        Content-Type: text/plain\r\n\r\nline end\r\n\r\n--simple boundary--\r\n\r\nepilogue\r\n";
    assert_eq!(bodies(message), [&b"no line end"[..], b"line end\r\n"]);
    let root = root(message);
    let lines: Vec<_> = root.children().iter().map(|part| part.lines).collect();
    assert_eq!(lines, [0, 1]);
    assert!(root.body.of(message).ends_with(b"epilogue\r\n"));
    assert_eq!(root.lines, 12);
}

#[test]
fn bare_line_feeds_count_and_separate_alike() {
    let message = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\ntwo\n\n--x--\n";
    assert_eq!(bodies(message), [b"one\ntwo\n"]);
    let root = root(message);
    let part = &root.children()[0];
    assert_eq!((part.lines, part.body.len()), (2, 8));
}

#[test]
fn white_space_after_a_boundary_is_padding_and_more_is_not_a_boundary() {
    let message = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x \t\r\n\r\none\r\n--xy\r\n--x--z\r\n--x-- \r\n";
    assert_eq!(bodies(message), [b"one\r\n--xy\r\n--x--z"]);
}

#[test]
fn a_boundary_that_begins_like_an_outer_one_is_told_apart() {
    let message = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n\
        --a\r\nContent-Type: multipart/mixed; boundary=ab\r\n\r\n--ab\r\n\r\ninner\r\n--ab--\r\n\
        --a\r\n\r\nouter\r\n--a--\r\n";
    let root = root(message);
    assert_eq!(root.children().len(), 2);
    assert_eq!(root.children()[0].children()[0].body.of(message), b"inner");
}

#[test]
fn a_missing_last_boundary_ends_the_part_with_the_message() {
    let message = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none\r\n--x\r\n\r\ntwo\r\n";
    assert_eq!(bodies(message), [&b"one"[..], b"two\r\n"]);
}

#[test]
fn an_outer_boundary_ends_all_that_lies_within() {
    let message = b"Content-Type: multipart/mixed; boundary=out\r\n\r\n\
        --out\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: cut\r\n--out\r\n\r\nnext\r\n--out--\r\n";
    let root = root(message);
    let [first, second] = root.children() else { panic!("{root:?}") };
    assert_eq!(second.body.of(message), b"next");
    let inner = &first.children()[0].children()[0];
    assert_eq!(inner.header.of(message), b"Subject: cut");
    assert!(inner.body.is_empty());
}

#[test]
fn a_multipart_in_which_no_boundary_is_found_has_one_empty_part() {
    let message = b"Content-Type: multipart/mixed; boundary=x\r\n\r\nnothing here\r\n";
    assert_eq!(bodies(message), [b""]);
}

#[test]
fn an_empty_multipart_keeps_its_empty_part_within_itself() {
    let message = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--x--\r\n";
    check(&root(message), message);
}

#[test]
fn empty_parts_have_no_octets() {
    let message = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\n--x\r\n\r\n--x\r\n\r\n\r\n--x\r\nA: b\r\n--x--";
    assert_eq!(bodies(message), [b"", b"", b"", b""]);
    let root = root(message);
    let headers: Vec<_> = root.children().iter().map(|part| part.header.of(message)).collect();
    assert_eq!(headers, [&b""[..], b"\r\n", b"\r\n", b"A: b"]);
}

#[test]
fn parts_of_a_digest_are_messages_unless_they_say_otherwise() {
    let message = b"Content-Type: multipart/digest; boundary=x\r\n\r\n\
        --x\r\n\r\nSubject: one\r\n\r\nbody\r\n--x\r\nContent-Type: text/plain\r\n\r\ntext\r\n--x--\r\n";
    let root = root(message);
    let [first, second] = root.children() else { panic!("{root:?}") };
    assert!(first.media.is("message", "rfc822"));
    assert_eq!(first.body.of(message), b"Subject: one\r\n\r\nbody");
    assert_eq!(first.lines, 2);
    assert_eq!(first.children()[0].body.of(message), b"body");
    assert!(first.children()[0].media.is("text", "plain"));
    assert!(second.media.is("text", "plain"));
}

#[test]
fn the_describing_fields_are_read() {
    let root = root(
        b"content-type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: Base64 (why not)\r\n\
        Content-ID: <a@b>\r\nContent-Description: two\r\n words\r\nContent-MD5: Q2hlY2s=\r\n\
        Content-Disposition: inline\r\nContent-Language: en, de\r\n\
        Content-Location: http://example.test/a\r\n b\r\nContent-ID: <second@b>\r\n\r\n",
    );
    assert!(root.media.is("text", "html"));
    assert_eq!(root.encoding.as_deref(), Some("Base64"));
    assert_eq!(root.id.as_deref(), Some(&b"<a@b>"[..]));
    assert_eq!(root.description.as_deref(), Some(&b"two words"[..]));
    assert_eq!(root.md5.as_deref(), Some(&b"Q2hlY2s="[..]));
    assert_eq!(root.disposition.unwrap().kind, "inline");
    assert_eq!(root.languages, ["en", "de"]);
    assert_eq!(root.location.as_deref(), Some(&b"http://example.test/ab"[..]));
}

#[test]
fn nesting_is_bounded() {
    let mut message = Vec::new();
    for level in 0..500 {
        let open = format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
        message.extend_from_slice(open.as_bytes());
    }
    let root = root(&message);
    let deepest = root.walk().last().unwrap();
    assert!(deepest.media.is("application", "octet-stream"));
    assert_eq!(root.walk().count(), MAX_DEPTH + 1);
    assert_eq!(deepest.body.end, message.len());
}

#[test]
fn messages_within_messages_are_bounded() {
    let message = b"Content-Type: message/rfc822\r\n\r\n".repeat(500);
    assert_eq!(root(&message).walk().count(), MAX_DEPTH + 1);
}

#[test]
fn the_number_of_parts_is_bounded() {
    let mut message = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n".to_vec();
    message.extend(b"--x\r\n\r\n".repeat(MAX_ENTITIES * 2));
    let root = root(&message);
    assert_eq!(root.walk().count(), MAX_ENTITIES);
    assert_eq!(root.body.end, message.len());
}

/// Checks what must hold between an entity and those within it.
fn check(entity: &Entity<'_>, message: &[u8]) {
    assert!(entity.body.end <= message.len());
    assert_eq!(entity.header.end, entity.body.start);
    let feeds = entity.body.of(message).iter().filter(|&&octet| octet == b'\n');
    assert_eq!(entity.lines, feeds.count());
    let mut before = entity.body.start;
    for child in entity.children() {
        assert!(child.span().start >= before, "parts overlap");
        assert!(entity.body.contains(child.span()), "a part leaves its parent");
        before = child.span().end;
        check(child, message);
    }
    if let Content::Message(inner) = &entity.content {
        assert_eq!(inner.span(), entity.body);
    }
}

/// Text made of what matters to the parser, so that structure comes about by chance.
fn mail_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"\r\n"[..],
        b"\n",
        b"--a",
        b"--a\r\n",
        b"--a--\r\n",
        b"--b\r\n",
        b"--b--\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n",
        b"Content-Type: multipart/digest; boundary=\"b\"\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Subject: (x\r\n",
        b" folded\r\n",
        b"text",
        b"\r",
        b"\0",
    ]);
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn parts_nest_within_the_message(message in mail_like()) {
        let root = root(&message);
        prop_assert_eq!(root.span(), Span::new(0, message.len()));
        check(&root, &message);
    }

    #[test]
    fn any_bytes_have_a_structure(message in proptest::collection::vec(any::<u8>(), 0..400)) {
        let root = root(&message);
        prop_assert_eq!(root.span(), Span::new(0, message.len()));
        check(&root, &message);
    }
}

#[test]
fn a_boundary_behind_a_line_without_end_in_sight_is_found() {
    let long = "x".repeat(3 * HEADER_OCTETS);
    let message = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{long}\r\n--b\r\n\r\n{long}\n--b--"
    );
    for size in [1, 1000, HEADER_OCTETS, usize::MAX] {
        let mut parser = Parser::new();
        message.as_bytes().chunks(size).for_each(|piece| parser.feed(piece));
        let root = parser.finish().root;
        let lengths: Vec<_> = root.children().iter().map(|part| part.body.len()).collect();
        assert_eq!(lengths, [long.len(), long.len()], "pieces of {size}");
    }
}

#[test]
fn what_a_structure_says_is_bounded() {
    let part = format!("--b\r\nContent-Description: {}\r\n\r\n", "d".repeat(1000));
    let message = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", part.repeat(5000));
    let root = root(message.as_bytes());
    let described: usize =
        root.walk().filter_map(|entity| entity.description.as_deref()).map(<[u8]>::len).sum();
    assert!(described <= HEADERS_OCTETS && described > HEADERS_OCTETS / 2, "{described}");
    assert_eq!(root.children().len(), 5000);
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        message in "(Content-Type: |message/rfc822|multipart/digest; boundary=x|multipart/mixed; boundary=y|a: b|\r\n|\r\n|\n|--x|--y|--x--|--y--|-| |\r){0,60}",
        cut in 0_usize..9,
    ) {
        let mut parser = Parser::new();
        message.as_bytes().chunks(cut + 1).for_each(|piece| parser.feed(piece));
        prop_assert_eq!(parser.finish().root, root(message.as_bytes()));
    }
}
