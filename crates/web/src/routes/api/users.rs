//! People: who they are, how they come in, where they are signed in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::enforcement::Method;
use vestibule_domain::grants::Granted;
use vestibule_domain::id::{ConnectionId, SessionId, UserId};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::permission::Action;
use vestibule_domain::user::{ConsoleRole, Profile, UserState};
use vestibule_journeys::api::{self, NewUser};
use vestibule_journeys::console::{self, UserChangeWanted, UserChanged, UserOrder, UserPage, UsersQuery};

use crate::api::call::{Call, Part, Reply, cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Field, Input as _, Line, Record, Schema, Shape, Taken, Whole, input, record, words};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/users", "listUsers", "The people of an account", run!(list))
        .whoever(Action::SeeUsers)
        .query(&UsersOf::RECORD)
        .page(UserSummary::SCHEMA),
    Endpoint::post("/users", "createUser", "Make a person known who was not here yet", run!(create))
        .whoever(Action::ChangeUsers)
        .body(&UserGiven::RECORD)
        .makes(User::SCHEMA),
    Endpoint::get("/users/{user}", "readUser", "One person", run!(read)).whoever(Action::SeeUsers).one(User::SCHEMA),
    Endpoint::patch("/users/{user}", "changeUser", "Say how a person signs in", run!(change))
        .whoever(Action::SetMethod)
        .trusts()
        .body(&UserSet::RECORD)
        .of(run!(read))
        .one(User::SCHEMA),
    Endpoint::delete(
        "/users/{user}",
        "eraseUser",
        "Forget a person for good; the audit log goes on naming their id",
        run!(erase),
    )
    .whoever(Action::Erase)
    .trusts()
    .of(run!(read)),
    Endpoint::post(
        "/users/{user}/suspend",
        "suspendUser",
        "Keep a person from signing in, and sign them out",
        run!(suspend),
    )
    .whoever(Action::Suspend)
    .of(run!(read))
    .one(User::SCHEMA),
    Endpoint::post("/users/{user}/restore", "restoreUser", "Let a person sign in again", run!(restore))
        .whoever(Action::Suspend)
        .of(run!(read))
        .one(User::SCHEMA),
    Endpoint::get("/users/{user}/sessions", "listSessions", "Where a person is signed in", run!(sessions))
        .whoever(Action::ListSessions)
        .query(&Part::RECORD)
        .page(Session::SCHEMA),
    Endpoint::delete("/users/{user}/sessions", "endSessions", "Sign a person out everywhere", run!(end_all))
        .whoever(Action::EndSessions),
    Endpoint::delete("/users/{user}/sessions/{session}", "endSession", "Sign a person out there", run!(end_one))
        .whoever(Action::EndSessions),
    Endpoint::delete(
        "/users/{user}/identities/{connection}",
        "unlinkIdentities",
        "Take from a person what a connection knows them by, and sign them out",
        run!(unlink),
    )
    .whoever(Action::ChangeUsers)
    .trusts(),
];

words! {
    UserState: "active" "suspended";
    ConsoleRole: "operator" "support" "account_admin" "approver";
    Method: "account" "sso" "password";
}

/// In which order people come.
#[derive(Clone, Copy)]
pub(super) struct Order(UserOrder);

impl Shape for Order {
    const SCHEMA: Schema = Schema::Word(&["name", "email", "newest"]);

    fn json(&self) -> Value {
        match self.0 {
            UserOrder::Name => "name",
            UserOrder::Email => "email",
            UserOrder::Newest => "newest",
        }
        .into()
    }
}

impl Taken for Order {
    fn take(value: &Value) -> Result<Self, String> {
        Ok(Self(match value.as_str() {
            Some("email") => UserOrder::Email,
            Some("newest") => UserOrder::Newest,
            _ => UserOrder::Name,
        }))
    }
}

