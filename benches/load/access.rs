//! Mail out by IMAP and POP3: the reference server beside Dovecot.

use std::net::SocketAddr;

use crate::peers::Peer;
use crate::process::Reference;
use crate::report::{Table, rate, ratio};
use crate::wire::{Wire, message, together};

const MESSAGES: usize = 10_000;
const OCTETS: usize = 5 * 1024;
/// Mailboxes of a hundred messages for sessions that change flags.
const BOXES: usize = 100;
const IN_A_BOX: usize = 100;
/// Messages by APPEND.
const APPENDED: usize = 5000;

/// A server under load.
struct Subject {
    imap: SocketAddr,
    pop3: SocketAddr,
    /// Seconds of CPU so far.
    cpu: Box<dyn Fn() -> f64 + Sync>,
}

/// One thing that is measured: its name, its unit, how many units a second, and what limits the
/// reference server there, as a profile shows it.
struct Row {
    name: &'static str,
    unit: &'static str,
    run: fn(&Subject) -> f64,
    limit: &'static str,
}

/// How often each row is run; the best run counts.
const RUNS: usize = 3;

/// In which forms Dovecot can keep mail.
const FORMATS: [&str; 3] = ["maildir", "sdbox", "mdbox"];

/// What came out of a row.
#[derive(Debug, Clone, Copy)]
struct Measured {
    /// Of the best run.
    rate: f64,
    cpu: f64,
    /// How far the worst run was below it, as a part of it.
    spread: f64,
    format: &'static str,
}

const READING: [Row; 10] = [
    Row {
        name: "`FETCH 1:* (FLAGS UID)`, 10 sessions",
        unit: "messages/s",
        run: |s| whole(s, "FETCH 1:* (FLAGS UID)", 10, 20),
        limit: "writing the answers and copying them to the socket; the session's view has all of it, nothing is read",
    },
    Row {
        name: "`FETCH 1:* (ENVELOPE)`, 10 sessions",
        unit: "messages/s",
        run: |s| whole(s, "FETCH 1:* (ENVELOPE)", 10, 4),
        limit: "two look-ups in SQLite for each message, in one query, and the lists of addresses; the texts are copied once, from the row to the answer",
    },
    Row {
        name: "`FETCH 1:* (BODYSTRUCTURE)`, 10 sessions",
        unit: "messages/s",
        run: |s| whole(s, "FETCH 1:* (BODYSTRUCTURE)", 10, 4),
        limit: "the same look-ups, and a tree that is made of the kept structure before it is written; Dovecot's cache has the answer's text",
    },
    Row {
        name: "`FETCH 1:* BODY.PEEK[]`, 10 sessions",
        unit: "MB/s",
        run: |s| bodies(s, 10, 3),
        limit: "copies of each body, from SQLite's pages to the answer to the socket",
    },
    Row {
        name: "`FETCH n BODY.PEEK[]`, 10 sessions",
        unit: "commands/s",
        run: |s| single(s, 10, 2000),
        limit: "changes between threads: each command wakes the session, a thread that reads, the session again, and the client",
    },
    Row {
        name: "`FETCH n BODY.PEEK[]`, 100 sessions",
        unit: "commands/s",
        run: |s| single(s, 100, 200),
        limit: "the same changes, more of them at once, and the look-ups in SQLite",
    },
    Row {
        name: "`SEARCH TEXT`, 1 session",
        unit: "messages/s",
        run: |s| search(s, 1),
        limit: "one thread at a time: it has the pages of each body from SQLite, takes its header apart and looks its text through",
    },
    Row {
        name: "`SEARCH TEXT`, 10 sessions",
        unit: "messages/s",
        run: |s| search(s, 10),
        limit: "the same on three threads that read, and two cores",
    },
    Row {
        name: "POP3 `RETR` of all, 1 session",
        unit: "messages/s",
        run: |s| retr(s, 1),
        limit: "waiting in turn, a command and its answer; twenty messages are read together",
    },
    Row {
        name: "POP3 `RETR` of all, 10 sent ahead",
        unit: "messages/s",
        run: |s| retr(s, 10),
        limit: "copies of each body, and the client, which looks at every line",
    },
];

const WRITING: [Row; 4] = [
    Row {
        name: "`STORE n FLAGS`, 10 sessions",
        unit: "commands/s",
        run: |s| store(s, 10, 1000),
        limit: "the disk: one fsync for all changes that wait, which are few",
    },
    Row {
        name: "`STORE n FLAGS`, 100 sessions",
        unit: "commands/s",
        run: |s| store(s, 100, 100),
        limit: "the disk, shared by more of them, and waking the sessions",
    },
    Row {
        name: "`APPEND`, 1 session",
        unit: "messages/s",
        run: |s| append(s, 1, 500),
        limit: "the disk: one fsync for each message",
    },
    Row {
        name: "`APPEND`, 10 sessions",
        unit: "messages/s",
        run: |s| append(s, 10, APPENDED / 10),
        limit: "the disk: one fsync for all that wait, and each message is written twice, to the log and to the database",
    },
];

