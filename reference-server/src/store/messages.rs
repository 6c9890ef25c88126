//! Messages: deliver, append, copy, flag, expunge, and read their bodies.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use time::{OffsetDateTime, UtcOffset};

use super::bodies;
use super::content::Content;
use super::flags::{Flags, SystemFlag};
use super::happened::Happened;
use super::holding;
use super::ids::{BodyId, MailboxId, ModSeq, Octets, ThreadId, Uid, UidValidity};
use super::listing::Listing;
use super::mailboxes::{self, Mailbox};
use super::named::Named;
use super::objects;
use super::quota::{self, Counted};
use super::rights::Rights;
use super::writer::Writing;
use super::{Store, StoreError};

/// A message without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its unique identifier.
    pub(crate) uid: Uid,
    /// Where its octets are.
    pub(crate) body: BodyId,
    /// How many octets they are (RFC822.SIZE).
    pub(crate) octets: Octets,
    /// The modification sequence of its latest change.
    pub(crate) modseq: ModSeq,
    /// When it was received, with the zone that was given (INTERNALDATE).
    pub(crate) internal_date: OffsetDateTime,
    /// Since when it is in its mailbox, in UTC (RFC 8514, section 3).
    pub(crate) saved: OffsetDateTime,
    /// The thread that it belongs to, if that is known.
    pub(crate) thread: Option<ThreadId>,
    /// Its flags.
    pub(crate) flags: Flags,
}

/// A message that is to be put into a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct NewMessage {
    /// Its octets, which never change.
    pub(crate) content: Content,
    /// Its first flags.
    pub(crate) flags: Flags,
    /// Its internal date.
    pub(crate) internal_date: OffsetDateTime,
}

impl NewMessage {
    /// Fresh mail: no flags, received now.
    pub(crate) fn received(content: impl Into<Content>) -> Self {
        Self { content: content.into(), flags: Flags::new(), internal_date: OffsetDateTime::now_utc() }
    }
}

/// Where a message was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    /// The mailbox.
    pub(crate) mailbox: MailboxId,
    /// Its UIDVALIDITY, where the user may look into it: to others no UIDs are told (RFC 4315, section 3).
    pub(crate) uid_validity: Option<UidValidity>,
    /// The UID of the message there.
    pub(crate) uid: Uid,
}

impl Appended {
    /// The same as a user with these rights is told of it.
    fn told_with(self, rights: Rights) -> Self {
        Self { uid_validity: self.uid_validity.filter(|_| rights.has(Rights::READ)), ..self }
    }
}

/// What COPY did, as COPYUID tells it (RFC 4315, section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    /// The mailbox copied to.
    pub(crate) mailbox: MailboxId,
    /// The UIDVALIDITY of the mailbox copied to, where the user may look into it.
    pub(crate) uid_validity: Option<UidValidity>,
    /// Each message's UID here and there, in ascending order.
    pub(crate) pairs: Vec<(Uid, Uid)>,
}

/// What MOVE did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    /// What went where.
    pub(crate) copied: Copied,
    /// The modification sequence of the last message's going.
    pub(crate) modseq: ModSeq,
    /// Why no more was moved, where there was more.
    pub(crate) stopped: Option<StoreError>,
}

/// How STORE changes flags (RFC 3501, section 6.4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlagChange {
    /// These and no others.
    Replace,
    /// These too.
    Add,
    /// These no more.
    Remove,
}

impl FlagChange {
    /// What the change makes of a message's flags, as far as these rights allow (RFC 4314, section 4).
    pub(crate) fn applied(self, before: &Flags, flags: &Flags, rights: Rights) -> Flags {
        let (mut after, given) = (before.clone(), rights.of_flags(flags));
        match self {
            Self::Replace => {
                after.remove(&rights.of_flags(before));
                after.add(&given);
            }
            Self::Add => after.add(&given),
            Self::Remove => after.remove(&given),
        }
        after
    }
}

