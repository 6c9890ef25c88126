//! One session: lets commands be read, has them carried out or refuses them, and ends (RFC 3501, sections 2.2
//! and 3). How a command is read and let through or not is in `reading`, what is told of what has happened
//! meanwhile in `news`, and what commands ask of the session and change in it in `state`.

mod news;
mod reading;
mod state;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::context::Context;
use crate::imap::failure::{Ended, Failure};
use crate::imap::link::Link;
use crate::imap::notify::{Notify, Queue};
use crate::imap::registry::Gate;
use crate::imap::response::{Condition, Reply, ResponseCode};
use crate::imap::syntax::Names;
use crate::imap::updates::Contexts;
use crate::imap::upload::Upload;
use crate::imap::view::{Expunges, Revision, Sync, View};
use crate::store::{Account, ModSeq, Store};

pub(crate) use news::or_later;
use reading::{Ready, Refusal};

/// The tag of an answer to what has none.
const NO_TAG: &str = "*";

/// A session of one client.
pub(crate) struct Session {
    /// The connection.
    pub(crate) link: Box<dyn Link>,
    /// The server around it.
    pub(crate) context: Context,
    account: Option<Account>,
    sync: Sync,
    revision: Revision,
    names: Names,
    /// Has the client enabled UTF8=ACCEPT, by which all its strings are in UTF-8?
    utf8_accepted: bool,
    /// What a command has said about its own end; see [`Session::hold_expunges`].
    expunges: Expunges,
    selected: Option<Selected>,
    /// Searches that are kept up to date.
    pub(crate) contexts: Contexts,
    /// What the client wants to hear of, where it has said so (RFC 5465).
    pub(crate) notify: Option<Box<Notify>>,
    /// What happened, where the client wants to hear of annotations (RFC 5464, section 4.4).
    pub(crate) annotations: Option<Box<Queue>>,
    /// The store, as which this session's own doings are told from those of others, where that matters.
    own_store: Option<Store>,
    next: Next,
    errors: u32,
    failed_logins: u32,
    /// The tag of the command that is being carried out.
    tag: String,
    /// The messages that came with the command.
    uploads: Vec<Upload>,
}

/// The selected mailbox.
struct Selected {
    view: View,
    /// Deleted by someone: its messages are expunged and there is no more news.
    deleted: bool,
    /// Up to which change there is news at all.
    news: watch::Receiver<ModSeq>,
    /// Has anybody looked since `news` began?
    looked: bool,
}

/// What happens once the answer to a command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The next command is read.
    Command,
    /// The TLS handshake begins.
    Handshake,
    /// Compression begins.
    Compress,
    /// All that the client has set is forgotten, and the compression ends.
    Unauthenticate,
    /// The connection closes.
    Close,
}

impl Session {
    /// A session that has not begun.
    pub(crate) fn new(link: Box<dyn Link>, context: Context) -> Self {
        Self {
            link,
            context,
            account: None,
            sync: Sync::Plain,
            revision: Revision::default(),
            names: Names::default(),
            utf8_accepted: false,
            expunges: Expunges::Told,
            selected: None,
            contexts: Contexts::default(),
            notify: None,
            annotations: None,
            own_store: None,
            next: Next::Command,
            errors: 0,
            failed_logins: 0,
            tag: String::new(),
            uploads: Vec::new(),
        }
    }

    /// From the greeting to the close.
    pub(crate) async fn run(mut self) {
        if let Err(Ended::Bye(reply)) = self.converse().await {
            self.push_reply(NO_TAG, &reply);
        }
        self.link.close().await;
    }

    async fn converse(&mut self) -> Result<(), Ended> {
        self.recognize().await;
        let greeting = Reply::ok("IMAP4 server ready").with(self.capability_code());
        self.push_reply(NO_TAG, &greeting);
        let mut log_in_by = self.log_in_by();
        loop {
            match self.account {
                Some(_) => self.obey().await?,
                None => timeout_at(log_in_by, self.obey()).await.map_err(|_| too_slow())??,
            }
            match self.next {
                Next::Command => {}
                Next::Close => return Ok(()),
                Next::Handshake => {
                    let early = (self.context.shared.seams.gate.early_input)();
                    self.link.start_tls(&self.context.shared.tls, early).await?;
                    self.recognize().await;
                    self.next = Next::Command;
                }
                Next::Compress => {
                    self.link.compress().await?;
                    self.next = Next::Command;
                }
                Next::Unauthenticate => {
                    log_in_by = self.log_in_by();
                    self.link.decompress().await?;
                    self.next = Next::Command;
                }
            }
        }
    }

    /// One command, read and carried out, or refused.
    async fn obey(&mut self) -> Result<(), Ended> {
        match self.next_command().await? {
            Ok(ready) => self.carry_out(ready).await,
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// Until when the client must have logged in (RFC 9051, section 5.4).
    fn log_in_by(&self) -> Instant {
        Instant::now() + self.context.shared.timeouts.login
    }

    /// Takes note of what TLS says of the connection, and of whom its certificate is for.
    async fn recognize(&mut self) {
        let channel = self.link.channel();
        self.context.channel = self.context.shared.authenticator.recognized(channel, self.context.peer).await;
    }

    async fn carry_out(&mut self, ready: Ready) -> Result<(), Ended> {
        let Ready { tag, registered, command } = ready;
        if registered.gate == Gate::Selected {
            self.refresh().await?;
        }
        self.expunges = registered.expunges;
        self.tag.clone_from(&tag);
        let reply = match command.run(self).await {
            Ok(reply) | Err(Failure::Answered(reply)) => reply,
            Err(Failure::Ended(ended)) => return Err(ended),
        };
        if reply.condition() == Condition::Bad {
            return self.refuse(&Refusal { tag, reply });
        }
        let expunges = (self.context.shared.seams.view.imap_expunges)(self.expunges);
        let refreshed = self.refresh().await;
        self.tell(expunges, registered.numbering).await?;
        self.push_reply(&tag, &reply);
        self.errors = 0;
        refreshed?;
        if self.failed_logins >= self.context.shared.limits.failed_logins.max(1) {
            return Err(Ended::Bye(Reply::bye("too many failed logins")));
        }
        Ok(())
    }

    /// Answers what was wrong; after too many wrong commands in a row the session ends.
    fn refuse(&mut self, refusal: &Refusal) -> Result<(), Ended> {
        self.push_reply(&refusal.tag, &refusal.reply);
        self.errors = self.errors.saturating_add(1);
        if self.errors >= self.context.shared.limits.errors {
            return Err(Ended::Bye(Reply::bye("too many errors").with(ResponseCode::ClientBug)));
        }
        Ok(())
    }

    fn push_reply(&mut self, tag: &str, reply: &Reply) {
        let mut line = Vec::new();
        reply.write(&mut line, tag);
        self.link.push(&line);
    }
}

fn too_slow() -> Ended {
    Ended::Bye(Reply::bye("Autologout; it took too long to log in"))
}
