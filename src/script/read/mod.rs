//! From a YAML tree to a [`Suite`], by hand, so that all mistakes are reported at once.
//!
//! One file a part of the language. A part that finds a mistake writes it down
//! and reading goes on; a suite with a mistake is never handed out.

mod case;
mod given;
mod law;
mod lint;
mod needs;
mod open;
mod scope;
mod step;
mod talk;
mod texts;
mod wait;

use std::sync::Arc;

use super::model::{Protocol, Suite};
use super::pattern::PatternError;
use crate::requirement::Ledger;
use crate::source::{Decoder, Diagnostics, Node, SourceFile, Span, parse};

/// Fetches a file that a script names (`file: path`), relative to the script.
pub type Attachment<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// What every part of the reader needs.
struct Context<'a> {
    decoder: Decoder,
    ledger: &'a Ledger,
    attachment: Attachment<'a>,
    /// The suite's protocol; `smtp` while it is not known.
    protocol: Protocol,
}

impl Context<'_> {
    fn pattern_mistake(&mut self, mistake: PatternError) {
        match mistake.help {
            Some(help) => self.decoder.mistake_help(mistake.span, mistake.message, help),
            None => self.decoder.mistake(mistake.span, mistake.message),
        }
    }
}

/// Reads a suite; `path` is its path below `suites/` without `.yaml`.
///
/// # Errors
/// All mistakes of the file.
pub fn read(
    file: &Arc<SourceFile>,
    path: &str,
    ledger: &Ledger,
    attachment: Attachment<'_>,
) -> Result<Suite, Diagnostics> {
    let root = parse(file).map_err(Diagnostics::new)?;
    let mut context = Context { decoder: Decoder::new(file), ledger, attachment, protocol: Protocol::Smtp };
    let suite = read_suite(&mut context, &root, path);
    let mistakes = context.decoder.finish();
    match suite {
        Some(suite) if mistakes.is_empty() => Ok(suite),
        _ => Err(mistakes),
    }
}

fn read_suite(context: &mut Context<'_>, root: &Node, path: &str) -> Option<Suite> {
    let what = "a suite";
    let decoder = &mut context.decoder;
    let fields = decoder.fields(root, what, &["version", "suite", "protocol", "tags", "needs", "cases"])?;
    if let Some(version) = decoder.required(&fields, what, "version") {
        decoder.choice(version, "version of the language", &[("1", 1)]);
    }
    let title = decoder.required(&fields, what, "suite").and_then(|node| decoder.sentence(node, "`suite`"));
    let protocols = Protocol::ALL.map(|protocol| (protocol.as_str(), protocol));
    let protocol = decoder
        .required(&fields, what, "protocol")
        .and_then(|node| decoder.choice(node, "protocol", &protocols));
    let tags = fields.get("tags").map(|node| decoder.words(node, "`tags`")).unwrap_or_default();
    let cases = decoder.required(&fields, what, "cases");
    let items = cases.and_then(|node| decoder.list(node, "`cases`"));
    if let (Some([]), Some(node)) = (items, cases) {
        decoder.mistake(node.span, "a suite needs at least one case");
    }
    context.protocol = protocol.unwrap_or(Protocol::Smtp);
    let needs = fields.get("needs").map(|node| needs::read(context, node)).unwrap_or_default();

    let mut read = Vec::new();
    let mut ids: Vec<(String, Span)> = Vec::new();
    for item in items.unwrap_or_default() {
        // Without its protocol nothing of a talk can be read, and every line would be a mistake.
        if protocol.is_none() {
            break;
        }
        read.extend(case::read(context, item, path, &tags, &needs, &mut ids));
    }
    Some(Suite {
        path: path.to_owned(),
        source: Arc::clone(context.decoder.file()),
        title: title?,
        protocol: protocol?,
        cases: read,
    })
}
