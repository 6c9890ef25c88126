//! The JSON Schema of scripts, for editors that complete and check as one writes.
//!
//! It knows keys and words; what only reading can tell (talk lines, variables,
//! requirement ids) is left to `mailspec check`.

use serde_json::{Map, Value, json};

use super::shape::{Need, Shape};
use super::{CASE, CHECK, CONDITIONS, Construct, MESSAGE, MIME, MODIFIERS, Mapping, STEPS, SUITE};

/// The schema, as JSON Schema draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut schema = mapping(SUITE);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("mailspec suite");
    schema["$defs"] = json!({
        "case": mapping(CASE),
        "step": step(),
        "message": mapping(MESSAGE),
        "mime": mapping(MIME),
        "duration": { "type": "string", "pattern": "^[0-9]+(ms|s|m)$" },
        "need": need(),
        "condition": { "anyOf": [need(), mapping(CHECK)] },
        "law": { "type": "string", "description": "ID, ID (level)" },
    });
    schema
}

/// One condition on the target.
fn need() -> Value {
    json!({ "anyOf": [{ "type": "string" }, one_of(CONDITIONS)] })
}

/// A step's word alone, or a mapping with it and modifiers.
fn step() -> Value {
    let bare = STEPS.iter().filter(|step| step.shape.may_be_nothing()).map(|step| step.name);
    let long = object(STEPS.iter().chain(MODIFIERS));
    json!({ "anyOf": [{ "enum": bare.collect::<Vec<_>>() }, long] })
}

fn mapping(mapping: &Mapping) -> Value {
    object(mapping.keys)
}

fn one_of(keys: &'static [Construct]) -> Value {
    let mut object = object(keys);
    object["minProperties"] = json!(1);
    object["maxProperties"] = json!(1);
    object
}

/// An object with these keys and no others.
fn object(keys: impl IntoIterator<Item = &'static Construct>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        let mut value = shape(&key.shape);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("description".into(), json!(key.means));
        }
        properties.insert(key.name.into(), value);
        if key.need == Need::Required {
            required.push(key.name);
        }
    }
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn shape(of: &Shape) -> Value {
    match of {
        Shape::Nothing => json!({ "type": ["null", "object"], "maxProperties": 0 }),
        Shape::Text => json!({ "type": "string" }),
        Shape::Like(pattern) => json!({ "type": "string", "pattern": pattern }),
        Shape::One => json!({ "const": 1 }),
        Shape::Number(least) => json!({ "type": "integer", "minimum": least }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Duration => json!({ "$ref": "#/$defs/duration" }),
        Shape::Law => json!({ "$ref": "#/$defs/law" }),
        Shape::Word(words) => json!({ "enum": words() }),
        Shape::Mapping(inner) => mapping(inner),
        Shape::OneOf(keys) => one_of(keys),
        Shape::Named(inner) => json!({ "type": "object", "additionalProperties": shape(inner) }),
        Shape::List(inner, least) => json!({ "type": "array", "minItems": least, "items": shape(inner) }),
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(shape).collect::<Vec<_>>() }),
        Shape::Ref(name) => json!({ "$ref": format!("#/$defs/{name}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = schema();
        let text = schema.to_string();
        for rest in text.split("\"#/$defs/").skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(schema["$defs"].get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_step_may_be_its_word_alone_where_nothing_need_stand_behind() {
        let schema = schema();
        let words = schema["$defs"]["step"]["anyOf"][0]["enum"].as_array().unwrap();
        assert!(words.contains(&json!("login")) && !words.contains(&json!("talk")), "{words:?}");
        assert_eq!(schema["required"], json!(["version", "suite", "protocol", "cases"]));
    }
}
