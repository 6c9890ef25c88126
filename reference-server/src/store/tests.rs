//! The store as its users see it: in memory, on disk, and after it was opened again.

use time::OffsetDateTime;

use super::*;

fn secret() -> StoredSecret {
    let keys = ScramKeys { salt: vec![1], iterations: 1, stored_key: vec![2], server_key: vec![3] };
    StoredSecret { sha256: keys.clone(), sha1: keys, password: None }
}

pub(super) async fn memory() -> (Store, AccountId) {
    let store = Store::open(&Storage::Memory, AnswerTiming::AfterCommit).unwrap();
    let account = store.put_account("alice@example.test", secret()).await.unwrap();
    (store, account.id)
}

fn name(text: &str) -> MailboxName {
    MailboxName::new(text).unwrap()
}

async fn mailbox(store: &Store, account: AccountId, text: &str) -> Result<mailboxes::Mailbox, StoreError> {
    Ok(store.status(&Named::own(account, &name(text))).await?.mailbox)
}

fn mail(text: &str) -> NewMessage {
    NewMessage::received(text.as_bytes())
}

/// A mailbox with all that there is of its messages.
pub(super) struct Opened {
    pub(super) mailbox: Mailbox,
    pub(super) messages: Vec<Message>,
}

async fn open(store: &Store, account: AccountId, name: &MailboxName) -> Opened {
    let mailbox =
        store.open_mailbox(&Named::own(account, name), Access::ReadOnly, Rights::READ).await.unwrap().mailbox;
    Opened { messages: store.everything(mailbox.id).await, mailbox }
}

pub(super) async fn inbox(store: &Store, account: AccountId) -> Opened {
    open(store, account, &MailboxName::inbox()).await
}

#[tokio::test]
async fn uids_rise_and_are_never_used_again() {
    let (store, account) = memory().await;
    for text in ["one", "two"] {
        store.deliver(vec![account], mail(text)).await.unwrap();
    }
    let before = inbox(&store, account).await;
    assert_eq!(before.mailbox.uid_next, Uid(3));
    let gone = store.expunge(before.mailbox.id, Which::These(vec![Uid(2)])).await.unwrap();
    assert_eq!(gone.uids, [Uid(2)]);
    let new = store.deliver(vec![account], mail("three")).await.unwrap();
    assert_eq!(new[0].uid, Uid(3));
}

#[tokio::test]
async fn delete_and_create_raise_uid_validity() {
    let (store, account) = memory().await;
    let first = store.create(&Named::own(account, &name("work")), Vec::new()).await.unwrap();
    store.delete(&Named::own(account, &name("work"))).await.unwrap();
    let second = store.create(&Named::own(account, &name("work")), Vec::new()).await.unwrap();
    assert!(second.uid_validity > first.uid_validity);
}

#[tokio::test]
async fn uid_validity_of_a_name_rises_through_renames() {
    let (store, account) = memory().await;
    let old = store.create(&Named::own(account, &name("old")), Vec::new()).await.unwrap();
    let new = store.create(&Named::own(account, &name("new")), Vec::new()).await.unwrap();
    store.delete(&Named::own(account, &name("new"))).await.unwrap();
    store.rename(&Named::own(account, &name("old")), name("new")).await.unwrap();
    let now = mailbox(&store, account, "new").await.unwrap();
    assert_eq!(now.id, old.id);
    assert!(now.uid_validity > new.uid_validity);
}

#[tokio::test]
async fn superior_names_are_created_and_stay_as_levels() {
    let (store, account) = memory().await;
    store.create(&Named::own(account, &name("a/b/c")), Vec::new()).await.unwrap();
    store.delete(&Named::own(account, &name("a/b"))).await.unwrap();
    assert_eq!(mailbox(&store, account, "a/b").await, Err(StoreError::NotSelectable));
    assert_eq!(store.delete(&Named::own(account, &name("a/b"))).await, Err(StoreError::HasChildren));
    store.create(&Named::own(account, &name("a/b")), Vec::new()).await.unwrap();
    assert!(mailbox(&store, account, "a/b").await.is_ok());
}

#[tokio::test]
async fn rename_takes_inferior_names_along() {
    let (store, account) = memory().await;
    store.create(&Named::own(account, &name("foo/bar")), Vec::new()).await.unwrap();
    store.create(&Named::own(account, &name("food")), Vec::new()).await.unwrap();
    store.rename(&Named::own(account, &name("foo")), name("x/zap")).await.unwrap();
    let names: Vec<_> =
        store.visible(account).await.unwrap().into_iter().map(|seen| seen.mailbox.name.to_string()).collect();
    assert_eq!(names, ["INBOX", "food", "x", "x/zap", "x/zap/bar"]);
    assert_eq!(
        store.rename(&Named::own(account, &name("x")), name("x/y")).await,
        Err(StoreError::InvalidName)
    );
}

