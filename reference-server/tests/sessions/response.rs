//! What a server sends, as far as this client reads it (RFC 3501, section 7). Shares nothing with
//! the server's own renderer.

use std::collections::BTreeSet;

/// One whole response.
#[derive(Debug, Clone)]
pub(crate) enum Response {
    Continue,
    /// `OK`, `NO`, `BAD`, `BYE`, with the response code if there is one; untagged without a tag.
    Condition {
        tag: Option<String>,
        word: String,
        code: Option<Vec<String>>,
    },
    Exists(usize),
    Expunge(usize),
    Vanished {
        earlier: bool,
        uids: Vec<u32>,
    },
    Fetch {
        number: usize,
        uid: Option<u32>,
        flags: Option<BTreeSet<String>>,
        modseq: Option<u64>,
        subject: Option<String>,
    },
    Search(Vec<u32>),
    /// Words and numbers of STATUS.
    Status {
        mailbox: String,
        items: Vec<(String, u64)>,
    },
    Other,
}

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    List(Vec<Value>),
}

impl Value {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::List(_) => "",
        }
    }

    fn list(&self) -> &[Value] {
        match self {
            Self::List(list) => list,
            Self::Text(_) => &[],
        }
    }
}

/// Reads values up to the end or a closing parenthesis.
fn values(text: &[u8], at: &mut usize) -> Vec<Value> {
    let mut found = Vec::new();
    while *at < text.len() {
        match text[*at] {
            b' ' => *at += 1,
            b'(' => {
                *at += 1;
                found.push(Value::List(values(text, at)));
            }
            b')' => {
                *at += 1;
                break;
            }
            b'"' => found.push(Value::Text(quoted(text, at))),
            b'{' => found.push(Value::Text(literal(text, at))),
            _ => found.push(Value::Text(atom(text, at))),
        }
    }
    found
}

fn quoted(text: &[u8], at: &mut usize) -> String {
    let mut found = Vec::new();
    *at += 1;
    while text[*at] != b'"' {
        *at += usize::from(text[*at] == b'\\');
        found.push(text[*at]);
        *at += 1;
    }
    *at += 1;
    String::from_utf8_lossy(&found).into_owned()
}

fn literal(text: &[u8], at: &mut usize) -> String {
    let end = *at + text[*at..].iter().position(|&octet| octet == b'\n').unwrap();
    let size = std::str::from_utf8(&text[*at..end])
        .unwrap()
        .trim_matches(['{', '}', '\r'])
        .parse::<usize>()
        .unwrap();
    let from = end + 1;
    *at = from + size;
    String::from_utf8_lossy(&text[from..from + size]).into_owned()
}

/// Up to a space or parenthesis; what stands in brackets belongs to it.
fn atom(text: &[u8], at: &mut usize) -> String {
    let from = *at;
    let mut depth = 0;
    while *at < text.len() && (depth > 0 || !matches!(text[*at], b' ' | b'(' | b')')) {
        match text[*at] {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => {}
        }
        *at += 1;
    }
    String::from_utf8_lossy(&text[from..*at]).into_owned()
}

/// The numbers of a set such as `1:3,7`.
pub(crate) fn numbers(set: &str) -> Vec<u32> {
    let number = |text: &str| text.parse::<u32>().expect("a number in a set");
    let range = |part: &str| match part.split_once(':') {
        None => number(part)..=number(part),
        Some((from, to)) => number(from).min(number(to))..=number(from).max(number(to)),
    };
    set.split(',').flat_map(range).collect()
}

fn condition(tag: Option<&str>, rest: &str) -> Response {
    let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let code = text.strip_prefix('[').and_then(|text| text.split_once(']')).map(|(code, _)| code);
    Response::Condition {
        tag: tag.map(str::to_owned),
        word: word.to_owned(),
        code: code.map(|code| code.split(' ').map(str::to_owned).collect()),
    }
}

/// Reads a response, of which `text` has the literals inside and no CRLF at its end.
pub(crate) fn read(text: &[u8]) -> Response {
    let line = String::from_utf8_lossy(text);
    if line.starts_with('+') {
        return Response::Continue;
    }
    let (tag, rest) = line.split_once(' ').expect("a response has a tag or a star");
    if tag != "*" {
        return condition(Some(tag), rest);
    }
    let words = values(&text[2..], &mut 0);
    let word = |place: usize| words.get(place).map(Value::text).unwrap_or_default();
    let first = word(0).parse::<usize>();
    match (first, word(0), word(1)) {
        (_, "OK" | "NO" | "BAD" | "BYE", _) => condition(None, rest),
        (Ok(number), _, "EXISTS") => Response::Exists(number),
        (Ok(number), _, "EXPUNGE") => Response::Expunge(number),
        (Ok(number), _, "FETCH") => fetch(number, words[2].list()),
        (_, "VANISHED", "") => Response::Vanished { earlier: true, uids: numbers(word(2)) },
        (_, "VANISHED", set) => Response::Vanished { earlier: false, uids: numbers(set) },
        (_, "SEARCH", _) => {
            Response::Search(words[1..].iter().filter_map(|number| number.text().parse().ok()).collect())
        }
        (_, "ESEARCH", _) => {
            let all = words.iter().position(|word| word.text() == "ALL");
            Response::Search(all.map(|all| numbers(word(all + 1))).unwrap_or_default())
        }
        (_, "STATUS", mailbox) => Response::Status {
            mailbox: mailbox.to_owned(),
            items: words[2]
                .list()
                .chunks(2)
                .map(|item| (item[0].text().to_owned(), item[1].text().parse().unwrap()))
                .collect(),
        },
        _ => Response::Other,
    }
}

fn fetch(number: usize, items: &[Value]) -> Response {
    let (mut uid, mut flags, mut modseq, mut subject) = (None, None, None, None);
    for item in items.chunks(2) {
        match item[0].text() {
            "UID" => uid = Some(item[1].text().parse().unwrap()),
            "FLAGS" => flags = Some(item[1].list().iter().map(|flag| flag.text().to_owned()).collect()),
            "MODSEQ" => modseq = Some(item[1].list()[0].text().parse().unwrap()),
            name if name.starts_with("BODY[") => subject = Some(item[1].text().to_owned()),
            _ => {}
        }
    }
    Response::Fetch { number, uid, flags, modseq, subject }
}
