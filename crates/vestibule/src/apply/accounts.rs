//! `[platform]` and `[[account]]` with what belongs to them.

use serde::Deserialize;
use vestibule_domain::account::{AccountKind, AccountPath, AccountSettings};
use vestibule_domain::branding::Branding;
use vestibule_domain::enforcement::{Demand, Enforcement, Method};
use vestibule_domain::grants::{Granted, Reach, Scopes};
use vestibule_domain::name::{EmailAddress, Slug, SubDomain};
use vestibule_domain::user::{ConsoleRole, Profile, UserState};
use vestibule_domain::waiting::{MAX_APPLICANTS, MAX_DAYS, WaitingSettings};
use vestibule_journeys::apply::{
    Proof, WantedAccount, WantedDomain, WantedIdentity, WantedLogo, WantedSubDomain, WantedUser,
};

use super::connections::connections;
use super::document::{Keys, Reader};
use super::sources::Sources;

/// The platform: an account without a path.
pub(super) async fn platform<'t>(
    reader: &mut Reader<'t>,
    mut keys: Keys<'t>,
    sources: &Sources<'_>,
) -> Option<WantedAccount> {
    let platform = rest(reader, &mut keys, sources, AccountPath::ROOT, None, WantedSubDomain::None).await;
    reader.finish(keys);
    platform
}

/// An account.
pub(super) async fn account<'t>(
    reader: &mut Reader<'t>,
    mut keys: Keys<'t>,
    sources: &Sources<'_>,
) -> Option<WantedAccount> {
    let path = path(reader, &mut keys);
    let kind = kind(reader, &mut keys);
    let sub_domain = sub_domain(reader, &mut keys);
    // What else is wrong with it is told as well, whatever its path.
    let at = path.clone().unwrap_or(AccountPath::ROOT);
    let account = rest(reader, &mut keys, sources, at, kind, sub_domain).await;
    reader.finish(keys);
    account.filter(|_| path.is_some())
}

async fn rest<'t>(
    reader: &mut Reader<'t>,
    keys: &mut Keys<'t>,
    sources: &Sources<'_>,
    path: AccountPath,
    kind: Option<AccountKind>,
    sub_domain: WantedSubDomain,
) -> Option<WantedAccount> {
    let name: Option<String> = reader.required(keys, "name", "name = \"Acme\"");
    let settings = AccountSettings {
        admission: reader.or_default(keys, "admission"),
        start: reader.or_default(keys, "start"),
        unproved_email: reader.or_default(keys, "unproved_email"),
        required_claims: reader.or_default(keys, "required_claims"),
        application: reader.take(keys, "application"),
        contact: reader.take(keys, "contact"),
        show_details: reader.or_default(keys, "show_details"),
        sign_in: reader.or_default(keys, "sign_in"),
        permitted: reader.take(keys, "permitted"),
        children: reader.or_default(keys, "children"),
        entitlement: reader.or_default(keys, "entitlement"),
        waiting: waiting(reader, keys),
        passwords: reader.or_default(keys, "passwords"),
        second_factor: reader.or_default(keys, "second_factor"),
        branding: Branding::default(),
        setup_activation: reader.or_default(keys, "setup_activation"),
        single_sign_on: enforcement(reader, keys),
        inspector: reader.or_default(keys, "inspector"),
        sessions: reader.or_default(keys, "sessions"),
    };
    let (branding, logo) = branding(reader, keys, sources);
    let settings = AccountSettings { branding, ..settings };
    let connections = connections(reader, keys, sources).await;
    let domains = reader.tables(keys, "domain", "[[account.domain]]");
    let domains = domains.into_iter().filter_map(|keys| domain(reader, keys)).collect();
    let users = reader.tables(keys, "user", "[[account.user]]");
    let users = users.into_iter().filter_map(|keys| user(reader, keys)).collect();
    let line = keys.line;
    Some(WantedAccount { line, path, kind, name: name?, sub_domain, settings, logo, connections, domains, users })
}

/// How its pages look; a logo is a file.
fn branding<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, sources: &Sources<'_>) -> (Branding, Option<WantedLogo>) {
    let nothing = (Branding::default(), None);
    let Some((_, value)) = reader.raw(keys, "branding") else { return nothing };
    let Some(mut keys) = reader.table(value, "[account.branding]") else { return nothing };
    let logo = logo(reader, &mut keys, sources);
    let branding = Branding {
        product: reader.take(&mut keys, "product"),
        accent: reader.take(&mut keys, "accent"),
        logo: logo.as_ref().map(|logo| logo.file.clone()),
        welcome: reader.take(&mut keys, "welcome"),
        welcome_de: reader.take(&mut keys, "welcome_de"),
        imprint: reader.take(&mut keys, "imprint"),
        privacy: reader.take(&mut keys, "privacy"),
    };
    reader.finish(keys);
    (branding, logo)
}

fn logo<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, sources: &Sources<'_>) -> Option<WantedLogo> {
    let (line, path) = reader.found::<String>(keys, "logo")?;
    let content = reader.judged(line, "logo", sources.file(&path))?;
    reader.judged(line, "logo", WantedLogo::new(content).map_err(|error| format!("{path}: {error}")))
}

