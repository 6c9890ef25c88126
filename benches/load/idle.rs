//! What connections cost that do nothing, and how soon sessions in IDLE hear of a new message.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::process::Reference;
use crate::report::Table;
use crate::wire::{Wire, together};

const CONNECTED: usize = 5000;
const MAILBOXES: usize = 10_000;
/// An account may not have that many: so many of them share the mailboxes.
const ACCOUNTS: usize = 10;
const OF_AN_ACCOUNT: usize = MAILBOXES / ACCOUNTS;
const SHARING: usize = 1000;

pub(crate) fn run() -> String {
    let accounts: Vec<String> = (0..ACCOUNTS)
        .map(account)
        .map(|name| format!("--account={name}@example.test:{name}-secret"))
        .collect();
    let mut options: Vec<&str> = accounts.iter().map(String::as_str).collect();
    options.push("--limit=connections=15000");
    let start = || Reference::start(&options);
    let mb = |kib: u64| format!("{:.1} MB", kib as f64 / 1024.0);
    let mut table = Table::new(&["", "measured"]);
    let mut row = |name: String, value: String| table.row(&[name, value]);

    let server = start();
    std::thread::sleep(Duration::from_secs(1));
    let (idle, _) = server.group().memory();
    row("idle server, resident".to_owned(), mb(idle));
    let held: Vec<_> = (0..CONNECTED)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(server.address("imap")).unwrap();
            let mut greeting = [0; 512];
            std::io::Read::read(&mut stream, &mut greeting).unwrap();
            stream
        })
        .collect();
    let (now, _) = server.group().memory();
    row(
        format!("{CONNECTED} connections to IMAP that say nothing, each"),
        format!("{:.1} KB", (now - idle) as f64 / CONNECTED as f64),
    );
    drop((held, server));

    let server = start();
    make_mailboxes(&server);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sessions = runtime.block_on(open(&server, MAILBOXES, |number| number));
    row(
        format!("{MAILBOXES} sessions in IDLE on {MAILBOXES} mailboxes, the server in all"),
        mb(server.group().memory().0),
    );
    let appended = append_to_each(&server);
    row(
        "each told of a new message: middle, longest after the answer to APPEND".to_owned(),
        told(&runtime, sessions, |n| appended[n]),
    );

    let sessions = runtime.block_on(open(&server, SHARING, |_| 0));
    let mut wire = Wire::imap(server.address("imap"), &owner(0));
    wire.command("APPEND box0 {3+}\r\nnew");
    let at = Instant::now();
    row(format!("{SHARING} sessions in IDLE on one mailbox, the same"), told(&runtime, sessions, |_| at));
    format!("## Idle connections\n\n{}", table.text())
}

/// The name of the account with this number.
fn account(number: usize) -> String {
    format!("user{:02}", number + 1)
}

/// The name of the account that has the mailbox with this number.
fn owner(mailbox: usize) -> String {
    account(mailbox / OF_AN_ACCOUNT)
}

/// The numbers of the mailboxes of an account.
fn mailboxes_of(account: usize) -> std::ops::Range<usize> {
    account * OF_AN_ACCOUNT..(account + 1) * OF_AN_ACCOUNT
}

fn make_mailboxes(server: &Reference) {
    together(
        ACCOUNTS,
        |number| Wire::imap(server.address("imap"), &account(number)),
        |number, mut wire| {
            for mailbox in mailboxes_of(number) {
                wire.command(&format!("CREATE box{mailbox}"));
            }
        },
    );
}

/// When each mailbox got its message.
fn append_to_each(server: &Reference) -> Vec<Instant> {
    let (_, times) = together(
        ACCOUNTS,
        |number| Wire::imap(server.address("imap"), &account(number)),
        |number, mut wire| {
            let append = |mailbox| {
                wire.command(&format!("APPEND box{mailbox} {{3+}}\r\nnew"));
                Instant::now()
            };
            mailboxes_of(number).map(append).collect::<Vec<_>>()
        },
    );
    times.concat()
}

/// Sessions in IDLE; each gives the time at which it was told of a message.
struct Sessions(Vec<tokio::task::JoinHandle<Instant>>);

async fn open(server: &Reference, count: usize, mailbox: fn(usize) -> usize) -> Sessions {
    let address = server.address("imap");
    let (ready, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut sessions = Vec::new();
    for number in 0..count {
        let (ready, all, mailbox) = (Arc::clone(&ready), Arc::clone(&all), mailbox(number));
        // Not all at once: the queue of a listening socket is short.
        if number % 50 == 49 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sessions.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            until(&mut stream, "ready").await;
            for (command, answer) in [
                (format!("a LOGIN {owner} {owner}-secret", owner = owner(mailbox)), "a OK"),
                (format!("b SELECT box{mailbox}"), "b OK"),
                ("c IDLE".to_owned(), "+ "),
            ] {
                stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
                until(&mut stream, answer).await;
            }
            if ready.fetch_add(1, Ordering::Relaxed) + 1 == count {
                all.notify_one();
            }
            until(&mut stream, "EXISTS").await;
            Instant::now()
        }));
    }
    all.notified().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    Sessions(sessions)
}

async fn until(stream: &mut TcpStream, text: &str) {
    let mut all = Vec::new();
    let mut buffer = [0; 1024];
    while !String::from_utf8_lossy(&all).contains(text) {
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "closed while waiting for {text}");
        all.extend_from_slice(&buffer[..count]);
    }
}

/// The middle and the longest time until sessions were told.
fn told(runtime: &tokio::runtime::Runtime, sessions: Sessions, since: impl Fn(usize) -> Instant) -> String {
    let mut waits: Vec<Duration> = sessions
        .0
        .into_iter()
        .enumerate()
        .map(|(number, session)| runtime.block_on(session).unwrap().saturating_duration_since(since(number)))
        .collect();
    waits.sort();
    format!("{:.0?}, {:.0?}", waits[waits.len() / 2], waits[waits.len() - 1])
}
