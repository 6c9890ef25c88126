//! The fixture: accounts, their mailboxes, and the text of each message.
//!
//! A message that a script describes by its fields becomes a whole RFC 5322
//! text here, the same at every run but for what variables say.

use super::Context;
use super::payload::{self, LineEnds, with_crlf};
use super::scope::Scope;
use super::settings::{Users, settings};
use super::{mime, texts};
use crate::script::construct::{ACCOUNT_MAIL, GIVEN, MESSAGE};
use crate::script::model::{Given, GivenAccount, GivenHop, GivenMailbox, GivenMessage, Secrets};
use crate::script::template::{Escapes, Part, Template};
use crate::source::{Entry, Fields, Node, Span};

/// The fields that make up a message's text; `raw` and `file` give it whole.
const TEXT_KEYS: [&str; 8] = ["subject", "from", "to", "date", "headers", "body", "mime", "id"];
/// Every message that names no date has this one.
const DATE: &str = "Mon, 7 Feb 1994 21:52:25 -0800";

/// The accounts of a case, in order; `alice` alone when none are named.
pub(super) fn accounts(context: &mut Context<'_>, given: Option<&Node>) -> Vec<String> {
    let node =
        given.and_then(Node::entries).and_then(|entries| entries.iter().find(|one| one.key == "accounts"));
    let mut accounts: Vec<String> = Vec::new();
    if let Some(items) = node.and_then(|entry| context.decoder.list(&entry.value, "`accounts`")) {
        for item in items {
            let Some(name) = context.decoder.sentence(item, "an account's name") else { continue };
            if !name
                .bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-')
            {
                let help = "lower-case letters, digits and `-`";
                context.decoder.mistake_help(item.span, format!("`{name}` is no name of an account"), help);
            } else if accounts.contains(&name) {
                let message = format!("the account `{name}` stands twice");
                context.decoder.mistake_help(item.span, message, "each account is named once");
            } else {
                accounts.push(name);
            }
        }
    }
    if accounts.is_empty() {
        accounts.push("alice".to_owned());
    }
    accounts
}

/// Reads the fixture, and binds `inbox.N` and `mailbox.NAME.N` of the first account.
pub(super) fn read(
    context: &mut Context<'_>,
    scope: &mut Scope,
    given: Option<&Node>,
    names: Vec<String>,
    hops: Vec<GivenHop>,
) -> Given {
    let set = given.and_then(Node::entries).unwrap_or_default().iter().find(|entry| entry.key == "settings");
    let set = set.map(|entry| settings(&mut context.decoder, &entry.value, Users::Of(&names)));
    let mut accounts: Vec<GivenAccount> =
        names.into_iter().map(|name| GivenAccount { name, mailboxes: Vec::new() }).collect();
    let mut secrets = Secrets::default();
    if let Some(fields) = given.and_then(|node| context.fields(node, GIVEN)) {
        let kinds = [("beyond-ascii", Secrets::BeyondAscii)];
        let kind = fields.get("secrets");
        let kind = kind.and_then(|node| context.decoder.choice(node, "kind of secrets", &kinds));
        secrets = kind.unwrap_or_default();
        let before = scope.clone();
        if let Some(first) = accounts.first_mut() {
            first.mailboxes = mailboxes(context, &before, &fields, &first.name);
            for mailbox in &first.mailboxes {
                let stem = match mailbox.name.as_str() {
                    "INBOX" => "inbox".to_owned(),
                    name => format!("mailbox.{name}"),
                };
                for number in 1..=mailbox.messages.len() {
                    scope.bind(&format!("{stem}.{number}"));
                }
            }
        }
        if let Some(others) = fields.get("of").and_then(|node| context.decoder.open_fields(node, "`of`")) {
            for entry in others.entries {
                scope.check_account(context, &entry.key, entry.key_span);
                let Some(fields) = context.fields(&entry.value, ACCOUNT_MAIL) else { continue };
                let mail = mailboxes(context, &before, &fields, &entry.key);
                if let Some(account) = accounts.iter_mut().find(|account| account.name == entry.key) {
                    account.mailboxes.extend(mail);
                }
            }
        }
    }
    Given { accounts, hops, servers: Vec::new(), secrets, settings: set.unwrap_or_default() }
}

