//! Which events of which mailboxes a client wants to hear of (RFC 5465, section 6). Pure.

use std::ops::BitOr;

use crate::imap::syntax::{FetchItem, MailboxArgument, NotifyEvent, NotifyGroup, NotifyMailboxes};
use crate::store::MailboxName;

/// Kinds of events, as many as one group names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kinds(u8);

impl Kinds {
    /// MessageNew and MessageExpunge, which stand only together (section 5).
    pub(crate) const MESSAGES: Self = Self(1);
    /// FlagChange.
    pub(crate) const FLAGS: Self = Self(2);
    /// MailboxName.
    pub(crate) const NAMES: Self = Self(4);
    /// SubscriptionChange.
    pub(crate) const SUBSCRIPTIONS: Self = Self(8);

    /// MailboxMetadataChange.
    pub(crate) const METADATA: Self = Self(16);
    /// ServerMetadataChange.
    pub(crate) const SERVER: Self = Self(32);

    /// Whether any of `other` is among them.
    pub(crate) fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn of(events: &[NotifyEvent]) -> Self {
        let kind = |event: &NotifyEvent| match event {
            NotifyEvent::MessageNew(_) | NotifyEvent::MessageExpunge => Self::MESSAGES,
            NotifyEvent::FlagChange => Self::FLAGS,
            NotifyEvent::MailboxName => Self::NAMES,
            NotifyEvent::SubscriptionChange => Self::SUBSCRIPTIONS,
            NotifyEvent::MailboxMetadataChange => Self::METADATA,
            NotifyEvent::ServerMetadataChange => Self::SERVER,
            NotifyEvent::Unsupported => Self::default(),
        };
        events.iter().map(kind).fold(Self::default(), Self::bitor)
    }
}

impl BitOr for Kinds {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What is told of the selected mailbox, whichever that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SelectedNews {
    /// Nothing but what the client's own commands do.
    Nothing,
    /// Its news.
    Told {
        /// When expunges are.
        expunges: ExpungesTold,
        /// Whether changed flags are among them.
        flags: FlagNews,
        /// What of new messages, unasked.
        items: Vec<FetchItem>,
    },
}

/// When expunges of the selected mailbox are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpungesTold {
    /// SELECTED: at once, whatever numbers the client has in mind.
    AtOnce,
    /// SELECTED-DELAYED: when a command allows it.
    WithCommands,
}

/// Whether changed flags are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlagNews {
    Told,
    Left,
}

/// What a client has asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Of the selected mailbox.
    pub(crate) selected: SelectedNews,
    groups: Vec<(Watched, Kinds)>,
}

/// Mailboxes other than the selected one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Watched {
    Inboxes,
    Personal,
    Subscribed,
    Subtree(Vec<MailboxName>),
    Named(Vec<MailboxName>),
}

impl Filter {
    /// NOTIFY NONE: nothing at all.
    pub(crate) fn nothing() -> Self {
        Self { selected: SelectedNews::Nothing, groups: Vec::new() }
    }

    /// What these groups ask for. Several may cover one mailbox: what any of them asks for is told
    /// (section 6). Without SELECTED nothing is told of the selected mailbox (section 3.1).
    pub(crate) fn of(groups: Vec<NotifyGroup>) -> Self {
        let mut filter = Self::nothing();
        for NotifyGroup { mailboxes, events } in groups {
            let kinds = Kinds::of(&events);
            if kinds == Kinds::default() {
                continue;
            }
            let watched = match mailboxes {
                NotifyMailboxes::Selected => {
                    filter.selected = of_selected(ExpungesTold::AtOnce, kinds, events);
                    continue;
                }
                NotifyMailboxes::SelectedDelayed => {
                    filter.selected = of_selected(ExpungesTold::WithCommands, kinds, events);
                    continue;
                }
                NotifyMailboxes::Inboxes => Watched::Inboxes,
                NotifyMailboxes::Personal => Watched::Personal,
                NotifyMailboxes::Subscribed => Watched::Subscribed,
                NotifyMailboxes::Subtree(names) => Watched::Subtree(nameable(names)),
                NotifyMailboxes::Named(names) => Watched::Named(nameable(names)),
            };
            filter.groups.push((watched, kinds));
        }
        filter
    }

