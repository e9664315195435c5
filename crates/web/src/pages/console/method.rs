//! The form of how a person signs in.

use std::collections::BTreeMap;

use vestibule_journeys::console::MethodForm;

use super::form::{Field, Filled, Group, Kind, plain};
use super::{Top, console_page};

/// Shows how a person signs in, and what would change of it.
pub(crate) struct MethodView {
    pub(crate) top: Top,
    pub(crate) form: MethodForm,
    pub(crate) filled: Filled,
}

const GROUPS: [Group; 1] = [(
    "console-method",
    &[plain(
        "sign_in",
        "console-method",
        Kind::Pick(&[
            ("account", "console-method-account"),
            ("sso", "console-method-sso"),
            ("password", "console-method-password"),
        ]),
    )],
)];

impl MethodView {
    fn groups(&self) -> Vec<(&'static str, Vec<Field>)> {
        self.filled.groups(&GROUPS, &[], &BTreeMap::new())
    }

    fn beside(&self) -> Vec<&str> {
        self.filled.beside(&["sign_in"])
    }

    fn action(&self) -> String {
        format!("/console/users/{}/method", self.form.id)
    }

    fn name(&self) -> String {
        let called = self.form.called.this().filter(|name| !name.is_empty());
        called.cloned().unwrap_or_else(|| self.form.id.to_string())
    }
}

console_page!(MethodView, "console/method.html");
