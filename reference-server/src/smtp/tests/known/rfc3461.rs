//! RFC 3461, section 10: what a sender wants to be told, at its submission (10.1), and the report of
//! a delivery (10.6, whose fields RFC 3464 defines). What goes to the next server with its parameters
//! (10.2 to 10.5) and reports of failures (10.7) are in `tests/outgoing/`.

use super::{Scene, inbox};

#[tokio::test]
async fn section_10_1_and_10_6_submission_and_the_report() {
    let scene = Scene::new().await;
    let transcript = r"
        C: MAIL FROM:<alice@example.test> RET=HDRS ENVID=QQ314159
        S: 250 2.1.0 ...
        C: RCPT TO:<bob@example.test> NOTIFY=SUCCESS ORCPT=rfc822;Bob@example.test
        S: 250 2.1.5 ...
        C: RCPT TO:<carol@ivory.test> NOTIFY=FAILURE ORCPT=rfc822;Carol@ivory.test
        S: 250 2.1.5 ...
        C: RCPT TO:<dana@ivory.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Dana@ivory.test
        S: 250 2.1.5 ...
        C: RCPT TO:<fred@bombs.test> NOTIFY=NEVER
        S: 250 2.1.5 ...
        C: DATA
        S: 354 ...
        C: Date: Thu, 1 Feb 2024 10:00:00 +0000
        C: From: alice@example.test
        C: Message-ID: <1@example.test>
        C: Subject: mirrors
        C:
        C: They are silvered.
        C: .
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    scene.submitting().await.follow_to_the_end(transcript).await;
    let [report] = inbox(&scene.shared, "alice@example.test").await.try_into().unwrap();
    let (head, parts) = report.split_once("\r\n\r\n").unwrap();
    for field in ["Return-Path: <>", "To: <alice@example.test>", "Auto-Submitted: auto-replied"] {
        assert!(head.lines().any(|line| line == field), "{field} in {head}");
    }
    assert!(head.contains("Content-Type: multipart/report; report-type=delivery-status;"), "{head}");
    let boundary = head.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
    let parts: Vec<_> = parts.split(&format!("--{boundary}")).skip(1).collect();
    let [_text, status, headers, end] = parts.try_into().unwrap();
    let (_, fields) = status.split_once("Content-Type: message/delivery-status\r\n\r\n").unwrap();
    let [message, recipient] = fields.trim_end().split("\r\n\r\n").collect::<Vec<_>>().try_into().unwrap();
    let known = |line: &&str| !line.starts_with("Arrival-Date: ") && !line.starts_with("Last-Attempt-Date: ");
    let message: Vec<_> = message.lines().filter(known).collect();
    assert_eq!(message, ["Reporting-MTA: dns; mail.example.test", "Original-Envelope-Id: QQ314159"]);
    assert_eq!(
        recipient.lines().filter(known).collect::<Vec<_>>(),
        [
            "Original-Recipient: rfc822; Bob@example.test",
            "Final-Recipient: rfc822; bob@example.test",
            "Action: delivered",
            "Status: 2.0.0",
        ]
    );
    assert!(
        headers.contains("Content-Type: text/rfc822-headers") && headers.contains("Subject: mirrors\r\n")
    );
    assert!(!headers.contains("silvered"), "RET=HDRS: {headers}");
    assert_eq!(end, "--\r\n");
}
