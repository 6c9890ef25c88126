//! What a submission server owes to a message beyond what a relay does (RFC 6409): fields that a
//! mail program left out are added (section 8), domains are fully qualified (section 4.2), header
//! addresses have their form (section 5.1), and a sender may have to be the user (section 6.1).

use std::borrow::Cow;

use time::OffsetDateTime;

use super::reply::Reply;
use super::session::{Characters, Session, Transaction};
use super::syntax::ReversePath;
use super::trace;
use crate::context::Shared;
use crate::message::address::{Address, parse_list};
use crate::message::{Header, Keep, Span, date_time, header_end};
use crate::service::Service;

/// Fields whose addresses are looked at (RFC 5322, sections 3.6.2 and 3.6.3).
const ADDRESS_FIELDS: [&str; 6] = ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"];
/// A beginning of a message that is shorter is the whole message.
const SURELY_WHOLE: usize = 8 * 1024;

/// What is done with messages that users submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubmissionPolicy {
    /// What is done with their header sections.
    pub fields: SubmittedFields,
    /// Whose address MAIL may give.
    pub senders: SubmittingSenders,
}

/// What is done with the header section of a submitted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubmittedFields {
    /// From, Sender, Date and Message-ID are added where they are missing, and addresses without
    /// a fully qualified domain are refused.
    #[default]
    Completed,
    /// Nothing, as by a relay.
    AsTheyAre,
}

/// Whose address may be the sender of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubmittingSenders {
    /// Anybody's.
    #[default]
    Anybody,
    /// The user's own, and the null reverse-path.
    Themselves,
}

/// Is this a listener for submission?
pub(super) fn is_submission(session: &Session) -> bool {
    matches!(session.service(), Service::Submission | Service::Submissions)
}

/// May the user send from here (RFC 6409, sections 4.2 and 6.1)?
pub(super) fn sender(session: &Session, sender: &ReversePath) -> Result<(), Reply> {
    let (true, ReversePath::Mailbox(mailbox)) = (is_submission(session), sender) else { return Ok(()) };
    let shared = &session.context.shared;
    if !is_qualified(shared, &mailbox.domain) {
        return Err(Reply::new(554, "5.1.8", "the sender's domain is not fully qualified"));
    }
    let own =
        session.user.as_ref().is_some_and(|user| user.address.eq_ignore_ascii_case(&mailbox.to_string()));
    if shared.submission.senders == SubmittingSenders::Themselves && !own {
        return Err(Reply::new(550, "5.7.1", "this sender is not yours"));
    }
    Ok(())
}

/// May the user send there (RFC 6409, section 4.2)?
pub(super) fn recipient(session: &Session, domain: Option<&str>) -> Result<(), Reply> {
    match domain {
        Some(domain) if is_submission(session) && !is_qualified(&session.context.shared, domain) => {
            Err(Reply::new(554, "5.1.2", "the recipient's domain is not fully qualified"))
        }
        _ => Ok(()),
    }
}

/// Does the domain stand for itself, wherever it is read?
fn is_qualified(shared: &Shared, domain: &str) -> bool {
    domain.contains('.') || domain.starts_with('[') || shared.is_local(domain)
}

/// What is added to one message where it is missing.
#[derive(Debug, Clone)]
pub(super) struct Completion {
    /// The user's address; `None` where it cannot stand in this message.
    address: Option<String>,
    date: String,
    id: String,
}

impl Completion {
    /// For the message of this transaction; `None` where it is no submission, or stays as it is.
    pub(super) fn of(session: &Session, transaction: &Transaction, now: OffsetDateTime) -> Option<Self> {
        let shared = &session.context.shared;
        let user = session.user.as_ref().filter(|_| is_submission(session))?;
        if shared.submission.fields == SubmittedFields::AsTheyAre {
            return None;
        }
        let readable = transaction.characters == Characters::Utf8 || user.address.is_ascii();
        Some(Self {
            address: readable.then(|| user.address.clone()),
            date: date_time(now),
            id: format!("<{}@{}>", trace::id(now), shared.hostname),
        })
    }

    /// The beginning of the message with what was missing in it.
    pub(super) fn apply(&self, head: &[u8]) -> Vec<u8> {
        let Some((header, rest)) = split(head) else { return head.to_vec() };
        let mut added = String::new();
        match (&self.address, header.first("From")) {
            (Some(address), None) => added.push_str(&format!("From: {address}\r\n")),
            // RFC 6409, section 8.1.
            (Some(address), Some(from))
                if header.first("Sender").is_none() && !names(&from.value(), address) =>
            {
                added.push_str(&format!("Sender: {address}\r\n"));
            }
            _ => {}
        }
        if header.first("Date").is_none() {
            added.push_str(&format!("Date: {}\r\n", self.date));
        }
        let kept = match header.first("Message-ID") {
            Some(id) if is_message_id(&id.value()) => Cow::Borrowed(header.raw()),
            // RFC 6409, section 8.3: it is added, or takes the place of what is none.
            found => {
                added.push_str(&format!("Message-ID: {}\r\n", self.id));
                match found {
                    Some(_) => Cow::Owned(header.subset(&["Message-ID"], Keep::Others)),
                    None => Cow::Borrowed(header.raw()),
                }
            }
        };
        [added.as_bytes(), &kept, rest].concat()
    }
}

