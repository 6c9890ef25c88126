//! What an extended search is asked to give (RFC 4731, section 3.1; RFC 5182, section 2.1; RFC
//! 5267, section 4; RFC 9394, section 3.1).

use std::fmt;
use std::ops::Range;

use super::cursor::{Cursor, ParseError, Parsed};
use super::fetch::{FetchItem, fetch_attributes};

/// What an extended search gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnOption {
    /// `MIN`: the lowest number found; of a sorted search the first.
    Min,
    /// `MAX`: the highest, or the last.
    Max,
    /// `ALL`: all of them, as a set.
    All,
    /// `COUNT`: how many.
    Count,
    /// `PARTIAL`: some of them.
    Partial(ResultRange),
    /// `SAVE`: the outcome is kept for `$`.
    Save,
    /// `UPDATE`: the client wants to hear when the outcome changes.
    Update,
    /// `CONTEXT`: a hint that more such searches will come; it changes nothing here.
    Context,
}

/// Which of the results, counted from 1 at the front or at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResultRange {
    from: u32,
    to: u32,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    First,
    Last,
}

impl ResultRange {
    /// The same, counted at the front.
    pub(crate) fn at_the_front(self) -> Self {
        Self { origin: Origin::First, ..self }
    }

    /// Which of `count` results are in the range, by their places from 0 on.
    pub(crate) fn within(self, count: usize) -> Range<usize> {
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let (low, high) = (place(self.from.min(self.to)), place(self.from.max(self.to)));
        match self.origin {
            Origin::First => low.saturating_sub(1).min(count)..high.min(count),
            Origin::Last if low > count => 0..0,
            Origin::Last => count.saturating_sub(high)..count.saturating_sub(low).saturating_add(1),
        }
    }
}

impl fmt::Display for ResultRange {
    /// As the client wrote it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::First => write!(f, "{}:{}", self.from, self.to),
            Origin::Last => write!(f, "-{}:-{}", self.from, self.to),
        }
    }
}

/// ```abnf
/// partial-range       = partial-range-first / partial-range-last    ; RFC 9394, section 4
/// partial-range-first = nz-number ":" nz-number
/// partial-range-last  = "-" nz-number ":" "-" nz-number
/// ```
pub(crate) fn result_range(cursor: &mut Cursor<'_>) -> Parsed<ResultRange> {
    const SHAPE: &str = "a range of results is written as 1:100 or -1:-100";
    let origin = if cursor.eat(b'-') { Origin::Last } else { Origin::First };
    let from = cursor.nz_number()?;
    cursor.expect(b':', SHAPE)?;
    if origin == Origin::Last {
        cursor.expect(b'-', SHAPE)?;
    }
    Ok(ResultRange { from, to: cursor.nz_number()?, origin })
}

/// ```abnf
/// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
/// search-return-opt  = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" /      ; RFC 4731 and RFC 5182
///                      "CONTEXT" / "PARTIAL" SP partial-range /              ; RFC 5267
///                      "UPDATE" [SP "(" fetch-att *(SP fetch-att) ")"]       ; RFC 5465, section 8
/// ```
/// Nothing between the parentheses means ALL (RFC 4731, section 3.1); PARTIAL or ALL may stand
/// there once (RFC 9394, section 3.1). The data items behind UPDATE are given apart; the grammar
/// has no space before them, and the example has one: both are taken.
pub(super) fn return_options(cursor: &mut Cursor<'_>) -> Parsed<(Option<Vec<ReturnOption>>, Vec<FetchItem>)> {
    let mut items = Vec::new();
    if !cursor.eat_word(" RETURN (") {
        return Ok((None, items));
    }
    if cursor.eat(b')') {
        return Ok((Some(vec![ReturnOption::All]), items));
    }
    let mut options = Vec::new();
    loop {
        let option = return_option(cursor)?;
        if option == ReturnOption::Update && (cursor.eat_word(" (") || cursor.eat(b'(')) {
            items = fetch_attributes(cursor)?;
        }
        let partial = |option: &ReturnOption| matches!(option, ReturnOption::Partial(_));
        let second = |known: &ReturnOption| {
            partial(&option) && (partial(known) || *known == ReturnOption::All)
                || option == ReturnOption::All && partial(known)
        };
        if options.iter().any(second) {
            return Err(ParseError::Syntax("only one PARTIAL or ALL is allowed"));
        }
        if !options.contains(&option) {
            options.push(option);
        }
        if cursor.eat(b')') {
            return Ok((Some(options), items));
        }
        cursor.space()?;
    }
}

fn return_option(cursor: &mut Cursor<'_>) -> Parsed<ReturnOption> {
    Ok(match cursor.atom()?.to_ascii_uppercase().as_str() {
        "MIN" => ReturnOption::Min,
        "MAX" => ReturnOption::Max,
        "ALL" => ReturnOption::All,
        "COUNT" => ReturnOption::Count,
        "SAVE" => ReturnOption::Save,
        "UPDATE" => ReturnOption::Update,
        "CONTEXT" => ReturnOption::Context,
        "PARTIAL" => {
            cursor.space()?;
            ReturnOption::Partial(result_range(cursor)?)
        }
        _ => return Err(ParseError::Syntax("there is no such return option")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> ResultRange {
        result_range(&mut Cursor::whole(text.as_bytes(), 0)).unwrap()
    }

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        for (text, count, places) in [
            ("1:2", 5, 0..2),
            ("2:1", 5, 0..2),
            ("4:9", 5, 3..5),
            ("6:9", 5, 5..5),
            ("-1:-2", 5, 3..5),
            ("-2:-1", 5, 3..5),
            ("-5:-5", 5, 0..1),
            ("-4:-9", 5, 0..2),
            ("-1:-4294967295", 5, 0..5),
            ("1:1", 0, 0..0),
        ] {
            assert_eq!(range(text).within(count), places, "{text}");
            assert_eq!(range(text).to_string(), text);
        }
        assert!(range("-6:-9").within(5).is_empty());
        assert!(range("-1:-1").within(0).is_empty());
    }

    #[test]
    fn wrong_ranges_and_options_are_refused() {
        for text in ["0:1", "1", "1:*", "-1:2", "1:-2", "1:", "--1:-2"] {
            let mut cursor = Cursor::whole(text.as_bytes(), 0);
            assert!(result_range(&mut cursor).and_then(|_| cursor.end()).is_err(), "{text}");
        }
        for text in
            ["(PARTIAL 1:2 ALL)", "(ALL PARTIAL 1:2)", "(PARTIAL 1:2 PARTIAL 3:4)", "(PARTIAL)", "(MOST)"]
        {
            let text = format!(" RETURN {text}");
            assert!(return_options(&mut Cursor::whole(text.as_bytes(), 0)).is_err(), "{text}");
        }
    }
}
