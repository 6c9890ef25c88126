//! Service extensions that say on what terms a message is sent on: REQUIRETLS (RFC 8689), DELIVERBY
//! (RFC 2852), FUTURERELEASE (RFC 4865), MT-PRIORITY (RFC 6710). They are taken at MAIL and kept
//! with the message; the queue keeps to them.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::extensions::bad_value;
use super::registry::{self, Extension, MailParameter};
use super::reply::Reply;
use super::session::{Security, Session, Transaction};
use super::syntax::Parameter;
use crate::message::{Header, Span, header_end};
use crate::service::Service;
use crate::store::{DeliverBy, Hold, Lateness, Millis, TlsTerm};

/// The longest time for which a message is held.
const LONGEST_HOLD: i64 = 30 * 24 * 60 * 60;

/// Offered under TLS only (RFC 8689, section 2).
pub(super) const REQUIRE_TLS: Extension = Extension {
    advertise: |session| {
        let offered = session.security == Security::Tls && registry::not_lmtp(session.service());
        offered.then(|| "REQUIRETLS".to_owned())
    },
    commands: &[],
    mail_parameters: &[MailParameter { keyword: "REQUIRETLS", apply: require_tls }],
    rcpt_parameters: &[],
};

/// Without a least time.
pub(super) const DELIVER_BY: Extension = Extension {
    advertise: |session| registry::not_lmtp(session.service()).then(|| "DELIVERBY".to_owned()),
    commands: &[],
    mail_parameters: &[MailParameter { keyword: "BY", apply: by }],
    rcpt_parameters: &[],
};

/// For users alone, and with the bounds of both parameters.
pub(super) const FUTURE_RELEASE: Extension = Extension {
    advertise: |session| {
        let latest = session.context.shared.outgoing.clock.now() + time::Duration::seconds(LONGEST_HOLD);
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let latest = latest.format(form).ok()?;
        is_submission(session).then(|| format!("FUTURERELEASE {LONGEST_HOLD} {latest}"))
    },
    commands: &[],
    mail_parameters: &[
        MailParameter { keyword: "HOLDFOR", apply: hold_for },
        MailParameter { keyword: "HOLDUNTIL", apply: hold_until },
    ],
    rcpt_parameters: &[],
};

/// All nineteen priorities are told apart.
pub(super) const PRIORITY: Extension = Extension {
    advertise: |session| registry::not_lmtp(session.service()).then(|| "MT-PRIORITY".to_owned()),
    commands: &[],
    mail_parameters: &[MailParameter { keyword: "MT-PRIORITY", apply: priority }],
    rcpt_parameters: &[],
};

fn is_submission(session: &Session) -> bool {
    matches!(session.service(), Service::Submission | Service::Submissions)
}

fn now(session: &Session) -> Millis {
    session.context.shared.outgoing.clock.millis()
}

/// The parameter has no value (RFC 8689, section 2).
fn require_tls(_: &Session, transaction: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    if parameter.value.is_some() {
        return Err(bad_value("REQUIRETLS has no value"));
    }
    transaction.terms.tls = TlsTerm::Required;
    Ok(())
}

fn by(session: &Session, transaction: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    let form = || bad_value("BY is a number of seconds, a semicolon, and R or N, with T or without");
    let (seconds, mode) = by_value(parameter.value.unwrap_or_default()).ok_or_else(form)?;
    let deadline = now(session).saturating_add(seconds.saturating_mul(1000));
    let by = DeliverBy::with_mode(deadline, mode).ok_or_else(form)?;
    if by.lateness == Lateness::Return && seconds <= 0 {
        // RFC 2852, section 4.
        return Err(bad_value("a message that is to come back needs time"));
    }
    transaction.terms.by = Some(by);
    Ok(())
}

/// `by-value = by-time ";" by-mode [by-trace]`, `by-time = ["-" / "+"] 1*9digit` (RFC 2852,
/// section 4); the mode is not looked at.
fn by_value(value: &str) -> Option<(i64, &str)> {
    let (time, mode) = value.split_once(';')?;
    let digits = time.strip_prefix(['-', '+']).unwrap_or(time);
    if !(1..=9).contains(&digits.len()) || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = digits.parse().ok()?;
    Some((if time.starts_with('-') { -seconds } else { seconds }, mode))
}

