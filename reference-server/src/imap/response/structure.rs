//! BODY and BODYSTRUCTURE (RFC 3501, section 7.4.2 and section 9: body).

use super::{envelope, nstring, string};
use crate::imap::syntax::Reads;
use crate::imap::view::Revision;
use crate::message::continuation::{Charsets, Join};
use crate::message::{Content, Disposition, Entity, Envelope, Parameter};

/// With or without the extension data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StructureForm {
    /// `BODY`: without.
    Basic,
    /// `BODYSTRUCTURE`: with.
    Extended,
}

/// Who is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audience {
    /// What the client reads in header fields.
    pub(crate) reads: Reads,
    /// The revision that it speaks.
    pub(crate) revision: Revision,
    /// How the pieces of parameters are put together; the seam at which a deviation can leave them.
    pub(crate) parameters: Join,
}

impl Audience {
    /// Values of parameters in pieces are put together for all; only IMAP4rev2 has those in a charset
    /// converted (RFC 2231, section 6; RFC 9051, section 7.5.2).
    fn charsets(self) -> Charsets {
        match self.revision {
            Revision::Rev1 => Charsets::Kept,
            Revision::Rev2 => Charsets::Utf8,
        }
    }
}

/// How the answer counts; the seams at which a deviation can miscount.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    /// How many lines a body is said to have, given how many it has.
    pub(crate) lines: fn(usize) -> usize,
    /// How many octets, given how deep the part lies (the message itself is at 0) and how many it
    /// has.
    pub(crate) octets: fn(usize, usize) -> usize,
}

/// ```abnf
/// body = "(" (body-type-1part / body-type-mpart) ")"
/// ```
///
/// `message/global` is shown as a message to those who read UTF-8 in header fields (RFC 9051, section
/// 7.5.2; RFC 9755, section 6), and to others without looking into it, as IMAP4rev1 knows it.
pub(crate) fn body_structure(
    out: &mut Vec<u8>,
    entity: &Entity<'_>,
    form: StructureForm,
    counts: Counts,
    audience: Audience,
) {
    body(out, entity, form, counts, audience, 0);
}

fn body(
    out: &mut Vec<u8>,
    entity: &Entity<'_>,
    form: StructureForm,
    counts: Counts,
    audience: Audience,
    depth: usize,
) {
    let deeper = depth.saturating_add(1);
    let octets = (counts.octets)(depth, entity.body.len());
    out.push(b'(');
    match &entity.content {
        Content::Multipart(parts) => {
            for part in parts {
                body(out, part, form, counts, audience, deeper);
            }
            multipart_tail(out, entity, form, audience);
        }
        Content::Message(inner) if audience.reads == Reads::Utf8 || entity.media.is("message", "rfc822") => {
            basic_fields(out, &entity.media.kind, &entity.media.subtype, entity, octets, audience);
            out.push(b' ');
            envelope(out, inner.envelope.as_deref().unwrap_or(&Envelope::default()));
            out.push(b' ');
            body(out, inner, form, counts, audience, deeper);
            number(out, (counts.lines)(entity.lines));
            single_part_extension(out, entity, form, audience);
        }
        Content::Leaf | Content::Message(_) => {
            leaf(out, entity, octets, counts, audience);
            single_part_extension(out, entity, form, audience);
        }
    }
    out.push(b')');
}

/// ```abnf
/// body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
/// body-ext-mpart  = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc]]]
/// ```
fn multipart_tail(out: &mut Vec<u8>, entity: &Entity<'_>, form: StructureForm, audience: Audience) {
    out.push(b' ');
    string(out, entity.media.subtype.as_bytes());
    if form == StructureForm::Extended {
        out.push(b' ');
        parameters(out, &entity.media.parameters, audience);
        disposition_language_location(out, entity, audience);
    }
}

/// ```abnf
/// body-type-basic = media-basic SP body-fields
/// body-type-text  = media-text SP body-fields SP body-fld-lines
/// ```
/// A leaf that calls itself a message can not be shown as one, for it has no structure.
fn leaf(out: &mut Vec<u8>, entity: &Entity<'_>, octets: usize, counts: Counts, audience: Audience) {
    let media = &entity.media;
    if media.is("message", "rfc822") || media.is_kind("multipart") {
        basic_fields(out, "application", "octet-stream", entity, octets, audience);
        return;
    }
    basic_fields(out, &media.kind, &media.subtype, entity, octets, audience);
    if media.is_kind("text") {
        number(out, (counts.lines)(entity.lines));
    }
}

/// ```abnf
/// body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP
///               body-fld-octets
/// ```
fn basic_fields(
    out: &mut Vec<u8>,
    kind: &str,
    subtype: &str,
    entity: &Entity<'_>,
    octets: usize,
    audience: Audience,
) {
    string(out, kind.as_bytes());
    out.push(b' ');
    string(out, subtype.as_bytes());
    out.push(b' ');
    parameters(out, &entity.media.parameters, audience);
    out.push(b' ');
    nstring(out, entity.id.as_deref());
    out.push(b' ');
    nstring(out, entity.description.as_deref());
    out.push(b' ');
    string(out, entity.encoding.as_deref().unwrap_or("7BIT").as_bytes());
    number(out, octets);
}

