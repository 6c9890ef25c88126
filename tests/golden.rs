//! Broken scripts and how their mistakes are drawn: each `tests/golden/NAME.yaml` against `NAME.snap`.
//!
//! Every drawing names file, line and column, underlines the place, and says what would be right.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may take the short way")]

use std::path::{Path, PathBuf};
use std::process::Command;

use mailspec::script;
use mailspec::script::construct::CHAPTERS;
use mailspec::source::{Diagnostics, DrawStyle};

fn scripts() -> Vec<PathBuf> {
    let folders = ["tests/golden", "tests/golden/suites"].map(|folder| std::fs::read_dir(folder).unwrap());
    let mut scripts: Vec<PathBuf> = folders
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    scripts.sort();
    scripts
}

fn mistakes(path: &Path) -> Diagnostics {
    match script::load(&[path.to_owned()]) {
        Ok(_) => panic!("{} is taken for good", path.display()),
        Err(mistakes) => mistakes,
    }
}

#[test]
fn each_broken_script_is_drawn_as_recorded() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for path in scripts() {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            insta::assert_snapshot!(name, mistakes(&path).draw(DrawStyle::Plain));
        }
    });
}

#[test]
fn each_broken_script_has_exactly_its_mistakes() {
    let scripts = scripts();
    assert!(scripts.len() >= 10);
    for path in scripts {
        let mistakes = mistakes(&path);
        let broken = breaks(&path).len().max(1);
        let expected = if path.ends_with("five-mistakes.yaml") { 5 } else { broken };
        assert_eq!(mistakes.len(), expected, "{}\n{mistakes}", path.display());
    }
}

/// The constructs that a script breaks, as its first lines say: `# breaks: step silence`.
fn breaks(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map_while(|line| line.strip_prefix("# breaks: ")).map(str::to_owned).collect()
}

#[test]
fn every_construct_is_drawn_broken() {
    let shown: Vec<String> = scripts().iter().flat_map(|path| breaks(path)).collect();
    let declared = CHAPTERS.iter().flat_map(|chapter| {
        chapter.constructs.iter().map(|construct| format!("{} {}", chapter.kind, construct.name))
    });
    let missing: Vec<String> = declared.filter(|tag| !shown.contains(tag)).collect();
    assert_eq!(missing, Vec::<String>::new(), "tests/golden has no script that says it breaks these");
}

#[test]
fn every_drawing_has_a_place_a_caret_and_what_would_be_right() {
    for path in scripts() {
        for mistake in mistakes(&path).iter() {
            let at = mistake.file.location(mistake.span.start);
            let drawn = mistake.draw(DrawStyle::Plain);
            let place = format!("{}:{}:{}", mistake.file.path().display(), at.line, at.column);
            assert!(drawn.contains(&place), "no {place} in\n{drawn}");
            assert!(drawn.contains('^'), "no caret in\n{drawn}");
            assert!(drawn.contains("help: "), "no help in\n{drawn}");
        }
    }
}

#[test]
fn mistakes_of_several_files_are_reported_together() {
    let mistakes = script::load(&scripts()).unwrap_err();
    assert_eq!(mistakes.files(), scripts().len());
    let places: Vec<_> = mistakes.iter().map(|one| (one.file.path().to_owned(), one.span.start)).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn check_exits_with_two_and_gives_every_mistake_to_programs_too() {
    let check = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_mailspec")).arg("check").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, text) = check(&["tests/golden/five-mistakes.yaml"]);
    assert_eq!(status, Some(2));
    assert!(text.ends_with("\n\n5 mistakes in 1 file\n"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours on a pipe: {text}");
    let (status, text) = check(&["--format", "json", "tests/golden/five-mistakes.yaml"]);
    let mistakes: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, mistakes.as_array().unwrap().len()), (Some(2), 5));
    assert_eq!(mistakes[0]["line"], 5);
    let (status, text) = check(&["suites"]);
    assert_eq!(status, Some(0), "{text}");
}
