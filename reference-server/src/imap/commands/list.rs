//! LIST (RFC 3501, section 6.3.8), extended (RFC 5258), with children (RFC 3348), STATUS (RFC 5819),
//! special uses (RFC 6154), rights (RFC 8440) and annotations (RFC 9590). Mailboxes of others are told to those who may see
//! them (RFC 4314, section 4).

use std::collections::{BTreeMap, BTreeSet};

use super::acl::tell_rights;
use super::metadata;
use super::old_name::{Occasion, is_as_written, old_name};
use super::status::{self, Facts, Item};
use crate::imap::failure::Failure;
use crate::imap::naming::user_of;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, mailbox_name};
use crate::imap::session::Session;
use crate::imap::syntax::{
    Cursor, ListPattern, MailboxArgument, Names as Encoding, ParseError, Parsed, entry_list, list_mailbox,
};
use crate::imap::turn::Turn;
use crate::store::{DELIMITER, EntryName, MailboxName, Selectable, StoreError, Visible};

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

/// Whether `\Subscribed` is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Subscribed {
    Told,
    #[default]
    Left,
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

/// All names that an account can see: those that exist, and those that are only subscribed.
pub(super) struct Names {
    existing: BTreeMap<MailboxName, Visible>,
    /// Those with an existing one below.
    parents: BTreeSet<MailboxName>,
    subscribed: BTreeSet<MailboxName>,
    told: Told,
}

/// What is told of names; the seams at which a deviation can tell something else.
struct Told {
    no_mailbox: fn() -> &'static [&'static str],
    has_children: fn(bool) -> bool,
    special_uses: fn() -> bool,
}

/// The mailboxes that the session can see, by the names that it has for them.
pub(super) async fn existing(session: &mut Session) -> Result<BTreeMap<MailboxName, Visible>, Failure> {
    let visible = session.store().visible(session.account()?).await?;
    Ok(visible.into_iter().map(|seen| (called(session, &seen), seen)).collect())
}

/// What the session calls the mailbox.
pub(crate) fn called(session: &Session, seen: &Visible) -> MailboxName {
    match &seen.owner {
        Some(owner) => seen.mailbox.name.seen_by_others(user_of(&session.context, owner)),
        None => seen.mailbox.name.clone(),
    }
}

/// The subscribed names, in their order: of other users' mailboxes those that the session can see (RFC 4314, section
/// 4, LSUB).
pub(crate) async fn subscribed(session: &mut Session) -> Result<Vec<MailboxName>, Failure> {
    let mut subscribed = session.store().subscriptions(session.account()?).await?;
    if subscribed.iter().any(MailboxName::is_of_others) {
        let existing = existing(session).await?;
        subscribed.retain(|name| !name.is_of_others() || existing.contains_key(name));
    }
    Ok(subscribed)
}

impl Names {
    pub(super) async fn read(session: &mut Session) -> Result<Self, Failure> {
        let existing = existing(session).await?;
        let parents = existing.keys().flat_map(MailboxName::ancestors).collect();
        let subscribed = subscribed(session).await?.into_iter().collect();
        let renderer = &session.context.shared.seams.renderer;
        let told = Told {
            no_mailbox: renderer.imap_no_mailbox,
            has_children: renderer.imap_has_children,
            special_uses: renderer.imap_special_uses_told,
        };
        Ok(Self { existing, parents, subscribed, told })
    }

    /// Every name there is, those above the subscribed ones too.
    fn all(&self) -> BTreeSet<MailboxName> {
        let above = self.subscribed.iter().flat_map(MailboxName::ancestors);
        let exist = self.existing.keys().chain(&self.parents).chain(&self.subscribed);
        exist.cloned().chain(above).collect()
    }

    /// Whether the name is selected by every option.
    fn satisfies(&self, query: &Query, name: &MailboxName) -> bool {
        let mailbox = self.existing.get(name);
        let by_subscription = !query.selection.contains(&Selection::Subscribed);
        (if by_subscription { mailbox.is_some() } else { self.subscribed.contains(name) })
            && (!query.selection.contains(&Selection::SpecialUse)
                || mailbox.is_some_and(|seen| !seen.mailbox.special_uses.is_empty()))
    }

    /// Whether the name is told as a level of the hierarchy: one that is no mailbox, or none to this
    /// user, with some below (RFC 3501, section 6.3.8, of a pattern that ends in `%`).
    fn is_level(&self, query: &Query, name: &MailboxName, encoding: Encoding) -> bool {
        let every = query.selection.iter().all(|option| *option == Selection::Remote);
        every
            && !self.existing.contains_key(name)
            && self.parents.contains(name)
            && query.matches_as_level(name, encoding)
    }

    pub(super) fn attributes(&self, subscribed: Subscribed, name: &MailboxName) -> Vec<&'static str> {
        let mut attributes = Vec::new();
        let mailbox = self.existing.get(name).map(|seen| &seen.mailbox);
        match mailbox.map(|mailbox| mailbox.selectable) {
            None => attributes.push("\\NonExistent"),
            Some(Selectable::No) => attributes.extend((self.told.no_mailbox)()),
            Some(Selectable::Yes) => {}
        }
        if subscribed == Subscribed::Told && self.subscribed.contains(name) {
            attributes.push("\\Subscribed");
        }
        attributes.push(match (self.told.has_children)(self.parents.contains(name)) {
            true => "\\HasChildren",
            false => "\\HasNoChildren",
        });
        let uses = mailbox.iter().flat_map(|mailbox| &mailbox.special_uses);
        attributes.extend(uses.filter(|_| (self.told.special_uses)()).map(|known| known.name()));
        attributes
    }
}

