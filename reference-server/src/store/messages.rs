//! Messages as rows of their mailbox: how one is read, and the modification sequences by which changes are
//! told apart. What is done to messages stands in a file each: `putting`, `copying` (and moving), `flagging`,
//! `expunging`. Not for what is in them: that is `bodies`, and `reading` for those who fetch.

mod copying;
mod expunging;
mod flagging;
mod putting;

use rusqlite::{Connection, OptionalExtension, Row, params};
use time::{OffsetDateTime, UtcOffset};

use super::StoreError;
use super::flags::Flags;
use super::happened::Happened;
use super::ids::{BodyId, MailboxId, ModSeq, Octets, ThreadId, Uid};
use super::writer::Writing;

pub(super) use copying::move_all;
pub(crate) use copying::{Leaves, Missing, Moved};
pub(crate) use expunging::Which;
pub(super) use expunging::expunge;
pub(crate) use flagging::{FlagChange, Unchanged};
pub(super) use putting::insert;
pub(crate) use putting::{NewMessage, Replaced};

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

/// A change begins: the mailbox gets a higher modification sequence.
pub(super) fn next_modseq(
    w: &mut Writing<'_>,
    mailbox: MailboxId,
    happened: Happened,
) -> Result<ModSeq, StoreError> {
    // Two statements, without RETURNING, as where room is made for messages.
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
