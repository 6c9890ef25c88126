//! Example outcomes for the tests of everything that reads them.

use std::time::Duration;

use crate::outcome::{CaseOutcome, CasePlan, Direction, Event, Finding, RunInfo, TranscriptLine, Verdict};
use crate::requirement::{Level, RequirementId};

pub(crate) fn started(ids: &[&str]) -> Event {
    Event::RunStarted(RunInfo {
        target: "example".into(),
        software: Some("Example 1.0".into()),
        cases: ids.iter().map(|id| CasePlan { id: (*id).into(), name: "something holds".into() }).collect(),
    })
}

pub(crate) fn line(at: u64, direction: Direction, text: &str) -> TranscriptLine {
    TranscriptLine { connection: "main".into(), at: Duration::from_millis(at), direction, text: text.into() }
}

pub(crate) fn finding() -> Finding {
    Finding {
        requirement: RequirementId::new("rfc4315-3-1"),
        level: Level::Should,
        expected: "OK [COPYUID 1 1:2 3:4]".into(),
        actual: "a3 OK COPY completed".into(),
        file: "suites/imap/uidplus.yaml".into(),
        line: 23,
        column: 15,
        width: 7,
        source_line: "          S: OK [COPYUID ${validity} 1:2 ${copies}]".into(),
        label: "no such response code in the reply".into(),
        within: Vec::new(),
        excerpt: vec![
            line(100, Direction::Client, "a3 UID COPY 1:2 Trash"),
            line(112, Direction::Server, "a3 OK COPY completed"),
        ],
        ruling: None,
    }
}

pub(crate) fn case(id: &str, verdict: Verdict) -> CaseOutcome {
    let findings = match verdict {
        Verdict::Warn => vec![finding()],
        Verdict::Fail => vec![Finding { level: Level::Must, ..finding() }],
        _ => Vec::new(),
    };
    CaseOutcome {
        id: id.into(),
        suite: id.rsplit_once('/').map_or("", |(suite, _)| suite).into(),
        name: "something holds".into(),
        note: None,
        verdict,
        covers: vec![RequirementId::new("rfc4315-3-1")],
        findings,
        reason: matches!(verdict, Verdict::Skip | Verdict::Blocked | Verdict::Error)
            .then(|| "not declared: UIDPLUS".into()),
        courses: Vec::new(),
        duration: Duration::from_millis(12),
        transcript: vec![line(1, Direction::Note, "connected")],
    }
}
