//! Conversations: `C:` and `S:` lines, grouped into exchanges.
//!
//! Client lines in a row are one exchange with the server lines behind them.
//! Server lines that describe one reply (an SMTP `250-` group, a POP3 payload)
//! become one expectation.

mod line;
mod reply;
pub(super) mod served;

use self::line::{SPEAKERS, Speaker, labelled, split_law, would_bind};
use self::reply::{Draft, Pending};
use super::scope::{Greeting, Scope};
use super::{Context, law, texts};
use crate::script::model::{Command, Exchange, Expectation, Law, Pattern, Protocol, Talk, Trigger};
use crate::script::pattern::{self, Cardinality, PatternError};
use crate::script::template::{Filter, Part, Template};
use crate::source::{Node, Scalar, Span};

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
    for (line, content) in said(scalar) {
        reader.line = line;
        let mistakes = reader.context.decoder.mistakes();
        reader.read_line(content, line.file);
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

/// The lines of a talk that say something, and where they stand: no empty ones, no comments.
fn said(scalar: &Scalar) -> impl Iterator<Item = (Line, &str)> {
    scalar.lines().filter_map(|(offset, line)| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let content = line.trim_start();
        let text = offset + line.len() - content.len();
        let says = !content.is_empty() && !content.starts_with('#');
        says.then(|| (Line { text, file: scalar.locate(text), length: content.len() }, content))
    })
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
                self.context.decoder.mistake_help(*span, message, "leave the filter out");
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
                if cardinality == Cardinality::Optional && draft.law.is_some() {
                    let help = "drop its `§`, or write `S:` for what must come and `S!:` for what must not";
                    self.context.decoder.mistake_help(draft.span, "what only may come judges nothing", help);
                }
                self.flow(expectation.reads(), expectation.binds());
                self.push(Pattern::Imap(expectation), draft);
            }
            Err(mistake) => self.refuse(mistake, text, offset + lead),
        }
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

#[cfg(test)]
mod tests;
