//! The outgoing queue on disk: messages that wait for other servers, each with its
//! recipients, when they were tried and why that failed. What to try and when is not
//! decided here.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::bodies;
use super::content::Content;
use super::envelope::{Envelope, Notify, Returned};
use super::ids::{AccountId, BodyId, Octets, QueueId};
use super::messages::{self, NewMessage};
use super::name::MailboxName;
use super::quota;
use super::terms::{self, DeliverBy, Terms};
use super::writer::Writing;
use super::{Store, StoreError};
use super::{mailboxes, schema};

/// The queue's tables; a store made before there was a queue gets them when it is opened.
/// Times are milliseconds since 1970. A recipient is under way from the begin of an attempt until its
/// outcome is noted: what a server that was killed leaves under way may have arrived. The octets of a message are a body like any other, which
/// goes with it; `content` is where they were before.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS queue_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sender TEXT,
    envelope_id TEXT,
    returned TEXT,
    arrived INTEGER NOT NULL,
    held INTEGER NOT NULL DEFAULT 0,
    content BLOB NOT NULL,
    body INTEGER REFERENCES bodies(id),
    tls INTEGER NOT NULL DEFAULT 0,
    by_deadline INTEGER,
    by_mode TEXT,
    hold_until INTEGER,
    hold_request TEXT,
    priority INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS queue_recipients (
    message INTEGER NOT NULL REFERENCES queue_messages(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    address TEXT NOT NULL,
    domain TEXT NOT NULL,
    notify INTEGER NOT NULL,
    original TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL,
    reason TEXT,
    delay_told INTEGER NOT NULL DEFAULT 0,
    lateness_told INTEGER NOT NULL DEFAULT 0,
    under_way INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS queue_by_time ON queue_recipients (next_attempt);
";

/// The body goes with its message, whoever removes that.
pub(super) const BODY_TRIGGER: &str = "
CREATE TRIGGER IF NOT EXISTS queued_message_gone AFTER DELETE ON queue_messages BEGIN
    DELETE FROM bodies WHERE id = old.body;
END;
";

/// A point in time as the queue keeps it: milliseconds since 1970.
pub(crate) type Millis = i64;

/// A recipient in another domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remote {
    /// The address.
    pub(crate) address: String,
    /// Its domain in lower case, or the address literal.
    pub(crate) domain: String,
    /// What the sender wants to be told.
    pub(crate) notify: Notify,
    /// ORCPT as it was given (RFC 3461, section 4.2).
    pub(crate) original: Option<String>,
}

/// A message that is to be queued.
#[derive(Debug, Clone)]
pub(crate) struct NewQueued {
    /// Its envelope.
    pub(crate) envelope: Envelope,
    /// Its recipients in other domains.
    pub(crate) recipients: Vec<Remote>,
    /// Its octets.
    pub(crate) content: Content,
    /// When it arrived, from which it is due where it is not held longer.
    pub(crate) arrived: Millis,
}

/// A recipient that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    /// Its place in the message's list.
    pub(crate) position: u32,
    /// The recipient.
    pub(crate) remote: Remote,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Was the sender told that it takes long?
    pub(crate) delay_told: bool,
    /// Was the sender told that the time of BY is over?
    pub(crate) lateness_told: bool,
}

/// A message with those of its recipients that are due.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    /// Its number in the queue.
    pub(crate) id: QueueId,
    /// Its envelope.
    pub(crate) envelope: Envelope,
    /// When it arrived.
    pub(crate) arrived: Millis,
    /// Where its octets are.
    pub(crate) body: BodyId,
    /// How many they are.
    pub(crate) octets: u64,
    /// The recipients.
    pub(crate) recipients: Vec<Pending>,
}

/// What became of a recipient at an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing more is to be done: it was handed over, or has failed for good.
    Settled,
    /// It is to be tried again.
    Later {
        /// Then.
        next: Millis,
        /// Why it failed this time.
        reason: String,
        /// Was the sender told that it takes long?
        delay_told: bool,
        /// Was the sender told that the time of BY is over?
        lateness_told: bool,
    },
}

/// A report to the sender, which comes with the fate that it tells.
#[derive(Debug, Clone)]
pub(crate) enum Report {
    /// Into a mailbox here.
    Local(AccountId, NewMessage),
    /// Out through the queue.
    Remote(NewQueued),
}

/// Work that is due: a message and a domain to which it has recipients.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    /// The domain.
    pub(crate) domain: String,
    /// The message.
    pub(crate) message: QueueId,
}

/// For whom ETRN starts the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// This domain, in lower case.
    pub(crate) domain: String,
    /// And those below it?
    pub(crate) below: bool,
}

