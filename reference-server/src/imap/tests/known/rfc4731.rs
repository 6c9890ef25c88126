//! RFC 4731, section 3: ESEARCH.

use super::{Scene, quietly};

const SMITH: &str = "From: Smith <smith@a.example>\n\n";
const OTHER: &str = "From: b@a.example\n\n";

async fn scene() -> Scene {
    let scene = Scene::new().await.mailbox("INBOX", &[("\\Flagged \\Seen", SMITH)]).await;
    let flags = ["\\Flagged \\Seen", "\\Seen", "\\Deleted", "\\Flagged", "\\Flagged"];
    let messages: Vec<_> = flags.iter().map(|flags| (*flags, OTHER)).collect();
    scene.mailbox("INBOX", &messages).await
}

/// Numbers that no message has, as in the example with UIDs, are refused in either kind of SEARCH
/// (RFC 3501, section 9, seq-number), so the range ends with the mailbox.
#[tokio::test]
async fn section_3_1_results_that_are_asked_for() {
    let scene = scene().await;
    let transcript = r#"
        C: A282 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "A282") MIN 2 COUNT 3
        S: A282 OK ...
        C: A283 SEARCH RETURN () FLAGGED SINCE 1-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "A283") ALL 2,5:6
        S: A283 OK ...
        C: A284 SEARCH RETURN (MIN) UNSEEN
        S: * ESEARCH (TAG "A284") MIN 4
        S: A284 OK ...
        C: A285 UID SEARCH RETURN (MIN MAX) 2:6
        S: * ESEARCH (TAG "A285") UID MIN 2 MAX 6
        S: A285 OK ...
        C: A286 SEARCH RETURN (COUNT) DELETED
        S: * ESEARCH (TAG "A286") COUNT 1
        S: A286 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// The highest of the sequences of what is returned: with COUNT that of all that were found.
#[tokio::test]
async fn section_3_2_with_mod_sequences() {
    let scene = scene().await;
    let mut peer = scene.selected("INBOX").await;
    for message in ["4", "2", "6", "3"] {
        quietly(&mut peer, &format!("STORE {message} +FLAGS.SILENT ($Draft)")).await;
    }
    let transcript = r#"
        C: f FETCH 2:6 (MODSEQ)
        S: * OK [HIGHESTMODSEQ ${third}] ...
        S: * 2 FETCH (MODSEQ (${second}))
        S: * 3 FETCH (MODSEQ (${third}))
        S: * 4 FETCH (MODSEQ (${fourth}))
        S: * 5 FETCH (MODSEQ (${fifth}))
        S: * 6 FETCH (MODSEQ (${sixth}))
        S: f OK ...
        C: a1 SEARCH RETURN (MIN) MODSEQ "/flags/\\draft" all ${fourth}
        S: * ESEARCH (TAG "a1") MIN 2 MODSEQ ${second}
        S: a1 OK ...
        C: a2 SEARCH RETURN (MAX) MODSEQ "/flags/\\draft" all ${fourth}
        S: * ESEARCH (TAG "a2") MAX 6 MODSEQ ${sixth}
        S: a2 OK ...
        C: a3 SEARCH RETURN (MIN MAX) MODSEQ "/flags/\\draft" all ${fourth}
        S: * ESEARCH (TAG "a3") MIN 2 MAX 6 MODSEQ ${sixth}
        S: a3 OK ...
        C: a4 SEARCH RETURN (MIN COUNT) MODSEQ "/flags/\\draft" all ${fourth}
        S: * ESEARCH (TAG "a4") MIN 2 COUNT 4 MODSEQ ${third}
        S: a4 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}
