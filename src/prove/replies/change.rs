//! How an item on the wire is altered: pure, octets to octets.
//!
//! Enough of SMTP, POP3 and IMAP is known here to alter what a reader would miss least; that it
//! is altered well is shown by what is noticed.

use std::fmt;

/// One way to alter what is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// A success is a refusal, and a refusal a success.
    Opposite,
    /// It is another refusal, or a refusal of another kind.
    OtherStatus,
    /// It gives another reason: response code, enhanced status, last digit.
    Reason,
    /// It does not come.
    Lost,
    /// It comes twice.
    Twice,
    /// Its numbers are one greater.
    Numbers,
    /// The number at this place among its numbers, from 0, is one greater.
    Number(usize),
    /// Letters in its strings are others.
    Strings,
    /// The string at this place among its strings, from 0, is another one.
    String(usize),
    /// All letters behind its name are others.
    Words,
    /// The word at this place behind its name, from 0, is another one: an atom, a flag, the name of an item.
    Word(usize),
    /// Nothing stands behind its name or in its lists.
    Emptied,
    /// Before it comes what must not come.
    Forbidden,
    /// Something comes where nothing should.
    Unasked,
    /// The connection stays open behind it.
    NoEnd,
    /// What is there twice in a mailbox, or not at all, or not as it was.
    Mailbox(Mailbox),
}

/// How what is found in a mailbox is altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mailbox {
    /// Nothing is found.
    Empty,
    /// Each message is found twice.
    Twice,
    /// The letters of the messages are others.
    Scrambled,
    /// What must not be there is found.
    Forbidden,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opposite => "the opposite status",
            Self::OtherStatus => "another status",
            Self::Reason => "another reason",
            Self::Lost => "a reply lost",
            Self::Twice => "a reply twice",
            Self::Numbers | Self::Number(_) => "another number",
            Self::Strings | Self::String(_) => "another string",
            Self::Words | Self::Word(_) => "other words",
            Self::Emptied => "data lost",
            Self::Forbidden => "what must not come",
            Self::Unasked => "a reply unasked",
            Self::NoEnd => "a connection that stays open",
            Self::Mailbox(_) => "another mailbox",
        })
    }
}

impl Change {
    /// The octets in the place of these; `None` where this change alters nothing here.
    pub(super) fn apply(self, octets: &[u8]) -> Option<Vec<u8>> {
        let altered = match self {
            Self::Opposite => status(octets, Which::Opposite)?,
            Self::OtherStatus => status(octets, Which::Other)?,
            Self::Reason => reason(octets)?,
            Self::Lost => Vec::new(),
            Self::Twice => [octets, octets].concat(),
            Self::Numbers => numbers(octets, |_| true),
            Self::Number(place) => numbers(octets, |at| at == place),
            Self::Strings => strings(octets),
            Self::String(place) => string(octets, place)?,
            Self::Words => words(octets),
            Self::Word(place) => word(octets, place)?,
            Self::Emptied => emptied(octets)?,
            Self::Forbidden | Self::Unasked | Self::NoEnd | Self::Mailbox(_) => return None,
        };
        (altered != octets).then_some(altered)
    }

    /// The messages that are found in the place of these.
    pub(super) fn apply_to_mailbox(self, messages: Vec<Vec<u8>>, forbidden: Option<&[u8]>) -> Vec<Vec<u8>> {
        match self {
            Self::Mailbox(Mailbox::Empty) => Vec::new(),
            Self::Mailbox(Mailbox::Twice) => [messages.clone(), messages].concat(),
            Self::Mailbox(Mailbox::Scrambled) => {
                messages.iter().map(|message| rotated(message, |_| true)).collect()
            }
            Self::Mailbox(Mailbox::Forbidden) => {
                messages.into_iter().chain(forbidden.map(<[u8]>::to_vec)).collect()
            }
            _ => messages,
        }
    }
}

