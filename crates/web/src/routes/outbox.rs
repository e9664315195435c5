//! The mails that a demonstration would have sent.

use axum::response::Response;

use super::shown;
use crate::extract::Caller;
use crate::pages::{Outbox, OutboxMail};
use crate::problem::Problem;

/// The mails, the latest first.
pub(crate) async fn outbox(caller: Caller) -> Response {
    let Some(outbox) = &caller.outbox else { return shown::plain(&caller, Problem::NotFound).await };
    let mails = outbox.mails().into_iter().map(|kept| OutboxMail {
        to: kept.mail.to.clone(),
        subject: kept.mail.subject,
        at: kept.at,
        text: kept.mail.text,
    });
    caller.page(None, &Outbox { mails: mails.collect() })
}
