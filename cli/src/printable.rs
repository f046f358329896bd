//! Text of other people, made harmless for a terminal.
//!
//! A name or message could carry escape sequences that repaint the screen or reach the clipboard, or marks that turn the direction of what
//! follows. JSON output does not pass here: there such characters are escaped or plain data.

/// One line: control characters, line ends included, and direction marks are replaced.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { harmless(c) }).collect()
}

/// Several lines, those after the first indented by `indent` spaces.
pub(crate) fn block(text: &str, indent: usize) -> String {
    let margin = format!("\n{}", " ".repeat(indent));
    text.lines()
        .map(|line| line.chars().map(|c| if c == '\t' { c } else { harmless(c) }).collect::<String>())
        .collect::<Vec<_>>()
        .join(&margin)
}

fn harmless(c: char) -> char {
    let turns_direction =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || turns_direction || matches!(c, '\u{2028}' | '\u{2029}') { '\u{fffd}' } else { c }
}

/// `2026-11-24T03:15:09Z` as `2026-11-24 03:15`; anything else as it is.
pub(crate) fn time(rfc3339: &str) -> String {
    match (rfc3339.get(..10), rfc3339.get(10..11), rfc3339.get(11..16)) {
        (Some(day), Some("T"), Some(minute)) => format!("{day} {minute}"),
        (_, _, _) => line(rfc3339),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(line("a\x1b]0;owned\x07b\nc"), "a\u{fffd}]0;owned\u{fffd}b c");
        assert_eq!(block("one\r\ntwo\x1b[2J\tx", 4), "one\n    two\u{fffd}[2J\tx");
        assert_eq!(line("abc\u{202e}txt"), "abc\u{fffd}txt");
    }

    #[test]
    fn ordinary_text_of_any_script_stays() {
        assert_eq!(line("grüße 👋 שלום"), "grüße 👋 שלום");
        assert_eq!(time("2026-11-24T03:15:09.123Z"), "2026-11-24 03:15");
        assert_eq!(time("soon"), "soon");
    }
}
