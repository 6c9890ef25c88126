//! SCRAM (RFC 5802, with SHA-256 as in RFC 7677), in the PLUS variants bound to the channel.
//!
//! The server is not trusted: its nonce must begin with ours, its iteration count is bounded,
//! and only its signature makes a success of the exchange (RFC 5802, section 5).

use std::borrow::Cow;
use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};

use super::simple::escaped;
use super::{Binding, Broken, Credentials, Flaw};

/// Iterations that are still computed: at more, a server only wants us busy.
const MAX_ITERATIONS: u32 = 5_000_000;

/// The hash function of a SCRAM mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SCRAM-SHA-1.
    Sha1,
    /// SCRAM-SHA-256.
    Sha256,
}

impl Hash {
    fn hmac(self, key: &[u8], text: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), text).as_ref().to_vec()
    }

    fn hash(self, text: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest::digest(algorithm, text).as_ref().to_vec()
    }

    /// `Hi(str, salt, i)` (RFC 5802, section 2.2), which is PBKDF2 with one block.
    fn salted(self, secret: &[u8], salt: &[u8], iterations: NonZeroU32) -> Vec<u8> {
        let (algorithm, length) = match self {
            Self::Sha1 => (pbkdf2::PBKDF2_HMAC_SHA1, digest::SHA1_OUTPUT_LEN),
            Self::Sha256 => (pbkdf2::PBKDF2_HMAC_SHA256, digest::SHA256_OUTPUT_LEN),
        };
        let mut out = vec![0; length];
        pbkdf2::derive(algorithm, iterations, salt, secret, &mut out);
        out
    }
}

/// `Normalize(str)` (RFC 5802, section 2.2): SASLprep of a stored string. What SASLprep refuses is taken as
/// it is: no server can know it.
fn normalized(secret: &str) -> Cow<'_, str> {
    stringprep::saslprep(secret).unwrap_or(Cow::Borrowed(secret))
}

/// A running SCRAM exchange.
#[derive(Debug)]
pub struct Scram {
    hash: Hash,
    credentials: Credentials,
    flaw: Option<Flaw>,
    nonce: String,
    /// What a PLUS variant binds to.
    binding: Option<Binding>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing is said.
    Begin,
    /// `client-first-message` is said; what of it is signed.
    First { bare: String },
    /// `client-final-message` is said; the signature that the server owes.
    Final { signature: Vec<u8> },
    /// The server gave its signature.
    Proven,
    /// The server said `e=`.
    Refused,
    /// Nothing more can come of it.
    Over,
}

impl Scram {
    pub(super) fn new(
        hash: Hash,
        credentials: Credentials,
        flaw: Option<Flaw>,
        nonce: &str,
        binding: Option<Binding>,
    ) -> Self {
        Self { hash, credentials, flaw, nonce: nonce.to_owned(), binding, state: State::Begin }
    }

