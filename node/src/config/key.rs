//! The names of settings.

/// Settings with a fixed name.
const KEYS: [&str; 15] = [
    "data",
    "http",
    "listen",
    "external",
    "peer",
    "relay.use",
    "relay.serve",
    "relay.allow",
    "gossip.records",
    "gossip.name",
    "profile",
    "mailbox",
    "registration",
    "public_url",
    "allowed_hosts",
];

/// How far, in changed letters, a name may be from one we know to be taken for a slip.
const SLIP_MAX: usize = 3;

const ACCOUNTS: &str = "accounts.";
const PASSPHRASE_FILE: &str = ".passphrase_file";

/// The setting that names an account's passphrase file.
pub(super) fn passphrase_file(account: &str) -> String {
    format!("{ACCOUNTS}{account}{PASSPHRASE_FILE}")
}

/// The account whose passphrase file this setting names.
pub(super) fn account(key: &str) -> Option<&str> {
    key.strip_prefix(ACCOUNTS)?.strip_suffix(PASSPHRASE_FILE).filter(|name| !name.is_empty())
}

/// Whether there is such a setting.
pub(super) fn is_known(key: &str) -> bool {
    KEYS.contains(&key) || account(key).is_some()
}

/// The setting that is written most alike, if one is near.
pub(super) fn nearest(key: &str) -> Option<String> {
    // An account's name is free, so that only what stands around it can be a slip.
    let named =
        key.strip_prefix(ACCOUNTS).and_then(|rest| rest.rsplit_once('.')).map(|(name, _)| passphrase_file(name));
    let known = KEYS.iter().map(|known| (*known).to_owned()).chain([passphrase_file("NAME")]).chain(named);
    let mut ranked: Vec<(usize, String)> = known.map(|known| (distance(key, &known), known)).collect();
    ranked.sort();
    // Most of the word must be right, or `x` would be taken for `data`.
    ranked
        .into_iter()
        .next()
        .filter(|(slips, _)| *slips <= SLIP_MAX && *slips * 2 <= key.chars().count())
        .map(|(_, known)| known)
}

/// Levenshtein: the fewest letters to insert, delete or replace.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(row.first_mut().unwrap_or(&mut 0), line + 1);
        let mut left = line + 1;
        for (cell, theirs) in row.iter_mut().skip(1).zip(&other) {
            let replaced = diagonal + usize::from(letter != *theirs);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters() {
        for (one, other, slips) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("listn", "listen", 1),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(one, other), slips, "{one} {other}");
        }
    }

    #[test]
    fn a_slip_finds_its_setting_and_nonsense_finds_none() {
        for (slip, meant) in [
            ("listn", "listen"),
            ("pubic_url", "public_url"),
            ("registraton", "registration"),
            ("accounts.anna.pasphrase_file", "accounts.anna.passphrase_file"),
        ] {
            assert_eq!(nearest(slip).as_deref(), Some(meant));
        }
        for nonsense in ["x", "colour", "accounts", ""] {
            assert_eq!(nearest(nonsense), None, "{nonsense}");
        }
    }
}
