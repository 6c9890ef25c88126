//! Next hops, and the steps at them: `accept`, `receive`, `serve`, `arrival`, `heard`.

use super::scope::Scope;
use super::settings::{Users, settings};
use super::{Context, law, texts, wait};
use crate::script::construct::{ACCEPT, ARRIVAL, FURTHER, HEARD, NEXT_HOP, RECEIVE, RECORDS, SERVE, STOP};
use crate::script::model::{
    Action, Arrival, GivenHop, GivenName, GivenServer, HopAction, Lifecycle, Moment, NameHas, Receive, Serve,
    ServedAnswer, Settings,
};
use crate::script::template::Escapes;
use crate::source::{Node, Span};

/// Which of the steps it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HopKind {
    Accept,
    Receive,
    Serve,
    Arrival,
    Heard,
    Stop,
    Start,
    Dns,
}

/// The next hops that a case declares: `given: {next-hops: [hop]}`.
pub(super) fn declared(context: &mut Context<'_>, given: Option<&Node>) -> Vec<GivenHop> {
    let entries = given.and_then(Node::entries).unwrap_or_default();
    let Some(entry) = entries.iter().find(|entry| entry.key == "next-hops") else { return Vec::new() };
    let mut hops: Vec<GivenHop> = Vec::new();
    for item in context.decoder.list(&entry.value, "`next-hops`").unwrap_or_default() {
        let node = match item.entries() {
            None => item,
            Some(_) => {
                let Some(fields) = context.fields(item, NEXT_HOP) else { continue };
                let Some(node) = context.decoder.required(&fields, "a next hop", "name") else { continue };
                node
            }
        };
        let Some(name) = context.decoder.sentence(node, "a next hop's name") else { continue };
        let sound = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
        if !name.bytes().all(sound) {
            let help = "lower-case letters, digits and `-`";
            context.decoder.mistake_help(node.span, format!("`{name}` is no name of a next hop"), help);
        } else if hops.iter().any(|hop| hop.name == name) {
            context.decoder.mistake(node.span, format!("the next hop `{name}` stands twice"));
        } else {
            hops.push(GivenHop { name });
        }
    }
    hops
}

/// The further servers that a case declares: `given: {servers: {bobs: [bob]}}`. Each is a next hop too.
pub(super) fn servers(
    context: &mut Context<'_>,
    given: Option<&Node>,
    hops: &mut Vec<GivenHop>,
    accounts: &[String],
) -> Vec<GivenServer> {
    let entries = given.and_then(Node::entries).unwrap_or_default();
    let Some(entry) = entries.iter().find(|entry| entry.key == "servers") else { return Vec::new() };
    let Some(fields) = context.decoder.open_fields(&entry.value, "`servers`") else { return Vec::new() };
    let mut servers: Vec<GivenServer> = Vec::new();
    for entry in fields.entries {
        let (names, set) = further(context, &entry.value);
        let taken = |name: &String| {
            accounts.contains(name) || servers.iter().any(|server| server.accounts.contains(name))
        };
        if let Some(name) = names.iter().find(|name| taken(name)) {
            let message = format!("the account `{name}` is another server's already");
            context.decoder.mistake_help(entry.value.span, message, "give each account a name of its own");
        }
        if hops.iter().any(|hop| hop.name == entry.key) {
            let message = format!("`{}` is a next hop already", entry.key);
            context.decoder.mistake_help(entry.key_span, message, "a server is a next hop by itself");
            continue;
        }
        hops.push(GivenHop { name: entry.key.clone() });
        servers.push(GivenServer { hop: entry.key.clone(), accounts: names, settings: set });
    }
    servers
}

/// `[bob]`, or `{accounts: [bob], settings: …}`.
fn further(context: &mut Context<'_>, node: &Node) -> (Vec<String>, Settings) {
    const ACCOUNTS: &str = "the accounts of a server";
    if node.entries().is_none() {
        return (context.decoder.words(node, ACCOUNTS), Settings::default());
    }
    let Some(fields) = context.fields(node, FURTHER) else { return Default::default() };
    let accounts = context.decoder.required(&fields, FURTHER.what, "accounts");
    let accounts = accounts.map(|node| context.decoder.words(node, ACCOUNTS)).unwrap_or_default();
    let set = fields.get("settings");
    let set = set.map(|node| settings(&mut context.decoder, node, Users::Of(&accounts)));
    (accounts, set.unwrap_or_default())
}

/// Reads what stands behind the word; `on` is the step's connection.
pub(super) fn read(
    context: &mut Context<'_>,
    scope: &mut Scope,
    kind: HopKind,
    node: &Node,
    given_on: Option<&str>,
    on: &mut String,
) -> Option<Action> {
    let action = match kind {
        HopKind::Accept => accept(context, scope, node, given_on, on)?,
        HopKind::Receive => HopAction::Receive(receive(context, scope, node)?),
        HopKind::Serve => HopAction::Serve(serve(context, scope, node)?),
        HopKind::Arrival => HopAction::Arrival(arrival(context, scope, node)?),
        HopKind::Heard => heard(context, scope, node)?,
        HopKind::Dns => HopAction::Dns(dns(context, scope, node)),
        HopKind::Stop => stop(context, scope, node)?,
        HopKind::Start => HopAction::Start { server: server_named(context, scope, node)? },
    };
    Some(Action::Hop(Box::new(action)))
}

