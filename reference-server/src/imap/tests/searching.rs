//! SEARCH and UID SEARCH.

use super::harness::{Client, World};

const FIRST: &str = "Date: Tue, 1 Feb 2022 23:30:00 -0500\r\nFrom: Ada Lovelace <ada@example.test>\r\n\
    To: bob@example.test\r\nSubject: =?utf-8?q?caf=C3=A9?= notes\r\nX-Empty:\r\n\r\nThe engine weaves.\r\n";
const SECOND: &str = "Date: Thu, 3 Mar 2022 08:00:00 +0000\r\nFrom: bob@example.test\r\nCc: cy@example.test\r\n\
    Subject: plain\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n";

async fn searcher() -> (World, Client) {
    let world = World::new().await;
    let mut client = world.login().await;
    for (message, date) in [(FIRST, "10-Jan-2020 23:00:00 +0000"), (SECOND, "11-Jan-2020 01:00:00 +0200")] {
        let append = format!("APPEND INBOX \"{date}\" {{{}}}\r\n{message}", message.len());
        client.ok(&append).await;
    }
    client.ok("SELECT INBOX").await;
    client.ok("STORE 1 FLAGS (\\Seen $Work)").await;
    (world, client)
}

#[tokio::test]
async fn each_key_finds_what_it_names() {
    let (_world, mut client) = searcher().await;
    for (program, found) in [
        ("ALL", " 1 2"),
        ("SEEN", " 1"),
        ("UNSEEN", " 2"),
        ("KEYWORD $work", " 1"),
        ("UNKEYWORD $work", " 2"),
        ("DELETED", ""),
        ("FROM lovelace", " 1"),
        ("FROM ADA@EXAMPLE", " 1"),
        ("TO bob", " 1"),
        ("CC cy", " 2"),
        ("BCC x", ""),
        ("SUBJECT \"NOTES\"", " 1"),
        ("HEADER X-Empty \"\"", " 1"),
        ("HEADER Subject plain", " 2"),
        ("HEADER Missing \"\"", ""),
        ("BODY WEAVES", " 1"),
        ("BODY notes", ""),
        ("TEXT notes", " 1"),
        ("BEFORE 11-Jan-2020", " 1"),
        ("ON 11-Jan-2020", " 2"),
        ("SINCE 10-Jan-2020", " 1 2"),
        ("SENTON 1-Feb-2022", " 1"),
        ("SENTBEFORE 3-Mar-2022", " 1"),
        ("SENTSINCE 2-Feb-2022", " 2"),
        ("LARGER 1", " 1 2"),
        ("SMALLER 1", ""),
        ("2", " 2"),
        ("UID 1,7", " 1"),
        ("NOT SEEN", " 2"),
        ("NOT FROM ada", " 2"),
        ("OR FROM ada CC cy", " 1 2"),
        ("OR SEEN BODY nowhere", " 1"),
        ("SEEN FROM bob", ""),
        ("(SEEN (FROM ada))", " 1"),
        ("NOT (SEEN FROM ada)", " 2"),
        ("CHARSET UTF-8 SUBJECT {5}\r\ncaf\u{e9}", " 1"),
        ("CHARSET utf-8 BODY {7}\r\nGR\u{dc}\u{df}E", " 2"),
        ("CHARSET US-ASCII ALL", " 1 2"),
    ] {
        assert_eq!(client.ok(&format!("SEARCH {program}")).await, [format!("* SEARCH{found}")], "{program}");
    }
}

#[tokio::test]
async fn numbers_in_the_answer_are_uids_for_uid_search_only() {
    let (_world, mut client) = searcher().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    assert_eq!(client.ok("SEARCH ALL").await, ["* SEARCH 1"]);
    assert_eq!(client.ok("UID SEARCH ALL").await, ["* SEARCH 2"]);
    assert_eq!(client.ok("UID SEARCH 1").await, ["* SEARCH 2"]);
    client.bad("SEARCH 2").await;
    client.bad("SEARCH NOT (OR SEEN 9)").await;
}

#[tokio::test]
async fn an_unknown_charset_is_no_with_the_known_ones() {
    let (_world, mut client) = searcher().await;
    assert!(client.no("SEARCH CHARSET KOI8-R ALL").await.starts_with("NO [BADCHARSET (US-ASCII UTF-8)] "),);
    client.bad("SEARCH NONSENSE").await;
    client.bad("SEARCH").await;
}
