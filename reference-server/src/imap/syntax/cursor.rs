//! A position in the text of one command, and the tokens that everything else is made of
//! (RFC 3501, section 9: atom, number, string, astring).
//!
//! The text is the command without its last CRLF; the octets of a literal stand in it as they
//! came, behind `{n}` CRLF.

use super::names::Names;

/// What a parser gives: a value, or why there is none.
pub(crate) type Parsed<T> = Result<T, ParseError>;

/// Why a command could not be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// The text is not what the grammar allows; the words go into the BAD response.
    Syntax(&'static str),
    /// The text is right as far as it was read, and asks for more of something than is allowed.
    Limit(&'static str),
    /// The text so far is right and ends with the announcement of a literal that may be asked for.
    NeedsLiteral(Announcement),
    /// The text so far is right and ends with the announcement of a message, which may be asked for
    /// and does not come into the text.
    NeedsMessage(Announcement),
    /// The text so far is right, but the message that it announces is larger than allowed.
    MessageTooLarge,
    /// The text so far is right, but the value of an annotation in it is larger than allowed.
    ValueTooLarge,
    /// The text so far is right, but the literal that it announces is larger than allowed here.
    LiteralTooLarge {
        /// What the client announced.
        announced: Announcement,
        /// How many octets this argument may have.
        limit: u64,
    },
}

/// Whether the client waits for a continuation request before it sends the octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiteralForm {
    /// `{n}`: the client waits (RFC 3501, section 4.3).
    Synchronizing,
    /// `{n+}`: the octets follow at once (RFC 7888, section 3).
    NonSynchronizing,
}

/// The head of a literal: its size in octets and its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// How many octets follow.
    pub(crate) octets: u64,
    /// Whether the client waits to be asked for them.
    pub(crate) form: LiteralForm,
}

/// The largest literal that stands for an ordinary argument (a name, a password, a search
/// string), in octets. Only a message is allowed to be larger.
const ARGUMENT_LIMIT: u64 = 8 * 1024;

/// A position in the text of one command.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    /// The largest message that APPEND accepts, in octets.
    message_limit: u64,
    extent: Extent,
    /// Where literals stood that were taken out of the text, in ascending order.
    messages: &'a [usize],
    names: Names,
}

/// A literal that was taken out of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageLiteral {
    /// How many were taken before it.
    pub(crate) index: usize,
    /// How many octets it has.
    pub(crate) octets: u64,
    /// Of which kind it is.
    pub(crate) kind: MessageKind,
}

/// What may stand in a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    /// No NUL.
    Text,
    /// Every octet (literal8; RFC 3516, section 7).
    Binary,
}

/// How much of a command has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of it.
    Whole,
    /// All up to the CRLF of a literal's head.
    UpToLiteral,
}

impl<'a> Cursor<'a> {
    /// The text of a whole command, without its last CRLF; `message_limit` bounds the literal of
    /// APPEND, in octets.
    pub(crate) fn whole(text: &'a [u8], message_limit: u64) -> Self {
        Self { text, at: 0, message_limit, extent: Extent::Whole, messages: &[], names: Names::default() }
    }

    /// The text of a command up to and with the CRLF of a literal's head.
    pub(crate) fn up_to_literal(text: &'a [u8], message_limit: u64) -> Self {
        Self {
            text,
            at: 0,
            message_limit,
            extent: Extent::UpToLiteral,
            messages: &[],
            names: Names::default(),
        }
    }

    /// The same, with literals taken out of the text at these places.
    pub(crate) fn without(self, messages: &'a [usize]) -> Self {
        Self { messages, ..self }
    }

    /// The same, with mailbox names that are written so.
    pub(crate) fn with_names(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// How mailbox names are written.
    pub(crate) fn names(&self) -> Names {
        self.names
    }

    /// The largest message that APPEND accepts, in octets.
    pub(crate) fn message_limit(&self) -> u64 {
        self.message_limit
    }

    /// The text from here on.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next octet, if there is one.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn advance(&mut self, octets: usize) {
        self.at = self.at.saturating_add(octets).min(self.text.len());
    }

