//! What a target declares: EHLO, CAPA and CAPABILITY, before and after login.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account::Account;
use super::client::{ClientError, Dialect, ImapClient, Pop3Client, SmtpClient};
use super::place::Place;
use crate::script::model::{Endpoint, Protocol};
use crate::wire::{Recorder, escape_line};

/// A capability that a profile expects a target to declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The protocol.
    pub protocol: Protocol,
    /// As in a condition of a script; `tls` for STARTTLS or STLS.
    pub capability: String,
}

/// What a target declares, asked once.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    capabilities: BTreeMap<Protocol, Vec<String>>,
    /// What was told first, before TLS and before login.
    plaintext: BTreeMap<Protocol, Vec<String>>,
    starttls: BTreeSet<Protocol>,
    greetings: BTreeMap<Protocol, String>,
    problems: BTreeMap<Protocol, String>,
}

impl Declared {
    /// Whether a protocol declares a capability: its first word a keyword, the others
    /// among its parameters, without regard to case or order.
    #[must_use]
    pub fn has(&self, protocol: Protocol, capability: &str) -> bool {
        self.capabilities.get(&protocol).is_some_and(|lines| declares(lines, capability))
    }

    /// What a protocol declares, line by line, before and after TLS and login.
    #[must_use]
    pub fn lines(&self, protocol: Protocol) -> &[String] {
        self.capabilities.get(&protocol).map_or(&[], Vec::as_slice)
    }

    /// Whether a protocol declares a capability before TLS and before login.
    #[must_use]
    pub fn has_in_plaintext(&self, protocol: Protocol, capability: &str) -> bool {
        self.plaintext.get(&protocol).is_some_and(|lines| declares(lines, capability))
    }

    /// Whether the protocol's plaintext endpoint offers STARTTLS or STLS.
    #[must_use]
    pub fn offers_tls(&self, protocol: Protocol) -> bool {
        self.starttls.contains(&protocol)
    }

    /// What is expected to be declared and is not, as `imap: UIDPLUS`; with why, where the protocol could
    /// not be asked to its end.
    #[must_use]
    pub fn missing(&self, expected: &[Expected]) -> Vec<String> {
        let is_there = |expected: &Expected| match expected.capability.as_str() {
            "tls" => self.offers_tls(expected.protocol),
            capability => self.has(expected.protocol, capability),
        };
        let told = |Expected { protocol, capability }: &Expected| {
            let why = self.problem(*protocol).map(|why| format!(" ({why})")).unwrap_or_default();
            format!("{}: {capability}{why}", protocol.as_str())
        };
        expected.iter().filter(|expected| !is_there(expected)).map(told).collect()
    }

    /// The greetings, for reports.
    #[must_use]
    pub const fn greetings(&self) -> &BTreeMap<Protocol, String> {
        &self.greetings
    }

    /// Why a protocol could not be asked to its end.
    #[must_use]
    pub fn problem(&self, protocol: Protocol) -> Option<&str> {
        self.problems.get(&protocol).map(String::as_str)
    }

    /// Asks every protocol of the place.
    pub async fn probe(place: &Place, account: Option<&Account>) -> Self {
        let mut declared = Self::default();
        for protocol in Protocol::ALL {
            if place.reach(Endpoint::default_of(protocol)).is_none() {
                continue;
            }
            let result = match protocol {
                Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
                    declared.probe_smtp(place, protocol, account).await
                }
                Protocol::Pop3 => declared.probe_pop3(place, account).await,
                Protocol::Imap => declared.probe_imap(place, account).await,
            };
            if let Err(error) = result {
                declared.problems.insert(protocol, error.to_string());
            }
        }
        declared
    }

    async fn probe_smtp(
        &mut self,
        place: &Place,
        protocol: Protocol,
        account: Option<&Account>,
    ) -> Result<(), ClientError> {
        let Some(dial) = place.dial(Endpoint::default_of(protocol)) else { return Ok(()) };
        let dialect = if protocol == Protocol::Lmtp { Dialect::Lmtp } else { Dialect::Smtp };
        let client = SmtpClient::open(dial, dialect, Arc::new(Recorder::new()), "probe").await?;
        self.greet(protocol, client.greeting());
        self.add(protocol, client.extensions());
        client.quit().await;
        self.probe_encrypted(place, protocol, account).await;
        Ok(())
    }

    async fn probe_pop3(&mut self, place: &Place, account: Option<&Account>) -> Result<(), ClientError> {
        let Some(dial) = place.dial(Endpoint::Pop3) else { return Ok(()) };
        let mut client = Pop3Client::open(dial, Arc::new(Recorder::new()), "probe").await?;
        self.greet(Protocol::Pop3, client.greeting());
        let mut before = client.capabilities().await?;
        if !before.is_empty() {
            // That it can be asked is a capability too (RFC 2449), one that no list names.
            before.push("CAPA".to_owned());
        }
        self.add(Protocol::Pop3, &before);
        if !self.has(Protocol::Pop3, "USER") && self.offers_tls(Protocol::Pop3) {
            client.start_tls().await?;
        }
        self.probe_encrypted(place, Protocol::Pop3, account).await;
        if let Some(account) = account {
            client.login(&account.user, &account.secret).await?;
            let after = client.capabilities().await?;
            self.add(Protocol::Pop3, &after);
        }
        client.quit().await
    }

    async fn probe_imap(&mut self, place: &Place, account: Option<&Account>) -> Result<(), ClientError> {
        let Some(dial) = place.dial(Endpoint::Imap) else { return Ok(()) };
        let mut client = ImapClient::open(dial, Arc::new(Recorder::new()), "probe").await?;
        self.greet(Protocol::Imap, client.greeting());
        let before = client.capabilities().await?;
        self.add(Protocol::Imap, &before);
        if self.has(Protocol::Imap, "LOGINDISABLED") {
            client.start_tls().await?;
        }
        self.probe_encrypted(place, Protocol::Imap, account).await;
        if let Some(account) = account {
            client.login(&account.user, &account.secret).await?;
            let after = client.capabilities().await?;
            self.add(Protocol::Imap, &after);
        }
        client.logout().await;
        Ok(())
    }

    /// What is declared under TLS and before login alone, as mechanisms that bind to the channel
    /// are; where the account has a client certificate, also to whoever has that, as EXTERNAL is. A
    /// server that offers TLS and lets nobody have it is for the cases to judge.
    async fn probe_encrypted(&mut self, place: &Place, protocol: Protocol, account: Option<&Account>) {
        if !self.offers_tls(protocol) {
            return;
        }
        if let Ok(encrypted) = encrypted(place, protocol).await {
            self.add(protocol, &encrypted);
        }
        let certificate = account.and_then(|account| account.certificate.clone());
        let Some((tls, certificate)) = place.tls.as_ref().zip(certificate) else { return };
        let Ok(tls) = tls.presenting(certificate) else { return };
        let place = Place { tls: Some(tls), ..place.clone() };
        if let Ok(certified) = encrypted(&place, protocol).await {
            self.add(protocol, &certified);
        }
    }

    fn greet(&mut self, protocol: Protocol, line: &[u8]) {
        self.greetings.insert(protocol, escape_line(line));
    }

    fn add(&mut self, protocol: Protocol, lines: &[String]) {
        self.plaintext.entry(protocol).or_insert_with(|| lines.to_vec());
        let known = self.capabilities.entry(protocol).or_default();
        for line in lines {
            let word = line.split(' ').next().unwrap_or_default();
            if word.eq_ignore_ascii_case("STARTTLS") || word.eq_ignore_ascii_case("STLS") {
                self.starttls.insert(protocol);
            }
            if !known.contains(line) {
                known.push(line.clone());
            }
        }
    }
}

