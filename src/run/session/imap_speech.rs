//! What IMAP needs to tell responses apart: tags, and what came and nobody took yet.

use std::collections::VecDeque;

use crate::dialect::imap::{Framer, Kind, Response, check_tag};
use crate::dialect::{Limits, Violation};

/// Octets of responses that may lie untaken.
const MAX_HELD: usize = 128 * 1024 * 1024;

/// Responses that may lie untaken: each costs more than its octets.
const MAX_HELD_RESPONSES: usize = 200_000;

/// Octets of an unfinished line of the script's own that can matter.
const MAX_BEGUN: usize = 8192;

/// An IMAP conversation.
#[derive(Debug, Clone)]
pub(crate) struct ImapSpeech {
    pub(super) framer: Framer,
    commands: usize,
    /// Tags whose answer no expectation took yet, in the order of the commands.
    awaited: VecDeque<Vec<u8>>,
    /// The names that the script gave to commands, each with its tag.
    labels: Vec<(String, Vec<u8>)>,
    /// Tags that the server did not answer yet.
    unanswered: Vec<Vec<u8>>,
    /// Responses that no expectation took yet.
    held: VecDeque<Response>,
    held_octets: usize,
    /// Whether the client's next line is the answer to a `+`.
    pub(crate) continuing: bool,
    /// A line of the script's own that it has not ended yet, and octets of a literal to pass over.
    begun: Vec<u8>,
    literal: usize,
}

/// Too much lies untaken: the server floods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flooded;

impl Default for ImapSpeech {
    fn default() -> Self {
        Self {
            framer: Framer::new(Limits::IMAP),
            commands: 0,
            awaited: VecDeque::new(),
            labels: Vec::new(),
            unanswered: Vec::new(),
            held: VecDeque::new(),
            held_octets: 0,
            continuing: false,
            begun: Vec::new(),
            literal: 0,
        }
    }
}

impl ImapSpeech {
    /// A new tag, unique on this connection, whose answer is awaited.
    pub(crate) fn tag(&mut self) -> Vec<u8> {
        self.commands += 1;
        let tag = format!("a{}", self.commands).into_bytes();
        self.expect(tag.clone());
        tag
    }

    fn expect(&mut self, tag: Vec<u8>) {
        self.awaited.push_back(tag.clone());
        self.unanswered.push(tag);
    }

    /// The tag whose answer the next tagged expectation is about.
    pub(crate) fn first_awaited(&self) -> Option<&[u8]> {
        self.awaited.front().map(Vec::as_slice)
    }

    /// Takes an awaited tag away, the first one when none is named: its answer is being judged.
    pub(crate) fn take_awaited(&mut self, tag: Option<&[u8]>) {
        match tag {
            None => drop(self.awaited.pop_front()),
            Some(tag) => {
                self.awaited.retain(|known| known.as_slice() != tag);
                self.labels.retain(|(_, known)| known.as_slice() != tag);
            }
        }
    }

    /// Gives the command of a tag a name, from the one that had it before.
    pub(crate) fn name(&mut self, label: &str, tag: &[u8]) {
        self.labels.retain(|(known, _)| known != label);
        self.labels.push((label.to_owned(), tag.to_vec()));
    }

    /// The tag of the command that has this name and was not answered yet.
    pub(crate) fn named(&self, label: &str) -> Option<&[u8]> {
        self.labels.iter().find(|(known, _)| known == label).map(|(_, tag)| tag.as_slice())
    }

    /// Keeps a response that came; what is wrong with its tag, when something is.
    pub(crate) fn hold(&mut self, response: Response) -> Result<Option<Violation>, Flooded> {
        let violation = check_tag(&response, &self.unanswered);
        if let Kind::Tagged { tag, .. } = &response.kind {
            self.unanswered.retain(|known| known != tag);
        }
        self.held_octets = self.held_octets.saturating_add(response.raw.len());
        self.held.push_back(response);
        let flooded = self.held_octets > MAX_HELD || self.held.len() > MAX_HELD_RESPONSES;
        if flooded { Err(Flooded) } else { Ok(violation) }
    }

    /// The responses that no expectation took yet.
    pub(crate) const fn held(&self) -> &VecDeque<Response> {
        &self.held
    }

    /// Takes the response at this place.
    pub(crate) fn take(&mut self, at: usize) -> Option<Response> {
        let response = self.held.remove(at)?;
        self.held_octets = self.held_octets.saturating_sub(response.raw.len());
        Some(response)
    }

