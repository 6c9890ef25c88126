//! Each construct of an IMAP pattern matches and fails to match.

use super::*;
use crate::dialect::imap::Framer;
use crate::dialect::{Framing, Limits};
use crate::run::checks::Fault;
use crate::script::pattern::Cardinality;
use crate::script::pattern::imap::parse;

fn responses(text: &str) -> Vec<Response> {
    let octets = text.as_bytes();
    let (mut framer, mut head, mut found) = (Framer::new(Limits::IMAP), 0, Vec::new());
    while let Framing::Complete { consumed, item } = framer.frame(&octets[head..]) {
        head += consumed;
        found.push(item);
    }
    assert_eq!(head, octets.len(), "{text}");
    found
}

fn known() -> Bindings {
    let mut bindings = Bindings::new();
    bindings.set("x", "one");
    bindings.set("set", "1:3");
    bindings.set("list", "(\"a\" NIL)");
    bindings
}

fn one(pattern: &str, response: &str) -> Result<Bindings, Mismatch> {
    let mut bindings = known();
    let pattern = parse(pattern, Cardinality::Required, 0).unwrap();
    let response = responses(&format!("{response}\r\n")).remove(0);
    match_response(&pattern, &response, &mut bindings).map(|()| bindings)
}

#[track_caller]
fn check(cases: &[(&str, &str, bool)]) {
    for (pattern, response, fits) in cases {
        let result = one(pattern, response);
        assert_eq!(result.is_ok(), *fits, "{pattern} against {response}: {result:?}");
    }
}

#[test]
fn tagged_answers_and_codes() {
    check(&[
        ("OK", "a1 OK done", true),
        ("OK", "a1 NO done", false),
        ("NO|BAD", "a1 BAD done", true),
        ("NO|BAD", "a1 OK done", false),
        ("OK", "* OK done", false),
        ("OK [READ-WRITE]", "a1 OK [read-write] x", true),
        ("OK [READ-WRITE]", "a1 OK [READ-ONLY] x", false),
        ("OK [READ-WRITE]", "a1 OK x", false),
        ("OK [COPYUID ${v = number} 1:3 ${c = set}]", "a1 OK [COPYUID 7 1,2,3 9:11] x", true),
        ("OK [COPYUID ${v = number} 1:3 ${c = set}]", "a1 OK [COPYUID 7 1,2 9:10] x", false),
        ("OK [APPENDUID ...]", "a1 OK [APPENDUID 7 9] x", true),
        ("* OK [UIDNEXT ${n = number}]", "* OK [UIDNEXT 8] x", true),
        ("* OK [UIDNEXT ${n = number}]", "* OK [UIDVALIDITY 8] x", false),
        ("* OK [PERMANENTFLAGS (\\Seen \\*)]", "* OK [PERMANENTFLAGS (\\* \\seen)] x", true),
        ("* OK [PERMANENTFLAGS (\\Seen \\* ...)]", "* OK [PERMANENTFLAGS (\\Draft \\Seen)] x", false),
        ("* OK [CAPABILITY IMAP4rev1 ...]", "* OK [CAPABILITY IDLE IMAP4rev1] x", true),
        ("* BYE", "* BYE x", true),
        ("* BYE", "* OK x", false),
        ("+", "+ go", true),
        ("+ g...", "+ go", true),
        ("+ x", "+ go", false),
        ("+", "a1 OK x", false),
    ]);
}