/// What somebody is given in applications.
static GRANTED: Record = Record {
    name: "Granted",
    about: "What somebody is given in applications: roles, and scopes by their kind.",
    fields: &[
        Field {
            name: "roles",
            about: "Roles, by name.",
            schema: <Vec<Line<1, 100>> as Shape>::SCHEMA,
            is_required: false,
        },
        Field {
            name: "scopes",
            about: "Scopes, such as { \"site\": [\"berlin\"] }; never empty. Left out: none.",
            schema: Schema::OrNull(&<BTreeMap<String, Vec<Line<1, 100>>> as Shape>::SCHEMA),
            is_required: false,
        },
    ],
};

impl Shape for Granted {
    const SCHEMA: Schema = Schema::Record(&GRANTED);

    fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Taken for Granted {
    fn take(value: &Value) -> Result<Self, String> {
        serde_json::from_value(value.clone()).map_err(|error| error.to_string())
    }
}

input! {
    /// Which people.
    UsersOf {
        /// Of which account, by its path; left out: the key's own.
        optional account: AccountPath,
        /// How the name or the address begins; a whole address is looked for below the account too.
        optional search: Line<1, 254>,
        /// In this state.
        optional state: UserState,
        /// Who come by this connection.
        optional connection: ConnectionId,
        /// Who are in this group, the newest first; through whichever connection they come. For who may see what is personal.
        optional group: Line<1, 200>,
        /// In which order. Default: name.
        optional order: Order,
        /// How many at most. Default: 50.
        optional limit: Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: Line<1, 300>,
    }
    /// A person who was not here yet.
    UserGiven {
        /// Of which account, by its path; left out: the key's own.
        optional account: AccountPath,
        /// Their address, by which a connection's person is found to be them.
        required email: EmailAddress,
        /// The name that applications know them by.
        optional name: Line<1, 200>,
        /// The name for people.
        optional display_name: Line<1, 200>,
        /// The given name.
        optional given_name: Line<1, 200>,
        /// The family name.
        optional family_name: Line<1, 200>,
        /// What they may do in the console. An approver lets everybody of the account in.
        optional console_role: ConsoleRole,
        /// What they are given in applications.
        optional granted: Granted,
        /// How they sign in. Default: as the account says.
        optional sign_in: Method,
        /// Whether they are told by mail how they sign in. Default: false.
        optional invite: bool,
    }
    /// What is changed of a person.
    UserSet {
        /// How they sign in.
        optional sign_in: Method,
        /// Whether they may sign in by password where single sign-on is demanded, on the day on which it fails.
        optional break_glass: bool,
    }
}

record! {
    /// A person in a list.
    UserSummary {
        /// Their identity.
        id: UserId,
        /// What they are called by; null where the key may not see it.
        called: Option<String>,
        /// Their address; null where the key may not see it, or there is none beside the name.
        email: Option<String>,
        /// Where their account stands.
        account: AccountPath,
        /// Whether they may sign in.
        state: UserState,
        /// What they may do in the console.
        console_role: Option<ConsoleRole>,
        /// Since when they are known.
        created_at: Timestamp,
    }
    /// A person.
    User {
        /// Their identity.
        id: UserId,
        /// Where their account stands.
        account: AccountPath,
        /// Whether they may sign in.
        state: UserState,
        /// What they may do in the console.
        console_role: Option<ConsoleRole>,
        /// How they sign in.
        sign_in: Method,
        /// Whether they may sign in by password, whatever is demanded.
        break_glass: bool,
        /// Since when they are known.
        created_at: Timestamp,
        /// What is known of them; null where the key may not see it.
        profile: Option<UserProfile>,
        /// How connections know them.
        identities: Vec<UserIdentity>,
    }
    /// What is known of a person.
    UserProfile {
        /// The name that applications know them by.
        name: Option<String>,
        /// Their address.
        email: Option<String>,
        /// Whether their account has proved its domain.
        email_verified: bool,
        /// The name for people.
        display_name: Option<String>,
        /// The given name.
        given_name: Option<String>,
        /// The family name.
        family_name: Option<String>,
        /// Roles in applications.
        roles: Vec<String>,
        /// Groups.
        groups: Vec<String>,
        /// What the account maps beyond these.
        more: BTreeMap<String, Vec<String>>,
    }
    /// How a connection knows a person.
    UserIdentity {
        /// Which connection.
        connection: ConnectionId,
        /// Its name.
        name: String,
        /// As whom; null where the key may not see it.
        subject: Option<String>,
        /// Since when.
        linked_at: Timestamp,
    }
    /// Where somebody is signed in.
    Session {
        /// Which.
        id: SessionId,
        /// By which connection, by name; null: by a password.
        connection: Option<String>,
        /// Since when.
        created_at: Timestamp,
        /// Until when at most.
        expires_at: Timestamp,
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: UsersOf = call.query()?;
    let after = cursor(query.cursor.as_ref().map(|it| it.0.as_str()))?;
    let wanted = UsersQuery {
        account: query.account,
        order: query.order.map_or(UserOrder::Name, |order| order.0),
        begins: query.search.map(|it| it.0).unwrap_or_default(),
        state: query.state,
        connection: query.connection,
        group: query.group.map(|it| it.0),
        after,
    };
    let found = console::users(call.ctx(), call.viewer(), wanted).await?;
    let own = found.spot.account.path;
    let rows = found.rows.into_iter().map(|it| {
        let called = it.called.this().cloned();
        let (called, email) = called.map_or((None, None), |(called, email)| (Some(called), email));
        UserSummary {
            id: it.id,
            called,
            email,
            account: it.elsewhere.unwrap_or_else(|| own.clone()),
            state: it.state,
            console_role: it.role,
            created_at: it.since,
        }
    });
    Ok(page(rows, found.next.map(|next| next.to_string())))
}

async fn found(call: &Call) -> Result<UserPage, Refusal> {
    let id: UserId = call.named("user")?;
    Ok(console::user(call.ctx(), call.viewer(), id).await?)
}

fn shown(it: &UserPage) -> Value {
    let user = User {
        id: it.id,
        account: it.spot.account.path.clone(),
        state: it.state,
        console_role: it.role,
        sign_in: it.method,
        break_glass: it.break_glass_since.is_some(),
        created_at: it.since,
        profile: it.profile.this().map(profile),
        identities: it
            .identities
            .iter()
            .map(|one| UserIdentity {
                connection: one.connection,
                name: one.name.clone(),
                subject: one.subject.this().cloned(),
                linked_at: one.since,
            })
            .collect(),
    };
    user.json()
}

pub(super) fn profile(it: &Profile) -> UserProfile {
    UserProfile {
        name: it.name.clone(),
        email: it.email.as_ref().map(|email| email.as_str().to_owned()),
        email_verified: it.email_verified,
        display_name: it.display_name.clone(),
        given_name: it.given_name.clone(),
        family_name: it.family_name.clone(),
        roles: it.roles.clone(),
        groups: it.groups.clone(),
        more: it.more.clone(),
    }
}

async fn read(call: Call) -> Result<Reply, Refusal> {
    Ok(Reply::One(shown(&found(&call).await?)))
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let body: UserGiven = call.body()?;
    let line = |line: Option<Line<1, 200>>| line.map(|line| line.0);
    let profile = Profile {
        name: line(body.name),
        email: Some(body.email),
        display_name: line(body.display_name),
        given_name: line(body.given_name),
        family_name: line(body.family_name),
        ..Profile::default()
    };
    let new = NewUser {
        account: body.account.unwrap_or_else(|| call.viewer().home.path.clone()),
        profile,
        console_role: body.console_role,
        granted: body.granted,
        method: body.sign_in.unwrap_or_default(),
        invite: body.invite.unwrap_or_default(),
    };
    let id = if new.invite { invite(&call, new).await? } else { make(&call, new).await? };
    let made = console::user(call.ctx(), call.viewer(), id).await?;
    Ok(Reply::Made(format!("/users/{id}"), shown(&made)))
}

async fn make(call: &Call, new: NewUser) -> Result<UserId, Refusal> {
    Ok(api::create_user(call.ctx(), call.viewer(), new, call.program.access, call.tools()).await?)
}

/// Makes somebody who is told by mail: so many in an account, for the mail is ours and goes to whom a program names.
async fn invite(call: &Call, new: NewUser) -> Result<UserId, Refusal> {
    let account = api::reaches(call.ctx(), call.viewer(), &new.account, Action::ChangeUsers).await?.id;
    let email = new.profile.email.as_ref().map(|email| email.key().to_owned()).unwrap_or_default();
    let (limits, now) = (&call.caller.limits, call.ctx().now);
    limits.invited((account, &email), now).map_err(Refusal::too_many)?;
    let made = make(call, new).await;
    if made.is_err() {
        limits.take_back_invited((account, &email), now);
    }
    made
}

async fn set(call: Call, wanted: UserChangeWanted) -> Result<Reply, Refusal> {
    let it = found(&call).await?;
    let version = call.still(&shown(&it), it.version)?;
    match console::change_user_at(call.ctx(), call.viewer(), it.id, version, wanted).await? {
        UserChanged::Overtaken if version.is_some() => Err(Refusal::changed_meanwhile()),
        UserChanged::Overtaken => Err(Refusal::overtaken()),
        // Who is so already stays so, which is no error: it may be asked twice.
        UserChanged::Done | UserChanged::Already => Ok(Reply::One(shown(&found(&call).await?))),
    }
}

async fn change(call: Call) -> Result<Reply, Refusal> {
    let body: UserSet = call.body()?;
    let it = found(&call).await?;
    let version = call.still(&shown(&it), it.version)?;
    let set = api::SignInSet { method: body.sign_in, break_glass: body.break_glass };
    api::set_sign_in(call.ctx(), call.viewer(), it.id, set, version, call.tools()).await?;
    Ok(Reply::One(shown(&found(&call).await?)))
}

async fn erase(call: Call) -> Result<Reply, Refusal> {
    let it = found(&call).await?;
    let version = call.still(&shown(&it), it.version)?;
    api::erase_user(call.ctx(), call.viewer(), it.id, version).await?;
    Ok(Reply::Done)
}

async fn suspend(call: Call) -> Result<Reply, Refusal> {
    set(call, UserChangeWanted::Suspend).await
}

async fn restore(call: Call) -> Result<Reply, Refusal> {
    set(call, UserChangeWanted::Restore).await
}

async fn sessions(call: Call) -> Result<Reply, Refusal> {
    let query: Part = call.query()?;
    let behind = cursor(query.cursor.as_ref().map(|it| it.0.as_str()))?;
    let (found, next) = console::sessions(call.ctx(), call.viewer(), call.named("user")?, behind).await?;
    let rows = found.into_iter().map(|it| Session {
        id: it.id,
        connection: it.connection,
        created_at: it.since,
        expires_at: it.until,
    });
    Ok(page(rows, next.map(|next| next.to_string())))
}

async fn end_all(call: Call) -> Result<Reply, Refusal> {
    let id: UserId = call.named("user")?;
    console::change_user(call.ctx(), call.viewer(), id, UserChangeWanted::EndSessions).await?;
    Ok(Reply::Done)
}

async fn end_one(call: Call) -> Result<Reply, Refusal> {
    let (id, session): (UserId, SessionId) = (call.named("user")?, call.named("session")?);
    let wanted = UserChangeWanted::EndSession(session);
    let is_ended = console::change_user(call.ctx(), call.viewer(), id, wanted).await?;
    if is_ended { Ok(Reply::Done) } else { Err(Refusal::not_found()) }
}

async fn unlink(call: Call) -> Result<Reply, Refusal> {
    let (id, connection): (UserId, ConnectionId) = (call.named("user")?, call.named("connection")?);
    api::unlink(call.ctx(), call.viewer(), id, connection).await?;
    Ok(Reply::Done)
}
