//! The body of a petition entry: who signed for whom. The epoch it is for is the entry's.

use tidings_crypto::id::AccountId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use crate::account::policy::Petition;

/// The body.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct PetitionBody {
    /// Who shall own the group.
    pub owner: AccountId,
    /// The signature for it.
    pub petition: Petition,
}
