//! RFC 4315, sections 2.1 and 3: UID EXPUNGE, APPENDUID and COPYUID. What section 3 shows of UIDNOTSTICKY
//! is of a mailbox without lasting UIDs, of which the server has none.

use super::{Scene, quietly};

#[tokio::test]
async fn section_2_1_uid_expunge() {
    let deleted = "\\Deleted";
    let scene = Scene::new().await.flagged("INBOX", &[deleted, "", deleted, deleted, deleted, deleted]).await;
    let transcript = r"
        C: A003 UID EXPUNGE 2:5
        S: * 3 EXPUNGE
        S: * 3 EXPUNGE
        S: * 3 EXPUNGE
        S: A003 OK ...
        C: A004 UID SEARCH ALL
        S: * SEARCH 1 2 6
        S: A004 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_3_appenduid_and_copyuid() {
    let scene = Scene::new().await.flagged("INBOX", &["", "\\Deleted", "", "", "\\Deleted", ""]).await;
    let scene = scene.flagged("meeting", &["", "", ""]).await;
    let mut peer = scene.selected("INBOX").await;
    quietly(&mut peer, "EXPUNGE").await;
    let transcript = r"
        C: A003 APPEND meeting (\Seen) {19}
        S: + ...
        C: Subject: hmm
        C:
        C: b
        C:
        S: A003 OK [APPENDUID ${validity} 4] ...
        C: A004 COPY 2:4 meeting
        S: A004 OK [COPYUID ${validity} 3:4,6 5:7] ...
        C: A005 UID COPY 305:310 meeting
        S: A005 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}
