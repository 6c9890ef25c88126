//! Settings at work: the reference server is told them, in this process or on a command line; of a
//! foreign target it is asked whether it has them.

use std::collections::BTreeMap;
use std::time::Duration;

use reference_server::{
    Builder, Intake, Limits, Literals, MaildropPolicy, PlaintextAuthentication, Retention, Schedule, Timeouts,
};

use super::probe::Declared;
use crate::script::model::{self, Expire, PlaintextAuth, Protocol, Setting, Settings, Sign, Whose};

/// Waits short enough for a case to see what is tried again, where it says nothing of them.
fn schedule() -> Schedule {
    Schedule {
        first_wait: Duration::from_millis(300),
        longest_wait: Duration::from_secs(2),
        ..Schedule::default()
    }
}

/// Tells a server that is put together how it is set; `address` makes an address of an account's name.
pub(super) fn tell(builder: Builder, settings: &Settings, address: &dyn Fn(&str) -> String) -> Builder {
    let (mut limits, mut timeouts) = (Limits::default(), Timeouts::default());
    let mut schedule = schedule();
    let mut builder = builder;
    for setting in settings.iter() {
        // Names that the language declares are names that the server knows: a test holds them together.
        let _known = match setting {
            Setting::Limit(name, most) => limits.set(name, *most),
            Setting::Timeout(name, time) => timeouts.set(name, *time),
            Setting::Retry(name, time) => schedule.set(name, *time),
            _ => true,
        };
        builder = match setting {
            Setting::Literals(model::Literals::Plus) => builder.literals(Literals::Any),
            Setting::Literals(model::Literals::Minus) => builder.literals(Literals::Small),
            Setting::PlaintextAuth(PlaintextAuth::Loopback) => {
                builder.plaintext_authentication(PlaintextAuthentication::Loopback)
            }
            Setting::PlaintextAuth(PlaintextAuth::Never) => {
                builder.plaintext_authentication(PlaintextAuthentication::Never)
            }
            Setting::Intake(model::Intake::Open) => builder.intake(Intake::Open),
            Setting::Intake(model::Intake::Closed) => builder.intake(Intake::Closed),
            Setting::Without(capability) => builder.without(capability),
            Setting::LoginDelay(..)
            | Setting::Expire(..)
            | Setting::Limit(..)
            | Setting::Timeout(..)
            | Setting::Retry(..) => builder,
        };
    }
    let maildrops = Maildrops::of(settings);
    builder = builder.maildrops(maildrops.general);
    for (account, policy) in &maildrops.own {
        // So that what is announced before login is the same at all times.
        builder = builder.maildrop(address(account), *policy);
    }
    builder.limits(limits).timeouts(timeouts).schedule(schedule)
}

/// The same on the command line of `mailspec serve`.
pub(super) fn arguments(settings: &Settings, address: &dyn Fn(&str) -> String) -> Vec<String> {
    let whose = |whose: &Whose, value: String| match whose {
        Whose::Everybody => value,
        Whose::Account(account) => format!("{}={value}", address(account)),
    };
    let time = |name: &str, time: &Duration| format!("{name}={}ms", time.as_millis());
    let mut arguments = Vec::new();
    for setting in settings.iter() {
        let (flag, value) = match setting {
            Setting::Literals(model::Literals::Plus) => ("--literals", "plus".to_owned()),
            Setting::Literals(model::Literals::Minus) => ("--literals", "minus".to_owned()),
            Setting::LoginDelay(who, seconds) => ("--pop3-login-delay", whose(who, seconds.to_string())),
            Setting::Expire(who, Expire::Days(days)) => ("--pop3-expire", whose(who, days.to_string())),
            Setting::Expire(who, Expire::Never) => ("--pop3-expire", whose(who, "never".to_owned())),
            Setting::Limit(name, most) => ("--limit", format!("{name}={most}")),
            Setting::Timeout(name, wait) => ("--timeout", time(name, wait)),
            Setting::Retry(name, wait) => ("--retry", time(name, wait)),
            Setting::PlaintextAuth(PlaintextAuth::Loopback) => ("--plaintext-auth", "loopback".to_owned()),
            Setting::PlaintextAuth(PlaintextAuth::Never) => ("--plaintext-auth", "never".to_owned()),
            Setting::Intake(model::Intake::Closed) => {
                arguments.push("--no-mail".to_owned());
                continue;
            }
            Setting::Intake(model::Intake::Open) => continue,
            Setting::Without(capability) => ("--without", capability.clone()),
        };
        arguments.extend([flag.to_owned(), value]);
    }
    arguments
}

/// What settings say of maildrops.
#[derive(Debug, Clone, Default)]
pub(super) struct Maildrops {
    general: MaildropPolicy,
    own: BTreeMap<String, MaildropPolicy>,
}

