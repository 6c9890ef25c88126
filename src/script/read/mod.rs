//! From a YAML tree to a [`Suite`], by hand, so that all mistakes are reported at once.
//!
//! One file a part of the language. A part that finds a mistake writes it down
//! and reading goes on; a suite with a mistake is never handed out.

mod block;
mod case;
mod given;
mod hop;
mod law;
mod lint;
mod mime;
mod needs;
mod open;
mod payload;
mod sasl;
mod scope;
mod settings;
mod step;
mod table;
mod talk;
#[cfg(test)]
mod testing;
mod texts;
mod uses;
mod wait;

pub(super) use mime::encodings;
pub use settings::{Users, settings};

use std::sync::Arc;

use super::construct::{Mapping, SUITE};
use super::model::{Protocol, Suite};
use super::pattern::PatternError;
use crate::requirement::Ledger;
use crate::source::{Decoder, Diagnostics, Fields, Node, SourceFile, Span, parse};

/// Fetches a file that a script names (`file: path`), relative to the script.
pub type Attachment<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// What a script can name that stands elsewhere.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Files below the script's folder.
    pub attachment: Attachment<'a>,
    /// A shared block, `blocks/NAME.yaml` below the folder `suites`.
    pub block: &'a dyn Fn(&str) -> Option<SourceFile>,
}

/// What every part of the reader needs.
struct Context<'a> {
    decoder: Decoder,
    ledger: &'a Ledger,
    surroundings: Surroundings<'a>,
    /// The suite's protocol; `smtp` while it is not known.
    protocol: Protocol,
    /// Whom the expectations of the case that is read judge.
    judged: Parties,
    /// The suite's own blocks.
    blocks: Vec<uses::Block>,
    /// The blocks that are being read, the outermost first.
    using: Vec<String>,
}

/// Whom the expectations of a case judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parties {
    /// The target as a server.
    Server,
    /// The target as a server, and as the client of a next hop.
    Both,
}

impl Context<'_> {
    /// The fields of a mapping; a key that it does not have is a mistake.
    fn fields<'n>(&mut self, node: &'n Node, mapping: &Mapping) -> Option<Fields<'n>> {
        self.decoder.fields(node, mapping.what, &mapping.names())
    }

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
    surroundings: Surroundings<'_>,
) -> Result<Suite, Diagnostics> {
    let root = parse(file).map_err(Diagnostics::new)?;
    let mut context = Context {
        decoder: Decoder::new(file),
        ledger,
        surroundings,
        protocol: Protocol::Smtp,
        judged: Parties::Server,
        blocks: Vec::new(),
        using: Vec::new(),
    };
    let suite = read_suite(&mut context, &root, path);
    let mistakes = context.decoder.finish();
    match suite {
        Some(suite) if mistakes.is_empty() => Ok(suite),
        _ => Err(mistakes),
    }
}

