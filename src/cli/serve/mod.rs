//! `mailspec serve`: the reference server.

mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use std::io::Write;

use reference_server::{
    AddressVerification, Builder, Intake, Limits, Literals, MaildropPolicy, PlaintextAuthentication, Quota,
    RecoverableSecrets, RelayTls, Schedule, Server, Service, Storage, SubmissionPolicy, SubmittedFields,
    SubmittingSenders, Timeouts,
};

use self::values::{
    Account, Etrn, Listen, MailingList, Own, Route, Setting, Stay, Wait, fingerprint, loopback, token,
};
use super::{Status, complain};

/// Accounts of a server that was told of none.
const DEFAULT_ACCOUNTS: [&str; 2] = ["alice@example.test:alice-secret", "bob@example.test:bob-secret"];

/// What `mailspec serve` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
ADDR is ADDRESS:PORT, or PORT alone for 127.0.0.1, or `off`; port 0 is any free port. When the server \
accepts connections it prints one line a listener, `smtp 127.0.0.1:2525`, and then `ready`. SIGTERM or \
SIGINT ends it.")]
pub(crate) struct Args {
    /// Keep mail, accounts and certificates in this folder; it is made where it is missing.
    #[arg(long, value_name = "DIR", default_value = "mailspec-data")]
    dir: PathBuf,
    /// Keep everything in memory; it is gone with the server.
    #[arg(long, conflicts_with = "dir")]
    memory: bool,
    /// SMTP, mail from other servers [default: 127.0.0.1:2525].
    #[arg(long, value_name = "ADDR")]
    smtp: Option<Listen>,
    /// Submission, mail from users [default: 127.0.0.1:2587].
    #[arg(long, value_name = "ADDR")]
    submission: Option<Listen>,
    /// Submission with TLS from the first byte [default: 127.0.0.1:2465].
    #[arg(long, value_name = "ADDR")]
    submissions: Option<Listen>,
    /// LMTP, local delivery [default: 127.0.0.1:2424].
    #[arg(long, value_name = "ADDR")]
    lmtp: Option<Listen>,
    /// POP3 [default: 127.0.0.1:2110].
    #[arg(long, value_name = "ADDR")]
    pop3: Option<Listen>,
    /// POP3 with TLS from the first byte [default: 127.0.0.1:2995].
    #[arg(long, value_name = "ADDR")]
    pop3s: Option<Listen>,
    /// IMAP [default: 127.0.0.1:2143].
    #[arg(long, value_name = "ADDR")]
    imap: Option<Listen>,
    /// IMAP with TLS from the first byte [default: 127.0.0.1:2993].
    #[arg(long, value_name = "ADDR")]
    imaps: Option<Listen>,
    /// Webmail: not there yet, and refused as such.
    #[arg(long, value_name = "ADDR")]
    http: Option<Listen>,
    /// An account, `alice@example.test:alice-secret`; made where it is new. May be repeated; with
    /// none there are alice and bob at example.test, with the secrets alice-secret and bob-secret.
    #[arg(long = "account", value_name = "ADDRESS:SECRET")]
    accounts: Vec<Account>,
    /// A domain whose addresses are local, besides those of the accounts. May be repeated.
    #[arg(long = "domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// A mailing list: `team@example.test=alice@example.test,bob@example.test`. May be repeated. What
    /// comes back from its members goes to postmaster of its domain.
    #[arg(long = "list", value_name = "ADDRESS=MEMBER,...")]
    lists: Vec<MailingList>,
    /// Answer VRFY and EXPN by 252 whatever they ask.
    #[arg(long)]
    withhold_addresses: bool,
    /// Take submissions only from senders whose own address MAIL gives.
    #[arg(long)]
    own_sender: bool,
    /// Leave submitted messages as they are: add no From, Sender, Date or Message-ID, and refuse no
    /// addresses in header fields.
    #[arg(long)]
    submit_as_is: bool,
    /// How much the server takes, as in `recipients=200`: connections, address-connections (of one address
    /// that is not this machine's), message-octets, recipients (of a message), transactions and recipient-domains (of a session; no limit by default),
    /// command-octets, hops, errors, failed-logins (of a session, before the server hangs up). May be
    /// repeated.
    #[arg(long = "limit", value_name = "NAME=NUMBER")]
    limits: Vec<Setting>,
    /// How long the server waits, in seconds or with a unit, as in `smtp=300` or `imap=500ms`: smtp, pop3
    /// and imap (for a command), login (over IMAP), write, handshake, shutdown, login-delay (at most,
    /// before an attempt from another machine from
    /// whose address many have failed). May be repeated.
    #[arg(long = "timeout", value_name = "NAME=TIME")]
    timeouts: Vec<Wait>,
    /// When mail that could not be handed over is tried again, in seconds or with a unit, as in
    /// `first-wait=300`, `give-up-after=2d`: first-wait, longest-wait (each wait is twice the one before, up to this), tell-delay-after,
    /// give-up-after. May be repeated.
    #[arg(long = "retry", value_name = "NAME=TIME")]
    retries: Vec<Wait>,
    /// Hand mail for a domain over to a server, for users who have logged in:
    /// `example.org=127.0.0.1:2526`; `*` stands for every other domain, and USER:SECRET@ before the
    /// host logs in there. May be repeated.
    #[arg(long = "route", value_name = "DOMAIN=HOST:PORT")]
    routes: Vec<Route>,
    /// Ask this name server where mail for other domains goes (MX records), for users who have
    /// logged in; a --route goes before it. Without it and a route nothing is relayed.
    #[arg(long, value_name = "ADDRESS:PORT")]
    resolver: Option<SocketAddr>,
    /// The port of the servers that --resolver finds.
    #[arg(long, value_name = "PORT", default_value_t = 25)]
    relay_port: u16,
    /// Is TLS used towards other servers?
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Tls::Opportunistic)]
    relay_tls: Tls,
    /// Let ETRN start what waits for a domain and those below it, asked from these addresses or, where none
    /// is named, from anywhere. Without it all may ask for all. May be repeated.
    #[arg(long, value_name = "DOMAIN[=ADDRESS,...]")]
    etrn: Vec<Etrn>,
    /// Take no mail from other servers: SMTP greets with 521; submission and the rest stay.
    #[arg(long)]
    no_mail: bool,
    /// The certificates (PEM) of the authorities that are believed where other servers' certificates
    /// are verified: by --relay-tls verified, and for mail with REQUIRETLS.
    #[arg(long, value_name = "FILE")]
    relay_ca: Option<PathBuf>,
    /// The name by which the server greets.
    #[arg(long, value_name = "NAME", default_value = "mail.example.test")]
    hostname: String,
    /// Break one requirement on purpose (see `mailspec list deviations`). May be repeated.
    #[arg(long = "deviation", value_name = "ID")]
    deviations: Vec<String>,
    /// How much each account may keep, in kilobytes.
    #[arg(long, value_name = "KILOBYTES")]
    quota_storage: Option<u64>,
    /// How many messages each account may keep.
    #[arg(long, value_name = "NUMBER")]
    quota_messages: Option<u64>,
    /// How many mailboxes each account may have, INBOX among them.
    #[arg(long, value_name = "NUMBER")]
    quota_mailboxes: Option<u64>,
    /// Seconds that must pass between two logins of a user over POP3 (LOGIN-DELAY); for one account
    /// alone where its address stands before them. May be repeated.
    #[arg(long, value_name = "[ADDRESS=]SECONDS")]
    pop3_login_delay: Vec<Own<u32>>,
    /// Remove mail from INBOX after so many days (EXPIRE); 0: what POP3 has retrieved, when its session
    /// ends with QUIT; `never`: mail stays, as it does without this. For one account alone where its
    /// address stands before them. May be repeated.
    #[arg(long, value_name = "[ADDRESS=]DAYS")]
    pop3_expire: Vec<Own<Stay>>,
    /// Which literals IMAP clients may send without being asked for them.
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = Unasked::Plus)]
    literals: Unasked,
    /// Let users set their own quotas (IMAP SETQUOTA): for tests of programs that set them.
    #[arg(long)]
    quota_set: bool,
    /// Leave an IMAP extension out: neither advertise it nor have its commands (UNAUTHENTICATE where
    /// nobody needs it, or what a mail program has to do without). May be repeated.
    #[arg(long = "without", value_name = "CAPABILITY")]
    without: Vec<String>,
    /// Who may send a password without TLS.
    #[arg(long, value_name = "WHO", value_enum, default_value_t = Plaintext::Loopback)]
    plaintext_auth: Plaintext,
    /// Offer CRAM-MD5. It costs that passwords are kept as they are, so that whoever reads DIR has
    /// them; without it only keys are kept, from which no password can be computed.
    #[arg(long)]
    cram_md5: bool,
    /// Take this bearer token for this account, and offer OAUTHBEARER and XOAUTH2.
    #[arg(long, value_name = "ADDRESS=TOKEN", value_parser = token)]
    token: Vec<(String, String)>,
    /// Ask clients for a certificate, and let those in by SASL EXTERNAL whose certificate one of the
    /// authorities in this file (PEM) has signed, as the account whose address stands in it
    /// (rfc822Name in subjectAltName).
    #[arg(long, value_name = "FILE")]
    client_ca: Option<PathBuf>,
    /// Let whoever has the certificate of this SHA-256 fingerprint (64 hexadecimal digits, with or
    /// without colons) in as this account by SASL EXTERNAL, whoever has signed it. May be repeated.
    #[arg(long = "client-cert", value_name = "ADDRESS=SHA256", value_parser = fingerprint)]
    client_certs: Vec<(String, [u8; 32])>,
}

