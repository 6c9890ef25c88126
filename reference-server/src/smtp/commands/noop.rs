//! NOOP (RFC 5321, section 4.1.1.9).

use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::Next;

/// `noop = "NOOP" [ SP String ] CRLF`; the string is ignored.
pub(in crate::smtp) const NOOP: Command = Command {
    verb: "NOOP",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::Optional,
    sending: Sending::AtOnce,
    usage: "NOOP [anything]",
    run: |_, _| Box::pin(async { Next::Reply(Reply::new(250, "2.0.0", "OK")) }),
};
