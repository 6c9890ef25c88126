//! What stands behind the flags of `mailspec serve`: each value with how it is written.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use reference_server::{NextHop, Retention};

pub(super) fn fingerprint(text: &str) -> Result<(String, [u8; 32]), String> {
    let form = "written ADDRESS=SHA256, with 64 hexadecimal digits";
    let (address, digits) = text.split_once('=').filter(|(address, _)| address.contains('@')).ok_or(form)?;
    let digits: Vec<u8> = digits.bytes().filter(|octet| *octet != b':').collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let hexadecimal = digits.iter().all(u8::is_ascii_hexdigit);
    let octets: Option<Vec<u8>> = digits.chunks(2).map(octet).collect();
    let octets = octets.filter(|_| hexadecimal).and_then(|octets| <[u8; 32]>::try_from(octets).ok());
    Ok((address.to_owned(), octets.ok_or(form)?))
}

pub(super) fn token(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(address, token)| address.contains('@') && !token.is_empty());
    let (address, token) = parts.ok_or_else(|| "written ADDRESS=TOKEN".to_owned())?;
    Ok((address.to_owned(), token.to_owned()))
}

/// A route from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) domain: String,
    pub(super) hop: NextHop,
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = "DOMAIN=HOST:PORT is needed, as in example.org=127.0.0.1:2526";
        let (domain, hop) = text.split_once('=').ok_or(form)?;
        if domain.is_empty() {
            return Err(form.to_owned());
        }
        Ok(Self { domain: domain.to_owned(), hop: hop.parse()? })
    }
}

/// Who may use ETRN, from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Etrn {
    pub(super) domain: String,
    pub(super) clients: Vec<IpAddr>,
}

impl FromStr for Etrn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (domain, clients) =
            text.split_once('=').map_or((text, None), |(domain, all)| (domain, Some(all)));
        let address = |text: &str| text.parse().map_err(|_| format!("{text:?} is no address"));
        let clients = clients.map_or(Ok(Vec::new()), |all| all.split(',').map(address).collect())?;
        if domain.is_empty() {
            return Err("DOMAIN or DOMAIN=ADDRESS,... is needed".to_owned());
        }
        Ok(Self { domain: domain.to_owned(), clients })
    }
}

/// A mailing list from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MailingList {
    pub(super) address: String,
    pub(super) members: Vec<String>,
}

impl FromStr for MailingList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let members = |members: &str| -> Vec<String> { members.split(',').map(str::to_owned).collect() };
        match text.split_once('=') {
            Some((address, all)) if address.contains('@') && all.split(',').all(|one| one.contains('@')) => {
                Ok(Self { address: address.to_owned(), members: members(all) })
            }
            _ => Err("ADDRESS=MEMBER,... is needed, as in team@example.test=alice@example.test".to_owned()),
        }
    }
}

/// Something that holds for everybody, or for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own<T> {
    pub(super) address: Option<String>,
    pub(super) value: T,
}

impl<T: FromStr> FromStr for Own<T>
where
    T::Err: std::fmt::Display,
{
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, value) = match text.rsplit_once('=') {
            Some((address, _)) if !address.contains('@') => return Err(format!("{address:?} is no address")),
            Some((address, value)) => (Some(address.to_owned()), value),
            None => (None, text),
        };
        let value = value.parse().map_err(|error| format!("{value:?}: {error}"))?;
        Ok(Self { address, value })
    }
}

/// How long mail stays, from the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stay(pub(super) Retention);

impl FromStr for Stay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "never" => Ok(Self(Retention::Forever)),
            days => {
                let days = days.parse().map_err(|_| "a number of days or `never` is needed".to_owned())?;
                Ok(Self(Retention::days(days)))
            }
        }
    }
}

/// The longest time that can be said, more than a hundred years: clocks can still add it.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// A time from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) name: String,
    pub(super) time: Duration,
}

impl FromStr for Wait {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = "NAME=TIME is needed, as in smtp=300 or smtp=5m; the units are ms, s, m, h and d";
        let (name, time) = text.split_once('=').ok_or(form)?;
        let digits = time.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = time.split_at_checked(digits).ok_or(form)?;
        let count: u64 = count.parse().map_err(|_| form)?;
        let each = match unit {
            "ms" => 1,
            "" | "s" => 1000,
            "m" => 60 * 1000,
            "h" => 60 * 60 * 1000,
            "d" => 24 * 60 * 60 * 1000,
            _ => return Err(form.to_owned()),
        };
        let time = count.checked_mul(each).map(Duration::from_millis).filter(|time| *time <= LONGEST);
        let time = time.ok_or_else(|| format!("{time:?} is longer than anybody waits"))?;
        Ok(Self { name: name.to_owned(), time })
    }
}

