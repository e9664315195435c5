//! A file of variables.

use std::collections::BTreeMap;
use std::fmt;

/// Variables by name, as they were written: quotes and escapes inside a value are still there. They may hold secrets
/// that are none of our business, so only names are shown.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The value of a variable.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Reads lines of `NAME=value`, `export` before them or not. A value that begins with a quote goes on over lines to
/// the same quote, as a certificate does; a PEM block without quotes to its END line. What is no such line is passed
/// over, and of two lines with one name the last counts, as in a shell.
pub fn read(text: &str) -> Variables {
    let mut variables = BTreeMap::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        let assignment = line.trim_start();
        let assignment = assignment.strip_prefix("export ").unwrap_or(assignment);
        let Some((name, _)) = assignment.split_once('=').filter(|(name, _)| is_name(name.trim())) else {
            rest = after;
            continue;
        };
        // The value begins in `rest`, for it may go on behind the line.
        let begin = rest.find('=').map_or(rest.len(), |at| at + 1);
        let (value, left) = value(&rest[begin..]);
        variables.insert(name.trim().to_owned(), value.trim().to_owned());
        rest = left;
    }
    Variables(variables)
}

fn value(text: &str) -> (&str, &str) {
    let begun = text.trim_start_matches([' ', '\t']);
    if let Some(quote) = begun.chars().next().filter(|c| matches!(c, '"' | '\''))
        && let Some(end) = begun[1..].find(quote)
        && !holds_assignment(&begun[1..=end])
    {
        let (_, after) = split_line(&begun[end + 2..]);
        return (&begun[1..=end], after);
    }
    let (line, after) = split_line(begun);
    if line.contains("-----BEGIN")
        && !line.contains("-----END")
        && let Some(end) = begun.find("-----END")
    {
        let (_, after) = split_line(&begun[end..]);
        return (&begun[..begun.len() - after.len()], after);
    }
    (line, after)
}

/// Whether another variable begins inside: then the quote was left open. Base64 has equals signs too, but no underscore.
fn holds_assignment(text: &str) -> bool {
    text.lines().skip(1).filter_map(|line| line.split_once('=')).any(|(name, _)| name.contains('_') && is_name(name))
}

/// The line, and what comes behind its end.
fn split_line(text: &str) -> (&str, &str) {
    let (line, after) = text.split_once('\n').unwrap_or((text, ""));
    (line.trim_end_matches('\r'), after)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_with_quotes_exports_and_several_lines() {
        let text = "\u{feff}# comment = 1\r\nexport DOMAIN=https://motion.example\r\nCERT=\"one\ntwo\" # rest\n A = 'b=c'\n\
                    PEM=-----BEGIN X-----\nAA==\n-----END X-----\nLAST=1\nLAST=2\nno assignment\nOPEN=\"x\nB=2";
        let variables = read(text);
        assert_eq!(variables.value("DOMAIN"), Some("https://motion.example"));
        assert_eq!(variables.value("CERT"), Some("one\ntwo"));
        assert_eq!(variables.value("A"), Some("b=c"));
        assert_eq!(variables.value("PEM"), Some("-----BEGIN X-----\nAA==\n-----END X-----"));
        assert_eq!(variables.value("LAST"), Some("2"));
        assert_eq!(variables.value("OPEN"), Some("\"x"));
        assert_eq!(variables.value("B"), Some("2"));
        assert_eq!(variables.value("# comment"), None);
        let open = read("CERT=\"AAA=\nXC_ISSUER=\"app\"");
        assert_eq!((open.value("CERT"), open.value("XC_ISSUER")), (Some("\"AAA="), Some("app")), "XC-32");
    }

    #[test]
    fn values_are_not_shown() {
        let variables: Variables = [("SECRET", "hunter2")].into_iter().collect();
        assert_eq!(format!("{variables:?}"), "{\"SECRET\"}");
    }
}
