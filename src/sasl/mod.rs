//! The client's side of SASL exchanges, as pure state machines before base64.
//!
//! How messages travel is the protocols' affair (`run/steps/talk/sasl.rs`). A [`Flaw`] makes one
//! message wrong in one way and leaves all else right, so that what a server refuses is that
//! flaw and nothing beside it. Names are taken as they are, and so are secrets but in SCRAM,
//! where the client prepares them (RFC 5802, section 2.2); PLAIN leaves that to the server (RFC 4616, section 2).

mod cram;
mod scram;
mod simple;

use std::fmt;

pub use scram::Hash;

/// A mechanism that the harness can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Two prompts, name and password; never standardized, widely used.
    Login,
    /// RFC 2195.
    CramMd5,
    /// RFC 5802 and RFC 7677, without channel binding.
    Scram(Hash),
    /// The same, bound to the TLS channel.
    ScramPlus(Hash),
    /// RFC 7628.
    OauthBearer,
    /// Google's forerunner of OAUTHBEARER.
    Xoauth2,
    /// RFC 4422, appendix A.
    External,
}

/// Who speaks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The client: its first message may stand in the command.
    ClientFirst,
    /// The server.
    ServerFirst,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Self; 10] = [
        Self::Plain,
        Self::Login,
        Self::CramMd5,
        Self::Scram(Hash::Sha1),
        Self::Scram(Hash::Sha256),
        Self::ScramPlus(Hash::Sha1),
        Self::ScramPlus(Hash::Sha256),
        Self::OauthBearer,
        Self::Xoauth2,
        Self::External,
    ];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::CramMd5 => "CRAM-MD5",
            Self::Scram(Hash::Sha1) => "SCRAM-SHA-1",
            Self::Scram(Hash::Sha256) => "SCRAM-SHA-256",
            Self::ScramPlus(Hash::Sha1) => "SCRAM-SHA-1-PLUS",
            Self::ScramPlus(Hash::Sha256) => "SCRAM-SHA-256-PLUS",
            Self::OauthBearer => "OAUTHBEARER",
            Self::Xoauth2 => "XOAUTH2",
            Self::External => "EXTERNAL",
        }
    }

    /// Who speaks first.
    #[must_use]
    pub const fn order(self) -> Order {
        match self {
            Self::Login | Self::CramMd5 => Order::ServerFirst,
            _ => Order::ClientFirst,
        }
    }

    /// Whether it hands over a token instead of proving a secret.
    #[must_use]
    pub const fn takes_token(self) -> bool {
        matches!(self, Self::OauthBearer | Self::Xoauth2)
    }

    /// Whether one of its messages can be wrong in this way.
    #[must_use]
    pub const fn can_have(self, flaw: Flaw) -> bool {
        match flaw {
            Flaw::Proof => !matches!(self, Self::External),
            Flaw::Nonce | Flaw::ChannelBinding | Flaw::Extension => {
                matches!(self, Self::Scram(_) | Self::ScramPlus(_))
            }
            Flaw::Downgrade => matches!(self, Self::Scram(_)),
            Flaw::BindingType => matches!(self, Self::ScramPlus(_)),
        }
    }
}

/// What is wrong in the client's messages, all else being right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The secret, or what is computed from it, or the token.
    Proof,
    /// SCRAM: the final message has another nonce than the server gave.
    Nonce,
    /// SCRAM: the final message's `c=` is not the header of the first, or in a PLUS variant the data
    /// of another channel.
    ChannelBinding,
    /// SCRAM: a mandatory extension (`m=`), which nobody knows.
    Extension,
    /// SCRAM: the flag `y`, as of a client that was not told of the PLUS variants: somebody took
    /// them out on the way.
    Downgrade,
    /// SCRAM-PLUS: a type of channel binding that nobody knows.
    BindingType,
}

