//! A SCRAM message may be bound to any channel.

use super::{Deviation, Seam};

/// What the client's `c=` says, and that it was told of no PLUS variant, is taken as it comes.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-binding-unchecked",
    seam: Seam::Authentication,
    breaks: &["rfc5802-6-10", "rfc5802-6-8"],
    summary: "channel binding is not checked: neither the data nor the flag of a client that saw no PLUS",
    mount: |seams| seams.authentication.admits_binding = |_| true,
};
