//! The JSON Schema of scripts, for editors that complete and check as one writes.
//!
//! It knows keys and words; what only reading can tell (talk lines, variables,
//! requirement ids) is left to `mailspec check`.

use crate::sasl::{Flaw, Mechanism};
use serde_json::{Map, Value, json};

use super::model::{Endpoint, Operator, Protocol, TlsVersion};
use super::read;

/// The schema, as JSON Schema draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mailspec suite",
        "type": "object",
        "additionalProperties": false,
        "required": ["version", "suite", "protocol", "cases"],
        "properties": {
            "version": { "const": 1 },
            "suite": text("What the suite is about"),
            "protocol": { "enum": protocols() },
            "tags": words(),
            "needs": needs(),
            "blocks": { "type": "object", "additionalProperties": block() },
            "cases": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/case" } },
        },
        "$defs": {
            "case": case(),
            "step": step(),
            "message": message(),
            "duration": { "type": "string", "pattern": "^[0-9]+(ms|s|m)$" },
            "condition": condition(),
            "law": { "type": "string", "description": "ID, ID (level)" },
            "let": { "type": "object", "additionalProperties": {
                "anyOf": [
                    { "type": ["string", "number", "boolean"] },
                    closed(&["repeat", "times"], json!({ "repeat": text(""), "times": { "type": "integer", "minimum": 0 } })),
                    closed(&["bytes"], json!({ "bytes": { "type": "string", "pattern": "^[0-9]+\\.\\.[0-9]+$" } })),
                ],
            } },
        },
    })
}

fn protocols() -> Vec<&'static str> {
    Protocol::ALL.iter().map(|protocol| protocol.as_str()).collect()
}

fn endpoints() -> Vec<&'static str> {
    Endpoint::ALL.iter().map(|endpoint| endpoint.as_str()).collect()
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn words() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

