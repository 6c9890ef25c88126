//! Whole sessions over pipes, with changed lines of the suites, cut anywhere.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::timeout;

use super::corpus::{Change, changed, changes, lines};
use super::runner;
use crate::channel::Channel;
use crate::context::{Context, Shared};
use crate::net::Connection;
use crate::service::Service;
use crate::store::NewMessage;
use crate::testing;
use crate::{imap, pop3, smtp};

/// The longest that a session may take from the last octet that it gets to its end.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is sent, and where it is cut.
#[derive(Debug, Clone)]
struct Sent {
    octets: Vec<u8>,
    cuts: Vec<Index>,
}

impl Sent {
    fn pieces(&self) -> Vec<&[u8]> {
        let mut cuts: BTreeSet<usize> =
            self.cuts.iter().map(|cut| cut.index(self.octets.len() + 1)).collect();
        cuts.insert(self.octets.len());
        let mut from = 0;
        let pieces = cuts.into_iter().map(|to| {
            let piece = &self.octets[from..to];
            from = to;
            piece
        });
        pieces.collect()
    }
}

/// Some lines of the corpus, each changed, each ended by CRLF where a change did not end it.
fn conversation(corpus: Vec<Vec<u8>>, tagged: bool) -> impl Strategy<Value = Sent> {
    let line = (proptest::sample::select(corpus), changes());
    let lines = proptest::collection::vec(line, 1..12);
    let noise = proptest::collection::vec(any::<u8>(), 0..200);
    let cuts = proptest::collection::vec(any::<Index>(), 0..8);
    (lines, prop_oneof![9 => Just(Vec::new()), 1 => noise], cuts).prop_map(move |(lines, noise, cuts)| {
        let mut octets = noise;
        for (number, (line, changes)) in lines.iter().enumerate() {
            octets.extend(written(number, line, changes, tagged));
        }
        Sent { octets, cuts }
    })
}

fn written(number: usize, line: &[u8], changes: &[Change], tagged: bool) -> Vec<u8> {
    let mut whole = if tagged { format!("t{number} ").into_bytes() } else { Vec::new() };
    whole.extend_from_slice(line);
    let mut whole = changed(&whole, changes);
    whole.extend_from_slice(b"\r\n");
    whole
}

/// Runs one session to its end and gives all that it answered.
async fn converse(
    shared: &Arc<Shared>,
    service: Service,
    prelude: &[u8],
    sent: &Sent,
) -> Result<Vec<u8>, String> {
    let (ours, theirs) = tokio::io::duplex(16 * 1024);
    let (_ending, shutdown) = watch::channel(false);
    let connection = Connection::new(theirs, PATIENCE * 2, &shared.timeouts, shutdown);
    let peer = SocketAddr::from(([127, 0, 0, 1], 40_000));
    let context = Context { shared: Arc::clone(shared), service, peer, channel: Channel::default() };
    let session = match service {
        Service::Imap => tokio::spawn(imap::serve(connection, context)),
        Service::Pop3 => tokio::spawn(pop3::serve(connection, context)),
        _ => tokio::spawn(smtp::serve(connection, context)),
    };
    let (mut reader, mut writer) = tokio::io::split(ours);
    let reading = tokio::spawn(async move {
        let mut answered = Vec::new();
        // A session that closes in the middle of a write is no error of the test.
        let _ = reader.read_to_end(&mut answered).await;
        answered
    });
    let writing = async {
        writer.write_all(prelude).await?;
        for piece in sent.pieces() {
            writer.write_all(piece).await?;
            writer.flush().await?;
            tokio::task::yield_now().await;
        }
        writer.shutdown().await
    };
    // The session may have closed before it read everything.
    let _ = timeout(PATIENCE, writing).await.map_err(|_| "the session reads no more".to_owned())?;
    timeout(PATIENCE, session)
        .await
        .map_err(|_| "the session does not end".to_owned())?
        .map_err(|error| format!("the session ended badly: {error}"))?;
    drop(writer);
    timeout(PATIENCE, reading)
        .await
        .map_err(|_| "the connection stays open".to_owned())?
        .map_err(|e| e.to_string())
}

/// A server with a message for everybody.
async fn server() -> Arc<Shared> {
    const MESSAGE: &[u8] =
        b"Subject: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n";
    let (shared, _) = testing::shared(&[]).await;
    for name in ["alice", "bob"] {
        let account = shared.authenticator.resolve(name).await.unwrap().unwrap();
        shared.store.deliver(vec![account.id], NewMessage::received(MESSAGE)).await.unwrap();
    }
    shared
}

