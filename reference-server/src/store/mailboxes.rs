//! Mailboxes and their hierarchy: create, delete, rename, list, subscribe
//! (RFC 3501, sections 6.3.3 to 6.3.10).

use rusqlite::{Connection, OptionalExtension, Row, params};
use time::OffsetDateTime;

use super::acl;
use super::annotations;
use super::happened::{Happened, What};
use super::ids::{AccountId, MailboxId, ModSeq, Octets, Uid, UidValidity};
use super::messages::{self, Which};
use super::name::MailboxName;
use super::named::Named;
use super::quota;
use super::rights::Rights;
use super::special_use::SpecialUse;
use super::writer::Writing;
use super::{Store, StoreError};

/// The most mailboxes of an account, and the most names that it subscribes to: LIST has all of them in
/// memory. For less there are quotas.
const LIMIT: i64 = 10_000;

/// Can messages be in it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selectable {
    /// A mailbox.
    Yes,
    /// Only a level of the hierarchy (`\Noselect`).
    No,
}

/// A mailbox without its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    /// Its identifier, which outlives a renaming.
    pub(crate) id: MailboxId,
    /// Whose it is.
    pub(crate) owner: AccountId,
    /// Its name.
    pub(crate) name: MailboxName,
    /// Can it be selected?
    pub(crate) selectable: Selectable,
    /// Its UIDVALIDITY.
    pub(crate) uid_validity: UidValidity,
    /// The UID that the next message gets.
    pub(crate) uid_next: Uid,
    /// The modification sequence of its latest change.
    pub(crate) highest_modseq: ModSeq,
    /// What it is for.
    pub(crate) special_uses: Vec<SpecialUse>,
    /// Messages from this UID on are recent: no session was told of them.
    pub(crate) recent_from: Uid,
}

/// The numbers that STATUS tells (RFC 3501, section 6.3.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    /// The mailbox itself.
    pub(crate) mailbox: Mailbox,
    /// How many messages there are.
    pub(crate) messages: u32,
    /// How many of them no session was told of.
    pub(crate) recent: u32,
    /// How many are without `\Seen`.
    pub(crate) unseen: u32,
    /// How many are marked with `\Deleted`.
    pub(crate) deleted: u32,
    /// How large all of them are together.
    pub(crate) size: Octets,
    /// How large those are together that carry `\Deleted`.
    pub(crate) deleted_size: Octets,
}

impl Store {
    /// What STATUS tells of the mailbox, to those who may read it; nothing changes.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], [`StoreError::NotSelectable`] or [`StoreError::NoPermission`].
    pub(crate) async fn status(&self, named: &Named) -> Result<Status, StoreError> {
        let named = named.clone();
        self.read(move |sql| status_of(sql, open(sql, &named, Rights::READ)?.0)).await
    }

    /// Makes a mailbox, and the superior names that are missing (RFC 3501, section 6.3.3).
    /// A name that was only a level of the hierarchy becomes a mailbox. It has these special
    /// uses, whether or not others have them too (RFC 6154, section 3).
    pub(crate) async fn create(&self, named: &Named, uses: Vec<SpecialUse>) -> Result<Mailbox, StoreError> {
        let named = named.clone();
        self.write(move |w| {
            acl::may_create(w.sql, &named)?;
            let (owner, name) = (named.owner, &named.name);
            let mut mailbox = quota::within(w, owner, |w| create(w, owner, name))?;
            set_special_uses(w.sql, mailbox.id, &uses)?;
            mailbox.special_uses = uses;
            Ok(mailbox)
        })
        .await
    }

    /// Deletes a mailbox with its messages and its access control list (RFC 3501, section 6.3.4; RFC
    /// 4314, section 4). One with inferior names stays as a `\Noselect` level.
    pub(crate) async fn delete(&self, named: &Named) -> Result<(), StoreError> {
        let named = named.clone();
        self.write_on_reserve(move |w| {
            acl::allowed(w.sql, &named, Rights::DELETE)?;
            delete(w, named.owner, &named.name)
        })
        .await
    }

    /// Renames a mailbox and all below it (RFC 3501, section 6.3.5), which keep their access control
    /// lists. INBOX stays, and its messages move to the new name.
    pub(crate) async fn rename(&self, old: &Named, new: MailboxName) -> Result<(), StoreError> {
        let (old, new) = (old.clone(), old.beside(new));
        self.write(move |w| {
            acl::allowed(w.sql, &old, Rights::DELETE)?;
            acl::may_create(w.sql, &new)?;
            quota::within(w, old.owner, |w| rename(w, old.owner, &old.name, &new.name))
        })
        .await
    }

