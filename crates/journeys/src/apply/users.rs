//! People who are to be known before they first sign in (HY-24, SC-14).

use vestibule_domain::account::{Account, AccountPath};
use vestibule_domain::enforcement::{Method, SignInRule};
use vestibule_domain::event::Fact;
use vestibule_domain::grants::{Granted, Grants};
use vestibule_domain::id::{AccountId, ConnectionId, UserId};
use vestibule_domain::identity::named_beforehand;
use vestibule_domain::name::{DomainName, Slug};
use vestibule_domain::password;
use vestibule_domain::user::{ConsoleRole, Identity, Profile, Subject, User, UserState};
use vestibule_store::tx::{MailAbout, SessionsOf};
use vestibule_store::{StoreError, Tx};

use super::change::{Before, Change, ChangeKind, Difference, Noun, Write, differences};
use super::misfit::Reason;
use super::planner::{Planner, shown};
use super::wanted::{WantedAccount, WantedIdentity, WantedUser};
use crate::mails;

/// Somebody wanted, with the subjects that connections will send for them.
pub(super) struct Person {
    wanted: WantedUser,
    account: AccountId,
    /// For people: `acme/ada@corp.example`.
    name: String,
    subjects: Vec<Seat>,
}

/// A subject of somebody's.
#[derive(Clone, PartialEq, Eq)]
struct Seat {
    connection: ConnectionId,
    subject: Subject,
    /// Whether it stands for others too.
    shared: bool,
}

/// Who is there already that a person may be.
pub(super) struct Known {
    by_subject: Vec<Vec<User>>,
    by_email: Vec<User>,
}

/// Looks for each person by their subjects and by their address.
pub(super) async fn load(tx: &mut Tx, people: &[Person]) -> Result<Vec<Known>, StoreError> {
    let mut all = Vec::with_capacity(people.len());
    for person in people {
        let mut by_subject = Vec::new();
        for seat in &person.subjects {
            by_subject.push(tx.users_by_identity(person.account, seat.connection, &seat.subject).await?);
        }
        let by_email = match person.wanted.email() {
            None => Vec::new(),
            // Whether they are linked somewhere is not asked here.
            Some(email) => tx.users_by_email(person.account, email.key(), ConnectionId::from_bytes([0; 16])).await?,
        };
        all.push(Known { by_subject, by_email: by_email.into_iter().map(|found| found.user).collect() });
    }
    Ok(all)
}

