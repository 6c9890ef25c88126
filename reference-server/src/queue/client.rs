//! The client's side of SMTP (RFC 5321) with PIPELINING, SIZE, 8BITMIME, STARTTLS, AUTH and
//! DSN where the other server has them: several messages over one connection, one outcome
//! for each recipient.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::needs::Needs;
use super::outcome::{Outcome, Reason};
use super::reply::{Place, Reply};
use super::route::{NextHop, RelayTls};
use crate::net::Outbound;
use crate::store::{BodyId, Pending, Queued, READ, Store};

/// For the connection.
const CONNECT: Duration = Duration::from_secs(30);
/// For the greeting, and the replies to MAIL and RCPT (RFC 5321, section 4.5.3.2).
const COMMAND: Duration = Duration::from_secs(5 * 60);
/// For the reply to DATA.
const DATA: Duration = Duration::from_secs(2 * 60);
/// For a piece of the message to be taken.
const BLOCK: Duration = Duration::from_secs(3 * 60);
/// For the reply to the end of the data.
const END_OF_DATA: Duration = Duration::from_secs(10 * 60);
/// For the reply to QUIT, on which nothing hangs.
const QUIT: Duration = Duration::from_secs(5);

/// Why a server cannot be used now.
#[derive(Debug)]
pub(super) enum Unusable {
    /// The connection failed.
    Lost(io::Error),
    /// It refused, or it lacks what is needed.
    Refused(Refusal),
    /// The handshake failed; without TLS it may work.
    NoTls(io::Error),
}

/// A refusal of the whole session.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Will it be the same later?
    pub(super) permanent: bool,
    /// Its reason.
    pub(super) reason: Reason,
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// What the other server can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Abilities {
    pipelining: bool,
    eight_bit: bool,
    size: bool,
    dsn: bool,
    starttls: bool,
    auth_plain: bool,
    smtputf8: bool,
    chunking: bool,
    binary: bool,
}

/// A session with another server, ready for mail.
pub(super) struct Client {
    connection: Outbound,
    host: String,
    abilities: Abilities,
}

impl Client {
    /// Connects, greets, and does what the hop asks for (TLS, AUTH).
    pub(super) async fn open(
        address: SocketAddr,
        hop: &NextHop,
        tls: RelayTls,
        hostname: &str,
    ) -> Result<Self, Unusable> {
        let connection = Outbound::connect(address, CONNECT).await?;
        Self::begin(connection, hop, tls, hostname, address.ip().is_loopback()).await
    }

    /// The same over a connection that is there.
    pub(super) async fn begin(
        connection: Outbound,
        hop: &NextHop,
        tls: RelayTls,
        hostname: &str,
        on_this_machine: bool,
    ) -> Result<Self, Unusable> {
        let mut client = Self { connection, host: name(&hop.host), abilities: Abilities::default() };
        match client.establish(hop, tls, hostname, on_this_machine).await {
            Ok(()) => Ok(client),
            Err(Unusable::Refused(refusal)) => {
                // The connection is ended by QUIT all the same (RFC 5321, section 4.1.4).
                client.quit().await;
                Err(Unusable::Refused(refusal))
            }
            Err(error) => Err(error),
        }
    }

    /// From the greeting to where mail can be handed over.
    async fn establish(
        &mut self,
        hop: &NextHop,
        tls: RelayTls,
        hostname: &str,
        on_this_machine: bool,
    ) -> Result<(), Unusable> {
        let greeting = self.reply(COMMAND).await?;
        if !greeting.is_positive() {
            return Err(self.refusal(&greeting));
        }
        self.hello(hostname).await?;
        let under_tls = tls != RelayTls::Never && self.abilities.starttls;
        if under_tls {
            self.start_tls(hostname).await?;
        } else if tls == RelayTls::Required {
            return Err(self.lacks("4.7.4", "TLS is required and not offered"));
        }
        if let Some((user, secret)) = &hop.login {
            if !under_tls && !on_this_machine {
                return Err(self.lacks("4.7.4", "a secret is not sent without TLS"));
            }
            self.log_in(user, secret).await?;
        }
        Ok(())
    }

    /// EHLO, or HELO where that is not understood (RFC 5321, section 3.2).
    async fn hello(&mut self, hostname: &str) -> Result<(), Unusable> {
        let reply = self.ask(&format!("EHLO {hostname}\r\n"), COMMAND).await?;
        if reply.is_positive() {
            self.abilities = abilities(&reply);
            return Ok(());
        }
        if !reply.is_permanent() {
            return Err(self.refusal(&reply));
        }
        let reply = self.ask(&format!("HELO {hostname}\r\n"), COMMAND).await?;
        self.abilities = Abilities::default();
        if reply.is_positive() { Ok(()) } else { Err(self.refusal(&reply)) }
    }

