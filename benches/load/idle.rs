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
const SHARING: usize = 1000;

pub(crate) fn run() -> String {
    let start =
        || Reference::start(&["--account=user01@example.test:user01-secret", "--limit=connections=15000"]);
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
    let sessions = runtime.block_on(open(&server, MAILBOXES, |number| format!("box{number}")));
    row(
        format!("{MAILBOXES} sessions in IDLE on {MAILBOXES} mailboxes, the server in all"),
        mb(server.group().memory().0),
    );
    let appended = append_to_each(&server);
    row(
        "each told of a new message: middle, longest after the answer to APPEND".to_owned(),
        told(&runtime, sessions, |n| appended[n]),
    );

    let sessions = runtime.block_on(open(&server, SHARING, |_| "box0".to_owned()));
    let mut wire = Wire::imap(server.address("imap"), "user01");
    wire.command("APPEND box0 {3+}\r\nnew");
    let at = Instant::now();
    row(format!("{SHARING} sessions in IDLE on one mailbox, the same"), told(&runtime, sessions, |_| at));
    format!("## Idle connections\n\n{}", table.text())
}

fn make_mailboxes(server: &Reference) {
    let next = AtomicUsize::new(0);
    together(
        10,
        |_| Wire::imap(server.address("imap"), "user01"),
        |_, mut wire| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= MAILBOXES {
                    return;
                }
                wire.command(&format!("CREATE box{number}"));
            }
        },
    );
}

/// When each mailbox got its message.
fn append_to_each(server: &Reference) -> Vec<Instant> {
    let mut times = vec![Instant::now(); MAILBOXES];
    let parts: Vec<_> = times.chunks_mut(MAILBOXES / 10).enumerate().collect();
    std::thread::scope(|scope| {
        for (part, times) in parts {
            scope.spawn(move || {
                let mut wire = Wire::imap(server.address("imap"), "user01");
                for (place, time) in times.iter_mut().enumerate() {
                    wire.command(&format!("APPEND box{} {{3+}}\r\nnew", part * (MAILBOXES / 10) + place));
                    *time = Instant::now();
                }
            });
        }
    });
    times
}

/// Sessions in IDLE; each gives the time at which it was told of a message.
struct Sessions(Vec<tokio::task::JoinHandle<Instant>>);

async fn open(server: &Reference, count: usize, mailbox: fn(usize) -> String) -> Sessions {
    let address = server.address("imap");
    let (ready, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut sessions = Vec::new();
    for number in 0..count {
        let (ready, all) = (Arc::clone(&ready), Arc::clone(&all));
        // Not all at once: the queue of a listening socket is short.
        if number % 50 == 49 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sessions.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            until(&mut stream, "ready").await;
            for (command, answer) in [
                ("a LOGIN user01 user01-secret".to_owned(), "a OK"),
                (format!("b SELECT {}", mailbox(number)), "b OK"),
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
