//! What others change of annotations, told to a client that has said by ENABLE that it wants to hear of
//! it (RFC 5464, section 4.4): with its commands, as all news are without NOTIFY. A client that uses
//! NOTIFY has said there what it wants to hear of, and that goes before this.

use super::queue::{Missed, Queue};
use crate::imap::commands::{metadata, names};
use crate::imap::failure::{Ended, Failure};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::store::{MailboxId, MailboxName, What};

/// Which entries of a mailbox, or of the server, have changed.
pub(super) type Changed = (Option<MailboxId>, Vec<String>);

impl Session {
    /// From now on it is told what others change of annotations.
    pub(crate) fn heed_annotations(&mut self) {
        if let (None, Ok(account)) = (&self.annotations, self.account()) {
            self.annotations = Some(Box::new(Queue::new(&self.own_store(), account)));
        }
    }

    /// Tells what others have changed of annotations.
    pub(crate) async fn tell_annotations(&mut self) -> Result<(), Ended> {
        let own = self.store().origin();
        let Some(events) = &mut self.annotations else { return Ok(()) };
        let heard = match events.gather(own) {
            _ if self.notify.is_some() || !(self.context.shared.seams.view.imap_annotations_told)() => {
                return Ok(());
            }
            Ok(heard) => heard,
            Err(Missed) => {
                let code = ResponseCode::NotificationOverflow;
                self.say(&Reply::ok("some annotations have changed, and too much else").with(code));
                return Ok(());
            }
        };
        let mut changed: Vec<Changed> = Vec::new();
        for what in heard {
            let What::Annotations(mailbox, entries) = what else { continue };
            match changed.iter_mut().find(|(known, _)| *known == mailbox) {
                Some((_, known)) => {
                    for entry in entries {
                        if !known.contains(&entry) {
                            known.push(entry);
                        }
                    }
                }
                None => changed.push((mailbox, entries)),
            }
        }
        match self.tell_changed(changed, |_| true).await {
            Ok(()) => Ok(()),
            Err(Failure::Ended(ended)) => Err(ended),
            Err(Failure::Answered(reply)) => {
                tracing::warn!(?reply, "changed annotations could not be told");
                Ok(())
            }
        }
    }

    /// Tells them of the server, whose name is `None`, and of the mailboxes that are wanted and can be
    /// looked into.
    pub(super) async fn tell_changed(
        &mut self,
        changed: Vec<Changed>,
        wanted: impl Fn(Option<&MailboxName>) -> bool,
    ) -> Result<(), Failure> {
        for (mailbox, entries) in changed {
            let name = match mailbox {
                None => wanted(None).then(String::new),
                Some(mailbox) => {
                    let seen = self.store().readable(self.account()?, mailbox).await?;
                    let name = seen.map(|(seen, _)| names::called(self, &seen));
                    name.filter(|name| wanted(Some(name))).map(|name| name.as_str().to_owned())
                }
            };
            if let Some(name) = name {
                metadata::tell_changed(self, &name, &entries).await?;
            }
        }
        Ok(())
    }
}
