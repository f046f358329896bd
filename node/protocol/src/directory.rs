//! What the node knows of its own accounts and of where other nodes are: the public side, readable while accounts are locked.

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::identity::IdentityLog;

use crate::error::Outcome;
use crate::record::directory::DirectoryRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::id::{IdRequest, IdResponse};

/// Most addresses remembered of one node; an identity log or a link names at most a handful.
const ADDRESSES_MAX: usize = 8;

/// The directory record of an account of this node.
pub(crate) fn account(step: &Step<'_>, account: &AccountId) -> Outcome<Option<DirectoryRecord>> {
    step.rows.get(Scope::Node, Table::Directory, account.as_bytes())
}

/// The key under which a login name is found: a keyed hash, so that the folder does not list names.
#[must_use]
pub fn login_key(index_key: &[u8; 32], name: &str) -> Vec<u8> {
    blake3::keyed_hash(index_key, name.as_bytes()).as_bytes().to_vec()
}

/// Where a node was last said to be.
pub(crate) fn addresses(step: &Step<'_>, node: NodeId) -> Outcome<Vec<Vec<u8>>> {
    let known: Option<Vec<minicbor::bytes::ByteVec>> =
        step.rows.get(Scope::Node, Table::PeerAddress, node.as_bytes())?;
    Ok(known.unwrap_or_default().into_iter().map(Vec::from).collect())
}

/// Remembers where a node can be reached, the newest first.
pub(crate) fn remember(step: &mut Step<'_>, node: NodeId, addresses: &[Vec<u8>]) -> Outcome<()> {
    if addresses.is_empty() || node == step.config.node {
        return Ok(());
    }
    let known = self::addresses(step, node)?;
    let mut all = addresses.to_vec();
    all.extend(known.iter().filter(|old| !addresses.contains(old)).cloned());
    all.truncate(ADDRESSES_MAX);
    if all == known {
        return Ok(());
    }
    let all: Vec<minicbor::bytes::ByteVec> = all.into_iter().map(Into::into).collect();
    step.rows.put(Scope::Node, Table::PeerAddress, node.as_bytes(), &all);
    Ok(())
}

/// Remembers the homes that an identity log names, and returns the first.
pub(crate) fn remember_homes(step: &mut Step<'_>, log: &IdentityLog) -> Outcome<Option<NodeId>> {
    for home in log.homes() {
        remember(step, home.node, &home.addresses)?;
    }
    Ok(log.homes().first().map(|home| home.node))
}

/// What the node shows of an account that lives or has its mailbox here: identity log, box key record, reach record.
fn public(step: &Step<'_>, account: &AccountId) -> Outcome<Option<IdResponse>> {
    let shown = |log, box_key, reach| IdResponse {
        log: wire::field(log),
        box_key: wire::field(box_key),
        reach: wire::field(reach),
    };
    if let Some(own) = self::account(step, account)? {
        return Ok(Some(shown(own.identity_log, own.box_key, own.reach)));
    }
    let sponsor: Option<crate::record::mailbox::SponsorRecord> =
        step.rows.get(Scope::Node, Table::Sponsor, account.as_bytes())?;
    Ok(sponsor.map(|sponsor| shown(sponsor.identity_log, sponsor.box_key, sponsor.reach)))
}

/// Answers `/tidings/id/1`.
pub(crate) fn id_request(step: &Step<'_>, bytes: &[u8]) -> Outcome<IdResponse> {
    let found = match wire::decode::<IdRequest>(bytes, "id request") {
        Ok(request) => public(step, &request.account)?,
        Err(_) => None,
    };
    let nothing = || wire::field(Vec::new());
    Ok(found.unwrap_or_else(|| IdResponse { log: nothing(), box_key: nothing(), reach: nothing() }))
}
