//! What programs do beside accounts and connections: people, e-mail domains, webhooks, set-up links.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::api::ApiAccess;
use vestibule_domain::enforcement::Method;
use vestibule_domain::grants::{Granted, Reach};
use vestibule_domain::id::{ConnectionId, SetupLinkId, UserId};
use vestibule_domain::name::{DomainName, Slug};
use vestibule_domain::offer::Offer;
use vestibule_domain::permission::{Action, Giving};
use vestibule_domain::user::{ConsoleRole, Profile, UserState};
use vestibule_domain::webhook::{MAX_SECRETS, Subscribed, WebhookSecret, WebhookSettings};
use vestibule_outbound::DomainProof;
use vestibule_saml::types::EndpointUrl;
use vestibule_store::StoreError;
use vestibule_store::tx::DomainProof as HowProved;

use super::change::{NotSet, field, reaches, set};
use crate::apply::{Change, ChangeKind, Noun, Proof, Wanted, WantedAccount, WantedDomain, WantedUser, WantedWebhook};
use crate::console::Viewer;
use crate::ctx::Ctx;
use crate::give_back_domain::{Do, GiveBackError, give_back};
use crate::problem::Problem;
use crate::set_up_connection::{Listed, MAX_CLAIMS, Tools, list_behind, loopback};
use crate::unlink::{UnlinkError, unlink_at};
use crate::webhooks;

/// A person who was not here yet.
#[derive(Debug)]
pub struct NewUser {
    /// Their account.
    pub account: AccountPath,
    /// What is known of them; an address is among it.
    pub profile: Profile,
    /// What they may do in the console.
    pub console_role: Option<ConsoleRole>,
    /// What they are given in applications.
    pub granted: Option<Granted>,
    /// How they sign in.
    pub method: Method,
    /// Whether they are told by mail.
    pub invite: bool,
}

/// Makes somebody known.
///
/// # Errors
/// See [`NotSet`].
pub async fn create_user(
    ctx: &Ctx,
    viewer: &Viewer,
    new: NewUser,
    access: ApiAccess,
    tools: &Tools,
) -> Result<UserId, NotSet> {
    let account = reaches(ctx, viewer, &new.account, Action::ChangeUsers).await?;
    if let Some(role) = new.console_role {
        if access < ApiAccess::Trust {
            return Err(NotSet::Trust);
        }
        if !viewer.may(Action::GrantConsoleRole(role), &account.path) {
            return Err(field("console_role", "this is more than the key may give"));
        }
    }
    if new.method != Method::default() {
        if access < ApiAccess::Trust {
            return Err(NotSet::Trust);
        }
        if !viewer.may(Action::SetMethod, &account.path) {
            return Err(field("sign_in", "this is not the key's to say; leave it out"));
        }
    }
    if let Some(granted) = &new.granted {
        let applications = ctx.store.read(|tx| Box::pin(async move { tx.applications().await })).await?;
        let offer = Offer::of(&applications, account.id);
        offer.check(granted).map_err(|error| field("granted", &error))?;
        let giving: Giving<'_> = offer.giving(granted);
        if !viewer.may(Action::Grant(giving), &account.path) {
            return Err(field("granted", "this is more than the key may give"));
        }
    }
    let approves = (new.console_role == Some(ConsoleRole::Approver)).then_some(Reach::Account);
    let user = WantedUser {
        line: 0,
        profile: new.profile,
        state: UserState::Active,
        console_role: new.console_role,
        approves,
        granted: new.granted,
        method: new.method,
        break_glass: false,
        invite: new.invite,
        identities: Vec::new(),
    };
    let mut wanted = WantedAccount::as_it_is(&account);
    wanted.users.push(user);
    let wanted = Wanted { accounts: vec![wanted], ..Wanted::default() };
    let mut made = None;
    set(ctx, viewer, &wanted, None, tools, |plan| {
        made = plan.new_user();
        let exists = || NotSet::Exists { what: "a person with this e-mail address".to_owned() };
        made.map(|_| ()).ok_or_else(exists)
    })
    .await?;
    Ok(made.ok_or(Problem::NotFound)?)
}

/// Takes from a person what a connection knows them by. Their sessions end.
///
/// # Errors
/// [`Problem::NotFound`] for one who is not there, is beyond reach, or is not known to it.
pub async fn unlink(ctx: &Ctx, viewer: &Viewer, id: UserId, connection: ConnectionId) -> Result<(), Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(user) = tx.user(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(user.account).await?.map(|account| (user, account.path)))
        })
    });
    let (user, path) = found.await?.ok_or(Problem::NotFound)?;
    if !viewer.may_about(Action::ChangeUsers, &path, &user) {
        return Err(Problem::NotFound);
    }
    match unlink_at(ctx, id, connection, viewer.actor()).await {
        Ok(()) => Ok(()),
        Err(UnlinkError::Store(error)) => Err(error.into()),
        Err(_) => Err(Problem::NotFound),
    }
}