pub(crate) fn run() -> String {
    let ours = {
        let server = Reference::start(&[
            "--account=user01@example.test:user01-secret",
            "--account=user02@example.test:user02-secret",
        ]);
        let (imap, pop3) = (server.address("imap"), server.address("pop3"));
        let subject = Subject { imap, pop3, cpu: Box::new(move || server.cpu()) };
        fill(&subject);
        let mut results = measure(&subject, &READING, "");
        results.extend(measure(&subject, &WRITING, ""));
        results
    };
    let only = std::env::var("FORMAT").ok();
    let formats = FORMATS.into_iter().filter(|format| only.as_ref().is_none_or(|only| only == format));
    let theirs = formats.filter_map(dovecot).reduce(|one, other| {
        let better = |(one, other): (Measured, Measured)| if other.rate > one.rate { other } else { one };
        one.into_iter().zip(other).map(better).collect()
    });
    let mut table = Table::new(&[
        "",
        "unit",
        "reference server",
        "Dovecot",
        "its format",
        "ratio",
        "CPU s, ours",
        "CPU s, Dovecot",
    ]);
    let mut limits = String::new();
    for (place, row) in READING.iter().chain(&WRITING).enumerate() {
        let theirs = theirs.as_ref().map(|results| results[place]);
        let shown = |of: fn(Measured) -> String| theirs.map_or_else(|| "–".to_owned(), of);
        table.row(&[
            row.name.to_owned(),
            row.unit.to_owned(),
            rate(ours[place].rate),
            shown(|theirs| rate(theirs.rate)),
            shown(|theirs| theirs.format.to_owned()),
            ratio(ours[place].rate, theirs.map(|theirs| theirs.rate)),
            format!("{:.2}", ours[place].cpu),
            shown(|theirs| format!("{:.2}", theirs.cpu)),
        ]);
        limits.push_str(&format!("- {}: {}\n", row.name, row.limit));
    }
    let mut spreads: Vec<f64> =
        ours.iter().chain(theirs.iter().flatten()).map(|m| m.spread * 100.0).collect();
    spreads.sort_by(f64::total_cmp);
    format!(
        "## Mail out by IMAP and POP3\n\nA mailbox of {MESSAGES} messages of {OCTETS} octets. Dovecot 2.3 keeps its \
         processes and uses them again; it is run with its mail in `maildir`, in `sdbox` and in `mdbox`, and in each \
         row the fastest of these stands; `mail_fsync` is `always` where rows write and `optimized` elsewhere. Every \
         row is run {RUNS} times and the best run counts; the worst was {:.0} % below it in the middle of all rows, \
         and {:.0} % at most. The client runs on the same two cores, and takes its share of them: where it takes \
         most, both servers look alike, and the seconds of CPU tell them apart.\n\n{}\nWhat limits the reference \
         server, by a profile of each row:\n\n{limits}",
        spreads[spreads.len() / 2],
        spreads.last().copied().unwrap_or_default(),
        table.text()
    )
}

/// Dovecot with its mail in this form.
fn dovecot(format: &'static str) -> Option<Vec<Measured>> {
    let of = |dovecot: &Peer| {
        let group = dovecot.group();
        Subject {
            imap: dovecot.address("imap"),
            pop3: dovecot.address("pop3"),
            cpu: Box::new(move || group.cpu()),
        }
    };
    let dovecot = Peer::start("dovecot.sh", &[("FORMAT", format), ("FSYNC", "optimized")])?;
    let subject = of(&dovecot);
    fill(&subject);
    let mut results = measure(&subject, &READING, format);
    drop(dovecot);
    let dovecot = Peer::start_again("dovecot.sh", &[("FORMAT", format), ("FSYNC", "always")])?;
    results.extend(measure(&of(&dovecot), &WRITING, format));
    Some(results)
}

fn measure(subject: &Subject, rows: &[Row], format: &'static str) -> Vec<Measured> {
    let only = std::env::var("ROW").ok();
    let mut results = Vec::new();
    for row in rows {
        let mut best = Measured { rate: 0.0, cpu: 0.0, spread: 0.0, format };
        if only.as_ref().is_some_and(|only| !row.name.contains(only.as_str())) {
            results.push(best);
            continue;
        }
        let mut worst = f64::INFINITY;
        for _again in 0..RUNS {
            let before = (subject.cpu)();
            let rate = (row.run)(subject);
            if rate > best.rate {
                best = Measured { rate, cpu: (subject.cpu)() - before, ..best };
            }
            worst = worst.min(rate);
        }
        best.spread = 1.0 - worst / best.rate;
        let Measured { rate: value, cpu, spread, .. } = best;
        eprintln!("{} {format} {} {} {cpu:.2} s, -{:.0} %", row.name, rate(value), row.unit, spread * 100.0);
        results.push(best);
    }
    results
}

