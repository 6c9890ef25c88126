//! Conversations: `C:` and `S:` lines, grouped into exchanges.
//!
//! Client lines in a row are one exchange with the server lines behind them.
//! Server lines that describe one reply (an SMTP `250-` group, a POP3 payload)
//! become one expectation.

use super::scope::{Greeting, Scope};
use super::{Context, law, texts};
use crate::script::model::{Command, Exchange, Expectation, Law, Pattern, Protocol, Talk, Trigger};
use crate::script::pattern::{
    self, CaptureType, Cardinality, PatternError, Pop3Expectation, Pop3Payload, Pop3Status, SmtpExpectation,
    SmtpLine, TextPart, TextPattern,
};
use crate::script::template::{Filter, Part, Template};
use crate::source::{Node, Scalar, Span};

/// Who speaks in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    Client,
    Server(Cardinality),
}

/// The speakers as they are written.
const SPEAKERS: [(&str, Speaker); 5] = [
    ("C:", Speaker::Client),
    ("S:", Speaker::Server(Cardinality::Required)),
    ("S>:", Speaker::Server(Cardinality::InOrder)),
    ("S?:", Speaker::Server(Cardinality::Optional)),
    ("S!:", Speaker::Server(Cardinality::Forbidden)),
];

/// Reads a conversation on the connection `on`.
pub(super) fn read(context: &mut Context<'_>, scope: &mut Scope, on: &str, node: &Node) -> Option<Talk> {
    let scalar = context.decoder.scalar(node, "`talk`")?;
    let protocol = scope.protocol(context, on);
    let greeting = scope.take_greeting(on);
    let mistakes = context.decoder.mistakes();
    let mut reader = TalkReader {
        context,
        scope,
        protocol,
        exchanges: Vec::new(),
        pending: Pending::None,
        scalar,
        line: Line::default(),
        label: None,
        labels: Vec::new(),
    };
    for (offset, line) in scalar.lines() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let indent = line.len() - line.trim_start().len();
        let content = line.get(indent..).unwrap_or("");
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let at = scalar.locate(offset + indent);
        reader.line = Line { text: offset + indent, file: at, length: content.len() };
        let mistakes = reader.context.decoder.mistakes();
        reader.read_line(content, at);
        let line = reader.line;
        let placed = |span| place(scalar, line, span);
        reader.context.decoder.place_since(mistakes, &placed);
    }
    reader.finish_pending();
    let mut talk = Talk { exchanges: reader.exchanges };
    if talk.exchanges.is_empty() && context.decoder.mistakes() == mistakes {
        context.decoder.mistake_help(node.span, "this talk says nothing", "write `C:` and `S:` lines");
    }
    mark_greeting(&mut talk, greeting);
    Some(talk)
}

/// A greeting is nothing that a command of the case brought about: it stands in an exchange of its own.
fn mark_greeting(talk: &mut Talk, greeting: Greeting) {
    if greeting == Greeting::Pending
        && let Some(first) = talk.exchanges.first_mut()
        && first.commands.is_empty()
    {
        first.trigger = Trigger::Greeting;
    }
}

/// Lines that wait for the rest of their reply.
enum Pending {
    None,
    Smtp { lines: Vec<SmtpLine>, expectation: Draft },
    Pop3 { status: Pop3Expectation, payload: Vec<TextPattern>, state: Payload, expectation: Draft },
}

/// How far a POP3 reply has been written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Payload {
    /// Only its status line.
    None,
    /// Payload lines, and no lone dot yet.
    Open,
}

/// What an expectation will be but for its pattern.
struct Draft {
    law: Option<Law>,
    span: Span,
    text: String,
}

struct TalkReader<'a, 'c> {
    context: &'a mut Context<'c>,
    scope: &'a mut Scope,
    protocol: Protocol,
    exchanges: Vec<Exchange>,
    pending: Pending,
    scalar: &'a Scalar,
    line: Line,
    /// The name in the line that is read, and those of the talk's commands.
    label: Option<String>,
    labels: Vec<String>,
}

/// The line that is read: where it begins in the scalar's text and in the file, and its length.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    text: usize,
    file: usize,
    length: usize,
}

