//! Conditions of a case: `needs`.

use super::Context;
use crate::script::construct::{CONDITIONS, names};
use crate::script::model::{Endpoint, Lifecycle, Need, Protocol};
use crate::source::Node;

/// Reads a list of conditions.
pub(super) fn read(context: &mut Context<'_>, node: &Node) -> Vec<Need> {
    let Some(items) = context.decoder.list(node, "`needs`") else { return Vec::new() };
    items.iter().filter_map(|item| read_one(context, item)).collect()
}

/// Reads one condition.
pub(super) fn read_one(context: &mut Context<'_>, node: &Node) -> Option<Need> {
    let protocol = context.protocol;
    let Some(entries) = node.entries() else {
        let text = context.decoder.sentence(node, "a condition")?;
        return Some(match text.as_str() {
            "tls" => Need::Tls(protocol),
            _ => Need::Capability { protocol, capability: text },
        });
    };
    let [entry] = entries else {
        let message = "a condition is a capability, or a mapping with one key";
        context.decoder.mistake_help(node.span, message, "write each condition as an item of its own");
        return None;
    };
    let decoder = &mut context.decoder;
    match entry.key.as_str() {
        "endpoint" => {
            let endpoints = Endpoint::ALL.map(|endpoint| (endpoint.as_str(), endpoint));
            decoder.choice(&entry.value, "endpoint", &endpoints).map(Need::Endpoint)
        }
        "lifecycle" => {
            let words = [("restart", Lifecycle::Restart), ("kill", Lifecycle::Kill)];
            decoder.choice(&entry.value, "lifecycle command", &words).map(Need::Lifecycle)
        }
        "policy" => decoder.sentence(&entry.value, "`policy`").map(Need::Policy),
        key => match Protocol::ALL.into_iter().find(|protocol| protocol.as_str() == key) {
            Some(protocol) => {
                let text = decoder.sentence(&entry.value, "a capability")?;
                Some(match text.as_str() {
                    "tls" => Need::Tls(protocol),
                    _ => Need::Capability { protocol, capability: text },
                })
            }
            None => {
                let known = names(CONDITIONS);
                decoder.unknown(entry.key_span, format!("`{key}` is no kind of condition"), key, known);
                None
            }
        },
    }
}
