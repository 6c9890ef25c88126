//! Mail finds its way by the DNS (RFC 5321, section 5.1; RFC 7505).

use std::time::Duration;

use reference_server::{Builder, Clock, Server, Service, Spool, Storage};
use tokio::net::TcpListener;

use crate::dns::NameServer;
use crate::stub::{Script, Stub};
use crate::support::*;

/// A port that is free on all addresses of this machine.
async fn free_port() -> u16 {
    TcpListener::bind("0.0.0.0:0").await.unwrap().local_addr().unwrap().port()
}

fn alice(dns: &NameServer, port: u16) -> Builder {
    builder("a.test", "alice").resolver(dns.address).relay_port(port)
}

async fn send_to(alice: &Server, recipient: &str) {
    submit(alice, "alice@a.test", &[recipient], b"Subject: on its way\r\n\r\n").await;
}

/// The report that comes back.
async fn report(alice: &Server) -> String {
    inbox(alice, "alice", 1).await.remove(0)
}

#[tokio::test]
async fn the_most_preferred_server_gets_the_message() {
    let dns = NameServer::start().await;
    let port = free_port().await;
    let best = Stub::start(&format!("127.0.0.2:{port}"), Script::default()).await;
    let other = Stub::start(&format!("127.0.0.3:{port}"), Script::default()).await;
    dns.mx("b.test", 20, "mx2.b.test").mx("b.test", 10, "mx1.b.test");
    dns.address("mx1.b.test", "127.0.0.2").address("mx2.b.test", "127.0.0.3");
    let alice = alice(&dns, port).start().await.unwrap();
    send_to(&alice, "<bob@b.test>").await;
    assert!(best.told().await.contains("RCPT TO:<bob@b.test>\r\n"));
    assert_eq!(other.sessions(), Vec::<String>::new());
    alice.shutdown().await;
}

#[tokio::test]
async fn servers_that_are_down_or_busy_are_passed_over() {
    let dns = NameServer::start().await;
    let port = free_port().await;
    // 10: nobody listens at its first address, its second has no time; 20: full; 30: takes it.
    let busy = Stub::start(&format!("127.0.0.3:{port}"), Script::greeting("421 busy")).await;
    let full = Stub::start(&format!("127.0.0.4:{port}"), Script::greeting("554 go away")).await;
    let last = Stub::start(&format!("127.0.0.5:{port}"), Script::default()).await;
    dns.mx("b.test", 10, "mx1.b.test").mx("b.test", 20, "mx2.b.test").mx("b.test", 30, "mx3.b.test");
    dns.address("mx1.b.test", "127.0.0.2").address("mx1.b.test", "127.0.0.3");
    dns.address("mx2.b.test", "127.0.0.4").address("mx3.b.test", "127.0.0.5");
    let alice = alice(&dns, port).start().await.unwrap();
    send_to(&alice, "<bob@b.test>").await;
    assert!(last.told().await.contains("RCPT TO:<bob@b.test>\r\n"));
    assert_eq!((busy.sessions().len(), full.sessions().len()), (1, 1));
    alice.shutdown().await;
}

#[tokio::test]
async fn without_mx_records_the_address_of_the_domain_counts_and_aliases_are_followed() {
    let dns = NameServer::start().await;
    let stub = Stub::start("127.0.0.1:0", Script::default()).await;
    dns.address("plain.test", "127.0.0.1").alias("alias.test", "plain.test");
    let alice = alice(&dns, stub.address.port()).start().await.unwrap();
    send_to(&alice, "<bob@plain.test>").await;
    send_to(&alice, "<bob@alias.test>").await;
    let said = |all: &[String]| {
        let all = all.concat();
        all.contains("<bob@plain.test>") && all.contains("<bob@alias.test>")
    };
    stub.until(said).await;
    alice.shutdown().await;
}

#[tokio::test]
async fn address_literals_are_taken_at_their_word() {
    let dns = NameServer::start().await;
    let stub = Stub::start("127.0.0.1:0", Script::default()).await;
    let alice = alice(&dns, stub.address.port()).start().await.unwrap();
    send_to(&alice, "<bob@[127.0.0.1]>").await;
    assert!(stub.told().await.contains("RCPT TO:<bob@[127.0.0.1]>\r\n"));
    alice.shutdown().await;
}

#[tokio::test]
async fn a_domain_that_takes_no_mail_is_refused_at_once() {
    let dns = NameServer::start().await;
    dns.mx("null.test", 0, ".").address("null.test", "127.0.0.1");
    let alice = alice(&dns, 9).start().await.unwrap();
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    client.ask("MAIL FROM:<alice@a.test>").await;
    let reply = client.ask("RCPT TO:<bob@null.test>").await;
    assert!(reply.starts_with("556 5.1.10 "), "{reply}");
    alice.shutdown().await;
}

