//! The transcript of a case: every octet both ways, by line, with time and direction.
//!
//! Bounded: past [`MAX_OCTETS`] only the count goes on, and a remark says so.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::escape::{escape_line, shorten};
use super::intercept::Interceptor;
use super::redact::Redactor;
use crate::outcome::{Direction, TranscriptLine};

/// Octets a transcript keeps before it only counts.
pub(crate) const MAX_OCTETS: usize = 8 * 1024 * 1024;

/// Lines a transcript keeps: short ones cost more than their octets.
const MAX_LINES: usize = 100_000;

/// A line without an end is cut here, so that an endless one is still seen.
const MAX_LINE: usize = 64 * 1024;

/// Lines of an excerpt.
const EXCERPT_LINES: usize = 12;

/// Characters of an excerpt's line.
const EXCERPT_WIDTH: usize = 300;

/// Somebody who is shown each line as soon as it is whole, in order, secrets out.
///
/// Called while the transcript is locked: it must not ask the recorder anything.
#[derive(Clone)]
pub struct Tap(Arc<dyn Fn(&TranscriptLine) + Send + Sync>);

impl Tap {
    /// A tap that calls this function.
    pub fn new(see: impl Fn(&TranscriptLine) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

/// Takes down what is said on all connections of a case.
#[derive(Debug)]
pub struct Recorder {
    start: Instant,
    state: Mutex<State>,
    /// Who stands between the peers of the case and its script.
    interceptor: Option<Arc<dyn Interceptor>>,
}

#[derive(Debug, Default)]
struct State {
    redactor: Redactor,
    lines: Vec<TranscriptLine>,
    pending: BTreeMap<String, Pending>,
    octets: usize,
    truncated: bool,
    tap: Option<Tap>,
}

/// A line whose end has not come yet.
#[derive(Debug)]
struct Pending {
    at: Duration,
    direction: Direction,
    octets: Vec<u8>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// An empty transcript whose clock starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now(), state: Mutex::new(State::default()), interceptor: None }
    }

    /// An empty transcript whose lines somebody is shown as they come.
    #[must_use]
    pub fn tapped(tap: Tap) -> Self {
        let state = State { tap: Some(tap), ..State::default() };
        Self { state: Mutex::new(state), ..Self::new() }
    }

    /// The same, with somebody between the peers and the script.
    #[must_use]
    pub fn intercepted(self, interceptor: Option<Arc<dyn Interceptor>>) -> Self {
        Self { interceptor, ..self }
    }

    /// Who stands between the peers and the script.
    #[must_use]
    pub fn interceptor(&self) -> Option<Arc<dyn Interceptor>> {
        self.interceptor.clone()
    }

    /// A secret to take out of whatever is recorded from now on.
    pub fn hide(&self, secret: &[u8]) {
        self.lock().redactor.add(secret);
    }

    /// Records octets of one direction.
    pub fn octets(&self, connection: &str, direction: Direction, at: Instant, octets: &[u8]) {
        let at = at.saturating_duration_since(self.start);
        let mut state = self.lock();
        let state = &mut *state;
        if !state.admit(connection, at, octets.len()) {
            return;
        }
        if state.pending.get(connection).is_some_and(|pending| pending.direction != direction) {
            state.flush(connection);
        }
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            let pending = state.pending.entry(connection.to_owned()).or_insert_with(|| Pending {
                at,
                direction,
                octets: Vec::new(),
            });
            pending.octets.extend_from_slice(piece);
            if piece.ends_with(b"\n") || pending.octets.len() >= MAX_LINE {
                state.flush(connection);
            }
        }
    }

    /// Records a remark of the harness: connected, TLS, closed, reset.
    pub fn note(&self, connection: &str, text: impl Into<String>) {
        let at = self.start.elapsed();
        let mut state = self.lock();
        state.flush(connection);
        let text = state.redactor.redact(text.into().as_bytes());
        let text = String::from_utf8_lossy(&text).into_owned();
        state.keep(TranscriptLine {
            connection: connection.to_owned(),
            at,
            direction: Direction::Note,
            text,
        });
    }

