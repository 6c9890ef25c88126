//! Access control lists (RFC 4314): who may do what with a mailbox. Rights are looked up inside the
//! jobs and queries that need them. Not what identifiers mean to a protocol: those that are kept
//! here are addresses of accounts in lower case, `anyone`, and either with a dash before it.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::happened::{Happened, What};
use super::ids::{AccountId, MailboxId};
use super::mailboxes::{self, Mailbox, Status};
use super::messages;
use super::name::MailboxName;
use super::named::Named;
use super::rights::Rights;
use super::writer::Writing;
use super::{Store, StoreError};

/// The identifier of all users.
pub(crate) const ANYONE: &str = "anyone";

/// The most entries of one list.
const ENTRIES: usize = 1000;

/// The lists. One goes with its mailbox.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS acl (
    mailbox INTEGER NOT NULL REFERENCES mailboxes(id) ON DELETE CASCADE,
    identifier TEXT NOT NULL,
    rights INTEGER NOT NULL,
    PRIMARY KEY (mailbox, identifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS acl_by_identifier ON acl (identifier);
";

/// Gives mailboxes of before the list that a new one has: all rights to their owner.
pub(super) fn grant_to_owners(sql: &Connection) -> Result<(), StoreError> {
    sql.execute(
        "INSERT OR IGNORE INTO acl SELECT mailboxes.id, lower(address), ?1
         FROM mailboxes JOIN accounts ON accounts.id = account",
        [Rights::ALL.to_column()],
    )?;
    Ok(())
}

/// How SETACL changes an entry (section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RightsChange {
    /// These and no others.
    Replace,
    /// These too.
    Add,
    /// These no more.
    Remove,
}

/// A mailbox that somebody may see.
#[derive(Debug, Clone)]
pub(crate) struct Visible {
    /// The mailbox, with its owner's name for it.
    pub(crate) mailbox: Mailbox,
    /// The address of its owner; `None` where that is the one who looks.
    pub(crate) owner: Option<String>,
    /// What the one who looks may do.
    pub(crate) rights: Rights,
}

impl Store {
    /// What the asker may do with the mailbox.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], also where he may do nothing that would show him that it exists.
    pub(crate) async fn rights(&self, named: &Named) -> Result<Rights, StoreError> {
        let named = named.clone();
        self.read(move |sql| {
            let mailbox = mailboxes::find(sql, named.owner, &named.name)?.ok_or(StoreError::NoSuchMailbox)?;
            held(sql, named.by, &mailbox)
        })
        .await
    }

    /// The list of the mailbox: identifiers with their rights, in alphabetical order.
    pub(crate) async fn acl(&self, named: &Named) -> Result<Vec<(String, Rights)>, StoreError> {
        let named = named.clone();
        self.read(move |sql| {
            let mailbox = allowed(sql, &named, Rights::ADMINISTER)?;
            let owner = address(sql, mailbox.owner)?;
            let mut list = list(sql, mailbox.id)?;
            for (identifier, rights) in &mut list {
                if *identifier == owner {
                    *rights = rights.and(Rights::OF_OWNER);
                }
            }
            Ok(list)
        })
        .await
    }

    /// Changes the entry of an identifier. One without rights is none. All sessions that have the
    /// mailbox selected hear of it.
    pub(crate) async fn set_acl(
        &self,
        named: &Named,
        identifier: String,
        change: RightsChange,
        rights: Rights,
    ) -> Result<(), StoreError> {
        let named = named.clone();
        self.write(move |w| {
            let mailbox = allowed(w.sql, &named, Rights::ADMINISTER)?;
            let list: BTreeMap<String, Rights> = list(w.sql, mailbox.id)?.into_iter().collect();
            let before = list.get(&identifier).copied().unwrap_or_default();
            let after = match change {
                RightsChange::Replace => rights,
                RightsChange::Add => before.and(rights),
                RightsChange::Remove => before.without(rights),
            };
            if !list.contains_key(&identifier) && list.len() >= ENTRIES {
                return Err(StoreError::Full);
            }
            put(w, mailbox.id, &identifier, after)?;
            if before.has(Rights::LOOKUP) != after.has(Rights::LOOKUP) {
                let owner = address(w.sql, mailbox.owner)?;
                w.note_access(AccessChange { mailbox, owner, identifier, before });
            }
            Ok(())
        })
        .await
    }

    /// Removes the entry of an identifier, if there is one.
    pub(crate) async fn delete_acl(&self, named: &Named, identifier: String) -> Result<(), StoreError> {
        self.set_acl(named, identifier, RightsChange::Replace, Rights::NONE).await
    }

    /// Is this the identifier of the mailbox's owner?
    pub(crate) async fn is_owner(&self, named: &Named, identifier: &str) -> Result<bool, StoreError> {
        let (owner, identifier) = (named.owner, identifier.to_owned());
        self.read(move |sql| Ok(address(sql, owner)? == identifier)).await
    }

    /// May the asker see and change who has which rights?
    pub(crate) async fn may_administer(&self, named: &Named) -> Result<(), StoreError> {
        let named = named.clone();
        self.read(move |sql| allowed(sql, &named, Rights::ADMINISTER).map(|_| ())).await
    }

