//! What a case judges: that something is granted, or that it is refused, and what shows that the
//! refusal is one of this and not of everything. The linter asks, and whoever counts cases.

use std::collections::BTreeSet;

use super::model::{
    Action, Case, Exchange, Expectation, HopAction, Occurrence, Operator, Pattern, Protocol, SaslOutcome,
    Step, Trigger,
};
use super::pattern::{Cardinality, CodePattern, ImapData, ImapExpectation, ImapStatus, Pop3Status};
use super::template::Part;
use crate::source::Span;

/// What kind of server satisfies an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// One that grants something.
    Positive,
    /// One that refuses everything.
    Negative,
    /// Either.
    Open,
}

/// What a case judges, counted.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Judging expectations that a server which refuses everything passes.
    pub negative: usize,
    /// Judging expectations of any other kind.
    pub other: usize,
    /// Whether such a server fails somewhere beyond greeting and login.
    pub control: bool,
    /// Judged refusals for which no reason is bound, with the command that is refused.
    bare: Vec<(String, Span)>,
    /// Commands that are granted somewhere.
    granted: BTreeSet<String>,
}

impl Survey {
    /// Looks at the steps of a case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let mut survey = Self::default();
        case.steps.iter().for_each(|step| survey.step(step));
        survey
    }

    /// Judged refusals without a reason of commands that the case sees granted nowhere: a server
    /// that does not know the command passes them.
    pub fn unfounded(&self) -> impl Iterator<Item = (&str, Span)> {
        let founded = |command: &String| self.granted.contains(command);
        self.bare
            .iter()
            .filter(move |(command, _)| !founded(command))
            .map(|(command, at)| (command.as_str(), *at))
    }

    fn judge(&mut self, polarity: Polarity) {
        match polarity {
            Polarity::Negative => self.negative += 1,
            Polarity::Positive | Polarity::Open => self.other += 1,
        }
    }

    fn step(&mut self, step: &Step) {
        let bare = self.bare.len();
        self.act(step);
        // What stands under a condition is about targets that differ, also in what they have.
        if !step.conditions.is_empty() {
            self.bare.truncate(bare);
        }
    }

    fn act(&mut self, step: &Step) {
        match &step.action {
            Action::Talk(talk) => talk.exchanges.iter().for_each(|exchange| self.exchange(exchange)),
            Action::Closed(Some(_)) | Action::Silence { law: Some(_), .. } => self.judge(Polarity::Negative),
            Action::Check(check) => {
                // Its values come from somewhere: from replies that a refusing server does not give.
                self.control = true;
                if check.law.is_some() {
                    self.judge(match check.operator {
                        Operator::NotEquals | Operator::NotContains => Polarity::Negative,
                        _ => Polarity::Open,
                    });
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
                if polarity == Polarity::Positive {
                    self.granted.extend(["AUTH", "AUTHENTICATE"].map(str::to_owned));
                }
            }
            Action::Greet(_) => self.grant(&["EHLO", "LHLO", "HELO"]),
            Action::Login(_) => self.grant(&["EHLO", "LHLO", "HELO", "LOGIN", "USER", "PASS", "AUTH"]),
            Action::StartTls(..) => self.grant(&["STARTTLS", "STLS"]),
            Action::Compress(_) => self.grant(&["COMPRESS"]),
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
                self.any(surveys.collect());
            }
            action => {
                for inner in action.inner() {
                    inner.iter().for_each(|step| self.step(step));
                }
            }
        }
    }

    fn grant(&mut self, commands: &[&str]) {
        self.granted.extend(commands.iter().map(|&command| command.to_owned()));
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
    fn any(&mut self, alternatives: Vec<Self>) {
        let judging = alternatives.iter().filter(|one| one.negative + one.other > 0);
        self.other += judging.map(|one| one.other).min().unwrap_or(0);
        self.negative += alternatives.iter().map(|one| one.negative).max().unwrap_or(0);
        self.control |= !alternatives.is_empty() && alternatives.iter().all(|one| one.control);
        for one in alternatives {
            self.bare.extend(one.bare);
            self.granted.extend(one.granted);
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        for (number, expectation) in exchange.expectations.iter().enumerate() {
            let polarity = Polarity::of(expectation);
            // The greeting answers no command.
            let greeting = exchange.trigger == Trigger::Greeting && number == 0;
            self.control |= polarity == Polarity::Positive && !greeting;
            if expectation.law.is_some() {
                self.judge(polarity);
            }
            let Some(command) = answered(exchange, number) else { continue };
            if polarity == Polarity::Positive {
                self.granted.insert(command);
            } else if polarity == Polarity::Negative
                && judges_a_rule(expectation)
                && !binds_a_reason(expectation)
            {
                self.bare.push((command, expectation.span));
            }
        }
    }
}

/// The name of the command that an expectation answers, in upper case. `None` where it answers none,
/// where the name is made of variables, and for what no RFC has as a command: that is refused by
/// every server, and nothing like it is granted.
fn answered(exchange: &Exchange, number: usize) -> Option<String> {
    let expectation = exchange.expectations.get(number)?;
    let known = match &expectation.pattern {
        Pattern::Smtp(_) => SMTP_COMMANDS,
        Pattern::Pop3(_) => POP3_COMMANDS,
        Pattern::Imap(ImapExpectation::Untagged { .. }) => return None,
        Pattern::Imap(_) => IMAP_COMMANDS,
    };
    let command = match &expectation.label {
        Some(_) => exchange.commands.iter().find(|command| command.label == expectation.label)?,
        None => {
            // Each reply takes a command, of IMAP the tagged ones; the greeting takes none.
            let takes = |one: &&Expectation| match &one.pattern {
                Pattern::Imap(imap) => matches!(imap, ImapExpectation::Tagged { .. }) && one.label.is_none(),
                _ => true,
            };
            let before = exchange.expectations.get(..number)?.iter().filter(takes).count();
            let greeting =
                exchange.trigger == Trigger::Greeting && !matches!(expectation.pattern, Pattern::Imap(_));
            let place = before.checked_sub(usize::from(greeting))?;
            exchange.commands.iter().filter(|command| command.label.is_none()).nth(place)?
        }
    };
    let Part::Octets(text) = command.text.parts.first()? else { return None };
    let text = String::from_utf8_lossy(text).to_ascii_uppercase();
    let mut words = text.split([' ', ':', '\r', '\n']);
    let name = words.find(|word| *word != "UID")?;
    known.contains(&name).then(|| name.to_owned())
}

/// The commands of SMTP and LMTP that can be granted and refused; HELO and EHLO, which LMTP never grants,
/// are not among them.
const SMTP_COMMANDS: &[&str] = &[
    "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "VRFY", "EXPN", "HELP", "ETRN", "AUTH", "STARTTLS",
    "QUIT",
];

/// Those of POP3.
const POP3_COMMANDS: &[&str] = &[
    "USER", "PASS", "APOP", "AUTH", "STLS", "CAPA", "STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "TOP",
    "UIDL", "UTF8", "LANG", "QUIT",
];

/// Those of IMAP; after UID they have the same names.
const IMAP_COMMANDS: &[&str] = &[
    "APPEND",
    "AUTHENTICATE",
    "CANCELUPDATE",
    "CAPABILITY",
    "CHECK",
    "CLOSE",
    "COMPRESS",
    "COPY",
    "CREATE",
    "DELETE",
    "DELETEACL",
    "ENABLE",
    "EXAMINE",
    "EXPUNGE",
    "FETCH",
    "GETACL",
    "GETMETADATA",
    "GETQUOTA",
    "GETQUOTAROOT",
    "ID",
    "IDLE",
    "LIST",
    "LISTRIGHTS",
    "LOGIN",
    "LOGOUT",
    "LSUB",
    "MOVE",
    "MYRIGHTS",
    "NAMESPACE",
    "NOOP",
    "NOTIFY",
    "RENAME",
    "REPLACE",
    "SEARCH",
    "SELECT",
    "SETACL",
    "SETMETADATA",
    "SETQUOTA",
    "SORT",
    "STARTTLS",
    "STATUS",
    "STORE",
    "SUBSCRIBE",
    "THREAD",
    "UNAUTHENTICATE",
    "UNSELECT",
    "UNSUBSCRIBE",
];

/// Whether a rule of an RFC is judged, and not only what was once seen on the wire.
fn judges_a_rule(expectation: &Expectation) -> bool {
    expectation.law.as_ref().is_some_and(|law| law.ids.iter().any(|id| !id.is_house()))
}

/// Whether a refusal says why: an enhanced status, a response code or a text; in SMTP also whole codes,
/// and any that are not those of a command that is not known.
fn binds_a_reason(expectation: &Expectation) -> bool {
    match &expectation.pattern {
        Pattern::Smtp(smtp) => smtp.lines.iter().any(|line| {
            let whole = |code: &CodePattern| code.digits.iter().all(Option::is_some);
            let unknown = |code: &CodePattern| code.matches(500) || code.matches(502);
            line.enhanced.is_some()
                || line.text.is_some()
                || line.codes.iter().all(whole)
                || !line.codes.iter().any(unknown)
        }),
        Pattern::Pop3(pop3) => pop3.code.is_some() || pop3.text.is_some(),
        Pattern::Imap(ImapExpectation::Tagged { code, .. }) => code.is_some(),
        Pattern::Imap(_) => true,
    }
}

impl Polarity {
    /// That of an expectation.
    #[must_use]
    pub fn of(expectation: &Expectation) -> Self {
        match &expectation.pattern {
            Pattern::Smtp(smtp) => {
                let codes = || smtp.lines.iter().flat_map(|line| &line.codes);
                if codes().all(|code| is_refusal(*code)) {
                    Self::Negative
                } else if codes().all(|code| matches!(code.digits[0], Some(2 | 3))) {
                    Self::Positive
                } else {
                    Self::Open
                }
            }
            Pattern::Pop3(pop3) => match pop3.status {
                Pop3Status::Err => Self::Negative,
                Pop3Status::Ok | Pop3Status::Continuation => Self::Positive,
                Pop3Status::Any => Self::Open,
            },
            Pattern::Imap(imap) => Self::of_imap(imap),
        }
    }

    fn of_imap(expectation: &ImapExpectation) -> Self {
        let granted = |status: &ImapStatus| matches!(status, ImapStatus::Ok | ImapStatus::Preauth);
        match expectation {
            ImapExpectation::Tagged { statuses, .. } => {
                if statuses.iter().all(granted) {
                    Self::Positive
                } else if statuses.iter().any(granted) {
                    Self::Open
                } else {
                    Self::Negative
                }
            }
            ImapExpectation::Untagged { cardinality: Cardinality::Forbidden, .. } => Self::Negative,
            ImapExpectation::Untagged { cardinality: Cardinality::Optional, .. } => Self::Open,
            ImapExpectation::Untagged { data: ImapData::Status { status, .. }, .. } if !granted(status) => {
                Self::Negative
            }
            ImapExpectation::Untagged { .. } | ImapExpectation::Continuation(_) => Self::Positive,
        }
    }
}

const fn is_refusal(code: CodePattern) -> bool {
    matches!(code.digits[0], Some(4 | 5))
}

/// The word by which a refusal of a command is known to be one of this and not of everything.
#[must_use]
pub(super) const fn granted(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => "S: 250",
        Protocol::Pop3 => "S: +OK",
        Protocol::Imap => "S: OK",
    }
}
