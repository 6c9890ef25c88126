//! Work on large messages, kept off the threads that serve the other sessions.

use crate::store::StoreError;

/// From how many octets on work on a message counts as heavy.
const HEAVY: usize = 256 * 1024;

/// Does work on a message of that many octets, on a thread of its own where it is heavy.
///
/// # Errors
/// [`StoreError::Closed`] when the server is ending and takes on no more work.
pub(crate) async fn work_on<T: Send + 'static>(
    octets: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    if octets < HEAVY {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)
}
