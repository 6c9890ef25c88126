//! `LANG [range]` (RFC 6856, section 3): the language of texts for people. There is one.

use super::super::registry::{Request, Spec, State};
use super::super::reply::{Payload, Reply};

/// The language of all texts, and its name in itself.
const LANGUAGE: (&str, &str) = ("en", "English");

/// `LANG` with a language range or without, in both states.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "LANG",
    states: &[State::Authorization, State::Transaction],
    parse: |arguments| {
        let range = arguments.optional_word()?;
        Ok(Request::Lang(range.map(<[u8]>::to_vec)))
    },
    capability: |_| Some("LANG".into()),
};

/// Lists the languages, or chooses one.
pub(in super::super) fn run(range: Option<&[u8]>) -> Reply {
    let (tag, name) = LANGUAGE;
    match range {
        None => Reply::Multi("languages follow".to_owned(), Payload::Lines(vec![format!("{tag} {name}")])),
        Some(range) if range == b"*" || range.eq_ignore_ascii_case(tag.as_bytes()) => {
            Reply::ok(format!("{tag} texts are in English"))
        }
        Some(_) => Reply::err("no such language"),
    }
}
