//! Settings are judged when they are saved: each problem names the setting, what it got, what it wants and the fix.

mod claims;
mod endpoint;

use jiff::{SignedDuration, Timestamp};
use vestibule_saml::sp::entra;
use vestibule_saml::types::{AcsUrl, EndpointUrl, LoopbackHttp};
use vestibule_xmlsec::keys::read_certificates;

use crate::application::ApplicationSettings;
use crate::connection::{AnswerTo, Reauthentication, SamlSettings};
use crate::deep_link::plain_path;
use crate::grants;
use crate::mapping::{Mapping, Rule, SubjectKey};
use crate::name::NameError;

pub use claims::{ADDRESS_CLAIMS, MAX_CLAIM_RULES, RESERVED_CLAIMS};
pub use endpoint::{OtherProtocol, other_protocol};

/// How far ahead the end of SHA-1 may lie (A11.3).
pub const MAX_SHA1: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The most clocks may differ by, in seconds (E-24).
pub const MAX_SKEW: u16 = 300;
/// The most further addresses of a connection.
pub const MAX_ALIASES: usize = 32;
/// The most certificates of a connection.
pub const MAX_CERTIFICATES: usize = 64;
/// The longest text of a button, in characters.
pub const MAX_BUTTON: usize = 80;
/// The most sources of one rule.
pub const MAX_SOURCES: usize = 16;
/// The most properties of an account's own.
pub const MAX_MORE: usize = 64;
/// The most rules for roles.
pub const MAX_ROLES: usize = 1000;

/// The most kinds of scope of an application.
pub const MAX_SCOPE_KINDS: usize = 20;
/// The most values of a kind of scope; one with more has none in its settings, so that any is taken.
pub const MAX_SCOPE_VALUES: usize = 500;

/// The first segments of our own paths. An alias below one of them would be answered by what stands there.
pub const OWN_PATHS: [&str; 16] = [
    "sign-in",
    "sso",
    "oidc",
    "me",
    "sign-out",
    "waiting",
    "set-up",
    "connections",
    "console",
    "assets",
    "brand",
    ".well-known",
    "healthz",
    "readyz",
    "outbox",
    "forward-auth",
];

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// The setting's name, as in files.
    pub field: String,
    /// What was given.
    pub got: String,
    /// What is wanted.
    pub want: String,
    /// What to do.
    pub fix: String,
}

impl SettingProblem {
    fn new(field: impl Into<String>, got: impl Into<String>, want: &str, fix: &str) -> Self {
        Self { field: field.into(), got: got.into(), want: want.to_owned(), fix: fix.to_owned() }
    }
}

impl std::fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { field, got, want, fix } = self;
        write!(f, "{field}: got {got}; {want} is wanted; {fix}")
    }
}

/// Reads an address at which answers are to be taken. A host may be a name or an address of the internet protocol
/// (XC-12).
///
/// # Errors
/// A wildcard is refused with the reason (XC-33); all else by its [`UrlError`](vestibule_saml::types::UrlError), in words.
pub fn acs_url(text: &str) -> Result<AcsUrl, String> {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('*') {
        return Err(NameError::Wildcard { got: text.to_owned() }.to_string());
    }
    AcsUrl::new(text).map_err(|error| error.to_string())
}

