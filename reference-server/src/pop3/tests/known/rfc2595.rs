//! RFC 2595, section 4: STLS. (The example of STARTTLS for IMAP, section 3.1, is that of RFC 3501, section
//! 6.2.1, and runs there; the others are of ACAP.)

use super::Scene;

#[tokio::test]
async fn section_4_stls() {
    let scene = Scene::new(&[]).await;
    let mut peer = scene.connected().await;
    peer.follow("C: STLS\nS: +OK ...").await;
    let again = "C: STLS\nS: -ERR ...\nC: USER alice\nS: +OK ...\nC: PASS alice-secret\nS: +OK ...";
    peer.start_tls(&scene.identity).await.follow_to_the_end(again).await;
}
