//! SEARCH and UID SEARCH (RFC 3501, sections 6.4.4, 6.4.8 and 7.2.5), also with return options
//! (RFC 4731), of which one saves the outcome (RFC 5182).

use std::sync::Arc;

use super::store::no_such_number;
use crate::imap::failure::Failure;
use crate::imap::heavy::work_on;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::search::{Candidate, Compiled, Content, Largest, compile};
use crate::imap::session::Session;
use crate::imap::syntax::{
    Cursor, Parsed, ReturnOption, SearchKey, SearchProgram, SequenceSet, compact_uid_set, search_program,
};
use crate::imap::view::{Entry, NoSuchNumber, Numbering, Sync, View};
use crate::store::{ModSeq, StoreError, Uid};

/// See [`search_program`].
pub(crate) const SEARCH: Registered =
    Registered::new("SEARCH", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence)).holding_expunges();

/// See [`search_program`].
pub(crate) const UID_SEARCH: Registered =
    Registered::new("UID SEARCH", Gate::Selected, |cursor| parse(cursor, Numbering::Uid)).by_uid();

/// The charsets in which search strings may come: one is a part of the other.
const CHARSETS: [&[u8]; 2] = [b"US-ASCII", b"UTF-8"];

struct Search {
    program: SearchProgram,
    numbering: Numbering,
}

fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    Ok(Box::new(Search { program: search_program(cursor)?, numbering }))
}

impl Command for Search {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let Self { program, numbering } = *self;
            let saves = program.options.as_ref().is_some_and(|options| options.contains(&ReturnOption::Save));
            if saves {
                // A search that fails from here on leaves nothing saved (RFC 5182, section 2.1).
                session.view()?.save(Vec::new());
            }
            if let Some(charset) = &program.charset
                && !CHARSETS.iter().any(|known| known.eq_ignore_ascii_case(charset))
            {
                let reply = Reply::no("the charset is not known here");
                return Err(reply.with(ResponseCode::BadCharset).into());
            }
            let negation = session.context.shared.seams.evaluator.imap_search_not;
            let view = session.view()?;
            check_numbers(&program.keys, view).map_err(no_such_number)?;
            let by_sequence = names(&program.keys, &|key| matches!(key, SearchKey::ModSeq(_)));
            if names(&program.keys, &|key| matches!(key, SearchKey::Numbers(SequenceSet::Ranges(_)))) {
                session.hold_expunges();
            }
            if by_sequence {
                session.raise_sync(Sync::Condstore);
            }
            let view = session.view()?;
            let program_options = program.options;
            let compiled = Arc::new(compile(program.keys, largest(view), negation));
            let found = matching(session, &compiled).await?;
            let with_modseq = if by_sequence { Modseq::Told } else { Modseq::Left };
            let out = match &program_options {
                None => plain(&found, numbering, with_modseq),
                Some(options) => extended(session.tag(), &found, options, numbering, with_modseq),
            };
            if saves {
                let options = program_options.as_deref().unwrap_or_default();
                let chosen = chosen(&found, options).into_iter().map(|found| found.uid).collect();
                session.view()?.save(chosen);
            }
            session.link.write(out.as_bytes()).await?;
            Ok(Reply::ok("SEARCH completed"))
        })
    }
}

/// Whether the answer tells the highest modification sequence of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Modseq {
    Told,
    Left,
}

/// ```abnf
/// mailbox-data = "SEARCH" [1*(SP nz-number) SP "(" "MODSEQ" SP mod-sequence-value ")"]
/// ```
fn plain(found: &[Found], numbering: Numbering, modseq: Modseq) -> String {
    let mut out = String::from("* SEARCH");
    for found in found {
        out.push_str(&format!(" {}", found.named(numbering)));
    }
    if let (Modseq::Told, Some(highest)) = (modseq, found.iter().map(|found| found.modseq).max()) {
        out.push_str(&format!(" (MODSEQ {highest})"));
    }
    out.push_str("\r\n");
    out
}