/// Are the addresses in the header section addresses (RFC 6409, sections 4.2 and 5.1)?
pub(super) fn check(shared: &Shared, head: &[u8]) -> Result<(), Reply> {
    let Some((header, _)) = split(head) else { return Ok(()) };
    for name in ADDRESS_FIELDS {
        for field in header.all(name) {
            for (local, domain) in mailboxes(&field.value()) {
                if local.is_empty() || domain.is_empty() {
                    return Err(Reply::new(554, "5.6.0", format!("an address in {name} is malformed")));
                }
                if !is_qualified(shared, &domain) {
                    let text = format!("a domain in {name} is not fully qualified");
                    return Err(Reply::new(554, "5.6.0", text));
                }
            }
        }
    }
    Ok(())
}

/// The header section and what follows it; `None` where its end is not in this beginning.
fn split(head: &[u8]) -> Option<(Header<'_>, &[u8])> {
    let end = header_end(head);
    let (header, rest) = head.split_at_checked(end)?;
    let ended = header.ends_with(b"\r\n\r\n") || header == b"\r\n" || head.len() < SURELY_WHOLE;
    ended.then(|| (Header::new(head, Span::new(0, end)), rest))
}

/// Is this address among those of the list?
fn names(list: &[u8], address: &str) -> bool {
    mailboxes(list).any(|(local, domain)| address.eq_ignore_ascii_case(&format!("{local}@{domain}")))
}

/// The mailboxes of an address list, in their two parts.
fn mailboxes(value: &[u8]) -> impl Iterator<Item = (String, String)> {
    parse_list(value).into_iter().filter_map(|address| match address {
        Address::Mailbox { local, domain, .. } => {
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            Some((text(&local), text(&domain)))
        }
        Address::GroupStart(_) | Address::GroupEnd => None,
    })
}

/// `msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]` (RFC 5322, section 3.6.4), roughly: what
/// is nearly one is left alone.
fn is_message_id(value: &[u8]) -> bool {
    let inside = value.iter().position(|octet| *octet == b'<').and_then(|at| value.get(at..));
    inside.is_some_and(|inside| inside.contains(&b'@') && inside.contains(&b'>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(head: &str) -> String {
        let completion = Completion {
            address: Some("alice@example.test".to_owned()),
            date: "DATE".to_owned(),
            id: "<ID@host>".to_owned(),
        };
        String::from_utf8(completion.apply(head.as_bytes())).unwrap()
    }

    #[test]
    fn what_is_missing_is_put_in_front_and_the_rest_stays() {
        assert_eq!(
            completed("Subject: x\r\n\r\nbody\r\n"),
            "From: alice@example.test\r\nDate: DATE\r\nMessage-ID: <ID@host>\r\nSubject: x\r\n\r\nbody\r\n"
        );
        let whole = "From: A <Alice@Example.test>\r\nDate: y\r\nMESSAGE-ID: <a@b>\r\n\r\nDate: z\r\n";
        assert_eq!(completed(whole), whole);
        assert_eq!(completed("\r\nbody"), completed("").as_str().to_owned() + "\r\nbody");
    }

    #[test]
    fn who_sends_for_somebody_else_is_named_as_sender() {
        let other = "From: bob@example.test\r\nDate: y\r\nMessage-ID: <a@b>\r\n\r\n";
        assert_eq!(completed(other), format!("Sender: alice@example.test\r\n{other}"));
        let named = format!("Sender: c@example.test\r\n{other}");
        assert_eq!(completed(&named), named);
    }

    #[test]
    fn what_is_no_message_id_gives_way() {
        assert_eq!(
            completed("From: alice@example.test\r\nMessage-ID: nonsense\r\nDate: y\r\n\r\nx"),
            "Message-ID: <ID@host>\r\nFrom: alice@example.test\r\nDate: y\r\n\r\nx"
        );
    }

    #[test]
    fn a_header_section_whose_end_is_not_in_sight_is_left_alone() {
        let long = format!("Subject: x\r\nX: {}\r\n", "y".repeat(9000));
        assert_eq!(completed(&long), long);
    }
}
