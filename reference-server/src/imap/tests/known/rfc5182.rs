//! RFC 5182, sections 2.2 to 2.4: saved results. The examples are numbered through. BADCHARSET has
//! parentheses, which its own grammar has too (RFC 3501, section 9).

use super::Scene;

const SMITH: &str = "From: Smith <smith@a.example>\n\n";
const OTHER: &str = "From: b@a.example\n\n";

/// 2 and 4 are flagged and not Smith's, 3 and 5 are junk.
async fn scene() -> Scene {
    let messages = [
        ("\\Flagged", SMITH),
        ("\\Flagged", OTHER),
        ("$Junk", OTHER),
        ("\\Flagged", OTHER),
        ("$Junk", "From: Eric <e@a.example>\n\n"),
    ];
    let scene = Scene::new().await.mailbox("INBOX", &messages).await;
    scene.flagged("Junk", &[]).await
}

#[tokio::test]
async fn example_1_what_was_found_is_fetched() {
    let transcript = r#"
        C: A282 SEARCH RETURN (SAVE) FLAGGED SINCE 1-Feb-2024 NOT FROM "Smith"
        S: A282 OK ...
        C: A283 FETCH $ (UID INTERNALDATE FLAGS RFC822.HEADER)
        S: * 2 FETCH (UID 2 INTERNALDATE "14-Feb-2024 09:30:00 +0100" FLAGS (\Flagged) RFC822.HEADER {21}
        S: From: b@a.example
        S:
        S: )
        S: * 4 FETCH (UID 4 INTERNALDATE "14-Feb-2024 09:30:00 +0100" FLAGS (\Flagged) RFC822.HEADER {21}
        S: From: b@a.example
        S:
        S: )
        S: A283 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_2_both_commands_at_once() {
    let transcript = r#"
        C: A282 SEARCH RETURN (SAVE) FLAGGED SINCE 1-Feb-2024 NOT FROM "Smith"
        C: A283 FETCH $ (UID FLAGS)
        S: A282 OK ...
        S: * 2 FETCH (UID 2 FLAGS (\Flagged))
        S: * 4 FETCH (UID 4 FLAGS (\Flagged))
        S: A283 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_3_a_result_within_a_search() {
    let transcript = r#"
        C: A300 SEARCH RETURN (SAVE) SINCE 1-Jan-2024 NOT FROM "Smith"
        S: A300 OK ...
        C: A301 UID SEARCH UID $ SMALLER 25
        S: * SEARCH 2 3 4
        S: A301 OK ...
        C: A302 UID SEARCH $ SMALLER 25
        S: * SEARCH 2 3 4
        S: A302 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_4_within_a_criterion_of_other_kinds() {
    let transcript = r#"
        C: P282 SEARCH RETURN (SAVE) SINCE 1-Feb-2024 NOT FROM "Smith"
        S: P282 OK ...
        C: P283 SEARCH CHARSET UTF-8 (OR $ 1,4:5) TEXT {5}
        S: + ...
        C: smith
        S: * SEARCH 1
        S: P283 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// The charset is refused; what was saved is left, since the failing search saved nothing.
#[tokio::test]
async fn example_5_a_charset_that_is_not_known() {
    let transcript = r#"
        C: B282 SEARCH RETURN (SAVE) SINCE 1-Feb-2024 NOT FROM "Smith"
        S: B282 OK ...
        C: B283 SEARCH RETURN (SAVE) CHARSET KOI8-R (OR $ 1,4:5) TEXT {4}
        S: + ...
        C: xxxx
        S: B283 NO [BADCHARSET (US-ASCII UTF-8)] ...
        C: B284 SEARCH $
        S: * SEARCH
        S: B284 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_6_nothing_was_found() {
    let transcript = r#"
        C: E282 SEARCH RETURN (SAVE) SINCE 28-Oct-2024 NOT FROM "Eric"
        C: E283 COPY $ "Junk"
        S: E282 OK ...
        S: E283 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_7_copied_and_marked_in_one_go() {
    let transcript = r#"
        C: F282 SEARCH RETURN (SAVE) KEYWORD $Junk
        C: F283 COPY $ "Junk"
        C: F284 STORE $ +FLAGS.Silent (\Deleted)
        S: F282 OK ...
        S: F283 OK [COPYUID ${validity} 3,5 1:2] ...
        S: F284 OK ...
        C: F285 SEARCH DELETED
        S: * SEARCH 3 5
        S: F285 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// This server takes one command after the other.
#[tokio::test]
async fn example_8_a_search_that_does_not_save_beside_one_that_does() {
    let transcript = r#"
        C: G282 SEARCH RETURN (SAVE) KEYWORD $Junk
        C: G283 SEARCH RETURN (ALL) SINCE 28-Jan-2024 FROM "a.example"
        S: G282 OK ...
        S: * ESEARCH (TAG "G283") ALL 1:5
        S: G283 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_9_the_later_result_is_the_one_that_is_kept() {
    let transcript = r#"
        C: H282 SEARCH RETURN (SAVE) KEYWORD $Junk
        C: H283 SEARCH RETURN (SAVE) SINCE 28-Jan-2024 FROM "Eric"
        S: H282 OK ...
        S: H283 OK ...
        C: H284 SEARCH $
        S: * SEARCH 5
        S: H284 OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// Section 2.4: what is saved depends on what is asked for beside SAVE.
#[tokio::test]
async fn example_10_with_other_results() {
    let transcript = r#"
        C: C282 SEARCH RETURN (ALL) SINCE 12-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "C282") ALL 2:5
        S: C282 OK ...
        C: C282b SEARCH $
        S: * SEARCH
        S: C282b OK ...
        C: C283 SEARCH RETURN (ALL SAVE) SINCE 12-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "C283") ALL 2:5
        S: C283 OK ...
        C: C283b SEARCH $
        S: * SEARCH 2 3 4 5
        S: C283b OK ...
        C: C284 SEARCH RETURN (SAVE MIN) SINCE 12-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "C284") MIN 2
        S: C284 OK ...
        C: C284b SEARCH $
        S: * SEARCH 2
        S: C284b OK ...
        C: C285 SEARCH RETURN (MAX SAVE MIN) SINCE 12-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "C285") MAX 5 MIN 2
        S: C285 OK ...
        C: C285b SEARCH $
        S: * SEARCH 2 5
        S: C285b OK ...
        C: C286 SEARCH RETURN (MAX SAVE MIN COUNT) SINCE 12-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "C286") MAX 5 MIN 2 COUNT 4
        S: C286 OK ...
        C: C286b SEARCH $
        S: * SEARCH 2 3 4 5
        S: C286b OK ...
        C: C287 SEARCH RETURN (ALL SAVE MIN) SINCE 12-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "C287") ALL 2:5 MIN 2
        S: C287 OK ...
        C: C287b SEARCH $
        S: * SEARCH 2 3 4 5
        S: C287b OK ...
    "#;
    scene().await.selected("INBOX").await.follow_to_the_end(transcript).await;
}
