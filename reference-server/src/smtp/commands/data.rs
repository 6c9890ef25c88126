//! DATA (RFC 5321, section 4.1.1.4): the command; the data itself is read elsewhere.

use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::session::Next;

/// `data = "DATA" CRLF`
pub(in crate::smtp) const DATA: Command = Command {
    verb: "DATA",
    offered: registry::everywhere,
    needs: Needs::Recipients,
    argument: Argument::None,
    sending: Sending::AtOnce,
    usage: "DATA",
    run: |_, _| Box::pin(async { Next::Data }),
};
