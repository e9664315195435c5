//! What somebody says who sets a draft up is saved: of a draft alone, and by a link only while it is good.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::account::Admission;
use vestibule_domain::connection::{Preset, SamlSettings, SignOn, SignOnBinding};
use vestibule_domain::metadata::{MetadataNote, certificate_text, metadata_into_settings};
use vestibule_domain::name::DomainName;
use vestibule_domain::setting::{OtherProtocol, SettingProblem, other_protocol};
use vestibule_outbound::Fetcher;
use vestibule_saml::metadata::{IdpMetadata, Reading};
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp};
use vestibule_store::tx::{ConsoleNote, SetupNote};
use vestibule_xmlsec::keys::read_certificates;

use super::open::{Doorway, Entrance, look};
use crate::apply::{
    self, ApplyError, Misfit, Proof, Reason, Seen, Wanted, WantedAccount, WantedConnection, WantedDomain, WantedState,
};
use crate::ctx::Ctx;
use crate::keys::MadeKey;
use crate::problem::Problem;
use crate::token_keys::MakeKey;

/// The most e-mail domains that are claimed by one form.
const MAX_DOMAINS: usize = 20;
/// So many domains of an account are claimed and not proved yet, at most, as far as set-up and programs go: each is looked
/// for again and again.
pub(crate) const MAX_CLAIMS: usize = 50;

/// Each way in which people who are not known may be met.
pub const ADMISSIONS: [Admission; 4] =
    [Admission::Create, Admission::Waiting, Admission::InvitedOnly, Admission::PassThrough];

/// What a set-up works with beyond the store.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Fetches metadata.
    pub fetcher: Fetcher,
    /// Makes a connection's own key, where its settings demand one; the argument is the name for the certificate.
    pub make_key: fn(&str, Timestamp) -> Result<MadeKey, String>,
    /// Makes a key that signs tokens.
    pub make_token_key: MakeKey,
}

/// What of the identity provider is given.
#[derive(Clone)]
pub enum Theirs {
    /// Its metadata: where it is, or itself.
    Metadata {
        /// Its address; empty: none.
        url: String,
        /// The document; empty: none.
        document: String,
    },
    /// The values by themselves.
    Values {
        /// Its entity ID.
        issuer: String,
        /// Where people are sent to sign in.
        sign_on: String,
        /// Its signing certificates, however they were pasted.
        certificates: String,
        /// Where logout messages go; empty: nowhere.
        logout_url: String,
    },
}

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The address of metadata.
    MetadataUrl,
    /// Metadata itself.
    Metadata,
    /// The issuer.
    Issuer,
    /// The sign-on address.
    SignOn,
    /// The certificates.
    Certificates,
    /// The logout address.
    LogoutUrl,
    /// The e-mail domains.
    Domains,
    /// Who comes in.
    Admission,
}

/// Something that cannot be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Which field.
    pub field: Field,
    /// What is wrong and what would do; in English.
    pub text: String,
}

/// What became of something that was to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// It is saved; what an administrator should know of it, in English.
    Done(Vec<String>),
    /// It is not.
    Not(NotSaved),
}

/// Why something is not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSaved {
    /// Values that cannot be; nothing typed is lost.
    Unfit(Vec<Unfit>),
    /// Somebody else changed settings at this moment.
    Overtaken,
    /// The link is over.
    Over,
    /// Whoever wants it authenticated too long ago (A27.3).
    SignInAgain,
}

impl Unfit {
    fn new(field: Field, text: impl Into<String>) -> Self {
        Self { field, text: text.into() }
    }
}

/// Our values stand at the identity provider, says whoever has the link.
///
/// # Errors
/// Those of the store.
pub async fn given(ctx: &Ctx, door: &Doorway) -> Result<Saved, Problem> {
    let (entrance, id, now) = (door.entrance.clone(), door.connection.id, ctx.now);
    let noted = ctx.store.write(move |tx| {
        Box::pin(async move {
            match entrance {
                Entrance::Link(link) => tx.note_setup(link.id, SetupNote::Given, now, None).await,
                Entrance::Console { .. } => tx.note_console_setup(id, ConsoleNote::Given, now).await,
            }
        })
    });
    Ok(if noted.await? { Saved::Done(Vec::new()) } else { Saved::Not(NotSaved::Over) })
}