    /// Takes `octet` if it comes next.
    pub(crate) fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        if found {
            self.advance(1);
        }
        found
    }

    /// Takes `word`, in whatever case, if it comes next.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found =
            self.rest().get(..word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word.as_bytes()));
        if found {
            self.advance(word.len());
        }
        found
    }

    /// Takes `octet` or fails with `otherwise`.
    pub(crate) fn expect(&mut self, octet: u8, otherwise: &'static str) -> Parsed<()> {
        if self.eat(octet) { Ok(()) } else { Err(ParseError::Syntax(otherwise)) }
    }

    /// `SP`: exactly one space (RFC 3501, section 9, note 2).
    pub(crate) fn space(&mut self) -> Parsed<()> {
        self.expect(b' ', "a space was expected")?;
        if self.peek() == Some(b' ') {
            return Err(ParseError::Syntax("one space too many"));
        }
        Ok(())
    }

    /// The end of the command; anything that is left over is an error (section 2.2.1).
    pub(crate) fn end(&self) -> Parsed<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(ParseError::Syntax("unexpected text after the arguments")),
        }
    }

    /// The longest run of octets that `keep` accepts; it may be empty.
    pub(crate) fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&octet| !keep(octet)).unwrap_or(rest.len());
        self.advance(length);
        rest.get(..length).unwrap_or_default()
    }

    /// The next `count` octets, if there are as many.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.rest().get(..count)?;
        self.advance(count);
        Some(taken)
    }

    /// ```abnf
    /// atom = 1*ATOM-CHAR
    /// ```
    pub(crate) fn atom(&mut self) -> Parsed<&'a str> {
        let run = self.take_while(is_atom_char);
        text_of(run, "an atom was expected")
    }

    /// ```abnf
    /// number = 1*DIGIT        ; below 4,294,967,296
    /// ```
    pub(crate) fn number(&mut self) -> Parsed<u32> {
        let digits = text_of(self.take_while(|o| o.is_ascii_digit()), "a number was expected")?;
        digits.parse().map_err(|_| ParseError::Syntax("the number does not fit into 32 bits"))
    }

    /// ```abnf
    /// number64 = 1*DIGIT      ; below 2^63: RFC 9051, section 9
    /// ```
    pub(crate) fn number64(&mut self) -> Parsed<u64> {
        let digits = text_of(self.take_while(|o| o.is_ascii_digit()), "a number was expected")?;
        match digits.parse() {
            Ok(value) if i64::try_from(value).is_ok() => Ok(value),
            _ => Err(ParseError::Syntax("the number does not fit into 63 bits")),
        }
    }

    /// ```abnf
    /// nz-number64 = digit-nz *DIGIT
    /// ```
    pub(crate) fn nz_number64(&mut self) -> Parsed<u64> {
        match self.peek() {
            Some(b'0') => Err(ParseError::Syntax("the number must not begin with 0")),
            _ => self.number64(),
        }
    }

    /// ```abnf
    /// nz-number = digit-nz *DIGIT
    /// ```
    pub(crate) fn nz_number(&mut self) -> Parsed<u32> {
        if self.peek() == Some(b'0') {
            return Err(ParseError::Syntax("the number must not begin with 0"));
        }
        self.number()
    }

    /// ```abnf
    /// mod-sequence-valzer = "0" / mod-sequence-value      ; below 2^63: RFC 7162, section 7
    /// ```
    pub(crate) fn mod_sequence(&mut self) -> Parsed<u64> {
        let digits =
            text_of(self.take_while(|o| o.is_ascii_digit()), "a modification sequence was expected")?;
        match digits.parse() {
            Ok(value) if i64::try_from(value).is_ok() => Ok(value),
            _ => Err(ParseError::Syntax("the modification sequence does not fit into 63 bits")),
        }
    }

    /// ```abnf
    /// mod-sequence-value = 1*DIGIT      ; from 1 on
    /// ```
    pub(crate) fn nz_mod_sequence(&mut self) -> Parsed<u64> {
        match self.mod_sequence()? {
            0 => Err(ParseError::Syntax("a modification sequence is at least 1 here")),
            value => Ok(value),
        }
    }

    /// ```abnf
    /// string = quoted / literal
    /// ```
    pub(crate) fn string(&mut self) -> Parsed<Vec<u8>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => Ok(self.literal(ARGUMENT_LIMIT)?.to_vec()),
            _ => Err(ParseError::Syntax("a string was expected")),
        }
    }

    /// ```abnf
    /// astring = 1*ASTRING-CHAR / string
    /// ```
    pub(crate) fn astring(&mut self) -> Parsed<Vec<u8>> {
        self.atom_like(is_astring_char, "an atom or a string was expected")
    }

    /// A run of octets that `bare` accepts, or a string: the shape of astring and list-mailbox.
    pub(crate) fn atom_like(
        &mut self,
        bare: impl Fn(u8) -> bool,
        otherwise: &'static str,
    ) -> Parsed<Vec<u8>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => match self.take_while(bare) {
                [] => Err(ParseError::Syntax(otherwise)),
                run => Ok(run.to_vec()),
            },
        }
    }

    /// ```abnf
    /// quoted      = DQUOTE *QUOTED-CHAR DQUOTE
    /// QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials /
    ///               UTF8-2 / UTF8-3 / UTF8-4      ; RFC 9051, section 9
    /// ```
    fn quoted(&mut self) -> Parsed<Vec<u8>> {
        self.expect(b'"', "a quoted string was expected")?;
        let mut value = Vec::new();
        loop {
            let utf8 = self.names == Names::Utf8;
            let plain = self.take_while(|octet| is_plain_quoted_char(octet) || (utf8 && !octet.is_ascii()));
            value.extend_from_slice(plain);
            if self.eat(b'"') {
                return match std::str::from_utf8(&value) {
                    Ok(_) => Ok(value),
                    Err(_) => Err(ParseError::Syntax("a quoted string that is not in UTF-8")),
                };
            }
            if !self.eat(b'\\') {
                return Err(ParseError::Syntax("bad character in a quoted string, or no end of it"));
            }
            match self.peek() {
                Some(special @ (b'"' | b'\\')) => {
                    value.push(special);
                    self.advance(1);
                }
                _ => return Err(ParseError::Syntax("only \" and \\ may follow a backslash")),
            }
        }
    }

    /// ```abnf
    /// literal = "{" number ["+"] "}" CRLF *CHAR8      ; "+": RFC 7888, section 8
    /// ```
    /// The octets of the literal, when they are there; NUL is not among them (section 4.3.1).
    pub(crate) fn literal(&mut self, limit: u64) -> Parsed<&'a [u8]> {
        let octets = self.octets(limit)?;
        if octets.contains(&0) {
            return Err(ParseError::Syntax("NUL is not allowed in a literal"));
        }
        Ok(octets)
    }

    /// ```abnf
    /// literal8 = "~{" number ["+"] "}" CRLF *OCTET      ; RFC 3516, section 7; "+": RFC 7888
    /// ```
    pub(crate) fn binary_literal(&mut self, limit: u64) -> Parsed<&'a [u8]> {
        self.expect(b'~', "a binary literal was expected")?;
        self.octets(limit)
    }

    fn octets(&mut self, limit: u64) -> Parsed<&'a [u8]> {
        let announced = self.announcement()?;
        if !self.eat_word("\r\n") {
            return Err(ParseError::Syntax("the size of a literal must end its line"));
        }
        if announced.octets > limit {
            return Err(ParseError::LiteralTooLarge { announced, limit });
        }
        if self.rest().is_empty() && self.extent == Extent::UpToLiteral {
            return Err(ParseError::NeedsLiteral(announced));
        }
        usize::try_from(announced.octets)
            .ok()
            .and_then(|count| self.take(count))
            .ok_or(ParseError::Syntax("the literal is shorter than its size"))
    }

    /// ```abnf
    /// literal / literal8
    /// literal8 = "~{" number ["+"] "}" CRLF *OCTET      ; RFC 3516, section 7; "+": RFC 7888
    /// ```
    /// A message, whose octets do not stand in the text.
    pub(crate) fn message_literal(&mut self, limit: u64) -> Parsed<MessageLiteral> {
        let kind = if self.eat(b'~') { MessageKind::Binary } else { MessageKind::Text };
        let announced = self.announcement()?;
        if !self.eat_word("\r\n") {
            return Err(ParseError::Syntax("the size of a literal must end its line"));
        }
        if announced.octets > limit {
            return Err(ParseError::MessageTooLarge);
        }
        match self.messages.iter().position(|&at| at == self.at) {
            Some(index) => Ok(MessageLiteral { index, octets: announced.octets, kind }),
            None if self.rest().is_empty() && self.extent == Extent::UpToLiteral => {
                Err(ParseError::NeedsMessage(announced))
            }
            None => Err(ParseError::Syntax("the literal is missing")),
        }
    }

    fn announcement(&mut self) -> Parsed<Announcement> {
        const WRONG: &str = "the head of a literal is wrong";
        self.expect(b'{', WRONG)?;
        let digits = text_of(self.take_while(|o| o.is_ascii_digit()), WRONG)?;
        let octets = digits.parse().map_err(|_| ParseError::Syntax("the literal is too large"))?;
        let form = match self.eat(b'+') {
            true => LiteralForm::NonSynchronizing,
            false => LiteralForm::Synchronizing,
        };
        self.expect(b'}', WRONG)?;
        Ok(Announcement { octets, form })
    }
}

