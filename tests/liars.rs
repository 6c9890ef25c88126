//! Two liars a protocol: one refuses everything, one accepts everything. No case with a negative
//! expectation passes on either, for such a case would prove nothing. A warning is no pass: the
//! departure was seen. Submission is left out: its cases ask for TLS, which these liars lack.

#![expect(clippy::unwrap_used, reason = "a test may take the short way")]

mod fake;

use std::time::Duration;

use mailspec::outcome::Verdict;
use mailspec::run::{Retry, Selection};
use mailspec::script::Library;
use mailspec::script::model::{Action, Case, Endpoint, Expectation, Pattern, Protocol, Step};
use mailspec::script::pattern::{ImapExpectation, ImapStatus, Pop3Status};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// What a liar does with whatever it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Liar {
    /// Lets the client in, and refuses all else.
    Refuses,
    /// Says yes to all.
    Accepts,
}

const EHLO: &[u8] = b"250-fake.example.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n\
    250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250-EXPN\r\n250-LIMITS RCPTMAX=100\r\n250 AUTH PLAIN LOGIN\r\n";
const CAPA: &[u8] =
    b"+OK\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nSASL PLAIN\r\n.\r\n";
const CAPABILITY: &[u8] = b"* CAPABILITY IMAP4rev1 IDLE UIDPLUS LITERAL+ AUTH=PLAIN\r\n";

async fn lie(stream: TcpStream, protocol: Protocol, liar: Liar) {
    let mut stream = BufReader::new(stream);
    // A client that hangs up ends the conversation.
    let _ = match protocol {
        Protocol::Pop3 => lie_in_pop3(&mut stream, liar).await,
        Protocol::Imap => lie_in_imap(&mut stream, liar).await,
        _ => lie_in_smtp(&mut stream, liar).await,
    };
}

async fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut octets = Vec::new();
    if stream.read_until(b'\n', &mut octets).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&octets).trim_end().to_ascii_uppercase())
}

