//! How changes of one message come together: a join, so that their order of arrival does not matter (REQ-MSG-3).
//!
//! Of several texts the one with the latest version is shown, of several deletions the earliest counts, and a deletion wins over every
//! text.

use crate::record::message::{ChangeRecord, EditedRecord, MessageRecord};

/// Takes `other` into `known`. Commutative, associative, idempotent.
pub(crate) fn join(known: &mut ChangeRecord, other: ChangeRecord) {
    known.deletion = match (known.deletion, other.deletion) {
        (Some(one), Some(another)) => Some(one.min(another)),
        (one, another) => one.or(another),
    };
    known.edit = known.edit.take().max(other.edit).filter(|_| known.deletion.is_none());
}

/// Puts changes into the message they are for. Returns whether anything of it is other than before.
pub(crate) fn apply(message: &mut MessageRecord, change: ChangeRecord) -> bool {
    if let Some(deletion) = change.deletion {
        let first = message.deletion.map_or(deletion, |known| known.min(deletion));
        let is_news = message.deletion != Some(first);
        message.deletion = Some(first);
        message.text.clear();
        message.mentions.clear();
        message.edited = None;
        return is_news;
    }
    let Some(edit) = change.edit.filter(|_| message.deletion.is_none()) else { return false };
    if message.edited.is_some_and(|known| known.version >= edit.version) {
        return false;
    }
    message.edited = Some(EditedRecord { version: edit.version, at: edit.at });
    message.text = edit.text;
    message.mentions = edit.mentions;
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use tidings_crypto::id::AccountId;

    use super::*;
    use crate::record::message::{DeletionRecord, EditRecord, Version};

    fn edit(clock: u64, sequence: u64) -> ChangeRecord {
        let version = Version { clock, sequence };
        let text = format!("{clock}/{sequence}");
        ChangeRecord { edit: Some(EditRecord { version, text, mentions: Vec::new(), at: clock }), deletion: None }
    }

    fn deletion(clock: u64, by: u8) -> ChangeRecord {
        let (version, by) = (Version { clock, sequence: 1 }, AccountId::from_bytes([by; 32]));
        ChangeRecord { edit: None, deletion: Some(DeletionRecord { version, by, at: clock }) }
    }

    fn original() -> MessageRecord {
        MessageRecord::new([1; 16], AccountId::from_bytes([1; 32]), "first".into(), 0, 0)
    }

    /// All orders of `0..count` (Heap's algorithm).
    fn orders(count: usize) -> Vec<Vec<usize>> {
        fn swap_on(size: usize, order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
            if size <= 1 {
                all.push(order.clone());
                return;
            }
            for place in 0..size {
                swap_on(size - 1, order, all);
                order.swap(if size.is_multiple_of(2) { place } else { 0 }, size - 1);
            }
        }
        let (mut order, mut all) = ((0..count).collect(), Vec::new());
        swap_on(count, &mut order, &mut all);
        all
    }

    /// What a reader ends with if the original comes after `before` of the changes: those wait and are joined.
    fn read(changes: &[ChangeRecord], order: &[usize], before: usize) -> MessageRecord {
        let mut waiting = ChangeRecord::default();
        for place in &order[..before] {
            join(&mut waiting, changes[*place].clone());
        }
        let mut message = original();
        apply(&mut message, waiting);
        for place in &order[before..] {
            apply(&mut message, changes[*place].clone());
        }
        message
    }

    // REQ-MSG-3
    #[test]
    fn in_whatever_order_changes_and_their_message_arrive_all_end_with_the_same() {
        let edits = vec![edit(5, 1), edit(5, 2), edit(9, 1), edit(7, 3), edit(9, 1)];
        let mut taken_back = vec![edit(5, 1), edit(9, 2), deletion(7, 1), deletion(6, 2)];
        taken_back.push(edit(20, 3));
        for (changes, text) in [(edits, "9/1"), (taken_back, "")] {
            let expected = read(&changes, &orders(changes.len())[0], 0);
            assert_eq!(expected.text, text);
            for order in orders(changes.len()) {
                for before in 0..=changes.len() {
                    assert_eq!(read(&changes, &order, before), expected, "{order:?}, the message after {before}");
                }
            }
        }
    }

    // REQ-MSG-3
    #[test]
    fn a_deletion_wins_over_a_later_edit_and_over_an_original_that_comes_late() {
        let mut message = original();
        assert!(apply(&mut message, deletion(5, 1)));
        assert!(!apply(&mut message, edit(50, 9)), "a late edit does not bring it back");
        assert!(!apply(&mut message, deletion(6, 1)), "a second deletion is no news");
        assert_eq!((message.text.as_str(), message.edited, message.deletion.unwrap().at), ("", None, 5));
    }
}
