//! RFC 5267, sections 3 and 4: extended SORT, and contexts that are kept up to date.

use super::{Scene, quietly};

#[tokio::test]
async fn section_3_extended_sort_is_in_order_of_the_sort() {
    let flags = ["", "$Junk", "", "\\Deleted", ""];
    let scene = Scene::new().await.mailbox("INBOX", &dated(&flags)).await;
    let transcript = r#"
        C: E01 UID SORT RETURN () (REVERSE DATE) UTF-8 UNDELETED UNKEYWORD $Junk
        S: * ESEARCH (TAG "E01") UID ALL 5,3,1
        S: E01 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// A message each, a day apart.
fn dated<'f>(flags: &[&'f str; 5]) -> [(&'f str, &'static str); 5] {
    const DAYS: [&str; 5] = [
        "Date: 1 Feb 2024 10:00:00 +0000\n\n",
        "Date: 2 Feb 2024 10:00:00 +0000\n\n",
        "Date: 3 Feb 2024 10:00:00 +0000\n\n",
        "Date: 4 Feb 2024 10:00:00 +0000\n\n",
        "Date: 5 Feb 2024 10:00:00 +0000\n\n",
    ];
    [0, 1, 2, 3, 4].map(|at| (flags[at], DAYS[at]))
}

#[tokio::test]
async fn section_4_2_a_context_that_is_only_hinted_at() {
    let scene = Scene::new().await.flagged("INBOX", &["", "$Junk", "\\Deleted", ""]).await;
    let transcript = r#"
        C: A01 SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk
        S: * ESEARCH (TAG "A01") COUNT 2
        S: A01 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// Sections 4.3, 4.3.3 to 4.3.5: what comes in, what goes out, and the end of it.
#[tokio::test]
async fn section_4_3_changes_are_told() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Deleted $Junk", "", "\\Seen $Junk", ""]).await;
    let mut peer = scene.selected("INBOX").await;
    let mut other = scene.selected("INBOX").await;
    peer.follow(
        r#"
        C: B01 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk
        S: * ESEARCH (TAG "B01") UID COUNT 1
        S: B01 OK ...
        C: B01 SORT RETURN (UPDATE) (ARRIVAL) UTF-8 FLAGGED
        S: B01 BAD ...
        "#,
    )
    .await;
    quietly(&mut other, "STORE 3 +FLAGS.SILENT (\\Deleted)").await;
    peer.follow(
        r#"
        C: B02 NOOP
        S: * 3 FETCH (FLAGS (\Deleted \Seen $Junk))
        S: * ESEARCH (TAG "B01") UID ADDTO (0 3)
        S: B02 OK ...
        "#,
    )
    .await;
    quietly(&mut other, "UID EXPUNGE 3").await;
    let transcript = r#"
        C: B03 NOOP
        S: * ESEARCH (TAG "B01") UID REMOVEFROM (0 3)
        S: * 3 EXPUNGE
        S: B03 OK ...
        C: B04 CANCELUPDATE "B01"
        S: B04 OK ...
        C: B05 STORE 2 +FLAGS.SILENT (\Deleted $Junk)
        S: B05 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// In a sorted result the place of what comes in is told.
#[tokio::test]
async fn section_4_3_3_places_in_a_sorted_result() {
    let scene = Scene::new().await.mailbox("INBOX", &dated(&["$A", "", "$A", "", "$A"])).await;
    let mut peer = scene.selected("INBOX").await;
    peer.follow(
        r#"
        C: C01 UID SORT RETURN (UPDATE ALL) (REVERSE DATE) UTF-8 KEYWORD $A
        S: * ESEARCH (TAG "C01") UID ALL 5,3,1
        S: C01 OK ...
        "#,
    )
    .await;
    quietly(&mut scene.selected("INBOX").await, "STORE 4 +FLAGS.SILENT ($A)").await;
    let transcript = r#"
        C: C02 NOOP
        S: * 4 FETCH (FLAGS ($A))
        S: * ESEARCH (TAG "C01") UID ADDTO (2 4)
        S: C02 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// As many as a server cares for; one too many is answered and not kept up to date.
#[tokio::test]
async fn section_4_3_1_updates_that_are_refused() {
    let scene = Scene::new().await.flagged("INBOX", &["$Junk", ""]).await;
    let mut peer = scene.selected("INBOX").await;
    for number in 1..=16 {
        quietly_tagged(&mut peer, &format!("u{number}")).await;
    }
    let transcript = r#"
        C: B02 UID SORT RETURN (UPDATE COUNT) (ARRIVAL) UTF-8 KEYWORD $Junk
        S: * ESEARCH (TAG "B02") UID COUNT 1
        S: * NO [NOUPDATE "B02"] ...
        S: B02 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

async fn quietly_tagged(peer: &mut crate::testing::Peer, tag: &str) {
    let transcript = format!(
        "C: {tag} SEARCH RETURN (UPDATE COUNT) ALL\nS: * ESEARCH (TAG \"{tag}\") COUNT 2\nS: {tag} OK ..."
    );
    peer.follow(&transcript).await;
}

#[tokio::test]
async fn section_4_4_parts_of_a_result() {
    let scene = Scene::new().await.flagged("INBOX", &["", "$Junk", "", "", "\\Deleted", ""]).await;
    let transcript = r#"
        C: A02 UID SEARCH RETURN (PARTIAL 3:6) UNDELETED UNKEYWORD $Junk
        C: A03 UID SEARCH RETURN (PARTIAL 1:2) UNDELETED UNKEYWORD $Junk
        C: A04 UID SEARCH RETURN (PARTIAL 6:9) UNDELETED UNKEYWORD $Junk
        S: * ESEARCH (TAG "A02") UID PARTIAL (3:6 4,6)
        S: A02 OK ...
        S: * ESEARCH (TAG "A03") UID PARTIAL (1:2 1,3)
        S: A03 OK ...
        S: * ESEARCH (TAG "A04") UID PARTIAL (6:9 NIL)
        S: A04 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}
