//! Alice's message reaches Bob: two servers, each with its own store, and every step between
//! them. Not for single replies, which the suites judge.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic here is a failed test")]

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reference_server::{Builder, Clock, NextHop, RelayTls, Schedule, Server, Service, Spool, Storage};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn builder(domain: &str, user: &str) -> Builder {
    Server::builder()
        .hostname(format!("mail.{domain}"))
        .account(format!("{user}@{domain}"), format!("{user}-secret"))
        .listen(Service::Smtp, any())
        .listen(Service::Submission, any())
        .listen(Service::Pop3, any())
}

fn hop(server: &Server, service: Service) -> NextHop {
    NextHop::new("127.0.0.1", server.address(service).unwrap().port())
}

/// A client of a protocol of lines.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    async fn connect(server: &Server, service: Service) -> Self {
        let stream = TcpStream::connect(server.address(service).unwrap()).await.unwrap();
        let mut client = Self { stream: BufReader::new(stream) };
        client.line().await;
        client
    }

    async fn line(&mut self) -> String {
        let mut line = Vec::new();
        timeout(PATIENCE, self.stream.read_until(b'\n', &mut line)).await.expect("an answer").unwrap();
        String::from_utf8_lossy(&line).into_owned()
    }

    async fn send(&mut self, octets: &[u8]) {
        self.stream.get_mut().write_all(octets).await.unwrap();
    }

    /// Sends a line, and gives the last line of the reply.
    async fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes()).await;
        loop {
            let reply = self.line().await;
            if reply.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
        }
    }
}

/// A session on the submission port, logged in.
async fn submission(server: &Server, address: &str, secret: &str) -> Client {
    let mut client = Client::connect(server, Service::Submission).await;
    client.ask("EHLO client.test").await;
    let plain = STANDARD.encode(format!("\0{address}\0{secret}"));
    assert!(client.ask(&format!("AUTH PLAIN {plain}")).await.starts_with("235"));
    client
}

/// Sends one message; `recipients` are arguments of RCPT.
async fn send(client: &mut Client, from: &str, recipients: &[&str], message: &[u8]) {
    assert!(client.ask(&format!("MAIL FROM:{from}")).await.starts_with("250"));
    for recipient in recipients {
        let reply = client.ask(&format!("RCPT TO:{recipient}")).await;
        assert!(reply.starts_with("250"), "{recipient}: {reply}");
    }
    assert!(client.ask("DATA").await.starts_with("354"));
    client.send(message).await;
    let reply = client.ask(".").await;
    assert!(reply.starts_with("250"), "{reply}");
}

async fn submit(server: &Server, from: &str, recipients: &[&str], message: &[u8]) {
    let (user, _) = from.split_once('@').unwrap();
    let mut client = submission(server, from, &format!("{user}-secret")).await;
    send(&mut client, &format!("<{from}>"), recipients, message).await;
}

