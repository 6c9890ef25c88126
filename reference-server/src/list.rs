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

/// The members of a list; those who are not there get nothing, and neither do lists in lists,
/// which could go round in circles.
pub(crate) async fn expand(shared: &Shared, list: List) -> Result<Expansion, StoreError> {
    let mut expansion = Expansion { owner: list.owner, accounts: Vec::new(), remotes: Vec::new() };
    for member in &list.members {
        let Some((local, domain)) = member.rsplit_once('@') else { continue };
        match resolve(shared, local, Some(domain)).await? {
            Resolved::Account(account) => {
                if !expansion.accounts.contains(&account.id) {
                    expansion.accounts.push(account.id);
                }
            }
            Resolved::NotLocal if shared.outgoing.relays_to(&ascii_domain(domain)) => {
                expansion.remotes.push((member.clone(), ascii_domain(domain)));
            }
            Resolved::NotLocal | Resolved::NoSuchUser | Resolved::List(_) => {
                tracing::warn!(list = list.address, member, "a member of a list cannot be reached");
            }
        }
    }
    Ok(expansion)
}
