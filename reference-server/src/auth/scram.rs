//! SCRAM (RFC 5802; with SHA-256, RFC 7677) from the server's side, with channel binding by
//! tls-exporter (RFC 9266) and tls-server-end-point (RFC 5929).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};

use super::Verified;
use super::sasl::{Claim, Step};
use super::secret::constant_time_equal;
use crate::channel::Channel;
use crate::store::{ScramKeys, StoredSecret};

/// The hash function of a SCRAM mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    /// SCRAM-SHA-1.
    Sha1,
    /// SCRAM-SHA-256.
    Sha256,
}

impl Hash {
    /// `HMAC(key, text)`
    pub(super) fn hmac(self, key: &[u8], text: &[u8]) -> hmac::Tag {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), text)
    }

    /// `H(text)`
    pub(super) fn digest(self, text: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest::digest(algorithm, text)
    }

    /// The hash function's PBKDF2, and how many octets it gives.
    pub(super) fn pbkdf2(self) -> (pbkdf2::Algorithm, usize) {
        match self {
            Self::Sha1 => (pbkdf2::PBKDF2_HMAC_SHA1, digest::SHA1_OUTPUT_LEN),
            Self::Sha256 => (pbkdf2::PBKDF2_HMAC_SHA256, digest::SHA256_OUTPUT_LEN),
        }
    }

    fn keys(self, secret: &StoredSecret) -> &ScramKeys {
        match self {
            Self::Sha1 => &secret.sha1,
            Self::Sha256 => &secret.sha256,
        }
    }
}

/// What a SCRAM exchange is bound to.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    /// Whether the mechanism is a PLUS variant, which binds.
    pub(super) bound: Bound,
    /// The channel below; one that can be bound to has its PLUS variants offered.
    pub(super) channel: Channel,
    /// Whether the client's `c=` counts as right, given whether it is.
    pub(super) admits: fn(Verified) -> bool,
}

/// Does the mechanism bind to the channel?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// It does: SCRAM-…-PLUS.
    Plus,
    /// It does not.
    Unbound,
}

impl Binding {
    /// A plaintext channel.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { bound: Bound::Unbound, channel: Channel::default(), admits: |right| right == Verified::Right }
    }

    /// The channel's data for the flag of a `gs2-header`; `None` fails the authentication
    /// (RFC 5802, section 6): `p` belongs to the PLUS variants and names a type that this channel
    /// has; `y` says that no PLUS variant was offered, which must be so, else somebody took it out.
    fn data(&self, flag: &str) -> Option<Vec<u8>> {
        match (self.bound, flag) {
            (Bound::Plus, flag) => self.channel.binding(flag.strip_prefix("p=")?).map(<[u8]>::to_vec),
            (Bound::Unbound, "n") => Some(Vec::new()),
            (Bound::Unbound, "y") => {
                let offered = if self.channel.can_bind() { Verified::Wrong } else { Verified::Right };
                (self.admits)(offered).then(Vec::new)
            }
            (Bound::Unbound, _) => None,
        }
    }
}

/// A running SCRAM exchange.
#[derive(Debug)]
pub(super) struct Scram {
    hash: Hash,
    binding: Binding,
    /// The server's part of the nonce.
    nonce: String,
    state: State,
}

#[derive(Debug)]
enum State {
    /// `client-first-message` is waited for.
    First,
    /// The account's keys are waited for.
    Claimed(First),
    /// `client-final-message` is waited for.
    Final(Asked),
    /// The proof is judged; what the server proves in turn.
    Judged {
        signature: String,
    },
    /// `server-final-message` is sent; its empty answer is waited for.
    Proven,
    Over,
}

/// What `client-first-message` said.
#[derive(Debug, PartialEq, Eq)]
struct First {
    /// `gs2-header`, which comes back in the final message.
    header: String,
    /// Its flag: `n`, `y` or `p=` and a binding type.
    flag: String,
    /// `client-first-message-bare`, which is signed.
    bare: String,
    claim: Claim,
    /// The client's part of the nonce.
    nonce: String,
}

/// What the final message is checked against.
#[derive(Debug)]
struct Asked {
    /// `cbind-input = gs2-header [ cbind-data ]`
    input: Vec<u8>,
    /// Both parts.
    nonce: String,
    /// `client-first-message-bare "," server-first-message`
    signed: String,
    keys: ScramKeys,
}