fn mailboxes(
    context: &mut Context<'_>,
    scope: &Scope,
    fields: &Fields<'_>,
    account: &str,
) -> Vec<GivenMailbox> {
    let mut mailboxes = Vec::new();
    if let Some(node) = fields.get("inbox") {
        let messages = messages(context, scope, node, account, "INBOX");
        mailboxes.push(GivenMailbox { name: "INBOX".to_owned(), messages });
    }
    if let Some(named) =
        fields.get("mailboxes").and_then(|node| context.decoder.open_fields(node, "`mailboxes`"))
    {
        for entry in named.entries {
            if entry.key.eq_ignore_ascii_case("inbox") {
                context.decoder.mistake_help(
                    entry.key_span,
                    "INBOX stands among the mailboxes",
                    "use `inbox:`",
                );
                continue;
            }
            // `Work:` with nothing behind it is an empty mailbox.
            let messages = if entry.value.is_absent() {
                Vec::new()
            } else {
                messages(context, scope, &entry.value, account, &entry.key)
            };
            mailboxes.push(GivenMailbox { name: entry.key.clone(), messages });
        }
    }
    mailboxes
}

fn messages(
    context: &mut Context<'_>,
    scope: &Scope,
    node: &Node,
    account: &str,
    mailbox: &str,
) -> Vec<GivenMessage> {
    let Some(items) = context.decoder.list(node, "a list of messages") else { return Vec::new() };
    items
        .iter()
        .zip(1_usize..)
        .filter_map(|(item, number)| {
            let origin = Origin { account, mailbox, number };
            message(context, scope, item, origin)
        })
        .collect()
}

/// Where a message is put; its Message-ID and addressee come from it.
#[derive(Clone, Copy)]
struct Origin<'a> {
    account: &'a str,
    mailbox: &'a str,
    number: usize,
}

fn message(
    context: &mut Context<'_>,
    scope: &Scope,
    node: &Node,
    origin: Origin<'_>,
) -> Option<GivenMessage> {
    let fields = context.fields(node, MESSAGE)?;
    let flags = fields.get("flags").map(|node| context.decoder.words(node, "`flags`")).unwrap_or_default();
    let internal_date =
        fields.get("internal-date").and_then(|node| context.decoder.sentence(node, "`internal-date`"));
    let text = match (fields.entry("raw"), fields.entry("file")) {
        (None, None) => composed(context, scope, &fields, node.span, origin),
        (Some(entry), None) => {
            whole_alone(context, &fields, "raw");
            texts::template(context, scope, &entry.value, "`raw`", Escapes::Kept)
        }
        (None, Some(entry)) => {
            whole_alone(context, &fields, "file");
            payload::file(context, &entry.value, LineEnds::Crlf)
        }
        (Some(_), Some(entry)) => {
            context.decoder.mistake_help(
                entry.key_span,
                "`raw` and `file` both give the whole text",
                "keep one",
            );
            None
        }
    };
    Some(GivenMessage { text: text?, flags, internal_date })
}

/// Beside a whole text, keys that would compose one are mistakes.
fn whole_alone(context: &mut Context<'_>, fields: &Fields<'_>, whole: &str) {
    for entry in fields.entries.iter().filter(|entry| TEXT_KEYS.contains(&entry.key.as_str())) {
        let message = format!("`{}` has no place beside `{whole}`, which is the whole text", entry.key);
        context.decoder.mistake_help(entry.key_span, message, "keep one of them");
    }
}