#[test]
fn words_strings_variables_and_captures() {
    check(&[
        ("* X Abc", "* X aBC", true),
        ("* X Abc", "* X \"Abc\"", true),
        ("* X Abc", "* X \"abc\"", false),
        ("* X \"Abc\"", "* X {3}\r\nAbc", true),
        ("* X \"Abc\"", "* X Abc", true),
        ("* X \"Abc\"", "* X abc", false),
        ("* X \"a\\r\\nb\"", "* X {4}\r\na\r\nb", true),
        ("* X \"a...\"", "* X \"a b\"", true),
        ("* X NIL", "* X nil", true),
        ("* X NIL", "* X \"NIL\"", false),
        ("* X \"NIL\"", "* X NIL", false),
        ("* X ()", "* X NIL", false),
        ("* X ${x}", "* X one", true),
        ("* X ${x}", "* X \"one\"", true),
        ("* X ${x}", "* X \"One\"", false),
        ("* X ${set}", "* X 1,2,3", true),
        ("* X ${list}", "* X ({1}\r\na NIL)", true),
        ("* X a-${x}", "* X A-ONE", true),
        ("* X a-${x}", "* X \"a-one\"", true),
        ("* X a-${x}", "* X \"A-one\"", false),
        ("* X 1:3,5", "* X 1,2,3,5", true),
        ("* X 1:3", "* X 3,2,1", false),
        ("* X ${_ = number}", "* X 12", true),
        ("* X ${_ = number}", "* X \"12\"", false),
        ("* X ${_ = string}", "* X \"\"", true),
        ("* X ${_ = string}", "* X NIL", false),
        ("* X ${_ = atom}", "* X a.b", true),
        ("* X ${_ = atom}", "* X \"a\"", false),
        ("* X ${_ = any}", "* X (a (b))", true),
        ("* X ${_ = set}", "* X 1:*,7", true),
        ("* X ${_ = set}", "* X a", false),
        ("* X ${_ = /a+/}", "* X aaa", true),
        ("* X ${_ = /a+/}", "* X aab", false),
        ("* X (a ... d)", "* X (a b c d)", true),
        ("* X (a ... d)", "* X (a b c)", false),
        ("* X (a b)", "* X (b a)", false),
        ("* X a", "* X a b", false),
        ("* X a ...", "* X a b c", true),
        ("* ${_ = number} EXISTS", "* 3 EXISTS", true),
        ("* 3 EXISTS", "* 3 RECENT", false),
        ("* 3 EXISTS", "* 4 EXISTS", false),
    ]);
}

#[test]
fn order_means_nothing_where_the_rfc_gives_it_none() {
    check(&[
        ("* SEARCH 3 1", "* SEARCH 1 3", true),
        ("* SEARCH 1 3", "* SEARCH 1 2 3", false),
        ("* SEARCH 1 3 ...", "* SEARCH 1 2 3", true),
        ("* SEARCH 1 1", "* SEARCH 1", false),
        ("* SEARCH", "* SEARCH", true),
        ("* SEARCH", "* SEARCH 1", false),
        ("* CAPABILITY IDLE IMAP4rev1", "* CAPABILITY imap4rev1 idle", true),
        ("* CAPABILITY IDLE ...", "* CAPABILITY IMAP4rev1", false),
        ("* FLAGS (\\Seen \\Deleted ...)", "* FLAGS (\\Deleted \\Draft \\Seen)", true),
        ("* FLAGS (\\Seen)", "* FLAGS (\\Seen \\Draft)", false),
        ("* LIST (\\a \\b) \"/\" x", "* LIST (\\B \\A) \"/\" x", true),
        ("* LIST (...) \"/\" inbox", "* LIST (\\A) \"/\" \"Inbox\"", true),
        ("* LIST (...) \"/\" \"INBOX\"", "* LIST () \"/\" inbox", true),
        ("* LIST (...) ${_ = any} x", "* LIST () NIL y", false),
        ("* LIST () \"/\" x", "* LIST (\\HasNoChildren) \"/\" x", false),
        ("* LIST () \"/\" x", "* LIST () \"/\" x (\"OLDNAME\" (\"y\"))", true),
        ("* LIST ...", "* LIST () \"/\" x", true),
        ("* LIST (...) ... x", "* LIST () \"/\" x", true),
        ("* STATUS x (UNSEEN 1 MESSAGES 2)", "* STATUS \"x\" (MESSAGES 2 UNSEEN 1)", true),
        ("* STATUS x (MESSAGES 2)", "* STATUS x (MESSAGES 2 UNSEEN 1)", false),
        ("* STATUS x (MESSAGES 2 ...)", "* STATUS x (MESSAGES 2 UNSEEN 1)", true),
        ("* STATUS x (MESSAGES 2)", "* STATUS x (MESSAGES 3)", false),
        ("* SORT 2 1", "* SORT 1 2", false),
        ("* ESEARCH UID COUNT 2 ALL 1:2", "* ESEARCH (TAG \"a1\") UID ALL 1,2 COUNT 2", true),
        ("* ESEARCH COUNT 2", "* ESEARCH (TAG \"a1\") UID COUNT 2", false),
        ("* ESEARCH COUNT 2", "* ESEARCH (TAG \"a1\") COUNT 2 MIN 1", false),
    ]);
}

