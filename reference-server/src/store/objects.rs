//! Identifiers of what stays the same under other names and numbers (RFC 8474): of a mailbox
//! through renamings, of a message's content through copies, of messages that belong together. Not
//! for telling threads apart within a mailbox, which is THREAD's affair.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::content::Content;
use super::ids::{BodyId, ThreadId};
use crate::message::{Header, Span, header_end};

/// Beside the table of messages: to which thread a message identifier belongs, whether or not there
/// is (yet) a message that has it.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS threads (message_id TEXT PRIMARY KEY, thread INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
";

/// By which a thread is found to have no messages any more, and its identifiers.
pub(super) const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS messages_by_thread ON messages (thread) WHERE thread IS NOT NULL;
CREATE INDEX IF NOT EXISTS threads_by_thread ON threads (thread);
";

/// The most identifiers of one message that are looked at: its own, and the nearest of those it
/// answers to.
const IDENTIFIERS: usize = 50;

/// The longest identifier that is looked at, in octets.
const IDENTIFIER_OCTETS: usize = 998;

/// The thread of a body that is new, or the one that it has: a message joins the thread of what it
/// answers to, or of an answer that came before it, and begins one where there is neither. It
/// never changes (RFC 8474, section 5.2).
pub(super) fn thread_of(sql: &Connection, body: BodyId, content: &Content) -> Result<ThreadId, StoreError> {
    let held: Option<Option<ThreadId>> = sql
        .prepare_cached("SELECT thread FROM messages WHERE body = ?1 LIMIT 1")?
        .query_row([body], |row| row.get(0))
        .optional()?;
    if let Some(thread) = held.flatten() {
        return Ok(thread);
    }
    let mut find = sql.prepare_cached("SELECT thread FROM threads WHERE message_id = ?1")?;
    let mut thread = None;
    for identifier in &*content.identifiers {
        thread = find.query_row([identifier], |row| row.get(0)).optional()?;
        if thread.is_some() {
            break;
        }
    }
    let thread = thread.unwrap_or(ThreadId(body.0));
    let mut note = sql.prepare_cached("INSERT OR IGNORE INTO threads VALUES (?1, ?2)")?;
    for identifier in &*content.identifiers {
        note.execute(params![identifier, thread])?;
    }
    Ok(thread)
}

/// A thread of which a message has gone: with its last one its identifiers go, too.
pub(super) fn forget_thread(sql: &Connection, thread: ThreadId) -> Result<(), StoreError> {
    if !sql.prepare_cached("SELECT 1 FROM messages WHERE thread = ?1 LIMIT 1")?.exists([thread])? {
        sql.prepare_cached("DELETE FROM threads WHERE thread = ?1")?.execute([thread])?;
    }
    Ok(())
}

/// The identifiers in Message-ID, In-Reply-To and References (RFC 5322, section 3.6.4): its own
/// first, then the nearest.
pub(super) fn identifiers(head: &[u8]) -> Vec<String> {
    let header = Header::new(head, Span::new(0, header_end(head)));
    let mut found: Vec<String> = Vec::new();
    for name in ["Message-ID", "In-Reply-To", "References"] {
        let value = header.first(name).map(|field| field.value().into_owned()).unwrap_or_default();
        let mut listed = in_angles(&value);
        listed.reverse();
        for identifier in listed {
            if found.len() < IDENTIFIERS && !found.contains(&identifier) {
                found.push(identifier);
            }
        }
    }
    found
}

fn in_angles(value: &[u8]) -> Vec<String> {
    let pieces = value.split(|&octet| octet == b'<').skip(1);
    let whole = pieces
        .filter_map(|piece| piece.split(|&octet| octet == b'>').next().filter(|id| id.len() < piece.len()));
    whole
        .filter(|id| !id.is_empty() && id.len() <= IDENTIFIER_OCTETS)
        .map(|id| String::from_utf8_lossy(id).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{inbox, memory};
    use super::*;
    use crate::store::{NewMessage, Uid, Which};

    #[test]
    fn the_nearest_identifiers_come_first() {
        let head =
            b"References: <a@x> <b@x>\r\n <c@x>\r\nmessage-id: <d@x>\r\nIn-Reply-To: <c@x> <\r\n\r\n<e@x>";
        assert_eq!(identifiers(head), ["d@x", "c@x", "b@x", "a@x"]);
        assert_eq!(identifiers(b"Subject: <a@x>\r\n\r\n"), Vec::<String>::new());
    }

    #[tokio::test]
    async fn identifiers_go_with_the_last_message_of_their_thread() {
        let (store, account) = memory().await;
        for text in ["Message-ID: <a@x>\r\n\r\n", "Message-ID: <b@x>\r\nReferences: <a@x>\r\n\r\n"] {
            store.deliver(vec![account], NewMessage::received(text.as_bytes())).await.unwrap();
        }
        let opened = inbox(&store, account).await;
        let count = async || {
            let count =
                |sql: &Connection| Ok(sql.query_row("SELECT count(*) FROM threads", [], |row| row.get(0))?);
            store.read::<i64, _>(count).await.unwrap()
        };
        assert_eq!((opened.messages[0].thread, count().await), (opened.messages[1].thread, 2));
        for (uid, left) in [(1, 2), (2, 0)] {
            store.expunge(opened.mailbox.id, Which::These(vec![Uid(uid)])).await.unwrap();
            assert_eq!(count().await, left);
        }
    }

    #[test]
    fn an_answer_joins_what_it_answers_whichever_came_first() {
        let sql = Connection::open_in_memory().unwrap();
        super::super::schema::prepare_writer(&sql).unwrap();
        let thread = |body, text: &str| {
            let content = Content::from(text.as_bytes().to_vec());
            thread_of(&sql, BodyId(body), &content).unwrap().0
        };
        assert_eq!(thread(1, "Message-ID: <a@x>\r\n\r\n"), 1);
        assert_eq!(thread(2, "Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\n\r\n"), 1);
        assert_eq!(thread(3, "Message-ID: <b@x>\r\n\r\n"), 1);
        assert_eq!(thread(4, "Message-ID: <d@x>\r\n\r\n"), 4);
        assert_eq!(thread(5, "Subject: without\r\n\r\n"), 5);
    }
}
