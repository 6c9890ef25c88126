//! LIST (RFC 3501, section 6.3.8).

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, mailbox_name};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, ListPattern, Parsed, encode_utf7, list_mailbox};
use crate::store::{DELIMITER, Selectable};

/// See [`Wanted::parse`].
pub(crate) const LIST: Registered =
    Registered::new("LIST", Gate::Authenticated, |cursor| Ok(Box::new(List(Wanted::parse(cursor)?))));

struct List(Wanted);

/// The arguments that LIST and LSUB share.
pub(super) enum Wanted {
    /// The empty pattern: the hierarchy delimiter and the root.
    Root,
    /// Names that match.
    Names(ListPattern),
}

impl Wanted {
    /// ```abnf
    /// list = "LIST" SP mailbox SP list-mailbox
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

impl Command for List {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let mut out = Vec::new();
            match &self.0 {
                Wanted::Root => write_name(&mut out, "LIST", Selectable::No, ""),
                Wanted::Names(pattern) => {
                    for mailbox in session.store().mailboxes(session.account()?).await? {
                        let name = mailbox.name.as_str();
                        if pattern.matches(&encode_utf7(name)) {
                            write_name(&mut out, "LIST", mailbox.selectable, name);
                        }
                    }
                }
            }
            session.link.write(&out).await?;
            Ok(Reply::ok("LIST completed"))
        })
    }
}

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox
/// ```
pub(super) fn write_name(out: &mut Vec<u8>, response: &str, selectable: Selectable, name: &str) {
    let attributes = match selectable {
        Selectable::Yes => "",
        Selectable::No => "\\Noselect",
    };
    out.extend_from_slice(format!("* {response} ({attributes}) \"{DELIMITER}\" ").as_bytes());
    mailbox_name(out, name);
    out.extend_from_slice(b"\r\n");
}
