//! What SORT and THREAD want to know of one message, read out of its header.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::message::collation::Collated;
use crate::message::msg_id::message_ids;
use crate::message::search::decode;
use crate::message::subject::{SubjectKind, base_subject};
use crate::message::{Address, Header, date};

/// A header, and what the mailbox knows of the message.
pub(crate) struct Facts<'m> {
    header: Header<'m>,
    arrival: OffsetDateTime,
    octets: u64,
}

impl<'m> Facts<'m> {
    /// Of a message with this header, internal date and size.
    pub(crate) fn new(header: Header<'m>, arrival: OffsetDateTime, octets: u64) -> Self {
        Self { header, arrival, octets }
    }

    /// The internal date and time.
    pub(crate) fn arrival(&self) -> OffsetDateTime {
        self.arrival
    }

    /// The size in octets.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// The sent date (RFC 5256, section 2.2): the internal date where the header has none.
    pub(crate) fn sent(&self) -> OffsetDateTime {
        let field = self.header.first("Date");
        field.and_then(|field| date::parse(&field.value())).unwrap_or(self.arrival)
    }

    /// The base subject as it is compared, and what the subject says that the message is.
    pub(crate) fn subject(&self) -> (Collated, SubjectKind) {
        let field = self.header.first("Subject");
        let value = field.map(|field| field.value()).unwrap_or_default();
        let subject = decode(&value);
        let base = base_subject(subject.octets());
        (subject.collated(&base.text), base.kind)
    }

    /// The subject as it is written, prefixes and all.
    pub(crate) fn whole_subject(&self) -> Collated {
        let field = self.header.first("Subject");
        let value = field.map(|field| field.value()).unwrap_or_default();
        let subject = decode(&value);
        subject.collated(subject.octets())
    }

    /// addr-mailbox of the first address in a field; of a group that is its name.
    pub(crate) fn mailbox(&self, field: &str) -> Collated {
        Collated::of(&match self.first_address(field) {
            Some(Address::Mailbox { local, .. } | Address::GroupStart(local)) => local,
            Some(Address::GroupEnd) | None => Cow::default(),
        })
    }

    /// How the first address in a field is displayed (RFC 5957, section 3): its name, or the
    /// address itself.
    pub(crate) fn display(&self, field: &str) -> Collated {
        match self.first_address(field) {
            Some(Address::Mailbox { name, local, domain, .. }) => {
                let name = name.unwrap_or_default();
                match Some(decode(&name)).filter(|name| !name.octets().is_empty()) {
                    Some(name) => name.collated(name.octets()),
                    None => Collated::of(&[&local, b"@".as_slice(), &domain].concat()),
                }
            }
            Some(Address::GroupStart(name)) => Collated::of(&name),
            Some(Address::GroupEnd) | None => Collated::of(b""),
        }
    }

    /// The first address in a field as it stands, without its name.
    pub(crate) fn bare_address(&self, field: &str) -> Collated {
        Collated::of(&match self.first_address(field) {
            Some(Address::Mailbox { local, domain, .. }) => {
                [&local, b"@".as_slice(), &domain].concat().into()
            }
            Some(Address::GroupStart(name)) => name,
            Some(Address::GroupEnd) | None => Cow::default(),
        })
    }

    fn first_address(&self, field: &str) -> Option<Address<'static>> {
        let mut fields = self.header.all(field);
        fields.find_map(|field| crate::message::address::parse_list(&field.value()).into_iter().next())
    }

    /// The message's own identifier, if it has a valid one.
    pub(crate) fn id(&self) -> Option<Vec<u8>> {
        message_ids(&self.header.first("Message-ID")?.value()).into_iter().next()
    }

    /// The identifiers of the messages before it in its thread, the oldest first: those of
    /// References, or else the first of In-Reply-To.
    pub(crate) fn references(&self) -> Vec<Vec<u8>> {
        match self.ids("References") {
            found if !found.is_empty() => found,
            _ => self.ids("In-Reply-To").into_iter().take(1).collect(),
        }
    }

    /// The identifiers in a field.
    pub(crate) fn ids(&self, name: &str) -> Vec<Vec<u8>> {
        self.header.first(name).map(|field| message_ids(&field.value())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::message::Span;

    fn facts(header: &str) -> Facts<'_> {
        let span = Span::new(0, header.len());
        Facts::new(Header::new(header.as_bytes(), span), datetime!(2000-01-01 00:00 UTC), 7)
    }

    fn of(text: &str) -> Collated {
        Collated::of(text.as_bytes())
    }

    #[test]
    fn the_sent_date_is_that_of_the_header_or_the_arrival() {
        let sent = facts("Date: 31 Dec 2000 16:01:33 -0800\r\n").sent();
        assert_eq!(sent, datetime!(2001-01-01 00:01:33 UTC));
        assert_eq!(facts("Date: 31 Dec 2000 99:99 nowhere\r\n").sent(), datetime!(2000-12-31 00:00 UTC));
        assert_eq!(facts("Date: some day\r\n").sent(), facts("").arrival());
    }

    #[test]
    fn addresses_are_compared_by_their_mailbox_or_as_they_are_displayed() {
        let facts = facts(
            "From: =?utf-8?q?K=C3=A4the?= <k@x.test>, a@x.test\r\nTo: b@y.test\r\nCc: friends: c@z.test;\r\n",
        );
        assert_eq!(facts.mailbox("From"), of("k"));
        assert_eq!(facts.display("From"), of("KÄTHE"));
        assert_eq!(facts.display("To"), of("b@y.test"));
        assert_eq!((facts.mailbox("Cc"), facts.display("Cc")), (of("friends"), of("friends")));
        assert!(facts.mailbox("Bcc").is_empty() && facts.display("Bcc").is_empty());
    }

    #[test]
    fn in_reply_to_counts_where_there_are_no_references() {
        let ids = |header| facts(header).references().len();
        assert_eq!(ids("References: <a@b> <c@d>\r\nIn-Reply-To: <e@f>\r\n"), 2);
        assert_eq!(ids("References: none\r\nIn-Reply-To: <e@f> <g@h>\r\n"), 1);
        assert_eq!(ids("In-Reply-To: your mail\r\n"), 0);
    }
}
