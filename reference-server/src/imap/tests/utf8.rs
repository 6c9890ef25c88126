//! UTF8=ACCEPT (RFC 6855): names, strings and header fields in UTF-8, and what is shown without it.

use super::harness::{Client, World};

const MESSAGE: &str = "From: Zo\u{eb} <zo\u{eb}@x.test>\r\nSubject: Gr\u{fc}n\r\n\r\n\u{e9}\r\n";

async fn enabled(world: &World) -> Client {
    let mut client = world.login().await;
    assert_eq!(client.ok("ENABLE utf8=accept").await, ["* ENABLED UTF8=ACCEPT"]);
    client
}

fn append(form: &str) -> String {
    let literal = format!("{{{}+}}\r\n{MESSAGE}", MESSAGE.len());
    format!("APPEND INBOX {}", form.replace('L', &literal))
}

#[tokio::test]
async fn names_are_in_utf_8_and_a_charset_is_refused() {
    let world = World::new().await;
    let mut client = enabled(&world).await;
    client.ok("CREATE \"\u{e9}&\"").await;
    assert_eq!(client.ok("LIST \"\" \"\u{e9}*\"").await, ["* LIST (\\HasNoChildren) \"/\" \"\u{e9}&\""]);
    assert!(client.ok("CREATE \"e\u{301}\"").await.is_empty());
    assert_eq!(client.ok("LIST \"\" \"\u{e9}\"").await, ["* LIST (\\HasNoChildren) \"/\" \"\u{e9}\""]);
    assert!(client.no("CREATE \"a\u{2028}b\"").await.starts_with("NO [CANNOT] "));
    client.ok("SELECT INBOX").await;
    client.bad("SEARCH CHARSET UTF-8 ALL").await;
    assert_eq!(client.ok("SEARCH SUBJECT \"\u{e9}\"").await, ["* SEARCH"]);
    client.ok("SORT (DATE) utf-8 ALL").await;
    client.ok("UID THREAD REFERENCES UTF-8 ALL").await;
    for wrong in ["SORT (DATE) US-ASCII ALL", "UID SORT (DATE) KOI8-R ALL", "THREAD REFERENCES US-ASCII ALL"]
    {
        assert!(client.bad(wrong).await.starts_with("BAD [CLIENTBUG] "), "{wrong}");
    }
}

