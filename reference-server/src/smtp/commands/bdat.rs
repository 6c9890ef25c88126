//! BDAT (RFC 3030, section 2): the message in counted pieces, without dots. The octets of a
//! piece follow its command at once; they are read whatever is thought of it.

use crate::smtp::data::{End, LineEnds};
use crate::smtp::delivery::{self, Receiving};
use crate::smtp::extensions::too_large;
use crate::smtp::registry::{self, Argument, Command, Extension, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Body, Chunks, Next, Session};

/// CHUNKING as EHLO lists it.
pub(in crate::smtp) const EXTENSION: Extension = Extension {
    advertise: |_| Some("CHUNKING".to_owned()),
    commands: &[BDAT],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// `bdat-cmd ::= "BDAT" SP chunk-size [ SP end-marker ] CR LF`. It has no gate, since what
/// follows must be read in any state.
const BDAT: Command = Command {
    verb: "BDAT",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::Required,
    sending: Sending::AtOnce,
    usage: "BDAT octets [LAST]",
    run: |session, argument| {
        let next = bdat(session, argument);
        Box::pin(async { next })
    },
};

/// A piece of which the octets follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::smtp) struct Chunk {
    /// How many follow.
    pub(in crate::smtp) octets: u64,
    /// Is it the last piece of the message?
    last: bool,
    /// The answer that is certain before they are read.
    refusal: Option<Reply>,
}

fn bdat(session: &Session, argument: &str) -> Next {
    let Some((octets, last)) = parse(argument) else {
        // Nobody knows how many octets follow: what comes next must not be taken for commands.
        return Next::Quit(Reply::new(501, "5.5.4", "the form is BDAT octets [LAST]; closing connection"));
    };
    let out_of_order = match &session.transaction {
        None => Some("MAIL comes first"),
        Some(transaction) if transaction.recipients.is_empty() => Some("no valid recipients"),
        Some(transaction) if matches!(transaction.chunks, Chunks::Failed) => {
            Some("a piece has failed: RSET comes first")
        }
        Some(_) => None,
    };
    let refusal = out_of_order.map(|text| Reply::new(503, "5.5.1", text));
    Next::Chunk(Chunk { octets, last, refusal })
}

/// `chunk-size ::= 1*DIGIT`, `end-marker ::= "LAST"`
fn parse(argument: &str) -> Option<(u64, bool)> {
    let (size, marker) = argument.split_once(' ').unwrap_or((argument, ""));
    let last = marker.eq_ignore_ascii_case("LAST");
    if !size.bytes().all(|octet| octet.is_ascii_digit()) || !(last || marker.is_empty()) {
        return None;
    }
    Some((size.parse().ok()?, last))
}

/// A message of which pieces have come.
#[derive(Debug)]
pub(in crate::smtp) struct Held {
    receiving: Receiving,
    line_ends: LineEnds,
}

/// Takes octets of a piece, or drops them.
pub(in crate::smtp) async fn take(session: &mut Session, chunk: &Chunk, octets: &[u8]) {
    if chunk.refusal.is_some() {
        return;
    }
    let limit = session.context.shared.limits.message_octets;
    let Some(held) = held(session) else { return };
    let count = u64::try_from(octets.len()).unwrap_or(u64::MAX);
    if held.receiving.octets().saturating_add(count) <= limit {
        held.line_ends.feed(octets);
        held.receiving.push(octets).await;
    } else if let Some(transaction) = &mut session.transaction {
        transaction.chunks = Chunks::Failed;
    }
}

/// What has come of the message, which begins here where nothing has.
fn held(session: &mut Session) -> Option<&mut Held> {
    if matches!(session.transaction.as_ref()?.chunks, Chunks::None) {
        let held = Held { receiving: delivery::begin(session), line_ends: LineEnds::default() };
        session.transaction.as_mut()?.chunks = Chunks::Held(Box::new(held));
    }
    match &mut session.transaction.as_mut()?.chunks {
        Chunks::Held(held) => Some(held),
        Chunks::None | Chunks::Failed => None,
    }
}

/// Answers a piece of which all octets were read; the last one ends the transaction.
pub(in crate::smtp) async fn end(session: &mut Session, chunk: Chunk) -> Vec<Reply> {
    if let Some(refusal) = chunk.refusal {
        return vec![refusal];
    }
    // Also where the piece was empty.
    let failed = held(session).is_none();
    if !chunk.last {
        // The transaction stays, so that pieces on their way are known for what they are.
        let reply = Reply::new(250, "2.0.0", format!("{} octets received", chunk.octets));
        return vec![if failed { too_large() } else { reply }];
    }
    let chunks = session.transaction.as_mut().map(|transaction| std::mem::take(&mut transaction.chunks));
    let Some(Chunks::Held(held)) = chunks else {
        return delivery::refuse(session, End::TooLarge);
    };
    let body = session.transaction.as_ref().map(|transaction| transaction.body).unwrap_or_default();
    let bare = body == Body::Lines && held.line_ends.stood_alone();
    let end = if bare { End::Bare } else { End::Whole };
    delivery::finish(session, held.receiving, end).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_the_end_marker() {
        assert_eq!(parse("86"), Some((86, false)));
        assert_eq!(parse("0 last"), Some((0, true)));
        for bad in ["", "x", "-1", "1 FIRST", "1 LAST more", "99999999999999999999", "+1"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
