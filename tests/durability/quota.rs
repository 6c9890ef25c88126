//! SIGKILL while many clients together run into a quota: what was promised is there, what is there is
//! what the server says that it counts, and no more fits than before.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::client::{Client, Outcome};
use crate::kill::{message, retrieve_all};
use crate::process::{Options, Server};

/// Messages that alice may have.
const LIMIT: usize = 120;
const ARGUMENTS: [&str; 4] = ["--quota-messages", "120", "--quota-storage", "4096"];
const CLIENTS: usize = 40;
/// More than fit, so that some are refused.
const EACH: usize = 6;
/// Answers after which the server is killed: well before the limit, about there, and behind it.
const KILLS: [usize; 5] = [20, 60, 110, 140, 200];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_counted_after_a_kill_is_what_is_there() {
    for kill_after in KILLS {
        let directory = tempfile::tempdir().expect("a directory");
        let options = Options { arguments: &ARGUMENTS, ..Options::default() };
        let mut server = Server::start(directory.path(), &options);
        let promised = deliver_until_killed(&mut server, kill_after).await;
        let server = Server::start(directory.path(), &options);

        let stored = retrieve_all(server.address("pop3")).await.expect("the maildrop can be read");
        let found: HashSet<&str> = stored
            .iter()
            .filter_map(|text| text.lines().find_map(|line| line.strip_prefix("Subject: ")))
            .collect();
        let lost: Vec<_> = promised.iter().filter(|token| !found.contains(token.as_str())).collect();
        assert!(lost.is_empty(), "killed after {kill_after}: promised and lost: {lost:?}");
        assert!(stored.len() <= LIMIT, "killed after {kill_after}: {} are there", stored.len());

        let mut imap = Client::imap(server.address("imap")).await.expect("IMAP lets in");
        let octets: usize = stored.iter().map(String::len).sum();
        let counted = imap.imap_lines("GETQUOTAROOT INBOX").await.expect("it is told");
        let told = format!("(STORAGE {} 4096 MESSAGE {} {LIMIT})", octets.div_ceil(1024), stored.len());
        assert!(counted.iter().any(|line| line.contains(&told)), "{told} was expected: {counted:?}");
        for number in stored.len()..LIMIT {
            imap.append(&message(&format!("more{number}"))).await.expect("it fits");
        }
        let error = imap.append(&message("beyond")).await.expect_err("it does not fit");
        assert!(error.contains(" NO [OVERQUOTA] "), "{error}");
        println!("killed after {kill_after}: {} promised, {} there", promised.len(), stored.len());
    }
}

/// Kills the server after so many answers; gives the tokens of the messages that were promised.
async fn deliver_until_killed(server: &mut Server, kill_after: usize) -> Vec<String> {
    let answered = Arc::new((AtomicUsize::new(0), Notify::new()));
    let (smtp, imap) = (server.address("smtp"), server.address("imap"));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let answered = Arc::clone(&answered);
        clients.spawn(async move {
            let mut promised = Vec::new();
            for number in 0..EACH {
                let token = format!("q{client}-{number}");
                match deliver(smtp, imap, &token, client % 2).await {
                    Ok(()) => promised.push(token),
                    Err(error) if is_over_quota(&error) => {}
                    Err(_) => break,
                }
                if answered.0.fetch_add(1, Ordering::SeqCst) + 1 == kill_after {
                    answered.1.notify_one();
                }
            }
            promised
        });
    }
    answered.1.notified().await;
    server.kill();
    clients.join_all().await.into_iter().flatten().collect()
}

/// Each message in a session of its own, by one way or the other.
async fn deliver(smtp: SocketAddr, imap: SocketAddr, token: &str, way: usize) -> Outcome<()> {
    match way {
        0 => Client::smtp(smtp, "EHLO").await?.deliver(&message(token)).await,
        _ => Client::imap(imap).await?.append(&message(token)).await.map(|_| ()),
    }
}

fn is_over_quota(error: &str) -> bool {
    error.contains("OVERQUOTA") || error.contains("452 4.2.2") || error.contains("552 5.2.2")
}