/// The next hop that a node names.
fn named(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<String> {
    let name = context.decoder.sentence(node, "a next hop")?;
    scope.check_hop(context, &name, node.span);
    Some(name)
}

fn accept(
    context: &mut Context<'_>,
    scope: &mut Scope,
    node: &Node,
    given_on: Option<&str>,
    on: &mut String,
) -> Option<HopAction> {
    if node.entries().is_none() {
        let hop = named(context, scope, node)?;
        *on = given_on.unwrap_or(&hop).to_owned();
        scope.accept(on);
        return Some(HopAction::Accept { hop, law: None });
    }
    let what = "`accept`";
    let fields = context.fields(node, ACCEPT)?;
    let hop = context.decoder.required(&fields, what, "hop").and_then(|node| named(context, scope, node));
    let name = fields.get("name").and_then(|node| context.decoder.sentence(node, "`name`"));
    let law = fields.get("law").and_then(|node| law::read(context, node));
    let hop = hop?;
    *on = name.unwrap_or_else(|| given_on.unwrap_or(&hop).to_owned());
    scope.accept(on);
    Some(HopAction::Accept { hop, law })
}

/// `receive: NAME`, or `{as, octets, law}`.
fn receive(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Receive> {
    let (bind, octets, law) = if node.entries().is_none() {
        (wait::variable(context, node)?, None, None)
    } else {
        let what = "`receive`";
        let fields = context.fields(node, RECEIVE)?;
        let bind =
            context.decoder.required(&fields, what, "as").and_then(|node| wait::variable(context, node));
        let octets = fields.get("octets");
        let octets = octets.and_then(|node| texts::template(context, scope, node, "`octets`", Escapes::Kept));
        let law = fields.get("law").and_then(|node| law::read(context, node));
        (bind?, octets, law)
    };
    scope.bind(&bind);
    for part in ["body", "raw"] {
        scope.bind(&format!("{bind}.{part}"));
    }
    Some(Receive { bind, octets, law })
}

/// `serve: HOP`, or `{hop, offers, answers, recipients}`.
fn serve(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<Serve> {
    if node.entries().is_none() {
        let hop = named(context, scope, node)?;
        return Some(Serve { hop, offers: None, answers: Vec::new(), recipients: Vec::new() });
    }
    let what = "`serve`";
    let fields = context.fields(node, SERVE)?;
    let hop = context.decoder.required(&fields, what, "hop").and_then(|node| named(context, scope, node));
    let offers = fields.get("offers").map(|node| {
        let items = context.decoder.list(node, "`offers`").unwrap_or_default();
        let line = |item| texts::template(context, scope, item, "a line of EHLO", Escapes::Kept);
        items.iter().filter_map(line).collect()
    });
    let mut answers = Vec::new();
    let entries = fields.get("answers").and_then(|node| context.decoder.open_fields(node, "`answers`"));
    for entry in entries.map(|fields| fields.entries).unwrap_or_default() {
        match Moment::ALL.iter().find(|(word, _)| *word == entry.key) {
            Some((_, moment)) => answers.push((*moment, in_turn(context, scope, &entry.value))),
            None => {
                let message = format!("nothing is answered to `{}`", entry.key);
                let known = Moment::ALL.map(|(word, _)| word);
                context.decoder.unknown(entry.key_span, message, &entry.key, known);
            }
        }
    }
    let entries = fields.get("recipients").and_then(|node| context.decoder.open_fields(node, "`recipients`"));
    let entries = entries.map(|fields| fields.entries).unwrap_or_default();
    let recipients =
        entries.iter().map(|entry| (entry.key.clone(), in_turn(context, scope, &entry.value))).collect();
    Some(Serve { hop: hop?, offers, answers, recipients })
}

/// One answer, or a list of them that are given in turn.
fn in_turn(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Vec<ServedAnswer> {
    if node.scalar().is_some() {
        return answer(context, scope, node).into_iter().collect();
    }
    let items = context.decoder.list(node, "answers in turn").unwrap_or_default();
    if items.is_empty() {
        context.decoder.mistake(node.span, "there are no answers");
    }
    items.iter().filter_map(|item| answer(context, scope, item)).collect()
}

fn answer(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<ServedAnswer> {
    let text = context.decoder.text(node, "an answer")?.to_owned();
    match text.as_str() {
        "silence" => return Some(ServedAnswer::Silence),
        "drop" => return Some(ServedAnswer::Drop),
        "reset" => return Some(ServedAnswer::Reset),
        _ => {}
    }
    let coded =
        |line: &str| line.starts_with("${") || line.bytes().take(3).filter(u8::is_ascii_digit).count() == 3;
    if !text.lines().all(coded) || text.is_empty() {
        let message = format!("`{text}` is no answer");
        let help =
            "a reply as `451 4.3.0 later`, or `drop`, `reset`, `silence`; `accept` and `send` say anything";
        context.decoder.mistake_help(node.span, message, help);
        return None;
    }
    texts::template(context, scope, node, "an answer", Escapes::Kept).map(ServedAnswer::Reply)
}

/// `arrival: HOP`, or `{hop, has, as, law}`.
fn arrival(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Arrival> {
    if node.entries().is_none() {
        let hop = named(context, scope, node)?;
        return Some(Arrival { hop, has: Default::default(), bind: None, law: None });
    }
    let what = "`arrival`";
    let fields = context.fields(node, ARRIVAL)?;
    let hop = context.decoder.required(&fields, what, "hop").and_then(|node| named(context, scope, node));
    let has = fields.get("has").and_then(|node| wait::traits(context, scope, node)).unwrap_or_default();
    let bind = fields.get("as").and_then(|node| wait::variable(context, node));
    if let Some(name) = &bind {
        scope.bind(name);
        for part in Arrival::PARTS {
            scope.bind(&format!("{name}.{part}"));
        }
    }
    let law = fields.get("law").and_then(|node| law::read(context, node));
    Some(Arrival { hop: hop?, has, bind, law })
}

fn heard(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<HopAction> {
    let what = "`heard`";
    let fields = context.fields(node, HEARD)?;
    let hop = context.decoder.required(&fields, what, "hop").and_then(|node| named(context, scope, node));
    let bind =
        context.decoder.required(&fields, what, "as").and_then(|node| wait::variable(context, node))?;
    scope.bind(&bind);
    for part in ["commands", "connections", "messages"] {
        scope.bind(&format!("{bind}.{part}"));
    }
    Some(HopAction::Heard { hop: hop?, bind })
}

/// `dns: {NAME: {mx, a, aaaa}}`, or a word in place of the records.
fn dns(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Vec<GivenName> {
    let Some(fields) = context.decoder.open_fields(node, "`dns`") else { return Vec::new() };
    let mut names = Vec::new();
    for entry in fields.entries {
        let name = texts::template_at(context, scope, &entry.key, entry.key_span);
        let has = if entry.value.scalar().is_some() {
            context.decoder.choice(&entry.value, "answer of a name server", &NAME_WORDS).map(NameWord::has)
        } else {
            records(context, scope, &entry.value)
        };
        names.extend(name.zip(has).map(|(name, has)| GivenName { name, has }));
    }
    names
}

/// The words in place of records.
#[derive(Debug, Clone, Copy)]
enum NameWord {
    NoSuchName,
    Failure,
    Silence,
}

const NAME_WORDS: [(&str, NameWord); 3] =
    [("nxdomain", NameWord::NoSuchName), ("servfail", NameWord::Failure), ("silence", NameWord::Silence)];

impl NameWord {
    const fn has(self) -> NameHas {
        match self {
            Self::NoSuchName => NameHas::NoSuchName,
            Self::Failure => NameHas::Failure,
            Self::Silence => NameHas::Silence,
        }
    }
}

fn records(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<NameHas> {
    let fields = context.fields(node, RECORDS)?;
    let mut listed = |keys: &[&str]| {
        let mut found = Vec::new();
        for node in keys.iter().filter_map(|key| fields.get(key)) {
            let items = context.decoder.list(node, "records").unwrap_or_default();
            let read = |item| texts::template(context, scope, item, "a record", Escapes::Kept);
            found.extend(items.iter().filter_map(read));
        }
        found
    };
    Some(NameHas::Records { mx: listed(&["mx"]), addresses: listed(&["a", "aaaa"]) })
}

fn server_named(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<String> {
    let name = context.decoder.sentence(node, "a server")?;
    scope.check_server(context, &name, node.span);
    Some(name)
}

/// `stop: SERVER`, or `{server, how}`.
fn stop(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<HopAction> {
    if node.entries().is_none() {
        let server = server_named(context, scope, node)?;
        return Some(HopAction::Stop { server, how: Lifecycle::Restart });
    }
    let what = "`stop`";
    let fields = context.fields(node, STOP)?;
    let server = context.decoder.required(&fields, what, "server");
    let server = server.and_then(|node| server_named(context, scope, node));
    let ways = [("in-order", Lifecycle::Restart), ("kill", Lifecycle::Kill)];
    let how = fields.get("how").and_then(|node| context.decoder.choice(node, "way to stop a server", &ways));
    Some(HopAction::Stop { server: server?, how: how.unwrap_or(Lifecycle::Restart) })
}

/// A step that only the connecting side can do, on a connection that was accepted.
pub(super) fn refuse_role(context: &mut Context<'_>, word: &str, span: Span) {
    let message =
        format!("`{word}` does not fit a connection that was accepted: there the target is the client");
    let help = match word {
        "data" => "take what the client sends with `receive: NAME`",
        _ => "answer the client's commands in a `talk`",
    };
    context.decoder.mistake_help(span, message, help);
}
