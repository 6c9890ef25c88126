//! Mail that must stay under TLS goes on as any other.

use super::{Deviation, Seam};
use crate::store::{Terms, TlsTerm};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-required-tls-dropped",
    seam: Seam::Queue,
    breaks: &["rfc8689-4.1-1", "rfc8689-4.2.1-7"],
    summary: "a message with REQUIRETLS goes on without it, in plain text where there is no TLS",
    mount: |seams| seams.queue.terms = |terms| Terms { tls: TlsTerm::AsUsual, ..terms },
};
