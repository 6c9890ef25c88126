//! What stays the same under other names and numbers, and what takes the place of another:
//! OBJECTID, SAVEDATE, REPLACE.

use super::harness::{Client, World};

/// What stands between the parentheses behind a word.
fn id<'t>(text: &'t str, word: &str) -> &'t str {
    let rest = text.split_once(&format!("{word} (")).unwrap_or_else(|| panic!("{word} in {text}")).1;
    rest.split_once(')').unwrap().0
}

async fn email_id(client: &mut Client) -> String {
    let told = client.ok("FETCH 1 EMAILID").await;
    id(&told[0], "EMAILID").to_owned()
}

#[tokio::test]
async fn a_mailbox_keeps_its_id_under_another_name_and_a_new_one_has_another() {
    let world = World::new().await;
    let mut client = world.login().await;
    let made = client.done("CREATE a").await;
    let made = id(&made, "MAILBOXID").to_owned();
    client.ok("RENAME a b").await;
    let told = client.ok("STATUS b (MAILBOXID)").await;
    assert_eq!(told, [format!("* STATUS b (MAILBOXID ({made}))")]);
    assert!(client.ok("EXAMINE b").await.iter().any(|line| line.contains(&format!("[MAILBOXID ({made})]"))));
    client.ok("DELETE b").await;
    assert_ne!(id(&client.done("CREATE b").await, "MAILBOXID"), made);
}

#[tokio::test]
async fn a_message_keeps_its_id_and_its_thread_where_it_goes() {
    let world = World::new().await;
    for fields in ["Message-ID: <a@x>", "Message-ID: <b@x>\r\nReferences: <a@x>", "Message-ID: <c@x>"] {
        world.deliver(&format!("{fields}\r\n\r\n")).await;
    }
    let mut client = world.inbox().await;
    let first = email_id(&mut client).await;
    let threads = client.ok("FETCH 1:3 THREADID").await;
    assert_eq!(id(&threads[0], "THREADID"), id(&threads[1], "THREADID"));
    assert_ne!(id(&threads[0], "THREADID"), id(&threads[2], "THREADID"));
    let thread = id(&threads[0], "THREADID").to_owned();
    assert_eq!(client.ok(&format!("SEARCH THREADID {thread}")).await, ["* SEARCH 1 2"]);
    assert_eq!(client.ok(&format!("SEARCH EMAILID {first}")).await, ["* SEARCH 1"]);
    assert_eq!(client.ok(&format!("SEARCH EMAILID {thread}")).await, ["* SEARCH"]);
    client.bad("SEARCH EMAILID").await;
    client.ok("CREATE there").await;
    client.ok("MOVE 1 there").await;
    client.ok("SELECT there").await;
    assert_eq!(email_id(&mut client).await, first);
    assert_eq!(client.ok("FETCH 1 THREADID").await, [format!("* 1 FETCH (THREADID ({thread}))")]);
}

#[tokio::test]
async fn the_save_date_is_that_of_the_append_and_not_the_given_one() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    client.ok("APPEND INBOX \"01-Jan-1990 00:00:00 +0000\" {6}\r\nA: b\r\n").await;
    assert_eq!(client.ok("SEARCH SAVEDBEFORE 1-Jan-2000").await.last().unwrap(), "* SEARCH");
    assert_eq!(client.ok("SEARCH SAVEDATESUPPORTED SAVEDSINCE 1-Jan-2000").await, ["* SEARCH 1"]);
    let told = client.ok("FETCH 1 SAVEDATE").await;
    assert!(told[0].starts_with("* 1 FETCH (SAVEDATE \"") && !told[0].contains("1990"), "{told:?}");
}

#[tokio::test]
async fn a_replacement_is_there_and_the_message_is_not() {
    let world = World::new().await;
    for number in 1..=3 {
        world.deliver(&format!("Subject: n{number}\r\n\r\n")).await;
    }
    let mut client = world.login().await;
    client.bad("REPLACE 1 INBOX {6}\r\nA: b\r\n").await;
    client.ok("SELECT INBOX").await;
    client.ok("STORE 1:2 +FLAGS.SILENT (\\Flagged \\Deleted)").await;
    let (told, end) = client.command("REPLACE 2 INBOX (\\Draft) {6}\r\nA: b\r\n").await;
    assert!(told[0].starts_with("* OK [APPENDUID ") && told[0].contains(" 4] "), "{told:?}");
    assert_eq!(told[1..], ["* 2 EXPUNGE", "* 3 EXISTS", "* 3 RECENT"]);
    assert!(end.starts_with("OK [HIGHESTMODSEQ "), "{end}");
    assert_eq!(client.ok("FETCH 3 FLAGS").await, ["* 3 FETCH (FLAGS (\\Draft \\Recent))"]);
    assert!(client.no("UID REPLACE 1 missing {6}\r\nA: b\r\n").await.starts_with("NO [TRYCREATE] "));
    client.no("UID REPLACE 99 INBOX {6}\r\nA: b\r\n").await;
    client.bad("REPLACE 9 INBOX {6}\r\nA: b\r\n").await;
    client.bad("REPLACE 1:2 INBOX {6}\r\n").await;
    client.ok("EXAMINE INBOX").await;
    assert!(client.no("REPLACE 1 INBOX {6}\r\nA: b\r\n").await.starts_with("NO [READ-ONLY] "));
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await, ["* STATUS INBOX (MESSAGES 3)"]);
}
