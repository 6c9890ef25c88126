//! RFC 5256: SORT and THREAD, the examples under these commands.

use super::Scene;

/// A message with a subject, a day of February, an identifier and what it answers.
fn letter(subject: &str, day: u32, id: &str, answers: &str) -> String {
    let references = if answers.is_empty() { String::new() } else { format!("References: {answers}\n") };
    format!(
        "Date: {day} Feb 2024 10:00:00 +0000\nSubject: {subject}\nMessage-ID: <{id}@a>\n{references}\nb\n"
    )
}

async fn scene(letters: &[String]) -> Scene {
    let messages: Vec<_> = letters.iter().map(|letter| ("", letter.as_str())).collect();
    Scene::new().await.mailbox("INBOX", &messages).await
}

#[tokio::test]
async fn sort() {
    let letters = [
        letter("oak", 3, "1", ""),
        letter("Re: oak", 4, "2", ""),
        letter("elm", 1, "3", ""),
        letter("Fwd: fir", 2, "4", ""),
        letter("ELM", 5, "5", ""),
    ];
    let transcript = r#"
        C: A282 SORT (SUBJECT) UTF-8 SINCE 1-Feb-2024
        S: * SORT 3 5 4 1 2
        S: A282 OK ...
        C: A283 SORT (SUBJECT REVERSE DATE) UTF-8 ALL
        S: * SORT 5 3 4 2 1
        S: A283 OK ...
        C: A284 SORT (SUBJECT) US-ASCII TEXT "not in mailbox"
        S: * SORT
        S: A284 OK ...
    "#;
    scene(&letters).await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// 1 stands alone; 2 has one answer; 4 has two answers, of which the second is answered again.
#[tokio::test]
async fn thread() {
    let letters = [
        letter("ash", 1, "1", ""),
        letter("oak", 2, "2", ""),
        letter("Re: oak", 3, "3", "<2@a>"),
        letter("elm", 4, "4", ""),
        letter("Re: elm", 5, "5", "<4@a>"),
        letter("Re: elm", 6, "6", "<4@a>"),
        letter("Re: elm", 7, "7", "<4@a> <6@a>"),
    ];
    let transcript = r#"
        C: A283 THREAD ORDEREDSUBJECT UTF-8 SINCE 5-Feb-2000
        S: * THREAD (1)(2 3)(4 (5)(6)(7))
        S: A283 OK ...
        C: A284 THREAD ORDEREDSUBJECT US-ASCII TEXT "gewgaw"
        S: * THREAD
        S: A284 OK ...
        C: A285 THREAD REFERENCES UTF-8 SINCE 5-Feb-2000
        S: * THREAD (1)(2 3)(4 (5)(6 7))
        S: A285 OK ...
    "#;
    scene(&letters).await.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// Messages of one subject whose parent nobody has are siblings under a message that is not there.
#[tokio::test]
async fn thread_below_a_message_that_is_missing() {
    let letters = [
        letter("Re: ash", 1, "1", "<0@a>"),
        letter("Re: ash", 2, "2", "<0@a>"),
        letter("Re: ash", 3, "3", "<0@a> <2@a>"),
    ];
    let transcript = r"
        C: A285 THREAD REFERENCES UTF-8 ALL
        S: * THREAD ((1)(2 3))
        S: A285 OK ...
        ";
    scene(&letters).await.selected("INBOX").await.follow_to_the_end(transcript).await;
}