impl Query {
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

/// What SELECT tells of the name in IMAP4rev2 (RFC 9051, section 6.3.2).
pub(super) async fn tell_selected(
    out: &mut Vec<u8>,
    session: &mut Session,
    name: &MailboxName,
    written: &MailboxArgument,
) -> Result<(), Failure> {
    let names = Names::read(session).await?;
    let attributes = names.attributes(Subscribed::Told, name);
    let told = session.context.shared.seams.view.imap_old_name_told;
    let extended = match is_as_written(name, written) || !told(Occasion::Written) {
        true => Vec::new(),
        false => old_name(written, session.names()),
    };
    write_extended(out, "LIST", &attributes, name.as_str(), &extended, session.names());
    Ok(())
}

/// Tells names to which something has happened, as they are now (RFC 5465, sections 5.4 and 5.5);
/// those that were renamed with the name before.
///
/// ```abnf
/// oldname-extended-item = "OLDNAME" SP "(" mailbox ")"      ; RFC 5465, section 8
/// ```
pub(crate) async fn tell_affected(session: &mut Session, affected: &[Affected]) -> Result<(), Failure> {
    if affected.is_empty() {
        return Ok(());
    }
    let names = Names::read(session).await?;
    let encoding = session.names();
    let mut out = Vec::new();
    let mut told: BTreeSet<&Affected> = BTreeSet::new();
    for one in affected {
        if !told.insert(one) {
            continue;
        }
        let mut extended = Vec::new();
        if let Affected::Renamed { old: before, .. } = one
            && (session.context.shared.seams.view.imap_old_name_told)(Occasion::Renamed)
        {
            extended.extend_from_slice(b" (\"OLDNAME\" (");
            mailbox_name(&mut extended, before.as_str(), encoding);
            extended.extend_from_slice(b"))");
        }
        let name = one.name();
        let mut attributes = names.attributes(Subscribed::Told, name);
        if !matches!(one, Affected::Subscription(_)) {
            // A mere level of the hierarchy is no mailbox: the event says so in the stronger word.
            let level = attributes.iter_mut().filter(|attribute| **attribute == "\\Noselect");
            level.for_each(|attribute| *attribute = "\\NonExistent");
        }
        if matches!(one, Affected::Lost(_)) {
            attributes.push("\\NoAccess");
        }
        write_extended(&mut out, "LIST", &attributes, name.as_str(), &extended, encoding);
    }
    session.link.write(&out).await?;
    Ok(())
}

/// Tells names that can be seen, and whose messages can not be read (RFC 5465, section 3.1).
pub(super) async fn tell_unreadable(
    session: &mut Session,
    unreadable: &[MailboxName],
) -> Result<(), Failure> {
    if unreadable.is_empty() {
        return Ok(());
    }
    let names = Names::read(session).await?;
    let mut out = Vec::new();
    for name in unreadable {
        let mut attributes = vec!["\\NoAccess"];
        attributes.extend(names.attributes(Subscribed::Told, name));
        write_extended(&mut out, "LIST", &attributes, name.as_str(), b"", session.names());
    }
    session.link.write(&out).await?;
    Ok(())
}

/// A name to which something has happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Affected {
    /// There is a mailbox of this name since, or none any more; or one directly below it.
    Existence(MailboxName),
    /// The user may not see it any more, whether or not there is one (RFC 5465, section 5.9).
    Lost(MailboxName),
    /// A mailbox is called so since.
    Renamed {
        /// The name before.
        old: MailboxName,
        /// The name since.
        new: MailboxName,
    },
    /// It is subscribed since, or is so no more.
    Subscription(MailboxName),
}

impl Affected {
    fn name(&self) -> &MailboxName {
        match self {
            Self::Existence(name)
            | Self::Lost(name)
            | Self::Subscription(name)
            | Self::Renamed { new: name, .. } => name,
        }
    }
}

/// A name is told if it is selected itself; or, on request, if one below it is that is not told
/// (RFC 5258, sections 3.3 and 3.5).
async fn tell(session: &mut Session, query: &Query) -> Result<(), Failure> {
    status::asked(session, &query.returns.status);
    let names = Names::read(session).await?;
    let all = names.all();
    let selected: BTreeSet<&MailboxName> = all.iter().filter(|name| names.satisfies(query, name)).collect();
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
            if names.is_level(query, name, encoding) {
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
    write_extended(out, response, attributes, name, b"", encoding);
}

/// The same with `[SP mbox-list-extended]` (RFC 5258, section 6).
pub(super) fn write_extended(
    out: &mut Vec<u8>,
    response: &str,
    attributes: &[&str],
    name: &str,
    extended: &[u8],
    encoding: Encoding,
) {
    let attributes = attributes.join(" ");
    out.extend_from_slice(format!("* {response} ({attributes}) \"{DELIMITER}\" ").as_bytes());
    mailbox_name(out, name, encoding);
    out.extend_from_slice(extended);
    out.extend_from_slice(b"\r\n");
}