#[test]
fn fetch_items_are_found_by_name() {
    check(&[
        ("* 1 FETCH (UID 5 FLAGS (\\Seen))", "* 1 FETCH (FLAGS (\\Seen) UID 5)", true),
        ("* 1 FETCH (UID 5)", "* 1 FETCH (FLAGS (\\Seen) UID 5 MODSEQ (7))", true),
        ("* 1 FETCH (UID 5)", "* 2 FETCH (UID 5)", false),
        ("* 1 FETCH (UID 5)", "* 1 FETCH (FLAGS ())", false),
        ("* 1 FETCH (FLAGS ())", "* 1 FETCH (FLAGS (\\Recent))", true),
        ("* 1 FETCH (FLAGS (\\Recent))", "* 1 FETCH (FLAGS ())", false),
        ("* 1 FETCH (FLAGS (\\Seen))", "* 1 FETCH (FLAGS (\\Seen \\Draft))", false),
        ("* 1 FETCH (FLAGS (\\Seen ...))", "* 1 FETCH (FLAGS (\\Draft \\Seen))", true),
        ("* 1 FETCH (FLAGS (\\Draft ...))", "* 1 FETCH (FLAGS (\\Seen))", false),
        ("* 1 FETCH (UID ... FLAGS ())", "* 1 FETCH (UID 5 FLAGS ())", true),
        (
            "* 1 FETCH (BODY[HEADER.FIELDS (TO CC)] \"x\")",
            "* 1 FETCH (BODY[HEADER.FIELDS (\"Cc\" To)] \"x\")",
            true,
        ),
        ("* 1 FETCH (BODY[HEADER.FIELDS (TO)] \"x\")", "* 1 FETCH (BODY[HEADER.FIELDS (CC)] \"x\")", false),
        ("* 1 FETCH (body[]<0> \"x\")", "* 1 FETCH (BODY[]<0> {1}\r\nx)", true),
        ("* 1 FETCH (BODY[]<0> \"x\")", "* 1 FETCH (BODY[]<1> {1}\r\nx)", false),
        ("* 1 FETCH (ENVELOPE (NIL \"s\" ...))", "* 1 FETCH (ENVELOPE (NIL \"s\" NIL NIL))", true),
        ("* 1 FETCH (ENVELOPE (\"s\" ...))", "* 1 FETCH (ENVELOPE (NIL \"s\" NIL NIL))", false),
        ("* ${n = number} FETCH (UID ${u = number})", "* 4 FETCH (UID 9)", true),
    ]);
}

