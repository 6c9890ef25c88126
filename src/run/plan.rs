//! Which cases run, and which are skipped and why.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use globset::Glob;

use crate::requirement::RequirementId;
use crate::script::model::{
    Action, Case, Endpoint, GivenMessage, Lifecycle, Need, Protocol, Secrets, Step, Suite,
};
use crate::target::{FixtureRoute, NotSet, Target, TargetError};

/// Cases chosen from suites, in order.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The cases.
    pub cases: Vec<Planned>,
}

/// One case of a plan.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its suite.
    pub suite: Arc<Suite>,
    index: usize,
}

impl Planned {
    /// The case; `None` never happens for one that [`Plan::new`] made.
    #[must_use]
    pub fn case(&self) -> Option<&Case> {
        self.suite.cases.get(self.index)
    }

    /// Its whole id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.case().map_or("", |case| case.id.as_str())
    }
}

/// What is asked for; an empty list asks for everything.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Ids, globs of ids, or paths of suites (`pop3`, `pop3/update`, `pop3/update/dele-*`).
    pub names: Vec<String>,
    /// Tags, one of which the case must have.
    pub tags: Vec<String>,
    /// Requirements or beginnings of their ids (`rfc1939-6`), one of which it must cover.
    pub requirements: Vec<String>,
}

/// A name that no case has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NothingSelected(pub String);

impl Plan {
    /// All cases of the suites that the selection asks for.
    ///
    /// # Errors
    /// A name, tag or requirement that fits no case at all: most likely a slip.
    pub fn new(
        suites: impl IntoIterator<Item = Arc<Suite>>,
        selection: &Selection,
    ) -> Result<Self, NothingSelected> {
        let all: Vec<Planned> = suites
            .into_iter()
            .flat_map(|suite| {
                (0..suite.cases.len()).map(move |index| Planned { suite: Arc::clone(&suite), index })
            })
            .collect();
        let names: Vec<Name> = selection.names.iter().map(|name| Name::new(name)).collect();
        for name in &names {
            if !all.iter().any(|planned| name.fits(planned.id())) {
                return Err(NothingSelected(name.text.clone()));
            }
        }
        for tag in &selection.tags {
            if !all.iter().filter_map(Planned::case).any(|case| case.tags.contains(tag)) {
                return Err(NothingSelected(tag.clone()));
            }
        }
        for requirement in &selection.requirements {
            if !all.iter().filter_map(Planned::case).any(|case| covers(case, requirement)) {
                return Err(NothingSelected(requirement.clone()));
            }
        }
        let chosen = |case: &Case| {
            let named = names.is_empty() || names.iter().any(|name| name.fits(&case.id));
            let tagged =
                selection.tags.is_empty() || selection.tags.iter().any(|tag| case.tags.contains(tag));
            let covering = selection.requirements.is_empty()
                || selection.requirements.iter().any(|requirement| covers(case, requirement));
            named && tagged && covering
        };
        let cases = all.into_iter().filter(|planned| planned.case().is_some_and(chosen)).collect();
        Ok(Self { cases })
    }

    /// Keeps one part. The parts of one plan are as long as each other, give or take one case,
    /// and together they are the whole of it.
    pub fn keep(&mut self, part: Part) {
        let mut at = 0;
        self.cases.retain(|_| {
            at += 1;
            (at - 1) % part.of == part.index
        });
    }

    /// Keeps the cases that these ids name.
    pub fn keep_ids(&mut self, ids: &BTreeSet<String>) {
        self.cases.retain(|planned| ids.contains(planned.id()));
    }

    /// The cases in another order, the same one for the same seed.
    pub fn shuffle(&mut self, seed: u64) {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
        for last in (1..self.cases.len()).rev() {
            // xorshift64*: good enough to shake out an order on which a case depends.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let random = state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
            let other = usize::try_from(random).unwrap_or(0) % (last + 1);
            self.cases.swap(last, other);
        }
    }
}

/// One of several parts into which a plan is divided, for machines side by side: `1/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which part, from 0.
    index: usize,
    /// How many there are, at least 1.
    of: usize,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(part, of)| {
            Some((part.trim().parse::<usize>().ok()?, of.trim().parse::<usize>().ok()?))
        });
        match numbers {
            Some((part, of)) if part >= 1 && part <= of => Ok(Self { index: part - 1, of }),
            Some((part, of)) => Err(format!("there is no part {part} of {of}")),
            None => Err("write PART/PARTS, as in `1/4`".to_owned()),
        }
    }
}

/// A name of the command line.
struct Name {
    text: String,
    glob: Option<globset::GlobMatcher>,
}

impl Name {
    fn new(text: &str) -> Self {
        let text = text.trim_end_matches('/').to_owned();
        let glob = text.contains(['*', '?', '[', '{']).then(|| Glob::new(&text).ok());
        Self { glob: glob.flatten().map(|glob| glob.compile_matcher()), text }
    }

