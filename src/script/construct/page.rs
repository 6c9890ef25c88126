//! The constructs as Markdown, for `docs/script-language.md` and `mailspec schema --docs`.

use std::fmt::Write as _;

use super::shape::{Need, Shape};
use super::{CHAPTERS, Chapter, Construct, Mapping};

/// The parts of the page that derive from the declarations, each with its name there.
#[must_use]
pub fn regions() -> Vec<(String, String)> {
    let mut regions: Vec<(String, String)> =
        CHAPTERS.iter().map(|chapter| (chapter.kind.to_owned(), table(chapter))).collect();
    regions.push(("reference".to_owned(), reference()));
    regions
}

/// A chapter as a table.
fn table(chapter: &Chapter) -> String {
    let behind = chapter.constructs.iter().any(|one| !matches!(one.shape, Shape::Nothing));
    let mut text = match behind {
        true => format!("| {} | behind it | meaning |\n| --- | --- | --- |\n", chapter.column),
        false => format!("| {} | meaning |\n| --- | --- |\n", chapter.column),
    };
    for construct in chapter.constructs {
        let shape = if behind { format!(" {} |", cell(&construct.shape.describe())) } else { String::new() };
        row(&mut text, construct, &shape);
    }
    text
}

fn row(text: &mut String, construct: &Construct, shape: &str) {
    let needed = if construct.need == Need::Required { " (required)" } else { "" };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "| `{}` |{shape} {}{needed} |", cell(construct.name), cell(construct.means));
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Every construct that has an example: what stands behind it, its keys, and the example.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    for chapter in CHAPTERS {
        for construct in chapter.constructs {
            if construct.example.is_some() {
                entry(&mut text, chapter.kind, construct);
            }
        }
    }
    text
}

fn entry(text: &mut String, kind: &str, construct: &Construct) {
    let _ = writeln!(text, "### `{}` ({kind})\n", construct.name);
    let _ = writeln!(text, "{}. Since version {}.", capitalized(construct.means), construct.since);
    if let Some(brief) = construct.brief {
        let brief = if brief.contains('`') { brief.to_owned() } else { format!("`{brief}`") };
        let _ = writeln!(text, "\nWritten {brief}.");
    }
    for mapping in construct.shape.mappings() {
        keys(text, mapping, "");
    }
    if let Some(example) = construct.example {
        let _ = writeln!(text, "\n```yaml {}\n{}```\n", example.protocol, example.text);
    }
}

/// A mapping's keys, and those of the mappings in it.
fn keys(text: &mut String, mapping: &Mapping, path: &str) {
    let name = if path.is_empty() { String::new() } else { format!("Keys of `{path}`:\n\n") };
    let _ = write!(text, "\n{name}| key | behind it | meaning |\n| --- | --- | --- |\n");
    for key in mapping.keys {
        row(text, key, &format!(" {} |", cell(&key.shape.describe())));
    }
    for key in mapping.keys {
        for inner in key.shape.mappings() {
            let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
            keys(text, inner, &path);
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