/// ```abnf
/// esearch-response   = "ESEARCH" [SP "(" "TAG" SP tag-string ")"] [SP "UID"]
///                      *(SP search-return-data)                      ; RFC 4466, section 2.6.2
/// search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "ALL" SP sequence-set /
///                      "COUNT" SP number / "MODSEQ" SP mod-sequence-value      ; RFC 4731, section 4
/// ```
/// SAVE alone asks for no answer but the tagged one (RFC 5182, section 2.2).
fn extended(
    tag: &str,
    found: &[Found],
    options: &[ReturnOption],
    numbering: Numbering,
    modseq: Modseq,
) -> String {
    if options == [ReturnOption::Save] {
        return String::new();
    }
    let mut out = format!("* ESEARCH (TAG \"{tag}\")");
    if numbering == Numbering::Uid {
        out.push_str(" UID");
    }
    let named: Vec<u32> = found.iter().map(|found| found.named(numbering)).collect();
    for option in options {
        match (option, named.first(), named.last()) {
            (ReturnOption::Count, ..) => out.push_str(&format!(" COUNT {}", named.len())),
            (ReturnOption::Min, Some(first), _) => out.push_str(&format!(" MIN {first}")),
            (ReturnOption::Max, _, Some(last)) => out.push_str(&format!(" MAX {last}")),
            (ReturnOption::All, Some(_), _) => out.push_str(&format!(" ALL {}", compact_uid_set(&named))),
            _ => {}
        }
    }
    let highest = chosen(found, options).into_iter().map(|found| found.modseq).max();
    if let (Modseq::Told, Some(highest)) = (modseq, highest) {
        out.push_str(&format!(" MODSEQ {highest}"));
    }
    out.push_str("\r\n");
    out
}

/// What the options pick out: with MIN and MAX alone only these messages count, for what is saved
/// (RFC 5182, section 2.4) and for MODSEQ (RFC 4731, section 3.2).
fn chosen<'f>(found: &'f [Found], options: &[ReturnOption]) -> Vec<&'f Found> {
    let has = |option| options.contains(&option);
    let (min, max) = (has(ReturnOption::Min), has(ReturnOption::Max));
    if has(ReturnOption::All) || has(ReturnOption::Count) || !(min || max) {
        return found.iter().collect();
    }
    let first = found.first().filter(|_| min);
    let last = found.last().filter(|_| max);
    first.into_iter().chain(last).collect()
}

/// A message that matches.
struct Found {
    number: u32,
    uid: Uid,
    modseq: ModSeq,
}

impl Found {
    fn named(&self, numbering: Numbering) -> u32 {
        match numbering {
            Numbering::Sequence => self.number,
            Numbering::Uid => self.uid.0,
        }
    }
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

fn largest(view: &View) -> Largest {
    Largest {
        number: u32::try_from(view.count()).unwrap_or(u32::MAX),
        uid: view.largest_uid().0,
        saved: view.saved_ranges(),
    }
}

/// A sequence number beyond the last message is wrong wherever it stands (RFC 3501, section 9,
/// seq-number).
fn check_numbers(keys: &[SearchKey], view: &View) -> Result<(), NoSuchNumber> {
    for key in keys {
        match key {
            SearchKey::Numbers(set) => {
                view.select(set, Numbering::Sequence)?;
            }
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

async fn matching(session: &mut Session, compiled: &Arc<Compiled>) -> Result<Vec<Found>, Failure> {
    let store = session.store();
    let view = session.view()?;
    let mut found = Vec::new();
    for (place, entry) in view.entries().iter().enumerate() {
        if entry.is_gone() {
            continue;
        }
        let number = u32::try_from(place.saturating_add(1)).unwrap_or(u32::MAX);
        let matches = match decide(compiled, number, entry, None) {
            Some(decided) => decided,
            None => match store.body_range(entry.message.body, 0, u64::MAX).await {
                Ok(octets) => {
                    let octets: Arc<[u8]> = octets.into();
                    let (compiled, entry) = (Arc::clone(compiled), entry.clone());
                    work_on(octets.len(), move || decide(&compiled, number, &entry, Some(octets)))
                        .await?
                        .unwrap_or(false)
                }
                // Expunged meanwhile: no match (RFC 2180, section 4.3).
                Err(StoreError::NoSuchMessage) => false,
                Err(error) => return Err(error.into()),
            },
        };
        if matches {
            found.push(Found { number, uid: entry.message.uid, modseq: entry.message.modseq });
        }
    }
    Ok(found)
}

/// Whether the message matches; `None` where that depends on octets that are not given.
fn decide(compiled: &Compiled, number: u32, entry: &Entry, octets: Option<Arc<[u8]>>) -> Option<bool> {
    let content = octets.map(Content::new);
    compiled.matches(&Candidate { number, entry, content: content.as_ref() })
}
