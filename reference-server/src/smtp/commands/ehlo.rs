//! EHLO and HELO (RFC 5321, section 4.1.1.1), LHLO (RFC 2033, section 4.1).

use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Client, Greeting, Next, Session};
use crate::smtp::syntax;

/// `ehlo = "EHLO" SP ( Domain / address-literal ) CRLF`
pub(in crate::smtp) const EHLO: Command = Command {
    verb: "EHLO",
    offered: registry::not_lmtp,
    needs: Needs::Nothing,
    argument: Argument::Required,
    sending: Sending::AtOnce,
    usage: "EHLO domain",
    run: |session, argument| Box::pin(async move { greet(session, argument, Greeting::Extended) }),
};

/// `helo = "HELO" SP Domain CRLF`; an address literal is taken too.
pub(in crate::smtp) const HELO: Command = Command {
    verb: "HELO",
    offered: registry::not_lmtp,
    needs: Needs::Nothing,
    argument: Argument::Required,
    sending: Sending::AtOnce,
    usage: "HELO domain",
    run: |session, argument| Box::pin(async move { greet(session, argument, Greeting::Basic) }),
};

/// As EHLO, so that nobody takes LMTP for SMTP.
pub(in crate::smtp) const LHLO: Command = Command {
    verb: "LHLO",
    offered: registry::only_lmtp,
    needs: Needs::Nothing,
    argument: Argument::Required,
    sending: Sending::AtOnce,
    usage: "LHLO domain",
    run: |session, argument| Box::pin(async move { greet(session, argument, Greeting::Extended) }),
};

fn greet(session: &mut Session, argument: &str, greeting: Greeting) -> Next {
    let Ok((name, "")) = syntax::host(argument) else {
        // The state stays as it was (RFC 5321, section 4.1.4).
        return Next::Reply(Reply::bare(501, "a domain name or an address literal is needed"));
    };
    session.client = Some(Client { greeting, name: name.to_owned() });
    // As RSET does (RFC 5321, section 4.1.4).
    session.transaction = None;
    let hostname = session.context.shared.hostname.clone();
    Next::Reply(match greeting {
        Greeting::Basic => Reply::bare(250, hostname),
        Greeting::Extended => {
            Reply::bare(250, format!("{hostname} at your service")).with_lines(registry::keywords(session))
        }
    })
}
