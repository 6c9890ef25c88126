//! LIST (RFC 3501, section 6.3.8), extended (RFC 5258), with children (RFC 3348), STATUS (RFC 5819),
//! special uses (RFC 6154), rights (RFC 8440) and annotations (RFC 9590). Mailboxes of others are told to those who may see
//! them (RFC 4314, section 4).

use std::collections::BTreeSet;

use super::acl::tell_rights;
use super::metadata;
use super::names::{Names, Subscribed, write_extended, write_name};
use super::status::{self, Facts, Item};
use crate::imap::failure::Failure;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::syntax::{
    Cursor, ListPattern, Names as Encoding, ParseError, Parsed, entry_list, list_mailbox,
};
use crate::imap::turn::Turn;
use crate::store::{EntryName, MailboxName, StoreError};

/// The most patterns, and the most options of a kind, in one LIST.
const LIMIT: usize = 100;

/// How long all of the patterns may be together where there are several, in octets: each is put to each
/// name.
const PATTERN_LIMIT: usize = 8 * 1024;

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
    returns: Returns,
}

/// What is told of a name on request.
#[derive(Default)]
struct Returns {
    subscribed: Subscribed,
    rights: RightsTold,
    status: Vec<&'static Item>,
    annotations: Vec<EntryName>,
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

/// Whether the user's rights are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum RightsTold {
    Yes,
    #[default]
    No,
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
        let reference = reference(cursor)?;
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
    let reference = reference(cursor)?;
    cursor.space()?;
    let several = cursor.eat(b'(');
    let patterns = if several { patterns(cursor)? } else { vec![list_mailbox(cursor)?] };
    let extended = cursor.eat_word(" RETURN (");
    let mut returns = if extended { return_options(cursor)? } else { Returns::default() };
    if selection.contains(&Selection::Subscribed) {
        returns.subscribed = Subscribed::Told;
    }
    if !(selects || several || extended) && patterns.iter().all(Vec::is_empty) {
        return Ok(List::Root);
    }
    let patterns = patterns.iter().filter(|pattern| !pattern.is_empty());
    let patterns = patterns.map(|pattern| ListPattern::new(&reference, pattern)).collect();
    Ok(List::Names(Query { selection, patterns, returns }))
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
/// return-option    = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" / "MYRIGHTS" /      ; RFC 8440
///                    "STATUS" SP "(" status-att *(SP status-att) ")" /      ; RFC 5819, section 4
///                    "METADATA" SP "(" entry *(SP entry) ")"      ; RFC 9590, section 5
/// ```
/// Children and special uses are told always.
fn return_options(cursor: &mut Cursor<'_>) -> Parsed<Returns> {
    let mut returns = Returns::default();
    options(cursor, |cursor, name| {
        match name {
            "SUBSCRIBED" => returns.subscribed = Subscribed::Told,
            "MYRIGHTS" => returns.rights = RightsTold::Yes,
            "CHILDREN" | "SPECIAL-USE" => {}
            "STATUS" => {
                cursor.space()?;
                returns.status = status::items(cursor)?;
            }
            "METADATA" => {
                cursor.space()?;
                returns.annotations = entry_list(cursor)?;
            }
            _ => return Err(ParseError::Syntax("there is no such return option")),
        }
        Ok(())
    })?;
    Ok(returns)
}

/// ```abnf
/// mailbox      ; in the form in which names are
/// ```
fn reference(cursor: &mut Cursor<'_>) -> Parsed<Vec<u8>> {
    Ok(match String::from_utf8(cursor.astring()?) {
        Ok(text) => cursor.names().normal(text).into_bytes(),
        Err(other) => other.into_bytes(),
    })
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
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut octets: usize = 0;
    for _ in 0..LIMIT {
        let pattern = list_mailbox(cursor)?;
        octets = octets.saturating_add(pattern.len());
        if octets > PATTERN_LIMIT {
            return Err(ParseError::Limit("the patterns are too long"));
        }
        found.push(pattern);
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

impl Query {
    /// Whether the name is selected by every option.
    fn selects(&self, names: &Names, name: &MailboxName) -> bool {
        let mailbox = names.existing.get(name);
        let by_subscription = !self.selection.contains(&Selection::Subscribed);
        (if by_subscription { mailbox.is_some() } else { names.subscribed.contains(name) })
            && (!self.selection.contains(&Selection::SpecialUse)
                || mailbox.is_some_and(|seen| !seen.mailbox.special_uses.is_empty()))
    }

    /// Whether the name is told as a level of the hierarchy: one that is no mailbox, or none to this
    /// user, with some below (RFC 3501, section 6.3.8, of a pattern that ends in `%`).
    fn is_level(&self, names: &Names, name: &MailboxName, encoding: Encoding) -> bool {
        let every = self.selection.iter().all(|option| *option == Selection::Remote);
        every
            && !names.existing.contains_key(name)
            && names.parents.contains(name)
            && self.matches_as_level(name, encoding)
    }

    /// Whether a pattern matches that also asks for the levels at which it stops.
    fn matches_as_level(&self, name: &MailboxName, encoding: Encoding) -> bool {
        let wire = encoding.encode(name.as_str());
        let mut patterns = self.patterns.iter().filter(|pattern| pattern.ends_with_level_wildcard());
        patterns.any(|pattern| pattern.matches(&wire))
    }

    fn matches(&self, name: &MailboxName, encoding: Encoding) -> bool {
        let wire = encoding.encode(name.as_str());
        self.patterns.iter().any(|pattern| pattern.matches(&wire))
    }
}

/// A name is told if it is selected itself; or, on request, if one below it is that is not told
/// (RFC 5258, sections 3.3 and 3.5).
async fn tell(session: &mut Session, query: &Query) -> Result<(), Failure> {
    status::asked(session, &query.returns.status);
    let names = Names::read(session).await?;
    let all = names.all();
    let selected: BTreeSet<&MailboxName> = all.iter().filter(|name| query.selects(&names, name)).collect();
    let encoding = session.names();
    let recursive = query.selection.contains(&Selection::RecursiveMatch);
    let mut turn = Turn::begin();
    for name in &all {
        turn.give_way().await;
        if !query.matches(name, encoding) {
            continue;
        }
        let itself = selected.contains(name);
        let mut below = name.among(&selected);
        let below = match (recursive, itself) {
            (false, _) => None,
            (true, true) => below.next(),
            (true, false) => below.find(|other| !query.matches(other, encoding)),
        };
        if !itself && below.is_none() {
            if query.is_level(&names, name, encoding) {
                let mut out = Vec::new();
                write_name(&mut out, "LIST", &["\\Noselect", "\\HasChildren"], name.as_str(), encoding);
                session.link.write(&out).await?;
            }
            continue;
        }
        let mut attributes = names.attributes(query.returns.subscribed, name);
        let mut numbers = Vec::new();
        if let Some(seen) = names.existing.get(name).filter(|_| itself)
            && query.returns.rights == RightsTold::Yes
        {
            tell_rights(&mut numbers, name, seen.rights, encoding);
        }
        let entries = &query.returns.annotations;
        if itself && !entries.is_empty() && names.existing.contains_key(name) {
            metadata::tell_listed(&mut numbers, session, name, entries).await?;
        }
        let items = &query.returns.status;
        let told = (session.context.shared.seams.renderer.imap_list_status)(names.parents.contains(name));
        if itself && told && !items.is_empty() && !attributes.iter().any(|found| is_no_mailbox(found)) {
            match Facts::of(session, name).await? {
                Ok(facts) => status::tell(&mut numbers, name, items, &facts, encoding),
                // It has gone meanwhile, or may not be read (RFC 5819, section 2).
                Err(StoreError::NoSuchMailbox | StoreError::NotSelectable | StoreError::NoPermission) => {
                    attributes.push("\\Noselect");
                }
                Err(error) => return Err(error.into()),
            }
        }
        let mut out = Vec::new();
        let extended: &[u8] = if below.is_some() { b" (\"CHILDINFO\" (\"SUBSCRIBED\"))" } else { b"" };
        write_extended(&mut out, "LIST", &attributes, name.as_str(), extended, encoding);
        out.extend_from_slice(&numbers);
        session.link.write(&out).await?;
    }
    Ok(())
}

fn is_no_mailbox(attribute: &str) -> bool {
    matches!(attribute, "\\NonExistent" | "\\Noselect")
}
