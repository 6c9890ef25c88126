//! RFC 3502, section 6.3.11: several messages in one APPEND.

use super::Scene;

#[tokio::test]
async fn section_6_3_11_both_messages_are_appended() {
    let scene = Scene::new().await.flagged("saved-messages", &[]).await;
    let transcript = r#"
        C: A003 APPEND saved-messages (\Seen) {67}
        S: + ...
        C: From: ada@observatory.example
        C: Subject: eclipse
        C:
        C: At noon, then?
        C:  (\Seen) " 7-Feb-2024 22:43:04 -0800" {69}
        S: + ...
        C: From: kohm@workshop.example
        C: Subject: Re: eclipse
        C:
        C: Noon suits me.
        C:
        S: A003 OK [APPENDUID ${validity} 1:2] ...
        C: A003b STATUS saved-messages (MESSAGES UNSEEN)
        S: * STATUS saved-messages (MESSAGES 2 UNSEEN 0)
        S: A003b OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

/// The server of the example refuses before it asks for the literal; here the refusal comes behind it.
#[tokio::test]
async fn section_6_3_11_a_mailbox_that_could_be_made() {
    let transcript = r"
        C: A004 APPEND bogusname (\Flagged) {14}
        S: + ...
        C: Subject: hmm
        C:
        S: A004 NO [TRYCREATE] ...
        ";
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}

/// The second message is too large: not even the first is appended.
#[tokio::test]
async fn section_6_3_11_all_or_none() {
    let scene = Scene::new().await.flagged("test", &[]).await;
    let transcript = r"
        C: A005 APPEND test (\Flagged) {19}
        S: + ...
        C: Subject: hmm
        C:
        C: b
        C:  {100001}
        S: A005 NO [TOOBIG] ...
        C: A006 STATUS test (MESSAGES)
        S: * STATUS test (MESSAGES 0)
        S: A006 OK ...
        ";
    scene.authenticated().await.follow_to_the_end(transcript).await;
}
