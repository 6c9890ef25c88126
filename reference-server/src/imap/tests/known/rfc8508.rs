//! RFC 8508, sections 3.2 and 3.3: REPLACE. The message that is replaced goes before the new one is
//! told, which the RFC leaves open.

use super::Scene;

async fn drafts() -> Scene {
    Scene::new().await.flagged("Drafts", &["", "", "", "\\Draft"]).await
}

#[tokio::test]
async fn section_3_2_replace() {
    let transcript = r"
        C: A003 REPLACE 4 Drafts (\Seen \Draft) {71}
        S: + ...
        C: From: ada@observatory.example
        C: Subject: first light
        C:
        C: We saw Saturn.
        C:
        S: * OK [APPENDUID ${validity} 5] ...
        S| * 4 EXPUNGE
        S| * 4 EXISTS
        S| * 1 RECENT
        S: A003 OK [HIGHESTMODSEQ ${modseq}] ...
        ";
    drafts().await.selected("Drafts").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_3_3_uid_replace() {
    let transcript = r"
        C: A004 UID REPLACE 4 Drafts (\Seen \Draft) {91}
        S: + ...
        C: From: ada@observatory.example
        C: Subject: first light
        C:
        C: We saw Saturn.
        C: Come and look too.
        C:
        S: * OK [APPENDUID ${validity} 5] ...
        S| * 4 EXPUNGE
        S| * 4 EXISTS
        S| * 1 RECENT
        S: A004 OK [HIGHESTMODSEQ ${modseq}] ...
        C: A005 UID FETCH 1:* FLAGS
        S: * 1 FETCH (UID 1 FLAGS ())
        S: * 2 FETCH (UID 2 FLAGS ())
        S: * 3 FETCH (UID 3 FLAGS ())
        S: * 4 FETCH (UID 5 FLAGS (\Draft \Recent \Seen))
        S: A005 OK ...
        ";
    drafts().await.selected("Drafts").await.follow_to_the_end(transcript).await;
}
