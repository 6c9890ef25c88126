//! RFC 4469, appendix A and section 4.1: a message that is put together from parts of others.

use super::{Scene, quietly};
use crate::testing::Peer;

/// A draft of a text and an attachment.
const PLAN: &str = "\
Subject: the plan
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

silver
--b
Content-Type: application/x-zip-compressed
Content-Transfer-Encoding: base64

UEs=
--b--
";

/// The draft, and another attachment by itself; `${validity}` is noted.
async fn desk() -> Peer {
    let scene = Scene::new().await.flagged("Sent", &[]).await;
    let scene = scene.mailbox("Drafts", &[("", PLAN), ("", "Content-Type: image/x-sky\n\n*\n")]).await;
    let mut peer = scene.selected("Drafts").await;
    peer.follow("C: s STATUS Sent (MESSAGES)\nS: * STATUS Sent (MESSAGES 0)\nS: s OK ...").await;
    let status =
        "C: s STATUS Drafts (UIDVALIDITY)\nS: * STATUS Drafts (UIDVALIDITY ${validity})\nS: s OK ...";
    peer.follow(status).await;
    peer
}

/// An attachment gives its place to another.
#[tokio::test]
async fn example_1_an_attachment_is_replaced() {
    let transcript = r#"
        C: A003 APPEND Drafts (\Seen \Draft $MDNSent) CATENATE (URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;section=HEADER" TEXT {5}
        S: + ...
        C: --b
        C:  URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;section=1.MIME" URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;section=1" TEXT {7}
        S: + ...
        C:
        C: --b
        C:  URL "/Drafts;UIDVALIDITY=${validity}/;UID=2" TEXT {7}
        S: + ...
        C: --b--
        C: )
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $MDNSent)
        S: * 3 EXISTS
        S: * 1 RECENT
        S: A003 OK [APPENDUID ${validity} 3] ...
        C: A004 FETCH 3 BODY.PEEK[]
        S: * 3 FETCH (BODY[] {149}
        S: Subject: the plan
        S: Content-Type: multipart/mixed; boundary=b
        S:
        S: --b
        S: Content-Type: text/plain
        S:
        S: silver
        S: --b
        S: Content-Type: image/x-sky
        S:
        S: *
        S: --b--
        S: )
        S: A004 OK ...
    "#;
    desk().await.follow_to_the_end(transcript).await;
}

/// The header section and the text are new, the attachment is the old one.
#[tokio::test]
async fn example_2_a_text_is_edited() {
    let transcript = r#"
        C: A003 APPEND Drafts (\Seen \Draft) CATENATE (TEXT {112}
        S: + ...
        C: Subject: the new plan
        C: Content-Type: multipart/mixed; boundary=b
        C:
        C: --b
        C: Content-Type: text/plain
        C:
        C: gold
        C: --b
        C:  URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;Section=2.MIME" URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;Section=2" TEXT {9}
        S: + ...
        C:
        C: --b--
        C: )
        S: * 3 EXISTS
        S: * 1 RECENT
        S: A003 OK [APPENDUID ${validity} 3] ...
        C: A004 UID STORE 1 +FLAGS.SILENT (\Deleted)
        S: A004 OK ...
    "#;
    desk().await.follow_to_the_end(transcript).await;
}

/// A text stands where the attachment was.
#[tokio::test]
async fn example_3_an_attachment_is_taken_away() {
    let transcript = r#"
        C: A003 APPEND Drafts (\Seen \Draft) CATENATE (URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;section=HEADER" TEXT {5}
        S: + ...
        C: --b
        C:  URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;section=1.MIME" URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;section=1" TEXT {35}
        S: + ...
        C:
        C: --b
        C:
        C: It was too large.
        C: --b--
        C: )
        S: * 3 EXISTS
        S: * 1 RECENT
        S: A003 OK [APPENDUID ${validity} 3] ...
        C: A004 FETCH 3 BODY
        S: * 3 FETCH (BODY (("text" "plain" NIL NIL NIL "7BIT" 6 0)("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 17 0) "mixed"))
        S: A004 OK ...
    "#;
    desk().await.follow_to_the_end(transcript).await;
}

/// A digest, of which one part is not there: nothing is appended, and the URL is named. The server
/// says so when all is sent, and without the quotes of the example, which the grammar does not have.
#[tokio::test]
async fn example_4_a_part_that_is_not_there() {
    let transcript = r#"
        C: A003 APPEND Sent (\Seen) CATENATE (TEXT {44}
        S: + ...
        C: Content-Type: multipart/digest; boundary=b
        C:  TEXT {9}
        S: + ...
        C:
        C:
        C: --b
        C:  URL "/Drafts;UIDVALIDITY=${validity}/;UID=1" TEXT {7}
        S: + ...
        C:
        C: --b
        C:  URL "/Drafts;UIDVALIDITY=${validity}/;UID=7/;section=1.5.9" TEXT {9}
        S: + ...
        C:
        C: --b--
        C: )
        S: A003 NO [BADURL /Drafts;UIDVALIDITY=${validity}/;UID=7/;section=1.5.9] ...
        C: A004 STATUS Sent (MESSAGES)
        S: * STATUS Sent (MESSAGES 0)
        S: A004 OK ...
    "#;
    desk().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_4_1_badurl() {
    let mut peer = desk().await;
    quietly(&mut peer, "UNSELECT").await;
    let transcript = r#"
        C: A003 APPEND Drafts CATENATE (URL "/Drafts/;UID=30")
        S: A003 NO [BADURL /Drafts/;UID=30] ...
        C: A004 STATUS Drafts (MESSAGES)
        S: * STATUS Drafts (MESSAGES 2)
        S: A004 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}
