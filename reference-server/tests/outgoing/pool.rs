//! Sessions with other servers are shared and bounded: one for messages of two domains whose mail goes
//! to the same host, no more than a few with one host, and a bound on all.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reference_server::{Builder, NextHop};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::dns::NameServer;
use crate::stub::{Script, Stub};
use crate::support::*;

/// Sessions with one host, and in all, as the pool bounds them.
const ONE_HOST: usize = 4;
const ALL: usize = 100;

/// How many connections are open, how many were at one time, and what was taken.
#[derive(Default)]
struct Count {
    open: AtomicUsize,
    most: AtomicUsize,
    taken: AtomicUsize,
}

/// A server that takes a message when `gate` lets it.
async fn counting(count: &Arc<Count>, gate: &Arc<Semaphore>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (count, gate) = (Arc::clone(count), Arc::clone(gate));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (count, gate) = (Arc::clone(&count), Arc::clone(&gate));
            tokio::spawn(async move {
                let open = count.open.fetch_add(1, Ordering::SeqCst) + 1;
                count.most.fetch_max(open, Ordering::SeqCst);
                // A client that hangs up has ended too.
                let _ = session(stream, &count, &gate).await;
                count.open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    address
}

async fn session(stream: TcpStream, count: &Count, gate: &Semaphore) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 counting\r\n").await?;
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if in_data && line != ".\r\n" {
            continue;
        }
        let word = line.split([' ', '\r']).next().unwrap_or_default();
        let reply = match word {
            "DATA" => "354 go\r\n",
            "." => {
                gate.acquire().await.unwrap().forget();
                count.taken.fetch_add(1, Ordering::SeqCst);
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        in_data = word == "DATA";
        stream.write_all(reply.as_bytes()).await?;
        if word == "QUIT" {
            return Ok(());
        }
    }
}

/// Waits until this holds.
async fn until(holds: impl Fn() -> bool) {
    for _ in 0..1200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("that did not come");
}

#[tokio::test]
async fn a_session_serves_two_domains_whose_mail_goes_to_one_host() {
    let stub = Stub::start("127.0.0.1:0", Script::default()).await;
    let hop = || NextHop::new("127.0.0.1", stub.address.port());
    let alice = builder("a.test", "alice").route("b.test", hop()).route("c.test", hop());
    let alice = alice.start().await.unwrap();
    for (recipient, subject) in [("<bob@b.test>", "one"), ("<carol@c.test>", "two")] {
        let message = format!("Subject: {subject}\r\n\r\n");
        submit(&alice, "alice@a.test", &[recipient], message.as_bytes()).await;
        stub.until(|all| all.concat().contains(&message)).await;
    }
    let told = stub.told().await;
    assert_eq!(stub.sessions().len(), 1, "{told}");
    assert_eq!(told.matches("EHLO").count(), 1, "{told}");
    alice.shutdown().await;
}

#[tokio::test]
async fn a_session_serves_two_domains_whose_mail_exchangers_are_one_host_and_no_other() {
    let dns = NameServer::start().await;
    let port = TcpListener::bind("0.0.0.0:0").await.unwrap().local_addr().unwrap().port();
    let one = Stub::start(&format!("127.0.0.2:{port}"), Script::default()).await;
    let other = Stub::start(&format!("127.0.0.3:{port}"), Script::default()).await;
    dns.mx("b.test", 10, "mx.one.test").mx("c.test", 10, "mx.one.test").mx("d.test", 10, "mx.other.test");
    dns.address("mx.one.test", "127.0.0.2").address("mx.other.test", "127.0.0.3");
    let alice = builder("a.test", "alice").resolver(dns.address).relay_port(port).start().await.unwrap();
    for recipient in ["bob@b.test", "carol@c.test", "dan@d.test"] {
        let stub = if recipient.ends_with("d.test") { &other } else { &one };
        submit(&alice, "alice@a.test", &[&format!("<{recipient}>")], b"Subject: x\r\n\r\n").await;
        stub.until(|all| all.concat().contains(&format!("RCPT TO:<{recipient}>\r\nDATA\r\n"))).await;
        // Until the reply to the message is read the session is not free.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!((one.sessions().len(), other.sessions().len()), (1, 1));
    alice.shutdown().await;
}

fn routed(domains: usize, hop: impl Fn(usize) -> NextHop) -> (Builder, Vec<String>) {
    let mut builder = builder("a.test", "alice");
    for number in 0..domains {
        builder = builder.route(&format!("d{number}.test"), hop(number));
    }
    (builder, (0..domains).map(|number| format!("<bob@d{number}.test>")).collect())
}

#[tokio::test]
async fn one_host_has_a_few_sessions_at_one_time_and_gets_everything() {
    const DOMAINS: usize = 12;
    let (count, gate) = (Arc::new(Count::default()), Arc::new(Semaphore::new(0)));
    let port = counting(&count, &gate).await.port();
    let (builder, recipients) = routed(DOMAINS, |_| NextHop::new("127.0.0.1", port));
    let alice = builder.start().await.unwrap();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    submit(&alice, "alice@a.test", &recipients, b"Subject: x\r\n\r\n").await;
    // As many as may be come at once, and no more of them while these are stuck.
    until(|| count.open.load(Ordering::SeqCst) == ONE_HOST).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((count.most.load(Ordering::SeqCst), count.taken.load(Ordering::SeqCst)), (ONE_HOST, 0));
    gate.add_permits(DOMAINS);
    until(|| count.taken.load(Ordering::SeqCst) == DOMAINS).await;
    assert_eq!(count.most.load(Ordering::SeqCst), ONE_HOST);
    alice.shutdown().await;
}

#[tokio::test]
async fn there_is_a_bound_on_all_sessions_and_what_is_only_kept_makes_way() {
    const HOSTS: usize = 140;
    let (count, gate) = (Arc::new(Count::default()), Arc::new(Semaphore::new(HOSTS)));
    let mut ports = Vec::new();
    for _ in 0..HOSTS {
        ports.push(counting(&count, &gate).await.port());
    }
    let (builder, recipients) = routed(HOSTS, |number| NextHop::new("127.0.0.1", ports[number]));
    let alice = builder.start().await.unwrap();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    submit(&alice, "alice@a.test", &recipients, b"Subject: x\r\n\r\n").await;
    until(|| count.taken.load(Ordering::SeqCst) == HOSTS).await;
    let most = count.most.load(Ordering::SeqCst);
    assert!(most <= ALL, "{most} sessions at one time");
    // What nothing needs is not kept for long.
    until(|| count.open.load(Ordering::SeqCst) == 0).await;
    alice.shutdown().await;
}