/// ```abnf
/// body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc]]]
/// ```
fn single_part_extension(out: &mut Vec<u8>, entity: &Entity<'_>, form: StructureForm, audience: Audience) {
    if form == StructureForm::Extended {
        out.push(b' ');
        nstring(out, entity.md5.as_deref());
        disposition_language_location(out, entity, audience);
    }
}

/// ```abnf
/// body-fld-dsp  = "(" string SP body-fld-param ")" / nil
/// body-fld-lang = nstring / "(" string *(SP string) ")"
/// body-fld-loc  = nstring
/// ```
fn disposition_language_location(out: &mut Vec<u8>, entity: &Entity<'_>, audience: Audience) {
    out.push(b' ');
    disposition(out, entity.disposition.as_ref(), audience);
    out.push(b' ');
    match entity.languages.as_slice() {
        [] => nstring(out, None),
        [only] => string(out, only.as_bytes()),
        several => {
            for (index, language) in several.iter().enumerate() {
                out.push(if index == 0 { b'(' } else { b' ' });
                string(out, language.as_bytes());
            }
            out.push(b')');
        }
    }
    out.push(b' ');
    nstring(out, entity.location.as_deref());
}

fn disposition(out: &mut Vec<u8>, disposition: Option<&Disposition<'_>>, audience: Audience) {
    let Some(disposition) = disposition else {
        nstring(out, None);
        return;
    };
    out.push(b'(');
    string(out, disposition.kind.as_bytes());
    out.push(b' ');
    parameters(out, &disposition.parameters, audience);
    out.push(b')');
}

/// ```abnf
/// body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
/// ```
fn parameters(out: &mut Vec<u8>, parameters: &[Parameter<'_>], audience: Audience) {
    let parameters = (audience.parameters)(parameters, audience.charsets());
    if parameters.is_empty() {
        nstring(out, None);
        return;
    }
    for (index, parameter) in parameters.iter().enumerate() {
        out.push(if index == 0 { b'(' } else { b' ' });
        string(out, parameter.name.as_bytes());
        out.push(b' ');
        string(out, &parameter.value);
    }
    out.push(b')');
}

fn number(out: &mut Vec<u8>, number: usize) {
    out.push(b' ');
    super::number(out, u64::try_from(number).unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Structure;

    fn written(message: &str, form: StructureForm) -> String {
        let structure = Structure::parse(message.as_bytes());
        let mut out = Vec::new();
        let counts = Counts { lines: |lines| lines, octets: |_, octets| octets };
        body_structure(
            &mut out,
            &structure.root,
            form,
            counts,
            Audience {
                reads: Reads::Utf8,
                revision: Revision::Rev2,
                parameters: crate::message::continuation::joined,
            },
        );
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_plain_message_has_type_size_and_lines() {
        let found = written("Subject: x\r\n\r\none\r\ntwo\r\n", StructureForm::Basic);
        assert_eq!(found, r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 10 2)"#);
        let found = written("Subject: x\r\n\r\n", StructureForm::Extended);
        assert_eq!(found, r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)"#);
    }

    const MIXED: &str = "Content-Type: multipart/mixed; boundary=\"b\"\r\nContent-Language: en, de\r\n\r\n\
        --b\r\nContent-Type: TEXT/PLAIN; charset=utf-8; format=flowed\r\n\r\nhello\r\n\
        --b\r\nContent-Type: image/png; name=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\n\
        Content-ID: <i@x>\r\nContent-Description: a picture\r\n\
        Content-Disposition: attachment; filename=\"a.png\"\r\n\r\nAAAA\r\n--b--\r\n";

    #[test]
    fn a_multipart_nests_its_parts_before_its_subtype() {
        assert_eq!(
            written(MIXED, StructureForm::Basic),
            concat!(
                r#"(("TEXT" "PLAIN" ("charset" "utf-8" "format" "flowed") NIL NIL "7BIT" 5 0)"#,
                r#"("image" "png" ("name" "a.png") "<i@x>" "a picture" "base64" 4) "mixed")"#
            )
        );
    }

    #[test]
    fn extension_data_comes_in_its_order() {
        assert_eq!(
            written(MIXED, StructureForm::Extended),
            concat!(
                r#"(("TEXT" "PLAIN" ("charset" "utf-8" "format" "flowed") NIL NIL "7BIT" 5 0 NIL NIL NIL NIL)"#,
                r#"("image" "png" ("name" "a.png") "<i@x>" "a picture" "base64" 4 NIL ("attachment" ("filename" "a.png")) NIL NIL)"#,
                r#" "mixed" ("boundary" "b") NIL ("en" "de") NIL)"#
            )
        );
    }

    #[test]
    fn an_encapsulated_message_shows_envelope_structure_and_lines() {
        let found =
            written("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhi\r\n", StructureForm::Basic);
        assert_eq!(
            found,
            concat!(
                r#"("message" "rfc822" NIL NIL NIL "7BIT" 19 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) "#,
                r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 4 1) 3)"#
            )
        );
    }
}
