//! The mails that people asked for who forgot their password. A wish stays until its mail is handed over or its time is
//! over, so a mail server that does not answer loses none.

use vestibule_domain::account::Account;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::password::{self, LINK_LIFETIME};
use vestibule_domain::user::User;
use vestibule_oidc::PasswordLink;
use vestibule_outbound::{Mail, MailError};
use vestibule_store::tx::PasswordRequest;

use crate::ctx::Ctx;
use crate::jobs::{Means, Turn};
use crate::notices::Letter;
use crate::problem::Problem;

/// So many mails a turn.
const BATCH: u32 = 50;

/// Sends what was asked for. Without a mail server the wishes stay until they are over.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    let Some(mailer) = &means.mailer else { return Ok(Turn::Done) };
    let wishes = ctx.store.read(move |tx| Box::pin(async move { tx.password_requests(BATCH).await })).await?;
    let is_full = wishes.len() == BATCH as usize;
    for wish in wishes {
        let Some((mail, user)) = mail(ctx, means, &wish).await? else {
            done(ctx, &wish, None).await?;
            continue;
        };
        let has_link = user.is_some();
        match mailer.send(mail, ctx.now).await {
            Ok(()) => done(ctx, &wish, user).await?,
            // Tried again in a minute.
            Err(error @ (MailError::Connection { .. } | MailError::TooSlow { .. })) => {
                tracing::warn!(%error, "mails that people asked for wait");
                return Ok(Turn::Done);
            }
            Err(error) => {
                tracing::warn!(account = %wish.account, %error, has_link, "a mail that somebody asked for was not sent");
                done(ctx, &wish, None).await?;
            }
        }
    }
    Ok(Turn::after(is_full))
}

/// The wish is fulfilled, or cannot be.
async fn done(ctx: &Ctx, wish: &PasswordRequest, mailed: Option<User>) -> Result<(), Problem> {
    let id = wish.id;
    let fact = mailed.map(|user| Fact::PasswordMailed { user: user.id });
    let event = fact.map(|fact| ctx.event(wish.account, Actor::System, fact));
    let dropped = ctx.store.write(move |tx| {
        Box::pin(async move {
            tx.drop_password_request(id).await?;
            match &event {
                Some(event) => tx.insert_event(event).await,
                None => Ok(()),
            }
        })
    });
    Ok(dropped.await?)
}

/// The mail for a wish, and whose password its link sets. Nobody whom the account does not know gets one. Whoever signs
/// in through the account's identity provider is told so, and has no link (MX-32).
async fn mail(ctx: &Ctx, means: &Means, wish: &PasswordRequest) -> Result<Option<(Mail, Option<User>)>, Problem> {
    let (id, key) = (wish.account, wish.email.key().to_owned());
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(account) = tx.account(id).await? else { return Ok::<_, Problem>(None) };
            Ok(Some((account, tx.password_holders(id, &key).await?)))
        })
    });
    let Some((account, holders)) = found.await? else { return Ok(None) };
    let [holder] = holders.as_slice() else { return Ok(None) };
    // To the address as we know it, and not as somebody typed it.
    let Some(to) = holder.user.profile.email.clone() else { return Ok(None) };
    let language = Language::of(&wish.language);
    let origin = ctx.deployment.origin_of(account.sub_domain.as_ref());
    let product = account.brand.product_or(&means.product);
    if !password::may_use(&account, &holder.user) {
        let letter = language.sign_in_with(&account, product, &origin);
        return Ok(Some((letter.mail(to.as_str(), product), None)));
    }
    let link = PasswordLink::new(ctx.now, &ctx.random());
    let (hash, user, end) = (*link.hash().as_bytes(), holder.user.id, ctx.now + LINK_LIFETIME);
    ctx.store
        .write(move |tx| Box::pin(async move { tx.insert_password_link(&hash, Some(user), end, None).await }))
        .await?;
    let url = format!("{origin}/sign-in/password/{}", link.to_text());
    let letter = language.link(&account, product, &url);
    Ok(Some((letter.mail(to.as_str(), product), Some(holder.user.clone()))))
}

/// The languages of our pages.
#[derive(Debug, Clone, Copy)]
enum Language {
    English,
    German,
}

impl Language {
    fn of(tag: &str) -> Self {
        if tag == "de" { Self::German } else { Self::English }
    }

    fn link(self, account: &Account, product: &str, url: &str) -> Letter {
        let account = &account.name;
        match self {
            Self::English => Letter {
                subject: format!("Set your password for {product}"),
                paragraphs: vec![
                    format!("Somebody asked to set your password for {product} ({account}). If it was you, open:"),
                    url.to_owned(),
                    "The link is good once, and for an hour. If it was not you, do nothing: your password stays."
                        .to_owned(),
                ],
            },
            Self::German => Letter {
                subject: format!("Ihr Passwort für {product}"),
                paragraphs: vec![
                    format!("Jemand möchte Ihr Passwort für {product} ({account}) setzen. Waren Sie es, öffnen Sie:"),
                    url.to_owned(),
                    "Der Link gilt einmal und eine Stunde lang. Waren Sie es nicht, tun Sie nichts: Ihr Passwort \
                     bleibt."
                        .to_owned(),
                ],
            },
        }
    }

    fn sign_in_with(self, account: &Account, product: &str, origin: &str) -> Letter {
        let account = &account.name;
        match self {
            Self::English => Letter {
                subject: format!("How you sign in to {product}"),
                paragraphs: vec![
                    format!("You need no password for {product}: you sign in with your account at {account}. Open:"),
                    origin.to_owned(),
                    "If you did not ask for this, do nothing.".to_owned(),
                ],
            },
            Self::German => Letter {
                subject: format!("Wie Sie sich bei {product} anmelden"),
                paragraphs: vec![
                    format!(
                        "Sie brauchen kein Passwort für {product}: Sie melden sich mit Ihrem Konto bei {account} an. \
                         Öffnen Sie:"
                    ),
                    origin.to_owned(),
                    "Haben Sie nicht danach gefragt, tun Sie nichts.".to_owned(),
                ],
            },
        }
    }
}
