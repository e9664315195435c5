//! Somebody changes how an account is set, or how its pages look: what follows from it is shown before it is saved.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_domain::account::{Account, AccountKind, AccountPath, AccountSettings, Contact};
use vestibule_domain::branding::{Branding, Colour, Line, Link, LogoFile};
use vestibule_domain::mapping::Claim;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::permission::Action;
use vestibule_domain::session::{Minutes, NotMinutes};
use vestibule_domain::ways;
use vestibule_store::StoreError;

use super::edit::{Edited, FieldProblem, Fields, NotEdited, Reader, Sent, weigh, word};
use super::viewer::{Spot, Viewer};
use crate::apply::{Wanted, WantedAccount, WantedLogo};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;

/// Settings in which nothing is trusted, and by which nobody is let in or kept out.
const HARMLESS: [&str; 6] = ["name", "branding", "contact", "start", "show_details", "application"];

/// A form about an account.
#[derive(Debug)]
pub struct AccountForm {
    /// The account.
    pub spot: Spot,
    /// What is set.
    pub fields: Fields,
    /// What holds where nothing is set, by the names of the fields: what stands above.
    pub above: BTreeMap<&'static str, String>,
    /// How pages of accounts look that set nothing of it: what this one has from above.
    pub brand_above: Branding,
    /// Whether whoever looks authenticated a short while ago.
    pub is_fresh: bool,
}

/// Whether a change of this setting changes who is trusted, or who comes in.
pub(crate) fn is_trust(setting: &str) -> bool {
    !HARMLESS.contains(&setting)
}

struct Loaded {
    spot: Spot,
    above: Option<Account>,
}

async fn loaded(ctx: &Ctx, viewer: &Viewer, path: Option<AccountPath>) -> Result<Loaded, Problem> {
    let spot = viewer.spot(ctx, path, Action::ChangeAccount).await?;
    let parent = spot.account.parent;
    let above = ctx.store.read(move |tx| {
        Box::pin(async move {
            match parent {
                Some(parent) => tx.account(parent).await,
                None => Ok::<_, StoreError>(None),
            }
        })
    });
    Ok(Loaded { above: above.await?, spot })
}

/// The account as it is, with these settings.
fn wanted(account: &Account, name: String, settings: AccountSettings, logo: Option<WantedLogo>) -> Wanted {
    let wanted = WantedAccount { line: 1, name, settings, logo, ..WantedAccount::as_it_is(account) };
    Wanted { accounts: vec![wanted], ..Wanted::default() }
}

/// The form of an account's looks.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or is not theirs to change.
pub async fn branding_form(ctx: &Ctx, viewer: &Viewer, path: Option<AccountPath>) -> Result<AccountForm, Problem> {
    let Loaded { spot, above } = loaded(ctx, viewer, path).await?;
    let brand_above = above.map(|above| above.brand).unwrap_or_default();
    let lines = looks(&brand_above);
    let above = lines.into_iter().filter(|(_, text)| !text.is_empty());
    Ok(AccountForm {
        fields: looks(&spot.account.settings.branding)
            .into_iter()
            .chain([("logo", String::new())])
            .map(|(name, text)| (name.to_owned(), text))
            .collect(),
        above: above.collect(),
        brand_above,
        is_fresh: viewer.is_fresh(ctx.now),
        spot,
    })
}

fn looks(branding: &Branding) -> [(&'static str, String); 6] {
    fn line<const MAX: usize>(line: Option<&Line<MAX>>) -> String {
        line.map(|line| line.as_str().to_owned()).unwrap_or_default()
    }
    let link = |link: Option<&Link>| link.map(|link| link.as_str().to_owned()).unwrap_or_default();
    [
        ("product", line(branding.product.as_ref())),
        ("accent", branding.accent.map(|accent| accent.to_string()).unwrap_or_default()),
        ("welcome", line(branding.welcome.as_ref())),
        ("welcome_de", line(branding.welcome_de.as_ref())),
        ("imprint", link(branding.imprint.as_ref())),
        ("privacy", link(branding.privacy.as_ref())),
    ]
}

/// How pages would look with what was typed, as far as it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks {
    /// What the account would have, with what it has from above.
    pub brand: Branding,
    /// The picture that was typed, which is nowhere yet: as an address `data:`.
    pub picture: Option<String>,
}

/// How pages would look.
pub fn looks_of(form: &AccountForm, typed: &Fields) -> Looks {
    let (branding, picture, _) = read_looks(typed, &form.spot.account.settings.branding);
    let data = |picture: WantedLogo| {
        let kind = picture.file.kind().media_type();
        format!("data:{kind};base64,{}", STANDARD.encode(&picture.content))
    };
    Looks { brand: branding.below(&form.brand_above), picture: picture.map(data) }
}

