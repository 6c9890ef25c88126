//! What a message of 50 MB costs in memory, in each direction.

use std::time::Instant;

use crate::process::Reference;
use crate::report::Table;
use crate::wire::Wire;

const OCTETS: usize = 50 * 1000 * 1000;

pub(crate) fn run() -> String {
    let server = Reference::start(&["--account=user01@example.test:user01-secret"]);
    let text = large();
    let mut table = Table::new(&["50 MB", "seconds", "peak above idle, MB", "peak in all, MB"]);
    let mut row = |name: &str, work: &mut dyn FnMut()| {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let (idle, _) = server.group().memory();
        server.group().forget_peak();
        let start = Instant::now();
        work();
        let seconds = start.elapsed().as_secs_f64();
        let (_, peak) = server.group().memory();
        let mb = |kib: u64| format!("{:.1}", kib as f64 / 1024.0);
        table.row(&[name.to_owned(), format!("{seconds:.2}"), mb(peak.saturating_sub(idle)), mb(peak)]);
    };
    row("in by SMTP DATA", &mut || send(&server, &text, Way::Data));
    row("in by SMTP BDAT", &mut || send(&server, &text, Way::Bdat));
    row("in by IMAP APPEND", &mut || {
        let mut wire = Wire::imap(server.address("imap"), "user01");
        wire.command(&format!("APPEND INBOX {{{}+}}\r\n{text}", text.len()));
    });
    let mut wire = Wire::imap(server.address("imap"), "user01");
    wire.command("SELECT INBOX");
    row("`FETCH 1 BODY.PEEK[]`", &mut || assert!(wire.command("FETCH 1 BODY.PEEK[]") > OCTETS as u64));
    row("`FETCH 1 BODY.PEEK[]<40000000.1000>`", &mut || {
        wire.command("FETCH 1 BODY.PEEK[]<40000000.1000>");
    });
    row("`FETCH 1:3 (ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER])`", &mut || {
        wire.command("FETCH 1:3 (ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER])");
    });
    row("`FETCH 1 BINARY.PEEK[2]` (base64)", &mut || {
        wire.command("FETCH 1 BINARY.PEEK[2]");
    });
    row("`SEARCH TEXT` in all three", &mut || {
        wire.command("SEARCH TEXT nowhere");
    });
    row("in by CATENATE of a URL of it", &mut || {
        wire.command("APPEND INBOX CATENATE (TEXT {14+}\r\nX-First: yes\r\n URL \"/INBOX/;UID=1\")");
    });
    row("in by CATENATE of ten URLs of 5 MB of it each", &mut || {
        let parts: String = (0..10)
            .map(|part| format!(" URL \"/INBOX/;UID=1/;PARTIAL={}.5000000\"", part * 5_000_000))
            .collect();
        wire.command(&format!("APPEND INBOX CATENATE ({})", parts.trim_start()));
    });
    row("in by REPLACE", &mut || {
        wire.command(&format!("UID REPLACE 3 INBOX {{{}+}}\r\n{text}", text.len()));
    });
    row("in by MULTIAPPEND of its halves", &mut || {
        let (one, other) = text.split_at(text.len() / 2);
        wire.command(&format!("APPEND INBOX {{{}+}}\r\n{one} {{{}+}}\r\n{other}", one.len(), other.len()));
    });
    row("POP3 RETR", &mut || {
        let mut pop3 = Wire::pop3(server.address("pop3"), "user01");
        pop3.send(b"RETR 1\r\n");
        pop3.until(|tail| tail.ends_with(b"\r\n.\r\n"));
    });
    row("ten times `FETCH 1 BODY.PEEK[]` at once", &mut || {
        crate::wire::together(
            10,
            |_| {
                let mut wire = Wire::imap(server.address("imap"), "user01");
                wire.command("SELECT INBOX");
                wire
            },
            |_, mut wire| wire.command("FETCH 1 BODY.PEEK[]"),
        );
    });
    row("ten times in by SMTP DATA at once", &mut || {
        crate::wire::together(10, |_| (), |_, ()| send(&server, &text, Way::Data));
    });
    let log = server.disk("mail.sqlite-wal") as f64 / 1e6;
    format!("## Memory of a large message\n\n{}\nSQLite's log had {log:.1} MB at the end.\n", table.text())
}

enum Way {
    Data,
    Bdat,
}

fn send(server: &Reference, text: &str, way: Way) {
    let mut wire = Wire::connect(server.address("smtp"));
    wire.reply();
    wire.send(b"EHLO bench.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<user01@example.test>\r\n");
    (0..3).for_each(|_| drop(wire.reply()));
    match way {
        Way::Data => {
            wire.send(b"DATA\r\n");
            wire.reply();
            wire.send(text.as_bytes());
            wire.send(b".\r\n");
        }
        Way::Bdat => {
            wire.send(format!("BDAT {} LAST\r\n", text.len()).as_bytes());
            wire.send(text.as_bytes());
        }
    }
    let reply = wire.reply();
    assert!(reply.starts_with("250"), "{reply}");
}

/// A message with a large text and a large attachment.
fn large() -> String {
    let mut text = String::from(
        "Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nFrom: a@example.org\r\nSubject: large\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n",
    );
    while text.len() < OCTETS / 2 {
        text.push_str("a line of text among very many others, none of which says anything else\r\n");
    }
    text.push_str("--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    while text.len() < OCTETS {
        text.push_str("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n");
    }
    text.push_str("--b--\r\n");
    text
}
