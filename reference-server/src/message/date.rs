//! The `Date` field's value (RFC 5322, section 3.3, and the obsolete forms of
//! section 4.3): read for searching and sorting, written in trace fields and reports.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use super::structured::Cursor;

/// `date-time` of RFC 5322, section 3.3.
const DATE_TIME: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day padding:none] [month repr:short] [year] [hour]:[minute]:[second] \
     [offset_hour sign:mandatory][offset_minute]"
);

/// Writes a date-time.
pub(crate) fn date_time(date: OffsetDateTime) -> String {
    date.format(DATE_TIME).unwrap_or_default()
}

/// Reads a date-time, in the time zone it is given in; so that `.date()` is the
/// date as written, which is what IMAP's `SENTON` compares (RFC 3501,
/// section 6.4.4). A time or zone that cannot be read counts as midnight and
/// UTC; without a readable date there is nothing.
pub fn parse(value: &[u8]) -> Option<OffsetDateTime> {
    let mut cursor = Cursor::new(value);
    let mut day = word(&mut cursor);
    if day.iter().any(u8::is_ascii_alphabetic) {
        // A day of the week, whose comma the obsolete forms leave out at times.
        cursor.skip_cfws();
        cursor.eat(b',');
        day = word(&mut cursor);
    }
    let day = u8::try_from(number(day)?).ok()?;
    let month = month(word(&mut cursor))?;
    let year = year(word(&mut cursor))?;
    let date = Date::from_calendar_date(year, month, day).ok()?;
    let time = time_of_day(&mut cursor).unwrap_or(Time::MIDNIGHT);
    let zone = zone(&mut cursor).unwrap_or(UtcOffset::UTC);
    Some(date.with_time(time).assume_offset(zone))
}

/// The next run of letters or digits.
fn word<'v>(cursor: &mut Cursor<'v>) -> &'v [u8] {
    cursor.skip_cfws();
    cursor.take_while(|octet| octet.is_ascii_alphanumeric())
}

fn number(digits: &[u8]) -> Option<i32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn month(name: &[u8]) -> Option<Month> {
    const NAMES: [&[u8]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let name = name.to_ascii_lowercase();
    let index = NAMES.iter().position(|known| name == *known)?;
    Month::try_from(u8::try_from(index + 1).ok()?).ok()
}

/// Two digits up to 49 mean 20xx, other two and any three mean 19xx (RFC 5322,
/// section 4.3).
fn year(digits: &[u8]) -> Option<i32> {
    let year = number(digits)?;
    match digits.len() {
        0 | 1 => None,
        2 if year < 50 => Some(year + 2000),
        2 | 3 => Some(year + 1900),
        _ => Some(year),
    }
}

/// `hour ":" minute [ ":" second ]`; a leap second counts as the one before it.
fn time_of_day(cursor: &mut Cursor<'_>) -> Option<Time> {
    let small = |digits| number(digits).and_then(|number| u8::try_from(number).ok());
    let hour = small(word(cursor))?;
    cursor.skip_cfws();
    if !cursor.eat(b':') {
        return None;
    }
    let minute = small(word(cursor))?;
    cursor.skip_cfws();
    let second = if cursor.eat(b':') { small(word(cursor))?.min(59) } else { 0 };
    Time::from_hms(hour, minute, second).ok()
}

/// `( "+" / "-" ) 4DIGIT / obs-zone`; a name that is not known means UTC.
fn zone(cursor: &mut Cursor<'_>) -> Option<UtcOffset> {
    cursor.skip_cfws();
    let sign = match cursor.peek() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return named_zone(word(cursor)),
    };
    cursor.advance();
    let digits = word(cursor);
    if digits.len() != 4 {
        return None;
    }
    let number = number(digits)?;
    let minutes = sign * (number / 100 * 60 + number % 100);
    UtcOffset::from_whole_seconds(minutes * 60).ok()
}

/// The zones of North America (RFC 5322, section 4.3).
fn named_zone(name: &[u8]) -> Option<UtcOffset> {
    let hours = match name.to_ascii_uppercase().as_slice() {
        b"EDT" => -4,
        b"EST" | b"CDT" => -5,
        b"CST" | b"MDT" => -6,
        b"MST" | b"PDT" => -7,
        b"PST" => -8,
        _ => 0,
    };
    UtcOffset::from_hms(hours, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn dates_are_written_as_in_rfc_5322() {
        let date = OffsetDateTime::from_unix_timestamp(880_127_706).unwrap();
        assert_eq!(date_time(date), "Fri, 21 Nov 1997 15:55:06 +0000");
    }

    #[test]
    fn dates_in_the_current_syntax() {
        assert_eq!(parse(b"Fri, 21 Nov 1997 09:55:06 -0600"), Some(datetime!(1997-11-21 09:55:06 -06:00)));
        assert_eq!(parse(b"1 Feb 2026 23:59 +0530"), Some(datetime!(2026-02-01 23:59:00 +05:30)));
        assert_eq!(parse(b"Thu, 31 Dec 1998 23:59:60 +0000"), Some(datetime!(1998-12-31 23:59:59 UTC)));
    }

    #[test]
    fn dates_in_the_obsolete_syntax() {
        assert_eq!(parse(b"21 Nov 97 09:55:06 GMT"), Some(datetime!(1997-11-21 09:55:06 UTC)));
        assert_eq!(
            parse(b"Fri, 21 Nov 1997 09(comment):   55  :  06 EST (x)"),
            Some(datetime!(1997-11-21 09:55:06 -05:00))
        );
        assert_eq!(parse(b"Tue 5 jan 26 1:02:03 Z"), Some(datetime!(2026-01-05 01:02:03 UTC)));
    }

    #[test]
    fn two_and_three_digit_years_follow_the_rule() {
        let year = |text: &str| parse(format!("1 Jan {text} 00:00 UT").as_bytes()).unwrap().year();
        assert_eq!(year("49"), 2049);
        assert_eq!(year("50"), 1950);
        assert_eq!(year("101"), 2001);
    }

    #[test]
    fn the_date_is_kept_where_time_or_zone_cannot_be_read() {
        assert_eq!(parse(b"1 Jan 2026 noon"), Some(datetime!(2026-01-01 00:00 UTC)));
        assert_eq!(parse(b"1 Jan 2026 10:00 +99999999"), Some(datetime!(2026-01-01 10:00 UTC)));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for value in ["", "soon", "32 Jan 2026 00:00 +0000", "1 Foo 2026", "1 Jan 6", "Mon,"] {
            assert_eq!(parse(value.as_bytes()), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(value in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = parse(&value);
        }

        #[test]
        fn date_like_text_is_survived(value in "([A-Za-z]{3},? )?[0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,12} [0-9]{1,3}:[0-9]{1,3}(:[0-9]{2})? [+-]?[0-9A-Z]{1,5}") {
            let _ = parse(value.as_bytes());
        }
    }
}
