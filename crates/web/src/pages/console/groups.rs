//! The groups of an account's people.

use vestibule_journeys::console::{GroupCount, Groups, MOST_COUNTED};

use super::{Top, address, console_page, spot_text};
use crate::page::Frame;

/// Lists groups. What is shown is chosen by a form of the fields `account` and `begins`, sent by GET.
#[derive(Debug)]
pub(crate) struct GroupsView {
    pub(crate) top: Top,
    pub(crate) view: Groups,
    pub(crate) begins: String,
}

impl GroupsView {
    fn account(&self) -> String {
        spot_text(&self.view.spot)
    }

    /// How many are in it, as far as they are counted.
    fn people(row: &GroupCount, frame: &Frame<'_>) -> String {
        if row.people > MOST_COUNTED {
            frame.say("console-group-more").with("number", &MOST_COUNTED.to_string()).to_string()
        } else {
            row.people.to_string()
        }
    }

    /// Where those who are in it are listed, for whoever may see them.
    fn url(&self, row: &GroupCount) -> Option<String> {
        let pairs =
            [("account", &*self.account()), ("group", &*row.name)].map(|(name, value)| (name, value.to_owned()));
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.view.is_personal.then(|| address("/console/users", &pairs))
    }

    fn next(&self) -> Option<String> {
        let (account, after) = (self.account(), self.view.next.as_deref()?);
        Some(address("/console/groups", &[("account", &account), ("begins", &self.begins), ("after", after)]))
    }
}

console_page!(GroupsView, "console/groups.html");
