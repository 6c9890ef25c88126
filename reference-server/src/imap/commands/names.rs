//! The names that a session can see, with what is told of each: its attributes, and the line in which it stands.
//! Not which of them a command asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::imap::failure::Failure;
use crate::imap::naming::user_of;
use crate::imap::response::mailbox_name;
use crate::imap::session::Session;
use crate::imap::syntax::Names as Encoding;
use crate::store::{DELIMITER, MailboxName, Selectable, Visible};

/// Whether `\Subscribed` is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Subscribed {
    Told,
    #[default]
    Left,
}

/// All names that an account can see: those that exist, and those that are only subscribed.
pub(super) struct Names {
    pub(super) existing: BTreeMap<MailboxName, Visible>,
    /// Those with an existing one below.
    pub(super) parents: BTreeSet<MailboxName>,
    pub(super) subscribed: BTreeSet<MailboxName>,
    told: Told,
}

/// What is told of names; the seams at which a deviation can tell something else.
struct Told {
    no_mailbox: fn() -> &'static [&'static str],
    has_children: fn(bool) -> bool,
    special_uses: fn() -> bool,
}

/// The mailboxes that the session can see, by the names that it has for them.
pub(super) async fn existing(session: &mut Session) -> Result<BTreeMap<MailboxName, Visible>, Failure> {
    let visible = session.store().visible(session.account()?).await?;
    Ok(visible.into_iter().map(|seen| (called(session, &seen), seen)).collect())
}

/// What the session calls the mailbox.
pub(crate) fn called(session: &Session, seen: &Visible) -> MailboxName {
    match &seen.owner {
        Some(owner) => seen.mailbox.name.seen_by_others(user_of(&session.context, owner)),
        None => seen.mailbox.name.clone(),
    }
}

/// The subscribed names, in their order: of other users' mailboxes those that the session can see (RFC 4314, section
/// 4, LSUB).
pub(crate) async fn subscribed(session: &mut Session) -> Result<Vec<MailboxName>, Failure> {
    let mut subscribed = session.store().subscriptions(session.account()?).await?;
    if subscribed.iter().any(MailboxName::is_of_others) {
        let existing = existing(session).await?;
        subscribed.retain(|name| !name.is_of_others() || existing.contains_key(name));
    }
    Ok(subscribed)
}

impl Names {
    pub(super) async fn read(session: &mut Session) -> Result<Self, Failure> {
        let existing = existing(session).await?;
        let parents = existing.keys().flat_map(MailboxName::ancestors).collect();
        let subscribed = subscribed(session).await?.into_iter().collect();
        let renderer = &session.context.shared.seams.renderer;
        let told = Told {
            no_mailbox: renderer.imap_no_mailbox,
            has_children: renderer.imap_has_children,
            special_uses: renderer.imap_special_uses_told,
        };
        Ok(Self { existing, parents, subscribed, told })
    }

    /// Every name there is, those above the subscribed ones too.
    pub(super) fn all(&self) -> BTreeSet<MailboxName> {
        let above = self.subscribed.iter().flat_map(MailboxName::ancestors);
        let exist = self.existing.keys().chain(&self.parents).chain(&self.subscribed);
        exist.cloned().chain(above).collect()
    }

    pub(super) fn attributes(&self, subscribed: Subscribed, name: &MailboxName) -> Vec<&'static str> {
        let mut attributes = Vec::new();
        let mailbox = self.existing.get(name).map(|seen| &seen.mailbox);
        match mailbox.map(|mailbox| mailbox.selectable) {
            None => attributes.push("\\NonExistent"),
            Some(Selectable::No) => attributes.extend((self.told.no_mailbox)()),
            Some(Selectable::Yes) => {}
        }
        if subscribed == Subscribed::Told && self.subscribed.contains(name) {
            attributes.push("\\Subscribed");
        }
        attributes.push(match (self.told.has_children)(self.parents.contains(name)) {
            true => "\\HasChildren",
            false => "\\HasNoChildren",
        });
        let uses = mailbox.iter().flat_map(|mailbox| &mailbox.special_uses);
        attributes.extend(uses.filter(|_| (self.told.special_uses)()).map(|known| known.name()));
        attributes
    }
}

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox
/// ```
pub(super) fn write_name(
    out: &mut Vec<u8>,
    response: &str,
    attributes: &[&str],
    name: &str,
    encoding: Encoding,
) {
    write_extended(out, response, attributes, name, b"", encoding);
}

/// The same with `[SP mbox-list-extended]` (RFC 5258, section 6).
pub(super) fn write_extended(
    out: &mut Vec<u8>,
    response: &str,
    attributes: &[&str],
    name: &str,
    extended: &[u8],
    encoding: Encoding,
) {
    let attributes = attributes.join(" ");
    out.extend_from_slice(format!("* {response} ({attributes}) \"{DELIMITER}\" ").as_bytes());
    mailbox_name(out, name, encoding);
    out.extend_from_slice(extended);
    out.extend_from_slice(b"\r\n");
}
