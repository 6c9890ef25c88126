//! VRFY (RFC 5321, sections 3.5 and 4.1.1.6): local users only.

use crate::limits::AddressVerification;
use crate::recipient::{Resolved, resolve};
use crate::smtp::delivery::temporary;
use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Characters, Next, Session};
use crate::smtp::syntax;

/// `vrfy = "VRFY" SP String [ SP "SMTPUTF8" ] CRLF` (RFC 6531, section 3.7.4.2)
pub(in crate::smtp) const VRFY: Command = Command {
    verb: "VRFY",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::Mailbox,
    sending: Sending::AtOnce,
    usage: "VRFY user [SMTPUTF8]",
    run: |session, argument| {
        Box::pin(async move { Next::Reply(vrfy(session, argument).await.unwrap_or_else(|reply| reply)) })
    },
};

async fn vrfy(session: &Session, argument: &str) -> Result<Reply, Reply> {
    let (resolved, characters) = looked_up(session, argument).await?;
    match resolved {
        Resolved::Account(account) => mailboxes(&[account.address], characters),
        // RFC 5321, section 3.5.1.
        Resolved::List(_) => Ok(Reply::new(252, "2.5.2", "that is a mailing list, whose members EXPN tells")),
        Resolved::NoSuchUser if (session.context.shared.seams.renderer.smtp_vrfy_unknown)() => {
            mailboxes(&[argument.trim_matches(['<', '>']).to_owned()], characters)
        }
        Resolved::NoSuchUser => Err(Reply::new(550, "5.1.1", "no such user here")),
        Resolved::NotLocal => Err(Reply::new(550, "5.7.1", "mail for other domains is not relayed")),
    }
}

/// Whose name the argument of VRFY or EXPN is, and what may stand in the reply.
pub(super) async fn looked_up(session: &Session, argument: &str) -> Result<(Resolved, Characters), Reply> {
    if session.login_missing() {
        return Err(Reply::new(530, "5.7.0", "authentication required"));
    }
    let (argument, characters) = match argument.trim_end().rsplit_once(' ') {
        Some((name, parameter)) if parameter.eq_ignore_ascii_case("SMTPUTF8") => {
            (name.trim_end(), Characters::Utf8)
        }
        _ => (argument, Characters::Ascii),
    };
    let (local, domain) = syntax::user_name(argument).map_err(|error| Reply::new(501, "5.5.4", error.0))?;
    let shared = &session.context.shared;
    if shared.verification == AddressVerification::Withheld {
        // RFC 5321, section 7.3.
        return Err(Reply::new(252, "2.5.0", "cannot verify; mail is taken, and delivery attempted"));
    }
    let resolved = resolve(shared, &local, domain.as_deref()).await.map_err(|error| temporary(&error))?;
    Ok((resolved, characters))
}

/// The mailboxes, one a line, where the client can read them (RFC 6531, section 3.7.4.2).
pub(super) fn mailboxes(addresses: &[String], characters: Characters) -> Result<Reply, Reply> {
    if characters == Characters::Ascii && !addresses.iter().all(|address| address.is_ascii()) {
        return Err(Reply::new(252, "2.6.8", "the mailbox can be shown to a client that says SMTPUTF8"));
    }
    let mut lines = addresses.iter().map(|address| format!("<{address}>"));
    let first = lines.next().unwrap_or_default();
    Ok(Reply::new(250, "2.1.5", first).with_lines(lines))
}
