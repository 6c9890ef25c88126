//! RFC 5032, section 4: YOUNGER and OLDER.

use std::time::{Duration, SystemTime};

use super::Scene;

#[tokio::test]
async fn section_4_of_the_last_three_days() {
    let scene = Scene::new().await.flagged("INBOX", &["", "\\Seen"]).await;
    for (days, flags) in [(2, ""), (2, "\\Seen"), (4, ""), (0, "")] {
        let when = SystemTime::now() - Duration::from_secs(days * 86_400);
        let date = time::OffsetDateTime::from(when);
        let month = &date.month().to_string()[..3];
        let (hour, minute, second) = date.to_hms();
        let date =
            format!("{:02}-{month}-{} {hour:02}:{minute:02}:{second:02} +0000", date.day(), date.year());
        scene.arrives_on(&date, "INBOX", flags, "Subject: a\n\n").await;
    }
    let transcript = r"
        C: a1 SEARCH UNSEEN YOUNGER 259200
        S: * SEARCH 3 6
        S: a1 OK ...
        C: a2 SEARCH UNSEEN OLDER 259200
        S: * SEARCH 1 5
        S: a2 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}
