//! Transformations of claims on Entra's side (E-34).

use regex::Regex;

use super::claims::Transform;

/// Applies transformations in their order. `None` is an empty value; `attribute` reads a source by its name.
///
/// # Errors
/// A function has no result for this value.
pub(super) fn apply(
    value: Option<String>,
    transforms: &[Transform],
    attribute: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, Failed> {
    transforms.iter().try_fold(value, |value, transform| one(value, transform, attribute))
}

/// A transformation that has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed;

fn one(
    value: Option<String>,
    transform: &Transform,
    attribute: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, Failed> {
    match transform {
        Transform::IfEmpty { output } if value.is_none() => return Ok(attribute(output)),
        Transform::IfNotEmpty { output } => return Ok(value.and_then(|_| attribute(output))),
        _ => {}
    }
    let Some(value) = value else { return Ok(None) };
    let chosen = |holds: bool, output: &str, otherwise: &Option<String>| {
        if holds { attribute(output) } else { otherwise.as_deref().and_then(attribute) }
    };
    Ok(match transform {
        Transform::ExtractMailPrefix => Some(value.split_once('@').ok_or(Failed)?.0.to_owned()),
        Transform::ToLowercase => Some(value.to_lowercase()),
        Transform::ToUppercase => Some(value.to_uppercase()),
        Transform::Trim => Some(value.trim().to_owned()),
        Transform::Join { separator, with } => {
            Some(format!("{value}{separator}{}", attribute(with).unwrap_or_default()))
        }
        Transform::Contains { value: part, output, otherwise } => chosen(value.contains(part), output, otherwise),
        Transform::StartWith { value: part, output, otherwise } => chosen(value.starts_with(part), output, otherwise),
        Transform::EndWith { value: part, output, otherwise } => chosen(value.ends_with(part), output, otherwise),
        Transform::Extract { after, before } => {
            let rest = match after {
                Some(after) => value.split_once(after.as_str()).ok_or(Failed)?.1,
                None => &value,
            };
            Some(match before {
                Some(before) => rest.split_once(before.as_str()).ok_or(Failed)?.0.to_owned(),
                None => rest.to_owned(),
            })
        }
        Transform::RegexReplace { pattern, replacement } => {
            let pattern = Regex::new(pattern).map_err(|_| Failed)?;
            if !pattern.is_match(&value) {
                return Err(Failed);
            }
            Some(pattern.replace(&value, replacement.as_str()).into_owned())
        }
        Transform::IfEmpty { .. } | Transform::IfNotEmpty { .. } => Some(value),
    })
}
