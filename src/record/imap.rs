//! Recorded IMAP: commands with their literals, and responses of which only what stays is kept.

use std::collections::VecDeque;

use super::sasl::Recorded;
use super::{Item, Page, Reader, take_line, verb};
use crate::dialect::imap::{Framer, Kind, Response, Status, Value};
use crate::dialect::{Framing, Limits};

/// A recorded IMAP connection.
#[derive(Debug)]
pub(super) struct Imap {
    framer: Framer,
    client: Vec<u8>,
    server: Vec<u8>,
    /// The command that is being read: what of it is known as a template.
    begun: Option<String>,
    /// Octets of a literal that are still to come, and how it was announced.
    literal: Option<(usize, &'static str)>,
    /// Tag and words of the commands not answered yet.
    asked: VecDeque<(String, String)>,
    /// Whether the server's next `+` asks for a literal.
    wants_literal: bool,
    /// Whether the client's next line answers a `+`.
    continuing: bool,
    sasl: Option<Recorded>,
    greeted: bool,
    over: bool,
}

impl Imap {
    pub(super) fn new() -> Self {
        Self {
            framer: Framer::new(Limits::IMAP),
            client: Vec::new(),
            server: Vec::new(),
            begun: None,
            literal: None,
            asked: VecDeque::new(),
            wants_literal: false,
            continuing: false,
            sasl: None,
            greeted: false,
            over: false,
        }
    }

    /// One line of the client; `false` when it goes on behind a literal.
    fn line(&mut self, line: &[u8], out: &mut Page<'_>) {
        if let Some(recorded) = &mut self.sasl {
            return recorded.client(line);
        }
        if self.begun.is_none() && std::mem::take(&mut self.continuing) {
            return out.command(line);
        }
        let (text, literal) = split_literal(line);
        let mut command = self.begun.take().unwrap_or_default();
        let mut text = text;
        if command.is_empty() {
            let tag = text.split(|octet| *octet == b' ').next().unwrap_or_default();
            let rest = text.get(tag.len() + 1..).unwrap_or_default();
            let words = String::from_utf8_lossy(rest).to_ascii_uppercase();
            self.over |= words == "LOGOUT";
            self.asked.push_back((String::from_utf8_lossy(tag).into_owned(), words));
            if verb(rest) == "AUTHENTICATE"
                && let Some(recorded) = Recorded::begin(rest.get(13..).unwrap_or_default())
            {
                self.sasl = Some(recorded);
                return;
            }
            text = rest;
        }
        command.push_str(&out.names.template(&String::from_utf8_lossy(text)));
        match literal {
            Some((length, filter)) => {
                self.wants_literal = filter == "literal";
                self.literal = Some((length, filter));
                self.begun = Some(command);
            }
            None => out.items.push(Item::Command(hidden(command))),
        }
    }

    fn response(&mut self, response: &Response, out: &mut Page<'_>) {
        match &response.kind {
            Kind::Continuation { .. } if self.sasl.is_some() => {}
            Kind::Continuation { .. } if std::mem::take(&mut self.wants_literal) => {}
            Kind::Continuation { .. } => {
                self.continuing = true;
                out.items.push(Item::Response("+".to_owned()));
            }
            Kind::Tagged { tag, status, .. } => self.answer(tag, *status, out),
            Kind::Status { status, code, .. } => {
                let validity = code.as_ref().is_some_and(|code| code.raw.starts_with(b"UIDVALIDITY"));
                let text = match (status, std::mem::replace(&mut self.greeted, true)) {
                    (Status::Ok, false) => "* OK",
                    (Status::Preauth, false) => "* PREAUTH",
                    (Status::Bye, _) => "* BYE",
                    (Status::Ok, true) if validity => "* OK [UIDVALIDITY ${_ = number}]",
                    _ => return,
                };
                out.items.push(Item::Response(text.to_owned()));
            }
            Kind::Data { items } => {
                let uid = self.asked.front().is_some_and(|(_, words)| words.starts_with("UID "));
                out.items.extend(data(items, uid).map(|text| Item::Response(format!("* {text}"))));
            }
            Kind::Garbled => {}
        }
    }

    fn answer(&mut self, tag: &[u8], status: Option<Status>, out: &mut Page<'_>) {
        let place = self.asked.iter().position(|(known, _)| known.as_bytes() == tag);
        place.and_then(|place| self.asked.remove(place));
        self.continuing = false;
        if let Some(recorded) = self.sasl.take() {
            return out.items.push(recorded.end(status == Some(Status::Ok), out.names));
        }
        let word = match status {
            Some(Status::Ok) => "OK",
            Some(Status::No) => "NO",
            _ => "BAD",
        };
        out.items.push(Item::Answer(word.to_owned()));
    }
}

/// LOGIN with a secret that is none of the accounts': wrong on replay too, and not written down.
fn hidden(command: String) -> String {
    let login = command.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("LOGIN "));
    if !login || command.contains(".secret}") || command.contains("literal") {
        return command;
    }
    let user = command.split(' ').nth(1).unwrap_or_default();
    format!("LOGIN {user} not-the-secret")
}

