//! Tables of the database, and how a connection is set up.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};

use super::StoreError;

/// Version of the tables, kept in `PRAGMA user_version`.
const VERSION: i64 = 10;

/// What version 2 has and version 1 had not.
const FROM_1_TO_2: &str = "ALTER TABLE mailboxes ADD COLUMN special_uses TEXT NOT NULL DEFAULT '';";

/// What version 3 has and version 2 had not. Accounts of before have no keys of SCRAM-SHA-1
/// until they are given a password again.
const FROM_2_TO_3: &str = "
ALTER TABLE accounts ADD COLUMN sha1_salt BLOB NOT NULL DEFAULT x'';
ALTER TABLE accounts ADD COLUMN sha1_stored_key BLOB NOT NULL DEFAULT x'';
ALTER TABLE accounts ADD COLUMN sha1_server_key BLOB NOT NULL DEFAULT x'';
ALTER TABLE accounts ADD COLUMN password TEXT;
CREATE TABLE decoy_key (key BLOB NOT NULL) STRICT;
INSERT INTO decoy_key VALUES (randomblob(32));
";

/// What version 4 has and version 3 had not: bodies in pieces, the queue's among them.
fn from_3_to_4(connection: &Connection) -> Result<(), StoreError> {
    add_column(connection, "bodies", "spool INTEGER")?;
    add_column(connection, "bodies", "tail INTEGER NOT NULL DEFAULT 0")?;
    connection.execute_batch(super::bodies::TABLES)?;
    connection.execute_batch(super::outgoing::TABLES)?;
    super::outgoing::move_contents(connection)?;
    super::bodies::cut_large(connection)
}

/// What version 5 has and version 4 had not: since when a message is in its mailbox, and its thread.
/// Messages of before are taken for saved now, and belong to no thread.
fn from_4_to_5(connection: &Connection) -> Result<(), StoreError> {
    add_column(connection, "messages", "saved INTEGER NOT NULL DEFAULT 0")?;
    add_column(connection, "messages", "thread INTEGER")?;
    connection.execute_batch("UPDATE messages SET saved = unixepoch() WHERE saved = 0")?;
    connection.execute_batch(super::objects::TABLES)?;
    Ok(())
}

/// Adds a column where it is missing.
pub(super) fn add_column(connection: &Connection, table: &str, column: &str) -> Result<(), StoreError> {
    let name = column.split(' ').next().unwrap_or_default();
    let known = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
    if !connection.prepare(known)?.exists([table, name])? {
        connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column}"))?;
    }
    Ok(())
}

/// The database's file in the directory.
pub(super) const DATABASE: &str = "mail.sqlite";

const TABLES: &str = "
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE COLLATE NOCASE,
    salt BLOB NOT NULL,
    iterations INTEGER NOT NULL,
    stored_key BLOB NOT NULL,
    server_key BLOB NOT NULL,
    sha1_salt BLOB NOT NULL DEFAULT x'',
    sha1_stored_key BLOB NOT NULL DEFAULT x'',
    sha1_server_key BLOB NOT NULL DEFAULT x'',
    password TEXT
) STRICT;

-- Under which salts of accounts that do not exist are made up.
CREATE TABLE decoy_key (key BLOB NOT NULL) STRICT;
INSERT INTO decoy_key VALUES (randomblob(32));

-- recent_from: messages from this UID on have not been shown to any session yet.
CREATE TABLE mailboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES accounts(id),
    name TEXT NOT NULL,
    uid_validity INTEGER NOT NULL UNIQUE,
    uid_next INTEGER NOT NULL DEFAULT 1,
    recent_from INTEGER NOT NULL DEFAULT 1,
    highest_modseq INTEGER NOT NULL DEFAULT 1,
    selectable INTEGER NOT NULL DEFAULT 1,
    special_uses TEXT NOT NULL DEFAULT '',
    UNIQUE (account, name)
) STRICT;