/// Which messages a conditional STORE changes (RFC 7162, section 3.1.3).
#[derive(Debug, Clone)]
pub(crate) struct Unchanged {
    /// Those that have not changed since.
    pub(crate) since: ModSeq,
    /// The flags that some of them had then, in ascending order of UID: a change of other flags than
    /// those of the command does not count (section 3.1.12).
    pub(crate) known: Vec<(Uid, Flags)>,
}

impl Unchanged {
    /// Whether the message is to be left alone.
    fn stops(&self, message: &Message, change: FlagChange, flags: &Flags) -> bool {
        let known = || {
            let place = self.known.binary_search_by_key(&message.uid, |(uid, _)| *uid).ok()?;
            self.known.get(place)
        };
        message.modseq > self.since
            && (change == FlagChange::Replace
                || !known().is_some_and(|(_, known)| known.agrees(&message.flags, flags)))
    }
}

/// What a change of flags did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlagsChanged {
    /// The messages that exist, as they are afterwards.
    pub(crate) after: Listing,
    /// Those of them that were left alone because they had changed since (RFC 7162, section
    /// 3.1.3), in ascending order.
    pub(crate) modified: Vec<Uid>,
    /// The modification sequence of the change, where anything changed.
    pub(crate) modseq: Option<ModSeq>,
}

/// What if one of the messages to copy has been expunged?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Then none is copied (RFC 2180, section 4.4).
    Refused,
    /// It is passed over.
    PassedOver,
}

impl Missing {
    fn outcome(self) -> Result<(), StoreError> {
        match self {
            Self::Refused => Err(StoreError::NoSuchMessage),
            Self::PassedOver => Ok(()),
        }
    }
}

/// Whether messages that are moved leave their mailbox; a deviation can have them stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// They do.
    Yes,
    /// They stay.
    No,
}

/// When a message goes that is replaced; a deviation can have it go too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// With the new one's coming.
    Together,
    /// Before anything else is done.
    First,
}

/// Which messages are to be expunged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// All that carry `\Deleted` (EXPUNGE, CLOSE).
    Deleted,
    /// Those of these that carry `\Deleted` (UID EXPUNGE; RFC 4315, section 2.1).
    DeletedAmong(Vec<Uid>),
    /// These, whatever their flags (POP3).
    These(Vec<Uid>),
    /// Every message (the mailbox itself goes).
    All,
}

impl Which {
    /// With the UIDs in ascending order.
    fn in_order(mut self) -> Self {
        if let Self::DeletedAmong(uids) | Self::These(uids) = &mut self {
            uids.sort_unstable();
        }
        self
    }

    /// The UIDs among which the messages are, if it names some.
    fn among(&self) -> Option<&[Uid]> {
        match self {
            Self::DeletedAmong(uids) | Self::These(uids) => Some(uids),
            Self::Deleted | Self::All => None,
        }
    }
}

/// What an expunge did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expunged {
    /// The messages that went, in ascending order.
    pub(crate) uids: Vec<Uid>,
    /// The modification sequence of the expunge, or of the change before it where
    /// nothing went.
    pub(crate) modseq: ModSeq,
}

impl Store {
    /// Puts one message into the INBOX of each account: into all of them or none. They
    /// share one body. As [`Store::accept`] does it, for tests.
    #[cfg(test)]
    pub(crate) async fn deliver(
        &self,
        accounts: Vec<super::AccountId>,
        message: NewMessage,
    ) -> Result<Vec<Appended>, StoreError> {
        self.write(move |w| {
            let body = bodies::insert(w.sql, &message.content)?;
            let inbox = super::MailboxName::inbox();
            accounts
                .iter()
                .map(|account| {
                    let mailbox = mailboxes::selectable(w.sql, *account, &inbox)?;
                    insert(w, &mailbox, body, &message)
                })
                .collect()
        })
        .await
    }

