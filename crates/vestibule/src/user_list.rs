//! `vestibule user list`, `show`, `suspend` and `restore`.

use serde::Serialize;
use vestibule_domain::id::UserId;
use vestibule_domain::user::UserState;
use vestibule_journeys::console::{
    self, Shown, UserChangeWanted, UserChanged, UserOrder, UserPage, UserRow, UsersQuery,
};

use crate::account::{more, path_of};
use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, facts, second, table, word, written};
use crate::services;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Names and addresses are personal: they are for whoever runs the command, and no list to pass on.

Exit status: 0 listed; 2 there is no such account, or unusable arguments or configuration.")]
pub(crate) struct ListArgs {
    /// Of which account, by its path; `platform` for the platform.
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// Those whose name begins so; with an @ in it, those whose e-mail address does.
    #[arg(long, value_name = "TEXT")]
    begins: Option<String>,
    /// Those alone who may not sign in.
    #[arg(long)]
    suspended: bool,
    /// Those behind this one: the last of the list before.
    #[arg(long, value_name = "USER")]
    after: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    first: u32,
    #[command(flatten)]
    config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 shown; 2 there is no such person, or unusable arguments or configuration.")]
pub(crate) struct ShowArgs {
    /// The person's id, as `vestibule user list` and applications (`sub`) name them.
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 done, also where they are so already; 2 there is no such person, or unusable \
                        arguments or configuration.")]
pub(crate) struct OfUser {
    /// The person's id, as `vestibule user list` and applications (`sub`) name them.
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    config: ConfigArg,
}

pub(crate) fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let begins = arguments.begins.clone().unwrap_or_default();
    let query = UsersQuery {
        account: Some(path_of("ACCOUNT", &arguments.account)?),
        order: if begins.contains('@') { UserOrder::Email } else { UserOrder::Name },
        begins,
        state: arguments.suspended.then_some(UserState::Suspended),
        connection: None,
        group: None,
        after: arguments.after.as_deref().map(|text| user_of("--after", text)).transpose()?,
    };
    let found = services::looked_up(&arguments.config, arguments.first, async |ctx, viewer| {
        console::users(ctx, viewer, query).await
    })?;
    let found = found.ok_or_else(|| {
        let got = &arguments.account;
        Failure::Arguments(format!("there is no account {got:?}; `vestibule account list` shows them"))
    })?;
    let users: Vec<_> = found.rows.iter().map(RowShape::of).collect();
    let next = found.next.map(|user| user.to_string());
    let text = || {
        let rows = users.iter().map(|it| {
            let role = it.console_role.clone().unwrap_or_default();
            [it.id.clone(), it.state.clone(), role, it.name.clone(), it.email.clone().unwrap_or_default()]
        });
        let mut lines = table(["USER", "STATE", "ROLE", "NAME", "E-MAIL"], rows);
        lines.extend(more(next.as_deref()));
        lines
    };
    Ok(written(arguments.format, &RowsShape { version: 1, users: &users, next: next.as_deref() }, text))
}

pub(crate) fn show(arguments: &ShowArgs) -> Result<Output, Failure> {
    let id = user_of("USER", &arguments.user)?;
    let found = services::looked_up(&arguments.config, 1, async |ctx, viewer| console::user(ctx, viewer, id).await)?;
    let shape = PageShape::of(&found.ok_or_else(|| nobody(id))?);
    Ok(written(arguments.format, &shape, || shape.text()))
}

pub(crate) fn suspend(arguments: &OfUser) -> Result<Output, Failure> {
    change(arguments, UserChangeWanted::Suspend, "may not sign in any more, and is signed out.")
}

pub(crate) fn restore(arguments: &OfUser) -> Result<Output, Failure> {
    change(arguments, UserChangeWanted::Restore, "may sign in again.")
}

fn change(arguments: &OfUser, wanted: UserChangeWanted, done: &str) -> Result<Output, Failure> {
    let id = user_of("USER", &arguments.user)?;
    let changed = services::looked_up(&arguments.config, 1, async |ctx, viewer| {
        console::change_user_at(ctx, viewer, id, None, wanted).await
    })?;
    let (told, status) = match changed.ok_or_else(|| nobody(id))? {
        UserChanged::Done => (done, 0),
        UserChanged::Already => ("is so already; nothing was changed.", 0),
        UserChanged::Overtaken => ("was changed by somebody else at this moment; nothing was done, try again.", 1),
    };
    Ok(Output { stdout: format!("{id} {told}\n"), ..Output::status(status) })
}

fn user_of(option: &str, text: &str) -> Result<UserId, Failure> {
    text.parse().map_err(|error| Failure::Arguments(format!("{option}: {error}; `vestibule user list` shows them")))
}

fn nobody(user: UserId) -> Failure {
    Failure::Arguments(format!("USER: there is no user {user}; `vestibule user list` shows them"))
}

/// What is personal, which is for whoever runs commands.
fn open<T: Clone + Default>(shown: &Shown<T>) -> T {
    match shown {
        Shown::This(value) => value.clone(),
        Shown::Withheld => T::default(),
    }
}

#[derive(Serialize)]
struct RowsShape<'a> {
    version: u8,
    users: &'a [RowShape],
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct RowShape {
    id: String,
    name: String,
    email: Option<String>,
    state: String,
    console_role: Option<String>,
    since: String,
}

impl RowShape {
    fn of(row: &UserRow) -> Self {
        let (name, email) = open(&row.called);
        Self {
            id: row.id.to_string(),
            name,
            email,
            state: word(&row.state),
            console_role: row.role.map(|role| word(&role)),
            since: second(row.since),
        }
    }
}

#[derive(Serialize)]
struct PageShape {
    version: u8,
    id: String,
    account: String,
    name: String,
    email: Option<String>,
    state: String,
    console_role: Option<String>,
    since: String,
    sign_in: String,
    identities: Vec<IdentityShape>,
    sessions: Vec<SessionShape>,
}

#[derive(Serialize)]
struct IdentityShape {
    connection: String,
    subject: String,
    since: String,
}

#[derive(Serialize)]
struct SessionShape {
    id: String,
    connection: Option<String>,
    since: String,
    until: String,
}

impl PageShape {
    fn of(page: &UserPage) -> Self {
        let (name, email) = open(&page.called);
        let identity = |it: &console::IdentityRow| IdentityShape {
            connection: it.name.clone(),
            subject: open(&it.subject),
            since: second(it.since),
        };
        let session = |it: &console::SessionRow| SessionShape {
            id: it.id.to_string(),
            connection: it.connection.clone(),
            since: second(it.since),
            until: second(it.until),
        };
        Self {
            version: 1,
            id: page.id.to_string(),
            account: page.spot.account.path.shown(),
            name,
            email,
            state: word(&page.state),
            console_role: page.role.map(|role| word(&role)),
            since: second(page.since),
            sign_in: word(&page.method),
            identities: page.identities.iter().map(identity).collect(),
            sessions: page.sessions.iter().map(session).collect(),
        }
    }

    fn text(&self) -> Vec<String> {
        let mut lines = facts(&[
            ("user", self.id.clone()),
            ("account", self.account.clone()),
            ("name", self.name.clone()),
            ("e-mail", self.email.clone().unwrap_or_default()),
            ("state", self.state.clone()),
            ("role", self.console_role.clone().unwrap_or_default()),
            ("since", self.since.clone()),
            ("signs in by", self.sign_in.clone()),
        ]);
        let identities = self.identities.iter().map(|it| [it.connection.clone(), it.since.clone(), it.subject.clone()]);
        let sessions = self.sessions.iter().map(|it| {
            let by = it.connection.clone().unwrap_or_else(|| "password".to_owned());
            [it.id.clone(), by, it.since.clone(), it.until.clone()]
        });
        for table in [
            table(["IDENTITY AT", "SINCE", "SUBJECT"], identities),
            table(["SESSION", "BY", "SINCE", "UNTIL"], sessions),
        ] {
            if table.len() > 1 {
                lines.push(String::new());
                lines.extend(table);
            }
        }
        lines
    }
}
