//! GETMETADATA and SETMETADATA (RFC 5464): annotations of mailboxes and of the server. What they tell LIST
//! tells too (RFC 9590), and who has asked for it is told what others change.

use crate::imap::failure::Failure;
use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode, literal_head, mailbox_name, nstring, string};
use crate::imap::session::Session;
use crate::imap::syntax::{
    Cursor, MailboxArgument, Names, ParseError, Parsed, entries, entry_values, mailbox,
};
use crate::store::{Annotated, Audience, Depth, EntryName, MailboxName, SpecialUse, StoreError, Told};

/// See [`get`].
pub(crate) const GETMETADATA: Registered =
    Registered::new("GETMETADATA", Gate::Authenticated, get).of("METADATA");

/// See [`set`].
pub(crate) const SETMETADATA: Registered =
    Registered::new("SETMETADATA", Gate::Authenticated, set).of("METADATA");

/// The one annotation of the server that all see, and nobody sets: whom to write to (section 6.2.2).
const ADMIN: &str = "/admin";

struct GetMetadata {
    of: MailboxArgument,
    options: Options,
    names: Vec<EntryName>,
}

/// What narrows and widens GETMETADATA.
#[derive(Default)]
struct Options {
    /// Values with more octets are left out (section 4.2.1).
    max_size: Option<u32>,
    depth: Depth,
}

struct SetMetadata {
    of: MailboxArgument,
    entries: Vec<Told>,
}

/// ```abnf
/// getmetadata         = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
/// getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
/// ```
/// The examples of the RFC have the options behind the mailbox, where a list can be nothing else if
/// another argument follows: both are read.
fn get(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    let before = cursor.eat_word(" (");
    let mut options = if before { options(cursor)? } else { Options::default() };
    cursor.space()?;
    let of = mailbox(cursor)?;
    if !before && cursor.rest().starts_with(b" (") && !cursor.rest().starts_with(b" (/") {
        let word = cursor.rest().get(2..9).unwrap_or_default().to_ascii_uppercase();
        if word.starts_with(b"MAXSIZE") || word.starts_with(b"DEPTH") {
            cursor.space()?;
            cursor.expect(b'(', "options were expected")?;
            options = self::options(cursor)?;
        }
    }
    cursor.space()?;
    Ok(Box::new(GetMetadata { of, options, names: entries(cursor)? }))
}

/// ```abnf
/// maxsize-opt = "MAXSIZE" SP number
/// scope-opt   = "DEPTH" SP ("0" / "1" / "infinity")
/// ```
fn options(cursor: &mut Cursor<'_>) -> Parsed<Options> {
    let mut found = Options::default();
    loop {
        match cursor.atom()?.to_ascii_uppercase().as_str() {
            "MAXSIZE" => {
                cursor.space()?;
                found.max_size = Some(cursor.number()?);
            }
            "DEPTH" => {
                cursor.space()?;
                found.depth = match cursor.atom()?.to_ascii_uppercase().as_str() {
                    "0" => Depth::Zero,
                    "1" => Depth::One,
                    "INFINITY" => Depth::Infinity,
                    _ => return Err(ParseError::Syntax("there is no such depth")),
                };
            }
            _ => return Err(ParseError::Syntax("there is no such option of GETMETADATA")),
        }
        if cursor.eat(b')') {
            return Ok(found);
        }
        cursor.space()?;
    }
}

/// ```abnf
/// setmetadata = "SETMETADATA" SP mailbox SP entry-values
/// ```
fn set(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let of = mailbox(cursor)?;
    cursor.space()?;
    Ok(Box::new(SetMetadata { of, entries: entry_values(cursor)? }))
}

/// What the empty name and every other stand for (section 4.1).
async fn annotated(session: &mut Session, of: &MailboxArgument) -> Result<Annotated, Failure> {
    match of {
        MailboxArgument::Name { name, .. } if name.is_empty() => Ok(Annotated::Server(session.account()?)),
        _ => Ok(Annotated::Mailbox(resolve(session, &name_of(of)?).await?)),
    }
}

impl Command for GetMetadata {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let of = annotated(session, &self.of).await?;
            let server = matches!(of, Annotated::Server(_));
            let private = (session.context.shared.seams.store.imap_private_entries)();
            let mut told = session.store().annotations(of, self.names, self.options.depth, private).await?;
            if server {
                tell_admin(session, &mut told);
            }
            let longest = leave_out_long(&mut told, self.options.max_size);
            let mut out = Vec::new();
            if !told.is_empty() {
                let name = match &self.of {
                    MailboxArgument::Name { name, .. } if name.is_empty() => String::new(),
                    other => name_of(other)?.as_str().to_owned(),
                };
                write(&mut out, session.names(), &name, &told);
            }
            session.link.write(&out).await?;
            let reply = Reply::ok("GETMETADATA completed");
            Ok(match longest {
                Some(octets) => reply.with(ResponseCode::MetadataLongEntries(octets)),
                None => reply,
            })
        })
    }
}