#[test]
fn captures_are_bound_when_all_matches_and_only_then() {
    let bindings = one(
        "* ${n = number} FETCH (UID ${u = number} BODY[] ${b = string})",
        "* 4 FETCH (BODY[] {2}\r\nhi UID 9)",
    )
    .unwrap();
    let value = |name| bindings.get(name).unwrap().to_vec();
    assert_eq!((value("n"), value("u"), value("b")), (b"4".to_vec(), b"9".to_vec(), b"hi".to_vec()));
    let bindings = one("* LIST (...) ${sep = string} ${name = string}", "* LIST () \"/\" Work").unwrap();
    assert_eq!((bindings.get("sep"), bindings.get("name")), (Some(&b"/"[..]), Some(&b"Work"[..])));
    let bindings = one("* X ${v = any}", "* X (a \"b\")").unwrap();
    assert_eq!(bindings.get("v"), Some(&b"(a \"b\")"[..]));
    let mut bindings = known();
    let pattern = parse("* 1 FETCH (UID ${u = number} FLAGS (\\Seen))", Cardinality::Required, 0).unwrap();
    let response = responses("* 1 FETCH (UID 9 FLAGS ())\r\n").remove(0);
    assert!(match_response(&pattern, &response, &mut bindings).is_err());
    assert_eq!(bindings.get("u"), None);
}

#[test]
fn labels_stand_under_a_caret() {
    for (pattern, response, label) in [
        ("OK", "a1 NO x", "the answer is NO"),
        ("OK [COPYUID ...]", "a1 OK x", "no response code in the reply"),
        ("OK [COPYUID ...]", "a1 OK [ALERT] x", "no such response code in the reply"),
        ("OK [UIDNEXT 3]", "a1 OK [UIDNEXT 4] x", "the code is [UIDNEXT 4]"),
        ("* 1 FETCH (FLAGS (\\Seen))", "* 1 FETCH (FLAGS ())", "FLAGS is ()"),
        ("* 1 FETCH (UID 1)", "* 1 FETCH (FLAGS ())", "no UID in the FETCH response"),
        ("* SEARCH 1", "* SEARCH 2", "no 1 in it"),
        ("* SEARCH 1", "* SEARCH 1 2", "2 is there too"),
        ("* 3 EXISTS", "* 4 EXISTS", "here stands 4"),
    ] {
        assert_eq!(one(pattern, response).unwrap_err().label, label, "{pattern} against {response}");
    }
    assert_eq!(one("* X ${unknown}", "* X y").unwrap_err().fault, Fault::Script);
}

/// Judges lines as a talk has them (`S: …`, `S?: …`, `S!: …`); which response each took.
fn exchange(script: &[&str], came: &str) -> (Vec<Result<Option<usize>, Mismatch>>, Bindings) {
    let expectations: Vec<ImapExpectation> = script
        .iter()
        .map(|line| {
            let (speaker, pattern) = line.split_once(": ").unwrap();
            let cardinality = match speaker {
                "S" => Cardinality::Required,
                "S?" => Cardinality::Optional,
                _ => Cardinality::Forbidden,
            };
            parse(pattern, cardinality, 0).unwrap()
        })
        .collect();
    let responses = responses(came);
    let (expectations, responses): (Vec<_>, Vec<_>) =
        (expectations.iter().collect(), responses.iter().collect());
    let mut bindings = known();
    let results = judge(&expectations, &responses, &mut bindings);
    (results, bindings)
}

fn took(script: &[&str], came: &str) -> Vec<Option<usize>> {
    exchange(script, came).0.into_iter().map(|result| result.unwrap()).collect()
}

#[test]
fn responses_come_in_any_order_and_others_may_come_too() {
    let came = "* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* OK [UIDNEXT 4] x\r\n* 0 RECENT\r\n";
    assert_eq!(
        took(&["S: * OK [UIDNEXT 4]", "S: * 3 EXISTS", "S?: * OK [UNSEEN 1]"], came),
        [Some(2), Some(1), None]
    );
    let (results, _) = exchange(&["S: * 4 EXISTS", "S: * 0 RECENT", "S: * OK [UNSEEN 1]"], came);
    assert_eq!(results[0].as_ref().unwrap_err().label, "here stands 3");
    assert_eq!(results[1], Ok(Some(3)));
    assert_eq!(results[2].as_ref().unwrap_err().label, "no such response came");
}

