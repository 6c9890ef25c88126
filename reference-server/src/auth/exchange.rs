//! A SASL exchange with the accounts behind it: looks up whom the machine asks for, judges what
//! it found, and says who is let in. Not what the mechanisms say.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::sasl::{Claim, Machine, Mechanism, Step};
use super::scram::{Binding, Bound};
use super::token::Token;
use super::{AuthError, Authenticator, Purpose, Verified, no_randomness, secret};
use crate::channel::Channel;
use crate::store::{Account, ScramKeys, StoreError, StoredSecret};

/// Random octets of a nonce: 24 characters.
const NONCE_OCTETS: usize = 18;

/// A running exchange.
#[derive(Debug)]
pub(crate) struct Exchange {
    machine: Machine,
    /// Who is let in if the proof is right.
    account: Option<Account>,
    /// Whether it may act as the one that the client names.
    may_act: bool,
    /// Whom the client's certificate is for.
    certified: Option<Account>,
    /// Where the client is.
    peer: Option<IpAddr>,
    /// The name that the client has given.
    login: String,
}

/// How far an exchange is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Send this challenge, before base64, and wait for the response.
    Challenge(Vec<u8>),
    /// This account is let in.
    LetIn(Account),
}

impl Authenticator {
    /// Begins an exchange. The initial response is decoded; `None` where the client sent none.
    pub(crate) async fn begin(
        &self,
        mechanism: Mechanism,
        initial: Option<&[u8]>,
        channel: &Channel,
    ) -> Result<(Exchange, Progress), AuthError> {
        self.throttle.admit(channel.peer).await?;
        let mut octets = [0; NONCE_OCTETS];
        SystemRandom::new().fill(&mut octets).map_err(|_| no_randomness())?;
        let nonce = URL_SAFE_NO_PAD.encode(octets);
        let binding = Binding {
            bound: match mechanism {
                Mechanism::ScramSha256Plus | Mechanism::ScramSha1Plus => Bound::Plus,
                _ => Bound::Unbound,
            },
            channel: self.channel(channel),
            admits: self.seams.authentication.admits_binding,
        };
        let (machine, step) = Machine::start(mechanism, initial, nonce, &self.hostname, binding);
        let certified = channel.client.clone();
        let login = certified.as_ref().map(|account| account.address.clone()).unwrap_or_default();
        let peer = channel.peer;
        let mut exchange = Exchange { machine, account: None, may_act: true, certified, peer, login };
        let progress = self.drive_and_note(&mut exchange, step).await?;
        Ok((exchange, progress))
    }

    /// Takes the client's decoded response to the last challenge.
    pub(crate) async fn proceed(
        &self,
        exchange: &mut Exchange,
        response: &[u8],
    ) -> Result<Progress, AuthError> {
        let step = exchange.machine.respond(response);
        self.drive_and_note(exchange, step).await
    }

    /// Drives on, and remembers the outcome where there is one.
    async fn drive_and_note(&self, exchange: &mut Exchange, step: Step) -> Result<Progress, AuthError> {
        let driven = self.drive(exchange, step).await;
        let outcome = match &driven {
            Ok(Progress::Challenge(_)) => return driven,
            Ok(Progress::LetIn(account)) => Ok(account.clone()),
            Err(error) => Err(error.clone()),
        };
        self.note(exchange.peer, &exchange.login, &outcome).await;
        driven
    }

    async fn drive(&self, exchange: &mut Exchange, mut step: Step) -> Result<Progress, AuthError> {
        let admits = &self.seams.authentication;
        loop {
            step = match step {
                Step::Challenge(challenge) => return Ok(Progress::Challenge(challenge)),
                Step::LookUp(claim) => {
                    exchange.login.clone_from(&claim.login);
                    let (account, secret) = self.look_up(&claim).await?;
                    let wanted = claim.authorization.as_deref();
                    exchange.may_act = self.may_act_as(account.as_ref(), wanted).await?;
                    exchange.account = account;
                    exchange.machine.supply(&secret)
                }
                Step::Password(credentials) => {
                    exchange.login.clone_from(&credentials.login);
                    return self.verify(&credentials).await.map(Progress::LetIn);
                }
                Step::Token(token) => match self.owner(&token).await? {
                    Some(account) => return Ok(Progress::LetIn(account)),
                    None => exchange.machine.refuse(),
                },
                Step::External(wanted) => {
                    return self.external(exchange.certified.take(), wanted).await.map(Progress::LetIn);
                }
                Step::Refused => return Err(AuthError::Invalid),
                Step::Digest(verified) if (admits.admits)(verified) => Step::Complete,
                Step::Proof(verified) if exchange.account.is_some() && (admits.admits_proof)(verified) => {
                    match exchange.may_act {
                        true => exchange.machine.admit(),
                        false => return Err(AuthError::NotAsAnother),
                    }
                }
                Step::Digest(_) | Step::Proof(_) => return Err(AuthError::Invalid),
                Step::Complete => {
                    return exchange.account.take().map(Progress::LetIn).ok_or(AuthError::Invalid);
                }
                Step::Malformed => return Err(AuthError::Malformed),
            };
        }
    }

