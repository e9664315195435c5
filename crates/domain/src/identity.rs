//! Who a person is at a connection: a value that is compared byte by byte for as long as the person exists.
//!
//! A subject's text is a JSON array, so that no two different persons have the same: the kind, the issuer, and then of
//! a NameID its format, value and qualifiers, of claims each name as it is set and its value. The issuer is in it
//! because a connection that is pointed at another identity provider must not let that one's people in as ours
//! (A25.1).

use serde_json::{Value, json};
use thiserror::Error;
use vestibule_saml::sp::entra::{TENANT_CLAIM, tenant_of_issuer};
use vestibule_saml::types::{Attributes, NameId, NameIdFormat};

use crate::mapping::{Ambiguous, Claim, SubjectKey, find};
use crate::user::Subject;

/// The longest value that identifies a person, in bytes. SAML bounds a persistent NameID to 256 characters.
pub const MAX_VALUE: usize = 1024;

/// Why nobody can be identified by an answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubjectProblem {
    /// A NameID that is another one next time.
    #[error(
        "the NameID is transient, so it identifies nobody: let the identity provider send a persistent one, or choose claims as the key"
    )]
    Transient,
    /// A NameID or claim without a value.
    #[error("{from} is empty; the identity provider has to fill it for this person")]
    Empty {
        /// The NameID or the claim.
        from: String,
    },
    /// A claim that is not there.
    #[error("the claim {claim:?} identifies people here and is absent; the identity provider has to send it")]
    Missing {
        /// The claim.
        claim: Claim,
    },
    /// A claim with several values.
    #[error("the claim {claim:?} identifies people here and has {got} values; exactly one is wanted")]
    Several {
        /// The claim.
        claim: Claim,
        /// How many values.
        got: usize,
    },
    /// A short name that fits several attributes.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// A value beyond [`MAX_VALUE`].
    #[error("{from} has {got} bytes, more than {MAX_VALUE}")]
    TooLong {
        /// The NameID or the claim.
        from: String,
        /// Its length.
        got: usize,
    },
    /// The tenant of the person is not the one that the issuer names (A20.4).
    #[error("the tenant in the claims is not the one of the issuer {issuer:?}; exactly that one is wanted")]
    Tenant {
        /// The issuer.
        issuer: String,
    },
    /// The settings name no claim at all.
    #[error("no claim is set to identify people; choose at least one, or the NameID")]
    NoKey,
    /// An administrator gave another number of values than the key has parts.
    #[error("{got} values were given; {want} are wanted, one for each part of the key")]
    Parts {
        /// How many were given.
        got: usize,
        /// How many parts there are.
        want: usize,
    },
}

impl SubjectProblem {
    /// Its code for people.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Transient => "SUBJECT-TRANSIENT",
            Self::Empty { .. } => "SUBJECT-EMPTY",
            Self::Missing { .. } => "SUBJECT-MISSING",
            Self::Several { .. } => "SUBJECT-SEVERAL",
            Self::Ambiguous(_) => "CLAIM-AMBIGUOUS",
            Self::TooLong { .. } => "SUBJECT-LENGTH",
            Self::Tenant { .. } => "TENANT-MISMATCH",
            Self::NoKey => "SUBJECT-KEY",
            Self::Parts { .. } => "SUBJECT-PARTS",
        }
    }
}

/// Who the person of an accepted assertion is.
///
/// # Errors
/// The key's value is absent, empty, too long, or not exactly one; the NameID is transient; or the tenant of the
/// claims is not that of an Entra issuer.
pub fn subject(
    name_id: &NameId,
    attributes: &Attributes,
    issuer: &str,
    key: &SubjectKey,
) -> Result<Subject, SubjectProblem> {
    check_tenant(attributes, issuer)?;
    match key {
        SubjectKey::NameId => of_name_id(issuer, name_id),
        SubjectKey::Claims(claims) => {
            let values = claims.iter().map(|claim| only_value(attributes, claim));
            of_claims(issuer, claims, &values.collect::<Result<Vec<_>, _>>()?)
        }
    }
}

