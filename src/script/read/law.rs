//! What an expectation judges: `§ id, id (level)`, and `law:` of a step.

use super::{Context, Parties};
use crate::requirement::{Binds, Level, RequirementId};
use crate::script::model::Law;
use crate::source::{Node, Span, nearest};

/// Reads `law: ID`.
pub(super) fn read(context: &mut Context<'_>, node: &Node) -> Option<Law> {
    let scalar = context.decoder.scalar(node, "`law`")?;
    let text = scalar.text.strip_prefix('§').unwrap_or(&scalar.text);
    let skipped = scalar.text.len() - text.len();
    parse(context, text, scalar.locate(skipped), node.span)
}

/// Parses `id, id (level)`; `offset` is the file offset of the text's first byte.
pub(super) fn parse(context: &mut Context<'_>, text: &str, offset: usize, span: Span) -> Option<Law> {
    let (list, level) = split_level(context, text, offset);
    let mut ids = Vec::new();
    let mut at = 0;
    for item in list.split(',') {
        let word = item.trim();
        let start = offset + at + (item.len() - item.trim_start().len());
        at += item.len() + 1;
        let place = Span::new(start, start + word.len());
        ids.extend(read_id(context, word, level, if word.is_empty() { span } else { place }));
    }
    if ids.is_empty() { None } else { Some(Law { ids, level, span }) }
}

/// `(should)` at the end, and what stands before it.
fn split_level<'t>(context: &mut Context<'_>, text: &'t str, offset: usize) -> (&'t str, Option<Level>) {
    let Some((list, rest)) = text.split_once('(') else { return (text, None) };
    let word = rest.trim_end().trim_end_matches(')').trim();
    let place = Span::new(offset + list.len(), offset + text.trim_end().len());
    match word.parse::<Level>() {
        Ok(Level::May) => {
            let message = "nothing can depart from a `may`";
            context.decoder.mistake_help(
                place,
                message,
                "judge at `(must)`, `(should)`, or one of their nots",
            );
            (list, None)
        }
        Ok(level) => (list, Some(level)),
        Err(()) => {
            let known = Level::ALL.map(Level::as_str);
            context.decoder.unknown(place, format!("`{word}` is no level"), word, known);
            // Some level was meant, so that a `may` is not reported on top.
            (list, Some(Level::Should))
        }
    }
}

fn read_id(context: &mut Context<'_>, word: &str, level: Option<Level>, span: Span) -> Option<RequirementId> {
    if word.is_empty() {
        let help = "name what is judged, as `§ rfc1939-6-1`";
        context.decoder.mistake_help(span, "a requirement id is missing", help);
        return None;
    }
    let id = RequirementId::new(word);
    let ledger = context.ledger;
    let Some(requirement) = ledger.find(&id) else {
        let known: Vec<&str> = ledger.iter().map(|row| row.id.as_str()).collect();
        let help = match nearest_id(&id, &known) {
            Some(near) => format!("did you mean `{near}`? (`mailspec list requirements` shows all)"),
            None => "add a row for it under suites/requirements/; `mailspec list requirements` shows all"
                .to_owned(),
        };
        context.decoder.mistake_help(span, format!("the ledger has no requirement `{word}`"), help);
        return None;
    };
    if requirement.level == Level::May && level.is_none() {
        let message = format!("`{word}` is a `may`: nothing can depart from it");
        context.decoder.mistake_help(
            span,
            message,
            format!("judge it at another level: `§ {word} (should)`"),
        );
    }
    if requirement.binds == Binds::Client && context.judged == Parties::Server {
        let message = format!("`{word}` binds the client, and `S:` judges the server");
        context.decoder.mistake_help(span, message, "cite the rule that binds the server");
    }
    Some(id)
}

/// The nearest id of the same document; ids of other documents are never what was meant by chance.
fn nearest_id<'k>(id: &RequirementId, known: &[&'k str]) -> Option<&'k str> {
    let head = |text: &str| text.split('-').next().unwrap_or("").to_owned();
    let same: Vec<&str> = known.iter().copied().filter(|other| head(other) == head(id.as_str())).collect();
    nearest(id.as_str(), &same).or_else(|| nearest(id.as_str(), known))
}
