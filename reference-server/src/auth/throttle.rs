//! Slows down guessing: whoever fails to log in waits before the next attempt, the longer the oftener, by
//! the address that the attempts come from. Others, at other addresses, notice nothing, and a right
//! password takes back the failures of its own account.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::AuthError;
use crate::origin::origin;
use crate::store::AccountId;

/// Failures that cost nothing: everybody mistypes.
const FREE: u32 = 3;
/// The wait behind the first failure that costs something; each further one doubles it.
const FIRST: Duration = Duration::from_millis(500);
/// How long the failures of an address are held against it, from the last one on.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// Addresses that are remembered at most.
const ADDRESSES: usize = 10_000;
/// Accounts whose failures are told apart, for each address.
const ACCOUNTS: usize = 32;

/// What is remembered of failed logins.
#[derive(Debug)]
pub(super) struct Throttle {
    /// The longest wait; none where it is zero.
    longest: Duration,
    known: Mutex<HashMap<IpAddr, Failures>>,
}

/// The failures of one address.
#[derive(Debug)]
struct Failures {
    /// Of accounts that exist: a right password takes them back.
    of_accounts: HashMap<AccountId, u32>,
    /// All others.
    others: u32,
    last: Instant,
    /// When the latest attempt that waits goes on: the next one stands behind it.
    queue: Instant,
}

impl Failures {
    fn new(now: Instant) -> Self {
        Self { of_accounts: HashMap::new(), others: 0, last: now, queue: now }
    }

    fn count(&self) -> u32 {
        self.of_accounts.values().fold(self.others, |sum, count| sum.saturating_add(*count))
    }
}

