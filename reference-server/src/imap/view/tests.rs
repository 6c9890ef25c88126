//! What the numbers of a client mean, and what it is told when.

use time::OffsetDateTime;

use super::*;
use crate::imap::syntax::{Cursor, sequence_set};
use crate::store::{BodyId, Mailbox, MailboxName, Octets, Selectable, UidValidity};

fn message(uid: u32, flags: Flags) -> Message {
    Message {
        uid: Uid(uid),
        body: BodyId(1),
        octets: Octets(1),
        modseq: ModSeq(1),
        internal_date: OffsetDateTime::UNIX_EPOCH,
        saved: OffsetDateTime::UNIX_EPOCH,
        thread: None,
        flags,
    }
}

fn mailbox(uid_next: u32, recent_from: u32) -> Mailbox {
    Mailbox {
        special_uses: Vec::new(),
        id: MailboxId(1),
        name: MailboxName::inbox(),
        selectable: Selectable::Yes,
        uid_validity: UidValidity(1),
        uid_next: Uid(uid_next),
        highest_modseq: ModSeq(1),
        recent_from: Uid(recent_from),
    }
}

fn view(uids: &[u32]) -> View {
    let messages = uids.iter().map(|&uid| message(uid, Flags::new())).collect();
    View::new(
        Snapshot { mailbox: mailbox(100, 100), messages },
        Access::ReadWrite,
        Sync::Plain,
        Revision::Rev1,
    )
}

fn changes(changed: Vec<Message>, vanished: &[u32]) -> Changes {
    let vanished = vanished.iter().copied().map(Uid).collect();
    Changes { mailbox: mailbox(100, 100), changed, vanished }
}

fn told(view: &mut View, expunges: Expunges) -> String {
    let mut out = Vec::new();
    view.tell(&mut out, expunges, Numbering::Sequence);
    String::from_utf8(out).unwrap()
}

fn select(view: &View, set: &str, numbering: Numbering) -> Result<Vec<usize>, NoSuchNumber> {
    view.select(&sequence_set(&mut Cursor::whole(set.as_bytes(), 0)).unwrap(), numbering)
}

#[test]
fn expunges_count_from_lower_to_higher_and_may_be_held() {
    let mut view = view(&[10, 20, 30, 40]);
    view.absorb(changes(Vec::new(), &[20, 30]));
    assert_eq!(told(&mut view, Expunges::Held), "");
    assert_eq!(view.count(), 4);
    assert_eq!(told(&mut view, Expunges::Told), "* 2 EXPUNGE\r\n* 2 EXPUNGE\r\n");
    assert_eq!(select(&view, "2", Numbering::Sequence), Ok(vec![1]));
    assert_eq!(view.entries()[1].message.uid, Uid(40));
}

#[test]
fn numbers_stand_only_for_what_was_told() {
    let mut view = view(&[10]);
    view.absorb(changes(vec![message(20, Flags::new())], &[]));
    assert_eq!(select(&view, "2", Numbering::Sequence), Err(NoSuchNumber));
    assert_eq!(select(&view, "*", Numbering::Sequence), Ok(vec![0]));
    assert_eq!(told(&mut view, Expunges::Held), "* 2 EXISTS\r\n* 0 RECENT\r\n");
    assert_eq!(select(&view, "2", Numbering::Sequence), Ok(vec![1]));
    assert_eq!(told(&mut view, Expunges::Told), "");
}

#[test]
fn a_message_that_came_and_went_is_never_told() {
    let mut view = view(&[10]);
    view.absorb(changes(vec![message(20, Flags::new())], &[]));
    view.absorb(changes(Vec::new(), &[20]));
    assert_eq!(told(&mut view, Expunges::Told), "");
}

#[test]
fn flags_are_told_once_and_only_if_they_changed() {
    let mut view = view(&[10, 20]);
    let seen = Flags::new().with(SystemFlag::Seen);
    view.absorb(changes(vec![message(10, Flags::new()), message(20, seen)], &[]));
    assert_eq!(told(&mut view, Expunges::Told), "* 2 FETCH (FLAGS (\\Seen))\r\n");
    assert_eq!(told(&mut view, Expunges::Told), "");
}

#[test]
fn uids_that_stand_for_nothing_are_passed_over() {
    let mut view = view(&[10, 20, 30]);
    assert_eq!(select(&view, "1:20,25,99:*", Numbering::Uid), Ok(vec![0, 1, 2]));
    view.absorb(changes(Vec::new(), &[20]));
    assert_eq!(select(&view, "20", Numbering::Uid), Ok(Vec::new()));
}

#[test]
fn an_empty_mailbox_has_no_numbers() {
    let view = view(&[]);
    for set in ["1", "*", "1:*"] {
        assert_eq!(select(&view, set, Numbering::Sequence), Err(NoSuchNumber), "{set}");
        assert_eq!(select(&view, set, Numbering::Uid), Ok(Vec::new()), "{set}");
    }
    assert_eq!(view.largest_uid(), Uid(100));
}

#[test]
fn what_someone_else_did_to_a_stored_message_is_told() {
    let mut view = view(&[10]);
    let add = Flags::new().with(SystemFlag::Seen);
    view.stored(message(10, add.clone()), FlagChange::Add, &add);
    assert_eq!(told(&mut view, Expunges::Told), "");
    let more = add.clone().with(SystemFlag::Flagged);
    view.stored(message(10, more), FlagChange::Add, &add);
    assert_eq!(told(&mut view, Expunges::Told), "* 1 FETCH (FLAGS (\\Flagged \\Seen))\r\n");
}
