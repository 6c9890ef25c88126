//! How mailbox names are written on the wire: in modified UTF-7 (RFC 3501, section 5.1.3), or as
//! they are, in UTF-8, for clients that said they can take it (RFC 9051, section 5.1).

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::utf7;

/// How names are written, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Names {
    /// What is not ASCII, and `&`, in modified UTF-7.
    #[default]
    ModifiedUtf7,
    /// As they are; quoted strings may then hold UTF-8 too (RFC 9051, section 4.3.1).
    Utf8,
}

/// What a client reads in header fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// ASCII (RFC 3501, section 7.4.2).
    Ascii,
    /// UTF-8: it said so by ENABLE (RFC 6855, section 3; RFC 9051, section 6.3.1).
    Utf8,
}

impl Names {
    /// What a client reads in header fields that has names written so.
    pub(crate) fn reads(self) -> Reads {
        match self {
            Self::ModifiedUtf7 => Reads::Ascii,
            Self::Utf8 => Reads::Utf8,
        }
    }

    /// The text in the form that names have: in UTF-8 Net-Unicode, into which what is written otherwise
    /// is converted (RFC 9051, section 5.1).
    pub(crate) fn normal(self, text: String) -> String {
        match self {
            Self::Utf8 if !is_nfc(&text) => text.nfc().collect(),
            Self::ModifiedUtf7 | Self::Utf8 => text,
        }
    }

    /// The name that these octets stand for, if they stand for one.
    pub(crate) fn decode(self, wire: &[u8]) -> Option<String> {
        match self {
            Self::ModifiedUtf7 => utf7::decode(wire),
            Self::Utf8 => Some(std::str::from_utf8(wire).ok()?.to_owned()),
        }
    }

    /// The name as it is written, quoting apart.
    pub(crate) fn encode(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::ModifiedUtf7 => Cow::Owned(utf7::encode(name)),
            Self::Utf8 => Cow::Borrowed(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_as_it_was() {
        for names in [Names::ModifiedUtf7, Names::Utf8] {
            for name in ["INBOX", "a&b", "\u{e9}t\u{e9}/\u{53f0}\u{5317}"] {
                assert_eq!(names.decode(names.encode(name).as_bytes()).as_deref(), Some(name));
            }
        }
        assert_eq!(Names::Utf8.decode(b"a&b").as_deref(), Some("a&b"));
        assert_eq!(Names::Utf8.decode(b"\xe9"), None);
        assert_eq!(Names::ModifiedUtf7.decode("\u{e9}".as_bytes()), None);
    }
}
