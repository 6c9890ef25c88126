//! Sessions with other servers (RFC 5321): greeting, STARTTLS, AUTH, QUIT. What is said about a
//! message is in [`super::transaction`].

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::abilities::Abilities;
use super::outcome::Reason;
use super::reply::{Place, Reply};
use super::route::{NextHop, RelayTls};
use crate::deviation::Seams;
use crate::net::{Anchors, Outbound, Trust};

/// For the connection.
const CONNECT: Duration = Duration::from_secs(30);
/// For the greeting, and the replies to MAIL and RCPT (RFC 5321, section 4.5.3.2).
pub(super) const COMMAND: Duration = Duration::from_secs(5 * 60);
/// For the reply to DATA.
pub(super) const DATA: Duration = Duration::from_secs(2 * 60);
/// For a piece of the message to be taken.
const BLOCK: Duration = Duration::from_secs(3 * 60);
/// For the reply to the end of the data.
pub(super) const END_OF_DATA: Duration = Duration::from_secs(10 * 60);
/// For the reply to QUIT, on which nothing hangs.
const QUIT: Duration = Duration::from_secs(5);
/// For the reply that shows that a session is still there.
const PROBE: Duration = Duration::from_secs(10);

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

/// A session with another server, ready for mail.
pub(super) struct Client {
    connection: Outbound,
    pub(super) host: String,
    pub(super) abilities: Abilities,
    pub(super) protection: Protection,
    pub(super) seams: Arc<Seams>,
}

/// Who can read along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// Everybody on the way.
    None,
    /// Under TLS with somebody.
    Tls,
    /// Under TLS with who it should be.
    Verified,
}

/// What a session must be.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'w> {
    /// The server.
    pub(super) hop: &'w NextHop,
    /// Is TLS used?
    pub(super) tls: RelayTls,
    /// Who is believed, where certificates are verified.
    pub(super) anchors: Option<&'w Anchors>,
    /// The name by which to greet.
    pub(super) hostname: &'w str,
    /// How things are done that a deviation may do otherwise.
    pub(super) seams: &'w Arc<Seams>,
}

impl Client {
    /// Connects, greets, and does what is wanted (TLS, AUTH). A session that begins and cannot
    /// be used ends with QUIT.
    pub(super) async fn open(address: SocketAddr, wanted: Wanted<'_>) -> Result<Self, Unusable> {
        let connection = Outbound::connect(address, CONNECT).await?;
        let mut client = Self {
            connection,
            host: name(&wanted.hop.host),
            abilities: Abilities::default(),
            protection: Protection::None,
            seams: Arc::clone(wanted.seams),
        };
        let greeting = client.reply(COMMAND).await?;
        let ready = match (wanted.seams.queue.is_welcome)(greeting.code) {
            true => client.prepare(address, wanted).await,
            false => Err(client.refusal(&greeting)),
        };
        match ready {
            Ok(()) => Ok(client),
            // After a handshake that failed there is nobody to say it to.
            Err(unusable @ (Unusable::Refused(_) | Unusable::NoTls(_))) => {
                client.quit().await;
                Err(unusable)
            }
            Err(lost @ Unusable::Lost(_)) => Err(lost),
        }
    }

    async fn prepare(&mut self, address: SocketAddr, wanted: Wanted<'_>) -> Result<(), Unusable> {
        let Wanted { hop, tls, anchors, hostname, .. } = wanted;
        self.hello(hostname).await?;
        if tls != RelayTls::Never && self.abilities.starttls {
            let trust = match (tls, anchors) {
                (RelayTls::Verified, Some(anchors)) => Trust::These(anchors),
                (RelayTls::Verified, None) => {
                    return Err(self.lacks("4.7.5", "there are no authorities to verify a certificate by"));
                }
                _ => Trust::Anybody,
            };
            self.start_tls(hostname, &hop.host, trust).await?;
        } else if matches!(tls, RelayTls::Required | RelayTls::Verified) {
            return Err(Unusable::NoTls(io::Error::other("TLS is required and not offered")));
        }
        if let Some((user, secret)) = &hop.login {
            if self.protection == Protection::None && !address.ip().is_loopback() {
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
            self.abilities = Abilities::of(&reply);
            return Ok(());
        }
        if !(reply.is_permanent() && (self.seams.queue.says_helo)()) {
            return Err(self.refusal(&reply));
        }
        let reply = self.ask(&format!("HELO {hostname}\r\n"), COMMAND).await?;
        self.abilities = Abilities::default();
        if (self.seams.queue.is_welcome)(reply.code) { Ok(()) } else { Err(self.refusal(&reply)) }
    }

    async fn start_tls(&mut self, hostname: &str, host: &str, trust: Trust<'_>) -> Result<(), Unusable> {
        // A server that hangs up here may stay where TLS is not asked for.
        let reply = self.ask("STARTTLS\r\n", COMMAND).await.map_err(Unusable::NoTls)?;
        if reply.code != 220 {
            return Err(Unusable::NoTls(io::Error::other(reply.text())));
        }
        self.connection.start_tls(host, trust, COMMAND).await.map_err(Unusable::NoTls)?;
        self.protection = match trust {
            Trust::Anybody => Protection::Tls,
            Trust::These(_) => Protection::Verified,
        };
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

    /// Says goodbye; whether that is heard does not matter.
    pub(super) async fn quit(mut self) {
        let _ = self.ask("QUIT\r\n", QUIT).await;
    }

    /// Is the session still there, after a while without a word?
    pub(super) async fn is_alive(&mut self) -> bool {
        matches!(self.ask("RSET\r\n", PROBE).await, Ok(reply) if reply.is_positive())
    }

    pub(super) async fn ask(&mut self, command: &str, within: Duration) -> io::Result<Reply> {
        self.connection.send(command.as_bytes(), BLOCK).await?;
        self.reply(within).await
    }

    pub(super) async fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        self.connection.send(octets, BLOCK).await
    }

    pub(super) async fn reply(&mut self, within: Duration) -> io::Result<Reply> {
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

    pub(super) fn reason(&self, reply: &Reply) -> Reason {
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