    /// Puts messages into a mailbox, in their order: all of them or none (RFC 3501, section
    /// 6.3.11; RFC 3502); with those of their flags that the asker may set there (RFC 4314, section
    /// 4), as everything is that puts messages anywhere.
    pub(crate) async fn append(
        &self,
        to: &Named,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Appended>, StoreError> {
        let to = to.clone();
        self.write(move |w| {
            quota::within(w, to.owner, |w| {
                messages
                    .into_iter()
                    .map(|mut message| {
                        let (mailbox, rights) = mailboxes::open(w.sql, &to, Rights::INSERT)?;
                        let body = bodies::insert(w.sql, &message.content)?;
                        message.flags = rights.of_flags(&message.flags);
                        Ok(insert(w, &mailbox, body, &message)?.told_with(rights))
                    })
                    .collect()
            })
        })
        .await
    }

    /// Puts a message into a mailbox, and removes another one from the mailbox in which it is, which
    /// may be the same: both or neither (RFC 8508, section 3.4).
    pub(crate) async fn replace(
        &self,
        from: MailboxId,
        uid: Uid,
        to: &Named,
        mut message: NewMessage,
    ) -> Result<(Appended, ModSeq), StoreError> {
        let to = to.clone();
        self.write(move |w| {
            quota::within(w, to.owner, |w| {
                mailboxes::by_id(w.sql, from)?;
                let (mailbox, rights) = mailboxes::open(w.sql, &to, Rights::INSERT)?;
                message.flags = rights.of_flags(&message.flags);
                let gone = expunge(w, from, &Which::These(vec![uid]))?;
                if gone.uids.is_empty() {
                    return Err(StoreError::NoSuchMessage);
                }
                let mailbox = mailboxes::by_id(w.sql, mailbox.id)?;
                let body = bodies::insert(w.sql, &message.content)?;
                Ok((insert(w, &mailbox, body, &message)?.told_with(rights), gone.modseq))
            })
        })
        .await
    }

    /// Copies messages with their flags and internal dates: all of them, or none (RFC 3501, section
    /// 6.4.7). No body is copied. The UIDs come in ascending order.
    pub(crate) async fn copy(
        &self,
        from: MailboxId,
        uids: Vec<Uid>,
        to: &Named,
        missing: Missing,
        counted: Counted,
    ) -> Result<Copied, StoreError> {
        let (to, owner) = (to.clone(), to.owner);
        let work = move |w: &mut Writing<'_>| {
            mailboxes::by_id(w.sql, from)?;
            let (target, rights) = mailboxes::open(w.sql, &to, Rights::INSERT)?;
            let mut pairs = Vec::with_capacity(uids.len());
            let mut room = make_room(w, target.id, uids.len())?;
            for uid in uids {
                let Some(mut message) = find(w.sql, from, uid)? else {
                    missing.outcome()?;
                    continue;
                };
                message.flags = rights.of_flags(&message.flags);
                let new = insert_row(w, target.id, &mut room, &message)?;
                pairs.push((uid, new));
            }
            let uid_validity = rights.has(Rights::READ).then_some(target.uid_validity);
            Ok(Copied { mailbox: target.id, uid_validity, pairs })
        };
        match counted {
            Counted::Yes => self.write(move |w| quota::within(w, owner, work)).await,
            Counted::No => self.write(work).await,
        }
    }

