//! LIST (RFC 3501, section 6.3.8), extended (RFC 5258), with children (RFC 3348), STATUS (RFC 5819)
//! and special uses (RFC 6154).

use std::collections::{BTreeMap, BTreeSet};

use super::status::{self, Facts, Item};
use crate::imap::failure::Failure;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, mailbox_name};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, ListPattern, Names as Encoding, ParseError, Parsed, list_mailbox};
use crate::store::{AccountId, DELIMITER, Mailbox, MailboxName, Selectable, Store, StoreError};

/// The most patterns, and the most options of a kind, in one LIST.
const LIMIT: usize = 100;

/// See [`parse`].
pub(crate) const LIST: Registered =
    Registered::new("LIST", Gate::Authenticated, |cursor| Ok(Box::new(parse(cursor)?)))
        .extended_by("LIST-EXTENDED");

enum List {
    /// Nothing but the hierarchy delimiter and the root.
    Root,
    Names(Query),
}

/// Which names are told, and what of them.
struct Query {
    selection: BTreeSet<Selection>,
    patterns: Vec<ListPattern>,
    subscribed: Subscribed,
    status: Vec<&'static Item>,
}

/// A selection option (RFC 5258, section 3.1; RFC 6154, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Selection {
    Subscribed,
    /// There are no remote mailboxes, so this changes nothing.
    Remote,
    RecursiveMatch,
    SpecialUse,
}

/// Whether `\Subscribed` is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subscribed {
    Told,
    Left,
}

/// The arguments that LSUB has, and LIST without extensions.
pub(super) enum Wanted {
    /// The empty pattern: the hierarchy delimiter and the root.
    Root,
    /// Names that match.
    Names(ListPattern),
}

impl Wanted {
    /// ```abnf
    /// lsub = "LSUB" SP mailbox SP list-mailbox
    /// ```
    /// The reference is taken as it stands: it is matched as part of the pattern.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        cursor.space()?;
        let reference = cursor.astring()?;
        cursor.space()?;
        let pattern = list_mailbox(cursor)?;
        Ok(match pattern.is_empty() {
            true => Self::Root,
            false => Self::Names(ListPattern::new(&reference, &pattern)),
        })
    }
}

/// ```abnf
/// list        = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
/// mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"      ; RFC 5258, section 6
/// ```
/// An empty pattern asks for the root only where nothing of the extended form is used (section 3).
fn parse(cursor: &mut Cursor<'_>) -> Parsed<List> {
    let selects = cursor.eat_word(" (");
    let selection = if selects { selection(cursor)? } else { BTreeSet::new() };
    cursor.space()?;
    let reference = cursor.astring()?;
    cursor.space()?;
    let several = cursor.eat(b'(');
    let patterns = if several { patterns(cursor)? } else { vec![list_mailbox(cursor)?] };
    let (mut subscribed, mut status) = (Subscribed::Left, Vec::new());
    let returns = cursor.eat_word(" RETURN (");
    if returns {
        (subscribed, status) = return_options(cursor)?;
    }
    if selection.contains(&Selection::Subscribed) {
        subscribed = Subscribed::Told;
    }
    if !(selects || several || returns) && patterns.iter().all(Vec::is_empty) {
        return Ok(List::Root);
    }
    let patterns = patterns.iter().filter(|pattern| !pattern.is_empty());
    let patterns = patterns.map(|pattern| ListPattern::new(&reference, pattern)).collect();
    Ok(List::Names(Query { selection, patterns, subscribed, status }))
}

/// ```abnf
/// list-select-opts = "(" [...] ")"
/// ```
/// RECURSIVEMATCH has a meaning only beside SUBSCRIBED (RFC 5258, sections 3.1 and 6).
fn selection(cursor: &mut Cursor<'_>) -> Parsed<BTreeSet<Selection>> {
    let mut found = BTreeSet::new();
    options(cursor, |_, name| {
        found.insert(match name {
            "SUBSCRIBED" => Selection::Subscribed,
            "REMOTE" => Selection::Remote,
            "RECURSIVEMATCH" => Selection::RecursiveMatch,
            "SPECIAL-USE" => Selection::SpecialUse,
            _ => return Err(ParseError::Syntax("there is no such selection option")),
        });
        Ok(())
    })?;
    if found.contains(&Selection::RecursiveMatch) && !found.contains(&Selection::Subscribed) {
        return Err(ParseError::Syntax("RECURSIVEMATCH stands only beside SUBSCRIBED"));
    }
    Ok(found)
}

