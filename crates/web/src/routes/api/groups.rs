//! The groups of an account's people, as their profiles hold them.

use vestibule_domain::account::AccountPath;
use vestibule_domain::permission::Action;
use vestibule_journeys::console::{self, GroupsQuery, MOST_COUNTED};

use crate::api::call::{Call, Reply, no_cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Input as _, Line, Shape, Whole, input, record};

pub(crate) static ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("/groups", "listGroups", "The groups of an account's people, by name", run!(list))
        .whoever(Action::SeeUsers)
        .query(&GroupsOf::RECORD)
        .page(Group::SCHEMA)];

input! {
    /// Which groups.
    GroupsOf {
        /// Of which account, by its path; left out: the key's own.
        optional account: AccountPath,
        /// How the name begins.
        optional search: Line<1, 200>,
        /// How many at most. Default: 50.
        optional limit: Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: Line<1, 300>,
    }
}

record! {
    /// A group.
    Group {
        /// Its name, or the id that the identity provider gives it.
        name: String,
        /// How many people are in it; of a large one so many as are counted.
        people: u64,
        /// Whether there are more of them.
        more: bool,
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: GroupsOf = call.query()?;
    let wanted = GroupsQuery {
        account: query.account,
        begins: query.search.map(|it| it.0).unwrap_or_default(),
        after: query.cursor.map(|it| read_cursor(&it.0).ok_or_else(|| no_cursor(&it.0))).transpose()?,
    };
    let found = console::groups(call.ctx(), call.viewer(), wanted).await?;
    let rows = found.rows.into_iter().map(|it| Group {
        name: it.name,
        people: it.people.min(MOST_COUNTED),
        more: it.people > MOST_COUNTED,
    });
    Ok(page(rows, found.next.map(|name| format!("{BEHIND}{name}"))))
}

/// A group's name is any line: by this a cursor is told from what somebody typed.
const BEHIND: char = '>';

fn read_cursor(text: &str) -> Option<String> {
    text.strip_prefix(BEHIND).filter(|name| !name.is_empty()).map(str::to_owned)
}
