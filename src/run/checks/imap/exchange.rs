//! All untagged expectations of an exchange against all its untagged responses.

use super::example::example;
use super::match_response;
use super::show::show_items;
use crate::dialect::escape::quote;
use crate::dialect::imap::{Framer, Kind, Response, Value};
use crate::dialect::{Framing, Limits};
use crate::run::bindings::Bindings;
use crate::run::checks::{Mismatch, brief};
use crate::script::pattern::{Cardinality, ImapData, ImapExpectation, ImapItem};

/// Tries that the search for a perfect assignment may take.
const TRY_LIMIT: usize = 20_000;

/// Matches untagged expectations against untagged responses, in any order.
///
/// Each required expectation finds a response of its own, if there is a way to
/// give one to all of them; FETCH responses about one message count as one
/// where no single one matches, since a server may split and join them. Optional
/// expectations take what is left; forbidden ones must find nothing there.
/// Captures of all that match are bound. For each expectation, in its order:
/// the response it took (an index into `responses`; `None` for one that needs none), or what
/// is wrong. Expectations that are not untagged are not judged here, and hold.
#[must_use]
pub fn judge(
    expectations: &[&ImapExpectation],
    responses: &[&Response],
    bindings: &mut Bindings,
) -> Vec<Result<Option<usize>, Mismatch>> {
    let merged = merge_fetches(responses);
    let mut exchange = Exchange {
        expectations,
        responses,
        merged: &merged,
        taken: vec![None; expectations.len()],
        tries: 0,
    };
    let perfect = bindings.attempt(|bindings| if exchange.assign(0, bindings) { Ok(()) } else { Err(()) });
    if perfect.is_err() {
        exchange.taken = vec![None; expectations.len()];
        exchange.take_greedily(Cardinality::is_required, bindings);
    }
    exchange.take_greedily(|cardinality| cardinality == Cardinality::Optional, bindings);
    (0..expectations.len()).map(|index| exchange.outcome(index, bindings)).collect()
}

struct Exchange<'a> {
    expectations: &'a [&'a ImapExpectation],
    responses: &'a [&'a Response],
    /// What the FETCH responses about one message say together, with the first one's index.
    merged: &'a [(usize, Response)],
    /// Which response each expectation took.
    taken: Vec<Option<usize>>,
    tries: usize,
}

impl<'a> Exchange<'a> {
    /// Gives each required expectation from `at` on a response, going back where that fails.
    fn assign(&mut self, at: usize, bindings: &mut Bindings) -> bool {
        let Some(expectation) = self.expectations.get(at) else { return true };
        if !cardinality(expectation).is_some_and(Cardinality::is_required) {
            return self.assign(at + 1, bindings);
        }
        for (index, response) in self.candidates(at) {
            self.tries += 1;
            if self.tries > TRY_LIMIT {
                return false;
            }
            let found = bindings.attempt(|bindings| {
                match_response(expectation, response, bindings).map_err(drop)?;
                self.take(at, Some(index));
                if self.assign(at + 1, bindings) { Ok(()) } else { Err(()) }
            });
            if found.is_ok() {
                return true;
            }
            self.take(at, None);
        }
        false
    }

    /// Gives each expectation of such a cardinality the first response that fits and is left.
    fn take_greedily(&mut self, wanted: impl Fn(Cardinality) -> bool, bindings: &mut Bindings) {
        for (at, expectation) in self.expectations.iter().enumerate() {
            if !cardinality(expectation).is_some_and(&wanted) {
                continue;
            }
            let mut candidates = self.candidates(at).into_iter();
            let fits =
                candidates.find(|(_, response)| match_response(expectation, response, bindings).is_ok());
            self.take(at, fits.map(|(index, _)| index));
        }
    }

    /// What an expectation may take, the best first: responses that are left, then FETCH data
    /// that came split or joined.
    fn candidates(&self, at: usize) -> Vec<(usize, &'a Response)> {
        let whole = self.responses.iter().copied().enumerate();
        let is_left = |(index, _): &(usize, &Response)| !self.is_taken(*index, at);
        let left = whole.clone().filter(is_left);
        let merged = self.merged.iter().map(|(index, response)| (*index, response));
        let joined = whole.filter(|(index, response)| self.is_taken(*index, at) && is_fetch(response));
        let floor = self.floor(at);
        let behind = |(index, _): &(usize, &Response)| floor.is_none_or(|floor| *index > floor);
        left.chain(merged).chain(joined).filter(behind).collect()
    }

