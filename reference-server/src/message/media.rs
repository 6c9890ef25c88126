//! The values of the `Content-…` fields (RFC 2045): media type, parameters,
//! disposition, language. Extended parameters of RFC 2231 are left as they
//! stand, because that is how IMAP shows them.

use std::borrow::Cow;

use super::structured::{Cursor, is_blank};

/// A media type with its parameters (RFC 2045, section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType<'o> {
    /// The top-level type as written, for instance `text`.
    pub kind: Cow<'o, str>,
    /// The subtype as written, for instance `plain`.
    pub subtype: Cow<'o, str>,
    /// The parameters in the order in which they stand.
    pub parameters: Vec<Parameter<'o>>,
}

/// One `attribute=value` of a media type or disposition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<'o> {
    /// The attribute as written; compare without regard to case.
    pub name: Cow<'o, str>,
    /// The value, quoting removed.
    pub value: Cow<'o, [u8]>,
}

impl Parameter<'_> {
    /// The same, borrowed from this.
    pub fn borrowed(&self) -> Parameter<'_> {
        Parameter { name: Cow::Borrowed(&self.name), value: Cow::Borrowed(&self.value) }
    }
}

/// A `Content-Disposition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition<'o> {
    /// The disposition type as written, for instance `attachment`.
    pub kind: Cow<'o, str>,
    /// The parameters in the order in which they stand.
    pub parameters: Vec<Parameter<'o>>,
}

impl MediaType<'static> {
    /// Reads the value of a `Content-Type` field; nothing where it has no
    /// `type "/" subtype`.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(value);
        let kind = token(&mut cursor)?;
        cursor.skip_cfws();
        if !cursor.eat(b'/') {
            return None;
        }
        let subtype = token(&mut cursor)?;
        let parameters = parameters(&mut cursor);
        Some(Self { kind, subtype, parameters })
    }

    /// What is assumed where no type is given: `text/plain; charset=us-ascii`
    /// (RFC 2045, section 5.2).
    pub fn plain_text() -> Self {
        Self {
            kind: "text".into(),
            subtype: "plain".into(),
            parameters: vec![Parameter { name: "charset".into(), value: b"us-ascii".into() }],
        }
    }

    /// `message/rfc822`, what is assumed in a digest (RFC 2046, section 5.1.5).
    pub fn message() -> Self {
        Self::bare("message", "rfc822")
    }

    /// `application/octet-stream`: content that is not looked into.
    pub fn octet_stream() -> Self {
        Self::bare("application", "octet-stream")
    }

    fn bare(kind: &'static str, subtype: &'static str) -> Self {
        Self { kind: kind.into(), subtype: subtype.into(), parameters: Vec::new() }
    }
}

impl MediaType<'_> {
    /// Whether it is of that type and subtype; case does not matter.
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.is_kind(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// Whether it is of that top-level type; case does not matter.
    pub fn is_kind(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// Whether it is a whole message: `message/rfc822`, or `message/global`, which may have UTF-8
    /// in its header fields (RFC 6532, section 3.7).
    pub fn is_message(&self) -> bool {
        self.is("message", "rfc822") || self.is("message", "global")
    }

    /// The first parameter of that name; case does not matter.
    pub fn parameter(&self, name: &str) -> Option<&[u8]> {
        find(&self.parameters, name)
    }

    /// The boundary of a multipart; white space at its end was added on the
    /// way and is no part of it (RFC 2046, section 5.1.1).
    pub(super) fn boundary(&self) -> Option<&[u8]> {
        let boundary = self.parameter("boundary")?.trim_ascii_end();
        (!boundary.is_empty()).then_some(boundary)
    }
}

impl Disposition<'static> {
    /// Reads the value of a `Content-Disposition` field; nothing where it does
    /// not begin with a type.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(value);
        let kind = token(&mut cursor)?;
        let parameters = parameters(&mut cursor);
        Some(Self { kind, parameters })
    }
}

impl Disposition<'_> {
    /// The first parameter of that name; case does not matter.
    pub fn parameter(&self, name: &str) -> Option<&[u8]> {
        find(&self.parameters, name)
    }
}

/// The one token that a field such as `Content-Transfer-Encoding` holds
/// (RFC 2045, section 6.1).
pub(super) fn single_token(value: &[u8]) -> Option<Cow<'static, str>> {
    token(&mut Cursor::new(value))
}

/// The tags of a `Content-Language` field, in their order.
pub(super) fn language_tags(value: &[u8]) -> Vec<Cow<'static, str>> {
    let mut cursor = Cursor::new(value);
    let mut tags = Vec::new();
    while !cursor.at_end() {
        tags.extend(token(&mut cursor));
        cursor.skip_to(b",");
        cursor.eat(b',');
    }
    tags
}

