//! Helpers of the reader's tests: a case from its steps, and the mistakes of one.

use std::sync::Arc;

use crate::requirement::Ledger;
use crate::script::model::{Case, Suite};
use crate::source::{Diagnostics, SourceFile};

/// The rule that the cases of tests cite.
pub(super) const RULE: &str = "rfc1939-6-1";

/// Reads a suite's text.
pub(super) fn suite(text: &str) -> Result<Suite, Diagnostics> {
    let file = Arc::new(SourceFile::new("suites/test.yaml", text));
    let surroundings = super::Surroundings {
        attachment: &|path| match path {
            "here.eml" => Ok(b"a\nb\r\n${c}\n".to_vec()),
            _ => Err("no such file".to_owned()),
        },
        block: &|name| match name {
            "shared" => Some(SourceFile::new(
                "suites/blocks/shared.yaml",
                "with: {word: NOOP}\nsteps: [{talk: 'C: ${word}'}]\n",
            )),
            "broken" => Some(SourceFile::new("suites/blocks/broken.yaml", "steps: [{tlak: x}]\n")),
            _ => None,
        },
    };
    super::read(&file, "test", Ledger::built_in(), surroundings)
}

/// Reads one case of a protocol from what stands below its name.
pub(super) fn case(protocol: &str, body: &str) -> Case {
    match suite(&text(protocol, body)) {
        Ok(mut suite) => suite.cases.remove(0),
        Err(mistakes) => panic!("{mistakes}"),
    }
}

/// The messages of all mistakes of a case.
pub(super) fn mistakes(protocol: &str, body: &str) -> Vec<String> {
    match suite(&text(protocol, body)) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.into_iter().map(|one| one.message).collect(),
    }
}

fn text(protocol: &str, body: &str) -> String {
    let head = format!("version: 1\nsuite: s\nprotocol: {protocol}\ncases:\n  - id: a\n    name: n\n");
    let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
    format!("{head}{body}")
}