/// Where a span of a line really stands: texts put in for `${…}` may be longer or shorter than that.
fn place(scalar: &Scalar, line: Line, span: Span) -> Span {
    let Line { text, file, length } = line;
    match span.start.checked_sub(file).filter(|start| *start <= length) {
        Some(start) => {
            let end = span.end.saturating_sub(file).clamp(start, length);
            scalar.span_of(text + start..text + end)
        }
        // It is about another line.
        None => span,
    }
}

impl TalkReader<'_, '_> {
    /// Where a span of the line that is read really stands.
    fn placed(&self, span: Span) -> Span {
        place(self.scalar, self.line, span)
    }

    fn read_line(&mut self, line: &str, offset: usize) {
        self.label = None;
        if let Some((speaker, label, text)) = labelled(line) {
            return self.labelled_line(speaker, label, text, offset, offset + (line.len() - text.len()));
        }
        let Some((mark, speaker)) = SPEAKERS.iter().find(|(mark, _)| line.starts_with(mark)) else {
            return self.speakerless(line, offset);
        };
        let text = line.get(mark.len()..).unwrap_or("");
        let text = text.strip_prefix(' ').unwrap_or(text);
        let start = offset + (line.len() - text.len());
        match speaker {
            Speaker::Client => {
                self.finish_pending();
                self.command(text, start);
            }
            Speaker::Server(cardinality) => {
                if *cardinality != Cardinality::Required && self.protocol != Protocol::Imap {
                    let message = format!("`{mark}` does not fit `{}`", self.protocol.as_str());
                    let help = "only IMAP has responses without an order of their own; write `S:`";
                    self.context.decoder.mistake_help(Span::new(offset, offset + mark.len()), message, help);
                    return;
                }
                self.server(text, start, *cardinality);
            }
        }
    }

    /// `C[a]: …` names a command, `S[a]: …` is about its answer.
    fn labelled_line(&mut self, speaker: Speaker, label: &str, text: &str, offset: usize, start: usize) {
        let span = Span::new(offset, start);
        if self.protocol != Protocol::Imap {
            let message = format!("a name for a command does not fit `{}`", self.protocol.as_str());
            self.context.decoder.mistake_help(span, message, "its replies come in the order of the commands");
            return;
        }
        let known = self.labels.iter().any(|known| known == label);
        if speaker == Speaker::Client {
            if known {
                let message = format!("the command `{label}` stands in this talk already");
                self.context.decoder.mistake_help(span, message, "give each command a name of its own");
            }
            self.labels.push(label.to_owned());
            self.label = Some(label.to_owned());
            return self.command(text, start);
        }
        if !known {
            let message = format!("no command above is named `{label}`");
            let labels = self.labels.clone();
            let names = labels.iter().map(String::as_str);
            self.context.decoder.unknown(span, message, label, names);
        } else if text.trim_start().starts_with(['*', '+']) {
            let help = "an untagged response says no tag: write `S:`";
            self.context.decoder.mistake_help(span, "only a tagged answer is of one command", help);
        }
        self.label = Some(label.to_owned());
        self.server(text, start, Cardinality::Required);
    }

    fn speakerless(&mut self, line: &str, offset: usize) {
        self.finish_pending();
        let word = line.split([' ', ':']).next().unwrap_or("");
        let help = match word {
            "c" | "Client" | "client" | "C" => "did you mean `C:`?",
            "s" | "Server" | "server" | "S" => "did you mean `S:`?",
            _ => {
                "a talk line begins with `C:` (sent), `S:` (expected), `S>:` (next), `S?:` (may come) or `S!:` (must not come)"
            }
        };
        let span = Span::new(offset, offset + line.trim_end().len());
        self.context.decoder.mistake_help(span, "this line has no speaker", help);
    }

    fn command(&mut self, text: &str, offset: usize) {
        let span = Span::new(offset, offset + text.len());
        if let Some((_, law)) = split_law(text)
            && law.trim_start().starts_with(|c: char| c.is_ascii_lowercase())
        {
            let message = "a `C:` line judges nothing";
            self.context.decoder.mistake_help(
                span,
                message,
                "put the `§` behind the `S:` line that it judges",
            );
            return;
        }
        let Some(template) = texts::template_line(self.context, self.scope, text, offset) else { return };
        self.refuse_literals(&template);
        if self.exchanges.last().is_none_or(|exchange| !exchange.expectations.is_empty()) {
            self.exchanges.push(Exchange {
                commands: Vec::new(),
                expectations: Vec::new(),
                trigger: Trigger::Script,
            });
        }
        let span = self.placed(span);
        if let Some(exchange) = self.exchanges.last_mut() {
            exchange.commands.push(Command { text: template, label: self.label.take(), span });
        }
    }

