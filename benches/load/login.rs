//! What a login costs, a right one and a wrong one.

use std::time::Instant;

use crate::process::Reference;
use crate::report::Table;
use crate::wire::Wire;

const LOGINS: usize = 2000;

pub(crate) fn run() -> String {
    let server = Reference::start(&["--account=user01@example.test:user01-secret"]);
    let mut table =
        Table::new(&["IMAP: connect, greeting, and", "microseconds", "CPU of the server, microseconds"]);
    let mut row = |name: &str, times: usize, command: &str| {
        let (start, cpu) = (Instant::now(), server.cpu());
        for _ in 0..times {
            let mut wire = Wire::connect(server.address("imap"));
            wire.line();
            wire.send(format!("a {command}\r\n").as_bytes());
            wire.line();
        }
        let each = |seconds: f64| format!("{:.0}", seconds * 1e6 / times as f64);
        table.row(&[name.to_owned(), each(start.elapsed().as_secs_f64()), each(server.cpu() - cpu)]);
    };
    row("NOOP, for comparison", LOGINS, "NOOP");
    row(
        "LOGIN with the right password (verified before, remembered under an HMAC)",
        LOGINS,
        "LOGIN user01 user01-secret",
    );
    row("LOGIN with a wrong password", 50, "LOGIN user01 wrong");
    row("LOGIN as nobody", 50, "LOGIN nobody wrong");
    format!("## Logins\n\n{}", table.text())
}