impl SamlSettings {
    /// What is wrong with the settings; empty when they may be saved. `loopback_http` is allowed only where the
    /// deployment's own public URL is a loopback host (A24.4). What is absent is no problem here: a draft may lack
    /// it ([`readiness`](Self::readiness)).
    pub fn check(&self, now: Timestamp, loopback_http: LoopbackHttp) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        self.check_addresses(loopback_http, &mut problems);
        self.check_entity_ids(&mut problems);
        self.check_certificates(&mut problems);
        self.check_bounds(now, &mut problems);
        if self.subject == Some(SubjectKey::Claims(Vec::new())) {
            let want = "at least one claim";
            problems.push(SettingProblem::new("subject", "no claim", want, "name the claim that identifies people"));
        }
        self.mapping.check(&mut problems);
        problems
    }

    fn check_addresses(&self, loopback_http: LoopbackHttp, problems: &mut Vec<SettingProblem>) {
        let sign_on = self.sign_on.as_ref().map(|sign_on| sign_on.url.as_str());
        let logout = self.logout_url.as_ref().map(EndpointUrl::as_str);
        let answers = self.logout_answer_url.as_ref().map(EndpointUrl::as_str);
        for (field, url) in [("sign_on", sign_on), ("logout_url", logout), ("logout_answer_url", answers)] {
            let Some(url) = url else { continue };
            if let Some(other) = other_protocol(url) {
                problems.push(SettingProblem::new(field, format!("{url:?}, {other}"), other.want(), other.fix()));
            }
            problems.extend(address(field, url, loopback_http));
        }
        if let Some(url) = &self.metadata_url {
            problems.extend(address("metadata_url", url, loopback_http));
        }
        for alias in &self.aliases {
            problems.extend(address("aliases", alias.as_str(), loopback_http));
            problems.extend(shadowed(alias));
        }
        for (place, alias) in self.aliases.iter().enumerate() {
            if self.aliases[..place].contains(alias) {
                problems.push(SettingProblem::new(
                    "aliases",
                    alias.to_string(),
                    "each address once",
                    "remove one of the two",
                ));
            }
        }
        if self.aliases.len() > MAX_ALIASES {
            let got = format!("{} addresses", self.aliases.len());
            problems.push(SettingProblem::new("aliases", got, &format!("at most {MAX_ALIASES}"), "remove some"));
        }
        if self.answer_to == AnswerTo::FirstAlias && self.aliases.is_empty() {
            let fix = "add the address that the identity provider has registered to aliases, or set answer_to to own";
            problems.push(SettingProblem::new("answer_to", "first_alias without aliases", "an alias", fix));
        }
    }

    fn check_entity_ids(&self, problems: &mut Vec<SettingProblem>) {
        let Some(issuer) = &self.issuer else { return };
        let text = issuer.as_str();
        if text.contains("{tenant") {
            let want = "the issuer of one tenant, such as https://sts.windows.net/<tenant id>/";
            problems.push(SettingProblem::new(
                "issuer",
                issuer.to_string(),
                want,
                "put your tenant's id in the place of {tenant}",
            ));
        } else if text.strip_prefix("https://sts.windows.net/").is_some_and(entra::is_guid) {
            let fix = "add the slash at its end: issuers are compared character by character";
            problems.push(SettingProblem::new("issuer", issuer.to_string(), &format!("{text}/"), fix));
        }
        if self.entity_id.as_ref() == Some(issuer) {
            let fix =
                "set our own entity ID (Entra: Identifier), or leave it out; the identity provider's is the issuer";
            problems.push(SettingProblem::new("entity_id", issuer.to_string(), "another one than the issuer's", fix));
        }
    }

    fn check_certificates(&self, problems: &mut Vec<SettingProblem>) {
        let mut seen = Vec::new();
        let field = |place: usize| format!("certificates[{place}]");
        let download = "download the signing certificate again (Entra: Certificate (Base64))";
        for (place, text) in self.certificates.iter().enumerate() {
            let certificate = match read_certificates(text.as_bytes()).as_deref() {
                Ok([one]) => one.clone(),
                Ok(several) => {
                    let got = format!("{} certificates in one text", several.len());
                    problems.push(SettingProblem::new(field(place), got, "one in each", "give each its own place"));
                    continue;
                }
                Err(error) => {
                    problems.push(SettingProblem::new(field(place), error.to_string(), "a certificate", download));
                    continue;
                }
            };
            if let Err(error) = certificate.public_key() {
                let got = format!("the certificate of {}: {error}", certificate.subject());
                let fix = "let the identity provider sign with a key that may be trusted, and give its certificate";
                problems.push(SettingProblem::new(field(place), got, "a key that may verify signatures", fix));
            }
            if seen.contains(&certificate) {
                let got = certificate.subject().to_owned();
                problems.push(SettingProblem::new(field(place), got, "each certificate once", "remove one of the two"));
            }
            seen.push(certificate);
        }
        if self.certificates.len() > MAX_CERTIFICATES {
            let got = format!("{} certificates", self.certificates.len());
            let fix = "remove those that have expired";
            problems.push(SettingProblem::new("certificates", got, &format!("at most {MAX_CERTIFICATES}"), fix));
        }
    }

    fn check_bounds(&self, now: Timestamp, problems: &mut Vec<SettingProblem>) {
        if let Some(until) = self.sha1_until.filter(|until| until.duration_since(now) > MAX_SHA1) {
            let want = format!("an end at most 90 days ahead ({} at the latest)", now + MAX_SHA1);
            let fix = "choose an earlier end, and let the identity provider sign with SHA-256 until then";
            problems.push(SettingProblem::new("sha1_until", until.to_string(), &want, fix));
        }
        if self.clock_skew > MAX_SKEW {
            let want = format!("at most {MAX_SKEW} seconds");
            problems.push(SettingProblem::new(
                "clock_skew",
                self.clock_skew.to_string(),
                &want,
                "let both clocks be set by NTP",
            ));
        }
        if self.reauthentication == Reauthentication::After(0) {
            let want = "a number of seconds above 0";
            problems.push(SettingProblem::new("reauthentication", "after 0 seconds", want, "use always instead"));
        }
        if let Some(text) = &self.button.text
            && (text.trim().is_empty() || text.chars().count() > MAX_BUTTON || text.chars().any(char::is_control))
        {
            let want = format!("one line of 1 to {MAX_BUTTON} characters");
            problems.push(SettingProblem::new(
                "button.text",
                format!("{text:?}"),
                &want,
                "shorten it, or leave it out",
            ));
        }
    }
}

