//! The parts of a response: atoms, strings, literals and lists (RFC 3501, section 4).

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Anything bare: an atom, a number, a flag, `NIL`, `BODY[…]<…>`.
    Atom(Vec<u8>),
    /// The content of a quoted string.
    Quoted(Vec<u8>),
    /// The content of a literal.
    Literal(Vec<u8>),
    /// The content of a binary literal, `~{n}` (RFC 3516).
    Literal8(Vec<u8>),
    /// A parenthesized list.
    List(Vec<Value>),
}

impl Value {
    /// Its octets; `None` for a list.
    #[must_use]
    pub fn octets(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(octets) | Self::Quoted(octets) | Self::Literal(octets) | Self::Literal8(octets) => {
                Some(octets)
            }
            Self::List(_) => None,
        }
    }

    /// The octets of a string: quoted or literal.
    #[must_use]
    pub fn string(&self) -> Option<&[u8]> {
        match self {
            Self::Quoted(octets) | Self::Literal(octets) | Self::Literal8(octets) => Some(octets),
            Self::Atom(_) | Self::List(_) => None,
        }
    }

    /// The octets of an atom.
    #[must_use]
    pub fn atom(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(octets) => Some(octets),
            _ => None,
        }
    }

    /// The values of a list.
    #[must_use]
    pub fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// Whether it is `NIL`, bare.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.is_word("NIL")
    }

    /// Whether it is this atom, whatever its case.
    #[must_use]
    pub fn is_word(&self, word: &str) -> bool {
        self.atom().is_some_and(|atom| atom.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The number that an atom is; 63 bits, as RFC 9051 has it.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        let atom = self.atom()?;
        let digits = !atom.is_empty() && atom.iter().all(u8::is_ascii_digit);
        digits.then(|| std::str::from_utf8(atom).ok()?.parse().ok()).flatten()
    }

    /// An atom in upper case; empty for anything else.
    #[must_use]
    pub fn upper(&self) -> String {
        self.atom().map(|atom| String::from_utf8_lossy(atom).to_ascii_uppercase()).unwrap_or_default()
    }

    /// Whether it is a string or `NIL`.
    #[must_use]
    pub fn is_nstring(&self) -> bool {
        self.string().is_some() || self.is_nil()
    }
}

/// How deep lists may be nested before the rest is not read.
const DEPTH_LIMIT: usize = 100;

/// What is wrong with the shape of a row of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// Not exactly one space between two values, or a space at an end.
    Space,
    /// A list, string or literal that is not closed, or an octet out of place: the rest is not read.
    Shape,
    /// `{n+}` from the server.
    LiteralPlus,
    /// Nested deeper than is read.
    Depth,
}

/// What was read of a row of values.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// The values, as far as they could be read.
    pub(super) values: Vec<Value>,
    /// What is wrong, in order.
    pub(super) problems: Vec<Problem>,
    /// How many octets were read.
    pub(super) end: usize,
}

impl Row {
    /// Whether all was read.
    pub(super) fn is_whole(&self) -> bool {
        !self.problems.iter().any(|problem| matches!(problem, Problem::Shape | Problem::Depth))
    }
}

/// What ends a row of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The end of the octets.
    Octets,
    /// `]`, which is read too; atoms end there.
    Bracket,
    /// `)`.
    Paren,
}

/// Reads values up to `end`.
pub(super) fn read_row(octets: &[u8], end: End) -> Row {
    let mut reader = Reader { octets, at: 0, code: end == End::Bracket, problems: Vec::new() };
    let values = reader.row(end, 0);
    Row { values, problems: reader.problems, end: reader.at }
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
    /// Whether `]` ends an atom.
    code: bool,
    problems: Vec<Problem>,
}