/// A message's text from its fields, with what is missing filled in.
fn composed(
    context: &mut Context<'_>,
    scope: &Scope,
    fields: &Fields<'_>,
    span: Span,
    origin: Origin<'_>,
) -> Option<Template> {
    let extra = fields.get("headers").and_then(|node| context.decoder.open_fields(node, "`headers`"));
    let extra = extra.map(|extra| extra.entries).unwrap_or_default();
    let own = |name: &str| extra.iter().any(|entry| entry.key.eq_ignore_ascii_case(name));
    let mut text = Template { parts: Vec::new(), span };
    let mut sound = true;
    for (key, name) in
        [("from", "From"), ("to", "To"), ("subject", "Subject"), ("date", "Date"), ("id", "Message-ID")]
    {
        let value = match fields.get(key) {
            Some(node) => texts::template(context, scope, node, &format!("`{key}`"), Escapes::Kept),
            None if own(name) => continue,
            None => Some(default_field(key, span, origin)),
        };
        match value {
            Some(value) => header(&mut text, name, value),
            None => sound = false,
        }
    }
    if let Some(entry) = fields.entry("mime") {
        if let Some(body) = fields.entry("body") {
            context.decoder.mistake_help(body.key_span, "`body` has no place beside `mime`", "keep one");
        }
        sound &= own_fields(context, scope, extra, &mut text);
        text.append(mime::read(context, scope, &entry.value)?);
        return sound.then_some(text);
    }
    let body = match fields.get("body") {
        Some(node) => payload::text_or_source(context, scope, node, "`body`", LineEnds::Crlf),
        None => Some(Template::literal("A message.\n", span)),
    };
    if body.as_ref().is_some_and(is_eight_bit) && !own("Content-Type") && !own("MIME-Version") {
        text.push_octets(b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
        text.push_octets(b"Content-Transfer-Encoding: 8bit\r\n");
    }
    sound &= own_fields(context, scope, extra, &mut text);
    text.push_octets(b"\r\n");
    text.append(lines_as_crlf(body?));
    sound.then_some(text)
}

/// Puts the fields of `headers` there; whether each could be read.
fn own_fields(context: &mut Context<'_>, scope: &Scope, extra: &[Entry], text: &mut Template) -> bool {
    let mut sound = true;
    for entry in extra {
        match texts::template(context, scope, &entry.value, "a header field", Escapes::Kept) {
            Some(value) => header(text, &entry.key, value),
            None => sound = false,
        }
    }
    sound
}

fn header(text: &mut Template, name: &str, value: Template) {
    text.push_octets(name.as_bytes());
    text.push_octets(b": ");
    text.append(lines_as_crlf(value));
    text.push_octets(b"\r\n");
}

fn default_field(key: &str, span: Span, origin: Origin<'_>) -> Template {
    let mut value = Template { parts: Vec::new(), span };
    match key {
        "from" => {
            value.push_octets(b"Bob <bob@");
            value.push_variable("client", span);
            value.push_octets(b">");
        }
        "to" => value.push_variable(format!("{}.address", origin.account), span),
        "subject" => value.push_octets(format!("message {}", origin.number).as_bytes()),
        "date" => value.push_octets(DATE.as_bytes()),
        _ => {
            let place: String =
                origin.mailbox.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            value.push_octets(b"<");
            value.push_variable("unique", span);
            value.push_octets(format!(".{}.{place}.{}@", origin.account, origin.number).as_bytes());
            value.push_variable("client", span);
            value.push_octets(b">");
        }
    }
    value
}

fn is_eight_bit(text: &Template) -> bool {
    text.parts.iter().any(|part| matches!(part, Part::Octets(octets) if !octets.is_ascii()))
}

/// The template with each line end written in the script as CRLF; what variables hold is left as it is.
fn lines_as_crlf(text: Template) -> Template {
    let parts = text.parts.into_iter().map(|part| match part {
        Part::Octets(octets) => Part::Octets(with_crlf(&octets)),
        variable @ Part::Variable { .. } => variable,
    });
    Template { parts: parts.collect(), span: text.span }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{RULE, case, mistakes};
    use super::*;

    fn given(given: &str) -> Given {
        case("imap", &body(given)).given
    }

    fn body(given: &str) -> String {
        format!("given: {given}\nsteps:\n  - check: {{value: a, equals: a, law: {RULE}}}\n")
    }

    /// The text with variables as they are written.
    fn text(message: &GivenMessage) -> String {
        let part = |part: &Part| match part {
            Part::Octets(octets) => String::from_utf8(octets.clone()).unwrap(),
            Part::Variable { name, .. } => format!("${{{name}}}"),
        };
        message.text.parts.iter().map(part).collect()
    }

    #[test]
    fn a_message_of_few_words_becomes_a_whole_one() {
        let given = given("{inbox: [{subject: one, body: \"a\\nb\\n\"}]}");
        assert_eq!(
            text(&given.accounts[0].mailboxes[0].messages[0]),
            "From: Bob <bob@${client}>\r\nTo: ${alice.address}\r\nSubject: one\r\nDate: Mon, 7 Feb 1994 21:52:25 -0800\r\nMessage-ID: <${unique}.alice.INBOX.1@${client}>\r\n\r\na\r\nb\r\n"
        );
    }

    #[test]
    fn fields_of_the_script_take_the_place_of_ours() {
        let given = given("{inbox: [{headers: {from: x@y.example, X-A: '${domain}'}, body: é}]}");
        let text = text(&given.accounts[0].mailboxes[0].messages[0]);
        assert!(!text.contains("Bob") && text.contains("from: x@y.example\r\n"), "{text}");
        assert!(text.contains("X-A: ${domain}\r\n") && text.contains("charset=utf-8"), "{text}");
    }

    #[test]
    fn raw_and_attached_texts_are_whole() {
        let given = given(
            "{inbox: [{raw: \"a: b\\r\\n\\r\\n${unique}\"}, {file: here.eml, flags: [\\Seen], internal-date: d}]}",
        );
        let messages = &given.accounts[0].mailboxes[0].messages;
        assert_eq!(text(&messages[0]), "a: b\r\n\r\n${unique}");
        // What a file holds is data: nothing in it is read, and its lines end with CRLF.
        assert_eq!(messages[1].text.constant().unwrap(), b"a\r\nb\r\n${c}\r\n");
        assert_eq!(
            (messages[1].flags.as_slice(), messages[1].internal_date.as_deref()),
            (&["\\Seen".to_owned()][..], Some("d"))
        );
    }

    #[test]
    fn mailboxes_and_other_accounts_have_their_mail() {
        let given =
            given("{accounts: [alice, bob], mailboxes: {Work: [{}, {}], Empty: }, of: {bob: {inbox: [{}]}}}");
        let boxes: Vec<_> = given
            .accounts
            .iter()
            .flat_map(|account| {
                account
                    .mailboxes
                    .iter()
                    .map(|one| (account.name.as_str(), one.name.as_str(), one.messages.len()))
            })
            .collect();
        assert_eq!(boxes, [("alice", "Work", 2), ("alice", "Empty", 0), ("bob", "INBOX", 1)]);
    }

    #[test]
    fn a_fixture_that_says_nonsense_is_refused() {
        for (given, expected) in [
            ("{inbox: [{raw: a, subject: b}]}", "no place beside `raw`"),
            ("{inbox: [{raw: a, file: b}]}", "both"),
            ("{inbox: [{file: gone.eml}]}", "cannot be read"),
            ("{inbox: [{subjct: b}]}", "no key `subjct`"),
            ("{accounts: [Alice]}", "no name of an account"),
            ("{accounts: [alice, alice]}", "stands twice"),
            ("{of: {bob: {inbox: []}}}", "no account `bob`"),
            ("{mailboxes: {Inbox: []}}", "INBOX stands among"),
        ] {
            let found = mistakes("imap", &body(given));
            assert!(found.len() == 1 && found[0].contains(expected), "{given}: {found:?}");
        }
    }
}