#[test]
fn what_is_forbidden_is_found_behind_a_line_that_expects_less() {
    let came = "* LIST (\\Noselect) \"/\" Work\r\n";
    let wide = "S: * LIST (...) ${_ = any} Work";
    let narrow = "S!: * LIST (\\Noselect ...) ${_ = any} Work";
    let (results, _) = exchange(&[wide, narrow], came);
    assert_eq!(results[0], Ok(Some(0)));
    assert_eq!(results[1].as_ref().unwrap_err().label, "this response came");
    // What another line expects as such is not forbidden by a line that means all others.
    assert_eq!(
        took(&["S: * LIST (\\Noselect ...) ${_ = any} Work", "S!: * LIST ..."], came),
        [Some(0), None]
    );
    assert_eq!(took(&["S: * 1 EXPUNGE", "S!: * 1 EXPUNGE"], "* 1 EXPUNGE\r\n"), [Some(0), None]);
}

#[test]
fn each_expectation_has_a_response_of_its_own() {
    assert_eq!(
        took(&["S: * 1 EXPUNGE", "S: * 1 EXPUNGE"], "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n"),
        [Some(0), Some(1)]
    );
    let (results, _) = exchange(&["S: * 1 EXPUNGE", "S: * 1 EXPUNGE"], "* 1 EXPUNGE\r\n");
    assert!(results[0].is_ok() && results[1].is_err());
    // The first could take either; the second only the one that stands first.
    let came = "* 1 EXPUNGE\r\n* 2 EXPUNGE\r\n";
    assert_eq!(took(&["S: * ${n = number} EXPUNGE", "S: * 1 EXPUNGE"], came), [Some(1), Some(0)]);
    let (_, bindings) = exchange(&["S: * ${n = number} EXPUNGE", "S: * 1 EXPUNGE"], came);
    assert_eq!(bindings.get("n"), Some(&b"2"[..]));
}

#[test]
fn an_expectation_may_read_what_another_bound() {
    let came = "* LIST () \"/\" foo\r\n* LIST () \"/\" foo/bar\r\n";
    let script = ["S: * LIST (...) ${s = string} foo", "S: * LIST (...) ${s} \"foo${s}bar\""];
    assert_eq!(took(&script, came), [Some(0), Some(1)]);
}

#[test]
fn forbidden_responses_must_not_come() {
    let came = "* 1 EXPUNGE\r\n* 3 EXISTS\r\n";
    let (results, bindings) = exchange(&["S!: * ${n = number} EXPUNGE"], came);
    assert_eq!(results[0].as_ref().unwrap_err().label, "this response came");
    assert_eq!(bindings.get("n"), None);
    assert_eq!(took(&["S!: * 2 EXPUNGE"], came), [None]);
    // What is expected elsewhere is not forbidden: no other may come.
    assert_eq!(took(&["S: * 1 EXPUNGE", "S!: * ${_ = number} EXPUNGE"], came), [Some(0), None]);
    let (results, _) = exchange(
        &["S: * 1 FETCH (UID 1)", "S!: * 1 FETCH (FLAGS (\\Seen ...))"],
        "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n",
    );
    assert!(results[0].is_ok() && results[1].is_err());
}

#[test]
fn optional_responses_bind_when_they_come() {
    let (_, bindings) = exchange(&["S?: * ${n = number} RECENT"], "* 3 EXISTS\r\n* 2 RECENT\r\n");
    assert_eq!(bindings.get("n"), Some(&b"2"[..]));
    assert_eq!(took(&["S?: * ${n = number} RECENT"], "* 3 EXISTS\r\n"), [None]);
}

#[test]
fn fetch_data_may_come_split_and_joined() {
    let split = "* 1 FETCH (UID 7)\r\n* 2 FETCH (UID 8)\r\n* 1 FETCH (FLAGS (\\Seen))\r\n";
    assert_eq!(took(&["S: * 1 FETCH (UID 7 FLAGS (\\Seen))"], split), [Some(0)]);
    let joined = "* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n";
    assert_eq!(took(&["S: * 1 FETCH (UID 7)", "S: * 1 FETCH (FLAGS (\\Seen))"], joined), [Some(0), Some(0)]);
    let moved = "* 1 FETCH (UID 7)\r\n* 1 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen))\r\n";
    let (results, _) = exchange(&["S: * 1 FETCH (UID 7 FLAGS (\\Seen))"], moved);
    assert!(results[0].is_err());
}

