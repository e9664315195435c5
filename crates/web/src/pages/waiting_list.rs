//! Who waits in an account, for those who may let them in (SC-16, SC-29).

use askama::Template;
use jiff::Timestamp;
use vestibule_domain::account::Admission;
use vestibule_domain::waiting::ApplicantState;
use vestibule_journeys::waiting::ApplicantOrder;

use crate::page::{Frame, Page, Time, put};
use crate::security::FormAction;

/// Lists who waits. What is shown is chosen by a form of fields `account`, `state`, `order` and `begins`, sent by GET.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingList {
    /// The path of the account.
    pub account: String,
    /// Its name.
    pub account_name: String,
    /// Who may come in that is not known yet: said above the list, beside what is done for those who are known.
    pub admission: Admission,
    /// Other accounts in which somebody waits.
    pub places: Vec<ListLink>,
    /// How far it is with those who are shown.
    pub state: ApplicantState,
    /// In which order.
    pub order: ApplicantOrder,
    /// How their names begin.
    pub begins: String,
    /// Who.
    pub rows: Vec<ListRow>,
    /// The next page.
    pub next: Option<String>,
    /// Where somebody else is asked for.
    pub ask: Option<String>,
}

/// An account in which somebody waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLink {
    /// Its name.
    pub name: String,
    /// Its list.
    pub url: String,
}

/// Somebody who waits.
#[derive(Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Their id.
    pub id: String,
    /// What they are called by; may be empty.
    pub name: String,
    /// Their address, where it is not the name.
    pub email: Option<String>,
    /// Whether somebody else asked for them.
    pub on_behalf: bool,
    /// Since when.
    pub asked_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A choice of a form.
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) chosen: bool,
}

/// The key of a state's text.
pub(crate) const fn state_label(state: ApplicantState) -> &'static str {
    match state {
        ApplicantState::Waiting => "waiting-state-waiting",
        ApplicantState::SecondStep => "waiting-state-second-step",
        ApplicantState::Approved => "waiting-state-approved",
        ApplicantState::Refused => "waiting-state-refused",
    }
}

/// The orders with their names in addresses.
pub(crate) const ORDERS: [(ApplicantOrder, &str); 4] = [
    (ApplicantOrder::Oldest, "oldest"),
    (ApplicantOrder::Newest, "newest"),
    (ApplicantOrder::Name, "name"),
    (ApplicantOrder::Email, "email"),
];

impl WaitingList {
    fn policy(&self) -> &'static str {
        match self.admission {
            Admission::Waiting => "waiting-policy",
            Admission::Create => "waiting-policy-create",
            Admission::InvitedOnly => "waiting-policy-invited",
            Admission::PassThrough => "waiting-policy-pass-through",
        }
    }

    fn states(&self) -> Vec<Choice> {
        let choice = |state| Choice {
            name: ApplicantState::name(state),
            label: state_label(state),
            chosen: state == self.state,
        };
        ApplicantState::ALL.map(choice).into()
    }

    fn orders(&self) -> Vec<Choice> {
        let label = |order| match order {
            ApplicantOrder::Oldest => "waiting-order-oldest",
            ApplicantOrder::Newest => "waiting-order-newest",
            ApplicantOrder::Name => "waiting-order-name",
            ApplicantOrder::Email => "waiting-order-email",
        };
        ORDERS.map(|(order, name)| Choice { name, label: label(order), chosen: order == self.order }).into()
    }
}

impl ListRow {
    fn asked_at(&self) -> Time {
        Time(self.asked_at)
    }

    fn expires_at(&self) -> Time {
        Time(self.expires_at)
    }
}

/// Without people.
impl std::fmt::Debug for WaitingList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitingList")
            .field("account", &self.account)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

/// Without the person.
impl std::fmt::Debug for ListRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListRow").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "waiting_list.html")]
struct Html<'a> {
    page: &'a WaitingList,
    frame: &'a Frame<'a>,
}

impl Page for WaitingList {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}
