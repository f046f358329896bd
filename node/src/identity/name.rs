//! Rules for what people type: names, e-mail addresses, passphrases.

use super::IdentityError;

const NAME_MIN: usize = 3;
const NAME_MAX: usize = 32;
/// The longest address SMTP can deliver to (RFC 5321 §4.5.3.1.3, without the angle brackets).
const EMAIL_MAX: usize = 254;
/// The least passphrase of NIST SP 800-63B for one that stands alone against guessing at a slowed login.
const PASSWORD_MIN: usize = 8;
/// Far above any passphrase; keeps the hashing of the input itself cheap.
const PASSWORD_MAX: usize = 1024;
const DISPLAY_NAME_MAX: usize = 100;

/// The form under which a login name or address is compared: without spaces around it, ASCII letters small.
#[must_use]
pub fn normalised(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

/// The normalised name, if it keeps the rules: 3 to 32 of `a-z 0-9 . _ -`, the first a letter or digit.
///
/// # Errors
/// [`IdentityError::Invalid`].
pub fn valid_name(text: &str) -> Result<String, IdentityError> {
    let name = normalised(text);
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'_' | b'-');
    let starts_well = name.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if (NAME_MIN..=NAME_MAX).contains(&name.len()) && starts_well && name.bytes().all(allowed) {
        Ok(name)
    } else {
        Err(IdentityError::Invalid {
            field: "name",
            rule: "3 to 32 of the characters a-z 0-9 . _ -, the first a letter or a digit",
        })
    }
}

/// The normalised address, if it can be one at all.
///
/// # Errors
/// [`IdentityError::Invalid`].
pub fn valid_email(text: &str) -> Result<String, IdentityError> {
    let email = normalised(text);
    let parts = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.contains('@')
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    });
    let printable =
        email.bytes().all(|c| c.is_ascii_graphic() && !matches!(c, b'<' | b'>' | b',' | b';' | b'"' | b'\\'));
    if parts && printable && email.len() <= EMAIL_MAX {
        Ok(email)
    } else {
        Err(IdentityError::Invalid { field: "email", rule: "an address such as name@example.org" })
    }
}

/// Whether a new passphrase is long enough, and not absurdly long.
///
/// # Errors
/// [`IdentityError::Invalid`].
pub fn valid_password(password: &str) -> Result<(), IdentityError> {
    if password.chars().count() >= PASSWORD_MIN && password.len() <= PASSWORD_MAX {
        Ok(())
    } else {
        Err(IdentityError::Invalid { field: "password", rule: "at least 8 characters, at most 1,024 bytes" })
    }
}

/// The display name, or `name` where none is given.
pub(super) fn valid_display_name(text: Option<&str>, name: &str) -> Result<String, IdentityError> {
    let shown = text.map_or("", str::trim);
    if shown.is_empty() {
        return Ok(name.to_owned());
    }
    if shown.chars().count() <= DISPLAY_NAME_MAX && !shown.chars().any(char::is_control) {
        Ok(shown.to_owned())
    } else {
        Err(IdentityError::Invalid { field: "displayName", rule: "at most 100 characters, no control characters" })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_small_ascii_and_short() {
        for (typed, name) in [("bob", "bob"), (" Alice ", "alice"), ("a.b_c-9", "a.b_c-9")] {
            assert_eq!(valid_name(typed).unwrap(), name);
        }
        for bad in
            ["", "ab", "-bob", ".bob", "bob smith", "bób", "@bob", "bob@x", "a/b", "..\\x", &"a".repeat(33), "bob\0"]
        {
            assert!(valid_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_cannot_carry_a_header() {
        assert_eq!(valid_email("A@Example.org").unwrap(), "a@example.org");
        for bad in ["a", "a@", "@b.c", "a@b", "a@b.c\r\nBcc: x@y.z", "a b@c.d", "a@b@c.d", "a@.b", "<a@b.c>"] {
            assert!(valid_email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_passphrase_counts_characters_not_bytes() {
        assert!(valid_password("12345678").is_ok());
        assert!(valid_password("ääää").is_err());
        assert!(valid_password(&"x".repeat(1025)).is_err());
    }
}
