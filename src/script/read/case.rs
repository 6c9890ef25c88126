//! A case: its id, its words, its fixture and its steps.

use std::time::Duration;

use super::scope::Scope;
use super::table::Row;
use super::{Context, Parties, given, hop, lint, needs, step, texts};
use crate::script::construct::CASE;
use crate::script::model::{Binding, Case, LetValue, Need, Settings, Step};
use crate::source::{Fields, Node, Span};

const WHAT: &str = CASE.what;

/// What a case has from its suite.
pub(super) struct Inherited<'a> {
    /// The suite's path.
    pub(super) suite: &'a str,
    pub(super) tags: &'a [String],
    pub(super) needs: &'a [Need],
    pub(super) settings: &'a Settings,
}

/// Reads a case; `ids` are the ids before it in the file.
pub(super) fn read(
    context: &mut Context<'_>,
    row: &Row,
    inherited: &Inherited<'_>,
    ids: &mut Vec<(String, Span)>,
) -> Option<Case> {
    let node = &row.node;
    let fields = context.fields(node, CASE)?;
    let id = read_id(context, &fields, row.name.as_deref(), ids);
    let decoder = &mut context.decoder;
    let name = decoder.required(&fields, WHAT, "name").and_then(|node| decoder.sentence(node, "`name`"));
    let note = fields.get("note").and_then(|node| decoder.sentence(node, "`note`"));
    let mut tags = inherited.tags.to_vec();
    tags.extend(fields.get("tags").map(|node| decoder.words(node, "`tags`")).unwrap_or_default());
    let deadline = fields.get("deadline").and_then(|node| decoder.duration(node, "`deadline`"));
    let mut all_needs = inherited.needs.to_vec();
    all_needs.extend(fields.get("needs").map(|node| needs::read(context, node)).unwrap_or_default());

    let accounts = given::accounts(context, fields.get("given"));
    let mut hops = hop::declared(context, fields.get("given"));
    let servers = hop::servers(context, fields.get("given"), &mut hops, &accounts);
    let mut scope = Scope::new(&accounts);
    scope.add_hops(&hops);
    // Towards a next hop the target is the client.
    context.judged = if hops.is_empty() { Parties::Server } else { Parties::Both };
    let mut lets = columns(context, &mut scope, row, node.span);
    lets.extend(fields.get("let").map(|node| texts::bindings(context, &mut scope, node)).unwrap_or_default());
    let mut given = given::read(context, &mut scope, fields.get("given"), accounts, hops);
    scope.add_servers(&servers);
    given.servers = servers;
    given.settings = given.settings.over(inherited.settings);

    let before = context.decoder.mistakes();
    let steps_node = context.decoder.required(&fields, WHAT, "steps");
    let steps = steps_node.map(|node| step::read_list(context, &mut scope, node)).unwrap_or_default();
    let teardown =
        fields.get("teardown").map(|node| read_teardown(context, &mut scope, node)).unwrap_or_default();
    let span = fields.entry("id").map_or(node.span, |entry| entry.value.span);
    let case = Case {
        id: format!("{}/{}", inherited.suite, id.unwrap_or_default()),
        name: name.unwrap_or_default(),
        row: row.describe(),
        note,
        tags,
        needs: all_needs,
        given,
        lets,
        deadline: deadline.unwrap_or_else(|| DEADLINE + longest_wait(&steps)),
        steps,
        teardown,
        span,
    };
    // What a case judges can only be told when its steps could be read.
    if context.decoder.mistakes() == before && steps_node.is_some() {
        lint::check(context, &case);
    }
    Some(case)
}

/// The time of a case beside its longest wait: a wait that the case's end cuts short judges nothing.
const DEADLINE: Duration = Duration::from_secs(20);

/// The longest that a step waits.
fn longest_wait(steps: &[Step]) -> Duration {
    let mut longest = Duration::ZERO;
    steps.iter().for_each(|step| step.walk(&mut |step| longest = longest.max(step.within)));
    longest
}

/// Steps that always run, and so cannot tell whether what they need was there: they judge nothing.
fn read_teardown(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Vec<Step> {
    let steps = step::read_list(context, scope, node);
    for law in steps.iter().flat_map(Step::laws) {
        let help = "judge it in `steps`; what does not hold in `teardown` is told in the transcript";
        context.decoder.mistake_help(law.span, "a teardown judges nothing", help);
    }
    steps
}

/// The columns of a case's row as variables.
fn columns(context: &mut Context<'_>, scope: &mut Scope, row: &Row, span: Span) -> Vec<Binding> {
    let mut bindings = Vec::new();
    for (name, text) in &row.columns {
        let value = texts::template_at(context, scope, text, span);
        scope.bind(name);
        bindings.extend(value.map(|value| Binding { name: name.clone(), value: LetValue::Text(value) }));
    }
    bindings
}

fn read_id(
    context: &mut Context<'_>,
    fields: &Fields<'_>,
    row: Option<&str>,
    ids: &mut Vec<(String, Span)>,
) -> Option<String> {
    let node = context.decoder.required(fields, WHAT, "id")?;
    let id = context.decoder.text(node, "`id`")?.to_owned();
    if !is_slug(&id) {
        let help = "lower-case words and digits joined by `-`, as `dele-without-quit`";
        context.decoder.mistake_help(node.span, format!("`{id}` is no case id"), help);
        return None;
    }
    let id = row.map_or_else(|| id.clone(), |row| format!("{id}[{row}]"));
    if let Some((_, first)) = ids.iter().find(|(known, _)| *known == id) {
        let line = context.decoder.file().location(first.start).line;
        let message = format!("the case id `{id}` stands twice");
        context.decoder.mistake_help(node.span, message, format!("it stands first in line {line}"));
        return None;
    }
    ids.push((id.clone(), node.span));
    Some(id)
}

/// Lower-case words and digits joined by single hyphens.
pub(super) fn is_slug(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
    };
    text.split('-').all(word)
}
