//! A mailbox of 200,000 messages, and how long others wait for the one writer meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::process::Reference;
use crate::report::Table;
use crate::wire::{Wire, message};

const MESSAGES: usize = 200_000;
const FIRST: usize = 12_500;

pub(crate) fn run() -> String {
    let server = Reference::start(&[
        "--account=user01@example.test:user01-secret",
        "--account=user02@example.test:user02-secret",
    ]);
    let mut wire = Wire::imap(server.address("imap"), "user01");
    for batch in 0..FIRST / 50 {
        let mut command = String::from("APPEND INBOX");
        for number in batch * 50..(batch + 1) * 50 {
            let text = message(number, 1024);
            command.push_str(&format!(" {{{}+}}\r\n{text}", text.len()));
        }
        wire.command(&command);
    }
    let mut table = Table::new(&[
        "200,000 messages",
        "seconds",
        "peak above before, MB",
        "longest wait of an APPEND elsewhere",
    ]);
    let mut row = |name: &str, wire: &mut Wire, command: &str| {
        let (before, _) = server.group().memory();
        server.group().forget_peak();
        let (seconds, wait) = beside_appends(&server, wire, command);
        let (_, peak) = server.group().memory();
        table.row(&[
            name.to_owned(),
            format!("{:.2}", seconds.as_secs_f64()),
            format!("{:.1}", peak.saturating_sub(before) as f64 / 1024.0),
            format!("{wait:.0?}"),
        ]);
    };
    wire.command("SELECT INBOX");
    for doubling in 0..3 {
        wire.command(&format!("UID COPY 1:{} INBOX", FIRST << doubling));
    }
    assert_eq!(FIRST << 4, MESSAGES);
    row("COPY of 100,000 of them", &mut wire, "UID COPY 1:100000 INBOX");
    drop(wire);
    let mut wire = Wire::imap(server.address("imap"), "user01");
    for (name, command) in [
        ("SELECT", "SELECT INBOX"),
        ("FETCH 1:* (FLAGS UID)", "FETCH 1:* (FLAGS UID)"),
        ("SEARCH UNSEEN", "SEARCH UNSEEN"),
        ("SEARCH SUBJECT (every header is read)", "SEARCH SUBJECT nowhere"),
        ("STORE 1:100000 +FLAGS.SILENT", "STORE 1:100000 +FLAGS.SILENT (\\Deleted)"),
        ("EXPUNGE of these", "EXPUNGE"),
    ] {
        row(name, &mut wire, command);
    }
    wire.command("CREATE Elsewhere");
    row("MOVE of the other 100,000", &mut wire, "MOVE 1:* Elsewhere");
    let log = slow_reader(&server);
    format!(
        "## A large mailbox\n\nA session holds 16 octets for each message, and no message. COPY is all or nothing, so \
         that others wait for all of it; STORE, EXPUNGE and MOVE are cut into jobs between which others have their turn.\
         \n\n{}\nWhile a client had asked for 100,000 messages and read nothing, 5,000 messages came \
         in; SQLite's log had {log:.1} MB then: no reader holds it.\n",
        table.text()
    )
}

/// Gives the command while another session appends; gives how long it took, and the longest time that
/// one of these APPENDs did.
fn beside_appends(server: &Reference, wire: &mut Wire, command: &str) -> (Duration, Duration) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let mut wire = Wire::imap(server.address("imap"), "user02");
            let mut longest = Duration::ZERO;
            while !done.load(Ordering::Relaxed) {
                let start = Instant::now();
                wire.command("APPEND INBOX {3+}\r\nnew");
                longest = longest.max(start.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            longest
        });
        let start = Instant::now();
        wire.command(command);
        let elapsed = start.elapsed();
        done.store(true, Ordering::Relaxed);
        (elapsed, other.join().unwrap())
    })
}

/// The size of the log after many messages came while a FETCH waits for its reader.
fn slow_reader(server: &Reference) -> f64 {
    let mut slow = Wire::imap(server.address("imap"), "user01");
    slow.command("SELECT Elsewhere");
    slow.send(b"x FETCH 1:* BODY.PEEK[]\r\n");
    let mut wire = Wire::imap(server.address("imap"), "user02");
    for number in 0..100 {
        let text = message(number, 1024);
        let command: String = (0..50).map(|_| format!(" {{{}+}}\r\n{text}", text.len())).collect();
        wire.command(&format!("APPEND INBOX{command}"));
    }
    server.disk("mail.sqlite-wal") as f64 / 1e6
}
