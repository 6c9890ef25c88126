//! RFC 8508, sections 3.2, 3.3 and 4.2: REPLACE. The message that is replaced goes before the new one is
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

/// A draft gets its first fields, without being sent again.
#[tokio::test]
async fn section_4_2_catenate() {
    let scene = Scene::new().await.flagged("Drafts", &["", "", ""]).await;
    let transcript = r#"
        C: A010 APPEND Drafts (\Seen \Draft) {54}
        S: + ...
        C: From: ada@observatory.example
        C:
        C: We saw Saturn.
        C: Ada
        C:
        S: * 4 EXISTS
        S: * 1 RECENT
        S: A010 OK [APPENDUID ${validity} 4] ...
        C: A011 UID REPLACE 4 Drafts CATENATE (TEXT {49}
        S: + ...
        C: To: karl@workshop.example
        C: Subject: first light
        C:  URL "/Drafts/;UID=4")
        S: * OK [APPENDUID ${validity} 5] ...
        S| * 4 EXPUNGE
        S| * 4 EXISTS
        S| * ${recent} RECENT
        S: A011 OK [HIGHESTMODSEQ ${modseq}] ...
        C: A012 FETCH 4 BODY.PEEK[]
        S: * 4 FETCH (BODY[] {103}
        S: To: karl@workshop.example
        S: Subject: first light
        S: From: ada@observatory.example
        S:
        S: We saw Saturn.
        S: Ada
        S: )
        S: A012 OK ...
    "#;
    scene.selected("Drafts").await.follow_to_the_end(transcript).await;
}
