//! STATUS (RFC 3501, section 6.3.10).

use crate::imap::failure::Failure;
use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, mailbox_id, mailbox_name};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, Names, ParseError, Parsed, mailbox};
use crate::imap::view::Sync;
use crate::store::{MailboxName, Status as Numbers, StoreError};

/// The most items in one STATUS.
const ITEM_LIMIT: usize = 50;

/// See [`parse`].
pub(crate) const STATUS: Registered = Registered::new("STATUS", Gate::Authenticated, parse);

struct Status {
    mailbox: MailboxArgument,
    items: Vec<&'static Item>,
}

/// Asking for it also asks for modification sequences from then on (RFC 7162, section 3.1.7).
pub(crate) const HIGHEST_MODSEQ: &str = "HIGHESTMODSEQ";

/// A number that can be asked for: its name, and where it is found.
pub(super) type Item = (&'static str, fn(&Facts) -> String);

/// Where the numbers come from.
pub(super) struct Facts {
    numbers: Numbers,
    append_limit: u64,
}

impl Facts {
    /// What can be told of the mailbox. The inner error is that there is nothing to be told.
    ///
    /// # Errors
    /// A session without an account.
    pub(super) async fn of(
        session: &mut Session,
        name: &MailboxName,
    ) -> Result<Result<Self, StoreError>, Failure> {
        let append_limit = session.context.shared.limits.message_octets;
        let numbers = match resolve(session, name).await {
            Ok(named) => session.store().status(&named).await,
            Err(error) => Err(error),
        };
        Ok(numbers.map(|numbers| Self { numbers, append_limit }))
    }
}

const ITEMS: &[Item] = &[
    ("APPENDLIMIT", |facts| facts.append_limit.to_string()),
    ("DELETED", |facts| facts.numbers.deleted.to_string()),
    ("DELETED-STORAGE", |facts| facts.numbers.deleted_size.to_string()),
    (HIGHEST_MODSEQ, |facts| facts.numbers.mailbox.highest_modseq.to_string()),
    ("MAILBOXID", |facts| format!("({})", mailbox_id(facts.numbers.mailbox.id))),
    ("MESSAGES", |facts| facts.numbers.messages.to_string()),
    ("RECENT", |facts| facts.numbers.recent.to_string()),
    ("SIZE", |facts| facts.numbers.size.to_string()),
    ("UIDNEXT", |facts| facts.numbers.mailbox.uid_next.to_string()),
    ("UIDVALIDITY", |facts| facts.numbers.mailbox.uid_validity.to_string()),
    ("UNSEEN", |facts| facts.numbers.unseen.to_string()),
];

/// ```abnf
/// status     = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
/// status-att = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" /
///              "HIGHESTMODSEQ" /    ; RFC 7162, section 7
///              "DELETED" /          ; RFC 9051, section 6.3.11
///              "DELETED-STORAGE" /  ; RFC 9208, section 7
///              "MAILBOXID" /        ; RFC 8474, section 7
///              "SIZE" /             ; RFC 8438, section 5
///              "APPENDLIMIT"        ; RFC 7889, section 5
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let mailbox = mailbox(cursor)?;
    cursor.space()?;
    Ok(Box::new(Status { mailbox, items: items(cursor)? }))
}

/// ```abnf
/// "(" status-att *(SP status-att) ")"
/// ```
pub(super) fn items(cursor: &mut Cursor<'_>) -> Parsed<Vec<&'static Item>> {
    cursor.expect(b'(', "a list of status items was expected")?;
    let mut items = Vec::new();
    loop {
        items.push(item(cursor)?);
        if items.len() > ITEM_LIMIT {
            return Err(ParseError::Limit("too many status items"));
        }
        if cursor.eat(b')') {
            return Ok(items);
        }
        cursor.space()?;
    }
}

fn item(cursor: &mut Cursor<'_>) -> Parsed<&'static Item> {
    let name = cursor.atom()?.to_ascii_uppercase();
    ITEMS.iter().find(|(known, _)| *known == name).ok_or(ParseError::Syntax("there is no such status item"))
}

impl Command for Status {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.mailbox)?;
            asked(session, &self.items);
            let mut out = Vec::new();
            let facts = Facts::of(session, &name).await??;
            tell(&mut out, &name, &self.items, &facts, session.names());
            session.link.write(&out).await?;
            Ok(Reply::ok("STATUS completed"))
        })
    }
}

/// Tells the items with these names of a mailbox that nobody asked for just now.
pub(crate) async fn tell_named(
    session: &mut Session,
    name: &MailboxName,
    items: &[&str],
    numbers: Numbers,
) -> Result<(), Failure> {
    let mut out = Vec::new();
    write_named(session, &mut out, name, items, numbers);
    session.link.write(&out).await?;
    Ok(())
}

/// Writes the same.
pub(super) fn write_named(
    session: &Session,
    out: &mut Vec<u8>,
    name: &MailboxName,
    items: &[&str],
    numbers: Numbers,
) {
    let append_limit = session.context.shared.limits.message_octets;
    let known = items.iter().filter_map(|wanted| ITEMS.iter().find(|(item, _)| item == wanted));
    let known: Vec<&'static Item> = known.collect();
    tell(out, name, &known, &Facts { numbers, append_limit }, session.names());
}

/// What asking for these items means for the session.
pub(super) fn asked(session: &mut Session, items: &[&'static Item]) {
    if items.iter().any(|(item, _)| *item == HIGHEST_MODSEQ) {
        session.raise_sync(Sync::Condstore);
    }
}

/// ```abnf
/// mailbox-data = "STATUS" SP mailbox SP "(" [status-att-list] ")"
/// ```
pub(super) fn tell(
    out: &mut Vec<u8>,
    name: &MailboxName,
    items: &[&'static Item],
    facts: &Facts,
    encoding: Names,
) {
    let told: Vec<String> = items.iter().map(|(item, tell)| format!("{item} {}", tell(facts))).collect();
    out.extend_from_slice(b"* STATUS ");
    mailbox_name(out, name.as_str(), encoding);
    out.extend_from_slice(format!(" ({})\r\n", told.join(" ")).as_bytes());
}
