//! What an attacker without a key can do to a message: change octets, and move whole elements about.

#[expect(dead_code, reason = "octets are drawn by other tests")]
#[path = "../../../xmlsec/tests/support/chance.rs"]
pub(crate) mod chance;

use chance::Chance;

/// A mutant of a well-formed message without comments and CDATA, after one to four changes.
pub(crate) fn mutant(message: &str, chance: &mut Chance) -> Vec<u8> {
    let mut xml = message.to_owned();
    for _ in 0..=chance.below(4) {
        let elements = elements(&xml);
        if elements.len() < 2 {
            break;
        }
        xml = changed(&xml, &elements, chance);
    }
    let mut octets = xml.into_bytes();
    if chance.once_in(4) && !octets.is_empty() {
        let at = chance.below(octets.len());
        octets[at] ^= 1 << chance.below(8);
    }
    octets
}

/// Where an element stands: octets of the text, start tag to end tag.
#[derive(Debug, Clone)]
struct Span {
    start: usize,
    /// Behind the start tag.
    inner: usize,
    end: usize,
}

/// All elements, in the order of their end tags; empty where the text is no message any more.
fn elements(xml: &str) -> Vec<Span> {
    let (mut open, mut found): (Vec<(usize, usize)>, Vec<Span>) = (Vec::new(), Vec::new());
    for (start, _) in xml.match_indices('<') {
        let Some(len) = xml[start..].find('>') else { break };
        let end = start + len + 1;
        if xml[start..].starts_with("</") {
            let Some((start, inner)) = open.pop() else { break };
            found.push(Span { start, inner, end });
        } else if xml[..end].ends_with("/>") {
            found.push(Span { start, inner: end, end });
        } else if !xml[start..].starts_with("<!") && !xml[start..].starts_with("<?") {
            open.push((start, end));
        }
    }
    found
}

fn changed(xml: &str, elements: &[Span], chance: &mut Chance) -> String {
    let one = &elements[chance.below(elements.len())];
    let other = &elements[chance.below(elements.len())];
    let (before, element, after) = (&xml[..one.start], &xml[one.start..one.end], &xml[one.end..]);
    match chance.below(10) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{element}{element}{after}"),
        // Moved into or before another element, the original kept or not.
        2 => insert(xml, other.inner, element),
        3 => insert(xml, other.start, element),
        4 if other.end <= one.start => insert(&format!("{before}{after}"), other.inner, element),
        5 if other.end <= one.start => insert(&format!("{before}{after}"), other.start, element),
        // Wrapped into something else, under its own or another's roof.
        6 => format!("{before}<samlp:Extensions>{element}</samlp:Extensions>{after}"),
        7 => insert(xml, one.start, &evil(element, chance)),
        8 => format!("{before}{}{after}", evil(element, chance)),
        _ => {
            let piece =
                chance.pick(&["<!---->", "<x/>", " ", "<![CDATA[]]>", "&#32;", "admin@example.com", "\u{0}", "<?a?>"]);
            insert(xml, if chance.once_in(2) { one.inner } else { one.end }, piece)
        }
    }
}

/// The element as an attacker would have it: another person, another ID, or other words.
fn evil(element: &str, chance: &mut Chance) -> String {
    match chance.below(5) {
        0 => element.replace("user@example.com", "admin@example.com"),
        1 => element.replace("ID=\"_", "ID=\"_evil").replace("user@", "admin@"),
        2 => element.replace("https://sp.example.com", "https://evil.example"),
        3 => element.replace("2026", "2027"),
        _ => element.replace("aaaabbbb", "11112222").replace("URI=\"#", "URI=\""),
    }
}

fn insert(xml: &str, at: usize, piece: &str) -> String {
    format!("{}{piece}{}", &xml[..at], &xml[at..])
}
