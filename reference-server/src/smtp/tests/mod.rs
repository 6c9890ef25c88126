//! Whole sessions over in-memory pipes, held against the RFCs.

mod deviations;
mod known;
mod messages;
mod recipients;
mod sessions;
mod submission;

use std::sync::Arc;

use super::serve;
use crate::context::Shared;
use crate::service::Service;
use crate::store::{Access, MailboxName, Named, Rights};
use crate::testing::{Peer, shared};

impl Peer {
    /// A session that has been greeted.
    async fn greeted(shared: &Arc<Shared>, service: Service) -> Self {
        let mut peer = Self::open(shared, service, serve);
        assert!(peer.reply().await.starts_with("220 mail.example.test "));
        let hello = if service == Service::Lmtp { "LHLO c.test" } else { "EHLO c.test" };
        assert!(peer.ask(hello).await.starts_with("250-mail.example.test"));
        peer
    }

    /// The next reply, all of its lines.
    async fn reply(&mut self) -> String {
        let mut all = String::new();
        loop {
            let line = self.line().await;
            all.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return all;
            }
        }
    }

    async fn ask(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n")).await;
        self.reply().await
    }

    /// Each command, and how its reply begins.
    async fn talk(&mut self, lines: &[(&str, &str)]) {
        for (command, wanted) in lines {
            let reply = self.ask(command).await;
            assert!(reply.starts_with(wanted), "{command}: wanted {wanted}, got {reply}");
        }
    }
}

async fn inbox(shared: &Shared, login: &str) -> Vec<String> {
    let account = shared.store.account(login).await.unwrap().unwrap().id;
    let name = MailboxName::inbox();
    let named = Named::own(account, &name);
    let mailbox = shared.store.open_mailbox(&named, Access::ReadOnly, Rights::READ).await.unwrap().mailbox;
    let messages = shared.store.everything(mailbox.id).await;
    let mut all = Vec::new();
    for message in messages {
        let body = shared.store.body(message.body).await.unwrap();
        all.push(String::from_utf8(body.to_vec()).unwrap());
    }
    all
}

/// A server that is set up otherwise.
async fn configured(change: impl FnOnce(&mut Shared)) -> Arc<Shared> {
    let (shared, _) = shared(&[]).await;
    let mut shared = Arc::into_inner(shared).unwrap();
    change(&mut shared);
    Arc::new(shared)
}
