//! Trace information in front of a delivered message: Return-Path and Received (RFC 5321,
//! section 4.4).

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use time::OffsetDateTime;

use super::session::{Characters, Security, Session, Transaction};
use crate::message::date_time;
use crate::service::Service;

/// Messages received by this process.
static RECEIVED: AtomicU64 = AtomicU64::new(0);

/// The field of final delivery (RFC 5321, section 4.4).
pub(super) fn return_path(transaction: &Transaction) -> String {
    format!("Return-Path: {}\r\n", transaction.sender)
}

/// The field that each server on the way adds.
pub(super) fn received(session: &Session, transaction: &Transaction, now: OffsetDateTime) -> String {
    let client = session.client.as_ref().map_or("unknown", |client| client.name.as_str());
    // More than one address must not stand in FOR (RFC 5321, section 4.4).
    let recipient = match transaction.recipients.as_slice() {
        [only] => format!("\r\n\tfor <{}>", only.address),
        _ => String::new(),
    };
    // RFC 6710, section 7.
    let priority = transaction.terms.priority.map(|priority| format!("\r\n\tPRIORITY {priority}"));
    let priority = priority.unwrap_or_default();
    format!(
        "Received: from {client} ({})\r\n\tby {} with {} id {}{recipient}{priority};\r\n\t{}\r\n",
        literal(session.context.peer.ip()),
        session.context.shared.hostname,
        protocol(session, transaction.characters),
        id(now),
        date_time(now),
    )
}

/// How many servers the message has passed, as its Received fields tell (RFC 5321, section
/// 6.3).
pub(super) fn hops(content: &[u8]) -> usize {
    let header = content.split_inclusive(|&octet| octet == b'\n').take_while(|line| *line != b"\r\n");
    header.filter(|line| is_field(line, b"Received")).count()
}

/// The content without Return-Path fields that it brought along, so that the one added here is the
/// only one (RFC 5321, section 4.4: final delivery may remove them, and one should be there).
pub(super) fn without_return_path(content: &[u8]) -> Cow<'_, [u8]> {
    let mut kept: Option<Vec<u8>> = None;
    let mut at = 0;
    let mut dropping = false;
    for line in content.split_inclusive(|&octet| octet == b'\n') {
        if line == b"\r\n" || line == b"\n" {
            break;
        }
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            dropping = is_field(line, b"Return-Path");
        }
        match (&mut kept, dropping) {
            (None, true) => kept = content.get(..at).map(<[u8]>::to_vec),
            (Some(kept), false) => kept.extend_from_slice(line),
            (None, false) | (Some(_), true) => {}
        }
        at += line.len();
    }
    match kept {
        Some(mut kept) => {
            kept.extend_from_slice(content.get(at..).unwrap_or_default());
            Cow::Owned(kept)
        }
        None => Cow::Borrowed(content),
    }
}

/// Whether a line begins the field of this name, in any case of letters.
pub(super) fn is_field(line: &[u8], name: &[u8]) -> bool {
    let Some((front, rest)) = line.split_at_checked(name.len()) else { return false };
    front.eq_ignore_ascii_case(name) && rest.trim_ascii_start().starts_with(b":")
}

/// An address literal (RFC 5321, section 4.1.3).
fn literal(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

/// The protocol as RFC 3848 and RFC 6531 (section 4.3) name it: S under TLS, A after AUTH.
fn protocol(session: &Session, characters: Characters) -> String {
    let under_tls = session.security == Security::Tls;
    let base = match (session.service() == Service::Lmtp, characters) {
        (true, Characters::Ascii) => "LMTP",
        (true, Characters::Utf8) => "UTF8LMTP",
        (false, Characters::Utf8) => "UTF8SMTP",
        (false, Characters::Ascii) if session.is_extended() || under_tls || session.user.is_some() => "ESMTP",
        (false, Characters::Ascii) => "SMTP",
    };
    let secured = if under_tls { "S" } else { "" };
    let authenticated = if session.user.is_some() { "A" } else { "" };
    (session.context.shared.seams.renderer.smtp_protocol)(format!("{base}{secured}{authenticated}"))
}

/// An atom that no other message of this host has.
pub(super) fn id(now: OffsetDateTime) -> String {
    let number = RECEIVED.fetch_add(1, Ordering::Relaxed);
    format!("{:x}.{number:x}", now.unix_timestamp_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_paths_that_the_header_section_brings_are_removed() {
        let content =
            b"Subject: x\r\nreturn-path: <a@b.test>\r\n (folded)\r\nTo: c\r\n\r\nReturn-Path: text\r\n";
        assert_eq!(
            without_return_path(content).as_ref(),
            b"Subject: x\r\nTo: c\r\n\r\nReturn-Path: text\r\n"
        );
        let other = b"Return-Path-Of: x\r\n\r\n";
        assert!(matches!(without_return_path(other), Cow::Borrowed(content) if content == other));
        assert_eq!(without_return_path(b"Return-Path: <>").as_ref(), b"");
    }

    #[test]
    fn hops_are_the_received_fields_of_the_header_section() {
        let content =
            b"Received: a\r\n\tby b\r\nreceived : c\r\nReceived-SPF: none\r\n\r\nReceived: text\r\n";
        assert_eq!(hops(content), 2);
    }

    #[test]
    fn literals_of_both_families() {
        assert_eq!(literal("127.0.0.1".parse().unwrap()), "[127.0.0.1]");
        assert_eq!(literal("::ffff:127.0.0.1".parse().unwrap()), "[127.0.0.1]");
        assert_eq!(literal("::1".parse().unwrap()), "[IPv6:::1]");
    }
}
