//! The language's constructs against the embedded server: each example of the reference
//! (`docs/script-language.md`) holds, and what does not hold (`tests/failures/`) is drawn as recorded.
//!
//! An example is a block that begins with ```` ```yaml PROTOCOL ````: the steps of a case, or what
//! stands below its name.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may take the short way")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mailspec::outcome::{CaseOutcome, Listener, Verdict};
use mailspec::report::{Collector, draw_case};
use mailspec::run::{Options, Plan, Selection, run};
use mailspec::script::construct::Failure;
use mailspec::script::{self, construct};
use mailspec::target::{EmbeddedOptions, Target};

/// A case that an example's own steps are put into.
const FIXTURE: &str = "given: {inbox: [{subject: one}, {subject: two}]}";

fn examples() -> Vec<(String, String)> {
    let text = std::fs::read_to_string("docs/script-language.md").unwrap();
    let blocks = text.split("\n```yaml ").skip(1);
    blocks
        .map(|block| {
            let (protocol, rest) = block.split_once('\n').unwrap();
            (protocol.trim().to_owned(), rest.split("\n```").next().unwrap().to_owned())
        })
        .collect()
}

/// Examples of one protocol as a suite.
fn suite(protocol: &str, examples: &[(usize, &str)]) -> String {
    let mut text = format!("version: 1\nsuite: examples\nprotocol: {protocol}\ncases:\n");
    for (number, body) in examples {
        let body = if body.starts_with("- ") { format!("steps:\n{body}") } else { (*body).to_owned() };
        let body = if body.contains("given:") { body } else { format!("{FIXTURE}\n{body}") };
        writeln!(text, "  - id: example-{number}\n    name: it holds").unwrap();
        for line in body.lines() {
            writeln!(text, "    {line}").unwrap();
        }
    }
    text
}

fn outcomes(paths: &[PathBuf]) -> Vec<CaseOutcome> {
    let library = script::load(paths).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let ledger = Arc::clone(&library.ledger);
    let options = Options::new(move |id| ledger.level(id));
    let plan = Plan::new(library.suites.into_iter().map(Arc::new), &Selection::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let collector = Collector::new();
    let mut listeners: [Box<dyn Listener>; 1] = [Box::new(collector.clone())];
    let program = Some(PathBuf::from(env!("CARGO_BIN_EXE_mailspec")));
    runtime.block_on(async {
        let options_of = EmbeddedOptions { program, ..Default::default() };
        let target = Arc::new(Target::embedded(options_of).await.unwrap());
        run(&plan, &target, &options, &mut listeners).await;
    });
    collector.take().cases
}

/// The page with what derives from the declarations put in anew.
fn page(text: &str) -> String {
    let mut page = text.to_owned();
    for (name, region) in construct::regions() {
        let begin = format!("<!-- declared: {name} -->\n");
        let at = page.find(&begin).unwrap_or_else(|| panic!("the page has no place for `{name}`"));
        let start = at + begin.len();
        let end = start + page.get(start..).and_then(|rest| rest.find("<!-- end -->")).unwrap();
        page.replace_range(start..end, &region);
    }
    page
}

#[test]
fn the_page_says_what_is_declared() {
    let path = "docs/script-language.md";
    let text = std::fs::read_to_string(path).unwrap();
    let declared = page(&text);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &declared).unwrap();
    } else {
        assert!(
            text == declared,
            "{path} differs from the declarations: set UPDATE_DOCS=1 and run this test"
        );
    }
}

#[test]
fn each_example_of_the_reference_holds() {
    let folder = tempfile::tempdir().unwrap();
    let examples = examples();
    assert!(examples.len() >= 6, "{}", examples.len());
    let mut paths = Vec::new();
    for protocol in ["smtp", "submission", "lmtp", "pop3", "imap"] {
        let own: Vec<(usize, &str)> = examples
            .iter()
            .enumerate()
            .filter(|(_, (spoken, _))| spoken == protocol)
            .map(|(number, (_, body))| (number, body.as_str()))
            .collect();
        if !own.is_empty() {
            let path = folder.path().join(format!("{protocol}.yaml"));
            std::fs::write(&path, suite(protocol, &own)).unwrap();
            paths.push(path);
        }
    }
    let outcomes = outcomes(&paths);
    // An example with a table is several cases.
    assert!(outcomes.len() > examples.len());
    for outcome in outcomes {
        assert_eq!(outcome.verdict, Verdict::Pass, "{}", draw_case(&outcome));
    }
}

#[test]
fn what_does_not_hold_is_drawn_as_recorded() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("failures");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir("tests/failures").unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        paths.sort();
        assert!(!paths.is_empty());
        paths.push(PathBuf::from("tests/failures/suites"));
        let outcomes = outcomes(&paths);
        let holds = |outcome: &&CaseOutcome| outcome.verdict == Verdict::Pass;
        let held: Vec<&str> = outcomes.iter().filter(holds).map(|outcome| outcome.id.as_str()).collect();
        assert_eq!(held, Vec::<&str>::new(), "these hold");
        for outcome in outcomes {
            insta::assert_snapshot!(name(&outcome.id), picture(&outcome));
        }
    });
}

#[test]
fn every_construct_that_can_fail_is_drawn_failing() {
    let paths = ["tests/failures", "tests/failures/suites"].map(PathBuf::from);
    let library = script::load(&paths).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let cases = library.suites.iter().flat_map(|suite| &suite.cases);
    let shown: Vec<String> = cases.flat_map(|case| case.tags.clone()).collect();
    let mut missing = Vec::new();
    for chapter in construct::CHAPTERS {
        for one in chapter.constructs.iter().filter(|one| one.failure == Failure::Drawn) {
            let tag = format!("{} {}", chapter.kind, one.name);
            if !shown.contains(&tag) {
                missing.push(tag);
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "tests/failures has no case with such a tag");
}

/// A snapshot's name, which becomes a file's.
fn name(id: &str) -> String {
    Path::new(id)
        .file_name()
        .unwrap()
        .to_string_lossy()
        .replace(['[', ']'], "-")
        .trim_end_matches('-')
        .to_owned()
}

/// The drawing without colours and without the conversation, whose times and words may change.
fn picture(outcome: &CaseOutcome) -> String {
    let drawn = draw_case(outcome);
    let mut plain = String::new();
    let mut rest = drawn.as_str();
    while let Some((before, behind)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = behind.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    let conversation = |line: &&str| {
        let text = line.trim_start().trim_start_matches('|').trim_start();
        let spoken = text.split_whitespace().take(2).any(|word| ["C:", "S:", "--"].contains(&word));
        !spoken && !text.starts_with("(")
    };
    let lines = plain.lines().filter(|line| conversation(line));
    lines.map(|line| format!("{}\n", without_capabilities(line.trim_end()))).collect()
}

/// The line without what the server declares, which grows, and is cut where a line gets too long.
fn without_capabilities(line: &str) -> String {
    line.split_once("[CAPABILITY ")
        .map_or_else(|| line.to_owned(), |(head, _)| format!("{head}[CAPABILITY …"))
}
