//! RFC 7162, the numbered examples of CONDSTORE in section 3.1. Example 2 is of mailboxes without
//! modification sequences, which the server does not have. The server
//! tells each change with its UID, which section 3.2.4 asks for where QRESYNC is enabled, and FLAGS
//! when a keyword is new.

use super::{Scene, quietly};
use crate::testing::Peer;

/// Notes the modification sequences of four messages, in the order of their numbers.
async fn four(scene: &Scene) -> Peer {
    let mut peer = scene.selected("INBOX").await;
    let transcript = r"
        C: a FETCH 1:4 (MODSEQ)
        S: * OK [HIGHESTMODSEQ ${highest}] ...
        S: * 1 FETCH (MODSEQ (${first}))
        S: * 2 FETCH (MODSEQ (${second}))
        S: * 3 FETCH (MODSEQ (${third}))
        S: * 4 FETCH (MODSEQ (${fourth}))
        S: a OK ...
        ";
    peer.follow(transcript).await;
    peer
}

#[tokio::test]
async fn example_1_select() {
    let transcript = r"
        C: A142 SELECT INBOX
        S| * 1 EXISTS
        S| * 0 RECENT
        S| * OK [UNSEEN 1] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 2] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A142 OK [READ-WRITE] ...
        ";
    Scene::new()
        .await
        .flagged("INBOX", &[""])
        .await
        .authenticated()
        .await
        .follow_to_the_end(transcript)
        .await;
}

#[tokio::test]
async fn example_3_all_messages_pass_the_test() {
    let peer = four(&Scene::new().await.flagged("INBOX", &["", "", "", ""]).await).await;
    let transcript = r"
        C: a103 UID STORE 4,2,1 (UNCHANGEDSINCE ${highest}) +FLAGS.SILENT (\Deleted)
        S: * 1 FETCH (UID 1 MODSEQ (${new}))
        S: * 2 FETCH (UID 2 MODSEQ (${new}))
        S: * 4 FETCH (UID 4 MODSEQ (${new}))
        S: a103 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_4_the_last_message() {
    let peer = four(&Scene::new().await.flagged("INBOX", &["", "", "", ""]).await).await;
    let transcript = r"
        C: a104 STORE * (UNCHANGEDSINCE ${highest}) +FLAGS.SILENT (\Deleted $Processed)
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Processed)
        S: * 4 FETCH (UID 4 MODSEQ (${new}))
        S: a104 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// The first command that enables CONDSTORE tells the highest sequence.
#[tokio::test]
async fn example_5_the_first_command_of_its_kind() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Deleted"]).await;
    let transcript = r"
        C: c101 STORE 1 (UNCHANGEDSINCE 12121230045) -FLAGS.SILENT (\Deleted)
        S: * OK [HIGHESTMODSEQ ${highest}] ...
        S: * 1 FETCH (UID 1 MODSEQ (${new}))
        S: c101 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// With what changed of those that failed, as in the second form of the example.
#[tokio::test]
async fn example_6_some_do_not_pass() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Seen", "", "\\Deleted", ""]).await;
    let mut peer = four(&scene).await;
    let mut other = scene.selected("INBOX").await;
    quietly(&mut other, "STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    quietly(&mut other, "STORE 3 FLAGS.SILENT (\\Answered)").await;
    let transcript = r"
        C: d105 STORE 1,2,3 (UNCHANGEDSINCE ${highest}) +FLAGS.SILENT (\Deleted)
        S| * 1 FETCH (UID 1 FLAGS (\Seen \Deleted) MODSEQ (${one}))
        S| * 2 FETCH (UID 2 MODSEQ (${two}))
        S| * 3 FETCH (UID 3 FLAGS (\Answered) MODSEQ (${three}))
        S: d105 OK [MODIFIED 1,3] ...
        ";
    peer.follow(transcript).await;
    peer.ends().await;
}

#[tokio::test]
async fn example_7_the_sequence_zero_always_fails() {
    let peer = four(&Scene::new().await.flagged("INBOX", &["", "", "", ""]).await).await;
    let transcript = r"
        C: a102 STORE 2 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)
        S: * 2 FETCH (UID 2 FLAGS () MODSEQ (${second}))
        S: a102 OK [MODIFIED 2] ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// The same with a poll between, as the second exchange of example 9 has it: a server need not say at
/// once what has changed, and this one does.
#[tokio::test]
async fn examples_8_and_9_a_poll_between() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", ""]).await;
    let mut peer = scene.selected("INBOX").await;
    let transcript = r"
        C: a FETCH 1:3 (MODSEQ)
        S: * OK [HIGHESTMODSEQ ${highest}] ...
        S: * 1 FETCH (MODSEQ (${first}))
        S: * 2 FETCH (MODSEQ (${second}))
        S: * 3 FETCH (MODSEQ (${third}))
        S: a OK ...
        ";
    peer.follow(transcript).await;
    quietly(&mut scene.selected("INBOX").await, "STORE 2 +FLAGS.SILENT (\\Deleted \\Answered)").await;
    let transcript = r"
        C: b107 NOOP
        S: * 2 FETCH (UID 2 FLAGS (\Deleted \Answered) MODSEQ (${others}))
        S: b107 OK ...
        C: b108 STORE 2 (UNCHANGEDSINCE ${others}) +FLAGS.SILENT ($Processed)
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Processed)
        S: * 2 FETCH (UID 2 MODSEQ (${new}))
        S: b108 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// Example 10, in the form that needs no poll: another client was first with message 2.
