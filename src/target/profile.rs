//! `profile.yaml`: what a foreign target is, where it listens, and what may be done with it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::account::Account;
use super::lifecycle::Commands;
use super::probe::Expected;
use crate::script::model::{Endpoint, Protocol, Settings};
use crate::script::read::{Users, settings};
use crate::source::{Decoder, Diagnostic, Diagnostics, Fields, Node, SourceFile, Value, parse};

/// A foreign target, as its profile says.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its short name.
    pub name: String,
    /// The software, for reports.
    pub software: Option<String>,
    /// The domain its accounts are in.
    pub domain: String,
    /// `host:port` of each endpoint.
    pub endpoints: BTreeMap<Endpoint, String>,
    /// Its TLS.
    pub tls: TlsProfile,
    /// Accounts that cases may lease.
    pub accounts: Vec<Account>,
    /// The files of their client certificates, by user; read once the server has started, which may
    /// make them.
    pub certificates: Certificates,
    /// Commands that start and end it.
    pub lifecycle: Commands,
    /// Policies that it lists.
    pub policies: Vec<String>,
    /// Connections it takes at once.
    pub connections: Option<usize>,
    /// Time limit of each wait in set-up and look-up.
    pub patience: Option<Duration>,
    /// How fixtures are put there.
    pub fixture: Option<FixtureRoute>,
    /// Whether accounts are emptied when they are leased.
    pub cleaning: Cleaning,
    /// Domains whose mail it hands to a port at which the harness listens.
    pub routes: Vec<RouteProfile>,
    /// What the target is expected to declare.
    pub expects: Vec<Expected>,
    /// How the target is set, as far as cases may want to know.
    pub settings: Settings,
    /// The folder of the profile: relative paths and commands start there.
    pub folder: PathBuf,
}

/// The files of client certificates, by the user whom each lets in.
pub type Certificates = BTreeMap<String, CertificateFiles>;

/// The files of a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

/// What a profile says of TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsProfile {
    /// PEM file of the authority to trust; any certificate will do without one.
    pub authority: Option<PathBuf>,
    /// The name to ask for.
    pub name: Option<String>,
}

/// A domain whose mail the target hands to a port at which the harness listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteProfile {
    /// The domain.
    pub domain: String,
    /// Where the target hands its mail over.
    pub listen: SocketAddr,
}

/// Whether accounts are emptied when they are leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cleaning {
    /// By IMAP or POP3, before each case.
    #[default]
    Leased,
    /// Never: the target gives accounts that are empty.
    Never,
}

/// How fixtures are put into accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixtureRoute {
    /// IMAP APPEND: flags and internal dates hold.
    ImapAppend,
    /// Delivered by LMTP.
    Lmtp,
    /// Delivered by SMTP.
    Smtp,
}

const KEYS: [&str; 14] = [
    "name",
    "software",
    "domain",
    "endpoints",
    "tls",
    "accounts",
    "lifecycle",
    "policies",
    "limits",
    "fixture",
    "cleaning",
    "routes",
    "expects",
    "settings",
];

/// Routes that `count` may ask for.
const MAX_ROUTES: usize = 1000;

/// Accounts that `count` may ask for.
const MAX_ACCOUNTS: usize = 10_000;

impl Profile {
    /// Reads a profile: the file, or the `profile.yaml` of a folder.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn read(path: &Path) -> Result<Self, Diagnostics> {
        let path = if path.is_dir() { path.join("profile.yaml") } else { path.to_owned() };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let file = Arc::new(SourceFile::new(&path, ""));
                let message = format!("cannot be read: {error}");
                return Err(Diagnostics::new(vec![Diagnostic::error(&file, Default::default(), message)]));
            }
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        Self::parse(&Arc::new(SourceFile::new(&path, text)), folder)
    }

    /// Reads a profile's text; `folder` is where relative paths start.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(file: &Arc<SourceFile>, folder: PathBuf) -> Result<Self, Diagnostics> {
        let node = parse(file).map_err(Diagnostics::new)?;
        let mut decoder = Decoder::new(file);
        let profile = read_profile(&mut decoder, &node, folder);
        match profile {
            Some(profile) if decoder.mistakes() == 0 => Ok(profile),
            _ => Err(decoder.finish()),
        }
    }
}

