//! Mail in by SMTP: the reference server beside Postfix, one after the other in one run.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::peers::Peer;
use crate::process::Reference;
use crate::report::{Table, rate, ratio};
use crate::wire::{Wire, message, together};

const MESSAGES: usize = 10_000;
const OCTETS: usize = 4096;
const CONNECTIONS: [usize; 3] = [1, 10, 50];

/// What was measured of one server.
struct Measured {
    accepted: f64,
    delivered: f64,
    cpu: f64,
}

pub(crate) fn run() -> String {
    let accounts: Vec<String> =
        (1..=16).map(|n| format!("--account=user{n:02}@example.test:user{n:02}-secret")).collect();
    let arguments: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let mut table = Table::new(&[
        "connections",
        "reference server, accepted = delivered/s",
        "Postfix, accepted/s",
        "Postfix, delivered/s",
        "ratio to accepted",
        "ratio to delivered",
        "CPU s/1000, ours",
        "CPU s/1000, Postfix",
    ]);
    let only = std::env::var("CONNECTIONS").ok().and_then(|count| count.parse::<usize>().ok());
    for connections in CONNECTIONS.into_iter().filter(|&count| only.is_none_or(|only| only == count)) {
        let ours = {
            let server = Reference::start(&arguments);
            let before = server.cpu();
            let seconds = load(server.address("smtp"), connections);
            let rate = MESSAGES as f64 / seconds;
            Measured { accepted: rate, delivered: rate, cpu: server.cpu() - before }
        };
        let theirs = Peer::start("postfix.sh", &[]).map(|postfix| {
            let before = postfix.group().cpu();
            let start = Instant::now();
            let seconds = load(postfix.address("smtp"), connections);
            while delivered(postfix.mail()) < MESSAGES {
                assert!(start.elapsed() < Duration::from_secs(600), "Postfix does not deliver");
                std::thread::sleep(Duration::from_millis(50));
            }
            Measured {
                accepted: MESSAGES as f64 / seconds,
                delivered: MESSAGES as f64 / start.elapsed().as_secs_f64(),
                cpu: postfix.group().cpu() - before,
            }
        });
        let per_thousand = |cpu: f64| format!("{:.3}", cpu * 1000.0 / MESSAGES as f64);
        let of = |get: fn(&Measured) -> f64| theirs.as_ref().map(get);
        let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), rate);
        table.row(&[
            connections.to_string(),
            rate(ours.accepted),
            shown(of(|m| m.accepted)),
            shown(of(|m| m.delivered)),
            ratio(ours.accepted, of(|m| m.accepted)),
            ratio(ours.delivered, of(|m| m.delivered)),
            per_thousand(ours.cpu),
            of(|m| m.cpu).map_or_else(|| "–".to_owned(), per_thousand),
        ]);
    }
    format!(
        "## Mail in by SMTP\n\n{MESSAGES} messages of {OCTETS} octets to 16 mailboxes, MAIL, RCPT and DATA in one batch, \
         each message after the answer to the one before. Both servers promise durability: SQLite with \
         `synchronous=FULL` (one write to disk for all messages that wait), Postfix as delivered, with its \
         `virtual` agent and maildirs. Postfix accepts into its queue and delivers later; the reference \
         server has delivered when it answers.\n\n{}",
        table.text()
    )
}

/// Sends all messages; gives the seconds that took.
pub(crate) fn load(address: SocketAddr, connections: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let open = |_| {
        let mut wire = Wire::connect(address);
        wire.reply();
        wire.send(b"EHLO bench.example.org\r\n");
        wire.reply();
        wire
    };
    let send = |_, mut wire: Wire| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= MESSAGES {
                return;
            }
            let user = number % 16 + 1;
            wire.send(
                format!("MAIL FROM:<a@example.org>\r\nRCPT TO:<user{user:02}@example.test>\r\nDATA\r\n")
                    .as_bytes(),
            );
            let replies = [wire.reply(), wire.reply(), wire.reply()];
            assert!(replies[2].starts_with("354"), "message {number}, MAIL, RCPT and DATA: {replies:?}");
            wire.send(format!("{}.\r\n", message(number, OCTETS)).as_bytes());
            let reply = wire.reply();
            assert!(reply.starts_with("250"), "message {number}, behind its dot: {reply}");
        }
    };
    together(connections, open, send).0
}

/// How many messages are in the maildirs below.
fn delivered(mail: &Path) -> usize {
    let boxes = fs::read_dir(mail).into_iter().flatten().flatten();
    boxes.map(|maildir| fs::read_dir(maildir.path().join("new")).map_or(0, Iterator::count)).sum()
}