    fn refuse_literals(&mut self, template: &Template) {
        if self.protocol == Protocol::Imap {
            return;
        }
        for part in &template.parts {
            if let Part::Variable { filters, span, .. } = part
                && filters
                    .iter()
                    .any(|one| matches!(one, Filter::Literal | Filter::LiteralPlus | Filter::Quoted))
            {
                let message = format!(
                    "this filter makes an IMAP string, and `{}` is spoken here",
                    self.protocol.as_str()
                );
                self.context.decoder.mistake(*span, message);
            }
        }
    }

    fn server(&mut self, text: &str, offset: usize, cardinality: Cardinality) {
        let (pattern, law) = match split_law(text) {
            Some((pattern, rest)) => {
                let at = offset + (text.len() - rest.len());
                let span = Span::new(at - '§'.len_utf8(), offset + text.trim_end().len());
                let law = law::parse(self.context, rest, at, span);
                (pattern, law.map(|law| Law { span: self.placed(law.span), ..law }))
            }
            None => (text, None),
        };
        let span = self.placed(Span::new(offset, offset + pattern.trim_end().len()));
        let draft = Draft { law, span, text: pattern.trim_end().to_owned() };
        match self.protocol {
            Protocol::Imap => self.imap(pattern, offset, cardinality, draft),
            Protocol::Pop3 => self.pop3(pattern, offset, draft),
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => self.smtp(pattern, offset, draft),
        }
    }

    fn imap(&mut self, text: &str, offset: usize, cardinality: Cardinality, draft: Draft) {
        let lead = text.len() - text.trim_start().len();
        match pattern::imap::parse(text.trim(), cardinality, offset + lead) {
            Ok(expectation) => {
                self.flow(expectation.reads(), expectation.binds());
                self.push(Pattern::Imap(expectation), draft);
            }
            Err(mistake) => self.refuse(mistake, text, offset + lead),
        }
    }

    fn smtp(&mut self, text: &str, offset: usize, draft: Draft) {
        let lead = text.len() - text.trim_start().len();
        let line = match pattern::smtp::parse_line(text.trim(), offset + lead) {
            Ok(line) => line,
            Err(mistake) => {
                self.pending = Pending::None;
                return self.refuse(mistake, text, offset + lead);
            }
        };
        self.flow(line.reads(), line.binds());
        let continues = line.continues;
        let (mut lines, draft) = match std::mem::replace(&mut self.pending, Pending::None) {
            Pending::Smtp { lines, expectation } => (lines, self.merged(expectation, draft)),
            _ => (Vec::new(), draft),
        };
        lines.push(line);
        if continues {
            self.pending = Pending::Smtp { lines, expectation: draft };
        } else {
            self.push(Pattern::Smtp(SmtpExpectation { lines }), draft);
        }
    }

    fn pop3(&mut self, text: &str, offset: usize, draft: Draft) {
        let open = matches!(self.pending, Pending::Pop3 { state: Payload::Open, .. });
        if is_pop3_status(text) && !open {
            self.finish_pending();
            match pattern::pop3::parse_status(text.trim_end(), offset) {
                Ok(status) => {
                    self.flow(status.reads(), status.binds());
                    self.pending = Pending::Pop3 {
                        status,
                        payload: Vec::new(),
                        state: Payload::None,
                        expectation: draft,
                    };
                }
                Err(mistake) => self.refuse(mistake, text, offset),
            }
            return;
        }
        let Pending::Pop3 { .. } = self.pending else {
            // Not behind a status line: it should have been one.
            if let Err(mistake) = pattern::pop3::parse_status(text.trim_end(), offset) {
                self.refuse(mistake, text, offset);
            }
            return;
        };
        self.payload_line(text, offset, draft);
    }

