//! `sasl`: an authentication exchange over SMTP (RFC 4954), POP3 (RFC 5034) or IMAP (RFC 3501,
//! section 6.2.2), computed by `crate::sasl`.
//!
//! Here messages are put into lines and taken out of replies; what they mean is the mechanism's
//! affair. What the server does against the mechanism's rules departs from the step's own
//! expectation: only an exchange in which both sides proved themselves is a success.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{Then, Wanted, imap, send, whole};
use crate::dialect::imap::{Kind, Status as ImapStatus};
use crate::dialect::pop3::{Shape, Status as Pop3Status};
use crate::run::halt::Halt;
use crate::run::stage::{Departure, Stage, quote};
use crate::sasl::{Binding, Broken, Credentials, Exchange, Mechanism, Order};
use crate::script::model::{ChannelType, Initial, Protocol, Replacement, Sasl, SaslOutcome, Step, Tamper};
use crate::script::template::Template;

/// Challenges before it is plain that there is no end.
const MAX_CHALLENGES: usize = 16;

/// The server's side of an exchange.
enum Turn {
    /// A challenge, decoded.
    Challenge(Vec<u8>),
    /// A challenge that is not base64.
    Garbled(Vec<u8>),
    /// The exchange is over, and the client is in.
    Success(Vec<u8>),
    /// The exchange is over, and the client is not.
    Refused(Vec<u8>),
}

/// What came of an exchange.
enum Came {
    Success(Vec<u8>),
    Refused(Vec<u8>),
    /// The server broke the rules; the harness cancelled.
    Broken(Broken),
    /// No answer, which is written down.
    Nothing,
}

/// Does the step.
pub(in crate::run::steps) async fn authenticate(
    stage: &mut Stage,
    step: &Step,
    sasl: &Sasl,
) -> Result<(), Halt> {
    let credentials = credentials(stage, sasl)?;
    let flaw = match sasl.tamper {
        Some(Tamper::Flaw(flaw)) => Some(flaw),
        Some(Tamper::Message { .. }) | None => None,
    };
    let binding = binding(stage, step, sasl)?;
    let exchange = Exchange::new(sasl.mechanism, credentials, flaw, &nonce()?, binding);
    let text = match sasl.outcome {
        SaslOutcome::Success => format!("{} lets the client in", sasl.mechanism.name()),
        SaslOutcome::Refused => format!("{} refuses the client", sasl.mechanism.name()),
    };
    let wanted = Wanted { text: &text, law: sasl.law.as_ref(), span: step.span };
    let mut conversation = Conversation { stage, step, sasl, wanted, exchange, said: 0, tag: Vec::new() };
    let came = conversation.hold().await?;
    let proved = conversation.exchange.succeeded();
    judge(stage, wanted, sasl.outcome, came, proved)
}

/// Compares what came with what was expected.
fn judge(
    stage: &mut Stage,
    wanted: Wanted<'_>,
    outcome: SaslOutcome,
    came: Came,
    proved: Result<(), Broken>,
) -> Result<(), Halt> {
    if let Came::Success(reply) | Came::Refused(reply) = &came {
        stage.bindings.set("reply", reply.strip_suffix(b"\r\n").unwrap_or(reply).to_vec());
    }
    let departure = match (outcome, came, proved) {
        (_, Came::Nothing, _)
        | (SaslOutcome::Success, Came::Success(_), Ok(()))
        | (SaslOutcome::Refused, Came::Refused(_), _) => return Ok(()),
        (_, Came::Broken(broken), _) | (SaslOutcome::Success, Came::Success(_), Err(broken)) => {
            Departure::answer(broken.expected, broken.actual, "the server breaks the mechanism's rules")
        }
        (SaslOutcome::Success, Came::Refused(reply), _) => {
            Departure::answer(wanted.text, quote(&reply), "the client is refused")
        }
        (SaslOutcome::Refused, Came::Success(reply), _) => {
            Departure::answer(wanted.text, quote(&reply), "the client is let in")
        }
    };
    stage.depart(wanted.law, wanted.span, departure)
}

fn credentials(stage: &Stage, sasl: &Sasl) -> Result<Credentials, Halt> {
    let (account, _) = stage.account(&sasl.account)?;
    let text = |template: Option<&Template>, otherwise: &str| -> Result<String, Halt> {
        let Some(template) = template else { return Ok(otherwise.to_owned()) };
        let octets = stage.octets(template)?;
        String::from_utf8(octets)
            .map_err(|_| Halt::Error("a name or token of `sasl` is not UTF-8".to_owned()))
    };
    let token = text(sasl.token.as_ref(), account.token.as_deref().unwrap_or_default())?;
    if token.is_empty() && sasl.mechanism.takes_token() {
        return Err(Halt::Error(format!("the target gives `{}` no token", sasl.account)));
    }
    let secret = text(sasl.secret.as_ref(), &account.secret)?;
    stage.evidence.recorder().hide(token.as_bytes());
    stage.evidence.recorder().hide(secret.as_bytes());
    Ok(Credentials {
        user: text(sasl.user.as_ref(), &account.user)?,
        secret,
        authzid: text(sasl.authzid.as_ref(), "")?,
        token,
    })
}

