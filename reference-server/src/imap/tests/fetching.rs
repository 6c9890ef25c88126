//! FETCH and UID FETCH.

use super::harness::World;

const MESSAGE: &str = "Date: Mon, 2 Jan 2023 10:00:00 +0100\r\nFrom: Ada <ada@example.test>\r\n\
    Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain\r\n\r\none\r\n\
    --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n\r\n--b--\r\n";

#[tokio::test]
async fn sections_come_with_their_names_and_exact_sizes() {
    let world = World::new().await;
    world.deliver(MESSAGE).await;
    let mut client = world.inbox().await;
    for (section, octets) in [
        ("[]", MESSAGE),
        ("[1]", "one"),
        ("[1.MIME]", "Content-Type: text/plain\r\n\r\n"),
        ("[2.HEADER]", "Subject: inner\r\n\r\n"),
        ("[2.TEXT]", "inner text\r\n"),
        ("[2.1]", "inner text\r\n"),
        ("[HEADER.FIELDS (subject DATE)]", "Date: Mon, 2 Jan 2023 10:00:00 +0100\r\nSubject: parts\r\n\r\n"),
        ("[2.HEADER.FIELDS.NOT (Subject)]", "\r\n"),
    ] {
        let found = client.ok(&format!("FETCH 1 BODY.PEEK{section}")).await;
        let expected = format!("* 1 FETCH (BODY{section} {{{}}}\r\n{octets})", octets.len());
        assert_eq!(found, [expected]);
    }
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[3]").await, ["* 1 FETCH (BODY[3] NIL)"]);
    assert_eq!(client.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS (\\Recent))"]);
}

#[tokio::test]
async fn a_window_is_cut_where_the_text_ends() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\nhello\r\n").await;
    let mut client = world.inbox().await;
    for (window, answer) in [
        ("[]<0.9>", "[]<0> {9}\r\nSubject: "),
        ("[]<19.100>", "[]<19> {2}\r\n\r\n"),
        ("[]<21.1>", "[]<21> \"\""),
        ("[TEXT]<1.3>", "[TEXT]<1> {3}\r\nell"),
        ("[TEXT]<0.4294967295>", "[TEXT]<0> {7}\r\nhello\r\n"),
        ("[TEXT]<4294967295.1>", "[TEXT]<4294967295> \"\""),
        ("[HEADER.FIELDS (Subject)]<8.3>", "[HEADER.FIELDS (Subject)]<8> {3}\r\n x\r"),
    ] {
        let found = client.ok(&format!("FETCH 1 BODY.PEEK{window}")).await;
        assert_eq!(found, [format!("* 1 FETCH (BODY{answer})")], "{window}");
    }
}

#[tokio::test]
async fn reading_sets_seen_and_tells_it_and_peeking_does_not() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\nhello\r\n").await;
    let mut client = world.inbox().await;
    for peeking in
        ["RFC822.HEADER", "BODY.PEEK[TEXT]", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE", "FULL"]
    {
        client.ok(&format!("FETCH 1 {peeking}")).await;
        assert_eq!(client.ok("SEARCH UNSEEN").await, ["* SEARCH 1"], "{peeking}");
    }
    assert_eq!(
        client.ok("FETCH 1 RFC822.TEXT").await,
        ["* 1 FETCH (RFC822.TEXT {7}\r\nhello\r\n FLAGS (\\Seen \\Recent))"]
    );
    assert_eq!(client.ok("FETCH 1 BODY[TEXT]").await, ["* 1 FETCH (BODY[TEXT] {7}\r\nhello\r\n)"]);
    client.ok("STORE 1 -FLAGS.SILENT (\\Seen)").await;
    assert_eq!(
        client.ok("UID FETCH 1 (FLAGS RFC822)").await,
        ["* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) RFC822 {21}\r\nSubject: x\r\n\r\nhello\r\n)"]
    );
}

#[tokio::test]
async fn uid_fetch_tells_uids_and_passes_over_missing_ones() {
    let world = World::new().await;
    for _ in 0..3 {
        world.deliver("Subject: x\r\n\r\n").await;
    }
    let mut client = world.inbox().await;
    client.ok("STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    assert_eq!(client.ok("UID FETCH 2 FLAGS").await, Vec::<String>::new());
    assert_eq!(
        client.ok("UID FETCH 1:* RFC822.SIZE").await,
        ["* 1 FETCH (UID 1 RFC822.SIZE 14)", "* 2 FETCH (UID 3 RFC822.SIZE 14)"]
    );
    assert_eq!(client.ok("UID FETCH 100:* UID").await, ["* 2 FETCH (UID 3)"]);
    client.bad("FETCH 3 FLAGS").await;
    client.bad("FETCH 0 FLAGS").await;
}

#[tokio::test]
async fn an_empty_mailbox_has_no_largest_number() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    client.bad("FETCH * FLAGS").await;
    client.bad("FETCH 1:* FLAGS").await;
    assert_eq!(client.ok("UID FETCH 1:* FLAGS").await, Vec::<String>::new());
}

