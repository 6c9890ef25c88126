//! JUnit XML, for continuous integration.
//!
//! A suite is a test suite, a case a test case. Findings are failures; blocked
//! and error are errors; what was skipped is skipped with its reason. A case
//! whose every finding is ruled on is skipped as known, since it does not fail
//! the run. Text is made fit for XML first: the writer below does not.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use junit_report::{Duration, ReportBuilder, TestCase, TestCaseBuilder, TestSuiteBuilder};

use super::draw::draw_case;
use super::file::write_atomically;
use super::text::{bounded, cdata, xml};
use super::{Collected, transcripts};
use crate::outcome::{CaseOutcome, Verdict};

/// Characters of evidence a test case carries; the whole transcript is in a file of its own.
const EVIDENCE: usize = 20_000;
/// Characters of a message attribute.
const MESSAGE: usize = 300;

/// Writes the report.
///
/// # Errors
/// When the XML or the file cannot be written.
pub fn write(run: &Collected, path: &Path) -> io::Result<()> {
    write_atomically(path, &render(run)?)
}

/// The report as XML.
///
/// # Errors
/// When the XML cannot be written.
pub fn render(run: &Collected) -> io::Result<Vec<u8>> {
    let mut suites: BTreeMap<&str, Vec<TestCase>> = BTreeMap::new();
    for case in &run.cases {
        suites.entry(&case.suite).or_default().push(test_case(case));
    }
    let mut report = ReportBuilder::new();
    for (suite, cases) in suites {
        report.add_testsuite(TestSuiteBuilder::new(&xml(suite)).add_testcases(cases).build());
    }
    let mut bytes = Vec::new();
    report.build().write_xml(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn test_case(case: &CaseOutcome) -> TestCase {
    let name =
        xml(case.id.strip_prefix(case.suite.as_str()).map_or(&*case.id, |id| id.trim_start_matches('/')));
    let time = Duration::try_from(case.duration).unwrap_or(Duration::ZERO);
    let reason = attribute(case.reason.as_deref().unwrap_or("no reason was given"));
    let mut test = match case.verdict {
        Verdict::Pass => TestCaseBuilder::success(&name, time),
        Verdict::Skip => TestCaseBuilder::skipped_with_cause(&name, "skip", &reason),
        Verdict::Blocked | Verdict::Error => {
            let mut test = TestCaseBuilder::error(&name, time, case.verdict.as_str(), &reason);
            test.set_trace(&evidence(case));
            test
        }
        Verdict::Warn | Verdict::Fail if is_known(case) => {
            TestCaseBuilder::skipped_with_cause(&name, "known", &attribute(&known(case)))
        }
        Verdict::Warn => {
            let mut test = TestCaseBuilder::success(&name, time);
            test.set_system_out(&evidence(case));
            test
        }
        Verdict::Fail => {
            let (rule, message) = case
                .findings
                .iter()
                .max_by_key(|finding| finding.level.is_absolute())
                .map_or(("finding", "a requirement is violated".to_owned()), |finding| {
                    (finding.requirement.as_str(), format!("{}: got {}", finding.label, finding.actual))
                });
            let mut test = TestCaseBuilder::failure(&name, time, &xml(rule), &attribute(&message));
            test.set_trace(&evidence(case));
            test
        }
    };
    test.set_classname(&xml(&case.suite));
    if let Some(finding) = case.findings.first() {
        test.set_filepath(&xml(&finding.file));
    }
    test.build()
}

fn is_known(case: &CaseOutcome) -> bool {
    !case.findings.is_empty() && case.findings.iter().all(|finding| finding.ruling.is_some())
}

fn known(case: &CaseOutcome) -> String {
    let whys: Vec<String> = case
        .findings
        .iter()
        .filter_map(|finding| {
            finding.ruling.as_ref().map(|ruling| format!("{}: {}", finding.requirement, ruling.why))
        })
        .collect();
    format!("known: {}", whys.join("; "))
}

fn attribute(text: &str) -> String {
    xml(&bounded(text, MESSAGE)).into_owned()
}

/// The drawing and the conversation, without colours.
fn evidence(case: &CaseOutcome) -> String {
    let drawn = anstream::adapter::strip_str(&draw_case(case)).to_string();
    let all = format!("{drawn}\n{}", transcripts::render(case));
    cdata(&bounded(&all, EVIDENCE))
}

#[cfg(test)]
mod tests {
    use quick_xml::events::Event;

    use super::*;
    use crate::outcome::{Direction, RulingMark};
    use crate::report::example::{case, line};

    fn run(cases: Vec<CaseOutcome>) -> Collected {
        Collected { target: "example".into(), cases, ..Collected::default() }
    }

    /// An element's name and its attributes.
    type Element = (String, BTreeMap<String, String>);

    /// Reads the XML back: elements with their attributes, and all text.
    fn parse(bytes: &[u8]) -> (Vec<Element>, String) {
        let mut reader = quick_xml::Reader::from_reader(bytes);
        reader.config_mut().check_end_names = true;
        let (mut elements, mut text) = (Vec::new(), String::new());
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(start) | Event::Empty(start) => {
                    let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
                    let attributes = start
                        .attributes()
                        .map(|attribute| {
                            let attribute = attribute.expect("a well-formed attribute");
                            let value =
                                quick_xml::escape::unescape(std::str::from_utf8(&attribute.value).unwrap());
                            let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                            (key, value.expect("known entities").into_owned())
                        })
                        .collect();
                    elements.push((name, attributes));
                }
                Event::CData(part) => text.push_str(std::str::from_utf8(&part).unwrap()),
                Event::Eof => return (elements, text),
                _ => {}
            }
        }
    }

    #[test]
    fn any_octet_a_server_sends_gives_well_formed_xml() {
        let all: String = (0..=255u8).map(char::from).collect();
        let evil = format!("{all}]]>]]]>>&<\"'\u{FFFF}");
        let mut failing = case("a/b/one", Verdict::Fail);
        failing.findings[0].actual.clone_from(&evil);
        failing.findings[0].label.clone_from(&evil);
        failing.name.clone_from(&evil);
        failing.transcript.push(line(5, Direction::Server, &evil));
        let mut errors = case("a/b/two", Verdict::Error);
        errors.reason = Some(evil.clone());
        let mut odd = case("a/b/three", Verdict::Skip);
        odd.id = format!("a/b/{evil}");
        odd.reason = Some(evil);
        let bytes = render(&run(vec![failing, errors, odd])).unwrap();
        let whole = std::str::from_utf8(&bytes).unwrap();
        assert!(
            whole.chars().all(
                |c| matches!(c, '\t' | '\n' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
            )
        );
        let (elements, text) = parse(&bytes);
        let names: Vec<&str> = elements.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["testsuites", "testsuite", "testcase", "failure", "testcase", "error", "testcase", "skipped"]
        );
        assert!(text.contains("]]>]]]>>&<\"'\\u{FFFF}"), "{text}");
        assert!(text.contains("\\x00\\x01"), "{text}");
    }

    #[test]
    fn verdicts_become_what_ci_knows() {
        let cases =
            Verdict::ALL.into_iter().map(|verdict| case(&format!("a/b/{verdict}"), verdict)).collect();
        let (elements, text) = parse(&render(&run(cases)).unwrap());
        let (_, suite) = &elements[1];
        assert_eq!(
            (suite["tests"].as_str(), suite["failures"].as_str(), suite["errors"].as_str()),
            ("6", "1", "2")
        );
        let fail =
            elements.iter().find(|(name, _)| name == "failure").map(|(_, attributes)| attributes).unwrap();
        assert_eq!(fail["type"], "rfc4315-3-1");
        assert_eq!(fail["message"], "no such response code in the reply: got a3 OK COPY completed");
        let (_, first) = &elements[2];
        assert_eq!((first["name"].as_str(), first["classname"].as_str()), ("pass", "a/b"));
        assert!(text.contains("mailspec explain rfc4315-3-1"));
    }

    #[test]
    fn a_case_whose_findings_are_all_ruled_is_known() {
        let mut ruled = case("a/b/one", Verdict::Fail);
        ruled.findings[0].ruling = Some(RulingMark { fault: "server".into(), why: "old".into() });
        let (elements, _) = parse(&render(&run(vec![ruled])).unwrap());
        let (_, skipped) = elements.iter().find(|(name, _)| name == "skipped").unwrap();
        assert_eq!(skipped["message"], "known: rfc4315-3-1: old");
    }
}