impl Scram {
    /// Begins with this server's part of the nonce: printable ASCII without a comma, random,
    /// used once.
    pub(super) fn new(hash: Hash, nonce: String, binding: Binding) -> Self {
        Self { hash, binding, nonce, state: State::First }
    }

    /// Takes the client's message.
    pub(super) fn respond(&mut self, message: &[u8]) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::First => match std::str::from_utf8(message).ok().and_then(first_message) {
                Some(first) if self.binding.data(&first.flag).is_some() => {
                    let claim = first.claim.clone();
                    self.state = State::Claimed(first);
                    Step::LookUp(claim)
                }
                _ => Step::Malformed,
            },
            State::Final(asked) => match std::str::from_utf8(message) {
                Ok(message) => self.last(&asked, message).unwrap_or(Step::Malformed),
                Err(_) => Step::Malformed,
            },
            State::Proven if message.is_empty() => Step::Complete,
            State::Claimed(_) | State::Judged { .. } | State::Proven | State::Over => Step::Malformed,
        }
    }

    /// `server-first-message = nonce "," salt "," iteration-count` (RFC 5802, section 7).
    pub(super) fn supply(&mut self, secret: &StoredSecret) -> Step {
        let State::Claimed(first) = std::mem::replace(&mut self.state, State::Over) else {
            return Step::Malformed;
        };
        let keys = self.hash.keys(secret).clone();
        let nonce = format!("{}{}", first.nonce, self.nonce);
        let message = format!("r={nonce},s={},i={}", STANDARD.encode(&keys.salt), keys.iterations);
        let signed = format!("{},{message}", first.bare);
        let mut input = first.header.into_bytes();
        input.extend(self.binding.data(&first.flag).unwrap_or_default());
        self.state = State::Final(Asked { input, nonce, signed, keys });
        Step::Challenge(message.into_bytes())
    }

    /// The client is let in: `server-final-message = "v=" base64`, as a challenge, since the
    /// protocols here have no room for it beside the success (RFC 4422, section 3.6).
    pub(super) fn admit(&mut self) -> Step {
        let State::Judged { signature } = std::mem::replace(&mut self.state, State::Over) else {
            return Step::Malformed;
        };
        self.state = State::Proven;
        Step::Challenge(format!("v={signature}").into_bytes())
    }

    /// `client-final-message = channel-binding "," nonce ["," extensions] "," proof` (RFC 5802,
    /// section 7). `None` where it breaks the rules, and where it answers another message than
    /// ours (section 5.1, r; section 6, c).
    fn last(&mut self, asked: &Asked, message: &str) -> Option<Step> {
        let (unproven, proof) = message.rsplit_once(",p=")?;
        let mut attributes = unproven.split(',');
        let binding = attributes.next()?.strip_prefix("c=")?;
        let nonce = attributes.next()?.strip_prefix("r=")?;
        let bound = if binding == STANDARD.encode(&asked.input) { Verified::Right } else { Verified::Wrong };
        let fits = (self.binding.admits)(bound) && nonce == asked.nonce;
        if !fits || !attributes.all(is_optional_extension) {
            return None;
        }
        let proof = STANDARD.decode(proof).ok()?;
        let signed = format!("{},{unproven}", asked.signed);
        let verified = self.judge(&asked.keys, signed.as_bytes(), &proof);
        let signature = STANDARD.encode(self.hash.hmac(&asked.keys.server_key, signed.as_bytes()));
        self.state = State::Judged { signature };
        Some(Step::Proof(verified))
    }

    /// `ClientKey = ClientProof XOR ClientSignature`, and `H(ClientKey)` must be the StoredKey
    /// (RFC 5802, section 3).
    fn judge(&self, keys: &ScramKeys, signed: &[u8], proof: &[u8]) -> Verified {
        let signature = self.hash.hmac(&keys.stored_key, signed);
        let key: Vec<u8> = proof.iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        let whole = proof.len() == signature.as_ref().len();
        let same = constant_time_equal(self.hash.digest(&key).as_ref(), &keys.stored_key);
        if whole && same { Verified::Right } else { Verified::Wrong }
    }
}

