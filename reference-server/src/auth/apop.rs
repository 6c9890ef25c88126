//! APOP (RFC 1939, section 7): a digest of the greeting's timestamp and the password. Offered only
//! where passwords are kept, since the digest needs them.

use md5::{Digest as _, Md5};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::cram::hexadecimal;
use super::secret::constant_time_equal;
use super::{AuthError, Authenticator, Verified};
use crate::channel::Channel;
use crate::limits::RecoverableSecrets;
use crate::store::Account;

impl Authenticator {
    /// The timestamp of one greeting, unlike that of any other; `None` where APOP is not offered.
    pub(crate) fn timestamp(&self) -> Option<String> {
        let mut octets = [0; 16];
        if self.recoverable == RecoverableSecrets::Never || SystemRandom::new().fill(&mut octets).is_err() {
            return None;
        }
        Some(format!("<{}@{}>", hexadecimal(&octets), self.hostname))
    }

    /// Verifies the digest of this timestamp, which came over this channel.
    ///
    /// # Errors
    /// It is not the account's, or the store failed.
    pub(crate) async fn verify_apop(
        &self,
        login: &str,
        channel: &Channel,
        timestamp: &str,
        digest: &[u8],
    ) -> Result<Account, AuthError> {
        self.throttle.admit(channel.peer).await?;
        let verified = self.compare_apop(login, timestamp, digest).await;
        self.note(channel.peer, login, &verified).await;
        verified
    }

    async fn compare_apop(&self, login: &str, timestamp: &str, digest: &[u8]) -> Result<Account, AuthError> {
        let account = self.resolve(login).await?;
        let secret = match &account {
            Some(account) => self.store.secret(account.id).await?,
            None => self.nobody.clone(),
        };
        // Without a password nothing is right, and that takes as long.
        let wanted = digest_of(timestamp, secret.password.as_deref().unwrap_or_default());
        let same = constant_time_equal(digest, wanted.as_bytes()) && secret.password.is_some();
        let verified = if same { Verified::Right } else { Verified::Wrong };
        match account {
            Some(account) if (self.seams.authentication.admits)(verified) => Ok(account),
            _ => Err(AuthError::Invalid),
        }
    }
}

/// In 32 lower-case hexadecimal digits.
pub(crate) fn digest_of(timestamp: &str, password: &str) -> String {
    let digest = Md5::new().chain_update(timestamp).chain_update(password).finalize();
    hexadecimal(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let digest = digest_of("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf");
        assert_eq!(digest, "c4c9334bac560ecc979e58001b3e22fb");
    }
}
