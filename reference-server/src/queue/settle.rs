//! What becomes of a message's recipients after an attempt, and what its sender is told: noted
//! together, in one commit.

use super::clock::date;
use super::local;
use super::notice::{Original, notices};
use super::outcome::{Outcome, Reason};
use super::report::{Action, Told};
use super::schedule::Next;
use crate::context::Shared;
use crate::store::{Due, Fate, Lateness, Millis, Pending, Queued, READ, StoreError};

/// Notes what became of a message, and tells the sender what is to be told; begins the attempt at the
/// `next` piece of work with it.
pub(super) async fn settle(
    shared: &Shared,
    message: &Queued,
    outcomes: Vec<Outcome>,
    next: Option<Due>,
) -> Result<Option<Queued>, StoreError> {
    let now = shared.outgoing.clock.millis();
    let mut fates = Vec::with_capacity(outcomes.len());
    let mut told = Vec::new();
    let mut here = Vec::new();
    for (pending, outcome) in message.recipients.iter().zip(outcomes) {
        if let Outcome::Arrived(account) = outcome {
            here.push(account);
        }
        let (fate, tell) = After { shared, message, pending, now }.outcome(outcome);
        fates.push((pending.position, fate));
        told.extend(tell);
    }
    let arrived = date(message.arrived);
    let head =
        if told.is_empty() { Vec::new() } else { shared.store.body_range(message.body, 0, READ).await? };
    let original = Original { head: &head, octets: message.octets, body: Some(message.body) };
    let mut reports = notices(shared, &message.envelope, arrived, &told, original).await?;
    let copies = (shared.seams.queue.copies)();
    reports = reports.iter().flat_map(|report| std::iter::repeat_n(report.clone(), copies)).collect();
    let more = !reports.is_empty();
    reports.extend(local::into_mailboxes(shared, message, here).await?);
    let next = next.map(|due| (due, shared.outgoing.clock.millis()));
    let begun = shared.store.queue_settle(message.id, fates, reports, next).await?;
    if more {
        shared.outgoing.bell.notify_one();
    }
    Ok(begun)
}

/// Why a message comes back whose time is over, where it is to come back then (RFC 2852, section 4.1.3).
pub(super) fn too_late(message: &Queued, now: Millis) -> Option<Reason> {
    let by = message.envelope.terms.by?;
    (by.lateness == Lateness::Return && by.deadline <= now)
        .then(|| Reason::ours("5.4.7", "the time in which it was to be delivered is over"))
}

/// A recipient after an attempt.
struct After<'a> {
    shared: &'a Shared,
    message: &'a Queued,
    pending: &'a Pending,
    now: Millis,
}

impl After<'_> {
    fn tell(&self, action: Action, reason: Reason, until: Option<Millis>) -> Told {
        let remote = &self.pending.remote;
        Told {
            address: remote.address.clone(),
            original: remote.original.clone(),
            action,
            reason,
            until: until.map(date),
        }
    }

    fn outcome(&self, outcome: Outcome) -> (Fate, Option<Told>) {
        let notify = self.pending.remote.notify;
        match outcome {
            Outcome::HandedOver { host, reports, traced } => {
                let reason = Reason { host: Some(host), ..Reason::ours("2.0.0", "accepted") };
                let relayed = (notify.success() && !reports) || (traced && !notify.never());
                (Fate::Settled, relayed.then(|| self.tell(Action::Relayed, reason, None)))
            }
            Outcome::Arrived(_) => {
                let reason = Reason::ours("2.0.0", "delivered to the mailbox");
                (Fate::Settled, notify.success().then(|| self.tell(Action::Delivered, reason, None)))
            }
            Outcome::Failed(reason) => self.failed(reason),
            Outcome::Deferred(reason) => self.deferred(reason),
        }
    }

    fn failed(&self, reason: Reason) -> (Fate, Option<Told>) {
        let notify = (self.shared.seams.queue.notify)(self.pending.remote.notify);
        (Fate::Settled, notify.failure().then(|| self.tell(Action::Failed, reason, None)))
    }

    fn deferred(&self, reason: Reason) -> (Fate, Option<Told>) {
        let Self { shared, message, pending, now } = *self;
        // The time may have run out during the attempt.
        if let Some(reason) = too_late(message, now) {
            return self.failed(reason);
        }
        let schedule = &shared.outgoing.schedule;
        // What is held by wish has not waited yet.
        let since = message.envelope.terms.release(message.arrived);
        let next = schedule.next(since, now, pending.attempts, pending.delay_told);
        let (at, due) = match (shared.seams.clock.after_failure)(next) {
            Next::Again { at, tell } => (at, tell),
            Next::GiveUp => {
                // The last failure was temporary; that the time is up is what makes it final.
                return self.failed(Reason { status: "4.4.7".to_owned(), ..reason });
            }
        };
        let by = message.envelope.terms.by;
        let over = by.is_some_and(|by| by.deadline <= now);
        let late = over && !pending.lateness_told;
        let fate = Fate::Later {
            next: by.filter(|_| !over).map_or(at, |by| at.min(by.deadline)),
            reason: reason.text.clone(),
            delay_told: pending.delay_told || due,
            lateness_told: pending.lateness_told || late,
        };
        let until = Some(schedule.gives_up_at(since));
        let told = (pending.remote.notify.delay() && (due || late)).then(|| {
            // RFC 2852, section 4.1.3.
            let reason = match late {
                true => Reason::ours("4.4.7", "the time in which it was to be delivered is over"),
                false => reason,
            };
            self.tell(Action::Delayed, reason, until)
        });
        (fate, told)
    }
}
