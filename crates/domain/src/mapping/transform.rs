//! What is done to values.

use super::Transform;
use crate::name::Slug;

/// The longest value that is mapped, in bytes, before and after every transform.
pub const MAX_VALUE: usize = 4096;
/// The most values of one property; Entra sends at most 150 groups, other directories up to 1,000 (E-32).
pub const MAX_VALUES: usize = 2000;

/// The values after one transform. Empty ones and those beyond the bounds are left out.
pub(super) fn apply(transform: &Transform, values: Vec<String>) -> Vec<String> {
    let each = |change: &dyn Fn(String) -> Option<String>| bounded(values.iter().cloned().filter_map(change));
    match transform {
        Transform::Lower => each(&|value| Some(value.to_lowercase())),
        Transform::Trim => each(&|value| Some(value.trim().to_owned())),
        Transform::Slug => {
            each(&|value| Slug::proposed_for(&without_marks(&value)).map(|slug| slug.as_str().to_owned()))
        }
        Transform::Prefix(text) => each(&|value| Some(format!("{text}{value}"))),
        Transform::Suffix(text) => each(&|value| Some(format!("{value}{text}"))),
        Transform::Regex { pattern, replacement } => each(&|value| pattern.extract(&value, replacement.as_deref())),
        Transform::First => bounded(values.into_iter().take(1)),
        Transform::Split(text) => {
            bounded(values.iter().flat_map(|value| value.split(text.as_str())).map(str::to_owned))
        }
        Transform::Join(text) => bounded(Some(values.join(text)).into_iter()),
    }
}

/// The values that a property may have.
pub(super) fn bounded(values: impl Iterator<Item = String>) -> Vec<String> {
    values.filter(|value| !value.is_empty() && value.len() <= MAX_VALUE).take(MAX_VALUES).collect()
}

/// Latin letters without their marks: German ones as two letters, others as the plain one.
fn without_marks(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, c| {
        let lower = c.to_lowercase().next().unwrap_or(c);
        match lower {
            'ä' | 'æ' => plain.push_str("ae"),
            'ö' | 'œ' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'å' => plain.push_str("aa"),
            'þ' => plain.push_str("th"),
            'à' | 'á' | 'â' | 'ã' | 'ā' | 'ă' | 'ą' => plain.push('a'),
            'ç' | 'ć' | 'č' => plain.push('c'),
            'ď' | 'đ' | 'ð' => plain.push('d'),
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' | 'ė' => plain.push('e'),
            'ğ' => plain.push('g'),
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => plain.push('i'),
            'ł' | 'ľ' => plain.push('l'),
            'ñ' | 'ń' | 'ň' => plain.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ő' => plain.push('o'),
            'ř' => plain.push('r'),
            'ś' | 'š' | 'ş' | 'ș' => plain.push('s'),
            'ť' | 'ţ' | 'ț' => plain.push('t'),
            'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' => plain.push('u'),
            'ý' | 'ÿ' => plain.push('y'),
            'ź' | 'ż' | 'ž' => plain.push('z'),
            _ => plain.push(c),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(transform: &str, values: &[&str]) -> Vec<String> {
        apply(&transform.parse().unwrap(), values.iter().map(|&value| value.to_owned()).collect())
    }

    /// HY-30: lower, prefix, regex, join, split, and the others.
    #[test]
    fn each_transform_does_what_its_name_says() {
        assert_eq!(after("lower", &["ADA", "Ä"]), ["ada", "ä"]);
        assert_eq!(after("trim", &[" ada\t", "  "]), ["ada"]);
        assert_eq!(after("first", &["a", "b"]), ["a"]);
        assert_eq!(after("prefix('x-')", &["a", "b"]), ["x-a", "x-b"]);
        assert_eq!(after("suffix('@corp.example')", &["a"]), ["a@corp.example"]);
        assert_eq!(after("split(', ')", &["a, b", "c"]), ["a", "b", "c"]);
        assert_eq!(after("join(' ')", &["Ada", "Min"]), ["Ada Min"]);
        assert_eq!(after(r"regex('^CN=([^,]+),')", &["CN=Staff,OU=x", "other"]), ["Staff"]);
        assert_eq!(after(r"regex('^(.*)\\(.*)$', '$2')", &[r"ACME\ada"]), ["ada"]);
    }

    /// CC-12: a name for people becomes one of letters and digits.
    #[test]
    fn a_slug_keeps_what_can_be_read() {
        assert_eq!(
            after("slug", &["Jürgen Groß", "Zoë Łoś", "Ada Min (Staff)"]),
            ["juergen-gross", "zoe-los", "ada-min-staff"]
        );
        assert_eq!(after("slug", &["李"]), [""; 0], "nothing is left, and nothing is no value");
    }

    #[test]
    fn values_beyond_the_bounds_are_left_out() {
        let long = "a".repeat(MAX_VALUE);
        assert_eq!(after("trim", &[&long]).len(), 1);
        assert_eq!(after("prefix('a')", &[&long]), [""; 0]);
        assert_eq!(after("split(',')", &[&",a".repeat(2047)]).len(), MAX_VALUES);
    }
}
