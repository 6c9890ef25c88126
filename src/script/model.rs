//! Suites, cases and steps, as the runner sees them.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::pattern::{ImapExpectation, Pop3Expectation, SmtpExpectation, TextPattern};
use super::template::Template;
use crate::requirement::{Level, RequirementId};
use crate::sasl::{Flaw, Mechanism};
use crate::source::{SourceFile, Span};

/// One YAML file.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The path below `suites/` without `.yaml`: `pop3/update`.
    pub path: String,
    /// The text it was read from.
    pub source: Arc<SourceFile>,
    /// What it is about.
    pub title: String,
    /// What its cases speak unless they say otherwise.
    pub protocol: Protocol,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// RFC 5321 relay and delivery.
    Smtp,
    /// RFC 6409 submission: SMTP with a login first.
    Submission,
    /// RFC 2033.
    Lmtp,
    /// RFC 1939.
    Pop3,
    /// RFC 3501, RFC 9051.
    Imap,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 5] = [Self::Smtp, Self::Submission, Self::Lmtp, Self::Pop3, Self::Imap];

    /// Its word in scripts and profiles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Submission => "submission",
            Self::Lmtp => "lmtp",
            Self::Pop3 => "pop3",
            Self::Imap => "imap",
        }
    }

    /// Whether replies are framed as SMTP's.
    #[must_use]
    pub const fn is_smtp_like(self) -> bool {
        matches!(self, Self::Smtp | Self::Submission | Self::Lmtp)
    }
}

/// A port of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// SMTP, port 25.
    Smtp,
    /// Submission with STARTTLS, port 587.
    Submission,
    /// Submission over implicit TLS, port 465.
    Submissions,
    /// LMTP.
    Lmtp,
    /// POP3, port 110.
    Pop3,
    /// POP3 over implicit TLS, port 995.
    Pop3s,
    /// IMAP, port 143.
    Imap,
    /// IMAP over implicit TLS, port 993.
    Imaps,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 8] = [
        Self::Smtp,
        Self::Submission,
        Self::Submissions,
        Self::Lmtp,
        Self::Pop3,
        Self::Pop3s,
        Self::Imap,
        Self::Imaps,
    ];

    /// Its word in scripts and profiles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Submission => "submission",
            Self::Submissions => "submissions",
            Self::Lmtp => "lmtp",
            Self::Pop3 => "pop3",
            Self::Pop3s => "pop3s",
            Self::Imap => "imap",
            Self::Imaps => "imaps",
        }
    }

    /// The protocol spoken there.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Smtp => Protocol::Smtp,
            Self::Submission | Self::Submissions => Protocol::Submission,
            Self::Lmtp => Protocol::Lmtp,
            Self::Pop3 | Self::Pop3s => Protocol::Pop3,
            Self::Imap | Self::Imaps => Protocol::Imap,
        }
    }

    /// Whether TLS begins with the first octet.
    #[must_use]
    pub const fn is_implicit_tls(self) -> bool {
        matches!(self, Self::Submissions | Self::Pop3s | Self::Imaps)
    }

    /// The endpoint a protocol uses when a script names none.
    #[must_use]
    pub const fn default_of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Smtp => Self::Smtp,
            Protocol::Submission => Self::Submission,
            Protocol::Lmtp => Self::Lmtp,
            Protocol::Pop3 => Self::Pop3,
            Protocol::Imap => Self::Imap,
        }
    }
}

/// One independent test.
#[derive(Debug, Clone)]
pub struct Case {
    /// The whole id: `pop3/update/dele-without-quit`.
    pub id: String,
    /// A sentence that says what holds.
    pub name: String,
    /// Why the rule is so.
    pub note: Option<String>,
    /// Its tags and its suite's.
    pub tags: Vec<String>,
    /// Its conditions and its suite's.
    pub needs: Vec<Need>,
    /// The fixture.
    pub given: Given,
    /// Variables bound before the first step.
    pub lets: Vec<Binding>,
    /// For the whole case.
    pub deadline: Duration,
    /// What is done and expected.
    pub steps: Vec<Step>,
    /// What is done behind the steps, however they ended; it judges nothing.
    pub teardown: Vec<Step>,
    /// Where it stands.
    pub span: Span,
}