/// ```abnf
/// list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
/// return-option    = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" /
///                    "STATUS" SP "(" status-att *(SP status-att) ")"      ; RFC 5819, section 4
/// ```
/// Children and special uses are told always.
fn return_options(cursor: &mut Cursor<'_>) -> Parsed<(Subscribed, Vec<&'static Item>)> {
    let (mut subscribed, mut items) = (Subscribed::Left, Vec::new());
    options(cursor, |cursor, name| {
        match name {
            "SUBSCRIBED" => subscribed = Subscribed::Told,
            "CHILDREN" | "SPECIAL-USE" => {}
            "STATUS" => {
                cursor.space()?;
                items = status::items(cursor)?;
            }
            _ => return Err(ParseError::Syntax("there is no such return option")),
        }
        Ok(())
    })?;
    Ok((subscribed, items))
}

/// Options up to the closing parenthesis, each in upper case.
fn options<'t>(
    cursor: &mut Cursor<'t>,
    mut take: impl FnMut(&mut Cursor<'t>, &str) -> Parsed<()>,
) -> Parsed<()> {
    if cursor.eat(b')') {
        return Ok(());
    }
    for _ in 0..LIMIT {
        let name = cursor.atom()?.to_ascii_uppercase();
        take(cursor, &name)?;
        if cursor.eat(b')') {
            return Ok(());
        }
        cursor.space()?;
    }
    Err(ParseError::Syntax("too many options"))
}

fn patterns(cursor: &mut Cursor<'_>) -> Parsed<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    for _ in 0..LIMIT {
        found.push(list_mailbox(cursor)?);
        if cursor.eat(b')') {
            return Ok(found);
        }
        cursor.space()?;
    }
    Err(ParseError::Syntax("too many patterns"))
}

impl Command for List {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            match *self {
                Self::Root => {
                    let mut out = Vec::new();
                    write_name(&mut out, "LIST", &["\\Noselect"], "", session.names());
                    session.link.write(&out).await?;
                }
                Self::Names(query) => tell(session, &query).await?,
            }
            Ok(Reply::ok("LIST completed"))
        })
    }
}

/// All names of an account: those that exist, and those that are only subscribed.
struct Names {
    existing: BTreeMap<MailboxName, Mailbox>,
    /// Those with an existing one below.
    parents: BTreeSet<MailboxName>,
    subscribed: BTreeSet<MailboxName>,
}

impl Names {
    async fn read(store: &Store, account: AccountId) -> Result<Self, Failure> {
        let existing = store.mailboxes(account).await?;
        let parents = existing.iter().flat_map(|mailbox| mailbox.name.ancestors()).collect();
        let existing = existing.into_iter().map(|mailbox| (mailbox.name.clone(), mailbox)).collect();
        let subscribed = store.subscriptions(account).await?.into_iter().collect();
        Ok(Self { existing, parents, subscribed })
    }

    /// Every name there is, those above the subscribed ones too.
    fn all(&self) -> BTreeSet<MailboxName> {
        let above = self.subscribed.iter().flat_map(MailboxName::ancestors);
        self.existing.keys().chain(&self.subscribed).cloned().chain(above).collect()
    }

    /// Whether the name is selected by every option.
    fn satisfies(&self, query: &Query, name: &MailboxName) -> bool {
        let mailbox = self.existing.get(name);
        let by_subscription = !query.selection.contains(&Selection::Subscribed);
        (if by_subscription { mailbox.is_some() } else { self.subscribed.contains(name) })
            && (!query.selection.contains(&Selection::SpecialUse)
                || mailbox.is_some_and(|mailbox| !mailbox.special_uses.is_empty()))
    }