impl Throttle {
    /// With this longest wait.
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest, known: Mutex::default() }
    }

    /// Waits as long as an attempt from this address has to; this machine's own never do.
    ///
    /// # Errors
    /// [`AuthError::TooMany`] where it would have to wait for longer than the longest wait, behind others
    /// that wait already.
    pub(super) async fn admit(&self, peer: Option<IpAddr>) -> Result<(), AuthError> {
        match peer.and_then(origin).map(|origin| self.turn(origin)) {
            None | Some(Turn::Now) => Ok(()),
            Some(Turn::At(time)) => {
                sleep_until(time).await;
                Ok(())
            }
            Some(Turn::Never) => Err(AuthError::TooMany),
        }
    }

    fn turn(&self, origin: IpAddr) -> Turn {
        let now = Instant::now();
        let mut known = self.lock();
        let Some(failures) = known.get_mut(&origin) else { return Turn::Now };
        if now.duration_since(failures.last) > KEPT {
            known.remove(&origin);
            return Turn::Now;
        }
        let costly = failures.count().saturating_sub(FREE);
        if costly == 0 || self.longest.is_zero() {
            return Turn::Now;
        }
        let doubled = 1_u32.checked_shl(costly.saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = FIRST.saturating_mul(doubled).min(self.longest);
        let time = failures.queue.max(now) + wait;
        if time > now + self.longest {
            return Turn::Never;
        }
        failures.queue = time;
        Turn::At(time)
    }

    /// An attempt failed, for this account if there is one of that name.
    pub(super) fn failed(&self, peer: Option<IpAddr>, account: Option<AccountId>) {
        let Some(origin) = peer.and_then(origin) else { return };
        let now = Instant::now();
        let mut known = self.lock();
        make_room(&mut known, origin, now);
        let failures = known.entry(origin).or_insert_with(|| Failures::new(now));
        failures.last = now;
        let room = failures.of_accounts.len() < ACCOUNTS;
        let count = match account {
            Some(account) if room || failures.of_accounts.contains_key(&account) => {
                failures.of_accounts.entry(account).or_default()
            }
            _ => &mut failures.others,
        };
        *count = count.saturating_add(1);
    }

    /// An attempt was right.
    pub(super) fn succeeded(&self, peer: Option<IpAddr>, account: AccountId) {
        let Some(origin) = peer.and_then(origin) else { return };
        let mut known = self.lock();
        if let Some(failures) = known.get_mut(&origin) {
            failures.of_accounts.remove(&account);
            if failures.count() == 0 {
                known.remove(&origin);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Failures>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an attempt goes on, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Now,
    At(Instant),
    Never,
}

/// Forgets what is old, and where that does not suffice what is oldest.
fn make_room(known: &mut HashMap<IpAddr, Failures>, origin: IpAddr, now: Instant) {
    if known.len() < ADDRESSES || known.contains_key(&origin) {
        return;
    }
    known.retain(|_, failures| now.duration_since(failures.last) <= KEPT);
    if known.len() >= ADDRESSES
        && let Some(oldest) =
            known.iter().min_by_key(|(_, failures)| failures.last).map(|(origin, _)| *origin)
    {
        known.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);
    const LONGEST: Duration = Duration::from_secs(8);

    fn peer(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    async fn waited(throttle: &Throttle, peer: Option<IpAddr>) -> Duration {
        let before = Instant::now();
        throttle.admit(peer).await.unwrap();
        Instant::now() - before
    }

    #[tokio::test(start_paused = true)]
    async fn each_failure_doubles_the_wait_up_to_the_longest() {
        let throttle = Throttle::new(LONGEST);
        let mut waits = Vec::new();
        for _ in 0..10 {
            waits.push(waited(&throttle, peer(1)).await.as_millis());
            throttle.failed(peer(1), Some(ALICE));
        }
        assert_eq!(waits, [0, 0, 0, 0, 500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(waited(&throttle, peer(2)).await, Duration::ZERO, "others notice nothing");
        tokio::time::advance(KEPT + Duration::from_secs(1)).await;
        assert_eq!(waited(&throttle, peer(1)).await, Duration::ZERO, "it is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn a_right_password_takes_back_the_failures_of_its_account_alone() {
        let throttle = Throttle::new(LONGEST);
        for _ in 0..5 {
            throttle.failed(peer(1), Some(ALICE));
        }
        throttle.succeeded(peer(1), BOB);
        assert!(waited(&throttle, peer(1)).await > Duration::ZERO, "an account of one's own does not help");
        throttle.succeeded(peer(1), ALICE);
        assert_eq!(waited(&throttle, peer(1)).await, Duration::ZERO);
        for _ in 0..5 {
            throttle.failed(peer(1), None);
        }
        throttle.succeeded(peer(1), ALICE);
        assert!(waited(&throttle, peer(1)).await > Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_at_once_stand_in_line_and_too_many_are_sent_away() {
        let throttle = std::sync::Arc::new(Throttle::new(LONGEST));
        for _ in 0..6 {
            throttle.failed(peer(1), None);
        }
        // 2 seconds each, and no more than 8 in the line.
        let attempts: Vec<_> = (0..10)
            .map(|_| {
                let throttle = std::sync::Arc::clone(&throttle);
                tokio::spawn(async move { throttle.admit(peer(1)).await })
            })
            .collect();
        let before = Instant::now();
        let mut let_on = 0;
        for attempt in attempts {
            let_on += usize::from(attempt.await.unwrap().is_ok());
        }
        assert_eq!((let_on, Instant::now() - before), (4, LONGEST));
    }

    #[tokio::test(start_paused = true)]
    async fn networks_of_ipv6_are_one_and_this_machine_is_none() {
        let throttle = Throttle::new(LONGEST);
        let six = |text: &str| Some(text.parse().unwrap());
        for number in 0..5 {
            throttle.failed(six(&format!("2001:db8::{number}")), None);
            throttle.failed(six("::1"), None);
            throttle.failed(six("127.0.0.1"), None);
            throttle.failed(six("::ffff:127.0.0.1"), None);
        }
        assert!(waited(&throttle, six("2001:db8::ffff:1")).await > Duration::ZERO);
        assert_eq!(waited(&throttle, six("2001:db8:0:1::1")).await, Duration::ZERO);
        for own in ["::1", "127.0.0.1", "::ffff:127.0.0.1"] {
            assert_eq!(waited(&throttle, six(own)).await, Duration::ZERO);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let throttle = Throttle::new(LONGEST);
        for number in 0..u32::try_from(ADDRESSES + 100).unwrap() {
            throttle.failed(Some(IpAddr::from(number.to_be_bytes())), None);
        }
        assert!(throttle.lock().len() <= ADDRESSES);
        for account in 0..100 {
            throttle.failed(peer(1), Some(AccountId(account)));
        }
        let known = throttle.lock();
        let failures = known.get(&peer(1).unwrap()).unwrap();
        assert_eq!((failures.of_accounts.len(), failures.count()), (ACCOUNTS, 100));
    }

    #[tokio::test(start_paused = true)]
    async fn no_longest_wait_is_no_wait() {
        let throttle = Throttle::new(Duration::ZERO);
        for _ in 0..50 {
            throttle.failed(peer(1), None);
        }
        assert_eq!(waited(&throttle, peer(1)).await, Duration::ZERO);
    }
}