fn read_profile(decoder: &mut Decoder, node: &Node, folder: PathBuf) -> Option<Profile> {
    let what = "a profile";
    let fields = decoder.fields(node, what, &KEYS)?;
    let name = decoder.required(&fields, what, "name").and_then(|node| decoder.sentence(node, "`name`"));
    let software = fields.get("software").and_then(|node| decoder.sentence(node, "`software`"));
    let domain =
        decoder.required(&fields, what, "domain").and_then(|node| decoder.sentence(node, "`domain`"));
    let endpoints = decoder.required(&fields, what, "endpoints").map(|node| endpoints(decoder, node));
    let tls = fields.get("tls").map(|node| tls(decoder, node, &folder)).unwrap_or_default();
    let accounts = decoder
        .required(&fields, what, "accounts")
        .map(|node| accounts(decoder, node, domain.as_deref().unwrap_or_default(), &folder));
    let lifecycle = fields.get("lifecycle").map(|node| lifecycle(decoder, node)).unwrap_or_default();
    let policies = fields.get("policies").map(|node| decoder.words(node, "`policies`")).unwrap_or_default();
    let (connections, patience) = fields.get("limits").map(|node| limits(decoder, node)).unwrap_or_default();
    let cleaning = fields.get("cleaning").and_then(|node| decoder.choice(node, "way of cleaning", &CLEANING));
    let fixture = fields.get("fixture").and_then(|node| decoder.choice(node, "way of fixtures", &ROUTES));
    let routes = fields.get("routes").map(|node| routes(decoder, node)).unwrap_or_default();
    let expects = fields.get("expects").map(|node| expects(decoder, node)).unwrap_or_default();
    let settings = fields.get("settings").map(|node| settings(decoder, node, Users::Nobody));
    for one in &expects {
        let reached =
            endpoints.iter().flat_map(BTreeMap::keys).any(|endpoint| endpoint.protocol() == one.protocol);
        if !reached && let Some(node) = fields.get("expects") {
            let message =
                format!("nothing can be declared by `{}`: no endpoint speaks it", one.protocol.as_str());
            decoder.mistake(node.span, message);
            break;
        }
    }
    let (accounts, certificates) = accounts?;
    Some(Profile {
        name: name?,
        software,
        domain: domain?,
        endpoints: endpoints?,
        tls,
        accounts,
        certificates,
        lifecycle,
        policies,
        connections,
        patience,
        fixture,
        cleaning: cleaning.unwrap_or_default(),
        routes,
        expects,
        settings: settings.unwrap_or_default(),
        folder,
    })
}

const ROUTES: [(&str, FixtureRoute); 3] =
    [("imap-append", FixtureRoute::ImapAppend), ("lmtp", FixtureRoute::Lmtp), ("smtp", FixtureRoute::Smtp)];

const CLEANING: [(&str, Cleaning); 2] = [("leased", Cleaning::Leased), ("never", Cleaning::Never)];

fn endpoints(decoder: &mut Decoder, node: &Node) -> BTreeMap<Endpoint, String> {
    let known = Endpoint::ALL.map(Endpoint::as_str);
    let mut found = BTreeMap::new();
    let Some(fields) = decoder.fields(node, "`endpoints`", &known) else { return found };
    for entry in fields.entries {
        let endpoint = Endpoint::ALL.into_iter().find(|endpoint| endpoint.as_str() == entry.key);
        let address = decoder.sentence(&entry.value, "an endpoint");
        let (Some(endpoint), Some(address)) = (endpoint, address) else { continue };
        let port = address.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if matches!(port, Some(Ok(1..))) {
            found.insert(endpoint, address);
        } else {
            let help = "a host and a port, as `127.0.0.1:2143`";
            decoder.mistake_help(entry.value.span, format!("`{address}` is no endpoint"), help);
        }
    }
    found
}

fn tls(decoder: &mut Decoder, node: &Node, folder: &Path) -> TlsProfile {
    let Some(fields) = decoder.fields(node, "`tls`", &["ca", "name", "verify"]) else {
        return TlsProfile::default();
    };
    let authority = fields.get("ca").and_then(|node| decoder.sentence(node, "`ca`"));
    let verify = fields.get("verify").and_then(|node| decoder.boolean(node, "choice for `verify`"));
    if verify == Some(true) && authority.is_none() {
        decoder.mistake_help(fields.span, "nothing to verify certificates with", "add `ca: FILE`");
    }
    TlsProfile {
        authority: authority.filter(|_| verify != Some(false)).map(|path| folder.join(path)),
        name: fields.get("name").and_then(|node| decoder.sentence(node, "`name`")),
    }
}

const ACCOUNT: [&str; 6] = ["user", "address", "secret", "token", "certificate", "key"];

