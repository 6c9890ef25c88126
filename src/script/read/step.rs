//! Steps: which action it is, its modifiers, and what the action needs.

use std::time::Duration;

use super::block::{self, BlockKind};
use super::hop::{self, HopKind};
use super::open::{self, OpenKind};
use super::payload::{self, LineEnds};
use super::scope::{Greeting, Role, Scope, Use};
use super::{Context, law, sasl, talk, texts, wait};
use crate::script::construct::{CLOSED, COMPRESS, DATA, MODIFIERS, SEND, SILENCE, STARTTLS, STEPS, names};
use crate::script::model::{
    Action, Compress, Condition, Cut, Data, HopAction, Law, Protocol, Send, Sense, StartTls, Step,
};
use crate::script::template::Escapes;
use crate::source::{Entry, Fields, Node, Span};

/// Time limit of each wait where a step says none.
pub(super) const WITHIN: Duration = Duration::from_secs(10);

/// The most octets that one piece of a `send` has.
const MAX_PIECE: usize = 10_000_000;

/// What a step can do, by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open(OpenKind),
    Talk,
    Data,
    Send,
    Sasl,
    StartTls,
    Compress,
    HalfClose,
    Drop,
    Reset,
    Closed,
    Silence,
    Pause,
    Eventually,
    Check,
    Let,
    Restart,
    Kill,
    Hop(HopKind),
    Block(BlockKind),
}