/// Whether somebody sees who it is that waits in an account: whoever sees what is personal, and whoever decides.
pub fn sees_who_waits(viewer: &Viewer, account: &AccountPath) -> bool {
    viewer.may(Action::SeePersonal, account) || viewer.may(Action::Approve(Giving::default()), account)
}

/// An e-mail domain of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDomain {
    /// The domain.
    pub domain: DomainName,
    /// By what it is the account's: `claimed`, `dns`, `operator`.
    pub proof: &'static str,
    /// Since when it is proved.
    pub proved_at: Option<Timestamp>,
    /// The connection for its people; none: any of the account's.
    pub connection: Option<ConnectionId>,
    /// The TXT record that proves it, where it is claimed: its name, and what it says.
    pub record: Option<(String, String)>,
}

/// A page of the e-mail domains of an account, by name, behind one; and behind which the next one begins.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn domains(
    ctx: &Ctx,
    viewer: &Viewer,
    account: Option<AccountPath>,
    behind: Option<DomainName>,
) -> Result<(AccountPath, Vec<OwnDomain>, Option<DomainName>), Problem> {
    let (path, mut all) = all_domains(ctx, viewer, account).await?;
    all.retain(|it| behind.as_ref().is_none_or(|behind| it.domain > *behind));
    let more = all.len() > viewer.rows as usize;
    all.truncate(viewer.rows as usize);
    let next = all.last().filter(|_| more).map(|last| last.domain.clone());
    Ok((path, all, next))
}

async fn all_domains(
    ctx: &Ctx,
    viewer: &Viewer,
    account: Option<AccountPath>,
) -> Result<(AccountPath, Vec<OwnDomain>), Problem> {
    let account = viewer.spot(ctx, account, Action::SeeAccount).await?.account;
    let id = account.id;
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.domains_of(id).await })).await?;
    let proved = found.proved.iter().map(|it| OwnDomain {
        domain: it.domain.clone(),
        proof: if it.how == HowProved::Dns { "dns" } else { "operator" },
        proved_at: Some(it.proved_at),
        connection: it.connection,
        record: None,
    });
    let mut all: Vec<_> = proved.collect();
    let open = found.claims.into_iter().filter(|claim| !found.proved.iter().any(|it| it.domain == claim.domain));
    all.extend(open.map(|it| OwnDomain {
        record: DomainProof::record_for(it.domain.as_str(), &it.token).ok().map(|it| (it.name, it.value)),
        domain: it.domain,
        proof: "claimed",
        proved_at: None,
        connection: it.connection,
    }));
    all.sort_by(|one, other| one.domain.cmp(&other.domain));
    Ok((account.path, all))
}

/// One e-mail domain of an account.
///
/// # Errors
/// [`Problem::NotFound`] for one that is not the account's, or beyond reach.
pub async fn domain(
    ctx: &Ctx,
    viewer: &Viewer,
    account: Option<AccountPath>,
    name: &DomainName,
) -> Result<(AccountPath, OwnDomain), Problem> {
    let (path, all) = all_domains(ctx, viewer, account).await?;
    Ok((path, all.into_iter().find(|it| it.domain == *name).ok_or(Problem::NotFound)?))
}

/// Says that a domain is an account's.
///
/// # Errors
/// See [`NotSet`].
pub async fn claim_domain(
    ctx: &Ctx,
    viewer: &Viewer,
    path: &AccountPath,
    name: DomainName,
    connection: Option<Slug>,
    proof: Proof,
    tools: &Tools,
) -> Result<(), NotSet> {
    let account = reaches(ctx, viewer, path, Action::ChangeDomains).await?;
    if proof == Proof::Operator && !viewer.may(Action::VouchForDomain, path) {
        return Err(field("proof", "that is the vendor's operators' to say; claim it, and publish the record"));
    }
    if proof == Proof::Claimed {
        let (own, id) = (name.clone(), account.id);
        let found = ctx.store.read(move |tx| Box::pin(async move { tx.domains_of(id).await })).await?;
        let is_known = found.is_proved(&own) || found.claims.iter().any(|claim| claim.domain == own);
        let open = found.open_claims().count();
        if !is_known && open >= MAX_CLAIMS {
            let text =
                format!("the proof of {open} domains of the account is under way, and that is the most at a time");
            return Err(field("domain", &text));
        }
    }
    let mut wanted = WantedAccount::as_it_is(&account);
    wanted.domains.push(WantedDomain { line: 0, name, proof, connection });
    let wanted = Wanted { accounts: vec![wanted], ..Wanted::default() };
    set(ctx, viewer, &wanted, None, tools, |plan| {
        // By which connection people come whose domain is known already.
        let moves = |change: &Change| change.noun == Noun::Domain && change.kind == ChangeKind::Change;
        let is_trust = plan.changes.iter().any(moves);
        if is_trust && !viewer.is_fresh(ctx.now) { Err(NotSet::Trust) } else { Ok(()) }
    })
    .await
}

