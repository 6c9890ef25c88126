//! Works the queue off: one task for each domain that has something due, several messages
//! over its connection, and what became of each noted before the next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use super::client::{Client, Refusal, Unusable};
use super::clock::date;
use super::locate::{Place, locate};
use super::notice::{Original, notices};
use super::outcome::{Outcome, Reason};
use super::report::{Action, Told};
use super::route::{NextHop, RelayTls};
use super::schedule::Next;
use crate::context::Shared;
use crate::net::ending;
use crate::store::{Due, Fate, Pending, Queued, READ, StoreError};

/// Pieces of work that are looked at together.
const BATCH: usize = 1000;
/// Domains that are worked on at one time.
const DOMAINS: usize = 20;
/// Longest time between two looks at the queue, which others may have changed.
const LOOK: Duration = Duration::from_secs(2);

/// Works until `shutdown` turns true. What is under way then is cut off, and tried again
/// after the next start.
pub(crate) async fn run(shared: Arc<Shared>, mut shutdown: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    let mut busy: HashMap<Id, String> = HashMap::new();
    let mut ahead = shared.outgoing.clock.watch();
    loop {
        let wait = match start_due(&shared, &mut tasks, &mut busy).await {
            Ok(wait) => wait,
            Err(StoreError::Closed) => break,
            Err(error) => {
                tracing::warn!(%error, "the queue cannot be read");
                LOOK
            }
        };
        tokio::select! {
            () = shared.outgoing.bell.notified() => {}
            Ok(()) = ahead.changed() => {}
            Some(ended) = tasks.join_next_with_id() => {
                let id = match ended {
                    Ok((id, ())) => id,
                    Err(error) => {
                        tracing::error!(%error, "a delivery ended badly");
                        error.id()
                    }
                };
                busy.remove(&id);
            }
            () = tokio::time::sleep(wait) => {}
            () = ending(&mut shutdown) => break,
        }
    }
    tasks.shutdown().await;
}

/// Starts what is due and not under way; says how long to wait for the next.
async fn start_due(
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
    busy: &mut HashMap<Id, String>,
) -> Result<Duration, StoreError> {
    let now = shared.outgoing.clock.millis();
    let mut domains: BTreeMap<String, Vec<Due>> = BTreeMap::new();
    for due in shared.store.queue_due(now, BATCH).await? {
        domains.entry(due.domain.clone()).or_default().push(due);
    }
    let at_work: BTreeSet<String> = busy.values().cloned().collect();
    for (domain, work) in domains {
        if at_work.contains(&domain) || busy.len() >= DOMAINS {
            continue;
        }
        let handle = tasks.spawn(deliver_to(Arc::clone(shared), domain.clone(), work));
        busy.insert(handle.id(), domain);
    }
    let next = shared.store.queue_next(now).await?;
    let wait = next.map(|next| u64::try_from(next.saturating_sub(now)).unwrap_or(0));
    Ok(wait.map_or(LOOK, |wait| LOOK.min(Duration::from_millis(wait.max(1)))))
}

/// What there is of a connection to the domain.
enum Way {
    /// None was tried yet, or it was lost.
    Untried,
    /// It is open.
    Open(Client),
    /// It cannot be had now: all that goes there has this outcome.
    Barred(Outcome),
}

async fn deliver_to(shared: Arc<Shared>, domain: String, work: Vec<Due>) {
    let mut way = Way::Untried;
    for due in work {
        let message = match shared.store.queue_message(&due, shared.outgoing.clock.millis()).await {
            Ok(Some(message)) => message,
            Ok(None) => continue,
            Err(error) => {
                tracing::warn!(%error, "the queue cannot be read");
                break;
            }
        };
        let outcomes = attempt(&shared, &domain, &mut way, &message).await;
        if let Err(error) = settle(&shared, &message, outcomes).await {
            // Tried again although it may have arrived: losing it would be worse (RFC 5321,
            // section 6.1).
            tracing::warn!(%error, "what became of a message cannot be noted");
            break;
        }
    }
    if let Way::Open(client) = way {
        client.quit().await;
    }
}

/// Tries one message; gives an outcome for each recipient.
async fn attempt(shared: &Shared, domain: &str, way: &mut Way, message: &Queued) -> Vec<Outcome> {
    if matches!(way, Way::Untried) {
        *way = match open(shared, domain).await {
            Ok(client) => Way::Open(client),
            Err(outcome) => Way::Barred(outcome),
        };
    }
    let lost = match way {
        Way::Open(client) => match client.hand_over(message, &shared.store).await {
            Ok(outcomes) => return outcomes,
            Err(error) => {
                Outcome::Deferred(Reason::ours("4.4.2", format!("the connection was lost: {error}")))
            }
        },
        Way::Barred(outcome) => return vec![outcome.clone(); message.recipients.len()],
        Way::Untried => Outcome::Deferred(Reason::ours("4.4.1", "no connection")),
    };
    *way = Way::Untried;
    vec![lost; message.recipients.len()]
}

