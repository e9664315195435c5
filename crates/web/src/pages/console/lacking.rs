//! Who lacks what the mapping of a connection wants of them.

use vestibule_domain::mapping::Property;
use vestibule_journeys::console::Lacking;

use super::{Top, address, console_page};
use crate::page::Frame;

/// Lists who lacks what.
#[derive(Debug)]
pub(crate) struct LackingView {
    pub(crate) top: Top,
    pub(crate) view: Lacking,
}

impl LackingView {
    /// What is lacking, and from which claims it would come.
    fn told(frame: &Frame<'_>, (property, claims): &(Property, Vec<String>)) -> String {
        let property = frame.property(property.name());
        if claims.is_empty() { property } else { format!("{property} ({})", claims.join(", ")) }
    }

    fn looked_at(&self) -> String {
        self.view.looked_at.to_string()
    }

    fn next(&self) -> Option<String> {
        let after = self.view.next?.to_string();
        Some(address(&format!("/console/connections/{}/lacking", self.view.connection.id), &[("after", &after)]))
    }
}

console_page!(LackingView, "console/lacking.html");
