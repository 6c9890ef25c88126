//! The exclusive lock on a maildrop (RFC 1939, section 4): one POP3 session an account.
//! It lives in memory, since sessions end with the process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::ids::AccountId;

type Locked = Arc<Mutex<HashSet<AccountId>>>;

/// Which maildrops are locked.
#[derive(Debug, Default)]
pub(super) struct Maildrops {
    locked: Locked,
}

impl Maildrops {
    /// Takes the lock, or `None` while another session holds it.
    pub(super) fn lock(&self, account: AccountId) -> Option<MaildropLock> {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        locked.insert(account).then(|| MaildropLock { account, locked: Arc::clone(&self.locked) })
    }
}

/// The lock of one maildrop; dropping it opens the maildrop to the next session.
#[derive(Debug)]
pub(crate) struct MaildropLock {
    account: AccountId,
    locked: Locked,
}

impl Drop for MaildropLock {
    fn drop(&mut self) {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        locked.remove(&self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_at_a_time() {
        let drops = Maildrops::default();
        let first = drops.lock(AccountId(1));
        assert!(first.is_some());
        assert!(drops.lock(AccountId(1)).is_none());
        assert!(drops.lock(AccountId(2)).is_some());
        drop(first);
        assert!(drops.lock(AccountId(1)).is_some());
    }
}
