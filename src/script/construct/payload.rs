//! Where octets come from when they are not written out.

use super::shape::Shape;
use super::{Construct, Mapping};

const MADE: &str = "it is made when the script is read, or the script is refused";

pub(super) const FILE: Construct = Construct::new(
    "file",
    "the octets of a file below the script's folder; no variable is read in it",
    Shape::Text,
)
.cannot_fail(MADE);
pub(super) const MIME_KEY: Construct =
    Construct::new("mime", "a message given as a tree of its MIME parts, below", Shape::Ref("mime"))
        .cannot_fail(MADE);
pub(super) const OCTETS: Construct =
    Construct::new("octets", "exactly so many octets of the pattern `of`", Shape::Number(0))
        .cannot_fail(MADE);
pub(super) const OF: Construct =
    Construct::new("of", "the pattern that `octets` repeats, escapes read; default `x`", Shape::Text)
        .cannot_fail(MADE);
pub(super) const BYTES: Construct = Construct::new(
    "bytes",
    "one octet of each value, in order, as `0..255`",
    Shape::Like("^[0-9]+\\.\\.[0-9]+$"),
)
.cannot_fail(MADE);

/// A text, or where its octets come from.
pub(super) const TEXT_OR_SOURCE: Shape = Shape::Either(&[Shape::Text, Shape::Mapping(PAYLOAD)]);

/// Where octets come from.
pub(in crate::script) const PAYLOAD: &Mapping =
    &Mapping { what: "a source of octets", keys: &[FILE, MIME_KEY, OCTETS, OF, BYTES] };

fn encodings() -> Vec<&'static str> {
    crate::script::read::encodings()
}

const fn key(name: &'static str, means: &'static str, shape: Shape) -> Construct {
    Construct::new(name, means, shape).cannot_fail(MADE)
}

/// A part of a message, or the whole of it.
pub(in crate::script) const MIME: &Mapping = &Mapping {
    what: "a MIME part",
    keys: &[
        key("headers", "mapping: name → value of fields that come first", Shape::Named(&Shape::Text)),
        key(
            "type",
            "the media type, default `text/plain`, with `parts` `multipart/mixed`, with `message` `message/rfc822`",
            Shape::Text,
        ),
        key(
            "parameters",
            "mapping: name → value of the media type's parameters; a multipart without `boundary` gets one",
            Shape::Named(&Shape::Text),
        ),
        key(
            "encoding",
            "the Content-Transfer-Encoding; `base64` and `quoted-printable` are computed",
            Shape::Word(encodings),
        ),
        key("disposition", "the field Content-Disposition", Shape::Text),
        key("id", "the field Content-ID", Shape::Text),
        key("description", "the field Content-Description", Shape::Text),
        key("body", "the content, as text or from `file`, `octets`, `bytes`", TEXT_OR_SOURCE),
        key("parts", "the parts of a multipart, each as this", Shape::List(&Shape::Ref("mime"), 0)),
        key("message", "the message in a `message/rfc822`, as this", Shape::Ref("mime")),
        key("preamble", "text before the first part", Shape::Text),
        key("epilogue", "text behind the last part", Shape::Text),
    ],
};
