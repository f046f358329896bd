//! `/tidings/inbox/1` and what it carries: sealed items (contact requests, slips of welcomes) and parts of the bundles that slips open
//! (PROTOCOL A8, DECISIONS 10, 21).
//!
//! A sealed item is HPKE-sealed as a whole (X-Wing) to the recipient's box key. A welcome is in two: the bundle is the same for everybody whom
//! a commit adds and is sealed once; the slip is sealed to each of them and says which bundle, and its key.

use tidings_crypto::id::{AccountId, BundleId, ConversationId, DeviceId, EntryId, EpochId};
use tidings_crypto::invite::InviteLink;
use tidings_crypto::sign::{Label, Signature, SigningKey, VerifyingKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use super::bundle::BundlePart;
use super::commit_body::Introduction;
use super::rejoin::SignedRejoin;
use crate::account::policy::{Creation, Link};
use crate::error::Rejection;
use crate::record::epoch::EpochRecord;

/// The HPKE info of every item.
pub const INFO: &[u8] = b"tidings/1/inbox";

/// Please keep this for one of your accounts.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct InboxRequest {
    /// For whom.
    pub recipient: AccountId,
    /// An [`Item`], encoded.
    pub item: VLByteVec,
}

/// What is left for an account.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum Item {
    /// An [`InboxItem`], sealed to the account's box key.
    #[tls_codec(discriminant = 1)]
    Sealed(VLByteVec),
    /// A part of a bundle for it and for others who live with it.
    Part(BundlePart),
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum InboxResponse {
    /// Durable here, now or before.
    Kept = 1,
    /// No such account here.
    Unknown = 2,
    /// Too large, or not a request.
    Refused = 3,
    /// The inbox is full: try later.
    NoRoom = 4,
}

/// An item after opening.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum InboxItem {
    /// Somebody followed an invite link.
    #[tls_codec(discriminant = 1)]
    ContactRequest(ContactRequest),
    /// Somebody added this account to a conversation.
    Welcome(SignedSlip),
    /// Somebody whose link this account followed does not take the request.
    Refusal(Refusal),
    /// A member's device asks to be let back in.
    Rejoin(SignedRejoin),
    /// Somebody followed a link into a group.
    Join(JoinRequest),
}

/// Why a request by link was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum RefusalReason {
    /// The invite was used as often as it allows, or taken back.
    Used = 1,
    /// The invite's time was over.
    Expired = 2,
    /// Whoever made the link into the group was asked, and said no.
    Declined = 3,
    /// Whoever made it is no longer in the group.
    Gone = 4,
    /// Whoever made it may not add people to the group by link any more.
    NotAllowed = 5,
    /// Whoever asks is in already.
    AlreadyIn = 6,
    /// The group has as many members as it can have.
    Full = 7,
}

/// The answer to a request whose invite no longer holds. Only who has the link's secret can make it or ask for it.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Refusal {
    /// Who made the link.
    pub inviter: AccountId,
    /// Why.
    pub reason: RefusalReason,
    /// HMAC over recipient and reason under the link's secret.
    pub mac: [u8; 32],
}

impl Refusal {
    /// What the MAC is over.
    #[must_use]
    pub fn mac_input(recipient: &AccountId, reason: RefusalReason) -> Vec<u8> {
        [b"refusal".as_slice(), recipient.as_bytes(), &super::encode(&reason)].concat()
    }
}

/// What the follower of a link says about itself, with proof that it has the link.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct ContactRequest {
    /// Which invite.
    pub invite: [u8; 16],
    /// The claims, encoded.
    pub claims: VLByteVec,
    /// HMAC over recipient and claims under the link's secret.
    pub mac: [u8; 32],
    /// By the device that signed the box key in the claims: identity log and box key are public, and whoever has the link could speak in
    /// the name of another.
    pub signature: Signature,
}

impl ContactRequest {
    /// Makes a request by `link` with proof of the link and of the account that asks.
    #[must_use]
    pub fn new(link: &InviteLink, recipient: &AccountId, claims: &Claims, device_key: &SigningKey) -> Self {
        let claims = super::encode(claims);
        let mac = link.mac(&Self::mac_input(recipient, &claims));
        let group = link.group.as_ref();
        let signature = device_key.sign(Self::label(group), &Self::signed(&link.id(), recipient, group, &claims));
        Self { invite: link.id(), claims: super::field(claims), mac, signature }
    }

    /// What the MAC is over: for whom, and the claims. Its key says what the link leads to.
    #[must_use]
    pub fn mac_input(recipient: &AccountId, claims: &[u8]) -> Vec<u8> {
        [recipient.as_bytes().as_slice(), claims].concat()
    }

    /// What the signature is over; `group` is the one that the link leads into.
    #[must_use]
    pub fn signed_bytes(&self, recipient: &AccountId, group: Option<&ConversationId>) -> Vec<u8> {
        Self::signed(&self.invite, recipient, group, self.claims.as_slice())
    }

    /// Under what it is signed: whoever asks to be a contact has not asked to be in a group.
    #[must_use]
    pub const fn label(group: Option<&ConversationId>) -> Label {
        match group {
            None => Label::ContactRequest,
            Some(_) => Label::JoinRequest,
        }
    }

    fn signed(invite: &[u8; 16], recipient: &AccountId, group: Option<&ConversationId>, claims: &[u8]) -> Vec<u8> {
        let group = group.map(|group| group.as_bytes().as_slice()).unwrap_or_default();
        [invite.as_slice(), recipient.as_bytes(), group, claims].concat()
    }
}

