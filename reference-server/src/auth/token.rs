//! Mechanisms that hand over a bearer token: OAUTHBEARER (RFC 7628) and its forerunner XOAUTH2.
//! Whose token it is, is the authenticator's affair.

use super::sasl::{Mechanism, Step};

/// What tells the client that its token will not do (RFC 7628, section 3.2.2).
const REFUSAL: &[u8] = br#"{"status":"invalid_token"}"#;

/// A running exchange.
#[derive(Debug)]
pub(super) struct Bearer {
    mechanism: Mechanism,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The token is waited for.
    First,
    /// The token is judged.
    Judged,
    /// The client was told of the error, and must say that it has heard.
    Refused,
}

/// Whose mail is wanted, with which token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The user, or whom the client wants to act as; `None` leaves it to the token.
    pub(crate) name: Option<String>,
    /// The token.
    pub(crate) token: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({:?}, ..)", self.name)
    }
}

impl Bearer {
    pub(super) fn new(mechanism: Mechanism) -> Self {
        Self { mechanism, state: State::First }
    }

    /// Takes the client's message.
    pub(super) fn respond(&mut self, message: &[u8]) -> Step {
        match self.state {
            State::First => {
                let text = std::str::from_utf8(message).ok();
                let token = match self.mechanism {
                    Mechanism::Xoauth2 => text.and_then(xoauth2),
                    _ => text.and_then(oauthbearer),
                };
                self.state = State::Judged;
                token.map_or(Step::Malformed, Step::Token)
            }
            // Whatever it says: the exchange has failed (RFC 7628, section 3.2.3).
            State::Refused => Step::Refused,
            State::Judged => Step::Malformed,
        }
    }

    /// The token is not one that lets the client in.
    pub(super) fn refuse(&mut self) -> Step {
        self.state = State::Refused;
        Step::Challenge(REFUSAL.to_vec())
    }
}

/// ```abnf
/// client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
/// kvpair      = key "=" value kvsep
/// gs2-header  = gs2-cbind-flag "," [ "a=" saslname ] ","
/// ```
/// RFC 7628, section 3.1: pairs that are not known are ignored; no channel is bound to.
fn oauthbearer(message: &str) -> Option<Token> {
    let (header, pairs) = message.split_once('\u{1}')?;
    let mut fields = header.splitn(3, ',');
    let (flag, authzid, rest) = (fields.next()?, fields.next()?, fields.next()?);
    if !matches!(flag, "n" | "y") || !rest.is_empty() {
        return None;
    }
    let name = match authzid {
        "" => None,
        given => Some(super::scram::saslname(given.strip_prefix("a=")?)?),
    };
    Some(Token { name, token: bearer(pairs)? })
}

/// `user=NAME ^A auth=Bearer TOKEN ^A ^A`, as Google describes it.
fn xoauth2(message: &str) -> Option<Token> {
    let (user, pairs) = message.split_once('\u{1}')?;
    Some(Token { name: Some(user.strip_prefix("user=")?.to_owned()), token: bearer(pairs)? })
}

/// The token in `*kvpair kvsep`: `auth=Bearer b64token` (RFC 6750, section 2.1), the scheme in any case.
fn bearer(pairs: &str) -> Option<String> {
    let pairs = pairs.strip_suffix('\u{1}')?;
    let value = pairs.split('\u{1}').find_map(|pair| pair.strip_prefix("auth="))?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let sound = scheme.eq_ignore_ascii_case("bearer") && token.bytes().all(|octet| octet.is_ascii_graphic());
    (sound && !token.is_empty()).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7628() {
        // Section 4.1, with a token of our own.
        let message = "n,a=user@example.com,\u{1}host=server.example.com\u{1}port=143\u{1}auth=Bearer abc.DEF-1==\u{1}\u{1}";
        let found = oauthbearer(message).unwrap();
        assert_eq!((found.name.as_deref(), found.token.as_str()), (Some("user@example.com"), "abc.DEF-1=="));
        let bare = oauthbearer("n,,\u{1}auth=bearer x\u{1}\u{1}").unwrap();
        assert_eq!((bare.name, bare.token.as_str()), (None, "x"));
    }

    #[test]
    fn what_breaks_the_grammar_is_malformed() {
        for message in [
            "",
            "\u{1}",
            "p=tls-exporter,,\u{1}auth=Bearer x\u{1}\u{1}",
            "n,a=,\u{1}auth=Bearer x\u{1}\u{1}",
            "n,,\u{1}auth=Basic x\u{1}\u{1}",
            "n,,\u{1}auth=Bearer \u{1}\u{1}",
            "n,,\u{1}host=x\u{1}\u{1}",
            "n,,auth=Bearer x",
        ] {
            assert!(oauthbearer(message).is_none(), "{message:?}");
        }
        assert!(xoauth2("n,,\u{1}auth=Bearer x\u{1}\u{1}").is_none());
        assert_eq!(xoauth2("user=a\u{1}auth=Bearer x\u{1}\u{1}").unwrap().name.as_deref(), Some("a"));
    }

    #[test]
    fn a_refused_token_is_told_and_acknowledged() {
        let mut bearer = Bearer::new(Mechanism::OauthBearer);
        assert!(matches!(bearer.respond(b"n,,\x01auth=Bearer x\x01\x01"), Step::Token(_)));
        assert_eq!(bearer.refuse(), Step::Challenge(REFUSAL.to_vec()));
        assert_eq!(bearer.respond(b"\x01"), Step::Refused);
    }
}
