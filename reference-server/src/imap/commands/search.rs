//! SEARCH and UID SEARCH (RFC 3501, sections 6.4.4, 6.4.8 and 7.2.5), SORT and UID SORT (RFC 5256,
//! section 3), also with return options (RFC 4731; RFC 5267), of which one saves the outcome
//! (RFC 5182) and one keeps it up to date (RFC 5267, section 4.3).

use super::finding::{CharsetPlace, agreed, find};
use super::results::{chosen, extended, plain};
use crate::imap::failure::Failure;
use crate::imap::order::{Criterion, Key, compare};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::search::{Found, with_keys};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, Parsed, ReturnOption, SearchProgram, search_program, sort_program};
use crate::imap::updates::Context;
use crate::imap::view::{Numbering, Revision};

/// See [`search_program`].
pub(crate) const SEARCH: Registered =
    Registered::new("SEARCH", Gate::Selected, |cursor| search(cursor, Numbering::Sequence))
        .holding_expunges();

/// See [`search_program`].
pub(crate) const UID_SEARCH: Registered =
    Registered::new("UID SEARCH", Gate::Selected, |cursor| search(cursor, Numbering::Uid)).by_uid();

/// See [`sort_program`].
pub(crate) const SORT: Registered =
    Registered::new("SORT", Gate::Selected, |cursor| sort(cursor, Numbering::Sequence))
        .holding_expunges()
        .of("SORT");

/// See [`sort_program`].
pub(crate) const UID_SORT: Registered =
    Registered::new("UID SORT", Gate::Selected, |cursor| sort(cursor, Numbering::Uid)).by_uid().of("SORT");

struct Search {
    program: SearchProgram,
    /// Of SORT; SEARCH has none.
    criteria: Vec<Criterion>,
    /// The name of the answer without return options.
    answer: &'static str,
    numbering: Numbering,
}

fn search(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    let program = search_program(cursor)?;
    Ok(Box::new(Search { program, criteria: Vec::new(), answer: "SEARCH", numbering }))
}

fn sort(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    let (criteria, program) = sort_program(cursor)?;
    Ok(Box::new(Search { program, criteria, answer: "SORT", numbering }))
}

impl Command for Search {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let SearchProgram { options, charset, keys, .. } = &self.program;
            let place =
                if self.answer == "SEARCH" { CharsetPlace::Optional } else { CharsetPlace::Mandatory };
            agreed(session, charset.as_deref(), place)?;
            let wants = |option| options.as_ref().is_some_and(|options| options.contains(&option));
            if wants(ReturnOption::Update) && session.contexts.has(session.tag()) {
                return Ok(Reply::bad("the tag is in use for updates").with(ResponseCode::ClientBug));
            }
            if wants(ReturnOption::Save) {
                // A search that fails from here on leaves nothing saved (RFC 5182, section 2.1).
                session.view()?.save(Vec::new());
            }
            let finding = find(session, charset.as_deref(), keys.clone()).await?;
            let modseq = finding.modseq;
            let reply = finding.reply(match self.answer {
                "SORT" => "SORT completed",
                _ => "SEARCH completed",
            });
            let Outcome { found, keys: sorted_by } = in_order(session, finding.found, &self.criteria).await?;
            let seams = &session.context.shared.seams;
            let in_rev2 = session.revision() == Revision::Rev2 && (seams.renderer.imap_rev2_esearch)();
            let numbering = (seams.evaluator.imap_search_numbering)(self.numbering);
            let window = seams.evaluator.imap_window;
            let out = match options {
                None if self.answer == "SEARCH" && in_rev2 => {
                    // IMAP4rev2 has no SEARCH response: nothing asked for is ALL (RFC 9051, section 6.4.4).
                    extended(session.tag(), &found, &[ReturnOption::All], (numbering, window), modseq)
                }
                None => plain(self.answer, &found, numbering, modseq),
                Some(options) => extended(session.tag(), &found, options, (numbering, window), modseq),
            };
            if (session.context.shared.seams.evaluator.imap_search_saves)(wants(ReturnOption::Save)) {
                let options = options.as_deref().unwrap_or_default();
                let chosen = chosen(&found, options).into_iter().map(|found| found.uid).collect();
                session.view()?.save(chosen);
            }
            session.link.write(out.as_bytes()).await?;
            if wants(ReturnOption::Update) {
                self.keep_up_to_date(session, Outcome { found, keys: sorted_by })?;
            }
            Ok(reply)
        })
    }
}

impl Search {
    fn keep_up_to_date(self, session: &mut Session, outcome: Outcome) -> Result<(), Failure> {
        let keys = outcome.keys.into_iter().chain(std::iter::repeat(Vec::new()));
        let results = outcome.found.into_iter().zip(keys).collect();
        let tag = session.tag().to_owned();
        let view = session.view()?;
        let context =
            Context::new(tag.clone(), self.numbering, self.program.keys, self.criteria, results, view)
                .with_items(self.program.update_items);
        if session.contexts.add(context).is_err() {
            let refusal = Reply::no("too many searches to keep up to date");
            session.say(&refusal.with(ResponseCode::NoUpdate(tag)));
        }
        Ok(())
    }
}

/// What was found in the order of the criteria, with the values that it was sorted by where there
/// are criteria.
struct Outcome {
    found: Vec<Found>,
    keys: Vec<Vec<Key>>,
}

async fn in_order(
    session: &mut Session,
    found: Vec<Found>,
    criteria: &[Criterion],
) -> Result<Outcome, Failure> {
    if criteria.is_empty() {
        return Ok(Outcome { found, keys: Vec::new() });
    }
    let sorted = session.evaluation().sorted;
    let mailbox = session.view()?.mailbox();
    let mut keyed = with_keys(&session.store(), mailbox, found, criteria, sorted).await?;
    keyed.sort_by(|(_, one), (_, other)| compare(criteria, one, other));
    let (found, keys) = keyed.into_iter().unzip();
    Ok(Outcome { found, keys })
}
