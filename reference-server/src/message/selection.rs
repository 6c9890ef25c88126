//! Some fields of a header section that comes piece by piece, for sections that are too large to be
//! held. What comes out is what [`super::header::Header::subset`] gives.

use super::header::Keep;

/// How much of a field waits until it is known whether it has one of the names, in octets. Only a
/// name with that much white space behind it is not found.
const UNDECIDED: usize = 64 * 1024;

/// Lets fields through, or not.
#[derive(Debug, Clone)]
pub struct Selection {
    names: Vec<Vec<u8>>,
    keep: Keep,
    place: Place,
    /// The last octet ended a line: the next one says whether its field goes on.
    line_ended: bool,
}

#[derive(Debug, Clone)]
enum Place {
    /// In a field of which only this has come, without a name so far.
    Undecided(Vec<u8>),
    /// In a field that is let through.
    Kept,
    /// In one that is not.
    Dropped,
    /// At the blank line, or behind it.
    Rest,
}

impl Selection {
    /// At the beginning of a header section.
    pub fn new(names: &[Vec<u8>], keep: Keep) -> Self {
        Self { names: names.to_vec(), keep, place: Place::Undecided(Vec::new()), line_ended: false }
    }

    /// Takes octets, and appends those that are let through as far as that is certain.
    pub fn feed(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        for &octet in octets {
            if std::mem::take(&mut self.line_ended) && !matches!(octet, b' ' | b'\t') {
                self.end_field(out);
            }
            self.take(octet, out);
        }
    }

    /// The section is complete.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.end_field(out);
    }

    fn take(&mut self, octet: u8, out: &mut Vec<u8>) {
        match &mut self.place {
            Place::Rest => return out.push(octet),
            Place::Kept => out.push(octet),
            Place::Dropped => {}
            Place::Undecided(field) => {
                let spaced = field.last().is_some_and(u8::is_ascii_whitespace);
                field.push(octet);
                let is_blank_line = matches!(field.as_slice(), b"\n" | b"\r\n");
                let is_no_name = !octet.is_ascii_whitespace() && (spaced || !octet.is_ascii_graphic());
                if is_blank_line {
                    out.append(field);
                    self.place = Place::Rest;
                    return;
                }
                if octet == b':' || is_no_name || field.len() > UNDECIDED {
                    self.decide(out);
                }
            }
        }
        self.line_ended = octet == b'\n';
    }

    /// What has come of the field says whether it has one of the names.
    fn decide(&mut self, out: &mut Vec<u8>) {
        let Place::Undecided(field) = &mut self.place else { return };
        let name = field.strip_suffix(b":").map(<[u8]>::trim_ascii_end).unwrap_or_default();
        let name = if name.iter().all(u8::is_ascii_graphic) { name } else { &[] };
        let named = self.names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted));
        if named == (self.keep == Keep::Named) {
            out.append(field);
            self.place = Place::Kept;
        } else {
            self.place = Place::Dropped;
        }
    }

    fn end_field(&mut self, out: &mut Vec<u8>) {
        if let Place::Undecided(field) = &self.place
            && !field.is_empty()
        {
            self.decide(out);
        }
        if !matches!(self.place, Place::Rest) {
            self.place = Place::Undecided(Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::header::{Header, header_end};
    use super::super::span::Span;
    use super::*;

    fn selected(header: &[u8], names: &[Vec<u8>], keep: Keep, cut: usize) -> Vec<u8> {
        let (mut selection, mut out) = (Selection::new(names, keep), Vec::new());
        for piece in header.chunks(cut) {
            selection.feed(piece, &mut out);
        }
        selection.finish(&mut out);
        out
    }

    #[test]
    fn fields_go_through_with_their_folds() {
        let header = b"A: 1\r\nB : 2\r\n\t3\r\nC: 4\r\n\r\n";
        let names = [b"b".to_vec()];
        assert_eq!(selected(header, &names, Keep::Named, 1), b"B : 2\r\n\t3\r\n\r\n");
        assert_eq!(selected(header, &names, Keep::Others, 5), b"A: 1\r\nC: 4\r\n\r\n");
    }

    #[test]
    fn little_is_held_whatever_the_field() {
        let mut selection = Selection::new(&[b"b".to_vec()], Keep::Others);
        let mut out = Vec::new();
        selection.feed(&b"b".repeat(10 * UNDECIDED), &mut out);
        assert!(out.len() >= 9 * UNDECIDED);
    }

    proptest! {
        #[test]
        fn it_is_the_subset_however_it_is_cut(
            text in "(A|B|ab|\u{e4}|:| |\t|\r\n|\n|\r|x){0,24}",
            others in any::<bool>(),
            cut in 1_usize..9,
        ) {
            let octets = text.as_bytes();
            let header = &octets[..header_end(octets)];
            let keep = if others { Keep::Others } else { Keep::Named };
            let names = [b"a".to_vec(), b"AB".to_vec()];
            let whole = Header::new(header, Span::new(0, header.len())).subset(&names, keep);
            prop_assert_eq!(selected(header, &names, keep, cut), whole);
        }
    }
}
