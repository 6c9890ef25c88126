//! Reading of IMAP patterns: from an `S:` line to an [`ImapExpectation`].

use super::imap::{Cardinality, ImapCode, ImapData, ImapExpectation, ImapItem, ImapStatus};
use super::{PatternError, TextPart, TextPattern, text};
use crate::source::Span;

/// How deep lists may be nested in a pattern.
const DEPTH_LIMIT: usize = 40;

/// Reads one `S:`, `S?:` or `S!:` line.
///
/// `offset` is the place of its first octet in the file.
///
/// # Errors
/// Lists, strings and codes that are not closed, a `${…}` that cannot be read,
/// or a line that is neither tagged, untagged nor a continuation request.
pub fn parse(line: &str, cardinality: Cardinality, offset: usize) -> Result<ImapExpectation, PatternError> {
    let mut reader = Reader { text: line.trim_end(), at: 0, offset };
    reader.skip_spaces();
    if reader.take("*") {
        let data = reader.untagged()?;
        return Ok(ImapExpectation::Untagged { cardinality, data });
    }
    if cardinality != Cardinality::Required {
        let help = "write it as in `S?: * 3 EXISTS`".to_owned();
        return Err(
            reader.error("only an untagged response can be optional, forbidden or in order", Some(help))
        );
    }
    if reader.take("+") {
        reader.skip_spaces();
        let rest = reader.rest();
        let pattern = if rest.is_empty() { None } else { Some(text::parse(rest, offset + reader.at)?) };
        return Ok(ImapExpectation::Continuation(pattern));
    }
    reader.tagged()
}

/// A place in the line.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    offset: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// An error about what is left, or about the line's end.
    fn error(&self, message: impl Into<String>, help: Option<String>) -> PatternError {
        let end = self.text.len().max(self.at + 1);
        PatternError {
            message: message.into(),
            span: Span::new(self.offset + self.at, self.offset + end),
            help,
        }
    }

    fn error_at(&self, from: usize, to: usize, message: &str, help: &str) -> PatternError {
        PatternError {
            message: message.into(),
            span: Span::new(self.offset + from, self.offset + to),
            help: Some(help.into()),
        }
    }

    /// `OK`, `NO|BAD`, then perhaps a code; what stands behind is not compared.
    fn tagged(&mut self) -> Result<ImapExpectation, PatternError> {
        let start = self.at;
        let word = self.rest().split(' ').next().unwrap_or_default();
        let statuses: Option<Vec<ImapStatus>> = word.split('|').map(tagged_status).collect();
        let Some(statuses) = statuses else {
            return Err(self.error_at(
                start,
                start + word.len().max(1),
                &format!("`{word}` is not a tagged answer"),
                "write `S: OK`, `S: NO|BAD`, `S: * …` for an untagged response or `S: +` for a continuation request; the harness keeps the tags",
            ));
        };
        self.at += word.len();
        let code = self.code()?;
        Ok(ImapExpectation::Tagged { statuses, code })
    }

    fn untagged(&mut self) -> Result<ImapData, PatternError> {
        self.skip_spaces();
        let word = self.rest().split(' ').next().unwrap_or_default();
        let status = ImapStatus::ALL.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        if let Some((_, status)) = status {
            self.at += word.len();
            let code = self.code()?;
            return Ok(ImapData::Status { status, code });
        }
        let items = self.items(End::Line, 0)?;
        if items.is_empty() {
            let help = "write what it holds, as in `S: * 3 EXISTS`".to_owned();
            return Err(self.error("the untagged response is empty", Some(help)));
        }
        Ok(ImapData::Items(items))
    }

    fn code(&mut self) -> Result<Option<ImapCode>, PatternError> {
        self.skip_spaces();
        if !self.take("[") {
            return Ok(None);
        }
        let items = self.items(End::Bracket, 0)?;
        Ok(Some(ImapCode { items }))
    }

    fn items(&mut self, end: End, depth: usize) -> Result<Vec<ImapItem>, PatternError> {
        let start = self.at;
        let mut items = Vec::new();
        if depth > DEPTH_LIMIT {
            return Err(self.error("the lists are nested too deep", None));
        }
        loop {
            self.skip_spaces();
            match (self.rest().chars().next(), end) {
                (None, End::Line) => return Ok(items),
                (None, End::Paren) => {
                    let help = "close it with `)`";
                    return Err(self.error_at(start - 1, self.text.len(), "the list is not closed", help));
                }
                (None, End::Bracket) => {
                    let help = "close it with `]`";
                    let message = "the response code is not closed";
                    return Err(self.error_at(start - 1, self.text.len(), message, help));
                }
                (Some(')'), End::Paren) | (Some(']'), End::Bracket) => {
                    self.at += 1;
                    return Ok(items);
                }
                (Some(')'), _) => {
                    let message = "there is no list to close here";
                    return Err(self.error_at(
                        self.at,
                        self.at + 1,
                        message,
                        "remove it, or open the list with `(`",
                    ));
                }
                (Some('('), _) => {
                    self.at += 1;
                    items.push(ImapItem::List(self.items(End::Paren, depth + 1)?));
                }
                (Some('"'), _) => items.push(ImapItem::String(self.quoted()?)),
                (Some(_), _) => items.push(self.word(end)?),
            }
        }
    }

    /// A string in double quotes, its escapes read.
    fn quoted(&mut self) -> Result<TextPattern, PatternError> {
        let start = self.at;
        let mut pattern = TextPattern::default();
        self.at += 1;
        loop {
            let rest = self.rest();
            match rest.chars().next() {
                None => {
                    let message = "the string is not closed";
                    return Err(self.error_at(start, self.text.len(), message, "close it with `\"`"));
                }
                Some('"') => {
                    self.at += 1;
                    return Ok(pattern);
                }
                Some('\\') => {
                    let (octet, length) = escape(rest).ok_or_else(|| {
                        let help = "the escapes are \\r \\n \\t \\0 \\xHH \\\" \\\\ \\. \\$";
                        self.error_at(self.at, self.at + rest.len().min(2), "there is no such escape", help)
                    })?;
                    pattern.push_octets(&[octet]);
                    self.at += length;
                }
                Some(_) => {
                    self.at = match pattern.parse_special(self.text, self.at, self.offset)? {
                        Some(end) => end,
                        None => self.at + pattern.push_char(rest),
                    };
                }
            }
        }
    }

    /// A bare word; brackets in it (`BODY[HEADER.FIELDS (SUBJECT)]<0>`) hold spaces and parentheses.
    fn word(&mut self, end: End) -> Result<ImapItem, PatternError> {
        let start = self.at;
        let mut pattern = TextPattern::default();
        let mut brackets = 0_usize;
        while let Some(char) = self.rest().chars().next() {
            match char {
                '[' => brackets += 1,
                ']' if brackets == 0 && end == End::Bracket => break,
                ']' => brackets = brackets.saturating_sub(1),
                ' ' | '(' | ')' if brackets == 0 => break,
                _ => {}
            }
            self.at = match pattern.parse_special(self.text, self.at, self.offset)? {
                Some(at) => at,
                None => self.at + pattern.push_char(self.rest()),
            };
        }
        if brackets > 0 {
            let message = "the `[` of this word is not closed";
            return Err(self.error_at(start, self.text.len(), message, "write it as in `BODY[HEADER]`"));
        }
        Ok(item(pattern))
    }
}

