//! Damaged copies of the suites: whatever is broken in them, the reader answers with a suite or
//! with mistakes that name a line, and never panics.

#![expect(clippy::unwrap_used, reason = "a test may take the short way")]

use std::sync::{Arc, LazyLock};

use mailspec::requirement::Ledger;
use mailspec::script::{Library, built_in, read};
use mailspec::source::{DrawStyle, SourceFile};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| built_in().unwrap());

/// One change to a text.
#[derive(Debug, Clone)]
enum Damage {
    /// So many characters are gone.
    Remove { at: prop::sample::Index, count: usize },
    /// This stands there too.
    Insert { at: prop::sample::Index, text: String },
    /// A line stands twice.
    DoubleLine { line: prop::sample::Index },
    /// A line is indented otherwise.
    Indent { line: prop::sample::Index, by: &'static str },
    /// The rest is gone.
    Cut { at: prop::sample::Index },
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<prop::sample::Index>;
    let pieces = prop::sample::select(vec![
        "${",
        "}",
        "§ ",
        "\t",
        "\0",
        "\"",
        "'",
        "|",
        ": ",
        "- ",
        "[",
        "{",
        "*a",
        "&a ",
        "S: ",
        "C: ",
        "${x = /(/}",
        "\u{feff}",
        "é",
        "\r\n",
        "\n\n",
        "250-",
        "...",
    ]);
    prop_oneof![
        (index(), 1..40_usize).prop_map(|(at, count)| Damage::Remove { at, count }),
        (index(), pieces.prop_map(str::to_owned)).prop_map(|(at, text)| Damage::Insert { at, text }),
        (index(), any::<String>()).prop_map(|(at, text)| Damage::Insert { at, text }),
        index().prop_map(|line| Damage::DoubleLine { line }),
        (index(), prop::sample::select(vec![" ", "\t", "    "]))
            .prop_map(|(line, by)| Damage::Indent { line, by }),
        index().prop_map(|at| Damage::Cut { at }),
    ]
}

fn apply(text: &str, damage: &Damage) -> String {
    let characters: Vec<char> = text.chars().collect();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if characters.is_empty() {
        return String::new();
    }
    match damage {
        Damage::Remove { at, count } => {
            let at = at.index(characters.len());
            characters
                .iter()
                .enumerate()
                .filter(|(i, _)| !(at..at + count).contains(i))
                .map(|(_, c)| c)
                .collect()
        }
        Damage::Insert { at, text } => {
            let at = at.index(characters.len());
            let (head, tail) = characters.split_at(at);
            head.iter().copied().chain(text.chars()).chain(tail.iter().copied()).collect()
        }
        Damage::DoubleLine { line } => {
            let line = line.index(lines.len());
            lines
                .iter()
                .enumerate()
                .flat_map(|(i, text)| vec![*text; if i == line { 2 } else { 1 }])
                .collect()
        }
        Damage::Indent { line, by } => {
            let line = line.index(lines.len());
            lines
                .iter()
                .enumerate()
                .map(|(i, text)| if i == line { format!("{by}{text}") } else { (*text).to_owned() })
                .collect()
        }
        Damage::Cut { at } => characters.iter().take(at.index(characters.len())).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(1939),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_damaged_suite_is_read_or_refused_with_a_line(
        which in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let suite = which.get(&LIBRARY.suites);
        let text = damages.iter().fold(suite.source.text().to_owned(), |text, one| apply(&text, one));
        let file = Arc::new(SourceFile::new("damaged.yaml", text.clone()));
        let no_files = |_: &str| Err("there is none".to_owned());
        let surroundings = read::Surroundings { attachment: &no_files, block: &|_| None };
        if let Err(mistakes) = read::read(&file, &suite.path, Ledger::built_in(), surroundings) {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes.iter() {
                let at = file.location(mistake.span.start);
                prop_assert!(at.line <= text.lines().count() + 1, "{at:?}");
                let drawn = mistake.draw(DrawStyle::Plain);
                prop_assert!(drawn.contains("damaged.yaml:"), "{}", drawn);
                prop_assert!(!mistake.message.is_empty());
            }
        }
    }
}
