//! Sessions of somebody who guesses passwords, over each protocol: behind some failures each attempt
//! waits, and nobody else does.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::auth::Authenticator;
use crate::context::Shared;
use crate::limits::PlaintextAuthentication;
use crate::service::Service;
use crate::testing::{self, Peer};
use crate::{imap, pop3, smtp};

/// Failures behind which an attempt waits, and how long the first of these waits at least.
const FAILURES: usize = 4;
const WAIT: Duration = Duration::from_millis(500);

/// A way to log in.
#[derive(Debug, Clone, Copy)]
enum Way {
    Login,
    Authenticate,
    Pass,
    Auth,
}

impl Way {
    const ALL: [Self; 4] = [Self::Login, Self::Authenticate, Self::Pass, Self::Auth];

    /// A session behind its greeting.
    async fn open(self, shared: &Arc<Shared>, address: IpAddr) -> Peer {
        let mut peer = match self {
            Self::Login | Self::Authenticate => Peer::open_from(address, shared, Service::Imap, imap::serve),
            Self::Pass => Peer::open_from(address, shared, Service::Pop3, pop3::serve),
            Self::Auth => Peer::open_from(address, shared, Service::Submission, smtp::serve),
        };
        peer.line().await;
        if matches!(self, Self::Auth) {
            peer.send("EHLO client.test\r\n").await;
            while !peer.line().await.starts_with("250 ") {}
        }
        peer
    }

    /// Tries a password; says how that was answered.
    async fn attempt(self, peer: &mut Peer, password: &str) -> String {
        let plain = STANDARD.encode(format!("\0alice\0{password}"));
        match self {
            Self::Login => peer.send(format!("a LOGIN alice {password}\r\n")).await,
            Self::Authenticate => peer.send(format!("a AUTHENTICATE PLAIN {plain}\r\n")).await,
            Self::Auth => peer.send(format!("AUTH PLAIN {plain}\r\n")).await,
            Self::Pass => {
                peer.send(format!("USER alice\r\nPASS {password}\r\n")).await;
                peer.line().await;
            }
        }
        peer.line().await
    }

    fn refusal(self) -> &'static str {
        match self {
            Self::Login | Self::Authenticate => "a NO ",
            Self::Pass => "-ERR ",
            Self::Auth => "535 ",
        }
    }

    fn welcome(self) -> &'static str {
        match self {
            Self::Login | Self::Authenticate => "a OK ",
            Self::Pass => "+OK ",
            Self::Auth => "235 ",
        }
    }
}

/// A server that has logins wait.
async fn server() -> Arc<Shared> {
    let (shared, _) = testing::shared(&[]).await;
    let mut shared = Arc::into_inner(shared).unwrap();
    let (store, domains) = (shared.store.clone(), shared.domains.clone());
    let authenticator = Authenticator::new(store, domains, Arc::clone(&shared.seams)).unwrap();
    shared.authenticator = authenticator.delaying(Duration::from_secs(10));
    shared.plaintext_authentication = PlaintextAuthentication::Everywhere;
    Arc::new(shared)
}

/// Logs in behind failures, where there are any; says how long the right password took.
async fn log_in(shared: Arc<Shared>, way: Way, address: [u8; 4], failures: usize) -> Duration {
    let mut peer = way.open(&shared, IpAddr::from(address)).await;
    for _ in 0..failures {
        let answer = way.attempt(&mut peer, "wrong").await;
        assert!(answer.starts_with(way.refusal()), "{way:?}: {answer}");
    }
    let begun = Instant::now();
    let answer = way.attempt(&mut peer, "alice-secret").await;
    assert!(answer.starts_with(way.welcome()), "{way:?}: {answer}");
    begun.elapsed()
}

#[tokio::test]
async fn an_attempt_behind_failed_ones_waits_over_each_protocol() {
    for (number, way) in (1..).zip(Way::ALL) {
        let shared = server().await;
        let waited = log_in(shared, way, [192, 0, 2, number], FAILURES).await;
        assert!(waited >= WAIT, "{way:?}: {waited:?}");
    }
}

/// The other one begins when the attempt waits already, and is let in first.
#[tokio::test]
async fn who_waits_holds_up_nobody_else() {
    for (number, way) in (1..).zip(Way::ALL) {
        let shared = server().await;
        let mut waiting = way.open(&shared, IpAddr::from([192, 0, 2, number])).await;
        for _ in 0..FAILURES {
            way.attempt(&mut waiting, "wrong").await;
        }
        let waits = tokio::spawn(async move { way.attempt(&mut waiting, "alice-secret").await });
        let other = log_in(shared, way, [198, 51, 100, number], 0).await;
        assert!(other < WAIT || !waits.is_finished(), "{way:?}: the other one took {other:?}");
        let answer = waits.await.unwrap();
        assert!(answer.starts_with(way.welcome()), "{way:?}: {answer}");
    }
}

#[tokio::test]
async fn this_machine_s_own_attempts_never_wait_and_too_many_end_the_session() {
    for way in Way::ALL {
        let shared = server().await;
        let mut peer = way.open(&shared, IpAddr::from([127, 0, 0, 1])).await;
        let limit = shared.limits.failed_logins;
        for attempt in 1..=limit {
            let answer = way.attempt(&mut peer, "wrong").await;
            let last = attempt == limit && matches!(way, Way::Auth);
            let wanted = if last { "421 " } else { way.refusal() };
            assert!(answer.starts_with(wanted), "{way:?}, attempt {attempt}: {answer}");
        }
        let mut farewell = Vec::new();
        loop {
            match peer.line().await {
                line if line.is_empty() => break,
                line => farewell.push(line),
            }
        }
        let expected = if matches!(way, Way::Login | Way::Authenticate) { 1 } else { 0 };
        assert_eq!(farewell.len(), expected, "{way:?}: {farewell:?}");
        assert!(farewell.iter().all(|line| line.starts_with("* BYE ")), "{farewell:?}");
    }
}
