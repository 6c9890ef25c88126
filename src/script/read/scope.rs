//! What is known at a place in a case: accounts, variables, open connections.
//!
//! Steps are read in the order in which they run, so what a step needs must
//! have been made by one before it.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::script::model::{Endpoint, GivenHop, GivenServer, Open, Protocol};
use crate::source::{Span, nearest};

/// Variables that every case has.
const BUILT_IN: [&str; 4] = ["domain", "client", "unique", "zone"];
/// What every account has.
const OF_ACCOUNT: [&str; 4] = ["address", "user", "secret", "plain"];

/// What every next hop has.
const OF_HOP: [&str; 3] = ["domain", "address", "port"];

/// What is known at a place in a case.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    accounts: Vec<String>,
    hops: Vec<String>,
    servers: Vec<String>,
    variables: BTreeSet<String>,
    connections: BTreeMap<String, Link>,
    certainty: Certainty,
}

/// Whether every step before could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// What nothing bound or opened is really missing.
    Whole,
    /// A step that was not understood may have bound or opened it; one mistake is not told twice.
    Partial,
}

/// A connection that a step before has opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    /// Where it leads.
    pub(super) endpoint: Endpoint,
    /// Whether it is still there.
    pub(super) state: LinkState,
    /// Whether the greeting is yet to be taken by the script.
    pub(super) greeting: Greeting,
    /// Which side is ours.
    pub(super) role: Role,
}

/// Which side of a connection is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// We opened it.
    Connects,
    /// We accepted it.
    Listens,
}

/// Whether a connection is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkState {
    /// It is.
    Open,
    /// The target was stopped: what it said as it went can be read, and nothing said to it.
    Ended,
    /// A step closed it, or saw it closed; the word says which.
    Gone(&'static str),
}

/// What a step does with its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It may say something.
    Speaks,
    /// It reads what came, and whether the server has closed.
    Listens,
}

/// Whether the greeting is yet to be taken by the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    /// It is the first thing a talk will see.
    Pending,
    /// It was taken.
    Taken,
}

impl Scope {
    /// The scope in which a case begins.
    pub(super) fn new(accounts: &[String]) -> Self {
        let mut variables: BTreeSet<String> = BUILT_IN.into_iter().map(str::to_owned).collect();
        for account in accounts {
            variables.extend(OF_ACCOUNT.map(|word| format!("{account}.{word}")));
        }
        Self {
            accounts: accounts.to_vec(),
            hops: Vec::new(),
            servers: Vec::new(),
            variables,
            connections: BTreeMap::new(),
            certainty: Certainty::Whole,
        }
    }

    /// What is known behind courses of which any number was taken: all that any of them bound, and
    /// each connection that one of them left open.
    pub(super) fn join(&mut self, courses: Vec<Self>) {
        let mut connections: BTreeMap<String, Link> = BTreeMap::new();
        for course in courses {
            self.variables.extend(course.variables);
            if course.certainty == Certainty::Partial {
                self.certainty = Certainty::Partial;
            }
            for (name, link) in course.connections {
                match connections.get_mut(&name) {
                    Some(known) if known.state == LinkState::Open => {}
                    Some(known) => *known = link,
                    None => drop(connections.insert(name, link)),
                }
            }
        }
        self.connections.extend(connections);
    }

    /// What is known behind branches that all ran, each with connections of its own.
    pub(super) fn gather(&mut self, branches: Vec<(Self, Vec<String>)>) {
        for (branch, names) in branches {
            self.variables.extend(branch.variables);
            if branch.certainty == Certainty::Partial {
                self.certainty = Certainty::Partial;
            }
            for name in names {
                if let Some(link) = branch.connections.get(&name) {
                    self.connections.insert(name, *link);
                }
            }
        }
    }

    /// The account that `login` uses.
    pub(super) fn first_account(&self) -> &str {
        self.accounts.first().map_or("alice", String::as_str)
    }

    /// Says that a step could not be read: who knows what it would have bound or opened.
    pub(super) fn lose_track(&mut self) {
        self.certainty = Certainty::Partial;
    }

    /// Says that a variable is bound from here on.
    pub(super) fn bind(&mut self, name: &str) {
        self.variables.insert(name.to_owned());
    }

    /// Writes down each variable that is read and not bound.
    pub(super) fn check_reads(&self, context: &mut Context<'_>, reads: &[(&str, Span)]) {
        for (name, span) in reads {
            if !self.variables.contains(*name) && self.certainty == Certainty::Whole {
                let message = format!("nothing binds `{name}` before it is read here");
                context.decoder.mistake_help(*span, message, self.help_for(name));
            }
        }
    }

    fn help_for(&self, name: &str) -> String {
        let known: Vec<&str> = self.variables.iter().map(String::as_str).collect();
        if let Some(near) = nearest(name, &known) {
            return format!("did you mean `{near}`?");
        }
        if let Some((account, word)) = name.split_once('.')
            && OF_ACCOUNT.contains(&word)
        {
            return format!("the case has no account `{account}`; name it in `given: {{accounts: […]}}`");
        }
        format!("bind it before, by `${{{name} = TYPE}}` in an `S:` line or by `let`")
    }

