//! Identifiers of the store as types of their own, so that none is taken for another.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(pub(crate) $inner);

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let value = i64::try_from(self.0)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                Ok(value.into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let value = value.as_i64()?;
                <$inner>::try_from(value)
                    .map(Self)
                    .map_err(|_| FromSqlError::OutOfRange(value))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// An account; never reused.
    AccountId(i64)
}
id! {
    /// A mailbox through all its renamings; never reused.
    MailboxId(i64)
}
id! {
    /// An immutable message body, which several messages share after COPY; never reused.
    BodyId(i64)
}
id! {
    /// Messages that belong together; never reused.
    ThreadId(i64)
}
id! {
    /// Unique identifier of a message within its mailbox, strictly ascending
    /// (RFC 3501, section 2.3.1.1).
    Uid(u32)
}
id! {
    /// Unique identifier validity value (RFC 3501, section 2.3.1.1): no two mailboxes
    /// of a store ever have the same one.
    UidValidity(u32)
}
id! {
    /// Modification sequence (RFC 4551): each change to a mailbox has a higher one.
    ModSeq(u64)
}
id! {
    /// A message in the outgoing queue; never reused.
    QueueId(i64)
}
id! {
    /// A size in octets.
    Octets(u64)
}
