//! SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314, section 3).

use crate::imap::failure::Failure;
use crate::imap::naming::{identifier, name_of, resolve, shown};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, mailbox_name, string};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, Names, ParseError, Parsed, mailbox};
use crate::store::{MailboxName, Rights, RightsChange, StoreError};

/// See [`set`].
pub(crate) const SETACL: Registered = Registered::new("SETACL", Gate::Authenticated, set).of("ACL");

/// ```abnf
/// deleteacl = "DELETEACL" SP mailbox SP identifier
/// ```
pub(crate) const DELETEACL: Registered = Registered::new("DELETEACL", Gate::Authenticated, |cursor| {
    let (mailbox, identifier) = both(cursor)?;
    Ok(Box::new(DeleteAcl { mailbox, identifier }))
})
.of("ACL");

/// ```abnf
/// getacl = "GETACL" SP mailbox
/// ```
pub(crate) const GETACL: Registered = Registered::new("GETACL", Gate::Authenticated, |cursor| {
    cursor.space()?;
    Ok(Box::new(GetAcl(mailbox(cursor)?)))
})
.of("ACL");

/// ```abnf
/// listrights = "LISTRIGHTS" SP mailbox SP identifier
/// ```
pub(crate) const LISTRIGHTS: Registered = Registered::new("LISTRIGHTS", Gate::Authenticated, |cursor| {
    let (mailbox, identifier) = both(cursor)?;
    Ok(Box::new(ListRights { mailbox, identifier }))
})
.of("ACL");

/// ```abnf
/// myrights = "MYRIGHTS" SP mailbox
/// ```
pub(crate) const MYRIGHTS: Registered = Registered::new("MYRIGHTS", Gate::Authenticated, |cursor| {
    cursor.space()?;
    Ok(Box::new(MyRights(mailbox(cursor)?)))
})
.of("ACL")
.extended_by("RIGHTS=kxte");

struct SetAcl {
    mailbox: MailboxArgument,
    identifier: Vec<u8>,
    change: RightsChange,
    rights: Rights,
}

struct DeleteAcl {
    mailbox: MailboxArgument,
    identifier: Vec<u8>,
}

struct GetAcl(MailboxArgument);

struct ListRights {
    mailbox: MailboxArgument,
    identifier: Vec<u8>,
}

struct MyRights(MailboxArgument);

/// ```abnf
/// identifier = astring
/// ```
fn both(cursor: &mut Cursor<'_>) -> Parsed<(MailboxArgument, Vec<u8>)> {
    cursor.space()?;
    let mailbox = mailbox(cursor)?;
    cursor.space()?;
    Ok((mailbox, cursor.astring()?))
}

/// ```abnf
/// setacl     = "SETACL" SP mailbox SP identifier SP mod-rights
/// mod-rights = astring      ; "+" to add, "-" to remove, neither to replace
/// ```
/// A letter that is no right makes the command wrong (section 3.1).
fn set(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    let (mailbox, identifier) = both(cursor)?;
    cursor.space()?;
    let text = cursor.astring()?;
    let (change, letters) = match text.split_first() {
        Some((b'+', letters)) => (RightsChange::Add, letters),
        Some((b'-', letters)) => (RightsChange::Remove, letters),
        _ => (RightsChange::Replace, text.as_slice()),
    };
    let rights = std::str::from_utf8(letters).ok().and_then(Rights::parse);
    let rights = rights.ok_or(ParseError::Syntax("there is no such right"))?;
    Ok(Box::new(SetAcl { mailbox, identifier, change, rights }))
}

impl Command for SetAcl {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let identifier = identifier(session, &self.identifier).await?;
            let named = resolve(session, &name_of(&self.mailbox)?).await?;
            session.store().set_acl(&named, identifier, self.change, self.rights).await?;
            Ok(Reply::ok("SETACL completed"))
        })
    }
}

impl Command for DeleteAcl {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let identifier = identifier(session, &self.identifier).await?;
            let named = resolve(session, &name_of(&self.mailbox)?).await?;
            session.store().delete_acl(&named, identifier).await?;
            Ok(Reply::ok("DELETEACL completed"))
        })
    }
}

impl Command for GetAcl {
    /// ```abnf
    /// acl-data = "ACL" SP mailbox *(SP identifier SP rights)
    /// ```
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.0)?;
            let named = resolve(session, &name).await?;
            let list = session.store().acl(&named).await?;
            let mut out = b"* ACL ".to_vec();
            mailbox_name(&mut out, name.as_str(), session.names());
            for (identifier, rights) in list {
                out.push(b' ');
                string(&mut out, shown(&session.context, &identifier).as_bytes());
                out.extend_from_slice(format!(" {}", astring(&rights.to_string())).as_bytes());
            }
            out.extend_from_slice(b"\r\n");
            session.link.write(&out).await?;
            Ok(Reply::ok("GETACL completed"))
        })
    }
}

impl Command for ListRights {
    /// ```abnf
    /// listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)
    /// ```
    /// No rights are tied together (section 3.7). The identifier comes back as it was given.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let kept = identifier(session, &self.identifier).await?;
            let name = name_of(&self.mailbox)?;
            let named = resolve(session, &name).await?;
            let store = session.store();
            store.may_administer(&named).await?;
            let always = match store.is_owner(&named, &kept).await? {
                true => Rights::OF_OWNER,
                false => Rights::NONE,
            };
            let mut out = b"* LISTRIGHTS ".to_vec();
            mailbox_name(&mut out, name.as_str(), session.names());
            out.push(b' ');
            string(&mut out, &self.identifier);
            let required: String = always.each().collect();
            out.extend_from_slice(format!(" {}", astring(&required)).as_bytes());
            for letter in Rights::ALL.without(always).each().chain(Rights::ALL.obsolete()) {
                out.extend_from_slice(format!(" {letter}").as_bytes());
            }
            out.extend_from_slice(b"\r\n");
            session.link.write(&out).await?;
            Ok(Reply::ok("LISTRIGHTS completed"))
        })
    }
}

impl Command for MyRights {
    /// Whoever has none of the rights that concern the mailbox as such is told that it does not exist
    /// (section 4).
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.0)?;
            let rights = session.store().rights(&resolve(session, &name).await?).await?;
            if !rights.has_any(Rights::OF_MAILBOX) {
                return Err(Failure::from(StoreError::NoSuchMailbox));
            }
            let mut out = Vec::new();
            tell_rights(&mut out, &name, rights, session.names());
            session.link.write(&out).await?;
            Ok(Reply::ok("MYRIGHTS completed"))
        })
    }
}

/// ```abnf
/// myrights-data = "MYRIGHTS" SP mailbox SP rights
/// ```
pub(super) fn tell_rights(out: &mut Vec<u8>, name: &MailboxName, rights: Rights, names: Names) {
    out.extend_from_slice(b"* MYRIGHTS ");
    mailbox_name(out, name.as_str(), names);
    out.extend_from_slice(format!(" {}\r\n", astring(&rights.to_string())).as_bytes());
}

/// Rights as an astring: letters, or nothing between quotes.
fn astring(rights: &str) -> &str {
    if rights.is_empty() { "\"\"" } else { rights }
}
