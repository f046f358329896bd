//! Answering a reconciliation: in which of the asker's ranges this store has something else. Nothing is remembered between two requests.

use std::collections::BTreeSet;

use tidings_crypto::id::NodeId;

use super::prefix::Prefix;
use super::tree::{self, View};
use super::{short, shown};
use crate::error::{Outcome, Rejection};
use crate::limits::{RANGE_ITEMS_MAX, RANGE_LACKING_MAX, RANGES_MAX};
use crate::log::{generation, queue, sync};
use crate::step::Step;
use crate::wire::log::Listed;
use crate::wire::reconcile::{Differing, Have, Lacking, RangeAnswer, ReconcileRequest, Reconciled};

/// Answers one request.
///
/// # Errors
/// [`Rejection::Malformed`] for ranges that are no ascending, disjoint ranges or are too many.
pub(crate) fn serve(step: &mut Step<'_>, peer: NodeId, request: &ReconcileRequest) -> Outcome<Reconciled> {
    let prefixes = check(request).ok_or(Rejection::Malformed { what: "ranges" })?;
    let none = Reconciled { last: 0, generation: [0; 16], answers: Vec::new() };
    let (Some(record), Some(since)) =
        (queue::get(step, &request.queue)?, sync::readable_from(step, &request.queue, peer)?)
    else {
        return Ok(none);
    };
    let Some(view) = View::open(step, request.queue, &record, since)? else { return Ok(none) };
    let mut answers = Vec::with_capacity(prefixes.len());
    for (prefix, range) in prefixes.into_iter().zip(&request.ranges) {
        answers.push(match &range.have {
            Have::Split(theirs) => RangeAnswer::Differ(differing(step, &view, prefix, &request.nonce, theirs)?),
            Have::Items(theirs) => RangeAnswer::Lacking(lacking(step, &view, prefix, &request.nonce, theirs)?),
        });
    }
    let last = record.next.saturating_sub(1);
    Ok(Reconciled { last, generation: generation::of(step, &request.queue, last)?, answers })
}

fn check(request: &ReconcileRequest) -> Option<Vec<Prefix>> {
    let prefixes: Vec<Prefix> =
        request.ranges.iter().map(|range| Prefix::parse(&range.prefix)).collect::<Option<_>>()?;
    let number = !prefixes.is_empty() && prefixes.len() <= RANGES_MAX;
    let disjoint = prefixes.iter().zip(prefixes.iter().skip(1)).all(|(one, next)| one < next && !one.covers(*next));
    let well_formed = request.ranges.iter().zip(&prefixes).all(|(range, prefix)| match &range.have {
        Have::Split(fingerprints) => fingerprints.len() == 16 && prefix.can_split(),
        Have::Items(items) => items.len() <= RANGE_ITEMS_MAX && items.is_sorted_by(|one, next| one < next),
    });
    (number && disjoint && well_formed).then_some(prefixes)
}

fn differing(
    step: &mut Step<'_>,
    view: &View,
    prefix: Prefix,
    nonce: &[u8; 16],
    theirs: &[[u8; 16]],
) -> Outcome<Vec<Differing>> {
    let ours = tree::children(step, view, prefix)?;
    let pairs = (0..).zip(ours.iter().zip(theirs));
    let other = pairs.filter(|(_, (ours, theirs))| ours.count > 0 && shown(nonce, &ours.fingerprint) != **theirs);
    Ok(other.map(|(nibble, (ours, _))| Differing { nibble, count: ours.count }).collect())
}

fn lacking(step: &Step<'_>, view: &View, prefix: Prefix, nonce: &[u8; 16], theirs: &[[u8; 8]]) -> Outcome<Lacking> {
    let (ids, complete) = tree::ids(step, view, prefix, RANGE_ITEMS_MAX + RANGE_LACKING_MAX)?;
    let theirs: BTreeSet<&[u8; 8]> = theirs.iter().collect();
    let missing = ids.into_iter().filter(|(id, _)| !theirs.contains(&short(nonce, id)));
    let mut entries: Vec<Listed> = missing.map(|(id, counter)| Listed { counter, id }).collect();
    let complete = complete && entries.len() <= RANGE_LACKING_MAX;
    entries.truncate(RANGE_LACKING_MAX);
    Ok(Lacking { entries, more: u8::from(!complete) })
}
