//! CRAM-MD5 (RFC 2195) from the server's side: one challenge, and the name with a keyed digest
//! of it. Offered only where passwords are kept, since the digest needs them.

use std::fmt::Write as _;

use md5::{Digest as _, Md5};

use super::Verified;
use super::sasl::{Claim, Step};
use super::secret::constant_time_equal;
use crate::store::StoredSecret;

/// The block of MD5, in octets (RFC 2104, section 2).
const BLOCK: usize = 64;

/// A running CRAM-MD5 exchange.
#[derive(Debug)]
pub(super) struct Cram {
    challenge: String,
    /// The digest that came.
    digest: Option<String>,
}

impl Cram {
    /// Begins with this challenge, which has the form of a message identifier.
    pub(super) fn new(challenge: String) -> Self {
        Self { challenge, digest: None }
    }

    /// What is sent first.
    pub(super) fn challenge(&self) -> &[u8] {
        self.challenge.as_bytes()
    }

    /// Takes the user name, a space and the digest in 32 hexadecimal digits.
    pub(super) fn respond(&mut self, response: &[u8]) -> Step {
        let answer = std::str::from_utf8(response).ok().and_then(|text| text.rsplit_once(' '));
        match answer {
            Some((login, digest)) if self.digest.is_none() && !login.is_empty() && !login.contains('\0') => {
                self.digest = Some(digest.to_owned());
                Step::LookUp(Claim { authorization: None, login: login.to_owned() })
            }
            _ => Step::Malformed,
        }
    }

    /// Compares the digest that came with that of the password.
    pub(super) fn supply(&mut self, secret: &StoredSecret) -> Step {
        let Some(digest) = &self.digest else {
            return Step::Malformed;
        };
        // Without a password nothing is right, and that takes as long.
        let key = secret.password.as_deref().unwrap_or_default();
        let wanted = digest_of(key, &self.challenge);
        let same = constant_time_equal(digest.as_bytes(), wanted.as_bytes());
        Step::Digest(if same && secret.password.is_some() { Verified::Right } else { Verified::Wrong })
    }
}

/// What a client that has this password answers, behind its name.
pub(crate) fn digest_of(password: &str, challenge: &str) -> String {
    hexadecimal(&hmac_md5(password.as_bytes(), challenge.as_bytes()))
}

pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// `H(K XOR opad, H(K XOR ipad, text))` (RFC 2104, section 2).
fn hmac_md5(key: &[u8], text: &[u8]) -> [u8; 16] {
    let mut block = [0; BLOCK];
    let short = if key.len() > BLOCK { Md5::digest(key).to_vec() } else { key.to_vec() };
    block.iter_mut().zip(short).for_each(|(place, octet)| *place = octet);
    let inner = Md5::new().chain_update(block.map(|octet| octet ^ 0x36)).chain_update(text).finalize();
    Md5::new().chain_update(block.map(|octet| octet ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::secret;
    use crate::limits::RecoverableSecrets;

    fn answered(response: &[u8], secrets: RecoverableSecrets) -> Step {
        let random = ring::rand::SystemRandom::new();
        let secret = secret::derive("tanstaaftanstaaf", secrets, &random).unwrap();
        let mut cram = Cram::new("<1896.697170952@postoffice.reston.mci.net>".to_owned());
        match cram.respond(response) {
            Step::LookUp(claim) => {
                assert_eq!(claim, Claim { authorization: None, login: "tim".to_owned() });
                cram.supply(&secret)
            }
            step => step,
        }
    }

    /// The exchange of RFC 2195, section 2.
    #[test]
    fn the_example_of_the_rfc() {
        let right = b"tim b913a602c7eda7a495b4e6e7334d3890";
        assert_eq!(answered(right, RecoverableSecrets::Kept), Step::Digest(Verified::Right));
        assert_eq!(answered(right, RecoverableSecrets::Never), Step::Digest(Verified::Wrong));
    }

    #[test]
    fn another_digest_is_wrong() {
        for digest in ["", "b913a602c7eda7a495b4e6e7334d3891", "b913a602c7eda7a495b4e6e7334d38"] {
            let response = format!("tim {digest}");
            let step = answered(response.as_bytes(), RecoverableSecrets::Kept);
            assert_eq!(step, Step::Digest(Verified::Wrong), "{digest:?}");
        }
        for malformed in [&b""[..], b"tim", b" b913a602c7eda7a495b4e6e7334d3890", b"\xff x"] {
            assert_eq!(answered(malformed, RecoverableSecrets::Kept), Step::Malformed, "{malformed:?}");
        }
    }

    /// RFC 2202, section 2: the first test, and the sixth, whose key is longer than a block.
    #[test]
    fn keyed_md5() {
        assert_eq!(hexadecimal(&hmac_md5(&[0x0b; 16], b"Hi There")), "9294727a3638bb1c13f48ef8158bfc9d");
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(hexadecimal(&hmac_md5(&[0xaa; 80], text)), "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    }
}
