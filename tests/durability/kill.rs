//! SIGKILL in the middle of 200 concurrent deliveries: what was answered with
//! success is there afterwards, whole; what was not may be there or not, but
//! never in part.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::client::{Client, Outcome, wait_for_alice};
use crate::process::{Options, Server};

const ROUNDS: usize = 20;
/// Clients that deliver at the same time.
const CLIENTS: usize = 200;
/// Every fourth client appends by IMAP, the others deliver by SMTP.
const IMAP_EVERY: usize = 4;
/// Most messages of one client: enough that all are still busy when the kill comes.
const MESSAGES: usize = 8;
/// Answers after which the first round kills; each later round waits for some more.
const FIRST_KILL: usize = 20;
const LATER: usize = 15;

/// What the clients of one round have been promised.
struct Tally {
    answered: AtomicUsize,
    kill_after: usize,
    due: Notify,
}

impl Tally {
    fn count(&self) {
        if self.answered.fetch_add(1, Ordering::SeqCst) + 1 == self.kill_after {
            self.due.notify_one();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_amid_deliveries_loses_nothing_that_was_answered() {
    let mut promised = Vec::new();
    for round in 0..ROUNDS {
        let aftermath = kill_amid_deliveries(FIRST_KILL + round * LATER, &[]).await;
        let lost = &aftermath.lost;
        assert!(lost.is_empty(), "round {round}: answered and lost: {lost:?}");
        promised.extend(aftermath.promised);
    }
    for kind in ["s", "a"] {
        assert!(promised.iter().any(|token| token.starts_with(kind)), "no promise of that kind: {kind}");
    }
    let promised = promised.len();
    println!("{ROUNDS} kills amid {CLIENTS} clients: {promised} messages were promised, none is lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_answers_before_it_commits_is_seen_to_lose_messages() {
    let deviation = ["--deviation", "store-answers-before-commit"];
    let aftermath = kill_amid_deliveries(FIRST_KILL, &deviation).await;
    assert!(!aftermath.lost.is_empty(), "{} were promised, none is lost", aftermath.promised.len());
}

/// What there was after a kill.
struct Aftermath {
    /// The messages that were promised, by their tokens.
    promised: Vec<String>,
    /// Those of them that are not there.
    lost: Vec<String>,
}

/// Starts a server, lets all clients deliver, kills the server after so many
/// answers, starts one again over the same directory and reads what is there.
async fn kill_amid_deliveries(kill_after: usize, arguments: &[&str]) -> Aftermath {
    let directory = tempfile::tempdir().expect("a directory");
    let mut server = Server::start(directory.path(), &Options { arguments, ..Options::default() });
    wait_for_alice(server.address("pop3")).await.expect("alice can log in");
    let tally = Arc::new(Tally { answered: AtomicUsize::new(0), kill_after, due: Notify::new() });
    let (smtp, imap) = (server.address("smtp"), server.address("imap"));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let tally = Arc::clone(&tally);
        clients.spawn(async move {
            if client % IMAP_EVERY == 0 {
                append_until_killed(imap, client, &tally).await
            } else {
                deliver_until_killed(smtp, client, &tally).await
            }
        });
    }
    let all = async {
        let mut promised = Vec::new();
        while let Some(tokens) = clients.join_next().await {
            promised.extend(tokens.expect("a client does not panic"));
        }
        promised
    };
    let killing = async {
        tally.due.notified().await;
        server.kill();
    };
    let (promised, ()) = tokio::join!(all, killing);
    assert!(promised.len() < CLIENTS * MESSAGES, "the kill came after everything was delivered");
    let found = read_back(directory.path()).await;
    let lost = promised.iter().filter(|token| !found.contains(*token)).cloned().collect();
    Aftermath { promised, lost }
}

/// Delivers until the connection breaks; gives the tokens that were promised.
async fn deliver_until_killed(address: SocketAddr, client: usize, tally: &Tally) -> Vec<String> {
    let mut promised = Vec::new();
    let Ok(mut connection) = Client::smtp(address, "EHLO").await else {
        return promised;
    };
    for number in 0..MESSAGES {
        let token = format!("s{client}-{number}");
        match connection.deliver(&message(&token)).await {
            Ok(()) => promised.push(token),
            Err(_) => break,
        }
        tally.count();
    }
    promised
}

/// As [`deliver_until_killed`], by APPEND.
async fn append_until_killed(address: SocketAddr, client: usize, tally: &Tally) -> Vec<String> {
    let mut promised = Vec::new();
    let Ok(mut connection) = Client::imap(address).await else {
        return promised;
    };
    for number in 0..MESSAGES {
        let token = format!("a{client}-{number}");
        match connection.append(&message(&token)).await {
            Ok(_) => promised.push(token),
            Err(_) => break,
        }
        tally.count();
    }
    promised
}

/// A message that names itself, and of which no part can be missing unnoticed.
pub(crate) fn message(token: &str) -> String {
    let lines: String = (0..40).map(|line| format!("{token} line {line}\r\n")).collect();
    format!("Subject: {token}\r\n\r\n{lines}{token} ends\r\n")
}

/// Opens the directory again: the tokens of the messages that are there, each
/// whole and there once.
async fn read_back(directory: &Path) -> HashSet<String> {
    let server = Server::start(directory, &Options::default());
    let stored = retrieve_all(server.address("pop3")).await.expect("the maildrop can be read");
    let mut found = HashSet::new();
    for content in &stored {
        let token = content
            .lines()
            .find_map(|line| line.strip_prefix("Subject: "))
            .unwrap_or_else(|| panic!("a message without its header:\n{content}"));
        assert!(content.ends_with(&message(token)), "{token} is there in part only:\n{content}");
        assert!(found.insert(token.to_owned()), "{token} is there twice");
    }
    found
}

pub(crate) async fn retrieve_all(address: SocketAddr) -> Outcome<Vec<String>> {
    Client::pop3(address).await?.retrieve_all().await
}