/// Which kind of identity provider it is.
///
/// # Errors
/// Those of the store.
pub async fn preset(ctx: &Ctx, door: &Doorway, preset: Preset, tools: &Tools) -> Result<Saved, Problem> {
    let mut saml = door.connection.saml.clone();
    saml.preset = preset;
    saml.login_hint = preset.settings().login_hint;
    connection(ctx, door, saml, Vec::new(), tools).await
}

/// What the identity provider gives.
///
/// # Errors
/// Those of the store.
pub async fn theirs(ctx: &Ctx, door: &Doorway, theirs: &Theirs, tools: &Tools) -> Result<Saved, Problem> {
    let loopback_http = loopback(ctx);
    let read = match theirs {
        Theirs::Metadata { url, document } => metadata(ctx, door, url.trim(), document, tools).await,
        Theirs::Values { issuer, sign_on, certificates, logout_url } => {
            values(door, [issuer, sign_on, certificates, logout_url], loopback_http).map(|saml| (saml, Vec::new()))
        }
    };
    match read {
        Ok((saml, notes)) => connection(ctx, door, saml, notes, tools).await,
        Err(unfit) => Ok(Saved::Not(NotSaved::Unfit(unfit))),
    }
}

pub(crate) fn loopback(ctx: &Ctx) -> LoopbackHttp {
    if ctx.deployment.is_loopback() { LoopbackHttp::Allow } else { LoopbackHttp::Refuse }
}

type Read = (SamlSettings, Vec<MetadataNote>);

async fn metadata(ctx: &Ctx, door: &Doorway, url: &str, document: &str, tools: &Tools) -> Result<Read, Vec<Unfit>> {
    let one = |field, text: String| vec![Unfit::new(field, text)];
    let (field, octets, from) = match (url, document.trim()) {
        ("", "") => {
            let text = "nothing was given; give the address of the metadata, or the metadata itself";
            return Err(one(Field::MetadataUrl, text.to_owned()));
        }
        ("", document) => (Field::Metadata, document.as_bytes().to_vec(), None),
        (url, "") => {
            if let Some(other) = other_protocol(url).filter(|other| *other != OtherProtocol::Metadata) {
                return Err(one(Field::MetadataUrl, format!("this is {other}; {}", not_metadata(other))));
            }
            let fetched = tools.fetcher.metadata(url).await;
            let fetched = fetched.map_err(|error| one(Field::MetadataUrl, error.to_string()))?;
            (Field::MetadataUrl, fetched.document, Some(url.to_owned()))
        }
        (_, _) => {
            let text =
                "an address and a document were given; leave one of the two empty, so that it is clear which counts";
            return Err(one(Field::Metadata, text.to_owned()));
        }
    };
    let reading = Reading { loopback_http: loopback(ctx), ..Reading::at(ctx.now) };
    let read = IdpMetadata::parse(&octets, &reading).map_err(|error| one(field, error.to_string()))?;
    let (mut saml, notes) = metadata_into_settings(&read, &door.connection.saml);
    saml.metadata_url = from;
    Ok((saml, notes))
}

/// What to do where the address of something else stands in the place of the metadata's (HY-21).
fn not_metadata(other: OtherProtocol) -> &'static str {
    match other {
        OtherProtocol::OpenIdConfiguration => {
            "it describes OpenID Connect. Copy the address of the SAML metadata (Entra: App Federation Metadata Url)"
        }
        _ => "copy the address of the SAML metadata (Entra: SAML Certificates → App Federation Metadata Url)",
    }
}

fn values(door: &Doorway, typed: [&String; 4], loopback_http: LoopbackHttp) -> Result<SamlSettings, Vec<Unfit>> {
    let [issuer, sign_on, certificates, logout_url] = typed.map(|text| text.trim());
    let mut unfit = Vec::new();
    let mut saml = SamlSettings { metadata_url: None, certificates_pinned: false, ..door.connection.saml.clone() };
    match EntityId::new(issuer) {
        _ if issuer.is_empty() => {
            unfit.push(Unfit::new(Field::Issuer, "it is empty; copy the identifier of your identity provider"));
        }
        Ok(issuer) => saml.issuer = Some(issuer),
        Err(error) => unfit.push(Unfit::new(Field::Issuer, error.to_string())),
    }
    if sign_on.is_empty() {
        unfit.push(Unfit::new(Field::SignOn, "it is empty; copy the address where your people sign in"));
    } else {
        match address(sign_on, loopback_http) {
            Ok(url) => saml.sign_on = Some(SignOn { url, binding: SignOnBinding::default() }),
            Err(text) => unfit.push(Unfit::new(Field::SignOn, text)),
        }
    }
    saml.logout_url = None;
    saml.logout_answer_url = None;
    if !logout_url.is_empty() {
        match address(logout_url, loopback_http) {
            Ok(url) => saml.logout_url = Some(url),
            Err(text) => unfit.push(Unfit::new(Field::LogoutUrl, text)),
        }
    }
    match read_certificates(certificates.as_bytes()) {
        _ if certificates.is_empty() => {
            unfit
                .push(Unfit::new(Field::Certificates, "it is empty; download the certificate and paste what is in it"));
        }
        Ok(read) => saml.certificates = read.iter().map(certificate_text).collect(),
        Err(error) => unfit.push(Unfit::new(Field::Certificates, error.to_string())),
    }
    if unfit.is_empty() { Ok(saml) } else { Err(unfit) }
}

