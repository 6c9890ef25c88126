//! The reference server under load, beside Postfix and Dovecot where these are installed:
//! `cargo bench --bench load [-- [--write] [smtp] [access] [idle] [memory] [scale] [login]]` prints a
//! Markdown table for each part, and with `--write` puts it into reports/benchmarks.md. Not a test:
//! nothing fails by the clock. The servers of others need root (they drop to users of their own).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a program for authors, run by hand"
)]

mod access;
mod idle;
mod login;
mod memory;
mod peers;
mod process;
mod report;
mod scale;
mod smtp;
mod state;
mod wire;

/// A part of the report.
struct Part {
    name: &'static str,
    run: fn() -> String,
}

const PARTS: [Part; 6] = [
    Part { name: "smtp", run: smtp::run },
    Part { name: "access", run: access::run },
    Part { name: "memory", run: memory::run },
    Part { name: "idle", run: idle::run },
    Part { name: "scale", run: scale::run },
    Part { name: "login", run: login::run },
];

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let write = asked.iter().any(|word| word == "--write");
    let chosen = |part: &&Part| {
        asked.iter().all(|word| word.starts_with("--")) || asked.iter().any(|word| word == part.name)
    };
    let _state = state::State::open();
    for part in PARTS.iter().filter(chosen) {
        let text = (part.run)();
        println!("{text}");
        if write {
            report::put(part.name, &text);
        }
    }
}
