//! THREAD and UID THREAD (RFC 5256, section 3).

use super::finding::{CharsetPlace, agreed, find};
use crate::imap::order::{Threaded, by_references, by_subject};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::search::{Found, from_headers};
use crate::imap::session::Session;
use crate::imap::syntax::{Algorithm, Cursor, Parsed, SearchProgram, thread_program};
use crate::imap::view::Numbering;
use crate::store::StoreError;

/// See [`thread_program`].
pub(crate) const THREAD: Registered =
    Registered::new("THREAD", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence))
        .holding_expunges()
        .of("THREAD=REFERENCES");

/// See [`thread_program`].
pub(crate) const UID_THREAD: Registered =
    Registered::new("UID THREAD", Gate::Selected, |cursor| parse(cursor, Numbering::Uid))
        .by_uid()
        .of("THREAD=ORDEREDSUBJECT");

struct Thread {
    algorithm: Algorithm,
    program: SearchProgram,
    numbering: Numbering,
}

fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    let (algorithm, program) = thread_program(cursor)?;
    Ok(Box::new(Thread { algorithm, program, numbering }))
}

impl Command for Thread {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let SearchProgram { charset, keys, .. } = self.program;
            agreed(session, charset.as_deref(), CharsetPlace::Mandatory)?;
            let finding = find(session, charset.as_deref(), keys).await?;
            let reply = finding.reply("THREAD completed");
            let store = session.store();
            let mailbox = session.view()?.mailbox();
            let numbering = self.numbering;
            let threads = match self.algorithm {
                Algorithm::OrderedSubject => {
                    let make = |facts: &crate::imap::order::Facts<'_>| (facts.subject().0, facts.sent());
                    let (found, messages) = split(from_headers(&store, mailbox, finding.found, make).await?);
                    blocking(move || by_subject(messages).write(|place| named(&found, place, numbering)))
                        .await?
                }
                Algorithm::References => {
                    let references = session.context.shared.seams.evaluator.imap_references;
                    let make = move |facts: &crate::imap::order::Facts<'_>| Threaded::of(facts, references);
                    let made = from_headers(&store, mailbox, finding.found, make).await?;
                    let (found, messages) = split(made);
                    blocking(move || by_references(&messages).write(|place| named(&found, place, numbering)))
                        .await?
                }
            };
            let gap = if threads.is_empty() { "" } else { " " };
            session.link.write(format!("* THREAD{gap}{threads}\r\n").as_bytes()).await?;
            Ok(reply)
        })
    }
}

/// Threads are made on a thread that serves nobody: in a large mailbox that takes a while.
async fn blocking(work: impl FnOnce() -> String + Send + 'static) -> Result<String, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)
}

fn split<T>(made: Vec<(Found, T)>) -> (Vec<Found>, Vec<T>) {
    made.into_iter().unzip()
}

fn named(found: &[Found], place: usize, numbering: Numbering) -> u32 {
    found.get(place).map_or(0, |found| found.named(numbering))
}
