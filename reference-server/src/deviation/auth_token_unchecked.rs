//! Any bearer token opens an account that exists.

use super::{Deviation, Seam};

/// A token that nobody was given is as good as the right one.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-token-unchecked",
    seam: Seam::Authentication,
    breaks: &["rfc7628-3.2-R2"],
    summary: "every bearer token is accepted for the account that the client names",
    mount: |seams| seams.authentication.admits_token = |_| true,
};
