//! Accounts, and how a part of the tree is.

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::{
    AccountKind, AccountPath, Admission, Contact, Details, Inspector, Start, UnprovedEmail,
};
use vestibule_domain::branding::Branding;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::enforcement::Enforcement;
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::name::SubDomain;
use vestibule_domain::password::{Passwords, SecondFactor};
use vestibule_domain::permission::Action;
use vestibule_domain::setup::SetupActivation;
use vestibule_domain::waiting::WaitingSettings;
use vestibule_domain::ways::{Entitlement, Permitted, SignInBy};
use vestibule_journeys::api::{self, AccountChange};
use vestibule_journeys::console::{self, AccountPage, AccountsQuery, Shown, Span};

use super::account_settings::{NO_SETTINGS, NewKind, account_input};
use super::connection_shown::reason;
use crate::api::call::{Call, Reply, no_cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{AtMost, Input, Line, Schema, Shape, Taken, Whole, input, record};
use crate::assets;

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/overview", "overview", "How a part of the tree is", run!(overview))
        .query(&OfTree::RECORD)
        .one(Overview::SCHEMA),
    Endpoint::get("/accounts", "listAccounts", "Accounts, in the order of the tree", run!(list))
        .query(&AccountsOf::RECORD)
        .page(AccountSummary::SCHEMA),
    Endpoint::post("/accounts", "createAccount", "Make an account", run!(create))
        .whoever(Action::ChangeAccount)
        .body(&NewAccount::RECORD)
        .makes(Account::SCHEMA),
    Endpoint::get("/accounts/{account}", "readAccount", "One account", run!(read)).one(Account::SCHEMA),
    Endpoint::patch("/accounts/{account}", "changeAccount", "Change what is named of an account", run!(change))
        .whoever(Action::ChangeAccount)
        .body(&ChangedAccount::RECORD)
        .of(run!(read))
        .one(Account::SCHEMA),
];

/// Of how many hours.
#[derive(Clone, Copy)]
pub(super) struct Hours(Span);

impl Shape for Hours {
    const SCHEMA: Schema = Schema::Word(&["24", "48"]);

    fn json(&self) -> Value {
        if self.0 == Span::Hours48 { "48" } else { "24" }.into()
    }
}

impl Taken for Hours {
    fn take(value: &Value) -> Result<Self, String> {
        Ok(Self(if value.as_str() == Some("48") { Span::Hours48 } else { Span::Hours24 }))
    }
}

input! {
    /// Which part of the tree.
    OfTree {
        /// Of which account and those below it, by its path; left out: the key's own.
        optional account: AccountPath,
        /// Of how many hours sign-ins are counted one by one as well. Default: of none.
        optional hours: Hours,
    }
    /// Which accounts.
    AccountsOf {
        /// Of which account and those below it, by its path; left out: the key's own.
        optional account: AccountPath,
        /// In whose name or path this stands.
        optional search: Line<1, 100>,
        /// How many at most. Default: 50.
        optional limit: Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: Line<1, 300>,
    }
}

account_input! {
    /// A new account. What is left out has its default.
    NewAccount {
        /// Where it stands in the tree; it never moves.
        required path: AccountPath,
        /// Its name for people.
        required name: Line<1, 200>,
    }
}

account_input! {
    /// What is changed of an account. What is left out stays as it is.
    ChangedAccount {
        /// Its name for people.
        optional name: Line<1, 200>,
    }
}

