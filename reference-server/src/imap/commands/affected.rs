//! LIST responses for which no LIST asked: of the name that is selected, of names to which something has
//! happened, and of those whose messages can not be read.

use std::collections::BTreeSet;

use super::names::{Names, Subscribed, write_extended};
use super::old_name::{Occasion, is_as_written, old_name};
use crate::imap::failure::Failure;
use crate::imap::response::mailbox_name;
use crate::imap::session::Session;
use crate::imap::syntax::MailboxArgument;
use crate::store::MailboxName;

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