    /// Whom EXTERNAL lets in: the one that the certificate is for, where nobody else is named (RFC
    /// 4422, appendix A.1).
    async fn external(
        &self,
        certified: Option<Account>,
        wanted: Option<String>,
    ) -> Result<Account, AuthError> {
        let Some(certified) = certified else { return Err(AuthError::Invalid) };
        let named = match wanted {
            None => return Ok(certified),
            Some(wanted) => self.resolve(&wanted).await?,
        };
        let same = if named.as_ref() == Some(&certified) { Verified::Right } else { Verified::Wrong };
        match named {
            Some(named) if (self.seams.authentication.admits_identity)(same) => Ok(named),
            _ => Err(AuthError::NotAsAnother),
        }
    }

    /// The account that a token is for, if it is the one that is named, or none is.
    async fn owner(&self, claim: &Token) -> Result<Option<Account>, AuthError> {
        let address = self.tokens().get(&claim.token).cloned();
        let right = if address.is_some() { Verified::Right } else { Verified::Wrong };
        if !(self.seams.authentication.admits_token)(right) {
            return Ok(None);
        }
        let owner = match address.or_else(|| claim.name.clone()) {
            Some(address) => self.resolve(&address).await?,
            None => None,
        };
        match &claim.name {
            Some(name) if self.resolve(name).await? != owner => Ok(None),
            _ => Ok(owner),
        }
    }

    /// The account and what is kept of its password; or nobody's, which cannot be told from it.
    async fn look_up(&self, claim: &Claim) -> Result<(Option<Account>, StoredSecret), AuthError> {
        // RFC 5802, section 5.1: a name that cannot be prepared ends the exchange.
        let login = self.prepared(&claim.login, Purpose::Query).ok_or(AuthError::Invalid)?;
        let account = self.resolve(&claim.login).await?;
        let mut secret = match &account {
            Some(account) => self.store.secret(account.id).await?,
            None => StoredSecret {
                sha256: self.decoy(&login, "SHA-256", &self.nobody.sha256).await?,
                ..self.nobody.clone()
            },
        };
        // Nobody's, and those of accounts that were made before this mechanism was there.
        if account.is_none() || secret.sha1.salt.is_empty() {
            secret.sha1 = self.decoy(&login, "SHA-1", &self.nobody.sha1).await?;
        }
        Ok((account, secret))
    }

