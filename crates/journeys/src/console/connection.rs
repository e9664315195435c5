//! One connection: how ready it is, what it trusts, what came lately, how it is set.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::{
    Connection, Encryption, ExpiredCertificates, Reauthentication, RequestSigning, SignaturePolicy, Unsolicited,
};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::mapping::SubjectKey;
use vestibule_domain::permission::Action;
use vestibule_domain::readiness::Missing;
use vestibule_store::tx::{ConnectionKey, Domains, KeptOutcome, KeyPurpose, ListedConnection, Refresh};
use vestibule_xmlsec::keys::{Certificate, read_certificates};

use super::PAGE;
use super::attempts::{KeptRow, newest};
use super::overview::{Attention, reasons};
use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::trust::{Trust, own_address};

/// How many answers are shown.
const ANSWERS: usize = 20;

/// A connection.
#[derive(Debug)]
pub struct ConnectionPage {
    /// Whose it is.
    pub spot: Spot,
    /// It.
    pub connection: Connection,
    /// How ready it is, step by step.
    pub readiness: Vec<Readiness>,
    /// Why it needs somebody, the gravest first.
    pub reasons: Vec<Attention>,
    /// The identity provider's certificates.
    pub certificates: Vec<CertificateRow>,
    /// Our own, with which it signs requests or is sent what is encrypted.
    pub own_certificates: Vec<OwnCertificate>,
    /// The last answers that came, the newest first.
    pub attempts: Vec<KeptRow>,
    /// How many people are linked to it.
    pub people: u64,
    /// What became of the last fetch of its metadata.
    pub refresh: Option<Refresh>,
    /// What the identity provider has to be given: entity ID, ACS URL, where a sign-in begins, logout.
    pub addresses: [String; 4],
    /// Where our metadata is, which has all of them.
    pub metadata_url: String,
    /// Where it is tried.
    pub test: String,
    /// Its settings, by group.
    pub settings: Vec<Setting>,
    /// Whether whoever looks may change it.
    pub may_change: bool,
    /// Whether they may put it in force though no test passed: the vendor's operators.
    pub may_override: bool,
}

/// A step on the way to a connection in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadinessStep {
    /// Issuer and sign-on address are there.
    Values,
    /// A certificate is there, and in its time.
    Certificate,
    /// The account has proved an e-mail domain.
    Domains,
    /// People are known by what never changes hands.
    Mapping,
    /// A test passed after the last edit.
    Tested,
    /// It is in force.
    Active,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Done.
    Done,
    /// Done, and weak.
    Weak,
    /// Missing.
    Missing,
}

/// How far a connection is at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Which.
    pub step: ReadinessStep,
    /// How far.
    pub state: StepState,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    /// Whose it is, as it says.
    pub subject: String,
    /// SHA-1 of it: what Entra's portal calls the thumbprint.
    pub thumbprint: String,
    /// SHA-256 of it, by which it is removed.
    pub sha256: String,
    /// From when on it is good.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// A certificate of ours, which the identity provider is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCertificate {
    /// Whether assertions are encrypted for its key; otherwise that one signs our requests.
    pub is_for_encryption: bool,
    /// What it says.
    pub row: CertificateRow,
    /// It, in base64.
    pub base64: String,
}

/// A setting that differs in kind from what is usual, or is worth a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, as in files for `apply`.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether it is weak.
    pub is_weak: bool,
}

struct Loaded {
    spot: Spot,
    connection: Connection,
    keys: Vec<ConnectionKey>,
    answers: Vec<KeptRow>,
    people: u64,
    refresh: Option<Refresh>,
    domains: Domains,
}

/// One connection.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn connection(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<ConnectionPage, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Err(Problem::NotFound) };
            let chain = tx.chain_to(connection.account).await?;
            Ok((
                chain,
                connection,
                (tx.connection_keys(id).await?, tx.recent_answers(id).await?),
                tx.kept_messages(id, KeptOutcome::Any, None, PAGE).await?,
                (tx.identities_at(id).await?, tx.metadata_refresh(id).await?),
            ))
        })
    });
    let (chain, connection, (keys, others), kept, (people, refresh)) = found.await?;
    let answers = newest(kept, &others, ANSWERS);
    let path: Option<AccountPath> = chain.last().map(|account| account.path.clone());
    let spot = viewer.spot(ctx, path, Action::SeeConnections).await?;
    if spot.account.id != connection.account {
        return Err(Problem::NotFound);
    }
    let account = spot.account.id;
    let domains = ctx.store.read(move |tx| Box::pin(async move { tx.domains_of(account).await })).await?;
    Ok(page(ctx, viewer, Loaded { spot, connection, keys, answers, people, refresh, domains }))
}

fn page(ctx: &Ctx, viewer: &Viewer, loaded: Loaded) -> ConnectionPage {
    let Loaded { spot, connection, keys, answers, people, refresh, domains } = loaded;
    let path = &spot.account.path;
    let listed = ListedConnection {
        connection: connection.clone(),
        path: path.clone(),
        account_name: spot.account.name.clone(),
        people,
    };
    let saml = &connection.saml;
    let origin = ctx.deployment.origin_of(saml.sub_domain.as_ref().or(spot.account.sub_domain.as_ref()));
    let own = |what| own_address(&origin, connection.id, what);
    let may_change = viewer.may(Action::ChangeConnection, path);
    let own_certificates = keys.iter().filter(|key| key.is_active);
    ConnectionPage {
        readiness: readiness(&connection, &domains, ctx.now),
        reasons: reasons(&listed, refresh.as_ref(), ctx.now),
        certificates: saml.read_certificates().map(|certificate| row(&certificate)).collect(),
        own_certificates: own_certificates
            .filter_map(|key| Some((key.purpose, read_certificates(&key.certificate).ok()?)))
            .flat_map(|(purpose, certificates)| certificates.into_iter().map(move |one| own_certificate(purpose, &one)))
            .collect(),
        attempts: answers,
        addresses: [
            saml.entity_id.as_ref().map_or_else(|| own("metadata"), ToString::to_string),
            // What requests name, as everywhere where somebody copies it.
            Trust::asked_for(saml).map_or_else(|| own("acs"), ToString::to_string),
            own("start"),
            own("slo"),
        ],
        metadata_url: own("metadata"),
        test: own("test"),
        settings: settings(&connection, ctx.now),
        may_override: may_change && viewer.may(Action::SetEntitlement, path),
        may_change,
        people,
        refresh,
        connection,
        spot,
    }
}

