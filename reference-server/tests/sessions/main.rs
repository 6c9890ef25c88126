//! Many sessions at once on a few mailboxes, with random commands: what each client can know from
//! the responses it was sent is what the store has (RFC 3501, sections 5.2 to 5.5 and 7; RFC 2180;
//! RFC 7162). Not for single rules, which the suites judge.
//!
//! Every run takes another seed and prints it; `MAILSPEC_SEED=n` repeats a run whose commands came
//! one after the other.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic here is a failed test")]

mod random;
mod response;
mod session;
mod truth;
mod view;
mod walk;
mod wire;

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use reference_server::{Server, Service};

use truth::Truth;
use walk::Walk;

const SESSIONS: usize = 8;

fn seed() -> u64 {
    let given =
        std::env::var("MAILSPEC_SEED").ok().map(|text| text.parse().expect("MAILSPEC_SEED is a number"));
    let seed =
        given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64);
    println!("MAILSPEC_SEED={seed}");
    seed
}

async fn server(deviations: &[&str]) -> Server {
    let builder = Server::builder()
        .account("alice@example.test", "secret")
        .listen(Service::Imap, SocketAddr::from(([127, 0, 0, 1], 0)));
    deviations.iter().fold(builder, |builder, id| builder.deviation(*id)).start().await.unwrap()
}

/// One command after the other, of eight sessions by turns: at each answer everything is known
/// that a client must know by then.
async fn by_turns(server: &Server, seed: u64, steps: usize) -> Result<(), String> {
    let address = server.address(Service::Imap).unwrap();
    let mut walk = Walk::new(address, seed, SESSIONS, Some(Truth::default())).await?;
    for step in 0..steps {
        walk.step().await.map_err(|wrong| walk.picture(step, &wrong))?;
    }
    walk.finish().await.map_err(|wrong| walk.picture(steps, &wrong))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_turns_each_client_knows_what_the_store_has() {
    let seed = seed();
    let server = server(&[]).await;
    if let Err(picture) = by_turns(&server, seed, 10_000).await {
        panic!("MAILSPEC_SEED={seed}\n{picture}");
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_at_once_each_client_knows_what_the_store_has() {
    let seed = seed();
    let server = server(&[]).await;
    let address = server.address(Service::Imap).unwrap();
    Walk::new(address, seed, 1, None).await.unwrap();
    let tasks: Vec<_> = (0..SESSIONS as u64)
        .map(|number| {
            tokio::spawn(async move {
                let mut walk = Walk::new(address, seed.wrapping_add(number), 1, None).await?;
                for step in 0..400 {
                    walk.step().await.map_err(|wrong| walk.picture(step, &wrong))?;
                }
                Ok::<_, String>(walk)
            })
        })
        .collect();
    let mut walks = Vec::new();
    for task in tasks {
        walks.push(task.await.unwrap());
    }
    for walk in walks {
        let finished = match walk {
            Ok(mut walk) => walk.finish().await.map_err(|wrong| walk.picture(400, &wrong)),
            Err(picture) => Err(picture),
        };
        if let Err(picture) = finished {
            panic!("MAILSPEC_SEED={seed}\n{picture}");
        }
    }
    server.shutdown().await;
}

/// The test itself: what it is for, it notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn departures_are_noticed() {
    for (deviation, notices) in
        [("imap-expunge-during-fetch", "is told during"), ("imap-search-not-ignored", "SEARCH")]
    {
        let server = server(&[deviation]).await;
        let picture = by_turns(&server, 1, 10_000).await.expect_err(deviation);
        assert!(picture.contains(notices), "{deviation}: {picture}");
        server.shutdown().await;
    }
}
