//! What the stand-in knows: tenants with their people, groups and applications, as a file or the API sets them.
//!
//! Names of fields are those of the portal and of Microsoft Graph. What is doubtful of Entra is a switch; its default
//! is what was seen most.

mod switches;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::switches::{
    AssignmentRule, CertificateStatus, ConditionalAccess, ContentMode, DestinationCheck, EncryptionStatus,
    IdentifierPolicy, IssuerShape, MetadataBindings, MetadataCertificates, PassiveFailure, RequestSignatures,
    SigningAlgorithm, SigningKeyOf, SigningOption, Transport, UnknownApplication, Visibility,
};
use super::claims::{ClaimRule, GroupsClaim, NameIdSetting};

/// Everything that is set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// The directories.
    pub tenants: Vec<Tenant>,
}

/// A directory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tenant {
    /// Its GUID, in lower case.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its verified domains; by any of them it may be named in addresses (E-1), and people are found by them.
    pub domains: Vec<String>,
    /// Its tenant-wide certificates, `CN=accounts.accesscontrol.windows.net`. None is given one of five years (E-46).
    pub certificates: Vec<SigningCertificate>,
    /// Which error tells that no application has the identifier (E-13).
    pub unknown_application: UnknownApplication,
    /// Where a passive request that needs a person ends.
    pub passive_failure: PassiveFailure,
    /// Its people.
    pub users: Vec<User>,
    /// Its groups.
    pub groups: Vec<Group>,
    /// Its enterprise applications.
    pub applications: Vec<Application>,
}

/// A person, or a guest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct User {
    /// Object ID. Empty is given one that follows from the tenant and the name.
    pub id: String,
    /// `alias@domain`; of a guest `alias_theirdomain#EXT#@tenant` (E-35).
    pub user_principal_name: String,
    /// The password. Nothing but a demonstration hangs on it.
    pub password: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Surname.
    pub surname: Option<String>,
    /// The name to show. None is made of the two before, or else of the user principal name.
    pub display_name: Option<String>,
    /// E-mail address. None sends no such claim (E-28).
    pub mail: Option<String>,
    /// Any other attribute by the name that claims use: `employeeid`, `department`, `extensionattribute1` and so on.
    pub attributes: BTreeMap<String, String>,
    /// Where the person comes from an Active Directory.
    pub on_premises: Option<OnPremises>,
    /// Where the person is a guest.
    pub guest: Option<Guest>,
    /// How the person authenticates.
    pub method: Method,
    /// Whether a second factor is set up.
    pub second_factor: SecondFactor,
    /// Template IDs of directory roles.
    pub directory_roles: Vec<String>,
}

/// What an Active Directory says of a person or a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OnPremises {
    /// `sAMAccountName`.
    pub sam_account_name: String,
    /// `CONTOSO`.
    pub netbios_domain: String,
    /// `contoso.local`.
    pub dns_domain: String,
    /// `S-1-5-21-…`.
    pub sid: String,
}

/// What is known of a guest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guest {
    /// The name with which the guest signs in, at home.
    pub sign_in_name: String,
    /// Value of `identityprovider`: `live.com`, `mail`, or the issuer of another tenant.
    pub identity_provider: String,
    /// Whether given name, surname and display name are GUIDs, as they were in a real response (E-35).
    pub names: GuestNames,
}

/// What names a guest has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestNames {
    /// Those that are set.
    #[default]
    Known,
    /// GUIDs: nothing better is known.
    Guids,
}

/// How a person authenticates (E-17, E-30).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By password.
    #[default]
    Password,
    /// By certificate or passkey.
    X509,
    /// By the machine's Windows session.
    Windows,
    /// By means that are not told.
    Unspecified,
}

/// Whether a second factor is set up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// None.
    #[default]
    None,
    /// There is one, and it is used where an application wants it.
    Registered,
    /// There is one, and it is used at each sign-in.
    Always,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// Object ID. Empty is given one that follows from the tenant and the name.
    pub id: String,
    /// The name to show.
    pub display_name: String,
    /// Members by user principal name or object ID.
    pub members: Vec<String>,
    /// Groups in it, by name or object ID.
    pub groups: Vec<String>,
    /// Whether it is for security or for mail alone.
    pub kind: GroupKind,
    /// Where it comes from an Active Directory.
    pub on_premises: Option<OnPremises>,
}

/// What a group is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// Security.
    #[default]
    Security,
    /// Distribution of mail.
    Distribution,
}

