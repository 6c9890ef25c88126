//! SELECT and EXAMINE (RFC 3501, sections 6.3.1 and 6.3.2).

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::{Session, name_of};
use crate::imap::syntax::{Cursor, MailboxArgument, Parsed, mailbox};
use crate::imap::view::View;
use crate::store::Access;

/// See [`parse`].
pub(crate) const SELECT: Registered =
    Registered::new("SELECT", Gate::Authenticated, |cursor| parse(cursor, Access::ReadWrite));

/// See [`parse`].
pub(crate) const EXAMINE: Registered =
    Registered::new("EXAMINE", Gate::Authenticated, |cursor| parse(cursor, Access::ReadOnly));

struct Select {
    mailbox: MailboxArgument,
    access: Access,
}

/// ```abnf
/// select  = "SELECT" SP mailbox
/// examine = "EXAMINE" SP mailbox
/// ```
fn parse(cursor: &mut Cursor<'_>, access: Access) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    Ok(Box::new(Select { mailbox: mailbox(cursor)?, access }))
}

impl Command for Select {
    /// Whatever was selected is so no more, also when this fails.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            session.set_selected(None);
            let name = name_of(&self.mailbox)?;
            let account = session.account()?;
            let store = session.store();
            let snapshot = store.open_mailbox(account, &name, self.access).await?;
            let (validity, next) = (snapshot.mailbox.uid_validity.0, snapshot.mailbox.uid_next.0);
            let view = View::new(snapshot, self.access);
            let mut out = Vec::new();
            introduce(&mut out, &view, validity, next);
            session.link.write(&out).await?;
            session.set_selected(Some(view));
            Ok(match self.access {
                Access::ReadWrite => Reply::ok("SELECT completed").with(ResponseCode::ReadWrite),
                Access::ReadOnly => Reply::ok("EXAMINE completed").with(ResponseCode::ReadOnly),
            })
        })
    }
}

/// The required untagged responses. Where every message is seen there is no first unseen one to
/// name.
fn introduce(out: &mut Vec<u8>, view: &View, validity: u32, next: u32) {
    let flags = view.flag_names();
    out.extend_from_slice(format!("* FLAGS ({flags})\r\n").as_bytes());
    out.extend_from_slice(format!("* {} EXISTS\r\n", view.count()).as_bytes());
    out.extend_from_slice(format!("* {} RECENT\r\n", view.recent()).as_bytes());
    if let Some(unseen) = view.first_unseen() {
        let code = ResponseCode::Unseen(u32::try_from(unseen).unwrap_or(u32::MAX));
        Reply::ok("first message that is not seen").with(code).write(out, "*");
    }
    let permanent = match view.access() {
        Access::ReadWrite => format!("{flags} \\*"),
        Access::ReadOnly => String::new(),
    };
    let notices = [
        ("flags that can be changed", ResponseCode::PermanentFlags(permanent)),
        ("UIDs valid", ResponseCode::UidValidity(validity)),
        ("predicted next UID", ResponseCode::UidNext(next)),
    ];
    for (text, code) in notices {
        Reply::ok(text).with(code).write(out, "*");
    }
}