fn accounts(decoder: &mut Decoder, node: &Node, domain: &str, folder: &Path) -> (Vec<Account>, Certificates) {
    if let Value::Mapping(_) = node.value {
        return counted_accounts(decoder, node, domain, folder);
    }
    let (mut found, mut certificates) = (Vec::new(), Certificates::new());
    for item in decoder.list(node, "`accounts`").unwrap_or_default() {
        let what = "an account";
        let Some(fields) = decoder.fields(item, what, &ACCOUNT) else { continue };
        let user = decoder.required(&fields, what, "user").and_then(|node| decoder.sentence(node, "`user`"));
        let secret =
            decoder.required(&fields, what, "secret").and_then(|node| decoder.sentence(node, "`secret`"));
        let address = fields.get("address").and_then(|node| decoder.sentence(node, "`address`"));
        if let (Some(user), Some(secret)) = (user, secret) {
            let address = address.unwrap_or_else(|| address_of(&user, domain));
            let token = fields.get("token").and_then(|node| decoder.sentence(node, "`token`"));
            if let Some(files) = certificate(decoder, &fields, folder) {
                certificates.insert(user.clone(), files);
            }
            found.push(Account { user, address, secret, token, certificate: None });
        }
    }
    (found, certificates)
}

/// `{count: 8, user: "user{n}", secret: "user{n}-secret"}`.
fn counted_accounts(
    decoder: &mut Decoder,
    node: &Node,
    domain: &str,
    folder: &Path,
) -> (Vec<Account>, Certificates) {
    let what = "`accounts`";
    let keys = ["count", "user", "address", "secret", "token", "certificate", "key"];
    let Some(fields) = decoder.fields(node, what, &keys) else { return Default::default() };
    let count = decoder
        .required(&fields, what, "count")
        .and_then(|node| decoder.number(node, "`count`", MAX_ACCOUNTS));
    let user = decoder.required(&fields, what, "user").and_then(|node| decoder.sentence(node, "`user`"));
    let secret =
        decoder.required(&fields, what, "secret").and_then(|node| decoder.sentence(node, "`secret`"));
    let address = fields.get("address").and_then(|node| decoder.sentence(node, "`address`"));
    let token = fields.get("token").and_then(|node| decoder.sentence(node, "`token`"));
    let files = certificate(decoder, &fields, folder);
    let (Some(count), Some(user), Some(secret)) = (count, user, secret) else { return Default::default() };
    if !user.contains("{n}") {
        let span = fields.get("user").map_or(fields.span, |node| node.span);
        decoder.mistake_help(span, "every account has the same user", "write `{n}` where its number stands");
    }
    let nth = |text: &str, n: usize| text.replace("{n}", &n.to_string());
    let certificates = files.into_iter().flat_map(|files| {
        let path = |path: &Path, n| PathBuf::from(nth(&path.to_string_lossy(), n));
        let user = &user;
        (1..=count).map(move |n| {
            let files =
                CertificateFiles { certificate: path(&files.certificate, n), key: path(&files.key, n) };
            (nth(user, n), files)
        })
    });
    let certificates = certificates.collect();
    let accounts = (1..=count)
        .map(|n| {
            let user = nth(&user, n);
            let address = address.as_ref().map_or_else(|| address_of(&user, domain), |text| nth(text, n));
            let token = token.as_ref().map(|text| nth(text, n));
            Account { user, address, secret: nth(&secret, n), token, certificate: None }
        })
        .collect();
    (accounts, certificates)
}

/// The files of a client certificate, of which there must be both.
fn certificate(decoder: &mut Decoder, fields: &Fields<'_>, folder: &Path) -> Option<CertificateFiles> {
    let certificate = fields.get("certificate").and_then(|node| decoder.sentence(node, "`certificate`"));
    let key = fields.get("key").and_then(|node| decoder.sentence(node, "`key`"));
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Some(CertificateFiles { certificate: folder.join(certificate), key: folder.join(key) })
        }
        (None, None) => None,
        _ => {
            let message = "a client certificate needs both its files";
            decoder.mistake_help(fields.span, message, "add `certificate: FILE` and `key: FILE`");
            None
        }
    }
}

/// `{imap: [IDLE, AUTH=PLAIN, tls], pop3: [UIDL]}`.
fn expects(decoder: &mut Decoder, node: &Node) -> Vec<Expected> {
    let known = Protocol::ALL.map(Protocol::as_str);
    let Some(fields) = decoder.fields(node, "`expects`", &known) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in fields.entries {
        let Some(protocol) = Protocol::ALL.into_iter().find(|known| known.as_str() == entry.key) else {
            continue;
        };
        let what = format!("`{}`", entry.key);
        for item in decoder.list(&entry.value, &what).unwrap_or_default() {
            let Some(capability) = decoder.sentence(item, "a capability") else { continue };
            found.push(Expected { protocol, capability });
        }
    }
    found
}

