//! One session: its state, the gates between the states, and which command runs
//! (RFC 1939, sections 3 to 6). It never sees the connection: lines in, answers out.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Ending;
use super::commands::utf8::Reads;
use super::commands::{
    apop, auth, capa, dele, lang, list, noop, pass, quit, retr, rset, stat, stls, top, uidl, user, utf8,
};
use super::expiring::expire;
use super::framer::framed_octets;
use super::maildrop::{Entry, Maildrop, Mark};
use super::policy::{Admission, Announced, MaildropPolicy, Retention};
use super::registry::{self, Passwords, Request, Situation, State, Stls};
use super::reply::{Code, Reply};
use super::syntax::{self, MAX_COMMAND, MessageNumber};
use crate::auth::Exchange;
use crate::channel::Channel;
use crate::context::Context;
use crate::store::{Account, BodyId, MaildropLock, READ, Store, StoreError};

/// The longest line of a SASL exchange. RFC 5034, section 4 wants the largest
/// response that a mechanism has; those of PLAIN are far smaller.
const MAX_RESPONSE: usize = 12 * 1024;
/// How long a login waits for the lock of a session whose connection has just
/// been dropped and which is about to notice.
const LOCK_PATIENCE: Duration = Duration::from_millis(250);
const LOCK_RETRY: Duration = Duration::from_millis(5);

/// A session from the greeting to its end.
pub(super) struct Session {
    context: Context,
    stls: Stls,
    /// What announced APOP in the greeting.
    timestamp: Option<String>,
    reads: Reads,
    mode: Mode,
    /// What holds for the maildrop, after login.
    policy: MaildropPolicy,
    errors: u32,
    failed_logins: u32,
}

/// Where the session stands.
pub(super) enum Mode {
    /// AUTHORIZATION, with the name that the line before gave by USER.
    Authorization(Option<Vec<u8>>),
    /// AUTHORIZATION, in the middle of AUTH: the next line is a response.
    Sasl(Exchange),
    /// TRANSACTION.
    Transaction(Maildrop),
}

/// What to do after a line: reply, then go on or not.
pub(super) struct Answer {
    /// What is sent.
    pub(super) reply: Reply,
    /// What comes after it.
    pub(super) then: Then,
}

/// What comes after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The next line.
    GoOn,
    /// The TLS negotiation, and then the next line.
    StartTls,
    /// The end of the connection.
    Close,
}

impl Session {
    /// A session that has just been opened.
    pub(super) fn new(context: Context, stls: Stls) -> Self {
        let timestamp = context.shared.authenticator.timestamp();
        let mode = Mode::Authorization(None);
        let policy = MaildropPolicy::default();
        let reads = Reads::default();
        Self { context, stls, timestamp, reads, mode, policy, errors: 0, failed_logins: 0 }
    }

    /// `+OK`, the server's name, and the timestamp where it announces APOP (RFC 1939, section 7).
    pub(super) fn greeting(&self) -> Reply {
        let name = &self.context.shared.hostname;
        match &self.timestamp {
            Some(timestamp) => Reply::ok(format!("{name} POP3 server ready {timestamp}")),
            None => Reply::ok(format!("{name} POP3 server ready")),
        }
    }

    /// The timestamp of the greeting.
    pub(super) fn timestamp(&self) -> Option<&str> {
        self.timestamp.as_deref()
    }

    /// What the client can read from now on.
    pub(super) fn reads(&mut self, reads: Reads) {
        self.reads = reads;
    }

    /// The longest line that may come next, CRLF included.
    pub(super) fn line_limit(&self) -> usize {
        match self.mode {
            Mode::Sasl(_) => MAX_RESPONSE,
            Mode::Authorization(_) | Mode::Transaction(_) => MAX_COMMAND,
        }
    }

    /// Answers a line.
    pub(super) async fn line(&mut self, line: &[u8]) -> Answer {
        let answer = match std::mem::replace(&mut self.mode, Mode::Authorization(None)) {
            Mode::Sasl(exchange) => auth::respond(self, exchange, line).await.into(),
            mode => self.command(mode, line).await,
        };
        self.bounded(answer)
    }

    /// Answers a line that was too long to be kept.
    pub(super) fn too_long(&mut self) -> Answer {
        if !matches!(self.mode, Mode::Transaction(_)) {
            self.mode = Mode::Authorization(None);
        }
        self.bounded(Reply::err("line too long").into())
    }

    /// The negotiation that STLS began is complete: what was said before it
    /// counts no more.
    pub(super) fn secured(&mut self, channel: Channel) {
        self.context.channel = channel;
        self.stls = Stls::Active;
        self.reads = Reads::default();
        self.mode = Mode::Authorization(None);
    }

