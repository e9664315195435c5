//! What programs take away: a connection that is out of force, an application, a webhook that is told nothing, a person.
//! What somebody would lose by it is refused with what to do first; nothing of the log is taken.

use thiserror::Error;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::Fact;
use vestibule_domain::id::{ConnectionId, UserId};
use vestibule_domain::permission::Action;
use vestibule_domain::setup::is_draft;
use vestibule_store::{StoreError, Tx};

use crate::console::Viewer;
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Why something is not taken away.
#[derive(Debug, Error)]
pub enum NotRemoved {
    /// People come in by it.
    #[error("it is in force; pause it first, and nobody comes in by it any more")]
    InForce,
    /// People are known by it.
    #[error(
        "{people} known by it, and would be strangers without it; take its identities from them first, or forget them"
    )]
    KnowsPeople {
        /// How many, in words.
        people: String,
    },
    /// An e-mail domain leads to it.
    #[error("the e-mail domain {domain} leads to it; give the domain another connection first")]
    DomainLeads {
        /// Which.
        domain: String,
    },
    /// Accounts lead their people to it.
    #[error(
        "people of {account} go to it who began at their account's address; give the account another application first"
    )]
    AccountLeads {
        /// The first of them.
        account: String,
    },
    /// The account demands single sign-on, and they open the door on the day on which it fails (MX-33).
    #[error(
        "single sign-on is demanded in their account, and they may sign in by password where it fails; take that from \
         them first, and give it to somebody else"
    )]
    BreakGlass,
    /// It is told of events.
    #[error("it is told of events; set enabled to false first, and nothing waits for it any more")]
    Told,
    /// It was changed since whoever asks read it.
    #[error("it was changed since it was read")]
    Changed,
    /// Somebody changed settings at this moment.
    #[error("somebody else changed something at the same moment")]
    Overtaken,
    /// It is not there, beyond reach, or the store failed.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl From<StoreError> for NotRemoved {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

fn not_found() -> NotRemoved {
    NotRemoved::Problem(Problem::NotFound)
}

/// Takes a connection away that is a draft or paused, and by which nobody is known. `held`: where all settings have this
/// version still.
///
/// # Errors
/// See [`NotRemoved`].
pub async fn remove_connection(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    held: Option<i64>,
) -> Result<(), NotRemoved> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            match tx.connection(id).await? {
                Some(connection) => tx.account(connection.account).await,
                None => Ok::<_, StoreError>(None),
            }
        })
    });
    let account =
        found.await?.filter(|account| viewer.may(Action::ChangeConnection, &account.path)).ok_or_else(not_found)?;
    let event = ctx.event(account.id, viewer.actor(), Fact::ConnectionRemoved { connection: id });
    let removed = ctx.store.write(move |tx| {
        Box::pin(async move {
            hold(tx, held).await?;
            let connection = tx.connection(id).await?.ok_or_else(not_found)?;
            if !is_draft(connection.state) && connection.state != ConnectionState::Paused {
                return Err(NotRemoved::InForce);
            }
            match tx.identities_at(id).await? {
                0 => {}
                1 => return Err(NotRemoved::KnowsPeople { people: "1 person is".to_owned() }),
                n => return Err(NotRemoved::KnowsPeople { people: format!("{n} people are") }),
            }
            let domains = tx.domains_of(connection.account).await?;
            let proved = domains.proved.iter().filter(|it| it.connection == Some(id)).map(|it| &it.domain);
            let claimed = domains.claims.iter().filter(|it| it.connection == Some(id)).map(|it| &it.domain);
            if let Some(domain) = proved.chain(claimed).next() {
                return Err(NotRemoved::DomainLeads { domain: domain.to_string() });
            }
            if tx.remove_connection(id, &event).await? { Ok(()) } else { Err(not_found()) }
        })
    });
    removed.await
}

/// That all settings are as they were, to the end of this write.
async fn hold(tx: &mut Tx, held: Option<i64>) -> Result<(), NotRemoved> {
    // Whoever changes settings at this moment is waited for, and what is read from here on stays so.
    let version = match held {
        Some(held) => held,
        None => tx.deployment_version().await?,
    };
    // Who named no version is not told that theirs is old.
    let overtaken = held.map_or(NotRemoved::Overtaken, |_| NotRemoved::Changed);
    if tx.hold_settings(version).await? { Ok(()) } else { Err(overtaken) }
}