#[tokio::test]
async fn example_10_the_flag_is_set_already() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "", ""]).await;
    let peer = four(&scene).await;
    quietly(&mut scene.selected("INBOX").await, "STORE 2 +FLAGS.SILENT ($Processed)").await;
    let transcript = r"
        C: a106 STORE 1:4 (UNCHANGEDSINCE ${highest}) +FLAGS.SILENT ($Processed)
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Processed)
        S| * 1 FETCH (UID 1 MODSEQ (${new}))
        S| * 2 FETCH (UID 2 FLAGS ($Processed) MODSEQ (${others}))
        S| * 3 FETCH (UID 3 MODSEQ (${new}))
        S| * 4 FETCH (UID 4 MODSEQ (${new}))
        S: a106 OK [MODIFIED 2] ...
        C: b108 STORE 2 (UNCHANGEDSINCE ${others}) -FLAGS.SILENT ($Processed)
        S: * 2 FETCH (UID 2 MODSEQ (${newer}))
        S: b108 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// Example 10, in the last form, which is that of a server that compares flags (section 3.1.12).
#[tokio::test]
async fn example_10_another_flag_is_set() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "", ""]).await;
    let peer = four(&scene).await;
    quietly(&mut scene.selected("INBOX").await, "STORE 2 +FLAGS.SILENT (\\Deleted \\Answered)").await;
    let transcript = r"
        C: a106 STORE 1:4 (UNCHANGEDSINCE ${highest}) +FLAGS.SILENT ($Processed)
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Processed)
        S| * 1 FETCH (UID 1 MODSEQ (${new}))
        S| * 2 FETCH (UID 2 FLAGS (\Answered \Deleted $Processed) MODSEQ (${new}))
        S| * 3 FETCH (UID 3 MODSEQ (${new}))
        S| * 4 FETCH (UID 4 MODSEQ (${new}))
        S: a106 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// Messages 3 and 4 are gone: 1 is changed, 2 has been changed by another. That there is more to be
/// told is said by HIGHESTMODSEQ, as in the example of section 5.3.
#[tokio::test]
async fn example_11_some_of_the_messages_are_gone() {
    let scene = Scene::new().await.flagged("INBOX", &["", "\\Seen", "\\Deleted", "\\Deleted"]).await;
    let peer = four(&scene).await;
    let mut other = scene.selected("INBOX").await;
    quietly(&mut other, "STORE 2 FLAGS.SILENT (\\Answered)").await;
    quietly(&mut other, "EXPUNGE").await;
    let transcript = r"
        C: B001 STORE 1:4 (UNCHANGEDSINCE ${highest}) +FLAGS (\SEEN)
        S| * 1 FETCH (UID 1 FLAGS (\Seen) MODSEQ (${one}))
        S| * 2 FETCH (UID 2 FLAGS (\Answered) MODSEQ (${two}))
        S: * OK [HIGHESTMODSEQ ${highest}] ...
        S: B001 NO [MODIFIED 2] ...
        C: B002 NOOP
        S: * 3 EXPUNGE
        S: * 3 EXPUNGE
        S: B002 OK ...
        C: b003 STORE 2 (UNCHANGEDSINCE ${two}) +FLAGS (\Seen)
        S: * 2 FETCH (UID 2 FLAGS (\Answered \Seen) MODSEQ (${new}))
        S: b003 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_12_what_changed_since() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "", ""]).await;
    let mut peer = four(&scene).await;
    for (message, flag) in [(1, "\\Seen"), (2, "\\Deleted"), (4, "$NotJunk")] {
        quietly(&mut peer, &format!("STORE {message} +FLAGS.SILENT ({flag})")).await;
    }
    let transcript = r"
        C: s100 UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${highest})
        S: * 1 FETCH (UID 1 FLAGS (\Seen) MODSEQ (${one}))
        S: * 2 FETCH (UID 2 FLAGS (\Deleted) MODSEQ (${two}))
        S: * 4 FETCH (UID 4 FLAGS ($NotJunk) MODSEQ (${four}))
        S: s100 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_13_sequences_are_fetched() {
    four(&Scene::new().await.flagged("INBOX", &["", "", "", ""]).await).await.ends().await;
}

