//! Known answers for the cases over which threading programs have stumbled, and what holds of any
//! set of messages.

use proptest::prelude::*;
use time::OffsetDateTime;

use super::*;
use crate::message::{Header, Span};

/// The threads of messages with these headers, sent in the order in which they stand here unless
/// they have a date of their own.
fn threads(headers: &[&str]) -> String {
    let messages: Vec<Threaded> = headers
        .iter()
        .enumerate()
        .map(|(index, header)| {
            let header = Header::new(header.as_bytes(), Span::new(0, header.len()));
            let arrival = OffsetDateTime::from_unix_timestamp(i64::try_from(index).unwrap()).unwrap();
            Threaded::of(&Facts::new(header, arrival, 1), |facts| facts.references())
        })
        .collect();
    by_references(&messages).write(|place| u32::try_from(place + 1).unwrap())
}

#[test]
fn replies_stand_below_what_they_answer() {
    assert_eq!(
        threads(&[
            "Message-ID: <a@x>\r\nSubject: s\r\n",
            "Message-ID: <b@x>\r\nReferences: <a@x>\r\nSubject: Re: s\r\n",
            "Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\nSubject: Re: s\r\n",
            "Message-ID: <d@x>\r\nIn-Reply-To: <a@x>\r\nSubject: Re: s\r\n",
            "Message-ID: <e@x>\r\nSubject: t\r\n",
        ]),
        "(1 (2 3)(4))(5)"
    );
}

#[test]
fn what_is_missing_is_bridged() {
    // b is not there: c goes to a. Nobody has z: its children are siblings without a parent.
    assert_eq!(
        threads(&[
            "Message-ID: <a@x>\r\nSubject: s\r\n",
            "Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\nSubject: Re: s\r\n",
        ]),
        "(1 2)"
    );
    assert_eq!(
        threads(&[
            "Message-ID: <p@x>\r\nReferences: <z@x>\r\nSubject: one\r\n",
            "Message-ID: <q@x>\r\nReferences: <z@x>\r\nSubject: two\r\n",
        ]),
        "((1)(2))"
    );
    assert_eq!(threads(&["Message-ID: <p@x>\r\nReferences: <y@x> <z@x>\r\nSubject: one\r\n"]), "(1)");
}

#[test]
fn a_loop_of_references_does_not_bite() {
    assert_eq!(
        threads(&[
            "Message-ID: <a@x>\r\nReferences: <b@x>\r\nSubject: one\r\n",
            "Message-ID: <b@x>\r\nReferences: <a@x>\r\nSubject: two\r\n",
        ]),
        "(2 1)"
    );
    assert_eq!(threads(&["Message-ID: <a@x>\r\nReferences: <a@x> <a@x>\r\nSubject: one\r\n"]), "(1)");
    assert_eq!(
        threads(&[
            "Message-ID: <a@x>\r\nReferences: <a@x> <b@x> <c@x> <a@x>\r\nSubject: one\r\n",
            "Message-ID: <b@x>\r\nReferences: <c@x>\r\nSubject: two\r\n",
            "Message-ID: <c@x>\r\nReferences: <b@x>\r\nSubject: three\r\n",
        ])
        .matches(['1', '2', '3'])
        .count(),
        3
    );
}

#[test]
fn the_second_message_with_an_identifier_is_one_without() {
    assert_eq!(
        threads(&[
            "Message-ID: <a@x>\r\nSubject: one\r\n",
            "Message-ID: <a@x>\r\nSubject: two\r\n",
            "Message-ID: <b@x>\r\nReferences: <a@x>\r\nSubject: three\r\n",
        ]),
        "(1 3)(2)"
    );
}

#[test]
fn quoting_of_identifiers_makes_no_difference() {
    assert_eq!(
        threads(&[
            "Message-ID: <\"a\"@x>\r\nSubject: one\r\n",
            "Message-ID: <b@x>\r\nReferences: <a@x>\r\nSubject: two\r\n",
        ]),
        "(1 2)"
    );
}

