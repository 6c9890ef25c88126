//! CRAM-MD5 (RFC 2195): one challenge, and the name with a keyed digest of it.

use std::fmt::Write as _;

use md5::{Digest as _, Md5};

use super::{Broken, Credentials, Flaw};

/// The block of HMAC-MD5, in octets (RFC 2104, section 2).
const BLOCK: usize = 64;

/// A running CRAM-MD5 exchange.
#[derive(Debug)]
pub struct Cram {
    credentials: Credentials,
    flaw: Option<Flaw>,
    answered: bool,
}

impl Cram {
    pub(super) const fn new(credentials: Credentials, flaw: Option<Flaw>) -> Self {
        Self { credentials, flaw, answered: false }
    }

    pub(super) fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Broken> {
        if std::mem::replace(&mut self.answered, true) {
            return Err(Broken::new("no second challenge", "another challenge"));
        }
        let secret = Credentials::proved(&self.credentials.secret, self.flaw);
        let mut answer = format!("{} ", self.credentials.user);
        for octet in hmac_md5(secret.as_bytes(), challenge) {
            // Writing to a String cannot fail.
            let _ = write!(answer, "{octet:02x}");
        }
        Ok(answer.into_bytes())
    }

    pub(super) fn succeeded(&self) -> Result<(), Broken> {
        if self.answered {
            Ok(())
        } else {
            Err(Broken::new("a challenge first", "success without a challenge"))
        }
    }
}

/// `H(K XOR opad, H(K XOR ipad, text))` (RFC 2104, section 2).
fn hmac_md5(key: &[u8], text: &[u8]) -> [u8; 16] {
    let hashed: [u8; 16];
    let key = if key.len() > BLOCK {
        hashed = Md5::digest(key).into();
        &hashed[..]
    } else {
        key
    };
    let pad = |with: u8| {
        let mut block = [with; BLOCK];
        block.iter_mut().zip(key).for_each(|(octet, key)| *octet ^= key);
        block
    };
    let inner = Md5::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Md5::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tim(flaw: Option<Flaw>) -> Cram {
        let credentials =
            Credentials { user: "tim".into(), secret: "tanstaaftanstaaf".into(), ..Credentials::default() };
        Cram::new(credentials, flaw)
    }

    #[test]
    fn the_example_of_rfc_2195() {
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        let mut cram = tim(None);
        assert!(cram.succeeded().is_err());
        assert_eq!(cram.respond(challenge).unwrap(), b"tim b913a602c7eda7a495b4e6e7334d3890");
        assert!(cram.succeeded().is_ok());
        assert!(cram.respond(b"more").is_err());
        assert_ne!(
            tim(Some(Flaw::Proof)).respond(challenge).unwrap(),
            b"tim b913a602c7eda7a495b4e6e7334d3890"
        );
    }

    #[test]
    fn a_key_longer_than_a_block_is_hashed_first() {
        // RFC 2202, section 2, test case 6.
        let digest = hmac_md5(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First");
        let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    }
}
