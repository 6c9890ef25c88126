//! What SEARCH, SORT and THREAD have in common: the messages that match a search program.

use std::sync::Arc;

use super::store::no_such_number;
use crate::imap::failure::Failure;
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::search::{Found, Largest, Missed, compile, matching};
use crate::imap::session::Session;
use crate::imap::syntax::{SearchKey, SequenceSet};
use crate::imap::view::{NoSuchNumber, Sync, View};

/// The charsets in which search strings may come: one is a part of the other.
const CHARSETS: [&[u8]; 2] = [b"US-ASCII", b"UTF-8"];

/// What was found.
pub(super) struct Finding {
    /// The messages, in the order of the mailbox.
    pub(super) found: Vec<Found>,
    /// Whether the answer tells modification sequences.
    pub(super) modseq: Modseq,
    missed: Missed,
}

/// Whether the answer tells the highest modification sequence of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Modseq {
    /// The program asks for modification sequences (RFC 7162, section 3.1.5).
    Told,
    /// It does not.
    Left,
}

impl Finding {
    /// The tagged answer; it tells where messages were gone before they could be looked at
    /// (RFC 5530, section 3).
    pub(super) fn reply(&self, text: &'static str) -> Reply {
        match self.missed {
            Missed::None => Reply::ok(text),
            Missed::Some => Reply::ok(text).with(ResponseCode::ExpungeIssued),
        }
    }
}

/// Where a charset is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CharsetPlace {
    /// In SEARCH, if the client likes.
    Optional,
    /// In SORT and THREAD, always.
    Mandatory,
}

/// With ENABLE UTF8=ACCEPT it was agreed on that strings are in UTF-8: another charset is named in vain,
/// and even that one where none need be (RFC 9755, section 3).
pub(super) fn agreed(session: &Session, charset: Option<&[u8]>, place: CharsetPlace) -> Result<(), Failure> {
    let heeded = session.utf8_accepted() && (session.context.shared.seams.gate.imap_charset_agreed)();
    let Some(charset) = charset.filter(|_| heeded) else { return Ok(()) };
    match place == CharsetPlace::Mandatory && charset.eq_ignore_ascii_case(b"UTF-8") {
        true => Ok(()),
        false => Err(Reply::bad("strings are in UTF-8").with(ResponseCode::ClientBug).into()),
    }
}

/// Searches the mailbox.
pub(super) async fn find(
    session: &mut Session,
    charset: Option<&[u8]>,
    keys: Vec<SearchKey>,
) -> Result<Finding, Failure> {
    if charset.is_some_and(|charset| !CHARSETS.iter().any(|known| known.eq_ignore_ascii_case(charset))) {
        return Err(Reply::no("the charset is not known here").with(ResponseCode::BadCharset).into());
    }
    let evaluator = &session.context.shared.seams.evaluator;
    let (negation, keys) = (evaluator.imap_search_not, (evaluator.imap_keys)(keys));
    check_numbers(&keys, session.view()?).map_err(no_such_number)?;
    if names(&keys, &|key| matches!(key, SearchKey::Numbers(SequenceSet::Ranges(_)))) {
        session.hold_expunges();
    }
    let modseq = match names(&keys, &|key| matches!(key, SearchKey::ModSeq(_))) {
        true => Modseq::Told,
        false => Modseq::Left,
    };
    if modseq == Modseq::Told {
        session.raise_sync(Sync::Condstore);
    }
    let store = session.store();
    let view = &*session.view()?;
    let compiled = Arc::new(compile(keys, Largest::of(view), negation));
    let (found, missed) = matching(&store, &compiled, view, view.numbered()).await?;
    Ok(Finding { found, modseq, missed })
}

/// Whether such a key stands anywhere among these.
fn names(keys: &[SearchKey], wanted: &dyn Fn(&SearchKey) -> bool) -> bool {
    keys.iter().any(|key| {
        wanted(key)
            || match key {
                SearchKey::Not(inner) => names(std::slice::from_ref(inner), wanted),
                SearchKey::Or(left, right) => {
                    names(std::slice::from_ref(left), wanted) || names(std::slice::from_ref(right), wanted)
                }
                SearchKey::AllOf(inner) => names(inner, wanted),
                _ => false,
            }
    })
}

/// A sequence number beyond the last message is wrong wherever it stands (RFC 3501, section 9,
/// seq-number).
fn check_numbers(keys: &[SearchKey], view: &View) -> Result<(), NoSuchNumber> {
    for key in keys {
        match key {
            SearchKey::Numbers(set @ SequenceSet::Ranges(_)) => view.has_numbers(set)?,
            SearchKey::Not(inner) => check_numbers(std::slice::from_ref(inner), view)?,
            SearchKey::Or(left, right) => {
                check_numbers(std::slice::from_ref(left), view)?;
                check_numbers(std::slice::from_ref(right), view)?;
            }
            SearchKey::AllOf(inner) => check_numbers(inner, view)?,
            _ => {}
        }
    }
    Ok(())
}