impl Case {
    /// Every requirement that an expectation of the case judges, without repeats, in order.
    #[must_use]
    pub fn covers(&self) -> Vec<RequirementId> {
        let mut ids: Vec<RequirementId> = Vec::new();
        for law in self.laws() {
            for id in &law.ids {
                if !ids.contains(id) {
                    ids.push(id.clone());
                }
            }
        }
        ids
    }

    /// Every law cited by a step, in order.
    #[must_use]
    pub fn laws(&self) -> Vec<&Law> {
        self.steps.iter().flat_map(Step::laws).collect()
    }

    /// Whether a step restarts or kills the target, so that the case must have a server of its own.
    #[must_use]
    pub fn ends_target(&self) -> bool {
        self.steps.iter().chain(&self.teardown).any(Step::ends_target)
    }
}

/// A condition of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// The protocol declares this capability.
    Capability {
        /// Whose list is asked.
        protocol: Protocol,
        /// Words, as `AUTH PLAIN` or `AUTH=PLAIN`.
        capability: String,
    },
    /// The target has this endpoint.
    Endpoint(Endpoint),
    /// The target can be restarted or killed.
    Lifecycle(Lifecycle),
    /// The target's profile lists this policy.
    Policy(String),
    /// The endpoint of this protocol offers STARTTLS or STLS.
    Tls(Protocol),
}

/// What can be done to a target's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Stopped in good order and started again.
    Restart,
    /// SIGKILL, and started again.
    Kill,
}

/// The fixture of a case: accounts in order, the first is the one `login` uses.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Accounts with their mail.
    pub accounts: Vec<GivenAccount>,
}

/// One account of a fixture.
#[derive(Debug, Clone)]
pub struct GivenAccount {
    /// The name in the script: `alice`.
    pub name: String,
    /// Mailboxes with their messages, `INBOX` among them when it has any.
    pub mailboxes: Vec<GivenMailbox>,
}

/// One mailbox of a fixture.
#[derive(Debug, Clone)]
pub struct GivenMailbox {
    /// `INBOX`, or a name to create.
    pub name: String,
    /// Its messages, in order.
    pub messages: Vec<GivenMessage>,
}

/// One message of a fixture.
#[derive(Debug, Clone)]
pub struct GivenMessage {
    /// The whole text, line ends CRLF unless given raw; `${…}` in it is read when the case begins.
    pub text: Template,
    /// IMAP flags to set.
    pub flags: Vec<String>,
    /// IMAP internal date, as `"17-Jul-1996 02:44:25 -0700"`.
    pub internal_date: Option<String>,
}

/// `name = value`, as `let` writes it.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: LetValue,
}

/// A value that `let` gives.
#[derive(Debug, Clone)]
pub enum LetValue {
    /// A template.
    Text(Template),
    /// A template so many times.
    Repeat {
        /// What is repeated.
        text: Template,
        /// How often.
        times: usize,
    },
    /// One octet of each value, from the first to the last.
    Bytes(RangeInclusive<u8>),
}

/// One action or expectation.
#[derive(Debug, Clone)]
pub struct Step {
    /// The connection it is about; `main` unless named.
    pub on: String,
    /// Time limit of each wait in it.
    pub within: Duration,
    /// All of these must hold, or the step is passed over.
    pub conditions: Vec<Condition>,
    /// What is done.
    pub action: Action,
    /// Where it stands.
    pub span: Span,
}

impl Step {
    /// Every law that it and the steps in it cite, in order.
    #[must_use]
    pub fn laws(&self) -> Vec<&Law> {
        let mut laws = Vec::new();
        self.collect_laws(&mut laws);
        laws
    }

