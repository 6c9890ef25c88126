//! SCRAM-SHA-256 keys from a password (RFC 5802, section 3; RFC 7677). Not the SCRAM
//! exchange itself.

use std::num::NonZeroU32;

use ring::rand::SecureRandom;
use ring::{digest, hmac, pbkdf2};

use crate::store::StoredSecret;

/// Rounds of PBKDF2 for new secrets: the least that RFC 7677, section 4, wants.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();
const SALT_OCTETS: usize = 16;

/// The randomness of the system failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRandomness;

/// Derives the keys that are kept instead of the password. Takes about a millisecond:
/// not for async threads.
pub(crate) fn derive(password: &[u8], random: &dyn SecureRandom) -> Result<StoredSecret, NoRandomness> {
    let mut salt = vec![0; SALT_OCTETS];
    random.fill(&mut salt).map_err(|_| NoRandomness)?;
    Ok(with_salt(password, salt, ITERATIONS))
}

/// Is this the password from which the keys were derived? As slow as [`derive`].
pub(crate) fn verify(password: &[u8], secret: &StoredSecret) -> bool {
    let Some(iterations) = NonZeroU32::new(secret.iterations) else {
        return false;
    };
    let found = with_salt(password, secret.salt.clone(), iterations);
    constant_time_equal(&found.stored_key, &secret.stored_key)
}

fn with_salt(password: &[u8], salt: Vec<u8>, iterations: NonZeroU32) -> StoredSecret {
    let mut salted = [0; digest::SHA256_OUTPUT_LEN];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &salt, password, &mut salted);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let client_key = hmac::sign(&key, b"Client Key");
    let server_key = hmac::sign(&key, b"Server Key");
    StoredSecret {
        salt,
        iterations: iterations.get(),
        stored_key: digest::digest(&digest::SHA256, client_key.as_ref()).as_ref().to_vec(),
        server_key: server_key.as_ref().to_vec(),
    }
}

/// Compares without telling by its time where the difference is.
fn constant_time_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// The exchange of RFC 7677, section 3: password `pencil`; the server's signature
    /// there can only come from the right ServerKey.
    #[test]
    fn keys_of_the_rfc_example() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let secret = with_salt(b"pencil", salt, ITERATIONS);
        let messages = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
             r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
             c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.server_key);
        let signature = hmac::sign(&key, messages.as_bytes());
        assert_eq!(STANDARD.encode(signature.as_ref()), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn only_the_password_verifies() {
        let random = ring::rand::SystemRandom::new();
        let secret = derive(b"alice-secret", &random).unwrap();
        assert!(verify(b"alice-secret", &secret));
        assert!(!verify(b"alice-secreT", &secret));
        assert!(!verify(b"", &secret));
    }
}
