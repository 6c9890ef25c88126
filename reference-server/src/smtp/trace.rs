//! Trace information in front of a delivered message: Return-Path and Received (RFC 5321,
//! section 4.4).

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::session::{Greeting, Security, Session, Transaction};
use crate::service::Service;

/// `date-time` of RFC 5322, section 3.3.
const DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day padding:none] [month repr:short] [year] [hour]:[minute]:[second] \
     [offset_hour sign:mandatory][offset_minute]"
);

/// Messages received by this process.
static RECEIVED: AtomicU64 = AtomicU64::new(0);

/// The header fields that go in front of the message.
pub(super) fn header(session: &Session, transaction: &Transaction, now: OffsetDateTime) -> String {
    let client = session.client.as_ref().map_or("unknown", |client| client.name.as_str());
    let date = now.format(DATE).unwrap_or_default();
    // More than one address must not stand in FOR (RFC 5321, section 4.4).
    let recipient = match transaction.recipients.as_slice() {
        [only] => format!("\r\n\tfor <{}>", only.address),
        _ => String::new(),
    };
    format!(
        "Return-Path: {}\r\nReceived: from {client} ({})\r\n\tby {} with {} id {}{recipient};\r\n\t{date}\r\n",
        transaction.sender,
        literal(session.context.peer.ip()),
        session.context.shared.hostname,
        protocol(session),
        id(now),
    )
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
            dropping = is_return_path(line);
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

/// Whether a line begins the field Return-Path, in any case of letters.
fn is_return_path(line: &[u8]) -> bool {
    const NAME: &[u8] = b"Return-Path";
    let Some((name, rest)) = line.split_at_checked(NAME.len()) else { return false };
    name.eq_ignore_ascii_case(NAME) && rest.trim_ascii_start().starts_with(b":")
}

/// An address literal (RFC 5321, section 4.1.3).
fn literal(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

/// The protocol as RFC 3848 names it: S under TLS, A after AUTH.
fn protocol(session: &Session) -> &'static str {
    let lmtp = session.service() == Service::Lmtp;
    let extended = session.client.as_ref().is_some_and(|client| client.greeting == Greeting::Extended);
    let under_tls = session.security == Security::Tls;
    match (lmtp, extended, under_tls, session.user.is_some()) {
        (true, _, false, _) => "LMTP",
        (true, _, true, _) => "LMTPS",
        (false, false, false, false) => "SMTP",
        (false, true, false, false) => "ESMTP",
        (false, _, true, false) => "ESMTPS",
        (false, _, false, true) => "ESMTPA",
        (false, _, true, true) => "ESMTPSA",
    }
}

/// An atom that no other message of this host has.
fn id(now: OffsetDateTime) -> String {
    let number = RECEIVED.fetch_add(1, Ordering::Relaxed);
    format!("{:x}.{number:x}", now.unix_timestamp_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_rfc_5322() {
        let date = OffsetDateTime::from_unix_timestamp(880_127_706).unwrap();
        assert_eq!(date.format(DATE).unwrap(), "Fri, 21 Nov 1997 15:55:06 +0000");
    }

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
    fn literals_of_both_families() {
        assert_eq!(literal("127.0.0.1".parse().unwrap()), "[127.0.0.1]");
        assert_eq!(literal("::ffff:127.0.0.1".parse().unwrap()), "[127.0.0.1]");
        assert_eq!(literal("::1".parse().unwrap()), "[IPv6:::1]");
    }
}
