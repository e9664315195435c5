//! Connections: how they are set, what they trust, whether they are in force, and what came lately.

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::{
    ConnectionState, Encryption, ExpiredCertificates, LoginHint, Preset, RequestSigning, SamlSettings, SignOnBinding,
    SignaturePolicy, Unsolicited,
};
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId};
use vestibule_domain::name::Slug;
use vestibule_domain::permission::Action;
use vestibule_journeys::api::{self, ConnectionSet, MetadataFrom};
use vestibule_journeys::apply::Activation;
use vestibule_journeys::console::{
    self, Attention, CertificateRow, ConnectionChange, ConnectionPage, ConnectionsQuery, NotChanged, ReadinessStep,
    StepState,
};

use crate::api::call::{Call, Reply, no_cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{AtMost, Input as _, Line, Shape, Taken as _, Whole, input, record, words};
use vestibule_domain::api::ApiAccess;

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/connections", "listConnections", "Connections, by account", run!(list))
        .whoever(Action::SeeConnections)
        .query(&ConnectionsOf::RECORD)
        .page(ConnectionSummary::SCHEMA),
    Endpoint::post("/connections", "createConnection", "Make a draft", run!(create))
        .whoever(Action::ChangeConnection)
        .body(&NewConnection::RECORD)
        .makes(Connection::SCHEMA),
    Endpoint::get("/connections/{connection}", "readConnection", "One connection", run!(read))
        .whoever(Action::SeeConnections)
        .one(Connection::SCHEMA),
    Endpoint::patch(
        "/connections/{connection}",
        "changeConnection",
        "Change what is named of a connection; of one that is no draft any more with the access trust",
        run!(change),
    )
    .whoever(Action::ChangeConnection)
    .body(&ChangedConnection::RECORD)
    .of(run!(read))
    .one(Connection::SCHEMA),
    Endpoint::post("/connections/{connection}/pause", "pauseConnection", "Nobody signs in by it", run!(pause))
        .whoever(Action::ChangeConnection)
        .of(run!(read))
        .one(Connection::SCHEMA),
    Endpoint::post("/connections/{connection}/activate", "activateConnection", "Put it in force", run!(activate))
        .whoever(Action::ChangeConnection)
        .trusts()
        .body(&Activate::RECORD)
        .of(run!(read))
        .one(Connection::SCHEMA),
    Endpoint::post(
        "/connections/{connection}/certificates",
        "addCertificates",
        "Trust further certificates of the identity provider",
        run!(add_certificates),
    )
    .whoever(Action::ChangeConnection)
    .trusts()
    .body(&MoreCertificates::RECORD)
    .of(run!(read))
    .one(Connection::SCHEMA),
    Endpoint::delete(
        "/connections/{connection}/certificates/{sha256}",
        "removeCertificate",
        "Trust a certificate no more",
        run!(remove_certificate),
    )
    .whoever(Action::ChangeConnection)
    .trusts()
    .of(run!(read)),
    Endpoint::get(
        "/connections/{connection}/attempts",
        "listAttempts",
        "The last answers of the identity provider, the newest first",
        run!(attempts),
    )
    .whoever(Action::SeeConnections)
    .page(RecentAnswer::SCHEMA),
];

words! {
    Preset: "entra" "adfs" "okta" "google" "ping" "generic";
    SignOnBinding: "redirect" "post";
    SignaturePolicy: "either" "assertion" "response" "both";
    RequestSigning: "unsigned" "signed";
    Encryption: "off" "gcm" "gcm_and_cbc";
    Unsolicited: "restart" "accept" "refuse";
    LoginHint: "withhold" "send";
    ExpiredCertificates: "refuse" "warn";
}