    /// The subscribed names, by name; they need not exist (RFC 3501, section 6.3.6).
    pub(crate) async fn subscriptions(&self, account: AccountId) -> Result<Vec<MailboxName>, StoreError> {
        self.read(move |sql| {
            let mut query =
                sql.prepare_cached("SELECT name FROM subscriptions WHERE account = ?1 ORDER BY name")?;
            let rows = query.query_map([account], |row| row.get(0).map(MailboxName::stored))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Subscribes to a mailbox that exists, as the asker calls it; twice is the same as once.
    pub(crate) async fn subscribe(&self, named: &Named, called: &MailboxName) -> Result<(), StoreError> {
        let (named, called) = (named.clone(), called.clone());
        self.write(move |w| {
            acl::allowed(w.sql, &named, Rights::LOOKUP)?;
            let new = w
                .sql
                .prepare_cached("INSERT OR IGNORE INTO subscriptions VALUES (?1, ?2)")?
                .execute(params![named.by, called.as_str()])?;
            if new > 0 {
                see_to_limit(w.sql, "SELECT count(*) FROM subscriptions WHERE account = ?1", named.by)?;
                w.note(named.by, What::Subscription(called));
            }
            Ok(())
        })
        .await
    }

    /// Takes a name from the subscriptions; `NoSuchMailbox` where it was not among them.
    pub(crate) async fn unsubscribe(&self, account: AccountId, name: &MailboxName) -> Result<(), StoreError> {
        let name = name.clone();
        self.write_on_reserve(move |w| {
            let gone = w
                .sql
                .prepare_cached("DELETE FROM subscriptions WHERE account = ?1 AND name = ?2")?
                .execute(params![account, name.as_str()])?;
            if gone == 0 {
                return Err(StoreError::NoSuchMailbox);
            }
            w.note(account, What::Subscription(name));
            Ok(())
        })
        .await
    }
}

/// The mailbox is for these uses from now on, and for no others.
pub(super) fn set_special_uses(
    sql: &Connection,
    mailbox: MailboxId,
    uses: &[SpecialUse],
) -> Result<(), StoreError> {
    sql.prepare_cached("UPDATE mailboxes SET special_uses = ?2 WHERE id = ?1")?
        .execute(params![mailbox, SpecialUse::to_column(uses)])?;
    Ok(())
}

/// What STATUS tells of the mailbox.
pub(super) fn status_of(sql: &Connection, mailbox: Mailbox) -> Result<Status, StoreError> {
    let (messages, recent, unseen, size, deleted, deleted_size) = sql
        .prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE uid >= ?2),
                    count(*) FILTER (WHERE flags & 8 = 0), coalesce(sum(octets), 0),
                    count(*) FILTER (WHERE flags & 4 <> 0),
                    coalesce(sum(octets) FILTER (WHERE flags & 4 <> 0), 0)
             FROM messages WHERE mailbox = ?1",
        )?
        .query_row(params![mailbox.id, mailbox.recent_from], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?;
    Ok(Status { mailbox, messages, recent, unseen, size, deleted, deleted_size })
}

/// Columns of a mailbox, as [`mailbox_of`] reads them.
pub(super) const COLUMNS: &str =
    "id, name, selectable, uid_validity, uid_next, highest_modseq, recent_from, special_uses, account";

/// A mailbox from its row.
pub(super) fn mailbox_of(row: &Row<'_>) -> rusqlite::Result<Mailbox> {
    let selectable: bool = row.get(2)?;
    Ok(Mailbox {
        id: row.get(0)?,
        owner: row.get(8)?,
        name: MailboxName::stored(row.get(1)?),
        selectable: if selectable { Selectable::Yes } else { Selectable::No },
        uid_validity: row.get(3)?,
        uid_next: row.get(4)?,
        highest_modseq: row.get(5)?,
        recent_from: row.get(6)?,
        special_uses: SpecialUse::from_column(row.get_ref(7)?.as_str()?),
    })
}

/// The mailbox of this name, selectable or not.
pub(super) fn find(
    sql: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<Option<Mailbox>, StoreError> {
    Ok(sql
        .prepare_cached(&format!("SELECT {COLUMNS} FROM mailboxes WHERE account = ?1 AND name = ?2"))?
        .query_row(params![account, name.as_str()], mailbox_of)
        .optional()?)
}

/// All mailboxes of the account, `\Noselect` ones too, by name.
pub(super) fn of(sql: &Connection, account: AccountId) -> Result<Vec<Mailbox>, StoreError> {
    let mut query =
        sql.prepare_cached(&format!("SELECT {COLUMNS} FROM mailboxes WHERE account = ?1 ORDER BY name"))?;
    let rows = query.query_map([account], mailbox_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The mailbox, where the asker has these rights and messages can be in it; with all his rights.
pub(super) fn open(sql: &Connection, named: &Named, needed: Rights) -> Result<(Mailbox, Rights), StoreError> {
    let (mailbox, rights) = acl::allowed_with(sql, named, needed)?;
    match mailbox.selectable {
        Selectable::Yes => Ok((mailbox, rights)),
        Selectable::No => Err(StoreError::NotSelectable),
    }
}

/// The mailbox of this name, where messages can be.
pub(super) fn selectable(
    sql: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<Mailbox, StoreError> {
    let mailbox = find(sql, account, name)?.ok_or(StoreError::NoSuchMailbox)?;
    match mailbox.selectable {
        Selectable::Yes => Ok(mailbox),
        Selectable::No => Err(StoreError::NotSelectable),
    }
}

/// The mailbox of this identifier; deleted ones are gone for good.
pub(super) fn by_id(sql: &Connection, mailbox: MailboxId) -> Result<Mailbox, StoreError> {
    sql.prepare_cached(&format!("SELECT {COLUMNS} FROM mailboxes WHERE id = ?1 AND selectable"))?
        .query_row([mailbox], mailbox_of)
        .optional()?
        .ok_or(StoreError::NoSuchMailbox)
}

/// A new mailbox, with a UIDVALIDITY that no mailbox ever had.
pub(super) fn insert(
    w: &mut Writing<'_>,
    account: AccountId,
    name: &MailboxName,
) -> Result<Mailbox, StoreError> {
    let uid_validity = next_uid_validity(w.sql)?;
    w.sql
        .prepare_cached("INSERT INTO mailboxes (account, name, uid_validity) VALUES (?1, ?2, ?3)")?
        .execute(params![account, name.as_str(), uid_validity])?;
    see_to_limit(w.sql, "SELECT count(*) FROM mailboxes WHERE account = ?1", account)?;
    let mailbox = find(w.sql, account, name)?.ok_or(StoreError::NoSuchMailbox)?;
    acl::begin(w, account, &mailbox)?;
    Ok(mailbox)
}

/// Fails where the query counts more than there may be; then what was just made is not kept.
fn see_to_limit(sql: &Connection, query: &str, account: AccountId) -> Result<(), StoreError> {
    let count: i64 = sql.prepare_cached(query)?.query_row([account], |row| row.get(0))?;
    if count > LIMIT { Err(StoreError::TooMany) } else { Ok(()) }
}

/// Strictly ascending over the whole store. It starts from the clock, so that a store
/// that was thrown away and made anew does not repeat itself either.
fn next_uid_validity(sql: &Connection) -> Result<UidValidity, StoreError> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let next: i64 = sql
        .prepare_cached("UPDATE uid_validity SET last = max(last + 1, ?1) RETURNING last")?
        .query_row([now], |row| row.get(0))?;
    u32::try_from(next).map(UidValidity).map_err(|_| StoreError::Full)
}

fn create(w: &mut Writing<'_>, account: AccountId, name: &MailboxName) -> Result<Mailbox, StoreError> {
    if name.is_inbox() {
        return Err(StoreError::Inbox);
    }
    create_superiors(w, account, name)?;
    match find(w.sql, account, name)? {
        None => {}
        Some(held) if held.selectable == Selectable::No => remove_row(w, account, &held)?,
        Some(_) => return Err(StoreError::AlreadyExists),
    }
    make(w, account, name)
}

/// Makes a mailbox that is new to everybody. Where the name was known under another UIDVALIDITY,
/// that is news too.
fn make(w: &mut Writing<'_>, account: AccountId, name: &MailboxName) -> Result<Mailbox, StoreError> {
    let mailbox = insert(w, account, name)?;
    if retired(w.sql, account, name)?.is_some() {
        w.touch(mailbox.id, mailbox.highest_modseq, Happened::VALIDITY);
    }
    w.note(account, What::Created(name.clone()));
    Ok(mailbox)
}

fn create_superiors(w: &mut Writing<'_>, account: AccountId, name: &MailboxName) -> Result<(), StoreError> {
    for superior in name.ancestors() {
        if find(w.sql, account, &superior)?.is_none() {
            make(w, account, &superior)?;
        }
    }
    Ok(())
}

fn below(sql: &Connection, account: AccountId, name: &MailboxName) -> Result<Vec<Mailbox>, StoreError> {
    let mut query = sql.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM mailboxes
         WHERE account = ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name"
    ))?;
    let rows = query.query_map(params![account, name.prefix()], mailbox_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn delete(w: &mut Writing<'_>, account: AccountId, name: &MailboxName) -> Result<(), StoreError> {
    if name.is_inbox() {
        return Err(StoreError::Inbox);
    }
    let mailbox = find(w.sql, account, name)?.ok_or(StoreError::NoSuchMailbox)?;
    let has_children = !below(w.sql, account, name)?.is_empty();
    if has_children && mailbox.selectable == Selectable::No {
        return Err(StoreError::HasChildren);
    }
    messages::expunge(w, mailbox.id, &Which::All)?;
    remove_row(w, account, &mailbox)?;
    if has_children {
        // A new row: sessions that have the old one selected learn that it is gone.
        let level = insert(w, account, name)?;
        w.sql.prepare_cached("UPDATE mailboxes SET selectable = 0 WHERE id = ?1")?.execute([level.id])?;
    }
    w.note(account, What::Deleted(name.clone()));
    Ok(())
}

fn remove_row(w: &mut Writing<'_>, account: AccountId, mailbox: &Mailbox) -> Result<(), StoreError> {
    retire(w, account, mailbox)?;
    w.sql.prepare_cached("DELETE FROM expunged WHERE mailbox = ?1")?.execute([mailbox.id])?;
    w.sql.prepare_cached("DELETE FROM mailboxes WHERE id = ?1")?.execute([mailbox.id])?;
    w.touch(mailbox.id, ModSeq(mailbox.highest_modseq.0.saturating_add(1)), Happened::default());
    Ok(())
}

/// Remembers under which UIDVALIDITY the name was known.
fn retire(w: &mut Writing<'_>, account: AccountId, mailbox: &Mailbox) -> Result<(), StoreError> {
    w.sql
        .prepare_cached(
            "INSERT INTO retired_names VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET uid_validity = max(uid_validity, excluded.uid_validity)",
        )?
        .execute(params![account, mailbox.name.as_str(), mailbox.uid_validity])?;
    Ok(())
}

fn rename(
    w: &mut Writing<'_>,
    account: AccountId,
    old: &MailboxName,
    new: &MailboxName,
) -> Result<(), StoreError> {
    let mailbox = find(w.sql, account, old)?.ok_or(StoreError::NoSuchMailbox)?;
    if new.is_inbox() || find(w.sql, account, new)?.is_some() {
        return Err(StoreError::AlreadyExists);
    }
    if old.is_inbox() {
        create_superiors(w, account, new)?;
        let target = insert(w, account, new)?;
        annotations::copy(w, mailbox.id, target.id)?;
        w.note(account, What::Renamed { old: old.clone(), new: new.clone() });
        return messages::move_all(w, &mailbox, &target);
    }
    if new.is_below(old) {
        return Err(StoreError::InvalidName);
    }
    create_superiors(w, account, new)?;
    let inferior = below(w.sql, account, old)?;
    for held in std::iter::once(&mailbox).chain(&inferior) {
        let name = held.name.moved(old, new)?;
        if find(w.sql, account, &name)?.is_some() {
            return Err(StoreError::AlreadyExists);
        }
        retire(w, account, held)?;
        let uid_validity = uid_validity_for(w.sql, account, &name, held.uid_validity)?;
        w.sql
            .prepare_cached("UPDATE mailboxes SET name = ?2, uid_validity = ?3 WHERE id = ?1")?
            .execute(params![held.id, name.as_str(), uid_validity])?;
        if retired(w.sql, account, &name)?.is_some() {
            w.touch(held.id, held.highest_modseq, Happened::VALIDITY);
        }
    }
    w.note(account, What::Renamed { old: old.clone(), new: new.clone() });
    Ok(())
}

/// A mailbox keeps its UIDVALIDITY under a new name, unless that name was known under a
/// higher one before: for each name the value only ever rises (RFC 3501, section 2.3.1.1).
fn uid_validity_for(
    sql: &Connection,
    account: AccountId,
    name: &MailboxName,
    own: UidValidity,
) -> Result<UidValidity, StoreError> {
    match retired(sql, account, name)? {
        Some(before) if before >= own => next_uid_validity(sql),
        _ => Ok(own),
    }
}

/// The highest UIDVALIDITY under which the name was known before.
fn retired(
    sql: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<Option<UidValidity>, StoreError> {
    Ok(sql
        .prepare_cached("SELECT uid_validity FROM retired_names WHERE account = ?1 AND name = ?2")?
        .query_row(params![account, name.as_str()], |row| row.get(0))
        .optional()?)
}
