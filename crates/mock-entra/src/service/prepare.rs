//! What a seed leaves open is filled in; what Entra would not take is refused.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use regex::Regex;
use vestibule_saml::sp::entra::is_guid;
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp};
use vestibule_xmlsec::keys::read_certificates;

use super::certificates::{APPLICATION, Certificates, TENANT};
use super::change::ChangeError;
use super::claims::{ClaimRule, RESTRICTED, Transform};
use super::guid_of;
use super::keys::{FOR_APPLICATIONS, FOR_TENANTS};
use super::seed::{
    Application, CertificateStatus, Group, IdentifierPolicy, Seed, SigningCertificate, SigningKeyOf, Tenant, User,
};

/// How many certificates may verify requests.
const VERIFICATION_CERTIFICATES: usize = 3;

/// Which keys are taken, so that each certificate gets one of its own as long as there are any.
#[derive(Debug, Default)]
pub(super) struct TakenKeys(BTreeSet<String>);

impl TakenKeys {
    /// Those of all certificates of a seed.
    pub(super) fn of(seed: &Seed) -> Self {
        let of_tenants = seed.tenants.iter().flat_map(|tenant| &tenant.certificates);
        let of_applications =
            seed.tenants.iter().flat_map(|tenant| &tenant.applications).flat_map(|app| &app.certificates);
        Self(of_tenants.chain(of_applications).map(|entry| entry.key.clone()).collect())
    }

    fn next(&mut self, names: &[&str]) -> String {
        let free = names.iter().find(|name| !self.0.contains(**name));
        let name = free.copied().unwrap_or_else(|| names.get(self.0.len() % names.len()).copied().unwrap_or("app-1"));
        self.0.insert(name.to_owned());
        name.to_owned()
    }
}

pub(super) fn seed(seed: &mut Seed, certificates: &mut Certificates, now: Timestamp) -> Result<(), ChangeError> {
    let mut taken = TakenKeys::of(seed);
    let mut ids = BTreeSet::new();
    for entry in &mut seed.tenants {
        tenant(entry, certificates, &mut taken, now)?;
        if !ids.insert(entry.id.clone()) {
            return Err(ChangeError::Twice { what: "tenant", got: entry.id.clone() });
        }
    }
    Ok(())
}

pub(super) fn tenant(
    tenant: &mut Tenant,
    certificates: &mut Certificates,
    taken: &mut TakenKeys,
    now: Timestamp,
) -> Result<(), ChangeError> {
    lower_guid("tenant", &mut tenant.id)?;
    plain("name of the tenant", &tenant.name)?;
    if tenant.certificates.is_empty() {
        tenant.certificates.push(SigningCertificate { status: CertificateStatus::Active, ..Default::default() });
    }
    for entry in &mut tenant.certificates {
        complete(entry, &FOR_TENANTS, 5, taken, now);
        certificates.of(TENANT, entry)?;
    }
    for entry in &mut tenant.users {
        user(entry, &tenant.id)?;
    }
    for entry in &mut tenant.groups {
        group(entry, &tenant.id)?;
    }
    let mut names = BTreeSet::new();
    for user in &tenant.users {
        if !names.insert(user.user_principal_name.to_lowercase()) {
            return Err(ChangeError::Twice { what: "user", got: user.user_principal_name.clone() });
        }
    }
    let mut ids = BTreeSet::new();
    let domains = tenant.domains.clone();
    for app in &mut tenant.applications {
        application(app, &[], (&tenant.id, &domains), certificates, taken, now)?;
        if !ids.insert(app.app_id.clone()) {
            return Err(ChangeError::Twice { what: "application", got: app.app_id.clone() });
        }
    }
    let mut rest = tenant.applications.as_slice();
    while let Some((app, others)) = rest.split_first() {
        not_in_use(app, others)?;
        rest = others;
    }
    Ok(())
}

/// An identifier names one application of a tenant.
pub(super) fn not_in_use(app: &Application, others: &[Application]) -> Result<(), ChangeError> {
    for identifier in &app.identifiers {
        if let Some(other) = others.iter().find(|other| other.identifiers.contains(identifier)) {
            return Err(ChangeError::IdentifierInUse { got: identifier.clone(), by: other.name.clone() });
        }
    }
    Ok(())
}

