//! How a case wants its server to be set: options as data, with what shows them on the wire.

use std::fmt;
use std::time::Duration;

use super::endpoint::Protocol;

/// How a server is set, as far as it is said; each setting stands once, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settings(Vec<Setting>);

/// One thing that can be set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// Which literals may come unasked (RFC 7888).
    Literals(Literals),
    /// Seconds between two logins of a user over POP3 (RFC 2449, section 6.5).
    LoginDelay(Whose, u32),
    /// How long mail stays in a maildrop (RFC 2449, section 6.7).
    Expire(Whose, Expire),
    /// How much the server takes of something.
    Limit(&'static str, u32),
    /// How long the server waits for something.
    Timeout(&'static str, Duration),
    /// When mail that could not be handed over is tried again.
    Retry(&'static str, Duration),
    /// Who may send a password without TLS.
    PlaintextAuth(PlaintextAuth),
    /// Whether mail is taken from other servers.
    Intake(Intake),
    /// An IMAP extension that is left out.
    Without(String),
}

/// To whom a setting applies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// To everybody for whom nothing else is said.
    Everybody,
    /// To one account of the case.
    Account(String),
}

/// Which literals may come unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Literals {
    /// All: LITERAL+.
    Plus,
    /// Small ones: LITERAL-.
    Minus,
}

/// How long mail stays in a maildrop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expire {
    /// So many days; 0 is until the end of the session that has retrieved it.
    Days(u32),
    /// For ever.
    Never,
}

/// Who may send a password without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaintextAuth {
    /// Clients on the server's own machine.
    Loopback,
    /// Nobody.
    Never,
}

/// Whether mail is taken from other servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Intake {
    /// It is.
    Open,
    /// It is not: SMTP greets with 521.
    Closed,
}

/// What shows on the wire that a server is set in a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// The protocol declares a capability.
    Declared(Protocol, String),
    /// It does not.
    NotDeclared(Protocol, String),
    /// IMAP says that nobody logs in without TLS, and offers no password there.
    NoPasswordInPlaintext,
}

impl Settings {
    /// Whether nothing is said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets something; what was said of it before is forgotten.
    pub fn put(&mut self, setting: Setting) {
        self.0.retain(|known| known.name() != setting.name());
        let at = self.0.partition_point(|known| *known < setting);
        self.0.insert(at, setting);
    }

    /// These settings, and where they are silent those.
    #[must_use]
    pub fn over(&self, those: &Self) -> Self {
        let mut both = those.clone();
        for setting in &self.0 {
            both.put(setting.clone());
        }
        both
    }

    /// Each setting, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    /// Whether this very setting is among them.
    #[must_use]
    pub fn has(&self, setting: &Setting) -> bool {
        self.0.contains(setting)
    }

    /// Whether something is said under this name.
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.0.iter().any(|setting| setting.name() == name)
    }

    /// The accounts for which something is said.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|setting| match setting {
            Setting::LoginDelay(Whose::Account(name), _) | Setting::Expire(Whose::Account(name), _) => {
                Some(name.as_str())
            }
            _ => None,
        })
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(", "))
    }
}

