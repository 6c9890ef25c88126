//! Which mailbox a name stands for, and whose; and what identifiers in access control lists stand for. Mailboxes
//! of other users stand in a namespace of their own (RFC 2342, section 5), each under the name by which
//! its owner logs in. Not who may do what with them, which the store decides.

use crate::context::Context;
use crate::imap::failure::Failure;
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::syntax::{MailboxArgument, Names};
use crate::store::{ANYONE, MailboxName, Named, StoreError};

/// The name that a client gave, as the store has it.
pub(super) fn name_of(argument: &MailboxArgument) -> Result<MailboxName, Failure> {
    match argument {
        MailboxArgument::Name { name, .. } => Ok(MailboxName::new(name)?),
        MailboxArgument::Unnameable => Err(StoreError::InvalidName.into()),
    }
}

/// The name of a mailbox that is to be: in UTF-8 it must be without separators of lines and paragraphs
/// (RFC 6855, section 3).
pub(super) fn new_name_of(argument: &MailboxArgument, names: Names) -> Result<MailboxName, Failure> {
    let name = name_of(argument)?;
    let separated = name.as_str().contains(['\u{2028}', '\u{2029}']);
    match names == Names::ModifiedUtf7 || !separated {
        true => Ok(name),
        false => Err(StoreError::InvalidName.into()),
    }
}

/// The mailbox that the session calls so. A user who does not exist is told from one whose mailboxes
/// may not be seen by nothing: both times there is no such mailbox.
pub(super) async fn resolve(session: &mut Session, called: &MailboxName) -> Result<Named, StoreError> {
    let by = session.account().map_err(|_| StoreError::NoSuchAccount)?;
    if !called.is_of_others() {
        return Ok(Named::own(by, called));
    }
    let (user, name) = called.of_other().ok_or(StoreError::NoSuchMailbox)?;
    match session.context.shared.authenticator.resolve(user).await? {
        Some(owner) if owner.id != by => Ok(Named { by, owner: owner.id, name }),
        _ => Err(StoreError::NoSuchMailbox),
    }
}

/// The same for a mailbox that is to be: where it can not be, that is not permitted, whatever the
/// reason is.
pub(super) async fn resolve_new(session: &mut Session, called: &MailboxName) -> Result<Named, StoreError> {
    match resolve(session, called).await {
        Err(StoreError::NoSuchMailbox) => Err(StoreError::NoPermission),
        other => other,
    }
}

/// The name by which a user logs in, given the address of the account: without the domain in which
/// names are looked for first.
pub(in crate::imap) fn user_of<'a>(context: &Context, address: &'a str) -> &'a str {
    match (address.rsplit_once('@'), context.shared.domains.first()) {
        (Some((local, domain)), Some(first)) if domain.eq_ignore_ascii_case(first) => local,
        _ => address,
    }
}

/// An identifier as the store keeps it, given as a client wrote it: prepared (RFC 4314, section 3),
/// and in one form for all forms in which a user can log in.
pub(super) async fn identifier(session: &mut Session, wire: &[u8]) -> Result<String, Failure> {
    let bad = || Failure::from(Reply::bad("an identifier of this form can not be"));
    let text = std::str::from_utf8(wire).map_err(|_| bad())?;
    let prepared = stringprep::saslprep(text).map_err(|_| bad())?;
    let (sign, who) = match prepared.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", prepared.as_ref()),
    };
    if who.is_empty() {
        return Err(bad());
    }
    if who.eq_ignore_ascii_case(ANYONE) {
        return Ok(format!("{sign}{ANYONE}"));
    }
    let shared = &session.context.shared;
    let known = shared.authenticator.resolve(who).await.map_err(Failure::from)?;
    let whole = match (known, who.contains('@'), shared.domains.first()) {
        (Some(account), ..) => account.address,
        (None, false, Some(domain)) => format!("{who}@{domain}"),
        (None, ..) => who.to_owned(),
    };
    Ok(format!("{sign}{}", whole.to_ascii_lowercase()))
}

/// An identifier as clients are shown it, given as the store keeps it.
pub(super) fn shown(context: &Context, kept: &str) -> String {
    let (sign, who) = match kept.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", kept),
    };
    format!("{sign}{}", user_of(context, who))
}
