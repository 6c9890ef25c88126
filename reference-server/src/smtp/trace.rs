//! Trace information in front of a delivered message: Return-Path and Received (RFC 5321,
//! section 4.4).

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
    fn literals_of_both_families() {
        assert_eq!(literal("127.0.0.1".parse().unwrap()), "[127.0.0.1]");
        assert_eq!(literal("::ffff:127.0.0.1".parse().unwrap()), "[127.0.0.1]");
        assert_eq!(literal("::1".parse().unwrap()), "[IPv6:::1]");
    }
}