impl Setting {
    /// Its name, with what it belongs to: `limits.recipients`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Literals(_) => "literals".to_owned(),
            Self::LoginDelay(whose, _) => whose.name("login-delay"),
            Self::Expire(whose, _) => whose.name("expire"),
            Self::Limit(name, _) => format!("limits.{name}"),
            Self::Timeout(name, _) => format!("timeouts.{name}"),
            Self::Retry(name, _) => format!("retry.{name}"),
            Self::PlaintextAuth(_) => "plaintext-auth".to_owned(),
            Self::Intake(_) => "no-mail".to_owned(),
            Self::Without(capability) => format!("without {}", capability.to_ascii_uppercase()),
        }
    }

    /// What shows it on the wire, where something does.
    #[must_use]
    pub fn sign(&self) -> Option<Sign> {
        let declared = |protocol, capability: &str| Some(Sign::Declared(protocol, capability.to_owned()));
        match self {
            Self::Literals(Literals::Plus) => declared(Protocol::Imap, "LITERAL+"),
            Self::Literals(Literals::Minus) => declared(Protocol::Imap, "LITERAL-"),
            // Cases read the seconds and the days from what is declared.
            Self::LoginDelay(..) => declared(Protocol::Pop3, "LOGIN-DELAY"),
            Self::Expire(..) => declared(Protocol::Pop3, "EXPIRE"),
            Self::Limit("recipients" | "transactions" | "recipient-domains", _) => {
                declared(Protocol::Smtp, "LIMITS")
            }
            Self::PlaintextAuth(PlaintextAuth::Never) => Some(Sign::NoPasswordInPlaintext),
            Self::Without(capability) => Some(Sign::NotDeclared(Protocol::Imap, capability.clone())),
            Self::Limit(..)
            | Self::Timeout(..)
            | Self::Retry(..)
            | Self::PlaintextAuth(PlaintextAuth::Loopback)
            | Self::Intake(_) => None,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Literals(Literals::Plus) => write!(f, "{name}: plus"),
            Self::Literals(Literals::Minus) => write!(f, "{name}: minus"),
            Self::LoginDelay(_, seconds) => write!(f, "{name}: {seconds}s"),
            Self::Expire(_, Expire::Days(days)) => write!(f, "{name}: {days} days"),
            Self::Expire(_, Expire::Never) => write!(f, "{name}: never"),
            Self::Limit(_, most) => write!(f, "{name}: {most}"),
            Self::Timeout(_, time) | Self::Retry(_, time) => write!(f, "{name}: {time:?}"),
            Self::PlaintextAuth(PlaintextAuth::Loopback) => write!(f, "{name}: loopback"),
            Self::PlaintextAuth(PlaintextAuth::Never) => write!(f, "{name}: never"),
            Self::Intake(intake) => write!(f, "{name}: {}", *intake == Intake::Closed),
            Self::Without(_) => f.write_str(&name),
        }
    }
}

impl Whose {
    fn name(&self, setting: &str) -> String {
        match self {
            Self::Everybody => setting.to_owned(),
            Self::Account(account) => format!("users.{account}.{setting}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(settings: &[Setting]) -> Settings {
        let mut all = Settings::default();
        settings.iter().for_each(|setting| all.put(setting.clone()));
        all
    }

    #[test]
    fn what_is_said_last_counts_and_the_order_is_none_of_it() {
        let [few, many] = [Setting::Limit("recipients", 100), Setting::Limit("recipients", 200)];
        let minus = Setting::Literals(Literals::Minus);
        let settings = all(&[few.clone(), minus.clone(), many.clone()]);
        assert_eq!(settings, all(&[many.clone(), minus]));
        assert!(settings.has(&many) && !settings.has(&few));
        assert_eq!(settings.to_string(), "literals: minus, limits.recipients: 200");
    }

    #[test]
    fn a_case_overrides_its_suite_one_setting_at_a_time() {
        let alice = Setting::LoginDelay(Whose::Account("alice".to_owned()), 0);
        let suite = all(&[Setting::LoginDelay(Whose::Everybody, 3), Setting::Literals(Literals::Plus)]);
        let case = all(&[Setting::Literals(Literals::Minus), alice]);
        let both = case.over(&suite);
        assert_eq!(both.to_string(), "literals: minus, login-delay: 3s, users.alice.login-delay: 0s");
        assert_eq!(both.accounts().collect::<Vec<_>>(), ["alice"]);
    }

    #[test]
    fn extensions_that_are_left_out_have_one_name_in_any_case() {
        let without = |name: &str| Setting::Without(name.to_owned());
        assert_eq!(all(&[without("idle"), without("IDLE")]).iter().count(), 1);
        assert_eq!(without("idle").sign(), Some(Sign::NotDeclared(Protocol::Imap, "idle".to_owned())));
    }
}
