//! RFC 8474, sections 4 to 6: identifiers of mailboxes, messages and threads.

use super::Scene;

/// Sections 4.1 to 4.3 in one go: the identifier is the same at every place and under every name.
#[tokio::test]
async fn section_4_mailboxid() {
    let transcript = r#"
        C: 3 create foo
        S: 3 OK [MAILBOXID (${foo})] ...
        C: 4 create bar
        S: 4 OK [MAILBOXID (${bar})] ...
        C: 5 create foo
        S: 5 NO [ALREADYEXISTS] ...
        C: 27 select "foo"
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * 0 EXISTS
        S| * 0 RECENT
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 1] ...
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${foo})] ...
        S: 27 OK [READ-WRITE] ...
        C: 6 status foo (mailboxid)
        S: * STATUS foo (MAILBOXID (${foo}))
        S: 6 OK ...
        C: 7 status bar (mailboxid)
        S: * STATUS bar (MAILBOXID (${bar}))
        S: 7 OK ...
        C: 8 rename foo renamed
        S: 8 OK ...
        C: 9 status renamed (mailboxid)
        S: * STATUS renamed (MAILBOXID (${foo}))
        S: 9 OK ...
        C: 10 status bar (mailboxid)
        S: * STATUS bar (MAILBOXID (${bar}))
        S: 10 OK ...
        C: 11 list "" "*" return (status (mailboxid))
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * STATUS INBOX (MAILBOXID (${inbox}))
        S| * LIST (\HasNoChildren) "/" bar
        S| * STATUS bar (MAILBOXID (${bar}))
        S| * LIST (\HasNoChildren) "/" renamed
        S| * STATUS renamed (MAILBOXID (${foo}))
        S: 11 OK ...
    "#;
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}

/// Sections 5.3 and 6.
#[tokio::test]
async fn sections_5_and_6_emailid_and_threadid() {
    let scene = Scene::new().await.flagged("foo", &[]).await;
    let transcript = r#"
        C: 5 append inbox "20-Mar-2018 03:07:37 +1100" {49}
        S: + ...
        C: Subject: Message A
        C: Message-ID: <1@a.example>
        C:
        C:
        S: * 1 EXISTS
        S: * 1 RECENT
        S: 5 OK [APPENDUID ${validity} 1] ...
        C: 11 append inbox "20-Mar-2018 03:07:37 +1100" {80}
        S: + ...
        C: Subject: Re: Message A
        C: Message-ID: <2@a.example>
        C: References: <1@a.example>
        C:
        C:
        S: * 2 EXISTS
        S: * 2 RECENT
        S: 11 OK [APPENDUID ${validity} 2] ...
        C: 17 append inbox "20-Mar-2018 03:07:37 +1100" {49}
        S: + ...
        C: Subject: Message C
        C: Message-ID: <3@a.example>
        C:
        C:
        S: * 3 EXISTS
        S: * 3 RECENT
        S: 17 OK [APPENDUID ${validity} 3] ...
        C: 22 fetch 1:* (emailid threadid)
        S: * 1 FETCH (EMAILID (${a}) THREADID (${thread}))
        S: * 2 FETCH (EMAILID (${b}) THREADID (${thread}))
        S: * 3 FETCH (EMAILID (${c}) THREADID (${other}))
        S: 22 OK ...
        C: 27 search emailid ${a}
        S: * SEARCH 1
        S: 27 OK ...
        C: 28 search threadid ${thread}
        S: * SEARCH 1 2
        S: 28 OK ...
        C: 23 move 2 foo
        S: * OK [COPYUID ${foos} 2 1] ...
        S: * 2 EXPUNGE
        S: * 2 RECENT
        S: 23 OK [HIGHESTMODSEQ ${modseq}] ...
        C: 24 fetch 1:* (emailid threadid)
        S: * 1 FETCH (EMAILID (${a}) THREADID (${thread}))
        S: * 2 FETCH (EMAILID (${c}) THREADID (${other}))
        S: 24 OK ...
        C: 25 select "foo"
        S| * OK [CLOSED] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * 1 EXISTS
        S| * 1 RECENT
        S| * OK [UNSEEN 1] ...
        S| * OK [UIDVALIDITY ${foos}] ...
        S| * OK [UIDNEXT 2] ...
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${foos-modseq}] ...
        S| * OK [MAILBOXID (${foo})] ...
        S: 25 OK [READ-WRITE] ...
        C: 26 fetch 1:* (emailid threadid)
        S: * 1 FETCH (EMAILID (${b}) THREADID (${thread}))
        S: 26 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}
