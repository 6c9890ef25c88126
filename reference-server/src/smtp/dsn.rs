//! The service extension DSN (RFC 3461): what a sender asks to be told is taken at MAIL and
//! RCPT, and kept with the message. The reports themselves are made by the queue.

use super::extensions::bad_value;
use super::registry::{self, Extension, MailParameter, RcptParameter};
use super::reply::Reply;
use super::session::{Recipient, Transaction};
use super::syntax::Parameter;
use crate::store::{Notify, Returned, is_original, xtext};

/// Longest ENVID (RFC 3461, section 5.4).
const ENVELOPE_ID: usize = 100;
/// Longest ORCPT (RFC 3461, section 5.4).
const ORIGINAL: usize = 500;

/// Not offered by LMTP, which leaves the queue to its client.
pub(super) const EXTENSION: Extension = Extension {
    advertise: |session| registry::not_lmtp(session.service()).then(|| "DSN".to_owned()),
    commands: &[],
    mail_parameters: &[
        MailParameter { keyword: "RET", apply: |_, transaction, parameter| returned(transaction, parameter) },
        MailParameter {
            keyword: "ENVID",
            apply: |_, transaction, parameter| envelope_id(transaction, parameter),
        },
    ],
    rcpt_parameters: &[
        RcptParameter { keyword: "NOTIFY", apply: notify },
        RcptParameter { keyword: "ORCPT", apply: original },
    ],
};

/// `ret-value = "FULL" / "HDRS"` (RFC 3461, section 4.3)
fn returned(transaction: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    let value = Returned::parse(parameter.value.unwrap_or_default());
    transaction.returned = Some(value.ok_or_else(|| bad_value("RET is FULL or HDRS"))?);
    Ok(())
}

/// `envid-parameter = "ENVID=" xtext` (RFC 3461, section 4.4)
fn envelope_id(transaction: &mut Transaction, parameter: Parameter<'_>) -> Result<(), Reply> {
    let value = parameter.value.unwrap_or_default();
    let printable = |text: String| text.bytes().all(|octet| matches!(octet, b' '..=b'~'));
    if value.is_empty() || value.len() > ENVELOPE_ID || !xtext(value).is_some_and(printable) {
        return Err(bad_value("ENVID needs at most 100 characters of xtext"));
    }
    transaction.envelope_id = Some(value.to_owned());
    Ok(())
}

/// RFC 3461, section 4.1.
fn notify(recipient: &mut Recipient, parameter: Parameter<'_>) -> Result<(), Reply> {
    let value = Notify::parse(parameter.value.unwrap_or_default());
    recipient.notify =
        value.ok_or_else(|| bad_value("NOTIFY is NEVER, or some of SUCCESS, FAILURE and DELAY"))?;
    Ok(())
}

/// `original-recipient-address = addr-type ";" xtext` (RFC 3461, section 4.2), or in UTF-8 (RFC 6533,
/// section 3).
fn original(recipient: &mut Recipient, parameter: Parameter<'_>) -> Result<(), Reply> {
    let value = parameter.value.unwrap_or_default();
    if value.len() > ORIGINAL || !is_original(value) {
        return Err(bad_value("ORCPT needs a type of address, a semicolon and the address in xtext"));
    }
    recipient.original = Some(value.to_owned());
    Ok(())
}
