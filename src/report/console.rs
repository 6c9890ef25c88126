//! The console: a progress bar on a terminal, what did not pass as it happens, and a summary.
//!
//! The bar is drawn on standard error and only on a terminal; the report goes
//! to the writer given, whose kind decides about colours.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::draw::{draw_case, style_of};
use super::text::{bounded, duration, printable};
use crate::outcome::{CaseOutcome, Event, Finding, Listener, RunInfo, RunSummary, Verdict};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// The summary alone.
    Quiet,
    /// What did not pass, and the summary.
    #[default]
    Normal,
    /// Each case.
    Verbose,
}

/// Whether a progress bar is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    /// On standard error, where that is a terminal.
    #[default]
    Bar,
    /// Not: something else is written there.
    Hidden,
}

/// How many case ids stand behind a reason.
const NAMED: usize = 4;

/// The console's listener.
#[derive(Debug)]
pub struct Console<W> {
    out: W,
    verbosity: Verbosity,
    bar: ProgressBar,
    progress: Progress,
    target: String,
    reasons: BTreeMap<(Verdict, String), Vec<String>>,
    ruled: usize,
}

impl<W: Write> Console<W> {
    /// A console that writes to `out`, with a progress bar where standard error is a terminal.
    #[must_use]
    pub fn new(out: W, verbosity: Verbosity) -> Self {
        Self {
            out,
            verbosity,
            bar: ProgressBar::hidden(),
            progress: Progress::Bar,
            target: String::new(),
            reasons: BTreeMap::new(),
            ruled: 0,
        }
    }

    /// The same console with another choice of the bar.
    #[must_use]
    pub fn with_progress(self, progress: Progress) -> Self {
        Self { progress, ..self }
    }

    fn say(&mut self, text: &str) {
        let out = &mut self.out;
        // Nobody may read any more (`| head`); the reports in files still come.
        self.bar.suspend(|| {
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        });
    }