/// Shows what a form would change of an account's looks, or saves it.
///
/// # Errors
/// [`Problem::NotFound`] as for [`branding_form`].
pub async fn change_branding(
    ctx: &Ctx,
    viewer: &Viewer,
    path: Option<AccountPath>,
    sent: Sent,
    tools: &Tools,
) -> Result<Edited, Problem> {
    let account = loaded(ctx, viewer, path).await?.spot.account;
    if sent.version != account.version {
        return Ok(Edited::Not(NotEdited::Changed));
    }
    let (branding, picture, problems) = read_looks(&sent.fields, &account.settings.branding);
    if !problems.is_empty() {
        return Ok(Edited::Not(NotEdited::Unfit(problems)));
    }
    let settings = AccountSettings { branding, ..account.settings.clone() };
    weigh(ctx, viewer, &wanted(&account, account.name.clone(), settings, picture), &sent, tools, is_trust).await
}

/// The looks that were typed; what cannot be is as it was.
fn read_looks(typed: &Fields, present: &Branding) -> (Branding, Option<WantedLogo>, Vec<FieldProblem>) {
    let mut branding = present.clone();
    let mut reader = Reader::new(typed);
    reader.take("product", &mut branding.product, |text| Line::try_from(text.to_owned()));
    reader.take("accent", &mut branding.accent, str::parse::<Colour>);
    reader.take("welcome", &mut branding.welcome, |text| Line::try_from(text.to_owned()));
    reader.take("welcome_de", &mut branding.welcome_de, |text| Line::try_from(text.to_owned()));
    reader.take("imprint", &mut branding.imprint, |text| Link::try_from(text.to_owned()));
    reader.take("privacy", &mut branding.privacy, |text| Link::try_from(text.to_owned()));
    let mut picture = None;
    reader.take("logo", &mut picture, read_picture);
    match &picture {
        Some(picture) => branding.logo = Some(picture.file.clone()),
        None if reader.is_ticked("no_logo") => branding.logo = None,
        None => {}
    }
    // One that is there already is not kept twice.
    let is_new = |picture: &WantedLogo| present.logo.as_ref() != Some(&picture.file);
    (branding, picture.filter(is_new), reader.problems())
}

/// A picture as text: an SVG as it is, or any by base64, as an address `data:` has it.
pub(crate) fn read_picture(text: &str) -> Result<WantedLogo, String> {
    let content = if text.starts_with('<') {
        text.as_bytes().to_vec()
    } else {
        let encoded = if text.starts_with("data:") { text.split_once(";base64,").map_or("", |it| it.1) } else { text };
        let encoded: String = encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let wanted = "this is no picture; an SVG, or a PNG, JPEG or WebP in base64 is wanted";
        STANDARD.decode(encoded).ok().filter(|content| !content.is_empty()).ok_or(wanted)?
    };
    WantedLogo::new(content).map_err(|error| error.to_string())
}

/// The form of an account's settings.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or is not theirs to change.
pub async fn settings_form(ctx: &Ctx, viewer: &Viewer, path: Option<AccountPath>) -> Result<AccountForm, Problem> {
    let Loaded { spot, above } = loaded(ctx, viewer, path).await?;
    let account = &spot.account;
    let mut fields = settings_of(account);
    fields.retain(|name, _| is_theirs(viewer, account, name));
    let permitted = above.as_ref().map(|above| ("permitted", word(ways::permitted(account, Some(above)))));
    let has = above.as_ref().map(|above| above.sessions).unwrap_or_default();
    let length = ("session_length", (has.length().as_secs() / 60).to_string());
    let age = has.reauthenticate_after_minutes.map(|minutes| ("session_age", minutes.to_string()));
    Ok(AccountForm {
        fields,
        above: permitted.into_iter().chain([length]).chain(age).collect(),
        brand_above: Branding::default(),
        is_fresh: viewer.is_fresh(ctx.now),
        spot,
    })
}

/// Whether a field is for whoever looks.
fn is_theirs(viewer: &Viewer, account: &Account, name: &str) -> bool {
    let may = |action| viewer.may(action, &account.path);
    match name {
        "permitted" => account.parent.is_some() && may(Action::SetPermitted),
        "children" => account.kind != AccountKind::Customer && may(Action::SetChildren),
        "entitlement" | "application" => may(Action::SetEntitlement),
        _ => true,
    }
}