/// Waits until each of the messages in the queue has been tried once.
async fn tried_once(directory: &Path, messages: usize) {
    let spool = Spool::open(directory).unwrap();
    for _ in 0..600 {
        let waiting = spool.list().unwrap();
        let mut recipients = waiting.iter().flat_map(|message| &message.recipients);
        if waiting.len() == messages && recipients.all(|recipient| recipient.attempts == 1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{messages} messages were not tried");
}

/// Reads the mailbox by POP3 until it has `count` messages.
async fn inbox(server: &Server, user: &str, count: usize) -> Vec<String> {
    for _ in 0..600 {
        let messages = read_inbox(server, user).await;
        if messages.len() >= count {
            return messages;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} messages for {user} did not come");
}

async fn read_inbox(server: &Server, user: &str) -> Vec<String> {
    let mut pop = Client::connect(server, Service::Pop3).await;
    pop.ask(&format!("USER {user}")).await;
    if !pop.ask(&format!("PASS {user}-secret")).await.starts_with("+OK") {
        return Vec::new();
    }
    let stat = pop.ask("STAT").await;
    let count: usize = stat.split(' ').nth(1).unwrap().parse().unwrap();
    let mut messages = Vec::new();
    for number in 1..=count {
        assert!(pop.ask(&format!("RETR {number}")).await.starts_with("+OK"));
        let mut text = String::new();
        loop {
            let line = pop.line().await;
            if line == ".\r\n" {
                break;
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        messages.push(text);
    }
    pop.ask("QUIT").await;
    messages
}

#[tokio::test]
async fn a_message_goes_from_server_to_server_and_arrives_as_it_was() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice").route("b.test", hop(&bob, Service::Smtp)).start().await.unwrap();
    let message = "From: alice@a.test\r\nSubject: h\u{e9}llo\r\n\r\n.dot\r\n..dots\r\n\r\nend\r\n";
    let stuffed = message.replace("\r\n.", "\r\n..");
    submit(&alice, "alice@a.test", &["<bob@B.test>", "<alice@a.test>"], stuffed.as_bytes()).await;
    let [at_bobs] = inbox(&bob, "bob", 1).await.try_into().unwrap();
    assert!(at_bobs.ends_with(message), "{at_bobs}");
    assert!(at_bobs.starts_with("Return-Path: <alice@a.test>\r\nReceived: from mail.a.test ([127.0.0.1])\r\n\tby mail.b.test with ESMTPS id "));
    assert!(at_bobs.contains("Received: from client.test ([127.0.0.1])\r\n\tby mail.a.test with ESMTPA id "));
    assert_eq!(at_bobs.matches("Return-Path:").count(), 1, "only final delivery adds it");
    let [at_alices] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    assert!(at_alices.ends_with(message), "a local recipient beside it gets it too");
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn a_refused_recipient_comes_back_as_a_report_and_the_others_get_their_mail() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice").route("b.test", hop(&bob, Service::Smtp)).start().await.unwrap();
    let message = b"Subject: two\r\n\r\ntext\r\n";
    let recipients = ["<nobody@b.test> ORCPT=rfc822;no+2Bbody@b.test", "<bob@b.test>"];
    submit(&alice, "alice@a.test", &recipients, message).await;
    assert_eq!(inbox(&bob, "bob", 1).await.len(), 1);
    let [report] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    for wanted in [
        "Return-Path: <>\r\n",
        "To: <alice@a.test>\r\n",
        "Content-Type: multipart/report; report-type=delivery-status;",
        "Reporting-MTA: dns; mail.a.test\r\n",
        "Original-Recipient: rfc822; no+body@b.test\r\nFinal-Recipient: rfc822; nobody@b.test\r\n",
        "Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; [127.0.0.1]\r\nDiagnostic-Code: smtp; 550 5.1.1 ",
        "Subject: two\r\n\r\ntext\r\n",
    ] {
        assert!(report.contains(wanted), "{wanted:?} in {report}");
    }
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn nobody_is_told_who_asks_for_that_or_has_the_null_sender() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice").route("b.test", hop(&bob, Service::Smtp)).start().await.unwrap();
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    send(&mut client, "<alice@a.test>", &["<nobody@b.test> NOTIFY=NEVER"], b"Subject: 1\r\n\r\n").await;
    send(&mut client, "<>", &["<nobody@b.test>"], b"Subject: 2\r\n\r\n").await;
    // The last one fails too, and is told: by then the others are through.
    send(&mut client, "<alice@a.test>", &["<nobody@b.test>"], b"Subject: 3\r\n\r\n").await;
    let [report] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    assert!(report.contains("Subject: 3\r\n"));
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn success_is_told_where_it_is_asked_for() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice").route("b.test", hop(&bob, Service::Smtp)).start().await.unwrap();
    // Bob's server reports to Alice's: its reports need a way back, which needs no login.
    bob.add_route("a.test", hop(&alice, Service::Smtp));
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    let to = ["<bob@b.test> NOTIFY=SUCCESS"];
    send(&mut client, "<alice@a.test> RET=FULL ENVID=e+2B1", &to, b"Subject: 1\r\n\r\nbody\r\n").await;
    let [report] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    assert!(report.contains("Reporting-MTA: dns; mail.b.test\r\nOriginal-Envelope-Id: e+1\r\n"), "{report}");
    assert!(report.contains("Action: delivered\r\nStatus: 2.0.0\r\n"));
    assert!(!report.contains("\r\nbody\r\n"), "RET is about failures");
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn mail_waits_for_a_server_that_is_down_over_a_restart_and_then_arrives() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::Directory(directory.path().to_owned());
    // A port on which nobody listens.
    let closed = TcpListener::bind(any()).await.unwrap().local_addr().unwrap().port();
    let dead = NextHop::new("127.0.0.1", closed);
    let at = |hop: NextHop, clock: &Clock| {
        builder("a.test", "alice").storage(storage.clone()).route("b.test", hop).clock(clock.clone())
    };
    let clock = Clock::default();
    let alice = at(dead, &clock).start().await.unwrap();
    submit(&alice, "alice@a.test", &["<bob@b.test>"], b"Subject: late\r\n\r\n").await;
    tried_once(directory.path(), 1).await;
    alice.shutdown().await;
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = at(hop(&bob, Service::Smtp), &clock).start().await.unwrap();
    assert_eq!(read_inbox(&bob, "bob").await.len(), 0, "not before its time");
    clock.advance(Duration::from_secs(5 * 60));
    assert!(inbox(&bob, "bob", 1).await[0].contains("Subject: late\r\n"));
    alice.shutdown().await;
    assert_eq!(Spool::open(directory.path()).unwrap().list().unwrap(), []);
    bob.shutdown().await;
}

#[tokio::test]
async fn a_delay_is_told_once_and_then_the_message_is_given_up() {
    let closed = TcpListener::bind(any()).await.unwrap().local_addr().unwrap().port();
    let clock = Clock::default();
    let alice = builder("a.test", "alice")
        .route("b.test", NextHop::new("127.0.0.1", closed))
        .clock(clock.clone())
        .schedule(Schedule::default())
        .start()
        .await
        .unwrap();
    submit(&alice, "alice@a.test", &["<bob@b.test>"], b"Subject: never\r\n\r\n").await;
    clock.advance(Duration::from_secs(5 * 60 * 60));
    let [delayed] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    assert!(delayed.contains("Action: delayed\r\nStatus: 4.4.1\r\n"), "{delayed}");
    assert!(delayed.contains("Will-Retry-Until: "));
    clock.advance(Duration::from_secs(5 * 24 * 60 * 60));
    let [_, failed] = inbox(&alice, "alice", 2).await.try_into().unwrap();
    assert!(failed.contains("Action: failed\r\nStatus: 4.4.7\r\n"), "{failed}");
    alice.shutdown().await;
}

#[tokio::test]
async fn a_smarthost_wants_a_login_and_takes_several_messages_over_one_connection() {
    let smart = builder("b.test", "bob").start().await.unwrap();
    let login = hop(&smart, Service::Submission).login("bob@b.test", "bob-secret").tls(RelayTls::Required);
    let closed = TcpListener::bind(any()).await.unwrap().local_addr().unwrap().port();
    // Down at first, so that several messages gather.
    let clock = Clock::default();
    let directory = tempfile::tempdir().unwrap();
    let alice = builder("a.test", "alice")
        .storage(Storage::Directory(directory.path().to_owned()))
        .route("*", NextHop::new("127.0.0.1", closed))
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    for number in 1..=3 {
        let message = format!("Subject: {number}\r\n\r\n");
        submit(&alice, "alice@a.test", &["<bob@b.test>"], message.as_bytes()).await;
    }
    tried_once(directory.path(), 3).await;
    alice.add_route("*", login);
    clock.advance(Duration::from_secs(6 * 60));
    let messages = inbox(&smart, "bob", 3).await;
    assert!(messages.iter().all(|message| message.contains("by mail.b.test with ESMTPSA id ")));
    alice.shutdown().await;
    smart.shutdown().await;
}

#[tokio::test]
async fn three_messages_go_over_one_connection_to_a_server_without_extensions() {
    let listener = TcpListener::bind(any()).await.unwrap();
    let clock = Clock::default();
    let closed = TcpListener::bind(any()).await.unwrap().local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let alice = builder("a.test", "alice")
        .storage(Storage::Directory(directory.path().to_owned()))
        .route("b.test", NextHop::new("127.0.0.1", closed))
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    for number in 1..=3 {
        let message = format!("Subject: {number}\r\n\r\n..\r\n");
        submit(&alice, "alice@a.test", &["<bob@b.test> NOTIFY=FAILURE"], message.as_bytes()).await;
    }
    tried_once(directory.path(), 3).await;
    alice.add_route("b.test", NextHop::new("127.0.0.1", listener.local_addr().unwrap().port()));
    clock.advance(Duration::from_secs(6 * 60));
    let (stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let log = timeout(PATIENCE, plain_server(stream)).await.expect("a QUIT");
    let verbs: Vec<&str> = log.lines().filter_map(|line| line.split([' ', ':']).next()).collect();
    let one = ["MAIL", "RCPT", "DATA", "Received", "\tby", "Subject", "", "..", "."];
    assert_eq!(verbs.iter().filter(|verb| **verb == "MAIL").count(), 3, "{log}");
    assert!(log.starts_with("EHLO mail.a.test\r\nHELO mail.a.test\r\nMAIL FROM:<alice@a.test>\r\nRCPT TO:<bob@b.test>\r\nDATA\r\n"), "{log}");
    assert!(one.iter().all(|word| verbs.contains(word)), "{log}");
    assert!(log.ends_with("QUIT\r\n"));
    alice.shutdown().await;
}

/// A server of RFC 821: no EHLO. Gives what it was told.
async fn plain_server(mut stream: TcpStream) -> String {
    stream.write_all(b"220 old\r\n").await.unwrap();
    let mut log = String::new();
    let mut at = 0;
    let mut in_data = false;
    loop {
        let mut chunk = [0; 1024];
        let count = stream.read(&mut chunk).await.unwrap();
        assert_ne!(count, 0, "closed without QUIT: {log}");
        log.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        while let Some(end) = log[at..].find("\r\n") {
            let line = log[at..at + end].to_owned();
            at += end + 2;
            let reply = match (in_data, line.split(' ').next().unwrap()) {
                (true, ".") => {
                    in_data = false;
                    "250 taken\r\n"
                }
                (true, _) => continue,
                (false, "EHLO") => "500 what?\r\n",
                (false, "DATA") => {
                    in_data = true;
                    "354 go\r\n"
                }
                (false, "QUIT") => {
                    stream.write_all(b"221 bye\r\n").await.unwrap();
                    return log;
                }
                (false, _) => "250 OK\r\n",
            };
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_message_that_goes_round_in_circles_is_stopped() {
    let alice = builder("a.test", "alice").start().await.unwrap();
    let mut client = Client::connect(&alice, Service::Smtp).await;
    client.ask("EHLO client.test").await;
    for (fields, wanted) in [(100, "250"), (101, "554 5.4.6")] {
        client.ask("MAIL FROM:<x@c.test>").await;
        client.ask("RCPT TO:<alice@a.test>").await;
        client.ask("DATA").await;
        let message = "Received: from x by y; date\r\n".repeat(fields);
        client.send(message.as_bytes()).await;
        let reply = client.ask("\r\n.").await;
        assert!(reply.starts_with(wanted), "{fields}: {reply}");
    }
    alice.shutdown().await;
}

#[tokio::test]
async fn no_relay_without_a_login_and_without_a_route() {
    let alice =
        builder("a.test", "alice").route("b.test", NextHop::new("127.0.0.1", 9)).start().await.unwrap();
    let mut client = Client::connect(&alice, Service::Smtp).await;
    client.ask("EHLO client.test").await;
    client.ask("MAIL FROM:<alice@a.test>").await;
    assert!(client.ask("RCPT TO:<bob@b.test>").await.starts_with("550 5.7.1 "));
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    client.ask("MAIL FROM:<alice@a.test>").await;
    assert!(client.ask("RCPT TO:<bob@c.test>").await.starts_with("550 5.7.1 "));
    assert!(client.ask("RCPT TO:<bob@b.test>").await.starts_with("250 "));
    alice.shutdown().await;
}
