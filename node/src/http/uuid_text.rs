//! UUIDs as clients write them (RFC 9562 §4): 16 bytes in hexadecimal, with hyphens.

use crate::identity::{IdentityError, fill};

/// The text of a UUID, small letters.
pub(super) fn to_text(id: &[u8; 16]) -> String {
    let hex = data_encoding::HEXLOWER.encode(id);
    let mut text = String::with_capacity(36);
    for (place, digit) in hex.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// A UUID from its text, of any version.
pub(super) fn parse(text: &str) -> Option<[u8; 16]> {
    let hyphens_fit = text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| (byte == b'-') == matches!(place, 8 | 13 | 18 | 23));
    let hex: String = text.chars().filter(|digit| *digit != '-').collect();
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
    hyphens_fit.then(|| bytes.as_slice().try_into().ok()).flatten()
}

/// A new random UUID (version 4).
pub(super) fn random() -> Result<[u8; 16], IdentityError> {
    let mut id = [0; 16];
    fill(&mut id)?;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut id;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    Ok(id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_reads_back_as_itself() {
        let text = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
        assert_eq!(to_text(&parse(text).unwrap()), text);
        assert_eq!(parse(&text.to_uppercase()), parse(text));
        let new = to_text(&random().unwrap());
        assert_eq!(new.chars().nth(14), Some('4'));
        assert!(parse(&new).is_some());
    }

    #[test]
    fn what_is_no_uuid_is_refused() {
        for bad in [
            "",
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
            "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "-81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "é81d4fae-7dec-11d0-a765-00a0c91e6b6",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
