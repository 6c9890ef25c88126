//! The variables of one case run, and the rendering of templates against them.
//!
//! A name is bound to octets. Captures made while a pattern is tried are
//! tentative: [`Bindings::attempt`] takes them back when the pattern does not
//! match. Which names a case begins with is the stage's affair.

use std::collections::HashMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::script::template::{Filter, Part, Template};
use crate::source::Span;

/// Names and their octets.
#[derive(Debug, Clone, Default)]
pub struct Bindings {
    values: HashMap<String, Vec<u8>>,
    /// What was there before each tentative binding, oldest first.
    undo: Vec<(String, Option<Vec<u8>>)>,
    /// How many attempts are under way.
    attempts: usize,
}

impl Bindings {
    /// No names at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds a name, anew if it had a value.
    pub fn set(&mut self, name: impl Into<String>, octets: impl Into<Vec<u8>>) {
        let name = name.into();
        let before = self.values.insert(name.clone(), octets.into());
        if self.attempts > 0 {
            self.undo.push((name, before));
        }
    }

    /// The octets of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// Takes over what `other` bound since `base`, of which it is a copy.
    pub fn adopt(&mut self, base: &Self, other: Self) {
        for (name, value) in other.values {
            if base.values.get(&name) != Some(&value) {
                self.set(name, value);
            }
        }
    }

    /// Every bound name, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Runs `try_it`; when it fails, whatever it bound is taken back. Attempts nest.
    ///
    /// # Errors
    /// What `try_it` returns.
    pub fn attempt<T, E>(&mut self, try_it: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let mark = self.undo.len();
        self.attempts += 1;
        let result = try_it(self);
        self.attempts -= 1;
        if result.is_err() {
            while self.undo.len() > mark {
                match self.undo.pop() {
                    Some((name, Some(value))) => drop(self.values.insert(name, value)),
                    Some((name, None)) => drop(self.values.remove(&name)),
                    None => break,
                }
            }
        }
        if self.attempts == 0 {
            self.undo.clear();
        }
        result
    }

    /// A template's pieces, in order; neighbouring octets are one piece.
    ///
    /// # Errors
    /// A name that is not bound, or a filter that does not take the value.
    pub fn render(&self, template: &Template) -> Result<Vec<Piece>, RenderError> {
        let mut pieces = Vec::new();
        for part in &template.parts {
            match part {
                Part::Octets(octets) => push_octets(&mut pieces, octets),
                Part::Variable { name, filters, span } => match self.filtered(name, filters, *span)? {
                    Piece::Octets(octets) => push_octets(&mut pieces, &octets),
                    literal @ Piece::Literal { .. } => pieces.push(literal),
                },
            }
        }
        Ok(pieces)
    }

    /// A template as octets; a literal is written out, `{n}` CRLF and its octets.
    ///
    /// # Errors
    /// As [`Bindings::render`].
    pub fn render_octets(&self, template: &Template) -> Result<Vec<u8>, RenderError> {
        Ok(self.render(template)?.iter().flat_map(Piece::to_octets).collect())
    }

    /// The value of a name, passed through filters, as octets.
    ///
    /// # Errors
    /// As [`Bindings::render`].
    pub fn value(&self, name: &str, filters: &[Filter], span: Span) -> Result<Vec<u8>, RenderError> {
        if filters.is_empty() {
            return self.get(name).map(<[u8]>::to_vec).ok_or_else(|| RenderError::unbound(name, span));
        }
        Ok(self.filtered(name, filters, span)?.to_octets())
    }

    fn filtered(&self, name: &str, filters: &[Filter], span: Span) -> Result<Piece, RenderError> {
        let value = self.get(name).ok_or_else(|| RenderError::unbound(name, span))?;
        let mut piece = Piece::Octets(value.to_vec());
        for filter in filters {
            piece = match piece {
                Piece::Octets(octets) => filter_octets(*filter, octets)
                    .map_err(|why| RenderError { message: format!("`{name}` cannot be {why}"), span })?,
                Piece::Literal { .. } => {
                    let message = format!("`{name}` is a literal already: `literal` is the last filter");
                    return Err(RenderError { message, span });
                }
            };
        }
        Ok(piece)
    }
}

