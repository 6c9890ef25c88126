//! RCPT (RFC 5321, section 4.1.1.3).

use crate::list;
use crate::recipient::{Resolved, ascii_domain, resolve};
use crate::smtp::delivery::temporary;
use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Characters, Destination, Next, Recipient, Session};
use crate::smtp::submission;
use crate::smtp::syntax::{self, ForwardPath, Parameter};
use crate::store::Notify;

/// `rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
/// [SP Rcpt-parameters] CRLF`
pub(in crate::smtp) const RCPT: Command = Command {
    verb: "RCPT",
    offered: registry::everywhere,
    needs: Needs::Transaction,
    argument: Argument::Mailbox,
    sending: Sending::Grouped,
    usage: "RCPT TO:<address> [parameters]",
    run: |session, argument| {
        Box::pin(async move { Next::Reply(rcpt(session, argument).await.unwrap_or_else(|reply| reply)) })
    },
};

async fn rcpt(session: &mut Session, argument: &str) -> Result<Reply, Reply> {
    let (path, parameters) = parse(argument)?;
    let shared = session.context.shared.clone();
    let held = session.transaction.as_ref().map_or(0, |transaction| transaction.recipients.len());
    if held >= shared.limits.recipients {
        // RFC 5321, section 4.5.3.1.10.
        return Err(Reply::new(452, "4.5.3", "too many recipients"));
    }
    let characters = session.transaction.as_ref().map(|transaction| transaction.characters);
    if characters != Some(Characters::Utf8) && !path.is_ascii() {
        // RFC 6531, section 3.5.
        return Err(Reply::new(553, "5.6.7", "an address beyond ASCII needs SMTPUTF8 in MAIL"));
    }
    let (local, domain, address) = match &path {
        ForwardPath::Postmaster => {
            // FOR in the trace needs a domain.
            let domain = ascii_domain(shared.domains.first().map_or("localhost", String::as_str));
            ("postmaster", None, format!("postmaster@{domain}"))
        }
        ForwardPath::Mailbox(mailbox) => {
            (mailbox.local.as_str(), Some(mailbox.domain.as_str()), mailbox.to_string())
        }
    };
    submission::recipient(session, domain)?;
    let destination = match resolve(&shared, local, domain).await {
        Ok(Resolved::Account(account)) if !account.limited => Destination::Account(account.id),
        Ok(Resolved::Account(account)) => match shared.store.is_full(account.id).await {
            Ok(false) => Destination::Account(account.id),
            Ok(true) => return Err(Reply::new(452, "4.2.2", "the mailbox is full")),
            Err(error) => return Err(temporary(&error)),
        },
        Ok(Resolved::List(_)) if held_back(session) => {
            return Err(Reply::new(550, "5.7.1", "a list takes nothing that is to be held"));
        }
        Ok(Resolved::List(list)) => {
            Destination::List(list::expand(&shared, list).await.map_err(|error| temporary(&error))?)
        }
        Ok(Resolved::NoSuchUser) => return Err(Reply::new(550, "5.1.1", "no such user here")),
        Ok(Resolved::NotLocal) => relayed(session, domain.unwrap_or_default()).await?,
        Err(error) => return Err(temporary(&error)),
    };
    let mut recipient = Recipient { destination, address, notify: Notify::default(), original: None };
    for parameter in parameters {
        match registry::rcpt_parameter(session, parameter.keyword) {
            // Extensions need EHLO (RFC 5321, section 4.1.1).
            Some(known) if session.is_extended() => (known.apply)(&mut recipient, parameter)?,
            // RFC 5321, section 4.1.1.11.
            _ => return Err(Reply::new(555, "5.5.4", "a parameter of RCPT is not known here")),
        }
    }
    if characters != Some(Characters::Utf8) && !recipient.original.as_deref().unwrap_or_default().is_ascii() {
        return Err(Reply::new(501, "5.6.7", "an ORCPT beyond ASCII needs SMTPUTF8 in MAIL"));
    }
    count_domain(session, domain)?;
    session.transaction.get_or_insert_default().recipients.push(recipient);
    Ok(Reply::new(250, "2.1.5", "recipient accepted"))
}

/// RFC 9422: RCPTDOMAINMAX.
fn count_domain(session: &mut Session, domain: Option<&str>) -> Result<(), Reply> {
    let (Some(limit), Some(domain)) = (session.context.shared.limits.recipient_domains, domain) else {
        return Ok(());
    };
    let domain = domain.to_lowercase();
    if session.recipient_domains.len() >= limit && !session.recipient_domains.contains(&domain) {
        return Err(Reply::new(452, "4.5.3", "recipients in too many domains"));
    }
    session.recipient_domains.insert(domain);
    Ok(())
}

fn held_back(session: &Session) -> bool {
    session.transaction.as_ref().is_some_and(|transaction| transaction.terms.hold.is_some())
}

/// Mail for other domains is taken from users who have logged in, where there is a way to them.
async fn relayed(session: &Session, domain: &str) -> Result<Destination, Reply> {
    let domain = ascii_domain(domain);
    let outgoing = &session.context.shared.outgoing;
    if session.user.is_none() || !outgoing.relays_to(&domain) {
        return Err(Reply::new(550, "5.7.1", "mail for this domain is not relayed"));
    }
    if outgoing.takes_no_mail(&domain).await {
        // RFC 7504, section 4; RFC 7505, section 4.1.
        return Err(Reply::new(556, "5.1.10", "the domain of this recipient takes no mail"));
    }
    Ok(Destination::Remote(domain))
}

fn parse(argument: &str) -> Result<(ForwardPath, Vec<Parameter<'_>>), Reply> {
    let rest = syntax::keyword(argument, "TO:")
        .ok_or_else(|| Reply::new(501, "5.5.4", "the form is RCPT TO:<address>"))?;
    let (path, rest) = syntax::forward_path(rest).map_err(|error| Reply::new(501, "5.1.3", error.0))?;
    let parameters = syntax::parameters(rest).map_err(|error| Reply::new(501, "5.5.4", error.0))?;
    Ok((path, parameters))
}
