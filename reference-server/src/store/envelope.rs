//! What travels with a message and is not part of it: the return path, and what the sender
//! asks to be told (RFC 3461, section 4). Pure.

use std::fmt;

use super::terms::Terms;

/// Who sent a message and what was asked of its delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// The return path; `None` is the null reverse-path, to which nothing is ever reported.
    pub(crate) sender: Option<String>,
    /// ENVID, in xtext as it was given (RFC 3461, section 4.4).
    pub(crate) id: Option<String>,
    /// RET (RFC 3461, section 4.3).
    pub(crate) returned: Option<Returned>,
    /// On what terms it is sent on.
    pub(crate) terms: Terms,
}

/// How much of a message a report of its failure brings back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returned {
    /// All of it.
    Full,
    /// Its header section.
    Headers,
}

impl Returned {
    /// `ret-value = "FULL" / "HDRS"`
    pub(crate) fn parse(value: &str) -> Option<Self> {
        [Self::Full, Self::Headers].into_iter().find(|known| known.name().eq_ignore_ascii_case(value))
    }

    /// The value of RET.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        }
    }
}

/// What the sender wants to be told about one recipient (RFC 3461, section 4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Notify(u8);

impl Notify {
    const NEVER: u8 = 1;
    const SUCCESS: u8 = 2;
    const FAILURE: u8 = 4;
    const DELAY: u8 = 8;
    const ALL: [(&'static str, u8); 4] = [
        ("NEVER", Self::NEVER),
        ("SUCCESS", Self::SUCCESS),
        ("FAILURE", Self::FAILURE),
        ("DELAY", Self::DELAY),
    ];

    /// `notify-esmtp-value = "NEVER" / 1#notify-list-element`
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut set = 0;
        for word in value.split(',') {
            let (_, bit) = Self::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(word))?;
            set |= bit;
        }
        // NEVER stands alone.
        (set == Self::NEVER || set & Self::NEVER == 0).then_some(Self(set))
    }

    /// As the database holds it.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    /// From the database.
    pub(crate) fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Is the sender to be told of a delivery? Only who asks for it is.
    pub(crate) fn success(self) -> bool {
        self.0 & Self::SUCCESS != 0
    }

    /// Is the sender to be told of a failure? Also who asked for nothing.
    pub(crate) fn failure(self) -> bool {
        self.0 == 0 || self.0 & Self::FAILURE != 0
    }

    /// Is the sender to be told that it takes long? Also who asked for nothing.
    pub(crate) fn delay(self) -> bool {
        self.0 == 0 || self.0 & Self::DELAY != 0
    }

    /// Is the sender to be told nothing?
    pub(crate) fn never(self) -> bool {
        self.0 & Self::NEVER != 0
    }

    /// The same, and word of a delay too (RFC 2852, section 4.1.4.2); not where NEVER stands.
    #[must_use]
    pub(crate) fn with_delay(self) -> Self {
        match self.0 {
            0 => Self(Self::FAILURE | Self::DELAY),
            set if set & Self::NEVER != 0 => self,
            set => Self(set | Self::DELAY),
        }
    }

    /// Was NOTIFY given?
    pub(crate) fn is_given(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Display for Notify {
    /// The value of NOTIFY; empty where it was not given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Self::ALL.iter().filter(|(_, bit)| self.0 & bit != 0).map(|(name, _)| *name);
        f.write_str(&words.collect::<Vec<_>>().join(","))
    }
}

/// `xtext = *( xchar / hexchar )`, decoded; `hexchar = ASCII "+" immediately followed by two
/// upper case hexadecimal digits`.
pub(crate) fn xtext(value: &str) -> Option<String> {
    let mut decoded = Vec::new();
    let mut octets = value.bytes();
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'+' => hex(octets.next()?)? * 16 + hex(octets.next()?)?,
            b'!'..=b'~' if octet != b'=' => octet,
            _ => return None,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_stands_alone() {
        assert_eq!(Notify::parse("never").map(|n| n.to_string()).as_deref(), Some("NEVER"));
        assert_eq!(Notify::parse("Delay,SUCCESS").map(|n| n.to_string()).as_deref(), Some("SUCCESS,DELAY"));
        for bad in ["", "NEVER,FAILURE", "SUCCESS,", "SOMETIMES"] {
            assert_eq!(Notify::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn without_notify_failures_are_told_and_successes_are_not() {
        let none = Notify::default();
        assert!(none.failure() && none.delay() && !none.success() && !none.is_given());
        let never = Notify::parse("NEVER").unwrap();
        assert!(!never.failure() && !never.delay() && !never.success());
    }

    #[test]
    fn ret_values() {
        assert_eq!(Returned::parse("hdrs"), Some(Returned::Headers));
        assert_eq!(Returned::parse("BOTH"), None);
    }

    #[test]
    fn xtext_of_rfc_4954() {
        assert_eq!(xtext("e+3Dmc2@example.com").as_deref(), Some("e=mc2@example.com"));
        for bad in ["e+3dmc2", "e+3", "+", "a=b"] {
            assert_eq!(xtext(bad), None, "{bad:?}");
        }
    }
}
