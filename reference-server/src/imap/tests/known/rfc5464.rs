//! RFC 5464, section 4: annotations of a mailbox and of the server.

use super::{Scene, quietly};

/// The server tells whom to write to, which nobody sets (section 6.2.2), where the RFC has a comment.
#[tokio::test]
async fn sections_4_2_and_4_4_1_getmetadata_of_the_server() {
    let mut peer = Scene::new().await.authenticated().await;
    quietly(&mut peer, "SETMETADATA \"\" (/private/comment \"my own\")").await;
    let transcript = r#"
        C: a1 GETMETADATA "" /shared/admin
        S: * METADATA "" (/shared/admin "mailto:postmaster@example.test")
        S: a1 OK ...
        C: a2 GETMETADATA "" /private/comment
        S: * METADATA "" (/private/comment "my own")
        S: a2 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// Section 4.4.1 has two entries without parentheses around them, which its grammar has not: they are
/// refused.
#[tokio::test]
async fn sections_4_2_and_4_4_1_getmetadata() {
    let mut peer = Scene::new().await.authenticated().await;
    quietly(&mut peer, "SETMETADATA INBOX (/shared/comment \"of all\" /private/comment \"my own\")").await;
    let transcript = r#"
        C: a1 GETMETADATA INBOX /private/comment
        S: * METADATA INBOX (/private/comment "my own")
        S: a1 OK ...
        C: a2 GETMETADATA INBOX (/shared/comment /private/comment)
        S: * METADATA INBOX (/shared/comment "of all" /private/comment "my own")
        S: a2 OK ...
        C: a3 GETMETADATA "INBOX" (/private/comment /shared/comment)
        S: * METADATA INBOX (/private/comment "my own" /shared/comment "of all")
        S: a3 OK ...
        C: a4 GETMETADATA "INBOX" /private/comment /shared/comment
        S: a4 BAD ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// Options stand before the mailbox in the grammar and behind it in the examples; either is taken.
#[tokio::test]
async fn sections_4_2_1_and_4_2_2_maxsize_and_depth() {
    let mut peer = Scene::new().await.authenticated().await;
    let long = "x".repeat(2199);
    quietly(&mut peer, &format!("SETMETADATA INBOX (/shared/comment \"{long}\" /private/comment \"short\")"))
        .await;
    let values = "/private/filters/values";
    let filters = format!("({values}/small \"SMALLER 5000\" {values}/boss \"FROM \\\"ada@a.example\\\"\")");
    quietly(&mut peer, &format!("SETMETADATA INBOX {filters}")).await;
    let transcript = r#"
        C: a1 GETMETADATA "INBOX" (MAXSIZE 1024) (/shared/comment /private/comment)
        S: * METADATA INBOX (/private/comment "short")
        S: a1 OK [METADATA LONGENTRIES 2199] ...
        C: a2 GETMETADATA "INBOX" (DEPTH 1) (/private/filters/values)
        S: * METADATA INBOX (/private/filters/values/boss "FROM \"ada@a.example\""
           /private/filters/values/small "SMALLER 5000")
        S: a2 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_4_3_setmetadata() {
    let transcript = r#"
        C: a1 SETMETADATA INBOX (/private/comment {19}
        S: + ...
        C: across
        C: two lines
        C: )
        S: a1 OK ...
        C: a2 SETMETADATA INBOX (/private/comment NIL)
        S: a2 OK ...
        C: a3 SETMETADATA INBOX (/private/comment "mine" /shared/comment "for you")
        S: a3 OK ...
        C: a4 GETMETADATA INBOX (/private/comment /shared/comment)
        S: * METADATA INBOX (/private/comment "mine" /shared/comment "for you")
        S: a4 OK ...
    "#;
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}

/// One more than a hundred; and, of which there is no example, a value that is too large. (NOPRIVATE the
/// server has no cause for.)
#[tokio::test]
async fn section_4_3_toomany_and_maxsize() {
    let mut peer = Scene::new().await.authenticated().await;
    for number in 0..100 {
        quietly(&mut peer, &format!("SETMETADATA INBOX (/private/vendor/a/n{number} \"x\")")).await;
    }
    let transcript = r#"
        C: a1 SETMETADATA INBOX (/private/comment "mine")
        S: a1 NO [METADATA TOOMANY] ...
        C: a2 SETMETADATA INBOX (/private/vendor/a/n1 {8193}
        S: a2 NO [METADATA MAXSIZE 8192] ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// What another session of the same user changes, for a client that has said that it listens.
#[tokio::test]
async fn section_4_4_2_unsolicited_responses() {
    let scene = Scene::new().await;
    let mut peer = scene.authenticated().await;
    peer.follow("C: a0 ENABLE METADATA\nS: * ENABLED METADATA\nS: a0 OK ...").await;
    let mut other = scene.authenticated().await;
    quietly(&mut other, "SETMETADATA \"\" (/private/comment \"x\")").await;
    peer.follow("C: a1 NOOP\nS: * METADATA \"\" /private/comment\nS: a1 OK ...").await;
    quietly(&mut other, "SETMETADATA INBOX (/shared/comment \"x\" /private/comment \"y\")").await;
    let transcript = r"
        C: a2 NOOP
        S: * METADATA INBOX /private/comment /shared/comment
        S: a2 OK ...
        C: a3 NOOP
        S: a3 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}
