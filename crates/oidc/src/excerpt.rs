//! What a stranger sent, made fit for a message: short, printable, and within the characters that RFC 6749 allows in
//! an `error_description`.

/// The most characters of a stranger's value that a message repeats.
const LONGEST: usize = 200;

/// `value` in the characters of RFC 6749 §5.2 (no quote, no backslash, ASCII), cut with `...` after 200 of them.
pub(crate) fn excerpt(value: &str) -> String {
    let mut shown: String = value.chars().take(LONGEST).map(|c| if is_description_char(c) { c } else { '?' }).collect();
    if value.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    shown
}

fn is_description_char(c: char) -> bool {
    matches!(c, ' '..='~') && c != '"' && c != '\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_value_is_cut_and_made_printable() {
        assert_eq!(excerpt("a\"b\\c\nd\u{e9}"), "a?b?c?d?");
        let cut = excerpt(&"x".repeat(5000));
        assert_eq!(cut.len(), LONGEST + 3);
        assert!(cut.ends_with("..."));
    }
}