fn settings_of(account: &Account) -> Fields {
    let settings = &account.settings;
    let contact = settings.contact.as_ref();
    let claims: Vec<&str> = settings.required_claims.iter().map(Claim::as_str).collect();
    [
        ("name", account.name.clone()),
        ("contact_name", contact.map(|contact| contact.name.clone()).unwrap_or_default()),
        ("contact_email", contact.map(|contact| contact.email.to_string()).unwrap_or_default()),
        ("admission", word(settings.admission)),
        ("unproved_email", word(settings.unproved_email)),
        ("required_claims", claims.join("\n")),
        ("start", word(settings.start)),
        ("show_details", word(settings.show_details)),
        ("application", settings.application.clone().unwrap_or_default()),
        ("sign_in", word(settings.sign_in)),
        ("passwords", word(settings.passwords)),
        ("second_factor", word(settings.second_factor)),
        ("setup_activation", word(settings.setup_activation)),
        ("permitted", settings.permitted.map(word).unwrap_or_default()),
        ("children", word(settings.children)),
        ("entitlement", word(settings.entitlement)),
        ("session_length", minutes(settings.sessions.length_minutes)),
        ("session_age", minutes(settings.sessions.reauthenticate_after_minutes)),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into()
}

fn minutes<const MAX: u32>(set: Option<Minutes<MAX>>) -> String {
    set.map(|minutes| minutes.to_string()).unwrap_or_default()
}

fn read_minutes<const MAX: u32>(text: &str) -> Result<Minutes<MAX>, String> {
    let number: u32 =
        text.parse().map_err(|_| format!("{text:?} is not a whole number of minutes; write digits alone"))?;
    number.try_into().map_err(|error: NotMinutes| error.to_string())
}

/// Shows what a form would change of an account's settings, or saves it.
///
/// # Errors
/// [`Problem::NotFound`] as for [`settings_form`].
pub async fn change_settings(
    ctx: &Ctx,
    viewer: &Viewer,
    path: Option<AccountPath>,
    mut sent: Sent,
    tools: &Tools,
) -> Result<Edited, Problem> {
    let account = loaded(ctx, viewer, path).await?.spot.account;
    if sent.version != account.version {
        return Ok(Edited::Not(NotEdited::Changed));
    }
    sent.fields.retain(|name, _| is_theirs(viewer, &account, name));
    match read_settings(&sent.fields, &account) {
        Ok((name, settings)) => {
            weigh(ctx, viewer, &wanted(&account, name, settings, None), &sent, tools, is_trust).await
        }
        Err(problems) => Ok(Edited::Not(NotEdited::Unfit(problems))),
    }
}

fn read_settings(typed: &Fields, account: &Account) -> Result<(String, AccountSettings), Vec<FieldProblem>> {
    let mut settings = account.settings.clone();
    let mut reader = Reader::new(typed);
    let name = reader.text("name").unwrap_or_default().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        reader.wrong("name", format!("one line of 1 to {MAX_NAME} characters is wanted"));
    }
    settings.contact = match (reader.text("contact_name"), reader.text("contact_email")) {
        (None, None) => None,
        (Some(name), Some(email)) => match email.parse::<EmailAddress>() {
            Ok(email) => Some(Contact { name: name.to_owned(), email }),
            Err(error) => {
                reader.wrong("contact_email", error.to_string());
                None
            }
        },
        (None, Some(_)) => {
            reader.wrong("contact_name", "it is empty; write a name or a team, or leave the address empty too");
            None
        }
        (Some(_), None) => {
            reader.wrong("contact_email", "it is empty; write where they are written to, or leave the name empty too");
            None
        }
    };
    reader.pick("admission", &mut settings.admission);
    reader.pick("unproved_email", &mut settings.unproved_email);
    if typed.contains_key("required_claims") {
        settings.required_claims = reader.lines("required_claims").into_iter().map(Claim::new).collect();
    }
    reader.pick("start", &mut settings.start);
    reader.pick("show_details", &mut settings.show_details);
    if typed.contains_key("application") {
        settings.application = reader.text("application").map(str::to_owned);
    }
    reader.pick("sign_in", &mut settings.sign_in);
    reader.pick("passwords", &mut settings.passwords);
    reader.pick("second_factor", &mut settings.second_factor);
    reader.pick("setup_activation", &mut settings.setup_activation);
    reader.pick_or_none("permitted", &mut settings.permitted);
    reader.pick("children", &mut settings.children);
    reader.pick("entitlement", &mut settings.entitlement);
    if typed.contains_key("session_length") {
        reader.take("session_length", &mut settings.sessions.length_minutes, read_minutes);
    }
    if typed.contains_key("session_age") {
        reader.take("session_age", &mut settings.sessions.reauthenticate_after_minutes, read_minutes);
    }
    reader.finish((name, settings))
}

/// The longest name of an account, in characters.
const MAX_NAME: usize = 100;

/// The picture that an account shows now.
pub fn present_logo(form: &AccountForm) -> Option<&LogoFile> {
    form.spot.account.settings.branding.logo.as_ref()
}