input! {
    /// Which connections.
    ConnectionsOf {
        /// Of which account and those below it, by its path; left out: the key's own.
        optional account: AccountPath,
        /// In this state.
        optional state: ConnectionState,
        /// Only those that need somebody.
        optional attention: bool,
        /// In whose name, or in whose account's name or path, this stands.
        optional search: Line<1, 100>,
        /// How many at most. Default: 50.
        optional limit: Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: Line<1, 600>,
    }
    /// A new connection, which is a draft. What is left out has the default of its preset.
    NewConnection {
        /// The account, by its path; left out: the key's own.
        optional account: AccountPath,
        /// Its short name in the account.
        required name: Slug,
        /// The kind of identity provider, whose defaults it has. Default: generic.
        optional preset: Preset,
        /// The identity provider's metadata, as XML.
        optional metadata: Line<1, 1_048_576>,
        /// Where its metadata is read from, now and later. Not beside metadata.
        optional metadata_url: Line<1, 2000>,
        /// The identity provider's entity ID; stands in place of what metadata says.
        optional issuer: Option<Line<1, 1024>>,
        /// Where people are sent to sign in.
        optional sign_on_url: Option<Line<1, 2000>>,
        /// How the request is carried there.
        optional sign_on_binding: SignOnBinding,
        /// Where logout messages are sent.
        optional logout_url: Option<Line<1, 2000>>,
        /// The certificates that are trusted, each as PEM or base64; they are the only ones.
        optional certificates: AtMost<16, Line<1, 20_000>>,
        /// Our entity ID towards this identity provider; null: the address of our metadata.
        optional entity_id: Option<Line<1, 1024>>,
        /// What must be signed.
        optional signed: SignaturePolicy,
        /// Whether our requests are signed.
        optional requests: RequestSigning,
        /// Whether assertions may come encrypted.
        optional encryption: Encryption,
        /// What becomes of a response that nobody asked for.
        optional unsolicited: Unsolicited,
        /// Whether the address that a person typed is handed on.
        optional login_hint: LoginHint,
        /// What follows from an expired certificate.
        optional expired_certificate: ExpiredCertificates,
        /// How far the identity provider's clock may differ, in seconds.
        optional clock_skew: Whole<0, 300>,
        /// Until when signatures with SHA-1 are taken; null: never.
        optional sha1_until: Option<Timestamp>,
    }
    /// What is changed of a connection. What is left out stays as it is.
    ChangedConnection {
        /// The identity provider's metadata, as XML.
        optional metadata: Line<1, 1_048_576>,
        /// Where its metadata is read from, now and later. Not beside metadata.
        optional metadata_url: Line<1, 2000>,
        /// The identity provider's entity ID; stands in place of what metadata says.
        optional issuer: Option<Line<1, 1024>>,
        /// Where people are sent to sign in.
        optional sign_on_url: Option<Line<1, 2000>>,
        /// How the request is carried there.
        optional sign_on_binding: SignOnBinding,
        /// Where logout messages are sent.
        optional logout_url: Option<Line<1, 2000>>,
        /// The certificates that are trusted, each as PEM or base64; they are the only ones.
        optional certificates: AtMost<16, Line<1, 20_000>>,
        /// Our entity ID towards this identity provider; null: the address of our metadata.
        optional entity_id: Option<Line<1, 1024>>,
        /// What must be signed.
        optional signed: SignaturePolicy,
        /// Whether our requests are signed.
        optional requests: RequestSigning,
        /// Whether assertions may come encrypted.
        optional encryption: Encryption,
        /// What becomes of a response that nobody asked for.
        optional unsolicited: Unsolicited,
        /// Whether the address that a person typed is handed on.
        optional login_hint: LoginHint,
        /// What follows from an expired certificate.
        optional expired_certificate: ExpiredCertificates,
        /// How far the identity provider's clock may differ, in seconds.
        optional clock_skew: Whole<0, 300>,
        /// Until when signatures with SHA-1 are taken; null: never.
        optional sha1_until: Option<Timestamp>,
    }
    /// On whose word.
    Activate {
        /// Whether no test has to have passed: on an operator's word. Default: false.
        optional vouched: bool,
    }
    /// Further certificates.
    MoreCertificates {
        /// PEM, or base64 of DER; several at once.
        required certificates: Line<1, 100_000>,
    }
}

/// What has the same name in a body and among the settings.
const SETTINGS: [&str; 10] = [
    "issuer",
    "logout_url",
    "entity_id",
    "signed",
    "requests",
    "encryption",
    "unsolicited",
    "login_hint",
    "expired_certificate",
    "clock_skew",
];