/// The words of statuses, each with its opposite and another one.
const STATUSES: [(&[u8], &[u8], &[u8]); 7] = [
    (b"OK", b"NO", b"BAD"),
    (b"NO", b"OK", b"BAD"),
    (b"BAD", b"OK", b"NO"),
    (b"BYE", b"OK", b"NO"),
    (b"PREAUTH", b"BYE", b"OK"),
    (b"+OK", b"-ERR", b"-ERR"),
    (b"-ERR", b"+OK", b"+OK"),
];

/// Which status takes the place of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Opposite,
    Other,
}

/// The same with another status.
fn status(octets: &[u8], which: Which) -> Option<Vec<u8>> {
    if code(octets).is_some() {
        let digit = |digit: u8| match (which, digit) {
            (Which::Opposite, b'2' | b'3') | (Which::Other, b'4') => b'5',
            (Which::Opposite, _) | (Which::Other, b'3') => b'2',
            (Which::Other, b'5') => b'4',
            (Which::Other, _) => b'3',
        };
        return Some(each_smtp_line(octets, |line| {
            if let Some(first) = line.first_mut() {
                *first = digit(*first);
            }
        }));
    }
    if octets.starts_with(b"+ ") {
        return Some(b"* OK no leave is given\r\n".to_vec());
    }
    let line = octets.split_inclusive(|octet| *octet == b'\n').next()?;
    let mut words: Vec<&[u8]> = line.splitn(3, |octet| *octet == b' ').collect();
    let pop3 = octets.starts_with(b"+OK") || octets.starts_with(b"-ERR");
    let at = usize::from(!pop3);
    let word = words.get_mut(at)?;
    let trimmed = word.trim_ascii_end();
    let row = STATUSES.iter().find(|row| row.0.eq_ignore_ascii_case(trimmed))?;
    let ending = word.get(trimmed.len()..).unwrap_or_default();
    let instead = if which == Which::Opposite { row.1 } else { row.2 };
    let new = [instead, ending].concat();
    *word = &new;
    let line_altered = words.join(&b' ');
    // A refusal of POP3 has one line.
    let behind = if pop3 { b"".as_slice() } else { octets.get(line.len()..).unwrap_or_default() };
    Some([line_altered.as_slice(), behind].concat())
}

/// The code of an SMTP reply.
fn code(octets: &[u8]) -> Option<&[u8]> {
    let code = octets.get(..3)?;
    let digits = code.iter().all(u8::is_ascii_digit);
    (digits && matches!(octets.get(3), Some(b' ' | b'-' | b'\r'))).then_some(code)
}

fn each_smtp_line(octets: &[u8], change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let lines = octets.split_inclusive(|octet| *octet == b'\n');
    lines
        .flat_map(|line| {
            let mut line = line.to_vec();
            change(&mut line);
            line
        })
        .collect()
}

/// The same with another reason.
fn reason(octets: &[u8]) -> Option<Vec<u8>> {
    if code(octets).is_some() {
        return Some(each_smtp_line(octets, |line| {
            // The last digit, and that of the enhanced status.
            let bump = |digit: &mut u8| *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
            line.get_mut(2).into_iter().for_each(bump);
            let ends = line.get(4..).map(|rest| rest.iter().take_while(|octet| **octet != b' ').count());
            if let Some(last) = ends.and_then(|end| line.get_mut(3 + end))
                && last.is_ascii_digit()
            {
                bump(last);
            }
        }));
    }
    let line = octets.split(|octet| *octet == b'\n').next()?;
    let open = line.iter().position(|octet| *octet == b'[')?;
    let close = line.iter().position(|octet| *octet == b']')?;
    let name = octets.get(open + 1..close)?;
    let letters = name.iter().take_while(|octet| octet.is_ascii_alphabetic()).count();
    Some(rotated(octets, |at| at > open && at <= open + letters))
}

