//! The criteria of SORT (RFC 5256, section 3, SORT; RFC 5957, section 4).

use std::cmp::Ordering;

use time::OffsetDateTime;

use super::Facts;
use crate::message::collation::Collated;

/// What messages are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortKey {
    /// `ARRIVAL`: the internal date and time.
    Arrival,
    /// `CC`
    Cc,
    /// `DATE`: the sent date.
    Date,
    /// `DISPLAYFROM`
    DisplayFrom,
    /// `DISPLAYTO`
    DisplayTo,
    /// `FROM`
    From,
    /// `SIZE`
    Size,
    /// `SUBJECT`: the base subject.
    Subject,
    /// `TO`
    To,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The smallest.
    Ascending,
    /// The greatest: `REVERSE`.
    Descending,
}

/// One criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Criterion {
    /// By what.
    pub(crate) key: SortKey,
    /// Which end first.
    pub(crate) direction: Direction,
}

/// The value by which a message is sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A moment.
    Time(OffsetDateTime),
    /// A size.
    Size(u64),
    /// A text.
    Text(Collated),
}

impl Key {
    /// What it takes of memory, more or less.
    pub(crate) fn octets(&self) -> usize {
        let text = match self {
            Self::Text(text) => text.octets(),
            Self::Time(_) | Self::Size(_) => 0,
        };
        text.saturating_add(size_of::<Self>())
    }
}

/// What the header says that messages are sorted by; the seams at which a deviation can take
/// something else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SortedBy {
    /// The sent date.
    pub(crate) sent: fn(&Facts<'_>) -> OffsetDateTime,
    /// The base subject.
    pub(crate) subject: fn(&Facts<'_>) -> Collated,
    /// How the first address of a field is displayed.
    pub(crate) display: fn(&Facts<'_>, &str) -> Collated,
}

/// A message's values for these criteria.
pub(crate) fn keys(criteria: &[Criterion], facts: &Facts<'_>, sorted: SortedBy) -> Vec<Key> {
    let key = |criterion: &Criterion| match criterion.key {
        SortKey::Arrival => Key::Time(facts.arrival()),
        SortKey::Date => Key::Time((sorted.sent)(facts)),
        SortKey::Size => Key::Size(facts.octets()),
        SortKey::Subject => Key::Text((sorted.subject)(facts)),
        SortKey::Cc => Key::Text(facts.mailbox("Cc")),
        SortKey::From => Key::Text(facts.mailbox("From")),
        SortKey::To => Key::Text(facts.mailbox("To")),
        SortKey::DisplayFrom => Key::Text((sorted.display)(facts, "From")),
        SortKey::DisplayTo => Key::Text((sorted.display)(facts, "To")),
    };
    criteria.iter().map(key).collect()
}

/// Which of two messages with these values comes first; equal ones stay in the order of the
/// mailbox, also where the criteria are reversed.
pub(crate) fn compare(criteria: &[Criterion], one: &[Key], other: &[Key]) -> Ordering {
    let pairs = criteria.iter().zip(one.iter().zip(other));
    let compared = pairs.map(|(criterion, (one, other))| match criterion.direction {
        Direction::Ascending => one.cmp(other),
        Direction::Descending => other.cmp(one),
    });
    compared.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Header, Span};

    const HEADERS: [&str; 4] = [
        "Subject: b\r\nDate: 3 Jan 2000 00:00 +0000\r\n",
        "Subject: Re: a\r\nDate: 2 Jan 2000 00:00 +0000\r\n",
        "Subject: A\r\nDate: 1 Jan 2000 23:00 -0200\r\n",
        "Date: 1 Jan 2000 00:00 +0000\r\n",
    ];

    /// The numbers of these messages, from 1 on, in their order.
    fn sorted(criteria: &[(SortKey, Direction)]) -> Vec<usize> {
        let criteria: Vec<_> =
            criteria.iter().map(|&(key, direction)| Criterion { key, direction }).collect();
        let found = HEADERS.iter().enumerate().map(|(index, header)| {
            let header = Header::new(header.as_bytes(), Span::new(0, header.len()));
            let facts = Facts::new(header, OffsetDateTime::UNIX_EPOCH, 5);
            let sorted = SortedBy {
                sent: |facts| facts.sent(),
                subject: |facts| facts.subject().0,
                display: |facts, field| facts.display(field),
            };
            (keys(&criteria, &facts, sorted), index + 1)
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by(|(one, _), (other, _)| compare(&criteria, one, other));
        found.into_iter().map(|(_, number)| number).collect()
    }

    #[test]
    fn criteria_count_in_their_order_and_equal_messages_keep_theirs() {
        use Direction::{Ascending, Descending};
        assert_eq!(sorted(&[(SortKey::Subject, Ascending)]), [4, 2, 3, 1]);
        assert_eq!(sorted(&[(SortKey::Subject, Descending)]), [1, 2, 3, 4]);
        assert_eq!(sorted(&[(SortKey::Date, Ascending)]), [4, 2, 3, 1]);
        assert_eq!(sorted(&[(SortKey::Subject, Ascending), (SortKey::Date, Descending)]), [4, 3, 2, 1]);
        assert_eq!(sorted(&[(SortKey::Size, Descending)]), [1, 2, 3, 4]);
    }
}
