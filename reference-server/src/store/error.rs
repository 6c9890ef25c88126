//! What can go wrong in the store, split by whom to blame; not how a protocol words it.

use std::fmt;

/// A failed store operation. Nothing of a failed operation is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// The user names an account that does not exist.
    NoSuchAccount,
    /// The user names a mailbox that does not exist (or no longer exists).
    NoSuchMailbox,
    /// The body is gone: every message that held it has been expunged.
    NoSuchMessage,
    /// The user may see the mailbox, and may not do this with it (RFC 4314).
    NoPermission,
    /// The user wants to create what is there already.
    AlreadyExists,
    /// The mailbox exists only as a level of the hierarchy (`\Noselect`).
    NotSelectable,
    /// INBOX can be neither created nor deleted (RFC 3501, sections 6.3.3 and 6.3.4).
    Inbox,
    /// A `\Noselect` name with inferior names cannot be deleted (RFC 3501, section 6.3.4).
    HasChildren,
    /// The mailbox name cannot be used: empty level, control character, too long or too deep.
    InvalidName,
    /// The account has, or would have, more than it may.
    OverQuota,
    /// There are as many annotations (RFC 5464), mailboxes, subscriptions, or flags of a message as there
    /// may be.
    TooMany,
    /// No room: the disk is full, or the identifiers of a mailbox are used up.
    Full,
    /// The store is closing down.
    Closed,
    /// The database is damaged.
    Corrupt(String),
    /// The server's own trouble: input or output failed.
    Io(String),
}

impl StoreError {
    /// What is kept of a message's structure can not be read.
    pub(crate) fn damaged_structure() -> Self {
        Self::Corrupt("the structure of a message is damaged".to_owned())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchAccount => f.write_str("no such account"),
            Self::NoSuchMailbox => f.write_str("no such mailbox"),
            Self::NoSuchMessage => f.write_str("no such message"),
            Self::NoPermission => f.write_str("not permitted"),
            Self::AlreadyExists => f.write_str("already exists"),
            Self::NotSelectable => f.write_str("the mailbox is not selectable"),
            Self::Inbox => f.write_str("not possible with INBOX"),
            Self::HasChildren => f.write_str("the name has inferior names"),
            Self::InvalidName => f.write_str("invalid mailbox name"),
            Self::OverQuota => f.write_str("over quota"),
            Self::TooMany => f.write_str("too many of them"),
            Self::Full => f.write_str("no space left"),
            Self::Closed => f.write_str("the store is closing"),
            Self::Corrupt(reason) => write!(f, "the database is damaged: {reason}"),
            Self::Io(reason) => write!(f, "storage failed: {reason}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            // A file that may not grow (RLIMIT_FSIZE, a limit of the file system) fails to be written; only
            // a disk without room is told apart by SQLite.
            Some(rusqlite::ErrorCode::SystemIoFailure) if is_about_room(&error) => {
                tracing::warn!(%error, "a file of the store cannot grow");
                Self::Full
            }
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::Io(error.to_string()),
        }
    }
}

/// Did writing fail, or making a file longer?
fn is_about_room(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(failure, _) = error else { return false };
    let growing = [rusqlite::ffi::SQLITE_IOERR_WRITE, rusqlite::ffi::SQLITE_IOERR_SHMSIZE];
    growing.contains(&failure.extended_code)
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull
            | std::io::ErrorKind::QuotaExceeded
            | std::io::ErrorKind::FileTooLarge => Self::Full,
            _ => Self::Io(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_is_told_from_other_trouble() {
        let failure =
            |code| StoreError::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        for code in [
            rusqlite::ffi::SQLITE_FULL,
            rusqlite::ffi::SQLITE_IOERR_WRITE,
            rusqlite::ffi::SQLITE_IOERR_SHMSIZE,
        ] {
            assert_eq!(failure(code), StoreError::Full, "{code}");
        }
        assert!(matches!(failure(rusqlite::ffi::SQLITE_IOERR_READ), StoreError::Io(_)));
        for kind in [std::io::ErrorKind::StorageFull, std::io::ErrorKind::FileTooLarge] {
            assert_eq!(StoreError::from(std::io::Error::from(kind)), StoreError::Full);
        }
    }
}