/// One piece of a rendered template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Octets sent as they are.
    Octets(Vec<u8>),
    /// An IMAP literal (RFC 3501, section 4.3): announced, then sent.
    Literal {
        /// What is sent after the announcement.
        octets: Vec<u8>,
        /// Whether the server's `+` is awaited in between.
        kind: LiteralKind,
    },
}

impl Piece {
    /// What announces it: `{n}` CRLF or `{n+}` CRLF for a literal, nothing for octets.
    #[must_use]
    pub fn announcement(&self) -> Vec<u8> {
        match self {
            Self::Octets(_) => Vec::new(),
            Self::Literal { octets, kind: LiteralKind::Synchronizing } => {
                format!("{{{}}}\r\n", octets.len()).into_bytes()
            }
            Self::Literal { octets, kind: LiteralKind::NonSynchronizing } => {
                format!("{{{}+}}\r\n", octets.len()).into_bytes()
            }
        }
    }

    /// Announcement and octets together.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        let mut all = self.announcement();
        match self {
            Self::Octets(octets) | Self::Literal { octets, .. } => all.extend_from_slice(octets),
        }
        all
    }
}

/// Whether a literal waits for the server's leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralKind {
    /// `{n}`: the server says `+` first (RFC 3501, section 4.3).
    Synchronizing,
    /// `{n+}` (RFC 7888).
    NonSynchronizing,
}

/// Why a template cannot be rendered: a mistake of the script that only the run can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderError {
    /// What is wrong.
    pub message: String,
    /// Where the variable stands, in the file.
    pub span: Span,
}