fn readiness(connection: &Connection, domains: &Domains, now: Timestamp) -> Vec<Readiness> {
    let saml = &connection.saml;
    let missing = saml.readiness();
    let lacks = |what| missing.contains(&what);
    let done = |is_done: bool| if is_done { StepState::Done } else { StepState::Missing };
    let in_time = saml.read_certificates().any(|certificate| certificate.not_after() >= now);
    let certificate = match (lacks(Missing::Certificate), in_time) {
        (true, _) => StepState::Missing,
        (false, true) => StepState::Done,
        (false, false) => StepState::Weak,
    };
    let weak_key = saml
        .weaknesses(now)
        .iter()
        .any(|weakness| matches!(weakness, vestibule_domain::readiness::Weakness::ReassignableSubject { .. }));
    let tested = match connection.tested_at {
        None => StepState::Missing,
        Some(at) if at <= connection.edited_at => StepState::Weak,
        Some(_) => StepState::Done,
    };
    let is_active = connection.state == vestibule_domain::connection::ConnectionState::Active;
    [
        (ReadinessStep::Values, done(!lacks(Missing::Issuer) && !lacks(Missing::SignOn))),
        (ReadinessStep::Certificate, certificate),
        (ReadinessStep::Domains, done(!domains.proved.is_empty())),
        (ReadinessStep::Mapping, if weak_key { StepState::Weak } else { StepState::Done }),
        (ReadinessStep::Tested, tested),
        (ReadinessStep::Active, done(is_active)),
    ]
    .map(|(step, state)| Readiness { step, state })
    .into()
}

fn own_certificate(purpose: KeyPurpose, certificate: &Certificate) -> OwnCertificate {
    OwnCertificate {
        is_for_encryption: purpose == KeyPurpose::Decryption,
        row: row(certificate),
        base64: STANDARD.encode(certificate.der()),
    }
}

pub(super) fn row(certificate: &Certificate) -> CertificateRow {
    CertificateRow {
        subject: certificate.subject().to_owned(),
        thumbprint: certificate.thumbprint_sha1(),
        sha256: certificate.thumbprint_sha256(),
        from: certificate.not_before(),
        until: certificate.not_after(),
    }
}

fn settings(connection: &Connection, now: Timestamp) -> Vec<Setting> {
    let saml = &connection.saml;
    let text = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
    let setting = |name, value: String, is_weak| Setting { name, value, is_weak };
    let signed = match saml.signed {
        SignaturePolicy::Either => "either",
        SignaturePolicy::Assertion => "assertion",
        SignaturePolicy::Response => "response",
        SignaturePolicy::Both => "both",
    };
    let encryption = match saml.encryption {
        Encryption::Off => "off",
        Encryption::Gcm => "gcm",
        Encryption::GcmAndCbc => "gcm_and_cbc",
    };
    let unsolicited = match saml.unsolicited {
        Unsolicited::Restart => "restart",
        Unsolicited::Accept => "accept",
        Unsolicited::Refuse => "refuse",
    };
    let reauthentication = match saml.reauthentication {
        Reauthentication::Never => "never".to_owned(),
        Reauthentication::Always => "always".to_owned(),
        Reauthentication::After(seconds) => format!("{seconds} s"),
    };
    let subject = match saml.subject_in_force() {
        SubjectKey::NameId => "NameID".to_owned(),
        SubjectKey::Claims(claims) => {
            claims.iter().map(vestibule_domain::mapping::Claim::as_str).collect::<Vec<_>>().join(" + ")
        }
    };
    let takes_expired = saml.expired_certificate == ExpiredCertificates::Warn;
    let skew = saml.clock_skew;
    vec![
        setting("issuer", text(saml.issuer.as_ref().map(ToString::to_string)), false),
        setting("sign_on", text(saml.sign_on.as_ref().map(|it| it.url.as_str().to_owned())), false),
        setting("metadata_url", text(saml.metadata_url.clone()), false),
        setting("subject", subject, false),
        setting("signed", signed.to_owned(), false),
        setting(
            "requests",
            if saml.requests == RequestSigning::Signed { "signed" } else { "unsigned" }.to_owned(),
            false,
        ),
        setting("encryption", encryption.to_owned(), saml.encryption == Encryption::GcmAndCbc),
        setting("unsolicited", unsolicited.to_owned(), saml.unsolicited == Unsolicited::Accept),
        setting("reauthentication", reauthentication, false),
        setting(
            "sha1_until",
            text(saml.sha1_until.map(|until| until.strftime("%Y-%m-%d %H:%M UTC").to_string())),
            saml.sha1_until.is_some_and(|until| until > now),
        ),
        setting("expired_certificate", if takes_expired { "warn" } else { "refuse" }.to_owned(), takes_expired),
        setting("clock_skew", format!("{skew} s"), skew > vestibule_domain::connection::DEFAULT_SKEW),
    ]
}
