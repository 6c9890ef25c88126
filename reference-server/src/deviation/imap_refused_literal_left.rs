//! The literal of a refused command is left on the connection, and read as commands.

use super::{Deviation, Seam};

/// What a client sends unasked behind a mistake speaks in its name.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-refused-literal-left",
    seam: Seam::Gate,
    breaks: &["rfc7888-3-3"],
    summary: "the octets of an unasked literal whose command is refused are taken for commands",
    mount: |seams| seams.gate.imap_skips_refused = || false,
};
