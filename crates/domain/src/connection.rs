//! Connections: one account's trust in one identity provider.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vestibule_saml::types::{AcsUrl, AuthnContextClassRef, Binding, EndpointUrl, EntityId, NameIdFormat};

use crate::account::Start;
use crate::id::{AccountId, ConnectionId};
use crate::mapping::{Mapping, SubjectKey};
use crate::name::{Slug, SubDomain};
use crate::text;

/// One account's trust in one identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its identity, which stands in its addresses.
    pub id: ConnectionId,
    /// Whose it is.
    pub account: AccountId,
    /// Its short name, unique in the account.
    pub name: Slug,
    /// How far it is set up.
    pub state: ConnectionState,
    /// All that is set.
    pub saml: SamlSettings,
    /// When a setting was changed last.
    pub edited_at: Timestamp,
    /// When a test passed last; only one that is younger than the last edit counts.
    pub tested_at: Option<Timestamp>,
    /// Counts its changes; caches compare it.
    pub version: i64,
}

/// How far a connection is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Being set up. Only tests run through it.
    Draft,
    /// A test has passed since the last edit.
    Tested,
    /// People sign in through it.
    Active,
    /// It was active and lets nobody in for now.
    Paused,
}

/// What is set for a connection by SAML. Everything that a draft may lack is an `Option`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamlSettings {
    /// What the defaults were taken from.
    #[serde(default)]
    pub preset: Preset,
    /// The identity provider's entity ID: the issuer of its responses (MX-13, MX-26).
    #[serde(default, with = "text::entity_id::optional", skip_serializing_if = "Option::is_none")]
    pub issuer: Option<EntityId>,
    /// Where people are sent to sign in (MX-12, MX-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_on: Option<SignOn>,
    /// Whether sessions keep the attributes as they came, so that an application may have them by the scope `attributes`.
    /// Default: no, for they are personal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_attributes: bool,
    /// Where logout messages are sent; optional (XC-16).
    #[serde(default, with = "text::endpoint::optional", skip_serializing_if = "Option::is_none")]
    pub logout_url: Option<EndpointUrl>,
    /// How logout messages are carried. Default: HTTP-Redirect, the only one that Entra takes (E-37).
    #[serde(default)]
    pub logout_binding: SignOnBinding,
    /// Where answers to logout requests are sent, where that is not `logout_url`.
    #[serde(default, with = "text::endpoint::optional", skip_serializing_if = "Option::is_none")]
    pub logout_answer_url: Option<EndpointUrl>,
    /// Whether logout requests are answered (E-41). Default: they are.
    #[serde(default)]
    pub logout_reply: LogoutReply,
    /// The certificates whose keys may sign, as DER in base64; several during a rollover (MX-14).
    #[serde(default)]
    pub certificates: Vec<String>,
    /// Where the metadata is read again from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// Whether these certificates are the only ones: newer metadata adds none (A27.1). Default: it does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub certificates_pinned: bool,
    /// Our entity ID towards this identity provider: any URI or bare string, the ACS URL too (XC-11, CC-2, CC-3, CC-9,
    /// SC-7, HY-18). Default: the address of our metadata.
    #[serde(default, with = "text::entity_id::optional", skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    /// The sub-domain of the account at which the connection's own addresses stand: the identity provider has them, so
    /// they do not follow when the account is renamed (MX-16). Default: that of the account when the connection was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_domain: Option<SubDomain>,
    /// Further addresses at which answers are taken, for customers who migrate (XC-12, SC-8). The first of them is
    /// the one that is asked for where `ask_alias` says so.
    #[serde(default, with = "text::acs_url::list", skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<AcsUrl>,
    /// Which address our requests name: our own, or the first alias, where the identity provider knows only that.
    #[serde(default)]
    pub answer_to: AnswerTo,
    /// The format in which the person is to be named; none: as the identity provider is set up.
    #[serde(default, with = "text::name_id_format::optional", skip_serializing_if = "Option::is_none")]
    pub name_id_format: Option<NameIdFormat>,
    /// What must be signed (MX-8).
    #[serde(default)]
    pub signed: SignaturePolicy,
    /// Whether everybody must authenticate anew each time. Default: as the identity provider sees fit (XC-30).
    #[serde(default)]
    pub reauthentication: Reauthentication,
    /// The ways of authentication of which one is demanded. Default: none, for a demand fails more often than it
    /// protects.
    #[serde(default, with = "text::authn_context::list", skip_serializing_if = "Vec::is_empty")]
    pub authn_context: Vec<AuthnContextClassRef>,
    /// Whether our requests are signed. Default: no; Entra then ignores what it need not check (E-21).
    #[serde(default)]
    pub requests: RequestSigning,
    /// Whether assertions may come encrypted (HY-5). Default: the connection has no key for it.
    #[serde(default)]
    pub encryption: Encryption,
    /// What becomes of a response that nobody asked for.
    #[serde(default)]
    pub unsolicited: Unsolicited,
    /// Whether the e-mail address that the person typed is handed on as `login_hint`. Entra and its kind take it.
    #[serde(default)]
    pub login_hint: LoginHint,
    /// Until when signatures with SHA-1 are taken; none: never (MX-9, A11.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha1_until: Option<Timestamp>,
    /// What follows from an expired signing certificate (E-50).
    #[serde(default)]
    pub expired_certificate: ExpiredCertificates,
    /// How far the identity provider's clock may differ, in seconds. Default 120, at most 300.
    #[serde(default = "default_skew")]
    pub clock_skew: u16,
    /// The button's text and icon (XC-28). Default: by the preset.
    #[serde(default)]
    pub button: Button,
    /// Whether a page with the button stands before the identity provider; none: as the account says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Which value identifies a person for ever (MX-6, HY-24, E-36). Default: by the preset. What is in force is
    /// [`subject_in_force`](Self::subject_in_force).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectKey>,
    /// What becomes of the claims, where it differs from the preset. What is in force is
    /// [`mapping_in_force`](Self::mapping_in_force).
    #[serde(default)]
    pub mapping: Mapping,
}

