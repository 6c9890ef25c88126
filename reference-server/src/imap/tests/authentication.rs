//! Greeting, capabilities, logging in and out, and the gates of the states.

use std::time::Duration;

use super::harness::World;
use crate::imap::registry::extensions;
use crate::limits::{PlaintextAuthentication, Timeouts};

/// The capabilities at the end of each list.
fn always() -> String {
    extensions().join(" ")
}

/// What is offered where passwords are not kept.
const MECHANISMS: &str = "AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN";
/// Offered where there is a channel to bind to.
const BOUND: &str = "AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-1-PLUS";

#[tokio::test]
async fn capabilities_change_with_the_login() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let before = client.ok("CAPABILITY").await;
    assert_eq!(before, [format!("* CAPABILITY IMAP4rev1 LITERAL+ STARTTLS {MECHANISMS} {}", always())]);
    let end = client.done("LOGIN alice@example.test \"secret\"").await;
    let told = format!("OK [CAPABILITY IMAP4rev1 LITERAL+ {}] ", always());
    assert!(end.starts_with(&told), "{end}");
    assert!(client.bad("LOGIN alice secret").await.contains("already"));
    client.bad("AUTHENTICATE PLAIN").await;
    client.bad("STARTTLS").await;
}

#[tokio::test]
async fn a_wrong_password_is_no_and_the_right_one_may_follow() {
    let world = World::new().await;
    let mut client = world.connect().await;
    assert!(client.no("LOGIN alice wrong").await.contains("[AUTHENTICATIONFAILED]"));
    client.no("LOGIN nobody secret").await;
    client.ok("LOGIN {5}\r\nalice {6}\r\nsecret").await;
}

#[tokio::test]
async fn the_states_let_their_commands_through_and_no_others() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for command in ["SELECT INBOX", "LIST \"\" *", "FETCH 1 FLAGS", "IDLE", "UID FETCH 1 FLAGS"] {
        client.bad(command).await;
    }
    client.ok("NOOP").await;
    client.ok("LOGIN alice secret").await;
    for command in ["FETCH 1 FLAGS", "CHECK", "CLOSE", "EXPUNGE", "SEARCH ALL", "UID EXPUNGE 1"] {
        client.bad(command).await;
    }
    client.bad("NONSENSE").await;
    client.bad("UID NOOP").await;
}

#[tokio::test]
async fn logout_says_bye_then_ok_then_closes() {
    let world = World::new().await;
    let mut client = world.login().await;
    let untagged = client.ok("LOGOUT").await;
    assert!(matches!(untagged.as_slice(), [bye] if bye.starts_with("* BYE ")), "{untagged:?}");
    assert_eq!(client.closed().await, "");
}

#[tokio::test]
async fn plain_and_login_ask_and_are_answered() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.send(b"a AUTHENTICATE plain\r\n").await;
    assert_eq!(client.line().await, "+ ");
    client.send(b"AGFsaWNlAHNlY3JldA==\r\n").await;
    assert!(client.line().await.starts_with("a OK [CAPABILITY "));

    let mut client = world.connect().await;
    client.send(b"a AUTHENTICATE LOGIN\r\n").await;
    assert_eq!(client.line().await, "+ VXNlcm5hbWU6");
    client.send(b"YWxpY2U=\r\n").await;
    assert_eq!(client.line().await, "+ UGFzc3dvcmQ6");
    client.send(b"c2VjcmV0\r\n").await;
    assert!(client.line().await.starts_with("a OK "));
}

#[tokio::test]
async fn an_exchange_can_be_cancelled_and_garbage_is_bad() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for (response, answer) in [("*", "a BAD "), ("!!!", "a BAD "), ("AGFsaWNl", "a NO ")] {
        client.send(b"a AUTHENTICATE PLAIN\r\n").await;
        assert_eq!(client.line().await, "+ ");
        client.send(format!("{response}\r\n").as_bytes()).await;
        let found = client.line().await;
        assert!(found.starts_with(answer), "{response}: {found}");
    }
    client.no("AUTHENTICATE NONSENSE").await;
}

#[tokio::test]
async fn without_tls_far_peers_may_send_no_password() {
    let world = World::with(&[], |shared| {
        shared.plaintext_authentication = PlaintextAuthentication::Never;
    })
    .await;
    let mut client = world.connect().await;
    let found = client.ok("CAPABILITY").await;
    assert_eq!(found, [format!("* CAPABILITY IMAP4rev1 LITERAL+ STARTTLS LOGINDISABLED {}", always())]);
    assert!(client.no("LOGIN alice secret").await.contains("[PRIVACYREQUIRED]"));
    client.no("AUTHENTICATE PLAIN").await;
}

#[tokio::test]
async fn the_end_of_the_server_is_announced() {
    let world = World::new().await;
    let client = world.login().await;
    world.ending.send_replace(true);
    assert!(client.closed().await.starts_with("* BYE "));
}

#[tokio::test]
async fn who_is_idle_too_long_is_logged_out_with_bye() {
    assert!(Timeouts::default().imap >= Duration::from_secs(30 * 60));
    let world = World::with(&[], |shared| shared.timeouts.imap = Duration::from_millis(20)).await;
    let client = world.connect().await;
    assert!(client.closed().await.starts_with("* BYE Autologout"));
}

#[tokio::test]
async fn starttls_begins_anew_and_forgets_what_came_before() {
    let world = World::new().await;
    let mut client = world.connect().await;
    // The second command came in plain text, so it is nobody's.
    client.send(b"a STARTTLS\r\nb LOGIN alice secret\r\n").await;
    assert!(client.line().await.starts_with("a OK "));
    let mut client = client.under_tls(&world).await;
    let found = client.ok("CAPABILITY").await;
    assert_eq!(found, [format!("* CAPABILITY IMAP4rev1 LITERAL+ {BOUND} {MECHANISMS} {}", always())]);
    client.bad("LIST \"\" *").await;
    client.bad("STARTTLS").await;
    client.ok("LOGIN alice secret").await;
}

#[tokio::test]
async fn too_many_failed_logins_end_the_session() {
    let world = World::with(&[], |shared| shared.limits.failed_logins = 3).await;
    let mut client = world.connect().await;
    client.no("LOGIN alice wrong").await;
    client.ok("NOOP").await;
    client.no("AUTHENTICATE PLAIN AGFsaWNlAHdyb25n").await;
    assert!(client.no("LOGIN alice wrong").await.contains("[AUTHENTICATIONFAILED]"));
    assert!(client.closed().await.starts_with("* BYE "));
    let mut client = world.connect().await;
    client.no("LOGIN alice wrong").await;
    client.no("LOGIN alice wrong").await;
    client.ok("LOGIN alice secret").await;
}