fn read_suite(context: &mut Context<'_>, root: &Node, path: &str) -> Option<Suite> {
    let what = SUITE.what;
    let fields = context.fields(root, SUITE)?;
    let decoder = &mut context.decoder;
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
        decoder.mistake_help(
            node.span,
            "a suite needs at least one case",
            "write `- id: …` and the rest below",
        );
    }
    context.protocol = protocol.unwrap_or(Protocol::Smtp);
    let needs = fields.get("needs").map(|node| needs::read(context, node)).unwrap_or_default();
    let set = fields.get("settings").map(|node| settings(&mut context.decoder, node, Users::Nobody));
    let set = set.unwrap_or_default();

    if let Some(node) = fields.get("blocks") {
        context.blocks = uses::read_blocks(context, node);
    }
    let mut read = Vec::new();
    let mut ids: Vec<(String, Span)> = Vec::new();
    for item in items.unwrap_or_default() {
        // Without its protocol nothing of a talk can be read, and every line would be a mistake.
        if protocol.is_none() {
            break;
        }
        let inherited = case::Inherited { suite: path, tags: &tags, needs: &needs, settings: &set };
        for row in table::rows(context, item) {
            read.extend(case::read(context, &row, &inherited, &mut ids));
        }
    }
    Some(Suite {
        path: path.to_owned(),
        source: Arc::clone(context.decoder.file()),
        title: title?,
        protocol: protocol?,
        cases: read,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::testing::{RULE, case, mistakes, suite};
    use crate::requirement::Level;
    use crate::script::model::{Action, Endpoint, Lifecycle, Need, Protocol, StartTls};

    #[test]
    fn a_case_has_what_its_suite_says_and_its_own() {
        let suite = suite(&format!(
            "version: 1\nsuite: s\nprotocol: imap\ntags: [t]\nneeds: [UIDPLUS]\ncases:\n  - id: a\n    name: n\n    tags: [u]\n    needs: [tls, {{smtp: AUTH PLAIN}}, {{endpoint: imaps}}, {{lifecycle: kill}}, {{policy: p}}]\n    deadline: 5s\n    steps: [login, {{check: {{value: a, equals: a, law: {RULE}}}}}]\n"
        ))
        .unwrap();
        let case = &suite.cases[0];
        assert_eq!((case.id.as_str(), case.deadline), ("test/a", Duration::from_secs(5)));
        assert_eq!(case.tags, ["t", "u"]);
        let capability = |protocol, text: &str| Need::Capability { protocol, capability: text.to_owned() };
        assert_eq!(
            case.needs,
            [
                capability(Protocol::Imap, "UIDPLUS"),
                Need::Tls(Protocol::Imap),
                capability(Protocol::Smtp, "AUTH PLAIN"),
                Need::Endpoint(Endpoint::Imaps),
                Need::Lifecycle(Lifecycle::Kill),
                Need::Policy("p".to_owned()),
            ]
        );
        assert_eq!(case.covers()[0].as_str(), RULE);
    }

    #[test]
    fn connections_are_opened_by_name_account_and_endpoint() {
        let case = case(
            "imap",
            &format!("given: {{accounts: [alice, bob]}}\nsteps:\n  - login\n  - login: bob\n  - greet: {{name: x, endpoint: submission}}\n  - on: x\n    starttls\n  - connect: {{name: y, protocol: pop3, as: bob}}\n  - on: y\n    closed: {{law: {RULE}}}\n  - check: {{value: a, equals: a, law: {RULE}}}\n").replace("    starttls\n", "    starttls:\n"),
        );
        let opened: Vec<_> = case
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::Login(open) | Action::Greet(open) | Action::Connect(open) => {
                    assert_eq!(step.on, open.name);
                    Some((open.name.as_str(), open.account.as_str(), open.endpoint))
                }
                _ => None,
            })
            .collect();
        assert_eq!(
            opened,
            [
                ("main", "alice", Endpoint::Imap),
                ("bob", "bob", Endpoint::Imap),
                ("x", "alice", Endpoint::Submission),
                ("y", "bob", Endpoint::Pop3),
            ]
        );
        assert!(matches!(case.steps[3].action, Action::StartTls(StartTls::Command, None)));
    }

    #[test]
    fn a_connection_must_be_open_when_it_is_used() {
        let law = format!("  - check: {{value: a, equals: a, law: {RULE}}}\n");
        let gone = format!("steps:\n  - login\n  - drop\n  - talk: 'C: NOOP'\n{law}");
        assert_eq!(mistakes("pop3", &gone), ["the connection `main` is gone: `drop` closed it"]);
        let restarted = format!("steps:\n  - login\n  - restart\n  - login\n  - talk: 'C: NOOP'\n{law}");
        assert_eq!(mistakes("pop3", &restarted), Vec::<String>::new());
        let implicit = format!("steps:\n  - greet: {{endpoint: pop3s}}\n  - starttls\n{law}");
        assert_eq!(mistakes("pop3", &implicit).len(), 1);
        assert_eq!(mistakes("lmtp", &format!("steps:\n  - login\n{law}")), ["LMTP has no login"]);
    }

    #[test]
    fn a_level_can_be_given_and_a_may_needs_one() {
        let judged = |law: &str| format!("steps:\n  - check: {{value: a, equals: a, law: '{law}'}}\n");
        let case = case("pop3", &judged(&format!("{RULE} (should)")));
        assert_eq!(case.laws()[0].level, Some(Level::Should));
        assert!(mistakes("pop3", &judged(&format!("{RULE} (may)")))[0].contains("`may`"));
        assert!(mistakes("pop3", &judged(&format!("{RULE} (shuld)")))[0].contains("no level"));
        assert_eq!(mistakes("pop3", &judged("rfc1939-6-1x, rfc1939-6-1y")).len(), 2);
    }

    #[test]
    fn variables_are_bound_in_the_order_of_the_steps() {
        let law = format!("law: {RULE}");
        let bound = format!(
            "let: {{a: x, b: '${{a}}'}}\ngiven: {{inbox: [{{subject: '${{b}}'}}]}}\nsteps:\n  - let: {{c: '${{inbox.1}}${{alice.plain}}'}}\n  - eventually: {{mailbox: {{has: {{subject: x}}, as: got}}}}\n  - check: {{value: '${{c}}${{got.body}}', equals: a, {law}}}\n"
        );
        assert_eq!(mistakes("pop3", &bound), Vec::<String>::new());
        for unbound in ["${inbox.2}", "${bob.address}", "${late}"] {
            let body = format!(
                "given: {{inbox: [{{}}]}}\nsteps:\n  - check: {{value: '{unbound}', equals: a, {law}}}\n  - let: {{late: x}}\n"
            );
            assert_eq!(mistakes("pop3", &body).len(), 1, "{unbound}");
        }
    }

    #[test]
    fn steps_say_one_thing_and_say_it_whole() {
        let law = format!("  - check: {{value: a, equals: a, law: {RULE}}}\n");
        for (steps, expected) in [
            ("  - {drop: , pause: 1s}\n", "one step does one thing"),
            ("  - on: main\n", "does nothing"),
            ("  - talk\n", "something must stand behind"),
            ("  - drop: now\n", "nothing may stand behind"),
            ("  - {on: main, pause: 1s}\n", "`on` has no meaning"),
            ("  - data: {message: a, raw: b}\n", "either"),
            ("  - silence: {law: rfc1939-6-1}\n", "lacks `for`"),
            ("  - eventually: {within: 1s}\n", "waits for either"),
            ("  - check: {value: a}\n", "a way to compare"),
            ("  - check: {value: a, equals: a, contains: b}\n", "in one way"),
            ("  - check: {value: a, matches: '('}\n", "regular expression"),
            ("  - send: '\\q'\n", "escape"),
            ("  - [login]\n", "must be text"),
            ("  - talk: ''\n", "says nothing"),
        ] {
            let found = mistakes("smtp", &format!("steps:\n  - login\n{steps}{law}"));
            assert!(found.len() == 1 && found[0].contains(expected), "{steps}: {found:?}");
        }
    }
}
