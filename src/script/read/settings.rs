//! How a server is set: `settings` of a suite, a case, a further server or a profile.

use std::time::Duration;

use crate::script::construct::{LIMITS, Mapping, RETRY, SETTINGS, TIMEOUTS, USER_SETTINGS};
use crate::script::model::{Expire, Intake, Literals, PlaintextAuth, Setting, Settings, Whose};
use crate::source::{Decoder, Entry, Fields, Node};

/// For whom settings of their own can be given.
#[derive(Debug, Clone, Copy)]
pub enum Users<'a> {
    /// For nobody: here no accounts are named.
    Nobody,
    /// For these accounts.
    Of(&'a [String]),
}

/// Reads settings.
pub fn settings(decoder: &mut Decoder, node: &Node, users: Users<'_>) -> Settings {
    let mut found = Settings::default();
    let Some(fields) = decoder.fields(node, SETTINGS.what, &SETTINGS.names()) else { return found };
    for entry in fields.entries {
        let value = &entry.value;
        match entry.key.as_str() {
            "literals" => {
                let words = [("plus", Literals::Plus), ("minus", Literals::Minus)];
                let literals = decoder.choice(value, "kind of literals", &words);
                literals.into_iter().for_each(|literals| found.put(Setting::Literals(literals)));
            }
            "plaintext-auth" => {
                let words = [("loopback", PlaintextAuth::Loopback), ("never", PlaintextAuth::Never)];
                let who = decoder.choice(value, "rule for passwords without TLS", &words);
                who.into_iter().for_each(|who| found.put(Setting::PlaintextAuth(who)));
            }
            "no-mail" => {
                let words = [("true", Intake::Closed), ("false", Intake::Open)];
                let intake = decoder.choice(value, "choice for `no-mail`", &words);
                intake.into_iter().for_each(|intake| found.put(Setting::Intake(intake)));
            }
            "without" => {
                for capability in decoder.words(value, "`without`") {
                    found.put(Setting::Without(capability));
                }
            }
            "limits" => limits(decoder, value, &mut found),
            "timeouts" => {
                for (name, time) in times(decoder, value, TIMEOUTS) {
                    found.put(Setting::Timeout(name, time));
                }
            }
            "retry" => {
                for (name, time) in times(decoder, value, RETRY) {
                    found.put(Setting::Retry(name, time));
                }
            }
            "users" => of_users(decoder, entry, users, &mut found),
            _ => of_anybody(decoder, entry, &Whose::Everybody, &mut found),
        }
    }
    literals_twice(decoder, &fields, &found);
    waits_in_order(decoder, &fields, &found);
    found
}

/// `login-delay` and `expire`, of one user or of all.
fn of_anybody(decoder: &mut Decoder, entry: &Entry, whose: &Whose, found: &mut Settings) {
    match entry.key.as_str() {
        "login-delay" => {
            let delay = seconds(decoder, &entry.value);
            delay.into_iter().for_each(|delay| found.put(Setting::LoginDelay(whose.clone(), delay)));
        }
        "expire" => {
            let time = expire(decoder, &entry.value);
            time.into_iter().for_each(|time| found.put(Setting::Expire(whose.clone(), time)));
        }
        // Told already.
        _ => {}
    }
}

fn of_users(decoder: &mut Decoder, entry: &Entry, users: Users<'_>, found: &mut Settings) {
    let Users::Of(accounts) = users else {
        let help = "name them in a case's own `settings`, beside its `accounts`";
        decoder.mistake_help(entry.key_span, "here are no accounts for `users` to name", help);
        return;
    };
    let Some(named) = decoder.open_fields(&entry.value, "`users`") else { return };
    for user in named.entries {
        if !accounts.contains(&user.key) {
            let message = format!("there is no account `{}` here", user.key);
            decoder.unknown(user.key_span, message, &user.key, accounts.iter().map(String::as_str));
        }
        let what = USER_SETTINGS.what;
        let Some(fields) = decoder.fields(&user.value, what, &USER_SETTINGS.names()) else { continue };
        for entry in fields.entries {
            of_anybody(decoder, entry, &Whose::Account(user.key.clone()), found);
        }
    }
}

