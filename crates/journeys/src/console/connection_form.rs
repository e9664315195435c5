//! The settings of a connection as fields of a form, and back.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use vestibule_domain::connection::{Reauthentication, SamlSettings, SignOn, SignOnBinding};
use vestibule_domain::mapping::{Claim, SubjectKey};
use vestibule_domain::readiness::Weakness;
use vestibule_domain::setting::{acs_url, other_protocol};
use vestibule_saml::types::{AcsUrl, AuthnContextClassRef, EndpointUrl, EntityId, LoopbackHttp, NameIdFormat};

use super::edit::{FieldProblem, Fields, Reader, word};

/// Fields that the vendor's operators alone see: they say at which other addresses answers are taken.
pub(crate) const OF_THE_VENDOR: [&str; 2] = ["aliases", "answer_to"];

/// Settings in which nothing is trusted.
const HARMLESS: [&str; 4] = ["button", "start", "login_hint", "logout_reply"];

/// Whether a change of this setting changes what is trusted.
pub(super) fn is_trust(setting: &str) -> bool {
    !HARMLESS.contains(&setting)
}

/// The fields that a form shows.
pub(super) fn fields_of(saml: &SamlSettings) -> Fields {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let (reauthentication, after) = match saml.reauthentication {
        Reauthentication::Never => ("never", String::new()),
        Reauthentication::Always => ("always", String::new()),
        Reauthentication::After(seconds) => ("after", seconds.to_string()),
    };
    let (subject, claims) = match &saml.subject {
        None => ("", String::new()),
        Some(SubjectKey::NameId) => ("name_id", String::new()),
        Some(SubjectKey::Claims(claims)) => ("claims", joined(claims.iter().map(Claim::as_str))),
    };
    let sign_on = saml.sign_on.as_ref();
    let mut fields: Fields = [
        ("preset", word(saml.preset)),
        ("issuer", text(saml.issuer.as_ref().map(EntityId::as_str))),
        ("sign_on", text(sign_on.map(|it| it.url.as_str()))),
        ("sign_on_binding", word(sign_on.map(|it| it.binding).unwrap_or_default())),
        ("logout_url", text(saml.logout_url.as_ref().map(EndpointUrl::as_str))),
        ("logout_binding", word(saml.logout_binding)),
        ("logout_answer_url", text(saml.logout_answer_url.as_ref().map(EndpointUrl::as_str))),
        ("logout_reply", word(saml.logout_reply)),
        ("metadata_url", text(saml.metadata_url.as_deref())),
        ("entity_id", text(saml.entity_id.as_ref().map(EntityId::as_str))),
        ("aliases", joined(saml.aliases.iter().map(AcsUrl::as_str))),
        ("answer_to", word(saml.answer_to)),
        ("name_id_format", text(saml.name_id_format.as_ref().map(NameIdFormat::as_str))),
        ("signed", word(saml.signed)),
        ("reauthentication", reauthentication.to_owned()),
        ("reauthentication_after", after),
        ("authn_context", joined(saml.authn_context.iter().map(AuthnContextClassRef::as_str))),
        ("requests", word(saml.requests)),
        ("encryption", word(saml.encryption)),
        ("unsolicited", word(saml.unsolicited)),
        ("login_hint", word(saml.login_hint)),
        ("sha1_until", saml.sha1_until.map(day).unwrap_or_default()),
        ("expired_certificate", word(saml.expired_certificate)),
        ("clock_skew", saml.clock_skew.to_string()),
        ("button_text", text(saml.button.text.as_deref())),
        ("button_icon", saml.button.icon.map(word).unwrap_or_default()),
        ("start", saml.start.map(word).unwrap_or_default()),
        ("subject", subject.to_owned()),
        ("subject_claims", claims),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for (name, is_ticked) in
        [("certificates_pinned", saml.certificates_pinned), ("keeps_attributes", saml.keeps_attributes)]
    {
        if is_ticked {
            fields.insert(name.to_owned(), "1".to_owned());
        }
    }
    fields
}

/// The fields in which something weak is set.
pub(super) fn weak_fields(saml: &SamlSettings, now: Timestamp) -> Vec<&'static str> {
    let field = |weakness: Weakness| match weakness {
        Weakness::Sha1 { .. } => Some("sha1_until"),
        Weakness::AcceptsUnsolicited => Some("unsolicited"),
        Weakness::TakesExpiredCertificates => Some("expired_certificate"),
        Weakness::TakesCbc => Some("encryption"),
        Weakness::WideClockSkew { .. } => Some("clock_skew"),
        Weakness::CommonEndpoint => Some("sign_on"),
        Weakness::TenantsDiffer { .. } => Some("issuer"),
        Weakness::ReassignableSubject { .. } => Some("subject"),
        Weakness::CertificateExpired { .. } | Weakness::CertificateExpires { .. } => None,
    };
    saml.weaknesses(now).into_iter().filter_map(field).collect()
}