#[tokio::test]
async fn a_domain_with_records_that_are_no_hosts_has_no_implicit_exchanger() {
    let dns = NameServer::start().await;
    let stub = Stub::start("127.0.0.1:0", Script::default()).await;
    dns.mx("odd.test", 10, ".").mx("odd.test", 20, ".").address("odd.test", "127.0.0.1");
    let alice = alice(&dns, stub.address.port()).start().await.unwrap();
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    client.ask("MAIL FROM:<alice@a.test>").await;
    let reply = client.ask("RCPT TO:<bob@odd.test>").await;
    assert!(reply.starts_with("556 5.1.10 "), "{reply}");
    assert_eq!(stub.sessions(), Vec::<String>::new());
    alice.shutdown().await;
}

#[tokio::test]
async fn a_domain_that_takes_no_mail_any_more_comes_back() {
    let dns = NameServer::start().await;
    dns.mx("null.test", 10, "mx.null.test").failing("mx.null.test");
    let clock = Clock::default();
    let directory = tempfile::tempdir().unwrap();
    let alice = alice(&dns, 9)
        .clock(clock.clone())
        .storage(Storage::Directory(directory.path().to_owned()))
        .start()
        .await
        .unwrap();
    send_to(&alice, "<bob@null.test>").await;
    tried_once(directory.path(), 1).await;
    dns.forget("null.test").mx("null.test", 0, ".");
    clock.advance(Duration::from_secs(6 * 60));
    let report = report(&alice).await;
    assert!(report.contains("Action: failed\r\nStatus: 5.1.10\r\n"), "{report}");
    alice.shutdown().await;
}

#[tokio::test]
async fn a_domain_that_does_not_exist_or_has_no_server_comes_back() {
    for (domain, status) in [("none.test", "5.1.2"), ("empty.test", "5.4.4"), ("dangling.test", "5.4.4")] {
        let dns = NameServer::start().await;
        dns.mx("dangling.test", 10, "gone.test").text("empty.test");
        let alice = alice(&dns, 9).start().await.unwrap();
        send_to(&alice, &format!("<bob@{domain}>")).await;
        let report = report(&alice).await;
        assert!(report.contains(&format!("Action: failed\r\nStatus: {status}\r\n")), "{domain}: {report}");
        alice.shutdown().await;
    }
}

#[tokio::test]
async fn mail_waits_while_the_name_server_has_no_answer() {
    let dns = NameServer::start().await;
    dns.failing("fails.test").silent("silent.test");
    let stub = Stub::start("127.0.0.1:0", Script::default()).await;
    let clock = Clock::default();
    let directory = tempfile::tempdir().unwrap();
    let alice = alice(&dns, stub.address.port())
        .clock(clock.clone())
        .storage(Storage::Directory(directory.path().to_owned()))
        .start()
        .await
        .unwrap();
    send_to(&alice, "<bob@fails.test>").await;
    send_to(&alice, "<bob@silent.test>").await;
    tried_once(directory.path(), 2).await;
    let waiting = Spool::open(directory.path()).unwrap().list().unwrap();
    assert!(waiting.iter().all(|message| message.recipients[0].reason.is_some()), "{waiting:?}");
    for domain in ["fails.test", "silent.test"] {
        dns.forget(domain).address(domain, "127.0.0.1");
    }
    clock.advance(Duration::from_secs(6 * 60));
    stub.until(|all| all.concat().matches("RCPT TO:<bob@").count() == 2).await;
    alice.shutdown().await;
}

#[tokio::test]
async fn a_server_does_not_send_to_itself_nor_to_those_behind_it() {
    let dns = NameServer::start().await;
    let alice = builder("a.test", "alice");
    // By name, by address, and by an address literal; what is less preferred is no way round.
    let port = free_port().await;
    let behind = Stub::start(&format!("127.0.0.2:{port}"), Script::default()).await;
    let before = Stub::start(&format!("127.0.0.3:{port}"), Script::default()).await;
    let at = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let alice = alice.listen(Service::Smtp, at).resolver(dns.address).relay_port(port);
    let alice = alice.start().await.unwrap();
    dns.address("mx2.test", "127.0.0.2").address("me.test", "127.0.0.1").address("mx1.test", "127.0.0.3");
    dns.mx("name.test", 10, "mail.a.test").mx("name.test", 20, "mx2.test");
    dns.mx("address.test", 10, "me.test").mx("address.test", 10, "mx2.test");
    for (count, domain) in ["name.test", "address.test", "[127.0.0.1]"].into_iter().enumerate() {
        send_to(&alice, &format!("<bob@{domain}>")).await;
        let report = inbox(&alice, "alice", count + 1).await.remove(count);
        assert!(report.contains("Action: failed\r\nStatus: 5.4.6\r\n"), "{domain}: {report}");
    }
    assert_eq!(behind.sessions(), Vec::<String>::new());
    dns.mx("name.test", 5, "mx1.test");
    send_to(&alice, "<bob@name.test>").await;
    assert!(before.told().await.contains("RCPT TO:<bob@name.test>\r\n"));
    alice.shutdown().await;
}
