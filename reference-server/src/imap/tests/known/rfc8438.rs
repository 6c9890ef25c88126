//! RFC 8438, section 3: the size of a mailbox.

use super::Scene;

#[tokio::test]
async fn section_3_the_sum_of_its_messages() {
    let texts = [("\\Seen", "Subject: a\n\n"), ("", "Subject: longer\n\nbody\n"), ("", "Subject: a\n\nb\n")];
    let scene = Scene::new().await.mailbox("frop", &texts).await;
    let transcript = r#"
        C: A01 STATUS frop (MESSAGES SIZE UIDNEXT)
        S: * STATUS frop (MESSAGES 3 SIZE 56 UIDNEXT 4)
        S: A01 OK ...
        C: A02 SELECT "frop"
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * 3 EXISTS
        S| * 0 RECENT
        S| * OK [UNSEEN 2] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 4] ...
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A02 OK [READ-WRITE] ...
        C: A03 FETCH 1:* (RFC822.SIZE)
        S: * 1 FETCH (RFC822.SIZE 14)
        S: * 2 FETCH (RFC822.SIZE 25)
        S: * 3 FETCH (RFC822.SIZE 17)
        S: A03 OK ...
        C: A04 LIST "" % RETURN (STATUS (MESSAGES SIZE))
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * STATUS INBOX (MESSAGES 0 SIZE 0)
        S| * LIST (\HasNoChildren) "/" frop
        S| * STATUS frop (MESSAGES 3 SIZE 56)
        S: A04 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}
