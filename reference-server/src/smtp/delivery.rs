//! From the end of the data to the mailboxes and the queue, and the replies that promise it:
//! sent only after the commit (RFC 5321, section 6.1).

use std::borrow::Cow;

use time::OffsetDateTime;

use super::data::End;
use super::extensions::too_large;
use super::reply::Reply;
use super::session::{Destination, Recipient, Session, Transaction};
use super::submission::{self, Completion};
use super::syntax::ReversePath;
use super::terms::waives_tls;
use super::trace;
use crate::list::Expansion;
use crate::queue::{Action, Original, Reason, Told, notices};
use crate::service::Service;
use crate::store::{
    AccountId, Content, Envelope, Incoming, NewMessage, NewQueued, Notify, Remote, Report, StoreError, Terms,
    TlsTerm,
};

/// A message that is being received.
#[derive(Debug)]
pub(super) struct Receiving {
    /// The field that this server adds.
    trace: String,
    /// What a submission gets added.
    completion: Option<Completion>,
    incoming: Incoming,
    /// Why it cannot be kept.
    failed: Option<StoreError>,
}

impl Receiving {
    /// How many octets have come.
    pub(super) fn octets(&self) -> u64 {
        self.incoming.octets()
    }

    /// Takes octets. When they cannot be kept, the rest is dropped and the end tells.
    pub(super) async fn push(&mut self, octets: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.incoming.push(octets).await.err();
        }
    }
}

/// The data of the transaction that is open begins.
pub(super) fn begin(session: &Session) -> Receiving {
    let nothing = Transaction::default();
    let transaction = session.transaction.as_ref().unwrap_or(&nothing);
    let now = OffsetDateTime::now_utc();
    let trace = trace::received(session, transaction, now);
    let completion = Completion::of(session, transaction, now);
    let is_local = |recipient: &Recipient| matches!(recipient.destination, Destination::Account(_));
    let store = &session.context.shared.store;
    let incoming = if transaction.recipients.iter().any(is_local) {
        let (fields, completion) = (trace::return_path(transaction) + &trace, completion.clone());
        Incoming::new(
            store,
            Box::new(move |head| {
                let head = completed(completion.as_ref(), head);
                [fields.as_bytes(), &trace::without_return_path(&head)].concat()
            }),
        )
    } else {
        Incoming::without_structure(store)
    };
    Receiving { trace, completion, incoming, failed: None }
}

fn completed<'h>(completion: Option<&Completion>, head: &'h [u8]) -> Cow<'h, [u8]> {
    completion.map_or(Cow::Borrowed(head), |completion| Cow::Owned(completion.apply(head)))
}

/// Ends the transaction. SMTP gets one reply, LMTP one for each recipient, in the order of
/// the RCPT commands (RFC 2033, section 4.2).
pub(super) async fn finish(session: &mut Session, receiving: Receiving, end: End) -> Vec<Reply> {
    if end != End::Whole {
        return refuse(session, end);
    }
    let transaction = session.transaction.take().unwrap_or_default();
    // RFC 5321, section 6.3. Servers put their fields in front, so that they are found there.
    let accepted = Reply::new(250, "2.0.0", "message accepted");
    let reply = if trace::hops(receiving.incoming.head()) > session.context.shared.limits.hops {
        Reply::new(554, "5.4.6", "too many Received fields: the message goes round in circles")
    } else if let Some(Err(refusal)) = receiving
        .completion
        .as_ref()
        .map(|_| submission::check(&session.context.shared, receiving.incoming.head()))
    {
        refusal
    } else {
        match accept(session, &transaction, receiving).await {
            Ok(without_room) => {
                let mut replies = each(session, &transaction, accepted);
                for (reply, recipient) in replies.iter_mut().zip(&transaction.recipients) {
                    let Destination::Account(account) = &recipient.destination else { continue };
                    if without_room.contains(account) {
                        *reply = temporary(&StoreError::OverQuota);
                    }
                }
                return replies;
            }
            Err(error) => temporary(&error),
        }
    };
    each(session, &transaction, reply)
}

