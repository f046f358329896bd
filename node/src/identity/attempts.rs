//! Slows guessing: per account and per address, after the first few tries at full speed (INTERFACES §2).
//!
//! Counts by the name as typed, so an unknown name is slowed like a known one. In memory only: a restart forgets, and a
//! restart is not in a guesser's hands.

use std::collections::HashMap;
use std::net::IpAddr;

/// Wrong passwords for one name before the next has to wait. One more than the five that are promised.
pub const FREE_ATTEMPTS_PER_ACCOUNT: u32 = 6;
/// Wrong passwords from one address before it has to wait. Several people may share one address.
pub const FREE_ATTEMPTS_PER_ADDRESS: u32 = 30;

const FIRST_WAIT_MS: u64 = 5_000;
/// 15 minutes: 96 guesses a day, while the person themself is not shut out for hours.
const ACCOUNT_WAIT_MAX_MS: u64 = 15 * 60_000;
/// A shared address must not be shut out for long by one of its people.
const ADDRESS_WAIT_MAX_MS: u64 = 60_000;
/// A row is forgotten when nothing was tried for so long.
const FORGET_AFTER_MS: u64 = 60 * 60_000;
/// Rows kept; about 1 MiB. Past it the row that was used longest ago goes.
const ROWS_MAX: usize = 8_192;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Name([u8; 32]),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    failed: u32,
    blocked_until: u64,
    last: u64,
}

/// Tries by name and by address. Times are milliseconds of a clock that never goes back.
#[derive(Debug, Default)]
pub struct Attempts {
    rows: HashMap<Key, Row>,
}

impl Attempts {
    /// Counts a try as failed until [`Attempts::succeeded`] says otherwise, so that many at once gain nothing.
    ///
    /// # Errors
    /// The seconds to wait; the try is then not to be looked at.
    pub fn begin(&mut self, name: &str, address: Option<IpAddr>, now: u64) -> Result<(), u64> {
        let keys = keys(name, address);
        let blocked_until =
            keys.iter().filter_map(|key| self.rows.get(key)).map(|row| row.blocked_until).max().unwrap_or(0);
        if blocked_until > now {
            return Err((blocked_until - now).div_ceil(1000));
        }
        for key in keys {
            self.make_room(&key, now);
            let (free, longest) = match key {
                Key::Name(_) => (FREE_ATTEMPTS_PER_ACCOUNT, ACCOUNT_WAIT_MAX_MS),
                Key::Address(_) => (FREE_ATTEMPTS_PER_ADDRESS, ADDRESS_WAIT_MAX_MS),
            };
            let row = self.rows.entry(key).or_default();
            row.failed = row.failed.saturating_add(1);
            row.last = now;
            if let Some(beyond) = row.failed.checked_sub(free) {
                let wait = FIRST_WAIT_MS.saturating_mul(1 << beyond.min(16)).min(longest);
                row.blocked_until = now.saturating_add(wait);
            }
        }
        Ok(())
    }

    /// The try was right: the name starts anew, the address loses the one failure that was none.
    pub fn succeeded(&mut self, name: &str, address: Option<IpAddr>) {
        for key in keys(name, address) {
            match key {
                Key::Name(_) => {
                    self.rows.remove(&key);
                }
                Key::Address(_) => {
                    if let Some(row) = self.rows.get_mut(&key) {
                        row.failed = row.failed.saturating_sub(1);
                        row.blocked_until = 0;
                    }
                }
            }
        }
    }

    fn make_room(&mut self, key: &Key, now: u64) {
        if self.rows.len() < ROWS_MAX || self.rows.contains_key(key) {
            return;
        }
        self.rows.retain(|_, row| row.last.saturating_add(FORGET_AFTER_MS) > now);
        if self.rows.len() >= ROWS_MAX
            && let Some(oldest) = self.rows.iter().min_by_key(|(_, row)| row.last).map(|(key, _)| key.clone())
        {
            self.rows.remove(&oldest);
        }
    }
}

fn keys(name: &str, address: Option<IpAddr>) -> Vec<Key> {
    // Hashed, so that a row has one size whatever was typed.
    let mut keys = vec![Key::Name(*blake3::hash(name.as_bytes()).as_bytes())];
    keys.extend(address.map(|address| Key::Address(network_of(address))));
    keys
}

/// One person's addresses: a whole /64 in IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn here() -> Option<IpAddr> {
        Some("192.0.2.1".parse().unwrap())
    }

    #[test]
    fn six_wrong_passwords_run_at_full_speed_and_the_seventh_waits() {
        let mut attempts = Attempts::default();
        for _ in 0..FREE_ATTEMPTS_PER_ACCOUNT {
            attempts.begin("bob", here(), 0).unwrap();
        }
        assert_eq!(attempts.begin("bob", here(), 0), Err(5));
        assert_eq!(attempts.begin("bob", here(), 4_001), Err(1));
        attempts.begin("bob", here(), 5_000).unwrap();
        assert_eq!(attempts.begin("bob", here(), 5_000), Err(10));
        attempts.begin("carol", here(), 5_000).unwrap();
    }

    #[test]
    fn the_wait_grows_to_a_quarter_of_an_hour_and_no_further() {
        let (mut attempts, mut now) = (Attempts::default(), 0);
        for _ in 0..60 {
            if let Err(seconds) = attempts.begin("bob", None, now) {
                now += seconds * 1000;
                attempts.begin("bob", None, now).unwrap();
                assert!(seconds <= 15 * 60);
            }
        }
        assert_eq!(attempts.begin("bob", None, now), Err(15 * 60));
    }

    #[test]
    fn a_right_password_starts_the_name_anew() {
        let mut attempts = Attempts::default();
        for _ in 0..100 {
            attempts.begin("bob", here(), 0).unwrap();
            attempts.succeeded("bob", here());
        }
    }

    #[test]
    fn many_names_from_one_address_are_slowed() {
        let mut attempts = Attempts::default();
        for name in 0..FREE_ATTEMPTS_PER_ADDRESS {
            attempts.begin(&format!("name{name}"), here(), 0).unwrap();
        }
        assert!(attempts.begin("another", here(), 0).is_err());
        attempts.begin("another", Some("192.0.2.2".parse().unwrap()), 0).unwrap();
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_as_one() {
        let mut attempts = Attempts::default();
        for host in 0..FREE_ATTEMPTS_PER_ADDRESS {
            attempts.begin(&format!("name{host}"), Some(format!("2001:db8::{host:x}").parse().unwrap()), 0).unwrap();
        }
        assert!(attempts.begin("another", Some("2001:db8::ffff".parse().unwrap()), 0).is_err());
        attempts.begin("another", Some("2001:db8:0:1::1".parse().unwrap()), 0).unwrap();
    }

    #[test]
    fn the_rows_are_bounded() {
        let mut attempts = Attempts::default();
        for name in 0..ROWS_MAX + 100 {
            attempts.begin(&name.to_string(), None, name as u64).unwrap();
        }
        assert_eq!(attempts.rows.len(), ROWS_MAX);
    }
}
