//! A range of octets within a message.

/// A half-open range of octet offsets into the message it was found in.
///
/// Two plain numbers rather than a slice, so that a structure can outlive the
/// buffer it was read from and be kept beside an index into the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first octet.
    pub start: usize,
    /// Offset after the last octet; never before `start`.
    pub end: usize,
}

impl Span {
    /// The range from `start` to `end`; empty at `start` when `end` lies before it.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// How many octets it holds.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether it holds no octet.
    pub fn is_empty(self) -> bool {
        self.end == self.start
    }

    /// The octets it stands for; what lies outside `message` is left out, so
    /// that a span of another message cannot end the process.
    pub fn of(self, message: &[u8]) -> &[u8] {
        let end = self.end.min(message.len());
        message.get(self.start.min(end)..end).unwrap_or_default()
    }

    /// Whether `other` lies within it.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_a_longer_message_gives_what_there_is() {
        assert_eq!(Span::new(2, 9).of(b"abcd"), b"cd");
        assert_eq!(Span::new(7, 9).of(b"abcd"), b"");
    }

    #[test]
    fn a_span_never_ends_before_it_starts() {
        assert_eq!(Span::new(5, 3).len(), 0);
    }
}
