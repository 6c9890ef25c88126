//! Where EHLO is not understood, mail comes back.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-no-helo",
    seam: Seam::Queue,
    breaks: &["rfc5321-3.2-3"],
    summary: "a server that knows HELO alone gets no mail",
    mount: |seams| seams.queue.says_helo = || false,
};
