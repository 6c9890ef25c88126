//! BODYSTRUCTURE gives the pieces of a parameter as they stand in the header.

use super::{Deviation, Seam};
use crate::message::Parameter;
use crate::message::continuation::Charsets;

/// `name*0`, `name*1`.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-parameter-pieces-apart",
    seam: Seam::Structure,
    breaks: &["rfc2231-6-1"],
    summary: "BODYSTRUCTURE gives the pieces of a parameter as they stand in the header",
    mount: |seams| seams.structure.imap_parameters = apart,
};

fn apart<'p>(parameters: &'p [Parameter<'_>], _charsets: Charsets) -> Vec<Parameter<'p>> {
    parameters.iter().map(Parameter::borrowed).collect()
}
