//! What a case leaves behind, also when it is cut off: findings, transcript, the step it was at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::interference::Interference;
use crate::outcome::{Finding, TranscriptLine};
use crate::source::Span;
use crate::wire::{Interceptor, Recorder, Tap};

/// Findings a case may have before more of them say nothing new.
const MAX_FINDINGS: usize = 50;

/// Alternatives taken that are told of; a loop could take any number.
const MAX_COURSES: usize = 50;

/// What a case leaves behind.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    recorder: Arc<Recorder>,
    interference: Option<Arc<dyn Interference>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    findings: Vec<Finding>,
    courses: Vec<String>,
    /// Whether an expectation that judges was reached.
    judged: bool,
    /// Why the last step that was passed over was.
    passed_over: Option<String>,
    at: Span,
}

impl Evidence {
    /// Nothing yet; `tap` is shown the transcript as it grows, `interference` may alter what is heard.
    pub(crate) fn new(tap: Option<Tap>, interference: Option<Arc<dyn Interference>>) -> Self {
        let recorder = tap.map_or_else(Recorder::new, Recorder::tapped);
        let between = interference.clone().map(|one| one as Arc<dyn Interceptor>);
        Self { recorder: Arc::new(recorder.intercepted(between)), interference, state: Mutex::default() }
    }

    /// The transcript.
    pub(crate) const fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Notes where the script is.
    pub(crate) fn come_to(&self, span: Span) {
        self.lock().at = span;
    }

    /// The same, of a step that is done or an expectation that is put.
    pub(crate) fn arrive(&self, span: Span) {
        self.come_to(span);
        if let Some(interference) = &self.interference {
            interference.arrive(span);
        }
    }

    /// Notes that the script is at an expectation that something does not come; `example` makes
    /// such a thing.
    pub(crate) fn arrive_at_forbidden(&self, span: Span, example: impl FnOnce() -> Option<Vec<u8>>) {
        if let Some(interference) = &self.interference
            && let Some(example) = example()
        {
            interference.forbidden(span, example);
        }
    }

    /// What was seen in a mailbox.
    pub(crate) fn seen_in_mailbox(&self, messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        match &self.interference {
            Some(interference) => interference.mailbox(messages),
            None => messages,
        }
    }

    /// Where the script is.
    pub(crate) fn place(&self) -> Span {
        self.lock().at
    }

    /// Writes a finding down, once.
    pub(crate) fn find(&self, finding: Finding) {
        let mut state = self.lock();
        let same = |known: &Finding| {
            known.requirement == finding.requirement
                && known.line == finding.line
                && known.actual == finding.actual
        };
        if state.findings.len() < MAX_FINDINGS && !state.findings.iter().any(same) {
            state.findings.push(finding);
        }
    }

    /// All findings so far.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.lock().findings.clone()
    }

    /// How many findings there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().findings.len()
    }

    /// Forgets the findings behind the first `count`: a step that is tried again begins anew.
    pub(crate) fn forget(&self, count: usize) {
        self.lock().findings.truncate(count);
    }

    /// The same, and gives them.
    pub(crate) fn split_off(&self, count: usize) -> Vec<Finding> {
        let mut state = self.lock();
        let at = count.min(state.findings.len());
        state.findings.split_off(at)
    }

    /// Notes that an expectation that judges was reached, or takes it back where an alternative
    /// is not the one.
    pub(crate) fn set_judged(&self, judged: bool) {
        self.lock().judged = judged;
    }

    /// Whether an expectation that judges was reached.
    pub(crate) fn judged(&self) -> bool {
        self.lock().judged
    }

    /// Notes that a step was passed over, and why.
    pub(crate) fn pass_over(&self, why: &str) {
        self.lock().passed_over = Some(why.to_owned());
    }

    /// Why nothing was judged: the condition that did not hold, or the course that was taken.
    pub(crate) fn why_unjudged(&self) -> String {
        let state = self.lock();
        let why = state.passed_over.as_ref().or(state.courses.last());
        why.map_or_else(|| "no expectation that judges was reached".to_owned(), Clone::clone)
    }

    /// Notes which of several alternatives was taken.
    pub(crate) fn take_course(&self, course: String) {
        let mut state = self.lock();
        if state.courses.len() < MAX_COURSES && !state.courses.contains(&course) {
            state.courses.push(course);
        }
    }

    /// The alternatives that were taken, in order.
    pub(crate) fn courses(&self) -> Vec<String> {
        self.lock().courses.clone()
    }

    /// The transcript's lines.
    pub(crate) fn transcript(&self) -> Vec<TranscriptLine> {
        self.recorder.lines()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
