//! SASL exchanges as pure state machines, after base64: which mechanisms there are, and those
//! that carry a password, PLAIN (RFC 4616) and LOGIN (never standardized, widely used). How
//! challenges travel is the protocols' affair; who looks accounts up is the authenticator.

use super::Verified;
use super::cram::Cram;
use super::scram::{Binding, Hash, Scram};
use super::token::{Bearer, Token};
use crate::channel::Channel;
use crate::limits::RecoverableSecrets;
use crate::store::StoredSecret;

/// A mechanism that the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// RFC 7677, bound to the TLS channel
    ScramSha256Plus,
    /// RFC 5802, bound to the TLS channel
    ScramSha1Plus,
    /// RFC 7677
    ScramSha256,
    /// RFC 5802
    ScramSha1,
    /// RFC 2195
    CramMd5,
    /// RFC 4616
    Plain,
    /// Two prompts: user name, password.
    Login,
    /// RFC 7628
    OauthBearer,
    /// Its forerunner, never standardized
    Xoauth2,
    /// RFC 4422, appendix A: by the client's certificate
    External,
}

/// Who speaks first in a mechanism (RFC 4422, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// The client: it may send an initial response with the command.
    Client,
    /// The server: a client that sends an initial response breaks the protocol.
    Server,
}

impl Mechanism {
    /// All that are known, the better first.
    const ALL: [Self; 10] = [
        Self::ScramSha256Plus,
        Self::ScramSha1Plus,
        Self::ScramSha256,
        Self::ScramSha1,
        Self::CramMd5,
        Self::Plain,
        Self::Login,
        Self::OauthBearer,
        Self::Xoauth2,
        Self::External,
    ];

    /// Those that can work, given what is kept of passwords, what the channel can be bound by,
    /// whose certificate the client has, and whether there are tokens; the better first.
    pub(crate) fn offered(secrets: RecoverableSecrets, channel: &Channel, tokens: usize) -> Mechanisms {
        let works = |mechanism: &Self| match mechanism {
            Self::ScramSha256Plus | Self::ScramSha1Plus => channel.can_bind(),
            Self::CramMd5 => secrets == RecoverableSecrets::Kept,
            Self::OauthBearer | Self::Xoauth2 => tokens > 0,
            Self::External => channel.client.is_some(),
            Self::ScramSha256 | Self::ScramSha1 | Self::Plain | Self::Login => true,
        };
        Self::ALL.into_iter().filter(works).collect()
    }

    /// The registered name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::OauthBearer => "OAUTHBEARER",
            Self::Xoauth2 => "XOAUTH2",
            Self::External => "EXTERNAL",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::CramMd5 => "CRAM-MD5",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// Who speaks first.
    pub(crate) fn opening(self) -> Opening {
        match self {
            Self::ScramSha256Plus
            | Self::ScramSha1Plus
            | Self::ScramSha256
            | Self::ScramSha1
            | Self::Plain
            | Self::OauthBearer
            | Self::Xoauth2
            | Self::External => Opening::Client,
            Self::CramMd5 | Self::Login => Opening::Server,
        }
    }
}

/// Some of the mechanisms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mechanisms([Option<Mechanism>; Mechanism::ALL.len()]);

impl Mechanisms {
    /// Each of them, the better first.
    pub(crate) fn iter(self) -> impl Iterator<Item = Mechanism> {
        self.0.into_iter().flatten()
    }

    /// The one of these that has this name; upper and lower case do not matter.
    pub(crate) fn find(self, name: &[u8]) -> Option<Mechanism> {
        self.iter().find(|mechanism| mechanism.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// One mechanism alone.
    #[cfg(test)]
    pub(crate) const fn only(mechanism: Mechanism) -> Self {
        let mut all = [None; Mechanism::ALL.len()];
        all[0] = Some(mechanism);
        Self(all)
    }
}

impl FromIterator<Mechanism> for Mechanisms {
    fn from_iter<I: IntoIterator<Item = Mechanism>>(mechanisms: I) -> Self {
        let mut all = [None; Mechanism::ALL.len()];
        for (place, mechanism) in all.iter_mut().zip(mechanisms) {
            *place = Some(mechanism);
        }
        Self(all)
    }
}

/// Who somebody claims to be, with the proof.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// Whom they want to act as, if they said so (authzid).
    pub(crate) authorization: Option<String>,
    /// The login name (authcid).
    pub(crate) login: String,
    /// The password.
    pub(crate) password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({:?}, ..)", self.login)
    }
}

/// Who somebody says they are, before any proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Whom they want to act as, if they said so (authzid).
    pub(crate) authorization: Option<String>,
    /// The login name (authcid).
    pub(crate) login: String,
}