/// ```abnf
/// client-first-message      = gs2-header client-first-message-bare
/// gs2-header                = gs2-cbind-flag "," [ "a=" saslname ] ","
/// client-first-message-bare = [reserved-mext ","] "n=" saslname "," "r=" c-nonce ["," extensions]
/// ```
///
/// What the flag asks for is looked at by [`Binding::data`]. A mandatory extension (`m=`) fails,
/// since none is known (section 5.1).
fn first_message(message: &str) -> Option<First> {
    let mut fields = message.splitn(3, ',');
    let (flag, authzid, bare) = (fields.next()?, fields.next()?, fields.next()?);
    if !matches!(flag, "n" | "y") && !flag.starts_with("p=") {
        return None;
    }
    let authorization = match authzid {
        "" => None,
        given => Some(saslname(given.strip_prefix("a=")?)?),
    };
    let mut attributes = bare.split(',');
    let login = saslname(attributes.next()?.strip_prefix("n=")?)?;
    let nonce = attributes.next()?.strip_prefix("r=")?;
    let printable = nonce.bytes().all(|octet| octet.is_ascii_graphic());
    if nonce.is_empty() || !printable || !attributes.all(is_optional_extension) {
        return None;
    }
    Some(First {
        header: format!("{flag},{authzid},"),
        flag: flag.to_owned(),
        bare: bare.to_owned(),
        claim: Claim { authorization, login },
        nonce: nonce.to_owned(),
    })
}

/// `saslname = 1*(value-safe-char / "=2C" / "=3D")`: any other use of `=` must fail the
/// authentication (RFC 5802, section 5.1).
pub(super) fn saslname(text: &str) -> Option<String> {
    let mut pieces = text.split('=');
    let mut name = pieces.next()?.to_owned();
    for piece in pieces {
        let (sign, rest) = match piece.strip_prefix("2C") {
            Some(rest) => (',', rest),
            None => ('=', piece.strip_prefix("3D")?),
        };
        name.push(sign);
        name.push_str(rest);
    }
    (!name.is_empty() && !name.contains('\0')).then_some(name)
}

