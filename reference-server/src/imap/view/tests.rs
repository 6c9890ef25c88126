//! What the numbers of a client mean, and what it is told when.

use super::*;
use crate::imap::syntax::{Cursor, sequence_set};
use crate::store::{AccountId, Mailbox, MailboxName, Selectable, UidValidity};

fn mailbox(uid_next: u32, recent_from: u32) -> Mailbox {
    Mailbox {
        special_uses: Vec::new(),
        owner: AccountId(1),
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
    let messages: Vec<(u32, Flags)> = uids.iter().map(|&uid| (uid, Flags::new())).collect();
    View::new(
        Snapshot { mailbox: mailbox(100, 100), listing: listing(&messages), rights: Rights::ALL },
        Access::ReadWrite,
        Sync::Plain,
        Revision::Rev1,
    )
}

fn listing(messages: &[(u32, Flags)]) -> Listing {
    let mut listing = Listing::default();
    for (uid, flags) in messages {
        listing.push(Uid(*uid), flags, ModSeq(1));
    }
    listing
}

fn changes(changed: &[(u32, Flags)], vanished: &[u32]) -> Changes {
    let changed = listing(changed);
    let vanished = vanished.iter().copied().map(Uid).collect();
    Changes { mailbox: mailbox(100, 100), changed, vanished, rights: Rights::ALL }
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
    view.absorb(changes(&[], &[20, 30]));
    assert_eq!(told(&mut view, Expunges::Held), "");
    assert_eq!(view.count(), 4);
    assert_eq!(told(&mut view, Expunges::Told), "* 2 EXPUNGE\r\n* 2 EXPUNGE\r\n");
    assert_eq!(select(&view, "2", Numbering::Sequence), Ok(vec![1]));
    assert_eq!(view.entries()[1].uid(), Uid(40));
}

#[test]
fn numbers_stand_only_for_what_was_told() {
    let mut view = view(&[10]);
    view.absorb(changes(&[(20, Flags::new())], &[]));
    assert_eq!(select(&view, "2", Numbering::Sequence), Err(NoSuchNumber));
    assert_eq!(select(&view, "*", Numbering::Sequence), Ok(vec![0]));
    assert_eq!(told(&mut view, Expunges::Held), "* 2 EXISTS\r\n* 0 RECENT\r\n");
    assert_eq!(select(&view, "2", Numbering::Sequence), Ok(vec![1]));
    assert_eq!(told(&mut view, Expunges::Told), "");
}

#[test]
fn a_message_that_came_and_went_is_never_told() {
    let mut view = view(&[10]);
    view.absorb(changes(&[(20, Flags::new())], &[]));
    view.absorb(changes(&[], &[20]));
    assert_eq!(told(&mut view, Expunges::Told), "");
}

#[test]
fn flags_are_told_once_and_only_if_they_changed() {
    let mut view = view(&[10, 20]);
    let seen = Flags::new().with(SystemFlag::Seen);
    view.absorb(changes(&[(10, Flags::new()), (20, seen)], &[]));
    assert_eq!(told(&mut view, Expunges::Told), "* 2 FETCH (FLAGS (\\Seen))\r\n");
    assert_eq!(told(&mut view, Expunges::Told), "");
}

#[test]
fn uids_that_stand_for_nothing_are_passed_over() {
    let mut view = view(&[10, 20, 30]);
    assert_eq!(select(&view, "1:20,25,99:*", Numbering::Uid), Ok(vec![0, 1, 2]));
    view.absorb(changes(&[], &[20]));
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
    view.stored(&listing(&[(10, add.clone())]), FlagChange::Add, &add);
    assert_eq!(told(&mut view, Expunges::Told), "");
    let more = add.clone().with(SystemFlag::Flagged);
    view.stored(&listing(&[(10, more)]), FlagChange::Add, &add);
    assert_eq!(told(&mut view, Expunges::Told), "* 1 FETCH (FLAGS (\\Flagged \\Seen))\r\n");
}

#[test]
fn sets_of_flags_that_no_message_has_any_more_are_forgotten() {
    let mut view = view(&[10, 20]);
    let tagged = |number: usize| {
        let mut flags = Flags::new();
        flags.insert_keyword(&format!("k{number}"));
        flags
    };
    for number in 0..3 * SPARE_SETS {
        view.absorb(changes(&[(10, tagged(number)), (20, Flags::new())], &[]));
    }
    assert!(view.sets.count() <= SPARE_SETS + 5);
    assert_eq!(view.flags(&view.entries()[0]), &tagged(3 * SPARE_SETS - 1));
    assert!(told(&mut view, Expunges::Told).ends_with("* 1 FETCH (FLAGS (k2999))\r\n"));
    assert_eq!(told(&mut view, Expunges::Told), "");
}

#[test]
fn a_message_whose_flags_are_news_and_that_goes_is_told_once() {
    let mut view = view(&[10, 20]);
    view.absorb(changes(&[(10, Flags::new().with(SystemFlag::Seen))], &[]));
    view.absorb(changes(&[], &[10]));
    assert_eq!(told(&mut view, Expunges::Told), "* 1 EXPUNGE\r\n");
    assert_eq!((view.counts.changed, view.counts.gone), (0, 0));
}

/// Each by itself would have all behind it move up: that would take minutes.
#[test]
fn one_s_own_expunge_of_very_many_is_told_at_once() {
    const ALL: u32 = 400_000;
    let begun = std::time::Instant::now();
    let mut view = view(&(1..=ALL).collect::<Vec<_>>());
    let gone: Vec<u32> = (1..=ALL).step_by(2).collect();
    view.absorb(changes(&[], &gone));
    let own: Vec<Uid> = gone.iter().copied().skip(1).map(Uid).collect();
    let mut out = Vec::new();
    view.tell_expunged(&mut out, &own);
    assert!(out.starts_with(b"* 3 EXPUNGE\r\n* 4 EXPUNGE\r\n"), "{}", out[..40].escape_ascii());
    assert_eq!((view.count(), view.has_gone()), (200_001, true));
    view.tell(&mut out, Expunges::Told, Numbering::Sequence);
    assert!(out.ends_with(b"* 1 EXPUNGE\r\n"));
    assert_eq!((view.count(), view.has_gone()), (200_000, false));
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn messages_that_stand_side_by_side_are_one_range_of_uids() {
    let mut view = view(&[10, 20, 30, 40, 50]);
    let ranges = |view: &View, set: &str, numbering| {
        view.uid_ranges(&sequence_set(&mut Cursor::whole(set.as_bytes(), 0)).unwrap(), numbering)
    };
    assert_eq!(ranges(&view, "1:*", Numbering::Sequence), Ok(vec![(10, 50)]));
    assert_eq!(ranges(&view, "1,3:4", Numbering::Sequence), Ok(vec![(10, 10), (30, 40)]));
    assert_eq!(ranges(&view, "15:35", Numbering::Uid), Ok(vec![(20, 30)]));
    assert_eq!(ranges(&view, "6", Numbering::Sequence), Err(NoSuchNumber));
    view.absorb(changes(&[], &[30]));
    assert_eq!(ranges(&view, "1:*", Numbering::Sequence), Ok(vec![(10, 20), (40, 50)]));
}

#[test]
fn the_flags_that_the_client_knows_are_kept_until_it_is_told_of_others() {
    let flagged = Flags::new().with(SystemFlag::Flagged);
    let mut view = view(&[10, 20]);
    view.set_sync(Sync::Condstore);
    let mut news = changes(&[], &[]);
    news.changed.push(Uid(20), &flagged, ModSeq(5));
    news.mailbox.highest_modseq = ModSeq(5);
    view.absorb(news);
    // What the client knew at change 1 is known; at change 3 the message may have had any flags.
    assert_eq!(view.flags_at(&[0, 1], ModSeq(1)), [(Uid(20), Flags::new())]);
    assert_eq!(view.flags_at(&[0, 1], ModSeq(3)), []);
    assert_eq!(view.flags_at(&[0, 1], ModSeq(0)), []);
    assert!(!told(&mut view, Expunges::Held).is_empty());
    assert_eq!(view.flags_at(&[0, 1], ModSeq(1)), []);
}