impl Kind {
    const WORDS: [(&'static str, Self); 34] = [
        ("connect", Self::Open(OpenKind::Connect)),
        ("greet", Self::Open(OpenKind::Greet)),
        ("login", Self::Open(OpenKind::Login)),
        ("talk", Self::Talk),
        ("data", Self::Data),
        ("send", Self::Send),
        ("sasl", Self::Sasl),
        ("starttls", Self::StartTls),
        ("compress", Self::Compress),
        ("half-close", Self::HalfClose),
        ("drop", Self::Drop),
        ("reset", Self::Reset),
        ("closed", Self::Closed),
        ("silence", Self::Silence),
        ("pause", Self::Pause),
        ("eventually", Self::Eventually),
        ("check", Self::Check),
        ("let", Self::Let),
        ("restart", Self::Restart),
        ("kill", Self::Kill),
        ("accept", Self::Hop(HopKind::Accept)),
        ("receive", Self::Hop(HopKind::Receive)),
        ("serve", Self::Hop(HopKind::Serve)),
        ("arrival", Self::Hop(HopKind::Arrival)),
        ("heard", Self::Hop(HopKind::Heard)),
        ("stop", Self::Hop(HopKind::Stop)),
        ("start", Self::Hop(HopKind::Start)),
        ("dns", Self::Hop(HopKind::Dns)),
        ("steps", Self::Block(BlockKind::Steps)),
        ("repeat", Self::Block(BlockKind::Repeat)),
        ("for", Self::Block(BlockKind::For)),
        ("together", Self::Block(BlockKind::Together)),
        ("any-of", Self::Block(BlockKind::AnyOf)),
        ("use", Self::Block(BlockKind::Use)),
    ];

    fn find(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    /// Whether it is about a connection that must be open.
    const fn needs_connection(self) -> bool {
        matches!(
            self,
            Self::Talk
                | Self::Data
                | Self::Send
                | Self::Sasl
                | Self::StartTls
                | Self::Compress
                | Self::HalfClose
                | Self::Drop
                | Self::Reset
                | Self::Closed
                | Self::Silence
                | Self::Hop(HopKind::Receive)
        )
    }

    /// How it is written, where something must stand behind its word.
    fn example(self) -> Option<&'static str> {
        let word = Self::WORDS.iter().find(|(_, kind)| *kind == self).map(|(word, _)| *word)?;
        let declared = STEPS.iter().find(|step| step.name == word)?;
        (!declared.shape.may_be_nothing()).then(|| declared.brief.unwrap_or(declared.name))
    }
}

/// Reads a list of steps, in the order in which they run.
pub(super) fn read_list(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Vec<Step> {
    let Some(items) = context.decoder.list(node, "`steps`") else { return Vec::new() };
    if items.is_empty() {
        context.decoder.mistake_help(node.span, "there are no steps", "write `- login` and what follows it");
    }
    let mut steps = Vec::new();
    for item in items {
        let mistakes = context.decoder.mistakes();
        match read(context, scope, item) {
            Some(step) => steps.push(step),
            None if context.decoder.mistakes() > mistakes => scope.lose_track(),
            None => {}
        }
    }
    steps
}

/// A step's word, what stands behind it, and its modifiers.
struct Written<'n> {
    kind: Kind,
    value: Option<&'n Node>,
    /// Where its word stands.
    span: Span,
    on: Option<(&'n str, Span)>,
    within: Option<Duration>,
    conditions: Vec<(Sense, &'n Node)>,
}

fn read(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Step> {
    let written = match node.entries() {
        None => bare(context, node)?,
        Some(entries) => mapping(context, node, entries)?,
    };
    if written.value.is_none()
        && let Some(example) = written.kind.example()
    {
        let help = format!("as in {example}");
        context.decoder.mistake_help(written.span, "something must stand behind this word", help);
        return None;
    }
    let conditions: Vec<Condition> = written
        .conditions
        .iter()
        .filter_map(|(sense, node)| block::condition(context, scope, *sense, node))
        .collect();
    let name = written.on.map_or("main", |(name, _)| name).to_owned();
    let place = written.on.map_or(written.span, |(_, span)| span);
    if written.kind.needs_connection() {
        scope.link(context, &name, place, use_of(&written));
    } else if let (Some((_, span)), false) =
        (written.on, matches!(written.kind, Kind::Open(_) | Kind::Hop(HopKind::Accept)))
    {
        let message = "`on` has no meaning here: this step is about no connection";
        context.decoder.mistake_help(span, message, "leave `on` out");
    }
    let mut step = Step {
        on: name,
        within: written.within.unwrap_or(WITHIN),
        conditions,
        action: Action::Drop,
        span: written.span,
    };
    step.action = action(context, scope, &written, &mut step.on, &mut step.within)?;
    Some(step)
}

/// Whether the step says something, or listens alone.
fn use_of(written: &Written<'_>) -> Use {
    let conversation = || written.value.and_then(Node::scalar).map_or("", |scalar| &scalar.text);
    match written.kind {
        Kind::Closed | Kind::Silence | Kind::Drop => Use::Listens,
        Kind::Talk if conversation().lines().all(|line| !line.trim_start().starts_with('C')) => Use::Listens,
        _ => Use::Speaks,
    }
}

fn is_modifier(entry: &Entry) -> bool {
    names(MODIFIERS).any(|name| name == entry.key)
}

/// `- login`.
fn bare<'n>(context: &mut Context<'_>, node: &'n Node) -> Option<Written<'n>> {
    let word = context.decoder.text(node, "a step")?;
    let Some(kind) = Kind::find(word) else {
        context.decoder.unknown(node.span, format!("there is no step `{word}`"), word, names(STEPS));
        return None;
    };
    Some(Written { kind, value: None, span: node.span, on: None, within: None, conditions: Vec::new() })
}

/// `- talk: …`, with modifiers beside it.
fn mapping<'n>(context: &mut Context<'_>, node: &'n Node, entries: &'n [Entry]) -> Option<Written<'n>> {
    let fields = Fields { entries, span: node.span };
    let decoder = &mut context.decoder;
    let mut action: Option<(Kind, &Entry)> = None;
    for entry in entries.iter().filter(|entry| !is_modifier(entry)) {
        match (Kind::find(&entry.key), action) {
            (Some(kind), None) => action = Some((kind, entry)),
            (Some(_), Some((_, first))) => {
                let message = format!("one step does one thing: `{}` stands here already", first.key);
                decoder.mistake_help(entry.key_span, message, "begin another step with `- `");
            }
            (None, _) => {
                let message = format!("there is no step `{}`", entry.key);
                decoder.unknown(entry.key_span, message, &entry.key, names(STEPS).chain(names(MODIFIERS)));
            }
        }
    }
    let on = fields.get("on").and_then(|node| decoder.text(node, "`on`").map(|name| (name, node.span)));
    let within = fields.get("within").and_then(|node| decoder.duration(node, "`within`"));
    let sensed = |key: &str, sense| fields.get(key).map(|node| (sense, node));
    let conditions =
        [sensed("when", Sense::When), sensed("unless", Sense::Unless)].into_iter().flatten().collect();
    let Some((kind, entry)) = action else {
        if entries.iter().all(is_modifier) {
            decoder.mistake_help(node.span, "this step does nothing", "add an action, as `talk: |`");
        }
        return None;
    };
    let empty = entry.value.is_absent() || entry.value.entries().is_some_and(<[Entry]>::is_empty);
    let value = (!empty).then_some(&entry.value);
    Some(Written { kind, value, span: entry.key_span, on, within, conditions })
}

fn action(
    context: &mut Context<'_>,
    scope: &mut Scope,
    written: &Written<'_>,
    on: &mut String,
    within: &mut Duration,
) -> Option<Action> {
    let place = written.on.map_or(written.span, |(_, span)| span);
    let role = if written.kind.needs_connection() { scope.role(on) } else { Role::Connects };
    match (written.kind, written.value) {
        (Kind::Talk, Some(node)) if role == Role::Listens => {
            let talk = talk::served::read(context, scope, node)?;
            Some(Action::Hop(Box::new(HopAction::Talk(talk))))
        }
        (Kind::Data | Kind::Sasl, Some(_)) if role == Role::Listens => {
            let word = if matches!(written.kind, Kind::Data) { "data" } else { "sasl" };
            hop::refuse_role(context, word, written.span);
            None
        }
        (Kind::Hop(HopKind::Receive), Some(_)) if role == Role::Connects => {
            let message =
                "`receive` does not fit a connection that we opened: there the target is the server";
            context.decoder.mistake_help(
                written.span,
                message,
                "take a connection first, with `accept: HOP`",
            );
            None
        }
        (Kind::Hop(kind), Some(node)) => {
            hop::read(context, scope, kind, node, written.on.map(|(name, _)| name), on)
        }
        (Kind::Open(kind), value) => opened(context, scope, kind, value, written, on),
        (Kind::Talk, Some(node)) => talk::read(context, scope, on, node).map(Action::Talk),
        (Kind::Data, Some(node)) => {
            let protocol = scope.protocol(context, on);
            if !protocol.is_smtp_like() {
                let message = format!("`data` does not fit `{}`, which `{on}` speaks", protocol.as_str());
                context.decoder.mistake_help(written.span, message, "send octets as they are with `send`");
            }
            data(context, scope, node).map(Action::Data)
        }
        (Kind::Send, Some(node)) => send(context, scope, node).map(Action::Send),
        (Kind::Sasl, Some(node)) => sasl::read(context, scope, node).map(|sasl| Action::Sasl(Box::new(sasl))),
        (Kind::StartTls, value) => starttls(context, scope, value, on, place),
        (Kind::Compress, value) => compress(context, scope, value, on, place),
        (Kind::HalfClose, value) => {
            nothing_behind(context, value, "half-close");
            Some(Action::HalfClose)
        }
        (Kind::Reset, value) => {
            nothing_behind(context, value, "reset");
            scope.close(on, "`reset` closed it");
            Some(Action::Reset)
        }
        (Kind::Drop, value) => {
            nothing_behind(context, value, "drop");
            scope.close(on, "`drop` closed it");
            Some(Action::Drop)
        }
        (Kind::Closed, value) => {
            let law = value.and_then(|node| closed_law(context, node));
            scope.close(on, "`closed` expects the server to have closed it");
            Some(Action::Closed(law))
        }
        (Kind::Silence, Some(node)) => silence(context, node),
        (Kind::Pause, Some(node)) => context.decoder.duration(node, "`pause`").map(Action::Pause),
        (Kind::Eventually, Some(node)) => wait::eventually(context, scope, node, within),
        (Kind::Check, Some(node)) => {
            wait::check(context, scope, node).map(|check| Action::Check(Box::new(check)))
        }
        (Kind::Let, Some(node)) => Some(Action::Let(texts::bindings(context, scope, node))),
        (Kind::Restart, value) => {
            nothing_behind(context, value, "restart");
            scope.end_all();
            Some(Action::Restart)
        }
        (Kind::Kill, value) => {
            nothing_behind(context, value, "kill");
            scope.close_all("`kill` ended all connections");
            Some(Action::Kill)
        }
        (Kind::Block(kind), Some(node)) => block::read(context, scope, kind, node),
        // A word with nothing behind it that needs something was reported before.
        (_, None) => None,
    }
}

fn opened(
    context: &mut Context<'_>,
    scope: &mut Scope,
    kind: OpenKind,
    value: Option<&Node>,
    written: &Written<'_>,
    on: &mut String,
) -> Option<Action> {
    let open = open::read(context, scope, kind, value, written.on.map(|(name, _)| name), written.span)?;
    on.clone_from(&open.name);
    Some(match kind {
        OpenKind::Connect => {
            scope.open(&open, Greeting::Pending);
            Action::Connect(open)
        }
        OpenKind::Greet => {
            scope.open(&open, Greeting::Taken);
            Action::Greet(open)
        }
        OpenKind::Login => {
            scope.open(&open, Greeting::Taken);
            Action::Login(open)
        }
    })
}

fn nothing_behind(context: &mut Context<'_>, value: Option<&Node>, word: &str) {
    if let Some(node) = value {
        context.decoder.mistake_help(
            node.span,
            format!("nothing may stand behind `{word}`"),
            format!("write `- {word}`"),
        );
    }
}

fn data(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<Data> {
    if node.entries().is_none() {
        return texts::template(context, scope, node, "`data`", Escapes::Kept).map(Data::Message);
    }
    let fields = context.fields(node, DATA)?;
    if fields.get("message").is_none() && fields.get("raw").is_none() {
        if !fields.entries.iter().any(|entry| payload::is_source(&entry.key)) {
            let help = "as in `data: {message: \"${inbox.1}\"}` or `data: {file: message.eml}`";
            context.decoder.mistake_help(node.span, "`data` says no octets", help);
            return None;
        }
        return payload::read(context, scope, &fields, LineEnds::Crlf).map(Data::Message);
    }
    match (fields.get("message"), fields.get("raw")) {
        (Some(text), None) => {
            texts::template(context, scope, text, "`message`", Escapes::Kept).map(Data::Message)
        }
        (None, Some(text)) => texts::template(context, scope, text, "`raw`", Escapes::Read).map(Data::Raw),
        _ => {
            let help = "`message` for text that is to be stuffed with dots, `raw` for octets as they are";
            context.decoder.mistake_help(node.span, "`data` takes either `message` or `raw`", help);
            None
        }
    }
}

/// `send: TEXT`, or `{bytes, split, each, pause}`.
fn send(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<Send> {
    if node.entries().is_none() {
        let octets = texts::template(context, scope, node, "`send`", Escapes::Read)?;
        return Some(Send { octets, cut: Cut::Whole, pause: Duration::ZERO });
    }
    let what = SEND.what;
    let fields = context.fields(node, SEND)?;
    let octets = match fields.get("bytes") {
        Some(node) => texts::template(context, scope, node, "`bytes`", Escapes::Read),
        None if fields.entries.iter().any(|entry| payload::is_source(&entry.key)) => {
            payload::read(context, scope, &fields, LineEnds::Kept)
        }
        None => {
            context.decoder.required(&fields, what, "bytes");
            None
        }
    };
    let pause = fields.get("pause").and_then(|node| context.decoder.duration(node, "`pause`"));
    let size = |context: &mut Context<'_>, node: &Node, what: &str| {
        context.decoder.number(node, what, MAX_PIECE).map(|size| size.max(1))
    };
    let cut = match (fields.get("split"), fields.get("each")) {
        (None, None) => Some(Cut::Whole),
        (None, Some(node)) => size(context, node, "`each`").map(Cut::Each),
        (Some(node), None) => context.decoder.list(node, "`split`").map(|items| {
            Cut::Sizes(items.iter().filter_map(|item| size(context, item, "an item of `split`")).collect())
        }),
        (Some(_), Some(node)) => {
            let message = "`send` is cut either by `split` or by `each`";
            context.decoder.mistake_help(node.span, message, "keep one");
            None
        }
    };
    Some(Send { octets: octets?, cut: cut?, pause: pause.unwrap_or(Duration::ZERO) })
}

fn starttls(
    context: &mut Context<'_>,
    scope: &Scope,
    value: Option<&Node>,
    on: &str,
    place: Span,
) -> Option<Action> {
    if let Some(link) = scope.find(on)
        && link.endpoint.is_implicit_tls()
    {
        let message = format!(
            "`starttls` does not fit `{}`, which is TLS from its first octet",
            link.endpoint.as_str()
        );
        context.decoder.mistake_help(place, message, "leave it out");
    }
    let Some(node) = value else { return Some(Action::StartTls(StartTls::Command, None)) };
    let fields = context.fields(node, STARTTLS)?;
    let only =
        fields.get("handshake-only").and_then(|node| context.decoder.boolean(node, "`handshake-only`"));
    let how = if only == Some(true) { StartTls::HandshakeOnly } else { StartTls::Command };
    let tls = fields.get("tls").and_then(|node| open::tls(context, scope, node));
    Some(Action::StartTls(how, tls))
}

fn compress(
    context: &mut Context<'_>,
    scope: &Scope,
    value: Option<&Node>,
    on: &str,
    place: Span,
) -> Option<Action> {
    let protocol = scope.protocol(context, on);
    if protocol != Protocol::Imap {
        let message = format!("`compress` does not fit `{}`, which `{on}` speaks", protocol.as_str());
        context.decoder.mistake_help(place, message, "COMPRESS is a command of IMAP");
    }
    let Some(node) = value else { return Some(Action::Compress(Compress::Command)) };
    let fields = context.fields(node, COMPRESS)?;
    let word = context.decoder.required(&fields, "`compress`", "layer")?;
    let how = match context.decoder.text(word, "`layer`")? {
        "begin" => Compress::Begin,
        "end" => Compress::End,
        _ => {
            context.decoder.mistake_help(
                word.span,
                "`layer` is `begin` or `end`",
                "without it, `compress` does the command",
            );
            return None;
        }
    };
    Some(Action::Compress(how))
}

fn silence(context: &mut Context<'_>, node: &Node) -> Option<Action> {
    if node.entries().is_none() {
        return context.decoder.duration(node, "`silence`").map(|time| Action::Silence { time, law: None });
    }
    let what = SILENCE.what;
    let fields = context.fields(node, SILENCE)?;
    let time = context.decoder.required(&fields, what, "for");
    let time = time.and_then(|node| context.decoder.duration(node, "`for`"));
    let law = fields.get("law").and_then(|node| law::read(context, node));
    Some(Action::Silence { time: time?, law })
}

/// `{law: ID}`.
fn closed_law(context: &mut Context<'_>, node: &Node) -> Option<Law> {
    let fields = context.fields(node, CLOSED)?;
    let node = context.decoder.required(&fields, CLOSED.what, "law")?;
    law::read(context, node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_steps_are_those_declared() {
        let words: Vec<&str> = Kind::WORDS.iter().map(|(word, _)| *word).collect();
        assert_eq!(words, names(STEPS).collect::<Vec<_>>());
    }
}
