//! The form of what an account demands of its people's sign-in.

use std::collections::BTreeMap;

use vestibule_domain::user::UserState;
use vestibule_journeys::console::{EnforcementForm, Named};

use super::form::{Field, Filled, Group, Kind, hinted, plain, warned};
use super::{Top, account_page, account_url, console_page};
use crate::page::Frame;

/// Shows who must use single sign-on, who comes in when it does not work, and what would change of it.
pub(crate) struct EnforcementView {
    pub(crate) top: Top,
    pub(crate) form: EnforcementForm,
    pub(crate) filled: Filled,
}

const GROUPS: [Group; 2] = [
    (
        "console-enforcement-classes",
        &[
            warned(
                "people",
                "console-field-people",
                Kind::Pick(&[
                    ("optional", "console-demand-optional"),
                    ("required", "console-demand-required"),
                    ("off", "console-demand-off"),
                ]),
                "console-warning-enforcement",
            ),
            plain(
                "managers",
                "console-field-managers",
                Kind::Pick(&[
                    ("", "console-demand-as-people"),
                    ("optional", "console-demand-optional"),
                    ("required", "console-demand-required"),
                    ("off", "console-demand-off"),
                ]),
            ),
            hinted("roles", "console-field-roles", Kind::Lines, "console-hint-roles"),
        ],
    ),
    (
        "console-break-glass-who",
        &[hinted("break_glass", "console-field-break-glass", Kind::Lines, "console-hint-break-glass")],
    ),
];

impl EnforcementView {
    fn groups(&self) -> Vec<(&'static str, Vec<Field>)> {
        let groups = self.filled.groups(&GROUPS, &[], &BTreeMap::new());
        groups.into_iter().filter(|(_, fields)| !fields.is_empty()).collect()
    }

    fn beside(&self) -> Vec<&str> {
        let shown: Vec<&str> = GROUPS.iter().flat_map(|(_, fields)| fields.iter().map(|it| it.name)).collect();
        self.filled.beside(&shown)
    }

    fn action(&self) -> String {
        account_page("/console/enforcement", &self.form.spot)
    }

    fn back(&self) -> String {
        account_url(&self.form.spot.account.path)
    }

    /// Why single sign-on could not be demanded of more people now; in English.
    fn lacks(&self) -> Option<String> {
        self.form.lacks.as_ref().map(ToString::to_string)
    }

    fn name(named: &Named, frame: &Frame<'_>) -> String {
        match named.called.this() {
            Some(name) if !name.is_empty() => name.clone(),
            Some(_) => frame.say("waiting-no-name").to_string(),
            None => named.id.to_string(),
        }
    }

    fn is_ready(named: &Named) -> bool {
        named.state == UserState::Active && named.signed_in_at.is_some_and(|at| at > named.since)
    }
}

console_page!(EnforcementView, "console/enforcement.html");
