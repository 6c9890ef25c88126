//! One session: reads commands, lets them through or not, has them carried out, and tells what
//! has happened meanwhile (RFC 3501, sections 2.2, 3 and 5).

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::context::Context;
use crate::imap::failure::{Ended, Failure};
use crate::imap::link::Link;
use crate::imap::notify::{Moment, Notify, Queue};
use crate::imap::order::SortedBy;
use crate::imap::policy::Literals;
use crate::imap::registry::{self, Command, Gate, Login, Registered, Standing};
use crate::imap::response::{Condition, Reply, ResponseCode};
use crate::imap::syntax::{
    Cursor, Gatherer, LiteralForm, MailboxArgument, Names, ParseError, Step, VALUE_LIMIT, head, salvage_tag,
};
use crate::imap::updates::{Contexts, Evaluation};
use crate::imap::upload::{Upload, receive};
use crate::imap::view::{Expunges, Numbering, Revision, Sync, View};
use crate::store::{Account, AccountId, MailboxId, MailboxName, ModSeq, Rights, Store, StoreError, Uid};

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

/// A command, ready to be carried out.
struct Ready {
    tag: String,
    registered: &'static Registered,
    command: Box<dyn Command>,
}

/// A refusal of a command that was never carried out.
struct Refusal {
    tag: String,
    reply: Reply,
}

/// What became of a command's text.
enum Judged {
    Ready(Ready),
    Refused(Refusal),
    /// A literal is to be taken.
    Literal,
    /// A message is to be taken.
    Message,
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

    /// Reads until a command is whole, or wrong.
    async fn next_command(&mut self) -> Result<Result<Ready, Refusal>, Ended> {
        let mut gatherer = Gatherer::new();
        self.uploads.clear();
        loop {
            if self.link.buffered().is_empty() {
                if self.notify.is_some() && gatherer.text().is_empty() && !gatherer.is_skipping() {
                    Box::pin(self.tell_until_input(Moment::BetweenCommands)).await?;
                } else {
                    self.link.fill().await?;
                }
            }
            let (taken, step) = gatherer.feed(self.link.buffered());
            self.link.consume(taken);
            match step {
                Step::NeedsInput => {}
                Step::Skipped => gatherer = Gatherer::new(),
                Step::TooLong => self.refuse(&too_long(&gatherer))?,
                Step::BareLineFeed => return Ok(Err(bare_line_feed(&gatherer))),
                Step::Whole => {
                    let cursor = Cursor::whole(gatherer.text(), self.message_limit());
                    let cursor = cursor.without(gatherer.messages()).with_names(self.names);
                    match self.judge(cursor) {
                        Judged::Ready(ready) => return Ok(Ok(ready)),
                        Judged::Refused(refusal) => return Ok(Err(refusal)),
                        Judged::Literal | Judged::Message => {}
                    }
                }
                Step::AtLiteral(announced) if gatherer.is_skipping() => {
                    gatherer.skip_literal(announced);
                }
                Step::AtLiteral(announced) => {
                    let cursor = Cursor::up_to_literal(gatherer.text(), self.message_limit());
                    let cursor = cursor.without(gatherer.messages()).with_names(self.names);
                    let unasked = announced.form == LiteralForm::NonSynchronizing;
                    let refusal = match self.judge(cursor) {
                        Judged::Literal | Judged::Message
                            if unasked && !self.unasked().allow(announced.octets) =>
                        {
                            too_much_unasked(&gatherer)
                        }
                        Judged::Literal if gatherer.take_literal(announced).is_ok() => {
                            if announced.form == LiteralForm::Synchronizing {
                                self.link.push(b"+ Ready for literal data\r\n");
                            }
                            continue;
                        }
                        Judged::Message if gatherer.take_message().is_ok() => {
                            if announced.form == LiteralForm::Synchronizing {
                                self.link.push(b"+ Ready for literal data\r\n");
                            }
                            let store = self.store();
                            self.uploads.push(receive(self.link.as_mut(), &store, announced.octets).await?);
                            continue;
                        }
                        Judged::Refused(refusal) => refusal,
                        Judged::Literal | Judged::Message | Judged::Ready(_) => too_many_literals(&gatherer),
                    };
                    if announced.form == LiteralForm::Synchronizing {
                        return Ok(Err(refusal));
                    }
                    self.refuse(&refusal)?;
                    if (self.context.shared.seams.gate.imap_skips_refused)() {
                        gatherer.skip_literal(announced);
                    } else {
                        gatherer = Gatherer::new();
                    }
                }
            }
        }
    }

