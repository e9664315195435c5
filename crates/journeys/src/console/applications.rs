//! The applications that people sign in to, and the keys of ours that sign for them.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::application::{Pkce, RefreshTokens};
use vestibule_domain::key_schedule::{KeyTimes, signing};
use vestibule_domain::permission::Action;
use vestibule_oidc::Algorithm;
use vestibule_store::StoreError;

use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::token_keys;

/// Applications.
#[derive(Debug)]
pub struct Applications {
    /// Those that people of this account may sign in to.
    pub spot: Spot,
    /// By name.
    pub rows: Vec<ApplicationRow>,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own on a page, and none decides anything")]
pub struct ApplicationRow {
    /// `client_id`.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// Whether it serves one account alone.
    pub is_own: bool,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// The sites behind a proxy.
    pub sites: Vec<String>,
    /// Whether it proves itself by no secret.
    pub is_public: bool,
    /// Whether it may do without PKCE.
    pub without_pkce: bool,
    /// Whether it gets refresh tokens.
    pub refreshes: bool,
}

/// The keys that sign tokens.
#[derive(Debug)]
pub struct Keys {
    /// The platform.
    pub spot: Spot,
    /// By algorithm, the oldest first.
    pub rows: Vec<KeyRow>,
}

/// A key that signs tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its name, `kid`.
    pub id: String,
    /// By which algorithm.
    pub algorithm: String,
    /// Whether it signs now.
    pub signs: bool,
    /// From when on it signs.
    pub from: Timestamp,
    /// From when on it is published no more.
    pub until: Option<Timestamp>,
}

/// The applications that people of an account may sign in to.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn applications(ctx: &Ctx, viewer: &Viewer, account: Option<AccountPath>) -> Result<Applications, Problem> {
    let spot = viewer.spot(ctx, account, Action::SeeApplications).await?;
    let found = ctx.store.read(|tx| Box::pin(async move { tx.applications().await })).await?;
    let is_whole = spot.account.path == AccountPath::ROOT;
    let open = found.into_iter().filter(|it| is_whole || it.account.is_none_or(|only| only == spot.account.id));
    let row = |it: vestibule_domain::application::Application| ApplicationRow {
        client_id: it.client_id,
        name: it.settings.name,
        is_own: it.account.is_some(),
        redirect_uris: it.settings.redirect_uris,
        sites: it.settings.sites,
        is_public: it.settings.is_public,
        without_pkce: it.settings.pkce == Pkce::Optional,
        refreshes: it.settings.refresh_tokens != RefreshTokens::Off,
    };
    Ok(Applications { rows: open.map(row).collect(), spot })
}

/// The keys that sign tokens.
///
/// # Errors
/// [`Problem::NotFound`] for whoever is not the vendor's.
pub async fn keys(ctx: &Ctx, viewer: &Viewer) -> Result<Keys, Problem> {
    let spot = viewer.spot(ctx, Some(AccountPath::ROOT), Action::SeeKeys).await?;
    let now = ctx.now;
    let found = ctx.store.read(|tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for algorithm in Algorithm::ALL {
                found.push((algorithm, tx.keys(token_keys::purpose(algorithm)).await?));
            }
            Ok::<_, StoreError>(found)
        })
    });
    let mut rows = Vec::new();
    for (algorithm, stored) in found.await? {
        let times: Vec<KeyTimes> =
            stored.iter().map(|key| KeyTimes { active_from: key.active_from, retired_at: key.retired_at }).collect();
        let current = signing(&times, now);
        rows.extend(stored.into_iter().enumerate().map(|(place, key)| KeyRow {
            id: key.id,
            algorithm: algorithm.to_string(),
            signs: current == Some(place),
            from: key.active_from,
            until: key.retired_at,
        }));
    }
    Ok(Keys { spot, rows })
}
