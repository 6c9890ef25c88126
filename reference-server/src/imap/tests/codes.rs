//! Which response code goes with which refusal (RFC 5530, and RFC 3501, section 7.1).

use super::harness::World;

#[tokio::test]
async fn each_refusal_names_its_reason() {
    let world = World::new().await;
    let mut client = world.connect().await;
    assert!(client.bad("SELECT INBOX").await.starts_with("BAD [CLIENTBUG] "));
    assert!(client.no("LOGIN alice wrong").await.starts_with("NO [AUTHENTICATIONFAILED] "));
    assert!(client.no("AUTHENTICATE X-NONE").await.starts_with("NO [CANNOT] "));
    // bob, alice, secret: right, and not allowed.
    assert!(
        client
            .no("AUTHENTICATE PLAIN Ym9iAGFsaWNlAHNlY3JldA==")
            .await
            .starts_with("NO [AUTHORIZATIONFAILED] ")
    );
    client.ok("LOGIN alice secret").await;
    client.ok("CREATE a/b").await;
    for (command, code) in [
        ("CREATE a/b", "ALREADYEXISTS"),
        ("RENAME a/b INBOX", "ALREADYEXISTS"),
        ("DELETE INBOX", "CANNOT"),
        ("DELETE none", "NONEXISTENT"),
        ("SELECT none", "NONEXISTENT"),
        ("STATUS none (MESSAGES)", "NONEXISTENT"),
        ("APPEND none {2}\r\nhi", "TRYCREATE"),
        ("APPEND INBOX {0}\r\n", "CANNOT"),
    ] {
        let end = client.no(command).await;
        assert!(end.starts_with(&format!("NO [{code}] ")), "{command}: {end}");
    }
    client.ok("DELETE a").await;
    assert!(client.no("DELETE a").await.starts_with("NO [HASCHILDREN] "));
    client.ok("SELECT INBOX").await;
    assert!(client.no("SEARCH CHARSET X-NONE ALL").await.starts_with("NO [BADCHARSET "));
    assert!(client.no(&format!("SEARCH {}ALL", "NOT ".repeat(5000))).await.starts_with("NO [LIMIT] "));
}

#[tokio::test]
async fn the_last_word_of_a_server_that_ends_says_that_it_is_unavailable() {
    let world = World::new().await;
    let client = world.connect().await;
    world.ending.send_replace(true);
    assert!(client.closed().await.starts_with("* BYE [UNAVAILABLE] "));
}
