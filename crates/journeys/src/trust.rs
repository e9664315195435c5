//! A connection with everything ready that a sign-in needs of it: keys parsed, addresses made.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use vestibule_domain::account::Account;
use vestibule_domain::connection::{
    AnswerTo, Connection, Encryption, ExpiredCertificates, Reauthentication, RequestSigning, SamlSettings,
    SignaturePolicy,
};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::mapping::{Mapping, SubjectKey};
use vestibule_saml::logout::LogoutExpectation;
use vestibule_saml::metadata::{AssertionConsumerService, EncryptionMethod, Endpoint, SpMetadata};
use vestibule_saml::sp::{Expectation, Expected, ExpiredCertificate, IdpTrust, RequireSigned, SpIdentity};
use vestibule_saml::time::Skew;
use vestibule_saml::types::{AcsUrl, Binding, EndpointUrl, EntityId};
use vestibule_store::tx::{ConnectionKey, KeyPurpose};
use vestibule_store::{Sealer, Tx};
use vestibule_xmlsec::algorithms::{Algorithms, Cbc, Sha1};
use vestibule_xmlsec::keys::{
    Certificate, CertificateError, DecryptionKey, DecryptionKeys, SigningKey, read_certificates,
};

use crate::ctx::Ctx;
use crate::deployment::{Deployment, Place};
use crate::inspect::kept::Keeping;
use crate::keys;
use crate::noted_claims::NotedClaims;
use crate::problem::Problem;

/// A connection, ready for use.
pub struct Trust {
    /// The account whose connection it is. Whose people come by it is another question: see [`Way`](crate::way::Way).
    pub owner: Arc<Account>,
    /// The connection.
    pub connection: Connection,
    /// Where it stands: the origin of its account.
    pub origin: String,
    /// Who we are towards the identity provider.
    pub sp: SpIdentity,
    /// The address of our own at which answers are taken.
    pub acs_url: AcsUrl,
    /// The address at which logout messages are taken (MX-24).
    pub logout_url: EndpointUrl,
    /// What identifies a person here.
    pub subject: SubjectKey,
    /// What becomes of the claims here.
    pub mapping: Mapping,
    /// Signs our requests, where they are signed.
    pub signing: Option<SigningKey>,
    /// The names of its claims that are noted.
    pub(crate) claims: NotedClaims,
    own_certificates: Vec<(KeyPurpose, Certificate)>,
    idp: Result<IdpTrust, NotReady>,
    /// How many of its answers were kept lately.
    pub(crate) keeping: Keeping,
}

/// What a draft lacks before anybody can be sent to its identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotReady {
    /// No issuer is set.
    #[error("the connection has no Issuer (Microsoft Entra Identifier)")]
    Issuer,
    /// No sign-on address is set.
    #[error("the connection has no sign-on address (Login URL)")]
    SignOn,
    /// Requests are to be signed, and there is no key.
    #[error("the connection signs its requests and has no key for it")]
    SigningKey,
    /// No certificate with a usable key is set.
    #[error("the connection has no signing certificate with a usable key")]
    Certificate,
}

impl Trust {
    /// Reads a connection. None where there is no such connection.
    pub(crate) async fn load(
        tx: &mut Tx,
        id: ConnectionId,
        deployment: &Deployment,
        sealer: &Sealer,
    ) -> Result<Option<Self>, Problem> {
        let Some(connection) = tx.connection(id).await? else { return Ok(None) };
        let Some(account) = tx.account(connection.account).await? else { return Ok(None) };
        let keys = tx.connection_keys(id).await?;
        Self::new(account, connection, &keys, deployment, sealer).map(Some)
    }

