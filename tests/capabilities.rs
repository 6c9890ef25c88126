//! Advertised means tested: each capability that the reference server declares has at least three
//! cases in which something must be granted and two in which something must be refused, left out
//! or withheld. A capability without suites fails here, also one that it declares only where a case
//! wants it set so.
//!
//! A case counts for what it `needs`, and for what its suite or itself has as a tag (in lower case):
//! what every server has, as VRFY, is no condition of a case. One that judges both can be told off as
//! either, and not twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use mailspec::script::model::{Case, Need, Protocol};
use mailspec::script::{Survey, built_in};
use mailspec::target::{Declared, EmbeddedOptions, Target};

/// The fewest cases of a capability, of either kind.
const POSITIVE: usize = 3;
const NEGATIVE: usize = 2;

/// The protocols whose capabilities are the same, with a name for them.
const FAMILIES: [(&str, &[Protocol]); 3] = [
    ("SMTP", &[Protocol::Smtp, Protocol::Submission, Protocol::Lmtp]),
    ("POP3", &[Protocol::Pop3]),
    ("IMAP", &[Protocol::Imap]),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_capability_has_positive_and_negative_cases() {
    let target = Arc::new(Target::embedded(EmbeddedOptions::default()).await.unwrap());
    let library = built_in().unwrap();
    let settings: BTreeSet<_> = library
        .suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .map(|case| case.given.settings.clone())
        .collect();
    let mut servers = Vec::new();
    for settings in &settings {
        servers.push(target.set(settings).await.unwrap());
    }
    assert!(servers.iter().any(|server| server.declared().has(Protocol::Imap, "LITERAL-")));
    let cases: Vec<(Protocol, &Case)> = library
        .suites
        .iter()
        .flat_map(|suite| suite.cases.iter().map(move |case| (suite.protocol, case)))
        .collect();
    let mut wanting = Vec::new();
    for (family, protocols) in FAMILIES {
        let all = servers.iter().flat_map(|server| declared(server.declared(), protocols));
        let capabilities: BTreeSet<String> = all.collect();
        assert!(capabilities.len() > 5, "{family}: {capabilities:?}");
        for capability in capabilities {
            let about = cases.iter().filter(|(suite, case)| is_about(*suite, case, protocols, &capability));
            let count = Count::of(about.map(|(_, case)| *case));
            if !count.is_enough() {
                wanting.push(format!("{family} {capability}: {count:?}"));
            }
        }
    }
    drop(servers);
    target.end().await.unwrap();
    let wanted = format!("{POSITIVE} positive and {NEGATIVE} negative cases each");
    assert!(wanting.is_empty(), "fewer than {wanted}:\n  {}", wanting.join("\n  "));
}

/// The cases of a capability.
#[derive(Debug, Default)]
struct Count {
    all: usize,
    positive: usize,
    negative: usize,
}

impl Count {
    fn of<'c>(cases: impl Iterator<Item = &'c Case>) -> Self {
        let mut count = Self::default();
        for case in cases {
            let survey = Survey::of(case);
            count.all += 1;
            count.positive += usize::from(survey.other > 0);
            count.negative += usize::from(survey.negative > 0);
        }
        count
    }

    /// Whether so many of either kind can be told off, none of them twice.
    const fn is_enough(&self) -> bool {
        self.positive >= POSITIVE && self.negative >= NEGATIVE && self.all >= POSITIVE + NEGATIVE
    }
}

/// What is declared, each SASL mechanism by itself, without values that a server chooses.
fn declared(declared: &Declared, protocols: &[Protocol]) -> BTreeSet<String> {
    let lines = protocols.iter().flat_map(|protocol| declared.lines(*protocol));
    let each = lines.flat_map(|line| {
        let line = line.to_ascii_uppercase();
        let mut words = line.split(' ');
        let keyword = words.next().unwrap_or_default().to_owned();
        match keyword.as_str() {
            "AUTH" | "SASL" => words.map(|mechanism| format!("AUTH={mechanism}")).collect(),
            _ => vec![keyword],
        }
    });
    each.collect()
}

/// Whether a case is there for a capability of these protocols. A SASL mechanism is the same in all.
fn is_about(suite: Protocol, case: &Case, protocols: &[Protocol], capability: &str) -> bool {
    let tagged = || case.tags.iter().any(|tag| tag.eq_ignore_ascii_case(capability));
    protocols.contains(&suite) && tagged()
        || case.needs.iter().any(|need| match need {
            Need::Capability { protocol, capability: needed } => {
                let needed = needed.to_ascii_uppercase().replace("AUTH ", "AUTH=").replace("SASL ", "AUTH=");
                let family = protocols.contains(protocol) || capability.starts_with("AUTH=");
                family && needed.split(' ').next() == Some(capability)
            }
            Need::Tls(protocol) => protocols.contains(protocol) && matches!(capability, "STARTTLS" | "STLS"),
            _ => false,
        })
}

#[test]
fn what_nobody_needs_has_no_cases() {
    let library = built_in().unwrap();
    let about = |capability| {
        let imap = library.suites.iter().filter(|suite| suite.protocol == Protocol::Imap);
        let cases = imap.flat_map(|suite| &suite.cases);
        Count::of(cases.filter(|case| is_about(Protocol::Imap, case, &[Protocol::Imap], capability)))
    };
    assert!(!about("X-NONE").is_enough());
    assert!(about("UIDPLUS").is_enough());
}
