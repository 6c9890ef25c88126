//! OLDNAME in LIST (RFC 9051, section 6.3.9.7): under which name a client of IMAP4rev2 finds what it
//! has called otherwise, in another form than Net-Unicode or INBOX in other letters. Not for what others
//! rename, which NOTIFY tells.

use super::names::{Names, Subscribed, write_extended};
use crate::imap::failure::Failure;
use crate::imap::response::mailbox_name;
use crate::imap::session::Session;
use crate::imap::syntax::{MailboxArgument, Names as Encoding};
use crate::imap::view::Revision;
use crate::store::{DELIMITER, MailboxName};

/// Why there is a name before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The client has written another one (RFC 9051, section 6.3.9.7).
    Written,
    /// The mailbox was renamed (RFC 5465, section 5.4).
    Renamed,
}

/// Tells a client of IMAP4rev2 under which name it finds what it has called otherwise (RFC 9051,
/// section 6.3.9.7).
pub(super) async fn tell_normalized(
    session: &mut Session,
    name: &MailboxName,
    written: &MailboxArgument,
) -> Result<(), Failure> {
    match is_as_written(name, written) {
        true => Ok(()),
        false => tell_old_name(session, name, written).await,
    }
}

/// The same, whatever it was called.
pub(super) async fn tell_old_name(
    session: &mut Session,
    name: &MailboxName,
    written: &MailboxArgument,
) -> Result<(), Failure> {
    let told = session.context.shared.seams.view.imap_old_name_told;
    if session.revision() == Revision::Rev1 || !told(Occasion::Written) {
        return Ok(());
    }
    let names = Names::read(session).await?;
    let attributes = names.attributes(Subscribed::Told, name);
    let (mut out, extended) = (Vec::new(), old_name(written, session.names()));
    write_extended(&mut out, "LIST", &attributes, name.as_str(), &extended, session.names());
    session.link.write(&out).await?;
    Ok(())
}

/// Whether the name is the one that the client wrote, but for the declaration of inferior names.
pub(super) fn is_as_written(name: &MailboxName, written: &MailboxArgument) -> bool {
    match written {
        MailboxArgument::Name { written, .. } => {
            written.strip_suffix(DELIMITER).unwrap_or(written) == name.as_str()
        }
        MailboxArgument::Unnameable => true,
    }
}

/// ```abnf
/// oldname-extended-item = "OLDNAME" SP "(" mailbox ")"      ; RFC 9051, section 9
/// ```
pub(super) fn old_name(written: &MailboxArgument, encoding: Encoding) -> Vec<u8> {
    let MailboxArgument::Name { written, .. } = written else { return Vec::new() };
    let mut out = b" (\"OLDNAME\" (".to_vec();
    mailbox_name(&mut out, written, encoding);
    out.extend_from_slice(b"))");
    out
}
