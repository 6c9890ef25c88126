//! Accounts, and the pool from which cases lease them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::wire::ClientIdentity;

/// An account of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What it logs in with.
    pub user: String,
    /// Where its mail goes.
    pub address: String,
    /// Its secret.
    pub secret: String,
    /// Its bearer token, where the target has such.
    pub token: Option<String>,
    /// Its client certificate, where the target lets it in by one.
    pub certificate: Option<Arc<ClientIdentity>>,
}

/// A foreign target's accounts; each is leased to one case at a time.
#[derive(Debug, Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    size: usize,
}

#[derive(Debug)]
struct Shared {
    free: Mutex<Vec<Account>>,
    returned: Notify,
}

/// Accounts that belong to one case until this is dropped.
#[derive(Debug)]
pub struct PoolLease {
    shared: Arc<Shared>,
    accounts: BTreeMap<String, Account>,
}

impl Pool {
    /// A pool of these accounts.
    #[must_use]
    pub fn new(mut accounts: Vec<Account>) -> Self {
        let size = accounts.len();
        // Taken from the end, so the first goes out first.
        accounts.reverse();
        Self { shared: Arc::new(Shared { free: Mutex::new(accounts), returned: Notify::new() }), size }
    }

    /// How many accounts there are in all.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The accounts that no case has now, the next to go out first.
    #[must_use]
    pub fn free(&self) -> Vec<Account> {
        self.shared.lock().iter().rev().cloned().collect()
    }

    /// One account per name, all at once, so that two cases never wait for each other's rest;
    /// `None` when the pool will never have so many.
    pub async fn lease(&self, names: &[String]) -> Option<PoolLease> {
        if names.len() > self.size {
            return None;
        }
        loop {
            let returned = self.shared.returned.notified();
            tokio::pin!(returned);
            returned.as_mut().enable();
            if let Some(taken) = self.shared.take(names.len()) {
                let accounts = names.iter().cloned().zip(taken).collect();
                return Some(PoolLease { shared: Arc::clone(&self.shared), accounts });
            }
            returned.await;
        }
    }
}

impl Shared {
    fn take(&self, count: usize) -> Option<Vec<Account>> {
        let mut free = self.lock();
        let from = free.len().checked_sub(count)?;
        Some(free.split_off(from))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Account>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PoolLease {
    /// The accounts by the names of the script.
    #[must_use]
    pub const fn accounts(&self) -> &BTreeMap<String, Account> {
        &self.accounts
    }
}

impl Drop for PoolLease {
    fn drop(&mut self) {
        let back = std::mem::take(&mut self.accounts);
        // Behind the others: a server may still be busy with what this case left open.
        let mut free = self.shared.lock();
        free.splice(0..0, back.into_values());
        drop(free);
        self.shared.returned.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(count: usize) -> Pool {
        let account = |n: usize| Account {
            user: format!("user{n}"),
            address: format!("user{n}@example.test"),
            secret: "x".to_owned(),
            token: None,
            certificate: None,
        };
        Pool::new((1..=count).map(account).collect())
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[tokio::test]
    async fn a_lease_waits_until_enough_accounts_are_back() {
        let pool = pool(2);
        let first = pool.lease(&names(&["alice"])).await.unwrap();
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.lease(&names(&["alice", "bob"])).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        let both = waiting.await.unwrap().unwrap();
        assert_eq!(both.accounts().len(), 2);
    }

    #[tokio::test]
    async fn a_pool_that_is_too_small_says_so_at_once() {
        assert!(pool(1).lease(&names(&["alice", "bob"])).await.is_none());
    }
}
