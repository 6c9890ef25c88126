//! NOTIFY (RFC 5465): what the client wants to hear of, also while no command is in progress.

use super::affected::tell_unreadable;
use super::names::{existing, subscribed};
use super::status;
use crate::imap::failure::Failure;
use crate::imap::notify::{Filter, Notify, status_items};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{NotifyEvent, NotifyGroup, NotifyProgram, StatusNow, notify_program};
use crate::imap::turn::Turn;
use crate::store::{MailboxName, Rights, Selectable, Visible};

/// Of so many mailboxes at most the numbers are told at once.
const STATUS_LIMIT: usize = 1000;

/// See [`notify_program`].
pub(crate) const NOTIFY: Registered = Registered::new("NOTIFY", Gate::Authenticated, |cursor| {
    Ok(Box::new(SetNotify { program: notify_program(cursor)? }))
})
.of("NOTIFY");

struct SetNotify {
    program: NotifyProgram,
}

impl Command for SetNotify {
    /// What was asked for before is in force until this succeeds.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let (status, groups) = match self.program {
                NotifyProgram::None => (StatusNow::Left, Vec::new()),
                NotifyProgram::Set(status, groups) => (status, groups),
            };
            if groups.iter().any(|group| group.events.contains(&NotifyEvent::Unsupported)) {
                return Err(Reply::no("there is no such event").with(ResponseCode::BadEvent).into());
            }
            set(session, status, groups).await?;
            Ok(Reply::ok("NOTIFY completed"))
        })
    }
}

async fn set(session: &mut Session, status: StatusNow, groups: Vec<NotifyGroup>) -> Result<(), Failure> {
    let account = session.account()?;
    let is_set = !groups.is_empty();
    // Listened to before the first look, so that nothing falls between.
    let notify = Notify::new(Filter::of(groups), &session.own_store(), account);
    let watched = if is_set { watched(session, &notify).await? } else { Vec::new() };
    if status == StatusNow::Told && watched.len() > STATUS_LIMIT {
        let code = ResponseCode::NotificationOverflow;
        return Err(Reply::no("there are too many mailboxes to tell of").with(code).into());
    }
    if is_set {
        session.catch_up().await?;
    }
    let readable = Rights::LOOKUP.and(Rights::READ);
    let (readable, unreadable): (Vec<_>, Vec<_>) =
        watched.into_iter().partition(|watched| watched.seen.rights.has(readable));
    let unreadable: Vec<MailboxName> = unreadable.into_iter().map(|watched| watched.name).collect();
    tell_unreadable(session, &unreadable).await?;
    if status == StatusNow::Told {
        let mut out = Vec::new();
        for Watched { name, seen, items } in readable {
            // One that has gone meanwhile is passed over.
            if let Some((_, numbers)) = session.store().readable(account, seen.mailbox.id).await? {
                status::write_named(session, &mut out, &name, &items, numbers);
            }
        }
        session.link.write(&out).await?;
    }
    session.set_notify(notify);
    Ok(())
}

/// A mailbox whose messages are watched, and the numbers that the client needs for that.
struct Watched {
    name: MailboxName,
    seen: Visible,
    items: Vec<&'static str>,
}

/// All mailboxes whose messages are watched, but for the selected one (RFC 5465, section 3.1).
async fn watched(session: &mut Session, notify: &Notify) -> Result<Vec<Watched>, Failure> {
    if !notify.filter.looks_elsewhere() {
        return Ok(Vec::new());
    }
    let subscribed = subscribed(session).await?;
    let selected = session.selected_view().map(|view| view.mailbox());
    let mut watched = Vec::new();
    let mut turn = Turn::begin();
    for (name, seen) in existing(session).await? {
        turn.give_way().await;
        let items = status_items(notify.filter.kinds(&name, &subscribed), session.sync());
        let is_mailbox = seen.mailbox.selectable == Selectable::Yes && Some(seen.mailbox.id) != selected;
        if is_mailbox && !items.is_empty() {
            watched.push(Watched { name, seen, items });
        }
    }
    Ok(watched)
}