/// The subject of a person whom an administrator names before their first sign-in (HY-24): one value for each part of
/// the key. A NameID is expected in `format`, which the identity provider's settings tell; it is not used for claims.
///
/// # Errors
/// Another number of values than the key has parts, an empty or too long value, or a transient format.
pub fn named_beforehand(
    issuer: &str,
    key: &SubjectKey,
    format: Option<&NameIdFormat>,
    values: &[&str],
) -> Result<Subject, SubjectProblem> {
    match key {
        SubjectKey::NameId => {
            let [value] = values else { return Err(SubjectProblem::Parts { got: values.len(), want: 1 }) };
            let format = format.cloned().unwrap_or(NameIdFormat::UNSPECIFIED);
            of_name_id(issuer, &NameId::new(*value, format))
        }
        SubjectKey::Claims(claims) if claims.len() != values.len() => {
            Err(SubjectProblem::Parts { got: values.len(), want: claims.len() })
        }
        SubjectKey::Claims(claims) => of_claims(issuer, claims, values),
    }
}

/// A stranger at a shared key of Entra could else name any person of any tenant.
fn check_tenant(attributes: &Attributes, issuer: &str) -> Result<(), SubjectProblem> {
    let Some(tenant) = tenant_of_issuer(issuer) else { return Ok(()) };
    let Some(claim) = attributes.named(TENANT_CLAIM) else { return Ok(()) };
    let mut values = claim.texts();
    match (values.next(), values.next()) {
        (Some(got), None) if got.eq_ignore_ascii_case(tenant) => Ok(()),
        _ => Err(SubjectProblem::Tenant { issuer: issuer.to_owned() }),
    }
}

fn of_name_id(issuer: &str, name_id: &NameId) -> Result<Subject, SubjectProblem> {
    // What is absent means unspecified (SAML Core §8.3.1), so both are one.
    let format = name_id.format.as_ref().unwrap_or(&NameIdFormat::UNSPECIFIED);
    if *format == NameIdFormat::TRANSIENT {
        return Err(SubjectProblem::Transient);
    }
    check_value("the NameID", &name_id.value)?;
    let qualifiers = [&name_id.name_qualifier, &name_id.sp_name_qualifier];
    // Without qualifiers, which is the rule, they are left away: so an administrator can name a person beforehand.
    Ok(if qualifiers.iter().all(|qualifier| qualifier.is_none()) {
        encoded(&json!(["name_id", issuer, format.as_str(), name_id.value]))
    } else {
        encoded(&json!(["name_id", issuer, format.as_str(), name_id.value, qualifiers]))
    })
}

fn of_claims<V: AsRef<str>>(issuer: &str, claims: &[Claim], values: &[V]) -> Result<Subject, SubjectProblem> {
    if claims.is_empty() {
        return Err(SubjectProblem::NoKey);
    }
    let mut parts = vec![json!("claims"), json!(issuer)];
    for (claim, value) in claims.iter().zip(values) {
        check_value(&format!("the claim {:?}", claim.as_str()), value.as_ref())?;
        parts.push(json!([claim.as_str(), value.as_ref()]));
    }
    Ok(encoded(&Value::Array(parts)))
}

fn only_value<'a>(attributes: &'a Attributes, claim: &Claim) -> Result<&'a str, SubjectProblem> {
    let attribute = find(attributes, claim)?.ok_or_else(|| SubjectProblem::Missing { claim: claim.clone() })?;
    let mut texts = attribute.texts();
    match (texts.next(), attribute.values.len()) {
        (Some(text), 1) => Ok(text),
        (_, 0) => Err(SubjectProblem::Missing { claim: claim.clone() }),
        (None, 1) => Err(SubjectProblem::Empty { from: format!("the claim {:?}", claim.as_str()) }),
        (_, got) => Err(SubjectProblem::Several { claim: claim.clone(), got }),
    }
}

fn check_value(from: &str, value: &str) -> Result<(), SubjectProblem> {
    if value.trim().is_empty() {
        return Err(SubjectProblem::Empty { from: from.to_owned() });
    }
    if value.len() > MAX_VALUE {
        return Err(SubjectProblem::TooLong { from: from.to_owned(), got: value.len() });
    }
    Ok(())
}

fn encoded(array: &Value) -> Subject {
    Subject::from_text(array.to_string())
}

#[cfg(test)]
mod tests;