    /// Moves messages with their flags and internal dates. Nobody ever sees one of them in both mailboxes,
    /// or in neither. Where they are many this takes several jobs, so that others wait for no more than one
    /// of them; one that fails leaves its own messages and all behind them where they were (RFC 6851,
    /// section 3.3). The UIDs come in ascending order.
    ///
    /// # Errors
    /// Nothing was moved.
    pub(crate) async fn move_messages(
        &self,
        from: MailboxId,
        uids: Vec<Uid>,
        to: &Named,
        missing: Missing,
        leaves: Leaves,
    ) -> Result<Moved, StoreError> {
        let mut all: Option<Moved> = None;
        for some in uids.chunks(MOVED_IN_A_JOB) {
            let (to, some) = (to.clone(), some.to_vec());
            let known = all.as_ref().map(|all| all.copied.mailbox);
            let moved = self
                .write(move |w| {
                    let owner = to.owner;
                    quota::within(w, owner, |w| move_some(w, from, some, &to, known, missing, leaves))
                })
                .await;
            match (&mut all, moved) {
                (None, moved) => all = Some(moved?),
                (Some(all), Ok(moved)) => {
                    all.copied.pairs.extend(moved.copied.pairs);
                    all.modseq = moved.modseq;
                }
                (Some(all), Err(error)) => {
                    all.stopped = Some(error);
                    break;
                }
            }
        }
        all.ok_or(StoreError::NoSuchMessage)
    }

    /// Changes flags, and gives back the messages that exist as they are afterwards. Where
    /// nothing changes the modification sequence stays. Messages that changed after
    /// `unchanged_since` are left alone, and so are flags that these rights do not cover.
    pub(crate) async fn change_flags(
        &self,
        mailbox: MailboxId,
        uids: Vec<Uid>,
        change: FlagChange,
        flags: Flags,
        rights: Rights,
        unchanged: Option<Unchanged>,
    ) -> Result<FlagsChanged, StoreError> {
        let work = move |w: &mut Writing<'_>| {
            change_flags(w, mailbox, &uids, change, &flags, rights, unchanged.as_ref())
        };
        self.write_on_reserve(work).await
    }

    /// Removes messages for good. Where they are many this takes several jobs, each with a change of
    /// its own, so that others wait for no more than one of them.
    pub(crate) async fn expunge(&self, mailbox: MailboxId, which: Which) -> Result<Expunged, StoreError> {
        let which = Arc::new(which.in_order());
        let mut all = Expunged { uids: Vec::new(), modseq: ModSeq(0) };
        loop {
            let (which, behind) = (Arc::clone(&which), all.uids.last().copied());
            let some = self.write_on_reserve(move |w| {
                mailboxes::by_id(w.sql, mailbox)?;
                expunge_some(w, mailbox, &which, behind, EXPUNGED_IN_A_JOB)
            });
            let some = some.await?;
            all.modseq = some.modseq;
            let is_last = some.uids.len() < EXPUNGED_IN_A_JOB;
            all.uids.extend(some.uids);
            if is_last {
                return Ok(all);
            }
        }
    }
}

/// How many messages are moved in one job.
const MOVED_IN_A_JOB: usize = 500;

/// How many messages are expunged in one job.
const EXPUNGED_IN_A_JOB: usize = 1000;

/// Columns of a message, as [`message_of`] reads them; there are [`COLUMNS`] of them.
macro_rules! message_columns {
    () => {
        "messages.uid, messages.body, messages.octets, messages.modseq, messages.date_seconds, \
         messages.date_offset, messages.flags, messages.keywords, messages.saved, messages.thread"
    };
}
pub(super) use message_columns;

/// How many columns a message has.
pub(super) const COLUMNS: usize = 10;

/// A message from its row.
pub(super) fn message_of(row: &Row<'_>) -> rusqlite::Result<Message> {
    let keywords = row.get_ref(7)?.as_str()?;
    Ok(Message {
        uid: row.get(0)?,
        body: row.get(1)?,
        octets: row.get(2)?,
        modseq: row.get(3)?,
        internal_date: date_of(row.get(4)?, row.get(5)?),
        flags: Flags::from_columns(row.get(6)?, keywords),
        saved: date_of(row.get(8)?, 0),
        thread: row.get(9)?,
    })
}

