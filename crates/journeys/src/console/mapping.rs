//! What becomes of claims: looked at beside what an identity provider sends, tried on the last test, and changed.

use std::collections::BTreeMap;

use vestibule_domain::attempt::{Asserted, StoredAttribute};
use vestibule_domain::connection::{Connection, SamlSettings};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::mapping::{self, Claim, Mapping, Origin, Property, RoleRule, Rule, Source};
use vestibule_domain::permission::Action;
use vestibule_store::StoreError;
use vestibule_store::tx::ConsoleSetup;

use super::edit::{Edited, FieldProblem, Fields, NotEdited, Reader, Sent, weigh};
use super::edit_connection::{loaded, wanted};
use super::viewer::{Shown, Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;
use crate::sign_in::{TestProgress, test_progress};

/// The properties that have a meaning to us, in the order of the form.
pub const PROPERTIES: [Property; 7] = [
    Property::Name,
    Property::Email,
    Property::DisplayName,
    Property::GivenName,
    Property::FamilyName,
    Property::Groups,
    Property::Roles,
];

/// So many sources a rule has room for at least, the empty ones counted.
const SOURCES: usize = 2;
/// So many rules beyond those that there are have room.
const SPARE: usize = 1;

/// What becomes of the claims of a connection.
#[derive(Debug)]
pub struct MappingPage {
    /// Whose it is.
    pub spot: Spot,
    /// The connection.
    pub connection: Connection,
    /// What is in force, as fields of a form.
    pub fields: Fields,
    /// What the identity provider sends, as far as it is known.
    pub observed: Vec<ObservedClaim>,
    /// What the last test brought, which a mapping is tried on.
    pub example: Shown<Option<Box<Asserted>>>,
    /// Whether whoever looks may change it.
    pub may_change: bool,
    /// Whether they authenticated a short while ago.
    pub is_fresh: bool,
}

/// A claim that an identity provider sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedClaim {
    /// Its whole name.
    pub name: String,
    /// What a person calls it.
    pub short: String,
    /// A value of it, in the last test.
    pub example: Shown<Option<String>>,
}

/// What a mapping makes of the last test.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// The values, by the names of the properties.
    pub values: BTreeMap<String, Vec<String>>,
    /// What an administrator should know of it; in English.
    pub notes: Vec<String>,
}

/// The mapping of a connection, as it is.
///
/// # Errors
/// [`Problem::NotFound`] for a connection that does not exist, or beyond reach.
pub async fn mapping_page(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<MappingPage, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok::<_, StoreError>(None) };
            let Some(account) = tx.account(connection.account).await? else { return Ok(None) };
            let observed = tx.observed_claims(id).await?.map(|(_, names)| names).unwrap_or_default();
            Ok(Some((connection, account, observed, tx.console_setup(id).await?)))
        })
    });
    let (connection, account, names, setup) = found.await?.ok_or(Problem::NotFound)?;
    let spot = viewer.spot(ctx, Some(account.path.clone()), Action::SeeConnections).await?;
    let last = last_test(ctx, &connection, setup).await?;
    let example = viewer.shown(&account.path, last.map(Box::new));
    let sent = |name: &String| {
        let of = |asserted: &Asserted| value_of(asserted, name);
        viewer.shown(&account.path, example.this().and_then(|last| last.as_deref()).and_then(of))
    };
    let observed = names.iter().map(|name| ObservedClaim {
        name: name.clone(),
        short: short(name).to_owned(),
        example: sent(name),
    });
    Ok(MappingPage {
        fields: fields_of(&connection.saml.mapping_in_force()),
        observed: observed.collect(),
        example,
        may_change: viewer.may(Action::ChangeConnection, &account.path),
        is_fresh: viewer.is_fresh(ctx.now),
        spot,
        connection,
    })
}

/// What the last test that was begun in the console brought, while it is not forgotten.
async fn last_test(ctx: &Ctx, connection: &Connection, setup: ConsoleSetup) -> Result<Option<Asserted>, Problem> {
    let Some((attempt, _)) = setup.test else { return Ok(None) };
    Ok(match test_progress(ctx, attempt, connection.id).await? {
        Some(TestProgress::Ended(report)) => report.asserted,
        _ => None,
    })
}

