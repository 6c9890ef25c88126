//! The grammar of what a client sends (RFC 3501, section 9), as pure parsers over bytes.
//!
//! Nothing here reads a socket or knows a session. Each parser takes a [`Cursor`] over the text of
//! one command and either gives a value, finds the text wrong, or says that the octets of an
//! announced literal have yet to come ([`ParseError::NeedsLiteral`]): that is how a wrong command
//! is refused before its literal is asked for.

mod cursor;
mod date;
mod fetch;
mod flag;
mod gather;
mod head;
mod mailbox;
mod metadata;
mod names;
mod notify;
mod results;
mod search;
mod sequence;
mod sort;
mod url;
mod utf7;

pub(crate) use cursor::{
    Cursor, LiteralForm, MessageKind, MessageLiteral, ParseError, Parsed, is_astring_char,
};
pub(crate) use date::{date_time, format_date_time};
pub(crate) use fetch::{FetchItem, Partial, Section, SectionText, fetch_items};
pub(crate) use flag::{FlagName, flag_list, flags};
pub(crate) use gather::{Gatherer, Step};
pub(crate) use head::{head, salvage_tag};
pub(crate) use mailbox::{ListPattern, MailboxArgument, list_mailbox, mailbox};
pub(crate) use metadata::{VALUE_LIMIT, entries, entry_list, entry_values};
pub(crate) use names::{Names, Reads};
pub(crate) use notify::{
    NotifyEvent, NotifyGroup, NotifyMailboxes, NotifyProgram, StatusNow, notify_program,
};
pub(crate) use results::{ResultRange, ReturnOption, result_range};
pub(crate) use search::{DateRelation, SearchKey, SearchProgram, search_program};
pub(crate) use sequence::{SequenceSet, compact_uid_set, sequence_set, within};
pub(crate) use sort::{Algorithm, sort_program, thread_program};
pub(crate) use url::{MessageUrl, message_url};