/// An address of SAML; one of another protocol is named (HY-21).
fn address(text: &str, loopback_http: LoopbackHttp) -> Result<EndpointUrl, String> {
    if let Some(other) = other_protocol(text) {
        return Err(format!("this is {other}; {} is wanted; {}", other.want(), other.fix()));
    }
    EndpointUrl::new(text, loopback_http).map_err(|error| error.to_string())
}

async fn connection(
    ctx: &Ctx,
    door: &Doorway,
    saml: SamlSettings,
    notes: Vec<MetadataNote>,
    tools: &Tools,
) -> Result<Saved, Problem> {
    let mut wanted = WantedAccount::as_it_is(&door.account);
    let told = notes.iter().map(ToString::to_string).collect();
    let (id, name) = (Some(door.connection.id), door.connection.name.clone());
    wanted.connections.push(WantedConnection { line: 0, id, name, state: Some(WantedState::Draft), saml, notes });
    Ok(match commit(ctx, door, wanted, SetupNote::Saved, tools).await? {
        Saved::Done(_) => Saved::Done(told),
        not @ Saved::Not(_) => not,
    })
}

/// Whose e-mail addresses come in, and what becomes of people who are not known yet.
///
/// # Errors
/// Those of the store.
pub async fn people(
    ctx: &Ctx,
    door: &Doorway,
    domains: &str,
    admission: Option<Admission>,
    tools: &Tools,
) -> Result<Saved, Problem> {
    let look = look(ctx, door).await?;
    let mut wanted = WantedAccount::as_it_is(&door.account);
    let mut unfit = Vec::new();
    let words = domains.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).filter(|word| !word.is_empty());
    for word in words {
        let word = word.trim_start_matches('@');
        match word.parse::<DomainName>() {
            Ok(name) if wanted.domains.iter().any(|known| known.name == name) => {}
            Ok(name) if look.domains.iter().any(|known| known.name == name.as_str()) => {}
            Ok(name) => wanted.domains.push(WantedDomain { line: 0, name, proof: Proof::Claimed, connection: None }),
            Err(error) => unfit.push(Unfit::new(Field::Domains, error.to_string())),
        }
    }
    let given = wanted.domains.len();
    if given > MAX_DOMAINS {
        let text = format!("{given} domains were given, and at most {MAX_DOMAINS} are taken at once");
        unfit.push(Unfit::new(Field::Domains, text));
    }
    let open = look.domains.iter().filter(|known| !known.is_proved).count();
    if given > 0 && open + given > MAX_CLAIMS {
        let text = format!(
            "{given} domains were given, and the proof of {open} is under way; at most {MAX_CLAIMS} are proved at a \
             time: publish the records of those first, or ask the operator"
        );
        unfit.push(Unfit::new(Field::Domains, text));
    }
    let changes = admission.is_some_and(|chosen| chosen != look.admission);
    // Who comes in is trust; which domains are claimed is not, and what was typed of them is kept.
    let signs_in_again = changes && matches!(door.entrance, Entrance::Console { is_fresh: false, .. });
    match admission.filter(|_| !signs_in_again) {
        Some(chosen) if look.admissions.contains(&chosen) => wanted.settings.admission = chosen,
        Some(chosen) if chosen != look.admission => {
            let text = match door.entrance {
                Entrance::Link(_) => "this is not yours to choose; whoever sent you the link sets it",
                Entrance::Console { .. } => "this is not to be chosen here; the operator sets it",
            };
            unfit.push(Unfit::new(Field::Admission, text));
        }
        _ => {}
    }
    if !unfit.is_empty() {
        return Ok(Saved::Not(NotSaved::Unfit(unfit)));
    }
    match commit(ctx, door, wanted, SetupNote::People, tools).await? {
        Saved::Done(_) if signs_in_again => Ok(Saved::Not(NotSaved::SignInAgain)),
        saved => Ok(saved),
    }
}

