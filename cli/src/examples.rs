//! What the tests of several commands show.

use tidings_api::{AddRule, Group, GroupSettings, JoinRule, PostRule, RecoveryRule};

/// A group without members.
pub(crate) fn group() -> Group {
    Group {
        id: "cnv1".to_owned(),
        name: "club".to_owned(),
        description: None,
        members: Vec::new(),
        banned: Vec::new(),
        epoch: 1,
        created_by: "a".to_owned(),
        created_at: None,
        settings: GroupSettings {
            add: AddRule::Admins,
            post: PostRule::Everyone,
            join: JoinRule::Approved,
            recovery: RecoveryRule::TwoThirds,
            disappearing_seconds: 0,
        },
        active: true,
        waiting_since: None,
        successor: None,
    }
}
