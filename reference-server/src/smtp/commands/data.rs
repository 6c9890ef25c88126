//! DATA (RFC 5321, section 4.1.1.4): the command; the data itself is read elsewhere.

use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Body, Chunks, Next, Session};

/// `data = "DATA" CRLF`
pub(in crate::smtp) const DATA: Command = Command {
    verb: "DATA",
    offered: registry::everywhere,
    needs: Needs::Recipients,
    argument: Argument::None,
    sending: Sending::AtOnce,
    usage: "DATA",
    run: |session, _| {
        let next = data(session);
        Box::pin(async { next })
    },
};

/// A message comes by DATA or by BDAT, never by both (RFC 3030, section 2).
fn data(session: &Session) -> Next {
    match &session.transaction {
        Some(transaction) if !matches!(transaction.chunks, Chunks::None) => {
            Next::Reply(Reply::new(503, "5.5.1", "the message comes by BDAT already"))
        }
        // RFC 3030, section 3.
        Some(transaction)
            if transaction.body == Body::Binary
                && !(session.context.shared.seams.gate.smtp_binary_by_data)() =>
        {
            Next::Reply(Reply::new(503, "5.5.1", "a binary message comes by BDAT"))
        }
        _ => Next::Data,
    }
}
