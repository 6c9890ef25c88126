//! STATUS (RFC 3501, section 6.3.10).

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, mailbox_name};
use crate::imap::session::{Session, name_of};
use crate::imap::syntax::{Cursor, MailboxArgument, ParseError, Parsed, mailbox};
use crate::imap::view::Sync;
use crate::store::Status as Numbers;

/// The most items in one STATUS.
const ITEM_LIMIT: usize = 50;

/// See [`parse`].
pub(crate) const STATUS: Registered = Registered::new("STATUS", Gate::Authenticated, parse);

struct Status {
    mailbox: MailboxArgument,
    items: Vec<&'static Item>,
}

/// Asking for it also asks for modification sequences from then on (RFC 7162, section 3.1.7).
const HIGHEST_MODSEQ: &str = "HIGHESTMODSEQ";

/// A number that can be asked for: its name, and where it is found.
type Item = (&'static str, fn(&Numbers) -> String);

const ITEMS: [Item; 6] = [
    (HIGHEST_MODSEQ, |numbers| numbers.mailbox.highest_modseq.to_string()),
    ("MESSAGES", |numbers| numbers.messages.to_string()),
    ("RECENT", |numbers| numbers.recent.to_string()),
    ("UIDNEXT", |numbers| numbers.mailbox.uid_next.to_string()),
    ("UIDVALIDITY", |numbers| numbers.mailbox.uid_validity.to_string()),
    ("UNSEEN", |numbers| numbers.unseen.to_string()),
];

/// ```abnf
/// status     = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
/// status-att = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" /
///              "HIGHESTMODSEQ"      ; RFC 7162, section 7
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let mailbox = mailbox(cursor)?;
    cursor.space()?;
    cursor.expect(b'(', "a list of status items was expected")?;
    let mut items = Vec::new();
    loop {
        items.push(item(cursor)?);
        if items.len() > ITEM_LIMIT {
            return Err(ParseError::Syntax("too many status items"));
        }
        if cursor.eat(b')') {
            return Ok(Box::new(Status { mailbox, items }));
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
            if self.items.iter().any(|(item, _)| *item == HIGHEST_MODSEQ) {
                session.raise_sync(Sync::Condstore);
            }
            let numbers = session.store().status(session.account()?, &name).await?;
            let told: Vec<String> =
                self.items.iter().map(|(item, number)| format!("{item} {}", number(&numbers))).collect();
            let mut out = b"* STATUS ".to_vec();
            mailbox_name(&mut out, name.as_str());
            out.extend_from_slice(format!(" ({})\r\n", told.join(" ")).as_bytes());
            session.link.write(&out).await?;
            Ok(Reply::ok("STATUS completed"))
        })
    }
}