/// `before` holds the identifiers that the application had: the policy is for new ones (E-8).
pub(super) fn application(
    app: &mut Application,
    before: &[String],
    (tenant, domains): (&str, &[String]),
    certificates: &mut Certificates,
    taken: &mut TakenKeys,
    now: Timestamp,
) -> Result<(), ChangeError> {
    lower_guid("application ID", &mut app.app_id)?;
    if app.service_principal_id.is_empty() {
        app.service_principal_id = guid_of(&["service principal", tenant, &app.app_id]);
    }
    lower_guid("service principal", &mut app.service_principal_id)?;
    plain("name of the application", &app.name)?;
    for identifier in &app.identifiers {
        EntityId::new(identifier.as_str()).map_err(|error| ChangeError::Identifier { reason: error.to_string() })?;
        let known = before.contains(identifier);
        if app.identifier_policy == IdentifierPolicy::Secure
            && !known
            && !is_secure(identifier, tenant, &app.app_id, domains)
        {
            let reason =
                format!("{identifier} has neither a verified domain nor the tenant's ID nor the application's");
            return Err(ChangeError::Identifier { reason });
        }
    }
    addresses(app)?;
    if app.certificates.is_empty() && app.signing_key == SigningKeyOf::Application {
        app.certificates.push(SigningCertificate { status: CertificateStatus::Active, ..Default::default() });
    }
    for entry in &mut app.certificates {
        complete(entry, &FOR_APPLICATIONS, 3, taken, now);
        certificates.of(APPLICATION, entry)?;
    }
    let uploads = app.verification_certificates.iter().chain(app.encryption.as_ref().map(|it| &it.certificate));
    if app.verification_certificates.len() > VERIFICATION_CERTIFICATES {
        return Err(ChangeError::TooMany {
            what: "verification certificates",
            got: app.verification_certificates.len(),
            most: VERIFICATION_CERTIFICATES,
        });
    }
    for upload in uploads.filter(|upload| !upload.is_empty()) {
        read_certificates(upload.as_bytes()).map_err(|error| ChangeError::Certificate { reason: error.to_string() })?;
    }
    attributes_and_claims(app)
}

fn addresses(app: &mut Application) -> Result<(), ChangeError> {
    let url = |url: &String| EndpointUrl::new(url.as_str(), LoopbackHttp::Allow).map(drop);
    app.reply_urls.iter().try_for_each(url)?;
    once("identifier", &app.identifiers)?;
    once("reply URL", &app.reply_urls)?;
    app.sign_on_url.iter().try_for_each(url).map_err(ChangeError::SignOnUrl)?;
    app.logout_url.iter().try_for_each(url).map_err(ChangeError::LogoutUrl)?;
    plain("Relay State", app.relay_state.as_deref().unwrap_or_default())?;
    let (reply_urls, indexes) = (&app.reply_urls, &mut app.reply_url_indexes);
    indexes.retain(|url, _| reply_urls.contains(url));
    let mut seen = BTreeSet::new();
    match indexes.values().find(|index| !seen.insert(**index)) {
        Some(&got) => Err(ChangeError::Index { got }),
        None => Ok(()),
    }
}

fn once(what: &'static str, texts: &[String]) -> Result<(), ChangeError> {
    let mut seen = BTreeSet::new();
    match texts.iter().find(|text| !seen.insert(*text)) {
        Some(got) => Err(ChangeError::Twice { what, got: got.clone() }),
        None => Ok(()),
    }
}

/// An Inactive entry for a new certificate.
pub(super) fn new_certificate(taken: &mut TakenKeys, now: Timestamp) -> SigningCertificate {
    let mut entry = SigningCertificate { not_before: Some(now), ..Default::default() };
    complete(&mut entry, &FOR_APPLICATIONS, 3, taken, now);
    entry
}