record! {
    /// An account in a list.
    AccountSummary {
        /// Its identity.
        id: AccountId,
        /// Where it stands in the tree; / for the platform.
        path: AccountPath,
        /// Its name for people.
        name: String,
        /// What it is.
        kind: AccountKind,
        /// Where its people sign in, if it has an address of its own.
        address: Option<String>,
    }
    /// An account.
    Account {
        /// Its identity.
        id: AccountId,
        /// Where it stands in the tree; / for the platform.
        path: AccountPath,
        /// Its name for people.
        name: String,
        /// What it is.
        kind: AccountKind,
        /// The account above it; null for the platform.
        parent: Option<AccountId>,
        /// Where its people sign in, below the deployment's domain for accounts.
        sub_domain: Option<SubDomain>,
        /// Where its people sign in.
        address: String,
        /// Who may come in that is not known yet.
        admission: Admission,
        /// Whether a page with a button stands before the identity provider.
        start: Start,
        /// What becomes of a person with an address of a domain that is not proved.
        unproved_email: UnprovedEmail,
        /// The application to which people go who began at the account's own address.
        application: Option<String>,
        /// Whether its people see the details of a refusal.
        show_details: Details,
        /// By whose connections its people sign in.
        sign_in: SignInBy,
        /// What the account above permits it; null: what that one permits its children.
        permitted: Option<Permitted>,
        /// What it is permitted, wherever that is said.
        permitted_in_force: Permitted,
        /// What it permits the accounts below it.
        children: Permitted,
        /// Whether the vendor lets it use single sign-on.
        entitlement: Entitlement,
        /// Who may sign in with a password.
        passwords: Passwords,
        /// Whether people with a password say a code too.
        second_factor: SecondFactor,
        /// On whose word a connection is put in force that was set up by a link.
        setup_activation: SetupActivation,
        /// How long its sessions last, in minutes; null: as above it.
        session_length_minutes: Option<u64>,
        /// How old an authentication may be when a session begins, in minutes; null: as above it.
        reauthenticate_after_minutes: Option<u64>,
        /// Claims without which nobody is let in.
        required_claims: Vec<String>,
        /// Who helps its people; null where there is nobody, or the key may not see it.
        contact: Shown<Option<Contact>>,
        /// What each class of its people does with single sign-on.
        single_sign_on: Enforcement,
        /// Its waiting room.
        waiting: WaitingSettings,
        /// Whether personal values of kept answers are shown to those who may see what is personal.
        inspector: Inspector,
        /// How its pages and mails look, as far as it says itself.
        branding: Branding,
        /// Where the picture is that it sets for the head of its pages, below its address.
        logo: Option<String>,
    }
    /// How a part of the tree is.
    Overview {
        /// Which part.
        account: AccountPath,
        /// The sign-ins of the last 14 days, by how they ended.
        days: Vec<DayOfSignIns>,
        /// Those of the hours that were asked for.
        hours: Vec<HourOfSignIns>,
        /// Connections that need somebody, those first by which most people come.
        attention: Vec<NeedsAttention>,
        /// Whether there are more of them.
        more_attention: bool,
        /// Where people wait to be let in.
        waiting: Vec<WaitingIn>,
        /// The connections whose last certificate ends first, within a year.
        certificates: Vec<CertificateEnds>,
        /// Of how many connections it does so in each of the next 12 months.
        certificates_by_month: Vec<u64>,
    }
    /// The sign-ins of a day.
    DayOfSignIns {
        /// The day, in UTC.
        date: String,
        /// With a session.
        signed_in: u64,
        /// In the waiting room.
        waiting: u64,
        /// The answer holds, and the person was not let in.
        not_admitted: u64,
        /// The answer was refused.
        refused: u64,
    }
    /// The sign-ins of an hour.
    HourOfSignIns {
        /// When it begins.
        begins: Timestamp,
        /// With a session.
        signed_in: u64,
        /// In the waiting room.
        waiting: u64,
        /// The answer holds, and the person was not let in.
        not_admitted: u64,
        /// The answer was refused.
        refused: u64,
    }
    /// A connection that needs somebody.
    NeedsAttention {
        /// Which.
        connection: ConnectionId,
        /// Its name.
        name: String,
        /// Where its account stands.
        account: AccountPath,
        /// How far it is set up.
        state: ConnectionState,
        /// How many people are linked to it.
        people: u64,
        /// Why, the gravest first.
        reasons: Vec<String>,
    }
    /// An account in which people wait.
    WaitingIn {
        /// Where it stands.
        account: AccountPath,
        /// How many.
        people: u64,
    }
    /// A connection whose last certificate ends.
    CertificateEnds {
        /// Which.
        connection: ConnectionId,
        /// Its name.
        name: String,
        /// Where its account stands.
        account: AccountPath,
        /// When.
        at: Timestamp,
    }
}

async fn overview(call: Call) -> Result<Reply, Refusal> {
    let query: OfTree = call.query()?;
    let span = query.hours.map_or(Span::Days, |hours| hours.0);
    let found = console::overview(call.ctx(), call.viewer(), query.account, span).await?;
    let hour = |it: &console::Hour| HourOfSignIns {
        begins: Timestamp::from_second(it.hour.saturating_mul(3_600)).unwrap_or_default(),
        signed_in: it.signed_in,
        waiting: it.waits,
        not_admitted: it.not_admitted,
        refused: it.refused,
    };
    let day = |it: &console::Day| DayOfSignIns {
        date: Timestamp::from_second(it.day.saturating_mul(86_400))
            .unwrap_or_default()
            .strftime("%Y-%m-%d")
            .to_string(),
        signed_in: it.signed_in,
        waiting: it.waits,
        not_admitted: it.not_admitted,
        refused: it.refused,
    };
    let need = |it: console::Need| NeedsAttention {
        connection: it.id,
        name: it.name,
        account: it.path,
        state: it.state,
        people: it.people,
        reasons: it.reasons.iter().map(reason).collect(),
    };
    let ends = |it: console::EndingCertificate| CertificateEnds {
        connection: it.connection,
        name: it.name,
        account: it.path,
        at: it.at,
    };
    let overview = Overview {
        account: found.spot.account.path,
        days: found.days.iter().map(day).collect(),
        hours: found.hours.iter().map(hour).collect(),
        attention: found.needs.into_iter().map(need).collect(),
        more_attention: found.more_needs,
        waiting: found.waiting.into_iter().map(|it| WaitingIn { account: it.path, people: it.people }).collect(),
        certificates: found.certificates.into_iter().map(ends).collect(),
        certificates_by_month: found.months.to_vec(),
    };
    Ok(Reply::One(overview.json()))
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: AccountsOf = call.query()?;
    let after = query.cursor.map(|it| AccountPath::take(&it.json()).map_err(|_| no_cursor(&it.0))).transpose()?;
    let wanted = AccountsQuery { within: query.account, text: query.search.map(|it| it.0).unwrap_or_default(), after };
    let found = console::accounts(call.ctx(), call.viewer(), wanted).await?;
    let rows = found.rows.into_iter().map(|it| AccountSummary {
        id: it.id,
        path: it.path,
        name: it.name,
        kind: it.kind,
        address: it.origin,
    });
    Ok(page(rows, found.next.map(|next| crate::api::schema::text(&next.json()))))
}