#[test]
fn many_responses_and_expectations_come_to_an_end() {
    let came: String = (1..=400).map(|n| format!("* {n} FETCH (UID {n} FLAGS ())\r\n")).collect();
    let script: Vec<String> =
        (1..=60).map(|n| format!("S: * ${{n{n} = number}} FETCH (FLAGS (\\Seen))")).collect();
    let script: Vec<&str> = script.iter().map(String::as_str).collect();
    let (results, _) = exchange(&script, &came);
    assert!(results.iter().all(Result::is_err));
}

#[test]
fn structures_have_case_where_mime_has_it() {
    let part = r#"* 1 FETCH (BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "UTF-8" "NAME" "A") "<Id>" NIL "8BIT" 3 1 NIL ("INLINE" ("FILENAME" "B")) ("EN") NIL))"#;
    let expects = |structure: &str| format!("* 1 FETCH (BODYSTRUCTURE ({structure}))");
    let same = r#""text" "plain" ("charset" "utf-8" "name" "A") "<Id>" NIL "8bit" 3 1 NIL ("inline" ("filename" "B")) ("en") NIL"#;
    check(&[
        (&expects(same), part, true),
        (&expects(r#""text" "plain" ... "8bit" 3 1 ..."#), part, true),
        (&expects(&same.replace("\"A\"", "\"a\"")), part, false),
        (&expects(&same.replace("\"B\"", "\"b\"")), part, false),
        (&expects(&same.replace("<Id>", "<id>")), part, false),
        (&expects(&same.replace("plain", "html")), part, false),
        (&expects(&same.replace("8bit", "7bit")), part, false),
    ]);
    let message = r#"* 1 FETCH (BODY ((("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 (NIL "S" NIL NIL NIL NIL NIL NIL NIL NIL) ("IMAGE" "PNG" NIL NIL NIL "BASE64" 4) 3) "MIXED") "MIXED"))"#;
    let same = r#"(("message" "rfc822" NIL NIL NIL "7bit" 9 (NIL "S" NIL NIL NIL NIL NIL NIL NIL NIL) ("image" "png" NIL NIL NIL "base64" 4) 3) "mixed") "mixed""#;
    let expects = |structure: &str| format!("* 1 FETCH (BODY ({structure}))");
    check(&[
        (&expects(same), message, true),
        (&expects(&same.replace("\"S\"", "\"s\"")), message, false),
        (&expects(&same.replace("png", "gif")), message, false),
    ]);
}

#[test]
fn a_captured_list_is_kept_whole() {
    let long = "x".repeat(5000);
    let bindings = one("* ID ${said = any}", &format!("* ID (\"name\" \"{long}\")")).unwrap();
    assert_eq!(bindings.get("said"), Some(format!("(\"name\" \"{long}\")").as_bytes()));
}

#[test]
fn annotations_have_no_order() {
    check(&[
        ("* METADATA Work (/a \"1\" /b NIL)", "* METADATA Work (\"/b\" NIL \"/a\" \"1\")", true),
        ("* METADATA Work (/a \"1\" /b NIL)", "* METADATA Work (/b \"1\" /a NIL)", false),
        ("* METADATA Work (/a \"1\")", "* METADATA Work (/b NIL /a \"1\")", false),
        ("* METADATA Work (... \"1\" ...)", "* METADATA Work (/b NIL /a \"1\")", true),
        ("* METADATA Work (... \"1\" ...)", "* METADATA Work (/b NIL /a \"2\")", false),
        ("* METADATA Work /a", "* METADATA Work /a", true),
        ("* METADATA Work /a", "* METADATA Work /b", false),
    ]);
}
