//! A header section that comes piece by piece, cut between fields, for sections that are too large to be
//! held: whoever looks at fields has each of them whole.

/// How much of a single field is looked at, in octets.
const FIELD: usize = 1024 * 1024;

/// Cuts a header section into blocks of whole fields.
#[derive(Debug, Default)]
pub struct Blocks {
    held: Vec<u8>,
    /// How much of what is held has been looked through for the end of a field.
    searched: usize,
    /// The field is too long: the rest of it is passed over.
    passing: bool,
}

impl Blocks {
    /// Takes octets; gives the fields that are complete by them, where there are any.
    pub fn feed(&mut self, octets: &[u8]) -> Option<Vec<u8>> {
        self.held.extend_from_slice(octets);
        // The octet behind a line end says whether its field goes on.
        let ends = |pair: &[u8]| matches!(pair, [b'\n', behind] if !matches!(behind, b' ' | b'\t'));
        let from = self.searched.saturating_sub(1);
        self.searched = self.held.len();
        let fresh = self.held.get(from..).unwrap_or_default();
        let place = |at: usize| from.saturating_add(at).saturating_add(1);
        if std::mem::take(&mut self.passing) {
            match fresh.windows(2).position(ends).map(place) {
                Some(first) => drop(self.held.drain(..first)),
                None => {
                    let kept = self.held.len().saturating_sub(1);
                    self.held.drain(..kept);
                    self.passing = true;
                    self.searched = self.held.len();
                    return None;
                }
            }
            self.searched = 0;
            return self.feed(&[]);
        }
        if let Some(last) = fresh.windows(2).rposition(ends).map(place) {
            let rest = self.held.split_off(last);
            self.searched = rest.len();
            return Some(std::mem::replace(&mut self.held, rest));
        }
        if self.held.len() <= FIELD {
            return None;
        }
        self.passing = true;
        let kept = self.held.split_off(self.held.len().saturating_sub(1));
        self.searched = kept.len();
        Some(std::mem::replace(&mut self.held, kept))
    }

    /// The section is complete: the last of its fields.
    pub fn finish(self) -> Vec<u8> {
        if self.passing { Vec::new() } else { self.held }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::{Header, Span};

    fn fields(octets: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let header = Header::new(octets, Span::new(0, octets.len()));
        header.fields().map(|field| (field.name.to_vec(), field.value().into_owned())).collect()
    }

    fn in_blocks(octets: &[u8], size: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut blocks = Blocks::default();
        let mut found = Vec::new();
        for piece in octets.chunks(size) {
            found.extend(blocks.feed(piece).iter().flat_map(|block| fields(block)));
        }
        found.extend(fields(&blocks.finish()));
        found
    }

    proptest! {
        #[test]
        fn the_fields_are_the_same_however_they_come(lines in "([AB]:? ?[a\\t ]{0,3}(\r\n|\n)){0,8}", size in 1usize..9) {
            prop_assert_eq!(in_blocks(lines.as_bytes(), size), fields(lines.as_bytes()));
        }
    }

    #[test]
    fn of_a_field_that_is_too_long_the_beginning_is_looked_at_and_the_next_one_whole() {
        let mut octets = b"Subject: found ".to_vec();
        octets.extend(b"lost and folded\r\n ".repeat(FIELD / 8));
        octets.extend(b"x\r\nDate: now\r\nTo: a\r\n b\r\n\r\n");
        for size in [1000, 65_536, octets.len()] {
            let mut blocks = Blocks::default();
            let mut all = Vec::new();
            let mut most = 0;
            for piece in octets.chunks(size) {
                if let Some(block) = blocks.feed(piece) {
                    most = most.max(block.len());
                    all.extend(fields(&block));
                }
            }
            all.extend(fields(&blocks.finish()));
            let names: Vec<_> = all.iter().map(|(name, _)| name.as_slice()).collect();
            assert_eq!(names, [&b"Subject"[..], b"Date", b"To"], "pieces of {size}");
            assert!(all[0].1.starts_with(b"found lost") && all[2].1 == b"a b");
            assert!(size > FIELD || most <= FIELD + size, "{most}");
        }
    }
}
