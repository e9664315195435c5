//! Addresses of other protocols, which stand beside the right ones in the portals and are pasted by error (HY-21).

use std::fmt;

/// What an address is that is not one of SAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherProtocol {
    /// WS-Federation.
    WsFederation,
    /// WS-Trust.
    WsTrust,
    /// OAuth 2.0: where people authorise.
    OAuthAuthorization,
    /// OAuth 2.0: where tokens are had.
    OAuthToken,
    /// OAuth 2.0 or OpenID Connect: where people log out.
    OAuthLogout,
    /// The discovery document of OpenID Connect.
    OpenIdConfiguration,
    /// The metadata itself.
    Metadata,
    /// The programming interface of the directory.
    DirectoryGraph,
    /// A link by which people start at My Apps (E-9).
    UserAccess,
}

impl OtherProtocol {
    /// What is wanted in its place.
    pub const fn want(self) -> &'static str {
        match self {
            Self::Metadata => "the SAML-P sign-on endpoint, or this address as metadata_url",
            _ => "the SAML-P endpoint (Entra: Login URL, https://login.microsoftonline.com/<tenant>/saml2)",
        }
    }

    /// What to do.
    pub const fn fix(self) -> &'static str {
        match self {
            Self::Metadata => {
                "give it as the address of the metadata (metadata_url), from which the other values are read"
            }
            Self::UserAccess => "give this link to people; copy Login URL from Set up, in Single sign-on",
            _ => "copy the value again from Single sign-on, Set up (App registrations: SAML-P sign-on endpoint)",
        }
    }
}

impl fmt::Display for OtherProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WsFederation => "the WS-Federation endpoint",
            Self::WsTrust => "a WS-Trust endpoint",
            Self::OAuthAuthorization => "the OAuth 2.0 authorization endpoint",
            Self::OAuthToken => "the OAuth 2.0 token endpoint",
            Self::OAuthLogout => "the logout endpoint of OpenID Connect",
            Self::OpenIdConfiguration => "the OpenID Connect discovery document",
            Self::Metadata => "the federation metadata document",
            Self::DirectoryGraph => "the Graph API endpoint",
            Self::UserAccess => "a My Apps link (User access URL)",
        })
    }
}

/// What an address is, where it is known to be of another protocol. None for all else, SAML's among them.
pub fn other_protocol(url: &str) -> Option<OtherProtocol> {
    let url = url.to_ascii_lowercase();
    let (_, rest) = url.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = path.trim_end_matches('/');
    // The sign-out link that older portals show beside the SAML addresses.
    let asks_ws_federation = query.split('&').any(|part| part.starts_with("wa=wsign"));
    Some(match path {
        _ if host == "myapps.microsoft.com" || host == "launcher.myapps.microsoft.com" => OtherProtocol::UserAccess,
        _ if host == "graph.microsoft.com" || host == "graph.windows.net" => OtherProtocol::DirectoryGraph,
        _ if path.ends_with("/federationmetadata.xml") => OtherProtocol::Metadata,
        _ if path.ends_with("/.well-known/openid-configuration") || path == ".well-known/openid-configuration" => {
            OtherProtocol::OpenIdConfiguration
        }
        _ if path.contains("/services/trust") => OtherProtocol::WsTrust,
        _ if asks_ws_federation || path.ends_with("/wsfed") || path.ends_with("/wsfederation") => {
            OtherProtocol::WsFederation
        }
        _ if !path.contains("oauth2") => return None,
        _ if path.ends_with("/token") => OtherProtocol::OAuthToken,
        _ if path.ends_with("/logout") => OtherProtocol::OAuthLogout,
        _ => OtherProtocol::OAuthAuthorization,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HY-21: each of the portal's "Endpoints" is told by its name.
    #[test]
    fn each_endpoint_of_another_protocol_is_named() {
        use OtherProtocol as Is;
        let tenant = "https://login.microsoftonline.com/3770f585-1d9b-44d4-9016-2428d0082154";
        for (path, want) in [
            ("/wsfed", Is::WsFederation),
            ("/oauth2/token", Is::OAuthToken),
            ("/oauth2/v2.0/token", Is::OAuthToken),
            ("/oauth2/authorize", Is::OAuthAuthorization),
            ("/oauth2/v2.0/authorize", Is::OAuthAuthorization),
            ("/oauth2/v2.0/logout", Is::OAuthLogout),
            ("/v2.0/.well-known/openid-configuration", Is::OpenIdConfiguration),
            ("/FederationMetadata/2007-06/FederationMetadata.xml?appid=1", Is::Metadata),
        ] {
            assert_eq!(other_protocol(&format!("{tenant}{path}")), Some(want), "{path}");
        }
        for (url, want) in [
            ("https://login.microsoftonline.com/common/wsfederation?wa=wsignout1.0", Is::WsFederation),
            ("https://fs.corp.example/adfs/ls/?wa=wsignout1.0", Is::WsFederation),
            ("https://fs.corp.example/adfs/services/trust/13/windowstransport", Is::WsTrust),
            ("https://graph.windows.net/3770f585", Is::DirectoryGraph),
            ("https://myapps.microsoft.com/signin/Vestibule/0123456789abcdef0123456789abcdef", Is::UserAccess),
        ] {
            assert_eq!(other_protocol(url), Some(want), "{url}");
        }
    }

    #[test]
    fn an_endpoint_of_saml_is_none_of_another_protocol() {
        for url in [
            "https://login.microsoftonline.com/3770f585-1d9b-44d4-9016-2428d0082154/saml2",
            "https://login.microsoftonline.com/corp.example/saml2",
            "https://fs.corp.example/adfs/ls/",
            "https://corp.okta.com/app/vestibule/abc/sso/saml",
            "https://accounts.google.com/o/saml2/idp?idpid=C01abc234",
            "https://idp.corp.example",
        ] {
            assert_eq!(other_protocol(url), None, "{url}");
        }
    }
}
