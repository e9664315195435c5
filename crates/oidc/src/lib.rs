#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod authorize;
pub mod client;
pub mod code;
pub mod discovery;
mod excerpt;
mod form;
pub mod id_token;
pub mod issuer;
pub mod jwks;
pub mod key;
pub mod logout_token;
mod opaque;
pub mod pkce;
pub mod redirect_uri;
pub mod relying_party;
pub mod scope;
mod session_token;
mod stored_time;
pub mod subject;
pub mod token;
mod url;
pub mod userinfo;

pub use authorize::{AuthorizationError, AuthorizationRequest, ErrorCode, Prompt, Shown};
pub use client::{Client, ClientAuthentication, ClientId, ClientSecret, SecretHash};
pub use code::{AuthorizationCode, CodeHash, Grant, SignedIn};
pub use discovery::{Discovery, Endpoints};
pub use form::FormError;
pub use id_token::{AccountClaim, Claims, UserClaims};
pub use issuer::Issuer;
pub use jwks::{Jwk, Jwks};
pub use key::SigningKey;
pub use logout_token::{BackChannelUri, LogoutClaims};
pub use opaque::RANDOM;
pub use redirect_uri::RedirectUri;
pub use scope::Scope;
pub use session_token::{PasswordLink, PasswordLinkHash, SessionToken, SessionTokenHash};
pub use subject::Subject;
pub use token::{AuthenticatedRequest, GrantRequest, TokenError, TokenRequest, TokenResponse};
pub use url::{MAX_URL, UrlError};
pub use userinfo::{AccessGrant, AccessToken, AccessTokenHash, Userinfo, UserinfoError};
