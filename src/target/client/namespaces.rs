//! The namespaces that an IMAP server tells (RFC 2342), as far as leaving others' mailboxes alone
//! needs them.

/// The prefixes of other users' and of shared namespaces: names that begin so belong to nobody, or
/// to somebody else. A prefix that is empty stands for none.
pub(super) fn of_others(response: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = response.get(..12).filter(|head| head.eq_ignore_ascii_case(b"* NAMESPACE "));
    rest = rest.and(response.get(12..));
    let text = rest?;
    let (mut depth, mut class, mut at) = (0_usize, 0_usize, 0_usize);
    let (mut found, mut first) = (Vec::new(), true);
    while let Some(octet) = text.get(at) {
        match octet {
            b'(' => (depth, first) = (depth + 1, true),
            b')' => {
                depth = depth.checked_sub(1)?;
                class += usize::from(depth == 0);
            }
            b'"' => {
                let (value, length) = quoted(text.get(at..)?)?;
                if depth == 2 && first && class > 0 && !value.is_empty() {
                    found.push(value);
                }
                first = false;
                at += length - 1;
            }
            b'N' | b'n' if depth == 0 => {
                class += 1;
                at += 2;
            }
            _ => {}
        }
        at += 1;
    }
    Some(found)
}

/// A quoted string at the head, and how many octets it takes.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut value = Vec::new();
    let mut octets = text.iter().enumerate().skip(1);
    loop {
        match octets.next()? {
            (at, b'"') => return Some((value, at + 1)),
            (_, b'\\') => value.push(*octets.next()?.1),
            (_, other) => value.push(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_to_others_is_told() {
        let told = |text: &[u8]| {
            let names = of_others(text)?.into_iter().map(|name| String::from_utf8(name).unwrap());
            Some(names.collect::<Vec<_>>())
        };
        let both = b"* NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\" \"X-P\" (\"a\"))) ((\"Other \\\"U/\" \"/\")) ((\"#s/\" NIL)(\"#n.\" \".\"))\r\n";
        assert_eq!(told(both).unwrap(), ["Other \"U/", "#s/", "#n."]);
        assert_eq!(told(b"* namespace ((\"\" \"/\")) NIL NIL\r\n").unwrap(), Vec::<String>::new());
        assert_eq!(told(b"* NAMESPACE NIL NIL ((\"\" \".\"))\r\n").unwrap(), Vec::<String>::new());
        for broken in [&b"* NAMESPACE"[..], b"* NAMESPACE ((\"", b"* NAMESPACE )", b"* LIST () \"/\" a"] {
            assert_eq!(told(broken), None);
        }
    }
}
