//! What there is of messages, read when it is asked for: their attributes, small bodies, structures;
//! for a few messages at once, so that each question is one short read transaction.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::bodies;
use super::ids::{BodyId, MailboxId, Uid};
use super::messages::{self, Message, message_columns};
use super::{Store, StoreError};
use crate::message::Kept;

/// What [`Store::load`] is to read beside the attributes of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nothing.
    Attributes,
    /// Octets.
    Octets,
    /// Structures.
    Structure,
    /// Both.
    Both,
}

/// What there is of a message.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// Its attributes.
    pub(crate) message: Message,
    /// All of its octets, where they are few.
    pub(crate) octets: Option<Vec<u8>>,
    /// Its structure in the form in which it is kept.
    pub(crate) structure: Option<Vec<u8>>,
}

/// How much [`Store::load`] reads together, in octets.
const ROOM: usize = 256 * 1024;

/// How long a reading thread looks at messages before others have their turn.
const TURN: Duration = Duration::from_millis(5);

impl Store {
    /// Attributes of messages and what is wanted beside them, in the order of the UIDs; nothing of
    /// those that are gone. Gives the first of them, at least one, as many as there is room for.
    pub(crate) async fn load(
        &self,
        mailbox: MailboxId,
        uids: Vec<Uid>,
        wanted: Wanted,
    ) -> Result<Vec<Option<Loaded>>, StoreError> {
        self.read(move |sql| {
            let mut room = ROOM;
            let mut all = Vec::with_capacity(uids.len());
            each(sql, mailbox, &uids, wanted, |found| {
                let held = found.iter().flat_map(|loaded| [&loaded.octets, &loaded.structure]);
                room = room.saturating_sub(held.flatten().map(Vec::len).sum());
                all.push(found);
                Ok(room > 0)
            })?;
            Ok(all)
        })
        .await
    }