    fn new(
        account: Account,
        connection: Connection,
        keys: &[ConnectionKey],
        deployment: &Deployment,
        sealer: &Sealer,
    ) -> Result<Self, Problem> {
        let origin = deployment.origin_of(account.sub_domain.as_ref());
        // What the identity provider was told stays where it was when the account is renamed (MX-16).
        let told = deployment.origin_of(connection.saml.sub_domain.as_ref().or(account.sub_domain.as_ref()));
        let acs_url = AcsUrl::new(own_address(&told, connection.id, "acs")).map_err(Problem::broken)?;
        // An address that may be one for answers may be one for logout messages.
        let logout_url = AcsUrl::new(own_address(&told, connection.id, "slo")).map_err(Problem::broken)?;
        let entity_id = match &connection.saml.entity_id {
            Some(entity_id) => entity_id.clone(),
            None => EntityId::new(own_address(&told, connection.id, "metadata")).map_err(Problem::broken)?,
        };
        let open = |key: &ConnectionKey| keys::open_connection_key(connection.id, key, sealer).map_err(Problem::broken);
        let mut decryption = Vec::new();
        let decrypts = |key: &&ConnectionKey| {
            key.purpose == KeyPurpose::Decryption && connection.saml.encryption != Encryption::Off
        };
        for record in keys.iter().filter(decrypts) {
            decryption.push(DecryptionKey::read(open(record)?.pkcs8()).map_err(Problem::broken)?);
        }
        // The oldest in force signs: a newer one stands in the metadata until the identity provider has it (HY-12).
        let mut signing = keys.iter().filter(|key| key.purpose == KeyPurpose::Signing && key.is_active);
        let signing = match signing.next() {
            Some(record) => Some(SigningKey::read(open(record)?.pkcs8()).map_err(Problem::broken)?),
            None => None,
        };
        let in_force = keys.iter().filter(|key| key.is_active).rev();
        let own_certificates = in_force
            .map(|key| Ok((key.purpose, read_certificates(&key.certificate)?.swap_remove(0))))
            .collect::<Result<_, CertificateError>>()
            .map_err(Problem::broken)?;
        let idp = idp_trust(&connection);
        let sp = SpIdentity { entity_id, decryption_keys: DecryptionKeys::new(decryption).ok() };
        let (subject, mapping) = (connection.saml.subject_in_force(), connection.saml.mapping_in_force());
        let logout_url = EndpointUrl::from(&logout_url);
        Ok(Self {
            owner: Arc::new(account),
            connection,
            origin,
            sp,
            acs_url,
            logout_url,
            subject,
            mapping,
            signing,
            claims: NotedClaims::default(),
            own_certificates,
            idp,
            keeping: Keeping::default(),
        })
    }

    /// The identity provider and its keys.
    ///
    /// # Errors
    /// What the connection lacks.
    pub fn idp(&self) -> Result<&IdpTrust, NotReady> {
        self.idp.as_ref().map_err(Clone::clone)
    }

    /// The address that our requests name.
    pub fn requested_acs_url(&self) -> &AcsUrl {
        Self::asked_for(&self.connection.saml).unwrap_or(&self.acs_url)
    }

    /// The alias that requests name by these settings; none: the connection's own address.
    pub(crate) fn asked_for(saml: &SamlSettings) -> Option<&AcsUrl> {
        match saml.answer_to {
            AnswerTo::Own => None,
            AnswerTo::FirstAlias => saml.aliases.first(),
        }
    }

    /// Whether an address is one of this connection's for answers: its own, or an alias.
    pub fn takes_answers_at(&self, arrived: &AcsUrl) -> bool {
        *arrived == self.acs_url || self.connection.saml.aliases.contains(arrived)
    }

    /// What an identity provider reads of us.
    pub fn metadata(&self) -> SpMetadata {
        let saml = &self.connection.saml;
        let mut metadata = SpMetadata::new(self.sp.entity_id.clone(), self.requested_acs_url());
        let others = [&self.acs_url].into_iter().chain(&saml.aliases).filter(|url| *url != self.requested_acs_url());
        for (place, url) in others.enumerate() {
            metadata.assertion_consumer_services.push(AssertionConsumerService {
                index: u16::try_from(place + 1).unwrap_or(u16::MAX),
                is_default: false,
                location: url.into(),
            });
        }
        metadata.single_logout = [Binding::HTTP_REDIRECT, Binding::HTTP_POST]
            .map(|binding| Endpoint::new(binding, self.logout_url.clone()))
            .into();
        metadata.authn_requests_signed = saml.requests == RequestSigning::Signed;
        metadata.want_assertions_signed = saml.signed != SignaturePolicy::Response;
        metadata.signing_certificates = self.certificates(KeyPurpose::Signing);
        metadata.encryption_certificates = self.certificates(KeyPurpose::Decryption);
        if !metadata.encryption_certificates.is_empty() {
            metadata.encryption_methods = EncryptionMethod::ours();
            // What is not taken is not offered.
            metadata.encryption_methods.retain(|method| self.takes_cbc() || !method.algorithm.ends_with("-cbc"));
        }
        metadata.name_id_formats.extend(saml.name_id_format.clone());
        metadata
    }

    fn takes_cbc(&self) -> bool {
        self.connection.saml.encryption == Encryption::GcmAndCbc
    }