/// Ends a transaction that brought no message that can be taken.
pub(super) fn refuse(session: &mut Session, end: End) -> Vec<Reply> {
    let transaction = session.transaction.take().unwrap_or_default();
    let reply = match end {
        End::TooLarge => too_large(),
        End::Whole | End::Bare => {
            Reply::new(554, "5.6.0", "a CR or LF stands alone in the message: lines end with CRLF")
        }
    };
    each(session, &transaction, reply)
}

fn each(session: &Session, transaction: &Transaction, reply: Reply) -> Vec<Reply> {
    let count = match session.service() {
        Service::Lmtp => {
            let seams = &session.context.shared.seams;
            (seams.renderer.lmtp_replies)(transaction.recipients.len()).max(1)
        }
        _ => 1,
    };
    vec![reply; count]
}

/// Into the mailboxes, into the queue, or both; with the reports that are asked for. By LMTP, which has
/// a reply for each recipient, a mailbox without room keeps nobody else from the message: those are
/// given back.
async fn accept(
    session: &Session,
    transaction: &Transaction,
    receiving: Receiving,
) -> Result<Vec<AccountId>, StoreError> {
    let shared = &session.context.shared;
    let Receiving { trace, completion, incoming, failed } = receiving;
    if let Some(error) = failed {
        return Err(error);
    }
    let (accounts, remote) = split(transaction);
    let head = completed(completion.as_ref(), incoming.head()).into_owned();
    let octets = incoming.octets();
    let content = incoming.finish().await?;
    let mut envelope = envelope(transaction);
    if envelope.terms.tls == TlsTerm::AsUsual && waives_tls(&head) {
        envelope.terms.tls = TlsTerm::Waived;
    }
    let told = if envelope.terms.hold.is_none() { delivered(transaction) } else { Vec::new() };
    let original = Original { head: &head, octets, body: None };
    let mut reports = notices(shared, &envelope, shared.outgoing.clock.now(), &told, original).await?;
    for recipient in &transaction.recipients {
        let Destination::List(expansions) = &recipient.destination else { continue };
        for expansion in expansions {
            let terms = Terms { by: None, ..envelope.terms.clone() };
            reports.extend(copies(session, expansion, terms, &trace, &head, &content));
        }
    }
    let queued = (!remote.is_empty()).then(|| NewQueued {
        envelope,
        recipients: remote,
        content: content.with_head([trace.as_bytes(), &head].concat()),
        arrived: shared.outgoing.clock.millis(),
    });
    let local = (!accounts.is_empty()).then(|| NewMessage::received(content));
    let rings = queued.is_some() || !reports.is_empty();
    let without_room = match (session.service(), local) {
        (Service::Lmtp, Some(message)) if accounts.len() > 1 => {
            let full = into_each(session, accounts, message).await?;
            shared.store.accept(Vec::new(), None, queued, reports).await?;
            full
        }
        (_, local) => {
            shared.store.accept(accounts, local, queued, reports).await?;
            Vec::new()
        }
    };
    if rings {
        shared.outgoing.bell.notify_one();
    }
    Ok(without_room)
}

/// Into all of these mailboxes at once or, where one has no room, into each that has; gives the others.
async fn into_each(
    session: &Session,
    accounts: Vec<AccountId>,
    message: NewMessage,
) -> Result<Vec<AccountId>, StoreError> {
    let store = &session.context.shared.store;
    match store.accept(accounts.clone(), Some(message.clone()), None, Vec::new()).await {
        Err(StoreError::OverQuota) => {}
        done => return done.map(|()| Vec::new()),
    }
    let mut full = Vec::new();
    for account in accounts {
        match store.accept(vec![account], Some(message.clone()), None, Vec::new()).await {
            Err(StoreError::OverQuota) => full.push(account),
            done => done?,
        }
    }
    Ok(full)
}