    /// Which literals may come without being asked for.
    fn unasked(&self) -> Literals {
        let shared = &self.context.shared;
        (shared.seams.gate.imap_unasked)(shared.imap.literals())
    }

    fn message_limit(&self) -> u64 {
        self.context.shared.limits.message_octets
    }

    /// Parses a command as far as it goes, and sees whether it is let through in this state.
    fn judge(&self, mut cursor: Cursor<'_>) -> Judged {
        let (tag, head) = head(&mut cursor);
        let tag = tag.unwrap_or_else(|| NO_TAG.to_owned());
        let refused = |reply| Judged::Refused(Refusal { tag: tag.clone(), reply });
        let head = match head {
            Ok(head) => head,
            Err(error) => return refused(complaint(error)),
        };
        let Some(registered) = registry::find(&head.name, &self.context.shared.imap) else {
            return refused(Reply::bad("no such command"));
        };
        if let Some(reply) = self.stopped_at(registered.gate) {
            return refused(reply);
        }
        let parsed = (registered.parse)(&mut cursor).and_then(|command| {
            cursor.end()?;
            Ok(command)
        });
        match parsed {
            Ok(command) => Judged::Ready(Ready { tag: head.tag, registered, command }),
            Err(ParseError::NeedsLiteral(_)) => Judged::Literal,
            Err(ParseError::NeedsMessage(_)) => Judged::Message,
            Err(error) => refused(complaint(error)),
        }
    }

