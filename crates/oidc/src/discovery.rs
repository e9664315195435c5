//! The discovery document. OIDC Discovery §3, RFC 8414 §2.

use serde::Serialize;

use crate::authorize::{ResponseMode, prompt};
use crate::issuer::Issuer;
use crate::scope;

/// How clients prove themselves at the endpoints that they call; the last, not at all, is for public ones.
const AUTHENTICATION_METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// Where the endpoints are; absolute URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `authorization_endpoint`.
    pub authorization: String,
    /// `token_endpoint`.
    pub token: String,
    /// `userinfo_endpoint`.
    pub userinfo: String,
    /// `jwks_uri`.
    pub jwks: String,
    /// `introspection_endpoint`. RFC 7662.
    pub introspection: String,
    /// `revocation_endpoint`. RFC 7009.
    pub revocation: String,
    /// `end_session_endpoint`. RP-Initiated Logout 1.0 §2.1.
    pub end_session: String,
}

/// What this provider offers, for `{issuer}/.well-known/openid-configuration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the members of the standard's document, one field each")]
pub struct Discovery<'a> {
    issuer: &'a Issuer,
    authorization_endpoint: &'a str,
    token_endpoint: &'a str,
    userinfo_endpoint: &'a str,
    jwks_uri: &'a str,
    introspection_endpoint: &'a str,
    revocation_endpoint: &'a str,
    end_session_endpoint: &'a str,
    scopes_supported: &'static [&'static str],
    response_types_supported: &'static [&'static str],
    response_modes_supported: &'static [&'static str],
    grant_types_supported: &'static [&'static str],
    subject_types_supported: &'static [&'static str],
    id_token_signing_alg_values_supported: &'static [&'static str],
    token_endpoint_auth_methods_supported: &'static [&'static str],
    introspection_endpoint_auth_methods_supported: &'static [&'static str],
    revocation_endpoint_auth_methods_supported: &'static [&'static str],
    code_challenge_methods_supported: &'static [&'static str],
    prompt_values_supported: &'static [&'static str],
    ui_locales_supported: &'static [&'static str],
    claims_supported: &'static [&'static str],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    // The default of the standard is true, so silence would promise it.
    request_uri_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
    // Back-Channel Logout 1.0 §2.1.
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
}

impl<'a> Discovery<'a> {
    /// The document of `issuer`.
    pub fn new(issuer: &'a Issuer, endpoints: &'a Endpoints) -> Self {
        Self {
            issuer,
            authorization_endpoint: &endpoints.authorization,
            token_endpoint: &endpoints.token,
            userinfo_endpoint: &endpoints.userinfo,
            jwks_uri: &endpoints.jwks,
            end_session_endpoint: &endpoints.end_session,
            introspection_endpoint: &endpoints.introspection,
            revocation_endpoint: &endpoints.revocation,
            scopes_supported: &scope::SUPPORTED,
            response_types_supported: &["code"],
            response_modes_supported: &ResponseMode::SUPPORTED,
            grant_types_supported: &["authorization_code", "refresh_token", "client_credentials"],
            subject_types_supported: &["public"],
            id_token_signing_alg_values_supported: &["ES256", "RS256"],
            token_endpoint_auth_methods_supported: &AUTHENTICATION_METHODS,
            introspection_endpoint_auth_methods_supported: &AUTHENTICATION_METHODS[..2],
            revocation_endpoint_auth_methods_supported: &AUTHENTICATION_METHODS,
            code_challenge_methods_supported: &["S256"],
            prompt_values_supported: &prompt::SUPPORTED,
            ui_locales_supported: &["en", "de"],
            claims_supported: &[
                "iss",
                "sub",
                "aud",
                "exp",
                "iat",
                "auth_time",
                "nonce",
                "acr",
                "amr",
                "sid",
                "email",
                "email_verified",
                "name",
                "preferred_username",
                "given_name",
                "family_name",
                "groups",
                "account",
                "connection",
                "roles",
                "access",
                "attributes",
            ],
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
        }
    }

    /// The document.
    ///
    /// # Errors
    /// None that its fields can cause; `serde_json` cannot say so in its types.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_the_endpoints_and_promises_nothing_that_is_refused() {
        let issuer = Issuer::new("https://sso.example.com").unwrap();
        let at = |path: &str| format!("{issuer}/oidc/{path}");
        let endpoints = Endpoints {
            authorization: at("authorize"),
            token: at("token"),
            userinfo: at("userinfo"),
            jwks: at("jwks"),
            introspection: at("introspect"),
            revocation: at("revoke"),
            end_session: at("logout"),
        };
        let document: serde_json::Value =
            serde_json::from_str(&Discovery::new(&issuer, &endpoints).to_json().unwrap()).unwrap();
        assert_eq!(document["issuer"], "https://sso.example.com");
        assert_eq!(document["jwks_uri"], "https://sso.example.com/oidc/jwks");
        assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
        assert_eq!(document["request_uri_parameter_supported"], false);
        assert_eq!(document["end_session_endpoint"], "https://sso.example.com/oidc/logout");
        assert_eq!(document["response_modes_supported"], serde_json::json!(["query", "form_post"]));
        let prompts = serde_json::json!(["none", "login", "select_account", "consent"]);
        assert_eq!(document["prompt_values_supported"], prompts);
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    }
}
