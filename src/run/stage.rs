//! The stage of one case: its connections, variables, accounts, time and evidence.
//!
//! Steps act on it; what departs from an expectation goes through
//! [`Stage::depart`], the one place that decides between a finding and a
//! precondition that did not hold.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::bindings::{Bindings, Piece, RenderError};
use super::evidence::Evidence;
use super::halt::{Cause, Halt};
use super::hop::Hops;
use super::options::Options;
use super::servers::Servers;
use super::session::Session;
use super::waits::{Waiting, Waits};
use crate::dialect::Violation;
use crate::outcome::Finding;
use crate::requirement::{Level, RequirementId};
use crate::script::model::{Law, LetValue, Suite};
use crate::script::template::Template;
use crate::source::Span;
use crate::target::{Account, Lease, Place, Target};
use crate::wire::{escape, shorten};

/// Characters of a finding's texts.
const TEXT_WIDTH: usize = 1000;

/// Octets that a variable may be made of.
const MAX_VALUE: usize = 64 * 1024 * 1024;

/// Where a case is played.
pub(crate) struct Stage {
    pub(crate) suite: Arc<Suite>,
    pub(crate) target: Arc<Target>,
    pub(crate) lease: Arc<Lease>,
    pub(crate) bindings: Bindings,
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) hops: Arc<Hops>,
    pub(crate) servers: Arc<Servers>,
    pub(crate) evidence: Arc<Evidence>,
    pub(crate) options: Options,
    /// When the case must have ended.
    pub(crate) deadline: Instant,
    /// What the step stands in, the outermost first: a row, a round of a loop, the use of a block.
    pub(crate) within: Vec<String>,
    /// Who is told while the case only waits; nobody hears of it from a branch, beside which others act.
    pub(crate) waits: Option<Arc<Waits>>,
}

/// The end of a wait: the step's own, or the case's when that comes first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    /// Until when.
    pub(crate) deadline: Instant,
    /// How long the step wanted to wait.
    pub(crate) within: Duration,
    /// Whether the case's deadline cut it short, so that silence proves nothing.
    pub(crate) cut: bool,
}

/// What departs from an expectation.
#[derive(Debug, Clone)]
pub(crate) struct Departure {
    /// What was expected, as the script wrote it.
    pub(crate) expected: String,
    /// What came.
    pub(crate) actual: String,
    /// What is wrong, short enough to stand under a caret.
    pub(crate) label: String,
    /// Whether there was an answer at all.
    pub(crate) cause: Cause,
}

impl Departure {
    /// Another answer than the one expected.
    pub(crate) fn answer(
        expected: impl Into<String>,
        actual: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self { expected: expected.into(), actual: actual.into(), label: label.into(), cause: Cause::Answer }
    }
}

impl Stage {
    /// The end of a wait that begins now.
    pub(crate) fn wait(&self, within: Duration) -> Wait {
        let within = self.options.stretched(within);
        let own = Instant::now() + within;
        Wait { deadline: own.min(self.deadline), within, cut: own > self.deadline }
    }

    /// The case does nothing but wait from now on, until what is given is dropped.
    pub(crate) fn only_waits(&self) -> Option<Waiting> {
        self.waits.as_ref().map(Waits::begin)
    }

    /// An open connection by its name.
    pub(crate) fn session(&mut self, name: &str) -> Result<&mut Session, Halt> {
        self.sessions
            .get_mut(name)
            .ok_or_else(|| Halt::Error(format!("the script has no open connection `{name}`")))
    }

    /// Where something stands: its line, with what the step stands in.
    pub(crate) fn place(&self, span: Span) -> String {
        let mut place = self.suite.source.place(span);
        if !self.within.is_empty() {
            place.push_str(&format!(" ({})", self.within.join("; ")));
        }
        place
    }

    /// An account of the case by its name, and the place where it is.
    pub(crate) fn account(&self, name: &str) -> Result<(Account, Place), Halt> {
        let leased = self.lease.accounts().iter().find(|(known, _)| known == name);
        leased
            .map(|(_, account)| (account.clone(), self.lease.place().clone()))
            .or_else(|| self.servers.account(name))
            .ok_or_else(|| Halt::Error(format!("the case has no account `{name}`")))
    }

    /// Writes down what departs from an expectation.
    ///
    /// # Errors
    /// [`Halt::Blocked`] when the expectation does not judge, [`Halt::Failed`] when what it judges
    /// is a MUST; a SHOULD lets the case go on.
    pub(crate) fn depart(&self, law: Option<&Law>, span: Span, departure: Departure) -> Result<(), Halt> {
        let Some(law) = law else {
            let line = self.place(span);
            let reason = format!(
                "{line}: expected {}, got {}",
                self.text(&departure.expected),
                self.text(&departure.actual)
            );
            return Err(Halt::Blocked { reason, cause: departure.cause });
        };
        let mut absolute = false;
        for id in &law.ids {
            let level = self.level(id, law.level);
            absolute |= level.is_absolute();
            self.find(id, level, span, &departure);
        }
        if absolute { Err(Halt::Failed) } else { Ok(()) }
    }

