//! RFC 4469, section 3.1: a message that is put together from parts of others.

use super::Scene;

const PLAN: &str = "\
Subject: the plan
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

silver
--b--
";

#[tokio::test]
async fn section_3_1_texts_and_parts_of_another_message() {
    let scene = Scene::new().await.mailbox("Drafts", &[("", PLAN)]).await;
    let transcript = r#"
        C: A003 APPEND Drafts (\Seen \Draft $MDNSent) CATENATE (URL "/Drafts;UIDVALIDITY=${validity}/;UID=1/;SECTION=HEADER" TEXT {5}
        S: + ...
        C: --b
        C:  URL "/Drafts/;UID=1/;SECTION=1.MIME" URL "/Drafts/;UID=1/;SECTION=1" TEXT {9}
        S: + ...
        C:
        C: --b--
        C: )
        S: A003 OK [APPENDUID ${validity} 2] ...
        C: A004 STATUS Drafts (MESSAGES SIZE)
        S: * STATUS Drafts (MESSAGES 2 SIZE 210)
        S: A004 OK ...
    "#;
    let mut peer = scene.authenticated().await;
    peer.follow(
        "C: s STATUS Drafts (UIDVALIDITY)\nS: * STATUS Drafts (UIDVALIDITY ${validity})\nS: s OK ...",
    )
    .await;
    let size = 2 * PLAN.replace('\n', "\r\n").len();
    peer.follow_to_the_end(&transcript.replace("210", &size.to_string())).await;
}

/// A part that is not there: nothing is appended, and the URL is named, which the grammar has without the
/// quotes of the example.
#[tokio::test]
async fn section_4_1_badurl() {
    let scene = Scene::new().await.mailbox("Drafts", &[("", PLAN)]).await;
    let transcript = r#"
        C: A003 APPEND Drafts CATENATE (URL "/Drafts/;UID=30")
        S: A003 NO [BADURL /Drafts/;UID=30] ...
        C: A004 STATUS Drafts (MESSAGES)
        S: * STATUS Drafts (MESSAGES 1)
        S: A004 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}