impl Mapping {
    fn check(&self, problems: &mut Vec<SettingProblem>) {
        let rules = self.rules.iter().map(|(property, rule)| (format!("mapping.rules.{}", property.name()), rule));
        let more = self.more.iter().map(|(name, rule)| (format!("mapping.more.{name}"), rule));
        for (field, Rule { sources, .. }) in rules.chain(more) {
            if sources.len() > MAX_SOURCES {
                let got = format!("{} sources", sources.len());
                problems.push(SettingProblem::new(field, got, &format!("at most {MAX_SOURCES}"), "remove some"));
            }
        }
        for name in self.more.keys().filter(|name| !is_property(name)) {
            let want = "1 to 63 of the lower-case letters, digits and _, a letter first";
            problems.push(SettingProblem::new("mapping.more", format!("{name:?}"), want, "choose another name"));
        }
        if self.more.len() > MAX_MORE {
            let got = format!("{} properties", self.more.len());
            problems.push(SettingProblem::new("mapping.more", got, &format!("at most {MAX_MORE}"), "remove some"));
        }
        if self.roles.len() > MAX_ROLES {
            let got = format!("{} rules", self.roles.len());
            let fix = "let the identity provider send roles instead of groups";
            problems.push(SettingProblem::new("mapping.roles", got, &format!("at most {MAX_ROLES}"), fix));
        }
        for (place, rule) in self.roles.iter().enumerate() {
            if rule.claim.as_str().is_empty() || rule.value.is_empty() || rule.role.trim().is_empty() {
                let field = format!("mapping.roles[{place}]");
                let fix = "name the group by its object id or name, and the role that it gives";
                problems.push(SettingProblem::new(field, "an empty text", "a claim, a value and a role", fix));
            }
        }
    }
}