    /// The connection ended without QUIT: no UPDATE state, nothing is removed
    /// (RFC 1939, section 6).
    pub(super) async fn dropped(self) {
        if let Mode::Transaction(maildrop) = self.mode
            && (self.context.shared.seams.store.pop3_updates)(Ending::Dropped)
        {
            // Nobody is left to be told what came of it.
            drop(quit::update(&self.context.shared.store, &maildrop).await);
        }
    }

    /// What capabilities depend on.
    pub(super) fn situation(&self, state: State) -> Situation {
        let under_tls = self.stls == Stls::Active;
        let announced = self.context.shared.maildrops.announced();
        Situation {
            state,
            stls: self.stls,
            passwords: if self.context.password_allowed(under_tls) {
                Passwords::Taken
            } else {
                Passwords::Refused
            },
            mechanisms: self.context.shared.authenticator.mechanisms(&self.context.channel),
            announced: match state {
                State::Authorization => announced,
                State::Transaction => Announced::to_owner(self.policy),
            },
            waiting: announced.waiting(),
        }
    }

    /// What sessions share.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// The next line is a response in that exchange.
    pub(super) fn expect_response(&mut self, exchange: Exchange) {
        self.mode = Mode::Sasl(exchange);
    }

    /// Somebody has proved to be the owner of that account: locks the maildrop
    /// and enters the TRANSACTION state (RFC 1939, section 4).
    pub(super) async fn log_in(&mut self, account: &Account) -> Reply {
        let shared = &self.context.shared;
        let policy = shared.maildrops.of(&account.address);
        let admits = shared.seams.gate.pop3_admits;
        if admits(shared.maildrops.admits(account.id, policy)) == Admission::TooSoon {
            return Reply::coded(Code::LoginDelay, "wait longer between logins");
        }
        let store = &shared.store;
        let Some(lock) = lock(store, account).await else {
            return Reply::coded(Code::InUse, "another session holds the maildrop");
        };
        if let Err(error) = expire(shared, account).await {
            return trouble(&error);
        }
        match open(store, account, lock).await {
            Ok(maildrop) => {
                shared.maildrops.logged_in(account.id, policy);
                self.policy = policy;
                let reply = Reply::ok(format!("maildrop has {}", maildrop.summary()));
                self.mode = Mode::Transaction(maildrop);
                reply
            }
            Err(error) => trouble(&error),
        }
    }

    /// Runs the command on that line. The mode has been taken out of the
    /// session; whatever is to stay is put back.
    async fn command(&mut self, mode: Mode, line: &[u8]) -> Answer {
        let state = match mode {
            Mode::Transaction(_) => State::Transaction,
            Mode::Authorization(_) | Mode::Sasl(_) => State::Authorization,
        };
        match request(line, state) {
            Ok(request) => self.run(mode, request, state).await,
            Err(refusal) => {
                if state == State::Transaction {
                    self.mode = mode;
                }
                refusal.into()
            }
        }
    }

    async fn run(&mut self, mode: Mode, request: Request, state: State) -> Answer {
        let situation = self.situation(state);
        match mode {
            Mode::Transaction(mut maildrop) => {
                if request == Request::Quit {
                    let shared = &self.context.shared;
                    let updates = shared.seams.store.pop3_updates;
                    if self.policy.retention == Retention::Session {
                        maildrop.mark_retrieved();
                    }
                    return quit::leave(&shared.store, maildrop, updates).await;
                }
                let reply = self.transaction(&mut maildrop, request, &situation).await;
                self.mode = Mode::Transaction(maildrop);
                reply.into()
            }
            Mode::Authorization(user) => self.authorization(user, request, &situation).await,
            Mode::Sasl(_) => Reply::err("not now").into(),
        }
    }

    /// `user` is the name that the line before gave: only then PASS may follow
    /// (RFC 1939, section 7), so any other command forgets it.
    async fn authorization(
        &mut self,
        user: Option<Vec<u8>>,
        request: Request,
        situation: &Situation,
    ) -> Answer {
        match request {
            Request::User(name) => {
                let reply = user::run(situation);
                if matches!(reply, Reply::Ok(_)) {
                    self.mode = Mode::Authorization(Some(name));
                }
                reply.into()
            }
            Request::Pass(password) => pass::run(self, user, &password).await.into(),
            Request::Auth { mechanism, initial } => {
                auth::run(self, situation, &mechanism, initial.as_deref()).await.into()
            }
            Request::Apop { name, digest } => apop::run(self, &name, &digest).await.into(),
            Request::Utf8 => utf8::run(self).into(),
            Request::Lang(range) => lang::run(range.as_deref()).into(),
            Request::Stls => stls::run(situation),
            Request::Capa => capa::run(situation, self.context.shared.seams.renderer.pop3_capability).into(),
            Request::Quit => quit::farewell(),
            _ => out_of_place().into(),
        }
    }

