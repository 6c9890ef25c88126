//! Accounts: who has mailboxes here, and the keys by which a password is verified.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{OptionalExtension, Row, params};

use super::ids::AccountId;
use super::name::MailboxName;
use super::writer::Writing;
use super::{Store, StoreError, mailboxes};

/// An account, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its identifier.
    pub(crate) id: AccountId,
    /// Its full address, as it was spelt when the account was made.
    pub(crate) address: String,
    /// Can its mailboxes be full? Most accounts have no limit, and nobody has to ask for them.
    pub(crate) limited: bool,
}

/// The columns that [`account_of`] reads.
const COLUMNS: &str = "id, address, quota_storage IS NOT NULL OR quota_messages IS NOT NULL";

/// What is kept of a password: the SCRAM keys, and the password itself only on request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredSecret {
    /// Keys of SCRAM-SHA-256, by which passwords are verified too.
    pub(crate) sha256: ScramKeys,
    /// Keys of SCRAM-SHA-1.
    pub(crate) sha1: ScramKeys,
    /// The password, where CRAM-MD5 is wanted.
    pub(crate) password: Option<String>,
}

/// The keys of one SCRAM mechanism (RFC 5802, section 3).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ScramKeys {
    /// Random octets, different for each account.
    pub(crate) salt: Vec<u8>,
    /// Rounds of PBKDF2.
    pub(crate) iterations: u32,
    /// `H(HMAC(SaltedPassword, "Client Key"))`
    pub(crate) stored_key: Vec<u8>,
    /// `HMAC(SaltedPassword, "Server Key")`
    pub(crate) server_key: Vec<u8>,
}

impl std::fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredSecret(..)")
    }
}

impl std::fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScramKeys(..)")
    }
}

/// Accounts that are remembered at most.
const REMEMBERED: usize = 10_000;

/// Accounts that have been asked for, by their address in lower case: every recipient and every
/// login asks. All are forgotten when any account changes.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// How often all was forgotten.
    age: u64,
    accounts: HashMap<String, Account>,
}

impl Remembered {
    /// The account, or the age of a memory that has none.
    fn find(&self, address: &str) -> Result<Account, u64> {
        let memory = self.lock();
        memory.accounts.get(address).cloned().ok_or(memory.age)
    }

    /// Keeps what was read from the store, unless accounts have changed since that age.
    fn remember(&self, age: u64, address: String, account: &Account) {
        let mut memory = self.lock();
        if memory.accounts.len() >= REMEMBERED {
            memory.accounts.clear();
        }
        if memory.age == age {
            memory.accounts.insert(address, account.clone());
        }
    }

    pub(super) fn forget(&self) {
        let mut memory = self.lock();
        memory.age = memory.age.wrapping_add(1);
        memory.accounts.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Makes an account with its INBOX, or gives an existing account a new secret.
    pub(crate) async fn put_account(
        &self,
        address: &str,
        secret: StoredSecret,
    ) -> Result<Account, StoreError> {
        let address = address.to_owned();
        let put = self.write_on_reserve(move |w| put_account(w, &address, &secret)).await;
        self.inner.accounts.forget();
        put
    }

    /// The account of this address; upper and lower case do not matter.
    pub(crate) async fn account(&self, address: &str) -> Result<Option<Account>, StoreError> {
        let wanted = address.to_ascii_lowercase();
        let age = match self.inner.accounts.find(&wanted) {
            Ok(account) => return Ok(Some(account)),
            Err(age) => age,
        };
        let address = address.to_owned();
        let found = self
            .read(move |sql| {
                Ok(sql
                    .prepare_cached(&format!("SELECT {COLUMNS} FROM accounts WHERE address = ?1"))?
                    .query_row([&address], account_of)
                    .optional()?)
            })
            .await?;
        if let Some(account) = &found {
            self.inner.accounts.remember(age, wanted, account);
        }
        Ok(found)
    }

    /// All accounts, in the order in which they were made.
    pub(crate) async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.read(|sql| {
            let mut query = sql.prepare_cached(&format!("SELECT {COLUMNS} FROM accounts ORDER BY id"))?;
            let rows = query.query_map([], account_of)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The account that was made first: mail for postmaster goes there where no account
    /// has that name.
    pub(crate) async fn first_account(&self) -> Result<Option<Account>, StoreError> {
        self.read(|sql| {
            Ok(sql
                .prepare_cached(&format!("SELECT {COLUMNS} FROM accounts ORDER BY id LIMIT 1"))?
                .query_row([], account_of)
                .optional()?)
        })
        .await
    }

    /// The secret of the account.
    pub(crate) async fn secret(&self, account: AccountId) -> Result<StoredSecret, StoreError> {
        self.read(move |sql| {
            sql.prepare_cached(
                "SELECT iterations, salt, stored_key, server_key,
                     sha1_salt, sha1_stored_key, sha1_server_key, password
                 FROM accounts WHERE id = ?1",
            )?
            .query_row([account], secret_of)
            .optional()?
            .ok_or(StoreError::NoSuchAccount)
        })
        .await
    }

    /// The key under which salts of accounts that do not exist are made up: of this store, so
    /// that they outlive a restart as those of accounts do.
    pub(crate) async fn decoy_key(&self) -> Result<Vec<u8>, StoreError> {
        self.read(|sql| {
            Ok(sql.prepare_cached("SELECT key FROM decoy_key")?.query_row([], |row| row.get(0))?)
        })
        .await
    }
}

fn account_of(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { id: row.get(0)?, address: row.get(1)?, limited: row.get(2)? })
}

fn secret_of(row: &Row<'_>) -> rusqlite::Result<StoredSecret> {
    let iterations = row.get(0)?;
    let keys = |first: usize| {
        Ok::<_, rusqlite::Error>(ScramKeys {
            iterations,
            salt: row.get(first)?,
            stored_key: row.get(first + 1)?,
            server_key: row.get(first + 2)?,
        })
    };
    Ok(StoredSecret { sha256: keys(1)?, sha1: keys(4)?, password: row.get(7)? })
}

fn put_account(w: &mut Writing<'_>, address: &str, secret: &StoredSecret) -> Result<Account, StoreError> {
    let StoredSecret { sha256, sha1, .. } = secret;
    let account = w
        .sql
        .prepare_cached(&format!(
            "INSERT INTO accounts (address, iterations, salt, stored_key, server_key,
                 sha1_salt, sha1_stored_key, sha1_server_key, password)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (address) DO UPDATE SET iterations = excluded.iterations,
                 salt = excluded.salt, stored_key = excluded.stored_key,
                 server_key = excluded.server_key, sha1_salt = excluded.sha1_salt,
                 sha1_stored_key = excluded.sha1_stored_key,
                 sha1_server_key = excluded.sha1_server_key, password = excluded.password
             RETURNING {COLUMNS}"
        ))?
        .query_row(
            params![
                address,
                sha256.iterations,
                sha256.salt,
                sha256.stored_key,
                sha256.server_key,
                sha1.salt,
                sha1.stored_key,
                sha1.server_key,
                secret.password,
            ],
            account_of,
        )?;
    let inbox = MailboxName::inbox();
    if mailboxes::find(w.sql, account.id, &inbox)?.is_none() {
        mailboxes::insert(w, account.id, &inbox)?;
    }
    Ok(account)
}