    fn attributes(&self, subscribed: Subscribed, name: &MailboxName) -> Vec<&'static str> {
        let mut attributes = Vec::new();
        let mailbox = self.existing.get(name);
        match mailbox.map(|mailbox| mailbox.selectable) {
            None => attributes.push("\\NonExistent"),
            Some(Selectable::No) => attributes.push("\\Noselect"),
            Some(Selectable::Yes) => {}
        }
        if subscribed == Subscribed::Told && self.subscribed.contains(name) {
            attributes.push("\\Subscribed");
        }
        attributes.push(match self.parents.contains(name) {
            true => "\\HasChildren",
            false => "\\HasNoChildren",
        });
        attributes.extend(mailbox.iter().flat_map(|mailbox| &mailbox.special_uses).map(|known| known.name()));
        attributes
    }
}

impl Query {
    fn matches(&self, name: &MailboxName, encoding: Encoding) -> bool {
        let wire = encoding.encode(name.as_str());
        self.patterns.iter().any(|pattern| pattern.matches(&wire))
    }
}

/// What SELECT tells of the name in IMAP4rev2 (RFC 9051, section 6.3.2).
pub(super) async fn tell_selected(
    out: &mut Vec<u8>,
    session: &mut Session,
    name: &MailboxName,
) -> Result<(), Failure> {
    let names = Names::read(&session.store(), session.account()?).await?;
    let attributes = names.attributes(Subscribed::Told, name);
    write_name(out, "LIST", &attributes, name.as_str(), session.names());
    Ok(())
}

/// A name is told if it is selected itself; or, on request, if one below it is that is not told
/// (RFC 5258, sections 3.3 and 3.5).
async fn tell(session: &mut Session, query: &Query) -> Result<(), Failure> {
    status::asked(session, &query.status);
    let names = Names::read(&session.store(), session.account()?).await?;
    let all = names.all();
    let selected: BTreeSet<&MailboxName> = all.iter().filter(|name| names.satisfies(query, name)).collect();
    let encoding = session.names();
    let recursive = query.selection.contains(&Selection::RecursiveMatch);
    for name in all.iter().filter(|name| query.matches(name, encoding)) {
        let itself = selected.contains(name);
        let mut below = selected.iter().filter(|other| other.is_below(name));
        let below = match (recursive, itself) {
            (false, _) => None,
            (true, true) => below.next(),
            (true, false) => below.find(|other| !query.matches(other, encoding)),
        };
        if !itself && below.is_none() {
            continue;
        }
        let mut attributes = names.attributes(query.subscribed, name);
        let mut numbers = Vec::new();
        if itself && !query.status.is_empty() && !attributes.iter().any(|found| is_no_mailbox(found)) {
            match Facts::of(session, name).await? {
                Ok(facts) => status::tell(&mut numbers, name, &query.status, &facts, encoding),
                // It has gone meanwhile (RFC 5819, section 2).
                Err(StoreError::NoSuchMailbox | StoreError::NotSelectable) => attributes.push("\\Noselect"),
                Err(error) => return Err(error.into()),
            }
        }
        let mut out = Vec::new();
        let extended = if below.is_some() { " (\"CHILDINFO\" (\"SUBSCRIBED\"))" } else { "" };
        write_extended(&mut out, "LIST", &attributes, name.as_str(), extended, encoding);
        out.extend_from_slice(&numbers);
        session.link.write(&out).await?;
    }
    Ok(())
}

fn is_no_mailbox(attribute: &str) -> bool {
    matches!(attribute, "\\NonExistent" | "\\Noselect")
}

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox
/// ```
pub(super) fn write_name(
    out: &mut Vec<u8>,
    response: &str,
    attributes: &[&str],
    name: &str,
    encoding: Encoding,
) {
    write_extended(out, response, attributes, name, "", encoding);
}

/// The same with `[SP mbox-list-extended]` (RFC 5258, section 6).
fn write_extended(
    out: &mut Vec<u8>,
    response: &str,
    attributes: &[&str],
    name: &str,
    extended: &str,
    encoding: Encoding,
) {
    let attributes = attributes.join(" ");
    out.extend_from_slice(format!("* {response} ({attributes}) \"{DELIMITER}\" ").as_bytes());
    mailbox_name(out, name, encoding);
    out.extend_from_slice(extended.as_bytes());
    out.extend_from_slice(b"\r\n");
}