    /// The mailbox with this identifier and its numbers, if the account may see and read it.
    pub(crate) async fn readable(
        &self,
        by: AccountId,
        mailbox: MailboxId,
    ) -> Result<Option<(Visible, Status)>, StoreError> {
        self.read(move |sql| {
            let mailbox = match mailboxes::by_id(sql, mailbox) {
                Err(StoreError::NoSuchMailbox) => return Ok(None),
                found => found?,
            };
            let rights = held(sql, by, &mailbox)?;
            if !rights.has(Rights::LOOKUP.and(Rights::READ)) {
                return Ok(None);
            }
            let owner = (mailbox.owner != by).then(|| address(sql, mailbox.owner)).transpose()?;
            let status = mailboxes::status_of(sql, mailbox.clone())?;
            Ok(Some((Visible { mailbox, owner, rights }, status)))
        })
        .await
    }

    /// All mailboxes that the account may see, its own first, by name.
    pub(crate) async fn visible(&self, by: AccountId) -> Result<Vec<Visible>, StoreError> {
        self.read(move |sql| {
            let mut all = Vec::new();
            for mailbox in mailboxes::of(sql, by)? {
                let rights = held(sql, by, &mailbox)?;
                all.push(Visible { mailbox, owner: None, rights });
            }
            for mailbox in of_others(sql, by)? {
                let rights = held(sql, by, &mailbox)?;
                if rights.has(Rights::LOOKUP) {
                    let owner: String = sql
                        .prepare_cached("SELECT address FROM accounts WHERE id = ?1")?
                        .query_row([mailbox.owner], |row| row.get(0))?;
                    all.push(Visible { mailbox, owner: Some(owner), rights });
                }
            }
            Ok(all)
        })
        .await
    }
}

/// Who else than its owner stands in the list of a mailbox.
pub(super) enum Sharers {
    /// These accounts, if any.
    Accounts(Vec<AccountId>),
    /// Whoever has an account.
    Anyone,
}

/// Who may have to do with the mailbox, whatever his rights are.
pub(super) fn sharers(sql: &Connection, mailbox: MailboxId) -> rusqlite::Result<Sharers> {
    let anyone = sql.prepare_cached("SELECT 1 FROM acl WHERE mailbox = ?1 AND identifier = ?2")?;
    if { anyone }.exists(params![mailbox, ANYONE])? {
        return Ok(Sharers::Anyone);
    }
    let mut query = sql.prepare_cached(
        "SELECT accounts.id FROM acl JOIN accounts ON accounts.address = acl.identifier
         WHERE acl.mailbox = ?1",
    )?;
    let rows = query.query_map([mailbox], |row| row.get(0))?;
    Ok(Sharers::Accounts(rows.collect::<Result<_, _>>()?))
}

