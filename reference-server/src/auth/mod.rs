//! Who is who: secrets as SCRAM keys, passwords verified against them, and the SASL
//! mechanisms. Not how a protocol words success and failure.

mod apop;
mod certificate;
mod cram;
mod exchange;
mod prepare;
mod sasl;
mod scram;
mod secret;
mod throttle;
mod token;

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::channel::Channel;
use crate::deviation::Seams;
use crate::limits::RecoverableSecrets;
use crate::store::{Account, AccountId, Store, StoreError, StoredSecret};

#[cfg(test)]
pub(crate) use apop::digest_of as apop_digest;
pub(crate) use certificate::{CertificateTrust, Fingerprint};
#[cfg(test)]
pub(crate) use cram::digest_of as cram_digest;
pub(crate) use exchange::{Exchange, Progress};
pub(crate) use prepare::{Purpose, prepare};
pub(crate) use sasl::{Credentials, Mechanism, Mechanisms, Opening};
use throttle::Throttle;

/// Verified passwords that are remembered at most.
const REMEMBERED: usize = 10_000;

/// Why somebody is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// The user's fault: no such account, or wrong password. Which of these it is is not told.
    Invalid,
    /// The user is who it says it is, and may not act as the one it names.
    NotAsAnother,
    /// The client broke the rules of the SASL mechanism.
    Malformed,
    /// Too many attempts from this address wait already: try again later. Nothing was looked at.
    TooMany,
    /// The server's fault: try again later.
    Temporary(StoreError),
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        Self::Temporary(error)
    }
}

/// Why an account was not made, or has no new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PutError {
    /// SASLprep (RFC 4013) has characters in the password that cannot be in a stored one, or finds
    /// none in it.
    Password,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for PutError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl std::fmt::Display for PutError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password => f.write_str(
                "the password is empty, or has characters that cannot be in one: control characters, \
                 and what Unicode 3.2 does not know (RFC 4013)",
            ),
            Self::Store(error) => error.fmt(f),
        }
    }
}

/// Verifies passwords and proofs.
pub(crate) struct Authenticator {
    store: Store,
    /// The domains in which a login without a domain is looked for.
    domains: Vec<String>,
    /// The server's name, which stands in challenges.
    hostname: String,
    recoverable: RecoverableSecrets,
    seams: Arc<Seams>,
    /// Of this process only: what is remembered is worth nothing elsewhere.
    key: hmac::Key,
    remembered: Mutex<HashMap<AccountId, hmac::Tag>>,
    /// Bearer tokens with the address that each is for; of this run only.
    tokens: Mutex<HashMap<String, String>>,
    /// The hash of the server's certificate; empty where there is none.
    end_point: Vec<u8>,
    /// Which client certificates are believed.
    certificates: CertificateTrust,
    throttle: Throttle,
    /// What an unknown login is verified against, so that its refusal takes as long.
    nobody: StoredSecret,
}