/// Takes an application away to which no account leads its people.
///
/// # Errors
/// See [`NotRemoved`].
pub async fn remove_application(ctx: &Ctx, viewer: &Viewer, client_id: &str) -> Result<(), NotRemoved> {
    if !viewer.may(Action::RemoveApplication, &AccountPath::ROOT) {
        return Err(not_found());
    }
    let client_id = client_id.to_owned();
    let (by, shared) = (viewer.actor(), ctx.clone());
    let removed = ctx.store.write(move |tx| {
        Box::pin(async move {
            hold(tx, None).await?;
            let known = tx.application(&client_id).await?.ok_or_else(not_found)?;
            let accounts = tx.accounts().await?;
            let leads = accounts.iter().find(|it| it.settings.application.as_deref() == Some(client_id.as_str()));
            if let Some(account) = leads {
                return Err(NotRemoved::AccountLeads { account: account.path.shown() });
            }
            let event = shared.event(known.account, by, Fact::ApplicationRemoved { application: client_id.clone() });
            if tx.remove_application(&client_id, &event).await? { Ok(()) } else { Err(not_found()) }
        })
    });
    removed.await
}

/// Takes a webhook away that is told nothing. `held`: where all settings have this version still.
///
/// # Errors
/// See [`NotRemoved`].
pub async fn remove_webhook(ctx: &Ctx, viewer: &Viewer, name: &str, held: Option<i64>) -> Result<(), NotRemoved> {
    let wanted = name.to_owned();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(stored) = tx.webhook(&wanted).await? else { return Ok::<_, StoreError>(None) };
            Ok(match stored.webhook.account {
                Some(id) => tx.account(id).await?.map(|account| (Some(id), account.path)),
                None => Some((None, AccountPath::ROOT)),
            })
        })
    });
    let found = found.await?.filter(|(_, path)| viewer.may(Action::ChangeWebhooks, path));
    let (account, _) = found.ok_or_else(not_found)?;
    let event = ctx.event(account, viewer.actor(), Fact::WebhookRemoved { webhook: name.to_owned() });
    let name = name.to_owned();
    let removed = ctx.store.write(move |tx| {
        Box::pin(async move {
            hold(tx, held).await?;
            let stored = tx.webhook(&name).await?.ok_or_else(not_found)?;
            if stored.webhook.account != account {
                return Err(NotRemoved::Changed);
            }
            if tx.remove_webhook(&name, &event).await? { Ok(()) } else { Err(NotRemoved::Told) }
        })
    });
    removed.await
}

/// Forgets a person. `held`: where they have this version still.
///
/// # Errors
/// [`Problem::NotFound`] for one who does not exist, or beyond reach; [`NotRemoved::BreakGlass`].
pub async fn erase_user(ctx: &Ctx, viewer: &Viewer, id: UserId, held: Option<i64>) -> Result<(), NotRemoved> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(user) = tx.user(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(user.account).await?.map(|account| (user, account.path)))
        })
    });
    let (user, path) = found.await?.ok_or_else(not_found)?;
    if !viewer.may_about(Action::Erase, &path, &user) {
        return Err(not_found());
    }
    let event = ctx.event(user.account, viewer.actor(), Fact::UserErased { user: id });
    let erased = ctx.store.write(move |tx| {
        Box::pin(async move {
            let now = tx.user(id).await?.ok_or_else(not_found)?;
            if held.is_some_and(|held| held != now.version) {
                return Err(NotRemoved::Changed);
            }
            let account = tx.account(now.account).await?.ok_or_else(not_found)?;
            if account.settings.single_sign_on.demands() && now.sign_in.break_glass_since.is_some() {
                return Err(NotRemoved::BreakGlass);
            }
            if tx.erase_user(id, &event).await? { Ok(()) } else { Err(not_found()) }
        })
    });
    erased.await
}
