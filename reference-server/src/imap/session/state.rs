//! What commands ask of their session and change in it: who has logged in, what is selected and enabled, and
//! what is in force because of that.

use super::{NO_TAG, Next, Selected, Session};
use crate::imap::failure::Failure;
use crate::imap::order::SortedBy;
use crate::imap::registry::{self, Login, Standing};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::syntax::Names;
use crate::imap::updates::{Contexts, Evaluation};
use crate::imap::upload::Upload;
use crate::imap::view::{Expunges, Revision, Sync, View};
use crate::store::{Account, AccountId, Store};

impl Session {
    /// EXPUNGE waits behind this command too: it names messages by their numbers (RFC 3501, section
    /// 7.4.1).
    pub(crate) fn hold_expunges(&mut self) {
        self.expunges = Expunges::Held;
    }

    /// The tag of the command that is being carried out, for answers that name it.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// The messages that came with the command that is being carried out, in their order.
    pub(crate) fn take_uploads(&mut self) -> Vec<Upload> {
        std::mem::take(&mut self.uploads)
    }

    /// Which revision of IMAP4 the client has asked for.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// The client knows IMAP4rev2 (RFC 9051, section 6.3.1), and so names in UTF-8.
    pub(crate) fn enable_rev2(&mut self) {
        self.revision = Revision::Rev2;
        self.names = Names::Utf8;
        if let Some(selected) = &mut self.selected {
            selected.view.set_revision(Revision::Rev2);
        }
    }

    /// The client takes UTF-8 in quoted strings, in names and in header fields (RFC 6855, section 3).
    pub(crate) fn accept_utf8(&mut self) {
        self.names = Names::Utf8;
        self.utf8_accepted = true;
    }

    /// Has the client enabled UTF8=ACCEPT?
    pub(crate) fn utf8_accepted(&self) -> bool {
        self.utf8_accepted
    }

    /// How mailbox names are written.
    pub(crate) fn names(&self) -> Names {
        self.names
    }

    /// How much the client hears of modification sequences.
    pub(crate) fn sync(&self) -> Sync {
        self.sync
    }

    /// The client wants to hear of modification sequences. Where it has a mailbox selected, it is
    /// told where it stands (RFC 7162, section 3.1).
    pub(crate) fn raise_sync(&mut self, sync: Sync) {
        let first = self.sync == Sync::Plain;
        self.sync = self.sync.max(sync);
        let Some(selected) = &mut self.selected else { return };
        selected.view.set_sync(self.sync);
        if first {
            let code = ResponseCode::HighestModSeq(selected.view.highest_told().0);
            self.push_reply(NO_TAG, &Reply::ok("highest modification sequence").with(code));
        }
    }

    /// How searches are evaluated.
    pub(crate) fn evaluation(&self) -> Evaluation {
        let evaluator = &self.context.shared.seams.evaluator;
        let sorted = SortedBy {
            sent: evaluator.imap_sort_sent,
            subject: evaluator.imap_sort_subject,
            display: evaluator.imap_sort_display,
        };
        Evaluation { negation: evaluator.imap_search_not, sorted }
    }

    /// An untagged status response.
    pub(crate) fn say(&mut self, reply: &Reply) {
        self.push_reply(NO_TAG, reply);
    }

    /// The store.
    pub(crate) fn store(&self) -> Store {
        self.own_store.as_ref().unwrap_or(&self.context.shared.store).clone()
    }

    /// The same, from now on with doings that can be told from those of others.
    pub(crate) fn own_store(&mut self) -> Store {
        let shared = &self.context.shared.store;
        self.own_store.get_or_insert_with(|| shared.with_own_origin()).clone()
    }

    /// Whose session this is. The gates see to it that commands that ask have an answer.
    pub(crate) fn account(&self) -> Result<AccountId, Failure> {
        match &self.account {
            Some(account) => Ok(account.id),
            None => Err(Reply::bad("log in first").into()),
        }
    }

    /// The view of the selected mailbox. The gates see to it that there is one.
    pub(crate) fn view(&mut self) -> Result<&mut View, Failure> {
        match &mut self.selected {
            Some(selected) => Ok(&mut selected.view),
            None => Err(Reply::bad("select a mailbox first").into()),
        }
    }

    /// The selected mailbox, if there is one.
    pub(crate) fn selected_view(&self) -> Option<&View> {
        self.selected.as_ref().map(|selected| &selected.view)
    }

    /// Enters the selected state, or leaves it.
    pub(crate) fn set_selected(&mut self, view: Option<View>) {
        self.contexts.clear();
        let store = &self.context.shared.store;
        self.selected = view.map(|view| {
            let news = store.watch(view.mailbox());
            Selected { view, deleted: false, news, looked: false }
        });
    }

    /// Counts a login that failed; after too many the session ends (RFC 3501, section 11.2).
    pub(crate) fn login_failed(&mut self) {
        self.failed_logins = self.failed_logins.saturating_add(1);
    }

    /// Enters the authenticated state.
    pub(crate) fn log_in(&mut self, account: Account) {
        self.account = Some(account);
    }

    /// Returns to the state of not being authenticated: nothing is left of what the client has
    /// switched on, selected or searched for (RFC 8437, sections 3 and 4.1).
    pub(crate) fn log_out(&mut self) {
        self.account = None;
        self.selected = None;
        self.contexts = Contexts::default();
        self.notify = None;
        self.annotations = None;
        self.own_store = None;
        if (self.context.shared.seams.gate.imap_keeps_enabled)() {
            return;
        }
        self.sync = Sync::Plain;
        self.revision = Revision::default();
        self.names = Names::default();
        self.utf8_accepted = false;
    }

    /// What happens once the answer is sent.
    pub(crate) fn afterwards(&mut self, next: Next) {
        self.next = next;
    }

    fn standing(&self) -> Standing<'_> {
        let under_tls = self.link.is_tls();
        Standing {
            policy: &self.context.shared.imap,
            login: if self.account.is_some() { Login::Done } else { Login::Open },
            under_tls,
            password_allowed: self.context.password_allowed(under_tls),
            mechanisms: self.context.shared.authenticator.mechanisms(&self.context.channel),
        }
    }

    /// The capabilities in force.
    pub(crate) fn capabilities(&self) -> String {
        registry::capabilities(self.standing())
    }

    /// The capabilities in force, as a response code.
    pub(crate) fn capability_code(&self) -> ResponseCode {
        ResponseCode::Capability(self.capabilities())
    }

    /// Whether a password may be sent as things are.
    pub(crate) fn password_allowed(&self) -> bool {
        self.standing().password_allowed
    }
}