    fn payload_line(&mut self, text: &str, offset: usize, draft: Draft) {
        // What judges stands apart from the line by spaces that are not part of it.
        let text = if draft.law.is_some() { text.trim_end() } else { text };
        let Pending::Pop3 { status, mut payload, state, expectation } =
            std::mem::replace(&mut self.pending, Pending::None)
        else {
            return;
        };
        let expectation = self.merged(expectation, draft);
        if text.trim_end() == "." {
            let status = Pop3Expectation { payload: Pop3Payload::Lines(payload), ..status };
            return self.push(Pattern::Pop3(status), expectation);
        }
        match pattern::text::parse(text, offset) {
            Ok(line) => {
                self.flow(line.reads(), line.binds());
                if let (Some(name), Payload::None) = (payload_capture(&line), state) {
                    let payload = name.map_or(Pop3Payload::Unjudged, Pop3Payload::Bound);
                    return self.push(Pattern::Pop3(Pop3Expectation { payload, ..status }), expectation);
                }
                payload.push(line);
            }
            Err(mistake) => self.refuse(mistake, text, offset),
        }
        self.pending = Pending::Pop3 { status, payload, state: Payload::Open, expectation };
    }

    /// Ends the reply that is being written; one that is not whole is a mistake.
    fn finish_pending(&mut self) {
        match std::mem::replace(&mut self.pending, Pending::None) {
            Pending::None => {}
            Pending::Smtp { expectation, .. } => {
                let help = "end it with a line without `-`, as `S: 250`";
                self.context.decoder.mistake_help(expectation.span, "this reply has no last line", help);
            }
            Pending::Pop3 { status, state: Payload::None, expectation, .. } => {
                self.push(Pattern::Pop3(status), expectation);
            }
            Pending::Pop3 { state: Payload::Open, expectation, .. } => {
                let help = "end it with `S: .`, or take it whole with `S: ${name = payload}`";
                self.context.decoder.mistake_help(expectation.span, "this reply's payload has no end", help);
            }
        }
    }

    /// Two lines of one reply: what both judge, the reply judges.
    fn merged(&mut self, mut first: Draft, next: Draft) -> Draft {
        first.text.push('\n');
        first.text.push_str(&next.text);
        match (&mut first.law, next.law) {
            (law @ None, next) => *law = next,
            (Some(_), None) => {}
            (Some(law), Some(next)) => {
                if law.level != next.level {
                    let message = "one reply is judged at one level";
                    self.context.decoder.mistake_help(next.span, message, "cite both at the same level");
                }
                law.ids.extend(next.ids.into_iter().filter(|id| !law.ids.contains(id)).collect::<Vec<_>>());
            }
        }
        first
    }

    /// Checks what a pattern reads, and binds what it captures.
    fn flow(&mut self, reads: Vec<(&str, Span)>, binds: Vec<(&str, Span)>) {
        // A capture can be read later in the same line.
        let earlier =
            |name: &str, at: Span| binds.iter().any(|(bound, span)| *bound == name && span.start < at.start);
        let reads: Vec<(&str, Span)> = reads.into_iter().filter(|(name, at)| !earlier(name, *at)).collect();
        self.scope.check_reads(self.context, &reads);
        for (name, _) in binds {
            self.scope.bind(name);
        }
    }

    fn push(&mut self, pattern: Pattern, draft: Draft) {
        if self.exchanges.is_empty() {
            self.exchanges.push(Exchange {
                commands: Vec::new(),
                expectations: Vec::new(),
                trigger: Trigger::Script,
            });
        }
        // The runner binds the text of the latest reply; IMAP's responses have no such whole.
        if self.protocol != Protocol::Imap {
            self.scope.bind("reply");
        }
        if let Some(exchange) = self.exchanges.last_mut() {
            let Draft { law, span, text } = draft;
            exchange.expectations.push(Expectation { pattern, label: self.label.take(), law, span, text });
        }
    }

    /// Writes a pattern's mistake down; `start` is where the pattern begins in the file.
    fn refuse(&mut self, mistake: PatternError, text: &str, start: usize) {
        // At its head it is the wrong kind of pattern; further in, the protocol is not in question.
        let message = if mistake.span.start == start {
            format!("{} (this connection speaks `{}`)", mistake.message, self.protocol.as_str())
        } else {
            mistake.message.clone()
        };
        self.context.pattern_mistake(PatternError { message, ..mistake });
        // What the line would have bound is no second mistake where it is read.
        for name in would_bind(text) {
            self.scope.bind(name);
        }
    }
}

