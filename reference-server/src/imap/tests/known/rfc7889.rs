//! RFC 7889, sections 2 and 3: APPENDLIMIT, by a server that has it for each mailbox.

use super::Scene;

#[tokio::test]
async fn sections_3_1_and_3_2_status_and_list() {
    let transcript = r#"
        C: t1 CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ ACL APPENDLIMIT ${rest}
        S: t1 OK ...
        C: t2 STATUS INBOX (APPENDLIMIT)
        S: * STATUS INBOX (APPENDLIMIT 100000)
        S: t2 OK ...
        C: t3 LIST "" % RETURN (STATUS (APPENDLIMIT))
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * STATUS INBOX (APPENDLIMIT 100000)
        S: t3 OK ...
    "#;
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}