record! {
    /// A connection in a list.
    ConnectionSummary {
        /// Its identity.
        id: ConnectionId,
        /// Its short name in its account.
        name: Slug,
        /// Where its account stands.
        account: AccountPath,
        /// The kind of identity provider.
        preset: Preset,
        /// How far it is set up.
        state: ConnectionState,
        /// How many people are linked to it.
        people: u64,
        /// Why it needs somebody, the gravest first.
        attention: Vec<String>,
    }
    /// A connection.
    Connection {
        /// Its identity.
        id: ConnectionId,
        /// Its short name in its account.
        name: Slug,
        /// Its account.
        account_id: AccountId,
        /// Where its account stands.
        account: AccountPath,
        /// The kind of identity provider.
        preset: Preset,
        /// How far it is set up.
        state: ConnectionState,
        /// When a test passed last.
        tested_at: Option<Timestamp>,
        /// When it was changed last.
        edited_at: Timestamp,
        /// How many people are linked to it.
        people: u64,
        /// Why it needs somebody, the gravest first.
        attention: Vec<String>,
        /// How ready it is, step by step.
        readiness: Vec<Step>,
        /// What the identity provider has to be given.
        ours: OurAddresses,
        /// The identity provider's entity ID.
        issuer: Option<String>,
        /// Where people are sent to sign in.
        sign_on_url: Option<String>,
        /// How the request is carried there.
        sign_on_binding: Option<SignOnBinding>,
        /// Where logout messages are sent.
        logout_url: Option<String>,
        /// Where its metadata is read from.
        metadata_url: Option<String>,
        /// What should be known of the last fetch of it.
        metadata_note: Option<String>,
        /// The certificates that are trusted.
        certificates: Vec<CertificateShown>,
        /// Our own, with which we sign requests, or to which is encrypted.
        own_certificates: Vec<CertificateShown>,
        /// What must be signed.
        signed: SignaturePolicy,
        /// Whether our requests are signed.
        requests: RequestSigning,
        /// Whether assertions may come encrypted.
        encryption: Encryption,
        /// What becomes of a response that nobody asked for.
        unsolicited: Unsolicited,
        /// Whether the address that a person typed is handed on.
        login_hint: LoginHint,
        /// What follows from an expired certificate.
        expired_certificate: ExpiredCertificates,
        /// How far the identity provider's clock may differ, in seconds.
        clock_skew: u64,
        /// Until when signatures with SHA-1 are taken.
        sha1_until: Option<Timestamp>,
    }
    /// A step on the way to a connection in force.
    Step {
        /// Which: values, certificate, domains, mapping, tested, active.
        step: String,
        /// How far: done, weak, missing.
        state: String,
    }
    /// What the identity provider has to be given.
    OurAddresses {
        /// Identifier (Entra) · entity ID (SAML).
        entity_id: String,
        /// Reply URL (Entra) · ACS URL (SAML).
        acs_url: String,
        /// Sign on URL (Entra): where a sign-in begins.
        start_url: String,
        /// Logout Url (Entra) · single logout service (SAML).
        logout_url: String,
        /// Where it is tried.
        test_url: String,
    }
    /// A certificate.
    CertificateShown {
        /// Whose it is, as it says.
        subject: String,
        /// SHA-1 of it: what Entra's portal calls the thumbprint.
        thumbprint: String,
        /// SHA-256 of it, by which it is removed.
        sha256: String,
        /// From when on it is good.
        not_before: Timestamp,
        /// Until when.
        not_after: Timestamp,
    }
    /// An answer that came.
    RecentAnswer {
        /// When.
        at: Timestamp,
        /// To which attempt.
        attempt: Option<AttemptId>,
        /// Why it was refused; null: it was accepted.
        refusal: Option<String>,
        /// The code that the person was shown.
        code: Option<String>,
    }
}