/// The simplest item that a word's parts make.
fn item(pattern: TextPattern) -> ImapItem {
    match <[TextPart; 1]>::try_from(pattern.parts) {
        Ok([TextPart::Octets(octets)]) => ImapItem::Word(octets),
        Ok([TextPart::Variable { name, filters, span }]) => ImapItem::Variable { name, filters, span },
        Ok([TextPart::Capture { name, kind, span }]) => ImapItem::Capture { name, kind, span },
        Ok([TextPart::Any]) => ImapItem::Others,
        Err(parts) => ImapItem::Mixed(TextPattern { parts }),
    }
}

/// What ends a row of items.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Line,
    Paren,
    Bracket,
}

fn tagged_status(word: &str) -> Option<ImapStatus> {
    match word {
        "OK" => Some(ImapStatus::Ok),
        "NO" => Some(ImapStatus::No),
        "BAD" => Some(ImapStatus::Bad),
        _ => None,
    }
}

/// The escape at the head of `rest`: its octet, and its length.
fn escape(rest: &str) -> Option<(u8, usize)> {
    let octet = match rest.as_bytes().get(1)? {
        b'r' => b'\r',
        b'n' => b'\n',
        b't' => b'\t',
        b'0' => 0,
        b'x' => return Some((u8::from_str_radix(rest.get(2..4)?, 16).ok()?, 4)),
        same @ (b'"' | b'\\' | b'.' | b'$') => *same,
        _ => return None,
    };
    Some((octet, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::pattern::CaptureType;

    fn items(line: &str) -> Vec<ImapItem> {
        match parse(line, Cardinality::Required, 0).unwrap() {
            ImapExpectation::Untagged { data: ImapData::Items(items), .. } => items,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_tagged_answer_has_statuses_and_a_code() {
        let line = "OK [COPYUID ${validity = number} 1:2 ${copies}] done";
        let parsed = parse(line, Cardinality::Required, 10).unwrap();
        assert_eq!(parsed.binds(), [("validity", Span::new(22, 42))]);
        assert_eq!(parsed.reads(), [("copies", Span::new(47, 56))]);
        let ImapExpectation::Tagged { statuses, code: Some(code) } = parsed else { panic!() };
        assert_eq!(statuses, [ImapStatus::Ok]);
        assert!(matches!(
            code.items.as_slice(),
            [ImapItem::Word(_), ImapItem::Capture { .. }, ImapItem::Word(set), ImapItem::Variable { .. }] if set == b"1:2"
        ));
        let ImapExpectation::Tagged { statuses, code } = parse("NO|BAD", Cardinality::Required, 0).unwrap()
        else {
            panic!()
        };
        assert_eq!((statuses, code.is_none()), (vec![ImapStatus::No, ImapStatus::Bad], true));
    }

    #[test]
    fn an_untagged_response_is_read_as_items() {
        let items =
            items(r#"* 1 FETCH (FLAGS (\Seen ...) BODY[HEADER.FIELDS (SUBJECT)]<0> "a\r\n${x}\"\x41")"#);
        let [ImapItem::Word(one), ImapItem::Word(fetch), ImapItem::List(list)] = items.as_slice() else {
            panic!("{items:?}")
        };
        assert_eq!((one.as_slice(), fetch.as_slice()), (&b"1"[..], &b"FETCH"[..]));
        let [ImapItem::Word(_), ImapItem::List(flags), ImapItem::Word(body), ImapItem::String(text)] =
            list.as_slice()
        else {
            panic!("{list:?}")
        };
        assert!(matches!(flags.as_slice(), [ImapItem::Word(seen), ImapItem::Others] if seen == b"\\Seen"));
        assert_eq!(body, b"BODY[HEADER.FIELDS (SUBJECT)]<0>");
        let [TextPart::Octets(a), TextPart::Variable { .. }, TextPart::Octets(b)] = text.parts.as_slice()
        else {
            panic!("{text:?}")
        };
        assert_eq!((a.as_slice(), b.as_slice()), (&b"a\r\n"[..], &b"\"A"[..]));
    }

    #[test]
    fn words_may_hold_variables() {
        let items = items(r#"* LIST (...) "/" Work-${unique}"#);
        assert!(matches!(items.last(), Some(ImapItem::Mixed(text)) if text.parts.len() == 2));
        let items = self::items("* ${n = number} EXISTS");
        assert!(matches!(items.first(), Some(ImapItem::Capture { kind: CaptureType::Number, .. })));
    }

    #[test]
    fn status_responses_and_continuations_are_told_apart() {
        assert!(matches!(
            parse("* OK [UNSEEN 2] first", Cardinality::Optional, 0).unwrap(),
            ImapExpectation::Untagged {
                cardinality: Cardinality::Optional,
                data: ImapData::Status { status: ImapStatus::Ok, code: Some(_) }
            }
        ));
        assert!(matches!(
            parse("* BYE", Cardinality::Required, 0).unwrap(),
            ImapExpectation::Untagged { data: ImapData::Status { status: ImapStatus::Bye, code: None }, .. }
        ));
        assert!(matches!(parse("+", Cardinality::Required, 0).unwrap(), ImapExpectation::Continuation(None)));
        assert!(matches!(
            parse("+ ...", Cardinality::Required, 0).unwrap(),
            ImapExpectation::Continuation(Some(_))
        ));
    }

    #[test]
    fn each_mistake_names_its_place() {
        let cases = [
            ("* 1 FETCH (FLAGS", Span::new(20, 26), "list is not closed"),
            ("* SEARCH 1)", Span::new(20, 21), "no list to close"),
            ("* LIST () \"/", Span::new(20, 22), "string is not closed"),
            ("* LIST () \"\\q\" x", Span::new(21, 23), "no such escape"),
            ("OK [UIDNEXT", Span::new(13, 21), "code is not closed"),
            ("a1 OK", Span::new(10, 12), "not a tagged answer"),
            ("* 1 FETCH (BODY[HEADER", Span::new(21, 32), "is not closed"),
        ];
        for (line, span, words) in cases {
            let error = parse(line, Cardinality::Required, 10).unwrap_err();
            assert!(error.message.contains(words), "{line}: {}", error.message);
            assert_eq!(error.span, span, "{line}");
        }
        assert!(parse("OK", Cardinality::Forbidden, 0).is_err());
        assert!(parse("*", Cardinality::Required, 0).is_err());
        let deep = format!("* X {}", "(".repeat(10_000));
        assert!(parse(&deep, Cardinality::Required, 0).unwrap_err().message.contains("too deep"));
    }
}
