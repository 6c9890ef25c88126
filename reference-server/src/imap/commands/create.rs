//! CREATE (RFC 3501, section 6.3.3), also for a special use (RFC 6154, section 3); with MAILBOXID
//! (RFC 8474, section 4.1).

use super::old_name::tell_normalized;
use crate::imap::naming::{new_name_of, resolve_new};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, ParseError, Parsed, mailbox};
use crate::store::SpecialUse;

/// See [`parse`].
pub(crate) const CREATE: Registered =
    Registered::new("CREATE", Gate::Authenticated, parse).extended_by("CREATE-SPECIAL-USE");

struct Create {
    mailbox: MailboxArgument,
    uses: Uses,
}

/// What the mailbox is to be for.
enum Uses {
    Known(Vec<SpecialUse>),
    /// One of them is not supported.
    Unsupported,
}

/// ```abnf
/// create        = "CREATE" SP mailbox [create-params]
/// create-params = SP "(" create-param *(SP create-param) ")"      ; RFC 4466, section 2.2
/// create-param  = "USE" SP "(" [use-attr *(SP use-attr)] ")"      ; RFC 6154, section 6
/// use-attr      = "\" atom
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let mailbox = mailbox(cursor)?;
    let mut uses = Uses::Known(Vec::new());
    if cursor.eat_word(" (") {
        if !cursor.eat_word("USE (") {
            return Err(ParseError::Syntax("there is no such parameter of CREATE"));
        }
        uses = special_uses(cursor)?;
        cursor.expect(b')', "the parameters of CREATE do not end")?;
    }
    Ok(Box::new(Create { mailbox, uses }))
}

fn special_uses(cursor: &mut Cursor<'_>) -> Parsed<Uses> {
    let mut uses = Vec::new();
    let mut unsupported = false;
    while !cursor.eat(b')') {
        if !uses.is_empty() || unsupported {
            cursor.space()?;
        }
        cursor.expect(b'\\', "a special use begins with a backslash")?;
        match SpecialUse::parse(&format!("\\{}", cursor.atom()?)) {
            Some(known) if !uses.contains(&known) => uses.push(known),
            Some(_) => {}
            None => unsupported = true,
        }
    }
    Ok(if unsupported { Uses::Unsupported } else { Uses::Known(uses) })
}

impl Command for Create {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = new_name_of(&self.mailbox, session.names())?;
            let named = resolve_new(session, &name).await?;
            let Uses::Known(uses) = self.uses else {
                let reply = Reply::no("a mailbox can not have this special use here");
                return Err(reply.with(ResponseCode::UseAttr).into());
            };
            let mailbox = session.store().create(&named, uses).await?;
            tell_normalized(session, &name, &self.mailbox).await?;
            Ok(Reply::ok("CREATE completed").with(ResponseCode::MailboxId(mailbox.id)))
        })
    }
}
