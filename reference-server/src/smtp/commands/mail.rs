//! MAIL (RFC 5321, section 4.1.1.2).

use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Greeting, Next, Session, Transaction};
use crate::smtp::syntax::{self, Parameter, ReversePath};

/// `mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF`
pub(in crate::smtp) const MAIL: Command = Command {
    verb: "MAIL",
    offered: registry::everywhere,
    needs: Needs::NewTransaction,
    argument: Argument::Required,
    sending: Sending::Grouped,
    usage: "MAIL FROM:<address> [parameters]",
    run: |session, argument| Box::pin(async move { Next::Reply(mail(session, argument)) }),
};

fn mail(session: &mut Session, argument: &str) -> Reply {
    if session.login_missing() {
        // RFC 4954, section 6.
        return Reply::new(530, "5.7.0", "authentication required");
    }
    match begin(session, argument) {
        Ok(sender) => {
            session.transaction = Some(Transaction { sender, recipients: Vec::new() });
            Reply::new(250, "2.1.0", "sender accepted")
        }
        Err(reply) => reply,
    }
}

fn begin(session: &Session, argument: &str) -> Result<ReversePath, Reply> {
    // No space stands around the colon (RFC 5321, section 3.3).
    let rest = syntax::keyword(argument, "FROM:")
        .ok_or_else(|| Reply::new(501, "5.5.4", "the form is MAIL FROM:<address>"))?;
    let (sender, rest) = syntax::reverse_path(rest).map_err(|error| Reply::new(501, "5.1.7", error.0))?;
    let parameters = syntax::parameters(rest).map_err(|error| Reply::new(501, "5.5.4", error.0))?;
    for parameter in parameters {
        check(session, parameter)?;
    }
    Ok(sender)
}

fn check(session: &Session, parameter: Parameter<'_>) -> Result<(), Reply> {
    // Extensions need EHLO (RFC 5321, section 4.1.1).
    let extended = session.client.as_ref().is_some_and(|client| client.greeting == Greeting::Extended);
    match registry::mail_parameter(session, parameter.keyword) {
        Some(known) if extended => (known.check)(session, parameter),
        // RFC 5321, section 4.1.1.11.
        _ => Err(Reply::new(555, "5.5.4", "a parameter of MAIL is not known here")),
    }
}
