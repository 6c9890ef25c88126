//! Gathers the octets of one command, line by line and literal by literal, within bounds.
//!
//! It knows only lines and counts; whether a literal may be asked for is the parser's affair.
//! No octet is looked at twice, however small the pieces are in which they come.

use super::cursor::{Announcement, trailing_announcement};

/// The longest text of one command apart from its literals, in octets (RFC 2683, section
/// 3.2.1.5, asks for at least 8000).
pub(crate) const LINE_LIMIT: usize = 64 * 1024;

/// The most literals in one command.
const LITERAL_COUNT_LIMIT: usize = 64;

/// How much of an overlong line's end is kept, to see the literal that it announces.
const TAIL: usize = 32;

/// What a piece of input led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// All input is taken and more is needed.
    NeedsInput,
    /// The command has ended; its text is [`Gatherer::text`].
    Whole,
    /// A line has ended that announces a literal: [`Gatherer::take_literal`] or
    /// [`Gatherer::skip_literal`] says how to go on.
    AtLiteral(Announcement),
    /// A line has ended in a bare LF, which ends no command of IMAP.
    BareLineFeed,
    /// The command is longer than allowed; the rest of its line is being skipped.
    TooLong,
    /// A command that was being skipped has come to its end.
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Reading a line into the text.
    Line,
    /// Reading this many octets more of a literal into the text.
    Literal(u64),
    /// Dropping a line.
    SkipLine,
    /// Dropping this many octets of a literal.
    SkipLiteral(u64),
}

/// The octets of one command, as they come.
#[derive(Debug)]
pub(crate) struct Gatherer {
    text: Vec<u8>,
    /// Where the line that is being read begins in the text.
    line_start: usize,
    /// Octets of lines (not of literals) so far.
    line_octets: usize,
    literals: usize,
    /// Where messages stood in the text, which were taken elsewhere.
    messages: Vec<usize>,
    mode: Mode,
}

impl Gatherer {
    /// Nothing gathered yet.
    pub(crate) fn new() -> Self {
        Self {
            text: Vec::new(),
            line_start: 0,
            line_octets: 0,
            literals: 0,
            messages: Vec::new(),
            mode: Mode::Line,
        }
    }

    /// The text so far; of a whole command, without its last CRLF.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Takes octets from the front of `input`, as many as the next step needs, and says how many.
    pub(crate) fn feed(&mut self, input: &[u8]) -> (usize, Step) {
        match self.mode {
            Mode::Line => self.feed_line(input),
            Mode::SkipLine => self.skip_line(input),
            Mode::Literal(wanted) => {
                let taken = within(input, wanted);
                self.text.extend_from_slice(taken);
                let left = wanted.saturating_sub(taken.len() as u64);
                self.mode = Mode::Literal(left);
                if left == 0 {
                    self.begin_line(Mode::Line);
                }
                (taken.len(), Step::NeedsInput)
            }
            Mode::SkipLiteral(wanted) => {
                let taken = within(input, wanted);
                let left = wanted.saturating_sub(taken.len() as u64);
                self.mode = Mode::SkipLiteral(left);
                if left == 0 {
                    self.begin_line(Mode::SkipLine);
                }
                (taken.len(), Step::NeedsInput)
            }
        }
    }

    fn begin_line(&mut self, mode: Mode) {
        self.line_start = self.text.len();
        self.mode = mode;
    }

    fn feed_line(&mut self, input: &[u8]) -> (usize, Step) {
        let (taken, ended) = line_piece(input);
        self.line_octets = self.line_octets.saturating_add(taken.len());
        if self.line_octets > LINE_LIMIT {
            self.mode = Mode::SkipLine;
            // What is over the limit is left for the skipping to see.
            return (0, Step::TooLong);
        }
        self.text.extend_from_slice(taken);
        if !ended {
            return (taken.len(), Step::NeedsInput);
        }
        (taken.len(), self.line_ended())
    }

    fn line_ended(&mut self) -> Step {
        let line = self.text.get(self.line_start..).unwrap_or_default();
        if !line.ends_with(b"\r\n") {
            return Step::BareLineFeed;
        }
        if let Some(announced) = trailing_announcement(line) {
            return Step::AtLiteral(announced);
        }
        self.text.truncate(self.text.len().saturating_sub(2));
        Step::Whole
    }

    /// Where messages stood in the text.
    pub(crate) fn messages(&self) -> &[usize] {
        &self.messages
    }

    /// The announced literal is a message: whoever feeds takes its octets elsewhere, unless the
    /// command has too many of them.
    pub(crate) fn take_message(&mut self) -> Result<(), TooManyLiterals> {
        self.one_more_literal()?;
        self.messages.push(self.text.len());
        self.begin_line(Mode::Line);
        Ok(())
    }

    fn one_more_literal(&mut self) -> Result<(), TooManyLiterals> {
        self.literals = self.literals.saturating_add(1);
        if self.literals > LITERAL_COUNT_LIMIT { Err(TooManyLiterals) } else { Ok(()) }
    }