    async fn transaction(&self, maildrop: &mut Maildrop, request: Request, situation: &Situation) -> Reply {
        let store = &self.context.shared.store;
        let needed = (self.context.shared.seams.gate.pop3_utf8_needed)();
        let reads = if needed { self.reads } else { Reads::Utf8 };
        let unmarks = self.context.shared.seams.store.pop3_rset_unmarks;
        match request {
            Request::Stat => stat::run(maildrop),
            Request::List(number) => list::run(maildrop, number),
            Request::Retr(number) => retr::run(store, maildrop, number, reads).await,
            Request::Dele(number) => dele::run(maildrop, number),
            Request::Noop => noop::run(),
            Request::Rset => rset::run(maildrop, unmarks),
            Request::Top(number, lines) => top::run(store, maildrop, number, lines, reads).await,
            Request::Uidl(number) => uidl::run(maildrop, number),
            Request::Lang(range) => lang::run(range.as_deref()),
            Request::Capa => capa::run(situation, self.context.shared.seams.renderer.pop3_capability),
            _ => out_of_place(),
        }
    }

    /// Counts a login that failed.
    pub(super) fn login_failed(&mut self) {
        self.failed_logins = self.failed_logins.saturating_add(1);
    }

    /// Ends a session that has made too many errors, or failed to log in too often.
    fn bounded(&mut self, mut answer: Answer) -> Answer {
        if matches!(answer.reply, Reply::Err(..)) {
            self.errors = self.errors.saturating_add(1);
            let limits = &self.context.shared.limits;
            if self.errors > limits.errors || self.failed_logins >= limits.failed_logins.max(1) {
                answer.then = Then::Close;
            }
        }
        answer
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, then: Then::GoOn }
    }
}

/// Keyword, state, arguments, in this order: each can be what is wrong
/// (RFC 1939, section 3).
fn request(line: &[u8], state: State) -> Result<Request, Reply> {
    let (keyword, arguments) = syntax::split(line);
    let spec = registry::find(keyword).ok_or_else(|| Reply::err("unknown command"))?;
    if !spec.states.contains(&state) {
        return Err(out_of_place());
    }
    (spec.parse)(arguments).map_err(|_| Reply::err("bad arguments"))
}

fn out_of_place() -> Reply {
    Reply::err("not in this state")
}

/// The server could not do it: the reply says that it is not the client's fault.
pub(super) fn trouble(error: &StoreError) -> Reply {
    tracing::warn!(%error, "POP3 command failed");
    Reply::coded(Code::SysTemp, "the server failed, try again later")
}

/// A message and its first octets, or the reply that says why there are none.
pub(super) async fn body_of(
    store: &Store,
    maildrop: &mut Maildrop,
    number: MessageNumber,
) -> Result<(Entry, Vec<u8>), Reply> {
    let entry = maildrop.get(number)?.clone();
    if let Some(octets) = maildrop.take_ahead(entry.body) {
        return Ok((entry, octets));
    }
    match read(store, maildrop, number, entry.body).await {
        Ok(octets) => Ok((entry, octets)),
        // Another protocol's client may remove what this session has numbered.
        Err(StoreError::NoSuchMessage) => Err(Reply::err("the message has been removed")),
        Err(error) => Err(trouble(&error)),
    }
}

/// Reads a message's first octets, and small messages behind it along with them.
async fn read(
    store: &Store,
    maildrop: &mut Maildrop,
    number: MessageNumber,
    body: BodyId,
) -> Result<Vec<u8>, StoreError> {
    if maildrop.get(number).is_ok_and(|entry| entry.octets > READ) {
        // It is read piece by piece, and another protocol's client may remove it meanwhile.
        maildrop.keep(Some(store.hold(body).await?));
        return store.body_range(body, 0, READ).await;
    }
    maildrop.keep(None);
    let bodies = maildrop.worth_reading(number);
    let octets = store.small_bodies(bodies.clone()).await?;
    let mut ahead: VecDeque<_> = bodies.into_iter().zip(octets).filter_map(|(b, o)| Some((b, o?))).collect();
    match ahead.pop_front() {
        Some((first, octets)) if first == body => {
            maildrop.keep_ahead(ahead);
            Ok(octets)
        }
        _ => store.body_range(body, 0, READ).await,
    }
}

async fn lock(store: &Store, account: &Account) -> Option<MaildropLock> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        let lock = store.lock_maildrop(account.id);
        if lock.is_some() || Instant::now() >= deadline {
            return lock;
        }
        sleep(LOCK_RETRY).await;
    }
}

async fn open(store: &Store, account: &Account, lock: MaildropLock) -> Result<Maildrop, StoreError> {
    let contents = store.maildrop(account.id).await?;
    let entries = contents.messages.into_iter().map(|message| Entry {
        uid: message.uid,
        body: message.body,
        octets: framed_octets(message.octets.0, message.last_line),
        mark: Mark::Kept,
        retrieved: false,
    });
    Ok(Maildrop::new(contents.mailbox, contents.uid_validity, entries.collect(), lock))
}
