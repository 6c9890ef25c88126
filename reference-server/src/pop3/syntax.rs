//! The grammar of command lines (RFC 2449, section 3), pure: octets in, words out.
//! Which commands there are, the registry knows.

/// The longest command line with its CRLF (RFC 2449, section 4).
pub(super) const MAX_COMMAND: usize = 255;

/// The number of a message within a session, from 1 on (RFC 1939, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageNumber(pub(super) u32);

/// The arguments of a command do not fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadArguments;

/// What follows the keyword on a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arguments<'l> {
    /// All after the first space; nothing where there is no space.
    rest: Option<&'l [u8]>,
}

/// `command = keyword *(SP param) CRLF`, without the CRLF: the keyword and what follows it.
pub(super) fn split(line: &[u8]) -> (&[u8], Arguments<'_>) {
    match line.iter().position(|&octet| octet == b' ') {
        Some(space) => {
            let (keyword, rest) = line.split_at(space);
            (keyword, Arguments { rest: rest.get(1..) })
        }
        None => (line, Arguments { rest: None }),
    }
}

impl<'l> Arguments<'l> {
    /// There must be none.
    pub(super) fn none(self) -> Result<(), BadArguments> {
        match self.rest {
            None => Ok(()),
            Some(_) => Err(BadArguments),
        }
    }

    /// All of it as one argument, spaces included; must not be empty.
    pub(super) fn whole(self) -> Result<&'l [u8], BadArguments> {
        self.rest.filter(|rest| !rest.is_empty()).ok_or(BadArguments)
    }

    /// `1*(SP param)` with `param = 1*VCHAR`: exactly as many as asked for.
    pub(super) fn words<const N: usize>(self) -> Result<[&'l [u8]; N], BadArguments> {
        let words = self.all_words()?;
        <[&[u8]; N]>::try_from(words).map_err(|_| BadArguments)
    }

    /// As [`Self::words`], where UTF-8 may stand in them (RFC 6856, section 2.2).
    pub(super) fn names<const N: usize>(self) -> Result<[&'l [u8]; N], BadArguments> {
        let words = self.words_of(|octet| octet.is_ascii_graphic() || !octet.is_ascii())?;
        <[&[u8]; N]>::try_from(words).map_err(|_| BadArguments)
    }

    /// One argument or two.
    pub(super) fn one_or_two(self) -> Result<(&'l [u8], Option<&'l [u8]>), BadArguments> {
        match self.all_words()?.as_slice() {
            [one] => Ok((one, None)),
            [one, two] => Ok((one, Some(two))),
            _ => Err(BadArguments),
        }
    }

    /// One argument, or nothing at all.
    pub(super) fn optional_word(self) -> Result<Option<&'l [u8]>, BadArguments> {
        match self.rest {
            None => Ok(None),
            Some(_) => self.words().map(|[word]| Some(word)),
        }
    }

    /// One message number.
    pub(super) fn number(self) -> Result<MessageNumber, BadArguments> {
        let [word] = self.words()?;
        message_number(word)
    }

    /// A message number, or nothing at all.
    pub(super) fn optional_number(self) -> Result<Option<MessageNumber>, BadArguments> {
        match self.rest {
            None => Ok(None),
            Some(_) => self.number().map(Some),
        }
    }

    fn all_words(self) -> Result<Vec<&'l [u8]>, BadArguments> {
        self.words_of(|octet| octet.is_ascii_graphic())
    }

    fn words_of(self, allowed: fn(&u8) -> bool) -> Result<Vec<&'l [u8]>, BadArguments> {
        let rest = self.rest.ok_or(BadArguments)?;
        let words: Vec<_> = rest.split(|&octet| octet == b' ').collect();
        let sound = |word: &&[u8]| !word.is_empty() && word.iter().all(allowed);
        if words.iter().all(sound) { Ok(words) } else { Err(BadArguments) }
    }
}

/// A message number in base 10. One too large for any maildrop becomes the
/// largest, which names no message.
pub(super) fn message_number(word: &[u8]) -> Result<MessageNumber, BadArguments> {
    let number = decimal(word)?;
    Ok(MessageNumber(u32::try_from(number).unwrap_or(u32::MAX)))
}

/// A non-negative number in base 10; saturates.
pub(super) fn decimal(word: &[u8]) -> Result<u64, BadArguments> {
    if word.is_empty() || !word.iter().all(u8::is_ascii_digit) {
        return Err(BadArguments);
    }
    Ok(word.iter().fold(0_u64, |number, &digit| {
        number.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arguments(line: &[u8]) -> Arguments<'_> {
        split(line).1
    }

    #[test]
    fn a_line_is_a_keyword_and_arguments() {
        let (keyword, arguments) = split(b"TOP 1 10");
        assert_eq!(keyword, b"TOP");
        assert_eq!(arguments.words(), Ok([&b"1"[..], b"10"]));
        assert_eq!(split(b"NOOP").1.none(), Ok(()));
    }

    #[test]
    fn names_may_be_in_utf_8_and_other_arguments_may_not() {
        let line = "USER Zo\u{eb}".as_bytes();
        assert_eq!(arguments(line).names(), Ok(["Zo\u{eb}".as_bytes()]));
        assert_eq!(arguments(line).words::<1>(), Err(BadArguments));
        for line in [&b"USER a\x07"[..], b"USER a b", b"USER  a", b"USER"] {
            assert_eq!(arguments(line).names::<1>(), Err(BadArguments), "{line:?}");
        }
    }

    #[test]
    fn one_space_separates_arguments() {
        for line in [&b"DELE  1"[..], b"DELE 1 ", b"DELE ", b"DELE", b"DELE 1\t", b"DELE 1 2"] {
            assert_eq!(arguments(line).number(), Err(BadArguments), "{line:?}");
        }
        assert_eq!(arguments(b"NOOP ").none(), Err(BadArguments));
    }

    #[test]
    fn numbers_are_decimal_digits_only() {
        assert_eq!(arguments(b"DELE 12").number(), Ok(MessageNumber(12)));
        for line in [&b"DELE -1"[..], b"DELE +1", b"DELE 0x1", b"DELE 1a", b"DELE 1.0"] {
            assert_eq!(arguments(line).number(), Err(BadArguments), "{line:?}");
        }
        assert_eq!(arguments(b"DELE 99999999999999999999999").number(), Ok(MessageNumber(u32::MAX)));
    }

    #[test]
    fn a_password_may_hold_spaces() {
        assert_eq!(arguments(b"PASS a b ").whole(), Ok(&b"a b "[..]));
        assert_eq!(arguments(b"PASS ").whole(), Err(BadArguments));
        assert_eq!(arguments(b"PASS").whole(), Err(BadArguments));
    }

    #[test]
    fn an_optional_number_may_be_missing() {
        assert_eq!(arguments(b"LIST").optional_number(), Ok(None));
        assert_eq!(arguments(b"LIST ").optional_number(), Err(BadArguments));
        assert_eq!(arguments(b"LIST 3").optional_number(), Ok(Some(MessageNumber(3))));
    }

    proptest! {
        #[test]
        fn any_line_can_be_read(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (keyword, arguments) = split(&line);
            prop_assert!(line.starts_with(keyword));
            let _ = (arguments.none(), arguments.number(), arguments.one_or_two());
        }
    }
}