fn waiting<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> WaitingSettings {
    let Some((line, waiting)) = reader.found::<WaitingSettings>(keys, "waiting") else {
        return WaitingSettings::default();
    };
    if !(1..=MAX_DAYS).contains(&waiting.days) {
        reader.problem(line, format!("waiting.days is {}; 1 to {MAX_DAYS} are wanted", waiting.days));
    }
    if !(1..=MAX_APPLICANTS).contains(&waiting.at_most) {
        reader.problem(line, format!("waiting.at_most is {}; 1 to {MAX_APPLICANTS} are wanted", waiting.at_most));
    }
    waiting
}

/// One word for everybody, or a table with a word for each class.
fn enforcement<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> Enforcement {
    let Some((_, value)) = reader.raw(keys, "single_sign_on") else { return Enforcement::default() };
    let read = if value.get_ref().is_table() {
        reader.read("single_sign_on", value)
    } else {
        let people: Option<Demand> = reader.read("single_sign_on", value);
        people.map(|people| Enforcement { people, ..Enforcement::default() })
    };
    read.unwrap_or_default()
}

fn path<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> Option<AccountPath> {
    let example = "path = \"acme\" or path = \"reseller/acme\"";
    let (line, text) = reader.required_at::<String>(keys, "path", example)?;
    match AccountPath::parse(&text) {
        Ok(root) if root == AccountPath::ROOT => {
            reader.problem(line, "path is empty; the platform itself is set in [platform]");
            None
        }
        Ok(path) => Some(path),
        Err(error) => {
            reader.problem(line, format!("path: {error}; for example acme or reseller/acme"));
            None
        }
    }
}

fn kind<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> Option<AccountKind> {
    let (line, kind) = reader.found(keys, "kind")?;
    if kind == AccountKind::Platform {
        reader.problem(
            line,
            "kind: \"platform\" is the root alone, which is set in [platform]; use reseller or customer",
        );
        return None;
    }
    Some(kind)
}

fn sub_domain<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> WantedSubDomain {
    let Some((line, text)) = reader.found::<String>(keys, "sub_domain") else { return WantedSubDomain::AsItIs };
    if text.is_empty() {
        return WantedSubDomain::None;
    }
    match text.parse::<SubDomain>() {
        Ok(label) => WantedSubDomain::Label(label),
        Err(error) => {
            reader.problem(line, format!("sub_domain: {error}"));
            WantedSubDomain::AsItIs
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Proved {
    #[default]
    Claimed,
    Operator,
}

fn domain<'t>(reader: &mut Reader<'t>, mut keys: Keys<'t>) -> Option<WantedDomain> {
    let name = reader.required(&mut keys, "name", "name = \"acme.example\"");
    let proof = match reader.or_default(&mut keys, "proof") {
        Proved::Claimed => Proof::Claimed,
        Proved::Operator => Proof::Operator,
    };
    let connection = reader.take(&mut keys, "connection");
    let line = keys.line;
    reader.finish(keys);
    Some(WantedDomain { line, name: name?, proof, connection })
}

/// Whom an approver may let in.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "approves is \"account\", or scopes such as { site = [\"berlin\"] }; none of them is empty"
)]
enum Approves {
    Word(Whole),
    Scopes(Scopes),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whole {
    Account,
}

fn user<'t>(reader: &mut Reader<'t>, mut keys: Keys<'t>) -> Option<WantedUser> {
    let problems = reader.problems.len();
    let profile = Profile {
        name: reader.take(&mut keys, "name"),
        email: reader.take::<EmailAddress>(&mut keys, "email"),
        email_verified: false,
        display_name: reader.take(&mut keys, "display_name"),
        given_name: reader.take(&mut keys, "given_name"),
        family_name: reader.take(&mut keys, "family_name"),
        roles: reader.or_default(&mut keys, "roles"),
        groups: reader.or_default(&mut keys, "groups"),
        more: reader.or_default(&mut keys, "more"),
    };
    let suspended: bool = reader.or_default(&mut keys, "suspended");
    let console_role: Option<ConsoleRole> = reader.take(&mut keys, "console_role");
    let approves: Option<Approves> = reader.take(&mut keys, "approves");
    let approves = approves.map(|approves| match approves {
        Approves::Word(Whole::Account) => Reach::Account,
        Approves::Scopes(scopes) => Reach::Scopes(scopes),
    });
    let granted: Option<Granted> = reader.take(&mut keys, "granted");
    let method: Method = reader.or_default(&mut keys, "sign_in");
    let break_glass: bool = reader.or_default(&mut keys, "break_glass");
    let invite: bool = reader.or_default(&mut keys, "invite");
    let identities = reader.tables(&mut keys, "identities", "[[account.user.identities]]");
    let identities = identities.into_iter().filter_map(|keys| identity(reader, keys)).collect();
    let line = keys.line;
    reader.finish(keys);
    let state = if suspended { UserState::Suspended } else { UserState::Active };
    let wanted =
        WantedUser { line, profile, state, console_role, approves, granted, method, break_glass, invite, identities };
    // Somebody half read is not told to be nobody as well.
    (reader.problems.len() == problems).then_some(wanted)
}

fn identity<'t>(reader: &mut Reader<'t>, mut keys: Keys<'t>) -> Option<WantedIdentity> {
    let connection: Option<Slug> = reader.required(&mut keys, "connection", "connection = \"entra\"");
    let example = "subject = [\"…\"] with one value for each part of the connection's subject key";
    let values: Option<Vec<String>> = reader.required(&mut keys, "subject", example);
    let shared = reader.or_default(&mut keys, "shared");
    let line = keys.line;
    reader.finish(keys);
    Some(WantedIdentity { line, connection: connection?, values: values?, shared })
}
