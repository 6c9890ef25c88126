//! ENVELOPE (RFC 3501, section 7.4.2 and section 9: envelope, address).

use super::nstring;
use crate::message::{Address, Envelope};

/// ```abnf
/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP
///            env-to SP env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")"
/// ```
pub(crate) fn envelope(out: &mut Vec<u8>, envelope: &Envelope<'_>) {
    out.push(b'(');
    nstring(out, envelope.date.as_deref());
    out.push(b' ');
    nstring(out, envelope.subject.as_deref());
    let lists =
        [&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc];
    for list in lists {
        out.push(b' ');
        addresses(out, list);
    }
    out.push(b' ');
    nstring(out, envelope.in_reply_to.as_deref());
    out.push(b' ');
    nstring(out, envelope.message_id.as_deref());
    out.push(b')');
}

/// ```abnf
/// env-from = "(" 1*address ")" / nil
/// ```
fn addresses(out: &mut Vec<u8>, list: &[Address<'_>]) {
    if list.is_empty() {
        nstring(out, None);
        return;
    }
    out.push(b'(');
    for member in list {
        address(out, member);
    }
    out.push(b')');
}

/// ```abnf
/// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
/// ```
/// A group begins with a member that has no host, and ends with one that has nothing at all.
fn address(out: &mut Vec<u8>, member: &Address<'_>) {
    let pieces: [Option<&[u8]>; 4] = match member {
        Address::Mailbox { name, route, local, domain } => {
            [name.as_deref(), route.as_deref(), Some(local), Some(domain)]
        }
        Address::GroupStart(name) => [None, None, Some(name), None],
        Address::GroupEnd => [None; 4],
    };
    for (index, piece) in pieces.into_iter().enumerate() {
        out.push(if index == 0 { b'(' } else { b' ' });
        nstring(out, piece);
    }
    out.push(b')');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Structure;

    fn written(message: &str) -> String {
        let structure = Structure::parse(message.as_bytes());
        let mut out = Vec::new();
        envelope(&mut out, &Envelope::of(&structure.root.fields(message.as_bytes())));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sender_and_reply_to_default_to_from_and_the_rest_to_nil() {
        let message = "Date: Mon, 2 Jan 2023 10:00:00 +0100\r\nSubject: A \"b\"\r\n\
            From: Ada <ada@example.test>\r\nTo: bob@example.test, Cy <cy@example.test>\r\n\
            Message-ID: <1@example.test>\r\n\r\n";
        let ada = r#"(("Ada" NIL "ada" "example.test"))"#;
        let expected = format!(
            r#"("Mon, 2 Jan 2023 10:00:00 +0100" "A \"b\"" {ada} {ada} {ada} ((NIL NIL "bob" "example.test")("Cy" NIL "cy" "example.test")) NIL NIL NIL "<1@example.test>")"#
        );
        assert_eq!(written(message), expected);
    }

    #[test]
    fn a_group_has_a_beginning_and_an_end() {
        let found = written("To: friends: a@x.test;\r\n\r\n");
        assert!(
            found.contains(r#"((NIL NIL "friends" NIL)(NIL NIL "a" "x.test")(NIL NIL NIL NIL))"#),
            "{found}"
        );
    }

    #[test]
    fn an_empty_subject_is_no_missing_one() {
        assert!(written("Subject:\r\n\r\n").starts_with("(NIL \"\" NIL"));
        assert!(written("X: y\r\n\r\n").starts_with("(NIL NIL NIL"));
    }

    #[test]
    fn eight_bit_text_goes_as_a_literal() {
        assert!(written("Subject: caf\u{e9}\r\n\r\n").starts_with("(NIL {5}\r\ncaf\u{e9} "));
    }
}
