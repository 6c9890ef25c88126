//! What the operator has to say about maildrops: how often their owners may log in, and how long
//! mail stays in them (RFC 2449, sections 6.5 and 6.7).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use crate::queue::Clock;
use crate::store::AccountId;

/// How long the server keeps mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub enum Retention {
    /// Until the session in which RETR sent it ends with QUIT: `EXPIRE 0`.
    Session,
    /// So many days, at least one, from when it came into the maildrop: `EXPIRE n`.
    Days(std::num::NonZeroU32),
    /// For ever: `EXPIRE NEVER`.
    #[default]
    Forever,
}

impl Retention {
    /// So many days; none is [`Retention::Session`].
    #[must_use]
    pub fn days(days: u32) -> Self {
        std::num::NonZeroU32::new(days).map_or(Self::Session, Self::Days)
    }

    /// Mail that came before this has had its time.
    fn horizon(self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::Days(days) => now.checked_sub(time::Duration::days(i64::from(days.get()))),
            Self::Session | Self::Forever => None,
        }
    }

    /// The argument of EXPIRE.
    fn argument(self) -> String {
        match self {
            Self::Session => "0".to_owned(),
            Self::Days(days) => days.to_string(),
            Self::Forever => "NEVER".to_owned(),
        }
    }
}

/// What holds for a maildrop over POP3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct MaildropPolicy {
    /// Seconds that must pass between two logins.
    pub login_delay: u32,
    /// How long mail stays.
    pub retention: Retention,
}

/// What holds for all maildrops, and when their owners logged in.
#[derive(Debug, Default)]
pub(crate) struct Maildrops {
    general: MaildropPolicy,
    clock: Clock,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// What holds for single accounts, by address in lower case.
    own: HashMap<String, MaildropPolicy>,
    /// When those logged in who have to wait.
    logins: HashMap<AccountId, OffsetDateTime>,
}

/// Whether a login is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is.
    Granted,
    /// The one before was too short a time ago.
    TooSoon,
}

impl Maildrops {
    /// What holds where nothing else is said, by this clock.
    pub(crate) fn new(general: MaildropPolicy, clock: Clock) -> Self {
        Self { general, clock, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What holds for the account with this address from now on.
    pub(crate) fn set(&self, address: &str, policy: MaildropPolicy) {
        self.kept().own.insert(address.to_ascii_lowercase(), policy);
    }

    /// What holds for the account with this address.
    pub(crate) fn of(&self, address: &str) -> MaildropPolicy {
        self.kept().own.get(&address.to_ascii_lowercase()).copied().unwrap_or(self.general)
    }

    /// Whether an account may log in now.
    pub(crate) fn admits(&self, account: AccountId, policy: MaildropPolicy) -> Admission {
        let delay = Duration::from_secs(u64::from(policy.login_delay));
        let last = self.kept().logins.get(&account).copied();
        match last.map(|last| self.clock.now() - last) {
            // A clock that was put back says nothing of how long it is.
            Some(passed) if !passed.is_negative() && passed < delay => Admission::TooSoon,
            _ => Admission::Granted,
        }
    }

    /// An account has logged in. Who need not wait is not remembered.
    pub(crate) fn logged_in(&self, account: AccountId, policy: MaildropPolicy) {
        if policy.login_delay > 0 {
            let now = self.clock.now();
            self.kept().logins.insert(account, now);
        }
    }

    /// Mail of this account that came before this has had its time.
    pub(crate) fn horizon(&self, policy: MaildropPolicy) -> Option<OffsetDateTime> {
        policy.retention.horizon(self.clock.now())
    }

    /// Whether any mail ever has its time.
    pub(crate) fn anything_expires(&self) -> bool {
        let expires = |policy: &MaildropPolicy| matches!(policy.retention, Retention::Days(_));
        expires(&self.general) || self.kept().own.values().any(expires)
    }

    /// What is announced to a client that has not logged in: what is the worst for anybody.
    pub(crate) fn announced(&self) -> Announced {
        let kept = self.kept();
        let mut announced = Announced::to_owner(self.general);
        for policy in kept.own.values().filter(|policy| **policy != self.general) {
            announced.delay.add(policy.login_delay, u32::max);
            announced.retention.add(policy.retention, Retention::min);
        }
        announced
    }
}

/// What CAPA tells of a maildrop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Announced {
    delay: Told<u32>,
    retention: Told<Retention>,
}

/// A value, and whether another may be told after login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told<T> {
    value: T,
    differs: bool,
}

