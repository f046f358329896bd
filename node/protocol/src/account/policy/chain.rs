//! The AdminChain: every change of who holds a role and who may add people, from the founding on, each signed by the device that made it
//! (PROTOCOL A6.6). The policy names its newest link; whoever is welcomed gets it whole, and so can check that the one who welcomes may.
//!
//! What it proves is that a list of roles came about step by step, by those who might. It does not prove that nothing came after.

use tidings_crypto::derive;
use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId};
use tidings_crypto::identity::IdentityLog;
use tidings_crypto::sign::{Label, Signature, SigningKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use super::petition::Petition;
use super::{AddRule, Creation, Role, RoleHolder, Roles};
use crate::wire;

/// What the chain is about: who may do what to whom, and its own newest link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The hash of the newest link; of the conversation id before there is one.
    pub head: [u8; 32],
    /// Who holds which role.
    pub roles: Roles,
    /// Who may add people.
    pub add: AddRule,
}

impl Authority {
    /// What a conversation begins with.
    #[must_use]
    pub fn founded(creation: &Creation) -> Self {
        let head = derive("tidings/1/admin-chain-first", &[creation.conversation().as_bytes()]);
        Self { head, roles: Roles::founded_by(creation.creator), add: AddRule::Admins }
    }

    /// What comes of it by a chain of links.
    #[must_use]
    pub fn after(self, links: &[Link], place: &Place<'_>) -> Option<Self> {
        links.iter().try_fold(self, |authority, link| link.follow(&authority, place))
    }
}

/// Where links are judged.
pub struct Place<'a> {
    /// The conversation.
    pub conversation: ConversationId,
    /// Identity logs of those who signed.
    pub identity: &'a dyn Fn(&AccountId) -> Option<IdentityLog>,
    /// The users of the epoch at which a link was made, if known: a newcomer must take the number in the link for it.
    pub users: Option<&'a [AccountId]>,
}

/// One change of a list: `dropped` holders from place `at` on are replaced by others.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Splice {
    at: u16,
    dropped: u16,
    inserted: Vec<RoleHolder>,
}

impl Splice {
    fn between(before: &Roles, after: &Roles) -> Self {
        let (old, new) = (before.holders(), after.holders());
        let head = old.iter().zip(new).take_while(|(one, other)| one == other).count();
        let (old, new) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
        let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
        let narrow = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        Self {
            at: narrow(head),
            dropped: narrow(old.len().saturating_sub(tail)),
            inserted: new.get(..new.len().saturating_sub(tail)).unwrap_or_default().to_vec(),
        }
    }

    fn apply(&self, roles: &Roles) -> Option<Roles> {
        let (kept, rest) = roles.holders().split_at_checked(usize::from(self.at))?;
        let rest = rest.get(usize::from(self.dropped)..)?;
        let holders: Vec<RoleHolder> = kept.iter().chain(&self.inserted).chain(rest).copied().collect();
        Some(Roles::from_holders(holders)).filter(Roles::is_canonical)
    }
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Content {
    version: u8,
    conversation: ConversationId,
    parent: EpochId,
    previous: [u8; 32],
    account: AccountId,
    device: DeviceId,
    change: Splice,
    add: AddRule,
    users: u16,
    petitions: Vec<Petition>,
}

/// One change, signed by the device that committed it.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Link {
    content: Content,
    signature: Signature,
}

/// Who signs a link, and at which epoch.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The conversation.
    pub conversation: ConversationId,
    /// The epoch at which the commit is made.
    pub parent: EpochId,
    /// Who.
    pub account: AccountId,
    /// On which device.
    pub device: DeviceId,
    /// Its key.
    pub device_key: &'a SigningKey,
    /// How many users the epoch has.
    pub users: usize,
}

impl Link {
    /// Signs the change from `before` to the roles and the rule given; `petitions` are those that bear it out, if it is a recovery.
    #[must_use]
    pub fn sign(before: &Authority, roles: &Roles, add: AddRule, petitions: Vec<Petition>, by: &Signer<'_>) -> Self {
        let content = Content {
            version: wire::VERSION,
            conversation: by.conversation,
            parent: by.parent,
            previous: before.head,
            account: by.account,
            device: by.device,
            change: Splice::between(&before.roles, roles),
            add,
            users: u16::try_from(by.users).unwrap_or(u16::MAX),
            petitions,
        };
        let signature = by.device_key.sign(Label::AdminChain, &wire::encode(&content));
        Self { content, signature }
    }

    /// The hash by which the next link and the policy name this one.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        derive("tidings/1/admin-chain", &[&wire::encode(self)])
    }

    /// The link before it.
    #[must_use]
    pub const fn previous(&self) -> &[u8; 32] {
        &self.content.previous
    }

    /// The epoch at which it was made.
    #[must_use]
    pub const fn parent(&self) -> EpochId {
        self.content.parent
    }

    /// Who made it, on which device.
    #[must_use]
    pub const fn author(&self) -> (AccountId, DeviceId) {
        (self.content.account, self.content.device)
    }

    /// Everybody whose signature is in it.
    pub fn signers(&self) -> impl Iterator<Item = AccountId> {
        std::iter::once(self.content.account).chain(self.content.petitions.iter().map(|petition| petition.account))
    }

    /// Whether it makes an owner by petition.
    #[must_use]
    pub fn is_recovery(&self) -> bool {
        !self.content.petitions.is_empty()
    }

    /// What it makes of `before`; `None` if it does not belong there, is not signed, or its author might not (REQ-POLICY-6).
    #[must_use]
    pub fn follow(&self, before: &Authority, place: &Place<'_>) -> Option<Authority> {
        let content = &self.content;
        let belongs = content.version == wire::VERSION
            && content.conversation == place.conversation
            && content.previous == before.head;
        if !belongs {
            return None;
        }
        let device = *(place.identity)(&content.account)?.device(content.device)?;
        device.device_key.verify(Label::AdminChain, &wire::encode(content), &self.signature).ok()?;
        let roles = content.change.apply(&before.roles)?;
        let rule_ok = content.add == before.add || before.roles.of(&content.account) == Some(Role::Owner);
        let roles_ok = if self.is_recovery() {
            content.add == before.add && self.is_petitioned(before, &roles, place)
        } else {
            roles == before.roles || before.roles.may_become(&roles, &content.account)
        };
        let changes = roles != before.roles || content.add != before.add;
        (rule_ok && roles_ok && changes).then(|| Authority { head: self.hash(), roles, add: content.add })
    }

    /// Whether more than two thirds of the users want the new first owner, and nothing else changes (REQ-POLICY-7).
    fn is_petitioned(&self, before: &Authority, roles: &Roles, place: &Place<'_>) -> bool {
        let content = &self.content;
        let Some(owner) = roles.holders().first().map(|first| first.account) else { return false };
        let users = usize::from(content.users);
        if before.roles.rank(&owner) == 0
            || *roles != before.roles.recovered(owner)
            || place.users.is_some_and(|known| known.len() != users || !known.contains(&owner))
        {
            return false;
        }
        let wanted = |petition: &&Petition| {
            place.users.is_none_or(|known| known.contains(&petition.account))
                && petition.holds(content.conversation, content.parent, owner, place.identity)
        };
        let mut voices: Vec<AccountId> =
            content.petitions.iter().filter(wanted).map(|petition| petition.account).collect();
        voices.sort_unstable();
        voices.dedup();
        // One that does not hold spoils all: nobody shall have to look for those that count.
        voices.len() == content.petitions.len() && voices.len() >= Petition::needed(users)
    }
}