/// Who may send a password without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Plaintext {
    /// Clients on this machine.
    Loopback,
    /// Everybody.
    Everywhere,
    /// Nobody.
    Never,
}

/// Is TLS used towards other servers?
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Tls {
    /// Where they offer it.
    Opportunistic,
    /// Always; mail waits for servers without it.
    Required,
    /// Always, and the certificate must be for the server's name and from an authority of
    /// --relay-ca.
    Verified,
    /// Never.
    Never,
}

/// Which literals may come unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Unasked {
    /// All (LITERAL+).
    Plus,
    /// Those of at most 4096 octets (LITERAL-).
    Minus,
}

impl Args {
    fn listen(&self, service: Service) -> Option<Listen> {
        match service {
            Service::Smtp => self.smtp,
            Service::Submission => self.submission,
            Service::Submissions => self.submissions,
            Service::Lmtp => self.lmtp,
            Service::Pop3 => self.pop3,
            Service::Pop3s => self.pop3s,
            Service::Imap => self.imap,
            Service::Imaps => self.imaps,
        }
    }

    /// The limits and times that were asked for.
    fn bounds(&self) -> Result<(Limits, Timeouts, Schedule), String> {
        let (mut limits, mut timeouts) = (Limits::default(), Timeouts::default());
        let mut schedule = Schedule::default();
        for Setting { name, value } in &self.limits {
            if !limits.set(name, *value) {
                return Err(format!("--limit: no {name:?}: there are {}", Limits::NAMES.join(", ")));
            }
        }
        for Wait { name, time } in &self.timeouts {
            if !timeouts.set(name, *time) {
                return Err(format!("--timeout: no {name:?}: there are {}", Timeouts::NAMES.join(", ")));
            }
        }
        for Wait { name, time } in &self.retries {
            if !schedule.set(name, *time) {
                return Err(format!("--retry: no {name:?}: there are {}", Schedule::NAMES.join(", ")));
            }
        }
        Ok((limits, timeouts, schedule))
    }