    /// Reads the announced literal into the text, unless the command has too many of them.
    pub(crate) fn take_literal(&mut self, announced: Announcement) -> Result<(), TooManyLiterals> {
        self.one_more_literal()?;
        match announced.octets {
            0 => self.begin_line(Mode::Line),
            wanted => self.mode = Mode::Literal(wanted),
        }
        Ok(())
    }

    /// Drops the announced literal and the rest of the command: the client sends them unasked.
    pub(crate) fn skip_literal(&mut self, announced: Announcement) {
        self.text.clear();
        match announced.octets {
            0 => self.begin_line(Mode::SkipLine),
            wanted => self.mode = Mode::SkipLiteral(wanted),
        }
    }

    fn skip_line(&mut self, input: &[u8]) -> (usize, Step) {
        let (taken, ended) = line_piece(input);
        let kept = taken.get(taken.len().saturating_sub(TAIL)..).unwrap_or_default();
        self.text.extend_from_slice(kept);
        let surplus = self.text.len().saturating_sub(TAIL);
        self.text.drain(..surplus);
        if !ended {
            return (taken.len(), Step::NeedsInput);
        }
        let announced = trailing_announcement(&self.text);
        let step = match announced {
            Some(announced) => Step::AtLiteral(announced),
            None => Step::Skipped,
        };
        (taken.len(), step)
    }

    /// Whether the command is being dropped, its answer already given.
    pub(crate) fn is_skipping(&self) -> bool {
        matches!(self.mode, Mode::SkipLine | Mode::SkipLiteral(_))
    }
}

/// The command has more literals than are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyLiterals;

/// The front of `input` up to and with the first LF, and whether there is one.
fn line_piece(input: &[u8]) -> (&[u8], bool) {
    match input.iter().position(|&octet| octet == b'\n') {
        Some(at) => (input.get(..=at).unwrap_or(input), true),
        None => (input, false),
    }
}

fn within(input: &[u8], wanted: u64) -> &[u8] {
    let count = usize::try_from(wanted).unwrap_or(usize::MAX).min(input.len());
    input.get(..count).unwrap_or(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::syntax::LiteralForm;

    /// Feeds `input` in pieces of `size`; gives the steps that are not [`Step::NeedsInput`] and
    /// takes each literal.
    fn run(input: &[u8], size: usize) -> (Vec<Step>, Vec<Vec<u8>>) {
        let (mut gatherer, mut steps, mut texts) = (Gatherer::new(), Vec::new(), Vec::new());
        for piece in input.chunks(size) {
            let mut rest = piece;
            while !rest.is_empty() {
                let (taken, step) = gatherer.feed(rest);
                rest = &rest[taken..];
                if step != Step::NeedsInput {
                    steps.push(step);
                }
                match step {
                    Step::AtLiteral(announced) if gatherer.is_skipping() => {
                        gatherer.skip_literal(announced);
                    }
                    Step::AtLiteral(announced) => gatherer.take_literal(announced).unwrap(),
                    Step::Whole | Step::Skipped | Step::BareLineFeed => {
                        texts.push(gatherer.text().to_vec());
                        gatherer = Gatherer::new();
                    }
                    Step::NeedsInput | Step::TooLong => {}
                }
            }
        }
        (steps, texts)
    }

    #[test]
    fn commands_come_out_alike_however_the_input_is_cut() {
        let input = b"a LOGIN {3}\r\nf\r\n {0}\r\n\r\nb NOOP\r\n";
        let whole = run(input, input.len());
        assert_eq!(whole.1, [b"a LOGIN {3}\r\nf\r\n {0}\r\n".to_vec(), b"b NOOP".to_vec()]);
        for size in 1..input.len() {
            assert_eq!(run(input, size), whole, "pieces of {size}");
        }
    }

    #[test]
    fn a_bare_line_feed_is_told() {
        let (steps, texts) = run(b"a NOOP\nb NOOP\r\n", 100);
        assert_eq!(steps, [Step::BareLineFeed, Step::Whole]);
        assert_eq!(texts[1], b"b NOOP");
    }

    #[test]
    fn a_line_that_is_too_long_is_dropped_with_its_literal_and_the_next_is_read() {
        let mut input = b"a ".to_vec();
        input.resize(LINE_LIMIT + 5000, b'x');
        input.extend_from_slice(b"{4+}\r\nb B\r x\r\nc NOOP\r\n");
        for size in [1, 1000, input.len()] {
            let (steps, texts) = run(&input, size);
            let four = Announcement { octets: 4, form: LiteralForm::NonSynchronizing };
            let expected = [Step::TooLong, Step::AtLiteral(four), Step::Skipped, Step::Whole];
            assert_eq!(steps, expected, "pieces of {size}");
            assert_eq!(texts.last().unwrap(), b"c NOOP");
        }
    }

    #[test]
    fn the_number_of_literals_is_bounded() {
        let mut gatherer = Gatherer::new();
        let one = Announcement { octets: 0, form: LiteralForm::Synchronizing };
        for _ in 0..LITERAL_COUNT_LIMIT {
            assert_eq!(gatherer.take_literal(one), Ok(()));
        }
        assert_eq!(gatherer.take_literal(one), Err(TooManyLiterals));
    }
}