impl Planner<'_> {
    pub(super) fn people(&mut self, wanted: &[WantedAccount]) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for account in wanted {
            let Some(id) = self.present.accounts.get(&account.path).map(|account| account.id) else { continue };
            for user in &account.users {
                let Some(person) = self.person(&account.path, id, user) else { continue };
                match people.iter().find(|other| other.is_same(&person)) {
                    Some(other) => {
                        let first = other.wanted.line;
                        self.misfit(user.line, what(&person.name), Reason::Twice { first });
                    }
                    None => people.push(person),
                }
            }
        }
        people
    }

    fn person(&mut self, path: &AccountPath, account: AccountId, wanted: &WantedUser) -> Option<Person> {
        let named = match (wanted.email(), wanted.identities.first().and_then(|identity| identity.values.last())) {
            (Some(email), _) => email.as_str().to_owned(),
            (None, Some(value)) => value.clone(),
            (None, None) => {
                self.misfit(wanted.line, what(&shown(path)), Reason::NobodyNamed);
                return None;
            }
        };
        let name = format!("{}/{named}", shown(path));
        if wanted.profile.name.is_none() && wanted.identities.iter().any(|identity| identity.shared) {
            self.misfit(wanted.line, what(&name), Reason::SharedWithoutName);
            return None;
        }
        let mut subjects = Vec::new();
        // Whom an approver may let in is never left to be guessed.
        let wants_reach = wanted.console_role == Some(ConsoleRole::Approver);
        if wants_reach != wanted.approves.is_some() {
            let reason = if wants_reach { Reason::NoReach } else { Reason::NoApprover };
            self.misfit(wanted.line, what(&name), reason);
            return None;
        }
        for identity in &wanted.identities {
            match self.subject(account, identity) {
                Ok((connection, subject)) => subjects.push(Seat { connection, subject, shared: identity.shared }),
                Err(reason) => {
                    self.misfit(identity.line, what(&name), reason);
                    return None;
                }
            }
        }
        Some(Person { wanted: wanted.clone(), account, name, subjects })
    }

    fn subject(&self, account: AccountId, identity: &WantedIdentity) -> Result<(ConnectionId, Subject), Reason> {
        let name = |connection: &Slug| connection.to_string();
        let connection = self.present.connections.get(&(account, identity.connection.clone()));
        let connection = connection.ok_or_else(|| Reason::NoConnection { name: name(&identity.connection) })?;
        let saml = &connection.saml;
        let issuer = saml.issuer.as_ref();
        let issuer = issuer.ok_or_else(|| Reason::NoIssuer { connection: name(&identity.connection) })?;
        let values: Vec<&str> = identity.values.iter().map(String::as_str).collect();
        let format = saml.name_id_format.as_ref();
        let subject = named_beforehand(issuer.as_str(), &saml.subject_in_force(), format, &values);
        subject.map(|subject| (connection.id, subject)).map_err(Reason::Subject)
    }

    pub(super) fn users(&mut self, people: &[Person], known: &[Known]) {
        for (person, known) in people.iter().zip(known) {
            match found(person, known) {
                Ok(before) => self.user(person, known, before),
                Err(reason) => self.misfit(person.wanted.line, what(&person.name), reason),
            }
        }
    }

    fn user(&mut self, person: &Person, known: &Known, before: Option<&User>) {
        let wanted = &person.wanted;
        let mut profile = wanted.profile.clone();
        if let Some(before) = before {
            profile = profile.filled_from(&before.profile);
        }
        if let Some(email) = wanted.email() {
            profile.email_verified = self.is_proved(email.domain(), person.account);
        }
        let user = User {
            id: before.map_or_else(|| UserId::new(self.ctx.now, self.ctx.random()), |before| before.id),
            account: person.account,
            state: wanted.state,
            profile,
            console_role: wanted.console_role,
            grants: Grants {
                granted: wanted.granted.clone().unwrap_or_else(|| granted_before(before)),
                approves: wanted.approves.clone(),
            },
            sign_in: self.rule(wanted, before),
            created_at: before.map_or(self.ctx.now, |before| before.created_at),
            version: before.map_or(0, |before| before.version),
        };
        let is_invited = wanted.invite && before.is_none();
        let texts = [
            Difference::text("state", Before::of(before, |it| Some(state(it.state))), Some(state(user.state))),
            Difference::text(
                "console_role",
                Before::of(before, |it| it.console_role.map(role)),
                user.console_role.map(role),
            ),
            Difference::text(
                "sign_in",
                Before::of(before, |it| method(it.sign_in.method)),
                method(user.sign_in.method),
            ),
            Difference::text("break_glass", Before::of(before, named), named(&user)),
            Difference::text("invite", Before::New, is_invited.then_some("by mail")),
        ];
        if let Some(reason) = self.judge_method(&user) {
            self.misfit(wanted.line, what(&person.name), reason);
        }
        if is_invited && user.profile.email.is_none() {
            self.misfit(wanted.line, what(&person.name), Reason::NoAddress);
        }
        self.people.push(user.clone());
        let mut all: Vec<_> = texts.into_iter().flatten().collect();
        all.extend(differences(before.map(|it| &it.profile), &user.profile, &Profile::default()));
        all.extend(differences(before.map(|it| &it.grants), &user.grants, &Grants::default()));
        let was_changed = before.is_none() || !all.is_empty();
        let has = |found: &Vec<User>| found.iter().any(|it| it.id == user.id);
        let pairs = person.subjects.iter().zip(&known.by_subject);
        let new: Vec<Seat> = pairs.filter(|(_, found)| !has(found)).map(|(seat, _)| seat.clone()).collect();
        all.extend(new.iter().filter_map(|seat| {
            let of = self.present.connections.values().find(|it| it.id == seat.connection)?;
            let beside = if seat.shared { ", shared" } else { "" };
            Difference::text("identity", Before::New, Some(&format!("at {}{beside}", of.name)))
        }));
        if !was_changed && new.is_empty() {
            return;
        }
        let kind = if before.is_some() { ChangeKind::Change } else { ChangeKind::Create };
        self.change(Change::new(kind, Noun::User, person.name.clone(), all));
        if was_changed {
            self.save_user(before, user.clone());
        }
        if is_invited {
            self.write(Write::Mail(mails::waiting(
                self.ctx,
                user.account,
                MailAbout::Invitation(user.id),
                mails::ENGLISH,
            )));
        }
        for Seat { connection, subject, shared } in new {
            let fact = Fact::IdentityLinked { user: user.id, connection, by_email: false };
            let event = self.event(person.account, fact);
            let identity = Identity { connection, subject, user: user.id, linked_at: self.ctx.now };
            self.write(if shared { Write::LinkBeside(identity, event) } else { Write::Link(identity, event) });
        }
    }

    fn rule(&self, wanted: &WantedUser, before: Option<&User>) -> SignInRule {
        let since = before.and_then(|before| before.sign_in.break_glass_since).unwrap_or(self.ctx.now);
        SignInRule { method: wanted.method, break_glass_since: wanted.break_glass.then_some(since) }
    }

    fn save_user(&mut self, before: Option<&User>, user: User) {
        let account = user.account;
        let Some(before) = before else {
            let event = self.event(account, Fact::UserCreated { user: user.id });
            return self.write(Write::InsertUser(user, event));
        };
        if before.state != user.state {
            let active = user.state == UserState::Active;
            let event = self.event(account, Fact::UserStateChanged { user: user.id, active });
            self.write(Write::Event(event));
        }
        if before.grants != user.grants {
            let event = self.event(account, Fact::GrantsChanged { user: user.id });
            self.write(Write::Event(event));
        }
        let (id, state) = (user.id, user.state);
        let account_of = self.present.accounts.values().find(|one| one.id == account);
        let is_closed = account_of.is_some_and(|of| password::may_use(of, before) && !password::may_use(of, &user));
        let by_single_sign_on = |of: &Account, user| of.settings.single_sign_on.lets_in_by_single_sign_on(user);
        let is_parted = account_of.is_some_and(|of| by_single_sign_on(of, before) && !by_single_sign_on(of, &user));
        let event = self.event(account, Fact::UserChanged { user: id });
        self.write(Write::SaveUser(user, event));
        if before.state != state && state == UserState::Suspended {
            let event = self.event(account, Fact::UserSessionsEnded { user: id });
            self.write(Write::EndSessions(SessionsOf::User(id), event));
        } else if is_closed {
            let event = self.event(account, Fact::UserSessionsEnded { user: id });
            self.write(Write::EndSessions(SessionsOf::ByPassword(id), event));
        } else if is_parted {
            let event = self.event(account, Fact::UserSessionsEnded { user: id });
            self.write(Write::EndSessions(SessionsOf::BySingleSignOn(id), event));
        }
    }

    fn is_proved(&self, domain: &str, account: AccountId) -> bool {
        let Ok(domain) = domain.parse::<DomainName>() else { return false };
        self.present.proved.get(&domain).is_some_and(|proved| proved.account == account)
    }
}