/// What comes next in an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Send this challenge, and wait for the response.
    Challenge(Vec<u8>),
    /// Look up what is kept of this account's password, and [`Machine::supply`] it; for an
    /// unknown account, something in its place that cannot be told from it.
    LookUp(Claim),
    /// The exchange is complete: verify the password.
    Password(Credentials),
    /// Judge the token; where it lets nobody in, [`Machine::refuse`].
    Token(Token),
    /// The exchange is complete: whoever the certificate is for wants to act as this one, or as
    /// itself.
    External(Option<String>),
    /// The exchange is complete, and the client is not let in.
    Refused,
    /// The exchange is complete: a keyed digest was right or wrong.
    Digest(Verified),
    /// The client's proof was right or wrong; if it is let in, [`Machine::admit`].
    Proof(Verified),
    /// The exchange is complete: whoever was looked up is let in.
    Complete,
    /// The client broke the mechanism's rules: the exchange has failed.
    Malformed,
}

/// A running exchange of any mechanism.
#[derive(Debug)]
pub(super) struct Machine {
    state: State,
}

#[derive(Debug)]
enum State {
    Plain,
    LoginName,
    LoginPassword(String),
    Cram(Cram),
    Scram(Box<Scram>),
    Bearer(Bearer),
    External,
    Over,
}

impl Machine {
    /// Begins. The initial response is decoded; `None` where the client sent none. The nonce
    /// has letters, digits, `-` and `_`, and is used once; the host is the server's name.
    pub(super) fn start(
        mechanism: Mechanism,
        initial: Option<&[u8]>,
        nonce: String,
        host: &str,
        channel: Binding,
    ) -> (Self, Step) {
        let (state, challenge) = match mechanism {
            Mechanism::Plain => (State::Plain, Vec::new()),
            Mechanism::Login => (State::LoginName, b"Username:".to_vec()),
            Mechanism::ScramSha256Plus | Mechanism::ScramSha256 => {
                (State::Scram(Box::new(Scram::new(Hash::Sha256, nonce, channel))), Vec::new())
            }
            Mechanism::ScramSha1Plus | Mechanism::ScramSha1 => {
                (State::Scram(Box::new(Scram::new(Hash::Sha1, nonce, channel))), Vec::new())
            }
            Mechanism::OauthBearer | Mechanism::Xoauth2 => {
                (State::Bearer(Bearer::new(mechanism)), Vec::new())
            }
            Mechanism::External => (State::External, Vec::new()),
            Mechanism::CramMd5 => {
                let cram = Cram::new(format!("<{nonce}@{host}>"));
                let challenge = cram.challenge().to_vec();
                (State::Cram(cram), challenge)
            }
        };
        let mut machine = Self { state };
        let step = match initial {
            None => Step::Challenge(challenge),
            Some(response) => machine.respond(response),
        };
        (machine, step)
    }

    /// Takes the client's decoded response to the last challenge.
    pub(super) fn respond(&mut self, response: &[u8]) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Plain => plain(response).map_or(Step::Malformed, Step::Password),
            State::LoginName => match text(response) {
                Some(login) => {
                    self.state = State::LoginPassword(login);
                    Step::Challenge(b"Password:".to_vec())
                }
                None => Step::Malformed,
            },
            State::LoginPassword(login) => match text(response) {
                Some(password) => Step::Password(Credentials { authorization: None, login, password }),
                None => Step::Malformed,
            },
            State::Cram(mut cram) => {
                let step = cram.respond(response);
                self.state = State::Cram(cram);
                step
            }
            State::Scram(mut scram) => {
                let step = scram.respond(response);
                self.state = State::Scram(scram);
                step
            }
            State::Bearer(mut bearer) => {
                let step = bearer.respond(response);
                self.state = State::Bearer(bearer);
                step
            }
            State::External => external(response).map_or(Step::Malformed, Step::External),
            State::Over => Step::Malformed,
        }
    }

    /// The answer to [`Step::Token`], where nobody is let in.
    pub(super) fn refuse(&mut self) -> Step {
        match &mut self.state {
            State::Bearer(bearer) => bearer.refuse(),
            _ => Step::Malformed,
        }
    }

    /// What was asked for by [`Step::LookUp`].
    pub(super) fn supply(&mut self, secret: &StoredSecret) -> Step {
        match &mut self.state {
            State::Cram(cram) => cram.supply(secret),
            State::Scram(scram) => scram.supply(secret),
            State::Plain
            | State::LoginName
            | State::LoginPassword(_)
            | State::Bearer(_)
            | State::External
            | State::Over => Step::Malformed,
        }
    }

    /// The answer to [`Step::Proof`], where the client is let in.
    pub(super) fn admit(&mut self) -> Step {
        match &mut self.state {
            State::Scram(scram) => scram.admit(),
            _ => Step::Malformed,
        }
    }
}

