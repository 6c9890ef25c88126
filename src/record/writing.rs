//! The recording as a script: steps in the order in which things happened.

use std::fmt::Write as _;

use super::imap::Imap;
use super::pop3::Pop3;
use super::smtp::Smtp;
use super::{Item, Moment, Names, Page, Reader, Said};
use crate::script::model::Protocol;

/// What a recorded answer judges: that it comes again.
const LAW: &str = "house-recorded-session";

/// The script that replays these moments.
#[must_use]
pub fn script(protocol: Protocol, names: &Names, moments: &[Moment]) -> String {
    let mut links: Vec<Link> = Vec::new();
    let mut texts = Vec::new();
    let mut steps = Steps::default();
    for moment in moments {
        while links.len() <= moment.connection {
            links.push(Link { reader: reader(protocol), open: true });
        }
        let Some(link) = links.get_mut(moment.connection) else { continue };
        if !link.open {
            continue;
        }
        let name = connection_name(moment.connection);
        let mut page = Page { names, items: Vec::new(), texts: &mut texts };
        match &moment.said {
            Said::Opened => steps.step(&format!("connect: {{name: {name}}}")),
            Said::Client(octets) => link.reader.client(octets, &mut page),
            Said::Server(octets) => link.reader.server(octets, &mut page),
            Said::ServerClosed | Said::ClientClosed => {
                let closed = link.reader.is_over() || moment.said == Said::ServerClosed;
                link.open = false;
                steps.step(if closed { "closed" } else { "drop" });
                steps.on(&name);
            }
        }
        for item in page.items {
            steps.item(&name, item);
        }
    }
    write(protocol, names, &texts, &steps.text)
}

struct Link {
    reader: Box<dyn Reader>,
    open: bool,
}

fn reader(protocol: Protocol) -> Box<dyn Reader> {
    match protocol {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => Box::new(Smtp::new()),
        Protocol::Pop3 => Box::new(Pop3::new()),
        Protocol::Imap => Box::new(Imap::new()),
    }
}

fn connection_name(number: usize) -> String {
    if number == 0 { "main".to_owned() } else { format!("client-{}", number + 1) }
}

/// The steps' text, with the talk that is being written.
#[derive(Default)]
struct Steps {
    text: String,
    /// The connection of the talk at the end of the text.
    talking: Option<String>,
}

impl Steps {
    /// A step of one line; `on` may follow.
    fn step(&mut self, step: &str) {
        self.talking = None;
        // Writing to a String cannot fail.
        let _ = if step.contains(':') {
            writeln!(self.text, "      - {step}")
        } else {
            writeln!(self.text, "      - {step}:")
        };
    }

    /// The connection of the step before.
    fn on(&mut self, name: &str) {
        if name != "main" {
            let _ = writeln!(self.text, "        on: {name}");
        }
    }

    fn line(&mut self, name: &str, line: &str) {
        if self.talking.as_deref() != Some(name) {
            self.step("talk: |");
            self.talking = Some(name.to_owned());
            if name != "main" {
                // The block comes last, so that its lines can follow.
                let begin = self.text.len() - "      - talk: |\n".len();
                self.text.truncate(begin);
                let _ = writeln!(self.text, "      - on: {name}\n        talk: |");
            }
        }
        let _ = writeln!(self.text, "          {line}");
    }

    fn item(&mut self, name: &str, item: Item) {
        match item {
            Item::Command(text) => self.line(name, &format!("C: {text}")),
            Item::Response(text) => self.line(name, &format!("S: {text}")),
            Item::Answer(text) => self.line(name, &format!("S: {text}     § {LAW}")),
            Item::Data(message) => {
                let text = quoted(&message).replace("${", "$${");
                self.step(&format!("data: {text}"));
                self.on(name);
            }
            Item::Octets(octets) => {
                let escaped = crate::wire::escape(&octets).replace('\'', "''").replace("${", "$${");
                self.step(&format!("send: '{escaped}'"));
                self.on(name);
            }
            Item::Sasl { mechanism, account, let_in } => {
                let outcome = if let_in { "" } else { "tamper: proof, expect: refused, " };
                self.step(&format!("sasl: {{mechanism: {mechanism}, as: {account}, {outcome}law: {LAW}}}"));
                self.on(name);
            }
        }
    }
}

fn write(protocol: Protocol, names: &Names, texts: &[Vec<u8>], steps: &str) -> String {
    let accounts: Vec<&str> = names.accounts().collect();
    let mut out = format!(
        "# Recorded with `mailspec record`. Each answer is held to come again; where it shows a rule,\n\
         # name that instead of {LAW}.\n\
         version: 1\nsuite: A recorded session\nprotocol: {}\ncases:\n  - id: session\n    \
         name: the session goes as it went when it was recorded\n    given:\n      accounts: [{}]\n    \
         deadline: 2m\n",
        protocol.as_str(),
        accounts.join(", ")
    );
    if !texts.is_empty() {
        out.push_str("    let:\n");
        for (number, text) in texts.iter().enumerate() {
            let template = names.template(&String::from_utf8_lossy(text));
            let _ = writeln!(out, "      text{}: {}", number + 1, quoted(template.as_bytes()));
        }
    }
    out.push_str("    steps:\n");
    out.push_str(steps);
    out
}

