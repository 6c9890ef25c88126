//! Where the mutations begin: all lines that the built-in suites send, and how they are changed.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;

/// Octets that mean something to some parser.
const TOKENS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3\xa4",
    b" ",
    b"(",
    b")",
    b"()",
    b"\"",
    b"\\",
    b"*",
    b"%",
    b"{",
    b"{0}\r\n",
    b"{3}\r\nabc",
    b"{3+}\r\nabc",
    b"~{3+}\r\na\0b",
    b"{99999999999999999999+}\r\n",
    b"{4294967296}\r\n",
    b"4294967295",
    b"4294967296",
    b"18446744073709551615",
    b"-1",
    b"1:*",
    b"*:4294967295",
    b"$",
    b"<>",
    b"<",
    b"@",
    b".",
    b".\r\n",
    b"\r\n.\r\n",
    b"=",
    b"==",
    b"&AAA-",
    b"&-",
    b"NIL",
    b"BODY[1.2.HEADER.FIELDS (a)]<0.1>",
    b"UID",
    b"NOT",
    b"OR",
    b"BDAT 3 LAST\r\nabc",
];

/// A way to change octets.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// A piece is left out.
    Cut(Index, usize),
    /// A piece stands there twice.
    Repeat(Index, usize),
    /// One octet is another one.
    Octet(Index, u8),
    /// Something is put in.
    Token(Index, Index),
    /// A piece is taken very often.
    Swell(Index, usize),
}

/// Some changes, few of them as a rule.
pub(super) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let place = any::<Index>;
    let change = prop_oneof![
        2 => (place(), 1usize..20).prop_map(|(at, count)| Change::Cut(at, count)),
        2 => (place(), 1usize..20).prop_map(|(at, count)| Change::Repeat(at, count)),
        2 => (place(), any::<u8>()).prop_map(|(at, octet)| Change::Octet(at, octet)),
        6 => (place(), place()).prop_map(|(at, token)| Change::Token(at, token)),
        1 => (place(), 1usize..2000).prop_map(|(at, times)| Change::Swell(at, times)),
    ];
    proptest::collection::vec(change, 0..6)
}

/// The octets, changed.
pub(super) fn changed(octets: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for change in changes {
        match change {
            Change::Cut(at, count) => {
                let from = at.index(octets.len() + 1);
                octets.drain(from..octets.len().min(from + count));
            }
            Change::Repeat(at, count) => {
                let from = at.index(octets.len() + 1);
                let piece = octets[from..octets.len().min(from + count)].to_vec();
                octets.splice(from..from, piece);
            }
            Change::Octet(at, octet) => {
                if !octets.is_empty() {
                    let at = at.index(octets.len());
                    octets[at] = *octet;
                }
            }
            Change::Token(at, token) => {
                let at = at.index(octets.len() + 1);
                octets.splice(at..at, token.get(TOKENS).iter().copied());
            }
            Change::Swell(at, times) => {
                let from = at.index(octets.len() + 1);
                let piece = octets[from..octets.len().min(from + 8)].repeat(*times);
                octets.splice(from..from, piece);
            }
        }
    }
    octets
}

/// All lines that suites of these folders send, without CRLF, each once. What a script would fill
/// in is something short.
pub(super) fn lines(folders: &[&str]) -> Vec<Vec<u8>> {
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../suites");
    let mut lines = Vec::new();
    for folder in folders {
        for file in files(&suites.join(folder)) {
            let text = std::fs::read_to_string(file).unwrap();
            lines.extend(text.lines().filter_map(sent));
        }
    }
    lines.sort_unstable();
    lines.dedup();
    assert!(lines.len() > 40, "{folders:?}: {}", lines.len());
    lines
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|kind| kind == "yaml")).collect()
}

fn sent(line: &str) -> Option<Vec<u8>> {
    let line = line.trim_start();
    let mut rest =
        line.strip_prefix("C: ").or_else(|| Some(line.strip_prefix("C[")?.split_once("]: ")?.1))?;
    let mut whole = String::new();
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
        whole.push_str(before);
        whole.push_str(match name {
            _ if name.contains("literal") => "{16+}\r\nSubject: x\r\n\r\nx\r\n",
            _ if name.contains("address") => "alice@example.test",
            _ if name.contains("quoted") => "\"x\"",
            _ => "1",
        });
        rest = after;
    }
    whole.push_str(rest);
    Some(whole.into_bytes())
}
