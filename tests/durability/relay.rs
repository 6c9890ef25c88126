//! SIGKILL amid relaying: 50 users submit to one server, which hands their mail over to another, and
//! one of them or both are killed. What was answered with 250 arrives; no acceptance is delivered
//! twice. Each repeat is shown to be one that could not be avoided (RFC 5321, section 6.1): its
//! transaction was open when the kill came, by what the sending server's own store says before anything
//! is tried again (begun and no outcome noted, or the connection lost within it); the other server had
//! taken the message by then; and the message came once more, not oftener.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reference_server::{Chosen, Spool};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::kill::{message, retrieve_all};
use crate::process::{Options, Server};

/// Rounds where the environment asks for no other number.
const ROUNDS: usize = 5;
const ROUNDS_VARIABLE: &str = "MAILSPEC_RELAY_KILLS";
const CLIENTS: usize = 50;
/// Messages of one client.
const MESSAGES: usize = 6;
/// For the queue to become empty after the restart.
const DRAIN: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Found {
    promised: usize,
    /// Transactions that a kill left open.
    open: usize,
    /// Messages of those that came once more.
    repeats: usize,
    /// Those that had been accepted and not answered.
    unanswered: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_amid_relaying_loses_nothing_and_delivers_no_acceptance_twice() {
    let asked = std::env::var(ROUNDS_VARIABLE).ok().and_then(|text| text.parse().ok());
    let rounds = asked.unwrap_or(ROUNDS);
    let mut all = Found::default();
    for round in 0..rounds {
        let found = kill_amid_relaying(round, None).await.unwrap_or_else(|why| panic!("{why}"));
        all.promised += found.promised;
        all.open += found.open;
        all.repeats += found.repeats;
        all.unanswered += found.unanswered;
    }
    println!(
        "{rounds} kills amid {CLIENTS} connections and relaying: {} messages were promised, none is lost, \
         no acceptance was delivered twice; {} transactions were open at a kill, {} of their messages had \
         been taken and came once more, no other did; {} arrived without a promise",
        all.promised, all.open, all.repeats, all.unanswered
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_hands_over_twice_is_seen_to_repeat_what_was_not_open() {
    let found = kill_amid_relaying(0, Some("relay-repeats-what-was-taken")).await;
    let why = found.err().expect("it is seen");
    assert!(why.contains("came again, and was not open at the kill"), "{why}");
}

/// A server that keeps its port over restarts.
struct Place {
    directory: tempfile::TempDir,
    listen: Vec<(&'static str, String)>,
    account: Option<&'static str>,
    arguments: Vec<String>,
}

impl Place {
    fn start(&self) -> Server {
        let listen: Vec<(&str, &str)> = self.listen.iter().map(|(name, at)| (*name, at.as_str())).collect();
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Server::start(
            self.directory.path(),
            &Options { arguments: &arguments, listen: &listen, account: self.account, ..Options::default() },
        )
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address")
}

/// One round, of a sending server with a deviation or without; an error is what it has shown to be wrong.
async fn kill_amid_relaying(round: usize, deviation: Option<&str>) -> Result<Found, String> {
    let smtp = free_address().to_string();
    let far = Place {
        directory: tempfile::tempdir().expect("a directory"),
        listen: vec![("smtp", smtp.clone())],
        account: Some("alice@far.test:alice-secret"),
        arguments: ["--hostname", "mail.far.test"].map(str::to_owned).to_vec(),
    };
    let near = Place {
        directory: tempfile::tempdir().expect("a directory"),
        listen: vec![("submission", "127.0.0.1:0".to_owned())],
        account: None,
        arguments: ["--route".to_owned(), format!("far.test={smtp}")]
            .into_iter()
            .chain(deviation.map(|id| format!("--deviation={id}")))
            .collect(),
    };
    let (mut receiver, mut sender) = (far.start(), near.start());
    // From a few answers up to nearly all of them.
    let chance = usize::try_from(RandomState::new().hash_one(round) % 250).unwrap_or(0);
    let (answered, due) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let submission = sender.address("submission");
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (answered, due) = (Arc::clone(&answered), Arc::clone(&due));
        clients.spawn(async move {
            let mut promised = Vec::new();
            let Ok(mut connection) = Client::submission(submission).await else { return promised };
            for number in 0..MESSAGES {
                let token = format!("r{round}-{client}-{number}");
                // By its sender the store's entry is known.
                let from = format!("{token}@example.test");
                if connection.deliver_from(&from, &message(&token), "alice@far.test").await.is_err() {
                    break;
                }
                promised.push(token);
                if answered.fetch_add(1, Ordering::SeqCst) + 1 == 10 + chance {
                    due.notify_one();
                }
            }
            promised
        });
    }
    due.notified().await;
    match round % 3 {
        0 => sender.kill(),
        1 => receiver.kill(),
        _ => {
            receiver.kill();
            sender.kill();
        }
    }
    if !round.is_multiple_of(3) {
        drop(receiver);
        receiver = far.start();
    }
    let mut promised = HashSet::new();
    while let Some(tokens) = clients.join_next().await {
        promised.extend(tokens.expect("a client does not panic"));
    }
    // Before anything is tried again.
    let open = left_open(near.directory.path()).await;
    let before = settled(&receiver).await;
    if round % 3 != 1 {
        drop(sender);
        sender = near.start();
    }
    drain(near.directory.path()).await;
    let stored = retrieve_all(receiver.address("pop3")).await.expect("the maildrop can be read");
    drop((sender, receiver));
    judge(&Round { round, promised, open, before, stored })
}

/// The messages whose transaction the kill has left open: begun, and no outcome noted, in a server that
/// was killed; or the connection lost within it, in one that was not.
async fn left_open(directory: &Path) -> HashSet<String> {
    let spool = Spool::open(directory).expect("the queue");
    let end = std::time::Instant::now() + DRAIN;
    loop {
        let waiting = spool.list().expect("the queue can be read");
        let recipients =
            || waiting.iter().flat_map(|message| message.recipients.iter().map(move |it| (message, it)));
        // What goes on beside it: a server that lives hands over what came since.
        if recipients().all(|(_, recipient)| !recipient.under_way) {
            let lost = |reason: &String| reason.starts_with("the connection was lost");
            let open = recipients().filter(|(_, it)| it.interrupted || it.reason.as_ref().is_some_and(lost));
            return open.filter_map(|(message, _)| message.sender.as_deref().and_then(token_of)).collect();
        }
        assert!(std::time::Instant::now() < end, "what is under way does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn token_of(sender: &str) -> Option<String> {
    sender.split_once('@').map(|(token, _)| token.to_owned())
}

/// What has arrived, when nothing more comes.
async fn settled(receiver: &Server) -> Vec<String> {
    let mut stored = Vec::new();
    loop {
        let now = retrieve_all(receiver.address("pop3")).await.expect("the maildrop can be read");
        if now.len() == stored.len() {
            return now;
        }
        stored = now;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Waits until nothing is left in the queue; what waits for its time is tried at once.
async fn drain(directory: &Path) {
    let spool = Spool::open(directory).expect("the queue");
    let end = std::time::Instant::now() + DRAIN;
    loop {
        let waiting = spool.list().expect("the queue can be read");
        if waiting.is_empty() {
            return;
        }
        assert!(
            std::time::Instant::now() < end,
            "{} messages still wait: {:?}",
            waiting.len(),
            waiting.first()
        );
        if waiting.iter().flat_map(|message| &message.recipients).any(|recipient| recipient.attempts > 0) {
            spool.retry(Chosen::All).expect("the queue can be changed");
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// What one round has shown.
struct Round {
    round: usize,
    promised: HashSet<String>,
    /// The messages whose transactions the kill left open.
    open: HashSet<String>,
    /// What had arrived before anything was tried again.
    before: Vec<String>,
    /// What has arrived in the end.
    stored: Vec<String>,
}

fn token(content: &str) -> &str {
    let token = content.lines().find_map(|line| line.strip_prefix("Subject: "));
    token.unwrap_or_else(|| panic!("a message without its header:\n{content}"))
}

fn count(stored: &[String]) -> HashMap<&str, usize> {
    let mut tokens: HashMap<&str, usize> = HashMap::new();
    for content in stored {
        *tokens.entry(token(content)).or_default() += 1;
    }
    tokens
}

fn judge(seen: &Round) -> Result<Found, String> {
    let round = seen.round;
    let wrong = |what: String| Err(format!("round {round}: {what}"));
    let mut acceptances = HashSet::new();
    for content in &seen.stored {
        let token = token(content);
        if !content.ends_with(&message(token)) {
            return wrong(format!("{token} is there in part only:\n{content}"));
        }
        let id = content.split("by mail.far.test with ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let id = id.unwrap_or_else(|| panic!("no trace of the acceptance:\n{content}"));
        if !acceptances.insert(id.to_owned()) {
            return wrong(format!("one acceptance of {token} delivered twice"));
        }
    }
    let (tokens, before) = (count(&seen.stored), count(&seen.before));
    let lost: Vec<&String> =
        seen.promised.iter().filter(|token| !tokens.contains_key(token.as_str())).collect();
    if !lost.is_empty() {
        return wrong(format!("answered and lost: {lost:?}"));
    }
    let repeated: Vec<&str> =
        tokens.iter().filter(|(_, count)| **count > 1).map(|(token, _)| *token).collect();
    for token in &repeated {
        if !seen.open.contains(*token) {
            return wrong(format!("{token} came again, and was not open at the kill"));
        }
        let counts = (before.get(token), tokens.get(token));
        if counts != (Some(&1), Some(&2)) {
            return wrong(format!("{token} before and after the next attempt: {counts:?}"));
        }
    }
    Ok(Found {
        promised: seen.promised.len(),
        open: seen.open.len(),
        repeats: repeated.len(),
        unanswered: tokens.keys().filter(|token| !seen.promised.contains(**token)).count(),
    })
}
