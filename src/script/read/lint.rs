//! What makes a case worth running: it judges something, and not only refusals.
//!
//! A server that refuses everything passes each expectation of a refusal; so a
//! case that judges only refusals needs something beside them that such a
//! server fails: a positive reply to a command of its own.

use super::{Context, talk};
use crate::script::model::{
    Action, Case, Exchange, Expectation, HopAction, Occurrence, Pattern, Protocol, SaslOutcome, Step, Trigger,
};
use crate::script::pattern::{Cardinality, CodePattern, ImapData, ImapExpectation, ImapStatus, Pop3Status};

/// What kind of server satisfies an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Polarity {
    /// One that grants something.
    Positive,
    /// One that refuses everything.
    Negative,
    /// Either.
    Open,
}

#[derive(Debug, Default)]
struct Survey {
    /// Judging expectations that a server which refuses everything passes.
    negative: usize,
    /// Judging expectations of any other kind.
    other: usize,
    /// Whether such a server fails somewhere beyond greeting and login.
    control: bool,
}

/// Writes down that a case judges nothing, or only refusals without a control.
pub(super) fn check(context: &mut Context<'_>, case: &Case) {
    let mut survey = Survey::default();
    for step in &case.steps {
        survey.step(step);
    }
    if survey.negative + survey.other == 0 {
        let help = "end at least one `S:` line in `§ ID`, or give a `check` or `eventually` its `law`";
        context.decoder.mistake_help(case.span, "this case judges nothing", help);
    } else if survey.other == 0 && !survey.control {
        let message = "this case judges only refusals: a server that refuses everything passes it";
        let granted = match context.protocol {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => "S: 250",
            Protocol::Pop3 => "S: +OK",
            Protocol::Imap => "S: OK",
        };
        let help = format!(
            "add a positive control: a command beside it that must succeed, as `C: NOOP` and `{granted}`"
        );
        context.decoder.mistake_help(case.span, message, help);
    }
}