    /// The certificates in force for a purpose, the newest first.
    fn certificates(&self, purpose: KeyPurpose) -> Vec<Certificate> {
        self.own_certificates.iter().filter(|(of, _)| *of == purpose).map(|(_, own)| own.clone()).collect()
    }

    /// What a response at this connection is measured against.
    ///
    /// # Errors
    /// What the connection lacks.
    pub fn expectation<'a>(
        &'a self,
        arrived: &'a AcsUrl,
        expected: Expected,
        now: Timestamp,
    ) -> Result<Expectation<'a>, NotReady> {
        let saml = &self.connection.saml;
        let mut expect = Expectation::new(self.idp()?, &self.sp, arrived, expected, now);
        expect.require_signed = match saml.signed {
            SignaturePolicy::Either => RequireSigned::Either,
            SignaturePolicy::Assertion => RequireSigned::Assertion,
            SignaturePolicy::Response => RequireSigned::Response,
            SignaturePolicy::Both => RequireSigned::Both,
        };
        expect.algorithms = self.algorithms(now);
        expect.expired_certificate = match saml.expired_certificate {
            ExpiredCertificates::Refuse => ExpiredCertificate::Refuse,
            ExpiredCertificates::Warn => ExpiredCertificate::Warn,
        };
        expect.clock_skew = self.clock_skew();
        expect.max_age = oldest_authentication(saml.reauthentication);
        expect.authn_context = &saml.authn_context;
        Ok(expect)
    }

    /// What a logout message at this connection is measured against.
    ///
    /// # Errors
    /// What the connection lacks.
    pub fn logout_expectation<'a>(
        &'a self,
        arrived: &'a EndpointUrl,
        now: Timestamp,
    ) -> Result<LogoutExpectation<'a>, NotReady> {
        let idp = self.idp()?;
        Ok(LogoutExpectation {
            decryption_keys: self.sp.decryption_keys.as_ref(),
            algorithms: self.algorithms(now),
            clock_skew: self.clock_skew(),
            ..LogoutExpectation::new(idp.entity_id(), idp.keys(), arrived, now)
        })
    }

    /// Which algorithms may sign at this time, and which encrypt.
    pub(crate) fn algorithms(&self, now: Timestamp) -> Algorithms {
        let sha1_until = self.connection.saml.sha1_until;
        Algorithms {
            sha1: if sha1_until.is_some_and(|until| now < until) { Sha1::Allow } else { Sha1::Refuse },
            cbc: if self.takes_cbc() { Cbc::Accept } else { Cbc::Refuse },
        }
    }

    /// Whether an authentication of this time is within the bounds of the connection and of an account.
    pub(crate) fn is_young_enough_for(&self, account: &Account, authn_instant: Timestamp, now: Timestamp) -> bool {
        let of_connection = oldest_authentication(self.connection.saml.reauthentication);
        let bounds = [of_connection, account.sessions.reauthenticate_after()];
        bounds.into_iter().flatten().all(|age| {
            let end = authn_instant.checked_add(age).unwrap_or(Timestamp::MAX);
            now < self.clock_skew().closes(end)
        })
    }

    fn clock_skew(&self) -> Skew {
        Skew::from_secs(u64::from(self.connection.saml.clock_skew)).unwrap_or_default()
    }

    /// Whether `arrived` is the address of this connection for `what`: at its account's origin, or at a sub-domain that
    /// the account had before, which stays good for its connections (MX-16).
    pub(crate) async fn is_own_address(&self, ctx: &Ctx, what: &str, arrived: &str) -> Result<bool, Problem> {
        if own_address(&self.origin, self.connection.id, what) == arrived {
            return Ok(true);
        }
        let host = origin_of(arrived).split_once("://").map_or("", |(_, host)| host);
        let Place::Account(label) = ctx.deployment.place(host) else { return Ok(false) };
        if own_address(&ctx.deployment.origin_of(Some(&label)), self.connection.id, what) != arrived {
            return Ok(false);
        }
        let of_label =
            ctx.store.read(move |tx| Box::pin(async move { tx.account_by_label(label.as_str()).await })).await?;
        Ok(of_label.is_some_and(|(account, _)| account.id == self.owner.id))
    }
}

/// Our request is seldom signed, so whoever sits at the browser can take ForceAuthn out of it: what counts is that the
/// person authenticated after we asked.
pub(crate) fn authenticated_since(expect: &mut Expectation<'_>, asked: Option<Timestamp>) {
    if let Some(asked) = asked {
        let since = expect.now.duration_since(asked);
        expect.max_age = Some(expect.max_age.map_or(since, |age| age.min(since)));
    }
}

