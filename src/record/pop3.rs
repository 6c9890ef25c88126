//! Recorded POP3: commands, and replies of which only what stays is kept.

use std::collections::VecDeque;

use super::sasl::Recorded;
use super::{Item, Page, Reader, take_line, verb};
use crate::dialect::pop3::{Framer, Reply, Shape, Status};
use crate::dialect::{Framing, Limits};

/// A recorded POP3 connection.
#[derive(Debug)]
pub(super) struct Pop3 {
    framer: Framer,
    client: Vec<u8>,
    server: Vec<u8>,
    /// The commands not answered yet; the greeting answers the first, empty one.
    asked: VecDeque<(String, Shape)>,
    sasl: Option<Recorded>,
    over: bool,
}

impl Pop3 {
    pub(super) fn new() -> Self {
        Self {
            framer: Framer::new(Limits::POP3),
            client: Vec::new(),
            server: Vec::new(),
            asked: VecDeque::from([(String::new(), Shape::SingleLine)]),
            sasl: None,
            over: false,
        }
    }

    fn line(&mut self, line: &[u8], out: &mut Page<'_>) {
        if let Some(recorded) = &mut self.sasl {
            return recorded.client(line);
        }
        let verb = verb(line);
        let alone = !line.contains(&b' ');
        let shape = match verb.as_str() {
            "RETR" | "TOP" | "CAPA" => Shape::MultiLine,
            "LIST" | "UIDL" if alone => Shape::MultiLine,
            _ => Shape::SingleLine,
        };
        self.over |= verb == "QUIT";
        self.asked.push_back((verb.clone(), shape));
        match verb.as_str() {
            "AUTH" => match Recorded::begin(line.get(5..).unwrap_or_default()) {
                Some(recorded) => self.sasl = Some(recorded),
                None => out.command(line),
            },
            "PASS" => {
                let secret = String::from_utf8_lossy(line.get(5..).unwrap_or_default()).into_owned();
                let known = out.names.is_secret(&secret);
                // Somebody's password that is none of the accounts': wrong here too, and not written down.
                if known {
                    out.command(line)
                } else {
                    out.items.push(Item::Command("PASS not-the-secret".to_owned()))
                }
            }
            _ => out.command(line),
        }
    }

    fn reply(&mut self, reply: &Reply, out: &mut Page<'_>) {
        if reply.status == Some(Status::Continuation) && self.sasl.is_some() {
            return;
        }
        let (verb, _) = self.asked.pop_front().unwrap_or((String::new(), Shape::SingleLine));
        if let Some(recorded) = self.sasl.take_if(|_| verb == "AUTH") {
            out.items.push(recorded.end(reply.status == Some(Status::Ok), out.names));
            return;
        }
        match reply.status {
            Some(Status::Ok) => out.items.push(Item::Answer(positive(&verb, reply))),
            Some(Status::Continuation) => out.items.push(Item::Response("+".to_owned())),
            Some(Status::Err) | None => out.items.push(Item::Answer("-ERR".to_owned())),
        }
        let Some(payload) = &reply.payload else { return };
        for line in payload_lines(&verb, payload) {
            out.items.push(Item::Response(line));
        }
        out.items.push(Item::Response(".".to_owned()));
    }
}

/// How many messages there are stays; sizes and unique ids do not.
fn positive(verb: &str, reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.text);
    let number = text.split(' ').next().filter(|word| word.parse::<u32>().is_ok());
    match (verb, number) {
        ("STAT", Some(number)) => format!("+OK {number} ..."),
        ("LIST" | "UIDL", Some(number)) if reply.payload.is_none() => format!("+OK {number} ..."),
        _ => "+OK".to_owned(),
    }
}

fn payload_lines(verb: &str, payload: &[u8]) -> Vec<String> {
    match verb {
        "LIST" | "UIDL" => payload
            .split(|octet| *octet == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                format!("{} ...", String::from_utf8_lossy(line).split(' ').next().unwrap_or_default())
            })
            .collect(),
        _ => vec!["...".to_owned()],
    }
}

impl Reader for Pop3 {
    fn client(&mut self, octets: &[u8], out: &mut Page<'_>) {
        self.client.extend_from_slice(octets);
        while let Some(line) = take_line(&mut self.client) {
            self.line(&line, out);
        }
    }

    fn server(&mut self, octets: &[u8], out: &mut Page<'_>) {
        self.server.extend_from_slice(octets);
        loop {
            let shape = self.asked.front().map_or(Shape::SingleLine, |(_, shape)| *shape);
            let Framing::Complete { consumed, item } = self.framer.frame(&self.server, shape) else { return };
            self.server.drain(..consumed.min(self.server.len()));
            self.reply(&item, out);
        }
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