    /// Keys that no proof fits, with a salt that is always the same for this login, however it
    /// is spelt: else who asks twice would know that there is no such account.
    async fn decoy(&self, login: &str, hash: &str, keys: &ScramKeys) -> Result<ScramKeys, StoreError> {
        let mut address = login.to_ascii_lowercase();
        if !address.contains('@')
            && let Some(domain) = self.domains.first()
        {
            address = format!("{address}@{domain}");
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.store.decoy_key().await?);
        let tag = hmac::sign(&key, format!("{hash} {address}").as_bytes());
        let salt = tag.as_ref().iter().copied().take(secret::SALT_OCTETS).collect();
        Ok(ScramKeys { salt, ..keys.clone() })
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::super::cram::digest_of;
    use super::super::scram::Hash;
    use super::*;
    use crate::deviation;
    use crate::limits::RecoverableSecrets;
    use crate::store::{AnswerTiming, Storage, Store};

    async fn authenticator(deviations: &[&str]) -> Authenticator {
        let seams = deviation::mount(deviations.iter().copied()).unwrap();
        let store = Store::open(&Storage::Memory, AnswerTiming::AfterCommit).unwrap();
        let all = Authenticator::new(store, vec!["example.test".to_owned()], seams.into()).unwrap();
        let all = all.keeping(RecoverableSecrets::Kept);
        for name in ["alice", "bob"] {
            all.put_account(&format!("{name}@example.test"), &format!("{name}-secret")).await.unwrap();
        }
        all
    }

    fn challenge(progress: Progress) -> String {
        match progress {
            Progress::Challenge(challenge) => String::from_utf8(challenge).unwrap(),
            Progress::LetIn(account) => panic!("{account:?} is let in"),
        }
    }

    /// A SCRAM-SHA-256 client up to its final message: the exchange, and what comes of it.
    async fn scram(
        all: &Authenticator,
        authzid: &str,
        user: &str,
        password: &str,
    ) -> (Exchange, Result<Progress, AuthError>) {
        let (header, bare) = (format!("n,{authzid},"), format!("n={user},r=abc"));
        let first = format!("{header}{bare}");
        let (mut exchange, asked) =
            all.begin(Mechanism::ScramSha256, Some(first.as_bytes()), &Channel::default()).await.unwrap();
        let asked = challenge(asked);
        let (nonce, salt) = asked.strip_prefix("r=").unwrap().split_once(",s=").unwrap();
        let salt = STANDARD.decode(salt.strip_suffix(",i=4096").unwrap()).unwrap();
        let unproven = format!("c={},r={nonce}", STANDARD.encode(header));
        let signed = format!("{bare},{asked},{unproven}");
        let mut salted = [0; 32];
        let (algorithm, _) = Hash::Sha256.pbkdf2();
        ring::pbkdf2::derive(algorithm, secret::ITERATIONS, &salt, password.as_bytes(), &mut salted);
        let key = Hash::Sha256.hmac(&salted, b"Client Key");
        let stored = Hash::Sha256.digest(key.as_ref());
        let signature = Hash::Sha256.hmac(stored.as_ref(), signed.as_bytes());
        let proof: Vec<u8> = key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        let last = format!("{unproven},p={}", STANDARD.encode(proof));
        let progress = all.proceed(&mut exchange, last.as_bytes()).await;
        (exchange, progress)
    }

    #[tokio::test]
    async fn scram_lets_in_whoever_knows_the_password() {
        let all = authenticator(&[]).await;
        for authzid in ["", "a=alice@example.test"] {
            let (mut exchange, progress) = scram(&all, authzid, "alice", "alice-secret").await;
            assert!(challenge(progress.unwrap()).starts_with("v="));
            let Progress::LetIn(account) = all.proceed(&mut exchange, b"").await.unwrap() else {
                panic!("not let in");
            };
            assert_eq!(account.address, "alice@example.test");
        }
    }

    #[tokio::test]
    async fn scram_lets_in_nobody_else() {
        let all = authenticator(&[]).await;
        for (authzid, user, password, error) in [
            ("", "alice", "bob-secret", AuthError::Invalid),
            ("a=bob", "alice", "alice-secret", AuthError::NotAsAnother),
            ("a=bob", "alice", "bob-secret", AuthError::Invalid),
            ("", "nobody", "nobody", AuthError::Invalid),
        ] {
            let (_, progress) = scram(&all, authzid, user, password).await;
            assert_eq!(progress, Err(error), "{authzid} {user}");
        }
    }

    #[tokio::test]
    async fn scram_prepares_names_and_hashes_them_as_they_came() {
        let all = authenticator(&[]).await;
        assert!(scram(&all, "", "ali\u{ad}ce", "alice-secret").await.1.is_ok());
        let first = all.begin(Mechanism::ScramSha256, Some(b"n,,n=a\x07,r=abc"), &Channel::default()).await;
        assert_eq!(first.err(), Some(AuthError::Invalid));
    }

    #[tokio::test]
    async fn an_unchecked_proof_opens_only_accounts_that_exist() {
        let all = authenticator(&["auth-scram-proof-unchecked"]).await;
        assert!(scram(&all, "", "alice", "wrong").await.1.is_ok());
        assert_eq!(scram(&all, "", "nobody", "wrong").await.1, Err(AuthError::Invalid));
        assert!(
            all.verify_password("alice", "wrong", &Channel::default()).await.is_err(),
            "passwords are another seam"
        );
    }

    #[tokio::test]
    async fn an_unknown_user_is_asked_as_a_known_one_is() {
        let all = authenticator(&[]).await;
        for mechanism in [Mechanism::ScramSha256, Mechanism::ScramSha1] {
            let mut salts = Vec::new();
            for user in ["alice", "alice@example.test", "nobody", "NOBODY@example.test", "another"] {
                let first = format!("n,,n={user},r=abc");
                let (_, asked) =
                    all.begin(mechanism, Some(first.as_bytes()), &Channel::default()).await.unwrap();
                let asked = challenge(asked);
                assert!(asked.ends_with(",i=4096"), "{asked}");
                salts.push(asked.split(',').nth(1).unwrap().to_owned());
            }
            assert!(salts.iter().all(|salt| salt.len() == salts[0].len()));
            assert_eq!((&salts[0], &salts[2]), (&salts[1], &salts[3]), "the spelling does not matter");
            assert!(salts[2] != salts[4] && salts[0] != salts[2]);
        }
    }

    #[tokio::test]
    async fn cram_md5_lets_in_by_the_digest_of_its_own_challenge() {
        let all = authenticator(&[]).await;
        let (_, first) = all.begin(Mechanism::CramMd5, None, &Channel::default()).await.unwrap();
        let (mut exchange, second) = all.begin(Mechanism::CramMd5, None, &Channel::default()).await.unwrap();
        let (first, second) = (challenge(first), challenge(second));
        assert_ne!(first, second);
        assert!(second.starts_with('<') && second.ends_with("@localhost>"), "{second}");
        let replayed = format!("alice {}", digest_of("alice-secret", &first));
        let refused = all.proceed(&mut exchange, replayed.as_bytes()).await;
        assert_eq!(refused, Err(AuthError::Invalid));
        for (user, password, right) in
            [("alice", "alice-secret", true), ("alice", "bob-secret", false), ("nobody", "", false)]
        {
            let (mut exchange, asked) =
                all.begin(Mechanism::CramMd5, None, &Channel::default()).await.unwrap();
            let digest = digest_of(password, &challenge(asked));
            let progress = all.proceed(&mut exchange, format!("{user} {digest}").as_bytes()).await;
            assert_eq!(progress.is_ok(), right, "{user} {password}");
        }
    }
}
