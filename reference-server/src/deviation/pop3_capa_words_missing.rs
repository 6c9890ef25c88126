//! Capabilities that only tell something tell nothing.

use super::{Deviation, Seam};

/// Of some lines of CAPA the first word is all that is left.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "pop3-capa-words-missing",
    seam: Seam::Renderer,
    breaks: &["rfc2449-6.7-R1", "rfc2449-6.9-R1"],
    summary: "CAPA tells EXPIRE and IMPLEMENTATION without their arguments",
    mount: |seams| seams.renderer.pop3_capability = first_word,
};

fn first_word(line: String) -> String {
    match line.split_once(' ') {
        Some((tag @ ("EXPIRE" | "IMPLEMENTATION"), _)) => tag.to_owned(),
        _ => line,
    }
}
