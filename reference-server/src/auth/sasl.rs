//! SASL exchanges as pure state machines, after base64: PLAIN (RFC 4616) and LOGIN (never
//! standardized, widely used). How challenges travel is the protocols' affair.

/// A mechanism that the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// RFC 4616
    Plain,
    /// Two prompts: user name, password.
    Login,
}

impl Mechanism {
    /// All that are offered, the better first.
    pub(crate) const ALL: [Self; 2] = [Self::Plain, Self::Login];

    /// The registered name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// The mechanism of this name; upper and lower case do not matter.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().as_bytes().eq_ignore_ascii_case(name))
    }
}

/// Who somebody claims to be, with the proof.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// Whom they want to act as, if they said so (authzid).
    pub(crate) authorization: Option<String>,
    /// The login name (authcid).
    pub(crate) login: String,
    /// The password.
    pub(crate) password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({:?}, ..)", self.login)
    }
}

/// What the server does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send this challenge, and wait for the response.
    Challenge(&'static [u8]),
    /// The exchange is complete: verify.
    Verify(Credentials),
    /// The client broke the mechanism's rules: the exchange has failed.
    Malformed,
}

/// A running exchange.
#[derive(Debug)]
pub(crate) struct Exchange {
    state: State,
}

#[derive(Debug)]
enum State {
    Plain,
    LoginName,
    LoginPassword(String),
    Over,
}

impl Exchange {
    /// Begins. The initial response is decoded; `None` where the client sent none.
    pub(crate) fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> (Self, Step) {
        let (state, prompt): (_, &'static [u8]) = match mechanism {
            Mechanism::Plain => (State::Plain, b""),
            Mechanism::Login => (State::LoginName, b"Username:"),
        };
        let mut exchange = Self { state };
        let step = match initial {
            None => Step::Challenge(prompt),
            Some(response) => exchange.respond(response),
        };
        (exchange, step)
    }

    /// Takes the client's decoded response to the last challenge.
    pub(crate) fn respond(&mut self, response: &[u8]) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Plain => plain(response).map_or(Step::Malformed, Step::Verify),
            State::LoginName => match text(response) {
                Some(login) => {
                    self.state = State::LoginPassword(login);
                    Step::Challenge(b"Password:")
                }
                None => Step::Malformed,
            },
            State::LoginPassword(login) => match text(response) {
                Some(password) => Step::Verify(Credentials { authorization: None, login, password }),
                None => Step::Malformed,
            },
            State::Over => Step::Malformed,
        }
    }
}

/// `message = [authzid] UTF8NUL authcid UTF8NUL passwd` (RFC 4616, section 2): UTF-8, and
/// neither authcid nor passwd may be empty.
fn plain(message: &[u8]) -> Option<Credentials> {
    let message = std::str::from_utf8(message).ok()?;
    let mut parts = message.split('\0');
    let (authzid, login, password) = (parts.next()?, parts.next()?, parts.next()?);
    if login.is_empty() || password.is_empty() || parts.next().is_some() {
        return None;
    }
    Some(Credentials {
        authorization: (!authzid.is_empty()).then(|| authzid.to_owned()),
        login: login.to_owned(),
        password: password.to_owned(),
    })
}

fn text(response: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(response).ok()?;
    (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(mechanism: Mechanism, initial: Option<&[u8]>) -> Step {
        Exchange::start(mechanism, initial).1
    }

    #[test]
    fn plain_in_one_message() {
        // RFC 4616, section 4: user tim, password tanstaaftanstaaf.
        let Step::Verify(found) = run(Mechanism::Plain, Some(b"\0tim\0tanstaaftanstaaf")) else {
            panic!("not complete");
        };
        assert_eq!(found.login, "tim");
        assert_eq!(found.password, "tanstaaftanstaaf");
        assert_eq!(found.authorization, None);
    }

    #[test]
    fn plain_may_name_an_authorization_identity() {
        let Step::Verify(found) = run(Mechanism::Plain, Some(b"Ursel\0Kurt\0xipj3plmq")) else {
            panic!("not complete");
        };
        assert_eq!(found.authorization.as_deref(), Some("Ursel"));
    }

    #[test]
    fn plain_refuses_what_its_grammar_does() {
        for bad in
            [&b""[..], b"tim", b"\0tim", b"\0tim\0", b"\0\0secret", b"\0tim\0sec\0ret", b"\0t\xff\0secret"]
        {
            assert_eq!(run(Mechanism::Plain, Some(bad)), Step::Malformed, "{bad:?}");
        }
    }

    #[test]
    fn plain_without_initial_response_gets_an_empty_challenge() {
        assert_eq!(run(Mechanism::Plain, None), Step::Challenge(b""));
    }

    #[test]
    fn login_asks_twice() {
        let (mut exchange, step) = Exchange::start(Mechanism::Login, None);
        assert_eq!(step, Step::Challenge(b"Username:"));
        assert_eq!(exchange.respond(b"bob"), Step::Challenge(b"Password:"));
        let Step::Verify(found) = exchange.respond(b"pw") else {
            panic!("not complete");
        };
        assert_eq!((found.login.as_str(), found.password.as_str()), ("bob", "pw"));
        assert_eq!(exchange.respond(b"more"), Step::Malformed);
    }

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(Mechanism::parse(b"pLaIn"), Some(Mechanism::Plain));
        assert_eq!(Mechanism::parse(b"X-UNKNOWN"), None);
    }
}