/// A limit from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: u32,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or("NAME=NUMBER is needed")?;
        let value = value.parse().map_err(|_| format!("{value:?} is no number"))?;
        Ok(Self { name: name.to_owned(), value })
    }
}

/// Where a service is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listen {
    Off,
    At(SocketAddr),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::Off);
        }
        if let Ok(port) = text.trim_start_matches(':').parse::<u16>() {
            return Ok(Self::At(loopback(port)));
        }
        text.parse().map(Self::At).map_err(|_| "ADDRESS:PORT, PORT or `off` is needed".to_owned())
    }
}

pub(super) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// An account from the command line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) address: String,
    pub(super) secret: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({:?}, ..)", self.address)
    }
}

impl FromStr for Account {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((address, secret)) if address.contains('@') && !secret.is_empty() => {
                Ok(Self { address: address.to_owned(), secret: secret.to_owned() })
            }
            _ => Err("ADDRESS:SECRET is needed, as in alice@example.test:alice-secret".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_all_their_forms() {
        assert_eq!("off".parse(), Ok(Listen::Off));
        assert_eq!("0".parse(), Ok(Listen::At(loopback(0))));
        assert_eq!(":2525".parse(), Ok(Listen::At(loopback(2525))));
        assert_eq!("[::1]:25".parse(), Ok(Listen::At("[::1]:25".parse().unwrap())));
        for bad in ["", "localhost", "127.0.0.1", "99999"] {
            assert!(bad.parse::<Listen>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn routes_name_a_domain_and_a_server() {
        let route: Route = "example.org=127.0.0.1:2526".parse().unwrap();
        assert_eq!((route.domain.as_str(), route.hop), ("example.org", NextHop::new("127.0.0.1", 2526)));
        for bad in ["example.org", "=127.0.0.1:25", "example.org=127.0.0.1"] {
            assert!(bad.parse::<Route>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn fingerprints_have_64_digits_and_colons_or_none() {
        let plain = "0f".repeat(32);
        let wanted = Ok(("a@b.test".to_owned(), [0x0f; 32]));
        assert_eq!(fingerprint(&format!("a@b.test={plain}")), wanted);
        assert_eq!(fingerprint(&format!("a@b.test={}", ["0F"; 32].join(":"))), wanted);
        for bad in
            ["a@b.test", "a@b.test=0f", &format!("a={plain}"), &format!("a@b.test={}", "+f".repeat(32))]
        {
            assert!(fingerprint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lists_and_settings() {
        let list: MailingList = "team@a.test=x@a.test,y@b.test".parse().unwrap();
        assert_eq!((list.address.as_str(), list.members.len()), ("team@a.test", 2));
        for bad in ["team@a.test", "team=x@a.test", "team@a.test=x@a.test,"] {
            assert!(bad.parse::<MailingList>().is_err(), "{bad:?}");
        }
        assert_eq!("smtp=30".parse(), Ok(Setting { name: "smtp".to_owned(), value: 30 }));
        assert!("smtp".parse::<Setting>().is_err() && "smtp=x".parse::<Setting>().is_err());
    }

    #[test]
    fn times_have_units_and_are_seconds_without() {
        let wait = |text: &str| text.parse::<Wait>().map(|wait| wait.time);
        assert_eq!(wait("smtp=300"), Ok(Duration::from_secs(300)));
        assert_eq!(wait("imap=500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(wait("give-up-after=2d"), Ok(Duration::from_secs(172_800)));
        for bad in
            ["smtp", "smtp=", "smtp=x", "smtp=3y", "smtp=-1", "smtp=99999999999999999999", "smtp=\u{b2}s"]
        {
            assert!(wait(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_holds_for_one_account_has_its_address_before_it() {
        assert_eq!("3".parse(), Ok(Own { address: None, value: 3 }));
        let own = Own { address: Some("a@b.test".to_owned()), value: Stay(Retention::Session) };
        assert_eq!("a@b.test=0".parse(), Ok(own));
        assert_eq!("never".parse(), Ok(Own { address: None, value: Stay(Retention::Forever) }));
        for bad in ["", "a=3", "a@b.test", "a@b.test=", "-1", "always"] {
            assert!(bad.parse::<Own<Stay>>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_may_hold_colons_and_is_not_shown() {
        let account: Account = "alice@example.test:a:b".parse().unwrap();
        assert_eq!(account.secret, "a:b");
        assert!(!format!("{account:?}").contains("a:b"));
        assert!("alice:secret".parse::<Account>().is_err());
        assert!("alice@example.test".parse::<Account>().is_err());
    }
}