    fn builder(&self, (limits, timeouts, schedule): (Limits, Timeouts, Schedule)) -> Builder {
        let storage = if self.memory { Storage::Memory } else { Storage::Directory(self.dir.clone()) };
        let secrets = if self.cram_md5 { RecoverableSecrets::Kept } else { RecoverableSecrets::Never };
        let mut builder = Server::builder()
            .storage(storage)
            .limits(limits)
            .timeouts(timeouts)
            .schedule(schedule)
            .submission(SubmissionPolicy {
                fields: match self.submit_as_is {
                    true => SubmittedFields::AsTheyAre,
                    false => SubmittedFields::Completed,
                },
                senders: match self.own_sender {
                    true => SubmittingSenders::Themselves,
                    false => SubmittingSenders::Anybody,
                },
            })
            .address_verification(match self.withhold_addresses {
                true => AddressVerification::Withheld,
                false => AddressVerification::Told,
            })
            .recoverable_secrets(secrets)
            .hostname(&self.hostname)
            .plaintext_authentication(match self.plaintext_auth {
                Plaintext::Loopback => PlaintextAuthentication::Loopback,
                Plaintext::Everywhere => PlaintextAuthentication::Everywhere,
                Plaintext::Never => PlaintextAuthentication::Never,
            });
        let all_by_default = Service::ALL.into_iter().all(|service| self.listen(service).is_none());
        for service in Service::ALL {
            let default = loopback(service.default_port());
            builder = match self.listen(service) {
                Some(Listen::Off) => builder,
                Some(Listen::At(address)) => builder.listen(service, address),
                None if all_by_default => builder.listen(service, default),
                // Two servers on one machine, each told where its SMTP is: the second one
                // must not fail for ports that nobody asked for.
                None => builder.listen_if_free(service, default),
            };
        }
        if self.no_mail {
            builder = builder.intake(Intake::Closed);
        }
        for domain in &self.domains {
            builder = builder.domain(domain);
        }
        for Etrn { domain, clients } in &self.etrn {
            builder = builder.etrn(domain, clients);
        }
        for MailingList { address, members } in &self.lists {
            let (_, domain) = address.rsplit_once('@').unwrap_or_default();
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            builder = builder.list(address, &format!("postmaster@{domain}"), &members);
        }
        let tls = match self.relay_tls {
            Tls::Opportunistic => RelayTls::Opportunistic,
            Tls::Required => RelayTls::Required,
            Tls::Verified => RelayTls::Verified,
            Tls::Never => RelayTls::Never,
        };
        builder = builder.relay_port(self.relay_port).relay_tls(tls);
        if let Some(name_server) = self.resolver {
            builder = builder.resolver(name_server);
        }
        for route in &self.routes {
            builder = builder.route(&route.domain, route.hop.clone().tls(tls));
        }
        let defaults = DEFAULT_ACCOUNTS.iter().filter_map(|account| account.parse().ok());
        let accounts: Vec<Account> =
            if self.accounts.is_empty() { defaults.collect() } else { self.accounts.clone() };
        for account in accounts {
            builder = builder.account(account.address, account.secret);
        }
        builder = builder.quota(Quota {
            storage: self.quota_storage,
            messages: self.quota_messages,
            mailboxes: self.quota_mailboxes,
        });
        builder = self.maildrops(builder).literals(match self.literals {
            Unasked::Plus => Literals::Any,
            Unasked::Minus => Literals::Small,
        });
        if self.quota_set {
            builder = builder.users_set_quotas();
        }
        for (address, fingerprint) in &self.client_certs {
            builder = builder.client_certificate(*fingerprint, address);
        }
        for capability in &self.without {
            builder = builder.without(capability);
        }
        for deviation in &self.deviations {
            builder = builder.deviation(deviation);
        }
        builder
    }

