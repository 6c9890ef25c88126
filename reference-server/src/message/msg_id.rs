//! Message identifiers (RFC 5322, section 3.6.4) in the form in which they are compared: without
//! quoting, comments and white space, for `<"a"@b>` and `<a@b>` are the same (RFC 5256, section 3,
//! THREAD).

use super::structured::{Cursor, is_blank};

/// The valid identifiers in an unfolded `Message-ID`, `References` or `In-Reply-To`, from left to
/// right; whatever stands around them is passed over.
pub fn message_ids(value: &[u8]) -> Vec<Vec<u8>> {
    let mut cursor = Cursor::new(value);
    let mut found = Vec::new();
    loop {
        cursor.skip_to(b"<");
        if !cursor.eat(b'<') {
            return found;
        }
        found.extend(message_id(&mut cursor));
    }
}

/// `msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]`, behind the `<`; nothing where that is
/// not what stands there.
fn message_id(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    let mut id = side(cursor);
    if id.is_empty() || !cursor.eat(b'@') {
        return None;
    }
    id.push(b'@');
    let right = side(cursor);
    if right.is_empty() || !cursor.eat(b'>') {
        return None;
    }
    id.extend(right);
    Some(id)
}

/// One side of the `@`: atoms, dots, quoted strings, a literal in brackets.
fn side(cursor: &mut Cursor<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    loop {
        cursor.skip_cfws();
        match cursor.peek() {
            Some(b'"') => text.extend(cursor.quoted_string()),
            Some(b'[') => {
                text.extend(
                    cursor.take_while(|octet| octet != b']').iter().filter(|&&octet| !is_blank(octet)),
                );
                if cursor.eat(b']') {
                    text.push(b']');
                }
            }
            Some(octet) if is_plain(octet) => text.extend(cursor.take_while(is_plain)),
            _ => return text,
        }
    }
}

fn is_plain(octet: u8) -> bool {
    !is_blank(octet) && !b"<>@()\"[".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(value: &str) -> Vec<String> {
        message_ids(value.as_bytes()).into_iter().map(|id| String::from_utf8(id).unwrap()).collect()
    }

    #[test]
    fn quoting_and_comments_make_no_difference() {
        let plain = ["01KF8JCEOCBS0045PS@xxx.yyy.com"];
        assert_eq!(ids("<01KF8JCEOCBS0045PS@xxx.yyy.com>"), plain);
        assert_eq!(ids("<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>"), plain);
        assert_eq!(ids(" (c) < \"01KF8JCEOCBS\" (c) \"0045PS\" @ xxx . yyy.com >"), plain);
        assert_eq!(ids("<a@[ 127.0.0.1 ]>"), ["a@[127.0.0.1]"]);
    }

    #[test]
    fn what_is_no_identifier_is_passed_over() {
        assert_eq!(ids("<a@b> alice@example.test <c@d>,<e@f>"), ["a@b", "c@d", "e@f"]);
        assert_eq!(ids("<a> <@b> <c@> <d@e <f@g> x"), ["f@g"]);
        assert_eq!(ids("your message of \"<x@y>\" Monday"), Vec::<String>::new());
        assert_eq!(ids(""), Vec::<String>::new());
    }
}