async fn commit(
    ctx: &Ctx,
    door: &Doorway,
    wanted: WantedAccount,
    note: SetupNote,
    tools: &Tools,
) -> Result<Saved, Problem> {
    // Metadata may have been long in coming.
    let seen = Seen::of(&door.account, Some(&door.connection));
    let wanted = Wanted { accounts: vec![wanted], seen, ..Wanted::default() };
    let done = match apply::plan(ctx, &wanted, door.actor()).await {
        Ok(plan) => {
            let plan = match &door.entrance {
                Entrance::Link(link) => plan.by_link(link.id, note, ctx.now),
                Entrance::Console { .. } => {
                    let note = if note == SetupNote::People { ConsoleNote::People } else { ConsoleNote::Saved };
                    plan.in_console(door.connection.id, note, ctx.now)
                }
            };
            apply::carry_out(ctx, plan, |key| (tools.make_key)(&key.name, ctx.now)).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Saved::Done(Vec::new())),
        Err(error) => not_saved(error, door).map(Saved::Not),
    }
}

/// What is told of a plan that cannot be.
///
/// # Errors
/// What is nobody's fault who has a link.
pub(super) fn not_saved(error: ApplyError, door: &Doorway) -> Result<NotSaved, Problem> {
    let told = match door.entrance {
        Entrance::Link(_) => misfit,
        Entrance::Console { .. } => of_console,
    };
    match error {
        ApplyError::Misfits(misfits) => Ok(NotSaved::Unfit(misfits.into_iter().map(told).collect())),
        ApplyError::Stale => Ok(NotSaved::Overtaken),
        ApplyError::LinkOver => Ok(NotSaved::Over),
        ApplyError::Store(error) => Err(error.into()),
        error @ (ApplyError::Key { .. } | ApplyError::Seal(_)) => Err(Problem::broken(error)),
    }
}

/// Whoever has a role is told the reason as it is, but for whose a domain is: it may be beyond their reach.
fn of_console(misfit: Misfit) -> Unfit {
    match misfit.reason {
        Reason::Setting(problem) => setting(problem),
        Reason::DomainTaken { domain, .. } => {
            let text = format!("{domain} is proved for another account; the operator has to clear that up");
            Unfit::new(Field::Domains, text)
        }
        Reason::NotActivated { why } => Unfit::new(Field::Metadata, why.to_string()),
        reason => Unfit::new(Field::Metadata, reason.to_string()),
    }
}

/// What names other accounts is not told whoever has a link.
fn misfit(misfit: Misfit) -> Unfit {
    match misfit.reason {
        Reason::Setting(problem) => setting(problem),
        Reason::DomainTaken { domain, .. } => Unfit::new(
            Field::Domains,
            format!("{domain} is proved for another account; whoever sent you the link has to clear that up"),
        ),
        Reason::NotActivated { why } => Unfit::new(Field::Metadata, why.to_string()),
        Reason::OwnNotPermitted { .. } => Unfit::new(
            Field::Metadata,
            "the account may not have a sign-in of its own; whoever sent you the link has to permit it",
        ),
        _ => Unfit::new(
            Field::Metadata,
            "the account's other settings do not allow it; whoever sent you the link has to mend them",
        ),
    }
}

fn setting(problem: SettingProblem) -> Unfit {
    let SettingProblem { field, got, want, fix } = problem;
    let named = match field.as_str() {
        "issuer" | "entity_id" => Field::Issuer,
        "sign_on" => Field::SignOn,
        "logout_url" | "logout_answer_url" => Field::LogoutUrl,
        "metadata_url" => Field::MetadataUrl,
        field if field.starts_with("certificates") => Field::Certificates,
        _ => Field::Metadata,
    };
    Unfit::new(named, format!("got {got}; {want} is wanted; {fix}"))
}

impl fmt::Debug for Theirs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata { .. } => "Metadata(…)",
            Self::Values { .. } => "Values(…)",
        })
    }
}
