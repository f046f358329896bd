//! Spans of time as arguments: `250ms`, `30s`, `5m`, `12h`, `7d`; a bare number is seconds.

use std::time::Duration;

/// Reads a span of time.
///
/// # Errors
/// The text, for clap to show.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let millis = match unit {
        "ms" => Some(1),
        "" | "s" => Some(1_000),
        "m" | "min" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    };
    millis.and_then(|unit| number.checked_mul(unit)).map(Duration::from_millis).ok_or_else(wrong)
}

fn wrong() -> String {
    "a number with ms, s, m, h or d, such as 30s".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_number_and_a_unit() {
        for (text, millis) in
            [("250ms", 250), ("30s", 30_000), ("30", 30_000), ("5m", 300_000), ("12h", 43_200_000), ("7d", 604_800_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "s", "-1s", "1.5s", "3 weeks", "99999999999999999999s", "18446744073709551615d"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
