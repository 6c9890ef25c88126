//! How the outcome of a search is told: as it always was, or as the return options want it
//! (RFC 4731; RFC 5267; RFC 9394). The order is that of the search: of the mailbox, or of SORT.

use std::fmt::Write;
use std::ops::Range;

use super::finding::Modseq;
use crate::imap::search::Found;
use crate::imap::syntax::{ResultRange, ReturnOption, compact_uid_set};
use crate::imap::view::Numbering;

/// ```abnf
/// mailbox-data = "SEARCH" [1*(SP nz-number) [SP "(" "MODSEQ" SP mod-sequence-value ")"]]
/// sort-data    = "SORT" [1*(SP nz-number) [SP "(" "MODSEQ" SP mod-sequence-value ")"]]
/// ```
pub(super) fn plain(name: &str, found: &[Found], numbering: Numbering, modseq: Modseq) -> String {
    let mut out = format!("* {name}");
    for found in found {
        let _ = write!(out, " {}", found.named(numbering));
    }
    if let (Modseq::Told, Some(highest)) = (modseq, found.iter().map(|found| found.modseq).max()) {
        out.push_str(&format!(" (MODSEQ {highest})"));
    }
    out.push_str("\r\n");
    out
}

/// Which of so many results PARTIAL gives, by their places; the seam at which a deviation can give others.
pub(super) type Window = fn(ResultRange, usize) -> Range<usize>;

/// ```abnf
/// esearch-response   = "ESEARCH" [SP "(" "TAG" SP tag-string ")"] [SP "UID"]
///                      *(SP search-return-data)                      ; RFC 4466, section 2.6.2
/// search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "ALL" SP sequence-set /
///                      "COUNT" SP number / "MODSEQ" SP mod-sequence-value /    ; RFC 4731, section 4
///                      "PARTIAL" SP "(" partial-range SP (sequence-set / "NIL") ")"  ; RFC 9394
/// ```
/// SAVE alone asks for no answer but the tagged one (RFC 5182, section 2.2).
pub(super) fn extended(
    tag: &str,
    found: &[Found],
    options: &[ReturnOption],
    (numbering, window): (Numbering, Window),
    modseq: Modseq,
) -> String {
    if options == [ReturnOption::Save] {
        return String::new();
    }
    let mut out = format!("* ESEARCH (TAG \"{tag}\")");
    if numbering == Numbering::Uid {
        out.push_str(" UID");
    }
    let named: Vec<u32> = found.iter().map(|found| found.named(numbering)).collect();
    for option in options {
        match (option, named.first(), named.last()) {
            (ReturnOption::Count, ..) => out.push_str(&format!(" COUNT {}", named.len())),
            (ReturnOption::Min, Some(first), _) => out.push_str(&format!(" MIN {first}")),
            (ReturnOption::Max, _, Some(last)) => out.push_str(&format!(" MAX {last}")),
            (ReturnOption::All, Some(_), _) => out.push_str(&format!(" ALL {}", compact_uid_set(&named))),
            (ReturnOption::Partial(range), ..) => {
                let some = match named.get(window(*range, named.len())).unwrap_or_default() {
                    [] => "NIL".to_owned(),
                    some => compact_uid_set(some),
                };
                out.push_str(&format!(" PARTIAL ({range} {some})"));
            }
            _ => {}
        }
    }
    if modseq == Modseq::Told
        && let Some(highest) = chosen(found, options).into_iter().map(|found| found.modseq).max()
    {
        out.push_str(&format!(" MODSEQ {highest}"));
    }
    out.push_str("\r\n");
    out
}

/// What the options pick out: without COUNT and ALL only what PARTIAL, MIN and MAX name counts,
/// for what is saved (RFC 5182, section 2.4; RFC 9394, section 3.2) and for MODSEQ (RFC 4731,
/// section 3.2).
pub(super) fn chosen<'f>(found: &'f [Found], options: &[ReturnOption]) -> Vec<&'f Found> {
    let has = |option| options.contains(&option);
    let (min, max) = (has(ReturnOption::Min), has(ReturnOption::Max));
    let partial = options.iter().find_map(|option| match option {
        ReturnOption::Partial(range) => Some(range.within(found.len())),
        _ => None,
    });
    if has(ReturnOption::All) || has(ReturnOption::Count) || !(min || max || partial.is_some()) {
        return found.iter().collect();
    }
    let last = found.len().saturating_sub(1);
    let partial = partial.unwrap_or_default();
    let named = |place: usize| partial.contains(&place) || min && place == 0 || max && place == last;
    found.iter().enumerate().filter(|(place, _)| named(*place)).map(|(_, found)| found).collect()
}
