//! What a session with a filter tells, and in which order (RFC 5465, sections 3.1, 5 and 7).

use std::collections::BTreeSet;

use super::filter::{ExpungesTold, FlagNews, Kinds, SelectedNews};
use super::listening::Heard;
use super::queue::Missed;
use crate::imap::commands::affected::{Affected, tell_affected};
use crate::imap::commands::fetch::tell_new;
use crate::imap::commands::names;
use crate::imap::commands::status;
use crate::imap::failure::{Ended, Failure};
use crate::imap::naming::user_of;
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::{Session, or_later};
use crate::imap::syntax::FetchItem;
use crate::imap::view::{Entry, Expunges, Numbering, Sync, View};
use crate::store::{Happened, MailboxId, MailboxName, Uid, What};

/// When news are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// In IDLE, or at the end of a command that allows or forbids expunges.
    Command(Expunges),
    /// While no command is in progress.
    BetweenCommands,
}

impl Session {
    /// Tells what the client asked for, of the selected mailbox and of others.
    pub(crate) async fn tell_as_asked(&mut self, moment: Moment, numbering: Numbering) -> Result<(), Ended> {
        if self.selected_view().is_some() {
            self.tell_selected(moment, numbering).await?;
        }
        self.tell_elsewhere().await
    }

    /// Flags, what left searches, expunges, new messages, what joined searches: flags come before
    /// the searches that they change (section 5.1), EXISTS before what is fetched or found of new
    /// messages (sections 5.2 and 7).
    async fn tell_selected(&mut self, moment: Moment, numbering: Numbering) -> Result<(), Ended> {
        let asked = self.notify.as_ref().map(|notify| notify.filter.selected.clone());
        let told = match asked {
            None => told_unasked(moment, numbering),
            Some(SelectedNews::Nothing) => return self.tell_own_expunges().await,
            Some(SelectedNews::Told { expunges, flags, items }) => Told {
                expunges: match (moment, expunges) {
                    (Moment::Command(allowed), _) => allowed,
                    (Moment::BetweenCommands, ExpungesTold::AtOnce) => Expunges::Told,
                    (Moment::BetweenCommands, ExpungesTold::WithCommands) => Expunges::Held,
                },
                flags,
                numbering: Numbering::Uid,
                items,
            },
        };
        let (store, evaluation) = (self.store(), self.evaluation());
        let mut contexts = std::mem::take(&mut self.contexts);
        let Ok(view) = self.view() else { return Ok(()) };
        let before = last(view);
        let mut out = Vec::new();
        view.tell_keywords(&mut out);
        view.tell_rights(&mut out);
        if told.flags == FlagNews::Told {
            view.tell_flags(&mut out, told.numbering);
        }
        out.extend(or_later(contexts.removals(view, &store, evaluation).await).into_bytes());
        view.tell_messages(&mut out, told.expunges);
        let joined = or_later(contexts.additions(view, &store, evaluation).await);
        let new: Vec<(usize, Uid)> = view
            .entries()
            .iter()
            .enumerate()
            .map(|(place, entry)| (place, entry.uid()))
            .filter(|(_, uid)| *uid > before)
            .collect();
        self.contexts = contexts;
        self.link.write(&out).await?;
        let made = self.notify.as_mut().map(|notify| notify.take_made()).unwrap_or_default();
        let made: BTreeSet<Uid> = made.into_iter().collect();
        // One response a message, and nothing in it twice (section 5.2).
        for (place, uid) in &new {
            if let Some(with_search) = joined.items.get(uid) {
                let by_notify = told.items.iter().filter(|_| !made.contains(uid));
                let more = by_notify.filter(|item| !with_search.contains(item));
                let all: Vec<FetchItem> = with_search.iter().chain(more).cloned().collect();
                self.tell_new_message(*place, &all).await?;
            }
        }
        self.link.write(joined.told.as_bytes()).await?;
        for (place, uid) in &new {
            if !joined.items.contains_key(uid) && !made.contains(uid) && !told.items.is_empty() {
                self.tell_new_message(*place, &told.items).await?;
            }
        }
        Ok(())
    }

    /// Trouble with one message is no trouble of the session: the client can fetch it.
    async fn tell_new_message(&mut self, place: usize, items: &[FetchItem]) -> Result<(), Ended> {
        match tell_new(self, place, items).await {
            Ok(()) => Ok(()),
            Err(Failure::Ended(ended)) => Err(ended),
            Err(Failure::Answered(reply)) => {
                tracing::warn!(?reply, "a new message could not be told");
                Ok(())
            }
        }
    }