/// Mailboxes of others in whose list the account may be found.
fn of_others(sql: &Connection, by: AccountId) -> Result<Vec<Mailbox>, StoreError> {
    let mut query = sql.prepare_cached(&format!(
        "SELECT {} FROM mailboxes WHERE account <> ?1 AND id IN
             (SELECT mailbox FROM acl WHERE identifier IN (?2, ?3)) ORDER BY account, name",
        mailboxes::COLUMNS
    ))?;
    let rows = query.query_map(params![by, ANYONE, address(sql, by)?], mailboxes::mailbox_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn list(sql: &Connection, mailbox: MailboxId) -> Result<Vec<(String, Rights)>, StoreError> {
    let mut query =
        sql.prepare_cached("SELECT identifier, rights FROM acl WHERE mailbox = ?1 ORDER BY identifier")?;
    let rows = query.query_map([mailbox], |row| Ok((row.get(0)?, Rights::from_column(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A change of the list is a change of the mailbox, so that sessions hear of it.
fn put(w: &mut Writing<'_>, mailbox: MailboxId, identifier: &str, rights: Rights) -> Result<(), StoreError> {
    let changed = match rights {
        Rights::NONE => w
            .sql
            .prepare_cached("DELETE FROM acl WHERE mailbox = ?1 AND identifier = ?2")?
            .execute(params![mailbox, identifier])?,
        _ => w.sql.prepare_cached("INSERT OR REPLACE INTO acl VALUES (?1, ?2, ?3)")?.execute(params![
            mailbox,
            identifier,
            rights.to_column()
        ])?,
    };
    if changed > 0 {
        messages::next_modseq(w, mailbox, Happened::default())?;
    }
    Ok(())
}

/// An entry of a list was changed, so that some may see the mailbox who did not before, or no more.
/// Whom that concerns is found only for those who listen: an entry may be about all accounts.
#[derive(Debug)]
pub(super) struct AccessChange {
    mailbox: Mailbox,
    /// The address of its owner.
    owner: String,
    identifier: String,
    /// The rights of that entry before.
    before: Rights,
}

impl AccessChange {
    /// What happened for the account, where anything did: to be granted the right `l`, or to lose it, is
    /// as if the mailbox were made or deleted (RFC 5465, section 5.4).
    pub(super) fn seen_by(&self, sql: &Connection, account: AccountId) -> Result<Option<What>, StoreError> {
        if account == self.mailbox.owner {
            return Ok(None);
        }
        let own = address(sql, account)?;
        let mut entries = entries_for(sql, &own, self.mailbox.id)?;
        let granted = in_sum(&entries).has(Rights::LOOKUP);
        let plain = self.identifier.strip_prefix('-').unwrap_or(&self.identifier);
        entries.retain(|(identifier, _)| *identifier != self.identifier);
        if plain == ANYONE || plain == own {
            entries.push((self.identifier.clone(), self.before));
        }
        if granted == in_sum(&entries).has(Rights::LOOKUP) {
            return Ok(None);
        }
        let (owner, name) = (self.owner.clone(), self.mailbox.name.clone());
        Ok(Some(What::Access { owner, name, granted }))
    }
}

/// The identifier under which an account stands in lists.
fn address(sql: &Connection, account: AccountId) -> Result<String, StoreError> {
    Ok(sql
        .prepare_cached("SELECT lower(address) FROM accounts WHERE id = ?1")?
        .query_row([account], |row| row.get(0))?)
}

/// What somebody may do with a mailbox: all that `anyone` and he himself are granted, without what is
/// taken from either by a negative entry; and the owner what he always has.
pub(super) fn held(sql: &Connection, by: AccountId, mailbox: &Mailbox) -> Result<Rights, StoreError> {
    let rights = in_sum(&entries_for(sql, &address(sql, by)?, mailbox.id)?);
    Ok(if mailbox.owner == by { rights.and(Rights::OF_OWNER) } else { rights })
}

/// The entries that apply to the account of this address.
fn entries_for(sql: &Connection, own: &str, mailbox: MailboxId) -> Result<Vec<(String, Rights)>, StoreError> {
    let mut query = sql.prepare_cached(
        "SELECT identifier, rights FROM acl
         WHERE mailbox = ?1 AND identifier IN (?2, ?3, '-' || ?2, '-' || ?3)",
    )?;
    let rows = query.query_map(params![mailbox, ANYONE, own], |row| {
        Ok((row.get(0)?, Rights::from_column(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What entries give together.
fn in_sum(entries: &[(String, Rights)]) -> Rights {
    let (mut granted, mut taken) = (Rights::NONE, Rights::NONE);
    for (identifier, rights) in entries {
        match identifier.starts_with('-') {
            true => taken = taken.and(*rights),
            false => granted = granted.and(*rights),
        }
    }
    granted.without(taken)
}

/// The mailbox, where the asker has these rights. Who may not see it learns no more than that there
/// is no such mailbox (section 6).
pub(super) fn allowed(sql: &Connection, named: &Named, needed: Rights) -> Result<Mailbox, StoreError> {
    Ok(allowed_with(sql, named, needed)?.0)
}

/// The same, with all rights that he has.
pub(super) fn allowed_with(
    sql: &Connection,
    named: &Named,
    needed: Rights,
) -> Result<(Mailbox, Rights), StoreError> {
    let mailbox = mailboxes::find(sql, named.owner, &named.name)?.ok_or(StoreError::NoSuchMailbox)?;
    let rights = held(sql, named.by, &mailbox)?;
    if rights.has(needed) {
        Ok((mailbox, rights))
    } else if rights.has(Rights::LOOKUP) {
        Err(StoreError::NoPermission)
    } else {
        Err(StoreError::NoSuchMailbox)
    }
}

/// May the asker make this mailbox? That takes `k` for the nearest superior one that exists; where
/// there is none, only the owner may. Nothing else is told of the hierarchy.
pub(super) fn may_create(sql: &Connection, named: &Named) -> Result<(), StoreError> {
    let above: Vec<MailboxName> = named.name.ancestors().collect();
    for name in above.into_iter().rev() {
        if let Some(superior) = mailboxes::find(sql, named.owner, &name)? {
            return match held(sql, named.by, &superior)?.has(Rights::CREATE) {
                true => Ok(()),
                false => Err(StoreError::NoPermission),
            };
        }
    }
    if named.by == named.owner { Ok(()) } else { Err(StoreError::NoPermission) }
}

/// Gives a new mailbox its list: that of the one above it, or all rights to its owner (section 4).
pub(super) fn begin(w: &Writing<'_>, owner: AccountId, mailbox: &Mailbox) -> Result<(), StoreError> {
    if let Some(above) = mailbox.name.ancestors().last()
        && let Some(superior) = mailboxes::find(w.sql, owner, &above)?
    {
        w.sql
            .prepare_cached("INSERT INTO acl SELECT ?1, identifier, rights FROM acl WHERE mailbox = ?2")?
            .execute(params![mailbox.id, superior.id])?;
        return Ok(());
    }
    w.sql.prepare_cached("INSERT INTO acl VALUES (?1, ?2, ?3)")?.execute(params![
        mailbox.id,
        address(w.sql, owner)?,
        Rights::ALL.to_column()
    ])?;
    Ok(())
}
