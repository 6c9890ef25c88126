//! NOTIFY: what is told at any time, what is not, and what becomes of a client that asks for too
//! much. The suites have the events one by one.

use super::harness::World;

const MESSAGE: &str = "{14+}\r\nSubject: x\r\n\r\n";

#[tokio::test]
async fn others_are_told_between_commands_and_own_doings_are_not() {
    let world = World::new().await;
    let (mut watcher, mut other) = (world.login().await, world.login().await);
    watcher.ok("CREATE Work").await;
    watcher.ok("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))").await;
    assert_eq!(watcher.ok("CREATE Own").await, Vec::<String>::new());
    assert_eq!(watcher.ok(&format!("APPEND Work {MESSAGE}")).await, Vec::<String>::new());
    other.ok(&format!("APPEND Work {MESSAGE}")).await;
    let told = watcher.line().await;
    assert!(told.starts_with("* STATUS Work (MESSAGES 2 UIDNEXT 3 UIDVALIDITY "), "{told}");
    other.ok("RENAME Work Play").await;
    assert_eq!(watcher.line().await, "* LIST (\\HasNoChildren) \"/\" Play (\"OLDNAME\" (Work))");
    other.ok("CREATE Play/Sub").await;
    assert_eq!(watcher.line().await, "* LIST (\\HasNoChildren) \"/\" Play/Sub");
    assert_eq!(watcher.line().await, "* LIST (\\HasChildren) \"/\" Play");
    // What is left of it is no mailbox.
    other.ok("DELETE Play").await;
    assert_eq!(watcher.line().await, "* LIST (\\NonExistent \\HasChildren) \"/\" Play");
    world.deliver("Subject: x\r\n\r\n").await;
    assert!(watcher.line().await.starts_with("* STATUS INBOX (MESSAGES 1 "));
}

#[tokio::test]
async fn a_command_that_comes_in_pieces_is_not_disturbed() {
    let world = World::new().await;
    let mut watcher = world.login().await;
    watcher.ok("NOTIFY SET (personal (MessageNew MessageExpunge))").await;
    watcher.send(b"x NO").await;
    world.deliver("Subject: x\r\n\r\n").await;
    tokio::task::yield_now().await;
    watcher.send(b"OP\r\n").await;
    let told = [watcher.line().await, watcher.line().await];
    assert!(told.iter().any(|line| line.starts_with("x OK")), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("* STATUS INBOX (MESSAGES 1 ")), "{told:?}");
}

#[tokio::test]
async fn who_falls_behind_is_told_that_nothing_is_told_any_more() {
    let world = World::new().await;
    let (mut watcher, mut other) = (world.inbox().await, world.login().await);
    watcher.ok("NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MailboxName))").await;
    watcher.send(b"x APPEND INBOX {12}\r\n").await;
    assert!(watcher.line().await.starts_with("+ "));
    for number in 0..300 {
        other.ok(&format!("CREATE box-{number}")).await;
    }
    watcher.send(b"Subject: x\r\n\r\n").await;
    let mut told = Vec::new();
    while !told.last().is_some_and(|line: &String| line.starts_with("x OK")) {
        told.push(watcher.line().await);
    }
    assert!(told[told.len() - 2].starts_with("* OK [NOTIFICATIONOVERFLOW] "), "{told:?}");
    assert!(!told.iter().any(|line| line.starts_with("* LIST")), "{told:?}");
    // As after NOTIFY NONE.
    other.ok("CREATE one-more").await;
    world.deliver("Subject: x\r\n\r\n").await;
    assert_eq!(watcher.ok("NOOP").await, Vec::<String>::new());
    let told = watcher.ok("NOTIFY SET (selected (MessageNew MessageExpunge))").await;
    assert!(told.contains(&"* 2 EXISTS".to_owned()), "{told:?}");
}

#[tokio::test]
async fn the_clients_own_expunge_is_answered_whatever_it_wants_to_hear() {
    let world = World::new().await;
    for _ in 0..4 {
        world.deliver("Subject: x\r\n\r\n").await;
    }
    let (mut watcher, mut other) = (world.inbox().await, world.inbox().await);
    watcher.ok("NOTIFY NONE").await;
    other.ok("STORE 2 +FLAGS (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    watcher.ok("STORE 3 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(watcher.ok("EXPUNGE").await, ["* 3 EXPUNGE"]);
    // The other's expunge is not told: its number stands for what it stood for.
    assert_eq!(watcher.ok("FETCH 3 UID").await, ["* 3 FETCH (UID 4)"]);
    let told = watcher.ok("NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))").await;
    assert!(told.contains(&"* 2 EXPUNGE".to_owned()), "{told:?}");
    assert_eq!(watcher.ok("FETCH 2 UID").await, ["* 2 FETCH (UID 4)"]);
}

#[tokio::test]
async fn what_a_search_and_notify_want_of_a_message_is_told_once() {
    let world = World::new().await;
    let mut watcher = world.inbox().await;
    watcher.ok("NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge))").await;
    watcher.ok("SEARCH RETURN (UPDATE (UID RFC822.SIZE)) UNFLAGGED").await;
    world.deliver("Subject: x\r\n\r\n").await;
    let mut told = Vec::new();
    while !told.last().is_some_and(|line: &String| line.contains("ESEARCH")) {
        told.push(watcher.line().await);
    }
    let fetched: Vec<_> = told.iter().filter(|line| line.contains("FETCH")).collect();
    assert_eq!(fetched, ["* 1 FETCH (UID 1 RFC822.SIZE 14 FLAGS (\\Recent))"]);
    assert_eq!(watcher.ok("NOOP").await, Vec::<String>::new());
}

#[tokio::test]
async fn the_events_of_another_account_are_nobodys_business() {
    let world = World::new().await;
    world.shared.authenticator.put_account("bob@example.test", "secret").await.unwrap();
    let mut bob = world.connect().await;
    bob.ok("LOGIN bob secret").await;
    bob.ok("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName SubscriptionChange))").await;
    let mut alice = world.login().await;
    alice.ok("CREATE Work").await;
    alice.ok("SUBSCRIBE Work").await;
    world.deliver("Subject: x\r\n\r\n").await;
    assert_eq!(bob.ok("NOOP").await, Vec::<String>::new());
}

#[tokio::test]
async fn who_logs_out_without_leaving_hears_nothing_more() {
    let world = World::new().await;
    let mut watcher = world.login().await;
    watcher.ok("NOTIFY SET (personal (MessageNew MessageExpunge))").await;
    watcher.ok("UNAUTHENTICATE").await;
    world.deliver("Subject: x\r\n\r\n").await;
    assert_eq!(watcher.ok("NOOP").await, Vec::<String>::new());
    watcher.ok("LOGIN alice secret").await;
    assert_eq!(watcher.ok("NOOP").await, Vec::<String>::new());
}
