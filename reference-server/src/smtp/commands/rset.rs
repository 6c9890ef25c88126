//! RSET (RFC 5321, section 4.1.1.5).

use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::Next;

/// `rset = "RSET" CRLF`: forgets the transaction, and neither greeting nor login.
pub(in crate::smtp) const RSET: Command = Command {
    verb: "RSET",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::None,
    sending: Sending::Grouped,
    usage: "RSET",
    run: |session, _| {
        session.transaction = None;
        Box::pin(async { Next::Reply(Reply::new(250, "2.0.0", "OK")) })
    },
};
