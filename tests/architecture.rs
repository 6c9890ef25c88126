//! The floors of ARCHITECTURE.md as a test: which folder of `src/` may use which.
//!
//! Reads the sources as text. Not a parser: a path is whatever follows `crate::`,
//! and comments are left out.

#![expect(clippy::unwrap_used, reason = "a panic in a test is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A floor, and what its files may use; the same table as in ARCHITECTURE.md.
const FLOORS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("sasl", &[]),
    ("requirement", &["source"]),
    ("outcome", &["requirement"]),
    ("script", &["source", "requirement", "sasl"]),
    ("dialect", &["requirement"]),
    ("wire", &["outcome"]),
    ("hop", &["script", "wire"]),
    ("target", &["source", "script", "wire", "hop", "dialect", "outcome", "requirement"]),
    ("run", &["source", "requirement", "outcome", "sasl", "script", "dialect", "wire", "hop", "target"]),
    ("record", &["source", "requirement", "sasl", "script", "dialect", "wire", "target"]),
    ("report", &["outcome", "requirement"]),
    ("prove", &["source", "requirement", "outcome", "script", "dialect", "wire", "target", "run", "report"]),
    (
        "cli",
        &[
            "source",
            "requirement",
            "outcome",
            "script",
            "dialect",
            "wire",
            "target",
            "run",
            "record",
            "report",
            "prove",
        ],
    ),
];

/// Floors that may name the reference server: those that start it or list what it can do.
const KNOWS_THE_SERVER: &[&str] = &["target", "prove", "cli"];

struct Source {
    path: PathBuf,
    text: String,
}

fn sources(below: &str) -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path, text });
            }
        }
    }
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(below);
    if folder.exists() {
        walk(&folder, &mut found);
    }
    found
}

/// The lines of code, without comments, each with its number.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

/// The first segments of the paths that begin with `crate::` in a piece of code, groups read into.
fn crate_paths(text: &str) -> Vec<String> {
    let text: String = code(text).map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (index, _) in text.match_indices("crate::") {
        // `reference_crate::x` is not ours.
        if text[..index].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            continue;
        }
        let rest = &text[index + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.extend(first_word(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut item = String::new();
                for character in group.chars() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.extend(first_word(std::mem::take(&mut item).trim())),
                        _ if depth == 0 => item.push(character),
                        _ => {}
                    }
                }
                found.extend(first_word(item.trim()));
            }
        }
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let word: String =
        text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    (!word.is_empty()).then_some(word)
}

fn floor_of(path: &Path) -> Option<String> {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    (below.components().count() > 1)
        .then(|| below.components().next().unwrap().as_os_str().to_string_lossy().into_owned())
}

#[test]
fn arrows_point_downwards_only() {
    let floors: BTreeSet<&str> = FLOORS.iter().map(|(floor, _)| *floor).collect();
    let mut wrong = Vec::new();
    for source in sources("src") {
        let Some(floor) = floor_of(&source.path) else { continue };
        let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == floor) else {
            wrong.push(format!("{}: the folder {floor} stands on no floor", source.path.display()));
            continue;
        };
        for used in crate_paths(&source.text) {
            if used != floor && floors.contains(used.as_str()) && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {floor} must not use {used}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_itself_has_no_circle() {
    for (index, (floor, allowed)) in FLOORS.iter().enumerate() {
        for used in *allowed {
            let below = FLOORS.iter().position(|(name, _)| name == used).expect("a floor");
            assert!(below < index, "{floor} uses {used}, which does not stand below it");
        }
    }
}

#[test]
fn architecture_md_lists_the_same_floors() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (floor, _) in FLOORS {
        assert!(page.contains(&format!("`{floor}/`")), "ARCHITECTURE.md does not mention {floor}/");
    }
}

#[test]
fn only_source_names_the_yaml_crate() {
    for source in sources("src") {
        if floor_of(&source.path).as_deref() == Some("source") {
            continue;
        }
        for (line, code) in code(&source.text) {
            assert!(!code.contains("serde_yaml"), "{}:{line} names the YAML crate", source.path.display());
        }
    }
}

#[test]
fn the_harness_knows_the_server_only_where_it_starts_it() {
    for source in sources("src") {
        let floor = floor_of(&source.path).unwrap_or_default();
        if KNOWS_THE_SERVER.contains(&floor.as_str()) {
            continue;
        }
        for (line, code) in code(&source.text) {
            assert!(!code.contains("reference_server"), "{}:{line} names the server", source.path.display());
        }
    }
}

#[test]
fn the_server_does_not_know_the_harness() {
    for source in sources("reference-server/src") {
        for (line, code) in code(&source.text) {
            assert!(!code.contains("mailspec::"), "{}:{line} names the harness", source.path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    let all = ["src", "tests", "reference-server/src", "reference-server/tests"];
    for source in all.into_iter().flat_map(sources) {
        assert!(source.text.starts_with("//!"), "{} does not begin with //!", source.path.display());
    }
}

#[test]
fn groups_of_paths_are_read() {
    assert_eq!(
        crate_paths("use crate::{run::x, wire::{a, b}, report};\nlet y = crate::source::Z; // crate::cli"),
        ["run", "wire", "report", "source"]
    );
    assert!(crate_paths("use other_crate::run;").is_empty());
}
