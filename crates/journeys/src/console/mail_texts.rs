//! The mails of an account, for whoever wants to know what its people read.

use vestibule_domain::account::AccountPath;
use vestibule_domain::permission::Action;

use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::mails::{self, MailText, WrittenMail};
use crate::problem::Problem;

/// The mails of an account, and one of them.
#[derive(Debug)]
pub struct MailTexts {
    /// Whose they are.
    pub spot: Spot,
    /// Which is shown.
    pub text: MailText,
    /// It, in its languages.
    pub written: WrittenMail,
}

/// One of an account's mails; none: the first. `product` is what people sign in to where no account says it.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn mail_texts(
    ctx: &Ctx,
    viewer: &Viewer,
    path: Option<AccountPath>,
    text: Option<MailText>,
    product: &str,
) -> Result<MailTexts, Problem> {
    let spot = viewer.spot(ctx, path, Action::SeeMailTexts).await?;
    let text = text.unwrap_or(MailText::Invitation);
    let origin = ctx.deployment.origin_of(spot.account.sub_domain.as_ref());
    Ok(MailTexts { written: mails::written(text, &spot.account, product, &origin), text, spot })
}
