//! Mailing lists (RFC 5321, section 3.9.2): one address that stands for several, and somebody
//! who administers them, to whom failures are told instead of to the author.

use crate::context::Shared;
use crate::recipient::{Resolved, ascii_domain, resolve};
use crate::store::{AccountId, StoreError};

/// A mailing list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    /// Its address.
    pub(crate) address: String,
    /// Who administers it.
    pub(crate) owner: String,
    /// Who gets what is sent to it.
    pub(crate) members: Vec<String>,
}

/// Whom a message to a list goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expansion {
    /// The return path of what goes out from the list.
    pub(crate) owner: String,
    /// Members here.
    pub(crate) accounts: Vec<AccountId>,
    /// Members elsewhere, each with its domain.
    pub(crate) remotes: Vec<(String, String)>,
}

impl List {
    /// Is this its address? Upper and lower case do not matter, as with accounts.
    pub(crate) fn is(&self, local: &str, domain: &str) -> bool {
        self.address.rsplit_once('@').is_some_and(|(own, own_domain)| {
            own.eq_ignore_ascii_case(local) && ascii_domain(own_domain) == ascii_domain(domain)
        })
    }
}

/// Lists that one message is expanded by: a bound on lists within lists.
const LISTS: usize = 50;

/// The members of a list, and of the lists among them, each list once however they go round in circles
/// (RFC 5321, section 3.9.2: loops are the expander's to avoid). Each list has its own owner as return
/// path, and who is on several of them gets one copy; those who are not there get nothing.
pub(crate) async fn expand(shared: &Shared, list: List) -> Result<Vec<Expansion>, StoreError> {
    let mut lists = vec![list];
    let mut done = Vec::new();
    while let Some(list) = lists.get(done.len()).cloned() {
        let mut expansion = Expansion { owner: list.owner, accounts: Vec::new(), remotes: Vec::new() };
        for member in &list.members {
            let Some((local, domain)) = member.rsplit_once('@') else { continue };
            let earlier = |fits: &dyn Fn(&Expansion) -> bool| done.iter().chain([&expansion]).any(fits);
            match resolve(shared, local, Some(domain)).await? {
                Resolved::Account(account) => {
                    if !earlier(&|one| one.accounts.contains(&account.id)) {
                        expansion.accounts.push(account.id);
                    }
                }
                Resolved::List(inner) if lists.len() < LISTS => {
                    if lists.iter().all(|known| known.address != inner.address) {
                        lists.push(inner);
                    }
                }
                Resolved::NotLocal if shared.outgoing.relays_to(&ascii_domain(domain)) => {
                    let remote = (member.clone(), ascii_domain(domain));
                    if !earlier(&|one| one.remotes.contains(&remote)) {
                        expansion.remotes.push(remote);
                    }
                }
                Resolved::NotLocal | Resolved::NoSuchUser | Resolved::List(_) => {
                    tracing::warn!(list = list.address, member, "a member of a list cannot be reached");
                }
            }
        }
        done.push(expansion);
    }
    Ok(done)
}
