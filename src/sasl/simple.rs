//! Mechanisms whose messages depend on nothing that the server says: PLAIN, LOGIN, EXTERNAL and
//! those that hand over a bearer token.

use std::collections::VecDeque;

use super::{Broken, Credentials, Flaw, Mechanism};

/// A running exchange of such a mechanism.
#[derive(Debug)]
pub struct Simple {
    /// What is still to be said, in order.
    messages: VecDeque<Vec<u8>>,
    /// What answers the challenge that tells of an error, where the mechanism has one.
    on_error: Option<&'static [u8]>,
    /// Whether the challenge that comes first must be empty.
    opens: Opens,
}

/// How an exchange opens where the client has sent no initial response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opens {
    /// By a challenge that may say anything.
    ByAny,
    /// By an empty one (RFC 4422, section 5 and appendix A.1).
    ByEmpty,
}

impl Simple {
    pub(super) fn new(mechanism: Mechanism, credentials: &Credentials, flaw: Option<Flaw>) -> Self {
        let Credentials { user, secret, authzid, token } = credentials;
        let secret = Credentials::proved(secret, flaw);
        let token = Credentials::proved(token, flaw);
        let (messages, on_error): (Vec<String>, Option<&'static [u8]>) = match mechanism {
            // RFC 4616, section 2.
            Mechanism::Plain => (vec![format!("{authzid}\0{user}\0{secret}")], None),
            Mechanism::Login => (vec![user.clone(), secret.into_owned()], None),
            // RFC 7628, section 3.1; an error is answered by one %x01 (section 3.2.3).
            Mechanism::OauthBearer => {
                let named = if authzid.is_empty() { user } else { authzid };
                let header = format!("n,a={},", escaped(named));
                (vec![format!("{header}\x01auth=Bearer {token}\x01\x01")], Some(b"\x01"))
            }
            Mechanism::Xoauth2 => (vec![format!("user={user}\x01auth=Bearer {token}\x01\x01")], Some(b"")),
            // RFC 4422, appendix A; the others have files of their own.
            Mechanism::External | Mechanism::CramMd5 | Mechanism::Scram(_) | Mechanism::ScramPlus(_) => {
                (vec![authzid.clone()], None)
            }
        };
        let opens = if mechanism == Mechanism::External { Opens::ByEmpty } else { Opens::ByAny };
        Self { opens, messages: messages.into_iter().map(String::into_bytes).collect(), on_error }
    }

    pub(super) fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Broken> {
        if std::mem::replace(&mut self.opens, Opens::ByAny) == Opens::ByEmpty && !challenge.is_empty() {
            return Err(Broken::new("an empty challenge first", String::from_utf8_lossy(challenge)));
        }
        match self.messages.pop_front() {
            Some(message) => Ok(message),
            None => match self.on_error.take() {
                Some(answer) => Ok(answer.to_vec()),
                None => Err(Broken::new("the outcome, since the client has said all", "another challenge")),
            },
        }
    }

    pub(super) fn succeeded(&self) -> Result<(), Broken> {
        if self.messages.is_empty() {
            Ok(())
        } else {
            Err(Broken::new("a challenge, since the client has not said all", "success"))
        }
    }
}

/// `,` and `=` of a name as `=2C` and `=3D` (RFC 5802, section 5.1).
pub(super) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(mechanism: Mechanism, credentials: &Credentials, flaw: Option<Flaw>) -> Vec<String> {
        let mut simple = Simple::new(mechanism, credentials, flaw);
        let mut said = Vec::new();
        while let Ok(message) = simple.respond(b"") {
            said.push(String::from_utf8(message).unwrap());
        }
        assert!(simple.succeeded().is_ok());
        said
    }

    fn credentials(user: &str, secret: &str, authzid: &str, token: &str) -> Credentials {
        Credentials { user: user.into(), secret: secret.into(), authzid: authzid.into(), token: token.into() }
    }

    #[test]
    fn messages_are_those_of_the_rfcs() {
        let kurt = credentials("Kurt", "xipj3plmq", "Ursel", "");
        assert_eq!(messages(Mechanism::Plain, &kurt, None), ["Ursel\0Kurt\0xipj3plmq"]);
        assert_eq!(messages(Mechanism::Plain, &kurt, Some(Flaw::Proof)), ["Ursel\0Kurt\0xipj3plmqx"]);
        assert_eq!(messages(Mechanism::Login, &kurt, None), ["Kurt", "xipj3plmq"]);
        assert_eq!(messages(Mechanism::External, &kurt, None), ["Ursel"]);
        let bearer = credentials("user@example.com", "", "", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
        assert_eq!(
            messages(Mechanism::OauthBearer, &bearer, None),
            [
                "n,a=user@example.com,\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01",
                "\x01"
            ]
        );
        let xoauth = messages(Mechanism::Xoauth2, &bearer, None);
        assert_eq!(xoauth.len(), 2);
        assert!(xoauth[0].starts_with("user=user@example.com\x01auth=Bearer vF9"), "{xoauth:?}");
    }

    #[test]
    fn external_begins_with_an_empty_challenge() {
        let nobody = credentials("", "", "", "");
        assert!(Simple::new(Mechanism::External, &nobody, None).respond(b"").is_ok());
        assert!(Simple::new(Mechanism::External, &nobody, None).respond(b"who?").is_err());
        assert!(Simple::new(Mechanism::Plain, &nobody, None).respond(b"who?").is_ok());
    }

    #[test]
    fn success_before_the_password_was_asked_for_is_too_early() {
        let mut login = Simple::new(Mechanism::Login, &credentials("a", "b", "", ""), None);
        assert!(login.respond(b"Username:").is_ok());
        assert!(login.succeeded().is_err());
    }

    #[test]
    fn a_name_cannot_end_its_field() {
        assert_eq!(escaped("a,b=c"), "a=2Cb=3Dc");
    }
}
