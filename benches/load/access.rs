//! Mail out by IMAP and POP3: the reference server beside Dovecot.

use std::net::SocketAddr;

use crate::peers::Peer;
use crate::process::{Group, Reference};
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
    group: Group,
    /// Seconds of CPU so far.
    cpu: Box<dyn Fn() -> f64 + Sync>,
}

/// One thing that is measured: its name, its unit, and how many units a second.
struct Row {
    name: &'static str,
    unit: &'static str,
    run: fn(&Subject) -> f64,
}

const READING: [Row; 10] = [
    Row {
        name: "`FETCH 1:* (FLAGS UID)`, 10 sessions",
        unit: "messages/s",
        run: |s| whole(s, "FETCH 1:* (FLAGS UID)", 10, 20),
    },
    Row {
        name: "`FETCH 1:* (ENVELOPE)`, 10 sessions",
        unit: "messages/s",
        run: |s| whole(s, "FETCH 1:* (ENVELOPE)", 10, 4),
    },
    Row {
        name: "`FETCH 1:* (BODYSTRUCTURE)`, 10 sessions",
        unit: "messages/s",
        run: |s| whole(s, "FETCH 1:* (BODYSTRUCTURE)", 10, 4),
    },
    Row { name: "`FETCH 1:* BODY.PEEK[]`, 10 sessions", unit: "MB/s", run: |s| bodies(s, 10, 3) },
    Row { name: "`FETCH n BODY.PEEK[]`, 10 sessions", unit: "commands/s", run: |s| single(s, 10, 2000) },
    Row { name: "`FETCH n BODY.PEEK[]`, 100 sessions", unit: "commands/s", run: |s| single(s, 100, 200) },
    Row { name: "`SEARCH TEXT`, 1 session", unit: "messages/s", run: |s| search(s, 1) },
    Row { name: "`SEARCH TEXT`, 10 sessions", unit: "messages/s", run: |s| search(s, 10) },
    Row { name: "POP3 `RETR` of all, 1 session", unit: "messages/s", run: |s| retr(s, 1) },
    Row { name: "POP3 `RETR` of all, 10 sent ahead", unit: "messages/s", run: |s| retr(s, 10) },
];

const WRITING: [Row; 4] = [
    Row { name: "`STORE n FLAGS`, 10 sessions", unit: "commands/s", run: |s| store(s, 10, 1000) },
    Row { name: "`STORE n FLAGS`, 100 sessions", unit: "commands/s", run: |s| store(s, 100, 100) },
    Row { name: "`APPEND`, 1 session", unit: "messages/s", run: |s| append(s, 1, 500) },
    Row { name: "`APPEND`, 10 sessions", unit: "messages/s", run: |s| append(s, 10, APPENDED / 10) },
];

pub(crate) fn run() -> String {
    let format = std::env::var("FORMAT").unwrap_or_else(|_| "maildir".to_owned());
    let ours = {
        let server = Reference::start(&[
            "--account=user01@example.test:user01-secret",
            "--account=user02@example.test:user02-secret",
        ]);
        let group = server.group();
        let (imap, pop3) = (server.address("imap"), server.address("pop3"));
        let subject = Subject { imap, pop3, group, cpu: Box::new(move || server.cpu()) };
        fill(&subject);
        let mut results = measure(&subject, &READING);
        results.extend(measure(&subject, &WRITING));
        results
    };
    let of = |dovecot: &Peer| {
        let group = dovecot.group();
        Subject {
            imap: dovecot.address("imap"),
            pop3: dovecot.address("pop3"),
            group,
            cpu: Box::new(move || group.cpu()),
        }
    };
    let settings = [("FORMAT", format.as_str()), ("FSYNC", "optimized")];
    let theirs = Peer::start("dovecot.sh", &settings).and_then(|dovecot| {
        let subject = of(&dovecot);
        fill(&subject);
        let mut results = measure(&subject, &READING);
        drop(dovecot);
        let dovecot = Peer::start_again("dovecot.sh", &[settings[0], ("FSYNC", "always")])?;
        results.extend(measure(&of(&dovecot), &WRITING));
        Some(results)
    });
    let mut table =
        Table::new(&["", "unit", "reference server", "Dovecot", "ratio", "CPU s, ours", "CPU s, Dovecot"]);
    for (place, row) in READING.iter().chain(&WRITING).enumerate() {
        let theirs = theirs.as_ref().map(|results| results[place]);
        table.row(&[
            row.name.to_owned(),
            row.unit.to_owned(),
            rate(ours[place].0),
            theirs.map_or_else(|| "–".to_owned(), |(value, _)| rate(value)),
            ratio(ours[place].0, theirs.map(|(value, _)| value)),
            format!("{:.2}", ours[place].1),
            theirs.map_or_else(|| "–".to_owned(), |(_, cpu)| format!("{cpu:.2}")),
        ]);
    }
    format!(
        "## Mail out by IMAP and POP3\n\nA mailbox of {MESSAGES} messages of {OCTETS} octets. Dovecot 2.3 keeps its \
         processes and uses them again, its mail is in `{format}`; `mail_fsync` is `always` where rows write and \
         `optimized` elsewhere. Every row is run twice and the better one counts. The client runs on the same two \
         cores, and takes its share of them.\n\n{}",
        table.text()
    )
}

fn measure(subject: &Subject, rows: &[Row]) -> Vec<(f64, f64)> {
    let mut results = Vec::new();
    for row in rows {
        let mut best = (0.0, 0.0);
        for _twice in 0..2 {
            let before = (subject.cpu)();
            let value = (row.run)(subject);
            if value > best.0 {
                best = (value, (subject.cpu)() - before);
            }
        }
        eprintln!("{} {} {} {:.2} s", row.name, rate(best.0), row.unit, best.1);
        results.push(best);
    }
    let _ = subject.group;
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
                while wire.line() != "." {}
            }
        }
    };
    let (seconds, _) = together(1, |_| Wire::pop3(subject.pop3, "user01"), work);
    MESSAGES as f64 / seconds
}