impl Store {
    /// Takes responsibility for a message (RFC 5321, section 6.1): into the INBOX of each
    /// account, and into the queue for the rest; all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::OverQuota`] where one of the accounts has no room for it.
    pub(crate) async fn accept(
        &self,
        accounts: Vec<AccountId>,
        local: Option<NewMessage>,
        remote: Option<NewQueued>,
        reports: Vec<Report>,
    ) -> Result<(), StoreError> {
        self.write(move |w| {
            if let Some(message) = &local {
                let body = bodies::insert(w.sql, &message.content)?;
                for account in &accounts {
                    quota::within(w, *account, |w| put_into_inbox(w, *account, body, message))?;
                }
            }
            if let Some(message) = &remote {
                enqueue(w.sql, message)?;
            }
            reports.iter().try_for_each(|report| put_report(w, report))
        })
        .await
    }

    /// What is due at `now`, the most urgent first and of those the oldest, at most `limit` entries; what is held is not.
    pub(crate) async fn queue_due(&self, now: Millis, limit: usize) -> Result<Vec<Due>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(
                "SELECT r.domain, r.message FROM queue_recipients r
                 JOIN queue_messages m ON m.id = r.message
                 WHERE r.next_attempt <= ?1 AND m.held = 0
                 GROUP BY r.domain, r.message 
                 ORDER BY COALESCE(m.priority, 0) DESC, MIN(r.next_attempt), r.message LIMIT ?2",
            )?;
            let rows = statement
                .query_map([now, limit], |row| Ok(Due { domain: row.get(0)?, message: row.get(1)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// When the next recipient is due after `now`.
    pub(crate) async fn queue_next(&self, now: Millis) -> Result<Option<Millis>, StoreError> {
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(
                "SELECT MIN(r.next_attempt) FROM queue_recipients r
                 JOIN queue_messages m ON m.id = r.message
                 WHERE m.held = 0 AND r.next_attempt > ?1",
            )?;
            Ok(statement.query_row([now], |row| row.get(0))?)
        })
        .await
    }

    /// Begins an attempt: the message with its due recipients in this domain, noted as under way;
    /// `None` where there are none any more, or where it is held.
    pub(crate) async fn queue_begin(&self, due: &Due, now: Millis) -> Result<Option<Queued>, StoreError> {
        let due = due.clone();
        self.write_on_reserve(move |w| begin(w.sql, &due, now)).await
    }

    /// Makes due at `now` what waits for a domain, or for all domains below it too, and is not held;
    /// gives how many messages.
    pub(crate) async fn queue_start(&self, node: Node, now: Millis) -> Result<usize, StoreError> {
        self.write(move |w| {
            let chosen = "(r.domain = ?1 OR (?2 AND r.domain LIKE '%.' || ?1))";
            let free = "m.held = 0 AND (m.hold_until IS NULL OR m.hold_until <= ?3)";
            let count: i64 = w.sql.query_row(
                &format!(
                    "SELECT COUNT(DISTINCT m.id) FROM queue_recipients r
                     JOIN queue_messages m ON m.id = r.message WHERE {chosen} AND {free}"
                ),
                params![node.domain, node.below, now],
                |row| row.get(0),
            )?;
            w.sql.execute(
                &format!(
                    "UPDATE queue_recipients AS r SET next_attempt = MIN(next_attempt, ?3) WHERE {chosen}
                     AND EXISTS (SELECT 1 FROM queue_messages m WHERE m.id = r.message AND {free})"
                ),
                params![node.domain, node.below, now],
            )?;
            Ok(usize::try_from(count).unwrap_or(0))
        })
        .await
    }

    /// Notes what became of recipients, and with it what the sender is told of them. The
    /// message goes with the last of its recipients. In the same commit the attempt at the `next` piece
    /// of work begins, as by [`Store::queue_begin`], so that each message costs one commit.
    pub(crate) async fn queue_settle(
        &self,
        message: QueueId,
        fates: Vec<(u32, Fate)>,
        reports: Vec<Report>,
        next: Option<(Due, Millis)>,
    ) -> Result<Option<Queued>, StoreError> {
        self.write_on_reserve(move |w| {
            for (position, fate) in &fates {
                settle(w.sql, message, *position, fate)?;
            }
            remove_if_done(w.sql, message)?;
            reports.iter().try_for_each(|report| put_report(w, report))?;
            next.map_or(Ok(None), |(due, now)| begin(w.sql, &due, now))
        })
        .await
    }
}

fn put_into_inbox(
    w: &mut Writing<'_>,
    account: AccountId,
    body: BodyId,
    message: &NewMessage,
) -> Result<(), StoreError> {
    let mailbox = mailboxes::selectable(w.sql, account, &MailboxName::inbox())?;
    messages::insert(w, &mailbox, body, message)?;
    Ok(())
}

/// A report is never refused for a quota: it comes with the fate of another message.
fn put_report(w: &mut Writing<'_>, report: &Report) -> Result<(), StoreError> {
    match report {
        Report::Local(account, message) => {
            let body = bodies::insert(w.sql, &message.content)?;
            put_into_inbox(w, *account, body, message)
        }
        Report::Remote(message) => enqueue(w.sql, message),
    }
}

fn enqueue(sql: &Connection, message: &NewQueued) -> Result<(), StoreError> {
    let (envelope, terms) = (&message.envelope, &message.envelope.terms);
    let body = bodies::insert(sql, &message.content)?;
    sql.prepare_cached(
        "INSERT INTO queue_messages (sender, envelope_id, returned, arrived, content, body, tls,
         by_deadline, by_mode, hold_until, hold_request, priority)
         VALUES (?1, ?2, ?3, ?4, x'', ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        envelope.sender,
        envelope.id,
        envelope.returned.map(Returned::name),
        message.arrived,
        body,
        terms.tls_number(),
        terms.by.map(|by| by.deadline),
        terms.by.map(DeliverBy::mode),
        terms.hold.as_ref().map(|hold| hold.until),
        terms.hold.as_ref().map(|hold| &hold.request),
        terms.priority,
    ])?;
    let id = sql.last_insert_rowid();
    let mut statement = sql.prepare_cached(
        "INSERT INTO queue_recipients (message, position, address, domain, notify, original, next_attempt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (position, remote) in message.recipients.iter().enumerate() {
        statement.execute(params![
            id,
            i64::try_from(position).unwrap_or(i64::MAX),
            remote.address,
            remote.domain,
            remote.notify.bits(),
            remote.original,
            terms.release(message.arrived)
        ])?;
    }
    Ok(())
}

