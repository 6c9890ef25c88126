//! Annotations of mailboxes and of the server (RFC 5464): named values, shared by all users or private to
//! one. Those of a mailbox go with it.

use rusqlite::{Connection, params};

use super::acl::{self, Sharers};
use super::happened::{Happened, What};
use super::ids::{AccountId, MailboxId};
use super::mailboxes::{self, Mailbox};
use super::messages;
use super::named::Named;
use super::rights::Rights;
use super::special_use::SpecialUse;
use super::writer::Writing;
use super::{Store, StoreError};

/// The most annotations of a mailbox, or of the server, that are shared, or private to one user.
const ENTRIES: i64 = 100;

/// The private entry of a mailbox that is its special uses (RFC 6154, section 4): it is not kept with
/// the others.
const SPECIAL_USES: &str = "/specialuse";

/// Account 0 stands for all of them, and no mailbox for the server.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS annotations (
    mailbox INTEGER REFERENCES mailboxes(id) ON DELETE CASCADE,
    account INTEGER NOT NULL,
    path TEXT NOT NULL COLLATE NOCASE,
    value BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS annotations_by_name ON annotations (ifnull(mailbox, 0), account, path);
CREATE INDEX IF NOT EXISTS annotations_by_mailbox ON annotations (mailbox);
";

/// What is annotated.
#[derive(Debug, Clone)]
pub(crate) enum Annotated {
    /// The server, as this account sees it.
    Server(AccountId),
    /// A mailbox.
    Mailbox(Named),
}

impl Annotated {
    fn by(&self) -> AccountId {
        match self {
            Self::Server(by) => *by,
            Self::Mailbox(named) => named.by,
        }
    }
}

/// Who sees an annotation (section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Who made it: `/private`.
    Private,
    /// All: `/shared`.
    Shared,
}

/// The name of an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryName {
    /// Who sees it.
    pub(crate) audience: Audience,
    /// What stands behind that: empty, or from a slash on. Upper and lower case do not matter.
    pub(crate) path: String,
}

impl EntryName {
    /// Whether it stands for the special uses of a mailbox.
    pub(crate) fn is_special_uses(&self) -> bool {
        self.audience == Audience::Private && self.path.eq_ignore_ascii_case(SPECIAL_USES)
    }
}

/// How far below the named entries GETMETADATA looks (section 4.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Depth {
    /// The entries themselves.
    #[default]
    Zero,
    /// And those right below them.
    One,
    /// And all below them.
    Infinity,
}

impl Depth {
    fn reaches(self, wanted: &str, path: &str) -> bool {
        let (start, rest) = match path.split_at_checked(wanted.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(wanted) => (start, rest),
            _ => return false,
        };
        match (rest.strip_prefix('/'), self) {
            (None, _) => start.len() == path.len(),
            (Some(_), Self::Zero) => false,
            (Some(below), Self::One) => !below.contains('/'),
            (Some(_), Self::Infinity) => true,
        }
    }
}

/// Whose private annotations are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrivateOf {
    /// One's own.
    Oneself,
    /// Everybody's: for a deviation.
    Everybody,
}

/// An annotation as it is told; `None` where there is none of the name that was asked for.
pub(crate) type Told = (EntryName, Option<Vec<u8>>);

impl Store {
    /// The annotations of these names, and those below them down to that depth, each once.
    pub(crate) async fn annotations(
        &self,
        of: Annotated,
        names: Vec<EntryName>,
        depth: Depth,
        private: PrivateOf,
    ) -> Result<Vec<Told>, StoreError> {
        self.read(move |sql| {
            let mailbox = place(sql, &of)?;
            let id = mailbox.as_ref().map(|mailbox| mailbox.id);
            let mut told: Vec<Told> = Vec::new();
            // Read once, however many names there are.
            let of_audience = |audience| match names.iter().any(|name| name.audience == audience) {
                true => held(sql, id, of.by(), audience, private),
                false => Ok(Vec::new()),
            };
            let (mut own, shared) = (of_audience(Audience::Private)?, of_audience(Audience::Shared)?);
            if let Some(mailbox) = &mailbox {
                own.retain(|(path, _)| !path.eq_ignore_ascii_case(SPECIAL_USES));
                own.extend(special_uses(mailbox));
            }
            for name in names {
                let held = if name.audience == Audience::Private { &own } else { &shared };
                let reached = held.iter().filter(|(path, _)| depth.reaches(&name.path, path));
                let before = told.len();
                for (path, value) in reached {
                    let entry = EntryName { audience: name.audience, path: path.clone() };
                    if !told.iter().any(|(known, _)| *known == entry) {
                        told.push((entry, Some(value.clone())));
                    }
                }
                if depth == Depth::Zero && told.len() == before {
                    told.push((name, None));
                }
            }
            Ok(told)
        })
        .await
    }

    /// Sets annotations, and removes those without a value: all of them, or none (section 4.3).
    ///
    /// # Errors
    /// [`StoreError::NoPermission`] also for what all users would see of the server, which is its
    /// operator's affair; [`StoreError::TooMany`].
    pub(crate) async fn annotate(&self, what: Annotated, entries: Vec<Told>) -> Result<(), StoreError> {
        self.write(move |w| {
            let mailbox = place(w.sql, &what)?;
            note(w, &what, mailbox.as_ref().map(|mailbox| mailbox.id), &entries)?;
            for (name, value) in entries {
                match &mailbox {
                    None if name.audience == Audience::Shared => return Err(StoreError::NoPermission),
                    Some(mailbox) if name.is_special_uses() => {
                        set_special_uses(w, what.by(), mailbox, value.as_deref())?;
                    }
                    _ => {
                        let id = mailbox.as_ref().map(|mailbox| mailbox.id);
                        put(w, id, account_of(name.audience, what.by()), &name.path, value)?;
                    }
                }
            }
            if let Some(mailbox) = mailbox {
                // A change of the mailbox like any other (RFC 7162, section 3.2).
                messages::next_modseq(w, mailbox.id, Happened::default())?;
            }
            Ok(())
        })
        .await
    }
}