    fn fits(&self, id: &str) -> bool {
        let below =
            id.strip_prefix(&self.text).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']));
        below || self.glob.as_ref().is_some_and(|glob| glob.is_match(id))
    }
}

/// Whether a case covers a requirement, or one of a section.
fn covers(case: &Case, requirement: &str) -> bool {
    case.covers().iter().map(RequirementId::as_str).any(|id| {
        id.strip_prefix(requirement).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
    })
}

/// What becomes of a case.
pub(crate) enum Fit {
    /// It is run on this target, which is set as the case wants.
    On(Arc<Target>),
    /// It is skipped, for this reason.
    Skipped(String),
    /// The server does not start as the case wants it set.
    NotStarted(TargetError),
}

/// Whether a case can be run on a target, and on which one: a case that wants the embedded server set
/// in its own way is run on another than the rest.
pub(crate) async fn fit(case: &Case, suite: &Suite, target: &Arc<Target>) -> Fit {
    let target = match target.set(&case.given.settings).await {
        Ok(target) => target,
        Err(NotSet::Unknown(reason)) => return Fit::Skipped(reason),
        Err(NotSet::Failed(error)) => return Fit::NotStarted(error),
    };
    match reason_to_skip(case, suite, &target) {
        Some(reason) => Fit::Skipped(reason),
        None => Fit::On(target),
    }
}

/// The target that a case is run on, set as it wants; `None` when it cannot be run.
pub(crate) async fn runs_on(planned: &Planned, target: &Arc<Target>) -> Option<Arc<Target>> {
    match fit(planned.case()?, &planned.suite, target).await {
        Fit::On(target) => Some(target),
        Fit::Skipped(_) | Fit::NotStarted(_) => None,
    }
}

/// Why a case cannot be run on a target; `None` when it can.
fn reason_to_skip(case: &Case, suite: &Suite, target: &Target) -> Option<String> {
    let endpoints = endpoints(case, suite);
    endpoints
        .into_iter()
        .find(|endpoint| target.place().reach(*endpoint).is_none())
        .map(|endpoint| format!("the target has no {} endpoint", endpoint.as_str()))
        .or_else(|| case.needs.iter().find_map(|need| unmet(need, target)))
        .or_else(|| lifecycle(case, target))
        .or_else(|| fixture(case, target))
        .or_else(|| reader(case, target))
        .or_else(|| routes(case, target))
        .or_else(|| secrets(case, target))
}

/// Accounts whose secrets are beyond ASCII are few, or none.
fn secrets(case: &Case, target: &Target) -> Option<String> {
    let needed = case.given.accounts.len();
    let few =
        case.given.secrets == Secrets::BeyondAscii && target.beyond_ascii().is_some_and(|size| size < needed);
    few.then(|| "the profile has too few accounts with secrets beyond ASCII".to_owned())
}

/// Why a condition does not hold; `None` when it does.
pub(crate) fn unmet(need: &Need, target: &Target) -> Option<String> {
    let declared = target.declared();
    match need {
        Need::Capability { protocol, capability } => (!declared.has(*protocol, capability)).then(|| {
            let problem = declared.problem(*protocol).map(|why| format!(" (the probe ended early: {why})"));
            format!("{} does not declare {capability}{}", protocol.as_str(), problem.unwrap_or_default())
        }),
        Need::Endpoint(endpoint) => (!target.place().addresses.contains_key(endpoint))
            .then(|| format!("the target has no {} endpoint", endpoint.as_str())),
        Need::Lifecycle(lifecycle) => cannot(*lifecycle, target),
        Need::Policy(policy) => {
            (!target.has_policy(policy)).then(|| format!("the profile does not list the policy {policy}"))
        }
        Need::Tls(protocol) => {
            (!declared.offers_tls(*protocol)).then(|| format!("{} offers no TLS", protocol.as_str()))
        }
    }
}

fn cannot(lifecycle: Lifecycle, target: &Target) -> Option<String> {
    let word = match lifecycle {
        Lifecycle::Restart => "restart",
        Lifecycle::Kill => "kill",
    };
    (!target.can(lifecycle)).then(|| format!("the profile does not say how to {word} the target"))
}

fn lifecycle(case: &Case, target: &Target) -> Option<String> {
    let mut reason = None;
    walk(case, &mut |step| {
        let asked = match &step.action {
            Action::Restart => Lifecycle::Restart,
            Action::Kill => Lifecycle::Kill,
            _ => return,
        };
        reason = reason.take().or_else(|| cannot(asked, target));
    });
    reason
}

/// A fixture needs a way to put it there, and IMAP for what only IMAP can say.
fn fixture(case: &Case, target: &Target) -> Option<String> {
    if needs_append(case) && target.place().reach(Endpoint::Imap).is_none() {
        return Some("the fixture needs IMAP, and the target has none".to_owned());
    }
    let accounts = &case.given.accounts;
    let any =
        accounts.iter().flat_map(|account| &account.mailboxes).any(|mailbox| !mailbox.messages.is_empty());
    (any && target.fixture().is_none()).then(|| "the target has no way to put the fixture there".to_owned())
}