impl<T: Copy + PartialEq> Told<T> {
    fn add(&mut self, other: T, worse: fn(T, T) -> T) {
        self.differs |= self.value != other;
        self.value = worse(self.value, other);
    }

    fn user(self) -> &'static str {
        if self.differs { " USER" } else { "" }
    }
}

impl Announced {
    /// To a client that has logged in.
    pub(crate) const fn to_owner(policy: MaildropPolicy) -> Self {
        Self {
            delay: Told { value: policy.login_delay, differs: false },
            retention: Told { value: policy.retention, differs: false },
        }
    }

    /// The lines of CAPA (RFC 2449, sections 6.5 and 6.7). Who need not wait is told so only where
    /// others must.
    pub(crate) fn lines(self, waiting: Waiting) -> Vec<String> {
        let mut lines = vec![format!("EXPIRE {}{}", self.retention.value.argument(), self.retention.user())];
        if self.delay.value > 0 || waiting == Waiting::Known {
            lines.push(format!("LOGIN-DELAY {}{}", self.delay.value, self.delay.user()));
        }
        lines
    }

    /// Whether there is anybody who has to wait.
    pub(crate) fn waiting(self) -> Waiting {
        if self.delay.value > 0 { Waiting::Known } else { Waiting::Unknown }
    }
}

/// Whether there is anybody who has to wait between logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// There is.
    Known,
    /// There is not.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASTY: MaildropPolicy = MaildropPolicy { login_delay: 3, retention: Retention::Session };

    #[test]
    fn the_worst_for_anybody_is_announced_before_login() {
        let drops = Maildrops::default();
        assert_eq!(drops.announced().lines(drops.announced().waiting()), ["EXPIRE NEVER"]);
        drops.set("Hasty@example.test", HASTY);
        drops.set("guest@example.test", MaildropPolicy { login_delay: 0, retention: Retention::days(7) });
        let announced = drops.announced();
        assert_eq!(announced.lines(announced.waiting()), ["EXPIRE 0 USER", "LOGIN-DELAY 3 USER"]);
        let own = |address| Announced::to_owner(drops.of(address)).lines(announced.waiting());
        assert_eq!(own("hasty@EXAMPLE.test"), ["EXPIRE 0", "LOGIN-DELAY 3"]);
        assert_eq!(own("guest@example.test"), ["EXPIRE 7", "LOGIN-DELAY 0"]);
        assert_eq!(own("alice@example.test"), ["EXPIRE NEVER", "LOGIN-DELAY 0"]);
    }

    #[test]
    fn what_is_the_same_for_all_is_announced_without_user() {
        let drops = Maildrops::new(HASTY, Clock::default());
        drops.set("other@example.test", HASTY);
        let announced = drops.announced();
        assert_eq!(announced.lines(announced.waiting()), ["EXPIRE 0", "LOGIN-DELAY 3"]);
    }

    #[test]
    fn a_login_is_too_soon_until_the_delay_has_passed() {
        let clock = Clock::default();
        let drops = Maildrops::new(HASTY, clock.clone());
        let account = AccountId(1);
        assert_eq!(drops.admits(account, HASTY), Admission::Granted);
        drops.logged_in(account, HASTY);
        clock.advance(Duration::from_secs(2));
        assert_eq!(drops.admits(account, HASTY), Admission::TooSoon);
        assert_eq!(drops.admits(AccountId(2), HASTY), Admission::Granted);
        clock.advance(Duration::from_secs(1));
        assert_eq!(drops.admits(account, HASTY), Admission::Granted);
    }

    #[test]
    fn only_days_have_a_horizon() {
        let drops = Maildrops::default();
        let horizon = |retention| drops.horizon(MaildropPolicy { login_delay: 0, retention });
        assert_eq!(horizon(Retention::Forever), None);
        assert_eq!(horizon(Retention::Session), None);
        let horizon = horizon(Retention::days(7)).unwrap();
        let week = OffsetDateTime::now_utc() - horizon;
        assert!(week >= time::Duration::days(7) && week < time::Duration::days(8));
        assert!(!drops.anything_expires());
        drops.set("a@b", MaildropPolicy { login_delay: 0, retention: Retention::days(7) });
        assert!(drops.anything_expires());
    }
}
