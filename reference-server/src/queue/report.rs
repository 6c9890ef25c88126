//! Delivery status notifications: what the sender is told of a message's fate (RFC 3464), in
//! a `multipart/report` (RFC 6522). Pure: facts in, a message out.

use time::OffsetDateTime;

use super::clock::date;
use super::outcome::Reason;
use crate::message::date_time;
use crate::store::{Envelope, Returned, TlsTerm, Writing, for_report, xtext};

/// Largest message that a report brings back whole where nobody asked for less.
const WHOLE_OCTETS: u64 = 64 * 1024;
/// Longest piece of another server's words on one line.
const WORDS: usize = 800;

/// What happened (RFC 3464, section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It was not delivered and never will be.
    Failed,
    /// It has not been delivered yet.
    Delayed,
    /// It is in the mailbox.
    Delivered,
    /// It went on to a server that does not report deliveries.
    Relayed,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Failed => "Your message could not be delivered to:",
            Self::Delayed => "Your message has not been delivered yet, and will be tried again, to:",
            Self::Delivered => "Your message was delivered to:",
            Self::Relayed => "Your message was passed on to a server that does not report deliveries, for:",
        }
    }

    fn subject(self) -> &'static str {
        match self {
            Self::Failed => "Undelivered mail",
            Self::Delayed => "Delayed mail",
            Self::Delivered => "Delivered mail",
            Self::Relayed => "Relayed mail",
        }
    }
}

/// What is told of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The recipient.
    pub(crate) address: String,
    /// ORCPT, as it was given.
    pub(crate) original: Option<String>,
    /// What happened.
    pub(crate) action: Action,
    /// Why.
    pub(crate) reason: Reason,
    /// Until when it will be tried, where it will.
    pub(crate) until: Option<OffsetDateTime>,
}

/// What a report tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'f> {
    /// Who reports.
    pub(crate) hostname: &'f str,
    /// The message's envelope.
    pub(crate) envelope: &'f Envelope,
    /// What the sender wants back.
    pub(crate) returned: Option<Returned>,
    /// When the message came.
    pub(crate) arrived: OffsetDateTime,
    /// When the report is written.
    pub(crate) now: OffsetDateTime,
    /// The recipients, who share an action.
    pub(crate) told: &'f [Told],
}

/// The text of a report around what it brings back.
#[derive(Debug)]
pub(crate) struct Text {
    /// In front of that.
    pub(crate) before: Vec<u8>,
    /// What it is: all of the message, or its header section, which stands in `before` already.
    pub(crate) returned: Returned,
    /// Behind it.
    pub(crate) after: Vec<u8>,
}

