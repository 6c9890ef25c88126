//! THREAD ORDEREDSUBJECT (RFC 5256, section 3): messages of one base subject are one thread, the
//! first of them its head and the others that one's children.

use time::OffsetDateTime;

use super::forest::Forest;
use crate::imap::search::Made;
use crate::message::collation::Collated;

impl Made for (Collated, OffsetDateTime) {
    fn octets(&self) -> usize {
        self.0.octets().saturating_add(size_of::<Self>())
    }
}

/// The threads of these messages, which come in the order of the mailbox.
pub(crate) fn by_subject(messages: Vec<(Collated, OffsetDateTime)>) -> Forest {
    let mut sorted: Vec<_> = messages.into_iter().enumerate().collect();
    sorted.sort_by(|(_, one), (_, other)| one.cmp(other));
    let mut threads: Vec<_> = sorted.chunk_by(|(_, one), (_, other)| one.0 == other.0).collect();
    threads.sort_by_key(|thread| thread.first().map(|(place, (_, sent))| (*sent, *place)));
    let mut forest = Forest::default();
    let mut roots = Vec::with_capacity(threads.len());
    for thread in threads {
        let mut places = thread.iter().map(|(place, _)| *place);
        let head = places.next();
        let children = places.map(|place| forest.add(Some(place), Vec::new())).collect();
        roots.push(forest.add(head, children));
    }
    forest.set_roots(roots);
    forest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_come_by_their_first_message_and_have_no_grandchildren() {
        let day = |day: i64| OffsetDateTime::from_unix_timestamp(day * 86_400).unwrap();
        let messages = [("b", 5), ("a", 4), ("b", 1), ("a", 9), ("", 2), ("a", 4)];
        let messages = messages.map(|(subject, sent)| (Collated::of(subject.as_bytes()), day(sent)));
        let forest = by_subject(messages.to_vec());
        assert_eq!(forest.write(|place| u32::try_from(place + 1).unwrap()), "(3 1)(5)(2 (6)(4))");
        assert_eq!(by_subject(Vec::new()).write(|_| 0), "");
    }
}
