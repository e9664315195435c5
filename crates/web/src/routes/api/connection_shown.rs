//! How connections are shown.

use jiff::Timestamp;
use vestibule_domain::account::{AccountPath, Start};
use vestibule_domain::connection::{
    AnswerTo, Button, ConnectionState, Encryption, ExpiredCertificates, LoginHint, LogoutReply, Preset,
    Reauthentication, RequestSigning, SamlSettings, SignOnBinding, SignaturePolicy, Unsolicited,
};
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId};
use vestibule_domain::mapping::{Mapping, SubjectKey};
use vestibule_domain::name::Slug;
use vestibule_journeys::console::{Attention, CertificateRow, ConnectionPage, ReadinessStep, StepState};

use crate::api::schema::record;

record! {
    /// A connection in a list.
    ConnectionSummary {
        /// Its identity.
        id: ConnectionId,
        /// Its short name in its account.
        name: Slug,
        /// Where its account stands.
        account: AccountPath,
        /// The kind of identity provider.
        preset: Preset,
        /// How far it is set up.
        state: ConnectionState,
        /// How many people are linked to it.
        people: u64,
        /// Why it needs somebody, the gravest first.
        attention: Vec<String>,
    }
    /// A connection.
    Connection {
        /// Its identity.
        id: ConnectionId,
        /// Its short name in its account.
        name: Slug,
        /// Its account.
        account_id: AccountId,
        /// Where its account stands.
        account: AccountPath,
        /// The kind of identity provider.
        preset: Preset,
        /// How far it is set up.
        state: ConnectionState,
        /// When a test passed last.
        tested_at: Option<Timestamp>,
        /// When it was changed last.
        edited_at: Timestamp,
        /// How many people are linked to it.
        people: u64,
        /// Why it needs somebody, the gravest first.
        attention: Vec<String>,
        /// How ready it is, step by step.
        readiness: Vec<Step>,
        /// What the identity provider has to be given.
        ours: OurAddresses,
        /// The identity provider's entity ID.
        issuer: Option<String>,
        /// Where people are sent to sign in.
        sign_on_url: Option<String>,
        /// How the request is carried there.
        sign_on_binding: Option<SignOnBinding>,
        /// Where logout messages are sent.
        logout_url: Option<String>,
        /// Where its metadata is read from.
        metadata_url: Option<String>,
        /// What should be known of the last fetch of it.
        metadata_note: Option<String>,
        /// The certificates that are trusted.
        certificates: Vec<CertificateShown>,
        /// Our own, with which we sign requests, or to which is encrypted.
        own_certificates: Vec<CertificateShown>,
        /// What must be signed.
        signed: SignaturePolicy,
        /// Whether our requests are signed.
        requests: RequestSigning,
        /// Whether assertions may come encrypted.
        encryption: Encryption,
        /// What becomes of a response that nobody asked for.
        unsolicited: Unsolicited,
        /// Whether the address that a person typed is handed on.
        login_hint: LoginHint,
        /// What follows from an expired certificate.
        expired_certificate: ExpiredCertificates,
        /// How far the identity provider's clock may differ, in seconds.
        clock_skew: u64,
        /// Until when signatures with SHA-1 are taken.
        sha1_until: Option<Timestamp>,
        /// How logout messages are carried.
        logout_binding: SignOnBinding,
        /// Where answers to logout requests are sent; null: where logout messages are.
        logout_answer_url: Option<String>,
        /// Whether logout requests are answered.
        logout_reply: LogoutReply,
        /// Whether newer metadata adds no certificate.
        certificates_pinned: bool,
        /// Our entity ID, where it is set.
        entity_id: Option<String>,
        /// Further addresses at which answers are taken.
        aliases: Vec<String>,
        /// Which address our requests name.
        answer_to: AnswerTo,
        /// The format in which the person is to be named.
        name_id_format: Option<String>,
        /// When people authenticate anew at the identity provider.
        reauthentication: Reauthentication,
        /// The ways of authentication of which one is demanded.
        authn_context: Vec<String>,
        /// The button that leads there.
        button: Button,
        /// Whether a page with the button stands before the identity provider; null: as the account says.
        start: Option<Start>,
        /// Which value identifies a person for ever, where that is set.
        subject: Option<SubjectKey>,
        /// Which value does.
        subject_in_force: SubjectKey,
        /// What becomes of claims, as far as it differs from the preset.
        mapping: Mapping,
        /// All that becomes of them.
        mapping_in_force: Mapping,
        /// Whether sessions keep the attributes as they came.
        keeps_attributes: bool,
    }
    /// A step on the way to a connection in force.
    Step {
        /// Which: values, certificate, domains, mapping, tested, active.
        step: String,
        /// How far: done, weak, missing.
        state: String,
    }
    /// What the identity provider has to be given.
    OurAddresses {
        /// Identifier (Entra) · entity ID (SAML).
        entity_id: String,
        /// Reply URL (Entra) · ACS URL (SAML).
        acs_url: String,
        /// Sign on URL (Entra): where a sign-in begins.
        start_url: String,
        /// Logout Url (Entra) · single logout service (SAML).
        logout_url: String,
        /// Where it is tried.
        test_url: String,
    }
    /// A certificate.
    CertificateShown {
        /// Whose it is, as it says.
        subject: String,
        /// SHA-1 of it: what Entra's portal calls the thumbprint.
        thumbprint: String,
        /// SHA-256 of it, by which it is removed.
        sha256: String,
        /// From when on it is good.
        not_before: Timestamp,
        /// Until when.
        not_after: Timestamp,
    }
    /// An answer that came.
    RecentAnswer {
        /// When.
        at: Timestamp,
        /// To which attempt.
        attempt: Option<AttemptId>,
        /// Why it was refused; null: it was accepted.
        refusal: Option<String>,
        /// The code that the person was shown.
        code: Option<String>,
    }
}

