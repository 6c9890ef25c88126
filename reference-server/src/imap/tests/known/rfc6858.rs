//! RFC 6858, section 3: what a client that reads only ASCII is shown of messages whose header fields
//! are in UTF-8. (RFC 6855 and RFC 9755, which send here, print no exchanges of their own.)

use super::Scene;

const PLAIN: &str = "From: ada@observatory.example\nTo: karl@workshop.example\nSubject: Gr\u{fc}n\n\nx\n";
const ADDRESS: &str = "From: Zo\u{eb} <zo\u{eb}@observatory.example>\nSubject: dawn\n\nx\n";

/// The first two have been expunged. 3 has a subject in UTF-8, which was not asked for; of 4 and 6 the
/// sender could not be shown.
#[tokio::test]
async fn section_3_which_messages_were_downgraded() {
    let gone = ("\\Deleted", "Subject: a\n\n");
    let scene = Scene::new().await;
    let scene = scene.mailbox_in_utf8("INBOX", &[gone, gone, ("", PLAIN), ("", ADDRESS)]).await;
    let scene = scene.mailbox_in_utf8("INBOX", &[("", "From: b@x\n\n"), ("", ADDRESS)]).await;
    let mut peer = scene.selected("INBOX").await;
    super::quietly(&mut peer, "EXPUNGE").await;
    let transcript = r"
        C: a UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (To From Cc)]
        S: * 1 FETCH (UID 3 BODY[HEADER.FIELDS (To From Cc)] {60}
        S: From: ada@observatory.example
        S: To: karl@workshop.example
        S:
        S: )
        S: * 2 FETCH (UID 4 BODY[HEADER.FIELDS (To From Cc)] {110}
        S: From: =?utf-8?b?Wm/DqyA8em/Dq0BvYnNlcnZhdG9yeS5leGFtcGxlPg==?= <invalid@internationalized-address.invalid>
        S:
        S: )
        S: * 3 FETCH (UID 5 BODY[HEADER.FIELDS (To From Cc)] {13}
        S: From: b@x
        S:
        S: )
        S: * 4 FETCH (UID 6 BODY[HEADER.FIELDS (To From Cc)] {110}
        S: From: =?utf-8?b?Wm/DqyA8em/Dq0BvYnNlcnZhdG9yeS5leGFtcGxlPg==?= <invalid@internationalized-address.invalid>
        S:
        S: )
        S: a OK [DOWNGRADED 4,6] ...
        ";
    peer.follow_to_the_end(transcript).await;
}
