//! The transcript while it grows: each line as soon as it is whole, under its case's id.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use anstyle::{AnsiColor, Style};

use super::text::{bounded, printable};
use crate::outcome::{Direction, TranscriptLine};

const DIM: Style = Style::new().dimmed();

/// What is shown of one line, in characters; the whole is in the transcript.
const LINE: usize = 500;

/// Writes lines of several cases, each group under the id of its case.
#[derive(Debug)]
pub struct Tracer<W> {
    state: Mutex<State<W>>,
}

#[derive(Debug)]
struct State<W> {
    out: W,
    /// The case whose line was written last.
    case: Option<String>,
}

impl<W: Write> Tracer<W> {
    /// A tracer that writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { state: Mutex::new(State { out, case: None }) }
    }

    /// Writes one line of a case.
    pub fn line(&self, case: &str, line: &TranscriptLine) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        if state.case.as_deref() != Some(case) {
            text = format!("{}{case}{:#}\n", Style::new().bold(), Style::new().bold());
            state.case = Some(case.to_owned());
        }
        text.push_str(&draw(line));
        // One write, so that nothing comes between; nobody may read any more (`2>&1 | head`).
        let _ = state.out.write_all(text.as_bytes()).and_then(|()| state.out.flush());
    }
}

/// `    0.012 main S: +OK`, in colours by who spoke.
fn draw(line: &TranscriptLine) -> String {
    let (style, speaker) = match line.direction {
        Direction::Client => (AnsiColor::Cyan.on_default(), "C:"),
        Direction::Server => (AnsiColor::Green.on_default(), "S:"),
        Direction::Note => (DIM, "--"),
    };
    format!(
        "{DIM}{:>9.3}{DIM:#} {} {style}{speaker} {}{style:#}\n",
        line.at.as_secs_f64(),
        printable(&line.connection),
        bounded(&printable(&line.text), LINE)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn lines_stand_under_their_case_and_a_server_cannot_paint_the_terminal() {
        let tracer = Tracer::new(Vec::new());
        let line = |direction, text: &str| TranscriptLine {
            connection: "main".to_owned(),
            at: Duration::from_millis(12),
            direction,
            text: text.to_owned(),
        };
        tracer.line("a/b", &line(Direction::Client, "STAT"));
        tracer.line("a/b", &line(Direction::Server, "+OK \x1b[2J"));
        tracer.line("a/c", &line(Direction::Note, "closed"));
        let written = tracer.state.into_inner().unwrap().out;
        let text = anstream::adapter::strip_bytes(&written).into_vec();
        let text = String::from_utf8(text).unwrap();
        let wanted =
            "a/b\n    0.012 main C: STAT\n    0.012 main S: +OK \\x1B[2J\na/c\n    0.012 main -- closed\n";
        assert_eq!(text, wanted);
    }
}
