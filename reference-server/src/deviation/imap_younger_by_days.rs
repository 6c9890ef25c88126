//! YOUNGER and OLDER count whole days.

use super::{Deviation, Seam};
use crate::imap::SearchKey;

/// A part of a day is one.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-younger-by-days",
    seam: Seam::Evaluator,
    breaks: &["rfc5032-2-R1"],
    summary: "YOUNGER and OLDER count whole days",
    mount: |seams| {
        seams.evaluator.imap_keys = |keys| keys.into_iter().map(by_days).collect();
    },
};

fn by_days(key: SearchKey) -> SearchKey {
    const DAY: u32 = 24 * 60 * 60;
    let days = |seconds: u32| seconds.div_ceil(DAY).saturating_mul(DAY);
    match key {
        SearchKey::Younger(seconds) => SearchKey::Younger(days(seconds)),
        SearchKey::Older(seconds) => SearchKey::Older(days(seconds)),
        other => other,
    }
}