fn value_of(asserted: &Asserted, name: &str) -> Option<String> {
    let attribute: &StoredAttribute = asserted.attributes.iter().find(|it| it.name == name)?;
    let texts: Vec<&str> = attribute.values.iter().flatten().map(String::as_str).collect();
    Some(texts.join(", ")).filter(|text| !text.is_empty())
}

/// What people call a claim: what stands behind the last slash, colon or hash of its name.
pub fn short(name: &str) -> &str {
    name.rsplit(['/', ':', '#']).find(|part| !part.is_empty()).unwrap_or(name)
}

/// What a mapping as it stands in a form makes of the last test. None where it cannot be read, or there was no test.
pub fn preview(page: &MappingPage, typed: &Fields) -> Option<Preview> {
    let asserted = page.example.this()?.as_deref()?;
    let saml = read(typed, &page.connection.saml).ok()?;
    let mapped = mapping::map(&asserted.attributes(), &asserted.name_id(), &saml.mapping_in_force(), None);
    let mapped = match mapped {
        Ok(mapped) => mapped,
        Err(problem) => return Some(Preview { values: BTreeMap::new(), notes: vec![problem.to_string()] }),
    };
    let more = mapped.profile.more.keys().cloned();
    let names: Vec<String> = PROPERTIES.iter().map(|it| it.name().to_owned()).chain(more).collect();
    let values = names.into_iter().map(|name| {
        let values = mapped.profile.property(&name).into_iter().map(str::to_owned).collect();
        (name, values)
    });
    Some(Preview { values: values.collect(), notes: mapped.notes.iter().map(ToString::to_string).collect() })
}

/// Shows what a form would change, or saves it.
///
/// # Errors
/// [`Problem::NotFound`] for a connection that does not exist, or is not theirs to change.
pub async fn change_mapping(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    sent: Sent,
    tools: &Tools,
) -> Result<Edited, Problem> {
    let (account, connection) = loaded(ctx, viewer, id).await?;
    if sent.version != connection.version {
        return Ok(Edited::Not(NotEdited::Changed));
    }
    match read(&sent.fields, &connection.saml) {
        // Roles and groups open doors, and an e-mail address finds a person.
        Ok(saml) => weigh(ctx, viewer, &wanted(&account, &connection, saml), &sent, tools, |_| true).await,
        Err(problems) => Ok(Edited::Not(NotEdited::Unfit(problems))),
    }
}

/// The fields that a form shows of a mapping: `rule.email.0`, `more.0.name`, `more.0.from.0`, `role.0.claim` and so on,
/// with room for more.
fn fields_of(mapping: &Mapping) -> Fields {
    let mut fields = Fields::new();
    let mut sources = |place: &str, rule: Option<&Rule>| {
        let given: Vec<String> = rule.into_iter().flat_map(|rule| &rule.sources).map(ToString::to_string).collect();
        for n in 0..SOURCES.max(given.len() + 1) {
            fields.insert(format!("{place}.{n}"), given.get(n).cloned().unwrap_or_default());
        }
    };
    for property in PROPERTIES {
        sources(&format!("rule.{}", property.name()), mapping.rules.get(&property));
    }
    let spare = std::iter::repeat_n(None, SPARE);
    let more: Vec<Option<(&String, &Rule)>> = mapping.more.iter().map(Some).chain(spare).collect();
    for (n, one) in more.iter().enumerate() {
        sources(&format!("more.{n}.from"), one.map(|(_, rule)| rule));
    }
    for (n, one) in more.iter().enumerate() {
        fields.insert(format!("more.{n}.name"), one.map(|(name, _)| name.clone()).unwrap_or_default());
    }
    let spare = std::iter::repeat_n(None, SPARE);
    for (n, rule) in mapping.roles.iter().map(Some).chain(spare).enumerate() {
        let parts = rule.map(|rule| [rule.claim.as_str(), rule.value.as_str(), rule.role.as_str()]);
        for (part, text) in ["claim", "value", "role"].into_iter().zip(parts.unwrap_or_default()) {
            fields.insert(format!("role.{n}.{part}"), text.to_owned());
        }
    }
    fields
}

