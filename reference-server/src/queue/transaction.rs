//! One message handed to another server: MAIL, RCPT, DATA or BDAT, with PIPELINING and what else
//! that server can do, and one outcome for each recipient. A message on terms that it cannot keep
//! is not given to it.

use std::io;

use super::client::{COMMAND, Client, DATA, END_OF_DATA, Protection};
use super::content::{Form, Pieces, Stuffer};
use super::needs::Needs;
use super::outcome::{Outcome, Reason};
use super::reply::Reply;
use crate::message::downgrade::Fit;
use crate::store::{Lateness, Millis, Pending, Queued, Store, TlsTerm, Writing};

/// What one attempt works on.
#[derive(Clone, Copy)]
pub(super) struct Letter<'l> {
    /// The message.
    pub(super) message: &'l Queued,
    /// Where its octets are.
    pub(super) store: &'l Store,
    /// The time.
    pub(super) now: Millis,
}

/// How the message is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Announced {
    body: Option<&'static str>,
    /// Must SMTPUTF8 be said?
    utf8: bool,
    /// Is the size known?
    size: bool,
}

/// The replies to one transaction.
struct Said {
    sender: Reply,
    recipients: Vec<Reply>,
    end: Option<Reply>,
}

impl Client {
    /// Hands one message over. The outcomes are in the order of the recipients; an error is
    /// a lost connection, after which nothing is known of any of them.
    pub(super) async fn hand_over(&mut self, letter: Letter<'_>) -> io::Result<Vec<Outcome>> {
        let everybody = letter.message.recipients.len();
        let mut content = Pieces::of(letter.store, letter.message).await?;
        let (form, announced) = match self.form(letter, &mut content).await? {
            Ok(fit) => fit,
            Err(reason) => return Ok(vec![Outcome::Failed(reason); everybody]),
        };
        let mail = self.mail(letter, announced);
        let named = letter.message.recipients.iter().take((self.seams.queue.named)(everybody));
        let commands: Vec<String> =
            named.map(|pending| self.rcpt(letter.message, pending, announced)).collect();
        let said = if announced.body == Some("BINARYMIME") {
            self.by_bdat(&mail, &commands, &mut content, letter.message.octets).await?
        } else {
            self.by_data(&mail, &commands, &mut content, form).await?
        };
        Ok((0..everybody).map(|index| self.outcome_of(letter.message, &said, index)).collect())
    }

    /// Asked for the message, or why this server cannot have it: what it can do is compared with
    /// what the message needs.
    async fn form(
        &mut self,
        letter: Letter<'_>,
        content: &mut Pieces<'_>,
    ) -> io::Result<Result<(Form, Announced), Reason>> {
        if let Err(reason) = self.keeps_terms(letter) {
            return Ok(Err(reason));
        }
        if self.abilities.is_too_large(letter.message.octets) && (self.seams.queue.heeds_size)() {
            // Making it fit its form makes it no smaller. The 552 that MAIL would get (RFC 1870, section
            // 6.1) is not waited for (section 7).
            return Ok(Err(self.unable("5.3.4", "the message is larger than the next server takes")));
        }
        let needs = content.needs(Needs::of(letter.message)).await?;
        let (abilities, utf8) = (self.abilities, needs.smtputf8());
        if utf8 && !(abilities.utf8 && abilities.eight_bit) {
            return Ok(Err(Reason { host: Some(self.host.clone()), ..needs.without_smtputf8() }));
        }
        if needs.binary && abilities.binary && abilities.chunking {
            return Ok(Ok((Form::AsItIs, Announced { body: Some("BINARYMIME"), utf8, size: true })));
        }
        let fit = if abilities.eight_bit { Fit::EightBit } else { Fit::SevenBit };
        if !needs.binary && (abilities.eight_bit || !needs.eight_bit) {
            let body = needs.eight_bit.then_some("8BITMIME");
            return Ok(Ok((Form::AsItIs, Announced { body, utf8, size: true })));
        }
        // RFC 6152, section 3; RFC 3030, section 3.
        Ok(match content.plan(fit).await? {
            Ok(plan) => {
                let body = self.abilities.eight_bit.then_some("8BITMIME");
                Ok((Form::Downgraded(fit, plan), Announced { body, utf8, size: false }))
            }
            Err(unfit) => {
                let text = format!("the next server cannot take these octets, and {}", unfit.0);
                Err(self.unable("5.6.3", &text))
            }
        })
    }