    async fn start_tls(&mut self, hostname: &str) -> Result<(), Unusable> {
        let reply = self.ask("STARTTLS\r\n", COMMAND).await?;
        if reply.code != 220 {
            return Err(Unusable::NoTls(io::Error::other(reply.text())));
        }
        let host = self.host.clone();
        self.connection.start_tls(&host, COMMAND).await.map_err(Unusable::NoTls)?;
        // What was said in plain text is forgotten (RFC 3207, section 4.2).
        self.hello(hostname).await
    }

    /// AUTH PLAIN (RFC 4616).
    async fn log_in(&mut self, user: &str, secret: &str) -> Result<(), Unusable> {
        if !self.abilities.auth_plain {
            return Err(self.lacks("4.7.0", "AUTH PLAIN is needed and not offered"));
        }
        let response = STANDARD.encode(format!("\0{user}\0{secret}"));
        let reply = self.ask(&format!("AUTH PLAIN {response}\r\n"), COMMAND).await?;
        if reply.is_positive() {
            return Ok(());
        }
        // A wrong secret is the operator's mistake and may be mended: the mail waits.
        let reason = self.reason(&reply);
        Err(Unusable::Refused(Refusal { permanent: false, reason }))
    }

    /// Hands one message over. The outcomes are in the order of the recipients; an error is
    /// a lost connection, after which nothing is known of any of them.
    pub(super) async fn hand_over(&mut self, message: &Queued, store: &Store) -> io::Result<Vec<Outcome>> {
        let mut content = Pieces::of(store, message).await?;
        let needs = content.needs(Needs::of(message)).await?;
        if let Some(lacking) = self.lacking(&needs) {
            let reason = Reason { host: Some(self.host.clone()), ..lacking };
            return Ok(vec![Outcome::Failed(reason); message.recipients.len()]);
        }
        let (mail, recipients) = (self.mail(message, &needs), &message.recipients);
        // A message that is not made of lines comes by BDAT, which is sent once it is wanted.
        let data = if needs.binary { "" } else { "DATA\r\n" };
        let commands: Vec<String> = recipients.iter().map(|pending| self.rcpt(pending)).collect();
        let mut replies = Vec::with_capacity(recipients.len());
        let sender;
        let go_ahead;
        if self.abilities.pipelining {
            let batch = format!("{mail}{}{data}", commands.concat());
            self.connection.send(batch.as_bytes(), BLOCK).await?;
            sender = self.reply(COMMAND).await?;
            for _ in &commands {
                replies.push(self.reply(COMMAND).await?);
            }
            go_ahead = if needs.binary { None } else { Some(self.reply(DATA).await?) };
        } else {
            sender = self.ask(&mail, COMMAND).await?;
            if sender.is_positive() {
                for command in &commands {
                    replies.push(self.ask(command, COMMAND).await?);
                }
            }
            let any = replies.iter().any(Reply::is_positive);
            go_ahead = if any && !needs.binary { Some(self.ask(data, DATA).await?) } else { None };
        }
        let wanted = sender.is_positive() && replies.iter().any(Reply::is_positive);
        let end = match go_ahead {
            Some(go) if go.code == 354 => {
                // Asked for data that nobody takes, the client sends none (RFC 2920, section 3.1).
                if wanted {
                    self.send_content(&mut content).await?;
                }
                self.connection.send(b".\r\n", BLOCK).await?;
                Some(self.reply(END_OF_DATA).await?)
            }
            None if needs.binary && wanted => {
                self.send_binary(message, &mut content).await?;
                Some(self.reply(END_OF_DATA).await?)
            }
            other => other,
        };
        if !(wanted && end.as_ref().is_some_and(Reply::is_positive)) {
            // No transaction may be left over for the next message.
            self.ask("RSET\r\n", COMMAND).await?;
        }
        let place = |index: usize| {
            let decisive = if !sender.is_positive() {
                Some(&sender)
            } else {
                replies.get(index).filter(|reply| !reply.is_positive()).or(end.as_ref())
            };
            decisive.map_or_else(
                || Outcome::Deferred(Reason::ours("4.4.2", "no reply was received")),
                |reply| self.outcome(reply),
            )
        };
        Ok((0..recipients.len()).map(place).collect())
    }