impl RenderError {
    fn unbound(name: &str, span: Span) -> Self {
        Self { message: format!("`{name}` has no value"), span }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RenderError {}

fn push_octets(pieces: &mut Vec<Piece>, octets: &[u8]) {
    if let Some(Piece::Octets(last)) = pieces.last_mut() {
        last.extend_from_slice(octets);
    } else if !octets.is_empty() {
        pieces.push(Piece::Octets(octets.to_vec()));
    }
}

/// In 32 lower-case hexadecimal digits, as APOP wants it (RFC 1939, section 7).
fn md5(octets: &[u8]) -> Vec<u8> {
    use ::md5::Digest as _;
    ::md5::Md5::digest(octets).iter().flat_map(|octet| format!("{octet:02x}").into_bytes()).collect()
}

/// One filter; the error completes "cannot be …".
fn filter_octets(filter: Filter, octets: Vec<u8>) -> Result<Piece, &'static str> {
    let octets = match filter {
        Filter::Base64 => STANDARD.encode(octets).into_bytes(),
        Filter::Base64Decode => STANDARD.decode(octets).map_err(|_| "decoded: it is not base64")?,
        Filter::Upper => octets.to_ascii_uppercase(),
        Filter::Lower => octets.to_ascii_lowercase(),
        Filter::Octets => octets.len().to_string().into_bytes(),
        Filter::Quoted => quoted(&octets)?,
        Filter::Literal => return Ok(Piece::Literal { octets, kind: LiteralKind::Synchronizing }),
        Filter::LiteralPlus => return Ok(Piece::Literal { octets, kind: LiteralKind::NonSynchronizing }),
        Filter::TrimCrlf => octets.strip_suffix(b"\r\n").unwrap_or(&octets).to_vec(),
        Filter::Normalized => normalized(&octets),
        Filter::Md5 => md5(&octets),
    };
    Ok(Piece::Octets(octets))
}

/// `quoted = DQUOTE *QUOTED-CHAR DQUOTE` (RFC 3501, section 9).
fn quoted(octets: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut out = vec![b'"'];
    for &octet in octets {
        match octet {
            b'\r' | b'\n' | 0 => return Err("a quoted string: it holds CR, LF or NUL"),
            b'"' | b'\\' => out.extend([b'\\', octet]),
            _ => out.push(octet),
        }
    }
    out.push(b'"');
    Ok(out)
}

fn normalized(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut before = 0;
    for &octet in octets {
        if octet == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(octet);
        before = octet;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, filters: &[Filter]) -> Part {
        Part::Variable { name: name.into(), filters: filters.to_vec(), span: Span::default() }
    }

    fn template(parts: Vec<Part>) -> Template {
        Template { parts, span: Span::default() }
    }

    #[test]
    fn what_a_failed_attempt_bound_is_taken_back() {
        let mut bindings = Bindings::new();
        bindings.set("a", "1");
        let result: Result<(), ()> = bindings.attempt(|b| {
            b.set("a", "2");
            b.set("b", "3");
            let inner: Result<(), ()> = b.attempt(|b| {
                b.set("a", "4");
                Ok(())
            });
            assert_eq!(inner, Ok(()));
            Err(())
        });
        assert_eq!(result, Err(()));
        assert_eq!(bindings.get("a"), Some(&b"1"[..]));
        assert_eq!(bindings.get("b"), None);
    }

    #[test]
    fn what_an_attempt_that_succeeds_bound_stays() {
        let mut bindings = Bindings::new();
        let result: Result<(), ()> = bindings.attempt(|b| {
            let inner: Result<(), ()> = b.attempt(|b| {
                b.set("lost", "x");
                Err(())
            });
            assert!(inner.is_err());
            b.set("kept", "y");
            Ok(())
        });
        assert!(result.is_ok());
        assert_eq!(bindings.get("kept"), Some(&b"y"[..]));
        assert_eq!(bindings.get("lost"), None);
    }

    #[test]
    fn a_template_renders_to_octets_and_literals() {
        let mut bindings = Bindings::new();
        bindings.set("m", "a\r\n");
        let parts = vec![
            Part::Octets(b"APPEND ".to_vec()),
            variable("m", &[Filter::TrimCrlf, Filter::Quoted]),
            Part::Octets(b" ".to_vec()),
            variable("m", &[Filter::Literal]),
        ];
        let pieces = bindings.render(&template(parts.clone())).unwrap();
        assert_eq!(
            pieces,
            [
                Piece::Octets(b"APPEND \"a\" ".to_vec()),
                Piece::Literal { octets: b"a\r\n".to_vec(), kind: LiteralKind::Synchronizing }
            ]
        );
        assert_eq!(bindings.render_octets(&template(parts)).unwrap(), b"APPEND \"a\" {3}\r\na\r\n");
    }

    #[test]
    fn each_filter_does_what_its_name_says() {
        let cases: [(Filter, &[u8], &[u8]); 10] = [
            (Filter::Base64, b"\0u\0p", b"AHUAcA=="),
            (Filter::Base64Decode, b"AHUAcA==", b"\0u\0p"),
            (Filter::Upper, b"aB1", b"AB1"),
            (Filter::Lower, b"aB1", b"ab1"),
            (Filter::Octets, b"12345678901", b"11"),
            (Filter::Md5, b"<1896.697170952@dbc.mtview.ca.us>tanstaaf", b"c4c9334bac560ecc979e58001b3e22fb"),
            (Filter::Quoted, b"a\"b\\", b"\"a\\\"b\\\\\""),
            (Filter::LiteralPlus, b"ab", b"{2+}\r\nab"),
            (Filter::TrimCrlf, b"a\r\n\r\n", b"a\r\n"),
            (Filter::Normalized, b"a\nb\r\nc", b"a\r\nb\r\nc"),
        ];
        for (filter, before, after) in cases {
            let mut bindings = Bindings::new();
            bindings.set("x", before);
            assert_eq!(bindings.value("x", &[filter], Span::default()).unwrap(), after, "{filter:?}");
        }
    }

    #[test]
    fn an_unbound_name_and_an_unfit_value_are_errors_with_their_place() {
        let mut bindings = Bindings::new();
        bindings.set("x", "a\nb");
        let span = Span::new(4, 9);
        assert_eq!(bindings.value("y", &[], span).unwrap_err().span, span);
        assert!(bindings.value("x", &[Filter::Quoted], span).is_err());
        assert!(bindings.value("x", &[Filter::Base64Decode], span).is_err());
        assert!(bindings.value("x", &[Filter::Literal, Filter::Upper], span).is_err());
    }
}
