//! Where the exchanges are that the RFC of each capability prints: a row for every capability that the
//! server declares, and every file beside this one in a row.

use super::Scene;
use crate::imap::registry::extensions;
use crate::testing::each_file_is_in_a_row;

/// A capability, the RFC that it comes from, and the files with its examples; where there is none, the
/// last word says why.
type Row = (&'static str, u16, &'static [&'static str], &'static str);

const ROWS: &[Row] = &[
    ("ACL", 4314, &["rfc4314"], ""),
    ("APPENDLIMIT", 7889, &["rfc7889"], ""),
    ("AUTH=", 3501, &["rfc3501"], ""),
    ("BINARY", 3516, &[], "no exchange is printed"),
    ("CATENATE", 4469, &["rfc4469"], ""),
    ("CHILDREN", 3348, &["rfc3348"], ""),
    ("COMPRESS=DEFLATE", 4978, &["rfc4978"], ""),
    ("CONDSTORE", 7162, &["rfc7162"], ""),
    ("CONTEXT=SEARCH", 5267, &["rfc5267"], ""),
    ("CONTEXT=SORT", 5267, &["rfc5267"], ""),
    ("CREATE-SPECIAL-USE", 6154, &["rfc6154"], ""),
    ("ENABLE", 5161, &["rfc5161"], ""),
    ("ESEARCH", 4731, &["rfc4731"], ""),
    ("ESORT", 5267, &["rfc5267"], ""),
    ("I18NLEVEL=1", 5255, &[], "those that are printed are of LANGUAGE and of I18NLEVEL=2"),
    ("ID", 2971, &["rfc2971"], ""),
    ("IDLE", 2177, &["rfc2177"], ""),
    ("IMAP4rev1", 3501, &["rfc3501", "rfc3501_session", "rfc5530"], ""),
    ("IMAP4rev2", 9051, &["rfc9051"], ""),
    ("LIST-EXTENDED", 5258, &["rfc5258"], ""),
    ("LIST-METADATA", 9590, &["rfc9590"], ""),
    ("LIST-MYRIGHTS", 8440, &["rfc8440"], ""),
    ("LIST-STATUS", 5819, &["rfc5819"], ""),
    ("LITERAL+", 7888, &["rfc7888"], ""),
    ("METADATA", 5464, &["rfc5464"], ""),
    ("MOVE", 6851, &["rfc6851"], ""),
    ("MULTIAPPEND", 3502, &["rfc3502"], ""),
    ("NAMESPACE", 2342, &["rfc2342"], ""),
    ("NOTIFY", 5465, &["rfc5465"], ""),
    ("OBJECTID", 8474, &["rfc8474"], ""),
    ("PARTIAL", 9394, &["rfc9394"], ""),
    ("PREVIEW", 8970, &["rfc8970"], ""),
    ("QRESYNC", 7162, &["rfc7162_qresync"], ""),
    ("QUOTA", 9208, &["rfc9208"], ""),
    ("QUOTA=RES-MAILBOX", 9208, &[], "no exchange with this resource is printed"),
    ("QUOTA=RES-MESSAGE", 9208, &["rfc9208"], ""),
    ("QUOTA=RES-STORAGE", 9208, &["rfc9208"], ""),
    ("QUOTASET", 9208, &["rfc9208"], ""),
    ("REPLACE", 8508, &["rfc8508"], ""),
    ("RIGHTS=", 4314, &["rfc4314"], ""),
    ("SASL-IR", 4959, &["rfc4959"], ""),
    ("SAVEDATE", 8514, &["rfc8514"], ""),
    ("SEARCHRES", 5182, &["rfc5182"], ""),
    ("SORT", 5256, &["rfc5256"], ""),
    ("SORT=DISPLAY", 5957, &[], "no exchange is printed"),
    ("SPECIAL-USE", 6154, &["rfc6154"], ""),
    ("STARTTLS", 3501, &["rfc3501"], ""),
    ("STATUS=SIZE", 8438, &["rfc8438"], ""),
    ("THREAD=ORDEREDSUBJECT", 5256, &["rfc5256"], ""),
    ("THREAD=REFERENCES", 5256, &["rfc5256"], ""),
    ("UIDPLUS", 4315, &["rfc4315"], ""),
    ("UNAUTHENTICATE", 8437, &[], "no exchange is printed"),
    ("UNSELECT", 3691, &["rfc3691"], ""),
    // RFC 6855 and RFC 9755 print no exchange; RFC 6858, to which they send, does.
    ("UTF8=ACCEPT", 9755, &["rfc6858"], ""),
    ("WITHIN", 5032, &["rfc5032"], ""),
];

#[tokio::test]
async fn each_capability_has_its_examples_or_the_reason_why_not() {
    let mut peer = Scene::new().await.connected().await;
    peer.follow("C: a CAPABILITY\nS: * CAPABILITY ${capabilities}\nS: a OK ...").await;
    let capabilities = peer.noted("capabilities").to_owned();
    let declared = capabilities.split(' ').chain(extensions());
    let is_of = |row: &Row, word: &str| row.0 == word || row.0.ends_with('=') && word.starts_with(row.0);
    let without: Vec<_> = declared.filter(|word| !ROWS.iter().any(|row| is_of(row, word))).collect();
    assert!(without.is_empty(), "{without:?}");
    for row @ (capability, rfc, files, why) in ROWS {
        let words = capabilities.split(' ').chain(extensions());
        assert!(words.into_iter().any(|word| is_of(row, word)), "{capability} is not declared");
        assert_ne!(files.is_empty(), why.is_empty(), "{capability}, RFC {rfc}");
    }
}

#[test]
fn each_file_has_a_row() {
    each_file_is_in_a_row("imap", ROWS.iter().flat_map(|row| row.2).copied());
}