#[tokio::test]
async fn rename_of_inbox_moves_messages_and_leaves_an_empty_inbox() {
    let (store, account) = memory().await;
    store.deliver(vec![account], mail("one")).await.unwrap();
    store.create(&Named::own(account, &name("INBOX/sub")), Vec::new()).await.unwrap();
    store.rename(&Named::own(account, &MailboxName::inbox()), name("old-mail")).await.unwrap();
    assert!(inbox(&store, account).await.messages.is_empty());
    let moved = open(&store, account, &name("old-mail")).await;
    assert_eq!(&*store.body(moved.messages[0].body).await.unwrap(), b"one");
    assert!(mailbox(&store, account, "INBOX/sub").await.is_ok());
}

#[tokio::test]
async fn copies_share_a_body_until_the_last_is_expunged() {
    let (store, account) = memory().await;
    store.create(&Named::own(account, &name("copy")), Vec::new()).await.unwrap();
    store.deliver(vec![account], mail("shared")).await.unwrap();
    let from = inbox(&store, account).await;
    let copied = store
        .copy(
            from.mailbox.id,
            vec![Uid(1), Uid(9)],
            &Named::own(account, &name("copy")),
            Missing::PassedOver,
            Counted::Yes,
        )
        .await
        .unwrap();
    let refused = store
        .copy(
            from.mailbox.id,
            vec![Uid(1), Uid(9)],
            &Named::own(account, &name("copy")),
            Missing::Refused,
            Counted::Yes,
        )
        .await;
    assert_eq!(refused.unwrap_err(), StoreError::NoSuchMessage);
    assert_eq!(copied.pairs, [(Uid(1), Uid(1))]);
    let to = open(&store, account, &name("copy")).await;
    let body = to.messages[0].body;
    assert_eq!(body, from.messages[0].body);
    let all = Which::These(vec![Uid(1)]);
    store.expunge(from.mailbox.id, all.clone()).await.unwrap();
    assert_eq!(&*store.body(body).await.unwrap(), b"shared");
    store.expunge(to.mailbox.id, all).await.unwrap();
    assert_eq!(store.body(body).await, Err(StoreError::NoSuchMessage));
}

#[tokio::test]
async fn a_copy_that_fails_leaves_nothing() {
    let (store, account) = memory().await;
    store.deliver(vec![account], mail("one")).await.unwrap();
    let from = inbox(&store, account).await.mailbox.id;
    assert_eq!(
        store
            .copy(from, vec![Uid(1)], &Named::own(account, &name("nowhere")), Missing::Refused, Counted::Yes)
            .await,
        Err(StoreError::NoSuchMailbox)
    );
    assert_eq!(inbox(&store, account).await.messages.len(), 1);
}

#[tokio::test]
async fn changes_tell_what_is_new_flagged_and_gone() {
    let (store, account) = memory().await;
    for text in ["one", "two", "three"] {
        store.deliver(vec![account], mail(text)).await.unwrap();
    }
    let seen = inbox(&store, account).await.mailbox;
    let mut news = store.watch(seen.id);
    store
        .change_flags(
            seen.id,
            vec![Uid(1), Uid(2)],
            FlagChange::Add,
            Flags::new().with(SystemFlag::Deleted),
            Rights::ALL,
            None,
        )
        .await
        .unwrap();
    store.expunge(seen.id, Which::DeletedAmong(vec![Uid(1), Uid(3)])).await.unwrap();
    store.deliver(vec![account], mail("four")).await.unwrap();
    assert!(news.has_changed().unwrap());
    let changes = store.changes(account, seen.id, seen.highest_modseq, Access::ReadOnly).await.unwrap();
    let changed: Vec<_> = changes.changed.messages.iter().map(|message| message.uid).collect();
    assert_eq!(changed, [Uid(2), Uid(4)]);
    assert_eq!(changes.vanished, [Uid(1)]);
    assert_eq!(*news.borrow_and_update(), changes.mailbox.highest_modseq);
}

#[tokio::test]
async fn flags_that_stay_the_same_are_no_change() {
    let (store, account) = memory().await;
    store.deliver(vec![account], mail("one")).await.unwrap();
    let id = inbox(&store, account).await.mailbox.id;
    let seen = Flags::new().with(SystemFlag::Seen);
    let change = |flags: &Flags| {
        store.change_flags(id, vec![Uid(1)], FlagChange::Add, flags.clone(), Rights::ALL, None)
    };
    let first = change(&seen).await.unwrap();
    let second = change(&seen).await.unwrap();
    assert_eq!((first.modseq.is_some(), second.modseq), (true, None));
    assert_eq!(first.after, second.after);
    assert!(first.after.sets.get(first.after.messages[0].flags).has(SystemFlag::Seen));
}

