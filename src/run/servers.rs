//! Further reference servers of a case, each behind a next hop: Bob's server, beside the target
//! that is Alice's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::halt::Halt;
use super::stage::Stage;
use crate::hop::Log;
use crate::outcome::Direction;
use crate::script::model::{Case, Endpoint, Lifecycle};
use crate::target::{Account, Further, Place};
use crate::wire::Recorder;

/// The longest line that is told of.
const MAX_LINE: usize = 4096;

/// The further servers of a case by the names of their next hops.
#[derive(Debug, Default)]
pub(crate) struct Servers(BTreeMap<String, Arc<Server>>);

/// One further server.
#[derive(Debug)]
pub(crate) struct Server {
    accounts: Vec<(String, Account)>,
    place: Mutex<Place>,
    process: tokio::sync::Mutex<Further>,
}

/// What can be done to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It is ended.
    Stop(Lifecycle),
    /// It is started again, with what it had.
    Start,
}

impl Servers {
    /// An account of one of them, and where that one is now.
    pub(crate) fn account(&self, name: &str) -> Option<(Account, Place)> {
        self.0.values().find_map(|server| {
            let (_, account) = server.accounts.iter().find(|(known, _)| known == name)?;
            Some((account.clone(), server.place()))
        })
    }

    /// The server behind a next hop.
    pub(crate) fn find(&self, hop: &str) -> Option<Arc<Server>> {
        self.0.get(hop).cloned()
    }
}

impl Server {
    fn place(&self) -> Place {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it or starts it again.
    pub(crate) async fn go(&self, doing: Doing) -> Result<(), Halt> {
        let mut process = self.process.lock().await;
        match doing {
            Doing::Stop(how) => process.stop(how).await?,
            Doing::Start => process.start().await?,
        }
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = process.place().clone();
        Ok(())
    }

    /// Where it takes mail from other servers.
    fn smtp(&self) -> Option<SocketAddr> {
        self.place().addresses.get(&Endpoint::Smtp).copied()
    }
}

/// Starts the further servers of a case, and has the connections to their next hops passed on.
pub(crate) async fn start(stage: &mut Stage, case: &Case) -> Result<(), Halt> {
    let mut servers = BTreeMap::new();
    for given in &case.given.servers {
        let hop = stage.hops.find(&given.hop);
        let hop = hop.ok_or_else(|| Halt::Error(format!("no route was leased for `{}`", given.hop)))?;
        let further = stage.target.further(hop.domain(), given).await?;
        let place = Mutex::new(further.place().clone());
        let accounts = further.accounts().to_vec();
        for (name, account) in &accounts {
            stage.evidence.recorder().hide(account.secret.as_bytes());
            super::case::bind_account(&mut stage.bindings, name, account);
        }
        let server = Arc::new(Server { accounts, place, process: tokio::sync::Mutex::new(further) });
        hop.pass_to(Arc::clone(&server), stage.evidence.recorder());
        servers.insert(given.hop.clone(), server);
    }
    stage.servers = Arc::new(Servers(servers));
    Ok(())
}

/// Passes a connection on to the server behind a next hop, and tells what is said; while that
/// server is down, the connection is closed at once.
pub(crate) async fn pass(
    client: TcpStream,
    server: Arc<Server>,
    name: String,
    log: Arc<Log>,
    recorder: Arc<Recorder>,
) {
    let Some(address) = server.smtp() else { return };
    let Ok(behind) = TcpStream::connect(address).await else {
        recorder.note(&name, "the server behind this next hop is down");
        return;
    };
    log.connected();
    recorder.note(&name, "a connection, passed on to the server behind");
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), behind.into_split());
    let content = AtomicBool::new(false);
    let wire = Wire { name: &name, log: &log, recorder: &recorder, content: &content };
    tokio::join!(
        wire.copy(from_client, to_server, Direction::Client),
        wire.copy(from_server, to_client, Direction::Server)
    );
    recorder.note(&name, "closed");
}

/// A connection that is passed on.
struct Wire<'a> {
    name: &'a str,
    log: &'a Log,
    recorder: &'a Recorder,
    /// Whether what the client says is a message.
    content: &'a AtomicBool,
}

impl Wire<'_> {
    async fn copy(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, direction: Direction) {
        let mut chunk = vec![0; 16 * 1024];
        let mut line = Vec::new();
        while let Ok(count) = from.read(&mut chunk).await {
            let octets = chunk.get(..count).unwrap_or_default();
            if octets.is_empty() {
                break;
            }
            self.recorder.octets(self.name, direction, Instant::now(), octets);
            for octet in octets {
                match octet {
                    b'\n' => self.tell(direction, &std::mem::take(&mut line)),
                    octet if line.len() < MAX_LINE => line.push(*octet),
                    _ => {}
                }
            }
            if to.write_all(octets).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    }

    /// A line was said; those of a message are not told of.
    fn tell(&self, direction: Direction, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match direction {
            Direction::Server => {
                self.content.fetch_or(line.starts_with(b"354"), Ordering::SeqCst);
                self.log.server(line);
            }
            _ if self.content.load(Ordering::SeqCst) => {
                if line == b"." {
                    self.content.store(false, Ordering::SeqCst);
                    self.log.client(line);
                }
            }
            _ => self.log.client(line),
        }
    }
}
