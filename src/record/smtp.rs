//! Recorded SMTP: lines, messages after 354, and replies by their codes.

use super::sasl::Recorded;
use super::{Item, Page, Reader, take_line, verb};
use crate::dialect::smtp::{Framer, Reply};
use crate::dialect::{Framing, Limits};

/// A recorded SMTP connection.
#[derive(Debug)]
pub(super) struct Smtp {
    framer: Framer,
    client: Vec<u8>,
    server: Vec<u8>,
    state: State,
    over: bool,
}

#[derive(Debug)]
enum State {
    Commands,
    /// DATA was said and 354 has not come.
    DataAsked,
    /// 354 came: lines of the message, dots unstuffed.
    Message(Vec<u8>),
    Sasl(Recorded),
}

impl Smtp {
    pub(super) fn new() -> Self {
        Self {
            framer: Framer::new(Limits::SMTP),
            client: Vec::new(),
            server: Vec::new(),
            state: State::Commands,
            over: false,
        }
    }

    fn line(&mut self, line: &[u8], out: &mut Page<'_>) {
        match &mut self.state {
            State::Message(message) if line == b"." => {
                out.items.push(Item::Data(std::mem::take(message)));
                self.state = State::Commands;
            }
            State::Message(message) => {
                message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
                message.extend_from_slice(b"\r\n");
            }
            State::Sasl(recorded) => recorded.client(line),
            State::Commands | State::DataAsked => self.command(line, out),
        }
    }

    fn command(&mut self, line: &[u8], out: &mut Page<'_>) {
        match verb(line).as_str() {
            "AUTH" => {
                if let Some(recorded) = Recorded::begin(line.get(5..).unwrap_or_default()) {
                    self.state = State::Sasl(recorded);
                    return;
                }
            }
            hello @ ("EHLO" | "HELO" | "LHLO") => {
                out.items.push(Item::Command(format!("{} ${{client}}", hello.to_ascii_lowercase())));
                return;
            }
            "DATA" => self.state = State::DataAsked,
            "QUIT" => self.over = true,
            _ => {}
        }
        out.command(line);
    }

    fn reply(&mut self, reply: &Reply, out: &mut Page<'_>) {
        let code = reply.code().unwrap_or(0);
        match std::mem::replace(&mut self.state, State::Commands) {
            State::Sasl(recorded) if code == 334 => self.state = State::Sasl(recorded),
            State::Sasl(recorded) => out.items.push(recorded.end(reply.is_positive(), out.names)),
            State::DataAsked if code == 354 => {
                self.state = State::Message(Vec::new());
                out.items.push(Item::Response("354".to_owned()));
            }
            state => {
                // A reply before the one to DATA, when commands were pipelined.
                if matches!(state, State::DataAsked) && reply.is_positive() {
                    self.state = State::DataAsked;
                }
                out.items.push(Item::Answer(code.to_string()));
            }
        }
    }
}

impl Reader for Smtp {
    fn client(&mut self, octets: &[u8], out: &mut Page<'_>) {
        self.client.extend_from_slice(octets);
        while let Some(line) = take_line(&mut self.client) {
            self.line(&line, out);
        }
    }

    fn server(&mut self, octets: &[u8], out: &mut Page<'_>) {
        self.server.extend_from_slice(octets);
        while let Framing::Complete { consumed, item } = self.framer.frame(&self.server) {
            self.server.drain(..consumed.min(self.server.len()));
            self.reply(&item, out);
        }
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
