//! `table`: one case with columns and rows is many cases.
//!
//! A row's texts take the place of `${column}` everywhere in the case, before it is read; and
//! each column is a variable too, for those who pass it through a filter.

use super::Context;
use super::case::is_slug;
use crate::script::template::is_name;
use crate::source::{Fields, Node, Value};

/// Characters of a column's text that are named.
const MAX_SHOWN: usize = 60;

/// The most rows of a table.
const MAX_ROWS: usize = 10_000;

/// A case as it is to be read.
pub(super) struct Row {
    /// Its node, with the row's texts in it and without the table.
    pub(super) node: Node,
    /// The row's name; `None` for a case without a table.
    pub(super) name: Option<String>,
    /// The columns with the row's texts, in order.
    pub(super) columns: Vec<(String, String)>,
}

impl Row {
    /// The row as findings name it.
    pub(super) fn describe(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        let texts = self.columns.iter().filter(|(column, _)| column != "name");
        let texts: String = texts.map(|(column, text)| format!(", {column} = {}", brief(text))).collect();
        Some(format!("the row `{name}`{texts}"))
    }
}

/// A text short enough to be named, without control characters.
fn brief(text: &str) -> String {
    let shown: String = text.chars().take(MAX_SHOWN).collect();
    let more = if text.chars().count() > MAX_SHOWN { "…" } else { "" };
    format!("{}{more}", shown.escape_debug())
}

/// The cases that stand in a node: itself, or one for each row of its table.
pub(super) fn rows(context: &mut Context<'_>, node: &Node) -> Vec<Row> {
    let table = node.entries().and_then(|entries| entries.iter().find(|entry| entry.key == "table"));
    let (Some(table), Some(entries)) = (table, node.entries()) else {
        return vec![Row { node: node.clone(), name: None, columns: Vec::new() }];
    };
    let rest = entries.iter().filter(|entry| entry.key != "table").cloned().collect();
    let case = Node { value: Value::Mapping(rest), span: node.span };
    let mistakes = context.decoder.mistakes();
    let Some(items) = context.decoder.list(&table.value, "`table`") else { return Vec::new() };
    if items.is_empty() || items.len() > MAX_ROWS {
        let help = "write `- {name: …, column: text}` for each row";
        context.decoder.mistake_help(table.value.span, format!("a table has 1 to {MAX_ROWS} rows"), help);
    }
    let mut rows: Vec<Row> = Vec::new();
    for item in items {
        let Some((name, columns)) = row(context, item, &rows) else { continue };
        rows.push(Row { node: case.replaced(&columns), name: Some(name), columns });
    }
    // A row that is not whole would have each of its columns reported wherever it is read.
    if context.decoder.mistakes() > mistakes { Vec::new() } else { rows }
}

fn row(context: &mut Context<'_>, item: &Node, before: &[Row]) -> Option<(String, Vec<(String, String)>)> {
    let what = "a row";
    let fields = context.decoder.open_fields(item, what)?;
    let node = context.decoder.required(&fields, what, "name")?;
    let name = context.decoder.sentence(node, "`name`")?;
    if !is_slug(&name) {
        let help = "lower-case words and digits joined by `-`: it becomes part of the case's id";
        context.decoder.mistake_help(node.span, format!("`{name}` is no name of a row"), help);
    }
    if before.iter().any(|row| row.name.as_ref() == Some(&name)) {
        let help = "each row is a case with an id of its own";
        context.decoder.mistake_help(node.span, format!("the row `{name}` stands twice"), help);
    }
    let mut columns = Vec::new();
    for entry in fields.entries {
        if !is_name(&entry.key) {
            let message = format!("`{}` is no name of a column", entry.key);
            context.decoder.mistake_help(entry.key_span, message, "a name is words joined by dots");
        }
        let text = match entry.value.is_absent() {
            true => Some(""),
            false => context.decoder.text(&entry.value, "a value of a row"),
        };
        columns.extend(text.map(|text| (entry.key.clone(), text.to_owned())));
    }
    if let Some(first) = before.first() {
        same_columns(context, &fields, &first.columns);
    }
    Some((name, columns))
}

/// Each row has the columns of the first.
fn same_columns(context: &mut Context<'_>, fields: &Fields<'_>, known: &[(String, String)]) {
    for (column, _) in known {
        if fields.get(column).is_none() {
            let message = format!("this row lacks `{column}`, which the first one has");
            context.decoder.mistake_help(fields.span, message, format!("add `{column}: …`"));
        }
    }
    for entry in fields.entries {
        if !known.iter().any(|(column, _)| *column == entry.key) {
            let message = format!("the first row has no `{}`", entry.key);
            let columns = known.iter().map(|(column, _)| column.as_str());
            context.decoder.unknown(entry.key_span, message, &entry.key, columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mistakes, suite};
    use crate::script::model::Action;

    const STEPS: &str =
        "steps: [{let: {x: '${word | upper}'}}, {check: {value: '${word}', equals: a, law: '${law}'}}]";

    #[test]
    fn each_row_is_a_case() {
        let text = format!(
            "version: 1\nsuite: s\nprotocol: pop3\ncases:\n  - id: words\n    name: the word ${{word}} holds\n    table:\n      - {{name: one, word: a, law: rfc1939-6-1}}\n      - {{name: two, word: b, law: rfc1939-3-1}}\n    {STEPS}\n"
        );
        let suite = suite(&text).unwrap();
        let seen: Vec<_> = suite
            .cases
            .iter()
            .map(|case| (case.id.as_str(), case.name.as_str(), case.covers()[0].as_str().to_owned()))
            .collect();
        assert_eq!(
            seen,
            [
                ("test/words[one]", "the word a holds", "rfc1939-6-1".to_owned()),
                ("test/words[two]", "the word b holds", "rfc1939-3-1".to_owned()),
            ]
        );
        let Action::Check(check) = &suite.cases[1].steps[1].action else { panic!() };
        assert_eq!(check.value.constant().unwrap(), b"b");
        assert_eq!(suite.cases[1].lets.len(), 3);
    }

    #[test]
    fn a_mistake_in_a_case_with_rows_is_told_once() {
        let law = "law: rfc1939-6-1";
        let rows = |rows: &str, more: &str| mistakes("pop3", &format!("table: [{rows}]\n{STEPS}{more}"));
        assert_eq!(
            rows(&format!("{{name: a, word: x, {law}}}, {{name: b, word: y, {law}}}"), "\ndedline: 1s").len(),
            1
        );
        assert_eq!(rows("{word: x}", "").len(), 1);
        assert_eq!(rows(&format!("{{name: a, word: x, {law}}}, {{name: a, word: y, {law}}}"), "").len(), 1);
        assert_eq!(rows(&format!("{{name: a, word: x, {law}}}, {{name: b, wrod: y, {law}}}"), "").len(), 2);
        assert_eq!(rows("", "").len(), 1);
    }
}