impl SamlSettings {
    /// Whether anything of ours is signed: requests to sign in, or logout messages, which always are.
    pub fn signs(&self) -> bool {
        self.requests == RequestSigning::Signed || self.logout_url.is_some()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// The default of [`SamlSettings::clock_skew`], in seconds.
pub const DEFAULT_SKEW: u16 = 120;

fn default_skew() -> u16 {
    DEFAULT_SKEW
}

/// What defaults are taken from (HY-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Microsoft Entra ID.
    Entra,
    /// Active Directory Federation Services.
    Adfs,
    /// Okta.
    Okta,
    /// Google Workspace.
    Google,
    /// Ping Identity.
    Ping,
    /// Any other SAML 2.0 identity provider.
    #[default]
    Generic,
}

/// Where people are sent to sign in, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOn {
    /// The address.
    #[serde(with = "text::endpoint")]
    pub url: EndpointUrl,
    /// The binding. Default: HTTP-Redirect (E-19).
    #[serde(default)]
    pub binding: SignOnBinding,
}

/// How a request is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOnBinding {
    /// HTTP-Redirect.
    #[default]
    Redirect,
    /// HTTP-POST.
    Post,
}

impl SignOnBinding {
    /// The standard's name of the binding.
    pub fn binding(self) -> Binding {
        match self {
            Self::Redirect => Binding::HTTP_REDIRECT,
            Self::Post => Binding::HTTP_POST,
        }
    }
}

/// Whether the logout requests of an identity provider are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogoutReply {
    /// They are, as the standard wants it.
    #[default]
    Send,
    /// They are not: the browser stays with us, at a page that says what has ended. For identity providers that refuse
    /// what answers them (E-41).
    None,
}

/// Which address our requests name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerTo {
    /// The connection's own.
    #[default]
    Own,
    /// The first alias, which the identity provider has registered since before.
    FirstAlias,
}

/// What must be signed (MX-8). A signature that is there must be good, whatever the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignaturePolicy {
    /// The assertion or the response.
    #[default]
    Either,
    /// The assertion.
    Assertion,
    /// The response.
    Response,
    /// Both.
    Both,
}

/// When a person has to authenticate anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reauthentication {
    /// When the identity provider sees fit.
    #[default]
    Never,
    /// Each time (ForceAuthn).
    Always,
    /// When the last authentication is older than so many seconds. The first answer that is over age restarts the
    /// sign-in once with ForceAuthn; a second one is refused.
    After(u32),
}

/// Whether our requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestSigning {
    /// They are not.
    #[default]
    Unsigned,
    /// They are, with the connection's own key (E-20).
    Signed,
}

/// Whether assertions may come encrypted, to a key of the connection's own (HY-5). An encrypted one is judged as any
/// other: a signature must be inside it or around it (A13.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// The connection has no key for it; what comes encrypted is refused.
    #[default]
    Off,
    /// With AES-GCM.
    Gcm,
    /// With AES-GCM, and with AES-CBC as Entra may (E-27). Nothing but the signature protects that from change (A13.5).
    GcmAndCbc,
}

/// What becomes of a response that nobody asked for (E-43, A16.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsolicited {
    /// It is not trusted; the identity provider is asked, at most once per browser in five minutes.
    #[default]
    Restart,
    /// It is taken after every check but `InResponseTo`. Marked wherever the connection is shown.
    Accept,
    /// It is refused.
    Refuse,
}

/// Whether the address that the person typed is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginHint {
    /// It is not.
    #[default]
    Withhold,
    /// It is, beside the message.
    Send,
}

/// What follows from an expired signing certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiredCertificates {
    /// The response is refused.
    #[default]
    Refuse,
    /// It is taken, with a warning in its report.
    Warn,
}

/// The button that leads to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Button {
    /// Its text; none: by the preset, such as "Log in with Microsoft".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its icon; none: by the preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<Icon>,
}

/// A drawing of ours on a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Icon {
    /// Four squares.
    Squares,
    /// A key.
    Key,
    /// A house.
    Building,
    /// A person.
    Person,
    /// None.
    None,
}
