//! Accounts, and the pool from which cases lease them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::stock::Stock;
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
    stock: Arc<Stock<Account>>,
}

/// Accounts that belong to one case until this is dropped.
#[derive(Debug)]
pub struct PoolLease {
    stock: Arc<Stock<Account>>,
    accounts: BTreeMap<String, Account>,
}

impl Pool {
    /// A pool of these accounts.
    #[must_use]
    pub fn new(accounts: Vec<Account>) -> Self {
        Self { stock: Arc::new(Stock::new(accounts)) }
    }

    /// How many accounts there are in all.
    #[must_use]
    pub fn size(&self) -> usize {
        self.stock.size()
    }

    /// The accounts that no case has now, the next to go out first.
    #[must_use]
    pub fn free(&self) -> Vec<Account> {
        self.stock.free()
    }

    /// One account per name; `None` when the pool will never have so many.
    pub async fn lease(&self, names: &[String]) -> Option<PoolLease> {
        let taken = self.stock.take(names.len()).await?;
        let accounts = names.iter().cloned().zip(taken).collect();
        Some(PoolLease { stock: Arc::clone(&self.stock), accounts })
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
        self.stock.put_back(std::mem::take(&mut self.accounts).into_values());
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
    async fn what_a_lease_had_is_free_again_when_it_is_dropped() {
        let pool = pool(2);
        let first = pool.lease(&names(&["alice"])).await.unwrap();
        assert_eq!((first.accounts().len(), pool.free().len()), (1, 1));
        drop(first);
        let users: Vec<String> = pool.free().into_iter().map(|account| account.user).collect();
        assert_eq!(users, ["user2", "user1"]);
    }

    #[tokio::test]
    async fn a_pool_that_is_too_small_says_so_at_once() {
        assert!(pool(1).lease(&names(&["alice", "bob"])).await.is_none());
    }
}