async fn lie_in_smtp(stream: &mut BufReader<TcpStream>, liar: Liar) -> std::io::Result<()> {
    stream.write_all(b"220 fake.example.test\r\n").await?;
    loop {
        let command = line(stream).await?;
        let verb = command.split(' ').next().unwrap_or_default();
        match (verb, liar) {
            ("EHLO" | "LHLO", _) => stream.write_all(EHLO).await?,
            ("AUTH", _) => stream.write_all(b"235 2.7.0 in\r\n").await?,
            ("QUIT", _) => {
                stream.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            (_, Liar::Refuses) => stream.write_all(b"500 5.5.1 no\r\n").await?,
            ("DATA", Liar::Accepts) => {
                stream.write_all(b"354 go\r\n").await?;
                while line(stream).await? != "." {}
                stream.write_all(b"250 2.0.0 yes\r\n").await?;
            }
            (_, Liar::Accepts) => stream.write_all(b"250 2.0.0 yes\r\n").await?,
        }
    }
}

async fn lie_in_pop3(stream: &mut BufReader<TcpStream>, liar: Liar) -> std::io::Result<()> {
    stream.write_all(b"+OK\r\n").await?;
    loop {
        let command = line(stream).await?;
        let mut words = command.split_whitespace();
        match (words.next().unwrap_or_default(), words.next(), liar) {
            ("CAPA", ..) => stream.write_all(CAPA).await?,
            ("USER" | "PASS", ..) => stream.write_all(b"+OK\r\n").await?,
            ("QUIT", ..) => {
                stream.write_all(b"+OK\r\n").await?;
                return Ok(());
            }
            (_, _, Liar::Refuses) => stream.write_all(b"-ERR no\r\n").await?,
            ("RETR" | "TOP", ..) | ("LIST" | "UIDL", None, _) => stream.write_all(b"+OK\r\n.\r\n").await?,
            ("LIST" | "UIDL", Some(number), _) => {
                stream.write_all(format!("+OK {number} 1\r\n").as_bytes()).await?;
            }
            ("STAT", ..) => stream.write_all(b"+OK 0 0\r\n").await?,
            _ => stream.write_all(b"+OK yes\r\n").await?,
        }
    }
}

async fn lie_in_imap(stream: &mut BufReader<TcpStream>, liar: Liar) -> std::io::Result<()> {
    stream.write_all(b"* OK hello\r\n").await?;
    loop {
        let mut command = line(stream).await?;
        let tag = command.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        let verb = command.split(' ').nth(1).unwrap_or_default().to_owned();
        let let_in = matches!(verb.as_str(), "LOGIN" | "AUTHENTICATE" | "CAPABILITY");
        if liar == Liar::Accepts || let_in {
            // A literal is taken, and what the line holds behind it.
            while let Some(length) = literal(&command) {
                stream.write_all(b"+ go\r\n").await?;
                let mut octets = vec![0; length];
                stream.read_exact(&mut octets).await?;
                command = line(stream).await?;
            }
            if verb == "AUTHENTICATE" || verb == "IDLE" {
                stream.write_all(b"+ \r\n").await?;
                line(stream).await?;
            }
        }
        match verb.as_str() {
            "CAPABILITY" => stream.write_all(CAPABILITY).await?,
            "LOGOUT" => stream.write_all(b"* BYE\r\n").await?,
            _ => {}
        }
        let answer = if liar == Liar::Accepts || let_in || verb == "LOGOUT" { "OK yes" } else { "NO no" };
        stream.write_all(format!("{tag} {answer}\r\n").as_bytes()).await?;
        if verb == "LOGOUT" {
            return Ok(());
        }
    }
}

fn literal(line: &str) -> Option<usize> {
    let digits = line.strip_suffix('}')?.rsplit_once('{')?.1;
    digits.parse().ok().filter(|length| *length <= 10_000_000)
}

/// Whether a case has an expectation that only a refusal meets.
fn has_negative(case: &Case) -> bool {
    fn in_steps(steps: &[Step]) -> bool {
        steps.iter().any(|step| match &step.action {
            Action::Talk(talk) => {
                talk.exchanges.iter().flat_map(|exchange| &exchange.expectations).any(is_negative)
            }
            Action::EventuallySteps(steps) => in_steps(steps),
            _ => false,
        })
    }
    in_steps(&case.steps)
}

fn is_negative(expectation: &Expectation) -> bool {
    match &expectation.pattern {
        Pattern::Smtp(smtp) => smtp
            .lines
            .first()
            .is_some_and(|line| line.codes.iter().all(|code| matches!(code.digits[0], Some(4 | 5)))),
        Pattern::Pop3(pop3) => pop3.status == Pop3Status::Err,
        Pattern::Imap(ImapExpectation::Tagged { statuses, .. }) => {
            statuses.iter().all(|status| matches!(status, ImapStatus::No | ImapStatus::Bad))
        }
        Pattern::Imap(_) => false,
    }
}

async fn no_negative_case_passes(endpoint: Endpoint, liar: Liar) {
    let protocol = endpoint.protocol();
    let address = fake::listen(move |stream| lie(stream, protocol, liar)).await;
    let target = fake::target(&[(endpoint, address)], Duration::from_secs(2)).await;
    let Library { suites, ledger } = mailspec::script::built_in().unwrap();
    let mut asked = 0;
    let mut suites = suites;
    for suite in &mut suites {
        suite.cases.retain(has_negative);
        asked += suite.cases.len();
    }
    let outcomes =
        fake::run(Library { suites, ledger }, &Selection::default(), &target, Retry::Never, 0.1).await;
    assert_eq!(outcomes.len(), asked);
    let passed: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| outcome.verdict == Verdict::Pass)
        .map(|outcome| outcome.id.as_str())
        .collect();
    let judged = outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Skip).count();
    assert!(judged >= 3, "only {judged} of {asked} cases were played on {}", endpoint.as_str());
    assert!(passed.is_empty(), "these pass on a {} server that {liar:?}: {passed:#?}", endpoint.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_an_smtp_server_that_refuses_everything() {
    no_negative_case_passes(Endpoint::Smtp, Liar::Refuses).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_an_smtp_server_that_accepts_everything() {
    no_negative_case_passes(Endpoint::Smtp, Liar::Accepts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_an_lmtp_server_that_refuses_everything() {
    no_negative_case_passes(Endpoint::Lmtp, Liar::Refuses).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_an_lmtp_server_that_accepts_everything() {
    no_negative_case_passes(Endpoint::Lmtp, Liar::Accepts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_a_pop3_server_that_refuses_everything() {
    no_negative_case_passes(Endpoint::Pop3, Liar::Refuses).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_a_pop3_server_that_accepts_everything() {
    no_negative_case_passes(Endpoint::Pop3, Liar::Accepts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_an_imap_server_that_refuses_everything() {
    no_negative_case_passes(Endpoint::Imap, Liar::Refuses).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_an_imap_server_that_accepts_everything() {
    no_negative_case_passes(Endpoint::Imap, Liar::Accepts).await;
}