/// `attr-val = ALPHA "=" value`, and not `m`.
fn is_optional_extension(attribute: &str) -> bool {
    attribute.split_once('=').is_some_and(|(name, value)| {
        let letter = matches!(name.as_bytes(), [letter] if letter.is_ascii_alphabetic());
        letter && name != "m" && !value.is_empty() && !value.contains('\0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::secret;

    /// An example of an RFC: user `user`, password `pencil`, 4096 rounds.
    struct Example {
        hash: Hash,
        client: &'static str,
        server: &'static str,
        salt: &'static str,
        proof: &'static str,
        signature: &'static str,
    }

    /// RFC 5802, section 5.
    const SHA_1: Example = Example {
        hash: Hash::Sha1,
        client: "fyko+d2lbbFgONRv9qkxdawL",
        server: "3rfcNHYJY1ZVvWVs7j",
        salt: "QSXCR+Q6sek8bf92",
        proof: "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        signature: "rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    };

    /// RFC 7677, section 3.
    const SHA_256: Example = Example {
        hash: Hash::Sha256,
        client: "rOprNGfwEbeRWgbNEkqO",
        server: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
        proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        signature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    };

    impl Example {
        fn secret(&self) -> StoredSecret {
            let keys =
                |hash| secret::keys(hash, b"pencil", STANDARD.decode(self.salt).unwrap(), secret::ITERATIONS);
            StoredSecret { sha256: keys(Hash::Sha256), sha1: keys(Hash::Sha1), password: None }
        }

        /// The exchange up to the server's first message.
        fn begun(&self, header: &str) -> Scram {
            let mut scram = Scram::new(self.hash, self.server.to_owned(), Binding::none());
            let first = format!("{header}n=user,r={}", self.client);
            let Step::LookUp(claim) = scram.respond(first.as_bytes()) else {
                panic!("{first} is refused");
            };
            assert_eq!(claim.login, "user");
            let wanted = format!("r={}{},s={},i=4096", self.client, self.server, self.salt);
            assert_eq!(scram.supply(&self.secret()), Step::Challenge(wanted.into_bytes()));
            scram
        }

        /// The outcome of a final message with these attributes.
        fn ended(&self, binding: &str, nonce: &str, proof: &str) -> Step {
            self.begun("n,,").respond(format!("c={binding},r={nonce},p={proof}").as_bytes())
        }

        fn nonce(&self) -> String {
            format!("{}{}", self.client, self.server)
        }
    }

    #[test]
    fn the_examples_of_the_rfcs() {
        for example in [SHA_1, SHA_256] {
            let mut scram = example.begun("n,,");
            let last = format!("c=biws,r={},p={}", example.nonce(), example.proof);
            assert_eq!(scram.respond(last.as_bytes()), Step::Proof(Verified::Right));
            let wanted = format!("v={}", example.signature);
            assert_eq!(scram.admit(), Step::Challenge(wanted.into_bytes()));
            assert_eq!(scram.respond(b""), Step::Complete);
            assert_eq!(scram.respond(b""), Step::Malformed, "it is over");
        }
    }

    #[test]
    fn a_wrong_proof_is_wrong_also_where_it_is_short() {
        for example in [SHA_1, SHA_256] {
            let other = STANDARD.encode([7; 32].get(..example.begun("n,,").hash.pbkdf2().1).unwrap());
            let short = STANDARD.encode(&STANDARD.decode(example.proof).unwrap()[..16]);
            for proof in ["", &other, &short] {
                let step = example.ended("biws", &example.nonce(), proof);
                assert_eq!(step, Step::Proof(Verified::Wrong), "{proof:?}");
            }
        }
    }

    #[test]
    fn a_final_message_that_answers_another_first_one_is_refused() {
        for example in [SHA_1, SHA_256] {
            let nonce = example.nonce();
            let (proof, ours) = (example.proof, nonce.as_str());
            // The header `y,,` after `n,,`; the client's part of the nonce alone; a longer one.
            for (binding, nonce) in
                [("eSws", ours), ("", ours), ("biws", example.client), ("biws", &format!("{ours}x"))]
            {
                assert_eq!(example.ended(binding, nonce, proof), Step::Malformed, "{binding} {nonce}");
            }
            for bad in
                ["", "c=biws", "not scram", &format!("c=biws,r={ours},p=*"), &format!("c=biws,r={ours}")]
            {
                assert_eq!(example.begun("n,,").respond(bad.as_bytes()), Step::Malformed, "{bad}");
            }
            let extended = format!("c=biws,r={ours},m=x,p={proof}");
            assert_eq!(example.begun("n,,").respond(extended.as_bytes()), Step::Malformed);
        }
    }

    #[test]
    fn nothing_comes_of_an_exchange_out_of_order() {
        let mut scram = SHA_256.begun("y,,");
        assert_eq!(scram.admit(), Step::Malformed, "nothing is proved");
        assert_eq!(scram.respond(b""), Step::Malformed);
        let mut scram = SHA_256.begun("n,a=user,");
        assert_eq!(scram.supply(&SHA_256.secret()), Step::Malformed, "it was supplied before");
    }

    #[test]
    fn first_messages() {
        let first = first_message("y,a=o=2Cther,n=us=3Der,r=abc,x=ext").unwrap();
        assert_eq!(first.claim.login, "us=er");
        assert_eq!(first.claim.authorization.as_deref(), Some("o,ther"));
        assert_eq!(first.header, "y,a=o=2Cther,");
        assert_eq!(first.bare, "n=us=3Der,r=abc,x=ext");
        for bad in [
            "",
            "n,,",
            "x,,n=user,r=abc",
            "p,,n=user,r=abc",
            "n,user,n=user,r=abc",
            "n,a=,n=user,r=abc",
            "n,,n=,r=abc",
            "n,,n=us=2cer,r=abc",
            "n,,n=us=er,r=abc",
            "n,,n=user",
            "n,,n=user,r=",
            "n,,n=user,r=a b",
            "n,,r=abc,n=user",
            "n,,m=ext,n=user,r=abc",
            "n,,n=user,r=abc,m=ext",
            "n,,n=user,r=abc,ext",
        ] {
            assert_eq!(first_message(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_client_binds_as_the_rfc_says() {
        let channel = Channel {
            under_tls: true,
            exporter: Some(vec![1]),
            end_point: Some(vec![2]),
            ..Channel::default()
        };
        let admits = |right| right == Verified::Right;
        let data = |bound, flag: &str| Binding { bound, channel: channel.clone(), admits }.data(flag);
        assert_eq!(data(Bound::Plus, "p=tls-exporter"), Some(vec![1]));
        assert_eq!(data(Bound::Plus, "p=tls-server-end-point"), Some(vec![2]));
        assert_eq!(data(Bound::Unbound, "n"), Some(Vec::new()));
        for (bound, flag) in [
            (Bound::Plus, "p=tls-unique"),
            (Bound::Plus, "n"),
            (Bound::Plus, "y"),
            (Bound::Unbound, "p=tls-exporter"),
            // Somebody took the PLUS variants out of what was offered.
            (Bound::Unbound, "y"),
        ] {
            assert_eq!(data(bound, flag), None, "{flag}");
        }
        assert_eq!(Binding::none().data("y"), Some(Vec::new()));
    }
}
