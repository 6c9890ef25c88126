//! POP3 sessions.

use crate::context::Context;
use crate::net::{Connection, Stream};

/// Serves one connection from the greeting to the close.
pub(crate) async fn serve<S: Stream>(connection: Connection<S>, _context: Context) {
    connection.close().await;
}