/// Whole seconds, none among them.
fn seconds(decoder: &mut Decoder, node: &Node) -> Option<u32> {
    let text = decoder.text(node, "`login-delay`")?;
    let seconds = text.strip_suffix('s').and_then(|digits| digits.parse().ok());
    if seconds.is_none() {
        let message = format!("`{text}` is no time between two logins");
        decoder.mistake_help(node.span, message, "whole seconds, as LOGIN-DELAY tells them: `3s`");
    }
    seconds
}

fn expire(decoder: &mut Decoder, node: &Node) -> Option<Expire> {
    let text = decoder.text(node, "`expire`")?;
    if text == "never" {
        return Some(Expire::Never);
    }
    let days = text.strip_suffix(" days").or_else(|| text.strip_suffix(" day"));
    let days = days.and_then(|digits| digits.parse().ok()).map(Expire::Days);
    if days.is_none() {
        let message = format!("`{text}` is no time for mail to stay");
        decoder.mistake_help(
            node.span,
            message,
            "days, as EXPIRE tells them: `30 days`, `0 days`; or `never`",
        );
    }
    days
}

fn limits(decoder: &mut Decoder, node: &Node, found: &mut Settings) {
    let Some(fields) = decoder.fields(node, LIMITS.what, &LIMITS.names()) else { return };
    for entry in fields.entries {
        let Some(name) = LIMITS.names().into_iter().find(|name| *name == entry.key) else { continue };
        let text = decoder.text(&entry.value, "a limit").map(str::to_owned);
        match text.map(|text| text.parse::<u32>().map_err(|_| text)) {
            Some(Ok(most @ 1..)) => found.put(Setting::Limit(name, most)),
            Some(Ok(_)) => {
                let message = format!("with `{name}: 0` the server would take nothing at all");
                decoder.mistake_help(entry.value.span, message, "write 1 or more");
            }
            Some(Err(text)) => {
                let message = format!("`{text}` is no limit");
                decoder.mistake_help(entry.value.span, message, "write digits alone, as `120`");
            }
            None => {}
        }
    }
}

fn times(decoder: &mut Decoder, node: &Node, mapping: &'static Mapping) -> Vec<(&'static str, Duration)> {
    let names = mapping.names();
    let Some(fields) = decoder.fields(node, mapping.what, &names) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in fields.entries {
        let Some(name) = names.iter().copied().find(|name| *name == entry.key) else { continue };
        let time = decoder.duration(&entry.value, &format!("`{name}`"));
        found.extend(time.map(|time| (name, time)));
    }
    found
}

/// An extension cannot be asked for and left out.
fn literals_twice(decoder: &mut Decoder, fields: &Fields<'_>, found: &Settings) {
    let Some(node) = fields.get("without") else { return };
    let without = |capability: &str| found.has_name(&format!("without {capability}"));
    let literals = [(Literals::Plus, "LITERAL+"), (Literals::Minus, "LITERAL-")];
    for (kind, capability) in literals {
        if found.has(&Setting::Literals(kind)) && without(capability) {
            let message = format!("{capability} is asked for by `literals`, and left out by `without`");
            decoder.mistake_help(node.span, message, "say one of both");
        }
    }
}

/// A wait cannot be longer than the longest.
fn waits_in_order(decoder: &mut Decoder, fields: &Fields<'_>, found: &Settings) {
    let Some(node) = fields.get("retry") else { return };
    let wait = |wanted: &str| {
        found.iter().find_map(|setting| match setting {
            Setting::Retry(name, time) if *name == wanted => Some(*time),
            _ => None,
        })
    };
    if let (Some(first), Some(longest)) = (wait("first-wait"), wait("longest-wait"))
        && first > longest
    {
        let message = "`first-wait` is longer than `longest-wait`";
        decoder.mistake_help(node.span, message, "each wait is twice the one before, up to the longest");
    }
}

