//! The first operator: while there is none, whoever starts the server has a link that makes one.

use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings};
use vestibule_domain::branding::Branding;
use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::grants::Grants;
use vestibule_domain::id::{AccountId, UserId};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::password::OPERATOR_LINK_LIFETIME;
use vestibule_domain::session::SessionSettings;
use vestibule_domain::user::{ConsoleRole, Profile, User, UserState};
use vestibule_oidc::PasswordLink;

use super::link::{Set, hash};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// A link for the first operator, good once and for a day. None where there is an operator.
///
/// # Errors
/// Those of the store.
pub async fn link(ctx: &Ctx) -> Result<Option<String>, Problem> {
    let link = PasswordLink::new(ctx.now, &ctx.random());
    let (hash, end) = (*link.hash().as_bytes(), ctx.now + OPERATOR_LINK_LIFETIME);
    let made = ctx.store.write(move |tx| {
        Box::pin(async move {
            if tx.has_operator().await? {
                return Ok::<_, Problem>(false);
            }
            tx.insert_password_link(&hash, None, end, None).await?;
            Ok(true)
        })
    });
    let origin = ctx.deployment.origin();
    Ok(made.await?.then(|| format!("{origin}/sign-in/operator/{}", link.to_text())))
}

/// Whether a link is good for making the first operator.
///
/// # Errors
/// Those of the store.
pub async fn is_open(ctx: &Ctx, text: &str) -> Result<bool, Problem> {
    let Some(hash) = hash(text) else { return Ok(false) };
    let now = ctx.now;
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            Ok::<_, Problem>(tx.password_link(&hash, now).await? == Some(None) && !tx.has_operator().await?)
        })
    });
    found.await
}

/// Makes the first operator, of the platform, which is made too where nothing was applied yet.
///
/// # Errors
/// Those of the store, and [`Problem::Busy`].
pub async fn create(ctx: &Ctx, text: &str, email: EmailAddress, password: &str, product: &str) -> Result<Set, Problem> {
    let Some(hash) = hash(text) else { return Ok(Set::Over) };
    if let Err(unfit) = ctx.hasher.is_fit(password, &email, &[product]).await? {
        return Ok(Set::Unfit(unfit));
    }
    if !is_open(ctx, text).await? {
        return Ok(Set::Over);
    }
    let phc = ctx.hasher.hash(password, ctx.random()).await?;
    let new_platform = platform(ctx, product);
    let id = UserId::new(ctx.now, ctx.random());
    let platform_made =
        ctx.event(new_platform.id, Actor::Visitor, Fact::AccountChanged { account: new_platform.id, changed: vec![] });
    let mut created = ctx.event(None, Actor::Visitor, Fact::UserCreated { user: id });
    let now = ctx.now;
    let made = ctx.store.write(move |tx| {
        Box::pin(async move {
            let platform = if let Some(platform) = tx.account_by_path(&AccountPath::ROOT).await? {
                platform.id
            } else {
                tx.save_account(&new_platform, &platform_made).await?;
                new_platform.id
            };
            created.account = Some(platform);
            let operator = operator(id, platform, email, now);
            tx.create_first_operator(&hash, &operator, &phc, now, &created).await
        })
    });
    Ok(if made.await? { Set::Done } else { Set::Over })
}

fn platform(ctx: &Ctx, product: &str) -> Account {
    Account {
        id: AccountId::new(ctx.now, ctx.random()),
        parent: None,
        path: AccountPath::ROOT,
        kind: AccountKind::Platform,
        name: product.to_owned(),
        sub_domain: None,
        settings: AccountSettings::default(),
        brand: Branding::default(),
        sessions: SessionSettings::default(),
        version: 0,
    }
}

fn operator(id: UserId, account: AccountId, email: EmailAddress, now: jiff::Timestamp) -> User {
    User {
        id,
        account,
        state: UserState::Active,
        profile: Profile { email: Some(email), ..Profile::default() },
        console_role: Some(ConsoleRole::Operator),
        grants: Grants::default(),
        sign_in: SignInRule::default(),
        created_at: now,
        version: 0,
    }
}