    /// Does it keep what the sender asked of every server?
    fn keeps_terms(&self, letter: Letter<'_>) -> Result<(), Reason> {
        let envelope = &letter.message.envelope;
        if envelope.terms.tls == TlsTerm::Required && envelope.sender.is_some() {
            // RFC 8689, section 4.2.1.
            if self.protection != Protection::Verified {
                return Err(self.unable("5.7.10", "REQUIRETLS: the session is not under verified TLS"));
            }
            if !self.abilities.requires_tls {
                return Err(self.unable("5.7.30", "REQUIRETLS support required"));
            }
        }
        if let Some(by) = envelope.terms.by
            && by.lateness == Lateness::Return
        {
            // RFC 2852, section 4.1.4.1.
            let left = by.deadline.saturating_sub(letter.now) / 1000;
            match self.abilities.deliver_by {
                None => return Err(self.unable("5.3.3", "the next server does not deliver by a time")),
                Some(least) if least > left => {
                    return Err(self.unable("5.4.7", "the next server takes longer than there is time"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn unable(&self, status: &str, text: &str) -> Reason {
        Reason { host: Some(self.host.clone()), ..Reason::ours(status, text) }
    }

    async fn by_data(
        &mut self,
        mail: &str,
        commands: &[String],
        content: &mut Pieces<'_>,
        form: Form,
    ) -> io::Result<Said> {
        let mut recipients = Vec::with_capacity(commands.len());
        let sender;
        let go_ahead;
        if self.abilities.pipelining {
            self.send(format!("{mail}{}DATA\r\n", commands.concat()).as_bytes()).await?;
            sender = self.reply(COMMAND).await?;
            for _ in commands {
                recipients.push(self.reply(COMMAND).await?);
            }
            go_ahead = Some(self.reply(DATA).await?);
        } else {
            (sender, recipients) = self.envelope(mail, commands).await?;
            let any = recipients.iter().any(Reply::is_positive);
            go_ahead = if any { Some(self.ask("DATA\r\n", DATA).await?) } else { None };
        }
        let wanted = sender.is_positive() && recipients.iter().any(Reply::is_positive);
        let end = match go_ahead {
            Some(go) if go.code == 354 => {
                // Asked for data that nobody takes, the client sends none (RFC 2920, section 3.1).
                if wanted {
                    self.send_content(content, form).await?;
                }
                self.send(b".\r\n").await?;
                Some(self.reply(END_OF_DATA).await?)
            }
            other => other,
        };
        self.ended(Said { sender, recipients, end }).await
    }

    async fn envelope(&mut self, mail: &str, commands: &[String]) -> io::Result<(Reply, Vec<Reply>)> {
        let sender = self.ask(mail, COMMAND).await?;
        let mut recipients = Vec::with_capacity(commands.len());
        if sender.is_positive() {
            for command in commands {
                recipients.push(self.ask(command, COMMAND).await?);
            }
        }
        Ok((sender, recipients))
    }

    /// The message in one chunk, octet for octet (RFC 3030, section 2).
    async fn by_bdat(
        &mut self,
        mail: &str,
        commands: &[String],
        content: &mut Pieces<'_>,
        octets: u64,
    ) -> io::Result<Said> {
        let (sender, recipients) = self.envelope(mail, commands).await?;
        let mut end = None;
        if recipients.iter().any(Reply::is_positive) {
            self.send(format!("BDAT {octets} LAST\r\n").as_bytes()).await?;
            content.rewind();
            while let Some(piece) = content.next().await? {
                self.send(piece).await?;
            }
            end = Some(self.reply(END_OF_DATA).await?);
        }
        self.ended(Said { sender, recipients, end }).await
    }

    /// No transaction may be left over for the next message.
    async fn ended(&mut self, said: Said) -> io::Result<Said> {
        let wanted = said.sender.is_positive() && said.recipients.iter().any(Reply::is_positive);
        if !(wanted && said.end.as_ref().is_some_and(Reply::is_positive)) {
            self.ask("RSET\r\n", COMMAND).await?;
        }
        Ok(said)
    }

    /// The message, dot-stuffed, up to the line with the dot.
    async fn send_content(&mut self, content: &mut Pieces<'_>, form: Form) -> io::Result<()> {
        let mut stuffer = Stuffer::new(self.seams.framer.relay_stuff);
        let mut shaped = content.shaped(form);
        let mut wire = Vec::new();
        while let Some(piece) = shaped.next().await? {
            stuffer.push(&piece, &mut wire);
            self.send(&wire).await?;
            wire.clear();
        }
        stuffer.finish(&mut wire);
        self.send(&wire).await
    }

    fn mail(&self, letter: Letter<'_>, announced: Announced) -> String {
        let (envelope, abilities) = (&letter.message.envelope, &self.abilities);
        let terms = &envelope.terms;
        let mut mail = format!("MAIL FROM:<{}>", envelope.sender.as_deref().unwrap_or_default());
        if (self.seams.queue.says_size)(abilities.size.is_some()) && announced.size {
            mail.push_str(&format!(" SIZE={}", letter.message.octets));
        }
        if let Some(body) = announced.body {
            mail.push_str(&format!(" BODY={body}"));
        }
        if announced.utf8 {
            mail.push_str(" SMTPUTF8");
        }
        if abilities.dsn {
            if let Some(returned) = envelope.returned {
                mail.push_str(&format!(" RET={}", returned.name()));
            }
            if let Some(id) = &envelope.id {
                mail.push_str(&format!(" ENVID={id}"));
            }
        }
        if terms.tls == TlsTerm::Required && abilities.requires_tls && self.protection != Protection::None {
            mail.push_str(" REQUIRETLS");
        }
        if let (Some(by), Some(_)) = (terms.by, abilities.deliver_by) {
            // Up to nine digits, with their sign (RFC 2852, section 4).
            let left = (by.deadline.saturating_sub(letter.now) / 1000).clamp(-999_999_999, 999_999_999);
            mail.push_str(&format!(" BY={left};{}", by.mode()));
        }
        if let (Some(priority), true) = (terms.priority, abilities.priority) {
            mail.push_str(&format!(" MT-PRIORITY={priority}"));
        }
        mail + "\r\n"
    }

    fn rcpt(&self, message: &Queued, pending: &Pending, announced: Announced) -> String {
        let remote = &pending.remote;
        let mut rcpt = format!("RCPT TO:<{}>", remote.address);
        if self.abilities.dsn {
            // A server that knows no deadline is at least to tell of a delay (RFC 2852, section
            // 4.1.4.2).
            let deadline = message.envelope.terms.by.is_some() && self.abilities.deliver_by.is_none();
            let notify = if deadline { remote.notify.with_delay() } else { remote.notify };
            if notify.is_given() {
                rcpt.push_str(&format!(" NOTIFY={notify}"));
            }
            if let Some(original) = &remote.original {
                let writing = if announced.utf8 { Writing::Utf8 } else { Writing::Ascii };
                rcpt.push_str(&format!(
                    " ORCPT={}",
                    (self.seams.queue.original_recipient)(original, writing)
                ));
            }
        }
        rcpt + "\r\n"
    }

    fn outcome_of(&self, message: &Queued, said: &Said, index: usize) -> Outcome {
        let decisive = if !said.sender.is_positive() {
            Some(&said.sender)
        } else {
            said.recipients.get(index).filter(|reply| !reply.is_positive()).or(said.end.as_ref())
        };
        match decisive {
            None => Outcome::Deferred(Reason::ours("4.4.2", "no reply was received")),
            Some(reply) if reply.is_positive() => Outcome::HandedOver {
                host: self.host.clone(),
                reports: self.abilities.dsn,
                // RFC 2852, sections 4.1.4 and 4.1.4.2.
                traced: message
                    .envelope
                    .terms
                    .by
                    .is_some_and(|by| by.traced || self.abilities.deliver_by.is_none()),
            },
            Some(reply) if reply.is_permanent() => Outcome::Failed(self.reason(reply)),
            Some(reply) => Outcome::Deferred(self.reason(reply)),
        }
    }
}
