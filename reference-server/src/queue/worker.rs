//! Works the queue off: one task for each domain that has something due, several messages
//! over its connection, and what became of each noted before the next.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use super::errand::Errand;
use super::local;
use super::outcome::Outcome;
use super::settle::{settle, too_late};
use crate::context::Shared;
use crate::net::ending;
use crate::store::{Due, StoreError};

/// Pieces of work that are looked at together.
const BATCH: usize = 1000;
/// Domains that are worked on at one time.
const DOMAINS: usize = 100;
/// Longest time between two looks at the queue, which others may have changed.
const LOOK: Duration = Duration::from_secs(2);
/// The same while sessions are kept.
const SWEEP: Duration = Duration::from_millis(500);

/// Works until `shutdown` turns true. What is under way then is cut off, and tried again
/// after the next start.
pub(crate) async fn run(shared: Arc<Shared>, mut shutdown: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    let mut busy: HashMap<Id, String> = HashMap::new();
    let mut ahead = shared.outgoing.clock.watch();
    loop {
        shared.outgoing.pool.sweep();
        let wait = match start_due(&shared, &mut tasks, &mut busy).await {
            Ok(wait) => wait,
            Err(StoreError::Closed) => break,
            Err(error) => {
                tracing::warn!(%error, "the queue cannot be read");
                LOOK
            }
        };
        let wait = if shared.outgoing.pool.is_empty() { wait } else { wait.min(SWEEP) };
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
    shared.outgoing.pool.close().await;
}

/// Starts what is due and not under way; says how long to wait for the next.
async fn start_due(
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
    busy: &mut HashMap<Id, String>,
) -> Result<Duration, StoreError> {
    let now = shared.outgoing.clock.millis();
    // In the order of the queue: who has the most urgent message comes first.
    let mut domains: Vec<(String, Vec<Due>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for due in shared.store.queue_due(now, BATCH).await? {
        let index = *known.entry(due.domain.clone()).or_insert(domains.len());
        match domains.get_mut(index) {
            Some((_, work)) => work.push(due),
            None => domains.push((due.domain.clone(), vec![due])),
        }
    }
    let at_work: BTreeSet<String> = busy.values().cloned().collect();
    for (domain, work) in domains {
        // What is for people here waits for no other server.
        let full = busy.len() >= DOMAINS && !shared.is_local(&domain);
        if at_work.contains(&domain) || full {
            continue;
        }
        let handle = tasks.spawn(deliver_to(Arc::clone(shared), domain.clone(), work));
        busy.insert(handle.id(), domain);
    }
    let next = shared.store.queue_next(now).await?;
    let wait = next.map(|next| u64::try_from(next.saturating_sub(now)).unwrap_or(0));
    Ok(wait.map_or(LOOK, |wait| LOOK.min(Duration::from_millis(wait.max(1)))))
}

async fn deliver_to(shared: Arc<Shared>, domain: String, work: Vec<Due>) {
    let mut errand = Errand::new(&shared, domain.clone());
    if let Err(error) = work_off(&shared, &domain, work, &mut errand).await {
        // What cannot be noted is tried again although it may have arrived: losing it would be worse
        // (RFC 5321, section 6.1).
        tracing::warn!(%error, "the queue cannot be read, or what became of a message not be noted");
    }
    errand.end();
}

async fn work_off(
    shared: &Shared,
    domain: &str,
    work: Vec<Due>,
    errand: &mut Errand<'_>,
) -> Result<(), StoreError> {
    let mut work = work.into_iter();
    let mut begun = None;
    loop {
        let mut message = match begun.take() {
            Some(message) => message,
            None => {
                let Some(due) = work.next() else { return Ok(()) };
                match shared.store.queue_begin(&due, shared.outgoing.clock.millis()).await? {
                    Some(message) => message,
                    None => continue,
                }
            }
        };
        message.envelope.terms = (shared.seams.queue.terms)(message.envelope.terms);
        let outcomes = if let Some(reason) = too_late(&message, shared.outgoing.clock.millis()) {
            vec![Outcome::Failed(reason); message.recipients.len()]
        } else if shared.is_local(domain) {
            local::find(shared, &message).await
        } else {
            errand.attempt(&message).await
        };
        begun = settle(shared, &message, outcomes, work.next()).await?;
    }
}