/// The rest cannot be read.
struct Unreadable;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    fn problem(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn row(&mut self, end: End, depth: usize) -> Vec<Value> {
        let mut values = Vec::new();
        if self.try_row(&mut values, end, depth).is_err() {
            self.problem(Problem::Shape);
            self.at = self.octets.len();
        }
        values
    }

    fn try_row(&mut self, values: &mut Vec<Value>, end: End, depth: usize) -> Result<(), Unreadable> {
        loop {
            let spaces = self.spaces();
            let closed = match (self.peek(), end) {
                (None, End::Octets) => true,
                (Some(b']'), End::Bracket) | (Some(b')'), End::Paren) => {
                    self.at += 1;
                    true
                }
                (None, _) | (Some(b')'), _) => return Err(Unreadable),
                _ => false,
            };
            let joined = matches!((values.last(), self.peek()), (Some(Value::List(_)), Some(b'(')));
            let expected = usize::from(!closed && !values.is_empty());
            // Bodies and addresses follow each other without a space.
            if spaces != expected && !(joined && spaces == 0) {
                self.problem(Problem::Space);
            }
            if closed {
                return Ok(());
            }
            values.push(self.value(depth)?);
        }
    }

    fn spaces(&mut self) -> usize {
        let start = self.at;
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
        self.at - start
    }

    fn value(&mut self, depth: usize) -> Result<Value, Unreadable> {
        match self.peek() {
            Some(b'(') => {
                if depth >= DEPTH_LIMIT {
                    self.problem(Problem::Depth);
                    return Err(Unreadable);
                }
                self.at += 1;
                let mut values = Vec::new();
                self.try_row(&mut values, End::Paren, depth + 1)?;
                Ok(Value::List(values))
            }
            Some(b'"') => self.quoted().map(Value::Quoted),
            Some(b'{') => self.literal().map(Value::Literal),
            Some(b'~') if self.octets.get(self.at + 1) == Some(&b'{') => {
                self.at += 1;
                self.literal().map(Value::Literal8)
            }
            _ => self.atom(),
        }
    }

    /// `quoted = DQUOTE *QUOTED-CHAR DQUOTE`; 8-bit octets are let pass (RFC 9051).
    fn quoted(&mut self) -> Result<Vec<u8>, Unreadable> {
        let mut out = Vec::new();
        self.at += 1;
        loop {
            let octet = self.peek().ok_or(Unreadable)?;
            self.at += 1;
            match octet {
                b'"' => return Ok(out),
                b'\r' | b'\n' => return Err(Unreadable),
                b'\\' => {
                    let escaped =
                        self.peek().filter(|octet| matches!(octet, b'"' | b'\\')).ok_or(Unreadable)?;
                    self.at += 1;
                    out.push(escaped);
                }
                _ => out.push(octet),
            }
        }
    }

    /// `literal = "{" number "}" CRLF *CHAR8`.
    fn literal(&mut self) -> Result<Vec<u8>, Unreadable> {
        let rest = self.octets.get(self.at + 1..).ok_or(Unreadable)?;
        let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let (number, mut rest) = rest.split_at_checked(digits).ok_or(Unreadable)?;
        let length: usize =
            std::str::from_utf8(number).ok().and_then(|n| n.parse().ok()).ok_or(Unreadable)?;
        let mut head = 1 + digits;
        if let Some(behind) = rest.strip_prefix(b"+") {
            self.problem(Problem::LiteralPlus);
            (rest, head) = (behind, head + 1);
        }
        for end in [&b"}\r\n"[..], b"}\n"] {
            if let Some(content) = rest.strip_prefix(end) {
                let content = content.get(..length).ok_or(Unreadable)?;
                self.at += head + end.len() + length;
                return Ok(content.to_vec());
            }
        }
        Err(Unreadable)
    }

    /// An atom, or what looks most like one; `BODY[…]` with its section.
    fn atom(&mut self) -> Result<Value, Unreadable> {
        let mut out = Vec::new();
        while let Some(octet) = self.peek() {
            match octet {
                b' ' | b'(' | b')' | b'\r' | b'\n' => break,
                b']' if self.code => break,
                b'[' if !self.code && is_section(&out) => self.section(&mut out)?,
                _ => {
                    self.at += 1;
                    out.push(octet);
                }
            }
        }
        if out.is_empty() { Err(Unreadable) } else { Ok(Value::Atom(out)) }
    }

    /// `section = "[" [section-spec] "]"`; header field names become bare words.
    fn section(&mut self, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        loop {
            match self.peek().ok_or(Unreadable)? {
                b'"' => out.extend(self.quoted()?),
                b'{' => out.extend(self.literal()?),
                b'\r' | b'\n' => return Err(Unreadable),
                octet => {
                    self.at += 1;
                    out.push(octet);
                    if octet == b']' {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Whether `[` behind this word begins a section (RFC 3501, section 6.4.5; RFC 3516).
fn is_section(word: &[u8]) -> bool {
    [&b"BODY"[..], b"BINARY", b"BINARY.SIZE"].iter().any(|name| word.eq_ignore_ascii_case(name))
}
