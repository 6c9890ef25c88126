//! RFC 8970, sections 3.1 and 5: PREVIEW.

use super::Scene;

#[tokio::test]
async fn section_3_1_preview() {
    let scene =
        Scene::new().await.mailbox("INBOX", &[("", "Subject: a\n\nThe dome opens at eight.\n")]).await;
    let transcript = r#"
        C: A1 FETCH 1 (PREVIEW)
        S: * 1 FETCH (PREVIEW "The dome opens at eight.")
        S: A1 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_1_at_most_two_hundred_characters() {
    let message = format!("Subject: a\n\n{}", "The dome opens at eight. ".repeat(20));
    let scene = Scene::new().await.mailbox("INBOX", &[("", &message)]).await;
    let preview = "The dome opens at eight. ".repeat(8);
    let transcript = format!(
        r#"
        C: A2 FETCH 1 (RFC822.SIZE PREVIEW)
        S: * 1 FETCH (RFC822.SIZE 514 PREVIEW "{}")
        S: A2 OK ...
    "#,
        preview.trim_end()
    );
    scene.selected("INBOX").await.follow_to_the_end(&transcript).await;
}

/// A message without text has an empty preview. This server has them all at hand, so that it is
/// never NIL.
#[tokio::test]
async fn example_2_lazily() {
    let messages =
        [("", "Date: 1 Feb 2024 10:00:00 +0000\n\nOne.\n"), ("", "Date: 2 Feb 2024 10:00:00 +0000\n\n")];
    let scene = Scene::new().await.mailbox("INBOX", &messages).await;
    let transcript = r#"
        C: B1 FETCH 1:2 (ENVELOPE PREVIEW (LAZY))
        S: * 1 FETCH (ENVELOPE ("1 Feb 2024 10:00:00 +0000" NIL NIL NIL NIL NIL NIL NIL NIL NIL)
           PREVIEW "One.")
        S: * 2 FETCH (ENVELOPE ("2 Feb 2024 10:00:00 +0000" NIL NIL NIL NIL NIL NIL NIL NIL NIL)
           PREVIEW "")
        S: B1 OK ...
        C: B2 FETCH 1:2 (PREVIEW)
        S: * 1 FETCH (PREVIEW "One.")
        S: * 2 FETCH (PREVIEW "")
        S: B2 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_3_of_what_a_search_saved() {
    let messages = [("", "From: a@b.example\n\nOne.\n"), ("", "From: foo@b.example\n\nTwo.\n")];
    let scene = Scene::new().await.mailbox("INBOX", &messages).await;
    let transcript = r#"
        C: C2 SEARCH RETURN (SAVE) FROM "FOO"
        C: C3 FETCH $ (UID PREVIEW (LAZY))
        S: C2 OK ...
        S: * 2 FETCH (UID 2 PREVIEW "Two.")
        S: C3 OK ...
        C: C4 UID FETCH 2 (PREVIEW)
        S: * 2 FETCH (UID 2 PREVIEW "Two.")
        S: C4 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}