/// The date from its columns; one that no calendar knows becomes the epoch.
fn date_of(seconds: i64, offset: i32) -> OffsetDateTime {
    let offset = UtcOffset::from_whole_seconds(offset).unwrap_or(UtcOffset::UTC);
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|date| date.checked_to_offset(offset))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The message with this UID, if there is one.
pub(super) fn find(sql: &Connection, mailbox: MailboxId, uid: Uid) -> Result<Option<Message>, StoreError> {
    Ok(sql
        .prepare_cached(concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages WHERE mailbox = ?1 AND uid = ?2"
        ))?
        .query_row(params![mailbox, uid], message_of)
        .optional()?)
}

pub(super) fn insert(
    w: &mut Writing<'_>,
    mailbox: &Mailbox,
    body: BodyId,
    new: &NewMessage,
) -> Result<Appended, StoreError> {
    let message = Message {
        uid: mailbox.uid_next,
        body,
        octets: Octets(new.content.octets()),
        modseq: mailbox.highest_modseq,
        internal_date: new.internal_date,
        saved: new.internal_date,
        thread: Some(objects::thread_of(w.sql, body, &new.content)?),
        flags: new.flags.clone(),
    };
    if message.flags.is_too_long() {
        return Err(StoreError::TooMany);
    }
    let mut room = make_room(w, mailbox.id, 1)?;
    let uid = insert_row(w, mailbox.id, &mut room, &message)?;
    Ok(Appended { mailbox: mailbox.id, uid_validity: Some(mailbox.uid_validity), uid })
}

/// Room for messages at the end of a mailbox: the first of their UIDs, and the modification
/// sequence that they share, since one command is one change.
struct Room {
    next: Uid,
    modseq: ModSeq,
}

/// Makes room for so many messages.
fn make_room(w: &mut Writing<'_>, mailbox: MailboxId, count: usize) -> Result<Room, StoreError> {
    let count = u32::try_from(count).map_err(|_| StoreError::Full)?;
    // Two statements: RETURNING would build a table of its own, with a page cache, each time.
    let made = w
        .sql
        .prepare_cached(
            "UPDATE mailboxes SET highest_modseq = highest_modseq + 1, uid_next = uid_next + ?2 WHERE id = ?1",
        )?
        .execute(params![mailbox, count])?;
    if made == 0 {
        return Err(StoreError::NoSuchMailbox);
    }
    let (behind, modseq): (i64, ModSeq) = w
        .sql
        .prepare_cached("SELECT uid_next, highest_modseq FROM mailboxes WHERE id = ?1")?
        .query_row([mailbox], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let behind = u32::try_from(behind).map_err(|_| StoreError::Full)?;
    w.touch(mailbox, modseq, Happened::NEW);
    Ok(Room { next: Uid(behind.saturating_sub(count)), modseq })
}

/// Puts a message where there is room for it; it is saved now.
fn insert_row(
    w: &Writing<'_>,
    mailbox: MailboxId,
    room: &mut Room,
    message: &Message,
) -> Result<Uid, StoreError> {
    let uid = room.next;
    let (system, keywords) = message.flags.to_columns();
    w.sql
        .prepare_cached(
            "INSERT INTO messages (mailbox, uid, body, octets, modseq, date_seconds,
                                   date_offset, flags, keywords, saved, thread)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, unixepoch(), ?10)",
        )?
        .execute(params![
            mailbox,
            uid,
            message.body,
            message.octets,
            room.modseq,
            message.internal_date.unix_timestamp(),
            message.internal_date.offset().whole_seconds(),
            system,
            keywords,
            message.thread,
        ])?;
    room.next = Uid(uid.0.saturating_add(1));
    Ok(uid)
}

/// A change begins: the mailbox gets a higher modification sequence.
pub(super) fn next_modseq(
    w: &mut Writing<'_>,
    mailbox: MailboxId,
    happened: Happened,
) -> Result<ModSeq, StoreError> {
    // As in [`make_room`], without RETURNING.
    let changed = w
        .sql
        .prepare_cached("UPDATE mailboxes SET highest_modseq = highest_modseq + 1 WHERE id = ?1")?
        .execute([mailbox])?;
    if changed == 0 {
        return Err(StoreError::NoSuchMailbox);
    }
    let modseq: ModSeq = w
        .sql
        .prepare_cached("SELECT highest_modseq FROM mailboxes WHERE id = ?1")?
        .query_row([mailbox], |row| row.get(0))?;
    w.touch(mailbox, modseq, happened);
    Ok(modseq)
}

