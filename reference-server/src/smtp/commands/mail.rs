//! MAIL (RFC 5321, section 4.1.1.2).

use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Characters, Next, Session, Transaction};
use crate::smtp::submission;
use crate::smtp::syntax;

/// `mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF`
pub(in crate::smtp) const MAIL: Command = Command {
    verb: "MAIL",
    offered: registry::everywhere,
    needs: Needs::NewTransaction,
    argument: Argument::Mailbox,
    sending: Sending::Grouped,
    usage: "MAIL FROM:<address> [parameters]",
    run: |session, argument| Box::pin(async move { Next::Reply(mail(session, argument)) }),
};

fn mail(session: &mut Session, argument: &str) -> Reply {
    // RFC 9422: MAILMAX counts what is refused too, so that clients can send in batches.
    session.mails = session.mails.saturating_add(1);
    if session.context.shared.limits.transactions.is_some_and(|limit| session.mails > limit) {
        return Reply::new(452, "4.5.3", "too many messages in this session");
    }
    if session.login_missing() && !(session.context.shared.seams.gate.submission_open)() {
        // RFC 4954, section 6.
        return Reply::new(530, "5.7.0", "authentication required");
    }
    match begin(session, argument) {
        Ok(transaction) => {
            // RFC 6710, section 4.1.
            let changed = transaction.priority_wanted != transaction.terms.priority;
            session.transaction = Some(transaction);
            match changed {
                true => Reply::new(250, "2.3.6", "sender accepted, with another priority"),
                false => Reply::new(250, "2.1.0", "sender accepted"),
            }
        }
        Err(reply) => reply,
    }
}

fn begin(session: &Session, argument: &str) -> Result<Transaction, Reply> {
    // No space stands around the colon (RFC 5321, section 3.3).
    let rest = syntax::keyword(argument, "FROM:")
        .ok_or_else(|| Reply::new(501, "5.5.4", "the form is MAIL FROM:<address>"))?;
    let (sender, rest) = syntax::reverse_path(rest).map_err(|error| Reply::new(501, "5.1.7", error.0))?;
    let parameters = syntax::parameters(rest).map_err(|error| Reply::new(501, "5.5.4", error.0))?;
    let mut transaction = Transaction { sender, ..Transaction::default() };
    for parameter in parameters {
        match registry::mail_parameter(session, parameter.keyword) {
            // Extensions need EHLO (RFC 5321, section 4.1.1).
            Some(known) if session.is_extended() => (known.apply)(session, &mut transaction, parameter)?,
            _ if !(session.context.shared.seams.gate.smtp_parameters_known)() => {}
            // RFC 5321, section 4.1.1.11.
            _ => return Err(Reply::new(555, "5.5.4", "a parameter of MAIL is not known here")),
        }
    }
    if transaction.characters == Characters::Ascii && !transaction.sender.is_ascii() {
        // RFC 6531, section 3.5.
        return Err(Reply::new(550, "5.6.7", "an address beyond ASCII needs the parameter SMTPUTF8"));
    }
    submission::sender(session, &transaction.sender)?;
    Ok(transaction)
}