impl Maildrops {
    pub(super) fn of(settings: &Settings) -> Self {
        let mut maildrops = Self::default();
        let everybody = |setting: &&Setting| {
            matches!(setting, Setting::LoginDelay(Whose::Everybody, _) | Setting::Expire(Whose::Everybody, _))
        };
        settings.iter().filter(everybody).for_each(|setting| add(&mut maildrops.general, setting));
        for setting in settings.iter() {
            if let Setting::LoginDelay(Whose::Account(account), _)
            | Setting::Expire(Whose::Account(account), _) = setting
            {
                add(maildrops.own.entry(account.clone()).or_insert(maildrops.general), setting);
            }
        }
        maildrops
    }

    /// What holds for an account of this name, where it is another than for everybody.
    pub(super) fn own(&self, account: &str) -> Option<MaildropPolicy> {
        self.own.get(account).copied()
    }
}

fn add(policy: &mut MaildropPolicy, setting: &Setting) {
    match setting {
        Setting::LoginDelay(_, seconds) => policy.login_delay = *seconds,
        Setting::Expire(_, Expire::Days(days)) => policy.retention = Retention::days(*days),
        Setting::Expire(_, Expire::Never) => policy.retention = Retention::Forever,
        _ => {}
    }
}

/// Why a foreign target cannot be taken to be set as a case wants it: neither does its profile say so,
/// nor does it show.
pub(super) fn missing(wanted: &Settings, said: &Settings, declared: &Declared) -> Option<String> {
    let is_so =
        |setting: &Setting| said.has(setting) || setting.sign().is_some_and(|sign| shows(&sign, declared));
    let missing: Vec<String> =
        wanted.iter().filter(|setting| !is_so(setting)).map(|setting| format!("`{setting}`")).collect();
    (!missing.is_empty()).then(|| {
        format!(
            "neither does the profile say that the target is set so, nor does it show: {}",
            missing.join(", ")
        )
    })
}

fn shows(sign: &Sign, declared: &Declared) -> bool {
    match sign {
        Sign::Declared(protocol, capability) => declared.has(*protocol, capability),
        // A protocol that could not be asked declares nothing, and shows nothing.
        Sign::NotDeclared(protocol, capability) => {
            !declared.lines(*protocol).is_empty() && !declared.has(*protocol, capability)
        }
        Sign::NoPasswordInPlaintext => {
            let has = |capability| declared.has_in_plaintext(Protocol::Imap, capability);
            has("LOGINDISABLED") && !has("AUTH=PLAIN") && !has("AUTH=LOGIN")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::construct;

    fn settings(all: &[Setting]) -> Settings {
        let mut settings = Settings::default();
        all.iter().for_each(|setting| settings.put(setting.clone()));
        settings
    }

    #[test]
    fn the_language_and_the_server_have_the_same_names() {
        let names = |of: &str| -> Vec<&str> {
            let (_, construct) = construct::find(of).find(|(kind, _)| *kind == "settings").unwrap();
            construct.shape.mappings().iter().flat_map(|mapping| mapping.names()).collect()
        };
        assert_eq!(names("limits"), Limits::NAMES);
        assert_eq!(names("timeouts"), Timeouts::NAMES);
        assert_eq!(names("retry"), Schedule::NAMES);
    }

    #[test]
    fn a_user_has_what_everybody_has_but_for_what_is_said() {
        let bob = || Whose::Account("bob".to_owned());
        let maildrops = Maildrops::of(&settings(&[
            Setting::LoginDelay(Whose::Everybody, 3),
            Setting::Expire(bob(), Expire::Days(0)),
        ]));
        let own = MaildropPolicy { login_delay: 3, retention: Retention::Session };
        assert_eq!((maildrops.own("bob"), maildrops.own("alice")), (Some(own), None));
    }

    #[test]
    fn a_command_line_says_all_of_it() {
        let all = settings(&[
            Setting::Literals(model::Literals::Minus),
            Setting::LoginDelay(Whose::Account("bob".to_owned()), 3),
            Setting::Retry("first-wait", Duration::from_millis(300)),
            Setting::Intake(model::Intake::Closed),
        ]);
        let address = |name: &str| format!("{name}@example.test");
        assert_eq!(
            arguments(&all, &address).join(" "),
            "--literals minus --pop3-login-delay bob@example.test=3 --retry first-wait=300ms --no-mail"
        );
    }

    #[test]
    fn a_foreign_target_is_taken_at_its_profiles_word_or_at_what_it_shows() {
        let declared = Declared::default();
        let timer = Setting::Timeout("pop3", Duration::from_secs(2));
        let wanted = settings(&[timer.clone(), Setting::Literals(model::Literals::Minus)]);
        let why = missing(&wanted, &settings(&[timer]), &declared).unwrap();
        assert!(why.ends_with("show: `literals: minus`"), "{why}");
        assert_eq!(missing(&wanted, &wanted, &declared), None);
        let idle = settings(&[Setting::Without("IDLE".to_owned())]);
        assert!(missing(&idle, &Settings::default(), &declared).is_some());
    }
}
