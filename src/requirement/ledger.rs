//! The ledger: one row a rule, read from `suites/requirements/*.yaml`.
//!
//! It says what the rules are and how strongly they bind; which case judges
//! which of them is [`super::Coverage`]'s affair.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::{Level, RequirementId};
use crate::source::{Decoder, Diagnostic, Diagnostics, Fields, Node, SourceFile, Span, parse};

/// One rule.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// Its frozen name.
    pub id: RequirementId,
    /// How strongly it binds.
    pub level: Level,
    /// Whom it binds.
    pub binds: Binds,
    /// The rule in our own words.
    pub rule: String,
    /// Why no case can cover it, when none can.
    pub uncovered: Option<Uncovered>,
    /// The title of its document.
    pub document: Arc<str>,
    /// The ledger file it stands in.
    pub file: Arc<SourceFile>,
    /// Where its id stands there.
    pub span: Span,
}

/// Whom a rule binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binds {
    /// The server, which is what we test.
    Server,
    /// The client.
    Client,
    /// Both.
    Both,
}

impl Binds {
    const WORDS: [(&'static str, Self); 3] =
        [("server", Self::Server), ("client", Self::Client), ("both", Self::Both)];

    /// Its word in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Both => "both",
        }
    }
}

/// That no case can cover a rule, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncovered {
    /// In which way.
    pub state: UncoveredState,
    /// Why.
    pub why: String,
}

/// In which way a rule cannot be covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UncoveredState {
    /// It binds what we are when we test a server.
    ClientSide,
    /// No reply shows whether it is kept.
    NotObservable,
    /// A later RFC says otherwise.
    Superseded,
}

impl UncoveredState {
    const WORDS: [(&'static str, Self); 3] = [
        ("client-side", Self::ClientSide),
        ("not-observable", Self::NotObservable),
        ("superseded", Self::Superseded),
    ];

    /// Its word in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSide => "client-side",
            Self::NotObservable => "not-observable",
            Self::Superseded => "superseded",
        }
    }
}

/// All rules, by id.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    requirements: BTreeMap<RequirementId, Requirement>,
}

#[derive(rust_embed::RustEmbed)]
#[folder = "suites/requirements/"]
struct BuiltIn;

static BUILT_IN: LazyLock<Ledger> = LazyLock::new(|| Ledger::read_built_in().0);

impl Ledger {
    /// The ledger built into the program. Rows that cannot be read are not in it; a test holds that
    /// there are none.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The ledger built into the program, and every mistake in its files.
    #[must_use]
    pub fn read_built_in() -> (Self, Diagnostics) {
        let mut names: Vec<_> = BuiltIn::iter().collect();
        names.sort();
        let files = names.iter().filter(|name| name.ends_with(".yaml")).filter_map(|name| {
            let text = String::from_utf8_lossy(&BuiltIn::get(name)?.data).into_owned();
            Some(Arc::new(SourceFile::new(format!("suites/requirements/{name}"), text)))
        });
        Self::read_files(files)
    }

    /// The ledger of a folder on disk, and every mistake in its files.
    #[must_use]
    pub fn read(folder: &Path) -> (Self, Diagnostics) {
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
            .collect();
        paths.sort();
        Self::read_files(paths.into_iter().filter_map(|path| {
            let text = std::fs::read_to_string(&path).ok()?;
            Some(Arc::new(SourceFile::new(path, text)))
        }))
    }

    fn read_files(files: impl Iterator<Item = Arc<SourceFile>>) -> (Self, Diagnostics) {
        let mut ledger = Self::default();
        let mut mistakes = Vec::new();
        for file in files {
            mistakes.extend(ledger.read_file(&file));
        }
        (ledger, Diagnostics::new(mistakes))
    }

    /// Reads one file's rows into the ledger; returns the mistakes in it.
    fn read_file(&mut self, file: &Arc<SourceFile>) -> Vec<Diagnostic> {
        let root = match parse(file) {
            Ok(root) => root,
            Err(mistakes) => return mistakes,
        };
        let mut decoder = Decoder::new(file);
        let what = "a ledger file";
        if let Some(fields) = decoder.fields(&root, what, &["rfc", "title", "requirements"]) {
            let rfc = fields.get("rfc").and_then(|node| decoder.number(node, "`rfc`", 99_999));
            let title =
                decoder.required(&fields, what, "title").and_then(|node| decoder.sentence(node, "`title`"));
            let document: Arc<str> = title.unwrap_or_default().into();
            let rows = decoder.required(&fields, what, "requirements");
            for row in rows.and_then(|rows| decoder.list(rows, "`requirements`")).unwrap_or_default() {
                if let Some(requirement) = read_row(&mut decoder, row, rfc, &document) {
                    self.insert(&mut decoder, requirement);
                }
            }
        }
        decoder.finish().into_iter().collect()
    }

    fn insert(&mut self, decoder: &mut Decoder, requirement: Requirement) {
        match self.requirements.get(&requirement.id) {
            None => {
                self.requirements.insert(requirement.id.clone(), requirement);
            }
            Some(first) => {
                let place =
                    format!("{}:{}", first.file.path().display(), first.file.location(first.span.start).line);
                let message = format!("`{}` stands twice in the ledger", requirement.id);
                decoder.mistake_help(requirement.span, message, format!("it stands first at {place}"));
            }
        }
    }

    /// The rows of `other` too; where both have an id, those of `other`.
    #[must_use]
    pub fn overlaid(mut self, other: Self) -> Self {
        self.requirements.extend(other.requirements);
        self
    }