/// A line without the announcement of a literal at its end, and that.
fn split_literal(line: &[u8]) -> (&[u8], Option<(usize, &'static str)>) {
    let announced = || {
        let open = line.iter().rposition(|octet| *octet == b'{')?;
        let digits = std::str::from_utf8(line.get(open + 1..)?.strip_suffix(b"}")?).ok()?;
        let (digits, filter) =
            digits.strip_suffix('+').map_or((digits, "literal"), |digits| (digits, "literal+"));
        Some((line.get(..open)?, digits.parse().ok()?, filter))
    };
    match announced() {
        Some((text, length, filter)) => (text, Some((length, filter))),
        None => (line, None),
    }
}

/// Data as a pattern; `None` for what says nothing about the session.
fn data(items: &[Value], uid: bool) -> Option<String> {
    let word = |at: usize| items.get(at).and_then(Value::octets).map(upper);
    let number =
        items.first().and_then(Value::octets).map(|octets| String::from_utf8_lossy(octets).into_owned());
    let first = word(0)?;
    match (first.as_str(), word(1).as_deref()) {
        ("SEARCH", _) if uid => Some("SEARCH ...".to_owned()),
        ("SEARCH", _) => {
            let numbers: Vec<String> = items
                .iter()
                .skip(1)
                .filter_map(Value::octets)
                .map(|octets| String::from_utf8_lossy(octets).into_owned())
                .collect();
            Some(format!("SEARCH {}", numbers.join(" ")).trim_end().to_owned())
        }
        ("FLAGS", _) => Some("FLAGS (...)".to_owned()),
        ("LIST" | "LSUB", _) => {
            Some(format!("{first} (...) ${{_ = any}} {}", string(items.last()?.octets()?)))
        }
        ("STATUS", _) => Some(format!("STATUS {} (...)", string(items.get(1)?.octets()?))),
        (_, Some("EXISTS" | "EXPUNGE")) => Some(format!("{} {}", number?, word(1)?)),
        (_, Some("FETCH")) => match items.get(2) {
            Some(Value::List(attributes)) => Some(format!("{} FETCH ({})", number?, fetched(attributes))),
            _ => None,
        },
        _ => None,
    }
}

/// FETCH items: flags stay, all else is some value.
fn fetched(attributes: &[Value]) -> String {
    let pairs = attributes.chunks(2).filter_map(|pair| {
        let name = String::from_utf8_lossy(pair.first()?.octets()?).into_owned();
        let value = match pair.get(1)? {
            Value::List(flags) if name.eq_ignore_ascii_case("FLAGS") => {
                let flags = flags.iter().filter_map(Value::octets).map(String::from_utf8_lossy);
                let flags: Vec<_> = flags.filter(|flag| !flag.eq_ignore_ascii_case("\\Recent")).collect();
                format!("({})", flags.join(" "))
            }
            _ => "${_ = any}".to_owned(),
        };
        Some(format!("{name} {value}"))
    });
    pairs.collect::<Vec<_>>().join(" ")
}

/// A string as a pattern has it: bare where it can be, else in quotes.
fn string(octets: &[u8]) -> String {
    let bare = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_/&+,".contains(octet);
    if !octets.is_empty() && octets.iter().all(bare) && !octets.eq_ignore_ascii_case(b"NIL") {
        return String::from_utf8_lossy(octets).into_owned();
    }
    let mut out = String::from("\"");
    for octet in octets {
        match octet {
            b'"' | b'\\' | b'.' | b'$' => out.extend(['\\', char::from(*octet)]),
            b' '..=b'~' => out.push(char::from(*octet)),
            other => out.push_str(&format!("\\x{other:02X}")),
        }
    }
    out.push('"');
    out
}

fn upper(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).to_ascii_uppercase()
}

impl Reader for Imap {
    fn client(&mut self, octets: &[u8], out: &mut Page<'_>) {
        self.client.extend_from_slice(octets);
        loop {
            if let Some((length, filter)) = self.literal {
                if self.client.len() < length {
                    return;
                }
                let text: Vec<u8> = self.client.drain(..length).collect();
                self.literal = None;
                let name = out.text(text);
                if let Some(begun) = &mut self.begun {
                    begun.push_str(&format!("${{{name} | {filter}}}"));
                }
            }
            let Some(line) = take_line(&mut self.client) else { return };
            self.line(&line, out);
        }
    }

    fn server(&mut self, octets: &[u8], out: &mut Page<'_>) {
        self.server.extend_from_slice(octets);
        while let Framing::Complete { consumed, item } = self.framer.frame(&self.server) {
            self.server.drain(..consumed.min(self.server.len()));
            self.response(&item, out);
        }
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