    /// A text for people with the secrets taken out.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.lock().redactor.redact(text.as_bytes())).into_owned()
    }

    /// All lines so far, with what has not ended yet.
    #[must_use]
    pub fn lines(&self) -> Vec<TranscriptLine> {
        let mut state = self.lock();
        let open: Vec<String> = state.pending.keys().cloned().collect();
        for connection in open {
            state.flush(&connection);
        }
        state.lines.clone()
    }

    /// The last lines, long ones shortened, for a finding.
    #[must_use]
    pub fn excerpt(&self) -> Vec<TranscriptLine> {
        let lines = self.lines();
        let from = lines.len().saturating_sub(EXCERPT_LINES);
        lines
            .into_iter()
            .skip(from)
            .map(|line| TranscriptLine { text: shorten(&line.text, EXCERPT_WIDTH), ..line })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether there is room for so many octets more.
    fn admit(&mut self, connection: &str, at: Duration, octets: usize) -> bool {
        self.octets = self.octets.saturating_add(octets);
        if self.octets <= MAX_OCTETS && self.lines.len() < MAX_LINES {
            return true;
        }
        if !self.truncated {
            self.truncated = true;
            self.flush(connection);
            self.keep(TranscriptLine {
                connection: connection.to_owned(),
                at,
                direction: Direction::Note,
                text: "the transcript ends here: it is too long".to_owned(),
            });
        }
        false
    }

    fn keep(&mut self, line: TranscriptLine) {
        if let Some(Tap(see)) = &self.tap {
            see(&line);
        }
        self.lines.push(line);
    }

    fn flush(&mut self, connection: &str) {
        if let Some(pending) = self.pending.remove(connection) {
            let octets = self.redactor.redact(&pending.octets);
            self.keep(TranscriptLine {
                connection: connection.to_owned(),
                at: pending.at,
                direction: pending.direction,
                text: escape_line(&octets),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(recorder: &Recorder) -> Vec<(Direction, String)> {
        recorder.lines().into_iter().map(|line| (line.direction, line.text)).collect()
    }

    #[test]
    fn lines_are_put_together_from_pieces() {
        let recorder = Recorder::new();
        let now = Instant::now();
        recorder.octets("main", Direction::Server, now, b"+OK he");
        recorder.octets("main", Direction::Server, now, b"llo\r\n+O");
        recorder.octets("main", Direction::Client, now, b"STAT\r\n");
        assert_eq!(
            texts(&recorder),
            [
                (Direction::Server, "+OK hello".to_owned()),
                (Direction::Server, "+O".to_owned()),
                (Direction::Client, "STAT".to_owned()),
            ]
        );
    }

    #[test]
    fn a_secret_that_comes_in_two_pieces_is_hidden() {
        let recorder = Recorder::new();
        recorder.hide(b"alice-secret");
        let now = Instant::now();
        recorder.octets("main", Direction::Server, now, b"you said alice-");
        recorder.octets("main", Direction::Server, now, b"secret\r\n");
        assert_eq!(texts(&recorder), [(Direction::Server, "you said [secret]".to_owned())]);
    }

    #[test]
    fn a_tap_sees_whole_lines_in_order_and_no_secret() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let recorder = Recorder::tapped(Tap::new(move |line| sink.lock().unwrap().push(line.text.clone())));
        recorder.hide(b"alice-secret");
        let now = Instant::now();
        recorder.note("main", "connected");
        recorder.octets("main", Direction::Client, now, b"LOGIN alice-");
        assert_eq!(seen.lock().unwrap().as_slice(), ["connected"]);
        recorder.octets("main", Direction::Client, now, b"secret\r\n");
        assert_eq!(seen.lock().unwrap().as_slice(), ["connected", "LOGIN [secret]"]);
    }

    #[test]
    fn an_endless_flood_is_counted_and_not_kept() {
        let recorder = Recorder::new();
        let block = vec![b'x'; 1024 * 1024];
        for _ in 0..20 {
            recorder.octets("main", Direction::Server, Instant::now(), &block);
        }
        let kept: usize = recorder.lines().iter().map(|line| line.text.len()).sum();
        assert!(kept <= MAX_OCTETS + 200, "{kept}");
        assert!(recorder.lines().last().is_some_and(|line| line.text.contains("ends here")));
    }
}