/// Moves messages, into the mailbox that is known where one is: another of its name is another one.
fn move_some(
    w: &mut Writing<'_>,
    from: MailboxId,
    uids: Vec<Uid>,
    to: &Named,
    known: Option<MailboxId>,
    missing: Missing,
    leaves: Leaves,
) -> Result<Moved, StoreError> {
    mailboxes::by_id(w.sql, from)?;
    let (target, rights) = mailboxes::open(w.sql, to, Rights::INSERT)?;
    if known.is_some_and(|known| known != target.id) {
        return Err(StoreError::NoSuchMailbox);
    }
    let mut pairs = Vec::with_capacity(uids.len());
    let mut room = make_room(w, target.id, uids.len())?;
    for uid in uids {
        let Some(mut message) = find(w.sql, from, uid)? else {
            missing.outcome()?;
            continue;
        };
        message.flags = rights.of_flags(&message.flags);
        pairs.push((uid, insert_row(w, target.id, &mut room, &message)?));
    }
    let modseq = next_modseq(w, from, Happened::EXPUNGED)?;
    for (uid, _) in pairs.iter().filter(|_| leaves == Leaves::Yes) {
        remove_row(w.sql, from, *uid, modseq)?;
    }
    let uid_validity = rights.has(Rights::READ).then_some(target.uid_validity);
    let copied = Copied { mailbox: target.id, uid_validity, pairs };
    Ok(Moved { copied, modseq, stopped: None })
}

fn change_flags(
    w: &mut Writing<'_>,
    mailbox: MailboxId,
    uids: &[Uid],
    change: FlagChange,
    flags: &Flags,
    rights: Rights,
    unchanged: Option<&Unchanged>,
) -> Result<FlagsChanged, StoreError> {
    mailboxes::by_id(w.sql, mailbox)?;
    let mut modseq = None;
    let mut after = Listing::default();
    let mut modified = Vec::new();
    for uid in uids {
        let Some(mut message) = find(w.sql, mailbox, *uid)? else {
            continue;
        };
        if unchanged.is_some_and(|unchanged| unchanged.stops(&message, change, flags)) {
            modified.push(*uid);
            after.push(message.uid, &message.flags, message.modseq);
            continue;
        }
        let changed = change.applied(&message.flags, flags, rights);
        if changed != message.flags {
            if changed.is_too_long() && change != FlagChange::Remove {
                return Err(StoreError::TooMany);
            }
            let seen = changed.has(SystemFlag::Seen) != message.flags.has(SystemFlag::Seen);
            message.flags = changed;
            // One command is one change: all its messages share the sequence.
            message.modseq = match modseq {
                Some(modseq) => modseq,
                None => *modseq.insert(next_modseq(w, mailbox, Happened::FLAGS)?),
            };
            update_flags(w.sql, mailbox, &message)?;
            if seen {
                w.touch(mailbox, message.modseq, Happened::SEEN);
            }
        }
        after.push(message.uid, &message.flags, message.modseq);
    }
    Ok(FlagsChanged { after, modified, modseq })
}

fn update_flags(sql: &Connection, mailbox: MailboxId, message: &Message) -> Result<(), StoreError> {
    let (system, keywords) = message.flags.to_columns();
    sql.prepare_cached(
        "UPDATE messages SET flags = ?3, keywords = ?4, modseq = ?5
         WHERE mailbox = ?1 AND uid = ?2",
    )?
    .execute(params![mailbox, message.uid, system, keywords, message.modseq])?;
    Ok(())
}