/// What a PLUS variant binds to: what the script asks for, else the exporter of TLS 1.3
/// (RFC 9266, section 3), else the server's certificate.
fn binding(stage: &mut Stage, step: &Step, sasl: &Sasl) -> Result<Option<Binding>, Halt> {
    if !matches!(sasl.mechanism, Mechanism::ScramPlus(_)) {
        return Ok(None);
    }
    let place = stage.place(step.span);
    let channel = stage.session(&step.on)?.connection.channel();
    let exporter = channel.exporter.map(|data| (ChannelType::Exporter, data));
    let end_point = channel.end_point.map(|data| (ChannelType::ServerEndPoint, data));
    let found = match sasl.binding {
        None => exporter.or(end_point),
        Some(ChannelType::Exporter) => exporter,
        Some(ChannelType::ServerEndPoint) => end_point,
    };
    let why = || {
        let name = sasl.mechanism.name();
        Halt::Error(format!("{place}: {name} has nothing to bind to on this connection: `starttls` first"))
    };
    let (kind, data) = found.ok_or_else(why)?;
    Ok(Some(Binding { kind: kind.as_str().to_owned(), data }))
}

/// Printable, without a comma, and never the same (RFC 5802, section 5.1).
fn nonce() -> Result<String, Halt> {
    let mut octets = [0; 18];
    let random = SystemRandom::new().fill(&mut octets);
    random.map_err(|_| Halt::Error("the system gives no random octets".to_owned()))?;
    Ok(STANDARD.encode(octets))
}

/// An exchange under way.
struct Conversation<'a> {
    stage: &'a mut Stage,
    step: &'a Step,
    sasl: &'a Sasl,
    wanted: Wanted<'a>,
    exchange: Exchange,
    /// How many messages the client has said.
    said: usize,
    /// The command's tag in IMAP.
    tag: Vec<u8>,
}