/// A double-quoted YAML scalar (YAML 1.2, section 5.7). Octets that are not UTF-8 are replaced.
fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 || control == '\x7f' => {
                let _ = write!(out, "\\x{:02X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Account;

    fn names() -> Names {
        let account = Account {
            user: "al-1".to_owned(),
            address: "al-1@example.test".to_owned(),
            secret: "al-1-secret".to_owned(),
            token: None,
            certificate: None,
        };
        Names::new(&[("alice".to_owned(), account)])
    }

    /// `C` and `S` lines as moments of one connection.
    fn moments(lines: &[&str]) -> Vec<Moment> {
        let mut moments = vec![Moment { connection: 0, said: Said::Opened }];
        for line in lines {
            let octets = format!("{}\r\n", line.get(3..).unwrap_or_default()).into_bytes();
            let said = if line.starts_with('C') { Said::Client(octets) } else { Said::Server(octets) };
            moments.push(Moment { connection: 0, said });
        }
        moments.push(Moment { connection: 0, said: Said::ClientClosed });
        moments
    }

    fn steps(protocol: Protocol, lines: &[&str]) -> String {
        let text = script(protocol, &names(), &moments(lines));
        let file = std::sync::Arc::new(crate::source::SourceFile::new("recorded.yaml", text.clone()));
        let ledger = crate::requirement::Ledger::built_in();
        let nothing =
            crate::script::read::Surroundings { attachment: &|_| Err(String::new()), block: &|_| None };
        if let Err(mistakes) = crate::script::read::read(&file, "recorded", ledger, nothing) {
            panic!("{mistakes}\n{text}");
        }
        text.split_once("    steps:\n")
            .map(|(_, steps)| steps.replace("     § house-recorded-session", " §"))
            .unwrap()
    }

    #[test]
    fn imap_with_a_literal_and_what_changes() {
        let said = [
            "S: * OK ready",
            "C: A1 LOGIN al-1 \"al-1-secret\"",
            "S: A1 OK in",
            "C: A2 APPEND INBOX (\\Seen) {4}",
            "S: + go on",
            "C: ab",
            "C: ",
            "S: * 1 EXISTS",
            "S: A2 OK [APPENDUID 17 1] done",
            "C: A3 FETCH 1 (UID FLAGS RFC822.SIZE)",
            "S: * 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) RFC822.SIZE 4)",
            "S: A3 OK",
            "C: A4 LOGOUT",
            "S: * BYE",
            "S: A4 OK",
        ];
        let wanted = "      - connect: {name: main}\n      - talk: |\n          S: * OK\n          C: LOGIN ${alice.user} \"${alice.secret}\"\n          S: OK §\n          C: APPEND INBOX (\\Seen) ${text1 | literal}\n          S: * 1 EXISTS\n          S: OK §\n          C: FETCH 1 (UID FLAGS RFC822.SIZE)\n          S: * 1 FETCH (UID ${_ = any} FLAGS (\\Seen) RFC822.SIZE ${_ = any})\n          S: OK §\n          C: LOGOUT\n          S: * BYE\n          S: OK §\n      - closed:\n";
        assert_eq!(steps(Protocol::Imap, &said), wanted);
    }

    #[test]
    fn smtp_with_a_message_and_a_login() {
        let said = [
            "S: 220 hi",
            "C: ehlo laptop",
            "S: 250-a",
            "S: 250 b",
            "C: AUTH PLAIN AGFsLTEAYWwtMS1zZWNyZXQ=",
            "S: 235 in",
            "C: mail FROM:<al-1@example.test>",
            "S: 250 ok",
            "C: data",
            "S: 354 go",
            "C: Subject: x",
            "C: ",
            "C: ..dot",
            "C: .",
            "S: 250 queued",
        ];
        let wanted = "      - connect: {name: main}\n      - talk: |\n          S: 220 §\n          C: ehlo ${client}\n          S: 250 §\n      - sasl: {mechanism: PLAIN, as: alice, law: house-recorded-session}\n      - talk: |\n          C: mail FROM:<${alice.address}>\n          S: 250 §\n          C: data\n          S: 354\n      - data: \"Subject: x\\r\\n\\r\\n.dot\\r\\n\"\n      - talk: |\n          S: 250 §\n      - drop:\n";
        assert_eq!(steps(Protocol::Submission, &said), wanted);
    }

    #[test]
    fn pop3_keeps_numbers_and_no_sizes() {
        let said = [
            "S: +OK hi",
            "C: USER al-1",
            "S: +OK",
            "C: PASS somebody-elses",
            "S: -ERR no",
            "C: PASS al-1-secret",
            "S: +OK 1 message",
            "C: STAT",
            "S: +OK 1 320",
            "C: LIST",
            "S: +OK",
            "S: 1 320",
            "S: .",
            "C: QUIT",
            "S: +OK",
        ];
        let text = steps(Protocol::Pop3, &said);
        assert!(!text.contains("somebody-elses") && !text.contains("al-1"), "{text}");
        assert!(text.contains("C: STAT\n          S: +OK 1 ... §\n          C: LIST\n          S: +OK §\n          S: 1 ...\n          S: .\n"), "{text}");
    }
}