    /// Lets the builder know how often users may log in over POP3, and how long their mail stays.
    fn maildrops(&self, builder: Builder) -> Builder {
        let (mut general, mut own) = (MaildropPolicy::default(), BTreeMap::new());
        for delay in self.pop3_login_delay.iter().filter(|delay| delay.address.is_none()) {
            general.login_delay = delay.value;
        }
        for stay in self.pop3_expire.iter().filter(|stay| stay.address.is_none()) {
            general.retention = stay.value.0;
        }
        for Own { address, value } in &self.pop3_login_delay {
            if let Some(address) = address {
                own.entry(address).or_insert(general).login_delay = *value;
            }
        }
        for Own { address, value } in &self.pop3_expire {
            if let Some(address) = address {
                own.entry(address).or_insert(general).retention = value.0;
            }
        }
        let builder = builder.maildrops(general);
        own.into_iter().fold(builder, |builder, (address, policy)| builder.maildrop(address, policy))
    }

    /// Lets the builder know whose certificates are believed.
    fn believing(&self, builder: Builder) -> Result<Builder, String> {
        let mut builder = builder;
        for (file, believe) in [
            (&self.relay_ca, Builder::relay_authorities as fn(Builder, &str) -> std::io::Result<Builder>),
            (&self.client_ca, Builder::client_authorities),
        ] {
            let Some(file) = file else { continue };
            let wrong = |error| format!("{}: {error}", file.display());
            let pem = std::fs::read_to_string(file).map_err(wrong)?;
            builder = believe(builder, &pem).map_err(wrong)?;
        }
        Ok(builder)
    }
}