#[tokio::test]
async fn what_was_told_otherwise_than_it_is_is_named_by_its_uid() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\n").await;
    world.deliver("Subject: plain\r\n\r\n\u{e9}\r\n").await;
    let mut client = world.inbox().await;
    client.ok("STORE 1 +FLAGS (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    enabled(&world).await.ok(&append("L")).await;
    client.ok("NOOP").await;
    for (items, code) in [
        ("BODY.PEEK[]", "[DOWNGRADED 3] "),
        ("RFC822.HEADER", "[DOWNGRADED 3] "),
        ("BODY.PEEK[]<0.3>", "[DOWNGRADED 3] "),
        ("(FLAGS ENVELOPE)", "[DOWNGRADED 3] "),
        ("BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "[DOWNGRADED 3] "),
        ("BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT FROM)]", ""),
        ("BODY.PEEK[HEADER.FIELDS (TO)]", ""),
        ("(BODY.PEEK[TEXT] BODYSTRUCTURE PREVIEW RFC822.SIZE)", ""),
    ] {
        let (_, end) = client.command(&format!("FETCH 1:* {items}")).await;
        assert_eq!(end, format!("OK {code}FETCH completed"), "{items}");
    }
    // A message of one field and nothing else, of which nothing is left.
    world.deliver("X-Y: \u{e9}\r\n").await;
    client.ok("NOOP").await;
    for item in ["BODY.PEEK[]", "BODY.PEEK[HEADER]", "BODY.PEEK[HEADER.FIELDS (X-Y)]"] {
        let (_, end) = client.command(&format!("FETCH 3 {item}")).await;
        assert_eq!(end, "OK [DOWNGRADED 4] FETCH completed", "{item}");
    }
    // Unasked, too.
    client.ok("NOTIFY SET (selected (MessageNew (UID ENVELOPE) MessageExpunge))").await;
    world.deliver(MESSAGE).await;
    while !client.line().await.starts_with("* 4 FETCH ") {}
    assert!(client.line().await.starts_with("* OK [DOWNGRADED 5] "));
}

#[tokio::test]
async fn header_fields_in_utf_8_are_taken_from_those_who_enabled_it() {
    let world = World::new().await;
    let mut old = world.login().await;
    for form in ["L", "~L", "UTF8 (~L)"] {
        assert!(old.no(&append(form)).await.starts_with("NO [CANNOT] "), "{form}");
    }
    old.bad("APPEND INBOX UTF8 ({1}").await;
    let mut new = enabled(&world).await;
    for form in ["L", "~L", "UTF8 (~L)", "(\\Seen) UTF8 (~L) (\\Draft) UTF8 (~L)"] {
        new.ok(&append(form)).await;
    }
    new.bad(&append("UTF8 (~L")).await;
    assert_eq!(new.ok("STATUS INBOX (MESSAGES)").await, ["* STATUS INBOX (MESSAGES 5)"]);
}

#[tokio::test]
async fn what_is_withheld_is_not_there() {
    let world = World::with(&[], |shared| shared.imap.withheld = vec!["UTF8=ACCEPT".to_owned()]).await;
    let mut client = world.login().await;
    assert_eq!(client.ok("ENABLE UTF8=ACCEPT").await, ["* ENABLED"]);
    client.bad(&append("UTF8 (~L)")).await;
    client.ok(&append("L")).await;
}

#[tokio::test]
async fn without_it_another_message_is_shown_whose_parts_fit_together() {
    let world = World::new().await;
    enabled(&world).await.ok(&append("L")).await;
    let mut client = world.inbox().await;
    let whole = client.ok("FETCH 1 BODY.PEEK[]").await.concat();
    let message = whole.split_once("}\r\n").unwrap().1.strip_suffix(')').unwrap();
    let (header, text) = message.split_once("\r\n\r\n").unwrap();
    assert!(header.is_ascii() && header.contains("<invalid@internationalized-address.invalid>"), "{header}");
    assert_eq!(text, "\u{e9}\r\n");
    let halves =
        client.ok("FETCH 1 (ENVELOPE BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODYSTRUCTURE)").await.concat();
    assert!(halves.contains(&format!("{header}\r\n\r\n BODY[TEXT] {{4}}\r\n\u{e9}\r\n ")), "{halves}");
    assert!(halves.contains("\"invalid\" \"internationalized-address.invalid\""), "{halves}");
    assert!(halves.contains(&format!("\"7BIT\" {} 1 NIL", text.len())), "{halves}");
    let piece = client.ok("FETCH 1 BODY.PEEK[]<5.20>").await.concat();
    assert_eq!(piece.split_once("}\r\n").unwrap().1, format!("{})", &message[5..25]));
}

#[tokio::test]
async fn a_large_message_is_shown_so_piece_by_piece() {
    let world = World::new().await;
    let body = "0123456789abcde\n".repeat(10_000);
    let inner = format!("Subject: \u{e9}\r\n\r\n{body}");
    world
        .deliver(&format!(
            "Subject: \u{fc}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
        ))
        .await;
    let mut client = world.inbox().await;
    let shown = client.ok("FETCH 1 BODY.PEEK[1]").await.concat();
    let inner = shown.split_once("}\r\n").unwrap().1.strip_suffix(')').unwrap();
    assert_eq!(inner, format!("Subject: =?utf-8?b?w6k=?=\r\n\r\n{body}"));
    let structure = client.ok("FETCH 1 BODYSTRUCTURE").await.concat();
    assert!(structure.contains(&format!("\"rfc822\" NIL NIL NIL \"7BIT\" {} ", inner.len())), "{structure}");
    let whole = client.ok("FETCH 1 BODY.PEEK[]").await.concat();
    assert!(whole.contains(inner) && whole.is_ascii());
}

#[tokio::test]
async fn message_global_is_looked_into_for_those_who_read_utf_8() {
    let world = World::new().await;
    world.deliver("Content-Type: message/global\r\n\r\nSubject: \u{e9}\r\n\r\nx\r\n").await;
    let mut old = world.inbox().await;
    let shown = old.ok("FETCH 1 BODY").await;
    assert_eq!(shown, [r#"* 1 FETCH (BODY ("message" "global" NIL NIL NIL "7BIT" 32))"#]);
    let mut new = enabled(&world).await;
    new.ok("SELECT INBOX").await;
    let shown = new.ok("FETCH 1 BODY").await.concat();
    assert!(shown.contains("\"message\" \"global\" NIL NIL NIL \"7BIT\" 18 (NIL {2}\r\n\u{e9} "), "{shown}");
}