fn find<'p>(parameters: &'p [Parameter<'_>], name: &str) -> Option<&'p [u8]> {
    parameters
        .iter()
        .find(|parameter| parameter.name.eq_ignore_ascii_case(name))
        .map(|parameter| parameter.value.as_ref())
}

/// `*(";" parameter)`; one that cannot be read is passed over.
fn parameters(cursor: &mut Cursor<'_>) -> Vec<Parameter<'static>> {
    let mut parameters = Vec::new();
    loop {
        cursor.skip_to(b";");
        if !cursor.eat(b';') {
            return parameters;
        }
        parameters.extend(parameter(cursor));
    }
}

/// `parameter := attribute "=" value` (RFC 2045, section 5.1). A value that is
/// neither a token nor quoted is taken up to the next blank or semicolon.
fn parameter(cursor: &mut Cursor<'_>) -> Option<Parameter<'static>> {
    let name = token(cursor)?;
    cursor.skip_cfws();
    if !cursor.eat(b'=') {
        return None;
    }
    cursor.skip_cfws();
    let value = match cursor.peek() {
        Some(b'"') => cursor.quoted_string(),
        _ => cursor.take_while(|octet| !is_blank(octet) && !matches!(octet, b';' | b'(')).to_vec(),
    };
    Some(Parameter { name, value: value.into() })
}

/// `token := 1*<any CHAR except SPACE, CTLs, or tspecials>` (RFC 2045, section 5.1).
fn token(cursor: &mut Cursor<'_>) -> Option<Cow<'static, str>> {
    cursor.skip_cfws();
    let token = cursor.take_while(|octet| octet.is_ascii_graphic() && !is_tspecial(octet));
    if token.is_empty() {
        return None;
    }
    String::from_utf8(token.to_vec()).ok().map(Cow::Owned)
}

fn is_tspecial(octet: u8) -> bool {
    b"()<>@,;:\\\"/[]?=".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(value: &str) -> MediaType<'static> {
        MediaType::parse(value.as_bytes()).unwrap()
    }

    #[test]
    fn a_comment_and_a_quoted_value_change_nothing() {
        let one = media("text/plain; charset=us-ascii (Plain text)");
        let other = media("text/plain; charset=\"us-ascii\"");
        assert_eq!(one, other);
        assert_eq!(one.parameter("CHARSET"), Some(&b"us-ascii"[..]));
    }

    #[test]
    fn blanks_and_comments_may_stand_between_all_tokens() {
        let media = media("(x) Text (y) / html ; a = b ;\tc=\"d;e\" ; ");
        assert!(media.is("text", "HTML"));
        assert_eq!(media.parameter("a"), Some(&b"b"[..]));
        assert_eq!(media.parameter("c"), Some(&b"d;e"[..]));
        assert_eq!(media.parameters.len(), 2);
    }

    #[test]
    fn a_broken_parameter_is_passed_over() {
        let media = media("text/plain; ; =x; name; charset=utf-8 junk; format=flowed");
        let names: Vec<_> = media.parameters.iter().map(|p| &*p.name).collect();
        assert_eq!(names, ["charset", "format"]);
    }

    #[test]
    fn an_unquoted_value_with_specials_is_taken_whole() {
        assert_eq!(
            media("multipart/mixed; boundary=gc0pJq0M:08jU=534").boundary(),
            Some(&b"gc0pJq0M:08jU=534"[..])
        );
    }

    #[test]
    fn a_boundary_does_not_end_in_white_space() {
        let media = media("multipart/mixed; boundary=\"a b \t\"");
        assert_eq!(media.boundary(), Some(&b"a b"[..]));
    }

    #[test]
    fn no_type_is_read_where_the_subtype_is_missing() {
        assert_eq!(MediaType::parse(b"text"), None);
        assert_eq!(MediaType::parse(b"text/"), None);
        assert_eq!(MediaType::parse(b"/plain"), None);
        assert_eq!(MediaType::parse(b""), None);
    }

    #[test]
    fn extended_parameters_stay_as_they_stand() {
        let media = media("application/x; title*0*=us-ascii'en'a%20; title*1=b");
        let names: Vec<_> = media.parameters.iter().map(|p| &*p.name).collect();
        assert_eq!(names, ["title*0*", "title*1"]);
        assert_eq!(media.parameter("title*0*"), Some(&b"us-ascii'en'a%20"[..]));
    }

    #[test]
    fn a_disposition_has_a_type_and_parameters() {
        let disposition = Disposition::parse(b"attachment; filename=\"a b.txt\"; size=3").unwrap();
        assert_eq!(disposition.kind, "attachment");
        assert_eq!(disposition.parameter("filename"), Some(&b"a b.txt"[..]));
        assert_eq!(Disposition::parse(b"; filename=x"), None);
    }

    #[test]
    fn languages_are_a_list() {
        assert_eq!(language_tags(b"en, de (German) ,, fr-CA"), ["en", "de", "fr-CA"]);
        assert_eq!(language_tags(b" "), Vec::<String>::new());
    }
}
