//! The next hops of a case while it runs: who takes their connections, and what came.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};

use super::bindings::Bindings;
use super::servers::{Server, pass};
use crate::hop::{Log, Manner, Serving, Turns, serve};
use crate::target::Route;
use crate::wire::{Connection, Recorder};

/// How long to wait where the system gives no connection: out of descriptors, most likely.
const PAUSE: Duration = Duration::from_millis(50);

/// The next hops of a case by their names.
#[derive(Debug, Default)]
pub(crate) struct Hops(BTreeMap<String, Arc<Hop>>);

/// One next hop.
#[derive(Debug)]
pub(crate) struct Hop {
    name: String,
    route: Route,
    log: Arc<Log>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Who takes connections while the script does not.
    taking: Option<AbortHandle>,
    /// Those that are answered without the script.
    sessions: JoinSet<()>,
}

impl Hops {
    /// The next hops that a case has leased.
    pub(crate) fn new(leased: &[(String, Route)]) -> Self {
        let hop = |(name, route): &(String, Route)| {
            let (name, route) = (name.clone(), route.clone());
            (name.clone(), Arc::new(Hop { name, route, log: Arc::default(), state: Mutex::default() }))
        };
        Self(leased.iter().map(hop).collect())
    }

    /// A next hop by its name.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Hop>> {
        self.0.get(name).cloned()
    }

    /// Binds what a script may know of each.
    pub(crate) fn bind(&self, bindings: &mut Bindings) {
        for (name, hop) in &self.0 {
            let Route { domain, address, .. } = &hop.route;
            bindings.set(format!("{name}.domain"), domain.as_bytes());
            bindings.set(format!("{name}.address"), address.ip().to_string().into_bytes());
            bindings.set(format!("{name}.port"), address.port().to_string().into_bytes());
        }
    }
}

impl Hop {
    /// What came.
    pub(crate) const fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Its domain.
    pub(crate) fn domain(&self) -> &str {
        &self.route.domain
    }

    /// Passes all connections on to a server from here on.
    pub(crate) fn pass_to(self: &Arc<Self>, server: Arc<Server>, recorder: &Arc<Recorder>) {
        self.stop_taking();
        let taking = take_and_pass(Arc::clone(self), server, Arc::clone(recorder));
        self.lock().taking = Some(tokio::spawn(taking).abort_handle());
    }

    /// The next connection, for the script; from here on it takes them all. `None` when the time is up.
    pub(crate) async fn accept(&self, deadline: Instant) -> std::io::Result<Option<TcpStream>> {
        self.stop_taking();
        match tokio::time::timeout_at(deadline.into(), self.route.listener.accept()).await {
            Err(_) => Ok(None),
            Ok(accepted) => accepted.map(|(tcp, _)| Some(tcp)),
        }
    }

    /// Answers all connections from here on; those that are under way go on as they were.
    pub(crate) fn serve(self: &Arc<Self>, manner: Manner, recorder: &Arc<Recorder>) {
        self.stop_taking();
        let serving = Serving { manner, turns: Turns::default(), log: Arc::clone(&self.log) };
        let taking = take(Arc::clone(self), Arc::new(serving), Arc::clone(recorder));
        self.lock().taking = Some(tokio::spawn(taking).abort_handle());
    }

    fn stop_taking(&self) {
        if let Some(taking) = self.lock().taking.take() {
            taking.abort();
        }
    }

    /// Ends what is under way without the script.
    pub(crate) fn end(&self) {
        self.stop_taking();
        self.lock().sessions.abort_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hops {
    fn drop(&mut self) {
        for hop in self.0.values() {
            hop.end();
        }
    }
}

/// Takes connections and passes them on until it is aborted.
async fn take_and_pass(hop: Arc<Hop>, server: Arc<Server>, recorder: Arc<Recorder>) {
    let mut number = 0_usize;
    loop {
        let Ok((tcp, _)) = hop.route.listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        number += 1;
        let name = format!("{}-{number}", hop.name);
        let passing = pass(tcp, Arc::clone(&server), name, Arc::clone(&hop.log), Arc::clone(&recorder));
        let mut state = hop.lock();
        while state.sessions.try_join_next().is_some() {}
        state.sessions.spawn(passing);
    }
}

/// Takes connections until it is aborted.
async fn take(hop: Arc<Hop>, serving: Arc<Serving>, recorder: Arc<Recorder>) {
    let mut number = 0_usize;
    loop {
        let Ok((tcp, _)) = hop.route.listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        number += 1;
        let (serving, name) = (Arc::clone(&serving), format!("{}-{number}", hop.name));
        let connection = Connection::accepted(tcp, name, Arc::clone(&recorder));
        let mut state = hop.lock();
        while state.sessions.try_join_next().is_some() {}
        state.sessions.spawn(async move { serve(connection, &serving).await });
    }
}
