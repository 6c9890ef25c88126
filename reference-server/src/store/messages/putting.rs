//! Messages that come: delivered, appended, or put in the place of another; and the rows that they and their
//! copies get. Their octets are in `content` and `bodies`.

use rusqlite::params;
use time::OffsetDateTime;

use super::{Message, Which, expunge};
use crate::store::bodies;
use crate::store::content::Content;
use crate::store::flags::Flags;
use crate::store::happened::Happened;
use crate::store::ids::{BodyId, MailboxId, ModSeq, Octets, Uid, UidValidity};
use crate::store::mailboxes::{self, Mailbox};
use crate::store::named::Named;
use crate::store::objects;
use crate::store::quota;
use crate::store::rights::Rights;
use crate::store::writer::Writing;
use crate::store::{Store, StoreError};

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

/// When a message goes that is replaced; a deviation can have it go too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// With the new one's coming.
    Together,
    /// Before anything else is done.
    First,
}

impl Store {
    /// Puts one message into the INBOX of each account: into all of them or none. They
    /// share one body. As [`Store::accept`] does it, for tests.
    #[cfg(test)]
    pub(crate) async fn deliver(
        &self,
        accounts: Vec<crate::store::AccountId>,
        message: NewMessage,
    ) -> Result<Vec<Appended>, StoreError> {
        self.write(move |w| {
            let body = bodies::insert(w.sql, &message.content)?;
            let inbox = crate::store::MailboxName::inbox();
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
}

/// Puts a new message at the end of a mailbox.
pub(in crate::store) fn insert(
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
pub(super) struct Room {
    next: Uid,
    modseq: ModSeq,
}

/// Makes room for so many messages.
pub(super) fn make_room(w: &mut Writing<'_>, mailbox: MailboxId, count: usize) -> Result<Room, StoreError> {
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
pub(super) fn insert_row(
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
