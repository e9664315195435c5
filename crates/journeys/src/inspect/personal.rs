//! Values that name a person, shortened until somebody asks for them.

use vestibule_saml::sp::entra::is_guid;

/// `ad…@contoso.example`, `bbbbcccc-…`, `Ad…`: enough to recognise a value that one knows, too little to learn it.
pub fn shortened(value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    if let Some((local, domain)) = address(value) {
        // A guest's name at the tenant (E-35).
        let mark = if local.contains("#EXT#") { "#EXT#" } else { "" };
        return format!("{}…{mark}@{domain}", begin(local));
    }
    if value.split_whitespace().all(is_guid) {
        let each: Vec<String> = value.split_whitespace().map(|guid| format!("{}-…", &guid[..8])).collect();
        return each.join(" ");
    }
    format!("{}…", begin(value))
}

/// A sentence in which addresses are shortened and the rest stays.
pub fn shortened_within(text: &str) -> String {
    let delimits =
        |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '=');
    let shorten = |piece: &str| {
        let word = piece.trim_end_matches(delimits);
        match address(word) {
            Some(_) => format!("{}{}", shortened(word), &piece[word.len()..]),
            None => piece.to_owned(),
        }
    };
    text.split_inclusive(delimits).map(shorten).collect()
}

fn address(value: &str) -> Option<(&str, &str)> {
    let (local, domain) = value.rsplit_once('@')?;
    let plain = !local.is_empty() && !domain.is_empty() && !value.contains(char::is_whitespace);
    plain.then_some((local, domain))
}

/// The first two characters, or one of two.
fn begin(text: &str) -> &str {
    let keep = if text.chars().count() > 2 { 2 } else { 1 };
    text.char_indices().nth(keep).map_or("", |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shortened_by_their_shape() {
        for (value, short) in [
            ("ada@contoso.example", "ad…@contoso.example"),
            ("al@contoso.example", "a…@contoso.example"),
            ("ada_live.example#EXT#@contoso.example", "ad…#EXT#@contoso.example"),
            ("bbbbcccc-1111-dddd-2222-eeee3333ffff", "bbbbcccc-…"),
            ("bbbbcccc-1111-dddd-2222-eeee3333ffff aaaabbbb-0000-cccc-1111-dddd2222eeee", "bbbbcccc-… aaaabbbb-…"),
            ("Ada Lovelace", "Ad…"),
            ("Æ", "…"),
            ("Ål", "Å…"),
            ("", ""),
        ] {
            assert_eq!(shortened(value), short, "{value}");
        }
    }

    #[test]
    fn addresses_in_a_sentence_are_shortened() {
        let text = "AADSTS50105: the user 'ada@contoso.example' (bob@contoso.example) is not assigned";
        let short = "AADSTS50105: the user 'ad…@contoso.example' (bo…@contoso.example) is not assigned";
        assert_eq!(shortened_within(text), short);
    }
}
