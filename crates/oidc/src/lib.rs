#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod algorithm;
pub mod authorize;
mod claims;
pub mod client;
pub mod code;
pub mod discovery;
pub mod end_session;
mod excerpt;
mod form;
#[doc(hidden)]
pub mod fuzzing;
pub mod id_token;
pub mod id_token_hint;
pub mod issuer;
pub mod jwks;
pub mod key;
pub mod logout_token;
mod opaque;
pub mod pkce;
pub mod redirect_uri;
pub mod refresh;
pub mod relying_party;
pub mod scope;
mod session_token;
pub mod site_claims;
mod stored_time;
pub mod subject;
pub mod token;
pub mod token_question;
mod url;
pub mod userinfo;

pub use algorithm::{Algorithm, AlgorithmError};
pub use authorize::{Answer, AuthorizationError, AuthorizationRequest, ErrorCode, PostedAnswer, Prompt, Shown};
pub use claims::{AccountClaim, ClaimValue, UserClaims};
pub use client::{Client, ClientAuthentication, ClientId, ClientSecret, Pkce, SecretHash};
pub use code::{AuthorizationCode, CodeHash, Grant, SignedIn};
pub use discovery::{Discovery, Endpoints};
pub use end_session::{EndSessionError, EndSessionRequest, PostLogout};
pub use form::FormError;
pub use id_token::Claims;
pub use id_token_hint::{IdTokenHint, IdTokenHintError};
pub use issuer::Issuer;
pub use jwks::{Jwk, Jwks};
pub use key::SigningKey;
pub use logout_token::{BackChannelUri, LogoutClaims};
pub use opaque::RANDOM;
pub use redirect_uri::RedirectUri;
pub use refresh::{RefreshGrant, RefreshToken};
pub use scope::Scope;
pub use session_token::{
    API_KEY_PREFIX, ApiSecret, ApiSecretHash, PasswordLink, PasswordLinkHash, SessionToken, SessionTokenHash,
    SetupToken, SetupTokenHash, SiteToken, SiteTokenHash,
};
pub use site_claims::SiteClaims;
pub use subject::Subject;
pub use token::{AuthenticatedRequest, GrantRequest, TokenError, TokenRequest, TokenResponse};
pub use token_question::{AnyToken, Introspection, TokenQuestion};
pub use url::{MAX_URL, UrlError};
pub use userinfo::{AccessGrant, AccessToken, AccessTokenHash, OwnGrant, Userinfo, UserinfoError};