/// What goes to the members of a list: the same header section, and whoever administers the list
/// as return path (RFC 5321, section 3.9).
fn copies(
    session: &Session,
    expansion: &Expansion,
    terms: Terms,
    received: &str,
    head: &[u8],
    content: &Content,
) -> Vec<Report> {
    let owner = &expansion.owner;
    let local = (!expansion.accounts.is_empty()).then(|| {
        let trace = format!("Return-Path: <{owner}>\r\n{received}");
        let head = [trace.as_bytes(), &trace::without_return_path(head)].concat();
        NewMessage::received(content.with_head(head))
    });
    let here = local.into_iter().flat_map(|message| {
        expansion.accounts.iter().map(move |account| Report::Local(*account, message.clone()))
    });
    let remote = |(address, domain): &(String, String)| Remote {
        address: address.clone(),
        domain: domain.clone(),
        notify: Notify::default(),
        original: None,
    };
    let there = (!expansion.remotes.is_empty()).then(|| {
        Report::Remote(NewQueued {
            envelope: Envelope { sender: Some(owner.clone()), terms, ..Envelope::default() },
            recipients: expansion.remotes.iter().map(remote).collect(),
            content: content.with_head([received.as_bytes(), head].concat()),
            arrived: session.context.shared.outgoing.clock.millis(),
        })
    });
    here.chain(there).collect()
}

/// The mailboxes, and the recipients elsewhere: who was named twice gets one copy.
fn split(transaction: &Transaction) -> (Vec<AccountId>, Vec<Remote>) {
    let mut accounts = Vec::new();
    let mut remotes: Vec<Remote> = Vec::new();
    let held = transaction.terms.hold.is_some();
    for recipient in &transaction.recipients {
        match &recipient.destination {
            // What is held waits in the queue, and for people here too.
            Destination::Account(_) if held => {
                let (_, domain) = recipient.address.rsplit_once('@').unwrap_or_default();
                if remotes.iter().all(|one| one.address != recipient.address) {
                    remotes.push(remote(recipient, domain.to_ascii_lowercase()));
                }
            }
            Destination::Account(account) if !accounts.contains(account) => accounts.push(*account),
            Destination::Remote(domain) if remotes.iter().all(|one| one.address != recipient.address) => {
                remotes.push(remote(recipient, domain.clone()));
            }
            Destination::Account(_) | Destination::Remote(_) | Destination::List(_) => {}
        }
    }
    (accounts, remotes)
}

fn remote(recipient: &Recipient, domain: String) -> Remote {
    Remote {
        address: recipient.address.clone(),
        domain,
        notify: recipient.notify,
        original: recipient.original.clone(),
    }
}

fn envelope(transaction: &Transaction) -> Envelope {
    Envelope {
        sender: match &transaction.sender {
            ReversePath::Null => None,
            ReversePath::Mailbox(mailbox) => Some(mailbox.to_string()),
        },
        id: transaction.envelope_id.clone(),
        returned: transaction.returned,
        terms: transaction.terms.clone(),
    }
}

/// The deliveries here of which the sender wants to be told (RFC 3461, section 5.2.2).
fn delivered(transaction: &Transaction) -> Vec<Told> {
    let here = transaction.recipients.iter().filter(|recipient| {
        // Of what becomes of a message behind a list nobody is told (RFC 3461, section 5.2.7).
        recipient.notify.success() && !matches!(recipient.destination, Destination::Remote(_))
    });
    here.map(|recipient| Told {
        address: recipient.address.clone(),
        original: recipient.original.clone(),
        action: Action::Delivered,
        reason: Reason::ours("2.0.0", "delivered to the mailbox"),
        until: None,
    })
    .collect()
}

/// The reply when the store fails: the client keeps the message and tries again.
pub(super) fn temporary(error: &StoreError) -> Reply {
    match error {
        // It may fit later (RFC 3463, section 3.3); where one of several recipients has no room and
        // there is one reply for all (SMTP), none has got the message, and all are tried again.
        StoreError::OverQuota => Reply::new(452, "4.2.2", "the message does not fit into the mailbox"),
        StoreError::Full => Reply::new(452, "4.3.1", "insufficient system storage"),
        other => {
            tracing::warn!(error = %other, "the store failed");
            Reply::new(451, "4.3.0", "local error in processing")
        }
    }
}