    fn collect_laws<'a>(&'a self, laws: &mut Vec<&'a Law>) {
        match &self.action {
            Action::Talk(talk) => laws.extend(talk.exchanges.iter().flat_map(|exchange| {
                exchange.expectations.iter().filter_map(|expectation| expectation.law.as_ref())
            })),
            Action::Sasl(sasl) => laws.extend(sasl.law.as_ref()),
            Action::Closed(law) => laws.extend(law.as_ref()),
            Action::Silence { law, .. } => laws.extend(law.as_ref()),
            Action::Check(check) => laws.extend(check.law.as_ref()),
            Action::EventuallyMailbox(wait) => laws.extend(wait.law.as_ref()),
            Action::Connect(_)
            | Action::Greet(_)
            | Action::Login(_)
            | Action::Data(_)
            | Action::Send(_)
            | Action::StartTls(..)
            | Action::HalfClose
            | Action::Drop
            | Action::Reset
            | Action::Pause(_)
            | Action::Let(_)
            | Action::Restart
            | Action::Kill
            | Action::EventuallySteps(_)
            | Action::Steps(_)
            | Action::Repeat { .. }
            | Action::For { .. }
            | Action::Together(_)
            | Action::AnyOf(_) => {}
        }
        for step in self.action.inner().into_iter().flatten() {
            step.collect_laws(laws);
        }
    }

    fn ends_target(&self) -> bool {
        matches!(self.action, Action::Restart | Action::Kill)
            || self.action.inner().into_iter().flatten().any(Self::ends_target)
    }

    /// Calls `visit` with the step and every step inside it.
    pub fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        for step in self.action.inner().into_iter().flatten() {
            step.walk(visit);
        }
    }

    /// The connection that it speaks on, opens or closes; `None` when it is about none.
    #[must_use]
    pub fn connection(&self) -> Option<&str> {
        let about = matches!(
            self.action,
            Action::Connect(_)
                | Action::Greet(_)
                | Action::Login(_)
                | Action::Talk(_)
                | Action::Data(_)
                | Action::Send(_)
                | Action::Sasl(_)
                | Action::StartTls(..)
                | Action::HalfClose
                | Action::Drop
                | Action::Reset
                | Action::Closed(_)
                | Action::Silence { .. }
        );
        about.then_some(self.on.as_str())
    }
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// Open a connection; the greeting is left to the script.
    Connect(Open),
    /// Open, read the greeting, and greet back (EHLO, LHLO).
    Greet(Open),
    /// Greet and authenticate.
    Login(Open),
    /// A conversation.
    Talk(Talk),
    /// A message after 354.
    Data(Data),
    /// Octets exactly as written.
    Send(Send),
    /// An authentication that the harness computes.
    Sasl(Box<Sasl>),
    /// TLS on a connection that began in plaintext.
    StartTls(StartTls, Option<TlsWish>),
    /// Say that nothing more will be sent, and go on reading.
    HalfClose,
    /// Close at once.
    Drop,
    /// Close at once with a TCP reset.
    Reset,
    /// The server must close.
    Closed(Option<Law>),
    /// Nothing may arrive.
    Silence {
        /// For how long.
        time: Duration,
        /// Whether it judges.
        law: Option<Law>,
    },
    /// Wait.
    Pause(Duration),
    /// Poll a mailbox until it holds what is asked.
    EventuallyMailbox(Box<EventuallyMailbox>),
    /// Repeat steps until none fails.
    EventuallySteps(Vec<Step>),
    /// Compare values.
    Check(Box<Check>),
    /// Bind variables.
    Let(Vec<Binding>),
    /// Stop the target in good order and start it again.
    Restart,
    /// SIGKILL the target and start it again.
    Kill,
    /// Steps in order, as one step.
    Steps(Vec<Step>),
    /// Steps so many times.
    Repeat {
        /// How often.
        times: usize,
        /// The variable that counts, from 1.
        bind: Option<String>,
        /// What is done each time.
        steps: Vec<Step>,
    },
    /// Steps once for each value.
    For {
        /// The variable that takes the value.
        bind: String,
        /// The values, in order.
        values: Vec<Template>,
        /// What is done each time.
        steps: Vec<Step>,
    },
    /// Branches at once, each with connections of its own.
    Together(Vec<Vec<Step>>),
    /// Alternatives of which the first that holds is taken.
    AnyOf(Vec<Alternative>),
}

impl Action {
    /// The lists of steps that it holds.
    #[must_use]
    pub fn inner(&self) -> Vec<&[Step]> {
        match self {
            Self::EventuallySteps(steps)
            | Self::Steps(steps)
            | Self::Repeat { steps, .. }
            | Self::For { steps, .. } => vec![steps.as_slice()],
            Self::Together(branches) => branches.iter().map(Vec::as_slice).collect(),
            Self::AnyOf(alternatives) => alternatives.iter().map(|one| one.steps.as_slice()).collect(),
            _ => Vec::new(),
        }
    }
}

/// One of several courses that an RFC allows.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// What it is, for transcript and results.
    pub name: String,
    /// What must hold for it to be taken.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub span: Span,
}

/// `when` or `unless` of a step.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Whether it is to hold or not to hold.
    pub sense: Sense,
    /// What is looked at.
    pub test: Test,
}

/// Whether a condition is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// `when`.
    When,
    /// `unless`.
    Unless,
}

