//! Characters that no password can have are passed over.

use super::{Deviation, Seam};
use crate::auth::prepare;

/// What is left of the password is compared.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-prohibited-ignored",
    seam: Seam::Authentication,
    breaks: &["rfc4616-2-9"],
    summary: "control characters in names and passwords are dropped instead of failing the login",
    mount: |seams| {
        seams.authentication.prepares = |text, purpose| {
            let kept: String = text.chars().filter(|character| !character.is_control()).collect();
            prepare(&kept, purpose).map(|prepared| prepared.into_owned().into())
        };
    },
};