    /// Looks at messages on a thread that reads, in the order of the UIDs; `look` is given nothing
    /// for those that are gone. Gives what it made of the first of them, at least one: the rest is
    /// for another turn.
    pub(crate) async fn look<T, F>(
        &self,
        mailbox: MailboxId,
        uids: Vec<Uid>,
        mut look: F,
    ) -> Result<Vec<T>, StoreError>
    where
        T: Send + 'static,
        F: FnMut(usize, Option<&Opened<'_>>) -> Result<T, StoreError> + Send + 'static,
    {
        self.read(move |sql| {
            let until = Instant::now() + TURN;
            let mut made = Vec::with_capacity(uids.len());
            each(sql, mailbox, &uids, Wanted::Attributes, |found| {
                let opened = found.map(|loaded| Opened { sql, message: loaded.message });
                made.push(look(made.len(), opened.as_ref())?);
                Ok(Instant::now() < until)
            })?;
            Ok(made)
        })
        .await
    }

    /// All that there is of all messages, for tests: a server never holds that.
    #[cfg(test)]
    pub(crate) async fn everything(&self, mailbox: MailboxId) -> Vec<Message> {
        self.read(move |sql| {
            let mut query = sql.prepare(concat!(
                "SELECT ",
                message_columns!(),
                " FROM messages WHERE mailbox = ?1 ORDER BY uid"
            ))?;
            let rows = query.query_map([mailbox], messages::message_of)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap_or_default()
    }
}

/// A message that is being looked at.
pub(crate) struct Opened<'c> {
    sql: &'c Connection,
    /// Its attributes.
    pub(crate) message: Message,
}

impl Opened<'_> {
    /// All of its octets, unless they are many.
    pub(crate) fn octets(&self) -> Result<Option<Vec<u8>>, StoreError> {
        octets(self.sql, self.message.body)
    }

    /// At most so many octets from its beginning, and all of them where there are fewer; of a long
    /// message there may be fewer, too.
    pub(crate) fn front(&self, most: u64) -> Result<Vec<u8>, StoreError> {
        bodies::front(self.sql, self.message.body, most)
    }

    /// Its structure, if that is kept.
    pub(crate) fn structure(&self) -> Result<Option<Kept>, StoreError> {
        Ok(structure(self.sql, self.message.body)?.and_then(Kept::new))
    }
}

/// Gives each of the messages in turn, until it is told that this is enough.
fn each(
    sql: &Connection,
    mailbox: MailboxId,
    uids: &[Uid],
    wanted: Wanted,
    mut visit: impl FnMut(Option<Loaded>) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (uids.first(), uids.last()) else { return Ok(()) };
    // Neighbours stand side by side in the table; those between them are read for nothing.
    let spread = usize::try_from(last.0.saturating_sub(first.0)).unwrap_or(usize::MAX);
    let dense = match wanted {
        Wanted::Attributes => uids.len().saturating_mul(2),
        Wanted::Octets | Wanted::Structure | Wanted::Both => uids.len().saturating_add(uids.len() / 8),
    };
    if spread < dense && uids.is_sorted() {
        let mut query = sql.prepare_cached(wanted.of_a_range())?;
        let mut rows = query.query(params![mailbox, first, last])?;
        let loaded = |row: &Row<'_>| wanted.loaded(row);
        let mut next = rows.next()?.map(loaded).transpose()?;
        for uid in uids {
            while next.as_ref().is_some_and(|loaded| loaded.message.uid < *uid) {
                next = rows.next()?.map(loaded).transpose()?;
            }
            let found = next.take_if(|loaded| loaded.message.uid == *uid);
            if !visit(found)? {
                return Ok(());
            }
            if next.is_none() {
                next = rows.next()?.map(loaded).transpose()?;
            }
        }
        return Ok(());
    }
    let mut query = sql.prepare_cached(wanted.of_a_range())?;
    for uid in uids {
        let found = query.query_row(params![mailbox, uid, uid], |row| wanted.loaded(row)).optional()?;
        if !visit(found)? {
            return Ok(());
        }
    }
    Ok(())
}

/// A query for messages with UIDs from one to another: their attributes, and these columns behind them.
macro_rules! messages_with {
    ($columns:literal, $joined:literal) => {
        concat!(
            "SELECT ",
            message_columns!(),
            $columns,
            " FROM messages ",
            $joined,
            " WHERE messages.mailbox = ?1 AND messages.uid BETWEEN ?2 AND ?3 ORDER BY messages.uid"
        )
    };
}

impl Wanted {
    /// The query for what is wanted of the messages of a mailbox with UIDs from one to another.
    fn of_a_range(self) -> &'static str {
        match self {
            Self::Attributes => messages_with!("", ""),
            Self::Octets => messages_with!(
                ", bodies.content",
                "LEFT JOIN bodies ON bodies.id = messages.body AND bodies.spool IS NULL"
            ),
            Self::Structure => messages_with!(
                ", structures.content",
                "LEFT JOIN structures ON structures.body = messages.body"
            ),
            Self::Both => messages_with!(
                ", bodies.content, structures.content",
                "LEFT JOIN bodies ON bodies.id = messages.body AND bodies.spool IS NULL \
                 LEFT JOIN structures ON structures.body = messages.body"
            ),
        }
    }

    /// What stands in a row of that query.
    fn loaded(self, row: &Row<'_>) -> rusqlite::Result<Loaded> {
        let (octets, structure) = match self {
            Self::Attributes => (None, None),
            Self::Octets => (row.get(messages::COLUMNS)?, None),
            Self::Structure => (None, row.get(messages::COLUMNS)?),
            Self::Both => (row.get(messages::COLUMNS)?, row.get(messages::COLUMNS + 1)?),
        };
        Ok(Loaded { message: messages::message_of(row)?, octets, structure })
    }
}

/// All octets of a body that stands in one row.
pub(super) fn octets(sql: &Connection, body: BodyId) -> Result<Option<Vec<u8>>, StoreError> {
    let mut query = sql.prepare_cached("SELECT content FROM bodies WHERE id = ?1 AND spool IS NULL")?;
    Ok(query.query_row([body], |row| row.get(0)).optional()?)
}

fn structure(sql: &Connection, body: BodyId) -> Result<Option<Vec<u8>>, StoreError> {
    let mut query = sql.prepare_cached("SELECT content FROM structures WHERE body = ?1")?;
    Ok(query.query_row([body], |row| row.get(0)).optional()?)
}
