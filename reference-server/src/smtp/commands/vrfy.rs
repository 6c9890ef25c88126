//! VRFY (RFC 5321, sections 3.5 and 4.1.1.6): local accounts only.

use crate::recipient::{Resolved, resolve};
use crate::smtp::delivery::temporary;
use crate::smtp::registry::{self, Argument, Command, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Next, Session};
use crate::smtp::syntax;

/// `vrfy = "VRFY" SP String CRLF`
pub(in crate::smtp) const VRFY: Command = Command {
    verb: "VRFY",
    offered: registry::everywhere,
    needs: Needs::Nothing,
    argument: Argument::Required,
    sending: Sending::AtOnce,
    usage: "VRFY user",
    run: |session, argument| Box::pin(async move { Next::Reply(vrfy(session, argument).await) }),
};

async fn vrfy(session: &Session, argument: &str) -> Reply {
    if session.login_missing() {
        return Reply::new(530, "5.7.0", "authentication required");
    }
    let (local, domain) = match syntax::user_name(argument) {
        Ok(name) => name,
        Err(error) => return Reply::new(501, "5.5.4", error.0),
    };
    match resolve(&session.context.shared, &local, domain.as_deref()).await {
        Ok(Resolved::Account(account)) => Reply::new(250, "2.1.5", format!("<{}>", account.address)),
        Ok(Resolved::NoSuchUser) => Reply::new(550, "5.1.1", "no such user here"),
        Ok(Resolved::NotLocal) => Reply::new(550, "5.7.1", "mail for other domains is not relayed"),
        Err(error) => temporary(&error),
    }
}
