//! The state of a session: who greeted, who logged in, which transaction is open. The state
//! machine under the command handlers; it sees no socket.

use std::collections::BTreeSet;

use crate::auth::Exchange;
use crate::channel::Channel;
use crate::context::Context;
use crate::list::Expansion;
use crate::service::Service;
use crate::store::{Account, AccountId, Notify, Returned, Terms};

use super::commands::bdat::{Chunk, Held};
use super::registry::{self, Argument, Command, Needs, Sending};
use super::reply::Reply;
use super::syntax::ReversePath;

/// How the client greeted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    /// HELO: no service extensions.
    Basic,
    /// EHLO or LHLO.
    Extended,
}

/// Is the connection under TLS?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// Anybody on the way can read it.
    Plain,
    /// Under TLS.
    Tls,
}

/// Who the client says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Client {
    /// How it greeted.
    pub(super) greeting: Greeting,
    /// The name it gave.
    pub(super) name: String,
}

/// Where a recipient's mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// Into this account's mailbox.
    Account(AccountId),
    /// To everybody on a list, and on the lists within it.
    List(Vec<Expansion>),
    /// Out to this domain, in lower case.
    Remote(String),
}

/// A recipient that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipient {
    /// Where its mail goes.
    pub(super) destination: Destination,
    /// The address, as it was given.
    pub(super) address: String,
    /// NOTIFY: what the sender wants to be told.
    pub(super) notify: Notify,
    /// ORCPT, as it was given.
    pub(super) original: Option<String>,
}

/// What BDAT has brought of the message.
#[derive(Debug, Default)]
pub(super) enum Chunks {
    /// No BDAT yet.
    #[default]
    None,
    /// This.
    Held(Box<Held>),
    /// Too much: no more is taken before RSET.
    Failed,
}

/// A mail transaction (RFC 5321, section 3.3).
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// The reverse-path buffer.
    pub(super) sender: ReversePath,
    /// The forward-path buffer, in the order of the RCPT commands.
    pub(super) recipients: Vec<Recipient>,
    /// ENVID, as it was given.
    pub(super) envelope_id: Option<String>,
    /// RET.
    pub(super) returned: Option<Returned>,
    /// MT-PRIORITY as it was asked for.
    pub(super) priority_wanted: Option<i8>,
    /// On what terms the message is sent on.
    pub(super) terms: Terms,
    /// What came by BDAT.
    pub(super) chunks: Chunks,
    /// BODY.
    pub(super) body: Body,
    /// SMTPUTF8: what may stand in addresses and header fields.
    pub(super) characters: Characters,
}

/// What a message's body was declared to be (RFC 6152, section 2; RFC 3030, section 3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Body {
    /// Lines, of 7-bit or 8-bit octets.
    #[default]
    Lines,
    /// Any octets: a CR or LF may stand alone.
    Binary,
}

/// Which characters may stand in a transaction's addresses (RFC 6531, section 3.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Characters {
    /// ASCII.
    #[default]
    Ascii,
    /// Those of UTF-8.
    Utf8,
}

/// What is to be done after a command.
pub(super) enum Next {
    /// Reply, and go on.
    Reply(Reply),
    /// Reply, and end.
    Quit(Reply),
    /// Ask for the mail data.
    Data,
    /// Read the octets of this piece.
    Chunk(Chunk),
    /// Reply, and begin the handshake.
    StartTls(Reply),
    /// Send this challenge of the exchange, and wait for the response.
    Challenge(Exchange, Vec<u8>),
}

/// One session.
pub(super) struct Session {
    /// Its surroundings.
    pub(super) context: Context,
    /// Plain or under TLS.
    pub(super) security: Security,
    /// None before the first EHLO, HELO or LHLO.
    pub(super) client: Option<Client>,
    /// None before AUTH.
    pub(super) user: Option<Account>,
    /// None outside a mail transaction.
    pub(super) transaction: Option<Transaction>,
    /// MAIL commands so far (RFC 9422: MAILMAX).
    pub(super) mails: usize,
    /// Domains of the recipients so far, in lower case (RFC 9422: RCPTDOMAINMAX); not kept where
    /// there is no such limit.
    pub(super) recipient_domains: BTreeSet<String>,
    /// Logins that failed, over plain text and TLS together.
    pub(super) failed_logins: u32,
    errors: u32,
}

impl Session {
    /// A session that has just been greeted.
    pub(super) fn new(context: Context, security: Security) -> Self {
        Self {
            context,
            security,
            client: None,
            user: None,
            transaction: None,
            mails: 0,
            recipient_domains: BTreeSet::new(),
            failed_logins: 0,
            errors: 0,
        }
    }