/// Whether an account is one of a further server.
fn is_elsewhere(case: &Case, account: &str) -> bool {
    case.given.servers.iter().any(|server| server.accounts.iter().any(|name| name == account))
}

/// Each next hop needs a route of its own.
fn routes(case: &Case, target: &Target) -> Option<String> {
    if case.gives_names() {
        let ours = target.names().is_some();
        return (!ours).then(|| "the target asks a name server that is not ours".to_owned());
    }
    let needed = case.given.hops.len();
    match target.routes() {
        Some(0) if needed > 0 => Some("the profile declares no routes to a next hop".to_owned()),
        Some(size) if size < needed => {
            Some(format!("the case has {needed} next hops, and the profile declares {size} routes"))
        }
        _ => None,
    }
}

/// Looking into a mailbox needs IMAP or POP3.
fn reader(case: &Case, target: &Target) -> Option<String> {
    let mut reason = None;
    walk(case, &mut |step| {
        if let Action::EventuallyMailbox(wait) = &step.action
            && !is_elsewhere(case, &wait.account)
        {
            let inbox = wait.folder.eq_ignore_ascii_case("INBOX");
            let imap = target.place().reach(Endpoint::Imap).is_some();
            let pop3 = target.place().reach(Endpoint::Pop3).is_some();
            if !(imap || inbox && pop3) {
                reason = Some("the target has no way to look into a mailbox".to_owned());
            }
        }
    });
    reason
}

/// The route by which a case's fixture goes in: by IMAP where only that can say it.
pub(crate) fn fixture_route(case: &Case, target: &Target) -> Option<FixtureRoute> {
    if needs_append(case) && target.place().reach(Endpoint::Imap).is_some() {
        return Some(FixtureRoute::ImapAppend);
    }
    target.fixture()
}

/// Whether the fixture has what no delivery can bring: other mailboxes, flags, internal dates.
fn needs_append(case: &Case) -> bool {
    case.given.accounts.iter().flat_map(|account| &account.mailboxes).any(|mailbox| {
        let special = |message: &GivenMessage| !message.flags.is_empty() || message.internal_date.is_some();
        !mailbox.name.eq_ignore_ascii_case("INBOX") || mailbox.messages.iter().any(special)
    })
}

/// Every endpoint that the case connects to; its suite's own when it never says.
fn endpoints(case: &Case, suite: &Suite) -> BTreeSet<Endpoint> {
    let mut found = BTreeSet::new();
    walk(case, &mut |step| match &step.action {
        Action::Connect(open) | Action::Greet(open) | Action::Login(open)
            if !is_elsewhere(case, &open.account) =>
        {
            found.insert(open.endpoint);
        }
        _ => {}
    });
    if found.is_empty() {
        found.insert(Endpoint::default_of(suite.protocol));
    }
    found
}

fn walk(case: &Case, visit: &mut impl FnMut(&Step)) {
    for step in case.steps.iter().chain(&case.teardown) {
        step.walk(visit);
    }
}

/// The word of a protocol's greeting command.
pub(crate) const fn hello(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Lmtp => "LHLO",
        _ => "EHLO",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_id_a_path_or_a_glob() {
        let id = "pop3/update/dele-without-quit";
        for name in ["pop3", "pop3/", "pop3/update", id, "pop3/*/dele-*", "*/update/*"] {
            assert!(Name::new(name).fits(id), "{name}");
        }
        assert!(Name::new("imap/search/keys[all]").fits("imap/search/keys[all]"));
        assert!(Name::new("imap/search/keys").fits("imap/search/keys[all]"));
        for name in ["pop", "imap", "pop3/update/dele", "pop3/top/*"] {
            assert!(!Name::new(name).fits(id), "{name}");
        }
    }

    fn numbered(count: usize) -> Plan {
        let suite = Arc::new(Suite {
            path: String::new(),
            source: Arc::new(crate::source::SourceFile::new("x", "")),
            title: String::new(),
            protocol: Protocol::Pop3,
            cases: Vec::new(),
        });
        Plan { cases: (0..count).map(|index| Planned { suite: Arc::clone(&suite), index }).collect() }
    }

    #[test]
    fn the_parts_of_a_plan_are_all_of_it() {
        let mut seen = Vec::new();
        for part in ["1/4", "2/4", "3/4", "4/4"] {
            let mut plan = numbered(10);
            plan.keep(part.parse().unwrap());
            assert!((2..=3).contains(&plan.cases.len()), "{part}");
            seen.extend(plan.cases.iter().map(|planned| planned.index));
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        for wrong in ["0/4", "5/4", "1/0", "1", "a/b", ""] {
            assert!(wrong.parse::<Part>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_shuffle_keeps_every_case_and_depends_on_the_seed_alone() {
        let cases = numbered(50).cases;
        let order = |seed| {
            let mut plan = Plan { cases: cases.clone() };
            plan.shuffle(seed);
            plan.cases.iter().map(|planned| planned.index).collect::<Vec<_>>()
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let mut sorted = order(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    }
}
