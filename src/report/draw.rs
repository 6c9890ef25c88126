//! A case that did not pass, drawn: the script's line with a caret, what went
//! over the wire, and the rule.
//!
//! ```text
//! warn  imap/uidplus/copy  COPYUID tells the new UIDs
//!   rfc4315-3-1 (should)  suites/imap/uidplus.yaml:23
//!  23 |   S: OK [COPYUID ${validity} 1:2 ${copies}]
//!     |   ^^^^^^^ no such response code in the reply
//!     |   C: a3 UID COPY 1:2 Trash
//!     |   S: a3 OK COPY completed                     +12 ms
//!     = expected OK [COPYUID 7 1:2 ...]
//!     = got      a3 OK COPY completed
//!     = mailspec explain rfc4315-3-1
//! ```
//!
//! The text carries ANSI styles; who writes to something that is no terminal strips them.

use std::fmt::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::text::{bounded, duration, printable};
use crate::outcome::{CaseOutcome, Direction, Finding, TranscriptLine, Verdict};

/// Characters of the script's line.
const LINE: usize = 160;
/// Carets under a line of script.
const CARETS: usize = 60;
/// Characters of a line of the conversation; it comes bounded.
const WIRE: usize = 400;
/// Characters beside a caret.
const LABEL: usize = 80;
/// Characters of an expected or actual value.
const VALUE: usize = 300;
/// Characters of a script line that stay visible before the caret when the line is cut.
const LEAD: usize = 60;
/// The column in which the time of a server's line stands.
const TIME_COLUMN: usize = 52;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The colour of a verdict.
pub(super) const fn style_of(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Warn => AnsiColor::Yellow.on_default().bold(),
        Verdict::Fail | Verdict::Error => AnsiColor::Red.on_default().bold(),
        Verdict::Blocked => AnsiColor::Magenta.on_default().bold(),
        Verdict::Skip => AnsiColor::Cyan.on_default(),
    }
}

/// A case with its findings, or with its reason where there are none.
#[must_use]
pub fn draw_case(case: &CaseOutcome) -> String {
    let mut out = String::new();
    let style = style_of(case.verdict);
    let id = &case.id;
    let name = printable(&case.name);
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(out, "{style}{:<7}{style:#} {BOLD}{id}{BOLD:#}  {name}", case.verdict.as_str());
    for group in case.findings.chunk_by(is_same_departure) {
        out.push_str(&draw_group(group));
    }
    if let Some(reason) = &case.reason {
        for line in reason.lines() {
            let _ = writeln!(out, "  {}", bounded(&printable(line), VALUE));
        }
    }
    if let Some(note) = case.note.as_ref().filter(|_| !matches!(case.verdict, Verdict::Pass | Verdict::Skip))
    {
        let _ = writeln!(out, "  {DIM}note:{DIM:#} {}", bounded(&printable(note.trim()), VALUE));
    }
    if case.findings.is_empty() {
        draw_tail(&mut out, case);
    }
    out
}

/// Where no finding carries an excerpt, the end of the conversation shows where it stopped.
fn draw_tail(out: &mut String, case: &CaseOutcome) {
    const TAIL: usize = 8;
    if matches!(case.verdict, Verdict::Pass | Verdict::Skip) || case.transcript.is_empty() {
        return;
    }
    let start = case.transcript.len().saturating_sub(TAIL);
    let lines = case.transcript.get(start..).unwrap_or_default();
    draw_excerpt(out, lines, 4);
}

/// Whether two findings are one departure that several requirements forbid.
fn is_same_departure(one: &Finding, other: &Finding) -> bool {
    (&one.file, one.line, one.column, &one.expected, &one.actual, &one.within, &one.ruling)
        == (
            &other.file,
            other.line,
            other.column,
            &other.expected,
            &other.actual,
            &other.within,
            &other.ruling,
        )
}

/// One finding.
#[must_use]
pub fn draw_finding(finding: &Finding) -> String {
    draw_group(std::slice::from_ref(finding))
}

