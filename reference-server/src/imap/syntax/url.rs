//! IMAP URLs of messages and their parts, as CATENATE has them: without scheme and server (RFC 4469,
//! section 3; RFC 5092, sections 6 and 11). Not for lists of messages, and not for other servers.

use super::cursor::Cursor;
use super::fetch::{Partial, Section, section};

/// What a URL points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageUrl {
    /// The mailbox, by its name.
    pub(crate) mailbox: String,
    /// Its UIDVALIDITY, without which the URL is stale.
    pub(crate) validity: Option<u32>,
    /// The message.
    pub(crate) uid: u32,
    /// What of the message.
    pub(crate) section: Section,
    /// Which octets of that.
    pub(crate) partial: Option<Partial>,
}

/// ```abnf
/// iabsolute-path = "/" enc-mailbox [";UIDVALIDITY=" nz-number] "/;UID=" nz-number
///                  ["/;SECTION=" enc-section] ["/;PARTIAL=" number ["." nz-number]]
/// ```
/// Names of mailboxes are in UTF-8 (section 8). A reference that begins with no slash is none (section
/// 7.2).
pub(crate) fn message_url(url: &[u8]) -> Option<MessageUrl> {
    let path = std::str::from_utf8(url).ok()?.strip_prefix('/')?;
    if path.starts_with('/') || !path.bytes().all(|octet| octet.is_ascii_graphic()) {
        return None;
    }
    let mut segments = path.split("/;");
    let (mailbox, validity) = match segments.next()?.split_once(';') {
        Some((mailbox, parameter)) => (mailbox, Some(nz_number(value(parameter, "UIDVALIDITY=")?)?)),
        None => (path.split("/;").next()?, None),
    };
    if mailbox.is_empty() || mailbox.contains('?') {
        return None;
    }
    let uid = nz_number(value(segments.next()?, "UID=")?)?;
    let mut next = segments.next();
    let mut of = Section { part: Vec::new(), text: None };
    if let Some(given) = next.and_then(|segment| value(segment, "SECTION=")) {
        of = named_section(&decoded(given)?)?;
        next = segments.next();
    }
    let mut partial = None;
    if let Some(range) = next.and_then(|segment| value(segment, "PARTIAL=")) {
        partial = Some(partial_range(range)?);
        next = segments.next();
    }
    if next.is_some() || segments.next().is_some() {
        return None;
    }
    let mailbox = String::from_utf8(decoded(mailbox)?).ok()?;
    Some(MessageUrl { mailbox, validity, uid, section: of, partial })
}

/// What stands behind the name of a parameter, which is written in any case.
fn value<'s>(parameter: &'s str, name: &str) -> Option<&'s str> {
    let (front, value) = parameter.split_at_checked(name.len())?;
    front.eq_ignore_ascii_case(name).then_some(value)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok())?
}

fn nz_number(text: &str) -> Option<u32> {
    number(text).and_then(|number| u32::try_from(number).ok()).filter(|&number| number > 0)
}

fn partial_range(range: &str) -> Option<Partial> {
    let (origin, count) = match range.split_once('.') {
        Some((origin, count)) => (origin, number(count).filter(|&count| count > 0)?),
        None => (range, u64::MAX),
    };
    Some(Partial { origin: number(origin)?, count })
}

fn named_section(text: &[u8]) -> Option<Section> {
    let bracketed = [b"[", text, b"]"].concat();
    let mut cursor = Cursor::whole(&bracketed, 0);
    let found = section(&mut cursor).ok()?;
    // An empty section is left out (RFC 5092, section 11: 1*bchar).
    (cursor.end().is_ok() && !text.is_empty()).then_some(found)
}

/// The text without percent-encoding (RFC 3986, section 2.1).
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        if octet != b'%' {
            out.push(octet);
            continue;
        }
        let mut digit = || char::from(octets.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        out.push(digit()?.checked_mul(16)?.checked_add(digit()?)?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::syntax::SectionText;

    #[test]
    fn the_urls_of_the_rfc_are_read() {
        let url = message_url(b"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER").unwrap();
        assert_eq!((url.mailbox.as_str(), url.validity, url.uid), ("Drafts", Some(385_759_045), 20));
        assert_eq!(url.section.text, Some(SectionText::Header));
        let url = message_url(b"/a/b%20c%C3%A9/;uid=3/;Section=1.MIME/;partial=5.7").unwrap();
        assert_eq!((url.mailbox.as_str(), url.validity), ("a/b c\u{e9}", None));
        assert_eq!(url.section.part, [1]);
        assert_eq!(url.partial, Some(Partial { origin: 5, count: 7 }));
        let url = message_url(b"/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(SUBJECT%20TO)/;PARTIAL=9").unwrap();
        assert!(matches!(url.section.text, Some(SectionText::HeaderFields(names)) if names.len() == 2));
        assert_eq!(url.partial, Some(Partial { origin: 9, count: u64::MAX }));
    }

    #[test]
    fn what_points_to_no_message_here_is_none() {
        for url in [
            "imap://user@server/INBOX/;UID=1",
            "//server/INBOX/;UID=1",
            "INBOX/;UID=1",
            ";UID=1",
            "",
            "/",
            "/INBOX",
            "/INBOX?SUBJECT%20x",
            "/INBOX;UIDVALIDITY=1",
            "/INBOX;UIDVALIDITY=0/;UID=1",
            "/INBOX;X=1/;UID=1",
            "/INBOX/;UID=0",
            "/INBOX/;UID=+1",
            "/INBOX/;UID=1:*",
            "/INBOX/;UID=4294967296",
            "/INBOX/;UID=1/;SECTION=",
            "/INBOX/;UID=1/;SECTION=1]",
            "/INBOX/;UID=1/;SECTION=BOGUS",
            "/INBOX/;UID=1/;PARTIAL=1.0",
            "/INBOX/;UID=1/;PARTIAL=1/;SECTION=1",
            "/INBOX/;UID=1;URLAUTH=anonymous",
            "/IN BOX/;UID=1",
            "/IN%2/;UID=1",
            "/%ff/;UID=1",
            "/;UID=1",
        ] {
            assert_eq!(message_url(url.as_bytes()), None, "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_octets_are_read_to_an_end(url in "(/|;|UID=|1|%|%2f|SECTION=|\\[|\\{|INBOX|\u{e9}|\r\n| ){0,20}") {
            drop(message_url(url.as_bytes()));
        }
    }
}