    /// The answer to the client's own EXPUNGE is no news, and given in any case.
    async fn tell_own_expunges(&mut self) -> Result<(), Ended> {
        let gone = self.notify.as_mut().map(|notify| notify.take_expunged()).unwrap_or_default();
        let mut out = Vec::new();
        if let Ok(view) = self.view() {
            view.tell_expunged(&mut out, &gone);
        }
        self.link.write(&out).await?;
        Ok(())
    }

    /// Tells what happened to other mailboxes than the selected one.
    pub(crate) async fn tell_elsewhere(&mut self) -> Result<(), Ended> {
        let own = self.store().origin();
        let Some(notify) = &mut self.notify else { return Ok(()) };
        let heard = match notify.gather(own) {
            Ok(heard) => heard,
            Err(Missed) => {
                notify.stop();
                let code = ResponseCode::NotificationOverflow;
                self.say(&Reply::ok("too much has happened: nothing is told any more").with(code));
                return Ok(());
            }
        };
        if heard.names.is_empty() && heard.messages.is_empty() {
            return Ok(());
        }
        match self.tell_heard(heard).await {
            Ok(()) => Ok(()),
            Err(Failure::Ended(ended)) => Err(ended),
            // The store has trouble; what happened would be told wrongly.
            Err(Failure::Answered(_)) => {
                if let Some(notify) = &mut self.notify {
                    notify.stop();
                }
                let code = ResponseCode::NotificationOverflow;
                self.say(&Reply::ok("what happened is not known: nothing is told any more").with(code));
                Ok(())
            }
        }
    }

    async fn tell_heard(&mut self, heard: Heard) -> Result<(), Failure> {
        let Some(notify) = &self.notify else { return Ok(()) };
        let filter = notify.filter.clone();
        let mut subscribed = Vec::new();
        if filter.goes_by_subscriptions() {
            subscribed = names::subscribed(self).await?;
        }
        let mut affected = Vec::new();
        let mut annotated = Vec::new();
        for what in heard.names {
            let wants = |name: &MailboxName, kind| filter.kinds(name, &subscribed).any(kind);
            match what {
                What::Created(name) | What::Deleted(name) => {
                    let parent = name.ancestors().last();
                    let names = std::iter::once(name).chain(parent);
                    let names = names.filter(|name| wants(name, Kinds::NAMES));
                    affected.extend(names.map(Affected::Existence));
                }
                What::Access { owner, name, granted } => {
                    let name = name.seen_by_others(user_of(&self.context, &owner));
                    let parent = name.ancestors().last().filter(|parent| wants(parent, Kinds::NAMES));
                    if wants(&name, Kinds::NAMES) {
                        affected.push(if granted { Affected::Existence(name) } else { Affected::Lost(name) });
                    }
                    affected.extend(parent.map(Affected::Existence));
                }
                What::Renamed { old, new } => {
                    if wants(&old, Kinds::NAMES) || wants(&new, Kinds::NAMES) {
                        affected.push(Affected::Renamed { old, new });
                    }
                }
                What::Subscription(name) => {
                    // What is subscribed no more was so until now.
                    let then = std::slice::from_ref(&name);
                    if wants(&name, Kinds::SUBSCRIPTIONS)
                        || filter.kinds(&name, then).any(Kinds::SUBSCRIPTIONS)
                    {
                        affected.push(Affected::Subscription(name));
                    }
                }
                What::Annotations(mailbox, entries) => annotated.push((mailbox, entries)),
                What::Messages(..) => {}
            }
        }
        tell_affected(self, &affected).await?;
        let wanted = |name: Option<&MailboxName>| match name {
            None => filter.wants_server(),
            Some(name) => filter.kinds(name, &subscribed).any(Kinds::METADATA),
        };
        self.tell_changed(annotated, wanted).await?;
        let selected = self.selected_view().map(View::mailbox);
        for (mailbox, happened) in heard.messages {
            if selected != Some(mailbox) {
                let happened = (self.context.shared.seams.view.imap_notify)(happened);
                let wanted = |name: &MailboxName| filter.kinds(name, &subscribed);
                self.tell_status(mailbox, happened, wanted).await?;
            }
        }
        Ok(())
    }

