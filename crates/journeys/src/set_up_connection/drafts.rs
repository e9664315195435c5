//! A draft is made from the console, to be set up there.

use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::Preset;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::name::Slug;
use vestibule_domain::permission::Action;
use vestibule_domain::ways;
use vestibule_store::StoreError;

use super::links::free_name;
use crate::apply::{self, ApplyError, ChangeKind, Noun, Wanted, WantedAccount, WantedConnection, WantedState};
use crate::console::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// What somebody sees before they make a draft.
#[derive(Debug)]
pub struct DraftOffer {
    /// The account.
    pub spot: Spot,
    /// A name that is free, for each kind of identity provider.
    pub names: Vec<(Preset, Slug)>,
    /// Whether the account above permits the account a connection of its own: else a draft stays one.
    pub is_permitted: bool,
}

/// Why no draft is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDrafted {
    /// What was typed is no name: why.
    Name(String),
    /// The account has a connection of this name.
    Taken,
    /// It cannot be: why, and what would do; in English.
    Not(Vec<String>),
    /// Somebody else changed settings at the same moment.
    Overtaken,
}

/// What somebody sees before they make a draft in an account.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or is beyond what they may change.
pub async fn offer_draft(ctx: &Ctx, viewer: &Viewer, path: Option<AccountPath>) -> Result<DraftOffer, Problem> {
    let spot = viewer.spot(ctx, path, Action::ChangeConnection).await?;
    let (id, parent) = (spot.account.id, spot.account.parent);
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let above = match parent {
                Some(parent) => tx.account(parent).await?,
                None => None,
            };
            Ok::<_, StoreError>((tx.connections_in(id).await?, above))
        })
    });
    let (connections, above) = found.await?;
    let names = Preset::ALL.map(|preset| (preset, free_name(preset, &connections)));
    let is_permitted = ways::permitted(&spot.account, above.as_ref()).own();
    Ok(DraftOffer { spot, names: names.into(), is_permitted })
}

/// Makes a draft of this name in an account. An empty name: one that is free.
///
/// # Errors
/// [`Problem::NotFound`] as for [`offer_draft`].
pub async fn make_draft(
    ctx: &Ctx,
    viewer: &Viewer,
    path: Option<AccountPath>,
    name: &str,
    preset: Preset,
) -> Result<Result<ConnectionId, NotDrafted>, Problem> {
    let offer = offer_draft(ctx, viewer, path).await?;
    let free = offer.names.iter().find(|(of, _)| *of == preset).map(|(_, name)| name.clone());
    let name = match (name.trim(), free) {
        ("", Some(free)) => free,
        (typed, _) => match typed.parse::<Slug>() {
            Ok(name) => name,
            Err(error) => return Ok(Err(NotDrafted::Name(error.to_string()))),
        },
    };
    let id = ConnectionId::new(ctx.now, ctx.random());
    let mut wanted = WantedAccount::as_it_is(&offer.spot.account);
    wanted.connections.push(WantedConnection {
        line: 0,
        // That of a connection which is there is another one, so none is changed by this.
        id: Some(id),
        name,
        state: Some(WantedState::Draft),
        saml: preset.settings(),
        notes: Vec::new(),
    });
    let wanted = Wanted { accounts: vec![wanted], ..Wanted::default() };
    let done = match apply::plan(ctx, &wanted, viewer.actor()).await {
        Ok(plan) => {
            debug_assert!(plan.changes.iter().all(|it| it.noun != Noun::Connection || it.kind == ChangeKind::Create));
            apply::carry_out(ctx, plan, |_| Err("a draft has no key".to_owned())).await
        }
        Err(error) => Err(error),
    };
    Ok(match done {
        Ok(()) => Ok(id),
        Err(ApplyError::Misfits(misfits)) => {
            Err(if misfits.iter().any(|it| matches!(it.reason, apply::Reason::OtherId { .. })) {
                NotDrafted::Taken
            } else {
                NotDrafted::Not(misfits.into_iter().map(|it| it.reason.to_string()).collect())
            })
        }
        Err(ApplyError::Stale | ApplyError::LinkOver) => Err(NotDrafted::Overtaken),
        Err(ApplyError::Store(error)) => return Err(error.into()),
        Err(error @ (ApplyError::Key { .. } | ApplyError::Seal(_))) => return Err(Problem::broken(error)),
    })
}