    /// Forgets all that was said in plain text (RFC 3207, section 4.2).
    pub(super) fn secured(self, channel: Channel) -> Self {
        let context = Context { channel, ..self.context };
        let (errors, failed_logins) = (self.errors, self.failed_logins);
        Self { mails: self.mails, errors, failed_logins, ..Self::new(context, Security::Tls) }
    }

    /// Which kind of listener this is.
    pub(super) fn service(&self) -> Service {
        self.context.service
    }

    /// Did the client greet by EHLO or LHLO?
    pub(super) fn is_extended(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.greeting == Greeting::Extended)
    }

    /// Must the client log in before it sends mail? On submission it must (RFC 6409,
    /// section 4.3).
    pub(super) fn login_missing(&self) -> bool {
        matches!(self.service(), Service::Submission | Service::Submissions) && self.user.is_none()
    }

    /// May a password be sent now?
    pub(super) fn password_allowed(&self) -> bool {
        self.context.password_allowed(self.security == Security::Tls)
    }

    /// Counts a reply that refuses; after too many the last of them becomes the end, and so it does
    /// after too many failed logins (RFC 4954, section 9).
    pub(super) fn counted(&mut self, reply: Reply) -> Next {
        if !reply.is_permanent_failure() {
            return Next::Reply(reply);
        }
        self.errors = self.errors.saturating_add(1);
        let limits = &self.context.shared.limits;
        let allowed = (self.context.shared.seams.authentication.failed_logins)(limits.failed_logins);
        if self.failed_logins >= allowed.max(1) {
            let text = format!("{} too many failed logins", self.context.shared.hostname);
            return Next::Quit(Reply::new(421, "4.7.0", text));
        }
        if self.errors <= limits.errors {
            return Next::Reply(reply);
        }
        let text = format!("{} too many errors", self.context.shared.hostname);
        Next::Quit(Reply::new(421, "4.7.0", text))
    }

    /// Obeys one command line, without its CRLF.
    pub(super) async fn command(&mut self, line: &[u8]) -> (Next, Sending) {
        let line = without_trailing_blanks(line);
        let (verb, argument) = match line.iter().position(|octet| *octet == b' ') {
            Some(space) => line.split_at(space),
            None => (line, &b""[..]),
        };
        let refusal = match registry::find(verb, self.service()) {
            registry::Found::Command(command) => {
                return (self.obey(command, argument).await, command.sending);
            }
            registry::Found::NotImplemented => Reply::new(502, "5.5.1", "command not implemented"),
            registry::Found::Unknown => Reply::new(500, "5.5.1", "command not recognized"),
        };
        (Next::Reply(refusal), Sending::AtOnce)
    }

    async fn obey(&mut self, command: &Command, argument: &[u8]) -> Next {
        if let Err(reply) = self.gate(command.needs) {
            return Next::Reply(reply);
        }
        // RFC 5321, section 4.1.2; what is more than ASCII must be asked for by SMTPUTF8, which the
        // command looks for.
        let printable = |c: char| match command.argument {
            Argument::Mailbox => !c.is_control(),
            Argument::None | Argument::Optional | Argument::Required => matches!(c, ' '..='~'),
        };
        let argument = match std::str::from_utf8(argument) {
            Ok(text) if text.chars().all(printable) => text.trim_ascii_start(),
            _ => return Next::Reply(command.refuse("a character that may not stand in this command")),
        };
        match (command.argument, argument.is_empty()) {
            (Argument::None, false) => Next::Reply(command.refuse("this command takes no argument")),
            (Argument::Required | Argument::Mailbox, true) => {
                Next::Reply(command.refuse("this command needs an argument"))
            }
            _ => (command.run)(self, argument).await,
        }
    }

    /// Does the command come in order (RFC 5321, section 4.1.4)?
    fn gate(&self, needs: Needs) -> Result<(), Reply> {
        let missing = match needs {
            Needs::Nothing => None,
            Needs::Greeting => self.client.is_none().then_some("greet first"),
            Needs::NewTransaction if self.client.is_none() => Some("greet first"),
            Needs::NewTransaction => self.transaction.is_some().then_some("a transaction is open already"),
            Needs::Transaction => self.transaction.is_none().then_some("MAIL comes first"),
            Needs::Recipients => match &self.transaction {
                None => Some("MAIL comes first"),
                Some(transaction) => transaction.recipients.is_empty().then_some("no valid recipients"),
            },
        };
        match missing {
            Some(text) if (self.context.shared.seams.gate.smtp_order_kept)() => {
                Err(Reply::new(503, "5.5.1", text))
            }
            _ => Ok(()),
        }
    }
}

/// Without spaces and tabs at the end, which servers should tolerate (RFC 5321, section 4.1.1);
/// a CR or LF there is no white space but a fault.
fn without_trailing_blanks(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = line {
        line = rest;
    }
    line
}