impl ApplicationSettings {
    /// What is wrong with the list of deep links; empty when it may be saved. An entry has to be a plain path, for
    /// only such can ever be compared with it.
    pub fn check_deep_links(&self) -> Vec<SettingProblem> {
        let problem = |entry: &String| {
            let error = match plain_path(entry) {
                Ok(path) if path == entry => return None,
                Ok(_) => "it has a query".to_owned(),
                Err(error) => error.to_string(),
            };
            let want = "a path such as /reports/ (and all below it) or /inbox";
            Some(SettingProblem::new(
                "deep_links",
                format!("{entry:?}: {error}"),
                want,
                "leave away what is not the path",
            ))
        };
        self.deep_links.iter().filter_map(problem).collect()
    }
}

impl ApplicationSettings {
    /// What is wrong with the roles and kinds of scope that it offers; empty when they may be saved.
    pub fn check_offer(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let mut name = |field: String, name: &str, twice: bool| {
            let (got, want, fix) = if !grants::is_name(name) {
                (format!("{name:?}"), "1 to 100 characters without line breaks", "write it as the application knows it")
            } else if twice {
                (format!("{name:?} twice"), "each once", "leave one of the two out")
            } else {
                return;
            };
            problems.push(SettingProblem::new(field, got, want, fix));
        };
        for (place, role) in self.roles.iter().enumerate() {
            name(format!("roles[{place}].name"), &role.name, self.roles[..place].iter().any(|it| it.name == role.name));
            name(format!("roles[{place}].title"), &role.title, false);
        }
        for (place, kind) in self.scope_kinds.iter().enumerate() {
            let before = &self.scope_kinds[..place];
            name(format!("scope_kinds[{place}].kind"), &kind.kind, before.iter().any(|it| it.kind == kind.kind));
            name(format!("scope_kinds[{place}].title"), &kind.title, false);
            for value in kind.values.iter().flatten() {
                name(format!("scope_kinds[{place}].values"), value, false);
            }
        }
        for (place, kind) in self.scope_kinds.iter().enumerate() {
            let got = match kind.values.as_deref() {
                Some([]) => "an empty list".to_owned(),
                Some(values) if values.len() > MAX_SCOPE_VALUES => format!("{} values", values.len()),
                _ => continue,
            };
            let want = format!("1 to {MAX_SCOPE_VALUES} values");
            let fix = "leave it out, and any value may be given";
            problems.push(SettingProblem::new(format!("scope_kinds[{place}].values"), got, &want, fix));
        }
        for (field, got, most) in
            [("roles", self.roles.len(), grants::MAX_ROLES), ("scope_kinds", self.scope_kinds.len(), MAX_SCOPE_KINDS)]
        {
            if got > most {
                problems.push(SettingProblem::new(field, format!("{got}"), &format!("at most {most}"), "remove some"));
            }
        }
        problems
    }
}

fn address(field: &str, url: &str, loopback_http: LoopbackHttp) -> Option<SettingProblem> {
    let error = EndpointUrl::new(url, loopback_http).err()?;
    let fix = "use the https address (http is for loopback hosts of a deployment that is on one itself)";
    Some(SettingProblem::new(field, error.to_string(), "an https address", fix))
}

/// An alias where an address of ours stands, at every host: nothing would ever arrive at it.
fn shadowed(alias: &AcsUrl) -> Option<SettingProblem> {
    let path = alias.as_str().split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let first = path.split('/').next().unwrap_or_default();
    if !path.is_empty() && !OWN_PATHS.contains(&first) {
        return None;
    }
    let want = "a path that is none of our own, such as /saml2/idpresponse";
    let fix = "let the identity provider answer at another path; each connection has its own Reply URL besides";
    Some(SettingProblem::new("aliases", format!("{alias}, where /{first} is an address of ours"), want, fix))
}

fn is_property(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

#[cfg(test)]
mod tests;
