//! `mailspec record`: a session of some mail program made into a script.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use tokio::net::TcpListener;

use super::context::{self, Stop};
use super::{Status, complain};
use crate::record::{self, Names, proxy};
use crate::report::file::write_atomically;
use crate::script;
use crate::script::model::{Endpoint, Protocol};
use crate::target::{EmbeddedOptions, Lease, Target};

/// The accounts that a recording may use, by their names in the script.
const ACCOUNTS: [&str; 2] = ["alice", "bob"];

/// What `mailspec record` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints `alice USER ADDRESS SECRET` and the same for bob, two accounts whose mailboxes are empty, then \
`listening ADDRESS:PORT` to point a mail program at, in plaintext. The script is written when the \
connections have ended, or at SIGTERM or SIGINT.")]
pub(crate) struct Args {
    /// The server: a folder with a `profile.yaml`, or a profile; without one, the reference server.
    #[arg(long, value_name = "FOLDER|PROFILE", env = "MAILSPEC_TARGET")]
    target: Option<PathBuf>,
    /// What the mail program speaks.
    #[arg(long, value_name = "PROTOCOL", value_parser = protocol)]
    protocol: Protocol,
    /// Where to listen; port 0 is any free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The script to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How many connections are recorded.
    #[arg(long, value_name = "N", default_value_t = 1)]
    sessions: usize,
}

fn protocol(word: &str) -> Result<Protocol, String> {
    let known = Protocol::ALL.map(Protocol::as_str).join(", ");
    Protocol::ALL
        .into_iter()
        .find(|protocol| protocol.as_str() == word)
        .ok_or_else(|| format!("there are {known}"))
}

/// Does it.
pub(crate) fn run(args: Args) -> ExitCode {
    match context::block_on(record(&args)).and_then(|done| done) {
        Ok(status) => status.into(),
        Err(stop) => stop.tell().into(),
    }
}

async fn record(args: &Args) -> Result<Status, Stop> {
    let target = match &args.target {
        Some(path) => Target::open(path).await?,
        None => Target::embedded(EmbeddedOptions::default()).await?,
    };
    let recorded = record_on(args, &target).await;
    target.shutdown().await?;
    let text = recorded?;
    write_atomically(&args.out, text.as_bytes())
        .map_err(|error| Stop::Usage(format!("{}: {error}", args.out.display())))?;
    // What was written is read back: a script that does not hold up is told here, not tomorrow.
    script::load(std::slice::from_ref(&args.out))?;
    say(&format!("wrote {}; `mailspec run {0}` replays it", args.out.display()));
    Ok(Status::Conforms)
}

async fn record_on(args: &Args, target: &Target) -> Result<String, Stop> {
    let endpoint = Endpoint::default_of(args.protocol);
    let address = target.place().addresses.get(&endpoint).copied().ok_or_else(|| {
        Stop::Usage(format!("the target has no {} endpoint without TLS to record", endpoint.as_str()))
    })?;
    let names: Vec<String> = ACCOUNTS.iter().map(|name| (*name).to_owned()).collect();
    let wanted = crate::target::Wanted { accounts: names, ..Default::default() };
    let lease: Lease = target.lease(&wanted, crate::target::Tenancy::Shared).await?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| Stop::Usage(format!("cannot listen on {}: {error}", args.listen)))?;
    for (name, account) in lease.accounts() {
        say(&format!("{name} {} {} {}", account.user, account.address, account.secret));
    }
    let here = listener.local_addr().map_err(|error| Stop::Setup(error.to_string()))?;
    say(&format!("listening {here}"));
    let tape = proxy::Tape::default();
    tokio::select! {
        ended = proxy::run(listener, address, args.sessions, &tape) => {
            ended.map_err(|error| Stop::Setup(format!("the recording ended: {error}")))?;
        }
        () = context::interrupted() => complain(format_args!("interrupted; what was said until now is written")),
    }
    Ok(record::script(args.protocol, &Names::new(lease.accounts()), &tape.moments()))
}

fn say(line: &str) {
    // Nobody may read any more.
    let mut out = anstream::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
