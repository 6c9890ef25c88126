//! Whether a foreign target knows the accounts of its profile at all.
//!
//! A wrong secret in the profile looks like a server that cannot authenticate
//! anyone. Before such a server is accused, each endpoint that takes logins is
//! asked; it is not for judging authentication.

use std::sync::Arc;

use super::account::Account;
use super::client::{ClientError, Dialect, ImapClient, Pop3Client, SmtpClient};
use super::place::Place;
use crate::script::model::Endpoint;
use crate::wire::Recorder;

/// Why an account cannot be used: every endpoint that could be asked refuses its secret.
/// `None` when one of them takes it, and when none gives a clear word.
pub(super) async fn refused(place: &Place, account: &Account) -> Option<String> {
    let mut words = Vec::new();
    for endpoint in [Endpoint::Imap, Endpoint::Pop3, Endpoint::Submission, Endpoint::Smtp] {
        match log_in(place, endpoint, account).await {
            Some(Ok(())) => return None,
            Some(Err(ClientError::Refused(what, reply))) if is_about_secret(&what, &reply) => {
                words.push(format!("{}: {what} was answered by {reply}", endpoint.as_str()));
            }
            _ => {}
        }
    }
    (!words.is_empty()).then(|| words.join("; "))
}

/// `None` where there is no such endpoint.
async fn log_in(place: &Place, endpoint: Endpoint, account: &Account) -> Option<Result<(), ClientError>> {
    let dial = place.dial(endpoint)?;
    let recorder = Arc::new(Recorder::new());
    let Account { user, secret, .. } = account;
    let login = async {
        match endpoint {
            Endpoint::Imap => {
                let mut client = ImapClient::open(dial, recorder, "accounts").await?;
                client.login_safely(user, secret).await?;
                client.logout().await;
                Ok(())
            }
            Endpoint::Pop3 => {
                let mut client = Pop3Client::open(dial, recorder, "accounts").await?;
                client.login(user, secret).await?;
                client.quit().await
            }
            _ => {
                let mut client = SmtpClient::open(dial, Dialect::Smtp, recorder, "accounts").await?;
                client.login(user, secret).await?;
                client.quit().await;
                Ok(())
            }
        }
    };
    Some(login.await)
}

/// Whether a refusal speaks of user and secret, and not of the command, TLS, a lock or the load:
/// NO to LOGIN (RFC 3501, section 6.2.3), -ERR to PASS (RFC 1939, section 7), 535 to AUTH (RFC 4954, section 6).
fn is_about_secret(what: &str, reply: &str) -> bool {
    let upper = reply.to_ascii_uppercase();
    let otherwise =
        ["[UNAVAILABLE]", "[PRIVACYREQUIRED]", "[IN-USE]", "[SYS/", "[LOGIN-DELAY]", "STAYS LOCKED"];
    if otherwise.iter().any(|word| upper.contains(word)) {
        return false;
    }
    match what {
        "LOGIN" => upper.split(' ').nth(1) == Some("NO"),
        "PASS" => upper.starts_with("-ERR"),
        "AUTH PLAIN" => upper.starts_with("535"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_of_user_and_secret_is_one() {
        for (what, reply) in [
            ("LOGIN", "h1 NO [AUTHENTICATIONFAILED] no\\r\\n"),
            ("PASS", "-ERR [AUTH] no\\r\\n"),
            ("AUTH PLAIN", "535 5.7.8 no\\r\\n"),
        ] {
            assert!(is_about_secret(what, reply), "{what}");
        }
        for (what, reply) in [
            ("LOGIN", "h1 BAD what?\\r\\n"),
            ("LOGIN", "h1 NO [UNAVAILABLE] later\\r\\n"),
            ("PASS", "-ERR [IN-USE] locked\\r\\n"),
            ("AUTH PLAIN", "504 5.5.4 unknown mechanism\\r\\n"),
            ("AUTH PLAIN", "454 4.7.0 later\\r\\n"),
            ("the greeting", "535 no\\r\\n"),
        ] {
            assert!(!is_about_secret(what, reply), "{what} {reply}");
        }
    }
}
