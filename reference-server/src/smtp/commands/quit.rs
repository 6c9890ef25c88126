//! QUIT (RFC 5321, section 4.1.1.10).

use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::Next;

/// `quit = "QUIT" CRLF`
pub(in crate::smtp) const QUIT: Command = Command {
    verb: "QUIT",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::None,
    sending: Sending::AtOnce,
    usage: "QUIT",
    run: |session, _| {
        let text = format!("{} closing connection", session.context.shared.hostname);
        Box::pin(async { Next::Quit(Reply::new(221, "2.0.0", text)) })
    },
};