impl Authenticator {
    /// An authenticator over the accounts of the store. Blocks for about a millisecond.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(crate) fn new(store: Store, domains: Vec<String>, seams: Arc<Seams>) -> Result<Self, StoreError> {
        let random = SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random).map_err(|_| no_randomness())?;
        Ok(Self {
            store,
            domains,
            hostname: "localhost".to_owned(),
            recoverable: RecoverableSecrets::Never,
            seams,
            key,
            remembered: Mutex::default(),
            tokens: Mutex::default(),
            end_point: Vec::new(),
            certificates: CertificateTrust::default(),
            throttle: Throttle::new(Duration::ZERO),
            nobody: derive("nobody", RecoverableSecrets::Never, &random)?,
        })
    }

    /// With this name of the server in challenges.
    pub(crate) fn named(mut self, hostname: String) -> Self {
        self.hostname = hostname;
        self
    }

    /// Keeping passwords, or not.
    pub(crate) fn keeping(mut self, policy: RecoverableSecrets) -> Self {
        self.recoverable = policy;
        self
    }

    /// With waits behind failed logins, up to this one.
    pub(crate) fn delaying(mut self, longest: Duration) -> Self {
        self.throttle = Throttle::new(longest);
        self
    }

    /// With a certificate of this hash.
    pub(crate) fn certified(mut self, end_point: Vec<u8>) -> Self {
        self.end_point = end_point;
        self
    }

    /// The mechanisms that can work over a channel, the better first.
    pub(crate) fn mechanisms(&self, channel: &Channel) -> Mechanisms {
        Mechanism::offered(self.recoverable, &self.channel(channel), self.tokens().len())
    }

    /// The channel with what only the server knows of it; a plaintext one stays as it is.
    fn channel(&self, channel: &Channel) -> Channel {
        match channel.under_tls {
            true => channel.clone().certified(&self.end_point),
            false => Channel::default(),
        }
    }

    /// Takes a bearer token for an address, from here on and in place of another of that text.
    pub(crate) fn put_token(&self, token: &str, address: &str) {
        self.tokens().insert(token.to_owned(), address.to_owned());
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an account, or gives it a new password.
    pub(crate) async fn put_account(&self, address: &str, password: &str) -> Result<Account, PutError> {
        Ok(self.put_derived(address, &self.derive(password).await?).await?)
    }

    /// Derives the keys of a password, for one account or many.
    pub(crate) async fn derive(&self, password: &str) -> Result<DerivedSecret, PutError> {
        let password = self.prepared(password, Purpose::Stored).ok_or(PutError::Password)?;
        let (known, keeping) = (password.clone().into_owned(), self.recoverable);
        let keys = blocking(move || derive(&known, keeping, &SystemRandom::new())).await??;
        let tag = self.fingerprint(&keys, &password);
        Ok(DerivedSecret { keys, tag })
    }

    /// Makes an account, or gives it a new password. Who makes it knows the password, so the
    /// first login need not be verified the slow way either.
    pub(crate) async fn put_derived(
        &self,
        address: &str,
        secret: &DerivedSecret,
    ) -> Result<Account, StoreError> {
        let account = self.store.put_account(address, secret.keys.clone()).await?;
        self.remember(account.id, secret.tag);
        Ok(account)
    }

    /// Verifies what a SASL exchange (or USER and PASS, or LOGIN) brought.
    pub(crate) async fn verify(&self, credentials: &Credentials) -> Result<Account, AuthError> {
        let password = self.prepared(&credentials.password, Purpose::Query);
        let Some(password) = password else { return Err(AuthError::Invalid) };
        let account = self.resolve(&credentials.login).await?;
        let may = self.may_act_as(account.as_ref(), credentials.authorization.as_deref()).await?;
        let right = self.password_fits(account.as_ref(), &password).await?;
        match account {
            Some(account) if (self.seams.authentication.admits)(right) => match may {
                true => Ok(account),
                false => Err(AuthError::NotAsAnother),
            },
            _ => Err(AuthError::Invalid),
        }
    }

    /// Is the account the one that it wants to act as? Nobody may act as somebody else here.
    async fn may_act_as(&self, account: Option<&Account>, wanted: Option<&str>) -> Result<bool, StoreError> {
        match wanted {
            None => Ok(true),
            Some(wanted) => Ok(self.resolve(wanted).await?.as_ref() == account),
        }
    }

    /// Verifies a login name and a password that came over this channel.
    pub(crate) async fn verify_password(
        &self,
        login: &str,
        password: &str,
        channel: &Channel,
    ) -> Result<Account, AuthError> {
        self.throttle.admit(channel.peer).await?;
        let credentials =
            Credentials { authorization: None, login: login.to_owned(), password: password.to_owned() };
        let verified = self.verify(&credentials).await;
        self.note(channel.peer, login, &verified).await;
        verified
    }

    /// Remembers what came of an attempt to log in by this name.
    async fn note(&self, peer: Option<IpAddr>, login: &str, verified: &Result<Account, AuthError>) {
        match verified {
            Ok(account) => self.throttle.succeeded(peer, account.id),
            Err(AuthError::Invalid | AuthError::NotAsAnother | AuthError::Malformed) => {
                let account = self.resolve(login).await.ok().flatten();
                self.throttle.failed(peer, account.map(|account| account.id));
            }
            Err(AuthError::TooMany | AuthError::Temporary(_)) => {}
        }
    }

    /// A name or a password prepared as it is before it is compared or stored.
    fn prepared<'t>(&self, text: &'t str, purpose: Purpose) -> Option<Cow<'t, str>> {
        (self.seams.authentication.prepares)(text, purpose)
    }

    /// The account of a login, a full address or its local part: the one whose name is that when both
    /// are prepared. One that cannot be prepared is nobody's.
    pub(crate) async fn resolve(&self, login: &str) -> Result<Option<Account>, StoreError> {
        let Some(prepared) = self.prepared(login, Purpose::Query) else { return Ok(None) };
        match self.find(&prepared).await? {
            // Addresses of accounts are kept as they are written in mail, which may be otherwise.
            None if prepared != login => self.find(login).await,
            found => Ok(found),
        }
    }

    async fn find(&self, login: &str) -> Result<Option<Account>, StoreError> {
        if login.contains('@') {
            return self.store.account(login).await;
        }
        for domain in &self.domains {
            let found = self.store.account(&format!("{login}@{domain}")).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn password_fits(&self, account: Option<&Account>, password: &str) -> Result<Verified, StoreError> {
        let secret = match account {
            Some(account) => self.store.secret(account.id).await?,
            None => self.nobody.clone(),
        };
        let tag = self.fingerprint(&secret, password);
        if let Some(account) = account
            && self.memory().get(&account.id).map(AsRef::as_ref) == Some(tag.as_ref())
        {
            return Ok(Verified::Right);
        }
        let given = password.to_owned();
        let right = blocking(move || secret::verify(given.as_bytes(), &secret)).await?;
        match account {
            Some(account) if right => {
                self.remember(account.id, tag);
                Ok(Verified::Right)
            }
            _ => Ok(Verified::Wrong),
        }
    }

    fn remember(&self, account: AccountId, tag: hmac::Tag) {
        let mut memory = self.memory();
        if memory.len() >= REMEMBERED {
            memory.clear();
        }
        memory.insert(account, tag);
    }

    /// What is remembered of a password: worth nothing once the account has another secret,
    /// since the salted key goes into it.
    fn fingerprint(&self, secret: &StoredSecret, password: &str) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&secret.sha256.stored_key);
        context.update(password.as_bytes());
        context.sign()
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, hmac::Tag>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A password made into the keys that are kept of it: costly once, for all accounts that are to have it.
/// They have one salt too, so that whoever reads the store sees that their passwords are the same.
#[derive(Clone)]
pub struct DerivedSecret {
    keys: StoredSecret,
    tag: hmac::Tag,
}

impl std::fmt::Debug for DerivedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DerivedSecret(..)")
    }
}

