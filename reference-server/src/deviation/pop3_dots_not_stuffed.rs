//! Lines of a multi-line POP3 reply are sent as they are, whatever they begin with.

use super::{Deviation, Seam};

/// No line is byte-stuffed.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "pop3-dots-not-stuffed",
    seam: Seam::Framer,
    breaks: &["rfc1939-3-R12"],
    summary: "a line of RETR or TOP that begins with a dot is sent without another dot before it",
    mount: |seams| seams.framer.stuff = |_| None,
};
