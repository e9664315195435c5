//! People of an account, and one of them.

use vestibule_domain::enforcement::Method;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::user::UserState;
use vestibule_journeys::console::{UserOrder, UserPage, UserRow, Users};

use super::{Badge, Top, address, console_page, path_text, role_key, spot_text, user_badge};

/// Lists people. What is shown is chosen by a form of the fields `account`, `begins`, `order`, `state`, `connection` and `group`, sent by
/// GET.
pub(crate) struct UsersView {
    pub(crate) top: Top,
    pub(crate) view: Users,
    pub(crate) order: UserOrder,
    pub(crate) begins: String,
    pub(crate) state: Option<UserState>,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) group: Option<String>,
}

/// The orders with their names in addresses.
pub(crate) const ORDERS: [(UserOrder, &str, &str); 3] = [
    (UserOrder::Name, "name", "waiting-order-name"),
    (UserOrder::Email, "email", "waiting-order-email"),
    (UserOrder::Newest, "newest", "waiting-order-newest"),
];

impl UsersView {
    fn account(&self) -> String {
        spot_text(&self.view.spot)
    }

    fn orders(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        ORDERS.iter().map(|(order, name, key)| (*name, *key, *order == self.order))
    }

    fn next(&self) -> Option<String> {
        let after = self.view.next?.to_string();
        let order = ORDERS.iter().find(|(order, ..)| *order == self.order).map_or("", |(_, name, _)| name);
        let state = if self.state == Some(UserState::Suspended) { "suspended" } else { "" };
        let connection = self.connection.map(|id| id.to_string()).unwrap_or_default();
        let account = self.account();
        let pairs = [
            ("account", &*account),
            ("order", order),
            ("begins", &self.begins),
            ("state", state),
            ("connection", &connection),
            ("group", self.group.as_deref().unwrap_or_default()),
            ("after", &after),
        ];
        Some(address("/console/users", &pairs))
    }

    fn is_filtered(&self) -> bool {
        self.state.is_some() || self.connection.is_some() || self.group.is_some() || !self.begins.is_empty()
    }

    /// The group that is looked at, for whoever may look into one.
    fn group(&self) -> Option<&str> {
        self.group.as_deref().filter(|_| self.view.is_personal)
    }

    fn is_suspended(&self) -> bool {
        self.state == Some(UserState::Suspended)
    }

    fn is_chosen(&self, id: &ConnectionId) -> bool {
        self.connection == Some(*id)
    }

    fn badge(row: &UserRow) -> Badge {
        user_badge(row.state)
    }

    fn role(row: &UserRow) -> Option<&'static str> {
        row.role.map(role_key)
    }

    fn elsewhere(row: &UserRow) -> Option<String> {
        row.elsewhere.as_ref().map(path_text)
    }
}

/// Tells of a person.
pub(crate) struct UserView {
    pub(crate) top: Top,
    pub(crate) view: UserPage,
}

impl UserView {
    fn badge(&self) -> Badge {
        user_badge(self.view.state)
    }

    fn name(&self, frame: &crate::page::Frame<'_>) -> String {
        match self.view.called.this() {
            Some((name, _)) if !name.is_empty() => name.clone(),
            Some(_) => frame.say("waiting-no-name").to_string(),
            None => frame.say("console-withheld").to_string(),
        }
    }

    fn is_active(&self) -> bool {
        self.view.state == UserState::Active
    }

    fn role(&self) -> Option<&'static str> {
        self.view.role.map(role_key)
    }

    fn method(&self) -> &'static str {
        match self.view.method {
            Method::Account => "console-method-account",
            Method::Sso => "console-method-sso",
            Method::Password => "console-method-password",
        }
    }

    fn properties(&self) -> Vec<(String, String)> {
        let Some(profile) = self.view.profile.this() else { return Vec::new() };
        let names = ["name", "email", "display_name", "given_name", "family_name", "roles", "groups"];
        let more = profile.more.keys().map(String::as_str);
        let told = names.into_iter().chain(more).map(|name| (name.to_owned(), profile.property(name).join(", ")));
        told.filter(|(_, value)| !value.is_empty()).collect()
    }
}

mod list {
    use super::UsersView;
    super::console_page!(UsersView, "console/users.html");
}

mod one {
    use super::UserView;
    super::console_page!(UserView, "console/user.html");
}
