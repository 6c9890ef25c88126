//! Search keys put to messages. What the session knows of them is looked at first; where that does
//! not decide, messages are looked at where they lie, some at a time, on a thread of the store: none
//! of them is held, and others have their turn in between.

use std::sync::Arc;

use super::{Candidate, Compiled, Content, Needs};
use crate::imap::turn::Turn;
use crate::imap::view::{Numbered, Numbering, View};
use crate::store::{BodyId, Flags, MailboxId, ModSeq, Opened, Store, StoreError, Uid, Wanted};

/// How many messages are looked at together at most.
const CHUNK: usize = 256;

/// After how many messages it is seen whether others wait: many keys may be put to each.
const LOOK: usize = 16;

/// A message that matches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Its sequence number.
    pub(crate) number: u32,
    /// Its UID.
    pub(crate) uid: Uid,
    /// The sequence of its last change.
    pub(crate) modseq: ModSeq,
}

impl Found {
    /// What the client calls it.
    pub(crate) fn named(&self, numbering: Numbering) -> u32 {
        match numbering {
            Numbering::Sequence => self.number,
            Numbering::Uid => self.uid.0,
        }
    }
}

impl From<Numbered<'_>> for Found {
    fn from(message: Numbered<'_>) -> Self {
        Self { number: message.number, uid: message.entry.uid(), modseq: message.entry.modseq() }
    }
}

/// Whether messages had been expunged before they could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    None,
    Some,
}

/// A message that must be looked at.
#[derive(Clone)]
struct Open {
    found: Found,
    recent: bool,
    flags: Flags,
}

impl Open {
    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            number: self.found.number,
            uid: self.found.uid,
            modseq: self.found.modseq,
            recent: self.recent,
            flags: &self.flags,
            message: None,
            content: None,
        }
    }
}

/// What a look at a message has shown.
enum Seen {
    Decided(bool),
    Gone,
    /// It is too large to be looked at as a whole.
    Large(BodyId),
}

/// Those of these messages that match, in their order. One that was expunged meanwhile does not
/// (RFC 2180, section 4.3).
pub(crate) async fn matching(
    store: &Store,
    compiled: &Arc<Compiled>,
    view: &View,
    messages: impl Iterator<Item = Numbered<'_>>,
) -> Result<(Vec<Found>, Missed), StoreError> {
    let mailbox = view.mailbox();
    let (mut found, mut missed) = (Vec::new(), Missed::None);
    let mut open = Vec::new();
    let mut turn = Turn::begin();
    for (count, message) in messages.enumerate() {
        if count % LOOK == 0 {
            turn.give_way().await;
        }
        match compiled.matches(&Candidate::of(message)) {
            Some(false) => {}
            Some(true) if open.is_empty() => found.push(message.into()),
            // What is decided stands behind what is not, and waits for it.
            _ => open.push(Open {
                found: message.into(),
                recent: message.entry.is_recent(),
                flags: message.flags.clone(),
            }),
        }
        if open.len() >= CHUNK {
            decide(store, compiled, mailbox, &mut open, &mut found, &mut missed).await?;
        }
    }
    while !open.is_empty() {
        decide(store, compiled, mailbox, &mut open, &mut found, &mut missed).await?;
    }
    Ok((found, missed))
}

/// Looks at some of the messages, at least one, and takes them out of the list.
async fn decide(
    store: &Store,
    compiled: &Arc<Compiled>,
    mailbox: MailboxId,
    open: &mut Vec<Open>,
    found: &mut Vec<Found>,
    missed: &mut Missed,
) -> Result<(), StoreError> {
    let uids = open.iter().map(|open| open.found.uid).collect();
    let (asked, program) = (open.clone(), Arc::clone(compiled));
    let look = move |place: usize, opened: Option<&Opened<'_>>| match (asked.get(place), opened) {
        (Some(asked), Some(opened)) => look(&program, asked, opened),
        _ => Ok(Seen::Gone),
    };
    let seen = store.look(mailbox, uids, look).await?;
    let count = seen.len();
    for (asked, seen) in open.drain(..count.min(open.len())).zip(seen) {
        let matches = match seen {
            Seen::Decided(matches) => Some(matches),
            Seen::Gone => None,
            Seen::Large(body) => read_through(store, compiled, mailbox, &asked, body).await?,
        };
        match matches {
            Some(true) => found.push(asked.found),
            Some(false) => {}
            None => *missed = Missed::Some,
        }
    }
    Ok(())
}

/// Looks at one message, at no more of it than the answer hangs on.
fn look(compiled: &Compiled, asked: &Open, opened: &Opened<'_>) -> Result<Seen, StoreError> {
    let candidate = Candidate { message: Some(&opened.message), ..asked.candidate() };
    if let Some(decided) = compiled.matches(&candidate) {
        return Ok(Seen::Decided(decided));
    }
    let body = opened.message.body;
    let content = match compiled.needs() {
        Needs::Header => {
            Content::of_header(opened.front(Content::WINDOW)?, opened.message.octets.0, compiled.asked())
        }
        Needs::Body => match opened.octets()? {
            Some(octets) => Some(Content::whole(octets, opened.structure()?, compiled.asked())),
            None => None,
        },
    };
    let Some(content) = content else { return Ok(Seen::Large(body)) };
    let candidate = Candidate { content: Some(&content), ..candidate };
    Ok(Seen::Decided(compiled.matches(&candidate).unwrap_or(false)))
}

/// Whether a large message matches, which is read piece by piece; nothing where it is gone.
async fn read_through(
    store: &Store,
    compiled: &Compiled,
    mailbox: MailboxId,
    asked: &Open,
    body: BodyId,
) -> Result<Option<bool>, StoreError> {
    let attributes = store.load(mailbox, vec![asked.found.uid], Wanted::Attributes).await?;
    let Some(loaded) = attributes.into_iter().flatten().next() else { return Ok(None) };
    let content = match Content::read_through(store, body, compiled.asked()).await {
        Ok(content) => content,
        Err(StoreError::NoSuchMessage) => return Ok(None),
        Err(error) => return Err(error),
    };
    let candidate =
        Candidate { message: Some(&loaded.message), content: Some(&content), ..asked.candidate() };
    Ok(Some(compiled.matches(&candidate).unwrap_or(false)))
}
