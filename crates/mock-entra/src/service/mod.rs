//! A stand-in for Microsoft Entra ID: the service itself.
//!
//! [`Entra`] holds the tenants of a [`Seed`], answers requests in process ([`Entra::answer`]) and over HTTP
//! ([`Entra::router`]). Read `flow.rs` for what happens to a request, `issue.rs` for what is answered.

mod api;
mod browser;
mod certificates;
mod change;
mod check;
mod claims;
mod error;
mod flow;
mod groups;
mod issue;
mod keys;
mod logout;
mod metadata;
mod pages;
mod portal;
mod prepare;
mod routes;
mod seed;
mod session;
mod transform;
mod x509;

pub use certificates::Signing;
pub use change::{ApplicationHandle, ChangeError, Listed, TenantHandle};
pub use claims::{
    ClaimCondition, ClaimRule, GroupSource, GroupsClaim, GroupsMode, NameIdFormatSetting, NameIdSetting, Transform,
    UserType,
};
pub use error::Refusal;
pub use flow::{Delivery, Person};
pub use issue::{Draft, Sealed};
pub use keys::{Key, UnknownKey};
pub use logout::{LogoutAnswer, LogoutDraft};
pub use seed::{
    Application, Assignment, AssignmentRule, CertificateStatus, ConditionalAccess, ContentMode, DestinationCheck,
    Encryption, EncryptionStatus, Group, GroupKind, Guest, GuestNames, IdentifierPolicy, IssuerShape, MetadataBindings,
    MetadataCertificates, Method, OnPremises, PassiveFailure, RequestSignatures, SecondFactor, Seed, SigningAlgorithm,
    SigningCertificate, SigningKeyOf, SigningOption, Tenant, Transport, UnknownApplication, User, Validity, Visibility,
};

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use certificates::Certificates;
use session::Sessions;

/// Reads the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Fills a buffer with random octets.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// What the stand-in takes from outside.
#[derive(Clone)]
pub struct Surroundings {
    /// Where it is reached, without a slash at the end: `http://entra.localhost:8400`. Stands for
    /// `https://login.microsoftonline.com` (and, in national clouds, for others: E-2).
    pub base_url: String,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where random octets come from.
    pub entropy: Entropy,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The stand-in. Clones are the same one.
#[derive(Clone)]
pub struct Entra {
    shared: Arc<Shared>,
}

struct Shared {
    surroundings: Surroundings,
    state: Mutex<State>,
}

/// What changes while it runs.
#[derive(Debug)]
struct State {
    seed: Seed,
    sessions: Sessions,
    certificates: Certificates,
}

impl Entra {
    /// Starts with these tenants. What the seed leaves open (IDs, certificates) is filled in.
    ///
    /// # Errors
    /// [`ChangeError`] with the first thing in the seed that Entra would not take.
    pub fn new(mut seed: Seed, surroundings: Surroundings) -> Result<Self, ChangeError> {
        let mut certificates = Certificates::default();
        prepare::seed(&mut seed, &mut certificates, (surroundings.clock)())?;
        let state = State { seed, sessions: Sessions::default(), certificates };
        Ok(Self { shared: Arc::new(Shared { surroundings, state: Mutex::new(state) }) })
    }

    /// Where it is reached.
    pub fn base_url(&self) -> &str {
        &self.shared.surroundings.base_url
    }

    /// What is set now.
    pub fn seed(&self) -> Seed {
        self.state().seed.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panicking test left behind is as good as any.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        (self.shared.surroundings.clock)()
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        (self.shared.surroundings.entropy)(&mut octets);
        octets
    }
}

impl fmt::Debug for Entra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entra").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

impl State {
    fn tenant(&self, name: &str) -> Option<&Tenant> {
        let named = |tenant: &&Tenant| {
            tenant.id.eq_ignore_ascii_case(name)
                || tenant.domains.iter().any(|domain| domain.eq_ignore_ascii_case(name))
        };
        self.seed.tenants.iter().find(named)
    }
}

impl Seed {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// What is wrong, with its line: not TOML, a key that does not exist, a value of another kind.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Reads a JSON file.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl Tenant {
    /// The person with this user principal name, object ID or (a guest) name at home.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| {
            user.user_principal_name.eq_ignore_ascii_case(name)
                || user.id.eq_ignore_ascii_case(name)
                || user.guest.as_ref().is_some_and(|guest| guest.sign_in_name.eq_ignore_ascii_case(name))
        })
    }

    /// The application with this application ID, object ID of its service principal, or name.
    pub fn application(&self, name: &str) -> Option<&Application> {
        self.applications.iter().find(|app| app.is(name))
    }

    /// `https://sts.windows.net/<tid>/` (E-4).
    pub fn entity_id(&self) -> String {
        format!("https://sts.windows.net/{}/", self.id)
    }
}

impl Application {
    fn is(&self, name: &str) -> bool {
        self.app_id.eq_ignore_ascii_case(name)
            || self.service_principal_id.eq_ignore_ascii_case(name)
            || self.name.eq_ignore_ascii_case(name)
    }

    /// Its reply URLs with their indexes.
    fn reply_url_indexes(&self) -> Vec<(&str, u16)> {
        let set = &self.reply_url_indexes;
        let mut free = (0..=u16::MAX).filter(|index| !set.values().any(|taken| taken == index));
        let index = |url: &String| set.get(url).copied().or_else(|| free.next()).unwrap_or(u16::MAX);
        self.reply_urls.iter().map(String::as_str).zip(self.reply_urls.iter().map(index)).collect()
    }

    /// Who its responses say to be from (E-4 to E-6).
    fn issuer(&self, tenant: &Tenant) -> String {
        match self.issuer {
            IssuerShape::Metadata => tenant.entity_id(),
            IssuerShape::Login => format!("https://login.microsoftonline.com/{}/", tenant.id),
            IssuerShape::WithApplication => format!("{}{}/", tenant.entity_id(), self.app_id),
        }
    }

    /// `entityID` of its metadata.
    fn entity_id(&self, tenant: &Tenant) -> String {
        match self.issuer {
            IssuerShape::Metadata | IssuerShape::Login => tenant.entity_id(),
            IssuerShape::WithApplication => self.issuer(tenant),
        }
    }
}

/// A GUID that follows from these words.
fn guid_of(words: &[&str]) -> String {
    guid(&digest(words))
}

/// The first sixteen octets as a GUID.
fn guid(octets: &[u8]) -> String {
    let hex: String = octets.iter().take(16).map(|octet| format!("{octet:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// SHA-256 over words, each ended by an octet that none of them has.
fn digest(words: &[&str]) -> Vec<u8> {
    let mut text = Vec::new();
    for word in words {
        text.extend_from_slice(word.as_bytes());
        text.push(0);
    }
    vestibule_xmlsec::algorithms::DigestAlgorithm::Sha256.digest(&text).as_bytes().to_vec()
}

/// Times in files and in the API: RFC 3339, or nothing.
mod time_text {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};
    use vestibule_saml::time;

    #[expect(clippy::ref_option, reason = "the shape that serde wants")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&time::format(*value)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| time::parse(&text).map_err(serde::de::Error::custom)).transpose()
    }
}