/// The report of one message of so many octets, which begins with `head`.
pub(crate) fn report(facts: Facts<'_>, head: &[u8], octets: u64) -> Text {
    let Facts { hostname, envelope, returned: wanted, arrived, now, told } = facts;
    let action = told.first().map_or(Action::Failed, |first| first.action);
    let boundary = boundary(head, now);
    let sender = envelope.sender.as_deref().unwrap_or_default();
    let mut out = format!(
        "From: Mail Delivery System <postmaster@{hostname}>\r\nTo: <{sender}>\r\nDate: {}\r\n\
         Subject: {}\r\nMessage-ID: <{}@{hostname}>\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\
         \tboundary=\"{boundary}\"\r\n\r\n",
        date_time(now),
        action.subject(),
        boundary.trim_start_matches('='),
    );
    out.push_str(&format!("--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    out.push_str("Content-Transfer-Encoding: 8bit\r\n\r\n");
    out.push_str(&format!("{}\r\n", action.sentence()));
    for one in told {
        out.push_str(&format!("\r\n  <{}>\r\n    {}\r\n", one.address, clean(&one.reason.text)));
    }
    let status = status(hostname, envelope, arrived, now, told);
    // RFC 6533, section 4.1.
    let kind = if status.is_ascii() {
        "message/delivery-status\r\n"
    } else {
        "message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n"
    };
    out.push_str(&format!("\r\n--{boundary}\r\nContent-Type: {kind}\r\n"));
    out.push_str(&status);
    let mut out = out.into_bytes();
    out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
    // RFC 3461, section 4.3: RET is about failures; other reports never bring more back than
    // the header section.
    // A message that had to be under TLS does not go back whole (RFC 8689, section 5).
    let whole = action == Action::Failed
        && envelope.terms.tls != TlsTerm::Required
        && match wanted {
            Some(Returned::Full) => true,
            Some(Returned::Headers) => false,
            None => octets <= WHOLE_OCTETS,
        };
    let header = header_section(head);
    // RFC 6533, sections 4.2 and 4.3.
    let (kind, returned) = match (whole, header.is_ascii()) {
        (true, true) => ("message/rfc822", Returned::Full),
        (true, false) => ("message/global", Returned::Full),
        (false, true) => ("text/rfc822-headers", Returned::Headers),
        (false, false) => ("message/global-headers", Returned::Headers),
    };
    out.extend_from_slice(format!("Content-Type: {kind}\r\n").as_bytes());
    // Of what is not known it is not said that it is 7bit.
    let complete = u64::try_from(head.len()) == Ok(octets);
    if if whole { !(complete && head.is_ascii()) } else { !header.is_ascii() } {
        out.extend_from_slice(b"Content-Transfer-Encoding: 8bit\r\n");
    }
    out.extend_from_slice(b"\r\n");
    if !whole {
        out.extend_from_slice(header);
    }
    let after = format!("\r\n--{boundary}--\r\n").into_bytes();
    Text { before: out, returned, after }
}

/// The machine's part (RFC 3464, section 2.1): fields about the message, then a group for each
/// recipient.
fn status(
    hostname: &str,
    envelope: &Envelope,
    arrived: OffsetDateTime,
    now: OffsetDateTime,
    told: &[Told],
) -> String {
    let mut out = format!("Reporting-MTA: dns; {hostname}\r\n");
    if let Some(id) = envelope.id.as_deref().and_then(xtext) {
        out.push_str(&format!("Original-Envelope-Id: {}\r\n", clean(&id)));
    }
    out.push_str(&format!("Arrival-Date: {}\r\n", date_time(arrived)));
    if let Some(by) = envelope.terms.by {
        // RFC 2852, section 5.
        out.push_str(&format!("Deliver-By-Date: {}\r\n", date_time(date(by.deadline))));
    }
    if let Some(hold) = &envelope.terms.hold {
        // RFC 4865.
        out.push_str(&format!("Future-Release-Request: {}\r\n", hold.request));
    }
    // An address in UTF-8 makes the whole report one, which may be too much for whoever wrote its form in
    // ASCII.
    let ascii = |one: &Told| one.address.is_ascii() && one.original.as_deref().is_none_or(str::is_ascii);
    let writing = if told.iter().all(ascii) { Writing::Ascii } else { Writing::Utf8 };
    for one in told {
        out.push_str("\r\n");
        if let Some(original) = one.original.as_deref().and_then(|text| for_report(text, writing)) {
            out.push_str(&format!("Original-Recipient: {}\r\n", single_line(&original)));
        }
        // RFC 6533, section 3.
        let kind = if one.address.is_ascii() { "rfc822" } else { "utf-8" };
        out.push_str(&format!("Final-Recipient: {kind}; {}\r\n", one.address));
        out.push_str(&format!("Action: {}\r\nStatus: {}\r\n", one.action.name(), one.reason.status));
        if let Some(host) = &one.reason.host {
            out.push_str(&format!("Remote-MTA: dns; {}\r\n", clean(host)));
        }
        if one.reason.is_reply {
            out.push_str(&format!("Diagnostic-Code: smtp; {}\r\n", clean(&one.reason.text)));
        }
        out.push_str(&format!("Last-Attempt-Date: {}\r\n", date_time(now)));
        if let Some(until) = one.until {
            out.push_str(&format!("Will-Retry-Until: {}\r\n", date_time(until)));
        }
    }
    out
}

/// A boundary that does not stand in the message: nobody knew when it was sent at which nanosecond
/// the report would be written.
fn boundary(content: &[u8], now: OffsetDateTime) -> String {
    let text = String::from_utf8_lossy(content);
    let mut number = now.unix_timestamp_nanos();
    loop {
        let boundary = format!("=report-{number:x}");
        if !text.contains(&boundary) {
            return boundary;
        }
        number = number.wrapping_add(1);
    }
}

/// The header section, without the empty line that ends it.
fn header_section(content: &[u8]) -> &[u8] {
    if content.starts_with(b"\r\n") {
        return &[];
    }
    let end = content.windows(4).position(|four| four == b"\r\n\r\n").map_or(content.len(), |at| at + 2);
    content.get(..end).unwrap_or_default()
}

/// Without what would end the line.
fn single_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Others' words, fit for one line.
fn clean(text: &str) -> String {
    let fit = |c: char| if c.is_control() || !c.is_ascii() { '?' } else { c };
    text.chars().take(WORDS).map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(action: Action) -> Told {
        Told {
            address: "bob@far.test".to_owned(),
            original: Some("rfc822;bob+2Bx@far.test".to_owned()),
            action,
            reason: Reason {
                status: "5.1.1".to_owned(),
                text: "550 5.1.1 no\r\nsuch user".to_owned(),
                host: Some("mx.far.test".to_owned()),
                is_reply: true,
            },
            until: None,
        }
    }

    fn write(envelope: &Envelope, action: Action, content: &[u8]) -> String {
        let now = OffsetDateTime::UNIX_EPOCH;
        let told = [told(action)];
        let facts = Facts {
            hostname: "mx.here.test",
            envelope,
            returned: envelope.returned,
            arrived: now,
            now,
            told: &told,
        };
        let text = report(facts, content, u64::try_from(content.len()).unwrap());
        let whole = if text.returned == Returned::Full { content } else { b"" };
        String::from_utf8([&text.before, whole, &text.after].concat()).unwrap()
    }

    #[test]
    fn a_failure_names_recipient_status_and_the_servers_words() {
        let envelope = Envelope {
            sender: Some("alice@here.test".to_owned()),
            id: Some("id+3D1".to_owned()),
            returned: None,
            ..Envelope::default()
        };
        let text = write(&envelope, Action::Failed, b"Subject: x\r\n\r\nbody\r\n");
        for wanted in [
            "\r\nReporting-MTA: dns; mx.here.test\r\nOriginal-Envelope-Id: id=1\r\n",
            "\r\n\r\nOriginal-Recipient: rfc822; bob+x@far.test\r\nFinal-Recipient: rfc822; bob@far.test\r\n",
            "Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.far.test\r\n",
            "Diagnostic-Code: smtp; 550 5.1.1 no??such user\r\n",
            "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody\r\n\r\n--",
        ] {
            assert!(text.contains(wanted), "{wanted:?} in {text}");
        }
    }

    #[test]
    fn only_a_failure_brings_the_whole_message_back_and_only_unless_ret_says_no() {
        let content = b"Subject: x\r\n\r\nbody\r\n";
        let headers = Envelope { returned: Some(Returned::Headers), ..Envelope::default() };
        let full = Envelope { returned: Some(Returned::Full), ..Envelope::default() };
        assert!(!write(&headers, Action::Failed, content).contains("\r\nbody\r\n"));
        assert!(write(&full, Action::Failed, content).contains("\r\nbody\r\n"));
        assert!(!write(&full, Action::Delivered, content).contains("\r\nbody\r\n"));
        assert!(
            write(&headers, Action::Failed, content).contains("text/rfc822-headers\r\n\r\nSubject: x\r\n")
        );
        let large = [&content[..], &vec![b'x'; 64 * 1024]].concat();
        assert!(!write(&Envelope::default(), Action::Failed, &large).contains("\r\nbody\r\n"));
    }
}