/// What a condition looks at.
#[derive(Debug, Clone)]
pub enum Test {
    /// What the target declares and has.
    Need(Need),
    /// A value.
    Value(Box<Check>),
}

/// Octets exactly as written, and how they are cut into writes.
#[derive(Debug, Clone)]
pub struct Send {
    /// The octets.
    pub octets: Template,
    /// How they are cut.
    pub cut: Cut,
    /// How long to wait between two writes.
    pub pause: Duration,
}

/// How octets are cut into writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// One write.
    Whole,
    /// Writes of so many octets each; what is left goes into a last one.
    Sizes(Vec<usize>),
    /// Each write has so many octets.
    Each(usize),
}

/// An authentication that the harness computes.
#[derive(Debug, Clone)]
pub struct Sasl {
    /// How.
    pub mechanism: Mechanism,
    /// Whose name and secret, unless `user` says another name.
    pub account: String,
    /// Another login name than the account's.
    pub user: Option<Template>,
    /// Whom to act as; nobody else unless given.
    pub authzid: Option<Template>,
    /// The bearer token of the OAuth mechanisms.
    pub token: Option<Template>,
    /// Where the client's first message stands.
    pub initial: Initial,
    /// What is wrong in the client's messages.
    pub tamper: Option<Tamper>,
    /// What must come of it.
    pub outcome: SaslOutcome,
    /// What it judges.
    pub law: Option<Law>,
}

/// Where the client's first message stands, in a mechanism in which the client begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initial {
    /// In the command, where the protocol allows it and the line is not too long for it.
    Auto,
    /// In the command.
    InCommand,
    /// Behind an empty challenge.
    AfterChallenge,
}

/// What is wrong in the client's messages.
#[derive(Debug, Clone)]
pub enum Tamper {
    /// A flaw in the mechanism, all else being right.
    Flaw(Flaw),
    /// Another text in place of one message.
    Message {
        /// Which one, from 1.
        number: usize,
        /// By what it is replaced.
        by: Replacement,
    },
}

/// What is sent in place of a message.
#[derive(Debug, Clone)]
pub enum Replacement {
    /// This message, in base64.
    Text(Template),
    /// This line, as it is.
    Line(Template),
    /// The message without its last octets.
    Cut(usize),
}

/// What must come of an authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslOutcome {
    /// The client is let in, and the server has said all that the mechanism asks of it.
    Success,
    /// The client is refused.
    Refused,
}

/// How a connection is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The connection's name, `main` unless given.
    pub name: String,
    /// The account, the case's first unless given.
    pub account: String,
    /// The endpoint: named, or the default of the protocol.
    pub endpoint: Endpoint,
    /// What TLS on this connection is to be like, from the first octet or behind STARTTLS.
    pub tls: TlsWish,
}

/// What a script asks of the client's side of TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsWish {
    /// The only version to offer.
    pub version: Option<TlsVersion>,
    /// The server name to ask for (RFC 6066, section 3) in place of the profile's.
    pub name: Option<String>,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    V12,
    /// TLS 1.3 (RFC 8446).
    V13,
}

impl TlsVersion {
    /// Every version with its name in scripts.
    pub const ALL: [(&'static str, Self); 2] = [("1.2", Self::V12), ("1.3", Self::V13)];
}

/// Whether the harness also says STARTTLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartTls {
    /// The command, its positive answer, and the handshake.
    Command,
    /// The handshake alone: a talk did the command.
    HandshakeOnly,
}

/// A message after 354.
#[derive(Debug, Clone)]
pub enum Data {
    /// Line ends made CRLF, dots stuffed, the final dot added.
    Message(Template),
    /// Octets as they are.
    Raw(Template),
}

/// A conversation: exchanges in order.
#[derive(Debug, Clone)]
pub struct Talk {
    /// Client lines sent together, then what is expected.
    pub exchanges: Vec<Exchange>,
}

/// Client lines that are sent at once, and what the server must answer to them.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The `C:` lines, possibly none.
    pub commands: Vec<Command>,
    /// The `S:` lines, in order.
    pub expectations: Vec<Expectation>,
    /// What brings the first reply about.
    pub trigger: Trigger,
}

/// What brings the first reply of an exchange about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// That the connection was opened: the reply is the greeting.
    Greeting,
    /// What the script sent, in this exchange or a step before.
    Script,
}

