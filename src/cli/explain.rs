//! `mailspec explain`: a requirement, a case, a deviation or a construct of the language, and what covers it.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use reference_server::deviation::{self, Deviation};

use super::{Status, complain};
use crate::requirement::{Requirement, RequirementId};
use crate::script::construct::{self, CHAPTERS, Construct, Need};
use crate::script::model::{Case, Suite};
use crate::script::{self, Library};
use crate::source::suggestion;

/// What `mailspec explain` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The id of a requirement (rfc1939-6-1), a case (pop3/update/dele-without-quit), a deviation,
    /// or a construct of the script language (silence).
    id: String,
    /// Scripts whose cases count too; without any, the suites built in.
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,
}

/// Does it.
pub(crate) fn run(args: Args) -> ExitCode {
    let library = match script::load(&args.paths) {
        Ok(library) => library,
        Err(mistakes) => {
            complain(format_args!("the scripts have mistakes\n\n{mistakes}"));
            return Status::Usage.into();
        }
    };
    match explain(&library, &args.id) {
        Ok(text) => {
            // Nobody may read standard output any more; then there is nothing to do about it.
            let _ = anstream::stdout().write_all(text.as_bytes());
            Status::Conforms.into()
        }
        Err(help) => {
            complain(format_args!("nothing is called `{}`: {help}", args.id));
            Status::Usage.into()
        }
    }
}

/// The explanation of an id, or what may have been meant instead.
fn explain(library: &Library, id: &str) -> Result<String, String> {
    let mut text = String::new();
    let written = if let Some(requirement) = library.ledger.find(&RequirementId::new(id)) {
        explain_requirement(&mut text, library, requirement)
    } else if let Some((suite, case)) = find_case(library, id) {
        explain_case(&mut text, library, suite, case)
    } else if let Some(deviation) = deviation::find(id) {
        explain_deviation(&mut text, library, deviation)
    } else if construct::find(id).next().is_some() {
        construct::find(id).try_for_each(|(kind, construct)| explain_construct(&mut text, kind, construct))
    } else {
        return Err(unknown(library, id));
    };
    // Writing to a string cannot fail.
    let _ = written;
    Ok(text)
}

fn find_case<'l>(library: &'l Library, id: &str) -> Option<(&'l Suite, &'l Case)> {
    let cases = library.suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)));
    cases.into_iter().find(|(_, case)| case.id == id)
}

/// Whichever kind of id it looks like, the nearest of that kind.
fn unknown(library: &Library, id: &str) -> String {
    let known: Vec<&str> = if id.contains('/') {
        library.suites.iter().flat_map(|suite| &suite.cases).map(|case| case.id.as_str()).collect()
    } else if id.starts_with("rfc") || id.starts_with("house-") {
        library.ledger.iter().map(|row| row.id.as_str()).collect()
    } else {
        let constructs = CHAPTERS.iter().flat_map(|chapter| chapter.constructs).map(|one| one.name);
        deviation::all().iter().map(|deviation| deviation.id).chain(constructs).collect()
    };
    suggestion(id, &known)
}

fn explain_construct(text: &mut String, kind: &str, construct: &Construct) -> fmt::Result {
    writeln!(text, "{} ({kind} of the script language, since version {})", construct.name, construct.since)?;
    writeln!(text, "  {}", construct.means)?;
    for key in construct.shape.mappings().iter().flat_map(|mapping| mapping.keys) {
        let needed = if key.need == Need::Required { " (required)" } else { "" };
        writeln!(text, "    {}: {}{needed}", key.name, key.means)?;
    }
    if let Some(example) = construct.example {
        writeln!(text, "\n{}", example.text)?;
    }
    Ok(())
}