fn run(
    strategy: impl Strategy<Value = Sent>,
    service: Service,
    prelude: &[u8],
    judge: impl Fn(&Sent, &[u8]) -> Result<(), String>,
) {
    let runtime = Runtime::new().unwrap();
    // What one round makes lasts: it is one server for all of them.
    let shared = runtime.block_on(server());
    let mut runner = runner();
    let outcome = runner.run(&strategy, |sent| {
        let answered = runtime.block_on(converse(&shared, service, prelude, &sent));
        let judged = answered.and_then(|answered| {
            judge(&sent, &answered).map_err(|why| format!("{why}\nanswered: {}", answered.escape_ascii()))
        });
        judged.map_err(|why| TestCaseError::fail(format!("{why}\nsent: {}", sent.octets.escape_ascii())))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    runtime.shutdown_background();
}

/// The lines of what an IMAP server sent; a literal and what follows it belong to the line before.
fn imap_lines(mut octets: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut lines = Vec::new();
    let mut line = Vec::new();
    while let Some(at) = octets.windows(2).position(|pair| pair == b"\r\n") {
        line.extend_from_slice(&octets[..at]);
        octets = &octets[at + 2..];
        let size = line.strip_suffix(b"}").and_then(|line| {
            let open = line.iter().rposition(|&octet| octet == b'{')?;
            std::str::from_utf8(&line[open + 1..]).ok()?.parse::<usize>().ok()
        });
        match size {
            Some(size) if size <= octets.len() => {
                line.extend_from_slice(&octets[..size]);
                octets = &octets[size..];
            }
            Some(_) => return Ok(lines),
            None => lines.push(std::mem::take(&mut line)),
        }
    }
    Ok(lines)
}

/// Each line is untagged, a continuation, or has a tag that was sent; and the last word is BYE, or
/// whatever answered the last command.
fn imap_answers_fit(sent: &Sent, answered: &[u8]) -> Result<(), String> {
    // What is sealed or packed is no text.
    let turned = answered.windows(9).any(|w| w == b" OK begin" || w == b" OK compr");
    if turned {
        return Ok(());
    }
    let known: BTreeSet<&[u8]> = sent
        .octets
        .split(|&octet| octet == b'\n' || octet == b' ' || octet == b'\r')
        .chain([&b"l1"[..], b"l2"])
        .collect();
    for line in imap_lines(answered)? {
        let first = line.split(|&octet| octet == b' ').next().unwrap_or_default();
        let is_tagged = || {
            let rest = line.get(first.len()..).unwrap_or_default();
            let answers = [&b" OK"[..], b" NO", b" BAD"].iter().any(|answer| rest.starts_with(answer));
            answers && (known.contains(first) || sent.octets.windows(first.len()).any(|w| w == first))
        };
        if !(first == b"*" || first == b"+" || is_tagged()) {
            return Err(format!("this line answers nothing: {}", line.escape_ascii()));
        }
    }
    Ok(())
}

#[test]
fn imap_sessions_answer_whatever_comes() {
    let corpus = lines(&["imap", "mime", "end-to-end"]);
    run(
        conversation(corpus.clone(), true),
        Service::Imap,
        b"l1 LOGIN alice alice-secret\r\nl2 SELECT INBOX\r\n",
        imap_answers_fit,
    );
    run(conversation(corpus, true), Service::Imap, b"", imap_answers_fit);
}

/// Lines that are nothing but lines: each is answered under its tag, or the session says BYE.
#[test]
fn imap_answers_every_line() {
    const MODES: [&str; 7] =
        ["IDLE", "AUTHENTICATE", "STARTTLS", "COMPRESS", "LOGOUT", "UNAUTHENTICATE", "APPEND"];
    let plain = |line: &Vec<u8>| {
        let text = String::from_utf8_lossy(line).to_ascii_uppercase();
        !text.contains(['{', '\r', '\n']) && !MODES.iter().any(|mode| text.contains(mode))
    };
    let corpus: Vec<Vec<u8>> = lines(&["imap"]).into_iter().filter(plain).collect();
    let line = (proptest::sample::select(corpus), changes()).prop_filter_map(
        "only a line",
        move |(line, changes)| {
            let line = changed(&line, &changes);
            plain(&line).then_some(line)
        },
    );
    let strategy = proptest::collection::vec(line, 1..12).prop_map(|lines| {
        let lines = lines.iter().enumerate();
        let written =
            lines.flat_map(|(number, line)| [format!("t{number} ").as_bytes(), line, b"\r\n"].concat());
        Sent { octets: written.collect(), cuts: Vec::new() }
    });
    run(strategy, Service::Imap, b"l1 LOGIN alice alice-secret\r\nl2 SELECT INBOX\r\n", |sent, answered| {
        imap_answers_fit(sent, answered)?;
        let answers = imap_lines(answered)?;
        if answers.iter().any(|line| line.starts_with(b"* BYE")) {
            return Ok(());
        }
        let count = sent.octets.windows(2).filter(|pair| *pair == b"\r\n").count();
        let missing = (0..count).find(|number| {
            let head = format!("t{number} ");
            !answers.iter().any(|line| line.starts_with(head.as_bytes()))
        });
        missing.map_or(Ok(()), |number| Err(format!("t{number} is not answered")))
    });
}

#[test]
fn pop3_sessions_answer_whatever_comes() {
    let corpus = lines(&["pop3"]);
    let judge = |_: &Sent, answered: &[u8]| match answered.starts_with(b"+OK ") {
        true => Ok(()),
        false => Err("no greeting".to_owned()),
    };
    run(conversation(corpus.clone(), false), Service::Pop3, b"USER bob\r\nPASS bob-secret\r\n", judge);
    run(conversation(corpus, false), Service::Pop3, b"", judge);
}

#[test]
fn smtp_sessions_answer_whatever_comes() {
    let corpus = lines(&["smtp", "submission", "lmtp"]);
    let judge = |_: &Sent, answered: &[u8]| {
        let lines = answered.split(|&octet| octet == b'\n').filter(|line| !line.is_empty());
        for line in lines {
            // Behind the answer to STARTTLS comes what is sealed.
            if line.starts_with(b"220 2.0.0") {
                return Ok(());
            }
            let is_reply = line.len() >= 4
                && line[..3].iter().all(u8::is_ascii_digit)
                && matches!(line[3], b' ' | b'-' | b'\r')
                && line.ends_with(b"\r");
            if !is_reply {
                return Err(format!("this is no reply: {}", line.escape_ascii()));
            }
        }
        Ok(())
    };
    for service in [Service::Smtp, Service::Submission, Service::Lmtp] {
        let hello = if service == Service::Lmtp { &b"LHLO x\r\n"[..] } else { b"EHLO x\r\n" };
        let mail = b"MAIL FROM:<bob@elsewhere.example>\r\nRCPT TO:<alice@example.test>\r\n";
        run(conversation(corpus.clone(), false), service, &[hello, mail].concat(), judge);
    }
}