/// The settings with what was typed as the mapping that is to be in force: what differs from the preset is kept.
fn read(typed: &Fields, present: &SamlSettings) -> Result<SamlSettings, Vec<FieldProblem>> {
    let mut reader = Reader::new(typed);
    let (preset, in_force) = (present.preset.mapping(), present.mapping_in_force());
    let mut own = Mapping::default();
    for property in PROPERTIES {
        let sources = sources_of(&mut reader, typed, &format!("rule.{}", property.name()));
        let validate = in_force.rules.get(&property).and_then(|rule| rule.validate.clone());
        let rule = Rule { validate: validate.filter(|_| !sources.is_empty()), sources };
        if preset.rules.get(&property).cloned().unwrap_or_default() != rule {
            own.rules.insert(property, rule);
        }
    }
    for n in numbers(typed, "more.", ".name") {
        let field = format!("more.{n}.name");
        let sources = sources_of(&mut reader, typed, &format!("more.{n}.from"));
        match reader.text(&field) {
            None if sources.is_empty() => {}
            None => reader.wrong(&field, "it is empty; write how the property is to be called, such as department"),
            Some(name) if own.more.contains_key(name) => {
                reader.wrong(&field, format!("{name} stands there twice; leave one of the two out"));
            }
            Some(name) => {
                let validate = in_force.more.get(name).and_then(|rule| rule.validate.clone());
                let rule = Rule { validate: validate.filter(|_| !sources.is_empty()), sources };
                own.more.insert(name.to_owned(), rule);
            }
        }
    }
    // One of the preset's that is not there any more is taken away; one that is as it was is no rule of its own.
    for name in preset.more.keys().filter(|name| !own.more.contains_key(*name)).cloned().collect::<Vec<_>>() {
        own.more.insert(name, Rule::default());
    }
    own.more.retain(|name, rule| preset.more.get(name) != Some(rule));
    own.roles = roles(&mut reader, typed, &preset);
    reader.finish(SamlSettings { mapping: own, ..present.clone() })
}

fn roles(reader: &mut Reader<'_>, typed: &Fields, preset: &Mapping) -> Vec<RoleRule> {
    let mut roles = Vec::new();
    for n in numbers(typed, "role.", ".claim") {
        let names = ["claim", "value", "role"].map(|part| format!("role.{n}.{part}"));
        let parts = [reader.text(&names[0]), reader.text(&names[1]), reader.text(&names[2])];
        match parts {
            [None, None, None] => {}
            [Some(claim), Some(value), Some(role)] => {
                roles.push(RoleRule { claim: Claim::new(claim), value: value.to_owned(), role: role.to_owned() });
            }
            _ => {
                let missing = parts.iter().position(Option::is_none).unwrap_or_default();
                reader.wrong(&names[missing], "it is empty; a claim, its value and the role are wanted");
            }
        }
    }
    // The preset's own come first, and cannot be taken away.
    roles.retain(|rule| !preset.roles.contains(rule));
    roles
}

/// The sources that stand in fields of one rule, without those that are empty.
fn sources_of(reader: &mut Reader<'_>, typed: &Fields, place: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    for n in numbers(typed, &format!("{place}."), "") {
        let field = format!("{place}.{n}");
        let Some(text) = reader.text(&field) else { continue };
        match text.parse::<Source>() {
            Ok(source) => sources.push(source),
            Err(error) => reader.wrong(&field, format!("{text:?}: {error}")),
        }
    }
    sources
}

/// The numbers in the names of fields, in order.
fn numbers(typed: &Fields, before: &str, behind: &str) -> Vec<usize> {
    let number = |name: &String| name.strip_prefix(before)?.strip_suffix(behind)?.parse().ok();
    let mut numbers: Vec<usize> = typed.keys().filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}

/// The claims that a source of a form names, as people call it.
pub fn spoken(text: &str) -> Option<String> {
    let source: Source = text.parse().ok()?;
    match &source.origin {
        Origin::Claim(claim) => Some(short(claim.as_str()).to_owned()),
        Origin::NameId | Origin::Constant(_) => None,
    }
}

/// Without its values.
impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Preview(…)")
    }
}