    pub(super) fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Broken> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Begin => Ok(self.first()),
            State::First { bare } => self.last(&bare, challenge),
            State::Final { signature } => self.verify(&signature, challenge),
            State::Proven | State::Refused | State::Over => {
                Err(Broken::new("the outcome, since SCRAM's messages are all said", quote(challenge)))
            }
        }
    }

    pub(super) fn succeeded(&self) -> Result<(), Broken> {
        match self.state {
            State::Proven => Ok(()),
            _ => Err(Broken::new("the server's signature (v=) before success", "success without it")),
        }
    }

    /// `gs2-header` (RFC 5802, section 7).
    fn header(&self) -> String {
        let flag = match (&self.binding, self.flaw) {
            (Some(_), Some(Flaw::BindingType)) => "p=tls-nothing".to_owned(),
            (Some(binding), _) => format!("p={}", binding.kind),
            (None, Some(Flaw::Downgrade)) => "y".to_owned(),
            (None, _) => "n".to_owned(),
        };
        match self.credentials.authzid.as_str() {
            "" => format!("{flag},,"),
            authzid => format!("{flag},a={},", escaped(authzid)),
        }
    }

    /// `cbind-input = gs2-header [ cbind-data ]`
    fn binding_input(&self) -> Vec<u8> {
        let mut input = match (&self.binding, self.flaw) {
            (None, Some(Flaw::ChannelBinding)) => self.header().replacen('n', "y", 1).into_bytes(),
            _ => self.header().into_bytes(),
        };
        if let Some(binding) = &self.binding {
            let mask = if self.flaw == Some(Flaw::ChannelBinding) { 0xff } else { 0 };
            input.extend(binding.data.iter().map(|octet| octet ^ mask));
        }
        input
    }

    /// `client-first-message = gs2-header [reserved-mext ","] username "," nonce`.
    fn first(&mut self) -> Vec<u8> {
        let extension = if self.flaw == Some(Flaw::Extension) { "m=unknown," } else { "" };
        let bare = format!("{extension}n={},r={}", escaped(&self.credentials.user), self.nonce);
        let message = format!("{}{bare}", self.header());
        self.state = State::First { bare };
        message.into_bytes()
    }

    /// `client-final-message = channel-binding "," nonce "," proof`. Whatever is wrong in it is
    /// signed as it is sent, so that the flaw is the only fault.
    fn last(&mut self, bare: &str, challenge: &[u8]) -> Result<Vec<u8>, Broken> {
        let server = ServerFirst::parse(challenge, &self.nonce)?;
        let binding = self.binding_input();
        let end = if self.flaw == Some(Flaw::Nonce) { "x" } else { "" };
        let without_proof = format!("c={},r={}{end}", STANDARD.encode(binding), server.nonce);
        let signed = format!("{bare},{},{without_proof}", server.text);
        let secret = Credentials::proved(&self.credentials.secret, self.flaw);
        let secret = normalized(&secret);
        let salted = self.hash.salted(secret.as_bytes(), &server.salt, server.iterations);
        let client_key = self.hash.hmac(&salted, b"Client Key");
        let signature = self.hash.hmac(&self.hash.hash(&client_key), signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(key, sign)| key ^ sign).collect();
        let server_key = self.hash.hmac(&salted, b"Server Key");
        self.state = State::Final { signature: self.hash.hmac(&server_key, signed.as_bytes()) };
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)).into_bytes())
    }

    /// `server-final-message = (server-error / verifier) ["," extensions]`.
    fn verify(&mut self, signature: &[u8], challenge: &[u8]) -> Result<Vec<u8>, Broken> {
        let text = String::from_utf8_lossy(challenge);
        let first = text.split(',').next().unwrap_or_default();
        if first.starts_with("e=") {
            self.state = State::Refused;
            return Ok(Vec::new());
        }
        let right = first.strip_prefix("v=").and_then(|value| STANDARD.decode(value).ok());
        if right.as_deref() != Some(signature) {
            let expected = format!("the server's signature `v={}`", STANDARD.encode(signature));
            return Err(Broken::new(expected, quote(challenge)));
        }
        self.state = State::Proven;
        Ok(Vec::new())
    }
}

/// `server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]`.
struct ServerFirst {
    text: String,
    nonce: String,
    salt: Vec<u8>,
    iterations: NonZeroU32,
}

impl ServerFirst {
    fn parse(challenge: &[u8], ours: &str) -> Result<Self, Broken> {
        let broken = |expected: &str| Broken::new(expected, quote(challenge));
        let text = std::str::from_utf8(challenge).map_err(|_| broken("a message in UTF-8"))?;
        let mut fields = text.split(',');
        let mut field = |name: &str| {
            let expected = format!("`r=…,s=…,i=…`, with `{name}` in its place");
            fields.next().and_then(|field| field.strip_prefix(name)).ok_or_else(|| broken(&expected))
        };
        let (nonce, salt, iterations) = (field("r=")?, field("s=")?, field("i=")?);
        if nonce.len() <= ours.len() || !nonce.starts_with(ours) {
            return Err(broken("a nonce that begins with the client's and goes on"));
        }
        let salt = STANDARD.decode(salt).map_err(|_| broken("a salt in base64"))?;
        let iterations: NonZeroU32 =
            iterations.parse().map_err(|_| broken("a positive number of iterations"))?;
        if iterations.get() > MAX_ITERATIONS {
            return Err(broken(&format!("at most {MAX_ITERATIONS} iterations")));
        }
        Ok(Self { text: text.to_owned(), nonce: nonce.to_owned(), salt, iterations })
    }
}