impl Flaw {
    /// Every flaw with its word in scripts.
    pub const ALL: [(&'static str, Self); 6] = [
        ("proof", Self::Proof),
        ("nonce", Self::Nonce),
        ("channel-binding", Self::ChannelBinding),
        ("extension", Self::Extension),
        ("downgrade", Self::Downgrade),
        ("binding-type", Self::BindingType),
    ];
}

/// Who logs in, and how they prove it.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The login name (authcid).
    pub user: String,
    /// The password.
    pub secret: String,
    /// Whom they want to act as; empty for themselves.
    pub authzid: String,
    /// The bearer token of the OAuth mechanisms.
    pub token: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Credentials {
    /// The secret as it is proved: another one where that is the flaw.
    fn proved<'a>(secret: &'a str, flaw: Option<Flaw>) -> std::borrow::Cow<'a, str> {
        if flaw == Some(Flaw::Proof) { format!("{secret}x").into() } else { secret.into() }
    }
}

/// What a server does against the mechanism's rules, in words for a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What the mechanism asks for.
    pub expected: String,
    /// What came.
    pub actual: String,
}

impl Broken {
    fn new(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self { expected: expected.into(), actual: actual.into() }
    }
}

/// The channel that a PLUS variant binds to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The registered name of the type: `tls-exporter`.
    pub kind: String,
    /// Its data.
    pub data: Vec<u8>,
}

/// A running exchange.
#[derive(Debug)]
pub enum Exchange {
    /// SCRAM.
    Scram(scram::Scram),
    /// CRAM-MD5.
    Cram(cram::Cram),
    /// One of those whose messages depend on nothing that the server says.
    Simple(simple::Simple),
}

impl Exchange {
    /// Begins. The nonce is SCRAM's: printable ASCII without a comma, another one each time.
    /// Only a PLUS variant binds to the channel.
    #[must_use]
    pub fn new(
        mechanism: Mechanism,
        credentials: Credentials,
        flaw: Option<Flaw>,
        nonce: &str,
        binding: Option<Binding>,
    ) -> Self {
        match mechanism {
            Mechanism::Scram(hash) => Self::Scram(scram::Scram::new(hash, credentials, flaw, nonce, None)),
            Mechanism::ScramPlus(hash) => {
                Self::Scram(scram::Scram::new(hash, credentials, flaw, nonce, binding))
            }
            Mechanism::CramMd5 => Self::Cram(cram::Cram::new(credentials, flaw)),
            other => Self::Simple(simple::Simple::new(other, &credentials, flaw)),
        }
    }

    /// The client's next message, after this challenge; the first challenge of a mechanism in
    /// which the client begins is empty, or was never sent (an initial response).
    ///
    /// # Errors
    /// When the challenge breaks the mechanism's rules; the exchange is over.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Broken> {
        match self {
            Self::Scram(scram) => scram.respond(challenge),
            Self::Cram(cram) => cram.respond(challenge),
            Self::Simple(simple) => simple.respond(challenge),
        }
    }

    /// Asked when the server says that all is well: whether it may.
    ///
    /// # Errors
    /// When it owes something, as SCRAM's proof that it knows the secret.
    pub fn succeeded(&self) -> Result<(), Broken> {
        match self {
            Self::Scram(scram) => scram.succeeded(),
            Self::Cram(cram) => cram.succeeded(),
            Self::Simple(simple) => simple.succeeded(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_mechanisms_have_one_name_and_each_begins() {
        let mut names: Vec<&str> = Mechanism::ALL.iter().map(|mechanism| mechanism.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Mechanism::ALL.len());
        for mechanism in Mechanism::ALL {
            let credentials = Credentials { user: "u".into(), secret: "s".into(), ..Credentials::default() };
            let mut exchange = Exchange::new(mechanism, credentials, None, "n", None);
            assert!(exchange.respond(b"").is_ok(), "{}", mechanism.name());
        }
    }

    #[test]
    fn credentials_do_not_show_their_secret() {
        let credentials =
            Credentials { secret: "hidden".into(), token: "hidden".into(), ..Credentials::default() };
        assert!(!format!("{credentials:?}").contains("hidden"));
    }
}