#[tokio::test]
async fn structure_and_envelope_are_told_together() {
    let world = World::new().await;
    world.deliver(MESSAGE).await;
    let mut client = world.inbox().await;
    let found = client.ok("FETCH 1 (ENVELOPE BODY)").await;
    let ada = "((\"Ada\" NIL \"ada\" \"example.test\"))";
    let expected = format!(
        "* 1 FETCH (ENVELOPE (\"Mon, 2 Jan 2023 10:00:00 +0100\" \"parts\" {ada} {ada} {ada} NIL NIL NIL NIL NIL) \
         BODY ((\"text\" \"plain\" NIL NIL NIL \"7BIT\" 3 0)\
         (\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 30 (NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL) \
         (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 12 1) 3) \"mixed\"))"
    );
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn a_large_message_is_streamed_whole() {
    let world = World::new().await;
    let text = format!("Subject: large\r\n\r\n{}", "0123456789abcdef0123456789abcdef\r\n".repeat(10_000));
    world.deliver(&text).await;
    let mut client = world.inbox().await;
    let found = client.ok("FETCH 1 BODY.PEEK[]").await;
    assert!(found == [format!("* 1 FETCH (BODY[] {{{}}}\r\n{text})", text.len())]);
}

/// A message of some hundred kilobytes, which is kept in pieces.
fn large() -> String {
    let lines: String = (0..20_000).map(|number| format!("line {number}\r\n")).collect();
    format!("Subject: large\r\n\r\n{lines}")
}

#[tokio::test]
async fn what_has_begun_to_be_sent_comes_whole_though_the_message_is_expunged_meanwhile() {
    let world = World::new().await;
    let mut other = world.inbox().await;
    let message = large();
    other.ok(&format!("APPEND INBOX {{{}}}\r\n{message}", message.len())).await;
    let mut reader = world.inbox().await;
    reader.send(b"x FETCH 1 BODY.PEEK[]\r\n").await;
    let mut front = [0; 14];
    tokio::io::AsyncReadExt::read_exact(&mut reader.stream, &mut front).await.unwrap();
    assert_eq!(&front, b"* 1 FETCH (BOD");
    other.ok("STORE 1 +FLAGS (\\Deleted)").await;
    assert_eq!(other.ok("EXPUNGE").await[0], "* 1 EXPUNGE");
    assert_eq!(reader.line().await, format!("Y[] {{{}}}\r\n{message})", message.len()));
    assert!(reader.line().await.starts_with("x OK "));
    // Behind the answer there is no message any more, for this reader, too.
    assert!(reader.no("FETCH 1 BODY.PEEK[]").await.starts_with("NO [EXPUNGEISSUED] "));
    assert_eq!(reader.ok("FETCH 1 (UID FLAGS)").await.len(), 1);
    assert_eq!(reader.ok("NOOP").await, ["* 1 EXPUNGE"]);
}

#[tokio::test]
async fn fields_are_found_wherever_they_stand_in_a_large_header() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    let filler: String = (0..60_000).map(|number| format!("X-Filler: number {number}\r\n")).collect();
    let message = format!("Subject: first\r\n{filler}Subject:\r\n last\r\n\r\nbody\r\n");
    assert!(filler.len() > 1024 * 1024);
    client.ok(&format!("APPEND INBOX {{{}}}\r\n{message}", message.len())).await;
    for (item, octets) in [
        ("[HEADER.FIELDS (subject)]", "Subject: first\r\nSubject:\r\n last\r\n\r\n"),
        ("[HEADER.FIELDS.NOT (x-filler)]", "Subject: first\r\nSubject:\r\n last\r\n\r\n"),
        ("[HEADER.FIELDS (To)]", "\r\n"),
    ] {
        let found = client.ok(&format!("FETCH 1 BODY.PEEK{item}")).await;
        assert_eq!(found, [format!("* 1 FETCH (BODY{item} {{{}}}\r\n{octets})", octets.len())], "{item}");
    }
    let window = client.ok("FETCH 1 BODY.PEEK[HEADER.FIELDS (subject)]<16.12>").await;
    assert_eq!(window, ["* 1 FETCH (BODY[HEADER.FIELDS (subject)]<16> {12}\r\nSubject:\r\n l)"]);
}