/// Does it.
pub(crate) fn run(args: Args) -> ExitCode {
    if matches!(args.http, Some(Listen::At(_))) {
        complain(format_args!("--http: there is no webmail yet"));
        return Status::Usage.into();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("no threads to run on: {error}"));
            return Status::Inconclusive.into();
        }
    };
    runtime.block_on(serve(&args))
}

async fn serve(args: &Args) -> ExitCode {
    // Taken before anybody is told that the server is ready.
    let mut signals = match Signals::take() {
        Ok(signals) => signals,
        Err(error) => {
            complain(format_args!("signals cannot be received: {error}"));
            return Status::Inconclusive.into();
        }
    };
    let bounds = match args.bounds() {
        Ok(bounds) => bounds,
        Err(error) => {
            complain(format_args!("{error}"));
            return Status::Usage.into();
        }
    };
    let builder = match args.believing(args.builder(bounds)) {
        Ok(builder) => builder,
        Err(error) => {
            complain(format_args!("{error}"));
            return Status::Usage.into();
        }
    };
    let server = match builder.start().await {
        Ok(server) => server,
        Err(error) => {
            complain(format_args!("{error}"));
            return Status::Usage.into();
        }
    };
    for (address, token) in &args.token {
        server.add_token(token, address);
    }
    announce(&server);
    signals.wait().await;
    server.shutdown().await;
    ExitCode::SUCCESS
}

/// One line a listener, in a fixed order, then `ready`.
fn announce(server: &Server) {
    let mut text = String::new();
    for (service, address) in server.addresses() {
        text.push_str(&format!("{service} {address}\n"));
    }
    text.push_str("ready\n");
    let mut out = std::io::stdout().lock();
    // Whoever started the server may not listen; it serves all the same.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// SIGXFSZ, which has this number on Linux (but for MIPS), macOS and the BSDs.
#[cfg(unix)]
const SIGXFSZ: i32 = 25;

/// The signals that end the server, or would.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// A file that may not grow any more: the write fails, and that is enough.
    #[cfg(unix)]
    _too_large: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn take() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _too_large: signal(SignalKind::from_raw(SIGXFSZ))?,
        })
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn take() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        // Without a way to be told, the server runs until it is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
