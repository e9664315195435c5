//! The tree of accounts, and one of them.

use vestibule_domain::account::Admission;
use vestibule_domain::enforcement::Demand;
use vestibule_domain::ways::{Entitlement, Permitted};
use vestibule_journeys::console::{AccountPage, AccountRow, Accounts, ListedConnection};
use vestibule_outbound::DomainProof;

use super::{Badge, Top, account_url, address, console_page, kind_key, path_text, spot_text, state_badge};

/// Lists accounts. What is shown is chosen by a form of the fields `account` and `text`, sent by GET.
#[derive(Debug)]
pub(crate) struct AccountsView {
    pub(crate) top: Top,
    pub(crate) view: Accounts,
    pub(crate) text: String,
}

impl AccountsView {
    fn account(&self) -> String {
        spot_text(&self.view.spot)
    }

    fn next(&self) -> Option<String> {
        let after = path_text(self.view.next.as_ref()?);
        Some(address("/console/accounts", &[("account", &self.account()), ("text", &self.text), ("after", &after)]))
    }

    fn url(row: &AccountRow) -> String {
        account_url(&row.path)
    }

    fn kind(row: &AccountRow) -> &'static str {
        kind_key(row.kind)
    }

    fn path(row: &AccountRow) -> String {
        path_text(&row.path)
    }
}

/// Tells of an account and what belongs to it.
#[derive(Debug)]
pub(crate) struct AccountView {
    pub(crate) top: Top,
    pub(crate) view: AccountPage,
    pub(crate) sees_connections: bool,
    pub(crate) sees_people: bool,
    pub(crate) adds_connections: bool,
    /// Where it is changed: the key of the text, and the address.
    pub(crate) changed_at: Vec<(&'static str, String)>,
    /// Where its mails are read.
    pub(crate) mails_at: Option<String>,
}

impl AccountView {
    /// The TXT record by which a domain is proved: its name and its value.
    fn record(domain: &str, token: &str) -> Option<(String, String)> {
        DomainProof::record_for(domain, token).ok().map(|record| (record.name, record.value))
    }

    fn kind(&self) -> &'static str {
        kind_key(self.view.spot.account.kind)
    }

    fn path(&self) -> String {
        spot_text(&self.view.spot)
    }

    fn admission(&self) -> &'static str {
        match self.view.spot.account.settings.admission {
            Admission::Create => "console-admission-create",
            Admission::InvitedOnly => "console-admission-invited",
            Admission::Waiting => "console-admission-waiting",
            Admission::PassThrough => "console-admission-pass-through",
        }
    }

    fn permitted(&self) -> &'static str {
        match self.view.permitted {
            Permitted::Inherit => "console-permitted-inherit",
            Permitted::Own => "console-permitted-own",
            Permitted::Both => "console-permitted-both",
            Permitted::Forbidden => "console-permitted-none",
        }
    }

    /// What is demanded of everybody; where it differs, that it does.
    fn demand(&self) -> &'static str {
        let settings = &self.view.spot.account.settings;
        if settings.entitlement == Entitlement::Withheld {
            return "console-pick-withheld";
        }
        let set = &settings.single_sign_on;
        let is_another = |demand: &Demand| *demand != set.people;
        if set.managers.iter().chain(set.roles.values()).any(is_another) {
            return "console-demand-differs";
        }
        match set.people {
            Demand::Off => "console-switched-off",
            Demand::Optional => "console-optional",
            Demand::Required => "console-demanded",
        }
    }

    fn url(row: &AccountRow) -> String {
        account_url(&row.path)
    }

    fn row_kind(row: &AccountRow) -> &'static str {
        kind_key(row.kind)
    }

    fn state(one: &ListedConnection) -> Badge {
        state_badge(one.connection.state)
    }

    fn to(&self, page: &str) -> String {
        address(page, &[("account", &self.path())])
    }

    fn to_new(&self) -> String {
        self.to("/console/connections/new")
    }
}

mod list {
    use super::AccountsView;
    super::console_page!(AccountsView, "console/accounts.html");
}

mod one {
    use super::AccountView;
    super::console_page!(AccountView, "console/account.html");
}