/// `message = [authzid] UTF8NUL authcid UTF8NUL passwd` (RFC 4616, section 2): UTF-8, and
/// neither authcid nor passwd may be empty.
fn plain(message: &[u8]) -> Option<Credentials> {
    let message = std::str::from_utf8(message).ok()?;
    let mut parts = message.split('\0');
    let (authzid, login, password) = (parts.next()?, parts.next()?, parts.next()?);
    if login.is_empty() || password.is_empty() || parts.next().is_some() {
        return None;
    }
    Some(Credentials {
        authorization: (!authzid.is_empty()).then(|| authzid.to_owned()),
        login: login.to_owned(),
        password: password.to_owned(),
    })
}

/// `external-initial-resp = authz-id-string` (RFC 4422, appendix A.1): UTF-8 without NUL; empty where
/// the client wants to act as the one that its certificate is for.
fn external(message: &[u8]) -> Option<Option<String>> {
    let message = std::str::from_utf8(message).ok()?;
    (!message.contains('\0')).then(|| (!message.is_empty()).then(|| message.to_owned()))
}

fn text(response: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(response).ok()?;
    (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> (Machine, Step) {
        Machine::start(mechanism, initial, "nonce".to_owned(), "mail.example.test", Binding::none())
    }

    fn run(mechanism: Mechanism, initial: Option<&[u8]>) -> Step {
        start(mechanism, initial).1
    }

    #[test]
    fn plain_in_one_message() {
        // RFC 4616, section 4: user tim, password tanstaaftanstaaf.
        let Step::Password(found) = run(Mechanism::Plain, Some(b"\0tim\0tanstaaftanstaaf")) else {
            panic!("not complete");
        };
        assert_eq!(found.login, "tim");
        assert_eq!(found.password, "tanstaaftanstaaf");
        assert_eq!(found.authorization, None);
    }

    #[test]
    fn plain_may_name_an_authorization_identity() {
        let Step::Password(found) = run(Mechanism::Plain, Some(b"Ursel\0Kurt\0xipj3plmq")) else {
            panic!("not complete");
        };
        assert_eq!(found.authorization.as_deref(), Some("Ursel"));
    }

    #[test]
    fn plain_refuses_what_its_grammar_does() {
        for bad in
            [&b""[..], b"tim", b"\0tim", b"\0tim\0", b"\0\0secret", b"\0tim\0sec\0ret", b"\0t\xff\0secret"]
        {
            assert_eq!(run(Mechanism::Plain, Some(bad)), Step::Malformed, "{bad:?}");
        }
    }

    #[test]
    fn external_names_whom_to_act_as_or_nobody() {
        assert_eq!(run(Mechanism::External, Some(b"")), Step::External(None));
        let wanted = Some("fred@example.com".to_owned());
        assert_eq!(run(Mechanism::External, Some(b"fred@example.com")), Step::External(wanted));
        for bad in [&b"fred\0"[..], b"\xff"] {
            assert_eq!(run(Mechanism::External, Some(bad)), Step::Malformed, "{bad:?}");
        }
    }

    #[test]
    fn who_speaks_first_shows_in_the_first_challenge() {
        for mechanism in Mechanism::ALL {
            let Step::Challenge(challenge) = run(mechanism, None) else {
                panic!("{mechanism:?} begins without a challenge");
            };
            assert_eq!(challenge.is_empty(), mechanism.opening() == Opening::Client, "{mechanism:?}");
        }
    }

    #[test]
    fn login_asks_twice() {
        let (mut exchange, step) = start(Mechanism::Login, None);
        assert_eq!(step, Step::Challenge(b"Username:".to_vec()));
        assert_eq!(exchange.respond(b"bob"), Step::Challenge(b"Password:".to_vec()));
        let Step::Password(found) = exchange.respond(b"pw") else {
            panic!("not complete");
        };
        assert_eq!((found.login.as_str(), found.password.as_str()), ("bob", "pw"));
        assert_eq!(exchange.respond(b"more"), Step::Malformed);
    }

    #[test]
    fn names_are_read_in_any_case_and_only_where_they_are_offered() {
        let plaintext = Channel::default();
        let all = Mechanism::offered(RecoverableSecrets::Kept, &plaintext, 0);
        assert_eq!(all.find(b"pLaIn"), Some(Mechanism::Plain));
        assert_eq!(all.find(b"X-UNKNOWN"), None);
        assert_eq!(all.find(b"cram-md5"), Some(Mechanism::CramMd5));
        assert_eq!(all.find(b"SCRAM-SHA-1-PLUS"), None);
        assert_eq!(all.find(b"OAUTHBEARER"), None);
        let keys = Mechanism::offered(RecoverableSecrets::Never, &plaintext, 0);
        assert!(all.iter().filter(|known| *known != Mechanism::CramMd5).eq(keys.iter()));
        let account = crate::store::Account {
            id: crate::store::AccountId(1),
            address: "a@b.test".to_owned(),
            limited: false,
        };
        assert_eq!(all.find(b"EXTERNAL"), None);
        let tls = Channel { client: Some(account), ..Channel::default().certified(b"hash") };
        assert!(Mechanism::offered(RecoverableSecrets::Kept, &tls, 1).iter().eq(Mechanism::ALL));
    }
}
