//! Accounts: who has mailboxes here, and the keys by which a password is verified.

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
}

/// What is kept of a password: the SCRAM keys (RFC 5802, section 3), not the password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredSecret {
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

impl Store {
    /// Makes an account with its INBOX, or gives an existing account a new secret.
    pub(crate) async fn put_account(
        &self,
        address: &str,
        secret: StoredSecret,
    ) -> Result<Account, StoreError> {
        let address = address.to_owned();
        self.write(move |w| put_account(w, &address, &secret)).await
    }

    /// The account of this address; upper and lower case do not matter.
    pub(crate) async fn account(&self, address: &str) -> Result<Option<Account>, StoreError> {
        let address = address.to_owned();
        self.read(move |sql| {
            Ok(sql
                .prepare_cached("SELECT id, address FROM accounts WHERE address = ?1")?
                .query_row([&address], account_of)
                .optional()?)
        })
        .await
    }

    /// The account that was made first: mail for postmaster goes there where no account
    /// has that name.
    pub(crate) async fn first_account(&self) -> Result<Option<Account>, StoreError> {
        self.read(|sql| {
            Ok(sql
                .prepare_cached("SELECT id, address FROM accounts ORDER BY id LIMIT 1")?
                .query_row([], account_of)
                .optional()?)
        })
        .await
    }

    /// The secret of the account.
    pub(crate) async fn secret(&self, account: AccountId) -> Result<StoredSecret, StoreError> {
        self.read(move |sql| {
            sql.prepare_cached("SELECT salt, iterations, stored_key, server_key FROM accounts WHERE id = ?1")?
                .query_row([account], |row| {
                    Ok(StoredSecret {
                        salt: row.get(0)?,
                        iterations: row.get(1)?,
                        stored_key: row.get(2)?,
                        server_key: row.get(3)?,
                    })
                })
                .optional()?
                .ok_or(StoreError::NoSuchAccount)
        })
        .await
    }
}

fn account_of(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { id: row.get(0)?, address: row.get(1)? })
}

fn put_account(w: &mut Writing<'_>, address: &str, secret: &StoredSecret) -> Result<Account, StoreError> {
    let account = w
        .sql
        .prepare_cached(
            "INSERT INTO accounts (address, salt, iterations, stored_key, server_key)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (address) DO UPDATE SET salt = excluded.salt,
                 iterations = excluded.iterations, stored_key = excluded.stored_key,
                 server_key = excluded.server_key
             RETURNING id, address",
        )?
        .query_row(
            params![address, secret.salt, secret.iterations, secret.stored_key, secret.server_key],
            account_of,
        )?;
    let inbox = MailboxName::inbox();
    if mailboxes::find(w.sql, account.id, &inbox)?.is_none() {
        mailboxes::insert(w, account.id, &inbox)?;
    }
    Ok(account)
}
