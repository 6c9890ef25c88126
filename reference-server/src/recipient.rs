//! Whose mailbox an address is: local accounts, `local+detail`, postmaster.

use crate::context::Shared;
use crate::store::{Account, StoreError};

/// The account that an address belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// This one.
    Account(Account),
    /// None: the domain is local, the user unknown.
    NoSuchUser,
    /// The domain is not local.
    NotLocal,
}

/// The account of `local@domain`; without a domain, of `local` in any local domain.
pub(crate) async fn resolve(
    shared: &Shared,
    local: &str,
    domain: Option<&str>,
) -> Result<Resolved, StoreError> {
    let domains: Vec<&str> = match domain {
        Some(domain) if shared.is_local(domain) => vec![domain],
        Some(_) => return Ok(Resolved::NotLocal),
        None => shared.domains.iter().map(String::as_str).collect(),
    };
    // The whole local part first: an account may have a plus in its name.
    let base = local.split_once('+').map(|(base, _)| base).filter(|base| !base.is_empty());
    for name in std::iter::once(local).chain(base) {
        for domain in &domains {
            if let Some(account) = shared.store.account(&format!("{name}@{domain}")).await? {
                return Ok(Resolved::Account(account));
            }
        }
    }
    // Postmaster is always there, in any case (RFC 5321, section 4.5.1).
    if local.eq_ignore_ascii_case("postmaster")
        && let Some(account) = shared.store.first_account().await?
    {
        return Ok(Resolved::Account(account));
    }
    Ok(Resolved::NoSuchUser)
}