impl Person {
    fn is_same(&self, other: &Self) -> bool {
        let email = |person: &Self| person.wanted.email().map(|email| email.key().to_owned());
        let has_address = self.account == other.account && email(self).is_some() && email(self) == email(other);
        if self.is_shared() && other.is_shared() {
            return self.account == other.account && self.wanted.profile.name == other.wanted.profile.name;
        }
        let is_theirs = |seat: &Seat| {
            other.subjects.iter().any(|it| (it.connection, &it.subject) == (seat.connection, &seat.subject))
        };
        has_address || self.subjects.iter().any(is_theirs)
    }

    /// Whether others stand behind one of their subjects, from whom their name tells them apart.
    fn is_shared(&self) -> bool {
        self.subjects.iter().any(|seat| seat.shared)
    }
}

/// The user that a person is already. By subject before by address: a subject is theirs for ever.
fn found<'k>(person: &Person, known: &'k Known) -> Result<Option<&'k User>, Reason> {
    if person.is_shared() {
        let is_named = |user: &&User| user.profile.name == person.wanted.profile.name;
        let mut named = known.by_subject.iter().flatten().chain(&known.by_email).filter(is_named);
        let first = named.next();
        let others = named.any(|other| first.is_some_and(|first| first.id != other.id));
        return if others { Err(Reason::DifferentPeople) } else { Ok(first) };
    }
    if known.by_subject.iter().any(|users| users.len() > 1) {
        return Err(Reason::NotShared);
    }
    let mut by_subject = known.by_subject.iter().flatten();
    let first = by_subject.next();
    if let Some(first) = first {
        if by_subject.any(|other| other.id != first.id) || known.by_email.iter().any(|other| other.id != first.id) {
            return Err(Reason::DifferentPeople);
        }
        if first.account != person.account {
            return Err(Reason::OtherAccount);
        }
        return Ok(Some(first));
    }
    match known.by_email.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        several => Err(Reason::EmailAmbiguous { got: several.len() }),
    }
}

/// What people were given here stays where the file says nothing of it.
fn granted_before(before: Option<&User>) -> Granted {
    before.map(|before| before.grants.granted.clone()).unwrap_or_default()
}

fn what(name: &str) -> String {
    format!("user {name}")
}

const fn state(state: UserState) -> &'static str {
    match state {
        UserState::Active => "active",
        UserState::Suspended => "suspended",
    }
}

/// As files name it; the default is not shown.
const fn method(method: Method) -> Option<&'static str> {
    match method {
        Method::Account => None,
        Method::Sso => Some("sso"),
        Method::Password => Some("password"),
    }
}

fn named(user: &User) -> Option<&str> {
    user.sign_in.break_glass_since.map(|_| "true")
}

const fn role(role: ConsoleRole) -> &'static str {
    match role {
        ConsoleRole::Operator => "operator",
        ConsoleRole::Support => "support",
        ConsoleRole::AccountAdmin => "account_admin",
        ConsoleRole::Approver => "approver",
    }
}
