//! What the client is told of what has happened meanwhile, and when (RFC 3501, section 5.2): behind commands,
//! in IDLE, and between commands where it asked for that. How it is written is in `view` and `notify`.

use super::Session;
use crate::imap::failure::Ended;
use crate::imap::notify::{Moment, Notify};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::view::{Expunges, Numbering, View};
use crate::store::{MailboxId, Rights, StoreError, Uid};

impl Session {
    /// Takes in what happened to the selected mailbox. Trouble with that is no trouble of the
    /// command: what is not known now is told later. Who may no longer read the mailbox has to go (RFC
    /// 4314, section 5.1.1).
    pub(crate) async fn refresh(&mut self) -> Result<(), Ended> {
        let (Some(selected), Some(account)) =
            (self.selected.as_mut().filter(|selected| !selected.deleted), &self.account)
        else {
            return Ok(());
        };
        let (mailbox, known) = (selected.view.mailbox(), selected.view.known());
        // The feed knows of each change before anybody is told that it is done.
        if selected.looked && *selected.news.borrow() <= known {
            return Ok(());
        }
        let shared = &self.context.shared;
        let needed = (shared.seams.gate.imap_to_select)(Rights::READ);
        match shared.store.changes(account.id, mailbox, known, selected.view.access()).await {
            Ok(changes) => {
                selected.looked = true;
                let reads = changes.rights.has(needed);
                selected.view.absorb(changes);
                if !reads {
                    let reply = Reply::bye("you may no longer read the mailbox");
                    return Err(Ended::Bye(reply.with(ResponseCode::NoPerm)));
                }
            }
            Err(StoreError::NoSuchMailbox) => {
                selected.deleted = true;
                selected.view.absorb_deletion();
            }
            Err(error) => tracing::warn!(%error, "what changed in a mailbox is not known"),
        }
        Ok(())
    }

    /// Tells what was taken in.
    pub(crate) async fn tell(&mut self, expunges: Expunges, numbering: Numbering) -> Result<(), Ended> {
        if self.annotations.is_some() {
            Box::pin(self.tell_annotations()).await?;
        }
        if self.notify.is_some() || self.contexts.want_items() {
            return Box::pin(self.tell_as_asked(Moment::Command(expunges), numbering)).await;
        }
        let (store, evaluation) = (self.store(), self.evaluation());
        if !(self.context.shared.seams.view.imap_contexts_told)() {
            self.contexts.clear();
        }
        if let Some(selected) = &mut self.selected {
            let mut out = Vec::new();
            let left = self.contexts.removals(&selected.view, &store, evaluation).await;
            out.extend(or_later(left).into_bytes());
            selected.view.tell(&mut out, expunges, numbering);
            let joined = self.contexts.additions(&selected.view, &store, evaluation).await;
            out.extend(or_later(joined).told.into_bytes());
            self.link.write(&out).await?;
        }
        Ok(())
    }

    /// Tells news as they come, until the client sends something.
    pub(crate) async fn tell_until_input(&mut self, moment: Moment) -> Result<(), Ended> {
        loop {
            self.refresh().await?;
            match moment {
                Moment::Command(expunges) if (self.context.shared.seams.view.imap_idle_tells)() => {
                    self.tell(expunges, Numbering::Sequence).await?;
                }
                Moment::Command(_) => {}
                Moment::BetweenCommands => self.tell_as_asked(moment, Numbering::Uid).await?,
            }
            if !self.link.buffered().is_empty() {
                return Ok(());
            }
            // News may come while the peer is slow to read: only the wait for input is cut short by
            // them, never a line that is half sent.
            self.link.flush().await?;
            let (selected, notify) = (&mut self.selected, &mut self.notify);
            let annotations = self.annotations.as_mut().filter(|_| notify.is_none());
            let changed = async {
                match selected {
                    Some(selected) => selected.news.changed().await.is_ok(),
                    None => false,
                }
            };
            let heard = async {
                match notify {
                    Some(notify) => notify.heard().await,
                    None => std::future::pending().await,
                }
            };
            let annotated = async {
                match annotations {
                    Some(events) => events.heard().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                filled = self.link.fill() => filled?,
                true = changed => {}
                () = heard => {}
                () = annotated => {}
            }
        }
    }

    /// Tells what was asked for so far, and then all that has happened to the selected mailbox,
    /// whether or not the client wants to hear of it from now on (RFC 5465, section 3.1).
    pub(crate) async fn catch_up(&mut self) -> Result<(), Ended> {
        self.tell_elsewhere().await?;
        self.notify = None;
        self.refresh().await?;
        self.tell(Expunges::Told, Numbering::Uid).await
    }

    /// From now on this is told, and nothing else.
    pub(crate) fn set_notify(&mut self, notify: Notify) {
        self.notify = Some(Box::new(notify));
    }

    /// The client has made these messages itself: what it is told of new ones, it knows of them.
    pub(crate) fn made(&mut self, mailbox: MailboxId, uids: impl IntoIterator<Item = Uid>) {
        let selected = self.selected_view().map(View::mailbox);
        if let Some(notify) = self.notify.as_mut().filter(|_| selected == Some(mailbox)) {
            notify.made(uids);
        }
    }

    /// The client has expunged these messages of the selected mailbox itself.
    pub(crate) fn expunged(&mut self, uids: &[Uid]) {
        if let Some(notify) = &mut self.notify {
            notify.expunged(uids);
        }
    }
}

/// What there is to tell of searches; in trouble that is told some other time.
pub(crate) fn or_later<T: Default>(told: Result<T, StoreError>) -> T {
    told.unwrap_or_else(|error| {
        tracing::warn!(%error, "how the outcome of a search changed is not known");
        T::default()
    })
}
