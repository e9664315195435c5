//! What programs change, by the same planner that reads files, with the program as the actor: its checks, its warnings and
//! its lines in the log.

use serde_json::{Map, Value};
use thiserror::Error;
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::connection::{Connection, Preset, SamlSettings};
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::metadata::{MetadataNote, certificate_text, metadata_into_settings};
use vestibule_domain::name::{Slug, SubDomain};
use vestibule_domain::permission::Action;
use vestibule_domain::setup::is_draft;
use vestibule_saml::metadata::{IdpMetadata, Reading};
use vestibule_store::StoreError;
use vestibule_xmlsec::keys::read_certificates;

use crate::apply::{
    ApplyError, ChangeKind, Misfit, Plan, Seen, Wanted, WantedAccount, WantedConnection, WantedState, WantedSubDomain,
    carry_out, plan,
};
use crate::console::{Viewer, is_trust_of_account};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::{Tools, loopback};

/// Why nothing is changed.
#[derive(Debug, Error)]
pub enum NotSet {
    /// It was changed since whoever asks read it.
    #[error("it was changed since it was read")]
    Changed,
    /// It is there already.
    #[error("{what} is there already")]
    Exists {
        /// What.
        what: String,
    },
    /// One thing that is named cannot be.
    #[error("{field}: {why}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it, or what would do.
        why: String,
    },
    /// What is trusted would change, which needs more.
    #[error("this changes what is trusted")]
    Trust,
    /// The planner refuses.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// It is not there, or the store failed.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl From<StoreError> for NotSet {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

pub(super) fn field(field: &'static str, why: &(impl std::fmt::Display + ?Sized)) -> NotSet {
    NotSet::Field { field, why: why.to_string() }
}

/// Plans, and carries out what `allows` lets pass; `held`: where the settings have this version still.
pub(super) async fn set(
    ctx: &Ctx,
    viewer: &Viewer,
    wanted: &Wanted,
    held: Option<i64>,
    tools: &Tools,
    allows: impl FnOnce(&Plan) -> Result<(), NotSet>,
) -> Result<(), NotSet> {
    let plan = plan(ctx, wanted, viewer.actor()).await.map_err(|error| within_reach(viewer, error))?;
    if held.is_some_and(|held| held != plan.base()) {
        return Err(NotSet::Changed);
    }
    allows(&plan)?;
    Ok(carry_out(ctx, plan, |key| (tools.make_key)(&key.name, ctx.now)).await?)
}

/// What the planner refuses, without the names of accounts that a program may not see.
fn within_reach(viewer: &Viewer, error: ApplyError) -> ApplyError {
    match error {
        ApplyError::Misfits(misfits) if viewer.home.path != AccountPath::ROOT => {
            let told = |misfit: Misfit| Misfit { reason: misfit.reason.without_owner(), ..misfit };
            ApplyError::Misfits(misfits.into_iter().map(told).collect())
        }
        error => error,
    }
}

/// Refuses a plan that changes of an account who is trusted or who comes in, where the program may not change that.
fn judge_trust(ctx: &Ctx, viewer: &Viewer, plan: &Plan) -> Result<(), NotSet> {
    // What a new account is, and where, takes nothing from anybody.
    let is_trust = plan.changes.iter().any(|change| {
        let is_free = |name: &str| change.kind == ChangeKind::Create && ["kind", "sub_domain"].contains(&name);
        change.differences.iter().any(|it| is_trust_of_account(&it.setting) && !is_free(&it.setting))
    });
    if is_trust && !viewer.is_fresh(ctx.now) { Err(NotSet::Trust) } else { Ok(()) }
}

/// Where an account stands.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist.
pub async fn path_of(ctx: &Ctx, id: AccountId) -> Result<AccountPath, Problem> {
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.account(id).await })).await?;
    found.map(|account| account.path).ok_or(Problem::NotFound)
}

