//! RFC 8514, sections 4.2 and 4.3: when a message was saved, which is the day of this test and not
//! that of its arrival.

use super::Scene;

#[tokio::test]
async fn section_4_savedate() {
    let scene = Scene::new().await.flagged("INBOX", &["", ""]).await;
    let now = time::OffsetDateTime::now_utc();
    let day = |date: time::OffsetDateTime| {
        format!("{}-{}-{}", date.day(), &date.month().to_string()[..3], date.year())
    };
    let (today, tomorrow) = (day(now), day(now + time::Duration::days(1)));
    let on_either = format!(
        r#"
        C: A101 FETCH 2 (SAVEDATE)
        S: * 2 FETCH (SAVEDATE "${{saved}}")
        S: A101 OK ...
        C: A102 SEARCH OR SAVEDON {today} SAVEDON {tomorrow}
        S: * SEARCH 1 2
        S: A102 OK ...
        C: A103 SEARCH SAVEDSINCE {today}
        S: * SEARCH 1 2
        S: A103 OK ...
        C: A104 SEARCH SAVEDON 14-Feb-2024
        S: * SEARCH
        S: A104 OK ...
    "#
    );
    scene.selected("INBOX").await.follow_to_the_end(&on_either).await;
}