/// How old an authentication may be; none: of any age.
fn oldest_authentication(at_connection: Reauthentication) -> Option<SignedDuration> {
    match at_connection {
        Reauthentication::After(seconds) => Some(SignedDuration::from_secs(i64::from(seconds))),
        Reauthentication::Never | Reauthentication::Always => None,
    }
}

/// An account may bound the age of an authentication with which a session begins, beside the connection (SC-28).
pub(crate) fn young_enough_for(expect: &mut Expectation<'_>, account: &Account) {
    if let Some(at_most) = account.sessions.reauthenticate_after() {
        expect.max_age = Some(expect.max_age.map_or(at_most, |age| age.min(at_most)));
    }
}

/// The origin of an address.
pub(crate) fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    url[host..].find('/').map_or(url, |path| &url[..host + path])
}

/// One of a connection's addresses at an origin.
pub fn own_address(origin: &str, connection: ConnectionId, what: &str) -> String {
    format!("{origin}/sso/{connection}/{what}")
}

fn idp_trust(connection: &Connection) -> Result<IdpTrust, NotReady> {
    let issuer = connection.saml.issuer.clone().ok_or(NotReady::Issuer)?;
    let pasted = connection.saml.certificates.iter().filter_map(|text| read_certificates(text.as_bytes()).ok());
    let certificates: Vec<_> = pasted.flatten().collect();
    IdpTrust::new(issuer, &certificates).map_err(|_| NotReady::Certificate)
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("connection", &self.connection.id).finish_non_exhaustive()
    }
}

/// How many connections are kept ready. Each takes about 10 kB.
const KEPT: usize = 1024;

/// Connections that were used lately, ready for use. Never believed by itself: the first query of each request says
/// which version is the present one.
#[derive(Debug, Default)]
pub struct TrustCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    trusts: BTreeMap<ConnectionId, (u64, Arc<Trust>)>,
    uses: u64,
}

/// Which state of a connection is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// Of the connection itself.
    pub connection: i64,
    /// Of its account, whose sub-domain stands in its addresses.
    pub account: i64,
}

impl TrustCache {
    /// The connection as of these versions, if it is kept.
    pub fn find(&self, id: ConnectionId, versions: Versions) -> Option<Arc<Trust>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let (last, trust) = kept.trusts.get_mut(&id)?;
        let present = Versions { connection: trust.connection.version, account: trust.owner.version };
        if present != versions {
            return None;
        }
        *last = now;
        Some(Arc::clone(trust))
    }

    /// Keeps a connection; the one that was used longest ago gives way.
    pub fn keep(&self, trust: Arc<Trust>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let uses = kept.uses;
        if kept.trusts.len() >= KEPT && !kept.trusts.contains_key(&trust.connection.id) {
            let oldest = kept.trusts.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            oldest.and_then(|id| kept.trusts.remove(&id));
        }
        kept.trusts.insert(trust.connection.id, (uses, trust));
    }
}

/// The connection as it is now: kept, or read. `versions` where a query has just told them.
///
/// # Errors
/// Those of the store, and stored values that cannot be used.
pub async fn of(ctx: &Ctx, id: ConnectionId, versions: Option<Versions>) -> Result<Option<Arc<Trust>>, Problem> {
    let versions = match versions {
        Some(versions) => versions,
        None => match ctx.store.read(move |tx| Box::pin(async move { present(tx, id).await })).await? {
            Some(versions) => versions,
            None => return Ok(None),
        },
    };
    if let Some(kept) = ctx.trusts.find(id, versions) {
        return Ok(Some(kept));
    }
    let shared = ctx.clone();
    let read = ctx
        .store
        .read(move |tx| Box::pin(async move { Trust::load(tx, id, &shared.deployment, shared.store.sealer()).await }));
    let Some(trust) = read.await?.map(Arc::new) else { return Ok(None) };
    ctx.trusts.keep(Arc::clone(&trust));
    Ok(Some(trust))
}

async fn present(tx: &mut Tx, id: ConnectionId) -> Result<Option<Versions>, Problem> {
    let Some(head) = tx.connection_head(id).await? else { return Ok(None) };
    let account = tx.account(head.account).await?;
    Ok(account.map(|account| Versions { connection: head.version, account: account.version }))
}