/// The account at a path, where somebody may do something.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn reaches(
    ctx: &Ctx,
    viewer: &Viewer,
    path: &AccountPath,
    action: Action<'static>,
) -> Result<Account, Problem> {
    Ok(viewer.spot(ctx, Some(path.clone()), action).await?.account)
}

/// What is changed of an account, or set of a new one.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// Its name for people.
    pub name: Option<String>,
    /// What it is.
    pub kind: Option<AccountKind>,
    /// Where its people sign in; `Some(None)`: nowhere of its own.
    pub sub_domain: Option<Option<SubDomain>>,
    /// Settings by name, as files for `apply` have them; null: the default.
    pub settings: Vec<(&'static str, Value)>,
}

impl AccountChange {
    /// Whether somebody may say all of this of an account.
    fn judge(&self, viewer: &Viewer, path: &AccountPath) -> Result<(), NotSet> {
        // What it is, is said from above, as what it is permitted.
        if self.kind.is_some() && !viewer.may(Action::SetPermitted, path) {
            return Err(field("kind", "whoever runs the account above says this; leave it out"));
        }
        for (name, _) in &self.settings {
            let action = match *name {
                "entitlement" | "application" => Action::SetEntitlement,
                "permitted" => Action::SetPermitted,
                "children" => Action::SetChildren,
                _ => Action::ChangeAccount,
            };
            if !viewer.may(action, path) {
                return Err(field(name, "whoever runs the account above, or the vendor, says this; leave it out"));
            }
        }
        Ok(())
    }

    fn into_wanted(self, path: AccountPath, name: String, settings: AccountSettings) -> WantedAccount {
        WantedAccount {
            line: 0,
            path,
            kind: self.kind,
            name: self.name.unwrap_or(name),
            sub_domain: match self.sub_domain {
                None => WantedSubDomain::AsItIs,
                Some(None) => WantedSubDomain::None,
                Some(Some(label)) => WantedSubDomain::Label(label),
            },
            settings,
            logo: None,
            connections: Vec::new(),
            domains: Vec::new(),
            users: Vec::new(),
        }
    }
}