/// Answers what was asked about the administrator, who is not kept with the annotations.
fn tell_admin(session: &Session, told: &mut [Told]) {
    let Some(domain) = session.context.shared.domains.first() else { return };
    for (name, value) in told {
        if name.audience == Audience::Shared && name.path.eq_ignore_ascii_case(ADMIN) {
            *value = Some(format!("mailto:postmaster@{domain}").into_bytes());
        }
    }
}

/// Takes values out that are longer than allowed; gives the length of the longest of them.
fn leave_out_long(told: &mut Vec<Told>, max_size: Option<u32>) -> Option<usize> {
    let limit = usize::try_from(max_size?).unwrap_or(usize::MAX);
    let octets = |(_, value): &Told| value.as_ref().map_or(0, Vec::len);
    let longest = told.iter().map(octets).filter(|octets| *octets > limit).max();
    told.retain(|entry| octets(entry) <= limit);
    longest
}

/// ```abnf
/// metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list)
/// ```
fn write(out: &mut Vec<u8>, encoding: Names, name: &str, told: &[Told]) {
    out.extend_from_slice(b"* METADATA ");
    mailbox_name(out, name, encoding);
    for (index, (name, value)) in told.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b" (" } else { b" " });
        let start = match name.audience {
            Audience::Private => "/private",
            Audience::Shared => "/shared",
        };
        write_entry(out, &format!("{start}{}", name.path));
        out.push(b' ');
        match value {
            Some(value) if value.contains(&0) => {
                out.push(b'~');
                literal_head(out, u64::try_from(value.len()).unwrap_or(u64::MAX));
                out.extend_from_slice(value);
            }
            value => nstring(out, value.as_deref()),
        }
    }
    out.extend_from_slice(b")\r\n");
}

/// A name of an entry, in quotes where it is no atom.
fn write_entry(out: &mut Vec<u8>, entry: &str) {
    match entry.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"/-_.".contains(&octet)) {
        true => out.extend_from_slice(entry.as_bytes()),
        false => string(out, entry.as_bytes()),
    }
}

/// What LIST tells of a mailbox beside its name (RFC 9590, section 3). Of one that may not be looked into,
/// or is there no more, nothing is told.
pub(super) async fn tell_listed(
    out: &mut Vec<u8>,
    session: &mut Session,
    name: &MailboxName,
    entries: &[EntryName],
) -> Result<(), Failure> {
    let of = match resolve(session, name).await {
        Ok(named) => Annotated::Mailbox(named),
        Err(StoreError::NoSuchMailbox) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let seams = &session.context.shared.seams;
    let private = (seams.store.imap_private_entries)();
    if !(seams.view.imap_list_annotations)() {
        return Ok(());
    }
    match session.store().annotations(of, entries.to_vec(), Depth::Zero, private).await {
        Ok(told) => write(out, session.names(), name.as_str(), &told),
        Err(StoreError::NoSuchMailbox | StoreError::NoPermission) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Tells that annotations have changed, by their names (RFC 5464, section 4.4.2).
///
/// ```abnf
/// metadata-resp = "METADATA" SP mailbox SP entry-list
/// entry-list    = entry *(SP entry)
/// ```
pub(crate) async fn tell_changed(
    session: &mut Session,
    name: &str,
    entries: &[String],
) -> Result<(), Failure> {
    let mut out = b"* METADATA ".to_vec();
    mailbox_name(&mut out, name, session.names());
    for entry in entries {
        out.push(b' ');
        write_entry(&mut out, entry);
    }
    out.extend_from_slice(b"\r\n");
    session.link.write(&out).await?;
    Ok(())
}

impl Command for SetMetadata {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let of = annotated(session, &self.of).await?;
            let checked = (session.context.shared.seams.gate.imap_special_uses_checked)();
            if checked && matches!(of, Annotated::Mailbox(_)) && !self.entries.iter().all(is_possible) {
                let reply = Reply::no("a mailbox can not have this special use here");
                return Err(reply.with(ResponseCode::UseAttr).into());
            }
            match session.store().annotate(of, self.entries).await {
                Ok(()) => Ok(Reply::ok("SETMETADATA completed")),
                Err(StoreError::TooMany) => Err(Reply::no("there are too many annotations")
                    .with(ResponseCode::MetadataTooMany)
                    .into()),
                Err(error) => Err(error.into()),
            }
        })
    }
}

/// Whether the special uses that a client sets are such as CREATE takes (RFC 6154, section 4).
fn is_possible((name, value): &Told) -> bool {
    !name.is_special_uses() || SpecialUse::from_text(value.as_deref().unwrap_or_default()).is_some()
}