/// An enterprise application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Application {
    /// Application (client) ID, a GUID.
    pub app_id: String,
    /// Object ID of the service principal. Empty is given one that follows from the application ID.
    pub service_principal_id: String,
    /// Its name for people.
    pub name: String,
    /// Identifier (Entity ID): one or several (E-13).
    pub identifiers: Vec<String>,
    /// Which new identifiers are taken (E-8).
    pub identifier_policy: IdentifierPolicy,
    /// Reply URL (Assertion Consumer Service URL); the first is the default (E-11).
    pub reply_urls: Vec<String>,
    /// Index of a Reply URL, by which a request may name it. Those that are not here take the numbers that are free,
    /// in their order, from 0.
    pub reply_url_indexes: BTreeMap<String, u16>,
    /// Sign on URL; where it is set, the tile of My Apps starts there (E-43).
    pub sign_on_url: Option<String>,
    /// Relay State of sign-ins that begin at Entra (E-44).
    pub relay_state: Option<String>,
    /// Logout Url.
    pub logout_url: Option<String>,
    /// Whether it has a tile in My Apps.
    pub visible: Visibility,
    /// Signing Option (E-22).
    pub signing_option: SigningOption,
    /// Signing Algorithm (E-22).
    pub signing_algorithm: SigningAlgorithm,
    /// Whose key signs.
    pub signing_key: SigningKeyOf,
    /// The application's certificates, `CN=Microsoft Azure Federated SSO Certificate` (E-46, E-49). None is given an
    /// active one of three years, unless the tenant's key signs.
    pub certificates: Vec<SigningCertificate>,
    /// Seconds until a newly activated certificate signs (E-50: 300 to 600 there). Default 0.
    pub propagation_seconds: u32,
    /// Which certificates the metadata lists (E-51, E-52).
    pub metadata_certificates: MetadataCertificates,
    /// Which bindings of sign-on the metadata lists (E-53).
    pub metadata_bindings: MetadataBindings,
    /// The Name ID (E-15, E-16).
    pub name_id: NameIdSetting,
    /// The claims. None: given name, surname, e-mail address and name, as a new application has them (E-28).
    pub claims: Option<Vec<ClaimRule>>,
    /// Groups (E-31 to E-33).
    pub groups: GroupsClaim,
    /// Whether only assigned people pass (E-45).
    pub assignment: AssignmentRule,
    /// Users and groups that are assigned, with an application role if they have one.
    pub assignments: Vec<Assignment>,
    /// Token encryption (E-27).
    pub encryption: Option<Encryption>,
    /// Verification certificates: which requests must be signed and how (E-20, E-21).
    pub request_signatures: RequestSignatures,
    /// Certificates that verify requests, as PEM or base64, at most three.
    pub verification_certificates: Vec<String>,
    /// For how long an assertion is valid (E-24).
    pub validity: Validity,
    /// Issuer of responses (E-5, E-6).
    pub issuer: IssuerShape,
    /// Whether the Destination of a request is looked at (E-11 says no; AADSTS75008 says otherwise).
    pub destination: DestinationCheck,
    /// Seconds that a request may be old. None: its age is not looked at (E-11; AADSTS76026 says otherwise).
    pub request_max_age_seconds: Option<i64>,
    /// What Conditional Access demands.
    pub conditional_access: ConditionalAccess,
}

/// A certificate that signs, or will.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SigningCertificate {
    /// The key by name: `app-1` to `app-6`, `tenant-1` to `tenant-3`. Empty takes the next that nobody has.
    pub key: String,
    /// Begin of its validity. None: thirty days before the start.
    #[serde(with = "super::time_text")]
    pub not_before: Option<Timestamp>,
    /// End of its validity. None: three years later, five for a tenant's.
    #[serde(with = "super::time_text")]
    pub not_after: Option<Timestamp>,
    /// Whether it signs.
    pub status: CertificateStatus,
    /// Since when it is active. None: ever since.
    #[serde(with = "super::time_text")]
    pub active_since: Option<Timestamp>,
}

/// A user or a group that may use an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Assignment {
    /// Object ID, user principal name or name of the group.
    pub principal: String,
    /// Value of the application role.
    pub role: Option<String>,
}

/// How assertions are encrypted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Encryption {
    /// The certificate, as PEM or base64; nothing is encrypted where it is empty.
    pub certificate: String,
    /// Whether it is active; nothing is encrypted where it is not.
    pub status: EncryptionStatus,
    /// How the content is encrypted; Microsoft says AES-256, not in which mode.
    pub content: ContentMode,
    /// How its key is encrypted; Microsoft does not say.
    pub transport: Transport,
}

impl Encryption {
    pub(super) fn is_active(&self) -> bool {
        self.status == EncryptionStatus::Active && !self.certificate.is_empty()
    }
}

/// For how long an assertion is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validity {
    /// How long before its issue it begins, in seconds. Default 300.
    pub before_seconds: i64,
    /// How long after its issue it ends, in seconds. Default 3600; a policy has 600 to 86400.
    pub after_seconds: i64,
    /// How long after its issue it may be delivered, in seconds. Default 3600; no policy changes it.
    pub confirmation_seconds: i64,
}

impl Validity {
    /// What a real response of 2020 has.
    pub const SEEN: Self = Self { before_seconds: 300, after_seconds: 3600, confirmation_seconds: 3600 };
    /// What Microsoft's text has: 70 minutes from the issue, delivery within five.
    pub const DOCUMENTED: Self = Self { before_seconds: 0, after_seconds: 4200, confirmation_seconds: 300 };
}

impl Default for Validity {
    fn default() -> Self {
        Self::SEEN
    }
}