/// The same with numbers one greater, of those whose place among all is chosen. Tags, the sizes of
/// literals, and the codes of SMTP are no numbers.
fn numbers(octets: &[u8], chosen: impl Fn(usize) -> bool) -> Vec<u8> {
    let found = find_numbers(octets);
    let mut out = Vec::with_capacity(octets.len() + 4);
    let mut done = 0;
    for (at, (from, to)) in found.iter().enumerate() {
        if !chosen(at) {
            continue;
        }
        out.extend_from_slice(octets.get(done..*from).unwrap_or_default());
        let digits = octets.get(*from..*to).unwrap_or_default();
        let number: Option<u64> = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        out.extend(number.map_or(digits.to_vec(), |number| number.wrapping_add(1).to_string().into_bytes()));
        done = *to;
    }
    out.extend_from_slice(octets.get(done..).unwrap_or_default());
    out
}

fn find_numbers(octets: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = head(octets);
    let literals = literals(octets);
    while at < octets.len() {
        if let Some((_, to)) = literals.iter().find(|(from, to)| (*from..*to).contains(&at)) {
            at = *to;
            continue;
        }
        let rest = octets.get(at..).unwrap_or_default();
        let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let before = at.checked_sub(1).and_then(|before| octets.get(before));
        let size = before == Some(&b'{') && rest.get(digits) == Some(&b'}');
        if digits > 0 && !size {
            found.push((at, at + digits));
        }
        at += digits.max(1);
    }
    found
}

/// Where what an item says begins: behind its tag, or its code.
fn head(octets: &[u8]) -> usize {
    if code(octets).is_some() {
        return 3;
    }
    let space = octets.iter().position(|octet| *octet == b' ');
    space.map_or(0, |space| space + 1)
}

/// Where literals stand, as far as their sizes tell.
fn literals(octets: &[u8]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(rest) = octets.get(at..) {
        let Some(end) = rest.windows(3).position(|three| three == b"}\r\n") else { break };
        let open = rest.get(..end).and_then(|line| line.iter().rposition(|octet| *octet == b'{'));
        let size =
            open.and_then(|open| std::str::from_utf8(rest.get(open + 1..end)?).ok()?.parse::<usize>().ok());
        let begin = at + end + 3;
        let size = size.filter(|size| *size <= octets.len().saturating_sub(begin)).unwrap_or(0);
        if size > 0 {
            found.push((begin, begin + size));
        }
        at = begin + size;
    }
    found
}

/// The same with other letters in quoted strings and literals, and in all lines behind the first
/// of a reply that has no literals.
fn strings(octets: &[u8]) -> Vec<u8> {
    let literals = literals(octets);
    let first = octets.iter().position(|octet| *octet == b'\n').unwrap_or(octets.len());
    let mut inside = false;
    let mut quoted = vec![false; octets.len()];
    for (at, flag) in quoted.iter_mut().enumerate() {
        let literal = literals.iter().any(|(from, to)| (*from..*to).contains(&at));
        let quote = octets.get(at) == Some(&b'"') && !literal;
        inside ^= quote;
        *flag = literal || inside || (literals.is_empty() && at > first);
    }
    rotated(octets, |at| quoted.get(at) == Some(&true))
}

/// The same with another string at this place among those that are quoted or literals: of other
/// letters, or one letter where it has none.
fn string(octets: &[u8], place: usize) -> Option<Vec<u8>> {
    let (from, to) = find_strings(octets).get(place).copied()?;
    let string = octets.get(from..to)?;
    let mut other = rotated(string, |_| true);
    if other == string {
        let literal = octets.get(..from)?.ends_with(b"\n");
        if literal {
            other = string.iter().map(|octet| if *octet == b'x' { b'y' } else { b'x' }).collect();
        } else {
            other.push(b'x');
        }
    }
    Some([octets.get(..from)?, &other, octets.get(to..)?].concat())
}