/// Was the password the right one?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verified {
    /// It was.
    Right,
    /// It was not, or there is no such account.
    Wrong,
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Io(error.to_string()))
}

fn derive(
    password: &str,
    keeping: RecoverableSecrets,
    random: &dyn SecureRandom,
) -> Result<StoredSecret, StoreError> {
    secret::derive(password, keeping, random).map_err(|_| no_randomness())
}

fn no_randomness() -> StoreError {
    StoreError::Io("the system has no randomness".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{AnswerTiming, Storage};

    async fn authenticator() -> Authenticator {
        let store = Store::open(&Storage::Memory, AnswerTiming::AfterCommit).unwrap();
        let domains = vec!["example.test".to_owned()];
        let all = Authenticator::new(store, domains, Arc::default()).unwrap();
        for name in ["alice", "bob"] {
            let address = format!("{name}@example.test");
            let password = format!("{name}-secret");
            all.put_account(&address, &password).await.unwrap();
        }
        all
    }

    #[tokio::test]
    async fn login_by_address_or_local_part() {
        let all = authenticator().await;
        for login in ["alice", "ALICE@Example.Test", "alice@example.test"] {
            for _again in 0..2 {
                let found = all.verify_password(login, "alice-secret", &Channel::default()).await.unwrap();
                assert_eq!(found.address, "alice@example.test");
            }
            assert_eq!(
                all.verify_password(login, "bob-secret", &Channel::default()).await,
                Err(AuthError::Invalid)
            );
        }
        assert!(all.verify_password("carol", "x", &Channel::default()).await.is_err());
    }

    #[tokio::test]
    async fn a_new_password_ends_the_memory_of_the_old_one() {
        let all = authenticator().await;
        all.verify_password("alice", "alice-secret", &Channel::default()).await.unwrap();
        all.put_account("alice@example.test", "new").await.unwrap();
        assert!(all.verify_password("alice", "alice-secret", &Channel::default()).await.is_err());
        assert!(all.verify_password("alice", "new", &Channel::default()).await.is_ok());
    }

    #[tokio::test]
    async fn names_and_passwords_are_prepared_on_both_sides() {
        let all = authenticator().await;
        all.put_account("alice@example.test", "I\u{ad}X-p\u{e4}ss").await.unwrap();
        for (login, password) in [
            ("alice", "IX-p\u{e4}ss"),
            ("alice", "\u{2168}-pa\u{308}ss"),
            ("ali\u{ad}ce", "IX-p\u{e4}ss"),
            ("\u{ff41}lice@example.test", "IX-p\u{e4}ss"),
        ] {
            assert!(
                all.verify_password(login, password, &Channel::default()).await.is_ok(),
                "{login:?} {password:?}"
            );
        }
        for (login, password) in [
            ("alice", "IX-p\u{e4}ss\u{7}"),
            ("alice\u{7}", "IX-p\u{e4}ss"),
            ("alice", "\u{ad}"),
            ("\u{ad}", "x"),
        ] {
            let refused = all.verify_password(login, password, &Channel::default()).await;
            assert_eq!(refused, Err(AuthError::Invalid), "{login:?} {password:?}");
        }
        for password in ["", "\u{7}", "a\u{1f511}"] {
            let refused = all.put_account("alice@example.test", password).await;
            assert_eq!(refused, Err(PutError::Password), "{password:?}");
        }
        assert!(
            all.verify_password("alice", "IX-p\u{e4}ss", &Channel::default()).await.is_ok(),
            "the password stays"
        );
    }

    #[tokio::test]
    async fn guessing_is_slow_by_every_way_and_a_right_password_is_forgiven() {
        let all = authenticator().await.delaying(Duration::from_secs(10));
        let from = |last: u8| Channel { peer: Some(IpAddr::from([192, 0, 2, last])), ..Channel::default() };
        let wrong = b"\0alice\0wrong";
        for _ in 0..2 {
            assert!(all.verify_password("alice", "wrong", &from(1)).await.is_err());
            assert!(all.begin(Mechanism::Plain, Some(wrong), &from(1)).await.is_err());
        }
        let began = std::time::Instant::now();
        assert!(all.verify_password("alice", "alice-secret", &from(2)).await.is_ok());
        assert!(began.elapsed() < Duration::from_millis(400), "another address");
        assert!(all.verify_password("alice", "alice-secret", &from(1)).await.is_ok());
        assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
        let began = std::time::Instant::now();
        assert!(all.verify_password("alice", "alice-secret", &from(1)).await.is_ok());
        assert!(began.elapsed() < Duration::from_millis(400), "forgiven");
    }

    #[tokio::test]
    async fn nobody_acts_as_another() {
        let all = authenticator().await;
        let mut credentials = Credentials {
            authorization: Some("alice@example.test".to_owned()),
            login: "alice".to_owned(),
            password: "alice-secret".to_owned(),
        };
        assert!(all.verify(&credentials).await.is_ok());
        credentials.authorization = Some("bob".to_owned());
        assert_eq!(all.verify(&credentials).await, Err(AuthError::NotAsAnother));
        credentials.authorization = Some("nobody".to_owned());
        assert_eq!(all.verify(&credentials).await, Err(AuthError::NotAsAnother));
        credentials.password = "wrong".to_owned();
        assert_eq!(all.verify(&credentials).await, Err(AuthError::Invalid));
    }
}