/// The capabilities on a connection of its own, straight behind STARTTLS or STLS.
async fn encrypted(place: &Place, protocol: Protocol) -> Result<Vec<String>, ClientError> {
    let Some(dial) = place.dial(Endpoint::default_of(protocol)) else { return Ok(Vec::new()) };
    let recorder = Arc::new(Recorder::new());
    match protocol {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
            let dialect = if protocol == Protocol::Lmtp { Dialect::Lmtp } else { Dialect::Smtp };
            let mut client = SmtpClient::open(dial, dialect, recorder, "probe").await?;
            client.start_tls().await?;
            let lines = client.extensions().to_vec();
            client.quit().await;
            Ok(lines)
        }
        Protocol::Pop3 => {
            let mut client = Pop3Client::open(dial, recorder, "probe").await?;
            client.start_tls().await?;
            let lines = client.capabilities().await?;
            client.quit().await?;
            Ok(lines)
        }
        Protocol::Imap => {
            let mut client = ImapClient::open(dial, recorder, "probe").await?;
            client.start_tls().await?;
            let lines = client.capabilities().await?;
            client.logout().await;
            Ok(lines)
        }
    }
}

fn declares(lines: &[String], capability: &str) -> bool {
    let wanted: Vec<String> = capability.split_whitespace().map(str::to_ascii_lowercase).collect();
    lines.iter().any(|line| {
        let words: Vec<String> = line.split_whitespace().map(str::to_ascii_lowercase).collect();
        words.first() == wanted.first() && wanted.iter().all(|word| words.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_and_not_declared_is_missing() {
        let mut declared = Declared::default();
        declared
            .add(Protocol::Imap, &["IMAP4rev1".to_owned(), "AUTH=PLAIN".to_owned(), "STARTTLS".to_owned()]);
        let expected =
            |capability: &str| Expected { protocol: Protocol::Imap, capability: capability.to_owned() };
        let all = ["IMAP4rev1", "auth=plain", "tls"].map(expected);
        assert!(declared.missing(&all).is_empty());
        declared.problems.insert(Protocol::Pop3, "no connection".to_owned());
        let gone = [expected("UIDPLUS"), Expected { protocol: Protocol::Pop3, capability: "tls".to_owned() }];
        assert_eq!(declared.missing(&gone), ["imap: UIDPLUS", "pop3: tls (no connection)"]);
    }

    #[test]
    fn a_condition_names_a_keyword_and_its_parameters() {
        let mut declared = Declared::default();
        declared.add(Protocol::Smtp, &["AUTH LOGIN PLAIN".to_owned(), "STARTTLS".to_owned()]);
        assert!(declared.has(Protocol::Smtp, "auth plain"));
        assert!(declared.has(Protocol::Smtp, "AUTH"));
        assert!(!declared.has(Protocol::Smtp, "PLAIN"));
        assert!(!declared.has(Protocol::Smtp, "AUTH XOAUTH2"));
        assert!(!declared.has(Protocol::Imap, "AUTH"));
        assert!(declared.offers_tls(Protocol::Smtp));
    }
}