    /// Which events of the mailbox with this name are wanted while it is not selected; the subscribed
    /// names are in their order.
    pub(crate) fn kinds(&self, name: &MailboxName, subscribed: &[MailboxName]) -> Kinds {
        let covers = |watched: &Watched| match watched {
            // Mail is delivered into INBOX only.
            Watched::Inboxes => name.is_inbox(),
            Watched::Personal => !name.is_of_others(),
            Watched::Subscribed => subscribed.binary_search(name).is_ok(),
            Watched::Subtree(roots) => roots.iter().any(|root| name == root || name.is_below(root)),
            Watched::Named(names) => names.contains(name),
        };
        let groups = self.groups.iter().filter(|(watched, _)| covers(watched));
        groups.map(|(_, kinds)| *kinds).fold(Kinds::default(), Kinds::bitor)
    }

    /// Whether annotations of the server are wanted, whichever group says so.
    pub(crate) fn wants_server(&self) -> bool {
        self.groups.iter().any(|(_, kinds)| kinds.any(Kinds::SERVER))
    }

    /// Whether anything of other mailboxes than the selected one is wanted.
    pub(crate) fn looks_elsewhere(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Whether it must be known which names are subscribed.
    pub(crate) fn goes_by_subscriptions(&self) -> bool {
        self.groups.iter().any(|(watched, _)| *watched == Watched::Subscribed)
    }
}

fn of_selected(expunges: ExpungesTold, kinds: Kinds, events: Vec<NotifyEvent>) -> SelectedNews {
    let mut items: Vec<FetchItem> = Vec::new();
    for event in events {
        if let NotifyEvent::MessageNew(wanted) = event {
            for item in wanted {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
        }
    }
    let flags = if kinds.any(Kinds::FLAGS) { FlagNews::Told } else { FlagNews::Left };
    SelectedNews::Told { expunges, flags, items }
}

/// What can not be the name of a mailbox is none, and so passed over (section 3.1).
fn nameable(names: Vec<MailboxArgument>) -> Vec<MailboxName> {
    let name = |argument| match argument {
        MailboxArgument::Name { name, .. } => MailboxName::new(&name).ok(),
        MailboxArgument::Unnameable => None,
    };
    names.into_iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::syntax::{Cursor, NotifyProgram, notify_program};

    fn filter(text: &str) -> Filter {
        let text = format!(" SET {text}");
        match notify_program(&mut Cursor::whole(text.as_bytes(), 0)).unwrap() {
            NotifyProgram::Set(_, groups) => Filter::of(groups),
            NotifyProgram::None => Filter::nothing(),
        }
    }

    fn kinds(filter: &Filter, name: &str) -> Kinds {
        filter.kinds(&MailboxName::new(name).unwrap(), &[MailboxName::new("Sub").unwrap()])
    }

    #[test]
    fn each_kind_of_mailboxes_covers_its_own() {
        let messages = "(MessageNew MessageExpunge)";
        for (mailboxes, covered, left) in [
            ("inboxes", "INBOX", "Other"),
            ("personal", "Other", ""),
            ("subscribed", "Sub", "Sub/x"),
            ("subtree (Lists Sub)", "Lists", "Listsx"),
            ("subtree Lists", "Lists/a/b", "a/Lists"),
            ("mailboxes Lists", "Lists", "Lists/a"),
            ("mailboxes \"*\"", "*", "Lists"),
        ] {
            let filter = filter(&format!("({mailboxes} {messages})"));
            assert_eq!(kinds(&filter, covered), Kinds::MESSAGES, "{mailboxes}");
            if !left.is_empty() {
                assert_eq!(kinds(&filter, left), Kinds::default(), "{mailboxes}");
            }
        }
    }

    #[test]
    fn what_several_groups_ask_of_a_mailbox_adds_up() {
        let filter = filter("(mailboxes INBOX (MessageNew MessageExpunge)) (personal (SubscriptionChange))");
        assert_eq!(kinds(&filter, "INBOX"), Kinds::MESSAGES | Kinds::SUBSCRIPTIONS);
        assert_eq!(kinds(&filter, "Other"), Kinds::SUBSCRIPTIONS);
        assert_eq!(filter.selected, SelectedNews::Nothing);
        assert!(filter.looks_elsewhere() && !filter.goes_by_subscriptions());
    }

    #[test]
    fn none_is_nothing() {
        let filter = filter("(selected NONE) (personal NONE)");
        assert_eq!(filter, Filter::nothing());
    }
}
