//! What makes a case worth running: it judges something, and not only refusals.
//!
//! A server that refuses everything passes each expectation of a refusal; so a
//! case that judges only refusals needs something beside them that such a
//! server fails: a positive reply to a command of its own. A refusal that says no
//! more than that it is one needs its own command granted in the same case.

use super::Context;
use super::step::WITHIN;
use crate::script::model::{Case, Step};
use crate::script::survey::{Survey, granted};

/// Writes down that a case judges nothing, or only refusals without a control, or one whose reason is
/// left open and whose command it never sees granted.
pub(super) fn check(context: &mut Context<'_>, case: &Case) {
    waits(context, case);
    let survey = Survey::of(case);
    if survey.negative + survey.other == 0 {
        let help = "end at least one `S:` line in `§ ID`, or give a `check` or `eventually` its `law`";
        context.decoder.mistake_help(case.span, "this case judges nothing", help);
    } else if survey.other == 0 && !survey.control {
        let message = "this case judges only refusals: a server that refuses everything passes it";
        let granted = granted(context.protocol);
        let help = format!(
            "add a positive control: a command beside it that must succeed, as `C: NOOP` and `{granted}`"
        );
        context.decoder.mistake_help(case.span, message, help);
    } else {
        for (command, span) in survey.unfounded() {
            let message =
                format!("no reason is bound: a server that does not know {command} passes this refusal");
            let help = format!(
                "bind its code, response code or enhanced status, or let the case see {command} granted as well"
            );
            context.decoder.mistake_help(span, message, help);
        }
    }
}

/// A wait that the case's deadline cuts short blocks the case, so that its expectation can not fail.
fn waits(context: &mut Context<'_>, case: &Case) {
    let mut found = Vec::new();
    let mut look = |step: &Step| {
        // Only eventual expectations wait long; of others the usual time is more than they need.
        if step.within > WITHIN && step.within >= case.deadline {
            found.push(step.span);
        }
    };
    case.steps.iter().for_each(|step| step.walk(&mut look));
    for span in found {
        let message =
            "the case's `deadline` is not longer than this wait: what does not come would find nothing";
        context.decoder.mistake_help(span, message, "give the case a longer `deadline`");
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
    fn a_wait_must_be_able_to_end() {
        let waiting = |more: &str| {
            let steps = "  - eventually:\n      within: 40s\n      mailbox: {has: {subject: x}, law: rfc5321-4.1.1.1-4}\n";
            mistakes("smtp", &format!("{more}steps:\n{steps}"))
        };
        assert_eq!(waiting(""), [""; 0]);
        assert_eq!(waiting("deadline: 1m\n"), [""; 0]);
        let cut = "the case's `deadline` is not longer than this wait: what does not come would find nothing";
        assert_eq!(waiting("deadline: 40s\n"), [cut]);
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
    fn a_refusal_binds_its_reason_or_its_command_is_granted_too() {
        let unfounded = |command: &str| {
            vec![format!("no reason is bound: a server that does not know {command} passes this refusal")]
        };
        let law = "§ rfc1939-6-1";
        let smtp = |reply: &str, more: &[&str]| {
            let refusal = format!("{reply} {law}");
            let lines =
                [&["S: 220", "C: MAIL FROM:<>", refusal.as_str(), "C: NOOP", "S: 250"], more].concat();
            found("smtp", &lines, "")
        };
        for bound in ["S: 550", "S: 5xx 5.1.1", "S: 4xx", "S: 501|504|55x", "S: 5xx no such user"] {
            assert_eq!(smtp(bound, &[]), [""; 0], "{bound}");
        }
        for bare in ["S: 5xx", "S: 4xx|5xx", "S: 50x|550"] {
            assert_eq!(smtp(bare, &[]), unfounded("MAIL"), "{bare}");
            assert_eq!(smtp(bare, &["C: MAIL FROM:<a@b>", "S: 250"]), [""; 0], "{bare}");
        }
        let pop3 = |refused: &str| {
            let refusal = format!("S: -ERR {law}");
            found("pop3", &["S: +OK", &format!("C: {refused}"), &refusal, "C: NOOP", "S: +OK"], "")
        };
        assert_eq!(pop3("DELE 1"), unfounded("DELE"));
        assert_eq!(pop3("XYZZY"), [""; 0], "no server grants what is no command");
        let imap = |reply: &str, more: &[&str]| {
            let refusal = format!("{reply} {law}");
            let lines = ["S: * OK", "C: UID COPY 1 a", "S!: * 1 FETCH ...", &refusal, "C: NOOP", "S: OK"];
            found("imap", &[&lines, more].concat(), "")
        };
        assert_eq!(imap("S: NO|BAD", &[]), unfounded("COPY"));
        assert_eq!(imap("S: NO [TRYCREATE]", &[]), [""; 0]);
        assert_eq!(imap("S: NO", &["C: COPY 1 b", "S: OK"]), [""; 0]);
        let either = "  - when: UIDPLUS\n    talk: |\n      C: COPY 1 a\n      S: NO § rfc1939-6-1\n";
        assert_eq!(found("imap", &["S: * OK", "C: NOOP", "S: OK § rfc1939-6-1"], either), [""; 0]);
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