/// What the follower of a link into a group says.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct JoinRequest {
    /// The group.
    pub group: ConversationId,
    /// Who asks, with proof of the link and of the group that it names.
    pub request: ContactRequest,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Claims {
    /// Identity log and name.
    pub introduction: Introduction,
    /// What they call themselves.
    pub display_name: VLByteVec,
    /// Box key record.
    pub box_key: VLByteVec,
    /// Key packages by which they can be added.
    pub key_packages: Vec<VLByteVec>,
    /// The token against which their node hands out more.
    pub key_token: [u8; 16],
}

/// Which bundle is for whoever is given this, and how to open it.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Slip {
    /// The conversation that the bundle leads into.
    pub conversation: ConversationId,
    /// Who invites.
    pub inviter: AccountId,
    /// On which device.
    pub device: DeviceId,
    /// The bundle.
    pub bundle: BundleId,
    /// Its key.
    pub key: [u8; 32],
}

/// A slip with its inviter's signature. It covers the bundle by the bundle's hash: everybody added by the same commit has the MLS welcome
/// and the key, and any of them could put another topic or epoch around it.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct SignedSlip {
    /// The slip, encoded.
    pub slip: VLByteVec,
    /// By the inviter's device, over recipient and slip.
    pub signature: Signature,
}

impl SignedSlip {
    /// The slip, not yet verified.
    ///
    /// # Errors
    /// [`Rejection::Malformed`].
    pub fn parse(&self) -> Result<Slip, Rejection> {
        super::decode(self.slip.as_slice(), "welcome")
    }

    /// Checks that `device_key` signed this slip for `recipient`.
    ///
    /// # Errors
    /// [`Rejection::Refused`].
    pub fn verify(&self, recipient: &AccountId, device_key: &VerifyingKey) -> Result<(), Rejection> {
        device_key
            .verify(Label::Welcome, &Self::signed(recipient, self.slip.as_slice()), &self.signature)
            .map_err(|_| Rejection::Refused { reason: "signature of a welcome" })
    }

    fn signed(recipient: &AccountId, slip: &[u8]) -> Vec<u8> {
        [recipient.as_bytes().as_slice(), slip].concat()
    }
}

impl Slip {
    /// Signs the slip for `recipient` as its inviter.
    #[must_use]
    pub fn signed(&self, recipient: &AccountId, device_key: &SigningKey) -> SignedSlip {
        let slip = super::encode(self);
        let signature = device_key.sign(Label::Welcome, &SignedSlip::signed(recipient, &slip));
        SignedSlip { slip: super::field(slip), signature }
    }
}

/// What a welcome tells of one epoch before it, so that a newcomer chooses among rivals as everybody does.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Told {
    /// The epoch.
    pub epoch: EpochId,
    /// What it builds on; zeros for the first.
    pub parent: EpochId,
    /// Its number in MLS.
    pub number: u64,
    /// The commit that leads to it; none for the first.
    pub commit: Vec<ToldCommit>,
}

/// A commit that a welcome tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct ToldCommit {
    /// Its entry.
    pub id: EntryId,
    /// Who made it.
    pub author: AccountId,
    /// On which device.
    pub device: DeviceId,
    /// Its place in that device's log.
    pub sequence: u64,
    /// Its class.
    pub class: u8,
    /// Its author's rank at the parent.
    pub rank: u16,
    /// 1 if its author's log forks at or before it.
    pub demoted: u8,
}

impl Told {
    /// What there is to tell of an epoch.
    #[must_use]
    pub fn of(epoch: EpochId, record: &EpochRecord) -> Self {
        let commit = record.commit.map(|commit| ToldCommit {
            id: commit.id,
            author: commit.author,
            device: commit.device,
            sequence: commit.sequence,
            class: commit.class.number(),
            rank: commit.rank,
            demoted: u8::from(commit.demoted),
        });
        let parent = record.parent.unwrap_or(EpochId::from_bytes([0; 32]));
        Self { epoch, parent, number: record.number, commit: commit.into_iter().collect() }
    }
}

/// Which log a device writes: it counts how often the device was let back in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Generation {
    /// The device.
    pub device: DeviceId,
    /// Its log; more than 0.
    pub generation: u16,
}

/// Everything a newcomer needs: the same for all whom one commit adds.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct WelcomeBundle {
    /// The MLS welcome.
    pub welcome: VLByteVec,
    /// What the conversation id is the hash of.
    pub creation: Creation,
    /// The epoch that the welcome leads to.
    pub epoch: EpochId,
    /// From which the topic key comes.
    pub topic_secret: [u8; 32],
    /// Epoch tags of epochs before it: entries under them were not meant for the newcomer.
    pub past_tags: Vec<[u8; 8]>,
    /// The ancestors of that epoch and their other children, as far as they are remembered, parents first.
    pub told: Vec<Told>,
    /// All members.
    pub members: Vec<Introduction>,
    /// Which log each device writes that was let back in.
    pub generations: Vec<Generation>,
    /// The inviter's display name.
    pub display_name: VLByteVec,
    /// The inviter's box key record.
    pub box_key: VLByteVec,
    /// The token against which the inviter's node hands out key packages; zeros if none.
    pub key_token: [u8; 16],
    /// How the roles came about since the founding.
    pub chain: Vec<Link>,
    /// Those who signed in it and are no members any more.
    pub signers: Vec<Introduction>,
}