/// Why a connection needs somebody, in a sentence.
pub(super) fn reason(reason: &Attention) -> String {
    match reason {
        Attention::Missing(missing) => missing.to_string(),
        Attention::Weak(weakness) => weakness.to_string(),
        Attention::Metadata(note) => note.clone(),
    }
}

pub(super) fn shown(it: ConnectionPage) -> Connection {
    let [our_id, acs_url, start_url, logout_url] = it.addresses;
    let SamlSettings { issuer, sign_on, logout_url: logout, metadata_url, .. } = &it.connection.saml;
    let saml = &it.connection.saml;
    Connection {
        id: it.connection.id,
        name: it.connection.name.clone(),
        account_id: it.spot.account.id,
        account: it.spot.account.path,
        preset: saml.preset,
        state: it.connection.state,
        tested_at: it.connection.tested_at,
        edited_at: it.connection.edited_at,
        people: it.people,
        attention: it.reasons.iter().map(reason).collect(),
        readiness: it.readiness.iter().map(|it| Step { step: step(it.step), state: state(it.state) }).collect(),
        ours: OurAddresses { entity_id: our_id, acs_url, start_url, logout_url, test_url: it.test },
        issuer: issuer.as_ref().map(ToString::to_string),
        sign_on_url: sign_on.as_ref().map(|it| it.url.as_str().to_owned()),
        sign_on_binding: sign_on.as_ref().map(|it| it.binding),
        logout_url: logout.as_ref().map(|it| it.as_str().to_owned()),
        metadata_url: metadata_url.clone(),
        metadata_note: it.refresh.and_then(|it| it.note).map(|note| note.text),
        certificates: it.certificates.into_iter().map(certificate).collect(),
        own_certificates: it.own_certificates.into_iter().map(|own| certificate(own.row)).collect(),
        signed: saml.signed,
        requests: saml.requests,
        encryption: saml.encryption,
        unsolicited: saml.unsolicited,
        login_hint: saml.login_hint,
        expired_certificate: saml.expired_certificate,
        clock_skew: saml.clock_skew.into(),
        sha1_until: saml.sha1_until,
        logout_binding: saml.logout_binding,
        logout_answer_url: saml.logout_answer_url.as_ref().map(|it| it.as_str().to_owned()),
        logout_reply: saml.logout_reply,
        certificates_pinned: saml.certificates_pinned,
        entity_id: saml.entity_id.as_ref().map(ToString::to_string),
        aliases: saml.aliases.iter().map(|it| it.as_str().to_owned()).collect(),
        answer_to: saml.answer_to,
        name_id_format: saml.name_id_format.as_ref().map(|it| it.as_str().to_owned()),
        reauthentication: saml.reauthentication,
        authn_context: saml.authn_context.iter().map(|it| it.as_str().to_owned()).collect(),
        button: saml.button.clone(),
        start: saml.start,
        subject: saml.subject.clone(),
        subject_in_force: saml.subject_in_force(),
        mapping: saml.mapping.clone(),
        mapping_in_force: saml.mapping_in_force(),
        keeps_attributes: saml.keeps_attributes,
    }
}

fn step(step: ReadinessStep) -> String {
    let name = match step {
        ReadinessStep::Values => "values",
        ReadinessStep::Certificate => "certificate",
        ReadinessStep::Domains => "domains",
        ReadinessStep::Mapping => "mapping",
        ReadinessStep::Tested => "tested",
        ReadinessStep::Active => "active",
    };
    name.to_owned()
}

fn state(state: StepState) -> String {
    let name = match state {
        StepState::Done => "done",
        StepState::Weak => "weak",
        StepState::Missing => "missing",
    };
    name.to_owned()
}

fn certificate(it: CertificateRow) -> CertificateShown {
    let CertificateRow { subject, thumbprint, sha256, from, until } = it;
    CertificateShown { subject, thumbprint, sha256, not_before: from, not_after: until }
}