fn complete(entry: &mut SigningCertificate, names: &[&str], years: i64, taken: &mut TakenKeys, now: Timestamp) {
    if entry.key.is_empty() {
        entry.key = taken.next(names);
    }
    let from = entry.not_before.unwrap_or_else(|| now.checked_sub(SignedDuration::from_hours(30 * 24)).unwrap_or(now));
    let until = from.to_zoned(TimeZone::UTC).checked_add(Span::new().years(years));
    entry.not_before = Some(from);
    entry.not_after = entry.not_after.or_else(|| Some(until.map_or(Timestamp::MAX, |until| until.timestamp())));
}

fn is_secure(identifier: &str, tenant: &str, app_id: &str, domains: &[String]) -> bool {
    let host = identifier.split_once("://").map_or(identifier, |(_, rest)| rest);
    let host = host.split(['/', ':', '?']).next().unwrap_or_default();
    let verified = |domain: &String| host == domain || host.ends_with(&format!(".{domain}"));
    identifier.contains(tenant) || identifier.contains(app_id) || domains.iter().any(verified)
}

fn user(user: &mut User, tenant: &str) -> Result<(), ChangeError> {
    if user.user_principal_name.is_empty() {
        return Err(ChangeError::Missing { what: "user_principal_name" });
    }
    if user.id.is_empty() {
        user.id = guid_of(&["user", tenant, &user.user_principal_name]);
    }
    lower_guid("user", &mut user.id)?;
    let optional = [&user.given_name, &user.surname, &user.display_name, &user.mail];
    let texts = optional.into_iter().flatten().chain([&user.user_principal_name]).chain(user.attributes.values());
    for text in texts {
        plain("attribute of a user", text)?;
    }
    Ok(())
}

fn group(group: &mut Group, tenant: &str) -> Result<(), ChangeError> {
    if group.id.is_empty() {
        group.id = guid_of(&["group", tenant, &group.display_name]);
    }
    lower_guid("group", &mut group.id)?;
    plain("name of a group", &group.display_name)
}

fn attributes_and_claims(app: &Application) -> Result<(), ChangeError> {
    transforms(&app.name_id.transforms)?;
    let mut names = BTreeSet::new();
    for rule in app.claims.iter().flatten() {
        claim(rule)?;
        if !names.insert(rule.full_name()) {
            return Err(ChangeError::Twice { what: "claim", got: rule.full_name() });
        }
    }
    let patterns = app.groups.filter.iter().chain(app.groups.replace.as_ref().map(|(pattern, _)| pattern));
    for pattern in patterns {
        Regex::new(pattern).map_err(|error| ChangeError::Pattern { reason: error.to_string() })?;
    }
    Ok(())
}

fn claim(rule: &ClaimRule) -> Result<(), ChangeError> {
    if rule.name.is_empty() {
        return Err(ChangeError::Missing { what: "name of a claim" });
    }
    let name = rule.full_name();
    if RESTRICTED.contains(&name.as_str()) {
        return Err(ChangeError::RestrictedClaim { got: name });
    }
    plain("name of a claim", &name)?;
    transforms(&rule.transforms)?;
    rule.conditions.iter().try_for_each(|condition| transforms(&condition.transforms))
}

fn transforms(list: &[Transform]) -> Result<(), ChangeError> {
    if list.len() > 2 {
        return Err(ChangeError::TooManyTransforms { got: list.len() });
    }
    for transform in list {
        if let Transform::RegexReplace { pattern, .. } = transform {
            Regex::new(pattern).map_err(|error| ChangeError::Pattern { reason: error.to_string() })?;
        }
    }
    Ok(())
}

fn lower_guid(what: &'static str, id: &mut str) -> Result<(), ChangeError> {
    id.make_ascii_lowercase();
    if is_guid(id) { Ok(()) } else { Err(ChangeError::NotAGuid { what, got: id.to_owned() }) }
}

/// XML has no place for most control characters.
fn plain(what: &'static str, text: &str) -> Result<(), ChangeError> {
    if text.chars().any(char::is_control) { Err(ChangeError::ControlCharacter { what }) } else { Ok(()) }
}