/// What stands between quotes and in literals.
fn find_strings(octets: &[u8]) -> Vec<(usize, usize)> {
    let literals = literals(octets);
    let (mut found, mut open, mut at) = (literals.clone(), None, 0);
    while at < octets.len() {
        if let Some((_, to)) = literals.iter().find(|(from, _)| *from == at) {
            at = *to;
            continue;
        }
        match (octets.get(at), open) {
            (Some(b'\\'), Some(_)) => at += 1,
            (Some(b'"'), None) => open = Some(at + 1),
            (Some(b'"'), Some(from)) => {
                found.push((from, at));
                open = None;
            }
            _ => {}
        }
        at += 1;
    }
    found.sort_unstable();
    found
}

/// The same with other letters behind the head and the name.
fn words(octets: &[u8]) -> Vec<u8> {
    let begin = name_end(octets);
    if begin >= octets.len().saturating_sub(2) {
        return rotated(octets, |_| true);
    }
    rotated(octets, |at| at >= begin)
}

/// Where the name ends by which an item is known: `* 3 FETCH`, `a1 OK`, `250`.
fn name_end(octets: &[u8]) -> usize {
    if code(octets).is_some() {
        return 4;
    }
    let head = head(octets);
    let rest = octets.get(head..).unwrap_or_default();
    let number = rest.iter().take_while(|octet| octet.is_ascii_digit() || **octet == b' ').count();
    head + number + rest.iter().skip(number).take_while(|octet| !octet.is_ascii_whitespace()).count()
}

/// The same with other letters in the word at this place, outside of strings.
fn word(octets: &[u8], place: usize) -> Option<Vec<u8>> {
    let strings = find_strings(octets);
    let inside = |at: usize| strings.iter().any(|(from, to)| (*from..*to).contains(&at));
    let (mut found, mut at) = (0, name_end(octets));
    while at < octets.len() {
        let rest = octets.get(at..)?;
        let stands = |(index, octet): &(usize, &u8)| {
            !inside(at + index) && !octet.is_ascii_whitespace() && !b"()\"".contains(octet)
        };
        let length = rest.iter().enumerate().take_while(stands).count();
        if rest.get(..length).is_some_and(|word| word.iter().any(u8::is_ascii_alphabetic)) {
            if found == place {
                return Some(rotated(octets, |one| (at..at + length).contains(&one)));
            }
            found += 1;
        }
        at += length.max(1);
    }
    None
}

/// Each letter at a chosen place is the next one of the alphabet.
fn rotated(octets: &[u8], chosen: impl Fn(usize) -> bool) -> Vec<u8> {
    let next = |octet: u8| match octet {
        b'z' => b'a',
        b'Z' => b'A',
        letter if letter.is_ascii_alphabetic() => letter + 1,
        other => other,
    };
    octets.iter().enumerate().map(|(at, octet)| if chosen(at) { next(*octet) } else { *octet }).collect()
}