/// `[{domain: hop1.example, listen: 127.0.0.1:2601}, …]`.
fn routes(decoder: &mut Decoder, node: &Node) -> Vec<RouteProfile> {
    if let Value::Mapping(_) = node.value {
        return counted_routes(decoder, node);
    }
    let mut found: Vec<RouteProfile> = Vec::new();
    for item in decoder.list(node, "`routes`").unwrap_or_default() {
        let what = "a route";
        let Some(fields) = decoder.fields(item, what, &["domain", "listen"]) else { continue };
        let domain = decoder.required(&fields, what, "domain");
        let domain = domain.and_then(|node| decoder.sentence(node, "`domain`"));
        let Some(node) = decoder.required(&fields, what, "listen") else { continue };
        let Some(text) = decoder.sentence(node, "`listen`") else { continue };
        let Ok(listen) = text.parse::<SocketAddr>() else {
            let help = "an IP address and a port, as `127.0.0.1:2601`";
            decoder.mistake_help(node.span, format!("`{text}` is nothing to listen at"), help);
            continue;
        };
        let Some(domain) = domain else { continue };
        if found.iter().any(|one| one.domain == domain || one.listen == listen) {
            decoder.mistake(item.span, "another route has this domain or this address already");
        }
        found.push(RouteProfile { domain, listen });
    }
    found
}

/// `{count: 8, domain: "hop{n}.example", listen: 127.0.0.1:2601}`: one port behind the other.
fn counted_routes(decoder: &mut Decoder, node: &Node) -> Vec<RouteProfile> {
    let what = "`routes`";
    let Some(fields) = decoder.fields(node, what, &["count", "domain", "listen"]) else { return Vec::new() };
    let count = decoder.required(&fields, what, "count");
    let count = count.and_then(|node| decoder.number(node, "`count`", MAX_ROUTES));
    let domain = decoder.required(&fields, what, "domain");
    let domain = domain.and_then(|node| decoder.sentence(node, "`domain`"));
    let first = decoder.required(&fields, what, "listen");
    let first = first.and_then(|node| Some((decoder.sentence(node, "`listen`")?, node.span)));
    let (Some(count), Some(domain), Some((first, span))) = (count, domain, first) else { return Vec::new() };
    if !domain.contains("{n}") {
        let help = "write `{n}` where its number stands";
        decoder.mistake_help(fields.span, "every route has the same domain", help);
    }
    let Ok(first) = first.parse::<SocketAddr>() else {
        let help = "an IP address and the first port, as `127.0.0.1:2601`";
        decoder.mistake_help(span, format!("`{first}` is nothing to listen at"), help);
        return Vec::new();
    };
    let ports = (first.port()..=u16::MAX).zip(1..=count);
    ports
        .map(|(port, n)| RouteProfile {
            domain: domain.replace("{n}", &n.to_string()),
            listen: SocketAddr::new(first.ip(), port),
        })
        .collect()
}

fn address_of(user: &str, domain: &str) -> String {
    if user.contains('@') { user.to_owned() } else { format!("{user}@{domain}") }
}

fn lifecycle(decoder: &mut Decoder, node: &Node) -> Commands {
    let keys = ["start", "stop", "restart", "kill", "ready"];
    let Some(fields) = decoder.fields(node, "`lifecycle`", &keys) else { return Commands::default() };
    let ready = fields.get("ready").and_then(|node| decoder.duration(node, "`ready`"));
    let mut command =
        |key: &str| fields.get(key).and_then(|node| decoder.sentence(node, &format!("`{key}`")));
    Commands {
        start: command("start"),
        stop: command("stop"),
        restart: command("restart"),
        kill: command("kill"),
        ready,
    }
}

