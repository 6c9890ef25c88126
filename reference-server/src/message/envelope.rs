//! The envelope that IMAP shows of a message (RFC 3501, section 7.4.2).
//! Not the SMTP envelope.

use std::borrow::Cow;

use super::address::{Address, parse_list};
use super::header::Header;

/// What the header fields say about sender, recipients and identity. Texts are
/// unfolded and not decoded; a field that is absent is nothing, one that is
/// empty is an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope<'o> {
    /// `Date`, as written.
    pub date: Option<Cow<'o, [u8]>>,
    /// `Subject`.
    pub subject: Option<Cow<'o, [u8]>>,
    /// `From`.
    pub from: Vec<Address<'o>>,
    /// `Sender`, or what `From` says where it is absent or empty.
    pub sender: Vec<Address<'o>>,
    /// `Reply-To`, or what `From` says where it is absent or empty.
    pub reply_to: Vec<Address<'o>>,
    /// `To`.
    pub to: Vec<Address<'o>>,
    /// `Cc`.
    pub cc: Vec<Address<'o>>,
    /// `Bcc`.
    pub bcc: Vec<Address<'o>>,
    /// `In-Reply-To`.
    pub in_reply_to: Option<Cow<'o, [u8]>>,
    /// `Message-ID`.
    pub message_id: Option<Cow<'o, [u8]>>,
}

impl Envelope<'static> {
    /// Reads the envelope out of a message's header block. Of several fields of
    /// one name the first counts, except that lists of recipients are taken
    /// together (RFC 5322, section 4.5.3).
    pub fn of(header: &Header<'_>) -> Self {
        let text = |name| header.first(name).map(|field| Cow::Owned(field.value().into_owned()));
        let first = |name| header.first(name).map(|field| parse_list(&field.value())).unwrap_or_default();
        let all = |name| header.all(name).flat_map(|field| parse_list(&field.value())).collect();
        let from = first("From");
        let or_from = |list: Vec<Address<'static>>| if list.is_empty() { from.clone() } else { list };
        Self {
            date: text("Date"),
            subject: text("Subject"),
            sender: or_from(first("Sender")),
            reply_to: or_from(first("Reply-To")),
            to: all("To"),
            cc: all("Cc"),
            bcc: all("Bcc"),
            in_reply_to: text("In-Reply-To"),
            message_id: text("Message-ID"),
            from,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::span::Span;
    use super::*;

    fn envelope(text: &str) -> Envelope<'static> {
        let octets = text.as_bytes();
        Envelope::of(&Header::new(octets, Span::new(0, octets.len())))
    }

    fn locals<'a>(list: &'a [Address<'_>]) -> Vec<&'a [u8]> {
        list.iter()
            .filter_map(|address| match address {
                Address::Mailbox { local, .. } => Some(local.as_ref()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn sender_and_reply_to_default_to_from() {
        let envelope = envelope("From: a@x\r\nReply-To: \r\n\r\n");
        assert_eq!(locals(&envelope.sender), [b"a"]);
        assert_eq!(locals(&envelope.reply_to), [b"a"]);
    }

    #[test]
    fn sender_and_reply_to_are_taken_where_given() {
        let envelope = envelope("From: a@x, b@x\r\nSender: b@x\r\nreply-to: c@x\r\n\r\n");
        assert_eq!(locals(&envelope.sender), [b"b"]);
        assert_eq!(locals(&envelope.reply_to), [b"c"]);
        assert_eq!(envelope.from.len(), 2);
    }

    #[test]
    fn an_absent_text_is_none_and_an_empty_one_is_empty() {
        let envelope = envelope("Subject:\r\nDate: Thu,\r\n 1 Jan 2026 00:00:00 +0000\r\n\r\n");
        assert_eq!(envelope.subject.as_deref(), Some(&b""[..]));
        assert_eq!(envelope.message_id, None);
        assert_eq!(envelope.date.as_deref(), Some(&b"Thu, 1 Jan 2026 00:00:00 +0000"[..]));
    }

    #[test]
    fn several_lists_of_recipients_are_one() {
        let envelope = envelope("To: a@x\r\nSubject: s\r\nTo: b@x\r\nSubject: t\r\n\r\n");
        assert_eq!(locals(&envelope.to), [b"a", b"b"]);
        assert_eq!(envelope.subject.as_deref(), Some(&b"s"[..]));
        assert!(envelope.cc.is_empty());
    }
}
