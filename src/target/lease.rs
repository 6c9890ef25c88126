//! What a case holds for its time: accounts, and a place where they are.

use std::path::PathBuf;
use std::sync::Arc;

use super::TargetError;
use super::account::{Account, PoolLease};
use super::lifecycle::{Commands, run_command, wait_ready};
use super::place::Place;
use super::process::OwnProcess;
use super::route::{Route, RouteLease};
use crate::script::model::{Lifecycle, Secrets};

/// What a case asks a target for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Names of accounts.
    pub accounts: Vec<String>,
    /// Names of next hops, each with a domain of its own.
    pub hops: Vec<String>,
    /// Those of them to which the target is to speak without TLS, where it is ours to say.
    pub in_plaintext: Vec<String>,
    /// How the target finds them.
    pub found: Found,
    /// What the accounts' secrets are like.
    pub secrets: Secrets,
}

/// How the target finds the next hops of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Found {
    /// By a table of its own.
    #[default]
    ByRoute,
    /// By asking the name server that the harness plays.
    ByName,
}

/// Accounts and a place; given back when dropped.
#[derive(Debug)]
pub struct Lease {
    pub(super) accounts: Vec<(String, Account)>,
    pub(super) place: Place,
    pub(super) host: Host,
    pub(super) routes: RouteLease,
    /// Held, so that the pool gets its accounts back when the lease goes.
    pub(super) _pool: Option<PoolLease>,
}

/// Whose the server is.
#[derive(Debug)]
pub(super) enum Host {
    /// Shared with other cases: it cannot be ended.
    Shared,
    /// A process of this case's own.
    Process(Box<OwnProcess>),
    /// A foreign server, which this case has for itself.
    Commands(Arc<ForeignHost>),
}

/// A foreign server and the commands that end and start it.
#[derive(Debug)]
pub(super) struct ForeignHost {
    pub(super) commands: Commands,
    pub(super) folder: PathBuf,
}

impl ForeignHost {
    /// Stops the server where we were told how to start it; one that ran before is left alone.
    pub(super) async fn stop(&self) -> Result<(), TargetError> {
        match (&self.commands.start, &self.commands.stop) {
            (Some(_), Some(stop)) => run_command(stop, &self.folder).await,
            _ => Ok(()),
        }
    }
}

impl Lease {
    /// The accounts with their names in the script, in the case's order.
    #[must_use]
    pub fn accounts(&self) -> &[(String, Account)] {
        &self.accounts
    }

    /// The next hops with their names in the script, in the case's order.
    #[must_use]
    pub fn hops(&self) -> &[(String, Route)] {
        &self.routes.routes
    }

    /// Where they are now.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Ends the server and starts it again; its addresses may be others then.
    ///
    /// # Errors
    /// When it cannot be ended or does not come back.
    pub async fn restart(&mut self, how: Lifecycle) -> Result<(), TargetError> {
        match &mut self.host {
            Host::Shared => Err(TargetError::NotOurs),
            Host::Process(process) => {
                process.restart(how).await?;
                self.place = process.place.clone();
                Ok(())
            }
            Host::Commands(host) => {
                host.restart(how).await?;
                wait_ready(self.place.addresses.values().copied(), host.commands.ready_time()).await
            }
        }
    }
}

impl ForeignHost {
    async fn restart(&self, how: Lifecycle) -> Result<(), TargetError> {
        let Commands { start, stop, restart, kill, .. } = &self.commands;
        let commands: [Option<&String>; 2] = match (how, restart) {
            (Lifecycle::Restart, Some(restart)) => [Some(restart), None],
            (Lifecycle::Restart, None) => [stop.as_ref(), start.as_ref()],
            (Lifecycle::Kill, _) => [kill.as_ref(), start.as_ref()],
        };
        for command in commands.into_iter().flatten() {
            run_command(command, &self.folder).await?;
        }
        Ok(())
    }
}