async fn found(call: &Call, path: AccountPath) -> Result<Value, Refusal> {
    let AccountPage { spot, origin, permitted, .. } = console::account(call.ctx(), call.viewer(), path).await?;
    let account = spot.account;
    let set = account.settings;
    let logo = set.branding.logo.as_ref().map(assets::logo);
    let account = Account {
        contact: call.viewer().shown(&account.path, set.contact),
        required_claims: set.required_claims.iter().map(ToString::to_string).collect(),
        single_sign_on: set.single_sign_on,
        waiting: set.waiting,
        inspector: set.inspector,
        branding: Branding { logo: None, ..set.branding },
        logo,
        id: account.id,
        path: account.path,
        name: account.name,
        kind: account.kind,
        parent: account.parent,
        sub_domain: account.sub_domain,
        address: origin,
        admission: set.admission,
        start: set.start,
        unproved_email: set.unproved_email,
        application: set.application,
        show_details: set.show_details,
        sign_in: set.sign_in,
        permitted: set.permitted,
        permitted_in_force: permitted,
        children: set.children,
        entitlement: set.entitlement,
        passwords: set.passwords,
        second_factor: set.second_factor,
        setup_activation: set.setup_activation,
        session_length_minutes: set.sessions.length_minutes.map(|it| u32::from(it).into()),
        reauthenticate_after_minutes: set.sessions.reauthenticate_after_minutes.map(|it| u32::from(it).into()),
    };
    Ok(account.json())
}

async fn read(call: Call) -> Result<Reply, Refusal> {
    let id = call.named("account")?;
    let path = api::path_of(call.ctx(), id).await?;
    found(&call, path).await.map(Reply::One)
}

/// A setting by its name in files: those of sessions hang together there.
fn of_sessions((name, value): (&'static str, Value)) -> (&'static str, Value) {
    let name = match name {
        "session_length_minutes" => "sessions.length_minutes",
        "reauthenticate_after_minutes" => "sessions.reauthenticate_after_minutes",
        other => other,
    };
    (name, value)
}

/// What a body sets of an account, beside its name.
#[expect(clippy::option_option, reason = "absent, null, and there")]
fn settings<T: Input>(call: &Call, kind: Option<NewKind>, sub_domain: Option<Option<SubDomain>>) -> AccountChange {
    AccountChange {
        name: None,
        kind: kind.map(|kind| kind.0),
        sub_domain,
        settings: call.settings(&T::RECORD, &NO_SETTINGS).into_iter().map(of_sessions).collect(),
        logo: call.body.get("logo").map(|logo| logo.as_str().map(str::to_owned)),
    }
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let body: NewAccount = call.body()?;
    let settings = settings::<NewAccount>(&call, body.kind, body.sub_domain);
    let change = AccountChange { name: Some(body.name.0), ..settings };
    api::create_account(call.ctx(), call.viewer(), &body.path, change, call.tools()).await?;
    let made = found(&call, body.path).await?;
    let id = made.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Reply::Made(format!("/accounts/{id}"), made))
}

async fn change(call: Call) -> Result<Reply, Refusal> {
    let body: ChangedAccount = call.body()?;
    let id = call.named("account")?;
    let path = api::path_of(call.ctx(), id).await?;
    let settings = settings::<ChangedAccount>(&call, body.kind, body.sub_domain);
    let change = AccountChange { name: body.name.map(|name| name.0), ..settings };
    api::change_account(call.ctx(), call.viewer(), &path, change, call.held_settings(), call.tools()).await?;
    found(&call, path).await.map(Reply::One)
}
