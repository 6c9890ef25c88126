//! Names and passwords are compared as they come.

use super::{Deviation, Seam};

/// Two forms of one name are two names.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-not-prepared",
    seam: Seam::Authentication,
    breaks: &["rfc4616-2-7"],
    summary: "SASLprep is not applied to names and passwords",
    mount: |seams| {
        seams.authentication.prepares = |text, _| (!text.is_empty()).then_some(text.into());
    },
};
