//! Every response that the reference server gives in the IMAP suites, read by a parser that others
//! wrote (imap-codec). What it cannot read stands in a list with the reason; anything else fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use imap_codec::decode::Decoder;
use imap_codec::{GreetingCodec, ResponseCodec};
use mailspec::outcome::{CaseOutcome, Direction, Event, Listener, TranscriptLine};
use mailspec::run::{Options, Plan, Selection, run};
use mailspec::target::{EmbeddedOptions, Target};

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

/// What imap-codec has no grammar for: how such a response is known, and which RFC wants it so.
type Beyond = (fn(&str) -> bool, &'static str);

const BEYOND_IT: &[Beyond] = &[
    (|text| text.contains(" FETCH (") && text.contains("PREVIEW "), "PREVIEW, RFC 8970, section 6"),
    (
        |text| text.starts_with("* QUOTA ") && text.contains(" ()"),
        "a quota without limits, RFC 9208, section 4.2.1 (its grammar has no such list)",
    ),
    (
        |text| ["EMAILID (", "THREADID (", "MAILBOXID ("].iter().any(|item| text.contains(item)),
        "object identifiers, RFC 8474, section 7",
    ),
    (|text| text.contains(" FETCH (SAVEDATE "), "SAVEDATE, RFC 8514, section 5"),
    (
        |text| ["* ACL ", "* LISTRIGHTS ", "* MYRIGHTS "].iter().any(|head| text.starts_with(head)),
        "access control lists, RFC 4314, section 7",
    ),
    (
        |text| text.starts_with("* LIST ") && text.contains("OLDNAME"),
        "LIST with the name before, RFC 5465, section 5.4",
    ),
    (|text| text.starts_with("* ESEARCH "), "ESEARCH, RFC 4731, section 3"),
    (
        |text| text.starts_with("* STATUS ") && text.contains("APPENDLIMIT "),
        "STATUS APPENDLIMIT, RFC 7889, section 4",
    ),
    (
        |text| text.starts_with("* LIST ") && text.contains(" (\\\"CHILDINFO\\\" "),
        "LIST with CHILDINFO, RFC 5258, section 3.5",
    ),
    (
        |text| text.contains("(BODY (\\\"message\\\" \\\"global\\\" "),
        "a part of message/global with its structure, RFC 9755, section 6",
    ),
    (|text| text.contains("BINARY[") && text.contains("]<"), "a part of BINARY, RFC 3516, section 4.2"),
];

/// Keeps what every case came to, with the transcript also of those that passed.
struct Keep(mpsc::Sender<CaseOutcome>);

impl Listener for Keep {
    fn on_event(&mut self, event: &Event) {
        if let Event::CaseFinished(case) = event {
            let _ = self.0.send(case.as_ref().clone());
        }
    }
}

async fn imap_cases() -> Anything<Vec<CaseOutcome>> {
    let library = mailspec::script::built_in().map_err(|mistakes| mistakes.to_string())?;
    let ledger = Arc::clone(&library.ledger);
    let suites = library.suites.into_iter().filter(|suite| suite.path.starts_with("imap/")).map(Arc::new);
    let plan = Plan::new(suites, &Selection::default()).map_err(|none| none.0)?;
    let program = Some(PathBuf::from(env!("CARGO_BIN_EXE_mailspec")));
    let target = Arc::new(Target::embedded(EmbeddedOptions { program, ..Default::default() }).await?);
    let (finished, cases) = mpsc::channel();
    let mut listeners: [Box<dyn Listener>; 1] = [Box::new(Keep(finished))];
    run(&plan, &target, &Options::new(move |id| ledger.level(id)), &mut listeners).await;
    target.end().await?;
    Ok(cases.try_iter().collect())
}

/// The octets of a line of a transcript; control and 8-bit octets stand in it as `\xHH`.
fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        octets.extend_from_slice(&rest.as_bytes()[..at]);
        let digits = rest.get(at + 2..at + 4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match digits.filter(|octet| !(b' '..=b'~').contains(octet)) {
            Some(octet) => {
                octets.push(octet);
                rest = &rest[at + 4..];
            }
            None => {
                octets.extend_from_slice(b"\\x");
                rest = &rest[at + 2..];
            }
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
}

/// The whole responses of a case: lines up to the one that ends in no literal.
fn responses(transcript: &[TranscriptLine]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut open: BTreeMap<&str, (Vec<u8>, usize)> = BTreeMap::new();
    for line in transcript {
        if line.direction == Direction::Note {
            open.remove(line.connection.as_str());
        }
        if line.direction != Direction::Server {
            continue;
        }
        let (gathered, literal_end) = open.entry(&line.connection).or_default();
        let octets = unescape(&line.text);
        // A bare LF, as content may have it, stands in the line.
        let has_end = octets.ends_with(b"\n");
        gathered.extend(octets);
        if !has_end {
            gathered.extend_from_slice(b"\r\n");
        }
        if gathered.len() <= *literal_end {
            continue;
        }
        match literal_size(gathered) {
            Some(size) => *literal_end = gathered.len() + size,
            None => {
                found.push(std::mem::take(gathered));
                *literal_end = 0;
            }
        }
    }
    found
}

fn literal_size(line: &[u8]) -> Option<usize> {
    let body = line.strip_suffix(b"}\r\n")?;
    let open = body.iter().rposition(|octet| *octet == b'{')?;
    std::str::from_utf8(&body[open + 1..]).ok()?.parse().ok()
}

/// Whether the oracle reads it to its last octet.
fn is_read(octets: &[u8]) -> bool {
    matches!(ResponseCodec::default().decode(octets), Ok((b"", _)))
        || matches!(GreetingCodec::default().decode(octets), Ok((b"", _)))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_response_of_the_suites_is_read_by_another_parser() -> Anything<()> {
    let mut read = 0;
    let mut beyond: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unread = BTreeSet::new();
    for case in imap_cases().await? {
        for octets in responses(&case.transcript) {
            let text = octets.escape_ascii().to_string();
            // What the transcript leaves out changed the length of a literal.
            if text.contains("[secret]") {
                continue;
            }
            if is_read(&octets) {
                read += 1;
            } else if let Some((_, why)) = BEYOND_IT.iter().find(|(is_such, _)| is_such(&text)) {
                *beyond.entry(why).or_default() += 1;
            } else {
                unread.insert(format!("{}: {text}", case.id));
            }
        }
    }
    println!("{read} responses read; beyond the oracle: {beyond:#?}");
    let unread: Vec<_> = unread.into_iter().collect();
    assert!(unread.is_empty(), "not read (wrong, or one more line of BEYOND_IT):\n{}", unread.join("\n"));
    assert!(read > 1000, "only {read} responses");
    let stale: Vec<_> =
        BEYOND_IT.iter().map(|(_, why)| why).filter(|why| !beyond.contains_key(*why)).collect();
    assert!(stale.is_empty(), "nothing comes any more that needs these lines of BEYOND_IT: {stale:#?}");
    Ok(())
}