    /// The response behind which an expectation's own must stand, when it is one in order.
    fn floor(&self, at: usize) -> Option<usize> {
        let in_order =
            self.expectations.get(at).and_then(|one| cardinality(one)) == Some(Cardinality::InOrder);
        in_order.then(|| self.taken.get(at.checked_sub(1)?).copied().flatten()).flatten()
    }

    fn is_taken(&self, response: usize, but_by: usize) -> bool {
        self.taken.iter().enumerate().any(|(by, taken)| by != but_by && *taken == Some(response))
    }

    fn take(&mut self, at: usize, response: Option<usize>) {
        if let Some(taken) = self.taken.get_mut(at) {
            *taken = response;
        }
    }

    fn outcome(&self, at: usize, bindings: &mut Bindings) -> Result<Option<usize>, Mismatch> {
        let (Some(expectation), Some(taken)) = (self.expectations.get(at), self.taken.get(at)) else {
            return Ok(None);
        };
        match (cardinality(expectation), taken) {
            (Some(Cardinality::Required), None) => Err(self.nearest(expectation, bindings)),
            (Some(Cardinality::InOrder), None) => Err(self.misplaced(expectation, bindings)),
            (Some(Cardinality::Forbidden), _) => self.find_forbidden(at, expectation, bindings),
            (_, taken) => Ok(*taken),
        }
    }

    /// A forbidden response: one that no other expectation took, or took without asking for so much, or any
    /// FETCH, which may say more than was asked.
    fn find_forbidden(
        &self,
        at: usize,
        expectation: &ImapExpectation,
        bindings: &mut Bindings,
    ) -> Result<Option<usize>, Mismatch> {
        for (index, response) in self.responses.iter().enumerate() {
            if self.is_taken(index, at) && !is_fetch(response) && !self.is_narrower(at, index, bindings) {
                continue;
            }
            // Tried only: a forbidden response binds nothing.
            let mut found = None;
            let tried: Result<(), ()> = bindings.attempt(|bindings| {
                found = Some(match_response(expectation, response, bindings));
                Err(())
            });
            if let (Err(()), Some(Ok(()))) = (tried, found) {
                let expected = format!("no {}", show(expectation, bindings));
                return Err(Mismatch::new(expected, quote(&response.raw), "this response came"));
            }
        }
        Ok(None)
    }

    /// Whether an expectation says more of a response than the one that took it does: of
    /// `* LIST (\\HasChildren ...) any Top` that it is taken by `* LIST (...) any Top` decides nothing.
    fn is_narrower(&self, at: usize, response: usize, bindings: &mut Bindings) -> bool {
        let taker = self.taken.iter().position(|taken| *taken == Some(response));
        let (Some(narrow), Some(wide)) =
            (self.expectations.get(at), taker.and_then(|taker| self.expectations.get(taker)))
        else {
            return false;
        };
        let fits_example = |one: &ImapExpectation, of: &ImapExpectation, bindings: &mut Bindings| {
            let example = example(of, bindings).and_then(|octets| read_one(&octets));
            let mut fits = false;
            // Tried only: an example binds nothing.
            let _: Result<(), ()> = bindings.attempt(|bindings| {
                fits = example.is_some_and(|example| match_response(one, &example, bindings).is_ok());
                Err(())
            });
            fits
        };
        fits_example(wide, narrow, bindings) && !fits_example(narrow, wide, bindings)
    }

    /// Why no response stands where this one must: it came too early, or not at all.
    fn misplaced(&self, expectation: &ImapExpectation, bindings: &mut Bindings) -> Mismatch {
        let early = self.responses.iter().find(|response| {
            // Tried only: what stands in the wrong place binds nothing.
            let mut fits = false;
            let _: Result<(), ()> = bindings.attempt(|bindings| {
                fits = match_response(expectation, response, bindings).is_ok();
                Err(())
            });
            fits
        });
        match early {
            Some(response) => {
                let expected = format!("{} behind the line above", show(expectation, bindings));
                Mismatch::new(expected, quote(&response.raw), "it came, but not in this order")
            }
            None => self.nearest(expectation, bindings),
        }
    }

    /// Why no response fits, told of the one that comes nearest.
    fn nearest(&self, expectation: &ImapExpectation, bindings: &mut Bindings) -> Mismatch {
        let expected = show(expectation, bindings);
        let mut near: Option<(usize, Mismatch)> = None;
        let merged = self.merged.iter().map(|(_, response)| response);
        for response in self.responses.iter().copied().chain(merged) {
            let rank = likeness(expectation, response);
            if let Err(mismatch) = match_response(expectation, response, bindings)
                && rank > 0
                && near.as_ref().is_none_or(|(best, _)| rank > *best)
            {
                let actual = quote(&response.raw);
                near = Some((rank, Mismatch { expected: expected.clone(), actual, ..mismatch }));
            }
        }
        near.map_or_else(|| self.nothing_like_it(expected), |(_, mismatch)| mismatch)
    }

