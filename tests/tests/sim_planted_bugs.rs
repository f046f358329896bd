//! Every checker is seen to fail: a mistake of the shell is planted, and the checker that is there for it finds it.
#![allow(clippy::unwrap_used, reason = "tests")]

use tidings_tests::sim::{Bug, Options, run};

/// The most worlds in which a planted bug may stay unseen.
const WORLDS: u64 = 60;

/// The first world in which the bug's checker, asked alone, sees it; and without the bug it sees nothing there.
#[track_caller]
fn is_found(bug: Bug) {
    let honest = Options { only: Some(bug.seen_by()), ..Options::default() };
    let found = (0..WORLDS).find(|seed| {
        let report = run(*seed, Options { bug: Some(bug), ..honest });
        report.violation.is_some_and(|violation| violation.checker == bug.seen_by())
    });
    let Some(seed) = found else {
        panic!("{bug:?} was planted in {WORLDS} worlds, and {} saw nothing", bug.seen_by());
    };
    let report = run(seed, honest);
    assert_eq!(report.violation, None, "{} is not quiet in world {seed} without {bug:?}", bug.seen_by());
}

#[test]
fn a_text_in_a_row_of_the_node_is_found() {
    is_found(Bug::TextInNodeRow);
}

#[test]
fn a_text_in_a_frame_is_found() {
    is_found(Bug::TextOnTheWire);
}

#[test]
fn a_message_committed_without_its_ratchet_is_found() {
    is_found(Bug::RatchetNotStored);
}

// REQ-ENTRY-6
#[test]
fn a_ratchet_put_back_is_found_by_the_key_used_twice() {
    is_found(Bug::RatchetWrittenBack);
}

// REQ-DELIV-1, REQ-STORE-2
#[test]
fn an_answer_given_before_the_commit_is_found() {
    is_found(Bug::EffectsBeforeCommit);
}

#[test]
fn a_message_stored_twice_is_found() {
    is_found(Bug::MessageStoredTwice);
}

#[test]
fn a_message_filed_under_a_wrong_place_is_found() {
    is_found(Bug::WrongPlace);
}

// REQ-GROUP-5
#[test]
fn a_message_given_to_a_removed_member_is_found() {
    is_found(Bug::ForRemovedToo);
}

#[test]
fn older_messages_given_to_a_newcomer_are_found() {
    is_found(Bug::HistoryForNewcomers);
}

// NEGATIVE_TESTS 83
#[test]
fn a_list_of_members_that_is_not_that_of_the_epoch_is_found() {
    is_found(Bug::MemberHidden);
}

// REQ-BAN-2
#[test]
fn a_member_who_is_banned_is_found() {
    is_found(Bug::MemberBanned);
}

#[test]
fn messages_that_are_never_pushed_are_found() {
    is_found(Bug::NothingPushed);
}

#[test]
fn a_timer_that_never_rings_is_found() {
    is_found(Bug::NoTimer);
}

// REQ-DELIV-5
#[test]
fn a_message_that_counts_as_delivered_too_soon_is_found() {
    is_found(Bug::DeliveredTooSoon);
}

#[test]
fn a_delivery_state_that_goes_back_is_found() {
    is_found(Bug::StateGoesBack);
}

// REQ-EPH-2
#[test]
fn a_row_for_who_was_typing_is_found() {
    is_found(Bug::TypingStored);
}

#[test]
fn a_refusal_shown_as_success_is_found() {
    is_found(Bug::RefusalIgnored);
}

#[test]
fn a_removal_that_was_answered_and_forgotten_is_found() {
    is_found(Bug::RemovalForgotten);
}

// REQ-DELIV-6
#[test]
fn nodes_that_never_fall_silent_are_found() {
    is_found(Bug::EndlessTalk);
}