    /// A rule by its id.
    #[must_use]
    pub fn find(&self, id: &RequirementId) -> Option<&Requirement> {
        self.requirements.get(id)
    }

    /// How strongly a rule binds.
    #[must_use]
    pub fn level(&self, id: &RequirementId) -> Option<Level> {
        self.find(id).map(|requirement| requirement.level)
    }

    /// Every rule, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Requirement> {
        self.requirements.values()
    }

    /// How many rules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requirements.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

fn read_row(
    decoder: &mut Decoder,
    row: &Node,
    rfc: Option<usize>,
    document: &Arc<str>,
) -> Option<Requirement> {
    let what = "a requirement";
    let fields = decoder.fields(row, what, &["id", "level", "binds", "rule", "state", "why"])?;
    let id = decoder.required(&fields, what, "id").and_then(|node| read_id(decoder, node, rfc));
    let levels = Level::ALL.map(|level| (level.as_str(), level));
    let level =
        decoder.required(&fields, what, "level").and_then(|node| decoder.choice(node, "level", &levels));
    let binds = decoder
        .required(&fields, what, "binds")
        .and_then(|node| decoder.choice(node, "party that a rule binds", &Binds::WORDS));
    let rule = decoder.required(&fields, what, "rule").and_then(|node| decoder.sentence(node, "`rule`"));
    let uncovered = read_uncovered(decoder, &fields);
    let (id, span) = id?;
    Some(Requirement {
        id,
        level: level?,
        binds: binds?,
        rule: rule?,
        uncovered,
        document: Arc::clone(document),
        file: Arc::clone(decoder.file()),
        span,
    })
}

fn read_uncovered(decoder: &mut Decoder, fields: &Fields<'_>) -> Option<Uncovered> {
    let state = fields.get("state").and_then(|node| decoder.choice(node, "state", &UncoveredState::WORDS));
    match (state, fields.get("why")) {
        (None, None) => None,
        (Some(state), Some(why)) => Some(Uncovered { state, why: decoder.sentence(why, "`why`")? }),
        (Some(_), None) => {
            decoder.required(fields, "a requirement with `state`", "why");
            None
        }
        (None, Some(why)) => {
            if fields.get("state").is_none() {
                decoder.mistake(why.span, "`why` gives the reason of a `state`, and there is none");
            }
            None
        }
    }
}

fn read_id(decoder: &mut Decoder, node: &Node, rfc: Option<usize>) -> Option<(RequirementId, Span)> {
    let text = decoder.text(node, "`id`")?.to_owned();
    let id = RequirementId::new(&text);
    if !id.is_well_formed() {
        decoder.mistake_help(
            node.span,
            format!("`{text}` is no requirement id"),
            "`rfcNNNN-SECTION-N`, `-LN` or `-RN` with an optional letter, or `house-…`",
        );
        return None;
    }
    match rfc {
        Some(rfc) if id.rfc() != u32::try_from(rfc).ok() => {
            decoder.mistake(node.span, format!("`{text}` is no rule of RFC {rfc}"));
            None
        }
        None if !id.is_house() => {
            decoder.mistake_help(
                node.span,
                format!("`{text}` stands in a file without `rfc`"),
                "add `rfc: NNNN`",
            );
            None
        }
        _ => Some((id, node.span)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Ledger, Vec<String>) {
        let file = Arc::new(SourceFile::new("rfc1939.yaml", text));
        let mut ledger = Ledger::default();
        let messages = ledger.read_file(&file).into_iter().map(|one| one.message).collect();
        (ledger, messages)
    }

    #[test]
    fn the_ledger_built_in_has_no_mistake() {
        let (ledger, mistakes) = Ledger::read_built_in();
        assert!(mistakes.is_empty(), "{mistakes}");
        assert!(!ledger.is_empty());
        assert_eq!(Ledger::built_in().len(), ledger.len());
    }

    #[test]
    fn a_row_says_rule_level_and_who_is_bound() {
        let (ledger, mistakes) = read(
            "rfc: 1939\ntitle: POP3\nrequirements:\n  - {id: rfc1939-6-1, level: must-not, binds: server, rule: R., state: superseded, why: W.}\n",
        );
        assert_eq!(mistakes, Vec::<String>::new());
        let row = ledger.find(&RequirementId::new("rfc1939-6-1")).unwrap();
        assert_eq!((row.level, row.binds, row.rule.as_str()), (Level::MustNot, Binds::Server, "R."));
        assert_eq!(row.uncovered.as_ref().unwrap().state, UncoveredState::Superseded);
    }

    #[test]
    fn all_mistakes_of_a_ledger_file_are_found() {
        let (ledger, mistakes) = read(concat!(
            "rfc: 1939\ntitle: POP3\nrequirements:\n",
            "  - {id: rfc1939-6-1, level: mst, binds: server, rule: R.}\n",
            "  - {id: rfc1939-6, level: must, binds: server, rule: R.}\n",
            "  - {id: rfc5321-6-1, level: must, binds: server, rule: ''}\n",
            "  - {id: rfc1939-6-2, level: must, binds: server, rule: R., state: superseded}\n",
            "  - {id: rfc1939-6-2, level: must, binds: server, rule: R.}\n",
        ));
        assert_eq!(mistakes.len(), 6, "{mistakes:#?}");
        assert_eq!(ledger.len(), 1);
    }
}
