//! QUOTA: what is told, what is set, and what is not taken.

use super::harness::World;

#[tokio::test]
async fn limits_are_told_and_set_and_what_is_not_named_is_not_limited() {
    let world = World::new().await;
    let mut client = world.login().await;
    let root = "* QUOTAROOT INBOX \"account\"";
    assert_eq!(client.ok("GETQUOTAROOT INBOX").await, [root, "* QUOTA \"account\" ()"]);
    let told = client.ok("SETQUOTA account (STORAGE 10 message 3)").await;
    assert_eq!(told, ["* QUOTA \"account\" (STORAGE 0 10 MESSAGE 0 3)"]);
    client.ok("APPEND INBOX {6}\r\nA: b\r\n").await;
    assert_eq!(client.ok("GETQUOTA account").await, ["* QUOTA \"account\" (STORAGE 1 10 MESSAGE 1 3)"]);
    assert_eq!(client.ok("SETQUOTA account (MAILBOX 5)").await, ["* QUOTA \"account\" (MAILBOX 1 5)"]);
    assert_eq!(client.ok("SETQUOTA account ()").await, ["* QUOTA \"account\" ()"]);
    assert!(client.no("GETQUOTA other").await.starts_with("NO [NONEXISTENT] "));
    assert!(client.no("SETQUOTA account (X-NONE 1)").await.starts_with("NO [CANNOT] "));
    for wrong in ["GETQUOTA", "SETQUOTA account", "SETQUOTA account (STORAGE)", "SETQUOTA account STORAGE 1"]
    {
        client.bad(wrong).await;
    }
    client.ok("GETQUOTAROOT \"not there\"").await;
}

#[tokio::test]
async fn beyond_the_limit_nothing_is_added_and_things_may_be_moved_replaced_and_removed() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\n").await;
    let mut client = world.inbox().await;
    client.ok("CREATE there").await;
    client.ok("SETQUOTA account (MESSAGE 1 MAILBOX 2)").await;
    assert!(client.no("APPEND INBOX {6}\r\nA: b\r\n").await.starts_with("NO [OVERQUOTA] "));
    assert!(client.no("COPY 1 there").await.starts_with("NO [OVERQUOTA] "));
    assert!(client.no("CREATE another").await.starts_with("NO [OVERQUOTA] "));
    assert!(client.no("CREATE a/b").await.starts_with("NO [OVERQUOTA] "));
    client.ok("REPLACE 1 INBOX {6}\r\nA: b\r\n").await;
    client.ok("MOVE 1 there").await;
    client.ok("RENAME there elsewhere").await;
    assert_eq!(client.ok("LIST \"\" %").await.len(), 2);
    client.ok("SELECT elsewhere").await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    let told = client.ok("STATUS elsewhere (DELETED DELETED-STORAGE)").await;
    assert_eq!(told, ["* STATUS elsewhere (DELETED 1 DELETED-STORAGE 6)"]);
    client.ok("EXPUNGE").await;
    client.ok("APPEND INBOX {6}\r\nA: b\r\n").await;
}
