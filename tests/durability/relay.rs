//! SIGKILL amid relaying: 50 users submit to one server, which hands their mail over to another, and
//! one of them or both are killed. What was answered with 250 arrives; no acceptance is delivered
//! twice. A repeat is left only where the answer to a message was lost with the process that was to
//! give or to note it (RFC 5321, section 6.1): those are counted.

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
        let found = kill_amid_relaying(round).await;
        all.promised += found.promised;
        all.repeats += found.repeats;
        all.unanswered += found.unanswered;
    }
    println!(
        "{rounds} kills amid {CLIENTS} connections and relaying: {} messages were promised, none is lost, \
         no acceptance was delivered twice; {} repeats by the relay, {} arrived without a promise",
        all.promised, all.repeats, all.unanswered
    );
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

async fn kill_amid_relaying(round: usize) -> Found {
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
        arguments: vec!["--route".to_owned(), format!("far.test={smtp}")],
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
                if connection.deliver_to(&message(&token), "alice@far.test").await.is_err() {
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
    if round % 3 != 1 {
        drop(sender);
        sender = near.start();
    }
    drain(near.directory.path()).await;
    let stored = retrieve_all(receiver.address("pop3")).await.expect("the maildrop can be read");
    drop((sender, receiver));
    judge(round, &promised, &stored)
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

fn judge(round: usize, promised: &HashSet<String>, stored: &[String]) -> Found {
    let mut tokens: HashMap<&str, usize> = HashMap::new();
    let mut acceptances = HashSet::new();
    for content in stored {
        let token = content.lines().find_map(|line| line.strip_prefix("Subject: "));
        let token = token.unwrap_or_else(|| panic!("a message without its header:\n{content}"));
        assert!(content.ends_with(&message(token)), "{token} is there in part only:\n{content}");
        let id = content.split("by mail.far.test with ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let id = id.unwrap_or_else(|| panic!("no trace of the acceptance:\n{content}"));
        assert!(
            acceptances.insert(id.to_owned()),
            "round {round}: one acceptance of {token} delivered twice"
        );
        *tokens.entry(token).or_default() += 1;
    }
    let lost: Vec<&String> = promised.iter().filter(|token| !tokens.contains_key(token.as_str())).collect();
    assert!(lost.is_empty(), "round {round}: answered and lost: {lost:?}");
    Found {
        promised: promised.len(),
        repeats: tokens.values().map(|count| count - 1).sum(),
        unanswered: tokens.keys().filter(|token| !promised.contains(**token)).count(),
    }
}
