//! RFC 5464, section 4: annotations of a mailbox.

use super::{Scene, quietly};

#[tokio::test]
async fn section_4_2_getmetadata() {
    let mut peer = Scene::new().await.authenticated().await;
    quietly(&mut peer, "SETMETADATA INBOX (/shared/comment \"of all\" /private/comment \"my own\")").await;
    let transcript = r#"
        C: a1 GETMETADATA INBOX /private/comment
        S: * METADATA INBOX (/private/comment "my own")
        S: a1 OK ...
        C: a2 GETMETADATA INBOX (/shared/comment /private/comment)
        S: * METADATA INBOX (/shared/comment "of all" /private/comment "my own")
        S: a2 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// Sections 4.2.1 and 4.2.2: options stand before the mailbox in the grammar and behind it in the
/// examples; either is taken.
#[tokio::test]
async fn section_4_2_1_and_4_2_2_maxsize_and_depth() {
    let mut peer = Scene::new().await.authenticated().await;
    let long = "x".repeat(1025);
    quietly(&mut peer, &format!("SETMETADATA INBOX (/private/a \"{long}\" /private/b \"short\")")).await;
    quietly(&mut peer, "SETMETADATA INBOX (/private/f/small \"s\" /private/f/boss \"b\")").await;
    let transcript = r#"
        C: a1 GETMETADATA INBOX (MAXSIZE 1024) (/private/a /private/b)
        S: * METADATA INBOX (/private/b "short")
        S: a1 OK [METADATA LONGENTRIES 1025] ...
        C: a2 GETMETADATA INBOX (DEPTH 1) (/private/f)
        S: * METADATA INBOX (/private/f/boss "b" /private/f/small "s")
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