impl Conversation<'_> {
    async fn hold(&mut self) -> Result<Came, Halt> {
        self.begin().await?;
        for _ in 0..MAX_CHALLENGES {
            let challenge = match self.hear().await? {
                None => return Ok(Came::Nothing),
                Some(Turn::Success(reply)) => return Ok(Came::Success(reply)),
                Some(Turn::Refused(reply)) => return Ok(Came::Refused(reply)),
                Some(Turn::Challenge(challenge)) => challenge,
                Some(Turn::Garbled(reply)) => {
                    let broken =
                        Broken { expected: "a challenge in base64".to_owned(), actual: quote(&reply) };
                    return self.cancel(broken).await;
                }
            };
            match self.exchange.respond(&challenge) {
                Ok(message) => {
                    let line = self.line(&message)?;
                    self.send(line).await?;
                }
                Err(broken) => return self.cancel(broken).await,
            }
        }
        let expected = format!("an outcome after {MAX_CHALLENGES} challenges");
        self.cancel(Broken { expected, actual: "another challenge".to_owned() }).await
    }

    /// The command, with an initial response where that is asked for.
    async fn begin(&mut self) -> Result<(), Halt> {
        let name = self.sasl.mechanism.name();
        let protocol = self.stage.session(&self.step.on)?.protocol();
        let mut arguments = name.to_owned();
        if self.has_initial(protocol) {
            let broken = |_| Halt::Error(format!("{name} has no first message"));
            let message = self.exchange.respond(b"").map_err(broken)?;
            let line = self.line(&message)?;
            // An empty one is a lone `=` (RFC 4954, section 4; RFC 5034, section 4; RFC 4959, section 3).
            let line = if line.is_empty() { "=".to_owned() } else { line };
            arguments = format!("{name} {line}");
        }
        match protocol {
            Protocol::Imap => {
                self.tag = imap::begin_sasl(self.stage, self.step, &arguments).await?;
                Ok(())
            }
            _ => self.send(format!("AUTH {arguments}")).await,
        }
    }

    /// Whether the first message stands in the command. Left to the harness it does not where the
    /// line might be too long (255 octets in POP3: RFC 5034, section 4; 512 in SMTP), and in IMAP
    /// only where the server declares SASL-IR (RFC 4959).
    fn has_initial(&self, protocol: Protocol) -> bool {
        if self.sasl.mechanism.order() == Order::ServerFirst {
            return false;
        }
        match (self.sasl.initial, protocol) {
            (Initial::InCommand, _) => true,
            (Initial::AfterChallenge, _) => false,
            (Initial::Auto, Protocol::Imap) => self.stage.target.declared().has(Protocol::Imap, "SASL-IR"),
            (Initial::Auto, _) => !self.sasl.mechanism.takes_token(),
        }
    }

    /// The next message of the client as a line, tampered with where the script says so.
    fn line(&mut self, message: &[u8]) -> Result<String, Halt> {
        self.said += 1;
        let by = match &self.sasl.tamper {
            Some(Tamper::Message { number, by }) if *number == self.said => by,
            _ => return Ok(STANDARD.encode(message)),
        };
        Ok(match by {
            Replacement::Text(text) => STANDARD.encode(self.stage.octets(text)?),
            Replacement::Line(line) => String::from_utf8_lossy(&self.stage.octets(line)?).into_owned(),
            Replacement::Cut(octets) => {
                let end = message.len().saturating_sub(*octets);
                STANDARD.encode(message.get(..end).unwrap_or_default())
            }
        })
    }

    async fn send(&mut self, mut line: String) -> Result<(), Halt> {
        line.push_str("\r\n");
        match self.stage.session(&self.step.on)?.protocol() {
            Protocol::Imap => imap::continue_sasl(self.stage, self.step, line.as_bytes()).await,
            _ => send(self.stage, self.step, &self.step.on, line.as_bytes(), Then::Read).await,
        }
    }

    /// Ends the exchange by `*`; the answer to that does not matter here.
    async fn cancel(&mut self, broken: Broken) -> Result<Came, Halt> {
        self.send("*".to_owned()).await?;
        self.hear().await?;
        Ok(Came::Broken(broken))
    }

    /// The server's next turn; `None` when there was none and that was written down.
    async fn hear(&mut self) -> Result<Option<Turn>, Halt> {
        match self.stage.session(&self.step.on)?.protocol() {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => self.hear_smtp().await,
            Protocol::Pop3 => self.hear_pop3().await,
            Protocol::Imap => self.hear_imap().await,
        }
    }

    /// `334 challenge`; 2xx; anything else (RFC 4954, section 4).
    async fn hear_smtp(&mut self) -> Result<Option<Turn>, Halt> {
        let wait = self.stage.wait(self.step.within);
        let heard = self.stage.session(&self.step.on)?.hear_smtp(wait).await;
        let Some(reply) = whole(self.stage, self.wanted, heard, wait)? else { return Ok(None) };
        Ok(Some(match (reply.code(), reply.lines.as_slice()) {
            (Some(334), [line]) => challenge(&line.text, &reply.raw),
            (Some(334), _) => Turn::Garbled(reply.raw),
            _ if reply.is_positive() => Turn::Success(reply.raw),
            _ => Turn::Refused(reply.raw),
        }))
    }

    /// `+ challenge`; `+OK`; anything else (RFC 5034, section 4).
    async fn hear_pop3(&mut self) -> Result<Option<Turn>, Halt> {
        let wait = self.stage.wait(self.step.within);
        let heard = self.stage.session(&self.step.on)?.hear_pop3(wait, Some(Shape::SingleLine)).await;
        let Some(reply) = whole(self.stage, self.wanted, heard, wait)? else { return Ok(None) };
        Ok(Some(match reply.status {
            Some(Pop3Status::Continuation) => challenge(&reply.text, &reply.raw),
            Some(Pop3Status::Ok) => Turn::Success(reply.raw),
            Some(Pop3Status::Err) | None => Turn::Refused(reply.raw),
        }))
    }

    /// `+ challenge`; a tagged `OK`; another tagged answer (RFC 3501, section 6.2.2).
    async fn hear_imap(&mut self) -> Result<Option<Turn>, Halt> {
        let heard = imap::hear_sasl(self.stage, self.step, &self.tag, self.wanted).await?;
        let Some(response) = heard else { return Ok(None) };
        Ok(Some(match response.kind {
            Kind::Continuation { text } => challenge(&text, &response.raw),
            Kind::Tagged { status: Some(ImapStatus::Ok), .. } => Turn::Success(response.raw),
            _ => Turn::Refused(response.raw),
        }))
    }
}

fn challenge(text: &[u8], raw: &[u8]) -> Turn {
    match STANDARD.decode(text) {
        Ok(challenge) => Turn::Challenge(challenge),
        Err(_) => Turn::Garbled(raw.to_vec()),
    }
}