impl Survey {
    fn judge(&mut self, polarity: Polarity) {
        match polarity {
            Polarity::Negative => self.negative += 1,
            Polarity::Positive | Polarity::Open => self.other += 1,
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.action {
            Action::Talk(talk) => talk.exchanges.iter().for_each(|exchange| self.exchange(exchange)),
            Action::Closed(Some(_)) | Action::Silence { law: Some(_), .. } => self.judge(Polarity::Negative),
            Action::Check(check) => {
                // Its values come from somewhere: from replies that a refusing server does not give.
                self.control = true;
                if check.law.is_some() {
                    self.judge(Polarity::Open);
                }
            }
            Action::Sasl(sasl) => {
                let polarity = match sasl.outcome {
                    SaslOutcome::Success => Polarity::Positive,
                    SaslOutcome::Refused => Polarity::Negative,
                };
                self.control |= polarity == Polarity::Positive;
                if sasl.law.is_some() {
                    self.judge(polarity);
                }
            }
            Action::EventuallyMailbox(wait) => {
                let absent = wait.count == Some(0);
                self.control |= !absent;
                if wait.law.is_some() {
                    self.judge(if absent { Polarity::Negative } else { Polarity::Positive });
                }
            }
            Action::Hop(hop) => self.hop(hop),
            Action::AnyOf(alternatives) => {
                let surveys = alternatives.iter().map(|alternative| {
                    let mut survey = Self::default();
                    alternative.steps.iter().for_each(|step| survey.step(step));
                    survey
                });
                self.any(&surveys.collect::<Vec<_>>());
            }
            action => {
                for inner in action.inner() {
                    inner.iter().for_each(|step| self.step(step));
                }
            }
        }
    }

    /// A server that refuses everything relays nothing.
    fn hop(&mut self, hop: &HopAction) {
        self.control |= match hop {
            HopAction::Accept { .. } | HopAction::Receive(_) | HopAction::Arrival(_) => true,
            HopAction::Talk(talk) => talk.turns.iter().any(|turn| turn.occurrence == Occurrence::Required),
            _ => false,
        };
        hop.laws().iter().for_each(|_| self.judge(Polarity::Positive));
    }

    /// A server passes alternatives by the one that suits it best.
    fn any(&mut self, alternatives: &[Self]) {
        let judging = alternatives.iter().filter(|one| one.negative + one.other > 0);
        self.other += judging.map(|one| one.other).min().unwrap_or(0);
        self.negative += alternatives.iter().map(|one| one.negative).max().unwrap_or(0);
        self.control |= !alternatives.is_empty() && alternatives.iter().all(|one| one.control);
    }

    fn exchange(&mut self, exchange: &Exchange) {
        for (expectation, number) in exchange.expectations.iter().zip(0..) {
            let polarity = polarity(expectation);
            // The greeting answers no command.
            let greeting = exchange.trigger == Trigger::Greeting && number == 0;
            self.control |= polarity == Polarity::Positive && !greeting;
            if expectation.law.is_some() {
                self.judge(polarity);
            }
        }
    }
}

fn polarity(expectation: &Expectation) -> Polarity {
    match &expectation.pattern {
        Pattern::Smtp(smtp) => {
            let codes = || smtp.lines.iter().flat_map(|line| &line.codes);
            if codes().all(|code| is_refusal(*code)) {
                Polarity::Negative
            } else if codes().all(|code| matches!(code.digits[0], Some(2 | 3))) {
                Polarity::Positive
            } else {
                Polarity::Open
            }
        }
        Pattern::Pop3(pop3) if pop3.status == Pop3Status::Err => Polarity::Negative,
        Pattern::Pop3(pop3) if talk::is_positive(pop3.status) => Polarity::Positive,
        Pattern::Pop3(_) => Polarity::Open,
        Pattern::Imap(imap) => imap_polarity(imap),
    }
}

const fn is_refusal(code: CodePattern) -> bool {
    matches!(code.digits[0], Some(4 | 5))
}

fn imap_polarity(expectation: &ImapExpectation) -> Polarity {
    let granted = |status: &ImapStatus| matches!(status, ImapStatus::Ok | ImapStatus::Preauth);
    match expectation {
        ImapExpectation::Tagged { statuses, .. } => {
            if statuses.iter().all(granted) {
                Polarity::Positive
            } else if statuses.iter().any(granted) {
                Polarity::Open
            } else {
                Polarity::Negative
            }
        }
        ImapExpectation::Untagged { cardinality: Cardinality::Forbidden, .. } => Polarity::Negative,
        ImapExpectation::Untagged { cardinality: Cardinality::Optional, .. } => Polarity::Open,
        ImapExpectation::Untagged { data: ImapData::Status { status, .. }, .. } if !granted(status) => {
            Polarity::Negative
        }
        ImapExpectation::Untagged { .. } | ImapExpectation::Continuation(_) => Polarity::Positive,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::mistakes;

    fn found(protocol: &str, lines: &[&str], more: &str) -> Vec<String> {
        let lines: String = lines.iter().map(|line| format!("      {line}\n")).collect();
        mistakes(protocol, &format!("steps:\n  - connect\n  - talk: |\n{lines}{more}"))
    }

    #[test]
    fn a_case_must_judge() {
        assert_eq!(found("smtp", &["S: 220", "C: NOOP", "S: 250"], ""), ["this case judges nothing"]);
    }

    #[test]
    fn refusals_need_something_granted_beside_them() {
        let refused = "this case judges only refusals: a server that refuses everything passes it";
        let refusal = ["C: X", "S: 500|5xx § rfc5321-4.1.1.1-4"];
        assert_eq!(found("smtp", &[&["S: 220"], &refusal[..]].concat(), ""), [refused]);
        assert_eq!(found("smtp", &[&["S: 220"], &refusal[..], &["C: NOOP", "S: 250"]].concat(), ""), [""; 0]);
        let imap = ["S: * OK", "C: X", "S!: * FLAGS ...", "S: NO|BAD § rfc1939-6-1"];
        assert_eq!(found("imap", &imap, ""), [refused]);
        assert_eq!(found("pop3", &["S: +OK", "C: X", "S: -ERR § rfc1939-6-1"], ""), [refused]);
        assert_eq!(found("pop3", &["S: +OK", "C: X", "S: +|- § rfc1939-6-1"], ""), [""; 0]);
    }

    #[test]
    fn silence_a_close_and_an_empty_mailbox_are_refusals() {
        for step in [
            "  - closed: {law: rfc1939-6-1}\n",
            "  - silence: {for: 1s, law: rfc1939-6-1}\n",
            "  - eventually: {mailbox: {count: 0, law: rfc1939-6-1}}\n",
        ] {
            assert_eq!(found("pop3", &["S: +OK"], step).len(), 1, "{step}");
            assert_eq!(found("pop3", &["S: +OK", "C: NOOP", "S: +OK"], step), [""; 0], "{step}");
        }
        let arrives = "  - eventually: {mailbox: {count: 1, law: rfc1939-6-1}}\n";
        assert_eq!(found("pop3", &["S: +OK"], arrives), [""; 0]);
    }
}