/// What the mailbox is for, as an annotation; nothing where it is for nothing special.
fn special_uses(mailbox: &Mailbox) -> Option<(String, Vec<u8>)> {
    let uses = SpecialUse::to_column(&mailbox.special_uses);
    (!uses.is_empty()).then(|| (SPECIAL_USES.to_owned(), uses.into_bytes()))
}

/// The owner says what the mailbox is for: all of these uses are known (RFC 6154, section 4).
fn set_special_uses(
    w: &Writing<'_>,
    by: AccountId,
    mailbox: &Mailbox,
    value: Option<&[u8]>,
) -> Result<(), StoreError> {
    if mailbox.owner != by {
        return Err(StoreError::NoPermission);
    }
    let uses = SpecialUse::from_text(value.unwrap_or_default()).unwrap_or_default();
    mailboxes::set_special_uses(w.sql, mailbox.id, &uses)
}

/// Tells those who see the annotations that they change (RFC 5465, sections 5.6 and 5.7).
fn note(
    w: &mut Writing<'_>,
    what: &Annotated,
    mailbox: Option<MailboxId>,
    entries: &[Told],
) -> Result<(), StoreError> {
    for audience in [Audience::Private, Audience::Shared] {
        let start = if audience == Audience::Private { "/private" } else { "/shared" };
        let names: Vec<String> = entries
            .iter()
            .filter(|(name, _)| name.audience == audience)
            .map(|(name, _)| format!("{start}{}", name.path))
            .collect();
        if names.is_empty() {
            continue;
        }
        let mut seen_by = vec![what.by()];
        if let (Annotated::Mailbox(named), Some(mailbox), Audience::Shared) = (what, mailbox, audience) {
            seen_by.push(named.owner);
            if let Sharers::Accounts(sharers) = acl::sharers(w.sql, mailbox)? {
                seen_by.extend(sharers);
            }
        }
        seen_by.sort_unstable();
        seen_by.dedup();
        for account in seen_by {
            w.note(account, What::Annotations(mailbox, names.clone()));
        }
    }
    Ok(())
}

/// The mailbox, if it is one, where it may be annotated (section 3.3).
fn place(sql: &Connection, what: &Annotated) -> Result<Option<Mailbox>, StoreError> {
    let Annotated::Mailbox(named) = what else { return Ok(None) };
    let mailbox = mailboxes::find(sql, named.owner, &named.name)?.ok_or(StoreError::NoSuchMailbox)?;
    let rights = acl::held(sql, named.by, &mailbox)?;
    match (rights.has(Rights::LOOKUP), rights.has_any(Rights::TO_ANNOTATE)) {
        (true, true) => Ok(Some(mailbox)),
        (true, false) => Err(StoreError::NoPermission),
        (false, _) => Err(StoreError::NoSuchMailbox),
    }
}

fn account_of(audience: Audience, by: AccountId) -> AccountId {
    match audience {
        Audience::Private => by,
        Audience::Shared => AccountId(0),
    }
}

fn held(
    sql: &Connection,
    mailbox: Option<MailboxId>,
    by: AccountId,
    audience: Audience,
    private: PrivateOf,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let everybody = audience == Audience::Private && private == PrivateOf::Everybody;
    let mut query = sql.prepare_cached(
        "SELECT path, value FROM annotations
         WHERE mailbox IS ?1 AND (account = ?2 OR (?3 AND account <> 0)) ORDER BY path",
    )?;
    let rows = query.query_map(params![mailbox, account_of(audience, by), everybody], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn put(
    w: &Writing<'_>,
    mailbox: Option<MailboxId>,
    account: AccountId,
    path: &str,
    value: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    w.sql
        .prepare_cached("DELETE FROM annotations WHERE mailbox IS ?1 AND account = ?2 AND path = ?3")?
        .execute(params![mailbox, account, path])?;
    let Some(value) = value else { return Ok(()) };
    w.sql
        .prepare_cached("INSERT INTO annotations VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![mailbox, account, path, value])?;
    let count: i64 = w
        .sql
        .prepare_cached("SELECT count(*) FROM annotations WHERE mailbox IS ?1 AND account = ?2")?
        .query_row(params![mailbox, account], |row| row.get(0))?;
    if count > ENTRIES { Err(StoreError::TooMany) } else { Ok(()) }
}

/// Gives a mailbox the annotations of another: of INBOX, which keeps its own when it is renamed
/// (section 4.1).
pub(super) fn copy(w: &Writing<'_>, from: MailboxId, to: MailboxId) -> Result<(), StoreError> {
    w.sql
        .prepare_cached(
            "INSERT INTO annotations SELECT ?2, account, path, value FROM annotations WHERE mailbox = ?1",
        )?
        .execute(params![from, to])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_depth_reaches_so_far() {
        for (wanted, path, zero, one, infinity) in [
            ("/a", "/a", true, true, true),
            ("/a", "/A/b", false, true, true),
            ("/a", "/a/b/c", false, false, true),
            ("/a", "/ab", false, false, false),
            ("/a", "/b", false, false, false),
            ("", "/a", false, true, true),
            ("", "/a/b", false, false, true),
        ] {
            let reached = [Depth::Zero, Depth::One, Depth::Infinity].map(|depth| depth.reaches(wanted, path));
            assert_eq!(reached, [zero, one, infinity], "{wanted} {path}");
        }
    }
}