    /// Writes down what departs from rules that always hold, whoever asked.
    pub(crate) fn violations(&self, violations: &[Violation], span: Span) {
        for violation in violations {
            let departure = Departure {
                expected: violation.expected.clone(),
                actual: violation.actual.clone(),
                label: "the reply breaks its grammar".to_owned(),
                cause: Cause::Answer,
            };
            self.find(&violation.requirement, self.level(&violation.requirement, None), span, &departure);
        }
    }

    fn find(&self, requirement: &RequirementId, level: Level, span: Span, departure: &Departure) {
        let (source, span) = self.suite.source.resolve(span);
        let at = source.location(span.start);
        let source_line = source.line(at.line).to_owned();
        let rest = source_line.chars().count().saturating_sub(at.column - 1).max(1);
        let width = source
            .text()
            .get(span.start..span.end)
            .map_or(1, |text| text.lines().next().unwrap_or("").trim_end().chars().count());
        self.evidence.find(Finding {
            requirement: requirement.clone(),
            level,
            expected: self.text(&departure.expected),
            actual: self.text(&departure.actual),
            file: source.path().to_string_lossy().into_owned(),
            line: at.line,
            column: at.column,
            width: width.clamp(1, rest),
            source_line,
            label: shorten(&self.evidence.recorder().redact(&departure.label), 120),
            within: self.within.iter().map(|outer| self.text(outer)).collect(),
            excerpt: self.evidence.recorder().excerpt(),
            ruling: None,
        });
    }

    /// A requirement's level here: the script's word, else the ledger's. A house rule binds
    /// nobody else's server, so there it is a SHOULD at most.
    fn level(&self, id: &RequirementId, said: Option<Level>) -> Level {
        let level = said.or_else(|| (self.options.levels)(id)).unwrap_or(Level::Must);
        match level {
            Level::Must if id.is_house() && !self.target.is_ours() => Level::Should,
            Level::MustNot if id.is_house() && !self.target.is_ours() => Level::ShouldNot,
            other => other,
        }
    }

    /// A text for people: secrets out, not too long.
    fn text(&self, text: &str) -> String {
        shorten(&self.evidence.recorder().redact(text), TEXT_WIDTH)
    }

    /// A template's pieces.
    ///
    /// # Errors
    /// [`Halt::Error`] at the variable that has no fitting value.
    pub(crate) fn render(&self, template: &Template) -> Result<Vec<Piece>, Halt> {
        self.bindings.render(template).map_err(|error| self.script_error(&error))
    }

    /// A template's octets.
    ///
    /// # Errors
    /// As [`Stage::render`].
    pub(crate) fn octets(&self, template: &Template) -> Result<Vec<u8>, Halt> {
        self.bindings.render_octets(template).map_err(|error| self.script_error(&error))
    }

    /// The value of a `let`.
    ///
    /// # Errors
    /// As [`Stage::render`], and when it would be too long.
    pub(crate) fn value(&self, value: &LetValue) -> Result<Vec<u8>, Halt> {
        match value {
            LetValue::Text(template) => self.octets(template),
            LetValue::Repeat { text, times } => {
                let one = self.octets(text)?;
                if one.len().saturating_mul(*times) > MAX_VALUE {
                    return Err(Halt::Error(format!("a variable of more than {MAX_VALUE} octets")));
                }
                Ok(one.repeat(*times))
            }
            LetValue::Bytes(range) => Ok(range.clone().collect()),
        }
    }

    /// A mistake of the script that only the run can see.
    pub(crate) fn script_error(&self, error: &RenderError) -> Halt {
        let line = self.place(error.span);
        Halt::Error(format!("{line}: {error}"))
    }

    /// A stage for one of several branches: it has these connections, and variables that are its
    /// own until [`Stage::rejoin`].
    pub(crate) fn branch(&mut self, connections: &[&str]) -> Self {
        let taken = connections.iter().filter_map(|name| self.sessions.remove_entry(*name));
        Self {
            sessions: taken.collect(),
            suite: Arc::clone(&self.suite),
            target: Arc::clone(&self.target),
            lease: Arc::clone(&self.lease),
            bindings: self.bindings.clone(),
            hops: Arc::clone(&self.hops),
            servers: Arc::clone(&self.servers),
            evidence: Arc::clone(&self.evidence),
            options: self.options.clone(),
            deadline: self.deadline,
            within: self.within.clone(),
            waits: None,
        }
    }

    /// Takes back the connections of a branch and what it bound since `base`.
    pub(crate) fn rejoin(&mut self, branch: Self, base: &Bindings) {
        self.sessions.extend(branch.sessions);
        self.bindings.adopt(base, branch.bindings);
    }

    /// Closes every connection.
    pub(crate) async fn clear(&mut self) {
        for session in self.sessions.values_mut() {
            session.connection.drop_now().await;
        }
        self.sessions.clear();
    }
}

/// Octets quoted for a finding.
pub(crate) fn quote(octets: &[u8]) -> String {
    // Escaping a whole message only to cut it down again would be waste.
    let head = octets.get(..octets.len().min(4 * TEXT_WIDTH)).unwrap_or_default();
    format!("`{}`", escape(head))
}
