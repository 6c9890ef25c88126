//! LOGIN-DELAY and EXPIRE (RFC 2449, sections 6.5 and 6.7) as sessions meet them.

use std::time::Duration;

use super::harness::World;
use crate::pop3::expiring::round;
use crate::pop3::policy::{MaildropPolicy, Maildrops, Retention};
use crate::queue::Clock;

async fn world(login_delay: u32, retention: Retention) -> (World, Clock) {
    let clock = Clock::default();
    let maildrops = Maildrops::new(MaildropPolicy { login_delay, retention }, clock.clone());
    let world = World::with(&[], |shared| shared.maildrops = maildrops).await;
    world.deliver(b"Subject: one\r\n\r\n").await;
    world.deliver(b"Subject: two\r\n\r\n").await;
    (world, clock)
}

#[tokio::test]
async fn a_second_login_waits_for_the_delay_and_a_failed_one_starts_none() {
    let (world, clock) = world(60, Retention::Forever).await;
    let mut client = world.connect().await;
    client.ok("USER alice").await;
    client.err("PASS wrong").await;
    client.ok("USER alice").await;
    client.ok("PASS alice secret").await;
    client.ok("QUIT").await;
    let mut client = world.connect().await;
    client.ok("USER alice").await;
    let refusal = client.err("PASS alice secret").await;
    assert!(refusal.starts_with("-ERR [LOGIN-DELAY] "), "{refusal}");
    client.ok("USER alice").await;
    let refusal = client.err("PASS wrong").await;
    assert!(refusal.starts_with("-ERR [AUTH] "), "{refusal}");
    clock.advance(Duration::from_secs(60));
    client.ok("USER alice").await;
    client.ok("PASS alice secret").await;
}

#[tokio::test]
async fn what_holds_is_announced() {
    let (world, _) = world(5, Retention::days(30)).await;
    let mut client = world.login().await;
    let told = client.multi("CAPA").await;
    assert!(told.contains(&"EXPIRE 30".to_owned()) && told.contains(&"LOGIN-DELAY 5".to_owned()), "{told:?}");
}

#[tokio::test]
async fn mail_goes_when_its_days_have_passed_and_not_before() {
    let (world, clock) = world(0, Retention::days(7)).await;
    clock.advance(Duration::from_secs(7 * 86_400 - 600));
    let mut client = world.login().await;
    assert_eq!(client.ok("STAT").await, "+OK 2 32");
    client.ok("QUIT").await;
    clock.advance(Duration::from_secs(1200));
    assert_eq!(world.count().await, 2);
    assert_eq!(world.login().await.ok("STAT").await, "+OK 0 0");
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn mail_goes_without_a_login_too() {
    let (world, clock) = world(0, Retention::days(1)).await;
    round(&world.shared).await;
    assert_eq!(world.count().await, 2);
    clock.advance(Duration::from_secs(2 * 86_400));
    round(&world.shared).await;
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn with_expire_0_what_was_retrieved_goes_with_quit_alone() {
    let (world, _) = world(0, Retention::Session).await;
    let mut client = world.login().await;
    client.multi("RETR 1").await;
    client.multi("TOP 2 0").await;
    client.drop_connection().await;
    assert_eq!(world.count().await, 2);
    let mut client = world.login().await;
    client.multi("RETR 1").await;
    client.ok("RSET").await;
    assert_eq!(client.ok("QUIT").await, "+OK goodbye, 1 message left");
    assert_eq!(world.count().await, 1);
}