    /// What the message needs and the other server does not have. Conversion, which RFC 6152 (section
    /// 3) and RFC 3030 (section 3) leave as another way, is not done.
    fn lacking(&self, needs: &Needs) -> Option<Reason> {
        let abilities = &self.abilities;
        if needs.smtputf8() && !abilities.smtputf8 {
            return Some(needs.without_smtputf8());
        }
        if needs.binary && !(abilities.chunking && abilities.binary) {
            let text = "the next server takes no binary content, and conversion is not done";
            return Some(Reason::ours("5.6.3", text));
        }
        (needs.eight_bit && !abilities.eight_bit).then(|| {
            Reason::ours("5.6.3", "the next server takes no 8-bit content, and conversion is not done")
        })
    }

    /// The message in one piece (RFC 3030, section 2).
    async fn send_binary(&mut self, message: &Queued, content: &mut Pieces<'_>) -> io::Result<()> {
        let command = format!("BDAT {} LAST\r\n", message.octets);
        self.connection.send(command.as_bytes(), BLOCK).await?;
        content.rewind();
        while let Some(piece) = content.next().await? {
            self.connection.send(piece, BLOCK).await?;
        }
        Ok(())
    }

    /// The message, dot-stuffed, up to the line with the dot.
    async fn send_content(&mut self, content: &mut Pieces<'_>) -> io::Result<()> {
        let mut stuffer = Stuffer::default();
        let mut wire = Vec::new();
        content.rewind();
        while let Some(piece) = content.next().await? {
            stuffer.push(piece, &mut wire);
            self.connection.send(&wire, BLOCK).await?;
            wire.clear();
        }
        stuffer.finish(&mut wire);
        self.connection.send(&wire, BLOCK).await
    }

    fn mail(&self, message: &Queued, needs: &Needs) -> String {
        let envelope = &message.envelope;
        let mut mail = format!("MAIL FROM:<{}>", envelope.sender.as_deref().unwrap_or_default());
        if self.abilities.size {
            mail.push_str(&format!(" SIZE={}", message.octets));
        }
        if needs.binary {
            mail.push_str(" BODY=BINARYMIME");
        } else if needs.eight_bit {
            mail.push_str(" BODY=8BITMIME");
        }
        if needs.smtputf8() {
            mail.push_str(" SMTPUTF8");
        }
        if self.abilities.dsn {
            if let Some(returned) = envelope.returned {
                mail.push_str(&format!(" RET={}", returned.name()));
            }
            if let Some(id) = &envelope.id {
                mail.push_str(&format!(" ENVID={id}"));
            }
        }
        mail + "\r\n"
    }

    fn rcpt(&self, pending: &Pending) -> String {
        let remote = &pending.remote;
        let mut rcpt = format!("RCPT TO:<{}>", remote.address);
        if self.abilities.dsn {
            if remote.notify.is_given() {
                rcpt.push_str(&format!(" NOTIFY={}", remote.notify));
            }
            if let Some(original) = &remote.original {
                rcpt.push_str(&format!(" ORCPT={original}"));
            }
        }
        rcpt + "\r\n"
    }

    fn outcome(&self, reply: &Reply) -> Outcome {
        if reply.is_positive() {
            Outcome::HandedOver { host: self.host.clone(), reports: self.abilities.dsn }
        } else if reply.is_permanent() {
            Outcome::Failed(self.reason(reply))
        } else {
            Outcome::Deferred(self.reason(reply))
        }
    }

    /// Says goodbye; whether that is heard does not matter.
    pub(super) async fn quit(mut self) {
        let _ = self.ask("QUIT\r\n", QUIT).await;
    }

    async fn ask(&mut self, command: &str, within: Duration) -> io::Result<Reply> {
        self.connection.send(command.as_bytes(), BLOCK).await?;
        self.reply(within).await
    }

    async fn reply(&mut self, within: Duration) -> io::Result<Reply> {
        let mut reply = Reply::default();
        loop {
            let line = self.connection.line(within).await?;
            match reply.line(&line) {
                Ok(Place::Inner) => {}
                Ok(Place::Last) if reply.code == 421 => return Err(io::Error::other(reply.text())),
                Ok(Place::Last) => return Ok(reply),
                Err(_) => {
                    let text = format!("no reply of SMTP: {:?}", String::from_utf8_lossy(&line));
                    return Err(io::Error::new(io::ErrorKind::InvalidData, text));
                }
            }
        }
    }

    fn reason(&self, reply: &Reply) -> Reason {
        Reason { status: reply.status(), text: reply.text(), host: Some(self.host.clone()), is_reply: true }
    }

