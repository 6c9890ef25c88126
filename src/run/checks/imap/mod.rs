//! IMAP expectations against responses.
//!
//! [`match_response`] takes one expectation and one response. [`judge`] takes
//! all untagged expectations of an exchange and all untagged responses that
//! came before its tagged answer, in any order. What an item of data matches
//! is in `item`; which data has an order, and which has none, in `data`; what
//! of a message's structure has upper and lower case, in `structure`.

mod data;
mod example;
mod exchange;
mod item;
mod show;
mod structure;
mod unordered;

pub(crate) use example::{example, text as example_text};
pub use exchange::judge;
pub use show::show_values;

use super::Mismatch;
use super::text::{Case, match_text};
use crate::dialect::escape::quote;
use crate::dialect::imap::{Code, Kind, Response, Status};
use crate::run::bindings::Bindings;
use crate::script::pattern::{ImapCode, ImapData, ImapExpectation, ImapStatus};

/// Matches one expectation against one response, whatever its cardinality; captures are bound when it matches.
///
/// # Errors
/// What differs.
pub fn match_response(
    expectation: &ImapExpectation,
    response: &Response,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    bindings.attempt(|bindings| match (expectation, &response.kind) {
        (ImapExpectation::Tagged { statuses, code }, Kind::Tagged { status, code: came, .. }) => {
            match_status(statuses, *status, response)?;
            match_code(code.as_ref(), came.as_ref(), response, bindings)
        }
        (
            ImapExpectation::Untagged { data: ImapData::Status { status, code }, .. },
            Kind::Status { status: came, code: code_came, .. },
        ) => {
            match_status(&[*status], Some(*came), response)?;
            match_code(code.as_ref(), code_came.as_ref(), response, bindings)
        }
        (ImapExpectation::Untagged { data: ImapData::Items(items), .. }, Kind::Data { items: values }) => {
            data::match_data(items, values, bindings)
        }
        (ImapExpectation::Continuation(text), Kind::Continuation { text: came }) => match text {
            Some(text) => match_text(text, came, Case::Exact, bindings),
            None => Ok(()),
        },
        (expectation, _) => Err(wrong_kind(expectation, response)),
    })
}

fn wrong_kind(expectation: &ImapExpectation, response: &Response) -> Mismatch {
    let expected = match expectation {
        ImapExpectation::Tagged { .. } => "a tagged answer",
        ImapExpectation::Untagged { data: ImapData::Status { .. }, .. } => "an untagged status response",
        ImapExpectation::Untagged { .. } => "an untagged response",
        ImapExpectation::Continuation(_) => "a continuation request",
    };
    let label = match &response.kind {
        Kind::Tagged { .. } => "a tagged answer came",
        Kind::Status { .. } => "an untagged status response came",
        Kind::Data { .. } => "an untagged response came",
        Kind::Continuation { .. } => "a continuation request came",
        Kind::Garbled => "no response can be read here",
    };
    Mismatch::new(expected, quote(&response.raw), label)
}

fn match_status(want: &[ImapStatus], came: Option<Status>, response: &Response) -> Result<(), Mismatch> {
    let same = |want: ImapStatus, came: Status| {
        matches!(
            (want, came),
            (ImapStatus::Ok, Status::Ok)
                | (ImapStatus::No, Status::No)
                | (ImapStatus::Bad, Status::Bad)
                | (ImapStatus::Bye, Status::Bye)
                | (ImapStatus::Preauth, Status::Preauth)
        )
    };
    let label = match came {
        Some(came) if want.iter().any(|want| same(*want, came)) => return Ok(()),
        Some(came) => format!("the answer is {}", format!("{came:?}").to_ascii_uppercase()),
        None => "no status".into(),
    };
    let words: Vec<&str> = want.iter().map(|status| status.as_str()).collect();
    Err(Mismatch::new(words.join(" or "), quote(&response.raw), label))
}

fn match_code(
    want: Option<&ImapCode>,
    came: Option<&Code>,
    response: &Response,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let Some(want) = want else { return Ok(()) };
    let expected = format!("[{}]", show::show_items(&want.items, bindings));
    let Some(came) = came else {
        return Err(Mismatch::new(expected, quote(&response.raw), "no response code in the reply"));
    };
    data::match_code(&want.items, &came.items, bindings).map_err(|mismatch| {
        let label = if data::same_name(&want.items, &came.items) {
            format!("the code is [{}]", show::cut(&String::from_utf8_lossy(&came.raw)))
        } else {
            "no such response code in the reply".into()
        };
        Mismatch { expected, actual: quote(&response.raw), label, fault: mismatch.fault }
    })
}

#[cfg(test)]
mod tests;
