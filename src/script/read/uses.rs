//! `use`: a block of steps that has a name, with texts in the place of its parameters.
//!
//! A block stands in the suite (`blocks`), or in a file of its own below `suites/blocks/`. What is
//! wrong in a block, and what departs there, is shown in it, with the place where the script uses it.

use std::sync::Arc;

use super::scope::Scope;
use super::{Context, step};
use crate::script::construct::{BLOCK, USE};
use crate::script::model::Action;
use crate::script::template::is_name;
use crate::source::{Node, nearest, parse};

/// How deep blocks may use blocks.
const MAX_DEPTH: usize = 16;

/// A block, not read yet.
#[derive(Debug, Clone)]
pub(super) struct Block {
    name: String,
    /// Each parameter with its default; `None` must be given.
    parameters: Vec<(String, Option<String>)>,
    steps: Node,
}

/// Reads `blocks` of a suite.
pub(super) fn read_blocks(context: &mut Context<'_>, node: &Node) -> Vec<Block> {
    let Some(fields) = context.decoder.open_fields(node, "`blocks`") else { return Vec::new() };
    fields.entries.iter().filter_map(|entry| read_block(context, &entry.key, &entry.value)).collect()
}

fn read_block(context: &mut Context<'_>, name: &str, node: &Node) -> Option<Block> {
    let what = BLOCK.what;
    let fields = context.fields(node, BLOCK)?;
    let parameters = fields.get("with").map(|node| texts(context, node)).unwrap_or_default();
    let steps = context.decoder.required(&fields, what, "steps")?.clone();
    Some(Block { name: name.to_owned(), parameters, steps })
}

/// `with`: names and texts.
fn texts(context: &mut Context<'_>, node: &Node) -> Vec<(String, Option<String>)> {
    let Some(fields) = context.decoder.open_fields(node, "`with`") else { return Vec::new() };
    let mut texts = Vec::new();
    for entry in fields.entries {
        if !is_name(&entry.key) {
            let message = format!("`{}` is no name of a parameter", entry.key);
            context.decoder.mistake_help(entry.key_span, message, "a name is words joined by dots");
        }
        let text = match entry.value.is_absent() {
            true => None,
            false => context.decoder.text(&entry.value, "a parameter").map(str::to_owned),
        };
        texts.push((entry.key.clone(), text));
    }
    texts
}