    fn refusal(&self, reply: &Reply) -> Unusable {
        Unusable::Refused(Refusal { permanent: reply.is_permanent(), reason: self.reason(reply) })
    }

    fn lacks(&self, status: &str, text: &str) -> Unusable {
        let reason = Reason { host: Some(self.host.clone()), ..Reason::ours(status, text) };
        Unusable::Refused(Refusal { permanent: false, reason })
    }
}

/// The name of the other server as reports tell it: an address stands in brackets.
fn name(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => format!("[{address}]"),
        Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Err(_) => host.to_owned(),
    }
}

/// What the lines of EHLO's reply after the first say.
fn abilities(reply: &Reply) -> Abilities {
    let mut found = Abilities::default();
    for line in reply.lines.iter().skip(1) {
        let mut words = line.split_ascii_whitespace();
        let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
        match keyword.as_str() {
            "PIPELINING" => found.pipelining = true,
            "8BITMIME" => found.eight_bit = true,
            "SIZE" => found.size = true,
            "DSN" => found.dsn = true,
            "STARTTLS" => found.starttls = true,
            "SMTPUTF8" => found.smtputf8 = true,
            "CHUNKING" => found.chunking = true,
            "BINARYMIME" => found.binary = true,
            "AUTH" => found.auth_plain = words.any(|word| word.eq_ignore_ascii_case("PLAIN")),
            _ => {}
        }
    }
    found
}

/// The octets of a queued message, a piece at a time.
struct Pieces<'s> {
    store: &'s Store,
    body: BodyId,
    /// The piece that is here.
    piece: Vec<u8>,
    /// Where it begins.
    from: u64,
    next: u64,
}

impl<'s> Pieces<'s> {
    async fn of(store: &'s Store, message: &Queued) -> io::Result<Self> {
        let body = message.body;
        let piece = store.body_range(body, 0, READ).await.map_err(io::Error::other)?;
        Ok(Self { store, body, piece, from: 0, next: 0 })
    }

    fn rewind(&mut self) {
        self.next = 0;
    }

    async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if self.next != self.from {
            self.piece = self.store.body_range(self.body, self.next, READ).await.map_err(io::Error::other)?;
            self.from = self.next;
        }
        self.next = self.next.saturating_add(READ);
        Ok((!self.piece.is_empty()).then_some(&self.piece))
    }

    async fn needs(&mut self, mut needs: Needs) -> io::Result<Needs> {
        while let Some(piece) = self.next().await? {
            needs.feed(piece);
        }
        needs.end();
        Ok(needs)
    }
}

/// Puts a dot before each line that begins with one, and ends the last line by CRLF (RFC 5321,
/// section 4.5.2), in octets that come piece by piece.
#[derive(Debug)]
struct Stuffer {
    /// The last two octets.
    end: [u8; 2],
}

impl Default for Stuffer {
    fn default() -> Self {
        Self { end: *b"\r\n" }
    }
}

impl Stuffer {
    fn push(&mut self, piece: &[u8], wire: &mut Vec<u8>) {
        for line in piece.split_inclusive(|octet| *octet == b'\n') {
            if self.end[1] == b'\n' && line.first() == Some(&b'.') {
                wire.push(b'.');
            }
            wire.extend_from_slice(line);
            self.end = match line {
                [.., before, last] => [*before, *last],
                [last] => [self.end[1], *last],
                [] => self.end,
            };
        }
    }

    fn finish(&self, wire: &mut Vec<u8>) {
        if self.end != *b"\r\n" {
            wire.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_the_last_line_is_ended() {
        let stuffed = |content: &[u8], size| {
            let (mut stuffer, mut wire) = (Stuffer::default(), Vec::new());
            content.chunks(size).for_each(|piece| stuffer.push(piece, &mut wire));
            stuffer.finish(&mut wire);
            wire
        };
        for size in 1..9 {
            assert_eq!(stuffed(b".\r\n..a\r\nb.\r\n", size), b"..\r\n...a\r\nb.\r\n");
            assert_eq!(stuffed(b"cut", size), b"cut\r\n");
            assert_eq!(stuffed(b"", size), b"");
        }
    }

    #[test]
    fn abilities_are_read_in_any_case_and_not_from_the_first_line() {
        let reply = Reply {
            code: 250,
            lines: ["DSN greets", "pipelining", "AUTH LOGIN plain", "Size 100"].map(str::to_owned).to_vec(),
        };
        let found = abilities(&reply);
        assert!(found.pipelining && found.auth_plain && found.size);
        assert!(!found.dsn && !found.starttls && !found.eight_bit);
    }
}
