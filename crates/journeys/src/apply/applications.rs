//! Applications.

use std::collections::BTreeMap;

use vestibule_domain::application::{Application, ApplicationSettings};
use vestibule_domain::event::Fact;
use vestibule_domain::id::AccountId;

use super::accounts::missing_application;
use super::change::{Before, Change, ChangeKind, Difference, Noun, Write, differences};
use super::misfit::Reason;
use super::planner::{Planner, names};
use super::wanted::{Wanted, WantedApplication};

impl Planner<'_> {
    pub(super) fn applications(&mut self, wanted: &Wanted) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        // Whoever gives a site up does so before another one gets it.
        let mut applications: Vec<_> = wanted.applications.iter().collect();
        applications.sort_by_key(|application| !self.gives_a_site_up(application));
        for application in applications {
            match seen.insert(&application.client_id, application.line) {
                Some(first) => self.misfit(application.line, what(application), Reason::Twice { first }),
                None => self.application(application),
            }
        }
        self.sites(wanted);
        for account in &wanted.accounts {
            let is_known =
                |client_id: &str| seen.contains_key(client_id) || self.present.applications.contains_key(client_id);
            if let Some((line, what, client_id)) = missing_application(account, &is_known) {
                let client_id = client_id.to_owned();
                self.misfit(line, what, Reason::NoApplication { client_id });
            }
        }
    }

    fn gives_a_site_up(&self, wanted: &WantedApplication) -> bool {
        let before = self.present.applications.get(&wanted.client_id);
        before.is_some_and(|before| before.settings.sites.iter().any(|site| !wanted.settings.sites.contains(site)))
    }

    /// Each site is one application's, of those in the file and of those in the database that the file does not name.
    fn sites(&mut self, wanted: &Wanted) {
        let named = |client_id: &str| wanted.applications.iter().any(|one| one.client_id == client_id);
        let others = self.present.applications.values().filter(|one| !named(&one.client_id));
        let others = others.flat_map(|one| one.settings.sites.iter().map(|site| (site.clone(), one.client_id.clone())));
        let mut taken: BTreeMap<String, String> = others.collect();
        for application in &wanted.applications {
            for site in &application.settings.sites {
                let client_id = taken.entry(site.clone()).or_insert_with(|| application.client_id.clone()).clone();
                if client_id != application.client_id {
                    let reason = Reason::SiteTaken { site: site.clone(), client_id };
                    self.misfit(application.line, what(application), reason);
                }
            }
        }
    }

    fn application(&mut self, wanted: &WantedApplication) {
        let account = match self.account_of(wanted) {
            Ok(account) => account,
            Err(reason) => return self.misfit(wanted.line, what(wanted), reason),
        };
        for problem in wanted.settings.check_deep_links() {
            self.misfit(wanted.line, what(wanted), Reason::Setting(problem));
        }
        for problem in wanted.settings.check_offer() {
            self.misfit(wanted.line, what(wanted), Reason::Setting(problem));
        }
        for problem in wanted.settings.check_tokens() {
            self.misfit(wanted.line, what(wanted), Reason::Setting(problem));
        }
        for problem in wanted.settings.check_sites() {
            self.misfit(wanted.line, what(wanted), Reason::Setting(problem));
        }
        let before = self.present.applications.get(&wanted.client_id);
        let of = |account| Some(self.present.path_of(account));
        let (path_before, path) = (before.and_then(|before| before.account).and_then(of), account.and_then(of));
        let path_before = if before.is_some() { Before::Was(path_before.as_deref()) } else { Before::New };
        let account_differs = Difference::text("account", path_before, path.as_deref());
        let settings =
            differences(before.map(|before| &before.settings), &wanted.settings, &ApplicationSettings::default());
        let differences: Vec<_> = account_differs.into_iter().chain(settings).collect();
        if differences.is_empty() && before.is_some() {
            return;
        }
        let kind = if before.is_some() { ChangeKind::Change } else { ChangeKind::Create };
        let application = Application {
            client_id: wanted.client_id.clone(),
            account,
            settings: wanted.settings.clone(),
            version: before.map_or(0, |before| before.version),
        };
        let fact = Fact::ApplicationChanged { application: wanted.client_id.clone(), changed: names(&differences) };
        let event = self.event(account, fact);
        let mut change = Change::new(kind, Noun::Application, wanted.client_id.clone(), differences);
        change.warnings.extend(wanted.settings.api.map(|api| {
            let (access, of) = (api.access.name(), path.as_deref().unwrap_or("the platform"));
            format!("it may use the admin API of {of} and all below it, with {access} access; leave api out where it need not")
        }));
        self.change(change);
        self.write(Write::Application(application, event));
    }

    fn account_of(&self, wanted: &WantedApplication) -> Result<Option<AccountId>, Reason> {
        let Some(path) = &wanted.account else { return Ok(None) };
        let account = self.present.accounts.get(path);
        account.map(|account| Some(account.id)).ok_or_else(|| Reason::NoAccount { path: path.to_string() })
    }
}

fn what(application: &WantedApplication) -> String {
    format!("application {}", application.client_id)
}
