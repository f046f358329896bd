//! Sign-up: a new account with all its keys.
//!
//! The keys are made here, by the shell's randomness; the core stores them. The recovery key leaves in the answer and
//! is kept nowhere.

use subtle::ConstantTimeEq;
use tidings_crypto::box_key::BoxSecretKey;
use tidings_crypto::identity::{DeviceRecord, Home, IdentityLog};
use tidings_crypto::recovery::RecoveryKey;
use tidings_crypto::sign::SigningKey;
use tidings_protocol::command::{Command, NewAccount};
use tidings_protocol::error::Rejection;
use tidings_protocol::query::directory;
use tidings_protocol::store::snapshot::Snapshot;
use zeroize::Zeroizing;

use super::{Guest, Identity, IdentityError, Registration, SessionTokens, entropy, name};
use crate::driver::DriverError;

/// How long a device counts after it was made: ten years. Renewal comes with the device list.
const DEVICE_SECONDS: u64 = 10 * 365 * 24 * 60 * 60;

/// What somebody tells of themself.
pub struct NewPerson {
    /// The login name as typed.
    pub name: String,
    /// The passphrase.
    pub password: Zeroizing<String>,
    /// An e-mail address, as typed.
    pub email: Option<String>,
    /// What others see.
    pub display_name: Option<String>,
    /// An invite for an account, or the secret of the setup link.
    pub invite: Option<Zeroizing<String>>,
}

/// A checked request.
struct Checked {
    name: String,
    display_name: String,
    email: Option<String>,
    password: Zeroizing<Vec<u8>>,
}

/// The keys of a new account, of which only the device's stay on the node.
struct Keys {
    log: IdentityLog,
    device: SigningKey,
    box_key: BoxSecretKey,
}

impl Identity {
    /// Makes an account and its first session. `addresses` are where this node may be reached: binary multiaddrs.
    /// Gives the tokens and the 24 words of the recovery key.
    ///
    /// # Errors
    /// [`IdentityError`] by cause; a field, the policy, the name.
    pub async fn sign_up(
        &self,
        person: NewPerson,
        addresses: Vec<Vec<u8>>,
        guest: Guest,
    ) -> Result<(SessionTokens, Zeroizing<String>), IdentityError> {
        let checked = check(&person)?;
        let _one = self.signing_up.lock().await;
        let owner = directory::is_fresh(&self.store()?)?;
        let used = self.admit(owner, person.invite.as_ref(), guest).await?;
        let made = self.make(checked, owner, addresses, guest).await;
        if let (Err(_), Some(invite)) = (&made, used) {
            self.return_account_invite(&invite).await?;
        }
        made
    }

    /// Whether the policy lets this person in, and the invite they used for it.
    async fn admit(
        &self,
        fresh: bool,
        invite: Option<&Zeroizing<String>>,
        guest: Guest,
    ) -> Result<Option<[u8; 16]>, IdentityError> {
        if !self.people {
            return Err(IdentityError::Closed);
        }
        if fresh {
            let shown = invite.map(|invite| invite.trim().as_bytes());
            let setup = self.setup_secret.as_ref().map(|secret| secret.as_bytes());
            let has_secret = matches!((shown, setup), (Some(shown), Some(setup)) if bool::from(shown.ct_eq(setup)));
            return if guest.local || has_secret { Ok(None) } else { Err(IdentityError::Closed) };
        }
        match (self.registration, invite) {
            (Registration::Open, None) => Ok(None),
            (Registration::Open | Registration::Invite, Some(invite)) => {
                Ok(Some(self.use_account_invite(invite, guest.now_ms).await?))
            }
            (Registration::Invite, None) => Err(IdentityError::InviteRequired),
            (Registration::Closed | Registration::Approval, _) => Err(IdentityError::Closed),
        }
    }

    async fn make(
        &self,
        checked: Checked,
        owner: bool,
        addresses: Vec<Vec<u8>>,
        guest: Guest,
    ) -> Result<(SessionTokens, Zeroizing<String>), IdentityError> {
        self.must_be_free(&checked)?;
        let recovery = RecoveryKey::generate(&mut entropy::seeded()?);
        let keys = self.keys(&recovery.root_key(), addresses, guest.now_ms)?;
        let (vault, key, recovery) = self.passwords.create(checked.password, recovery).await?;
        let account = keys.log.account_id();
        let new = NewAccount {
            name: checked.name,
            display_name: checked.display_name,
            email: checked.email,
            vault: vault.to_bytes(),
            identity_log: keys.log.to_bytes(),
            device_seed: keys.device.to_seed(),
            box_seed: keys.box_key.to_seed(),
            owner,
        };
        self.driver.unlock(account, key, Some(Command::CreateAccount(new))).await.map_err(|error| {
            if error == DriverError::Rejected(Rejection::Taken) {
                IdentityError::Taken { field: "name" }
            } else {
                error.into()
            }
        })?;
        Ok((self.open_session(account, guest.now_ms).await?, recovery.words()))
    }

    fn must_be_free(&self, checked: &Checked) -> Result<(), IdentityError> {
        let snapshot = self.store()?;
        let store: &dyn Snapshot = &snapshot;
        if self.find(store, &checked.name)?.is_some() {
            return Err(IdentityError::Taken { field: "name" });
        }
        match &checked.email {
            Some(email) if self.find(store, email)?.is_some() => Err(IdentityError::Taken { field: "email" }),
            Some(_) | None => Ok(()),
        }
    }

    fn keys(&self, root: &SigningKey, addresses: Vec<Vec<u8>>, now_ms: u64) -> Result<Keys, IdentityError> {
        let mut rng = entropy::seeded()?;
        let mut nonce = [0; 32];
        entropy::fill(&mut nonce)?;
        let device = SigningKey::generate(&mut rng);
        let box_key = BoxSecretKey::generate(&mut rng);
        let mut log = IdentityLog::create(root, nonce);
        let record = DeviceRecord {
            device_key: device.verifying_key(),
            not_after: (now_ms / 1000).saturating_add(DEVICE_SECONDS),
        };
        let home = Home { node: self.node, addresses };
        let built = log.add_device(root, record).and_then(|_| log.set_home(root, vec![home]));
        built.map_err(|_| Rejection::Malformed { what: "node addresses" })?;
        Ok(Keys { log, device, box_key })
    }
}

fn check(person: &NewPerson) -> Result<Checked, IdentityError> {
    let name = name::valid_name(&person.name)?;
    name::valid_password(&person.password)?;
    let email = person.email.as_deref().map(name::valid_email).transpose()?;
    let display_name = name::valid_display_name(person.display_name.as_deref(), &name)?;
    Ok(Checked { name, display_name, email, password: Zeroizing::new(person.password.as_bytes().to_vec()) })
}