    async fn tell_status(
        &mut self,
        mailbox: MailboxId,
        happened: Happened,
        wanted: impl Fn(&MailboxName) -> Kinds,
    ) -> Result<(), Failure> {
        // Mailboxes that the user may not read, or no more, are not watched (section 5.9).
        let Some((seen, numbers)) = self.store().readable(self.account()?, mailbox).await? else {
            return Ok(());
        };
        let name = names::called(self, &seen);
        let items = changed_items(wanted(&name), happened, self.sync());
        if !items.is_empty() {
            status::tell_named(self, &name, &items, numbers).await?;
        }
        Ok(())
    }
}

/// How the news of the selected mailbox are told.
struct Told {
    expunges: Expunges,
    flags: FlagNews,
    numbering: Numbering,
    items: Vec<FetchItem>,
}

/// As without NOTIFY.
fn told_unasked(moment: Moment, numbering: Numbering) -> Told {
    let expunges = match moment {
        Moment::Command(allowed) => allowed,
        Moment::BetweenCommands => Expunges::Held,
    };
    Told { expunges, flags: FlagNews::Told, numbering, items: Vec::new() }
}

/// Messages above this UID are new.
fn last(view: &View) -> Uid {
    view.entries().last().map_or(Uid(0), Entry::uid)
}

/// What the STATUS responses of NOTIFY SET STATUS tell (section 3.1).
pub(crate) fn status_items(kinds: Kinds, sync: Sync) -> Vec<&'static str> {
    let mut items = Vec::new();
    if kinds.any(Kinds::MESSAGES | Kinds::FLAGS) {
        items.extend(["MESSAGES", "UIDNEXT", "UIDVALIDITY"]);
        if kinds.any(Kinds::FLAGS) || sync >= Sync::Condstore {
            items.push(status::HIGHEST_MODSEQ);
        }
    }
    items
}

/// What is told of a mailbox in which this happened: nothing where the client does not want to
/// hear of it, or could not tell it from before (sections 5.1 to 5.3).
fn changed_items(kinds: Kinds, happened: Happened, sync: Sync) -> Vec<&'static str> {
    let messages = kinds.any(Kinds::MESSAGES) && happened.any(Happened::NEW | Happened::EXPUNGED);
    let flags = kinds.any(Kinds::FLAGS) && happened.any(Happened::FLAGS);
    let seen = flags && happened.any(Happened::SEEN);
    let validity = kinds.any(Kinds::FLAGS) && happened.any(Happened::VALIDITY);
    let with_sequence = sync >= Sync::Condstore;
    let mut items = Vec::new();
    if messages || validity {
        items.extend(["MESSAGES", "UIDNEXT"]);
    }
    if seen {
        items.push("UNSEEN");
    }
    if !items.is_empty() || flags && with_sequence {
        items.push("UIDVALIDITY");
        if with_sequence {
            items.push(status::HIGHEST_MODSEQ);
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_and_can_be_seen_is_told() {
        let both = Kinds::MESSAGES | Kinds::FLAGS;
        for (kinds, happened, sync, items) in [
            (Kinds::MESSAGES, Happened::NEW, Sync::Plain, "MESSAGES UIDNEXT UIDVALIDITY"),
            (
                Kinds::MESSAGES,
                Happened::EXPUNGED,
                Sync::Condstore,
                "MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ",
            ),
            (Kinds::MESSAGES, Happened::FLAGS | Happened::SEEN, Sync::Qresync, ""),
            (Kinds::NAMES, Happened::NEW, Sync::Plain, ""),
            (both, Happened::FLAGS, Sync::Plain, ""),
            (both, Happened::FLAGS, Sync::Condstore, "UIDVALIDITY HIGHESTMODSEQ"),
            (both, Happened::FLAGS | Happened::SEEN, Sync::Plain, "UNSEEN UIDVALIDITY"),
            (both, Happened::VALIDITY, Sync::Plain, "MESSAGES UIDNEXT UIDVALIDITY"),
            (both, Happened::default(), Sync::Qresync, ""),
        ] {
            assert_eq!(changed_items(kinds, happened, sync).join(" "), items, "{kinds:?} {happened:?}");
        }
    }

    #[test]
    fn the_first_numbers_are_those_that_the_events_need() {
        assert!(status_items(Kinds::NAMES, Sync::Qresync).is_empty());
        assert_eq!(status_items(Kinds::MESSAGES, Sync::Plain), ["MESSAGES", "UIDNEXT", "UIDVALIDITY"]);
        assert!(status_items(Kinds::MESSAGES | Kinds::FLAGS, Sync::Plain).contains(&"HIGHESTMODSEQ"));
    }
}
