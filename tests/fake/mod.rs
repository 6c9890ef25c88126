//! Fake servers on loopback: hostile ones, and liars. No mail is kept.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailspec::outcome::{CaseOutcome, Event, Listener};
use mailspec::run::{Options, Plan, Retry, Selection};
use mailspec::script::Library;
use mailspec::script::model::Endpoint;
use mailspec::target::{Account, Cleaning, Commands, Profile, RouteProfile, Target, TlsProfile};
use tokio::net::{TcpListener, TcpStream};

/// Serves every connection by `serve` until the test ends.
pub(crate) async fn listen<F, S>(serve: S) -> SocketAddr
where
    S: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// A foreign target with nothing but these endpoints.
pub(crate) async fn target(endpoints: &[(Endpoint, SocketAddr)], patience: Duration) -> Arc<Target> {
    relaying_target(endpoints, Vec::new(), patience).await
}

/// The same, with routes to next hops.
pub(crate) async fn relaying_target(
    endpoints: &[(Endpoint, SocketAddr)],
    routes: Vec<RouteProfile>,
    patience: Duration,
) -> Arc<Target> {
    let account = |n: usize| Account {
        user: format!("user{n}"),
        address: format!("user{n}@example.test"),
        secret: format!("user{n}-secret"),
        token: None,
        certificate: None,
    };
    let profile = Profile {
        name: "fake".to_owned(),
        software: None,
        domain: "example.test".to_owned(),
        endpoints: endpoints.iter().map(|(endpoint, address)| (*endpoint, address.to_string())).collect(),
        tls: TlsProfile::default(),
        accounts: (1..=64).map(account).collect(),
        certificates: Default::default(),
        lifecycle: Commands::default(),
        policies: Vec::new(),
        connections: None,
        patience: Some(patience),
        fixture: None,
        cleaning: Cleaning::Never,
        routes,
        expects: Vec::new(),
        settings: Default::default(),
        folder: PathBuf::from("."),
    };
    Arc::new(Target::start(profile, None).await.unwrap())
}

/// Runs a library's cases and gives what became of them.
pub(crate) async fn run(
    library: Library,
    selection: &Selection,
    target: &Arc<Target>,
    retry: Retry,
    time_factor: f64,
) -> Vec<CaseOutcome> {
    let ledger = Arc::clone(&library.ledger);
    let options = Options { retry, time_factor, jobs: 32, ..Options::new(move |id| ledger.level(id)) };
    let plan = Plan::new(library.suites.into_iter().map(Arc::new), selection).unwrap();
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    let keep = Keep(Arc::clone(&outcomes));
    mailspec::run::run(&plan, target, &options, &mut [Box::new(keep) as Box<dyn Listener>]).await;
    std::mem::take(&mut *outcomes.lock().unwrap())
}

struct Keep(Arc<Mutex<Vec<CaseOutcome>>>);

impl Listener for Keep {
    fn on_event(&mut self, event: &Event) {
        if let Event::CaseFinished(outcome) = event {
            self.0.lock().unwrap().push(outcome.as_ref().clone());
        }
    }
}