/// The octets of messages that were queued before they were bodies become bodies.
pub(super) fn move_contents(sql: &Connection) -> Result<(), StoreError> {
    schema::add_column(sql, "queue_messages", "body INTEGER REFERENCES bodies(id)")?;
    sql.execute_batch(BODY_TRIGGER)?;
    let mut query = sql.prepare("SELECT id FROM queue_messages WHERE body IS NULL")?;
    let all: Vec<i64> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in all {
        sql.execute(
            "INSERT INTO bodies (cut, content) SELECT 0, content FROM queue_messages WHERE id = ?1",
            [id],
        )?;
        sql.execute(
            "UPDATE queue_messages SET body = ?2, content = x'' WHERE id = ?1",
            [id, sql.last_insert_rowid()],
        )?;
    }
    Ok(())
}

/// The columns that messages on terms need.
pub(super) fn add_terms(sql: &Connection) -> Result<(), StoreError> {
    for column in terms::COLUMNS {
        schema::add_column(sql, "queue_messages", column)?;
    }
    schema::add_column(sql, "queue_recipients", "lateness_told INTEGER NOT NULL DEFAULT 0")
}

/// Recipients can be under way.
pub(super) fn add_under_way(sql: &Connection) -> Result<(), StoreError> {
    schema::add_column(sql, "queue_recipients", "under_way INTEGER NOT NULL DEFAULT 0")
}

/// Nothing is under way when a server starts.
pub(super) fn end_attempts(sql: &Connection) -> Result<(), StoreError> {
    sql.execute("UPDATE queue_recipients SET under_way = 0 WHERE under_way", [])?;
    Ok(())
}

fn begin(sql: &Connection, due: &Due, now: Millis) -> Result<Option<Queued>, StoreError> {
    let recipients = pending(sql, due, now)?;
    if recipients.is_empty() {
        return Ok(None);
    }
    let mut statement = sql.prepare_cached(
        "SELECT sender, envelope_id, returned, arrived, body, length(bodies.content) + tail,
         queue_messages.*
         FROM queue_messages JOIN bodies ON bodies.id = body
         WHERE queue_messages.id = ?1 AND held = 0",
    )?;
    let found = statement.query_row([due.message], |row| {
        let returned: Option<String> = row.get(2)?;
        Ok(Queued {
            id: due.message,
            envelope: Envelope {
                sender: row.get(0)?,
                id: row.get(1)?,
                returned: returned.as_deref().and_then(Returned::parse),
                terms: Terms::of(row)?,
            },
            arrived: row.get(3)?,
            body: row.get(4)?,
            octets: row.get::<_, Octets>(5)?.0,
            recipients: Vec::new(),
        })
    });
    let Some(message) = found.optional()? else { return Ok(None) };
    let mut statement =
        sql.prepare_cached("UPDATE queue_recipients SET under_way = 1 WHERE message = ?1 AND position = ?2")?;
    for pending in &recipients {
        statement.execute(params![due.message, pending.position])?;
    }
    Ok(Some(Queued { recipients, ..message }))
}

