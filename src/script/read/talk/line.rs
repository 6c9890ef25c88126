//! One line of a talk: who speaks, by which name, and what it judges.

use crate::script::pattern::{CaptureType, Cardinality, TextPart, TextPattern};

/// Who speaks in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Client,
    Server(Cardinality),
}

/// The speakers as they are written.
pub(super) const SPEAKERS: [(&str, Speaker); 5] = [
    ("C:", Speaker::Client),
    ("S:", Speaker::Server(Cardinality::Required)),
    ("S>:", Speaker::Server(Cardinality::InOrder)),
    ("S?:", Speaker::Server(Cardinality::Optional)),
    ("S!:", Speaker::Server(Cardinality::Forbidden)),
];

/// The speaker, the name and the text of a line that begins with `C[name]:` or `S[name]:`.
pub(super) fn labelled(line: &str) -> Option<(Speaker, &str, &str)> {
    let (speaker, rest) = match (line.strip_prefix("C["), line.strip_prefix("S[")) {
        (Some(rest), _) => (Speaker::Client, rest),
        (_, Some(rest)) => (Speaker::Server(Cardinality::Required), rest),
        _ => return None,
    };
    let (label, text) = rest.split_once("]:")?;
    let sound =
        !label.is_empty() && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    sound.then(|| (speaker, label, text.strip_prefix(' ').unwrap_or(text)))
}

/// The text before `§` and what stands behind it, when white space sets it apart.
pub(super) fn split_law(text: &str) -> Option<(&str, &str)> {
    let (pattern, law) = text.rsplit_once('§')?;
    (pattern.is_empty() || pattern.ends_with([' ', '\t'])).then_some((pattern, law))
}

/// The names in `${name = …` of a line that could not be read.
pub(super) fn would_bind(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('=').map(|(name, _)| name.trim()))
}

pub(super) fn is_pop3_status(text: &str) -> bool {
    matches!(text.trim_end().split(' ').next(), Some("+OK" | "-ERR" | "+|-" | "+"))
}

/// `${name = payload}` alone: the name, `None` for `_`.
pub(super) fn payload_capture(line: &TextPattern) -> Option<Option<String>> {
    match line.parts.as_slice() {
        [TextPart::Capture { name, kind: CaptureType::Payload, .. }] => Some(name.clone()),
        _ => None,
    }
}