/// An object with these keys and no others.
fn closed(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn needs() -> Value {
    json!({ "type": "array", "items": need() })
}

/// One condition on the target.
fn need() -> Value {
    let mut kinds = Map::new();
    kinds.insert("endpoint".into(), json!({ "enum": endpoints() }));
    kinds.insert("lifecycle".into(), json!({ "enum": ["restart", "kill"] }));
    kinds.insert("policy".into(), json!({ "type": "string" }));
    for protocol in protocols() {
        kinds.insert(protocol.into(), json!({ "type": "string" }));
    }
    let mapping = json!({
        "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": kinds,
    });
    json!({ "anyOf": [{ "type": "string" }, mapping] })
}

/// What `when` and `unless` take: one on the target, or a comparison that judges nothing.
fn condition() -> Value {
    json!({ "anyOf": [need(), check()] })
}

fn case() -> Value {
    let mail = json!({
        "inbox": { "type": "array", "items": { "$ref": "#/$defs/message" } },
        "mailboxes": { "type": "object", "additionalProperties": {
            "type": ["array", "null"], "items": { "$ref": "#/$defs/message" },
        } },
    });
    let mut given = mail.as_object().cloned().unwrap_or_default();
    given.insert("accounts".into(), words());
    given.insert("of".into(), json!({ "type": "object", "additionalProperties": closed(&[], mail) }));
    closed(
        &["id", "name", "steps"],
        json!({
            "id": { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" },
            "name": text("A sentence that says what holds"),
            "note": text("Why the rule is so"),
            "tags": words(),
            "needs": needs(),
            "given": closed(&[], Value::Object(given)),
            "let": { "$ref": "#/$defs/let" },
            "deadline": { "$ref": "#/$defs/duration" },
            "table": table(),
            "steps": steps(),
            "teardown": steps(),
        }),
    )
}

fn steps() -> Value {
    json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/step" } })
}

fn message() -> Value {
    let mut properties = Map::new();
    for key in ["subject", "from", "to", "date", "body", "internal-date", "id", "raw", "file"] {
        properties.insert(key.into(), json!({ "type": "string" }));
    }
    properties
        .insert("headers".into(), json!({ "type": "object", "additionalProperties": { "type": "string" } }));
    properties.insert("flags".into(), words());
    closed(&[], Value::Object(properties))
}

fn step() -> Value {
    let mut properties = Map::new();
    for (word, value) in actions() {
        properties.insert(word.into(), value);
    }
    let bare: Vec<&str> = read::step_words().filter(|word| read::may_stand_alone(word)).collect();
    properties.insert("on".into(), text("The connection"));
    properties.insert("within".into(), json!({ "$ref": "#/$defs/duration" }));
    properties.insert("when".into(), json!({ "$ref": "#/$defs/condition" }));
    properties.insert("unless".into(), json!({ "$ref": "#/$defs/condition" }));
    json!({ "anyOf": [{ "enum": bare }, closed(&[], Value::Object(properties))] })
}

/// What stands behind each step's word.
fn actions() -> Vec<(&'static str, Value)> {
    let open = closed(
        &[],
        json!({
            "name": text("The connection's name"), "as": text("The account"),
            "protocol": { "enum": protocols() }, "endpoint": { "enum": endpoints() },
            "tls": tls(),
        }),
    );
    let nothing = json!({ "type": ["null", "object"], "maxProperties": 0 });
    let or_nothing = |value: Value| json!({ "anyOf": [{ "type": "null" }, value] });
    let law = json!({ "$ref": "#/$defs/law" });
    let duration = json!({ "$ref": "#/$defs/duration" });
    vec![
        ("connect", or_nothing(open.clone())),
        ("greet", or_nothing(open.clone())),
        ("login", json!({ "anyOf": [{ "type": ["null", "string"] }, open] })),
        ("talk", text("C: and S: lines")),
        (
            "data",
            json!({ "anyOf": [
            text("A message after 354"),
            closed(&["message"], json!({ "message": text("") })),
            closed(&["raw"], json!({ "raw": text("") })),
        ] }),
        ),
        ("send", json!({ "anyOf": [text("Octets as they are"), send()] })),
        ("sasl", sasl()),
        (
            "starttls",
            or_nothing(closed(&[], json!({ "handshake-only": { "type": "boolean" }, "tls": tls() }))),
        ),
        ("half-close", nothing.clone()),
        ("drop", nothing.clone()),
        ("reset", nothing.clone()),
        ("closed", or_nothing(closed(&[], json!({ "law": law })))),
        ("silence", json!({ "anyOf": [duration, closed(&["for"], json!({ "for": duration, "law": law }))] })),
        ("pause", duration.clone()),
        ("eventually", eventually()),
        ("check", check()),
        ("let", json!({ "$ref": "#/$defs/let" })),
        ("restart", nothing.clone()),
        ("kill", nothing),
        ("steps", steps()),
        ("repeat", repeat()),
        ("for", each()),
        ("together", json!({ "type": "array", "minItems": 2, "items": steps() })),
        ("any-of", json!({ "type": "array", "minItems": 2, "items": alternative() })),
        ("use", json!({ "anyOf": [text("A block"), use_block()] })),
    ]
}

fn tls() -> Value {
    let versions = TlsVersion::ALL.map(|(word, _)| word);
    closed(&[], json!({ "version": { "enum": versions }, "name": text("The server name to ask for") }))
}

fn sasl() -> Value {
    let mechanisms = json!({ "enum": Mechanism::ALL.map(Mechanism::name) });
    let message = closed(
        &["message"],
        json!({
            "message": { "type": "integer", "minimum": 1 }, "text": text("The message, before base64"),
            "line": text("The line as it is"), "cut": { "type": "integer", "minimum": 1 },
        }),
    );
    let tamper = json!({ "anyOf": [{ "enum": Flaw::ALL.map(|(word, _)| word) }, message] });
    let long = closed(
        &["mechanism"],
        json!({
            "mechanism": mechanisms, "as": text("The account"), "user": text("Another login name"),
            "authzid": text("Whom to act as"), "token": text("The bearer token"),
            "initial": { "type": "boolean" }, "tamper": tamper,
            "expect": { "enum": ["success", "refused"] }, "law": { "$ref": "#/$defs/law" },
        }),
    );
    json!({ "anyOf": [mechanisms, long] })
}

/// Parameters or columns with their texts.
fn texts() -> Value {
    json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean", "null"] } })
}

fn table() -> Value {
    let mut row = texts();
    row["required"] = json!(["name"]);
    json!({ "type": "array", "minItems": 1, "items": row })
}

fn block() -> Value {
    closed(&["steps"], json!({ "with": texts(), "steps": steps() }))
}

fn use_block() -> Value {
    closed(&["block"], json!({ "block": text("Its name"), "with": texts() }))
}

fn send() -> Value {
    let size = json!({ "type": "integer", "minimum": 1 });
    closed(
        &["bytes"],
        json!({
            "bytes": text("Octets as they are"), "each": size, "split": { "type": "array", "items": size },
            "pause": { "$ref": "#/$defs/duration" },
        }),
    )
}

fn repeat() -> Value {
    let times = json!({ "type": "integer", "minimum": 0 });
    closed(&["times", "steps"], json!({ "times": times, "as": text("The variable"), "steps": steps() }))
}

fn each() -> Value {
    let values = json!({ "type": "array", "items": { "type": ["string", "number", "boolean"] } });
    closed(&["each", "in", "steps"], json!({ "each": text("The variable"), "in": values, "steps": steps() }))
}

fn alternative() -> Value {
    closed(&["name", "steps"], json!({ "name": text("What it is"), "steps": steps() }))
}

fn eventually() -> Value {
    let has = closed(
        &[],
        json!({
            "subject": text(""), "from": text(""), "to": text(""), "body": text(""), "body-contains": text(""),
            "header": { "type": "object", "additionalProperties": { "type": "string" } },
        }),
    );
    let mailbox = closed(
        &[],
        json!({
            "of": text("The account"), "folder": text("The mailbox"), "has": has,
            "count": { "type": "integer", "minimum": 0 }, "as": text("The variable"),
            "law": { "$ref": "#/$defs/law" },
        }),
    );
    closed(
        &[],
        json!({
            "within": { "$ref": "#/$defs/duration" }, "mailbox": mailbox,
            "steps": { "type": "array", "items": { "$ref": "#/$defs/step" } },
        }),
    )
}

fn check() -> Value {
    let mut properties = Map::new();
    properties.insert("value".into(), text("The left side"));
    properties.insert("law".into(), json!({ "$ref": "#/$defs/law" }));
    for (word, _) in Operator::ALL {
        properties.insert(word.into(), json!({ "type": ["string", "number"] }));
    }
    closed(&["value"], Value::Object(properties))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_language_is_in_the_schema() {
        let listed: Vec<&str> = actions().iter().map(|(word, _)| *word).collect();
        assert_eq!(listed, read::step_words().collect::<Vec<_>>());
    }

    #[test]
    fn every_key_of_cases_and_messages_is_in_the_schema() {
        let keys = |value: &Value| {
            let mut keys: Vec<String> = value["properties"].as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        let sorted = |known: &[&str]| {
            let mut known: Vec<String> = known.iter().map(|key| (*key).to_owned()).collect();
            known.sort();
            known
        };
        assert_eq!(keys(&case()), sorted(read::CASE_KEYS));
        assert_eq!(keys(&message()), sorted(read::MESSAGE_KEYS));
        assert_eq!(keys(&send()), sorted(read::SEND_KEYS));
        assert_eq!(keys(&repeat()), sorted(read::REPEAT_KEYS));
        assert_eq!(keys(&each()), sorted(read::FOR_KEYS));
        assert_eq!(keys(&alternative()), sorted(read::ALTERNATIVE_KEYS));
        assert_eq!(keys(&block()), sorted(read::BLOCK_KEYS));
        assert_eq!(keys(&use_block()), sorted(read::USE_KEYS));
        assert_eq!(keys(&schema()), sorted(read::SUITE_KEYS));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = schema();
        let text = schema.to_string();
        for rest in text.split("\"#/$defs/").skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(schema["$defs"].get(name).is_some(), "{name}");
        }
    }
}