/// One departure, with every requirement that it breaks.
fn draw_group(group: &[Finding]) -> String {
    let mut out = String::new();
    let Some(finding) = group.first() else { return out };
    let Finding { file, line, .. } = finding;
    let laws: Vec<String> = group.iter().map(draw_law).collect();
    let _ = writeln!(out, "  {}  {}:{line}", laws.join(", "), printable(file));

    let style = style_of_group(group);
    let number = line.to_string();
    let margin = number.len().max(3) + 1;
    let (source, before) = window(&finding.source_line, finding.column);
    let room = source.chars().count().saturating_sub(before).max(1);
    let width = finding.width.clamp(1, room);
    // A long line of carets points at nothing, and pushes the label off the screen.
    let width = width.min(CARETS);
    let label = bounded(&printable(&finding.label), LABEL).into_owned();
    let _ = writeln!(out, "{DIM}{number:>margin$} |{DIM:#} {source}");
    let _ = writeln!(
        out,
        "{DIM}{:margin$} |{DIM:#} {:before$}{style}{} {label}{style:#}",
        "",
        "",
        "^".repeat(width)
    );
    draw_excerpt(&mut out, &finding.excerpt, margin);
    let mut remark = |word: &str, text: &str| {
        let text = bounded(&printable(text), VALUE).into_owned();
        let _ = writeln!(out, "{:margin$} {DIM}={DIM:#} {word}{text}", "");
    };
    remark("expected ", &finding.expected);
    remark("got      ", &finding.actual);
    for outer in &finding.within {
        remark("in       ", outer);
    }
    if let Some(ruling) = &finding.ruling {
        remark("ruled    ", &format!("fault of the {}: {}", ruling.fault, ruling.why));
    }
    for finding in group {
        remark("mailspec explain ", finding.requirement.as_str());
    }
    out
}

/// `rfc4315-3-1 (should)`, coloured by its level.
fn draw_law(finding: &Finding) -> String {
    let style = style_of_group(std::slice::from_ref(finding));
    format!("{style}{}{style:#} ({})", finding.requirement, finding.level)
}

fn style_of_group(group: &[Finding]) -> Style {
    let absolute = group.iter().any(|finding| finding.level.is_absolute());
    style_of(if absolute { Verdict::Fail } else { Verdict::Warn })
}

/// The part of a script's line to show, without its indentation, and how many characters stand before the caret.
fn window(line: &str, column: usize) -> (String, usize) {
    let line = printable(line.trim_end()).into_owned();
    let caret = column.saturating_sub(1).min(line.chars().count());
    let indent = line.chars().take_while(|character| *character == ' ').count().min(caret);
    let start = if caret - indent > LEAD { caret - LEAD } else { indent };
    let shown: String = line.chars().skip(start).take(LINE).collect();
    let (mut shown, mut before) =
        if start > indent { (format!("…{shown}"), caret - start + 1) } else { (shown, caret - start) };
    if line.chars().count() > start + LINE {
        shown.push('…');
    }
    // Two spaces, so that script and conversation stand apart from the frame alike.
    shown.insert_str(0, "  ");
    before += 2;
    (shown, before)
}