fn append_command(mailbox: &str, text: &str) -> String {
    format!("APPEND {mailbox} {{{}+}}\r\n{text}", text.len())
}

/// The mailbox, and small ones beside it.
fn fill(subject: &Subject) {
    let mut wire = Wire::imap(subject.imap, "user01");
    for batch in 0..MESSAGES / 50 {
        let mut command = String::from("APPEND INBOX");
        for number in batch * 50..(batch + 1) * 50 {
            let text = message(number, OCTETS);
            command.push_str(&format!(" {{{}+}}\r\n{text}", text.len()));
        }
        wire.command(&command);
    }
    wire.command("SELECT INBOX");
    for number in 0..BOXES {
        wire.command(&format!("CREATE box{number}"));
        let from = number * IN_A_BOX + 1;
        wire.command(&format!("COPY {from}:{} box{number}", from + IN_A_BOX - 1));
    }
    wire.command("CREATE appended");
}

fn selected(subject: &Subject, mailbox: &str) -> Wire {
    let mut wire = Wire::imap(subject.imap, "user01");
    wire.command(&format!("SELECT {mailbox}"));
    wire
}

fn whole(subject: &Subject, command: &str, sessions: usize, times: usize) -> f64 {
    let work = |_, mut wire: Wire| {
        for _ in 0..times {
            wire.command(command);
        }
    };
    let (seconds, _) = together(sessions, |_| selected(subject, "INBOX"), work);
    (sessions * times * MESSAGES) as f64 / seconds
}

fn bodies(subject: &Subject, sessions: usize, times: usize) -> f64 {
    let work = |_, mut wire: Wire| (0..times).map(|_| wire.command("FETCH 1:* BODY.PEEK[]")).sum::<u64>();
    let (seconds, octets) = together(sessions, |_| selected(subject, "INBOX"), work);
    octets.iter().sum::<u64>() as f64 / seconds / 1e6
}

fn single(subject: &Subject, sessions: usize, times: usize) -> f64 {
    let work = |session: usize, mut wire: Wire| {
        for time in 0..times {
            wire.command(&format!("FETCH {} BODY.PEEK[]", (session * 7919 + time * 104_729) % MESSAGES + 1));
        }
    };
    let (seconds, _) = together(sessions, |_| selected(subject, "INBOX"), work);
    (sessions * times) as f64 / seconds
}

fn search(subject: &Subject, sessions: usize) -> f64 {
    let work = |_, mut wire: Wire| wire.command("SEARCH TEXT \"nowhere to be found\"");
    let (seconds, _) = together(sessions, |_| selected(subject, "INBOX"), work);
    (sessions * MESSAGES) as f64 / seconds
}

fn store(subject: &Subject, sessions: usize, times: usize) -> f64 {
    let work = |session: usize, mut wire: Wire| {
        for time in 0..times {
            let flag = if (session + time / IN_A_BOX).is_multiple_of(2) { "+FLAGS" } else { "-FLAGS" };
            wire.command(&format!("STORE {} {flag} (\\Flagged)", time % IN_A_BOX + 1));
        }
    };
    let (seconds, _) = together(sessions, |number| selected(subject, &format!("box{number}")), work);
    (sessions * times) as f64 / seconds
}

fn append(subject: &Subject, sessions: usize, times: usize) -> f64 {
    let work = |session: usize, mut wire: Wire| {
        for time in 0..times {
            wire.command(&append_command("appended", &message(session * times + time, OCTETS)));
        }
    };
    let (seconds, _) = together(sessions, |_| Wire::imap(subject.imap, "user01"), work);
    (sessions * times) as f64 / seconds
}

fn retr(subject: &Subject, ahead: usize) -> f64 {
    let work = |_, mut wire: Wire| {
        let command = |number: usize| format!("RETR {number}\r\n");
        for first in (1..=MESSAGES).step_by(ahead) {
            let batch: String = (first..first + ahead).map(command).collect();
            wire.send(batch.as_bytes());
            for _ in 0..ahead {
                wire.skip_to_dot();
            }
        }
    };
    let (seconds, _) = together(1, |_| Wire::pop3(subject.pop3, "user01"), work);
    MESSAGES as f64 / seconds
}
