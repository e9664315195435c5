//! Webhooks.

use std::collections::BTreeMap;

use vestibule_domain::event::Fact;
use vestibule_domain::id::AccountId;
use vestibule_domain::webhook::{MAX_WEBHOOKS, Webhook, WebhookSecret, WebhookSettings};
use vestibule_store::NONCE_LENGTH;
use vestibule_store::tx::{StoredWebhook, WebhookChange};

use super::change::{Before, Change, ChangeKind, Difference, Noun, Write, differences};
use super::misfit::{ApplyError, Reason};
use super::planner::{Planner, names};
use super::wanted::WantedWebhook;
use crate::webhooks;

impl Planner<'_> {
    pub(super) fn webhooks(&mut self, wanted: &[WantedWebhook]) -> Result<(), ApplyError> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for webhook in wanted {
            match seen.insert(webhook.name.as_str(), webhook.line) {
                Some(first) => self.misfit(webhook.line, what(webhook), Reason::Twice { first }),
                None => self.webhook(webhook)?,
            }
        }
        let new = seen.keys().filter(|name| !self.present.webhooks.contains_key(**name)).count();
        let got = self.present.webhooks.len() + new;
        if let Some(last) = wanted.last().filter(|_| got > MAX_WEBHOOKS) {
            self.misfit(last.line, what(last), Reason::TooManyWebhooks { got });
        }
        Ok(())
    }

    fn webhook(&mut self, wanted: &WantedWebhook) -> Result<(), ApplyError> {
        let account = match self.account_of_webhook(wanted) {
            Ok(account) => account,
            Err(reason) => {
                self.misfit(wanted.line, what(wanted), reason);
                return Ok(());
            }
        };
        let before = self.present.webhooks.get(wanted.name.as_str()).cloned();
        let was = before.as_ref().map(|before| &before.webhook);
        let is_enabled = wanted.is_enabled.unwrap_or_else(|| was.is_none_or(|was| was.is_enabled));
        let of = |account| Some(self.present.path_of(account));
        let (path_before, path) = (was.and_then(|was| was.account).and_then(of), account.and_then(of));
        let path_before = if was.is_some() { Before::Was(path_before.as_deref()) } else { Before::New };
        let enabled_before = Before::of(was, |was| Some(word(was.is_enabled)));
        let texts = [
            Difference::text("account", path_before, path.as_deref()),
            Difference::text("enabled", enabled_before, Some(word(is_enabled))),
            self.secrets_differ(before.as_ref(), &wanted.secrets),
        ];
        let settings = differences(was.map(|was| &was.settings), &wanted.settings, &WebhookSettings::default());
        let all: Vec<_> = texts.into_iter().flatten().chain(settings).collect();
        if all.is_empty() {
            return Ok(());
        }
        let kind = if was.is_some() { ChangeKind::Change } else { ChangeKind::Create };
        let webhook = Webhook { name: wanted.name.clone(), account, is_enabled, settings: wanted.settings.clone() };
        let nonce = self.ctx.random::<NONCE_LENGTH>();
        let sealed = webhooks::seal(wanted.name.as_str(), &wanted.secrets, self.ctx.store.sealer(), nonce)?;
        let fact = Fact::WebhookChanged { webhook: wanted.name.as_str().to_owned(), changed: names(&all) };
        let event = self.event(account, fact);
        let mut change = Change::new(kind, Noun::Webhook, wanted.name.as_str().to_owned(), all);
        let ended = was.is_some_and(|was| !was.is_enabled) && wanted.is_enabled.is_none();
        change.warnings.extend(ended.then(|| {
            "it is told nothing, as it was set or because the other side answered 410; set enabled = true to tell it again"
                .to_owned()
        }));
        self.change(change);
        self.write(Write::Webhook(WebhookChange { webhook, sealed }, event));
        Ok(())
    }

    /// By their number alone: nothing of a secret is shown.
    fn secrets_differ(&self, before: Option<&StoredWebhook>, wanted: &[WebhookSecret]) -> Option<Difference> {
        let shown = |count: usize| format!("{count}, not shown");
        let from = match before.map(|before| webhooks::open(before, self.ctx.store.sealer())) {
            Some(Ok(present)) if present == wanted => return None,
            Some(Ok(present)) => Some(shown(present.len())),
            // Sealed with a key that is gone: what is given now takes its place.
            Some(Err(_)) => Some("none that can be read".to_owned()),
            None => None,
        };
        Some(Difference { setting: "secrets".to_owned(), from, to: shown(wanted.len()) })
    }

    fn account_of_webhook(&self, wanted: &WantedWebhook) -> Result<Option<AccountId>, Reason> {
        let Some(path) = &wanted.account else { return Ok(None) };
        let account = self.present.accounts.get(path);
        account.map(|account| Some(account.id)).ok_or_else(|| Reason::NoAccount { path: path.to_string() })
    }
}

const fn word(is_enabled: bool) -> &'static str {
    if is_enabled { "true" } else { "false" }
}

fn what(webhook: &WantedWebhook) -> String {
    format!("webhook {}", webhook.name)
}