/// Removes messages, and the bodies that no message holds any more.
pub(super) fn expunge(
    w: &mut Writing<'_>,
    mailbox: MailboxId,
    which: &Which,
) -> Result<Expunged, StoreError> {
    expunge_some(w, mailbox, which, None, usize::MAX)
}

/// At most `limit` of them, those with UIDs above `behind`.
fn expunge_some(
    w: &mut Writing<'_>,
    mailbox: MailboxId,
    which: &Which,
    behind: Option<Uid>,
    limit: usize,
) -> Result<Expunged, StoreError> {
    let going = going(w.sql, mailbox, which, behind, limit)?;
    if going.is_empty() {
        let modseq = w
            .sql
            .prepare_cached("SELECT highest_modseq FROM mailboxes WHERE id = ?1")?
            .query_row([mailbox], |row| row.get(0))?;
        return Ok(Expunged { uids: Vec::new(), modseq });
    }
    let modseq = next_modseq(w, mailbox, Happened::EXPUNGED)?;
    for gone in &going {
        remove_row(w.sql, mailbox, gone.uid, modseq)?;
        holding::let_go(w.sql, gone.body)?;
        if let Some(thread) = gone.thread {
            objects::forget_thread(w.sql, thread)?;
        }
    }
    Ok(Expunged { uids: going.into_iter().map(|gone| gone.uid).collect(), modseq })
}

fn remove_row(sql: &Connection, mailbox: MailboxId, uid: Uid, modseq: ModSeq) -> Result<(), StoreError> {
    sql.prepare_cached("DELETE FROM messages WHERE mailbox = ?1 AND uid = ?2")?
        .execute(params![mailbox, uid])?;
    sql.prepare_cached("INSERT OR REPLACE INTO expunged VALUES (?1, ?2, ?3)")?
        .execute(params![mailbox, uid, modseq])?;
    Ok(())
}

/// A message that goes.
struct Going {
    uid: Uid,
    body: BodyId,
    thread: Option<ThreadId>,
}

/// The messages that an expunge is to remove, in ascending order: at most `limit` of those with UIDs
/// above `behind`. UIDs that are named stand in order.
fn going(
    sql: &Connection,
    mailbox: MailboxId,
    which: &Which,
    behind: Option<Uid>,
    limit: usize,
) -> Result<Vec<Going>, StoreError> {
    let deleted_only = matches!(which, Which::Deleted | Which::DeletedAmong(_));
    let among = which.among();
    let mut query = sql.prepare_cached(
        "SELECT uid, body, thread FROM messages
         WHERE mailbox = ?1 AND uid > ?3 AND (flags & 4 <> 0 OR NOT ?2) ORDER BY uid",
    )?;
    let rows = query.query_map(params![mailbox, deleted_only, behind.unwrap_or(Uid(0))], |row| {
        Ok(Going { uid: row.get(0)?, body: row.get(1)?, thread: row.get(2)? })
    })?;
    let mut going = Vec::new();
    for row in rows {
        let row = row?;
        if among.is_none_or(|among| among.binary_search(&row.uid).is_ok()) {
            going.push(row);
        }
        if going.len() >= limit {
            break;
        }
    }
    Ok(going)
}

/// Moves all messages into another mailbox, where they get new UIDs.
pub(super) fn move_all(w: &mut Writing<'_>, from: &Mailbox, to: &Mailbox) -> Result<(), StoreError> {
    let going = going(w.sql, from.id, &Which::All, None, usize::MAX)?;
    if going.is_empty() {
        return Ok(());
    }
    let mut room = make_room(w, to.id, going.len())?;
    let modseq = next_modseq(w, from.id, Happened::EXPUNGED)?;
    for going in going {
        if let Some(message) = find(w.sql, from.id, going.uid)? {
            insert_row(w, to.id, &mut room, &message)?;
            remove_row(w.sql, from.id, going.uid, modseq)?;
        }
    }
    Ok(())
}
