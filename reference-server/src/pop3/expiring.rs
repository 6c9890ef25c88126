//! Mail that has had its time goes (RFC 2449, section 6.7): when its owner logs in over POP3, and once
//! in a while where nobody does. A session does not lose what it has numbered otherwise than by
//! another client's doing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::context::Shared;
use crate::store::{Account, StoreError};

/// How often all maildrops are looked at. Days are promised, so hours do not matter.
const ROUND: Duration = Duration::from_secs(60 * 60);

/// Removes what has had its time from a maildrop.
pub(super) async fn expire(shared: &Shared, account: &Account) -> Result<(), StoreError> {
    let policy = shared.maildrops.of(&account.address);
    match shared.maildrops.horizon(policy) {
        Some(horizon) => shared.store.expire(account.id, horizon).await,
        None => Ok(()),
    }
}

/// Looks at all maildrops, over and over, until the server ends.
pub(crate) async fn run(shared: Arc<Shared>, mut shutdown: watch::Receiver<bool>) {
    loop {
        if shared.maildrops.anything_expires() {
            round(&shared).await;
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            _ = shutdown.wait_for(|ending| *ending) => return,
        }
    }
}

/// Looks at all maildrops once. Trouble with one of them is left for the next round.
pub(super) async fn round(shared: &Shared) {
    let accounts = match shared.store.accounts().await {
        Ok(accounts) => accounts,
        Err(error) => {
            tracing::warn!(%error, "which maildrops there are is not known");
            return;
        }
    };
    for account in accounts {
        if let Err(error) = expire(shared, &account).await {
            tracing::warn!(%error, account = %account.address, "old mail was not removed");
        }
    }
}
