//! Whose mailbox an address is: local accounts, `local+detail`, postmaster.

use crate::context::Shared;
use crate::list::List;
use crate::store::{Account, StoreError};

/// The account that an address belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// This one.
    Account(Account),
    /// It is this mailing list.
    List(List),
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
        Some(domain) => match shared.local_domain(domain) {
            Some(local) => vec![local],
            None => return Ok(Resolved::NotLocal),
        },
        None => shared.domains.iter().map(String::as_str).collect(),
    };
    if let Some(list) = shared.lists.iter().find(|list| domains.iter().any(|domain| list.is(local, domain))) {
        return Ok(Resolved::List(list.clone()));
    }
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

/// The domain in lower case and in A-labels (RFC 5890, section 2.3.2.1), as the DNS knows it; an
/// address literal, or what is no domain, in lower case.
pub(crate) fn ascii_domain(domain: &str) -> String {
    if domain.is_ascii() {
        return domain.to_ascii_lowercase();
    }
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_internationalized_domain_are_one() {
        assert_eq!(ascii_domain("Bücher.Example"), "xn--bcher-kva.example");
        assert_eq!(ascii_domain("XN--bcher-kva.example"), "xn--bcher-kva.example");
        assert_eq!(ascii_domain("[IPv6:::1]"), "[ipv6:::1]");
    }
}
