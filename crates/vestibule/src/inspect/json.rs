//! The report for programs. docs/inspect.md documents this shape; fields are never left out.

use serde::Serialize;
use vestibule_journeys::inspect::input::Kind;
use vestibule_journeys::inspect::judge::{Check, Judgement};
use vestibule_saml::sp::{AcceptedAssertion, Refusal};
use vestibule_saml::time;
use vestibule_saml::types::{Attribute, AttributeValue, NameIdFormat};

use crate::output;

#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    input: InputShape,
    verdict: &'static str,
    refusal: Option<RefusalShape<'a>>,
    steps: Vec<StepShape<'a>>,
    identity: Option<IdentityShape<'a>>,
}

#[derive(Serialize)]
struct InputShape {
    kind: &'static str,
}

#[derive(Serialize)]
struct RefusalShape<'a> {
    code: &'static str,
    message: &'static str,
    got: Option<&'a str>,
    want: Option<&'a str>,
    fixed_by: &'static str,
}

#[derive(Serialize)]
struct StepShape<'a> {
    name: &'static str,
    spec: &'static str,
    outcome: &'static str,
    warning: Option<&'a str>,
    got: Option<&'a str>,
    want: Option<&'a str>,
}

#[derive(Serialize)]
struct IdentityShape<'a> {
    name_id: &'a str,
    name_id_format: Option<&'a str>,
    session_index: Option<&'a str>,
    authn_instant: String,
    attributes: Vec<AttributeShape<'a>>,
}

#[derive(Serialize)]
struct AttributeShape<'a> {
    name: &'a str,
    friendly_name: Option<&'a str>,
    values: Vec<&'a str>,
}

/// The object for a message that was judged, or only decoded.
pub(crate) fn write(kind: Kind, judgement: Option<&Judgement>) -> String {
    let outcome = judgement.map(|judgement| judgement.outcome.as_ref());
    output::json(&Shape {
        version: 1,
        input: InputShape { kind: kind.name() },
        verdict: match outcome {
            Some(Ok(_)) => "accepted",
            Some(Err(_)) => "refused",
            None => "decoded",
        },
        refusal: outcome.and_then(Result::err).map(RefusalShape::from),
        steps: judgement.map(|judgement| judgement.checks.iter().map(StepShape::from).collect()).unwrap_or_default(),
        identity: outcome.and_then(Result::ok).map(IdentityShape::from),
    })
}

impl<'a> From<&'a Refusal> for RefusalShape<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        Self {
            code: refusal.reason.code(),
            message: refusal.reason.sentence(),
            got: refusal.got.as_deref(),
            want: refusal.want.as_deref(),
            fixed_by: refusal.fixed_by().name(),
        }
    }
}

impl<'a> From<&'a Check> for StepShape<'a> {
    fn from(check: &'a Check) -> Self {
        Self {
            name: check.step.name(),
            spec: check.step.spec(),
            outcome: check.outcome.name(),
            warning: check.warning,
            got: check.got.as_deref(),
            want: check.want.as_deref(),
        }
    }
}

impl<'a> From<&'a AcceptedAssertion> for IdentityShape<'a> {
    fn from(accepted: &'a AcceptedAssertion) -> Self {
        Self {
            name_id: &accepted.name_id.value,
            name_id_format: accepted.name_id.format.as_ref().map(NameIdFormat::as_str),
            session_index: accepted.session_index.as_deref(),
            authn_instant: time::format(accepted.authn_instant),
            attributes: accepted.attributes.iter().map(AttributeShape::from).collect(),
        }
    }
}

impl<'a> From<&'a Attribute> for AttributeShape<'a> {
    fn from(attribute: &'a Attribute) -> Self {
        let text = |value: &'a AttributeValue| match value {
            AttributeValue::Text(text) => Some(text.as_str()),
            // Its XML, for a program to look at.
            AttributeValue::Structured(xml) => Some(xml.as_str()),
            // The sender says that there is no value.
            AttributeValue::Nil => None,
        };
        Self {
            name: &attribute.name,
            friendly_name: attribute.friendly_name.as_deref(),
            values: attribute.values.iter().filter_map(text).collect(),
        }
    }
}
