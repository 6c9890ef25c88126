//! Where mail for a domain goes: a table first, and what stands in it for all others.

use std::fmt;
use std::str::FromStr;

/// Is TLS used towards a next hop?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RelayTls {
    /// Where the other server offers it, whatever its certificate (RFC 7435), and plain text
    /// otherwise.
    #[default]
    Opportunistic,
    /// No mail without it, whatever the certificate: eavesdroppers are kept out, impostors
    /// are not.
    Required,
    /// No mail without it, and only to who has a certificate for the server's name from one of the
    /// authorities of [`crate::Builder::relay_authorities`].
    Verified,
    /// Never.
    Never,
}

/// A server to which mail is handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct NextHop {
    /// Its name or address.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// Is TLS used?
    pub(crate) tls: RelayTls,
    /// With whom and which secret to log in there.
    pub(crate) login: Option<(String, String)>,
}

impl fmt::Debug for NextHop {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NextHop({}:{})", self.host, self.port)
    }
}

impl NextHop {
    /// A server by its name or address, and port.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, tls: RelayTls::default(), login: None }
    }

    /// Is TLS used?
    #[must_use]
    pub fn tls(mut self, tls: RelayTls) -> Self {
        self.tls = tls;
        self
    }

    /// Logs in there (AUTH PLAIN; over plain text only on this machine).
    #[must_use]
    pub fn login(mut self, user: impl Into<String>, secret: impl Into<String>) -> Self {
        self.login = Some((user.into(), secret.into()));
        self
    }
}

impl FromStr for NextHop {
    type Err = String;

    /// `[USER:SECRET@]HOST:PORT`; an IPv6 address stands in square brackets.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || "[USER:SECRET@]HOST:PORT is needed".to_owned();
        let (login, place) = match text.rsplit_once('@') {
            Some((login, place)) => (Some(login.split_once(':').ok_or_else(form)?), place),
            None => (None, text),
        };
        let (host, port) = place.rsplit_once(':').ok_or_else(form)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().map_err(|_| form())?;
        if host.is_empty() {
            return Err(form());
        }
        let hop = Self::new(host, port);
        Ok(match login {
            Some((user, secret)) => hop.login(user, secret),
            None => hop,
        })
    }
}

/// The table of routes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes {
    table: Vec<(String, NextHop)>,
}

impl Routes {
    /// Adds a route, or replaces it; `*` stands for every domain that has none of its own.
    pub(crate) fn add(&mut self, domain: &str, hop: NextHop) {
        self.table.retain(|(known, _)| !known.eq_ignore_ascii_case(domain));
        self.table.push((domain.to_ascii_lowercase(), hop));
    }

    /// The next hop of a domain; a smarthost is one for all.
    pub(crate) fn find(&self, domain: &str) -> Option<&NextHop> {
        let named = |name: &str| {
            self.table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, hop)| hop)
        };
        named(domain).or_else(|| named("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_of_its_own_goes_before_the_one_for_all() {
        let mut routes = Routes::default();
        assert_eq!(routes.find("a.test"), None);
        routes.add("*", NextHop::new("smart.test", 25));
        routes.add("A.test", NextHop::new("127.0.0.1", 2526));
        assert_eq!(routes.find("a.TEST").map(|hop| hop.port), Some(2526));
        assert_eq!(routes.find("b.test").map(|hop| hop.port), Some(25));
    }

    #[test]
    fn next_hops_as_they_are_written() {
        let hop: NextHop = "u:s@p@[::1]:25".parse().unwrap();
        assert_eq!((hop.host.as_str(), hop.port), ("::1", 25));
        assert_eq!(hop.login, Some(("u".to_owned(), "s@p".to_owned())));
        assert!(!format!("{hop:?}").contains("s@p"));
        for bad in ["", "host", ":25", "host:smtp", "user@host:25"] {
            assert!(bad.parse::<NextHop>().is_err(), "{bad:?}");
        }
    }
}
