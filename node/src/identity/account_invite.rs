//! Invites for accounts: with `registration = "invite"` the node's owner hands them out.
//!
//! The link is `BASE/i#a1.SECRET`; the store has the hash of the secret only, so a link is shown once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tidings_crypto::id::{AccountId, derive};
use tidings_protocol::query::directory;
use tidings_protocol::store::write_set::WriteSet;
use zeroize::Zeroizing;

use super::session_row::{self, AccountInviteRow};
use super::{Identity, IdentityError, entropy};

/// What stands before the secret in a link.
const MARK: &str = "a1.";

/// An invite for an account, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountInvite {
    /// Its id, which opens nothing.
    pub id: [u8; 16],
    /// Unix milliseconds.
    pub expires_at: u64,
    /// How often it can be used in all.
    pub uses: u32,
    /// How often it was used.
    pub used: u32,
    /// The owner's note.
    pub note: String,
    /// Unix milliseconds.
    pub created_at: u64,
}

/// A new invite for an account.
pub struct NewAccountInvite {
    /// As it will be listed.
    pub invite: AccountInvite,
    /// The link, shown this once.
    pub link: Zeroizing<String>,
}

impl Identity {
    /// Makes an invite. `base` is what stands before `/i#` in the link.
    ///
    /// # Errors
    /// [`IdentityError::NotOwner`], [`IdentityError::Busy`].
    pub async fn invite_account(
        &self,
        by: AccountId,
        base: &str,
        uses: u32,
        lifetime_ms: u64,
        note: &str,
        now_ms: u64,
    ) -> Result<NewAccountInvite, IdentityError> {
        self.must_own(by)?;
        let mut secret = Zeroizing::new([0; 16]);
        entropy::fill(secret.as_mut_slice())?;
        let row = AccountInviteRow {
            expires_at: now_ms.saturating_add(lifetime_ms),
            uses,
            used: 0,
            note: note.to_owned(),
            created_at: now_ms,
        };
        let id = id_of(&secret);
        let mut writes = WriteSet::default();
        session_row::put(&mut writes, session_row::invite_key(&id), &row);
        self.driver.write(writes).await?;
        let link =
            Zeroizing::new(format!("{}/i#{MARK}{}", base.trim_end_matches('/'), URL_SAFE_NO_PAD.encode(*secret)));
        Ok(NewAccountInvite { invite: listed(id, row), link })
    }

    /// The invites that still count; none for anybody but the owner.
    ///
    /// # Errors
    /// [`IdentityError::Fault`] if the store fails.
    pub fn account_invites(&self, by: AccountId, now_ms: u64) -> Result<Vec<AccountInvite>, IdentityError> {
        if self.must_own(by).is_err() {
            return Ok(Vec::new());
        }
        let rows = session_row::invites(&self.store()?)?;
        Ok(rows
            .into_iter()
            .filter(|(_, row)| row.expires_at > now_ms && row.used < row.uses)
            .map(|(id, row)| listed(id, row))
            .collect())
    }

    /// Takes an invite back. Whether there was one.
    ///
    /// # Errors
    /// [`IdentityError::Busy`].
    pub async fn revoke_account_invite(&self, by: AccountId, id: &[u8; 16]) -> Result<bool, IdentityError> {
        if self.must_own(by).is_err() || session_row::invite(&self.store()?, id)?.is_none() {
            return Ok(false);
        }
        let mut writes = WriteSet::default();
        session_row::delete(&mut writes, session_row::invite_key(id));
        self.driver.write(writes).await?;
        Ok(true)
    }

    /// Uses an invite once, given as a link or as its secret. The caller holds the sign-up lock.
    pub(super) async fn use_account_invite(&self, text: &str, now_ms: u64) -> Result<[u8; 16], IdentityError> {
        let id = parse(text).ok_or(IdentityError::InviteInvalid)?;
        let mut row = session_row::invite(&self.store()?, &id)?.ok_or(IdentityError::InviteInvalid)?;
        if row.expires_at <= now_ms {
            return Err(IdentityError::InviteExpired);
        }
        if row.used >= row.uses {
            return Err(IdentityError::InviteUsed);
        }
        row.used = row.used.saturating_add(1);
        self.put_invite(&id, &row).await?;
        Ok(id)
    }

    /// Gives a use back after a sign-up that came to nothing.
    pub(super) async fn return_account_invite(&self, id: &[u8; 16]) -> Result<(), IdentityError> {
        if let Some(mut row) = session_row::invite(&self.store()?, id)? {
            row.used = row.used.saturating_sub(1);
            self.put_invite(id, &row).await?;
        }
        Ok(())
    }

    async fn put_invite(&self, id: &[u8; 16], row: &AccountInviteRow) -> Result<(), IdentityError> {
        let mut writes = WriteSet::default();
        session_row::put(&mut writes, session_row::invite_key(id), row);
        Ok(self.driver.write(writes).await?)
    }

    fn must_own(&self, account: AccountId) -> Result<(), IdentityError> {
        match directory::record_of(&self.store()?, account)? {
            Some(row) if row.owner => Ok(()),
            Some(_) | None => Err(IdentityError::NotOwner),
        }
    }
}

fn listed(id: [u8; 16], row: AccountInviteRow) -> AccountInvite {
    AccountInvite {
        id,
        expires_at: row.expires_at,
        uses: row.uses,
        used: row.used,
        note: row.note,
        created_at: row.created_at,
    }
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let fragment = text.split_once('#').map_or(text, |(_, fragment)| fragment);
    let secret = Zeroizing::new(URL_SAFE_NO_PAD.decode(fragment.strip_prefix(MARK).unwrap_or(fragment)).ok()?);
    Some(id_of(&Zeroizing::new(secret.as_slice().try_into().ok()?)))
}

fn id_of(secret: &Zeroizing<[u8; 16]>) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(derive("tidings/1/account-invite-id", &[secret.as_slice()]).split_at(16).0);
    id
}
