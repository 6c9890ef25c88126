//! Lines of a message are passed to the next server as they are, whatever they begin with.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-dots-not-stuffed",
    seam: Seam::Framer,
    breaks: &["rfc5321-4.5.2-R3"],
    summary: "a relayed line that begins with a dot is sent without another dot before it",
    mount: |seams| seams.framer.relay_stuff = |_| None,
};
