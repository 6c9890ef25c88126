//! When a recipient that could not be reached is tried again, and when no more (RFC 5321,
//! section 4.5.4.1). Pure.

use std::time::Duration;

use crate::store::Millis;

/// How long the queue waits and how often it tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// From the first failure to the second attempt; each later wait is twice the one before.
    pub first_wait: Duration,
    /// The longest wait between two attempts.
    pub longest_wait: Duration,
    /// The sender is told once that a message is still waiting when it has waited this long.
    pub tell_delay_after: Duration,
    /// A message that has waited this long is given up: 4 to 5 days on the open network.
    pub give_up_after: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(5 * 60),
            longest_wait: Duration::from_secs(3 * 60 * 60),
            tell_delay_after: Duration::from_secs(4 * 60 * 60),
            give_up_after: Duration::from_secs(5 * 24 * 60 * 60),
        }
    }
}

/// What is to be done about a recipient after a failure that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again then.
    Again {
        /// At this time.
        at: Millis,
        /// Is it time to tell the sender, who has not been told yet?
        tell: bool,
    },
    /// Tell the sender that it has failed.
    GiveUp,
}

impl Schedule {
    /// The names by which [`Schedule::set`] knows its times.
    pub const NAMES: [&'static str; 4] = ["first-wait", "longest-wait", "tell-delay-after", "give-up-after"];

    /// Sets the time of this name; `false` where there is none.
    #[must_use]
    pub fn set(&mut self, name: &str, time: Duration) -> bool {
        match name {
            "first-wait" => self.first_wait = time,
            "longest-wait" => self.longest_wait = time,
            "tell-delay-after" => self.tell_delay_after = time,
            "give-up-after" => self.give_up_after = time,
            _ => return false,
        }
        true
    }

    /// What follows the failure at `now` of an attempt that had `earlier` attempts before it.
    pub(crate) fn next(&self, arrived: Millis, now: Millis, earlier: u32, told: bool) -> Next {
        let waited = now.saturating_sub(arrived);
        if waited >= millis(self.give_up_after) {
            return Next::GiveUp;
        }
        let doublings = earlier.min(30);
        let wait = self.first_wait.saturating_mul(1 << doublings).min(self.longest_wait);
        // The last attempt is made when the time is up, not long after.
        let at = now.saturating_add(millis(wait)).min(arrived.saturating_add(millis(self.give_up_after)));
        // A message may be tried before its first wait is over, but never in a tight loop.
        Next::Again { at: at.max(now + 1), tell: !told && waited >= millis(self.tell_delay_after) }
    }

    /// Until when a message is tried.
    pub(crate) fn gives_up_at(&self, arrived: Millis) -> Millis {
        arrived.saturating_add(millis(self.give_up_after))
    }
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Millis = 3_600_000;

    #[test]
    fn waits_double_up_to_the_longest_and_end_at_the_time_of_giving_up() {
        let schedule = Schedule::default();
        let at = |now, earlier| match schedule.next(0, now, earlier, true) {
            Next::Again { at, .. } => at - now,
            Next::GiveUp => -1,
        };
        assert_eq!(at(0, 0), HOUR / 12);
        assert_eq!(at(0, 1), HOUR / 6);
        assert_eq!(at(0, 9), 3 * HOUR);
        assert_eq!(at(0, u32::MAX), 3 * HOUR);
        assert_eq!(at(119 * HOUR, 50), HOUR, "the last attempt is at the end");
        assert_eq!(at(120 * HOUR, 51), -1);
    }

    #[test]
    fn a_delay_is_told_once() {
        let schedule = Schedule::default();
        let tell = |now, told| matches!(schedule.next(0, now, 3, told), Next::Again { tell: true, .. });
        assert!(!tell(4 * HOUR - 1, false));
        assert!(tell(4 * HOUR, false));
        assert!(!tell(5 * HOUR, true));
    }
}
