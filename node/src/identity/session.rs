//! Sessions: refresh families and the access tokens they give (DECISIONS 26).
//!
//! A refresh token is `account ‖ family ‖ secret`; the store has only its hash. Each refresh brings a new secret. A
//! secret that is not the newest of its family was copied by somebody, so all sessions of the account end. The session
//! id in access tokens is a hash of the family, so an access token does not give the family away.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use tidings_crypto::id::{AccountId, derive};
use tidings_protocol::query::directory;
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::store::write_set::WriteSet;
use zeroize::Zeroizing;

use super::session_row::{self, SessionRow};
use super::{ACCESS_SECONDS, Identity, IdentityError, entropy};

/// A session that was not refreshed for so long is over: 30 days.
pub(super) const IDLE_MS_MAX: u64 = 30 * 24 * 60 * 60_000;
/// How long the token before the newest still shows who asks, in requests that were under way while another tab
/// refreshed. It never refreshes.
const OVERLAP_MS: u64 = 30_000;
/// Sessions of one account; a further login ends the one that was refreshed longest ago.
const SESSIONS_MAX: usize = 64;

/// What a login or refresh gives to the client.
pub struct SessionTokens {
    /// The account.
    pub account: AccountId,
    /// The Bearer token.
    pub access: Zeroizing<String>,
    /// How long it counts.
    pub access_seconds: u64,
    /// The refresh token, for the cookie.
    pub refresh: Zeroizing<String>,
    /// Goes beside the cookie.
    pub csrf: Zeroizing<String>,
}

/// A session as a request showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: AccountId,
    /// Its id.
    pub id: [u8; 16],
    /// When the proof that was shown ends, unix milliseconds.
    pub ends_at: u64,
}

/// A refresh token taken apart.
struct RefreshToken {
    account: AccountId,
    family: Zeroizing<[u8; 16]>,
    secret: Zeroizing<[u8; 32]>,
}

impl RefreshToken {
    fn new(account: AccountId, family: Option<&[u8; 16]>) -> Result<Self, IdentityError> {
        let mut token = Self { account, family: Zeroizing::new([0; 16]), secret: Zeroizing::new([0; 32]) };
        match family {
            Some(family) => token.family.copy_from_slice(family),
            None => entropy::fill(token.family.as_mut_slice())?,
        }
        entropy::fill(token.secret.as_mut_slice())?;
        Ok(token)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        let (account, rest) = bytes.split_first_chunk::<32>()?;
        let (family, secret) = rest.split_first_chunk::<16>()?;
        let secret: [u8; 32] = secret.try_into().ok()?;
        Some(Self {
            account: AccountId::from_bytes(*account),
            family: Zeroizing::new(*family),
            secret: Zeroizing::new(secret),
        })
    }

    fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(
            [self.account.as_bytes().as_slice(), self.family.as_slice(), self.secret.as_slice()].concat(),
        );
        Zeroizing::new(URL_SAFE_NO_PAD.encode(&*bytes))
    }

    fn session(&self) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(derive("tidings/1/session-id", &[self.family.as_slice()]).split_at(16).0);
        id
    }

    fn hash(&self) -> [u8; 32] {
        derive("tidings/1/refresh-token", &[self.account.as_bytes(), self.family.as_slice(), self.secret.as_slice()])
    }

    fn csrf(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(derive("tidings/1/csrf-token", &[self.family.as_slice()])))
    }
}

impl Identity {
    /// Opens a session for an account that has proved who it is.
    ///
    /// # Errors
    /// [`IdentityError::Busy`], [`IdentityError::Entropy`], [`IdentityError::Fault`].
    pub(super) async fn open_session(&self, account: AccountId, now_ms: u64) -> Result<SessionTokens, IdentityError> {
        let _one = self.changing_sessions.lock().await;
        let token = RefreshToken::new(account, None)?;
        let row = SessionRow { current: token.hash(), previous: [0; 32], refreshed_at: now_ms, created_at: now_ms };
        let mut writes = WriteSet::default();
        session_row::put(&mut writes, session_row::session_key(account, &token.session()), &row);
        for key in self.stale_sessions(account, now_ms)? {
            session_row::delete(&mut writes, key);
        }
        self.driver.write(writes).await?;
        Ok(self.tokens(&token, now_ms))
    }

    /// Goes on with a session: new tokens for the newest refresh token.
    ///
    /// # Errors
    /// [`IdentityError::SessionEnded`] if the token was used before: all sessions of the account are gone then.
    /// [`IdentityError::Unauthenticated`] if there is no such session.
    pub async fn refresh(&self, refresh: &str, now_ms: u64) -> Result<SessionTokens, IdentityError> {
        let shown = RefreshToken::parse(refresh).ok_or(IdentityError::Unauthenticated)?;
        let _one = self.changing_sessions.lock().await;
        let row = self.living(shown.account, &shown.session(), now_ms)?.ok_or(IdentityError::Unauthenticated)?;
        if !same(&row.current, &shown.hash()) {
            self.delete_all(shown.account).await?;
            tracing::warn!("a refresh token was used twice: all sessions of its account are ended");
            return Err(IdentityError::SessionEnded);
        }
        let next = RefreshToken::new(shown.account, Some(&shown.family))?;
        let row = SessionRow {
            current: next.hash(),
            previous: row.current,
            refreshed_at: now_ms,
            created_at: row.created_at,
        };
        let mut writes = WriteSet::default();
        session_row::put(&mut writes, session_row::session_key(shown.account, &next.session()), &row);
        self.driver.write(writes).await?;
        Ok(self.tokens(&next, now_ms))
    }

