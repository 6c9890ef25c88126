//! EXPN (RFC 5321, sections 3.5 and 4.1.1.7): who is on a mailing list. Not among the required
//! commands, hence listed by EHLO.

use super::vrfy::{looked_up, mailboxes};
use crate::recipient::Resolved;
use crate::smtp::registry::{self, Argument, Command, Extension, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Next, Session};

/// EXPN as EHLO lists it.
pub(in crate::smtp) const EXTENSION: Extension = Extension {
    advertise: |_| Some("EXPN".to_owned()),
    commands: &[EXPN],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// `expn = "EXPN" SP String [ SP "SMTPUTF8" ] CRLF` (RFC 6531, section 3.7.4.2)
const EXPN: Command = Command {
    verb: "EXPN",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::Mailbox,
    sending: Sending::AtOnce,
    usage: "EXPN list [SMTPUTF8]",
    run: |session, argument| {
        Box::pin(async move { Next::Reply(expn(session, argument).await.unwrap_or_else(|reply| reply)) })
    },
};

async fn expn(session: &Session, argument: &str) -> Result<Reply, Reply> {
    let (resolved, characters) = looked_up(session, argument).await?;
    match resolved {
        Resolved::List(list) => mailboxes(&list.members, characters),
        // A list of one (RFC 5321, section 3.5.1).
        Resolved::Account(account) => mailboxes(&[account.address], characters),
        Resolved::NoSuchUser => Err(Reply::new(550, "5.1.1", "no such list here")),
        Resolved::NotLocal => Err(Reply::new(550, "5.7.1", "lists of other domains are not known here")),
    }
}