/// The speaker, the name and the text of a line that begins with `C[name]:` or `S[name]:`.
fn labelled(line: &str) -> Option<(Speaker, &str, &str)> {
    let (speaker, rest) = match (line.strip_prefix("C["), line.strip_prefix("S[")) {
        (Some(rest), _) => (Speaker::Client, rest),
        (_, Some(rest)) => (Speaker::Server(Cardinality::Required), rest),
        _ => return None,
    };
    let (label, text) = rest.split_once("]:")?;
    let sound =
        !label.is_empty() && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    sound.then(|| (speaker, label, text.strip_prefix(' ').unwrap_or(text)))
}

/// The text before `§` and what stands behind it, when white space sets it apart.
fn split_law(text: &str) -> Option<(&str, &str)> {
    let (pattern, law) = text.rsplit_once('§')?;
    (pattern.is_empty() || pattern.ends_with([' ', '\t'])).then_some((pattern, law))
}

/// The names in `${name = …` of a line that could not be read.
fn would_bind(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('=').map(|(name, _)| name.trim()))
}

fn is_pop3_status(text: &str) -> bool {
    matches!(text.trim_end().split(' ').next(), Some("+OK" | "-ERR" | "+|-" | "+"))
}

/// `${name = payload}` alone: the name, `None` for `_`.
fn payload_capture(line: &TextPattern) -> Option<Option<String>> {
    match line.parts.as_slice() {
        [TextPart::Capture { name, kind: CaptureType::Payload, .. }] => Some(name.clone()),
        _ => None,
    }
}

