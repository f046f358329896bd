//! How it stands with making an owner where all are gone.

use tidings_api::{Petition, Recovery, RecoveryAdmin};
use tidings_protocol::limits::RECOVERY_SILENCE_MS;
use tidings_protocol::query::recovery::{AdminView, RecoveryView};

use super::group::role;
use crate::http::time_text::rfc3339;

/// The API's form of it.
pub(in crate::http) fn recovery(view: &RecoveryView) -> Recovery {
    let petitions = view.petitions.iter().map(|(owner, signers)| Petition {
        owner: owner.to_string(),
        signed_by: signers.iter().map(ToString::to_string).collect(),
    });
    Recovery {
        allowed: view.allowed,
        members: count(view.users),
        needed: count(view.needed),
        admins: view.admins.iter().map(admin).collect(),
        petitions: petitions.collect(),
        signed_for: view.own.map(|owner| owner.to_string()),
    }
}

fn admin(admin: &AdminView) -> RecoveryAdmin {
    RecoveryAdmin {
        account: admin.account.to_string(),
        role: role(admin.role),
        heard_at: rfc3339(admin.heard_at),
        absent_from: rfc3339(admin.heard_at.saturating_add(RECOVERY_SILENCE_MS)),
        absent: admin.absent,
    }
}

/// A count as the API writes it.
pub(super) fn count(people: usize) -> u64 {
    u64::try_from(people).unwrap_or(u64::MAX)
}
