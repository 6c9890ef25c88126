//! RFC 3501, the examples of sections 6 and 7, in their order. Those of a command that the server
//! does not have (X commands, GSSAPI), of servers in other states (PREAUTH) and of what one has to say to
//! all who log in (ALERT, section 7.1.1) are not here.

use std::sync::Arc;

use super::{Scene, quietly};

const MEETING: &str =
    "Date: Thu, 1 Feb 2024 10:00:00 +0000\nFrom: Smith <smith@a.example>\nSubject: a\n\nb\n";

#[tokio::test]
async fn section_6_1_1_capability() {
    let scene = Scene::new().await;
    let mut peer = scene.connected().await;
    peer.follow(
        r"
        C: abcd CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ STARTTLS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN
           AUTH=LOGIN ${rest}
        S: abcd OK ...
        C: efgh STARTTLS
        S: efgh OK ...
        ",
    )
    .await;
    let transcript = r"
        C: ijkl CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256
           AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN ${rest}
        S: ijkl OK ...
        ";
    peer.start_tls(&scene.identity).await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_1_2_noop() {
    let flags = ["", "", "\\Seen", ""];
    let scene = Scene::new().await.flagged("INBOX", &flags).await;
    let mut peer = scene.selected("INBOX").await;
    peer.follow("C: a002 NOOP\nS: a002 OK ...").await;
    let mut other = scene.selected("INBOX").await;
    quietly(&mut other, "STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    quietly(&mut other, "EXPUNGE").await;
    quietly(&mut other, "STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    scene.arrives("INBOX", "", "Subject: a\n\n").await;
    let transcript = r"
        C: a047 NOOP
        S: * 2 EXPUNGE
        S: * 4 EXISTS
        S: * 1 RECENT
        S: * 2 FETCH (FLAGS (\Seen \Deleted))
        S: a047 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_1_3_logout() {
    let peer = Scene::new().await.connected().await;
    let transcript = r"
        C: A023 LOGOUT
        S: * BYE ...
        S: A023 OK ...
        S: the connection is closed
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_2_1_starttls() {
    let never = crate::limits::PlaintextAuthentication::Never;
    let scene = Scene::with(|shared| shared.plaintext_authentication = never).await;
    let mut peer = scene.connected().await;
    peer.follow(
        r"
        C: a001 CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ STARTTLS LOGINDISABLED ${rest}
        S: a001 OK ...
        C: a002 STARTTLS
        S: a002 OK ...
        ",
    )
    .await;
    let transcript = r"
        C: a003 CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256
           AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN ${rest}
        S: a003 OK ...
        C: a004 LOGIN alice alice-secret
        S: a004 OK [CAPABILITY ${capabilities}] ...
        ";
    peer.start_tls(&scene.identity).await.follow_to_the_end(transcript).await;
}

/// With the one mechanism of the server whose messages are always the same.
#[tokio::test]
async fn section_6_2_2_authenticate() {
    let peer = Scene::new().await.opened();
    let transcript = r"
        S: * OK ...
        C: A001 AUTHENTICATE PLAIN
        S: +\x20
        C: AGFsaWNlAGFsaWNlLXNlY3JldA==
        S: A001 OK [CAPABILITY ${capabilities}] ...
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_2_3_login() {
    let peer = Scene::new().await.connected().await;
    let transcript = "C: a001 LOGIN ALICE alice-secret\nS: a001 OK [CAPABILITY ${capabilities}] ...";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_3_1_select() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Seen", "\\Answered", ""]).await;
    scene.arrives("INBOX", "", "Subject: a\n\n").await;
    let transcript = r"
        C: A142 SELECT INBOX
        S| * 4 EXISTS
        S| * 1 RECENT
        S| * OK [UNSEEN 2] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 5] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A142 OK [READ-WRITE] ...
        ";
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_3_2_examine() {
    let scene = Scene::new().await.flagged("plans", &["\\Seen", "", ""]).await;
    scene.arrives("plans", "", "Subject: a\n\n").await;
    let transcript = r"
        C: A932 EXAMINE plans
        S| * 4 EXISTS
        S| * 1 RECENT
        S| * OK [UNSEEN 2] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 5] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * OK [PERMANENTFLAGS ()] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A932 OK [READ-ONLY] ...
        ";
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_3_3_create() {
    let peer = Scene::new().await.authenticated().await;
    let transcript = r"
        C: A003 CREATE herbarium/
        S: A003 OK [MAILBOXID (${herbarium})] ...
        C: A004 CREATE herbarium/ferns
        S: A004 OK [MAILBOXID (${ferns})] ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// What has inferiors stays as their parent that cannot be selected; the answer to its DELETE is
/// that of the second example of the section. `\HasChildren` and its opposite are of RFC 3348.
#[tokio::test]
async fn section_6_3_4_delete() {
    let scene = Scene::new().await.flagged("plans", &[]).await.flagged("trees/oak", &[]).await;
    let transcript = r#"
        C: A682 LIST "" *
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * LIST (\HasNoChildren) "/" plans
        S: * LIST (\HasChildren) "/" trees
        S: * LIST (\HasNoChildren) "/" trees/oak
        S: A682 OK ...
        C: A683 DELETE plans
        S: A683 OK ...
        C: A684 DELETE trees
        S: A684 OK ...
        C: A684b DELETE trees
        S: A684b NO [HASCHILDREN] ...
        C: A685 LIST "" *
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * LIST (\Noselect \HasChildren) "/" trees
        S: * LIST (\HasNoChildren) "/" trees/oak
        S: A685 OK ...
        C: A685b DELETE trees/oak
        S: A685b OK ...
        C: A686 LIST "" *
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * LIST (\Noselect \HasNoChildren) "/" trees
        S: A686 OK ...
        C: A687 DELETE trees
        S: A687 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_3_5_rename() {
    let scene = Scene::new().await.flagged("plans", &[]).await.flagged("trees/oak", &[]).await;
    let transcript = r#"
        C: A683 RENAME plans projects
        S: A683 OK ...
        C: A684 RENAME trees woods
        S: A684 OK ...
        C: A685 LIST "" *
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * LIST (\HasNoChildren) "/" projects
        S: * LIST (\HasChildren) "/" woods
        S: * LIST (\HasNoChildren) "/" woods/oak
        S: A685 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

/// The messages of INBOX go, its inferiors stay.
#[tokio::test]
async fn section_6_3_5_rename_of_the_inbox() {
    let scene = Scene::new().await.flagged("INBOX", &[""]).await.flagged("INBOX/later", &[]).await;
    let transcript = r#"
        C: Z432 LIST "" *
        S: * LIST (\HasChildren) "/" INBOX
        S: * LIST (\HasNoChildren) "/" INBOX/later
        S: Z432 OK ...
        C: Z433 RENAME INBOX old-mail
        S: Z433 OK ...
        C: Z434 LIST "" *
        S: * LIST (\HasChildren) "/" INBOX
        S: * LIST (\HasNoChildren) "/" INBOX/later
        S: * LIST (\HasNoChildren) "/" old-mail
        S: Z434 OK ...
        C: Z435 STATUS old-mail (MESSAGES)
        S: * STATUS old-mail (MESSAGES 1)
        S: Z435 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn sections_6_3_6_and_6_3_7_subscribe_and_unsubscribe() {
    let peer = Scene::new().await.flagged("#news.trees.oak", &[]).await.authenticated().await;
    let transcript = r"
        C: A002 SUBSCRIBE #news.trees.oak
        S: A002 OK ...
        C: A003 UNSUBSCRIBE #news.trees.oak
        S: A003 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// A server with one hierarchy, whose root has no name.
#[tokio::test]
async fn section_6_3_8_list() {
    let scene = Scene::new().await.flagged("trees/oak", &[]).await.flagged("trees/elm", &[]).await;
    let transcript = r#"
        C: A101 LIST "" ""
        S: * LIST (\Noselect) "/" ""
        S: A101 OK ...
        C: A103 LIST trees/oak ""
        S: * LIST (\Noselect) "/" ""
        S: A103 OK ...
        C: A202 LIST trees/ %
        S: * LIST (\HasNoChildren) "/" trees/elm
        S: * LIST (\HasNoChildren) "/" trees/oak
        S: A202 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

/// A name below `%` that is subscribed shows as its parent that is not.
#[tokio::test]
async fn section_6_3_9_lsub() {
    let scene =
        Scene::new().await.flagged("#news/trees/oak", &[]).await.flagged("#news/trees/elm", &[]).await;
    let mut peer = scene.authenticated().await;
    quietly(&mut peer, "SUBSCRIBE #news/trees/oak").await;
    quietly(&mut peer, "SUBSCRIBE #news/trees/elm").await;
    let transcript = r##"
        C: A002 LSUB "#news/" "trees/*"
        S: * LSUB () "/" #news/trees/elm
        S: * LSUB () "/" #news/trees/oak
        S: A002 OK ...
        C: A003 LSUB "#news/" "%"
        S: * LSUB (\Noselect) "/" #news/trees
        S: A003 OK ...
    "##;
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_3_10_status() {
    let scene = Scene::new().await.flagged("plans", &["", "", ""]).await;
    let transcript = r"
        C: A042 STATUS plans (UIDNEXT MESSAGES)
        S: * STATUS plans (UIDNEXT 4 MESSAGES 3)
        S: A042 OK ...
        ";
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_3_11_append() {
    let scene = Scene::new().await.flagged("saved-messages", &[]).await;
    let transcript = r"
        C: A003 APPEND saved-messages (\Seen) {283}
        S: + ...
        C: Date: Thu, 1 Feb 2024 10:00:00 +0000
        C: From: Karl Ohm <kohm@workshop.example>
        C: Subject: silver for Friday
        C: To: ada@observatory.example
        C: Message-Id: <silver-1@workshop.example>
        C: MIME-Version: 1.0
        C: Content-Type: TEXT/PLAIN; CHARSET=US-ASCII
        C:
        C: The silver will be with you on Thursday.
        C:
        S: A003 OK [APPENDUID ${validity} 1] ...
        ";
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn sections_6_4_1_and_6_4_2_check_and_close() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Deleted", ""]).await;
    let transcript = r"
        C: FXXZ CHECK
        S: FXXZ OK ...
        C: A341 CLOSE
        S: A341 OK ...
        C: A342 STATUS INBOX (MESSAGES)
        S: * STATUS INBOX (MESSAGES 1)
        S: A342 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// 3, 4, 7 and 11 of the numbers before.
#[tokio::test]
async fn section_6_4_3_expunge() {
    let mut flags = [""; 11];
    for number in [3, 4, 7, 11] {
        flags[number - 1] = "\\Deleted";
    }
    let scene = Scene::new().await.flagged("INBOX", &flags).await;
    let transcript = r"
        C: A202 EXPUNGE
        S: * 3 EXPUNGE
        S: * 3 EXPUNGE
        S: * 5 EXPUNGE
        S: * 8 EXPUNGE
        S: A202 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_4_4_search() {
    let other = "From: b@a.example\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\n\nb\n";
    let messages = [("\\Flagged", other), ("", other), ("\\Flagged", MEETING), ("\\Flagged", other)];
    let scene = Scene::new().await.mailbox("INBOX", &messages).await;
    let transcript = r#"
        C: A282 SEARCH FLAGGED SINCE 1-Feb-2024 NOT FROM "Smith"
        S: * SEARCH 1 4
        S: A282 OK ...
        C: A283 SEARCH TEXT "string not in mailbox"
        S: * SEARCH
        S: A283 OK ...
        C: A284 SEARCH CHARSET UTF-8 FROM smith TEXT {2}
        S: + ...
        C: a:
        S: * SEARCH
        S: A284 OK ...
        C: A285 SEARCH CHARSET UTF-8 TEXT {5}
        S: + ...
        C: été
        S: * SEARCH 1 2 4
        S: A285 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_4_5_fetch() {
    let messages =
        [("", "Subject: a\n\n"), ("\\Seen", MEETING), ("", MEETING), ("\\Flagged", "Date: now\n\n")];
    let scene = Scene::new().await.mailbox("INBOX", &messages).await;
    let transcript = r"
        C: A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])
        S: * 2 FETCH (FLAGS (\Seen) BODY[HEADER.FIELDS (DATE FROM)] {71}
        S: Date: Thu, 1 Feb 2024 10:00:00 +0000
        S: From: Smith <smith@a.example>
        S:
        S: )
        S: * 3 FETCH (FLAGS (\Seen) BODY[HEADER.FIELDS (DATE FROM)] {71}
        S: Date: Thu, 1 Feb 2024 10:00:00 +0000
        S: From: Smith <smith@a.example>
        S:
        S: )
        S: * 4 FETCH (FLAGS (\Flagged \Seen) BODY[HEADER.FIELDS (DATE FROM)] {13}
        S: Date: now
        S:
        S: )
        S: A654 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_4_6_store() {
    let flags = ["", "\\Seen", "", "\\Flagged \\Seen"];
    let scene = Scene::new().await.flagged("INBOX", &flags).await;
    let transcript = r"
        C: A003 STORE 2:4 +FLAGS (\Deleted)
        S: * 2 FETCH (FLAGS (\Deleted \Seen))
        S: * 3 FETCH (FLAGS (\Deleted))
        S: * 4 FETCH (FLAGS (\Flagged \Deleted \Seen))
        S: A003 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_4_7_copy() {
    let scene = Scene::new().await.flagged("MEETING", &[]).await.flagged("INBOX", &["", "", "", ""]).await;
    let transcript = r"
        C: A003 COPY 2:4 MEETING
        S: A003 OK [COPYUID ${validity} 2:4 1:3] ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

/// UIDs that nobody has are passed over.
#[tokio::test]
async fn section_6_4_8_uid() {
    let flags = ["\\Deleted", "", "\\Deleted", "\\Seen", "\\Deleted", "\\Seen"];
    let scene = Scene::new().await.flagged("INBOX", &flags).await;
    let mut peer = scene.selected("INBOX").await;
    quietly(&mut peer, "EXPUNGE").await;
    let transcript = r"
        C: A999 UID FETCH 3:9 FLAGS
        S: * 2 FETCH (UID 4 FLAGS (\Seen))
        S: * 3 FETCH (UID 6 FLAGS (\Seen))
        S: A999 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// A copy that fails leaves no part of it. What comes before NO in the example is another server's.
#[tokio::test]
async fn section_7_1_2_no() {
    let scene = Scene::new().await.flagged("plans", &[]).await.flagged("INBOX", &["", "", ""]).await;
    let account = scene.shared.store.account("alice@example.test").await.unwrap().unwrap().id;
    let quota = crate::store::Quota { storage: None, messages: Some(5), mailboxes: None };
    scene.shared.store.set_quota(account, quota).await.unwrap();
    let transcript = r"
        C: A222 COPY 1:2 plans
        S: A222 OK [COPYUID ${validity} 1:2 1:2] ...
        C: A223 COPY 2:3 plans
        S: A223 NO [OVERQUOTA] ...
        C: A224 STATUS plans (MESSAGES)
        S: * STATUS plans (MESSAGES 2)
        S: A224 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_7_1_3_bad() {
    let scene = Scene::new().await.flagged("INBOX", &[]).await;
    let mut peer = scene.selected("INBOX").await;
    let long = "x".repeat(70_000);
    peer.send(format!("{long}\r\n")).await;
    let transcript = r"
        S: * BAD ...
        C:
        S: * BAD ...
        C: A443 EXPUNGE
        S: A443 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test(start_paused = true)]
async fn section_7_1_5_bye() {
    let peer = Scene::new().await.connected().await;
    peer.follow_to_the_end("S: * BYE ...\nS: the connection is closed").await;
}

#[tokio::test]
async fn section_7_5_continuation() {
    let (scene, secret) = (Scene::new().await, "a fat cat");
    let mut shared = Arc::into_inner(scene.shared).unwrap();
    shared.authenticator.put_account("fred foobar@example.test", secret).await.unwrap();
    shared.limits.errors = 10;
    let scene = Scene { shared: Arc::new(shared), identity: scene.identity };
    let transcript = r"
        C: A001 LOGIN {11}
        S: + ...
        C: fred foobar {9}
        S: + ...
        C: a fat cat
        S: A001 OK [CAPABILITY ${capabilities}] ...
        C: A044 HUMBUG {102856}
        S: A044 BAD ...
        ";
    scene.connected().await.follow_to_the_end(transcript).await;
}