/// Whether a POP3 status is one that nobody is refused by.
pub(super) const fn is_positive(status: Pop3Status) -> bool {
    matches!(status, Pop3Status::Ok | Pop3Status::Continuation)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{case, mistakes};
    use super::*;
    use crate::script::model::Action;

    fn body(open: &str, lines: &str) -> String {
        let lines: String = lines.lines().map(|line| format!("      {}\n", line.trim_start())).collect();
        format!("steps:\n  - {open}\n  - talk: |\n{lines}")
    }

    fn talk(protocol: &str, open: &str, lines: &str) -> Talk {
        match case(protocol, &body(open, lines)).steps.remove(1).action {
            Action::Talk(talk) => talk,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn client_lines_in_a_row_are_one_exchange() {
        let talk = talk(
            "smtp",
            "connect",
            "S: 220\n# a remark\nC: MAIL FROM:<>\nC:  RCPT\n\nS: 250\nS: 250 § rfc5321-4.1.1.1-4\nC: QUIT",
        );
        let counts: Vec<_> =
            talk.exchanges.iter().map(|one| (one.commands.len(), one.expectations.len())).collect();
        assert_eq!(counts, [(0, 1), (2, 2), (1, 0)]);
        assert_eq!(talk.exchanges[0].trigger, Trigger::Greeting);
        assert_eq!(talk.exchanges[1].trigger, Trigger::Script);
        // One space belongs to the notation, every other to the line.
        assert_eq!(talk.exchanges[1].commands[1].text.constant().unwrap(), b" RCPT");
    }

    #[test]
    fn a_group_of_lines_is_one_smtp_reply() {
        let talk = talk(
            "smtp",
            "greet",
            "C: EHLO x\nS: 250-...\nS: 250-SIZE ${n = number} § rfc5321-4.1.1.1-4\nS: 250 HELP\nC: NOOP\nS: 250",
        );
        let [first, _] = talk.exchanges.as_slice() else { panic!() };
        let [reply] = first.expectations.as_slice() else { panic!() };
        assert!(matches!(&reply.pattern, Pattern::Smtp(smtp) if smtp.lines.len() == 3));
        assert_eq!(reply.law.as_ref().unwrap().ids.len(), 1);
        assert_eq!(reply.text, "250-...\n250-SIZE ${n = number}\n250 HELP");
        let open = body("greet", "C: EHLO x\nS: 250-a\nC: NOOP\nS: 250 § rfc5321-4.1.1.1-4");
        assert_eq!(mistakes("smtp", &open), ["this reply has no last line"]);
    }

    #[test]
    fn a_pop3_payload_is_written_out_or_taken_whole() {
        let talk = talk(
            "pop3",
            "login",
            "C: LIST\nS: +OK § rfc1939-6-1\nS: 1 ${n = number}\nS: ...\nS:\nS: .\nC: RETR 1\nS: +OK\nS: ${m = payload}\nC: UIDL\nC: STAT\nS: +OK\nS: ${_ = payload}\nS: +OK ${n}",
        );
        let payload =
            |exchange: usize, reply: usize| match &talk.exchanges[exchange].expectations[reply].pattern {
                Pattern::Pop3(pop3) => pop3.payload.clone(),
                other => panic!("{other:?}"),
            };
        assert!(
            matches!(payload(0, 0), Pop3Payload::Lines(lines) if lines.len() == 3 && lines[2].parts.is_empty())
        );
        assert!(matches!(payload(1, 0), Pop3Payload::Bound(name) if name == "m"));
        assert_eq!(talk.exchanges[2].expectations.len(), 2);
        assert!(matches!(payload(2, 1), Pop3Payload::Unjudged));
    }

    #[test]
    fn what_judges_knows_its_place_in_the_file() {
        let lines = "steps:\n      - login\n      - talk: |\n          C: NOOP\n          S: OK [ä]   § rfc1939-6-1 (should)\n";
        let text =
            format!("version: 1\nsuite: s\nprotocol: imap\ncases:\n  - id: a\n    name: n\n    {lines}");
        let suite = super::super::testing::suite(&text).unwrap();
        let at = |span: Span| text.get(span.start..span.end).unwrap();
        let law = suite.cases[0].laws()[0];
        assert_eq!(
            (at(law.span), law.level),
            ("§ rfc1939-6-1 (should)", Some(crate::requirement::Level::Should))
        );
        let Action::Talk(talk) = &suite.cases[0].steps[1].action else { panic!() };
        assert_eq!(at(talk.exchanges[0].expectations[0].span), "OK [ä]");
        assert_eq!(at(talk.exchanges[0].commands[0].span), "NOOP");
    }

    #[test]
    fn what_does_not_fit_a_line_is_refused() {
        let law = "C: NOOP\nS: +OK § rfc1939-6-1\n";
        for (lines, expected) in [
            ("C: NOOP § rfc1939-6-1", "judges nothing"),
            ("S?: +OK", "does not fit `pop3`"),
            ("C: ${alice.user | literal}", "makes an IMAP string"),
            ("C: ${x = number}", "would bind"),
            ("C: NOOP\nS: 1 120", "not a POP3 status"),
            ("NOOP", "no speaker"),
            ("C[a]: NOOP", "does not fit `pop3`"),
            ("C: LIST\nS: +OK\nS: 1", "has no end"),
        ] {
            let found = mistakes("pop3", &body("login", &format!("{law}{lines}")));
            assert!(found.len() == 1 && found[0].contains(expected), "{lines}: {found:?}");
        }
        let forbidden = body("login", "C: NOOP\nS!: OK\nS: OK § rfc1939-6-1");
        assert_eq!(mistakes("imap", &forbidden).len(), 1);
    }

    #[test]
    fn answers_are_told_apart_by_the_names_of_commands() {
        let lines = "C[one]: NOOP\nC[two]: CHECK\nS[two]: OK § rfc1939-6-1\nS: OK";
        let talk = talk("imap", "login", lines);
        let [exchange] = talk.exchanges.as_slice() else { panic!() };
        assert_eq!(exchange.commands[1].label.as_deref(), Some("two"));
        let labels: Vec<_> = exchange.expectations.iter().map(|one| one.label.as_deref()).collect();
        assert_eq!(labels, [Some("two"), None]);
        for (more, expected) in [
            ("S[tow]: OK", "no command above is named `tow`"),
            ("S[one]: * OK", "only a tagged answer"),
            ("C[one]: NOOP", "stands in this talk already"),
        ] {
            let found = mistakes("imap", &body("login", &format!("{lines}\n{more}")));
            assert!(found.len() == 1 && found[0].contains(expected), "{more}: {found:?}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_still_binds_for_those_behind() {
        let lines = "C: STAT\nS: +OK ${n = numbr} § rfc1939-6-1\nC: RETR ${n}\nS: +OK";
        assert_eq!(mistakes("pop3", &body("login", lines)), ["there is no type `numbr`"]);
    }
}
