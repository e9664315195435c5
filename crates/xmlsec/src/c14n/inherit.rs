//! What the apex of an inclusive canonical form takes over from ancestors that are not in it:
//! namespaces in scope and attributes of the `xml:` namespace (C14N 1.0 §2.4, C14N 1.1 §2.4).

use super::Method;
use crate::tree::{AttributeData, Element, XML_NAMESPACE};
use crate::write::escape_attribute;

/// The namespaces that an element declares itself.
pub(super) fn declared(element: Element<'_>) -> impl Iterator<Item = (&str, &str)> {
    element.namespace_data().iter().map(move |n| (element.document.slice(n.prefix), element.document.slice(n.uri)))
}

/// The namespaces in scope at an element, the nearest declaration of each prefix.
pub(super) fn namespaces_in_scope(element: Element<'_>) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for ancestor in ancestors_and_self(element) {
        for (prefix, uri) in declared(ancestor) {
            if !found.iter().any(|&(known, _)| known == prefix) {
                found.push((prefix, uri));
            }
        }
    }
    found
}

/// Adds the `xml:` attributes that the apex inherits. Returns the joined `xml:base` where C14N 1.1
/// asks for one that stands nowhere in the document.
pub(super) fn xml_attributes(apex: Element<'_>, method: Method, attributes: &mut Vec<AttributeData>) -> Option<String> {
    let document = apex.document;
    let is_11 = matches!(method, Method::Inclusive11 | Method::Inclusive11WithComments);
    let mut bases = Vec::new();
    for ancestor in ancestors_and_self(apex) {
        for attribute in ancestor.attribute_data() {
            if document.slice(attribute.namespace) != XML_NAMESPACE {
                continue;
            }
            let local = document.slice(attribute.name.local());
            if local == "base" && is_11 {
                bases.push(attribute);
            }
            // C14N 1.1: xml:id belongs to its element alone; other names are not inherited either.
            let inherits = !is_11 || matches!(local, "lang" | "space");
            let known = attributes
                .iter()
                .any(|a| document.slice(a.namespace) == XML_NAMESPACE && document.slice(a.name.local()) == local);
            if inherits && !known {
                attributes.push(*attribute);
            }
        }
    }
    let own_base = apex.attribute_ns(XML_NAMESPACE, "base").is_some();
    let (nearest, outer) = bases.split_first()?;
    if own_base && outer.is_empty() {
        return None;
    }
    let joined = outer
        .iter()
        .fold(document.slice(nearest.value).to_owned(), |inner, base| join(document.slice(base.value), &inner));
    if !own_base && !joined.is_empty() {
        attributes.push(**nearest);
    }
    Some(joined)
}

/// Writes the joined base, which is left out where it is empty.
pub(super) fn write_base(out: &mut String, joined: &str) {
    if !joined.is_empty() {
        out.push_str(" xml:base=\"");
        escape_attribute(out, joined);
        out.push('"');
    }
}

fn ancestors_and_self(element: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    core::iter::successors(Some(element), |element| element.parent())
}

/// A reference resolved against a base that may itself be relative: RFC 3986 §5.2 with the
/// changes of C14N 1.1 §2.4 (fragments dropped, a trailing `..` keeps its slash).
fn join(base: &str, reference: &str) -> String {
    let base = Reference::split(base);
    let inner = Reference::split(reference);
    let (scheme, authority, path, query);
    if inner.scheme.is_some() {
        (scheme, authority, query) = (inner.scheme, inner.authority, inner.query);
        path = remove_dot_segments(inner.path);
    } else if inner.authority.is_some() {
        (scheme, authority, query) = (base.scheme, inner.authority, inner.query);
        path = remove_dot_segments(inner.path);
    } else {
        (scheme, authority) = (base.scheme, base.authority);
        if inner.path.is_empty() {
            path = remove_dot_segments(base.path);
            query = inner.query.or(base.query);
        } else {
            path = if inner.path.starts_with('/') {
                remove_dot_segments(inner.path)
            } else {
                remove_dot_segments(&merge(&base, inner.path))
            };
            query = inner.query;
        }
    }
    let mut out = String::new();
    if let Some(scheme) = scheme {
        out += scheme;
        out.push(':');
    }
    if let Some(authority) = authority {
        out += "//";
        out += authority;
    }
    out += &path;
    if let Some(query) = query {
        out.push('?');
        out += query;
    }
    out
}

/// The parts of a URI reference (RFC 3986 appendix B), without its fragment.
struct Reference<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn split(uri: &'a str) -> Self {
        let rest = uri.split_once('#').map_or(uri, |(before, _)| before);
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(r, q)| (r, Some(q)));
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, behind)) if !scheme.is_empty() && !scheme.contains('/') => (Some(scheme), behind),
            _ => (None, rest),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(behind) => {
                let end = behind.find('/').unwrap_or(behind.len());
                (Some(&behind[..end]), &behind[end..])
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query }
    }
}

fn merge(base: &Reference<'_>, path: &str) -> String {
    if base.authority.is_some() && base.path.is_empty() {
        return format!("/{path}");
    }
    let directory = base.path.rfind('/').map_or("", |slash| &base.path[..=slash]);
    // C14N 1.1: a base that ends in `..` means the directory, as if a slash followed.
    if base.path == ".." || base.path.ends_with("/..") {
        return format!("{}/{path}", base.path);
    }
    format!("{directory}{path}")
}

/// RFC 3986 §5.2.4, but leading `..` segments of a relative path are kept (C14N 1.1 §2.4).
fn remove_dot_segments(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_in_directory = false;
    for segment in path.split('/').skip(usize::from(absolute)) {
        ends_in_directory = matches!(segment, "." | ".." | "");
        match segment {
            "." | "" => {}
            ".." => match kept.last() {
                Some(&last) if last != ".." => drop(kept.pop()),
                _ if absolute => {}
                _ => kept.push(".."),
            },
            _ => kept.push(segment),
        }
    }
    let mut out = String::from(if absolute { "/" } else { "" });
    out += &kept.join("/");
    if ends_in_directory && !kept.is_empty() {
        out.push('/');
    }
    out
}