-- The highest UIDVALIDITY under which a name was known before it was deleted or renamed.
CREATE TABLE retired_names (
    account INTEGER NOT NULL,
    name TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

-- cut: whether the last line lacks its CRLF. spool: where what follows the content is, of so many
-- octets as tail says. Before the content, which is not read for them.
CREATE TABLE bodies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cut INTEGER NOT NULL,
    spool INTEGER,
    tail INTEGER NOT NULL DEFAULT 0,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE messages (
    mailbox INTEGER NOT NULL REFERENCES mailboxes(id),
    uid INTEGER NOT NULL,
    body INTEGER NOT NULL REFERENCES bodies(id),
    octets INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    date_seconds INTEGER NOT NULL,
    date_offset INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    keywords TEXT NOT NULL,
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_body ON messages (body);
CREATE INDEX messages_by_modseq ON messages (mailbox, modseq);

CREATE TABLE expunged (
    mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX expunged_by_modseq ON expunged (mailbox, modseq);

CREATE TABLE subscriptions (
    account INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

-- The last UIDVALIDITY given out.
CREATE TABLE uid_validity (last INTEGER NOT NULL) STRICT;
INSERT INTO uid_validity VALUES (0);
";

/// Sets the connection that writes up, and makes the tables where they are new.
pub(super) fn prepare_writer(connection: &Connection) -> Result<(), StoreError> {
    // `journal_mode` answers with the mode in force: `memory` for a store without a disk.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).optional()?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    prepare_any(connection)?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > VERSION {
        return Err(StoreError::Io(format!(
            "the database has version {version}, this program knows {VERSION}"
        )));
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    if let Err(error) = bring_up_to_date(connection, version) {
        connection.execute_batch("ROLLBACK")?;
        return Err(error);
    }
    connection.execute_batch("COMMIT")?;
    connection.execute_batch(super::holding::OF_THE_PROCESS)?;
    Ok(())
}

fn bring_up_to_date(connection: &Connection, version: i64) -> Result<(), StoreError> {
    if version == 0 {
        connection.execute_batch(TABLES)?;
        connection.execute_batch(super::bodies::TABLES)?;
    } else {
        if version < 2 {
            connection.execute_batch(FROM_1_TO_2)?;
        }
        if version < 3 {
            connection.execute_batch(FROM_2_TO_3)?;
        }
        if version < 4 {
            from_3_to_4(connection)?;
        }
    }
    if version < 5 {
        from_4_to_5(connection)?;
    }
    if version < 6 {
        // Limits of accounts.
        super::quota::add_columns(connection)?;
    }
    if version < 7 {
        // The queue's messages have terms.
        connection.execute_batch(super::outgoing::TABLES)?;
        super::outgoing::add_terms(connection)?;
    }
    if version < 8 {
        connection.execute_batch(super::outgoing::TABLES)?;
        super::outgoing::add_under_way(connection)?;
    }
    if version < 9 {
        // Mailboxes have access control lists.
        connection.execute_batch(super::acl::TABLES)?;
        super::acl::grant_to_owners(connection)?;
        super::name::free_other_users(connection)?;
    }
    if version < 10 {
        // Mailboxes and the server have annotations.
        connection.execute_batch(super::annotations::TABLES)?;
    }
    connection.execute_batch(&format!("PRAGMA user_version = {VERSION}"))?;
    connection.execute_batch(super::outgoing::TABLES)?;
    connection.execute_batch(super::outgoing::BODY_TRIGGER)?;
    connection.execute_batch(super::holding::TABLES)?;
    connection.execute_batch(super::objects::INDEXES)?;
    Ok(())
}

/// Sets a connection that only reads up.
pub(super) fn prepare_reader(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch("PRAGMA query_only = ON;")?;
    prepare_any(connection)
}

/// Statements that a connection keeps prepared: more than the store has different ones.
const STATEMENTS: usize = 256;

fn prepare_any(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise SQLite prepares a statement again whenever a bound parameter that stands in a range
    // changes, in case that another plan suits the new value better: more work than most queries are.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound() {
        let connection = Connection::open_in_memory().unwrap();
        prepare_writer(&connection).unwrap();
        let range = "SELECT body FROM messages WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3";
        let mut statement = connection.prepare_cached(range).unwrap();
        for uid in 1..10 {
            assert!(!statement.exists([1, uid, uid]).unwrap());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn a_database_of_the_first_version_is_brought_up_to_date() {
        let connection = Connection::open_in_memory().unwrap();
        let accounts = TABLES.find("CREATE TABLE accounts").unwrap();
        let mailboxes = TABLES.find("-- recent_from").unwrap();
        // As they were: without the second version's column, and with the first accounts.
        let first = format!(
            "CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE
                 COLLATE NOCASE, salt BLOB NOT NULL, iterations INTEGER NOT NULL,
                 stored_key BLOB NOT NULL, server_key BLOB NOT NULL) STRICT;
             INSERT INTO accounts VALUES (1, 'alice@example.test', x'00', 4096, x'01', x'02'); {}
             INSERT INTO mailboxes (account, name, uid_validity)
                 VALUES (1, 'Other Users', 1), (1, 'Other Users/bob', 2);",
            TABLES[mailboxes..].replace("    special_uses TEXT NOT NULL DEFAULT '',\n", "")
        );
        assert!(accounts < mailboxes && !first.contains("special_uses"));
        connection.execute_batch(&format!("{first} PRAGMA user_version = 1;")).unwrap();
        prepare_writer(&connection).unwrap();
        connection.execute_batch("SELECT special_uses FROM mailboxes").unwrap();
        let old: (Vec<u8>, Option<String>, i64) = connection
            .query_row("SELECT sha1_salt, password, length(key) FROM accounts, decoy_key", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(old, (Vec::new(), None, 32));
        let names = "SELECT group_concat(name || '=' || identifier || '=' || rights) FROM mailboxes
                     JOIN acl ON acl.mailbox = mailboxes.id ORDER BY name";
        let names: String = connection.query_row(names, [], |row| row.get(0)).unwrap();
        assert_eq!(names, "Other Users 2=alice@example.test=2047,Other Users 2/bob=alice@example.test=2047");
        prepare_writer(&connection).unwrap();
        connection.execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(prepare_writer(&connection).is_err());
    }

    #[tokio::test]
    async fn large_bodies_and_queued_messages_of_before_are_cut_into_pieces() {
        let directory = tempfile::tempdir().unwrap();
        let old = Connection::open(directory.path().join(DATABASE)).unwrap();
        let third = TABLES.replace("    spool INTEGER,\n    tail INTEGER NOT NULL DEFAULT 0,\n", "");
        old.execute_batch(&format!(
            "{third}
             CREATE TABLE queue_messages (id INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT, envelope_id TEXT,
                 returned TEXT, arrived INTEGER NOT NULL, held INTEGER NOT NULL DEFAULT 0,
                 content BLOB NOT NULL) STRICT;
             PRAGMA user_version = 3;"
        ))
        .unwrap();
        let large: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        old.execute("INSERT INTO bodies (id, cut, content) VALUES (7, 1, ?1)", [&large]).unwrap();
        old.execute("INSERT INTO bodies (id, cut, content) VALUES (8, 0, x'41')", []).unwrap();
        old.execute("INSERT INTO queue_messages (arrived, content) VALUES (0, ?1)", [&large]).unwrap();
        drop(old);
        let storage = crate::store::Storage::Directory(directory.path().to_owned());
        let timing = crate::store::AnswerTiming::AfterCommit;
        for _again in 0..2 {
            let store = crate::store::Store::open(&storage, timing).unwrap();
            for (body, octets) in [(7, &large[..]), (8, b"A"), (9, &large)] {
                assert_eq!(&*store.body(crate::store::BodyId(body)).await.unwrap(), octets, "{body}");
            }
            store.close().await;
        }
    }
}