#[test]
fn a_later_header_corrects_a_guess() {
    // The first message knows of c below a; c itself says that it stands below b.
    assert_eq!(
        threads(&[
            "Message-ID: <d@x>\r\nReferences: <a@x> <c@x>\r\nSubject: d\r\n",
            "Message-ID: <a@x>\r\nSubject: a\r\n",
            "Message-ID: <b@x>\r\nReferences: <a@x>\r\nSubject: b\r\n",
            "Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\nSubject: c\r\n",
        ]),
        "(2 3 4 1)"
    );
}

#[test]
fn threads_of_one_subject_become_one() {
    // A reply without references stands below the original.
    assert_eq!(threads(&["Subject: s\r\n", "Subject: Re: S\r\n", "Subject: [fwd: s]\r\n"]), "(1 (2)(3))");
    assert_eq!(threads(&["Subject: Re: s\r\n", "Subject: s\r\n"]), "(2 1)");
    // Two originals, or two replies, are siblings.
    assert_eq!(threads(&["Subject: s\r\n", "Subject: S\r\n"]), "((1)(2))");
    assert_eq!(threads(&["Subject: Re: s\r\n", "Subject: Re: s\r\n", "Subject: Re: s\r\n"]), "((1)(2)(3))");
    // Those without a subject have nothing in common.
    assert_eq!(threads(&["Subject: \r\n", "Subject: Re:\r\n", ""]), "(1)(2)(3)");
}

#[test]
fn dummies_take_in_what_has_their_subject() {
    assert_eq!(
        threads(&[
            "Message-ID: <p@x>\r\nReferences: <z@x>\r\nSubject: Re: s\r\n",
            "Message-ID: <q@x>\r\nReferences: <z@x>\r\nSubject: Re: s\r\n",
            "Message-ID: <r@x>\r\nReferences: <y@x>\r\nSubject: Re: s\r\n",
            "Message-ID: <t@x>\r\nReferences: <y@x>\r\nSubject: Re: s\r\n",
            "Subject: s\r\n",
        ]),
        "((1)(2)(3)(4)(5))"
    );
}

#[test]
fn siblings_stand_by_the_date_on_which_they_were_sent() {
    assert_eq!(
        threads(&[
            "Message-ID: <a@x>\r\nSubject: s\r\nDate: 1 Jan 2001 00:00 +0000\r\n",
            "Message-ID: <b@x>\r\nReferences: <a@x>\r\nSubject: s\r\nDate: 3 Jan 2001 00:00 +0000\r\n",
            "Message-ID: <c@x>\r\nReferences: <a@x>\r\nSubject: s\r\nDate: 2 Jan 2001 00:00 +0000\r\n",
            "Message-ID: <d@x>\r\nSubject: t\r\nDate: 1 Jan 1999 00:00 +0000\r\n",
        ]),
        "(4)(1 (3)(2))"
    );
}

fn header() -> impl Strategy<Value = String> {
    let id = || (0u8..6).prop_map(|id| format!("<{id}@x>"));
    let subject = prop_oneof![Just(""), Just("s"), Just("Re: s"), Just("t"), Just("Re: t")];
    (proptest::option::of(id()), proptest::collection::vec(id(), 0..4), subject, 0u8..5).prop_map(
        |(own, references, subject, day)| {
            let own = own.map(|own| format!("Message-ID: {own}\r\n")).unwrap_or_default();
            let references = references.join(" ");
            format!(
                "{own}References: {references}\r\nSubject: {subject}\r\nDate: {} Jan 2001 00:00 +0000\r\n",
                day + 1
            )
        },
    )
}

proptest! {
    #[test]
    fn each_message_is_there_once_and_the_lists_fit_the_grammar(
        headers in proptest::collection::vec(header(), 0..12)
    ) {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let written = threads(&headers);
        let mut numbers: Vec<usize> = written
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (1..=headers.len()).collect::<Vec<_>>(), "{}", written);
        prop_assert!(!written.contains("()") && !written.contains(" )") && !written.contains("( "));
        // A list that begins with lists has at least two of them.
        let mut depths = vec![0_usize];
        for character in written.chars() {
            match character {
                '(' => { *depths.last_mut().unwrap() += 1; depths.push(0); }
                ')' => { let lists = depths.pop().unwrap(); prop_assert_ne!(lists, 1, "{}", written); }
                _ => {}
            }
        }
        prop_assert_eq!(depths.len(), 1);
    }
}
