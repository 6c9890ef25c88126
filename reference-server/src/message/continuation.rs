//! Values of MIME parameters that are cut into pieces, or written in a charset (RFC 2231, sections 3
//! and 4): put together for BODY and BODYSTRUCTURE (section 6; RFC 9051, section 7.5.2).

use mail_parser::decoders::charsets::map::charset_decoder;

use std::borrow::Cow;

use super::media::Parameter;

/// The most pieces of one value.
const PIECES: usize = 1000;

/// What becomes of values in a charset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charsets {
    /// They stay as they are written (RFC 2231, section 6, asks for no more).
    Kept,
    /// They are converted to UTF-8 (RFC 9051, section 7.5.2).
    Utf8,
}

/// A piece: `name*2` or, where its octets are written in hexadecimal, `name*2*`.
struct Piece<'p> {
    number: usize,
    form: Form,
    value: &'p [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// With `%xx` for some octets.
    Extended,
}

/// How the pieces of parameters are put together, as [`joined`] does.
pub(crate) type Join = for<'p, 'o> fn(&'p [Parameter<'o>], Charsets) -> Vec<Parameter<'p>>;

/// The parameters with pieces put together, each value in the place of its first piece. Pieces
/// without a beginning, or behind a gap, stay what they are.
pub(crate) fn joined<'p>(parameters: &'p [Parameter<'_>], charsets: Charsets) -> Vec<Parameter<'p>> {
    let mut out = Vec::with_capacity(parameters.len());
    let mut done: Vec<(&str, usize)> = Vec::new();
    for parameter in parameters {
        let Some((base, number, _)) = split(&parameter.name) else {
            out.push(whole(parameter.borrowed(), charsets));
            continue;
        };
        let known = done.iter().find(|(name, _)| name.eq_ignore_ascii_case(base)).map(|(_, count)| *count);
        let count = match known {
            Some(count) => count,
            None => {
                let pieces = pieces(parameters, base);
                if !pieces.is_empty() {
                    out.push(join(base, &pieces, charsets));
                }
                done.push((base, pieces.len()));
                pieces.len()
            }
        };
        if number >= count {
            out.push(parameter.borrowed());
        }
    }
    out
}

/// `name*section` or `name*section*`; a section is a number without leading zeros (section 7).
fn split(name: &str) -> Option<(&str, usize, Form)> {
    let (name, form) = match name.strip_suffix('*') {
        Some(name) => (name, Form::Extended),
        None => (name, Form::Plain),
    };
    let (base, section) = name.split_once('*')?;
    let digits = section.bytes().all(|octet| octet.is_ascii_digit()) && !section.is_empty();
    if base.is_empty() || !digits || (section.starts_with('0') && section != "0") {
        return None;
    }
    Some((base, section.parse().ok()?, form))
}

/// The pieces of a value in their order, from the first up to where one is missing.
fn pieces<'p>(parameters: &'p [Parameter<'_>], base: &str) -> Vec<Piece<'p>> {
    let mut all: Vec<Piece<'p>> = parameters
        .iter()
        .filter_map(|parameter| {
            let (name, number, form) = split(&parameter.name)?;
            name.eq_ignore_ascii_case(base).then_some(Piece { number, form, value: &parameter.value })
        })
        .take(PIECES)
        .collect();
    all.sort_by_key(|piece| piece.number);
    all.dedup_by_key(|piece| piece.number);
    let whole = all.iter().enumerate().take_while(|(index, piece)| *index == piece.number).count();
    all.truncate(whole);
    all
}

fn join<'p>(base: &'p str, pieces: &[Piece<'_>], charsets: Charsets) -> Parameter<'p> {
    if pieces.iter().all(|piece| piece.form == Form::Plain) {
        let value = pieces.iter().flat_map(|piece| piece.value).copied().collect();
        return Parameter { name: base.into(), value: Cow::Owned(value) };
    }
    let mut value = Vec::new();
    for piece in pieces {
        match piece.form {
            Form::Extended => value.extend_from_slice(piece.value),
            Form::Plain => {
                if piece.number == 0 {
                    // Neither charset nor language is told.
                    value.extend_from_slice(b"''");
                }
                value.extend(piece.value.iter().flat_map(|&octet| hexadecimal(octet)));
            }
        }
    }
    whole(Parameter { name: format!("{base}*").into(), value: value.into() }, charsets)
}

/// An octet as it stands in an extended value (section 7: attribute-char).
fn hexadecimal(octet: u8) -> Vec<u8> {
    match octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=*'%".contains(&octet) {
        true => vec![octet],
        false => format!("%{octet:02X}").into_bytes(),
    }
}

/// A value that is in one piece.
fn whole(parameter: Parameter<'_>, charsets: Charsets) -> Parameter<'_> {
    let converted = match charsets {
        Charsets::Utf8 if parameter.name.ends_with('*') => in_utf8(&parameter.value),
        _ => None,
    };
    match converted {
        Some(text) => Parameter { name: parameter.name, value: text.into_bytes().into() },
        None => parameter,
    }
}

/// ```abnf
/// extended-initial-value := [charset] "'" [language] "'" extended-other-values
/// ```
/// Nothing where it is not written so, or in a charset that is not known.
fn in_utf8(value: &[u8]) -> Option<String> {
    let mut fields = value.splitn(3, |&octet| octet == b'\'');
    let (charset, _language, encoded) = (fields.next()?, fields.next()?, fields.next()?);
    let mut octets = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter().copied();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        octets.push(digit()?.checked_mul(16)?.checked_add(digit()?)?);
    }
    let text = match String::from_utf8(octets) {
        Ok(text) if charset.is_empty() || is_utf8(charset) => text,
        Ok(text) => charset_decoder(charset)?(text.as_bytes()),
        Err(octets) => charset_decoder(charset).filter(|_| !is_utf8(charset))?(octets.as_bytes()),
    };
    // What can stand in no quoted string nor literal is not shown so.
    (!text.contains('\0')).then_some(text)
}

fn is_utf8(charset: &[u8]) -> bool {
    ["utf-8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::MediaType;

    fn told(value: &str, charsets: Charsets) -> Vec<(String, String)> {
        let media = MediaType::parse(format!("a/b; {value}").as_bytes()).unwrap();
        let pair = |found: Parameter<'_>| {
            (found.name.into_owned(), String::from_utf8(found.value.into_owned()).unwrap())
        };
        joined(&media.parameters, charsets).into_iter().map(pair).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn pieces_are_put_together_in_the_order_of_their_numbers() {
        let found = told("x=1; URL*1=\"example.test/\"; y=2; url*0=\"ftp://\"; url*2=a", Charsets::Kept);
        assert_eq!(found, pairs(&[("x", "1"), ("URL", "ftp://example.test/a"), ("y", "2")]));
    }

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let value = "title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"";
        assert_eq!(
            told(value, Charsets::Kept),
            pairs(&[(
                "title*",
                "us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!"
            )])
        );
        assert_eq!(
            told(value, Charsets::Utf8),
            pairs(&[("title*", "This is even more ***fun*** isn't it!")])
        );
    }

    #[test]
    fn charsets_are_converted_even_where_a_character_is_cut() {
        let cut = "n*0*=utf-8''%C3; n*1*=%A9";
        assert_eq!(told(cut, Charsets::Utf8), pairs(&[("n*", "\u{e9}")]));
        assert_eq!(told("n*=iso-8859-1'de'%E9", Charsets::Utf8), pairs(&[("n*", "\u{e9}")]));
        assert_eq!(told("n*=iso-8859-1'de'%E9", Charsets::Kept), pairs(&[("n*", "iso-8859-1'de'%E9")]));
    }

    #[test]
    fn what_is_not_written_so_stays_as_it_is() {
        for value in
            ["n*=%E9", "n*=utf-8''%E9", "n*=utf-8''%4", "n*=no-such''x%20", "n*1=b", "n*00=a", "*0=a"]
        {
            let (name, text) = value.split_once('=').unwrap();
            assert_eq!(told(value, Charsets::Utf8), pairs(&[(name, text)]), "{value}");
        }
        assert_eq!(told("n*0=a; n*2=c", Charsets::Kept), pairs(&[("n", "a"), ("n*2", "c")]));
        assert_eq!(told("n*0=a; n*0=b", Charsets::Kept), pairs(&[("n", "a")]));
    }

    proptest::proptest! {
        #[test]
        fn any_parameters_are_put_together(
            text in "(n|m|\\*|0|1|2|=|;|%|4|'|utf-8|iso-8859-1| |\"){0,40}"
        ) {
            if let Some(media) = MediaType::parse(format!("a/b; {text}").as_bytes()) {
                for charsets in [Charsets::Kept, Charsets::Utf8] {
                    proptest::prop_assert!(joined(&media.parameters, charsets).len() <= media.parameters.len());
                }
            }
        }
    }
}