fn explain_requirement(text: &mut String, library: &Library, requirement: &Requirement) -> fmt::Result {
    writeln!(text, "{}  ({}, binds the {})", requirement.id, requirement.level, requirement.binds.as_str())?;
    writeln!(text, "  {}", requirement.rule)?;
    match (requirement.id.rfc(), requirement.id.section()) {
        (Some(rfc), Some(section)) => {
            writeln!(text, "  RFC {rfc}, section {section} ({})", requirement.document)?;
        }
        _ => writeln!(text, "  {}", requirement.document)?,
    }
    if let Some(reason) = &requirement.uncovered {
        writeln!(text, "  {}: {}", reason.state.as_str(), reason.why)?;
    }
    let coverage = library.coverage();
    let cases = coverage.of(&requirement.id);
    writeln!(text, "\njudged by {}", if cases.is_empty() { "no case" } else { "these cases" })?;
    for id in cases {
        let name = find_case(library, id).map_or("", |(_, case)| case.name.as_str());
        writeln!(text, "  {id}  {name}")?;
    }
    let breaking: Vec<&Deviation> =
        deviation::all().iter().filter(|one| one.breaks.contains(&requirement.id.as_str())).collect();
    if !breaking.is_empty() {
        writeln!(text, "\nbroken by these deviations of the reference server")?;
        for deviation in breaking {
            writeln!(text, "  {}  {}", deviation.id, deviation.summary)?;
        }
    }
    Ok(())
}

fn explain_case(text: &mut String, library: &Library, suite: &Suite, case: &Case) -> fmt::Result {
    let line = suite.source.location(case.span.start).line;
    writeln!(text, "{}\n  {}", case.id, case.name)?;
    writeln!(text, "  {}:{line}", suite.source.path().display())?;
    if !case.tags.is_empty() {
        writeln!(text, "  tags: {}", case.tags.join(", "))?;
    }
    if let Some(note) = &case.note {
        writeln!(text, "\n{note}")?;
    }
    writeln!(text, "\njudges")?;
    for id in case.covers() {
        let row = library.ledger.find(&id);
        let level = row.map_or("", |row| row.level.as_str());
        writeln!(text, "  {id} ({level})  {}", row.map_or("", |row| row.rule.as_str()))?;
    }
    writeln!(text, "\nscript")?;
    writeln!(text, "{}", script_of(suite, case))
}

/// The case's lines in its file: from its `id` to the next case.
fn script_of(suite: &Suite, case: &Case) -> String {
    let source = suite.source.text();
    let next =
        suite.cases.iter().map(|other| other.span.start).filter(|start| *start > case.span.start).min();
    let line_start =
        |at: usize| source.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let end = next.map_or(source.len(), line_start);
    source.get(line_start(case.span.start)..end).unwrap_or("").trim_end().to_owned()
}

fn explain_deviation(text: &mut String, library: &Library, deviation: &Deviation) -> fmt::Result {
    writeln!(text, "{}  (seam: {})\n  {}", deviation.id, deviation.seam, deviation.summary)?;
    writeln!(text, "  mailspec serve --deviation {}", deviation.id)?;
    let coverage = library.coverage();
    writeln!(text, "\nbreaks")?;
    for id in deviation.breaks {
        let id = RequirementId::new(*id);
        let rule = library.ledger.find(&id).map_or("", |row| row.rule.as_str());
        writeln!(text, "  {id}  {rule}")?;
        for case in coverage.of(&id) {
            writeln!(text, "    caught by {case}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_that_is_listed_can_be_explained() {
        let library = script::built_in().unwrap();
        for row in library.ledger.iter() {
            assert!(explain(&library, row.id.as_str()).unwrap().contains(&row.rule));
        }
        for case in library.suites.iter().flat_map(|suite| &suite.cases) {
            let text = explain(&library, &case.id).unwrap();
            assert!(text.contains(&case.name) && text.contains("steps:"), "{text}");
        }
        for deviation in deviation::all() {
            assert!(explain(&library, deviation.id).unwrap().contains(deviation.summary));
            for id in deviation.breaks {
                let known = library.ledger.find(&RequirementId::new(*id)).is_some();
                assert!(known, "{} breaks {id}, which the ledger does not have", deviation.id);
            }
        }
    }

    #[test]
    fn an_unknown_id_names_the_nearest() {
        let library = script::built_in().unwrap();
        let row = library.ledger.iter().next().unwrap();
        let near = format!("{}x", row.id);
        assert!(explain(&library, &near).unwrap_err().contains("did you mean"));
        assert!(explain(&library, "smtp-dot-kep").unwrap_err().contains("smtp-dot-kept"));
    }
}
