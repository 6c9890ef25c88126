//! Tokens of structured header fields: comments, folding white space, atoms and
//! quoted strings (RFC 5322, section 3.2). Not for unstructured fields.

/// Reads an unfolded field value from left to right; never fails, since mail
/// that breaks the grammar must still be shown (RFC 5322, section 4).
#[derive(Clone, Debug)]
pub(super) struct Cursor<'v> {
    rest: &'v [u8],
}

impl<'v> Cursor<'v> {
    pub(super) fn new(value: &'v [u8]) -> Self {
        Self { rest: value }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn advance(&mut self) -> Option<u8> {
        let (&octet, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(octet)
    }

    /// Takes that octet if it comes next.
    pub(super) fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        if found {
            self.advance();
        }
        found
    }

    /// Takes octets for as long as they satisfy `accept`.
    pub(super) fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'v [u8] {
        let length = self.rest.iter().take_while(|&&octet| accept(octet)).count();
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// Skips comments and white space; tells whether there were any.
    pub(super) fn skip_cfws(&mut self) -> Gap {
        let (gap, _) = self.take_cfws();
        gap
    }

    /// Skips comments and white space and gives the text of the last comment.
    pub(super) fn take_cfws(&mut self) -> (Gap, Option<Vec<u8>>) {
        let mut gap = Gap::None;
        let mut last = None;
        loop {
            match self.peek() {
                Some(octet) if is_blank(octet) => {
                    self.advance();
                }
                Some(b'(') => last = Some(self.comment()),
                _ => return (gap, last),
            }
            gap = Gap::Some;
        }
    }

    /// `comment = "(" *([FWS] ccontent) [FWS] ")"` (RFC 5322, section 3.2.2);
    /// they nest, so depth is counted rather than recursed into.
    fn comment(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut depth = 0_usize;
        while let Some(octet) = self.advance() {
            match octet {
                b'(' => {
                    depth += 1;
                    if depth == 1 {
                        continue;
                    }
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                b'\\' => {
                    text.extend(self.advance());
                    continue;
                }
                _ => {}
            }
            text.push(octet);
        }
        text
    }

    /// The inside of a quoted string whose opening quote comes next, quoting
    /// removed (RFC 5322, section 3.2.4); one that is never closed ends with
    /// the value.
    pub(super) fn quoted_string(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        self.advance();
        while let Some(octet) = self.advance() {
            match octet {
                b'"' => break,
                b'\\' => text.extend(self.advance()),
                _ => text.push(octet),
            }
        }
        text
    }

    /// Skips to the next octet of `stops` outside of quotes and comments.
    pub(super) fn skip_to(&mut self, stops: &[u8]) {
        loop {
            self.skip_cfws();
            match self.peek() {
                None => return,
                Some(octet) if stops.contains(&octet) => return,
                Some(b'"') => {
                    self.quoted_string();
                }
                Some(_) => {
                    self.advance();
                }
            }
        }
    }
}

/// Whether white space or a comment stood between two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    Some,
}

/// White space, and the line ends that unfolding may have left behind.
pub(super) fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_nest_and_quote() {
        let mut cursor = Cursor::new(b" (a (b) \\) c) x");
        let (gap, comment) = cursor.take_cfws();
        assert_eq!(gap, Gap::Some);
        assert_eq!(comment.unwrap(), b"a (b) ) c");
        assert_eq!(cursor.peek(), Some(b'x'));
    }

    #[test]
    fn quoted_strings_lose_their_quoting() {
        let mut cursor = Cursor::new(br#""a \"b\" \\c"d"#);
        assert_eq!(cursor.quoted_string(), br#"a "b" \c"#);
        assert_eq!(cursor.peek(), Some(b'd'));
    }

    #[test]
    fn unclosed_quotes_and_comments_end_with_the_value() {
        let mut cursor = Cursor::new(b"\"abc\\");
        assert_eq!(cursor.quoted_string(), b"abc");
        let mut cursor = Cursor::new(b"((a");
        cursor.skip_cfws();
        assert!(cursor.at_end());
    }

    #[test]
    fn skipping_passes_over_quoted_and_commented_stops() {
        let mut cursor = Cursor::new(b"x \";\" (;) y;z");
        cursor.skip_to(b";");
        assert!(cursor.eat(b';'));
        assert_eq!(cursor.peek(), Some(b'z'));
    }
}
