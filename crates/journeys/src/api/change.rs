//! What programs change, by the same planner that reads files, with the program as the actor: its checks, its warnings and
//! its lines in the log.

use serde_json::{Map, Value};
use thiserror::Error;
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::id::AccountId;
use vestibule_domain::name::SubDomain;
use vestibule_domain::permission::Action;
use vestibule_store::StoreError;

use crate::apply::{
    ApplyError, ChangeKind, Misfit, Plan, Seen, Wanted, WantedAccount, WantedSubDomain, carry_out, plan,
};
use crate::console::{Viewer, is_trust_of_account, read_picture};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;

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
    /// The picture at the head of its pages, as text; `Some(None)`: none of its own.
    pub logo: Option<Option<String>>,
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
                // What files alone said, and no form of the console: the vendor's.
                "entitlement" | "application" | "waiting" => Action::SetEntitlement,
                "inspector" => Action::SetInspector,
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

    /// The account with all of this, over what it is.
    fn into_wanted(self, path: AccountPath, name: String, present: &AccountSettings) -> Result<WantedAccount, NotSet> {
        let mut settings = merged(present, &self.settings)?;
        // A picture is no text of its settings: it stays, or is named by itself.
        settings.branding.logo.clone_from(&present.branding.logo);
        let mut logo = None;
        match &self.logo {
            None => {}
            Some(None) => settings.branding.logo = None,
            Some(Some(text)) => {
                let picture = read_picture(text.trim()).map_err(|why| field("logo", &why))?;
                settings.branding.logo = Some(picture.file.clone());
                // One that is there already is not kept twice.
                logo = Some(picture).filter(|it| present.branding.logo.as_ref() != Some(&it.file));
            }
        }
        Ok(WantedAccount {
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
            logo,
            connections: Vec::new(),
            domains: Vec::new(),
            users: Vec::new(),
        })
    }
}

/// Settings with some of them named anew, each judged by itself.
pub(super) fn merged<T>(settings: &T, named: &[(&'static str, Value)]) -> Result<T, NotSet>
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
    let wanted = change.into_wanted(path.clone(), path.to_string(), &AccountSettings::default())?;
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
    // What is not named stays as it was when it was looked at, so it has to be so still.
    let seen = Seen::of(&account, None);
    let wanted = change.into_wanted(path.clone(), account.name, &account.settings)?;
    let wanted = Wanted { accounts: vec![wanted], seen, ..Wanted::default() };
    set(ctx, viewer, &wanted, held, tools, |plan| judge_trust(ctx, viewer, plan)).await
}
