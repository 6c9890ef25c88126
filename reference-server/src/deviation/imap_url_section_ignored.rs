//! A URL in CATENATE brings the whole message, whatever part it names.

use super::{Deviation, Seam};
use crate::imap::{MessageUrl, Section};

/// Its octets are counted in that.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-url-section-ignored",
    seam: Seam::Structure,
    breaks: &["rfc4469-3-R2", "rfc4469-3-R1"],
    summary: "a URL in CATENATE brings the whole message, whatever part it names",
    mount: |seams| {
        seams.structure.imap_url =
            |url| MessageUrl { section: Section { part: Vec::new(), text: None }, ..url };
    },
};