/// Settings with some of them named anew, each judged by itself.
fn merged<T>(settings: &T, named: &[(&'static str, Value)]) -> Result<T, NotSet>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone,
{
    let mut merged = settings.clone();
    for (name, value) in named {
        let Ok(Value::Object(mut map)) = serde_json::to_value(&merged) else { continue };
        put(&mut map, name, value);
        merged = serde_json::from_value(Value::Object(map)).map_err(|error| field(name, &error))?;
    }
    Ok(merged)
}

/// Sets one of the settings; of those that hang together, such as `sessions.length_minutes`, the one behind the point.
fn put(settings: &mut Map<String, Value>, name: &str, value: &Value) {
    if let Some((outer, inner)) = name.split_once('.') {
        let within = settings.entry(outer).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(within) = within {
            put(within, inner, value);
        }
    } else if value.is_null() {
        settings.remove(name);
    } else {
        settings.insert(name.to_owned(), value.clone());
    }
}

/// Makes an account.
///
/// # Errors
/// See [`NotSet`].
pub async fn create_account(
    ctx: &Ctx,
    viewer: &Viewer,
    path: &AccountPath,
    change: AccountChange,
    tools: &Tools,
) -> Result<(), NotSet> {
    // Below one's own: the account above is the one that is changed.
    let above = path.parent().ok_or_else(|| NotSet::Exists { what: "the platform".to_owned() })?;
    if !viewer.may(Action::ChangeAccount, &above) {
        return Err(Problem::NotFound.into());
    }
    change.judge(viewer, path)?;
    let settings = merged(&AccountSettings::default(), &change.settings)?;
    let wanted = change.into_wanted(path.clone(), path.to_string(), settings);
    let wanted = Wanted { accounts: vec![wanted], ..Wanted::default() };
    let what = path.shown();
    set(ctx, viewer, &wanted, None, tools, |plan| {
        if !plan.creates(&what) {
            return Err(NotSet::Exists { what: format!("the account {what:?}") });
        }
        judge_trust(ctx, viewer, plan)
    })
    .await
}

/// Changes an account.
///
/// # Errors
/// See [`NotSet`].
pub async fn change_account(
    ctx: &Ctx,
    viewer: &Viewer,
    path: &AccountPath,
    change: AccountChange,
    held: Option<i64>,
    tools: &Tools,
) -> Result<(), NotSet> {
    let account = reaches(ctx, viewer, path, Action::ChangeAccount).await?;
    change.judge(viewer, path)?;
    if change.kind.is_some() && account.kind == AccountKind::Platform {
        return Err(field("kind", "the platform stays the platform; leave it out"));
    }
    let settings = merged(&account.settings, &change.settings)?;
    let wanted = change.into_wanted(path.clone(), account.name, settings);
    let wanted = Wanted { accounts: vec![wanted], ..Wanted::default() };
    set(ctx, viewer, &wanted, held, tools, |plan| judge_trust(ctx, viewer, plan)).await
}

/// Where metadata is.
#[derive(Clone, PartialEq, Eq)]
pub enum MetadataFrom {
    /// None is given.
    Nowhere,
    /// This.
    Document(String),
    /// There, now and later.
    Url(String),
}

/// What is set of a connection.
#[derive(Clone)]
pub struct ConnectionSet {
    /// Settings by name, as files for `apply` have them; null: the default.
    pub settings: Vec<(&'static str, Value)>,
    /// Where people are sent to sign in; null: nowhere yet.
    pub sign_on_url: Option<Value>,
    /// How the request is carried there.
    pub sign_on_binding: Option<Value>,
    /// The certificates that are trusted, each as PEM or base64; they are the only ones.
    pub certificates: Option<Vec<String>>,
    /// The identity provider's metadata.
    pub metadata: MetadataFrom,
}

impl ConnectionSet {
    /// The settings with what is set.
    async fn over(
        &self,
        ctx: &Ctx,
        tools: &Tools,
        saml: &SamlSettings,
    ) -> Result<(SamlSettings, Vec<MetadataNote>), NotSet> {
        let (saml, notes) = self.read_metadata(ctx, tools, saml).await?;
        let mut named = self.settings.clone();
        named.extend(self.sign_on(&saml));
        let mut saml = merged(&saml, &named)?;
        if let Some(texts) = &self.certificates {
            saml.certificates.clear();
            for text in texts {
                let read = read_certificates(text.trim().as_bytes()).map_err(|error| field("certificates", &error))?;
                saml.certificates.extend(read.iter().map(certificate_text));
            }
            // What is named is meant: the address does not add to it later (A27.1).
            saml.certificates_pinned = saml.metadata_url.is_some();
        }
        Ok((saml, notes))
    }

    fn sign_on(&self, saml: &SamlSettings) -> Option<(&'static str, Value)> {
        let present = saml.sign_on.as_ref().and_then(|present| serde_json::to_value(present).ok());
        let mut map = match present {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        match (&self.sign_on_url, &self.sign_on_binding) {
            (None, None) => return None,
            (Some(Value::Null), _) => return Some(("sign_on", Value::Null)),
            (url, binding) => {
                for (name, value) in [("url", url), ("binding", binding)] {
                    map.extend(value.clone().map(|value| (name.to_owned(), value)));
                }
            }
        }
        Some(("sign_on", Value::Object(map)))
    }

    async fn read_metadata(
        &self,
        ctx: &Ctx,
        tools: &Tools,
        saml: &SamlSettings,
    ) -> Result<(SamlSettings, Vec<MetadataNote>), NotSet> {
        let (name, octets, from) = match &self.metadata {
            MetadataFrom::Nowhere => return Ok((saml.clone(), Vec::new())),
            MetadataFrom::Document(document) => ("metadata", document.trim().as_bytes().to_vec(), None),
            MetadataFrom::Url(url) => {
                let fetched = tools.fetcher.metadata(url).await.map_err(|error| field("metadata_url", &error))?;
                ("metadata_url", fetched.document, Some(url.clone()))
            }
        };
        let reading = Reading { loopback_http: loopback(ctx), ..Reading::at(ctx.now) };
        let read = IdpMetadata::parse(&octets, &reading).map_err(|error| field(name, &error))?;
        let (mut saml, notes) = metadata_into_settings(&read, saml);
        saml.metadata_url = from;
        Ok((saml, notes))
    }
}

/// The account as it is, with this one connection.
fn with_connection(account: &Account, connection: WantedConnection) -> Wanted {
    let mut wanted = WantedAccount::as_it_is(account);
    wanted.connections.push(connection);
    Wanted { accounts: vec![wanted], seen: Seen::of(account, None), ..Wanted::default() }
}

/// Makes a draft.
///
/// # Errors
/// See [`NotSet`].
pub async fn create_connection(
    ctx: &Ctx,
    viewer: &Viewer,
    path: &AccountPath,
    name: Slug,
    preset: Preset,
    given: ConnectionSet,
    tools: &Tools,
) -> Result<ConnectionId, NotSet> {
    let account = reaches(ctx, viewer, path, Action::ChangeConnection).await?;
    let (saml, notes) = given.over(ctx, tools, &preset.settings()).await?;
    let state = Some(WantedState::Draft);
    let connection = WantedConnection { line: 0, id: None, name: name.clone(), state, saml, notes };
    let what = format!("{}/{name}", path.shown());
    set(ctx, viewer, &with_connection(&account, connection), None, tools, |plan| {
        if plan.creates(&what) { Ok(()) } else { Err(NotSet::Exists { what: format!("the connection {what:?}") }) }
    })
    .await?;
    let id = account.id;
    let connections = ctx.store.read(move |tx| Box::pin(async move { tx.connections_in(id).await })).await?;
    let made = connections.into_iter().find(|connection| connection.name == name);
    Ok(made.map(|made| made.id).ok_or(Problem::NotFound)?)
}

/// Changes a connection; of one that is no draft any more only what somebody may who changes what is trusted.
///
/// # Errors
/// See [`NotSet`].
pub async fn change_connection(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    given: ConnectionSet,
    held: Option<i64>,
    tools: &Tools,
) -> Result<(), NotSet> {
    let (connection, account) = connection(ctx, viewer, id).await?;
    if !is_draft(connection.state) && !viewer.is_fresh(ctx.now) {
        return Err(NotSet::Trust);
    }
    let (saml, notes) = given.over(ctx, tools, &connection.saml).await?;
    // Metadata may have been long in coming: whether it is a draft still, and of an account that is set so, was judged before.
    let seen = Seen::of(&account, Some(&connection));
    let wanted = WantedConnection { line: 0, id: Some(id), name: connection.name, state: None, saml, notes };
    let wanted = Wanted { seen, ..with_connection(&account, wanted) };
    set(ctx, viewer, &wanted, held, tools, |_| Ok(())).await
}

async fn connection(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<(Connection, Account), Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(connection.account).await?.map(|account| (connection, account)))
        })
    });
    let found = found.await?.filter(|(_, account)| viewer.may(Action::ChangeConnection, &account.path));
    found.ok_or(Problem::NotFound)
}

/// Without the document.
impl std::fmt::Debug for MetadataFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nowhere => "Nowhere",
            Self::Document(_) => "Document(…)",
            Self::Url(_) => "Url(…)",
        })
    }
}

/// By the names alone.
impl std::fmt::Debug for ConnectionSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.settings.iter().map(|(name, _)| name).collect();
        f.debug_struct("ConnectionSet").field("settings", &names).finish_non_exhaustive()
    }
}