#[tokio::test]
async fn recent_belongs_to_the_first_session_that_selects() {
    let (store, account) = memory().await;
    store.deliver(vec![account], mail("one")).await.unwrap();
    let inbox = MailboxName::inbox();
    for (access, recent_from) in
        [(Access::ReadOnly, Uid(1)), (Access::ReadWrite, Uid(1)), (Access::ReadWrite, Uid(2))]
    {
        let opened = store.open_mailbox(&Named::own(account, &inbox), access, Rights::READ).await.unwrap();
        assert_eq!(opened.mailbox.recent_from, recent_from);
    }
    let status = store.status(&Named::own(account, &MailboxName::inbox())).await.unwrap();
    assert_eq!((status.messages, status.recent, status.unseen), (1, 0, 1));
}

#[tokio::test]
async fn bodies_are_read_in_ranges() {
    let (store, account) = memory().await;
    store.deliver(vec![account], mail("0123456789")).await.unwrap();
    let body = inbox(&store, account).await.messages[0].body;
    assert_eq!(store.body_range(body, 2, 3).await.unwrap(), b"234");
    assert_eq!(store.body_range(body, 8, 99).await.unwrap(), b"89");
    assert_eq!(store.body_range(body, u64::MAX, u64::MAX).await.unwrap(), b"");
}

#[tokio::test]
async fn a_directory_keeps_everything_and_lets_one_server_in() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::Directory(directory.path().join("state"));
    let store = Store::open(&storage, AnswerTiming::AfterCommit).unwrap();
    let account = store.put_account("Bob@example.test", secret()).await.unwrap();
    let date = OffsetDateTime::from_unix_timestamp(1_000_000_000)
        .unwrap()
        .to_offset(time::UtcOffset::from_hms(-7, 0, 0).unwrap());
    let mut message = mail("kept");
    message.internal_date = date;
    message.flags.insert_keyword("$Forwarded");
    store.append(&Named::own(account.id, &MailboxName::inbox()), vec![message]).await.unwrap();
    assert!(Store::open(&storage, AnswerTiming::AfterCommit).is_err());
    store.close().await;
    assert_eq!(store.account("x").await, Err(StoreError::Closed));

    let again = Store::open(&storage, AnswerTiming::AfterCommit).unwrap();
    let held = again.account("bob@EXAMPLE.test").await.unwrap().unwrap();
    assert_eq!(held, account);
    let kept = inbox(&again, held.id).await.messages.remove(0);
    assert_eq!(kept.internal_date, date);
    assert_eq!(kept.internal_date.offset(), date.offset());
    assert!(kept.flags.has_keyword("$forwarded"));
    assert_eq!(&*again.body(kept.body).await.unwrap(), b"kept");
    again.close().await;
}

#[tokio::test]
async fn many_deliveries_at_once_each_get_a_uid_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::Directory(directory.path().to_owned());
    let store = Store::open(&storage, AnswerTiming::AfterCommit).unwrap();
    let account = store.put_account("a@example.test", secret()).await.unwrap().id;
    let mut all = tokio::task::JoinSet::new();
    for number in 0..100 {
        let store = store.clone();
        all.spawn(async move {
            let text = format!("message {number}");
            store.deliver(vec![account], mail(&text)).await.unwrap()[0].uid
        });
    }
    let mut uids = all.join_all().await;
    uids.sort_unstable();
    assert_eq!(uids, (1..=100).map(Uid).collect::<Vec<_>>());
    store.close().await;
}

