//! Forms that change an account: how it is set, how its pages look, and what it demands of its people's sign-in.

use axum::response::Response;
use vestibule_domain::account::AccountPath;
use vestibule_journeys::Problem;
use vestibule_journeys::console::{self, AccountForm, Edited, EnforcementForm, Fields, Sent, Spot, Viewer};

use super::enter::top;
use super::sheet::{About, Sheet};
use crate::extract::Caller;
use crate::pages::console::{BrandingView, EnforcementView, Filled, SettingsView, account_page, account_url};

/// Whose account is meant: that in the address, or one's own.
#[expect(clippy::option_option, reason = "an address may name no account, and may be none")]
fn account(path: Option<String>) -> Option<Option<AccountPath>> {
    path.map(|path| AccountPath::parse(&path)).transpose().ok()
}

fn about(spot: &Spot, fields: &Fields, wants_sign_in: bool, page: &str) -> About {
    About {
        fields: fields.clone(),
        version: spot.account.version,
        wants_sign_in,
        address: account_page(page, spot),
        saved: format!("{}?done=saved", account_url(&spot.account.path)),
    }
}

/// How an account is set.
pub(super) struct Settings(AccountForm);

impl Sheet for Settings {
    type Key = Option<AccountPath>;

    fn key(path: Option<String>) -> Option<Self::Key> {
        account(path)
    }

    async fn load(caller: &Caller, viewer: &Viewer, key: Self::Key) -> Result<Self, Problem> {
        console::settings_form(&caller.ctx, viewer, key).await.map(Self)
    }

    fn about(&self) -> About {
        about(&self.0.spot, &self.0.fields, !self.0.is_fresh, "/console/settings")
    }

    async fn change(caller: &Caller, viewer: &Viewer, key: Self::Key, sent: Sent) -> Result<Edited, Problem> {
        console::change_settings(&caller.ctx, viewer, key, sent, &caller.tools).await
    }

    fn show(self, caller: &Caller, viewer: &Viewer, filled: Filled) -> Response {
        let top = top(caller, viewer, &self.0.spot, "console-accounts");
        caller.page(Some(&viewer.home), &SettingsView { top, form: self.0, filled })
    }
}

/// How an account's pages look.
pub(super) struct Branding(AccountForm);

impl Sheet for Branding {
    type Key = Option<AccountPath>;

    fn key(path: Option<String>) -> Option<Self::Key> {
        account(path)
    }

    async fn load(caller: &Caller, viewer: &Viewer, key: Self::Key) -> Result<Self, Problem> {
        console::branding_form(&caller.ctx, viewer, key).await.map(Self)
    }

    fn about(&self) -> About {
        // Nothing is trusted by a look.
        about(&self.0.spot, &self.0.fields, false, "/console/branding")
    }

    async fn change(caller: &Caller, viewer: &Viewer, key: Self::Key, sent: Sent) -> Result<Edited, Problem> {
        console::change_branding(&caller.ctx, viewer, key, sent, &caller.tools).await
    }

    fn show(self, caller: &Caller, viewer: &Viewer, filled: Filled) -> Response {
        let top = top(caller, viewer, &self.0.spot, "console-accounts");
        let looks = console::looks_of(&self.0, &filled.fields);
        let product = caller.product.clone();
        caller.page(Some(&viewer.home), &BrandingView { top, form: self.0, filled, looks, product })
    }
}

/// What an account demands of its people's sign-in.
pub(super) struct Enforcement(EnforcementForm);

impl Sheet for Enforcement {
    type Key = Option<AccountPath>;

    fn key(path: Option<String>) -> Option<Self::Key> {
        account(path)
    }

    async fn load(caller: &Caller, viewer: &Viewer, key: Self::Key) -> Result<Self, Problem> {
        console::enforcement_form(&caller.ctx, viewer, key).await.map(Self)
    }

    fn about(&self) -> About {
        about(&self.0.spot, &self.0.fields, !self.0.is_fresh, "/console/enforcement")
    }

    async fn change(caller: &Caller, viewer: &Viewer, key: Self::Key, sent: Sent) -> Result<Edited, Problem> {
        console::change_enforcement(&caller.ctx, viewer, key, sent, &caller.tools).await
    }

    fn show(self, caller: &Caller, viewer: &Viewer, filled: Filled) -> Response {
        let top = top(caller, viewer, &self.0.spot, "console-accounts");
        caller.page(Some(&viewer.home), &EnforcementView { top, form: self.0, filled })
    }
}