/// `HOLDFOR=` and a number of up to nine digits that is not zero (RFC 4865).
fn hold_for(session: &Session, transaction: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    let value = parameter.value.unwrap_or_default();
    let digits = (1..=9).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_digit());
    let seconds: Option<i64> = value.parse().ok().filter(|seconds| digits && *seconds > 0);
    let seconds = seconds.ok_or_else(|| bad_value("HOLDFOR needs a number of seconds"))?;
    hold(session, transaction, seconds, format!("for;{value}"))
}

/// `HOLDUNTIL=` and a `date-time` of RFC 3339 (RFC 4865 and its erratum 2040).
fn hold_until(
    session: &Session,
    transaction: &mut Transaction,
    parameter: Parameter<'_>,
) -> Result<(), Reply> {
    let value = parameter.value.unwrap_or_default();
    let until = OffsetDateTime::parse(value, &Rfc3339)
        .map_err(|_| bad_value("HOLDUNTIL needs a date as in 2030-12-31T08:00:00Z"))?;
    let seconds = until.unix_timestamp().saturating_sub(now(session) / 1000);
    if seconds <= 0 {
        return Err(bad_value("HOLDUNTIL is over already"));
    }
    hold(session, transaction, seconds, format!("until;{value}"))
}

fn hold(
    session: &Session,
    transaction: &mut Transaction,
    seconds: i64,
    request: String,
) -> Result<(), Reply> {
    if transaction.terms.hold.is_some() {
        return Err(bad_value("HOLDFOR and HOLDUNTIL do not go together"));
    }
    if seconds > LONGEST_HOLD {
        return Err(bad_value("a message is not held for so long"));
    }
    let until = now(session).saturating_add(seconds.saturating_mul(1000));
    transaction.terms.hold = Some(Hold { until, request });
    Ok(())
}

/// `priority-value = (["-"] NZDIGIT) / "0"` (RFC 6710, section 7)
fn priority(session: &Session, transaction: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    let value = parameter.value.unwrap_or_default();
    let wanted = match value.strip_prefix('-').unwrap_or(value).as_bytes() {
        [b'0'] if value == "0" => Some(0),
        [b'1'..=b'9'] => value.parse::<i8>().ok(),
        _ => None,
    };
    let wanted = wanted.ok_or_else(|| Reply::new(501, "5.5.2", "MT-PRIORITY is a number from -9 to 9"))?;
    // Nobody goes before others who has not said who he is (RFC 6710, section 4.1).
    let granted = if session.user.is_some() { wanted } else { wanted.min(0) };
    transaction.terms.priority = Some(granted);
    transaction.priority_wanted = Some(wanted);
    Ok(())
}

/// Does the header section say `TLS-Required: No` (RFC 8689, section 3)?
pub(super) fn waives_tls(head: &[u8]) -> bool {
    let header = Header::new(head, Span::new(0, header_end(head)));
    header.all("TLS-Required").any(|field| field.value().trim_ascii().eq_ignore_ascii_case(b"No"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_by() {
        assert_eq!(by_value("120;R"), Some((120, "R")));
        assert_eq!(by_value("-7;NT"), Some((-7, "NT")));
        assert_eq!(by_value("+999999999;n"), Some((999_999_999, "n")));
        for bad in ["", "120", ";R", "1234567890;R", "x;R", "--1;N", "1.5;R"] {
            assert_eq!(by_value(bad), None, "{bad:?}");
        }
        for bad in ["", "X", "RN", "T", "R,T", "RTT"] {
            assert_eq!(DeliverBy::with_mode(0, bad), None, "{bad:?}");
        }
        assert_eq!(DeliverBy::with_mode(0, "nt").map(DeliverBy::mode), Some("NT"));
    }

    #[test]
    fn the_field_that_waives_tls() {
        assert!(waives_tls(b"Subject: x\r\nTLS-Required: No\r\n\r\n"));
        assert!(waives_tls(b"tls-required:\r\n no\r\n\r\n"));
        assert!(!waives_tls(b"TLS-Required: Yes\r\n\r\nTLS-Required: No\r\n"));
    }
}