/// A session with one of the domain's servers, or the outcome of everything that goes there:
/// it has failed for good only when each of them says so.
async fn open(shared: &Shared, domain: &str) -> Result<Client, Outcome> {
    let mut refused = None;
    let mut unreached = None;
    for Place { address, hop } in locate(shared, domain).await? {
        match connect(address, &hop, &shared.hostname).await {
            Ok(client) => return Ok(client),
            Err(Unusable::Lost(error) | Unusable::NoTls(error)) => {
                let text = format!("no session with {} ({address}): {error}", hop.host);
                unreached = Some(Outcome::Deferred(Reason::ours("4.4.1", text)));
            }
            Err(Unusable::Refused(Refusal { permanent: true, reason })) => {
                refused = Some(Outcome::Failed(reason));
            }
            Err(Unusable::Refused(Refusal { permanent: false, reason })) => {
                unreached = Some(Outcome::Deferred(reason));
            }
        }
    }
    let none = || Outcome::Deferred(Reason::ours("4.4.4", format!("there is no server for {domain}")));
    Err(unreached.or(refused).unwrap_or_else(none))
}

/// Connects; where TLS is optional and fails, once more without it.
async fn connect(address: SocketAddr, hop: &NextHop, hostname: &str) -> Result<Client, Unusable> {
    match Client::open(address, hop, hop.tls, hostname).await {
        Err(Unusable::NoTls(error)) if hop.tls == RelayTls::Opportunistic && hop.login.is_none() => {
            tracing::info!(%address, %error, "TLS failed, plain text is tried");
            Client::open(address, hop, RelayTls::Never, hostname).await
        }
        other => other,
    }
}

/// Notes what became of a message, and tells the sender what is to be told.
async fn settle(shared: &Shared, message: &Queued, outcomes: Vec<Outcome>) -> Result<(), StoreError> {
    let now = shared.outgoing.clock.millis();
    let mut fates = Vec::with_capacity(outcomes.len());
    let mut told = Vec::new();
    for (pending, outcome) in message.recipients.iter().zip(outcomes) {
        let (fate, tell) = fate(shared, message, pending, outcome, now);
        fates.push((pending.position, fate));
        told.extend(tell);
    }
    let arrived = date(message.arrived);
    let head =
        if told.is_empty() { Vec::new() } else { shared.store.body_range(message.body, 0, READ).await? };
    let original = Original { head: &head, octets: message.octets, body: Some(message.body) };
    let reports = notices(shared, &message.envelope, arrived, &told, original).await?;
    let more = !reports.is_empty();
    shared.store.queue_settle(message.id, fates, reports).await?;
    if more {
        shared.outgoing.bell.notify_one();
    }
    Ok(())
}

/// What becomes of a recipient, and what its sender is told.
fn fate(
    shared: &Shared,
    message: &Queued,
    pending: &Pending,
    outcome: Outcome,
    now: i64,
) -> (Fate, Option<Told>) {
    let schedule = &shared.outgoing.schedule;
    let notify = pending.remote.notify;
    let tell = |action, reason, until| Told {
        address: pending.remote.address.clone(),
        original: pending.remote.original.clone(),
        action,
        reason,
        until,
    };
    match outcome {
        Outcome::HandedOver { host, reports } => {
            let reason = Reason { host: Some(host), ..Reason::ours("2.0.0", "accepted") };
            let relayed = notify.success() && !reports;
            (Fate::Settled, relayed.then(|| tell(Action::Relayed, reason, None)))
        }
        Outcome::Failed(reason) => {
            (Fate::Settled, notify.failure().then(|| tell(Action::Failed, reason, None)))
        }
        Outcome::Deferred(reason) => {
            match schedule.next(message.arrived, now, pending.attempts, pending.delay_told) {
                Next::Again { at, tell: due } => {
                    let later = Fate::Later {
                        next: at,
                        reason: reason.text.clone(),
                        delay_told: pending.delay_told || due,
                    };
                    let until = date(schedule.gives_up_at(message.arrived));
                    let delayed = due && notify.delay();
                    (later, delayed.then(|| tell(Action::Delayed, reason, Some(until))))
                }
                Next::GiveUp => {
                    // The last failure was temporary; that the time is up is what makes it final.
                    let reason = Reason { status: "4.4.7".to_owned(), ..reason };
                    (Fate::Settled, notify.failure().then(|| tell(Action::Failed, reason, None)))
                }
            }
        }
    }
}