#[cfg(test)]
mod tests {
    use crate::script::model::{Expire, Setting, Whose};
    use crate::script::read::testing::{RULE, case, mistakes, suite};

    fn body(settings: &str) -> String {
        format!(
            "given:\n  accounts: [alice, bob]\n  settings: {settings}\nsteps: [login, {{check: {{value: a, equals: a, law: {RULE}}}}}]\n"
        )
    }

    #[test]
    fn settings_are_read_in_the_words_of_the_field() {
        let case = case(
            "pop3",
            &body(
                "{literals: minus, login-delay: 3s, expire: 30 days, users: {bob: {login-delay: 0s, expire: never}}, limits: {recipients: 120}, timeouts: {pop3: 2s}, retry: {first-wait: 300ms}, plaintext-auth: never, no-mail: true, without: [IDLE]}",
            ),
        );
        let settings = &case.given.settings;
        assert!(settings.has(&Setting::LoginDelay(Whose::Everybody, 3)));
        assert!(settings.has(&Setting::Expire(Whose::Account("bob".to_owned()), Expire::Never)));
        assert_eq!(
            settings.to_string(),
            "literals: minus, login-delay: 3s, users.bob.login-delay: 0s, expire: 30 days, users.bob.expire: never, limits.recipients: 120, timeouts.pop3: 2s, retry.first-wait: 300ms, plaintext-auth: never, no-mail: true, without IDLE"
        );
    }

    #[test]
    fn a_case_has_its_suites_settings_and_its_own_before_them() {
        let text = format!(
            "version: 1\nsuite: s\nprotocol: imap\nsettings: {{literals: minus, limits: {{recipients: 100, errors: 5}}}}\ncases:\n  - id: a\n    name: n\n    given: {{settings: {{limits: {{errors: 7}}}}}}\n    steps: [login, {{check: {{value: a, equals: a, law: {RULE}}}}}]\n"
        );
        let case = suite(&text).unwrap().cases.remove(0);
        assert_eq!(
            case.given.settings.to_string(),
            "literals: minus, limits.errors: 7, limits.recipients: 100"
        );
    }

    #[test]
    fn what_cannot_be_set_is_told() {
        for (settings, expected) in [
            ("{literal: minus}", "no key `literal`"),
            ("{literals: minor}", "no kind of literals"),
            ("{login-delay: 3}", "no time between two logins"),
            ("{login-delay: 1500ms}", "no time between two logins"),
            ("{expire: 30}", "no time for mail to stay"),
            ("{expire: -1 days}", "no time for mail to stay"),
            ("{limits: {recipient: 3}}", "no key `recipient`"),
            ("{limits: {recipients: 0}}", "nothing at all"),
            ("{limits: {recipients: 5000000000}}", "no limit"),
            ("{limits: {recipients: many}}", "no limit"),
            ("{timeouts: {pop3: 0s}}", "no time"),
            ("{timeouts: {pop: 2s}}", "no key `pop`"),
            ("{retry: {first-wait: 3s, longest-wait: 1s}}", "longer than"),
            ("{users: {carol: {expire: never}}}", "no account `carol`"),
            ("{users: {bob: {literals: minus}}}", "no key `literals`"),
            ("{literals: plus, without: [literal+]}", "left out by `without`"),
            ("{no-mail: maybe}", "no choice for `no-mail`"),
            ("{plaintext-auth: sometimes}", "no rule for passwords"),
        ] {
            let found = mistakes("pop3", &body(settings));
            assert!(found.len() == 1 && found[0].contains(expected), "{settings}: {found:?}");
        }
    }

    #[test]
    fn a_suite_has_no_users() {
        let text = format!(
            "version: 1\nsuite: s\nprotocol: pop3\nsettings: {{users: {{alice: {{expire: never}}}}}}\ncases:\n  - id: a\n    name: n\n    steps: [login, {{check: {{value: a, equals: a, law: {RULE}}}}}]\n"
        );
        let mistakes: Vec<String> = suite(&text).unwrap_err().into_iter().map(|one| one.message).collect();
        assert_eq!(mistakes, ["here are no accounts for `users` to name"]);
    }
}