/// The announcement with which `line` (ended by CRLF) ends, whatever stands before it: the check
/// that RFC 7888, section 3, demands of every line, right or wrong.
pub(crate) fn trailing_announcement(line: &[u8]) -> Option<Announcement> {
    let body = line.strip_suffix(b"}\r\n")?;
    let open = body.iter().rposition(|&octet| octet == b'{')?;
    let mut cursor = Cursor::whole(line.get(open..)?, 0);
    cursor.announcement().ok()
}

fn text_of<'a>(run: &'a [u8], otherwise: &'static str) -> Parsed<&'a str> {
    match std::str::from_utf8(run) {
        Ok(text) if !text.is_empty() => Ok(text),
        _ => Err(ParseError::Syntax(otherwise)),
    }
}

/// ```abnf
/// ATOM-CHAR     = <any CHAR except atom-specials>
/// atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials
/// ```
pub(crate) fn is_atom_char(octet: u8) -> bool {
    is_astring_char(octet) && octet != b']'
}

/// ```abnf
/// ASTRING-CHAR = ATOM-CHAR / resp-specials
/// ```
pub(crate) fn is_astring_char(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\')
}

fn is_plain_quoted_char(octet: u8) -> bool {
    octet.is_ascii() && !matches!(octet, 0 | b'\r' | b'\n' | b'"' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(text: &str) -> Cursor<'_> {
        Cursor::whole(text.as_bytes(), 100)
    }

    fn pending(text: &str) -> Cursor<'_> {
        Cursor::up_to_literal(text.as_bytes(), 100)
    }

    #[test]
    fn an_atom_ends_at_the_first_special() {
        for special in ["(", ")", "{", " ", "%", "*", "\"", "\\", "]", "\x7f", "\t"] {
            let text = format!("abc{special}d");
            assert_eq!(cursor(&text).atom(), Ok("abc"), "{special:?}");
        }
        assert!(cursor("(").atom().is_err());
        assert_eq!(cursor("a]b c").astring(), Ok(b"a]b".to_vec()));
    }

    #[test]
    fn numbers_stay_within_32_bits() {
        assert_eq!(cursor("4294967295").number(), Ok(u32::MAX));
        assert!(cursor("4294967296").number().is_err());
        assert!(cursor("0").nz_number().is_err());
        assert_eq!(cursor("0").number(), Ok(0));
    }

    #[test]
    fn a_quoted_string_escapes_only_quotes_and_backslashes() {
        assert_eq!(cursor(r#""a\"b\\c""#).string(), Ok(br#"a"b\c"#.to_vec()));
        assert!(cursor(r#""a\n""#).string().is_err());
        assert!(cursor("\"abc").string().is_err());
        assert!(cursor("\"a\r\n\"").string().is_err());
        assert!(Cursor::whole(b"\"\xc3\xa9\"", 0).string().is_err());
        assert_eq!(cursor("\"\"").string(), Ok(Vec::new()));
    }

    #[test]
    fn a_literal_is_asked_for_and_then_taken() {
        let wanted = Announcement { octets: 3, form: LiteralForm::Synchronizing };
        assert_eq!(pending("{3}\r\n").string(), Err(ParseError::NeedsLiteral(wanted)));
        let mut whole = cursor("{3}\r\nabc next");
        assert_eq!(whole.string(), Ok(b"abc".to_vec()));
        assert_eq!(whole.rest(), b" next");
    }

    #[test]
    fn an_empty_literal_is_still_asked_for() {
        assert!(matches!(pending("{0}\r\n").string(), Err(ParseError::NeedsLiteral(_))));
        assert_eq!(cursor("{0}\r\n").string(), Ok(Vec::new()));
        assert_eq!(pending("{0}\r\n {2}\r\n").string(), Ok(Vec::new()));
    }

    #[test]
    fn a_literal_with_nul_or_beyond_the_limit_is_refused() {
        assert!(matches!(Cursor::whole(b"{1}\r\n\0", 0).string(), Err(ParseError::Syntax(_))));
        let large = cursor("{8193+}\r\n").string();
        assert!(matches!(large, Err(ParseError::LiteralTooLarge { limit: 8192, .. })));
        assert!(matches!(cursor("{99999999999999999999}\r\n").string(), Err(ParseError::Syntax(_))));
    }

    #[test]
    fn only_a_binary_literal_holds_nul() {
        let taken = |text: &'static [u8]| Cursor::whole(text, 9).without(&[6, 5]).message_literal(9);
        let one = MessageLiteral { index: 0, octets: 1, kind: MessageKind::Binary };
        assert_eq!(taken(b"~{1}\r\n"), Ok(one));
        assert_eq!(taken(b"{1}\r\n"), Ok(MessageLiteral { index: 1, kind: MessageKind::Text, ..one }));
        assert!(Cursor::whole(b"{1}\r\na", 9).message_literal(9).is_err());
        assert_eq!(taken(b"{10}\r\n"), Err(ParseError::MessageTooLarge));
        assert!(matches!(pending("~{1+}\r\n").message_literal(9), Err(ParseError::NeedsMessage(_))));
        assert!(cursor("~{1}\r\na").string().is_err());
    }

    #[test]
    fn the_end_of_any_line_shows_its_literal() {
        let found = trailing_announcement(b"bogus ( {12+}\r\n");
        let wanted = Announcement { octets: 12, form: LiteralForm::NonSynchronizing };
        assert_eq!(found, Some(wanted));
        assert_eq!(trailing_announcement(b"a NOOP\r\n"), None);
        assert_eq!(trailing_announcement(b"a {x}\r\n"), None);
        assert_eq!(trailing_announcement(b"a {1} \r\n"), None);
    }
}
