//! SASL exchanges as pure state machines, after base64: which mechanisms there are, and those
//! that carry a password, PLAIN (RFC 4616) and LOGIN (never standardized, widely used). How
//! challenges travel is the protocols' affair; who looks accounts up is the authenticator.

use super::Verified;
use super::cram::Cram;
use super::scram::{Hash, Scram};
use crate::limits::RecoverableSecrets;
use crate::store::StoredSecret;

/// A mechanism that the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
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
    const ALL: [Self; 5] = [Self::ScramSha256, Self::ScramSha1, Self::CramMd5, Self::Plain, Self::Login];
    /// Those that do without the password itself.
    const WITH_KEYS: [Self; 4] = [Self::ScramSha256, Self::ScramSha1, Self::Plain, Self::Login];

    /// Those that can be offered, given what is kept of passwords; the better first.
    pub(crate) fn offered(secrets: RecoverableSecrets) -> &'static [Self] {
        match secrets {
            RecoverableSecrets::Kept => &Self::ALL,
            RecoverableSecrets::Never => &Self::WITH_KEYS,
        }
    }

    /// The registered name.
    pub(crate) fn name(self) -> &'static str {
        match self {
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
            Self::ScramSha256 | Self::ScramSha1 | Self::Plain => Opening::Client,
            Self::CramMd5 | Self::Login => Opening::Server,
        }
    }

    /// The one of these that has this name; upper and lower case do not matter.
    pub(crate) fn find(offered: &[Self], name: &[u8]) -> Option<Self> {
        offered.iter().copied().find(|mechanism| mechanism.name().as_bytes().eq_ignore_ascii_case(name))
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
    Scram(Scram),
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
    ) -> (Self, Step) {
        let (state, challenge) = match mechanism {
            Mechanism::Plain => (State::Plain, Vec::new()),
            Mechanism::Login => (State::LoginName, b"Username:".to_vec()),
            Mechanism::ScramSha256 => (State::Scram(Scram::new(Hash::Sha256, nonce)), Vec::new()),
            Mechanism::ScramSha1 => (State::Scram(Scram::new(Hash::Sha1, nonce)), Vec::new()),
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
            State::Over => Step::Malformed,
        }
    }

    /// What was asked for by [`Step::LookUp`].
    pub(super) fn supply(&mut self, secret: &StoredSecret) -> Step {
        match &mut self.state {
            State::Cram(cram) => cram.supply(secret),
            State::Scram(scram) => scram.supply(secret),
            State::Plain | State::LoginName | State::LoginPassword(_) | State::Over => Step::Malformed,
        }
    }

    /// The answer to [`Step::Proof`], where the client is let in.
    pub(super) fn admit(&mut self) -> Step {
        match &mut self.state {
            State::Scram(scram) => scram.admit(),
            State::Cram(_) | State::Plain | State::LoginName | State::LoginPassword(_) | State::Over => {
                Step::Malformed
            }
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

fn text(response: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(response).ok()?;
    (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> (Machine, Step) {
        Machine::start(mechanism, initial, "nonce".to_owned(), "mail.example.test")
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
        let all = Mechanism::offered(RecoverableSecrets::Kept);
        assert_eq!(Mechanism::find(all, b"pLaIn"), Some(Mechanism::Plain));
        assert_eq!(Mechanism::find(all, b"X-UNKNOWN"), None);
        assert_eq!(Mechanism::find(all, b"cram-md5"), Some(Mechanism::CramMd5));
        let keys = Mechanism::offered(RecoverableSecrets::Never);
        assert_eq!(Mechanism::find(keys, b"CRAM-MD5"), None);
        assert!(all.iter().filter(|known| **known != Mechanism::CramMd5).eq(keys));
    }
}
