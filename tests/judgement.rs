//! When the harness holds back: what was never asked did not pass, what showed once does not accuse,
//! and a profile with wrong secrets is no fault of the server.

#![expect(clippy::unwrap_used, reason = "a test may take the short way")]

mod fake;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mailspec::outcome::{CaseOutcome, Verdict};
use mailspec::run::{Retry, Selection};
use mailspec::script::Library;
use mailspec::script::model::Endpoint;
use mailspec::target::TargetError;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Greets and answers each command by the first answer whose command begins the line, else `+OK`.
async fn pop3(stream: TcpStream, answers: &[(&str, &str)]) {
    let mut stream = BufReader::new(stream);
    if stream.write_all(b"+OK hello\r\n").await.is_err() {
        return;
    }
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
        let answer = answers.iter().find(|(command, _)| line.starts_with(command));
        let answer = answer.map_or("+OK", |(_, answer)| *answer);
        if stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || line.starts_with("QUIT") {
            return;
        }
        line.clear();
    }
}

fn library(steps: &str) -> Library {
    let text = format!(
        "version: 1\nsuite: judgement\nprotocol: pop3\ncases:\n\
         \x20 - id: case\n    name: something holds\n    steps:{steps}"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fake.yaml");
    std::fs::write(&path, text).unwrap();
    mailspec::script::load(&[path]).unwrap()
}

async fn outcome(steps: &str, address: std::net::SocketAddr, retry: Retry) -> CaseOutcome {
    let target = fake::target(&[(Endpoint::Pop3, address)], Duration::from_millis(300)).await;
    let outcomes = fake::run(library(steps), &Selection::default(), &target, retry, 1.0).await;
    outcomes.first().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_whose_judging_steps_are_passed_over_is_skipped_with_the_reason() {
    let address = fake::listen(|stream| async move { pop3(stream, &[]).await }).await;
    let steps = r#"
      - greet
      - when: {value: "${domain}", equals: "elsewhere.test"}
        talk: |
          C: NOOP
          S: +OK   § rfc1939-3-1
"#;
    let outcome = outcome(steps, address, Retry::Once).await;
    assert_eq!(outcome.verdict, Verdict::Skip, "{outcome:#?}");
    assert!(outcome.reason.unwrap().contains("a value equal to `elsewhere.test` is needed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_that_judges_nothing_skips_the_case_and_one_that_judges_passes_it() {
    let steps = r#"
      - greet
      - talk: |
          C: NOOP
      - any-of:
          - name: the server takes it
            steps:
              - talk: |
                  S: +OK
              - talk: |
                  C: NOOP
                  S: +OK   § rfc1939-3-1
          - name: the server does not
            steps:
              - talk: |
                  S: -ERR
"#;
    let refuses = fake::listen(|stream| async move { pop3(stream, &[("NOOP", "-ERR")]).await }).await;
    let refused = outcome(steps, refuses, Retry::Once).await;
    assert_eq!(refused.verdict, Verdict::Skip, "{refused:#?}");
    assert!(refused.reason.unwrap().contains("the server does not"));
    let takes = fake::listen(|stream| async move { pop3(stream, &[]).await }).await;
    assert_eq!(outcome(steps, takes, Retry::Once).await.verdict, Verdict::Pass);
}

/// Each connection that says RSET counts as one try; the answers by the number of the try, the last
/// one for all behind. An empty answer is silence.
async fn by_try(answers: &'static [&'static str]) -> std::net::SocketAddr {
    let count = Arc::new(AtomicUsize::new(0));
    fake::listen(move |stream| {
        let count = Arc::clone(&count);
        async move {
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(b"+OK hello\r\n").await;
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|octets| octets > 0) {
                let answer = if line.starts_with("RSET") {
                    let number = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
                    answers[number]
                } else if line.starts_with("CAPA") {
                    "-ERR"
                } else {
                    "+OK"
                };
                if !answer.is_empty() {
                    let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
                }
                line.clear();
            }
        }
    })
    .await
}

/// RSET as a precondition that silence holds up, and its answer as what is judged.
const STEPS: &str = r#"
      - greet
      - within: 500ms
        talk: |
          C: RSET
          S: +|-
      - check: {value: "${reply}", equals: "+OK", law: rfc1939-3-1}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_accuses_after_a_try_that_was_held_up_is_tried_a_third_time() {
    let twice = outcome(STEPS, by_try(&["", "-ERR"]).await, Retry::Once).await;
    assert_eq!(twice.verdict, Verdict::Fail, "{twice:#?}");
    let once = outcome(STEPS, by_try(&["", "-ERR", "+OK"]).await, Retry::Once).await;
    assert_eq!(once.verdict, Verdict::Error, "{once:#?}");
    assert!(once.findings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_secrets_of_a_profile_are_told_before_anyone_is_accused() {
    let patience = Duration::from_millis(500);
    let refuses =
        fake::listen(|stream| async move { pop3(stream, &[("PASS", "-ERR [AUTH] no")]).await }).await;
    let target = fake::target(&[(Endpoint::Pop3, refuses)], patience).await;
    let error = target.check_credentials().await.unwrap_err();
    assert!(matches!(&error, TargetError::Credentials(user, _) if user == "user1"), "{error}");
    // A server that does not speak clearly is judged by the cases.
    let odd = fake::listen(|stream| async move { pop3(stream, &[("PASS", "well")]).await }).await;
    let target = fake::target(&[(Endpoint::Pop3, odd)], patience).await;
    assert!(target.check_credentials().await.is_ok());
}