    /// Checks that an account is one of the case's.
    pub(super) fn check_account(&self, context: &mut Context<'_>, name: &str, span: Span) {
        if !self.accounts.iter().any(|account| account == name) {
            let message = format!("the case has no account `{name}`");
            let known: Vec<&str> = self.accounts.iter().map(String::as_str).collect();
            let help = match nearest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("name it in `given: {{accounts: [{}, {name}]}}`", self.accounts.join(", ")),
            };
            context.decoder.mistake_help(span, message, help);
        }
    }

    /// The next hops of the case.
    pub(super) fn add_hops(&mut self, hops: &[GivenHop]) {
        for hop in hops {
            self.variables.extend(OF_HOP.map(|word| format!("{}.{word}", hop.name)));
            self.hops.push(hop.name.clone());
        }
    }

    /// The further servers of the case, whose accounts are known from here on.
    pub(super) fn add_servers(&mut self, servers: &[GivenServer]) {
        for server in servers {
            self.servers.push(server.hop.clone());
            for account in &server.accounts {
                self.variables.extend(OF_ACCOUNT.map(|word| format!("{account}.{word}")));
                self.accounts.push(account.clone());
            }
        }
    }

    /// Checks that a server is one of the case's.
    pub(super) fn check_server(&self, context: &mut Context<'_>, name: &str, span: Span) {
        if !self.servers.iter().any(|server| server == name) {
            let message = format!("the case has no server `{name}`");
            let help = format!("name it in `given: {{servers: {{{name}: [bob]}}}}`");
            context.decoder.mistake_help(span, message, help);
        }
    }

    /// Checks that a next hop is one of the case's.
    pub(super) fn check_hop(&self, context: &mut Context<'_>, name: &str, span: Span) {
        if !self.hops.iter().any(|hop| hop == name) {
            let message = format!("the case has no next hop `{name}`");
            let known: Vec<&str> = self.hops.iter().map(String::as_str).collect();
            let help = match nearest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("name it in `given: {{next-hops: [{name}]}}`"),
            };
            context.decoder.mistake_help(span, message, help);
        }
    }

    /// Says that a connection is open from here on.
    pub(super) fn open(&mut self, open: &Open, greeting: Greeting) {
        let link = Link { endpoint: open.endpoint, state: LinkState::Open, greeting, role: Role::Connects };
        self.connections.insert(open.name.clone(), link);
    }

    /// Says that a connection was accepted, and is open from here on.
    pub(super) fn accept(&mut self, name: &str) {
        let (endpoint, state) = (Endpoint::Smtp, LinkState::Open);
        let link = Link { endpoint, state, greeting: Greeting::Taken, role: Role::Listens };
        self.connections.insert(name.to_owned(), link);
    }

    /// Which side of a connection is ours.
    pub(super) fn role(&self, name: &str) -> Role {
        self.connections.get(name).map_or(Role::Connects, |link| link.role)
    }

    /// Says that a connection is gone from here on.
    pub(super) fn close(&mut self, name: &str, by: &'static str) {
        if let Some(link) = self.connections.get_mut(name) {
            link.state = LinkState::Gone(by);
        }
    }

    /// Says that the target was stopped, and nothing but reading is left.
    pub(super) fn end_all(&mut self) {
        for link in self.connections.values_mut().filter(|link| link.state == LinkState::Open) {
            link.state = LinkState::Ended;
        }
    }

    /// Says that all connections are gone from here on.
    pub(super) fn close_all(&mut self, by: &'static str) {
        for link in self.connections.values_mut() {
            link.state = LinkState::Gone(by);
        }
    }

    /// Says that the script has taken the greeting; returns whether this was it.
    pub(super) fn take_greeting(&mut self, name: &str) -> Greeting {
        match self.connections.get_mut(name) {
            Some(link) => std::mem::replace(&mut link.greeting, Greeting::Taken),
            None => Greeting::Taken,
        }
    }

    /// The connection that a step is about; one that is not open is a mistake.
    /// It is told once: the connection counts as open from there on.
    pub(super) fn link(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        span: Span,
        used: Use,
    ) -> Option<Link> {
        let link = self.connections.get(name).copied();
        match link {
            Some(Link { state: LinkState::Open, .. }) => {}
            Some(Link { state: LinkState::Ended, .. }) if used == Use::Listens => {}
            Some(Link { state: LinkState::Ended, .. }) => {
                let message = format!("nothing can be said on `{name}`: `restart` ended it");
                let help = "read what came with `S:` lines or `closed`, or open it again with `login`";
                context.decoder.mistake_help(span, message, help);
            }
            Some(Link { state: LinkState::Gone(by), .. }) => {
                let message = format!("the connection `{name}` is gone: {by}");
                context.decoder.mistake_help(
                    span,
                    message,
                    "open it again with `connect`, `greet` or `login`",
                );
            }
            None if self.certainty == Certainty::Partial => {}
            None => {
                let message = format!("no step before opens the connection `{name}`");
                let known: Vec<&str> = self.connections.keys().map(String::as_str).collect();
                let help = match nearest(name, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if name == "main" => "begin with `login`, `greet` or `connect`".to_owned(),
                    None => format!("open it with `login: {{name: {name}}}`, `greet` or `connect`"),
                };
                context.decoder.mistake_help(span, message, help);
                let endpoint = Endpoint::default_of(context.protocol);
                let (state, greeting) = (LinkState::Open, Greeting::Taken);
                let link = Link { endpoint, state, greeting, role: Role::Connects };
                self.connections.insert(name.to_owned(), link);
            }
        }
        link
    }

    /// A connection that a step before has opened, whether still there or not.
    pub(super) fn find(&self, name: &str) -> Option<Link> {
        self.connections.get(name).copied()
    }

    /// The protocol spoken on a connection; the suite's when it is not known.
    pub(super) fn protocol(&self, context: &Context<'_>, name: &str) -> Protocol {
        self.connections.get(name).map_or(context.protocol, |link| link.endpoint.protocol())
    }
}