    fn nothing_like_it(&self, expected: String) -> Mismatch {
        let came: Vec<String> = self.responses.iter().take(8).map(|response| brief(&response.raw)).collect();
        let mut actual = if came.is_empty() { "no untagged response".to_owned() } else { came.join(", ") };
        if self.responses.len() > 8 {
            actual.push_str(&format!(", and {} more", self.responses.len() - 8));
        }
        Mismatch::new(expected, actual, "no such response came")
    }
}

/// The response that these octets are.
fn read_one(octets: &[u8]) -> Option<Response> {
    match Framer::new(Limits::IMAP).frame(octets) {
        Framing::Complete { item, .. } => Some(item),
        Framing::Incomplete => None,
    }
}

fn cardinality(expectation: &ImapExpectation) -> Option<Cardinality> {
    match expectation {
        ImapExpectation::Untagged { cardinality, .. } => Some(*cardinality),
        ImapExpectation::Tagged { .. } | ImapExpectation::Continuation(_) => None,
    }
}

fn show(expectation: &ImapExpectation, bindings: &Bindings) -> String {
    match expectation {
        ImapExpectation::Untagged { data: ImapData::Items(items), .. } => {
            format!("* {}", show_items(items, bindings))
        }
        ImapExpectation::Untagged { data: ImapData::Status { status, code }, .. } => match code {
            Some(code) => format!("* {} [{}]", status.as_str(), show_items(&code.items, bindings)),
            None => format!("* {}", status.as_str()),
        },
        ImapExpectation::Tagged { .. } | ImapExpectation::Continuation(_) => String::new(),
    }
}

/// How like a response is to what was expected: 0 not at all, 1 by name, 2 by name and number or mailbox.
fn likeness(expectation: &ImapExpectation, response: &Response) -> usize {
    match (expectation, &response.kind) {
        (ImapExpectation::Untagged { data: ImapData::Items(items), .. }, Kind::Data { items: values }) => {
            let same = |at: usize| match (items.get(at), values.get(at).and_then(Value::octets)) {
                (Some(ImapItem::Word(word)), Some(octets)) => word.eq_ignore_ascii_case(octets),
                (Some(ImapItem::Capture { .. } | ImapItem::Variable { .. }), Some(_)) => true,
                _ => false,
            };
            let numbered = values.first().is_some_and(|value| value.number().is_some());
            match (numbered, same(0), same(1)) {
                (true, true, true) => 2,
                (true, false, true) => 1,
                (false, true, _) if same(3) => 2,
                (false, true, _) => 1,
                _ => 0,
            }
        }
        (
            ImapExpectation::Untagged { data: ImapData::Status { code: Some(code), .. }, .. },
            Kind::Status { code: Some(came), .. },
        ) => {
            let wanted = code.items.first();
            usize::from(
                matches!(wanted, Some(ImapItem::Word(word)) if word.eq_ignore_ascii_case(came.name().as_bytes())),
            )
        }
        _ => 0,
    }
}

fn is_fetch(response: &Response) -> bool {
    matches!(response.data(), Some((Some(_), name)) if name == "FETCH")
}

/// What several FETCH responses about one message say together; an EXPUNGE in between changes the numbers.
fn merge_fetches(responses: &[&Response]) -> Vec<(usize, Response)> {
    let mut merged: Vec<(usize, usize, u64, Response)> = Vec::new();
    let mut epoch = 0;
    for (index, response) in responses.iter().enumerate() {
        let Some((Some(number), name)) = response.data() else { continue };
        if name == "EXPUNGE" {
            epoch += 1;
        }
        let Kind::Data { items } = &response.kind else { continue };
        let ("FETCH", Some(Value::List(added))) = (name.as_str(), items.get(2)) else { continue };
        let known = merged.iter_mut().find(|(_, at, of, _)| (*at, *of) == (epoch, number));
        match known {
            None => merged.push((index, epoch, number, Response::clone(response))),
            Some((_, _, _, together)) => {
                together.raw.extend_from_slice(&response.raw);
                if let Kind::Data { items } = &mut together.kind
                    && let Some(Value::List(list)) = items.get_mut(2)
                {
                    list.extend(added.iter().cloned());
                }
            }
        }
    }
    merged.into_iter().map(|(index, _, _, response)| (index, response)).collect()
}
