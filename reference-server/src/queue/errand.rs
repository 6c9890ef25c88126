//! One domain's messages on their way: each is handed over a session that its terms allow, to the
//! best of the domain's servers that can be had.

use super::client::{Client, Refusal, Unusable, Wanted};
use super::locate::{Place, locate};
use super::outcome::{Outcome, Reason};
use super::pool::{Key, Lease};
use super::route::{NextHop, RelayTls};
use super::transaction::Letter;
use crate::context::Shared;
use crate::store::{Queued, TlsTerm};

/// The work on one domain.
pub(super) struct Errand<'s> {
    shared: &'s Shared,
    domain: String,
    /// Where its servers are, once that is known.
    places: Option<Result<Vec<Place>, Outcome>>,
    /// The session that is open, and for which need.
    current: Option<(TlsTerm, Lease)>,
    /// What has no way now: all that needs it has this outcome.
    barred: Vec<(TlsTerm, Outcome)>,
}

impl<'s> Errand<'s> {
    pub(super) fn new(shared: &'s Shared, domain: String) -> Self {
        Self { shared, domain, places: None, current: None, barred: Vec::new() }
    }

    /// Tries one message; gives an outcome for each recipient.
    pub(super) async fn attempt(&mut self, message: &Queued) -> Vec<Outcome> {
        let everybody = message.recipients.len();
        let need = need(message);
        let mut lease = match self.session(need).await {
            Ok(lease) => lease,
            Err(outcome) => return vec![outcome; everybody],
        };
        let letter = Letter { message, store: &self.shared.store, now: self.shared.outgoing.clock.millis() };
        let mut handed = lease.client.hand_over(letter).await;
        for _again in 1..(self.shared.seams.queue.hand_overs)() {
            handed = lease.client.hand_over(letter).await;
        }
        match handed {
            Ok(outcomes) => {
                self.current = Some((need, lease));
                outcomes
            }
            Err(error) => {
                let reason = Reason::ours("4.4.2", format!("the connection was lost: {error}"));
                vec![Outcome::Deferred(reason); everybody]
            }
        }
    }

    /// The session goes to whoever needs it next.
    pub(super) fn end(mut self) {
        self.put_back();
    }

    fn put_back(&mut self) {
        if let Some((_, lease)) = self.current.take() {
            self.shared.outgoing.pool.give(lease);
        }
    }

    async fn session(&mut self, need: TlsTerm) -> Result<Lease, Outcome> {
        if let Some((_, outcome)) = self.barred.iter().find(|(barred, _)| *barred == need) {
            return Err(outcome.clone());
        }
        match self.current.take() {
            Some((known, lease)) if known == need => return Ok(lease),
            other => self.current = other,
        }
        self.put_back();
        if self.places.is_none() {
            self.places = Some(locate(self.shared, &self.domain).await);
        }
        let places = match &self.places {
            Some(Ok(places)) => places,
            Some(Err(outcome)) => return Err(outcome.clone()),
            None => &Vec::new(),
        };
        let opened = open(self.shared, &self.domain, places, need).await;
        if let Err(outcome) = &opened {
            self.barred.push((need, outcome.clone()));
        }
        opened
    }
}

/// What a message needs of its way. A report of a message that had to be under TLS is not lost for
/// want of it (RFC 8689, section 5).
fn need(message: &Queued) -> TlsTerm {
    match (message.envelope.terms.tls, &message.envelope.sender) {
        (TlsTerm::Required, None) => TlsTerm::AsUsual,
        (term, _) => term,
    }
}

/// How TLS is used for that towards this server.
fn tls(hop: &NextHop, need: TlsTerm) -> RelayTls {
    match (need, hop.tls) {
        (TlsTerm::Required, _) => RelayTls::Verified,
        (TlsTerm::Waived, RelayTls::Required | RelayTls::Verified) if hop.login.is_none() => {
            RelayTls::Opportunistic
        }
        (_, own) => own,
    }
}

/// A session with one of the domain's servers, or the outcome of everything that goes there:
/// it has failed for good only when each of them says so.
async fn open(shared: &Shared, domain: &str, places: &[Place], need: TlsTerm) -> Result<Lease, Outcome> {
    let mut refused = None;
    let mut unreached = None;
    for place in places {
        let host = &place.hop.host;
        if need == TlsTerm::Required && !place.is_vouched_for {
            // RFC 8689, section 4.2.1, step 2.
            let text = format!("REQUIRETLS: nothing vouches for the name {host}");
            refused = Some(Outcome::Failed(Reason::ours("5.7.10", text)));
            continue;
        }
        match connect(shared, place, need).await {
            Ok(lease) if need == TlsTerm::Required && !lease.client.abilities.requires_tls => {
                let reason = Reason::ours("5.7.30", "REQUIRETLS support required");
                refused = Some(Outcome::Failed(Reason { host: Some(host.clone()), ..reason }));
                lease.client.quit().await;
            }
            Ok(lease) => return Ok(lease),
            Err(Unusable::NoTls(error)) if need == TlsTerm::Required => {
                let text = format!("REQUIRETLS: no verified TLS with {host}: {error}");
                refused = Some(Outcome::Failed(Reason::ours("5.7.10", text)));
            }
            Err(Unusable::NoTls(error)) => {
                let text = format!("no TLS with {host} ({}): {error}", place.address);
                unreached = Some(Outcome::Deferred(Reason::ours("4.7.5", text)));
            }
            Err(Unusable::Lost(error)) => {
                let text = format!("no session with {host} ({}): {error}", place.address);
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

/// A session that is kept, or a new one; where TLS is optional and fails, once more without it.
async fn connect(shared: &Shared, place: &Place, need: TlsTerm) -> Result<Lease, Unusable> {
    let outgoing = &shared.outgoing;
    let hop = &place.hop;
    let key = Key {
        address: place.address,
        host: hop.host.clone(),
        tls: tls(hop, need),
        user: hop.login.as_ref().map(|(user, _)| user.clone()),
    };
    if let Some(lease) = outgoing.pool.take(&key).await {
        return Ok(lease);
    }
    let late = || Unusable::Lost(std::io::ErrorKind::TimedOut.into());
    let turn = outgoing.pool.turn(place.address).await.ok_or_else(late)?;
    let wanted = Wanted {
        hop,
        tls: key.tls,
        anchors: outgoing.anchors.as_ref(),
        hostname: &shared.hostname,
        seams: &shared.seams,
    };
    let client = match Client::open(place.address, wanted).await {
        Err(Unusable::NoTls(error)) if key.tls == RelayTls::Opportunistic && hop.login.is_none() => {
            tracing::info!(address = %place.address, %error, "TLS failed, plain text is tried");
            Client::open(place.address, Wanted { tls: RelayTls::Never, ..wanted }).await
        }
        other => other,
    }?;
    Ok(Lease { key, client, _turn: turn })
}