/// Two sessions of alice and one of bob, who may read her mailbox. To this server all flags are shared,
/// so that bob is told of `\Seen` too, where the example has it as a flag of each user's own.
#[tokio::test]
async fn example_14_three_sessions() {
    let scene = Scene::new().await.flagged("Work", &["", "\\Answered"]).await;
    let mut first = scene.authenticated().await;
    quietly(&mut first, "SETACL Work bob lrswt").await;
    let mut second = scene.authenticated().await;
    let mut third = scene.authenticated_as("bob").await;
    for (peer, name) in
        [(&mut first, "Work"), (&mut second, "Work"), (&mut third, "\"Other Users/alice/Work\"")]
    {
        quietly(peer, &format!("SELECT {name} (CONDSTORE)")).await;
    }
    for (command, told) in [
        ("+FLAGS.SILENT (\\Deleted)", "(\\Deleted \\Answered)"),
        ("+FLAGS.SILENT (\\Seen)", "(\\Deleted \\Answered \\Seen)"),
        ("-FLAGS.SILENT (\\Answered \\Seen)", "(\\Deleted)"),
    ] {
        let stored =
            format!("C: A160 STORE 2 {command}\nS: * 2 FETCH (UID 2 MODSEQ (${{modseq}}))\nS: A160 OK ...");
        first.follow(&stored).await;
        let modseq = first.noted("modseq").to_owned();
        first.forget("modseq");
        for peer in [&mut second, &mut third] {
            let polled =
                format!("C: C180 NOOP\nS: * 2 FETCH (UID 2 FLAGS {told} MODSEQ ({modseq}))\nS: C180 OK ...");
            peer.follow(&polled).await;
        }
    }
}

/// The highest sequence of those found stands behind them.
#[tokio::test]
async fn examples_15_and_16_search() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "", ""]).await;
    let mut peer = four(&scene).await;
    quietly(&mut peer, "STORE 2 +FLAGS.SILENT (\\Draft)").await;
    let transcript = r#"
        C: a0 FETCH 2 (MODSEQ)
        S: * 2 FETCH (MODSEQ (${new}))
        S: a0 OK ...
        C: a SEARCH MODSEQ "/flags/\\draft" all ${third}
        S: * SEARCH 2 3 4 (MODSEQ ${new})
        S: a OK ...
        C: t SEARCH OR NOT MODSEQ 1 LARGER 50000
        S: * SEARCH
        S: t OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_17_status() {
    let peer = Scene::new().await.flagged("plans", &["", ""]).await.authenticated().await;
    let transcript = r"
        C: A042 STATUS plans (UIDNEXT MESSAGES HIGHESTMODSEQ)
        S: * STATUS plans (UIDNEXT 3 MESSAGES 2 HIGHESTMODSEQ ${modseq})
        S: A042 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_18_select_with_condstore() {
    let transcript = r"
        C: A142 SELECT INBOX (CONDSTORE)
        S| * 1 EXISTS
        S| * 0 RECENT
        S| * OK [UNSEEN 1] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 2] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A142 OK [READ-WRITE] ...
        C: A143 STORE 1 +FLAGS.SILENT (\Seen)
        S: * 1 FETCH (UID 1 MODSEQ (${new}))
        S: A143 OK ...
        ";
    Scene::new()
        .await
        .flagged("INBOX", &[""])
        .await
        .authenticated()
        .await
        .follow_to_the_end(transcript)
        .await;
}

#[tokio::test]
async fn examples_19_and_20_extended_search_and_sort() {
    let peer = four(&Scene::new().await.flagged("INBOX", &["", "", "", ""]).await).await;
    let transcript = r#"
        C: a SEARCH RETURN (ALL) MODSEQ ${second}
        S: * ESEARCH (TAG "a") ALL 2:4 MODSEQ ${fourth}
        S: a OK ...
        C: b SORT RETURN (ALL) (REVERSE ARRIVAL) UTF-8 MODSEQ ${second}
        S: * ESEARCH (TAG "b") ALL 2:4 MODSEQ ${fourth}
        S: b OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}
