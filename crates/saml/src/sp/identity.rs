//! Who was authenticated: what remains of a response once every check holds.

use std::fmt;

use jiff::Timestamp;

use super::assertion::{Assertion, AuthnStatement, Subject, SubjectName};
use super::decryption::{Decryption, Undecrypted};
use super::report::{Fact, Steps};
use super::{Expectation, Reason, Refusal, Step};
use crate::read;
use crate::types::{Attributes, AuthnContextClassRef, NameId, ns};

/// An assertion that passed every check. Only [`accept`](super::accept) makes one, and it holds
/// nothing but signed text.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcceptedAssertion {
    /// The identity provider.
    pub issuer: String,
    /// The person, as the identity provider names them to us.
    pub name_id: NameId,
    /// The session at the identity provider, for logout.
    pub session_index: Option<String>,
    /// When that session ends, if it says so: the earliest end of several statements.
    pub session_not_on_or_after: Option<Timestamp>,
    /// When the person was authenticated; may lie weeks back (E-25).
    pub authn_instant: Timestamp,
    /// How the person was authenticated.
    pub authn_context: Option<AuthnContextClassRef>,
    /// What is said of the person, in the order of the assertion.
    pub attributes: Attributes,
    /// What must be remembered so that the assertion serves only once.
    pub replay: Replay,
}

/// The assertion's ID, which together with the identity provider must be stored with one
/// conditional write before the person is let in (Profiles §4.1.4.5, A16.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The assertion's ID.
    pub assertion_id: String,
    /// When it was issued: said in the assertion, so the same every time that it comes.
    pub issued_at: Timestamp,
    /// From then on the assertion is refused for its age and may be forgotten.
    pub remember_until: Timestamp,
}

impl fmt::Debug for AcceptedAssertion {
    /// Without the person: names and attributes belong in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedAssertion")
            .field("issuer", &self.issuer)
            .field("authn_instant", &self.authn_instant)
            .field("attributes", &self.attributes.len())
            .finish_non_exhaustive()
    }
}

/// The subject and its name, which must be there, and for us where it says for whom (A18.4, A15.6).
pub(super) fn subject<'e, 'a>(
    assertion: &'e Assertion<'a>,
    expect: &Expectation<'_>,
    decryption: &mut Decryption<'_>,
    steps: &mut Steps,
) -> Result<(&'e Subject<'a>, NameId), Refusal> {
    let Some(subject) = &assertion.subject else {
        return Err(steps.refuse(Step::Subject, Reason::NoSubject, Fact::Nothing, "Subject with NameID"));
    };
    let name_id = match &subject.name {
        None => return Err(steps.refuse(Step::Subject, Reason::NoNameId, Fact::Nothing, "NameID")),
        Some(SubjectName::NameId(name_id)) => name_id.clone(),
        Some(SubjectName::EncryptedId(encrypted)) => {
            let document = decryption.decrypt(*encrypted);
            // What a plaintext looks like is not told to whoever sent the ciphertext (A13.5).
            let name_id = document.and_then(|document| {
                let root = document.root();
                let name_id = if root.is(ns::ASSERTION, "NameID") { read::name_id(root).ok() } else { None };
                name_id.ok_or_else(Undecrypted::in_general)
            });
            name_id
                .map_err(|failure| steps.refuse(Step::Subject, failure.reason, failure.got.as_deref(), Fact::Nothing))?
        }
    };
    if let Some(qualifier) = name_id.sp_name_qualifier.as_deref()
        && qualifier != expect.sp.entity_id.as_str()
    {
        let want = expect.sp.entity_id.as_str();
        return Err(steps.refuse(Step::Subject, Reason::SpNameQualifier, qualifier, want));
    }
    steps.pass(Step::Subject, &name_id.value, Fact::Nothing);
    Ok((subject, name_id))
}

/// Gathers what was checked.
pub(super) fn accepted(
    assertion: &Assertion<'_>,
    name_id: NameId,
    authentication: &AuthnStatement<'_>,
    attributes: Attributes,
    replay: Replay,
) -> AcceptedAssertion {
    AcceptedAssertion {
        issuer: assertion.issuer.name.to_owned(),
        name_id,
        session_index: authentication.session_index.map(str::to_owned),
        session_not_on_or_after: assertion.authn_statements.iter().filter_map(|s| s.session_not_on_or_after).min(),
        authn_instant: authentication.authn_instant,
        authn_context: authentication.class_ref.map(AuthnContextClassRef::from_uri),
        attributes,
        replay,
    }
}