/// The settings that were typed over those that there are.
pub(super) fn read(
    typed: &Fields,
    present: &SamlSettings,
    loopback: LoopbackHttp,
) -> Result<SamlSettings, Vec<FieldProblem>> {
    let mut saml = present.clone();
    let mut reader = Reader::new(typed);
    theirs(&mut reader, &mut saml, loopback);
    ours(&mut reader, &mut saml);
    accepted(&mut reader, &mut saml, present);
    people(&mut reader, &mut saml);
    reader.finish(saml)
}

fn theirs(reader: &mut Reader<'_>, saml: &mut SamlSettings, loopback: LoopbackHttp) {
    reader.pick("preset", &mut saml.preset);
    reader.take("issuer", &mut saml.issuer, |text| EntityId::new(text));
    let mut url = saml.sign_on.take().map(|sign_on| sign_on.url);
    reader.take("sign_on", &mut url, |text| address(text, loopback));
    let mut binding = SignOnBinding::default();
    reader.pick("sign_on_binding", &mut binding);
    saml.sign_on = url.map(|url| SignOn { url, binding });
    reader.take("logout_url", &mut saml.logout_url, |text| address(text, loopback));
    reader.pick("logout_binding", &mut saml.logout_binding);
    reader.take("logout_answer_url", &mut saml.logout_answer_url, |text| address(text, loopback));
    reader.pick("logout_reply", &mut saml.logout_reply);
    reader.take("metadata_url", &mut saml.metadata_url, |text| Ok::<_, String>(text.to_owned()));
    saml.certificates_pinned = reader.is_ticked("certificates_pinned");
}

fn ours(reader: &mut Reader<'_>, saml: &mut SamlSettings) {
    reader.take("entity_id", &mut saml.entity_id, |text| EntityId::new(text));
    reader.take("name_id_format", &mut saml.name_id_format, |text| Ok::<_, String>(NameIdFormat::from_uri(text)));
    reader.pick("requests", &mut saml.requests);
    reader.pick("login_hint", &mut saml.login_hint);
    saml.authn_context = reader.lines("authn_context").into_iter().map(AuthnContextClassRef::from_uri).collect();
    match reader.text("reauthentication") {
        Some("never") => saml.reauthentication = Reauthentication::Never,
        Some("always") => saml.reauthentication = Reauthentication::Always,
        Some("after") => {
            let mut seconds = 0;
            match reader.text("reauthentication_after") {
                Some(_) => reader.number("reauthentication_after", &mut seconds),
                None => {
                    reader.wrong("reauthentication_after", "it is empty; write the number of seconds, such as 28800");
                }
            }
            saml.reauthentication = Reauthentication::After(seconds.max(1));
        }
        _ => {}
    }
}

fn accepted(reader: &mut Reader<'_>, saml: &mut SamlSettings, present: &SamlSettings) {
    reader.pick("signed", &mut saml.signed);
    reader.pick("encryption", &mut saml.encryption);
    reader.pick("unsolicited", &mut saml.unsolicited);
    reader.pick("expired_certificate", &mut saml.expired_certificate);
    reader.number("clock_skew", &mut saml.clock_skew);
    // A form knows the day alone: one that was not touched keeps its hour.
    let same = present.sha1_until.filter(|until| reader.text("sha1_until") == Some(day(*until).as_str()));
    reader.take("sha1_until", &mut saml.sha1_until, |text| {
        let read = text.parse::<Date>().and_then(|day| day.to_zoned(TimeZone::UTC));
        read.map(|until| until.timestamp()).map_err(|_| format!("{text:?} is no day; write it as 2026-11-30"))
    });
    saml.sha1_until = same.or(saml.sha1_until);
    if reader.is_ticked("answer_to") {
        let mut aliases = Vec::new();
        for line in reader.lines("aliases") {
            match acs_url(line) {
                Ok(alias) => aliases.push(alias),
                Err(error) => reader.wrong("aliases", error),
            }
        }
        saml.aliases = aliases;
        reader.pick("answer_to", &mut saml.answer_to);
    }
}

fn people(reader: &mut Reader<'_>, saml: &mut SamlSettings) {
    saml.subject = match reader.text("subject") {
        Some("name_id") => Some(SubjectKey::NameId),
        Some("claims") => {
            Some(SubjectKey::Claims(reader.lines("subject_claims").into_iter().map(Claim::new).collect()))
        }
        _ => None,
    };
    reader.take("button_text", &mut saml.button.text, |text| Ok::<_, String>(text.to_owned()));
    reader.pick_or_none("button_icon", &mut saml.button.icon);
    reader.pick_or_none("start", &mut saml.start);
    saml.keeps_attributes = reader.is_ticked("keeps_attributes");
}

/// An address of SAML; one of another protocol is named (HY-21).
fn address(text: &str, loopback: LoopbackHttp) -> Result<EndpointUrl, String> {
    if let Some(other) = other_protocol(text) {
        return Err(format!("this is {other}; {} is wanted; {}", other.want(), other.fix()));
    }
    EndpointUrl::new(text, loopback).map_err(|error| error.to_string())
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