/// Gives a domain back.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn give_back_domain(
    ctx: &Ctx,
    viewer: &Viewer,
    account: Option<AccountPath>,
    domain: &DomainName,
) -> Result<Result<(), GiveBackError>, Problem> {
    let account = viewer.spot(ctx, account, Action::ChangeDomains).await?.account;
    Ok(give_back(ctx, domain, &account.path, Do::Now, viewer.actor()).await.map(drop))
}

/// All of a webhook.
#[derive(Debug)]
pub struct WebhookSet {
    /// Its name.
    pub name: Slug,
    /// Of whose events it is told.
    pub account: AccountPath,
    /// Where they are posted to.
    pub url: String,
    /// Of which kinds.
    pub events: Subscribed,
    /// Whether it is told; none: as it is, and a new one is.
    pub is_enabled: Option<bool>,
    /// What signs; none: as it is.
    pub secrets: Option<Vec<WebhookSecret>>,
}

/// Makes a webhook, or sets all of one.
///
/// # Errors
/// See [`NotSet`].
pub async fn set_webhook(
    ctx: &Ctx,
    viewer: &Viewer,
    given: WebhookSet,
    held: Option<i64>,
    tools: &Tools,
) -> Result<(), NotSet> {
    reaches(ctx, viewer, &given.account, Action::ChangeWebhooks).await?;
    let name = given.name.to_string();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(stored) = tx.webhook(&name).await? else { return Ok::<_, StoreError>(None) };
            let path = match stored.webhook.account {
                Some(id) => tx.account(id).await?.map(|account| account.path),
                None => Some(AccountPath::ROOT),
            };
            Ok(path.map(|path| (stored, path)))
        })
    });
    let before = found.await?;
    if before.as_ref().is_some_and(|(_, path)| !viewer.may(Action::ChangeWebhooks, path)) {
        // A name is one deployment-wide, so whoever cannot see that one is told so much.
        return Err(NotSet::Exists { what: "a webhook of this name".to_owned() });
    }
    let secrets = match (given.secrets, &before) {
        (Some(secrets), _) if (1..=MAX_SECRETS).contains(&secrets.len()) => secrets,
        (None, Some((stored, _))) => {
            let present = webhooks::open(stored, ctx.store.sealer());
            present.map_err(|_| field("secrets", "the present ones cannot be read any more; give new ones"))?
        }
        _ => return Err(field("secrets", &format!("1 is wanted, or {MAX_SECRETS} during a rotation"))),
    };
    if given.events == Subscribed::Only([].into()) {
        return Err(field("events", "at least one kind, or none of the key, which is all of them"));
    }
    let url = EndpointUrl::new(given.url, loopback(ctx)).map_err(|error| field("url", &error))?;
    let webhook = WantedWebhook {
        line: 0,
        name: given.name,
        account: (given.account != AccountPath::ROOT).then_some(given.account),
        is_enabled: given.is_enabled,
        secrets,
        settings: WebhookSettings { url: url.as_str().to_owned(), events: given.events },
    };
    let wanted = Wanted { webhooks: vec![webhook], ..Wanted::default() };
    set(ctx, viewer, &wanted, held, tools, |_| Ok(())).await
}

/// A page of the set-up links of an account, the newest first, behind one; and behind which the next one begins.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn setup_links(
    ctx: &Ctx,
    viewer: &Viewer,
    account: Option<AccountPath>,
    behind: Option<SetupLinkId>,
) -> Result<(AccountPath, Vec<Listed>, Option<SetupLinkId>), Problem> {
    let path = viewer.spot(ctx, account, Action::SetupLinks).await?.account.path;
    let found = list_behind(&ctx.store, Some(&path), behind, viewer.rows + 1, ctx.now).await?;
    let mut found = found.ok_or(Problem::NotFound)?;
    let more = found.len() > viewer.rows as usize;
    found.truncate(viewer.rows as usize);
    let next = found.last().filter(|_| more).map(|last| last.link.id);
    Ok((path, found, next))
}

/// One set-up link.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn setup_link(ctx: &Ctx, viewer: &Viewer, id: SetupLinkId) -> Result<(AccountPath, Listed), Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(link) = tx.setup_link(id).await? else { return Ok::<_, StoreError>(None) };
            let connection = tx.connection(link.connection).await?;
            let account = tx.account(link.account).await?;
            Ok(account.zip(connection).map(|(account, connection)| (link, account, connection)))
        })
    });
    let (link, account, connection) = found.await?.ok_or(Problem::NotFound)?;
    if !viewer.may(Action::SetupLinks, &account.path) {
        return Err(Problem::NotFound);
    }
    let listed = Listed {
        over: link.over(connection.state, ctx.now),
        account: account.path.to_string(),
        connection: connection.name.to_string(),
        link,
    };
    Ok((account.path, listed))
}
