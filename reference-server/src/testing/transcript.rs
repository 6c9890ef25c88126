//! Exchanges as the RFCs print them: what a client says, and what it must be answered, word for
//! word. Not for single assertions; those stand in the tests beside the code.
//!
//! | line | meaning |
//! | --- | --- |
//! | `C: text` | the client sends this line and its CRLF; octets of literals and messages are lines too |
//! | `S: text` | the next line from the server is this one |
//! | `S\| text` | the same, but lines that follow each other so may come in any order |
//! | anything else | belongs to the line before, behind one space |
//!
//! In what the server says `...` at the end stands for text meant for people, and `${name}` for
//! something that only the server can know: the first time it is noted, from then on it must be the
//! same, and the client can say it. `\xHH` is an octet that would not show. A list of flags or of a
//! mailbox's attributes is a set, in whatever order it comes.

use std::collections::BTreeMap;

use tokio::io::AsyncWriteExt;

use super::Peer;

/// What `${name}` stands for.
pub(super) type Noted = BTreeMap<String, String>;

impl Peer {
    /// Plays the client's side of a transcript and holds the server to its own.
    pub(crate) async fn follow(&mut self, transcript: &str) {
        let lines = read(transcript);
        let mut rest = lines.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            let count = match first {
                Line::Said(text) => {
                    let text = filled(text, &self.noted);
                    self.send([&octets(&text)[..], b"\r\n"].concat()).await;
                    rest = behind;
                    continue;
                }
                Line::Next(_) => 1,
                Line::AnyOrder(_) => rest.iter().take_while(|line| matches!(line, Line::AnyOrder(_))).count(),
            };
            let (group, behind) = rest.split_at(count);
            let mut wanted: Vec<&str> = group.iter().map(Line::text).collect();
            while !wanted.is_empty() {
                let came = self.line().await;
                let came = shown(came.strip_suffix("\r\n").unwrap_or("the connection is closed"));
                let Some(at) = wanted.iter().position(|wanted| agree(wanted, &came, &mut self.noted)) else {
                    let wanted: Vec<_> = wanted.iter().map(|wanted| filled(wanted, &self.noted)).collect();
                    panic!("\nwanted {}\n  came {came}\nin{transcript}", wanted.join("\n    or "));
                };
                wanted.remove(at);
            }
            rest = behind;
        }
    }

    /// What was noted under a name.
    pub(crate) fn noted(&self, name: &str) -> &str {
        self.noted.get(name).map_or("", String::as_str)
    }

    /// What a name stood for, it stands for no more.
    pub(crate) fn forget(&mut self, name: &str) {
        self.noted.remove(name);
    }

    /// Says that nothing more will come, and holds the server to the same.
    pub(crate) async fn ends(mut self) {
        self.stream.shutdown().await.unwrap();
        assert_eq!(self.line().await, "", "more than the transcript has");
    }

    /// A transcript from where the session stands to its end.
    pub(crate) async fn follow_to_the_end(mut self, transcript: &str) {
        self.follow(transcript).await;
        self.ends().await;
    }
}

/// A line of a transcript.
enum Line {
    Said(String),
    Next(String),
    AnyOrder(String),
}

impl Line {
    fn text(&self) -> &str {
        match self {
            Self::Said(text) | Self::Next(text) | Self::AnyOrder(text) => text,
        }
    }
}

fn read(transcript: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for line in transcript.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        let marked = line.split_at_checked(2);
        let text = |text: &str| text.strip_prefix(' ').unwrap_or(text).to_owned();
        let line = match marked {
            Some(("C:", said)) => Line::Said(text(said)),
            Some(("S:", wanted)) => Line::Next(text(wanted)),
            Some(("S|", wanted)) => Line::AnyOrder(text(wanted)),
            _ => match lines.pop().expect("a transcript begins with C: or S:") {
                Line::Said(before) => Line::Said(format!("{before} {line}")),
                Line::Next(before) => Line::Next(format!("{before} {line}")),
                Line::AnyOrder(before) => Line::AnyOrder(format!("{before} {line}")),
            },
        };
        lines.push(line);
    }
    lines
}

/// With what is noted in the place of the names.
fn filled(text: &str, noted: &Noted) -> String {
    noted.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

/// `\xHH` made octets.
fn octets(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut octets = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        octets.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits behind \\x"));
        octets.extend_from_slice(rest.as_bytes());
    }
    octets
}

/// The reverse, for controls.
fn shown(line: &str) -> String {
    let mut text = String::new();
    for character in line.chars() {
        if character.is_control() {
            text.push_str(&format!("\\x{:02x}", u32::from(character)));
        } else {
            text.push(character);
        }
    }
    text
}

/// The same with its sets in alphabetical order: `(\Seen \Deleted)` as `(\Deleted \Seen)`.
fn ordered(line: &str) -> String {
    let mut pieces = line.split('(');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push('(');
        let (list, rest) = piece.split_at(piece.find(')').unwrap_or(0));
        let mut items: Vec<_> = list.split(' ').collect();
        if items.iter().all(|item| item.starts_with(['\\', '$'])) && items.len() > 1 {
            items.sort_unstable();
        }
        text.push_str(&items.join(" "));
        text.push_str(rest);
    }
    text
}

/// Whether a line is as wanted; if so, what it tells is noted.
fn agree(wanted: &str, came: &str, noted: &mut Noted) -> bool {
    let (wanted, came) = (ordered(&filled(wanted, noted).replace("\\x20", " ")), ordered(came));
    let (wanted, open) = wanted.strip_suffix("...").map_or((wanted.as_str(), false), |head| (head, true));
    let mut found = Vec::new();
    let mut pieces = wanted.split("${");
    let Some(mut rest) = came.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    for piece in pieces {
        let (name, literal) = piece.split_once('}').expect("${name}");
        let end = match literal {
            "" => rest.len(),
            _ => rest.find(literal).unwrap_or(0),
        };
        let (value, behind) = rest.split_at(end);
        if value.is_empty() || value.contains(['"', '(', ')', '[', ']']) {
            return false;
        }
        found.push((name.to_owned(), value.to_owned()));
        rest = &behind[literal.len()..];
    }
    let whole = if open { !rest.is_empty() } else { rest.is_empty() };
    if whole {
        noted.extend(found);
    }
    whole
}

#[test]
fn a_line_agrees_as_a_whole_and_what_it_tells_is_noted() {
    let mut noted = Noted::new();
    assert!(agree("a OK [UIDNEXT ${next}] ...", "a OK [UIDNEXT 7] told", &mut noted));
    assert_eq!(filled("${next}", &noted), "7");
    for (wanted, came) in [
        ("* ${next} EXISTS", "* 8 EXISTS"),
        ("* 8 EXISTS", "* 8 EXISTS more"),
        ("a OK ...", "a OK "),
        ("a OK [${code}] ...", "a OK (x) text"),
        ("* ${new} EXISTS", "*  EXISTS"),
    ] {
        assert!(!agree(wanted, came, &mut noted), "{wanted} {came}");
    }
    assert!(!noted.contains_key("new") && agree("${a} ${b}", "1 2", &mut noted));
    assert!(agree("* 1 FETCH (FLAGS (\\Seen $A))", "* 1 FETCH (FLAGS ($A \\Seen))", &mut noted));
    assert!(!agree("* SEARCH 1 2", "* SEARCH 2 1", &mut noted));
    assert_eq!((octets("a\\x00b"), shown("a\0b")), (b"a\0b".to_vec(), "a\\x00b".to_owned()));
}