/// `* SEARCH` of `* SEARCH 1 2`, `* FLAGS ()` of `* FLAGS (\Seen)`; a reply of one line that holds no
/// more than its first word, and a multi-line one without its lines.
fn emptied(octets: &[u8]) -> Option<Vec<u8>> {
    if octets.ends_with(b"\r\n.\r\n") {
        let first = octets.split_inclusive(|octet| *octet == b'\n').next()?;
        return Some([first, b".\r\n"].concat());
    }
    if !literals(octets).is_empty() || !octets.ends_with(b"\r\n") {
        return None;
    }
    if let (Some(open), Some(close)) =
        (octets.iter().rposition(|octet| *octet == b'('), octets.iter().position(|octet| *octet == b')'))
        && open < close
    {
        let before = octets.get(..=open)?;
        return Some([before, octets.get(close..)?].concat());
    }
    let mut words = octets.trim_ascii_end().split(|octet| *octet == b' ');
    let kept: Vec<&[u8]> = words.by_ref().take(if octets.starts_with(b"* ") { 2 } else { 1 }).collect();
    Some([kept.join(&b' ').as_slice(), b"\r\n"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn altered(change: Change, text: &str) -> Option<String> {
        change.apply(text.as_bytes()).map(|octets| String::from_utf8(octets).unwrap())
    }

    #[test]
    fn each_change_alters_what_it_says() {
        for (change, before, after) in [
            (Change::Opposite, "a1 OK done\r\n", "a1 NO done\r\n"),
            (Change::OtherStatus, "a1 NO [X] done\r\n", "a1 BAD [X] done\r\n"),
            (Change::Opposite, "* BYE\r\n", "* OK\r\n"),
            (Change::Opposite, "250-a\r\n250 b\r\n", "550-a\r\n550 b\r\n"),
            (Change::OtherStatus, "550 b\r\n", "450 b\r\n"),
            (Change::Opposite, "+OK 2\r\n1 5\r\n.\r\n", "-ERR 2\r\n"),
            (Change::Reason, "550 5.1.1 b\r\n", "551 5.1.2 b\r\n"),
            (Change::Reason, "a1 NO [LIMIT 3] x\r\n", "a1 NO [MJNJU 3] x\r\n"),
            (Change::Numbers, "* 3 FETCH (UID 9 X {2}\r\n11)\r\n", "* 4 FETCH (UID 10 X {2}\r\n11)\r\n"),
            (Change::Number(1), "* 3 FETCH (UID 9)\r\n", "* 3 FETCH (UID 10)\r\n"),
            (Change::Number(0), "a7 OK [UIDNEXT 9]\r\n", "a7 OK [UIDNEXT 10]\r\n"),
            (Change::String(1), "* 1 FETCH (A \"a\" B \"\")\r\n", "* 1 FETCH (A \"a\" B \"x\")\r\n"),
            (
                Change::String(0),
                "* 1 FETCH (A {2}\r\n\"1 B \"b\")\r\n",
                "* 1 FETCH (A {2}\r\nxx B \"b\")\r\n",
            ),
            (
                Change::String(1),
                "* 1 FETCH (A {2}\r\n\"1 B \"b\")\r\n",
                "* 1 FETCH (A {2}\r\n\"1 B \"c\")\r\n",
            ),
            (Change::Strings, "* LIST () \"/\" \"abz\"\r\n", "* LIST () \"/\" \"bca\"\r\n"),
            (Change::Strings, "* 1 FETCH (A {2}\r\nab)\r\n", "* 1 FETCH (A {2}\r\nbc)\r\n"),
            (Change::Words, "* 3 FETCH (FLAGS (\\Seen))\r\n", "* 3 FETCH (GMBHT (\\Tffo))\r\n"),
            (Change::Word(1), "* 1 FETCH (UID 3 FLAGS ())\r\n", "* 1 FETCH (UID 3 GMBHT ())\r\n"),
            (Change::Word(0), "* LIST () \"b\" a\r\n", "* LIST () \"b\" b\r\n"),
            (Change::Emptied, "* SEARCH 1 2\r\n", "* SEARCH\r\n"),
            (Change::Emptied, "* 1 FETCH (FLAGS (\\Seen))\r\n", "* 1 FETCH (FLAGS ())\r\n"),
            (Change::Emptied, "+OK 2\r\n1 5\r\n.\r\n", "+OK 2\r\n.\r\n"),
        ] {
            assert_eq!(altered(change, before).as_deref(), Some(after), "{change:?} of {before}");
        }
    }

    #[test]
    fn what_a_change_does_not_alter_is_no_change() {
        for (change, text) in [
            (Change::Opposite, "* 3 EXISTS\r\n"),
            (Change::Reason, "a1 OK done\r\n"),
            (Change::Numbers, "a1 OK done\r\n"),
            (Change::Strings, "a1 OK done\r\n"),
            (Change::Forbidden, "a1 OK done\r\n"),
        ] {
            assert_eq!(altered(change, text), None, "{change:?} of {text}");
        }
    }
}
