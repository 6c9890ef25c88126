//! A further reference server beside the target, with a domain and accounts of its own.

use super::account::Account;
use super::embedded::EmbeddedOptions;
use super::place::Place;
use super::process::{OwnProcess, Served};
use super::{Target, TargetError};
use crate::script::model::{Endpoint, GivenServer, Lifecycle};

/// A further reference server, in a process of its own.
#[derive(Debug)]
pub struct Further {
    process: OwnProcess,
    accounts: Vec<(String, Account)>,
}

impl Further {
    /// Its accounts with their names in the script.
    #[must_use]
    pub fn accounts(&self) -> &[(String, Account)] {
        &self.accounts
    }

    /// Where it is, or was when it ran.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.process.place
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self, how: Lifecycle) -> Result<(), TargetError> {
        self.process.end(how).await
    }

    /// Starts it again, with the mail that it had.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(&mut self) -> Result<(), TargetError> {
        self.process.start_again().await
    }
}

impl Target {
    /// Starts a further server of a case, which has this domain, and hands mail for the target's
    /// domain to the target.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn further(&self, domain: &str, given: &GivenServer) -> Result<Further, TargetError> {
        let account = |name: &String| {
            let (user, secret) = (name.clone(), format!("{name}-secret"));
            (
                name.clone(),
                Account { address: format!("{name}@{domain}"), user, secret, token: None, certificate: None },
            )
        };
        let accounts: Vec<(String, Account)> = given.accounts.iter().map(account).collect();
        let back = self.place().addresses.get(&Endpoint::Smtp);
        let served = Served {
            domain: domain.to_owned(),
            hostname: format!("mail.{domain}"),
            accounts: accounts.iter().map(|(_, account)| account.clone()).collect(),
            client_authority: None,
            settings: given.settings.clone(),
            routes: back.map(|address| format!("{}={address}", self.domain())).into_iter().collect(),
        };
        let options = EmbeddedOptions { program: self.program(), ..EmbeddedOptions::default() };
        let process = OwnProcess::start(&options, &served).await?;
        Ok(Further { process, accounts })
    }
}