    fn start(&mut self, info: &RunInfo) {
        self.target = match &info.software {
            Some(software) => format!("{} ({})", info.target, printable(software)),
            None => info.target.clone(),
        };
        if self.verbosity > Verbosity::Quiet {
            let intro = format!("{} against {}\n", number_of_cases(info.cases.len()), self.target);
            self.say(&intro);
        }
        if self.progress == Progress::Hidden {
            return;
        }
        let bar =
            ProgressBar::with_draw_target(u64::try_from(info.cases.len()).ok(), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        self.bar = bar;
    }

    fn case(&mut self, case: &CaseOutcome) {
        self.bar.inc(1);
        if matches!(case.verdict, Verdict::Skip | Verdict::Blocked | Verdict::Error) {
            let reason = case.reason.clone().unwrap_or_else(|| "no reason was given".into());
            self.reasons.entry((case.verdict, reason)).or_default().push(case.id.clone());
        }
        let ruled = case.findings.iter().filter(|finding| finding.ruling.is_some()).count();
        self.ruled += ruled;
        let text = match (self.verbosity, case.verdict) {
            (Verbosity::Quiet, _) | (Verbosity::Normal, Verdict::Pass | Verdict::Skip) => return,
            (Verbosity::Normal, _) if ruled > 0 && ruled == case.findings.len() => known(case),
            (Verbosity::Normal, _)
            | (Verbosity::Verbose, Verdict::Warn | Verdict::Fail | Verdict::Blocked | Verdict::Error) => {
                format!("\n{}", draw_case(case))
            }
            (Verbosity::Verbose, Verdict::Pass | Verdict::Skip) => one_line(case),
        };
        self.say(&text);
    }

    fn finish(&mut self, summary: &RunSummary) {
        self.bar.finish_and_clear();
        let mut text = String::new();
        for ((verdict, reason), ids) in &self.reasons {
            text.push_str(&reason_line(*verdict, reason, ids));
        }
        for what in &summary.undeclared {
            let style = style_of(Verdict::Fail);
            text.push_str(&format!(
                "{style}gone{style:#}    the profile expects it and the target no longer declares it: {}\n",
                printable(what)
            ));
        }
        for ruling in &summary.stale_rulings {
            let style = style_of(Verdict::Fail);
            text.push_str(&format!(
                "{style}stale{style:#}   ruling that no longer occurs: {}\n",
                printable(ruling)
            ));
        }
        for ruling in &summary.absent_rulings {
            text.push_str(&format!("absent  ruling of what occurs only sometimes: {}\n", printable(ruling)));
        }
        if self.ruled > 0 {
            text.push_str(&format!("{} known findings (ruled), {} new\n", self.ruled, summary.unruled));
        }
        if !text.is_empty() {
            text.insert(0, '\n');
        }
        text.push_str(&summary_line(&self.target, summary));
        self.say(&text);
    }
}

/// `98 cases: 97 pass, 1 fail    reference server    1.42 s`.
fn summary_line(target: &str, summary: &RunSummary) -> String {
    let total: usize = Verdict::ALL.into_iter().map(|verdict| summary.count(verdict)).sum();
    let counts: Vec<String> = Verdict::ALL
        .into_iter()
        .map(|verdict| {
            let count = summary.count(verdict);
            let style = if count == 0 { anstyle::Style::new().dimmed() } else { style_of(verdict) };
            format!("{style}{count} {verdict}{style:#}")
        })
        .collect();
    format!("\n{}: {}; {target}, {}\n", number_of_cases(total), counts.join(", "), duration(summary.duration))
}

fn number_of_cases(count: usize) -> String {
    if count == 1 { "1 case".to_owned() } else { format!("{count} cases") }
}

fn reason_line(verdict: Verdict, reason: &str, ids: &[String]) -> String {
    let style = style_of(verdict);
    let first = bounded(&printable(reason.lines().next().unwrap_or_default()), 160).into_owned();
    let mut named = ids.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if ids.len() > NAMED {
        named.push_str(&format!(" and {} more", ids.len() - NAMED));
    }
    format!("{style}{:<7}{style:#} {:>3}  {first}: {named}\n", verdict.as_str(), ids.len())
}

fn one_line(case: &CaseOutcome) -> String {
    let style = style_of(case.verdict);
    let reason = case.reason.as_deref().map(|reason| format!(": {}", printable(reason))).unwrap_or_default();
    format!("{style}{:<7}{style:#} {}  {}{reason}\n", case.verdict.as_str(), case.id, time_of(case.duration))
}

fn time_of(time: Duration) -> String {
    let style = anstyle::Style::new().dimmed();
    format!("{style}{}{style:#}", duration(time))
}

/// A case whose every finding is ruled on: said, not drawn.
fn known(case: &CaseOutcome) -> String {
    let style = anstyle::Style::new().dimmed();
    let findings: Vec<String> = case.findings.iter().map(known_finding).collect();
    format!("{style}{:<7} {}  known: {}{style:#}\n", case.verdict.as_str(), case.id, findings.join("; "))
}

fn known_finding(finding: &Finding) -> String {
    let why = finding
        .ruling
        .as_ref()
        .map(|ruling| ruling.why.lines().next().unwrap_or_default())
        .unwrap_or_default();
    format!("{} ({})", finding.requirement, bounded(&printable(why), 100))
}

impl<W: Write + Send> Listener for Console<W> {
    fn on_event(&mut self, event: &Event) {
        match event {
            Event::RunStarted(info) => self.start(info),
            Event::CaseStarted { id } => self.bar.set_message(id.clone()),
            Event::CaseRetried { id } => {
                if self.verbosity == Verbosity::Verbose {
                    let text = format!("again   {id}  once more, alone\n");
                    self.say(&text);
                }
            }
            Event::CaseFinished(case) => self.case(case),
            Event::RunFinished(summary) => self.finish(summary),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::RulingMark;
    use crate::report::example::{case, started};

    fn told(verbosity: Verbosity, cases: Vec<CaseOutcome>, summary: RunSummary) -> String {
        let mut out = Vec::new();
        let mut console = Console::new(&mut out, verbosity);
        console.on_event(&started(&["a/b"]));
        let mut summary = summary;
        for case in cases {
            summary.add(case.verdict);
            console.on_event(&Event::CaseStarted { id: case.id.clone() });
            console.on_event(&Event::CaseFinished(Box::new(case)));
        }
        console.on_event(&Event::RunFinished(summary));
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    fn short() -> RunSummary {
        RunSummary { duration: Duration::from_millis(1500), ..RunSummary::default() }
    }

    #[test]
    fn a_clean_run_is_two_lines() {
        assert_eq!(
            told(Verbosity::Normal, vec![case("a/b", Verdict::Pass)], short()),
            "1 case against example (Example 1.0)\n\n\
             1 case: 1 pass, 0 warn, 0 fail, 0 blocked, 0 skip, 0 error; example (Example 1.0), 1.50 s\n"
        );
    }

    #[test]
    fn quiet_says_the_summary_alone() {
        let text = told(Verbosity::Quiet, vec![case("a/b", Verdict::Fail)], short());
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 1, "{text}");
    }

    #[test]
    fn verbose_says_each_case() {
        let text = told(Verbosity::Verbose, vec![case("a/b", Verdict::Pass)], short());
        assert!(text.contains("pass    a/b  12 ms\n"), "{text}");
    }

    #[test]
    fn reasons_are_grouped() {
        let skipped = (0..6).map(|n| case(&format!("a/{n}"), Verdict::Skip)).collect();
        let text = told(Verbosity::Normal, skipped, short());
        assert!(
            text.contains("skip      6  not declared: UIDPLUS: a/0, a/1, a/2, a/3 and 2 more\n"),
            "{text}"
        );
    }

    #[test]
    fn a_known_finding_takes_one_line_and_a_stale_ruling_is_told() {
        let mut ruled = case("a/b", Verdict::Fail);
        ruled.findings[0].ruling = Some(RulingMark { fault: "server".into(), why: "as it is".into() });
        let text = told(
            Verbosity::Normal,
            vec![ruled],
            RunSummary {
                stale_rulings: vec!["a/c rfc1939-6-1".into()],
                absent_rulings: vec!["a/d rfc1939-6-1".into()],
                undeclared: vec!["imap: UIDPLUS".into()],
                ..short()
            },
        );
        let gone = "gone    the profile expects it and the target no longer declares it: imap: UIDPLUS\n";
        assert!(text.contains(gone), "{text}");
        assert!(text.contains("fail    a/b  known: rfc4315-3-1 (as it is)\n"), "{text}");
        assert!(text.contains("stale   ruling that no longer occurs: a/c rfc1939-6-1\n"), "{text}");
        assert!(text.contains("absent  ruling of what occurs only sometimes: a/d rfc1939-6-1\n"), "{text}");
    }
}
