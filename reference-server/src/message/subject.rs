//! The base subject (RFC 5256, section 2.1): what is left of a subject without the marks of
//! replies and forwards. The steps are the RFC's own, since every server and client must come to
//! the same text.

/// A subject, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseSubject {
    /// What is left.
    pub text: Vec<u8>,
    /// Whether something was taken away that stands for a reply or a forward.
    pub kind: SubjectKind,
}

/// What the subject says that the message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// A message of its own.
    Original,
    /// A reply or a forward.
    ReplyOrForward,
}

/// The base subject of a decoded and unfolded `Subject`.
pub fn base_subject(subject: &[u8]) -> BaseSubject {
    let text = single_spaced(subject);
    let mut rest = text.as_slice();
    let mut kind = SubjectKind::Original;
    loop {
        rest = without_trailers(rest, &mut kind);
        rest = without_leaders(rest, &mut kind);
        let inside = strip_prefix(rest, b"[fwd:").and_then(|inside| inside.strip_suffix(b"]"));
        let Some(inside) = inside else {
            return BaseSubject { text: rest.to_vec(), kind };
        };
        kind = SubjectKind::ReplyOrForward;
        rest = inside;
    }
}

/// Step 1: tabs and what is left of folds become spaces, and several of them one.
fn single_spaced(subject: &[u8]) -> Vec<u8> {
    let mut text: Vec<u8> = Vec::with_capacity(subject.len());
    for &octet in subject {
        match octet {
            b' ' | b'\t' | b'\r' | b'\n' if text.last() == Some(&b' ') => {}
            b' ' | b'\t' | b'\r' | b'\n' => text.push(b' '),
            _ => text.push(octet),
        }
    }
    text
}

/// Step 2: `subj-trailer = "(fwd)" / WSP`, as often as there is one.
fn without_trailers<'t>(mut text: &'t [u8], kind: &mut SubjectKind) -> &'t [u8] {
    loop {
        text = text.trim_ascii_end();
        let before = text.len().saturating_sub(b"(fwd)".len());
        match text.split_at_checked(before) {
            Some((rest, mark)) if mark.eq_ignore_ascii_case(b"(fwd)") => {
                *kind = SubjectKind::ReplyOrForward;
                text = rest;
            }
            _ => return text,
        }
    }
}

/// Steps 3 to 5: leaders, and blobs that leave something behind them.
fn without_leaders<'t>(mut text: &'t [u8], kind: &mut SubjectKind) -> &'t [u8] {
    loop {
        if let Some(rest) = text.strip_prefix(b" ") {
            text = rest;
        } else if let Some(rest) = after_mark(text) {
            *kind = SubjectKind::ReplyOrForward;
            text = rest;
        } else {
            match after_blob(text) {
                Some(rest) if !rest.is_empty() => text = rest,
                _ => return text,
            }
        }
    }
}

/// `*subj-blob subj-refwd`, where
/// `subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"`.
fn after_mark(mut text: &[u8]) -> Option<&[u8]> {
    while let Some(rest) = after_blob(text) {
        text = rest;
    }
    let rest = [&b"re"[..], b"fwd", b"fw"].into_iter().find_map(|word| strip_prefix(text, word))?;
    let rest = rest.trim_ascii_start();
    let rest = after_blob(rest).unwrap_or(rest);
    rest.strip_prefix(b":")
}

/// `subj-blob = "[" *BLOBCHAR "]" *WSP`
fn after_blob(text: &[u8]) -> Option<&[u8]> {
    let inside = text.strip_prefix(b"[")?;
    let end = inside.iter().position(|octet| matches!(octet, 0 | b'[' | b']'))?;
    let rest = inside.get(end..)?.strip_prefix(b"]")?;
    Some(rest.trim_ascii_start())
}

/// The same in whatever case.
fn strip_prefix<'t>(text: &'t [u8], prefix: &[u8]) -> Option<&'t [u8]> {
    let (front, rest) = text.split_at_checked(prefix.len())?;
    front.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(subject: &str) -> (String, bool) {
        let found = base_subject(subject.as_bytes());
        (String::from_utf8(found.text).unwrap(), found.kind == SubjectKind::ReplyOrForward)
    }

    #[test]
    fn marks_of_replies_and_forwards_go() {
        for (subject, expected) in [
            ("Re: hello", "hello"),
            ("RE:hello", "hello"),
            ("re :  hello", "hello"),
            ("Re: Re: Fwd: hello", "hello"),
            ("fw: hello", "hello"),
            ("Re[2]: hello", "hello"),
            ("Re [a b] : hello", "hello"),
            ("[list] Re: hello", "hello"),
            ("[list] [more] Re: hello", "hello"),
            ("Re: [list] hello", "hello"),
            ("hello (fwd)", "hello"),
            ("hello (fwd) (FWD)  ", "hello"),
            ("[fwd: hello]", "hello"),
            ("[Fwd: Re: hello (fwd)]", "hello"),
            ("[FWD: [fwd: hello]]", "hello"),
            ("Re: [Fwd: hello] (fwd)", "hello"),
            ("Re:", ""),
            ("(fwd)", ""),
            ("[fwd:]", ""),
        ] {
            assert_eq!(base(subject), (expected.to_owned(), true), "{subject}");
        }
    }

    #[test]
    fn what_only_looks_like_a_mark_stays() {
        for (subject, expected) in [
            ("hello", "hello"),
            ("  hello \t there ", "hello there"),
            ("[list] hello", "hello"),
            ("[list]", "[list]"),
            ("[one] [two]", "[two]"),
            ("[]", "[]"),
            ("Regarding: hello", "Regarding: hello"),
            ("Re hello", "Re hello"),
            ("Aw: hello", "Aw: hello"),
            ("hello (fwd) there", "hello (fwd) there"),
            ("[a[b]] hello", "[a[b]] hello"),
            ("[fwd: hello", "[fwd: hello"),
            ("hello Re: there", "hello Re: there"),
            ("", ""),
        ] {
            assert_eq!(base(subject), (expected.to_owned(), false), "{subject}");
        }
    }

    #[test]
    fn a_blob_that_holds_a_forward_is_a_blob_first() {
        // Step 4 comes before step 6: behind the blob there is text.
        assert_eq!(base("[fwd: hello] there"), ("there".to_owned(), false));
    }

    proptest! {
        #[test]
        fn a_base_subject_is_its_own(subject in "([Rr]e|fwd?|\\[|\\]|:| |\\(fwd\\)|[a-c]|\\[fwd:){0,14}") {
            let (once, _) = base(&subject);
            prop_assert_eq!(base(&once), (once.clone(), false), "{}", subject);
        }
    }
}
