//! Where the exchanges are that the RFC of each capability prints: a row for every capability that the
//! server can declare, and every file beside this one in a row.

use super::Scene;
use crate::testing::each_file_is_in_a_row;

/// A capability, the RFC that it comes from, and the file with its examples; where there is none, the
/// last word says why.
type Row = (&'static str, u16, &'static str, &'static str);

const ROWS: &[Row] = &[
    ("AUTH-RESP-CODE", 3206, "rfc3206", "no exchange is printed: what its text says"),
    ("EXPIRE", 2449, "rfc2449", "lines of CAPA alone are printed"),
    ("IMPLEMENTATION", 2449, "rfc2449", ""),
    ("LANG", 6856, "rfc6856", ""),
    ("PIPELINING", 2449, "", "no exchange is printed"),
    ("RESP-CODES", 2449, "rfc2449", ""),
    ("SASL", 5034, "rfc5034", ""),
    ("STLS", 2595, "rfc2595", ""),
    ("TOP", 1939, "rfc1939", ""),
    ("UIDL", 1939, "rfc1939", ""),
    ("USER", 1939, "rfc1939", ""),
    ("UTF8", 6856, "", "those that are printed are of LANG"),
];

#[tokio::test]
async fn each_capability_has_its_examples_or_the_reason_why_not() {
    let mut peer = Scene::new(&[]).await.connected().await;
    peer.send("CAPA\r\n").await;
    assert!(peer.line().await.starts_with("+OK"));
    let mut declared = Vec::new();
    loop {
        let line = peer.line().await;
        match line.trim_end() {
            "." | "" => break,
            line => declared.push(line.split(' ').next().unwrap_or_default().to_owned()),
        }
    }
    declared.sort_unstable();
    let rows: Vec<_> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(declared, rows);
    for (capability, rfc, file, why) in ROWS {
        assert!(!file.is_empty() || !why.is_empty(), "{capability}, RFC {rfc}");
    }
}

#[test]
fn each_file_has_a_row() {
    each_file_is_in_a_row("pop3", ROWS.iter().map(|row| row.2).filter(|file| !file.is_empty()));
}
