//! Service extensions that bring no command: PIPELINING (RFC 2920), SIZE (RFC 1870),
//! 8BITMIME (RFC 6152), BINARYMIME (RFC 3030), SMTPUTF8 (RFC 6531), ENHANCEDSTATUSCODES (RFC
//! 2034), LIMITS (RFC 9422).

use super::registry::{Extension, MailParameter};
use super::reply::Reply;
use super::session::{Body, Characters, Session, Transaction};
use super::syntax::Parameter;

/// Commands in batches. Replies that may be grouped wait until one comes that may not, or
/// until the session must wait for input.
pub(super) const PIPELINING: Extension = Extension {
    advertise: |_| Some("PIPELINING".to_owned()),
    commands: &[],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// The size is declared at MAIL, and counted in DATA.
pub(super) const SIZE: Extension = Extension {
    advertise: |session| Some(format!("SIZE {}", session.context.shared.limits.message_octets)),
    commands: &[],
    mail_parameters: &[MailParameter { keyword: "SIZE", apply: size }],
    rcpt_parameters: &[],
};

/// Octets above 127 in message bodies. Bodies are kept as they come, whatever was declared.
pub(super) const EIGHT_BIT_MIME: Extension = Extension {
    advertise: |_| Some("8BITMIME".to_owned()),
    commands: &[],
    mail_parameters: &[MailParameter { keyword: "BODY", apply: body }],
    rcpt_parameters: &[],
};

/// Bodies of any octets, by BDAT alone. The value of BODY is among those of 8BITMIME.
pub(super) const BINARY_MIME: Extension = Extension {
    advertise: |_| Some("BINARYMIME".to_owned()),
    commands: &[],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// Addresses and header fields in UTF-8. VRFY and EXPN read their parameter themselves.
pub(super) const SMTP_UTF8: Extension = Extension {
    advertise: |_| Some("SMTPUTF8".to_owned()),
    commands: &[],
    mail_parameters: &[MailParameter { keyword: "SMTPUTF8", apply: smtputf8 }],
    rcpt_parameters: &[],
};

/// What the server will take in one session, so that clients need not find it out.
pub(super) const LIMITS: Extension = Extension {
    advertise: |session| Some(format!("LIMITS {}", limits(session))),
    commands: &[],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// Status codes in replies.
pub(super) const ENHANCED_STATUS_CODES: Extension = Extension {
    advertise: |_| Some("ENHANCEDSTATUSCODES".to_owned()),
    commands: &[],
    mail_parameters: &[],
    rcpt_parameters: &[],
};

/// The refusal of a parameter's value.
pub(super) fn bad_value(text: &str) -> Reply {
    Reply::new(501, "5.5.4", text)
}

/// The refusal of a message that is too large (RFC 1870, section 6.1).
pub(super) fn too_large() -> Reply {
    Reply::new(552, "5.3.4", "message size exceeds the fixed maximum message size")
}

/// `size-value ::= 1*20DIGIT` (RFC 1870, section 3)
fn size(session: &Session, _: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    let digits = parameter.value.unwrap_or_default();
    if !(1..=20).contains(&digits.len()) || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(bad_value("SIZE needs a number of octets"));
    }
    // Twenty digits can be more than 64 bits hold: that is too large in any case.
    match digits.parse::<u64>() {
        Ok(octets) if octets <= session.context.shared.limits.message_octets => Ok(()),
        _ => Err(too_large()),
    }
}

/// `body-value ::= "7BIT" / "8BITMIME" / "BINARYMIME"` (RFC 6152, section 2; RFC 3030, section 3)
fn body(_: &Session, transaction: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    let value = parameter.value.unwrap_or_default();
    let known = [("7BIT", Body::Lines), ("8BITMIME", Body::Lines), ("BINARYMIME", Body::Binary)];
    let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
    let (_, body) = found.ok_or_else(|| bad_value("BODY is 7BIT, 8BITMIME or BINARYMIME"))?;
    transaction.body = body;
    Ok(())
}

/// The parameter has no value (RFC 6531, section 3.4).
fn smtputf8(_: &Session, transaction: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    if parameter.value.is_some() {
        return Err(bad_value("SMTPUTF8 has no value"));
    }
    transaction.characters = Characters::Utf8;
    Ok(())
}

/// `limits-param = limit-name-value 0*[SP limit-name-value]` (RFC 9422, section 3)
fn limits(session: &Session) -> String {
    let shared = &session.context.shared;
    let (limits, told) = (&shared.limits, shared.seams.renderer.smtp_told_recipients);
    let all = [
        ("MAILMAX", limits.transactions),
        ("RCPTMAX", Some(told(limits.recipients))),
        ("RCPTDOMAINMAX", limits.recipient_domains),
    ];
    let given = all.into_iter().filter_map(|(name, limit)| Some(format!("{name}={}", limit?)));
    given.collect::<Vec<_>>().join(" ")
}
