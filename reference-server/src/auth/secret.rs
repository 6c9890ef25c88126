//! SCRAM keys from a password (RFC 5802, section 3; RFC 7677). Not the SCRAM exchange itself.

use std::num::NonZeroU32;

use ring::pbkdf2;
use ring::rand::SecureRandom;

use super::scram::Hash;
use crate::limits::RecoverableSecrets;
use crate::store::{ScramKeys, StoredSecret};

/// Rounds of PBKDF2 for new secrets: the least that RFC 7677, section 4, wants.
pub(super) const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();
/// Octets of a salt.
pub(super) const SALT_OCTETS: usize = 16;

/// The randomness of the system failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRandomness;

/// Derives the keys that are kept instead of the password, or beside it where it is wanted
/// back. Takes about two milliseconds: not for async threads.
pub(crate) fn derive(
    password: &str,
    secrets: RecoverableSecrets,
    random: &dyn SecureRandom,
) -> Result<StoredSecret, NoRandomness> {
    let new = |hash| {
        let mut salt = vec![0; SALT_OCTETS];
        random.fill(&mut salt).map_err(|_| NoRandomness)?;
        Ok(keys(hash, password.as_bytes(), salt, ITERATIONS))
    };
    Ok(StoredSecret {
        sha256: new(Hash::Sha256)?,
        sha1: new(Hash::Sha1)?,
        password: (secrets == RecoverableSecrets::Kept).then(|| password.to_owned()),
    })
}

/// Is this the password from which the keys were derived? Takes about a millisecond.
pub(crate) fn verify(password: &[u8], secret: &StoredSecret) -> bool {
    let Some(iterations) = NonZeroU32::new(secret.sha256.iterations) else {
        return false;
    };
    let found = keys(Hash::Sha256, password, secret.sha256.salt.clone(), iterations);
    constant_time_equal(&found.stored_key, &secret.sha256.stored_key)
}

/// The keys of the password under this salt.
pub(super) fn keys(hash: Hash, password: &[u8], salt: Vec<u8>, iterations: NonZeroU32) -> ScramKeys {
    let (algorithm, octets) = hash.pbkdf2();
    let mut salted = vec![0; octets];
    pbkdf2::derive(algorithm, iterations, &salt, password, &mut salted);
    let client_key = hash.hmac(&salted, b"Client Key");
    ScramKeys {
        salt,
        iterations: iterations.get(),
        stored_key: hash.digest(client_key.as_ref()).as_ref().to_vec(),
        server_key: hash.hmac(&salted, b"Server Key").as_ref().to_vec(),
    }
}

/// Compares without telling by its time where the difference is.
pub(super) fn constant_time_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_verifies() {
        let random = ring::rand::SystemRandom::new();
        let secret = derive("alice-secret", RecoverableSecrets::Never, &random).unwrap();
        assert!(verify(b"alice-secret", &secret));
        assert!(!verify(b"alice-secreT", &secret));
        assert!(!verify(b"", &secret));
    }

    #[test]
    fn the_password_is_kept_on_request_only() {
        let random = ring::rand::SystemRandom::new();
        let kept = |secrets| derive("alice-secret", secrets, &random).unwrap().password;
        assert_eq!(kept(RecoverableSecrets::Never), None);
        assert_eq!(kept(RecoverableSecrets::Kept).as_deref(), Some("alice-secret"));
    }
}