/// Why a connection needs somebody, in a sentence.
pub(super) fn reason(reason: &Attention) -> String {
    match reason {
        Attention::Missing(missing) => missing.to_string(),
        Attention::Weak(weakness) => weakness.to_string(),
        Attention::Metadata(note) => note.clone(),
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: ConnectionsOf = call.query()?;
    let after = match &query.cursor {
        None => None,
        Some(text) => Some(read_cursor(&text.0).ok_or_else(|| no_cursor(&text.0))?),
    };
    let wanted = ConnectionsQuery {
        within: query.account,
        state: query.state,
        attention: query.attention.unwrap_or_default(),
        text: query.search.map(|it| it.0).unwrap_or_default(),
        after,
    };
    let found = console::connections(call.ctx(), call.viewer(), wanted).await?;
    let rows = found.rows.into_iter().map(|it| ConnectionSummary {
        id: it.id,
        name: it.name,
        account: it.path,
        preset: it.preset,
        state: it.state,
        people: it.people,
        attention: it.reasons.iter().map(reason).collect(),
    });
    let next = found.next.map(|(path, name)| format!("{} {name}", crate::api::schema::text(&path.json())));
    Ok(page(rows, next))
}

/// `acme entra`
fn read_cursor(text: &str) -> Option<(AccountPath, Slug)> {
    let (path, name) = text.split_once(' ')?;
    Some((AccountPath::take(&path.into()).ok()?, name.parse().ok()?))
}

async fn found(call: &Call, id: ConnectionId) -> Result<Value, Refusal> {
    let it = console::connection(call.ctx(), call.viewer(), id).await?;
    Ok(shown(it).json())
}

fn shown(it: ConnectionPage) -> Connection {
    let [entity_id, acs_url, start_url, logout_url] = it.addresses;
    let SamlSettings { issuer, sign_on, logout_url: logout, metadata_url, .. } = &it.connection.saml;
    let saml = &it.connection.saml;
    Connection {
        id: it.connection.id,
        name: it.connection.name.clone(),
        account_id: it.spot.account.id,
        account: it.spot.account.path,
        preset: saml.preset,
        state: it.connection.state,
        tested_at: it.connection.tested_at,
        edited_at: it.connection.edited_at,
        people: it.people,
        attention: it.reasons.iter().map(reason).collect(),
        readiness: it.readiness.iter().map(|it| Step { step: step(it.step), state: state(it.state) }).collect(),
        ours: OurAddresses { entity_id, acs_url, start_url, logout_url, test_url: it.test },
        issuer: issuer.as_ref().map(ToString::to_string),
        sign_on_url: sign_on.as_ref().map(|it| it.url.as_str().to_owned()),
        sign_on_binding: sign_on.as_ref().map(|it| it.binding),
        logout_url: logout.as_ref().map(|it| it.as_str().to_owned()),
        metadata_url: metadata_url.clone(),
        metadata_note: it.refresh.and_then(|it| it.note).map(|note| note.text),
        certificates: it.certificates.into_iter().map(certificate).collect(),
        own_certificates: it.own_certificates.into_iter().map(certificate).collect(),
        signed: saml.signed,
        requests: saml.requests,
        encryption: saml.encryption,
        unsolicited: saml.unsolicited,
        login_hint: saml.login_hint,
        expired_certificate: saml.expired_certificate,
        clock_skew: saml.clock_skew.into(),
        sha1_until: saml.sha1_until,
    }
}

fn step(step: ReadinessStep) -> String {
    let name = match step {
        ReadinessStep::Values => "values",
        ReadinessStep::Certificate => "certificate",
        ReadinessStep::Domains => "domains",
        ReadinessStep::Mapping => "mapping",
        ReadinessStep::Tested => "tested",
        ReadinessStep::Active => "active",
    };
    name.to_owned()
}

fn state(state: StepState) -> String {
    let name = match state {
        StepState::Done => "done",
        StepState::Weak => "weak",
        StepState::Missing => "missing",
    };
    name.to_owned()
}

fn certificate(it: CertificateRow) -> CertificateShown {
    let CertificateRow { subject, thumbprint, sha256, from, until } = it;
    CertificateShown { subject, thumbprint, sha256, not_before: from, not_after: until }
}

async fn read(call: Call) -> Result<Reply, Refusal> {
    let id = call.named("connection")?;
    found(&call, id).await.map(Reply::One)
}

/// What a body sets, by the names of the settings.
fn set(call: &Call, certificates: Option<AtMost<16, Line<1, 20_000>>>, metadata: MetadataFrom) -> ConnectionSet {
    let given = |name: &str| call.body.get(name).cloned();
    ConnectionSet {
        settings: SETTINGS
            .iter()
            .chain(["sha1_until"].iter())
            .filter_map(|name| given(name).map(|value| (*name, value)))
            .collect(),
        sign_on_url: given("sign_on_url"),
        sign_on_binding: given("sign_on_binding"),
        certificates: certificates.map(|all| all.0.into_iter().map(|one| one.0).collect()),
        metadata,
    }
}

fn metadata(document: Option<Line<1, 1_048_576>>, url: Option<Line<1, 2000>>) -> Result<MetadataFrom, Refusal> {
    match (document, url) {
        (None, None) => Ok(MetadataFrom::Nowhere),
        (Some(document), None) => Ok(MetadataFrom::Document(document.0)),
        (None, Some(url)) => Ok(MetadataFrom::Url(url.0)),
        (Some(_), Some(_)) => Err(Refusal::cannot(
            "body.metadata",
            "a document and an address",
            "one of them, so that it is clear which counts",
        )),
    }
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let body: NewConnection = call.body()?;
    let set = set(&call, body.certificates, metadata(body.metadata, body.metadata_url)?);
    let account = body.account.unwrap_or_else(|| call.viewer().home.path.clone());
    let preset = body.preset.unwrap_or_default();
    let id = api::create_connection(call.ctx(), call.viewer(), &account, body.name, preset, set, call.tools()).await?;
    Ok(Reply::Made(format!("/connections/{id}"), found(&call, id).await?))
}

async fn change(call: Call) -> Result<Reply, Refusal> {
    let body: ChangedConnection = call.body()?;
    let set = set(&call, body.certificates, metadata(body.metadata, body.metadata_url)?);
    let id = call.named("connection")?;
    api::change_connection(call.ctx(), call.viewer(), id, set, call.held, call.tools()).await?;
    found(&call, id).await.map(Reply::One)
}

async fn changed(call: &Call, change: ConnectionChange) -> Result<ConnectionId, Refusal> {
    let id = call.named("connection")?;
    match console::change_connection(call.ctx(), call.viewer(), id, change).await? {
        None => Ok(id),
        Some(NotChanged::SignInAgain) => Err(Refusal::not_allowed(ApiAccess::Trust, call.program.access)),
        Some(NotChanged::NotACertificate(why)) => Err(Refusal::cannot("body.certificates", "no certificate", why)),
        Some(NotChanged::Already) => Err(Refusal::conflict("these certificates are trusted already")),
        Some(NotChanged::NotRemovable) => Err(Refusal::conflict(
            "it is not trusted, or it is the last one; add another first, or pause the connection",
        )),
        Some(NotChanged::Overtaken) => Err(Refusal::overtaken()),
        Some(NotChanged::Not(reasons)) => Err(Refusal::conflict(reasons.join("; "))),
    }
}

async fn pause(call: Call) -> Result<Reply, Refusal> {
    let id = changed(&call, ConnectionChange::Pause).await?;
    found(&call, id).await.map(Reply::One)
}

async fn activate(call: Call) -> Result<Reply, Refusal> {
    let body: Activate = call.body()?;
    let is_vouched = body.vouched.unwrap_or_default();
    let activation = if is_vouched { Activation::ByOperator } else { Activation::AfterTest };
    if is_vouched && !call.viewer().may(Action::SetEntitlement, &call.viewer().home.path) {
        return Err(Refusal::cannot("body.vouched", "true", "false: that is the vendor's operators' to say"));
    }
    let id = changed(&call, ConnectionChange::Activate(activation)).await?;
    found(&call, id).await.map(Reply::One)
}

async fn add_certificates(call: Call) -> Result<Reply, Refusal> {
    let body: MoreCertificates = call.body()?;
    let id = changed(&call, ConnectionChange::AddCertificates(body.certificates.0)).await?;
    found(&call, id).await.map(Reply::One)
}

async fn remove_certificate(call: Call) -> Result<Reply, Refusal> {
    let which: String = call.named("sha256")?;
    changed(&call, ConnectionChange::RemoveCertificate(which)).await?;
    Ok(Reply::Done)
}

async fn attempts(call: Call) -> Result<Reply, Refusal> {
    let id = call.named("connection")?;
    let found = console::connection(call.ctx(), call.viewer(), id).await?;
    let rows = found.attempts.into_iter().map(|it| RecentAnswer {
        at: it.at,
        attempt: it.attempt,
        refusal: it.reason.or(it.turned_away),
        code: it.code,
    });
    Ok(page(rows, None))
}