fn quote(message: &[u8]) -> String {
    format!("`{}`", message.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(hash: Hash, flaw: Option<Flaw>, nonce: &str) -> Scram {
        let credentials =
            Credentials { user: "user".into(), secret: "pencil".into(), ..Credentials::default() };
        Scram::new(hash, credentials, flaw, nonce, None)
    }

    const NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL";
    const SERVER_FIRST: &[u8] = b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";

    #[test]
    fn the_example_of_rfc_5802() {
        let mut scram = user(Hash::Sha1, None, NONCE);
        assert_eq!(scram.respond(b"").unwrap(), b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
        let last = scram.respond(SERVER_FIRST).unwrap();
        let wanted = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
        assert_eq!(String::from_utf8(last).unwrap(), wanted);
        assert!(scram.succeeded().is_err());
        assert_eq!(scram.respond(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=").unwrap(), b"");
        assert!(scram.succeeded().is_ok());
    }

    #[test]
    fn the_example_of_rfc_7677() {
        let mut scram = user(Hash::Sha256, None, "rOprNGfwEbeRWgbNEkqO");
        scram.respond(b"").unwrap();
        let challenge =
            b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let last = String::from_utf8(scram.respond(challenge).unwrap()).unwrap();
        assert!(last.ends_with(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), "{last}");
        assert_eq!(scram.respond(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap(), b"");
    }

    #[test]
    fn secrets_are_prepared() {
        // RFC 4013, section 3.
        for (given, prepared) in
            [("I\u{ad}X", "IX"), ("USER", "USER"), ("\u{aa}", "a"), ("\u{2168}", "IX"), ("\u{7}", "\u{7}")]
        {
            assert_eq!(normalized(given), prepared, "{given:?}");
        }
    }

    #[test]
    fn a_server_that_does_not_know_the_secret_is_found_out() {
        for last in [&b"v=AAAA"[..], b"", b"v=rmF9pqV8S7suAoZWja4dJRkFsKR=", b"x=1"] {
            let mut scram = user(Hash::Sha1, None, NONCE);
            scram.respond(b"").unwrap();
            scram.respond(SERVER_FIRST).unwrap();
            assert!(scram.respond(last).is_err());
            assert!(scram.succeeded().is_err());
        }
    }

    #[test]
    fn what_the_server_says_first_is_not_trusted() {
        for first in [
            &b"r=other,s=QSXCR+Q6sek8bf92,i=4096"[..],
            b"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096",
            b"r=fyko+d2lbbFgONRv9qkxdawLx,s=!,i=4096",
            b"r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXC,i=0",
            b"r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXC,i=4000000000",
            b"m=x,r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXC,i=4096",
            b"\xff",
        ] {
            let mut scram = user(Hash::Sha1, None, NONCE);
            scram.respond(b"").unwrap();
            assert!(scram.respond(first).is_err(), "{}", first.escape_ascii());
        }
    }

    #[test]
    fn a_flaw_changes_its_own_field_and_the_proof() {
        let said = |flaw| {
            let mut scram = user(Hash::Sha1, flaw, NONCE);
            let first = String::from_utf8(scram.respond(b"").unwrap()).unwrap();
            (first, String::from_utf8(scram.respond(SERVER_FIRST).unwrap()).unwrap())
        };
        let (first, right) = said(None);
        let (_, nonce) = said(Some(Flaw::Nonce));
        assert!(nonce.contains("3rfcNHYJY1ZVvWVs7jx,p="), "{nonce}");
        let (_, binding) = said(Some(Flaw::ChannelBinding));
        assert!(binding.starts_with("c=eSws,"), "{binding}");
        let (_, proof) = said(Some(Flaw::Proof));
        assert_eq!(proof.split(",p=").next(), right.split(",p=").next());
        assert_ne!(proof, right);
        let (extended, _) = said(Some(Flaw::Extension));
        assert_eq!(extended, first.replace("n,,", "n,,m=unknown,"));
    }

    #[test]
    fn a_plus_variant_says_what_it_binds_to() {
        let said = |flaw| {
            let credentials =
                Credentials { user: "user".into(), secret: "pencil".into(), ..Credentials::default() };
            let binding = Binding { kind: "tls-exporter".into(), data: vec![1, 2] };
            let mut scram = Scram::new(Hash::Sha1, credentials, flaw, NONCE, Some(binding));
            let first = String::from_utf8(scram.respond(b"").unwrap()).unwrap();
            let last = String::from_utf8(scram.respond(SERVER_FIRST).unwrap()).unwrap();
            (first, last.split(',').next().unwrap().to_owned())
        };
        let input = |data: [u8; 2]| {
            let mut input = b"p=tls-exporter,,".to_vec();
            input.extend(data);
            format!("c={}", STANDARD.encode(input))
        };
        let (first, binding) = said(None);
        assert!(first.starts_with("p=tls-exporter,,n=user,"), "{first}");
        assert_eq!(binding, input([1, 2]));
        assert_eq!(said(Some(Flaw::ChannelBinding)), (first, input([0xfe, 0xfd])));
        assert!(said(Some(Flaw::BindingType)).0.starts_with("p=tls-nothing,,"));
        let mut down = user(Hash::Sha1, Some(Flaw::Downgrade), NONCE);
        assert!(down.respond(b"").unwrap().starts_with(b"y,,n=user,"));
    }

    #[test]
    fn an_error_of_the_server_is_acknowledged_and_is_no_success() {
        let mut scram = user(Hash::Sha1, Some(Flaw::Proof), NONCE);
        scram.respond(b"").unwrap();
        scram.respond(SERVER_FIRST).unwrap();
        assert_eq!(scram.respond(b"e=invalid-proof").unwrap(), b"");
        assert!(scram.succeeded().is_err());
    }
}
