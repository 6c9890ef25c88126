//! Dates and times as arguments and in answers (RFC 3501, section 9: date, date-time).

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use super::cursor::{Cursor, ParseError, Parsed};

const MONTHS: [(&str, Month); 12] = [
    ("Jan", Month::January),
    ("Feb", Month::February),
    ("Mar", Month::March),
    ("Apr", Month::April),
    ("May", Month::May),
    ("Jun", Month::June),
    ("Jul", Month::July),
    ("Aug", Month::August),
    ("Sep", Month::September),
    ("Oct", Month::October),
    ("Nov", Month::November),
    ("Dec", Month::December),
];

/// ```abnf
/// date = date-text / DQUOTE date-text DQUOTE
/// ```
pub(crate) fn date(cursor: &mut Cursor<'_>) -> Parsed<Date> {
    if cursor.eat(b'"') {
        let found = date_text(cursor)?;
        cursor.expect(b'"', "the quoted date does not end")?;
        return Ok(found);
    }
    date_text(cursor)
}

/// ```abnf
/// date-text = date-day "-" date-month "-" date-year
/// date-day  = 1*2DIGIT
/// ```
fn date_text(cursor: &mut Cursor<'_>) -> Parsed<Date> {
    let day = digits(cursor, 1, 2)?;
    month_and_year(cursor, day)
}

/// ```abnf
/// date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
/// date-day-fixed = (SP DIGIT) / 2DIGIT
/// ```
pub(crate) fn date_time(cursor: &mut Cursor<'_>) -> Parsed<OffsetDateTime> {
    cursor.expect(b'"', "a quoted date and time was expected")?;
    let day = match cursor.eat(b' ') {
        true => digits(cursor, 1, 1)?,
        false => digits(cursor, 2, 2)?,
    };
    let date = month_and_year(cursor, day)?;
    cursor.space()?;
    let time = time(cursor)?;
    cursor.space()?;
    let zone = zone(cursor)?;
    cursor.expect(b'"', "the quoted date and time does not end")?;
    Ok(OffsetDateTime::new_in_offset(date, time, zone))
}

/// ```abnf
/// date-month = "Jan" / "Feb" / "Mar" / ... / "Dec"
/// date-year  = 4DIGIT
/// ```
fn month_and_year(cursor: &mut Cursor<'_>, day: u16) -> Parsed<Date> {
    cursor.expect(b'-', "the date must be written as 1-Jan-2000")?;
    let month = MONTHS
        .iter()
        .find(|(name, _)| cursor.eat_word(name))
        .ok_or(ParseError::Syntax("a month was expected"))?
        .1;
    cursor.expect(b'-', "the date must be written as 1-Jan-2000")?;
    let year = digits(cursor, 4, 4)?;
    u8::try_from(day)
        .ok()
        .and_then(|day| Date::from_calendar_date(i32::from(year), month, day).ok())
        .ok_or(ParseError::Syntax("there is no such day"))
}

/// ```abnf
/// time = 2DIGIT ":" 2DIGIT ":" 2DIGIT
/// ```
/// A leap second is taken for the second before it.
fn time(cursor: &mut Cursor<'_>) -> Parsed<Time> {
    let hour = digits(cursor, 2, 2)?;
    cursor.expect(b':', "the time must be written as 12:34:56")?;
    let minute = digits(cursor, 2, 2)?;
    cursor.expect(b':', "the time must be written as 12:34:56")?;
    let second = digits(cursor, 2, 2)?;
    let second = if second == 60 { 59 } else { second };
    let narrow = |number| u8::try_from(number).unwrap_or(u8::MAX);
    Time::from_hms(narrow(hour), narrow(minute), narrow(second))
        .map_err(|_| ParseError::Syntax("there is no such time"))
}

/// ```abnf
/// zone = ("+" / "-") 4DIGIT      ; hhmm east of Greenwich
/// ```
fn zone(cursor: &mut Cursor<'_>) -> Parsed<UtcOffset> {
    let east = match cursor.eat(b'+') {
        true => 1,
        false => {
            cursor.expect(b'-', "the zone must be written as +0100")?;
            -1
        }
    };
    let both = digits(cursor, 4, 4)?;
    let (hours, minutes) = (both / 100, both % 100);
    if hours > 23 || minutes > 59 {
        return Err(ParseError::Syntax("there is no such zone"));
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    UtcOffset::from_whole_seconds(east * seconds).map_err(|_| ParseError::Syntax("there is no such zone"))
}

fn digits(cursor: &mut Cursor<'_>, least: usize, most: usize) -> Parsed<u16> {
    let run = cursor.take_while(|octet| octet.is_ascii_digit());
    if !(least..=most).contains(&run.len()) {
        return Err(ParseError::Syntax("a date or time has the wrong number of digits"));
    }
    Ok(run.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit.saturating_sub(b'0'))))
}

/// Writes a date-time, without its quotes: the day takes two places, filled with a space.
pub(crate) fn format_date_time(moment: OffsetDateTime) -> String {
    let month = MONTHS.iter().find(|(_, month)| *month == moment.month()).map_or("Jan", |(name, _)| name);
    let offset = moment.offset();
    let sign = if offset.is_negative() { '-' } else { '+' };
    let (hours, minutes, _) = offset.as_hms();
    format!(
        "{:2}-{month}-{:04} {:02}:{:02}:{:02} {sign}{:02}{:02}",
        moment.day(),
        moment.year(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        hours.unsigned_abs(),
        minutes.unsigned_abs(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Parsed<OffsetDateTime> {
        date_time(&mut Cursor::whole(text.as_bytes(), 0))
    }

    #[test]
    fn a_date_and_time_is_written_as_it_was_read() {
        for text in [
            "17-Jul-1996 02:44:25 -0700",
            " 1-Feb-2024 23:59:59 +0530",
            "29-Feb-2024 00:00:00 +0000",
            " 3-Mar-2001 01:02:03 -0030",
        ] {
            let found = moment(&format!("\"{text}\"")).unwrap();
            assert_eq!(format_date_time(found), text);
        }
    }

    #[test]
    fn a_date_needs_its_form() {
        for text in [
            "\"1-Feb-2024 00:00:00 +0000\"",
            "\" 11-Feb-2024 00:00:00 +0000\"",
            "\"30-Feb-2024 00:00:00 +0000\"",
            "\"01-Feb-24 00:00:00 +0000\"",
            "\"01-Feb-2024 24:00:00 +0000\"",
            "\"01-Feb-2024 00:00:00 0000\"",
            "\"01-Feb-2024 00:00:00 +0060\"",
            "01-Feb-2024",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn search_dates_may_be_quoted_and_short() {
        let expected = Date::from_calendar_date(1994, Month::February, 1).unwrap();
        for text in ["1-Feb-1994", "01-feb-1994", "\"1-FEB-1994\""] {
            assert_eq!(date(&mut Cursor::whole(text.as_bytes(), 0)), Ok(expected), "{text}");
        }
    }
}