fn pending(sql: &Connection, due: &Due, now: Millis) -> Result<Vec<Pending>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT position, address, domain, notify, original, attempts, delay_told,
         lateness_told FROM queue_recipients WHERE message = ?1 AND domain = ?2 AND next_attempt <= ?3
         ORDER BY position",
    )?;
    let rows = statement.query_map(params![due.message, due.domain, now], pending_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn pending_of(row: &Row<'_>) -> rusqlite::Result<Pending> {
    Ok(Pending {
        position: row.get(0)?,
        remote: Remote {
            address: row.get(1)?,
            domain: row.get(2)?,
            notify: Notify::from_bits(row.get(3)?),
            original: row.get(4)?,
        },
        attempts: row.get(5)?,
        delay_told: row.get(6)?,
        lateness_told: row.get(7)?,
    })
}

fn settle(sql: &Connection, message: QueueId, position: u32, fate: &Fate) -> Result<(), StoreError> {
    match fate {
        Fate::Settled => sql
            .prepare_cached("DELETE FROM queue_recipients WHERE message = ?1 AND position = ?2")?
            .execute(params![message, position])?,
        Fate::Later { next, reason, delay_told, lateness_told } => sql
            .prepare_cached(
                "UPDATE queue_recipients SET attempts = attempts + 1, next_attempt = ?3, reason = ?4,
                 delay_told = ?5, lateness_told = ?6, under_way = 0 WHERE message = ?1 AND position = ?2",
            )?
            .execute(params![message, position, next, reason, delay_told, lateness_told])?,
    };
    Ok(())
}

fn remove_if_done(sql: &Connection, message: QueueId) -> Result<(), StoreError> {
    sql.prepare_cached(
        "DELETE FROM queue_messages WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM queue_recipients WHERE message = ?1)",
    )?
    .execute([message])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{AnswerTiming, Storage};

    fn message(to: &[&str]) -> NewQueued {
        let recipients = to.iter().map(|address| Remote {
            address: (*address).to_owned(),
            domain: address.rsplit('@').next().unwrap().to_owned(),
            notify: Notify::default(),
            original: None,
        });
        NewQueued {
            envelope: Envelope { sender: Some("a@here.test".to_owned()), ..Envelope::default() },
            recipients: recipients.collect(),
            content: Content::from(&b"Subject: x\r\n\r\n"[..]),
            arrived: 1000,
        }
    }

    #[tokio::test]
    async fn a_message_stays_until_the_last_recipient_is_settled() {
        let store = Store::open(&Storage::Memory, AnswerTiming::AfterCommit).unwrap();
        let queued = message(&["x@one.test", "y@one.test", "z@two.test"]);
        store.accept(vec![], None, Some(queued), vec![]).await.unwrap();
        assert_eq!(store.queue_due(999, 10).await.unwrap(), []);
        let due = store.queue_due(1000, 10).await.unwrap();
        assert_eq!(due.iter().map(|due| due.domain.as_str()).collect::<Vec<_>>(), ["one.test", "two.test"]);
        let one = store.queue_begin(&due[0], 1000).await.unwrap().unwrap();
        assert_eq!(one.recipients.len(), 2);
        let later = Fate::Later {
            next: 5000,
            reason: "450 busy".to_owned(),
            delay_told: false,
            lateness_told: false,
        };
        store.queue_settle(one.id, vec![(0, Fate::Settled), (1, later)], vec![], None).await.unwrap();
        assert_eq!(store.queue_next(1000).await.unwrap(), Some(5000));
        assert!(store.queue_begin(&due[0], 4999).await.unwrap().is_none());
        let again = store.queue_begin(&due[0], 5000).await.unwrap().unwrap();
        assert_eq!((again.recipients[0].position, again.recipients[0].attempts), (1, 1));
        let rest = vec![(1, Fate::Settled), (2, Fate::Settled)];
        store.queue_settle(one.id, rest, vec![], None).await.unwrap();
        assert_eq!(store.queue_due(9999, 10).await.unwrap(), []);
        let left =
            store.read(|sql| Ok(sql.query_row("SELECT COUNT(*) FROM queue_messages", [], |r| r.get(0))?));
        assert_eq!(left.await, Ok(0));
    }

    #[tokio::test]
    async fn what_cannot_be_delivered_is_not_queued_either() {
        let store = Store::open(&Storage::Memory, AnswerTiming::AfterCommit).unwrap();
        let local = NewMessage::received(&b"x"[..]);
        let result = store.accept(vec![AccountId(77)], Some(local), Some(message(&["x@one.test"])), vec![]);
        assert!(result.await.is_err());
        assert_eq!(store.queue_due(9999, 10).await.unwrap(), []);
    }
}