/// One `C:` line.
#[derive(Debug, Clone)]
pub struct Command {
    /// The text, without tag and line end.
    pub text: Template,
    /// Its name, by which its answer is told from others' (`C[a]:`, IMAP only).
    pub label: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// One expectation: an `S:` line, or several that describe one reply.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// What must come.
    pub pattern: Pattern,
    /// The command that it answers (`S[a]:`); the earliest not answered yet when it says none.
    pub label: Option<String>,
    /// What it judges; `None` is a precondition.
    pub law: Option<Law>,
    /// Where its pattern stands.
    pub span: Span,
    /// Its pattern as written, for reports.
    pub text: String,
}

/// A pattern of the connection's protocol.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// A whole SMTP or LMTP reply.
    Smtp(SmtpExpectation),
    /// A whole POP3 reply.
    Pop3(Pop3Expectation),
    /// One IMAP response.
    Imap(ImapExpectation),
}

/// What an expectation judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Law {
    /// The requirements, at least one.
    pub ids: Vec<RequirementId>,
    /// A level that differs from the ledger's.
    pub level: Option<Level>,
    /// Where it stands.
    pub span: Span,
}

/// `eventually: {mailbox: …}`.
#[derive(Debug, Clone)]
pub struct EventuallyMailbox {
    /// Whose.
    pub account: String,
    /// Which; POP3 reads only `INBOX`.
    pub folder: String,
    /// What a message must have.
    pub has: MessageTraits,
    /// How many such messages there must be, exactly; else at least one.
    pub count: Option<usize>,
    /// The variable that takes the (last) message's octets, and with `.body` its body.
    pub bind: Option<String>,
    /// What it judges.
    pub law: Option<Law>,
}

/// What a message must have.
#[derive(Debug, Clone, Default)]
pub struct MessageTraits {
    /// Header fields (name, value pattern matched against the unfolded value).
    pub headers: Vec<(String, TextPattern)>,
    /// The body, octet for octet.
    pub body: Option<Template>,
    /// Octets somewhere in the body.
    pub body_contains: Option<Template>,
}

/// A comparison.
#[derive(Debug, Clone)]
pub struct Check {
    /// The left side.
    pub value: Template,
    /// How it compares.
    pub operator: Operator,
    /// The right side; a regular expression for `matches`.
    pub operand: Template,
    /// What it judges.
    pub law: Option<Law>,
    /// Where it stands.
    pub span: Span,
}

/// How values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The same octets.
    Equals,
    /// Other octets.
    NotEquals,
    /// The operand occurs in the value.
    Contains,
    /// The operand does not occur in the value.
    NotContains,
    /// The value begins with the operand.
    StartsWith,
    /// The value ends with the operand.
    EndsWith,
    /// The regular expression is found in the value.
    Matches,
    /// As numbers.
    GreaterThan,
    /// As numbers.
    LessThan,
    /// As numbers.
    AtLeast,
    /// As numbers.
    AtMost,
    /// The same words, in any order and each as often; `1:3` stands for the numbers in it.
    SameSet,
    /// The words of the value are numbers in an order: the operand says which.
    Are,
}

impl Operator {
    /// Every operator with its key in scripts.
    pub const ALL: [(&'static str, Self); 13] = [
        ("equals", Self::Equals),
        ("not-equals", Self::NotEquals),
        ("contains", Self::Contains),
        ("not-contains", Self::NotContains),
        ("starts-with", Self::StartsWith),
        ("ends-with", Self::EndsWith),
        ("matches", Self::Matches),
        ("greater-than", Self::GreaterThan),
        ("less-than", Self::LessThan),
        ("at-least", Self::AtLeast),
        ("at-most", Self::AtMost),
        ("same-set", Self::SameSet),
        ("are", Self::Are),
    ];
}

/// What the words of a value can be said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// Each number is greater than the one before it.
    StrictlyIncreasing,
    /// Each number is less than the one before it.
    StrictlyDecreasing,
    /// No word stands twice.
    Distinct,
    /// All words are the same.
    Equal,
}

impl Series {
    /// Every series with its word in scripts.
    pub const ALL: [(&'static str, Self); 4] = [
        ("strictly-increasing", Self::StrictlyIncreasing),
        ("strictly-decreasing", Self::StrictlyDecreasing),
        ("distinct", Self::Distinct),
        ("equal", Self::Equal),
    ];

    /// The series that a word names.
    #[must_use]
    pub fn find(word: &[u8]) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.as_bytes() == word).map(|(_, series)| *series)
    }
}