/// Connections at once, and the time limit of each wait in set-up.
fn limits(decoder: &mut Decoder, node: &Node) -> (Option<usize>, Option<Duration>) {
    let Some(fields) = decoder.fields(node, "`limits`", &["connections", "wait"]) else {
        return (None, None);
    };
    let connections = fields.get("connections");
    let connections = connections.and_then(|node| decoder.number(node, "`connections`", 100_000));
    let wait = fields.get("wait").and_then(|node| decoder.duration(node, "`wait`"));
    (connections, wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Profile, Diagnostics> {
        Profile::parse(&Arc::new(SourceFile::new("profile.yaml", text)), PathBuf::from("targets/x"))
    }

    #[test]
    fn a_whole_profile_is_read() {
        let profile = read(
            "name: dovecot\nsoftware: Dovecot\ndomain: example.test\n\
             endpoints: {imap: '127.0.0.1:2143', lmtp: '127.0.0.1:2424'}\n\
             tls: {ca: state/ca.pem, name: localhost}\n\
             accounts: {count: 3, user: 'user{n}', secret: 'user{n}-secret'}\n\
             lifecycle: {start: ./server.sh start, kill: ./server.sh kill, ready: 20s}\n\
             policies: [relay-denied]\nlimits: {connections: 50}\nfixture: lmtp\n\
             routes: [{domain: hop1.example, listen: '127.0.0.1:2601'}]\n",
        )
        .unwrap();
        assert_eq!(profile.endpoints.get(&Endpoint::Lmtp).map(String::as_str), Some("127.0.0.1:2424"));
        assert_eq!(profile.accounts.len(), 3);
        let last = profile.accounts.last().unwrap();
        assert_eq!((last.address.as_str(), last.secret.as_str()), ("user3@example.test", "user3-secret"));
        assert_eq!(profile.tls.authority, Some(PathBuf::from("targets/x/state/ca.pem")));
        assert_eq!(profile.lifecycle.kill.as_deref(), Some("./server.sh kill"));
        assert_eq!(profile.fixture, Some(FixtureRoute::Lmtp));
        let route =
            RouteProfile { domain: "hop1.example".to_owned(), listen: "127.0.0.1:2601".parse().unwrap() };
        assert_eq!(profile.routes, [route]);
    }

    #[test]
    fn what_is_expected_is_read_for_protocols_that_have_an_endpoint() {
        let profile = |expects: &str| {
            let endpoints = "{imaps: '127.0.0.1:1'}";
            read(&format!(
                "name: x\ndomain: example.test\nendpoints: {endpoints}\naccounts: []\nexpects: {expects}\n"
            ))
        };
        let read = profile("{imap: [IDLE, 'AUTH=PLAIN']}").unwrap();
        assert_eq!(read.expects.len(), 2);
        assert_eq!(
            read.expects[1],
            Expected { protocol: Protocol::Imap, capability: "AUTH=PLAIN".to_owned() }
        );
        for (wrong, why) in
            [("{imapx: [IDLE]}", "no key"), ("{pop3: [UIDL]}", "no endpoint"), ("{imap: IDLE}", "list")]
        {
            let mistakes: Vec<String> =
                profile(wrong).unwrap_err().into_iter().map(|one| one.message).collect();
            assert!(mistakes.iter().any(|message| message.contains(why)), "{mistakes:?}");
        }
    }

    #[test]
    fn client_certificates_are_numbered_as_the_accounts_are() {
        let profile = read(
            "name: x\ndomain: example.test\nendpoints: {}\n\
             accounts: {count: 2, user: 'user{n}', secret: x, certificate: 'state/user{n}.pem', key: 'state/user{n}.key'}\n",
        )
        .unwrap();
        let files = profile.certificates.get("user2").unwrap();
        assert_eq!(files.certificate, PathBuf::from("targets/x/state/user2.pem"));
        assert_eq!(files.key, PathBuf::from("targets/x/state/user2.key"));
        let half = read(
            "name: x\ndomain: example.test\nendpoints: {}\naccounts: [{user: a, secret: x, certificate: a.pem}]\n",
        );
        assert!(half.unwrap_err().into_iter().any(|one| one.message.contains("both its files")));
    }

    #[test]
    fn routes_that_are_counted_have_one_port_behind_the_other() {
        let profile = read(
            "name: x\ndomain: example.test\nendpoints: {}\naccounts: []\n\
             routes: {count: 2, domain: 'hop{n}.example', listen: '127.0.0.1:2601'}\n",
        )
        .unwrap();
        let routes: Vec<_> =
            profile.routes.iter().map(|route| (route.domain.as_str(), route.listen.port())).collect();
        assert_eq!(routes, [("hop1.example", 2601), ("hop2.example", 2602)]);
    }

    #[test]
    fn all_mistakes_of_a_profile_are_told() {
        let mistakes = read(
            "name: x\nendpoints: {imap: nowhere, imapx: '127.0.0.1:1'}\naccounts: [{user: a}]\nfixture: post\nlimit: 3\nroutes: [{domain: a, listen: b}]\n",
        )
        .unwrap_err();
        let messages: Vec<String> = mistakes.into_iter().map(|one| one.message).collect();
        // The key, the domain, the address, the endpoint, the secret, the way of fixtures, the route.
        assert_eq!(messages.len(), 7, "{messages:#?}");
    }
}