    fn stopped_at(&self, gate: Gate) -> Option<Reply> {
        let reason = match (gate, &self.account, &self.selected) {
            (Gate::Any, ..)
            | (Gate::NotAuthenticated, None, _)
            | (Gate::Authenticated, Some(_), _)
            | (Gate::Selected, Some(_), Some(_)) => return None,
            (Gate::NotAuthenticated, Some(_), _) => "you have logged in already",
            (Gate::Authenticated | Gate::Selected, None, _) => "log in first",
            (Gate::Selected, Some(_), None) => "select a mailbox first",
        };
        Some(Reply::bad(reason).with(ResponseCode::ClientBug))
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

    /// Takes in what happened to the selected mailbox. Trouble with that is no trouble of the
    /// command: what is not known now is told later. Who may no longer read the mailbox has to go (RFC
    /// 4314, section 5.1.1).
    pub(crate) async fn refresh(&mut self) -> Result<(), Ended> {
        let (Some(selected), Some(account)) =
            (self.selected.as_mut().filter(|selected| !selected.deleted), &self.account)
        else {
            return Ok(());
        };
        let (mailbox, known) = (selected.view.mailbox(), selected.view.known());
        // The feed knows of each change before anybody is told that it is done.
        if selected.looked && *selected.news.borrow() <= known {
            return Ok(());
        }
        let shared = &self.context.shared;
        let needed = (shared.seams.gate.imap_to_select)(Rights::READ);
        match shared.store.changes(account.id, mailbox, known, selected.view.access()).await {
            Ok(changes) => {
                selected.looked = true;
                let reads = changes.rights.has(needed);
                selected.view.absorb(changes);
                if !reads {
                    let reply = Reply::bye("you may no longer read the mailbox");
                    return Err(Ended::Bye(reply.with(ResponseCode::NoPerm)));
                }
            }
            Err(StoreError::NoSuchMailbox) => {
                selected.deleted = true;
                selected.view.absorb_deletion();
            }
            Err(error) => tracing::warn!(%error, "what changed in a mailbox is not known"),
        }
        Ok(())
    }

    /// EXPUNGE waits behind this command too: it names messages by their numbers (RFC 3501, section
    /// 7.4.1).
    pub(crate) fn hold_expunges(&mut self) {
        self.expunges = Expunges::Held;
    }

    /// The tag of the command that is being carried out, for answers that name it.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// The messages that came with the command that is being carried out, in their order.
    pub(crate) fn take_uploads(&mut self) -> Vec<Upload> {
        std::mem::take(&mut self.uploads)
    }

    /// Which revision of IMAP4 the client has asked for.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// The client knows IMAP4rev2 (RFC 9051, section 6.3.1), and so names in UTF-8.
    pub(crate) fn enable_rev2(&mut self) {
        self.revision = Revision::Rev2;
        self.names = Names::Utf8;
        if let Some(selected) = &mut self.selected {
            selected.view.set_revision(Revision::Rev2);
        }
    }

    /// The client takes UTF-8 in quoted strings, in names and in header fields (RFC 6855, section 3).
    pub(crate) fn accept_utf8(&mut self) {
        self.names = Names::Utf8;
        self.utf8_accepted = true;
    }

    /// Has the client enabled UTF8=ACCEPT?
    pub(crate) fn utf8_accepted(&self) -> bool {
        self.utf8_accepted
    }

    /// How mailbox names are written.
    pub(crate) fn names(&self) -> Names {
        self.names
    }

    /// How much the client hears of modification sequences.
    pub(crate) fn sync(&self) -> Sync {
        self.sync
    }

    /// The client wants to hear of modification sequences. Where it has a mailbox selected, it is
    /// told where it stands (RFC 7162, section 3.1).
    pub(crate) fn raise_sync(&mut self, sync: Sync) {
        let first = self.sync == Sync::Plain;
        self.sync = self.sync.max(sync);
        let Some(selected) = &mut self.selected else { return };
        selected.view.set_sync(self.sync);
        if first {
            let code = ResponseCode::HighestModSeq(selected.view.highest_told().0);
            self.push_reply(NO_TAG, &Reply::ok("highest modification sequence").with(code));
        }
    }

    /// Tells what was taken in.
    pub(crate) async fn tell(&mut self, expunges: Expunges, numbering: Numbering) -> Result<(), Ended> {
        if self.annotations.is_some() {
            Box::pin(self.tell_annotations()).await?;
        }
        if self.notify.is_some() || self.contexts.want_items() {
            return Box::pin(self.tell_as_asked(Moment::Command(expunges), numbering)).await;
        }
        let (store, evaluation) = (self.store(), self.evaluation());
        if !(self.context.shared.seams.view.imap_contexts_told)() {
            self.contexts.clear();
        }
        if let Some(selected) = &mut self.selected {
            let mut out = Vec::new();
            let left = self.contexts.removals(&selected.view, &store, evaluation).await;
            out.extend(or_later(left).into_bytes());
            selected.view.tell(&mut out, expunges, numbering);
            let joined = self.contexts.additions(&selected.view, &store, evaluation).await;
            out.extend(or_later(joined).told.into_bytes());
            self.link.write(&out).await?;
        }
        Ok(())
    }

    /// Tells news as they come, until the client sends something.
    pub(crate) async fn tell_until_input(&mut self, moment: Moment) -> Result<(), Ended> {
        loop {
            self.refresh().await?;
            match moment {
                Moment::Command(expunges) if (self.context.shared.seams.view.imap_idle_tells)() => {
                    self.tell(expunges, Numbering::Sequence).await?;
                }
                Moment::Command(_) => {}
                Moment::BetweenCommands => self.tell_as_asked(moment, Numbering::Uid).await?,
            }
            if !self.link.buffered().is_empty() {
                return Ok(());
            }
            // News may come while the peer is slow to read: only the wait for input is cut short by
            // them, never a line that is half sent.
            self.link.flush().await?;
            let (selected, notify) = (&mut self.selected, &mut self.notify);
            let annotations = self.annotations.as_mut().filter(|_| notify.is_none());
            let changed = async {
                match selected {
                    Some(selected) => selected.news.changed().await.is_ok(),
                    None => false,
                }
            };
            let heard = async {
                match notify {
                    Some(notify) => notify.heard().await,
                    None => std::future::pending().await,
                }
            };
            let annotated = async {
                match annotations {
                    Some(events) => events.heard().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                filled = self.link.fill() => filled?,
                true = changed => {}
                () = heard => {}
                () = annotated => {}
            }
        }
    }

    /// Tells what was asked for so far, and then all that has happened to the selected mailbox,
    /// whether or not the client wants to hear of it from now on (RFC 5465, section 3.1).
    pub(crate) async fn catch_up(&mut self) -> Result<(), Ended> {
        self.tell_elsewhere().await?;
        self.notify = None;
        self.refresh().await?;
        self.tell(Expunges::Told, Numbering::Uid).await
    }

    /// From now on this is told, and nothing else.
    pub(crate) fn set_notify(&mut self, notify: Notify) {
        self.notify = Some(Box::new(notify));
    }

    /// The client has made these messages itself: what it is told of new ones, it knows of them.
    pub(crate) fn made(&mut self, mailbox: MailboxId, uids: impl IntoIterator<Item = Uid>) {
        let selected = self.selected_view().map(View::mailbox);
        if let Some(notify) = self.notify.as_mut().filter(|_| selected == Some(mailbox)) {
            notify.made(uids);
        }
    }

    /// The client has expunged these messages of the selected mailbox itself.
    pub(crate) fn expunged(&mut self, uids: &[Uid]) {
        if let Some(notify) = &mut self.notify {
            notify.expunged(uids);
        }
    }

    /// How searches are evaluated.
    pub(crate) fn evaluation(&self) -> Evaluation {
        let evaluator = &self.context.shared.seams.evaluator;
        let sorted = SortedBy {
            sent: evaluator.imap_sort_sent,
            subject: evaluator.imap_sort_subject,
            display: evaluator.imap_sort_display,
        };
        Evaluation { negation: evaluator.imap_search_not, sorted }
    }

    /// An untagged status response.
    pub(crate) fn say(&mut self, reply: &Reply) {
        self.push_reply(NO_TAG, reply);
    }

    /// The store.
    pub(crate) fn store(&self) -> Store {
        self.own_store.as_ref().unwrap_or(&self.context.shared.store).clone()
    }

    /// The same, from now on with doings that can be told from those of others.
    pub(crate) fn own_store(&mut self) -> Store {
        let shared = &self.context.shared.store;
        self.own_store.get_or_insert_with(|| shared.with_own_origin()).clone()
    }

    /// Whose session this is. The gates see to it that commands that ask have an answer.
    pub(crate) fn account(&self) -> Result<AccountId, Failure> {
        match &self.account {
            Some(account) => Ok(account.id),
            None => Err(Reply::bad("log in first").into()),
        }
    }

    /// The view of the selected mailbox. The gates see to it that there is one.
    pub(crate) fn view(&mut self) -> Result<&mut View, Failure> {
        match &mut self.selected {
            Some(selected) => Ok(&mut selected.view),
            None => Err(Reply::bad("select a mailbox first").into()),
        }
    }

    /// The selected mailbox, if there is one.
    pub(crate) fn selected_view(&self) -> Option<&View> {
        self.selected.as_ref().map(|selected| &selected.view)
    }

    /// Enters the selected state, or leaves it.
    pub(crate) fn set_selected(&mut self, view: Option<View>) {
        self.contexts.clear();
        let store = &self.context.shared.store;
        self.selected = view.map(|view| {
            let news = store.watch(view.mailbox());
            Selected { view, deleted: false, news, looked: false }
        });
    }

    /// Counts a login that failed; after too many the session ends (RFC 3501, section 11.2).
    pub(crate) fn login_failed(&mut self) {
        self.failed_logins = self.failed_logins.saturating_add(1);
    }

    /// Enters the authenticated state.
    pub(crate) fn log_in(&mut self, account: Account) {
        self.account = Some(account);
    }

    /// Returns to the state of not being authenticated: nothing is left of what the client has
    /// switched on, selected or searched for (RFC 8437, sections 3 and 4.1).
    pub(crate) fn log_out(&mut self) {
        self.account = None;
        self.selected = None;
        self.contexts = Contexts::default();
        self.notify = None;
        self.annotations = None;
        self.own_store = None;
        if (self.context.shared.seams.gate.imap_keeps_enabled)() {
            return;
        }
        self.sync = Sync::Plain;
        self.revision = Revision::default();
        self.names = Names::default();
        self.utf8_accepted = false;
    }

    /// What happens once the answer is sent.
    pub(crate) fn afterwards(&mut self, next: Next) {
        self.next = next;
    }

    fn standing(&self) -> Standing<'_> {
        let under_tls = self.link.is_tls();
        Standing {
            policy: &self.context.shared.imap,
            login: if self.account.is_some() { Login::Done } else { Login::Open },
            under_tls,
            password_allowed: self.context.password_allowed(under_tls),
            mechanisms: self.context.shared.authenticator.mechanisms(&self.context.channel),
        }
    }

    /// The capabilities in force.
    pub(crate) fn capabilities(&self) -> String {
        registry::capabilities(self.standing())
    }

    /// The capabilities in force, as a response code.
    pub(crate) fn capability_code(&self) -> ResponseCode {
        ResponseCode::Capability(self.capabilities())
    }

    /// Whether a password may be sent as things are.
    pub(crate) fn password_allowed(&self) -> bool {
        self.standing().password_allowed
    }

    /// One line that is no command: a response to a challenge, the end of IDLE. Without its CRLF;
    /// `None` where it is longer than `limit` (it is dropped).
    pub(crate) async fn read_line(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Ended> {
        let mut line = Vec::new();
        let mut overlong = false;
        loop {
            if self.link.buffered().is_empty() {
                self.link.fill().await?;
            }
            let input = self.link.buffered();
            let end = input.iter().position(|&octet| octet == b'\n');
            let taken = end.map_or(input.len(), |at| at.saturating_add(1));
            if line.len().saturating_add(taken) > limit {
                overlong = true;
                line.clear();
            } else {
                line.extend_from_slice(input.get(..taken).unwrap_or_default());
            }
            self.link.consume(taken);
            if end.is_some() {
                let text = line.strip_suffix(b"\n").unwrap_or(&line);
                let text = text.strip_suffix(b"\r").unwrap_or(text).to_vec();
                return Ok((!overlong).then_some(text));
            }
        }
    }
}

/// What there is to tell of searches; in trouble that is told some other time.
pub(crate) fn or_later<T: Default>(told: Result<T, StoreError>) -> T {
    told.unwrap_or_else(|error| {
        tracing::warn!(%error, "how the outcome of a search changed is not known");
        T::default()
    })
}

/// The name that a client gave, as the store has it.
pub(crate) fn name_of(argument: &MailboxArgument) -> Result<MailboxName, Failure> {
    match argument {
        MailboxArgument::Name { name, .. } => Ok(MailboxName::new(name)?),
        MailboxArgument::Unnameable => Err(StoreError::InvalidName.into()),
    }
}

/// The name of a mailbox that is to be: in UTF-8 it must be without separators of lines and paragraphs
/// (RFC 6855, section 3).
pub(crate) fn new_name_of(argument: &MailboxArgument, names: Names) -> Result<MailboxName, Failure> {
    let name = name_of(argument)?;
    let separated = name.as_str().contains(['\u{2028}', '\u{2029}']);
    match names == Names::ModifiedUtf7 || !separated {
        true => Ok(name),
        false => Err(StoreError::InvalidName.into()),
    }
}

fn complaint(error: ParseError) -> Reply {
    match error {
        ParseError::Syntax(reason) => Reply::bad(reason),
        ParseError::Limit(reason) => Reply::no(reason).with(ResponseCode::Limit),
        ParseError::NeedsLiteral(_) | ParseError::NeedsMessage(_) => {
            Reply::bad("no literal is possible here")
        }
        ParseError::MessageTooLarge => {
            Reply::no("the message is larger than allowed").with(ResponseCode::TooBig)
        }
        ParseError::ValueTooLarge => {
            Reply::no("the value is larger than allowed").with(ResponseCode::MetadataMaxSize(VALUE_LIMIT))
        }
        ParseError::LiteralTooLarge { .. } => {
            Reply::no("the literal is larger than allowed").with(ResponseCode::Limit)
        }
    }
}

fn too_slow() -> Ended {
    Ended::Bye(Reply::bye("Autologout; it took too long to log in"))
}

fn refusal(gatherer: &Gatherer, reply: Reply) -> Refusal {
    let tag = salvage_tag(gatherer.text()).unwrap_or_else(|| NO_TAG.to_owned());
    Refusal { tag, reply }
}

fn too_long(gatherer: &Gatherer) -> Refusal {
    refusal(gatherer, Reply::bad("the command is too long").with(ResponseCode::Limit))
}

fn bare_line_feed(gatherer: &Gatherer) -> Refusal {
    refusal(gatherer, Reply::bad("a command must end with CRLF"))
}

/// RFC 7888, section 5.
fn too_much_unasked(gatherer: &Gatherer) -> Refusal {
    let reply = Reply::bad("a literal of this size must wait to be asked for");
    refusal(gatherer, reply.with(ResponseCode::TooBig))
}

fn too_many_literals(gatherer: &Gatherer) -> Refusal {
    refusal(gatherer, Reply::bad("too many literals in one command").with(ResponseCode::Limit))
}
