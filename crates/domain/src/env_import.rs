//! A connection from the five variables of an older system (XC-20 to XC-24).
//!
//! | variable | becomes |
//! |---|---|
//! | `DOMAIN` | the host of the address at which the identity provider answers today: the first alias |
//! | `XC_SAML_ENTRYPOINT` | the sign-on address |
//! | `XC_SAML_CERT` | the signing certificates |
//! | `XC_SAML_ISSUER` | our own entity ID: the "issuer" there is the service provider |
//! | `XC_SAML_LOGOUT_URL` | the logout address; optional |
//!
//! The identity provider's issuer is not among them. At Entra it follows from the sign-on address; elsewhere it has to be
//! set before the connection can be tried.

mod dotenv;

use std::fmt;

use vestibule_saml::sp::entra::{is_guid, tenant_of_issuer};
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp, UrlError};
use vestibule_xmlsec::keys::{CertificateError, TextError, read_certificates};

use crate::connection::{AnswerTo, Preset, SamlSettings, SignOn, SignOnBinding};
use crate::metadata::certificate_text;
use crate::setting::{acs_url, other_protocol};

pub use dotenv::{Variables, read};

/// The path at which that system takes answers (XC-12).
const ACS_PATH: &str = "/api/auth/saml/callback";

/// What came of the variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The settings of a draft, with all that could be read.
    pub settings: SamlSettings,
    /// What could not, in the order of the table.
    pub problems: Vec<EnvProblem>,
}

/// What is wrong with a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvProblem {
    /// The variable.
    pub variable: &'static str,
    /// The byte of its value, from 0, where one place is to blame (XC-32).
    pub byte: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for EnvProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.byte {
            Some(byte) => write!(f, "{}, byte {byte}: {}", self.variable, self.message),
            None => write!(f, "{}: {}", self.variable, self.message),
        }
    }
}

/// The draft that the variables describe. A problem with one of them leaves its setting empty and the others as they are.
pub fn import(variables: &Variables, loopback_http: LoopbackHttp) -> Imported {
    let mut import = Import { variables, loopback_http, problems: Vec::new() };
    let mut settings = Preset::Generic.settings();
    if let Some(alias) = import.alias() {
        settings.aliases.push(alias);
        // The identity provider has registered that address and no other.
        settings.answer_to = AnswerTo::FirstAlias;
    }
    if let Some(url) = import.endpoint("XC_SAML_ENTRYPOINT", Need::Required) {
        let tenant = tenant_of(url.as_str());
        if let Some(preset) = Preset::of_address(url.as_str()).or(tenant.map(|_| Preset::Entra)) {
            settings = SamlSettings { aliases: settings.aliases, answer_to: settings.answer_to, ..preset.settings() };
        }
        settings.issuer = tenant.and_then(|id| EntityId::new(format!("https://sts.windows.net/{id}/")).ok());
        settings.sign_on = Some(SignOn { url, binding: SignOnBinding::Redirect });
    }
    settings.certificates = import.certificates();
    settings.entity_id = import.entity_id();
    settings.logout_url = import.endpoint("XC_SAML_LOGOUT_URL", Need::Optional);
    Imported { settings, problems: import.problems }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

struct Import<'a> {
    variables: &'a Variables,
    loopback_http: LoopbackHttp,
    problems: Vec<EnvProblem>,
}

impl Import<'_> {
    /// The value without what surrounds it by accident. None, with a problem where it is required, when there is none.
    fn value(&mut self, variable: &'static str, need: Need) -> Option<(String, usize)> {
        let raw = self.variables.value(variable).unwrap_or_default();
        let value = raw.trim_matches(is_wrapping);
        if value.is_empty() {
            if need == Need::Required {
                self.problem(variable, None, "it is not set; give its value, or set it in the connection afterwards");
            }
            return None;
        }
        let offset = raw.len() - raw.trim_start_matches(is_wrapping).len();
        Some((value.to_owned(), offset))
    }

    fn problem(&mut self, variable: &'static str, byte: Option<usize>, message: impl fmt::Display) {
        self.problems.push(EnvProblem { variable, byte, message: message.to_string() });
    }

    fn alias(&mut self) -> Option<vestibule_saml::types::AcsUrl> {
        let (domain, _) = self.value("DOMAIN", Need::Required)?;
        let origin = domain.trim_end_matches('/');
        let origin = if origin.contains("://") { origin.to_owned() } else { format!("https://{origin}") };
        match acs_url(&format!("{origin}{ACS_PATH}")) {
            Ok(alias) => Some(alias),
            Err(message) => {
                self.problem("DOMAIN", None, message);
                None
            }
        }
    }

    fn endpoint(&mut self, variable: &'static str, need: Need) -> Option<EndpointUrl> {
        let (value, offset) = self.value(variable, need)?;
        if let Some(other) = other_protocol(&value) {
            let message = format!("{value:?} is {other}; {} is wanted: {}", other.want(), other.fix());
            self.problem(variable, None, message);
            return None;
        }
        match EndpointUrl::new(value, self.loopback_http) {
            Ok(url) => Some(url),
            Err(error) => {
                let byte = match &error {
                    UrlError::Character { offset: at, .. } => Some(offset + at),
                    _ => None,
                };
                self.problem(variable, byte, format!("{error}; copy Login URL or Logout URL again"));
                None
            }
        }
    }

    fn certificates(&mut self) -> Vec<String> {
        let raw = self.variables.value("XC_SAML_CERT").unwrap_or_default();
        if self.value("XC_SAML_CERT", Need::Required).is_none() {
            return Vec::new();
        }
        match read_certificates(raw.as_bytes()) {
            Ok(certificates) => certificates.iter().map(certificate_text).collect(),
            Err(error) => {
                let byte = match &error {
                    CertificateError::Text(TextError::Character { byte, .. }) => Some(*byte),
                    _ => None,
                };
                self.problem("XC_SAML_CERT", byte, error);
                Vec::new()
            }
        }
    }

    fn entity_id(&mut self) -> Option<EntityId> {
        let (value, _) = self.value("XC_SAML_ISSUER", Need::Required)?;
        if tenant_of_issuer(&value).is_some() {
            let message = "this is the identity provider's issuer; the variable holds the Identifier (Entity ID) that the \
                           identity provider knows us by";
            self.problem("XC_SAML_ISSUER", None, message);
            return None;
        }
        EntityId::new(value).map_err(|error| self.problem("XC_SAML_ISSUER", None, error)).ok()
    }
}

/// Quotes, spaces and escaped line ends around a value.
fn is_wrapping(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '\u{feff}')
}

/// The tenant that a sign-on address of Entra's public cloud names by its id (E-4), or of a stand-in for it: http is taken
/// on a developer's own machine alone.
fn tenant_of(sign_on: &str) -> Option<&str> {
    if sign_on.starts_with("https://login.microsoftonline.com/") {
        return tenant_of_issuer(sign_on);
    }
    let (_, path) = sign_on.strip_prefix("http://")?.split_once('/')?;
    path.strip_suffix("/saml2").filter(|tenant| is_guid(tenant))
}

#[cfg(test)]
mod tests;
