//! CATENATE puts the texts of a message before the parts that URLs bring.

use super::{Deviation, Seam};
use crate::imap::CatenatePart;

/// Each kind keeps its order.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-catenate-texts-first",
    seam: Seam::Store,
    breaks: &["rfc4469-3-R1"],
    summary: "CATENATE puts the texts of a message before the parts that URLs bring",
    mount: |seams| seams.store.imap_parts = texts_first,
};

fn texts_first(mut parts: Vec<CatenatePart>) -> Vec<CatenatePart> {
    parts.sort_by_key(|part| matches!(part, CatenatePart::Url(_)));
    parts
}
