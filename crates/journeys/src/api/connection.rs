//! What programs set of connections.

use serde_json::{Map, Value};
use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::connection::{Connection, Preset, SamlSettings};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::metadata::{MetadataNote, certificate_text, metadata_into_settings};
use vestibule_domain::name::Slug;
use vestibule_domain::permission::Action;
use vestibule_domain::setup::is_draft;
use vestibule_saml::metadata::{IdpMetadata, Reading};
use vestibule_store::StoreError;
use vestibule_xmlsec::keys::read_certificates;

use super::change::{NotSet, field, merged, reaches, set};
use crate::apply::{Seen, Wanted, WantedAccount, WantedConnection, WantedState};
use crate::console::{OF_THE_VENDOR, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::{Tools, loopback};

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
            // What is named is meant: the address does not add to it later (A27.1), unless that is named too.
            if !named.iter().any(|(name, _)| *name == "certificates_pinned") {
                saml.certificates_pinned = saml.metadata_url.is_some();
            }
        }
        Ok((saml, notes))
    }

    /// Whether somebody may say all of this of a connection of an account.
    fn judge(&self, viewer: &Viewer, account: &AccountPath) -> Result<(), NotSet> {
        let of_the_vendor = self.settings.iter().find(|(name, _)| OF_THE_VENDOR.contains(name));
        match of_the_vendor.filter(|_| !viewer.may(Action::SetEntitlement, account)) {
            Some((name, _)) => Err(field(name, "the vendor's operators say this; leave it out")),
            None => Ok(()),
        }
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
    given.judge(viewer, path)?;
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
    given.judge(viewer, &account.path)?;
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