/// Reads `use: NAME` or `use: {block: NAME, with: {…}}` into the block's steps.
pub(super) fn read(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Action> {
    let (named, given) = match node.entries() {
        None => (node, None),
        Some(_) => {
            let fields = context.fields(node, USE)?;
            (context.decoder.required(&fields, "`use`", "block")?, fields.get("with"))
        }
    };
    let name = context.decoder.sentence(named, "a block's name")?;
    let block = find(context, &name, named)?;
    let values = arguments(context, &block, given, node)?;
    if context.using.contains(&name) || context.using.len() >= MAX_DEPTH {
        let help = "a block cannot hold itself";
        context.decoder.mistake_help(named.span, format!("`{name}` uses itself"), help);
        return None;
    }
    context.using.push(name.clone());
    context.decoder.enter(named.span);
    let steps = step::read_list(context, scope, &block.steps.replaced(&values));
    context.decoder.leave();
    context.using.pop();
    Some(Action::Use { block: name, steps })
}

/// A block of the suite, else a shared one.
fn find(context: &mut Context<'_>, name: &str, at: &Node) -> Option<Block> {
    if let Some(block) = context.blocks.iter().find(|block| block.name == name) {
        return Some(block.clone());
    }
    let Some(file) = (context.surroundings.block)(name) else {
        let known: Vec<&str> = context.blocks.iter().map(|block| block.name.as_str()).collect();
        let help = nearest(name, &known).map_or_else(
            || format!("write it under `blocks` of the suite, or into `suites/blocks/{name}.yaml`"),
            |near| format!("did you mean `{near}`?"),
        );
        context.decoder.mistake_help(at.span, format!("there is no block `{name}`"), help);
        return None;
    };
    let file = Arc::new(file);
    match parse(&file) {
        Ok(root) => {
            let base = context.decoder.file().attach(&file);
            context.decoder.enter(at.span);
            let block = read_block(context, name, &root.shifted(base));
            context.decoder.leave();
            block
        }
        Err(mistakes) => {
            context.decoder.adopt(mistakes, at.span);
            None
        }
    }
}

/// The texts for a block's parameters.
fn arguments(
    context: &mut Context<'_>,
    block: &Block,
    given: Option<&Node>,
    at: &Node,
) -> Option<Vec<(String, String)>> {
    let mistakes = context.decoder.mistakes();
    let texts = given.map(|node| texts(context, node)).unwrap_or_default();
    let known: Vec<&str> = block.parameters.iter().map(|(name, _)| name.as_str()).collect();
    for entry in given.and_then(Node::entries).unwrap_or_default() {
        if !known.contains(&entry.key.as_str()) {
            let message = format!("`{}` has no parameter `{}`", block.name, entry.key);
            context.decoder.unknown(entry.key_span, message, &entry.key, known.iter().copied());
        }
    }
    let mut values = Vec::new();
    for (name, default) in &block.parameters {
        let own = texts.iter().find(|(known, _)| known == name);
        match own.map_or(default.clone(), |(_, text)| Some(text.clone().unwrap_or_default())) {
            Some(text) => values.push((name.clone(), text)),
            None => {
                let message = format!("`{}` needs the parameter `{name}`", block.name);
                let help = format!("write `use: {{block: {}, with: {{{name}: …}}}}`", block.name);
                context.decoder.mistake_help(at.span, message, help);
            }
        }
    }
    (context.decoder.mistakes() == mistakes).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{RULE, suite};
    use crate::script::model::Action;

    fn read(blocks: &str, steps: &str) -> Result<crate::script::model::Suite, Vec<String>> {
        let text = format!(
            "version: 1\nsuite: s\nprotocol: pop3\nblocks:\n{blocks}cases:\n  - id: a\n    name: n\n    steps:\n      - login\n{steps}      - check: {{value: a, equals: a, law: {RULE}}}\n"
        );
        suite(&text).map_err(|mistakes| mistakes.into_iter().map(|one| one.message).collect())
    }

    const SAY: &str = "  say: {with: {word: , times: 1}, steps: [{repeat: {times: '${times}', steps: [{talk: 'C: ${word}'}]}}]}\n";

    #[test]
    fn a_block_is_read_with_its_parameters() {
        let uses = "      - use: {block: say, with: {word: NOOP}}\n      - use: shared\n";
        let suite = read(SAY, uses).unwrap();
        let Action::Use { steps, .. } = &suite.cases[0].steps[1].action else { panic!() };
        let Action::Repeat { times: 1, steps, .. } = &steps[0].action else { panic!() };
        let Action::Talk(talk) = &steps[0].action else { panic!() };
        assert_eq!(talk.exchanges[0].commands[0].text.constant().unwrap(), b"NOOP");
        assert!(matches!(&suite.cases[0].steps[2].action, Action::Use { steps, .. } if steps.len() == 1));
    }

    #[test]
    fn what_is_wrong_with_a_use_is_said_where_it_stands() {
        for (blocks, uses, expected) in [
            (SAY, "use: sya", "there is no block `sya`"),
            (SAY, "use: say", "`say` needs the parameter `word`"),
            (SAY, "use: {block: say, with: {word: a, tmies: 2}}", "`say` has no parameter `tmies`"),
            ("  x: {steps: [{use: x}]}\n", "use: x", "`x` uses itself"),
            (SAY, "use: broken", "there is no step `tlak`"),
            (SAY, "use: {block: say, with: {word: NOOP, times: many}}", "`times` must be a whole number"),
        ] {
            let found = read(blocks, &format!("      - {uses}\n")).unwrap_err();
            assert!(found.len() == 1 && found[0].contains(expected), "{uses}: {found:?}");
        }
    }
}
