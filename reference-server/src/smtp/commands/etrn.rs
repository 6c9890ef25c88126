//! ETRN (RFC 1985): a server that was away asks for what waits for it.

use crate::service::Service;
use crate::smtp::delivery::temporary;
use crate::smtp::registry::{Argument, Command, Extension, Needs, Sending};
use crate::smtp::reply::Reply;
use crate::smtp::session::{Next, Session};
use crate::smtp::syntax;
use crate::store::Node;

/// Not offered to users (RFC 6409, section 7), nor by LMTP, which has no queue.
pub(in crate::smtp) const EXTENSION: Extension = Extension {
    advertise: |session| between_servers(session.service()).then(|| "ETRN".to_owned()),
    commands: &[ETRN],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// `ETRN [option character] node`, outside of a transaction (RFC 1985, section 5).
const ETRN: Command = Command {
    verb: "ETRN",
    offered: between_servers,
    needs: Needs::NewTransaction,
    argument: Argument::Required,
    sending: Sending::AtOnce,
    usage: "ETRN [@]domain",
    run: |session, argument| {
        Box::pin(async move { Next::Reply(etrn(session, argument).await.unwrap_or_else(|reply| reply)) })
    },
};

fn between_servers(service: Service) -> bool {
    service == Service::Smtp
}

/// Starts what waits for the node. Mail goes to the node's servers as ever, never to who asks: so
/// everybody may, unless it was said who.
async fn etrn(session: &Session, argument: &str) -> Result<Reply, Reply> {
    if argument.starts_with('#') {
        // RFC 1985, section 5.3: queues by name, of which there are none.
        return Err(Reply::new(458, "4.3.0", "there is no queue of this name"));
    }
    let (name, below) = argument.strip_prefix('@').map_or((argument, false), |name| (name, true));
    if !syntax::is_domain(name) {
        return Err(Reply::new(501, "5.5.4", "the form is ETRN domain, or ETRN @domain"));
    }
    let shared = &session.context.shared;
    if shared.is_local(name) {
        return Err(Reply::new(459, "4.7.0", format!("node {name} not allowed: its mail is here")));
    }
    let node = Node { domain: name.to_ascii_lowercase(), below };
    if !shared.outgoing.may_start(&node.domain, session.context.peer.ip()) {
        return Err(Reply::new(459, "4.7.1", format!("node {name} not allowed: not from here")));
    }
    let started = shared.store.queue_start(node, shared.outgoing.clock.millis()).await;
    match started.map_err(|error| temporary(&error))? {
        0 => Ok(Reply::new(251, "2.0.0", format!("OK, no messages waiting for node {name}"))),
        count => {
            shared.outgoing.bell.notify_one();
            Ok(Reply::new(253, "2.0.0", format!("OK, {count} pending messages for node {name} started")))
        }
    }
}