fn draw_excerpt(out: &mut String, lines: &[TranscriptLine], margin: usize) {
    let several = lines.windows(2).any(|pair| matches!(pair, [a, b] if a.connection != b.connection));
    let mut previous: Option<Duration> = None;
    for line in lines {
        let speaker = match line.direction {
            Direction::Client => "C:",
            Direction::Server => "S:",
            Direction::Note => "--",
        };
        let name = if several { format!("{} ", printable(&line.connection)) } else { String::new() };
        let said = format!("  {name}{speaker} {}", bounded(&printable(&line.text), WIRE));
        let waited =
            previous.and_then(|before| line.at.checked_sub(before)).filter(|wait| wait.as_millis() > 0);
        match (line.direction, waited) {
            (Direction::Server | Direction::Note, Some(wait)) => {
                let _ = writeln!(
                    out,
                    "{DIM}{:margin$} |{DIM:#} {said:<TIME_COLUMN$} {DIM}+{}{DIM:#}",
                    "",
                    duration(wait)
                );
            }
            _ => {
                let _ = writeln!(out, "{DIM}{:margin$} |{DIM:#} {said}", "");
            }
        }
        previous = Some(line.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::RulingMark;
    use crate::report::example::{case, finding, line};
    use crate::requirement::{Level, RequirementId};

    fn plain(drawn: &str) -> String {
        anstream::adapter::strip_str(drawn).to_string()
    }

    #[test]
    fn a_finding_underlines_script_wire_and_law() {
        assert_eq!(
            plain(&draw_case(&case("imap/uidplus/copy", Verdict::Warn))),
            "\
warn    imap/uidplus/copy  something holds
  rfc4315-3-1 (should)  suites/imap/uidplus.yaml:23
  23 |   S: OK [COPYUID ${validity} 1:2 ${copies}]
     |       ^^^^^^^ no such response code in the reply
     |   C: a3 UID COPY 1:2 Trash
     |   S: a3 OK COPY completed                            +12 ms
     = expected OK [COPYUID 1 1:2 3:4]
     = got      a3 OK COPY completed
     = mailspec explain rfc4315-3-1
"
        );
    }

    #[test]
    fn a_case_without_findings_gives_its_reason_and_where_it_stopped() {
        let drawn = plain(&draw_case(&case("a/b", Verdict::Blocked)));
        assert_eq!(drawn, "blocked a/b  something holds\n  not declared: UIDPLUS\n     |   -- connected\n");
    }

    #[test]
    fn two_connections_are_told_apart() {
        let mut mine = finding();
        mine.excerpt.push(TranscriptLine { connection: "b".into(), ..line(200, Direction::Client, "NOOP") });
        let drawn = plain(&draw_finding(&mine));
        assert!(drawn.contains("|   main C: a3 UID"), "{drawn}");
        assert!(drawn.contains("|   b C: NOOP"), "{drawn}");
    }

    #[test]
    fn one_departure_from_two_requirements_is_drawn_once() {
        let mut twice = case("a/b", Verdict::Warn);
        let other = Finding { requirement: RequirementId::new("rfc1-1"), level: Level::Must, ..finding() };
        twice.findings.push(other);
        let drawn = plain(&draw_case(&twice));
        assert!(drawn.contains("  rfc4315-3-1 (should), rfc1-1 (must)  suites"), "{drawn}");
        assert_eq!(drawn.matches('^').count(), 7, "{drawn}");
        assert!(drawn.ends_with("explain rfc4315-3-1\n     = mailspec explain rfc1-1\n"), "{drawn}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let long = format!("    S: {}target{}", "x".repeat(500), "y".repeat(500));
        let (shown, before) = window(&long, 508);
        assert!(shown.chars().count() < LINE + 10);
        assert_eq!(shown.chars().skip(before).take(6).collect::<String>(), "target");
    }

    #[test]
    fn a_long_expectation_is_not_underlined_to_its_end() {
        let long = Finding { column: 5, width: 150, source_line: "x".repeat(160), ..finding() };
        assert_eq!(plain(&draw_finding(&long)).matches('^').count(), CARETS);
    }

    #[test]
    fn a_position_outside_the_line_still_draws() {
        let odd = Finding { column: 900, width: 900, source_line: "short".into(), ..finding() };
        assert!(plain(&draw_finding(&odd)).contains("  short\n"));
        let odd = Finding { column: 0, width: 0, source_line: String::new(), ..finding() };
        assert!(plain(&draw_finding(&odd)).contains('^'));
    }

    #[test]
    fn a_ruling_is_shown() {
        let ruled =
            Finding { ruling: Some(RulingMark { fault: "server".into(), why: "known".into() }), ..finding() };
        assert!(plain(&draw_finding(&ruled)).contains("= ruled    fault of the server: known"));
    }

    #[test]
    fn what_a_server_sends_does_not_steer_the_terminal() {
        let evil = Finding { actual: "\x1b]0;owned\x07".into(), ..finding() };
        assert!(draw_finding(&evil).contains("\\x1B]0;owned\\x07"));
    }
}