    /// Ends one session, and with it its tokens.
    ///
    /// # Errors
    /// [`IdentityError::Busy`].
    pub async fn end_session(&self, account: AccountId, session: &[u8; 16]) -> Result<(), IdentityError> {
        let _one = self.changing_sessions.lock().await;
        let mut writes = WriteSet::default();
        session_row::delete(&mut writes, session_row::session_key(account, session));
        Ok(self.driver.write(writes).await?)
    }

    /// Whose session an access token belongs to.
    ///
    /// # Errors
    /// [`IdentityError::Unauthenticated`] if the token is not ours, not in time, or its session has ended.
    pub fn by_access_token(&self, token: &str, now_ms: u64) -> Result<Session, IdentityError> {
        let claims = self.access.check(token, now_ms / 1000)?;
        let account: AccountId = claims.sub.parse().map_err(|_| IdentityError::Unauthenticated)?;
        let id = data_encoding::HEXLOWER.decode(claims.sid.as_bytes()).map_err(|_| IdentityError::Unauthenticated)?;
        let id: [u8; 16] = id.as_slice().try_into().map_err(|_| IdentityError::Unauthenticated)?;
        self.living(account, &id, now_ms)?.ok_or(IdentityError::Unauthenticated)?;
        Ok(Session { account, id, ends_at: claims.exp.saturating_mul(1000) })
    }

    /// Whose session a cookie belongs to. An old one is refused and nothing more: a request under way is no theft.
    ///
    /// # Errors
    /// [`IdentityError::Unauthenticated`].
    pub fn by_cookie(&self, refresh: &str, now_ms: u64) -> Result<Session, IdentityError> {
        let shown = RefreshToken::parse(refresh).ok_or(IdentityError::Unauthenticated)?;
        let row = self.living(shown.account, &shown.session(), now_ms)?.ok_or(IdentityError::Unauthenticated)?;
        let hash = shown.hash();
        let just_replaced = now_ms.saturating_sub(row.refreshed_at) < OVERLAP_MS && same(&row.previous, &hash);
        if same(&row.current, &hash) || just_replaced {
            Ok(Session {
                account: shown.account,
                id: shown.session(),
                ends_at: row.refreshed_at.saturating_add(IDLE_MS_MAX),
            })
        } else {
            Err(IdentityError::Unauthenticated)
        }
    }

    /// Whether `csrf` is the token that belongs to the cookie `refresh`.
    #[must_use]
    pub fn csrf_fits(refresh: &str, csrf: &str) -> bool {
        RefreshToken::parse(refresh).is_some_and(|token| bool::from(token.csrf().as_bytes().ct_eq(csrf.as_bytes())))
    }

    /// Whether a session still stands: neither ended, nor idle for too long, nor its account gone.
    ///
    /// # Errors
    /// [`IdentityError::Fault`] if the store fails.
    pub fn stands(&self, session: &Session, now_ms: u64) -> Result<bool, IdentityError> {
        Ok(now_ms < session.ends_at && self.living(session.account, &session.id, now_ms)?.is_some())
    }

    fn living(&self, account: AccountId, session: &[u8; 16], now_ms: u64) -> Result<Option<SessionRow>, IdentityError> {
        let snapshot = self.store()?;
        let store: &dyn Snapshot = &snapshot;
        let row = session_row::session(store, account, session)?;
        let row = row.filter(|row| now_ms.saturating_sub(row.refreshed_at) < IDLE_MS_MAX);
        if row.is_some() && directory::record_of(store, account)?.is_none() {
            return Ok(None);
        }
        Ok(row)
    }

    async fn delete_all(&self, account: AccountId) -> Result<(), IdentityError> {
        let mut writes = WriteSet::default();
        for (key, _) in session_row::sessions_of(&self.store()?, account)? {
            session_row::delete(&mut writes, key);
        }
        Ok(self.driver.write(writes).await?)
    }

    /// Keys of the sessions that are over, and of the oldest ones beyond the limit once another is added.
    fn stale_sessions(&self, account: AccountId, now_ms: u64) -> Result<Vec<Vec<u8>>, IdentityError> {
        let mut rows = session_row::sessions_of(&self.store()?, account)?;
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.refreshed_at));
        let stale = |place: usize, row: &SessionRow| {
            place + 1 >= SESSIONS_MAX || now_ms.saturating_sub(row.refreshed_at) >= IDLE_MS_MAX
        };
        Ok(rows
            .into_iter()
            .enumerate()
            .filter(|(place, (_, row))| stale(*place, row))
            .map(|(_, (key, _))| key)
            .collect())
    }

    fn tokens(&self, token: &RefreshToken, now_ms: u64) -> SessionTokens {
        let session = data_encoding::HEXLOWER.encode(&token.session());
        SessionTokens {
            account: token.account,
            access: Zeroizing::new(self.access.issue(&token.account.to_string(), &session, now_ms / 1000)),
            access_seconds: ACCESS_SECONDS,
            refresh: token.to_text(),
            csrf: token.csrf(),
        }
    }
}

fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}
