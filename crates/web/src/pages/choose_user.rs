//! Which of their users somebody is now, where one identity stands for several.

use askama::Template;

use crate::page::{Frame, Page, Time, put};
use crate::security::FormAction;

/// The page that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChooseUser {
    /// Where the form leads.
    pub action: String,
    /// What only the browser that brought the answer knows; kept through the page.
    pub told: String,
    /// Whom there is to choose from, in the order in which they were linked.
    pub users: Vec<UserChoice>,
}

/// One of the users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChoice {
    /// Their id, which the form carries.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// Their address, where it is not their name.
    pub email: Option<String>,
    /// What they may do in applications.
    pub roles: Option<String>,
    /// When they were signed in last.
    pub last: Option<Time>,
}

#[derive(Template)]
#[template(path = "choose_user.html")]
struct Html<'a> {
    frame: &'a Frame<'a>,
    page: &'a ChooseUser,
}

impl Page for ChooseUser {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { frame, page: self }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}
