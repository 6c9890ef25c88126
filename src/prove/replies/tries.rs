//! What is altered for an expectation, what it would miss least of all first.

use super::altering::{Aim, shape_of};
use super::change::{Change, Mailbox};
use super::judging::{Judging, Kind};
use super::log::Moment;
use crate::wire::{Behind, Place};

/// Changes that are tried for one expectation of one case, at most.
const MOST: usize = 60;

/// Items looked at on either side of an expectation.
const WINDOW: usize = 24;

/// Untagged responses that were heard before an expectation and may be meant for it.
const EARLIER: usize = 4;

/// What is tried for an expectation that the script came to, in order.
pub(super) fn tries(judging: &Judging, moments: &[Moment]) -> Vec<(Aim, Change)> {
    let here = |moment: &Moment| matches!(moment, Moment::Arrived(place) if *place == judging.span);
    let (Some(first), Some(last)) = (moments.iter().position(here), moments.iter().rposition(here)) else {
        return Vec::new();
    };
    let mut all = at_once(judging, moments, first);
    if last != first {
        all.extend(at_once(judging, moments, last));
    }
    all.truncate(MOST);
    all
}

/// The same, for one time that the script came to it.
fn at_once(judging: &Judging, moments: &[Moment], at: usize) -> Vec<(Aim, Change)> {
    let behind = items_behind(moments, at);
    let before = items_before(moments, at);
    match judging.kind {
        Kind::Reply => each(judging, &ANSWERS, &behind),
        Kind::Sasl => {
            let latest: Vec<Item<'_>> = behind.into_iter().rev().collect();
            each(judging, &ANSWERS, &latest)
        }
        Kind::Untagged => {
            let untagged = |item: &&Item<'_>| item.octets.starts_with(b"* ");
            let items: Vec<Item<'_>> = behind.iter().filter(untagged).copied().collect();
            // Of commands that were sent at once, it may have been heard with the answer to another.
            let earlier: Vec<Item<'_>> = before.iter().filter(untagged).take(EARLIER).copied().collect();
            [
                each(judging, &DATA, &items),
                each(judging, &singly(), &items),
                each(judging, &DATA, &earlier),
                each(judging, &ANSWERS, &behind),
            ]
            .concat()
        }
        Kind::Check => [each(judging, &VALUES, &before), each(judging, &singly(), &before)].concat(),
        Kind::Client | Kind::Coming => {
            [each(judging, &LINES, &behind), each(judging, &LINES, &before)].concat()
        }
        Kind::Forbidden => connection_behind(moments, at)
            .map(|connection| (Aim::Behind(judging.span, connection), Change::Forbidden))
            .into_iter()
            .collect(),
        Kind::Closed => closes(moments, at).map(|place| (Aim::Item(place), Change::NoEnd)).collect(),
        Kind::Silence => silences(moments, at).map(|place| (Aim::Silence(place), Change::Unasked)).collect(),
        Kind::Mailbox => [Mailbox::Empty, Mailbox::Scrambled, Mailbox::Twice]
            .map(|how| (Aim::Mailbox(judging.span), Change::Mailbox(how)))
            .to_vec(),
        Kind::NoMail => vec![(Aim::Mailbox(judging.span), Change::Mailbox(Mailbox::Forbidden))],
    }
}

/// Changes of answers.
const ANSWERS: [Change; 8] = [
    Change::Opposite,
    Change::OtherStatus,
    Change::Reason,
    Change::Words,
    Change::Numbers,
    Change::Strings,
    Change::Emptied,
    Change::Lost,
];

/// Changes of untagged data.
const DATA: [Change; 6] =
    [Change::Lost, Change::Words, Change::Numbers, Change::Strings, Change::Emptied, Change::Twice];

/// Changes of one number, string or word, for what stands beside others that are judged before.
fn singly() -> Vec<Change> {
    (0..SINGLE)
        .flat_map(|place| [Change::Number(place), Change::String(place), Change::Word(place)])
        .collect()
}

/// Numbers, strings and words of an item that are changed one at a time.
const SINGLE: usize = 8;

/// Changes of what values are taken from.
const VALUES: [Change; 7] = [
    Change::Numbers,
    Change::Strings,
    Change::Words,
    Change::Emptied,
    Change::Opposite,
    Change::Lost,
    Change::Twice,
];

/// Changes of what a client says.
const LINES: [Change; 3] = [Change::Words, Change::Numbers, Change::Lost];

/// An item that was taken.
#[derive(Debug, Clone, Copy)]
struct Item<'a> {
    place: &'a Place,
    octets: &'a [u8],
}

/// Each change of each item that it alters, change by change.
fn each(judging: &Judging, changes: &[Change], items: &[Item<'_>]) -> Vec<(Aim, Change)> {
    let mut all = Vec::new();
    for change in changes {
        for item in items.iter().filter(|item| change.apply(item.octets).is_some()) {
            let aim = if judging.polled {
                Aim::Alike(judging.span, shape_of(item.octets))
            } else {
                Aim::Item(item.place.clone())
            };
            all.push((aim, *change));
        }
    }
    all
}

fn item(moment: &Moment) -> Option<Item<'_>> {
    match moment {
        Moment::Found { place, octets, .. } => Some(Item { place, octets }),
        _ => None,
    }
}

/// The items that were taken behind this moment, until the script went on.
fn items_behind(moments: &[Moment], at: usize) -> Vec<Item<'_>> {
    let behind = moments.get(at..).unwrap_or_default().iter();
    let begun = behind.skip_while(|moment| matches!(moment, Moment::Arrived(_)));
    begun.take_while(|moment| !matches!(moment, Moment::Arrived(_))).filter_map(item).take(WINDOW).collect()
}

/// The items that were taken before it, the latest first.
fn items_before(moments: &[Moment], at: usize) -> Vec<Item<'_>> {
    moments.get(..at).unwrap_or_default().iter().rev().filter_map(item).take(WINDOW).collect()
}

/// The connection on which something was waited for next.
fn connection_behind(moments: &[Moment], at: usize) -> Option<String> {
    moments.get(at..)?.iter().find_map(|moment| match moment {
        Moment::Found { place, .. } | Moment::InVain(place) => Some(place.connection.clone()),
        Moment::Arrived(_) | Moment::Looked => None,
    })
}

fn closes(moments: &[Moment], at: usize) -> impl Iterator<Item = Place> {
    moments.get(at..).unwrap_or_default().iter().filter_map(|moment| match moment {
        Moment::Found { place, behind: Behind::TheEnd, .. } => Some(place.clone()),
        _ => None,
    })
}

fn silences(moments: &[Moment], at: usize) -> impl Iterator<Item = Place> {
    moments.get(at..).unwrap_or_default().iter().filter_map(|moment| match moment {
        Moment::InVain(place) => Some(place.clone()),
        _ => None,
    })
}