    /// Takes the untagged responses before this place.
    pub(crate) fn take_untagged_before(&mut self, end: usize) -> Vec<Response> {
        let mut taken = Vec::new();
        let mut at = 0;
        for _ in 0..end.min(self.held.len()) {
            let untagged = self.held.get(at).is_some_and(is_untagged);
            match untagged.then(|| self.take(at)).flatten() {
                Some(response) => taken.push(response),
                None => at += 1,
            }
        }
        taken
    }

    /// Gives responses back that nobody took, before all others.
    pub(crate) fn put_back(&mut self, responses: Vec<Response>) {
        for response in responses.into_iter().rev() {
            self.held_octets = self.held_octets.saturating_add(response.raw.len());
            self.held.push_front(response);
        }
    }

    /// Takes note of what the script sends by itself: the tags of its commands. Literals and
    /// answers to a `+` are passed over.
    pub(super) fn sends(&mut self, piece: &[u8]) {
        let skipped = self.literal.min(piece.len());
        self.literal -= skipped;
        let piece = piece.get(skipped..).unwrap_or_default();
        let room = MAX_BEGUN.saturating_sub(self.begun.len()).min(piece.len());
        self.begun.extend_from_slice(piece.get(..room).unwrap_or_default());
        if !piece.ends_with(b"\n") {
            return;
        }
        let line = std::mem::take(&mut self.begun);
        if let Some(length) = announced(&line) {
            self.literal = length;
            // The line goes on behind the literal; its head has the tag.
            self.begun = line;
            return;
        }
        if std::mem::take(&mut self.continuing) {
            return;
        }
        let tag = line.split(|octet| *octet == b' ').next().unwrap_or_default();
        if line.contains(&b' ') && is_tag(tag) {
            self.expect(tag.to_vec());
        }
    }
}

/// Whether a response may stand before a tagged one and belongs to no command alone.
fn is_untagged(response: &Response) -> bool {
    !matches!(response.kind, Kind::Tagged { .. })
}

/// `tag = 1*<any ASTRING-CHAR except "+">` (RFC 3501, section 9).
fn is_tag(text: &[u8]) -> bool {
    let special = |octet: &u8| b"(){%*\"\\+".contains(octet);
    !text.is_empty() && text.iter().all(|octet| octet.is_ascii_graphic() && !special(octet))
}

/// The length of a literal that this line announces at its end.
fn announced(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n"))?;
    let line = line.strip_suffix(b"}")?;
    let open = line.iter().rposition(|octet| *octet == b'{')?;
    let digits = std::str::from_utf8(line.get(open + 1..)?).ok()?;
    digits.strip_suffix('+').unwrap_or(digits).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pieces: &[&[u8]]) -> Vec<String> {
        let mut speech = ImapSpeech::default();
        for piece in pieces.iter().flat_map(|piece| piece.split_inclusive(|octet| *octet == b'\n')) {
            speech.sends(piece);
        }
        speech.awaited.iter().map(|tag| String::from_utf8_lossy(tag).into_owned()).collect()
    }

    #[test]
    fn tags_of_the_scripts_own_lines_are_learned() {
        assert_eq!(sent(&[b"x1 NOOP\r\nx2 CHECK\r\n"]), ["x1", "x2"]);
        assert_eq!(sent(&[b"x1 NO", b"OP\r\n"]), ["x1"]);
        assert!(sent(&[b"\r\n", b"NOOP\r\n", b"* NOOP\r\n"]).is_empty());
    }

    #[test]
    fn a_literal_is_no_command() {
        assert_eq!(sent(&[b"x1 LOGIN {5}\r\n", b"a b\r\n", b" secret\r\n", b"x2 NOOP\r\n"]), ["x1", "x2"]);
        assert_eq!(sent(&[b"x1 APPEND INBOX {8+}\r\nq NOOP\r\n\r\nx2 NOOP\r\n"]), ["x1", "x2"]);
    }

    #[test]
    fn no_two_commands_have_the_same_tag() {
        let mut speech = ImapSpeech::default();
        assert_ne!(speech.tag(), speech.tag());
        assert_eq!(speech.first_awaited(), Some(&b"a1"[..]));
    }

    #[test]
    fn a_named_command_is_found_until_it_is_answered() {
        let mut speech = ImapSpeech::default();
        let (one, two) = (speech.tag(), speech.tag());
        speech.name("x", &one);
        speech.name("y", &two);
        assert_eq!(speech.named("y"), Some(two.as_slice()));
        speech.take_awaited(Some(&two));
        assert_eq!((speech.named("y"), speech.first_awaited()), (None, Some(one.as_slice())));
    }
}