/// From now on the database may grow by so many pages.
async fn allow_pages(store: &Store, more: i64) {
    store
        .write(move |w| {
            let pages: i64 = w.sql.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let pragma = format!("PRAGMA max_page_count = {}", pages + more);
            Ok(w.sql.query_row(&pragma, [], |_| Ok(()))?)
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_no_lie() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::Directory(directory.path().to_owned());
    let store = Store::open(&storage, AnswerTiming::AfterCommit).unwrap();
    let account = store.put_account("a@example.test", secret()).await.unwrap().id;
    store.deliver(vec![account], mail("before")).await.unwrap();
    allow_pages(&store, 4).await;
    let large = "x".repeat(1_000_000);
    assert_eq!(store.deliver(vec![account], mail(&large)).await, Err(StoreError::Full));
    let seen = inbox(&store, account).await;
    assert_eq!((seen.messages.len(), seen.mailbox.uid_next), (1, Uid(2)));
    allow_pages(&store, 10_000).await;
    store.deliver(vec![account], mail(&large)).await.unwrap();
    assert_eq!(inbox(&store, account).await.messages.len(), 2);
    store.close().await;
}

#[tokio::test]
async fn late_commits_are_seen_at_once_and_kept_by_an_orderly_end() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::Directory(directory.path().to_owned());
    let store = Store::open(&storage, AnswerTiming::BeforeCommit).unwrap();
    let account = store.put_account("a@example.test", secret()).await.unwrap().id;
    store.deliver(vec![account], mail("one")).await.unwrap();
    assert_eq!(inbox(&store, account).await.messages.len(), 1);
    let database = directory.path().join("mail.sqlite");
    let count = |connection: Connection| -> i64 {
        connection.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(Connection::open(&database).unwrap()), 0, "promised, and not on disk");
    store.close().await;
    assert_eq!(count(Connection::open(&database).unwrap()), 1);
}

#[tokio::test]
async fn a_job_that_fails_undoes_itself_and_nothing_of_its_group() {
    let (store, account) = memory().await;
    let mut all = tokio::task::JoinSet::new();
    for number in 0..30 {
        let store = store.clone();
        // Every third names an account that does not exist, behind one that does.
        let accounts = if number % 3 == 0 { vec![account, AccountId(999)] } else { vec![account] };
        all.spawn(async move { store.deliver(accounts, mail("x")).await });
    }
    let results = all.join_all().await;
    let failed = results.iter().filter(|result| **result == Err(StoreError::NoSuchMailbox)).count();
    assert_eq!((results.len(), failed), (30, 10));
    let kept = inbox(&store, account).await;
    assert_eq!((kept.messages.len(), kept.mailbox.uid_next), (20, Uid(21)), "no gap, no trace");
}

#[tokio::test]
async fn a_move_of_many_stops_where_one_is_missing_and_keeps_what_is_done() {
    let (store, account) = memory().await;
    let work = store.create(&Named::own(account, &name("work")), Vec::new()).await.unwrap();
    for _ in 0..2 {
        store
            .append(&Named::own(account, &MailboxName::inbox()), vec![mail("A: b\r\n"); 1250])
            .await
            .unwrap();
    }
    let opened = inbox(&store, account).await;
    let uids: Vec<Uid> = opened.messages.iter().map(|message| message.uid).collect();
    store.expunge(opened.mailbox.id, Which::These(vec![Uid(1500)])).await.unwrap();
    let to = Named::own(account, &name("work"));
    let moved = store
        .move_messages(opened.mailbox.id, uids.clone(), &to, Missing::Refused, Leaves::Yes)
        .await
        .unwrap();
    assert_eq!(moved.stopped, Some(StoreError::NoSuchMessage));
    assert_eq!(moved.copied.pairs.len(), 1000);
    assert_eq!(moved.copied.pairs.last(), Some(&(Uid(1000), Uid(1000))));
    let left = inbox(&store, account).await;
    assert_eq!(left.messages.iter().map(|message| message.uid.0).min(), Some(1001));
    assert_eq!(left.messages.len(), 1499);
    let rest = store.move_messages(work.id, vec![Uid(5)], &to, Missing::Refused, Leaves::Yes).await.unwrap();
    assert_eq!((rest.copied.pairs, rest.stopped), (vec![(Uid(5), Uid(1001))], None));
    let rest =
        store.move_messages(left.mailbox.id, uids, &to, Missing::PassedOver, Leaves::Yes).await.unwrap();
    assert_eq!((rest.copied.pairs.len(), rest.stopped), (1499, None));
    assert!(inbox(&store, account).await.messages.is_empty());
    assert_eq!(open(&store, account, &name("work")).await.messages.len(), 2499);
}

#[tokio::test]
async fn mailboxes_and_subscriptions_have_an_end() {
    let (store, account) = memory().await;
    store
        .write(move |w| {
            w.sql.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9998)
                 INSERT INTO mailboxes (account, name, uid_validity) SELECT ?1, 'm' || i, i FROM n",
                [account],
            )?;
            w.sql.execute(
                "INSERT INTO subscriptions SELECT account, name FROM mailboxes WHERE name LIKE 'm%'",
                [],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    store.create(&Named::own(account, &name("last")), Vec::new()).await.unwrap();
    let refused = store.create(&Named::own(account, &name("a/b")), Vec::new()).await;
    assert_eq!(refused.err(), Some(StoreError::TooMany));
    let inbox = Named::own(account, &MailboxName::inbox());
    for (called, outcome) in [("x", Ok(())), ("y", Ok(())), ("z", Err(StoreError::TooMany)), ("x", Ok(()))] {
        assert_eq!(store.subscribe(&inbox, &name(called)).await, outcome, "{called}");
    }
    store.delete(&Named::own(account, &name("last"))).await.unwrap();
    store.create(&Named::own(account, &name("again")), Vec::new()).await.unwrap();
}
