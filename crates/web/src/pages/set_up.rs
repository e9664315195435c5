//! The page by which a connection is set up, by a link or in the console: three parts, and a test.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use vestibule_domain::account::Admission;
use vestibule_domain::connection::Preset;

use super::guide::{Guide, Theirs};
use super::set_up_try::{FinishStep, Pasted, TestShown};
use crate::page::{Frame, Inner, Page, Time, put};
use crate::security::FormAction;

/// The fields of the page by their ids, in the order in which they stand there.
const FIELDS: [&str; 8] =
    ["metadata_url", "metadata", "sign_on", "issuer", "certificates", "logout_url", "domains", "admission"];

/// The page of a link that is good, or of a draft in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUpPage {
    /// The page's own path.
    pub base: String,
    /// In the console: whose sign-in it is. By a link it is that of the account whose page it is.
    pub account: Option<String>,
    /// The kind of identity provider.
    pub preset: Preset,
    /// When something was saved last.
    pub saved_at: Option<Timestamp>,
    /// Until when the link is good; none: it is a page of the console.
    pub expires_at: Option<Timestamp>,
    /// The last edit that whoever looks at it in the console sees.
    pub seen: String,
    /// Where whoever authenticated too long ago to put it in force does so again.
    pub again: Option<String>,
    /// Our values.
    pub ours: OurValues,
    /// Whether they were said to be entered.
    pub given: bool,
    /// What we know of the identity provider.
    pub theirs: TheirValues,
    /// What was typed, as long as it is not saved.
    pub typed: Typed,
    /// What of it cannot be: the field's name, and what would do; in English.
    pub problems: Vec<(&'static str, String)>,
    /// Somebody else changed settings at the same moment.
    pub overtaken: bool,
    /// What an administrator should know of what is saved; in English.
    pub notes: Vec<String>,
    /// Who comes in.
    pub people: People,
    /// What becomes of claims.
    pub mapping: Vec<MappingRow>,
    /// The last test that was begun here.
    pub test: TestShown,
    /// When the test began by which the connection may be switched on; none: none passed since the last edit.
    pub passed_at: Option<Timestamp>,
    /// An error page of the identity provider, explained.
    pub pasted: Pasted,
    /// What comes behind a test that passed.
    pub finish: FinishStep,
}

/// Our values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurValues {
    /// Our entity ID.
    pub identifier: String,
    /// Our assertion consumer service.
    pub reply_url: String,
    /// Where sign-ins begin.
    pub sign_on_url: String,
    /// Our single logout service.
    pub logout_url: String,
    /// Our metadata.
    pub metadata_url: String,
}

/// What we know of the identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TheirValues {
    /// Whether nothing is missing.
    pub is_complete: bool,
    /// Its entity ID.
    pub issuer: Option<String>,
    /// Where people sign in.
    pub sign_on: Option<String>,
    /// Where logout messages go.
    pub logout_url: Option<String>,
    /// Where its metadata is read again from.
    pub metadata_url: Option<String>,
    /// Its certificates.
    pub certificates: Vec<CertificateRow>,
    /// Whether our requests are signed.
    pub signs: bool,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    /// Whose.
    pub subject: String,
    /// As Entra and its kind show it.
    pub sha1: String,
    /// The longer one.
    pub sha256: String,
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
    /// The time of the page.
    pub now: Timestamp,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// The address of metadata.
    pub metadata_url: String,
    /// Metadata.
    pub metadata: String,
    /// The issuer.
    pub issuer: String,
    /// The sign-on address.
    pub sign_on: String,
    /// The certificates.
    pub certificates: String,
    /// The logout address.
    pub logout_url: String,
    /// E-mail domains.
    pub domains: String,
}

/// Who comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// Whether it was said.
    pub is_said: bool,
    /// The e-mail domains.
    pub domains: Vec<DomainRow>,
    /// What becomes of people who are not known.
    pub admission: Admission,
    /// What may be chosen of that.
    pub admissions: Vec<Admission>,
    /// Whether single sign-on is demanded.
    pub demands: bool,
}

/// An e-mail domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRow {
    /// The domain.
    pub name: String,
    /// The name and the value of the TXT record that proves it; none: it is proved.
    pub record: Option<(String, String)>,
}

/// What becomes of claims.
#[derive(Clone, PartialEq, Eq)]
pub struct MappingRow {
    /// The property.
    pub property: &'static str,
    /// The claims, the first that is there counts.
    pub from: Vec<String>,
    /// Its value in the last test, where one passed that far.
    pub value: Option<Option<String>>,
}

impl SetUpPage {
    fn guide(&self) -> &'static Guide {
        Guide::of(self.preset)
    }

    /// What the portal calls its own values.
    fn names(&self) -> &'static Theirs {
        &self.guide().theirs
    }

    /// The number of the first step beside our values: one list goes on from the other.
    fn first_to_give(&self) -> usize {
        self.guide().make.len() + 1
    }

    /// The product's name; of an unknown one what it is.
    pub(super) fn idp(&self, frame: &Frame<'_>) -> String {
        match self.preset {
            Preset::Generic => frame.say("set-up-idp-generic").to_string(),
            preset => preset.product().to_owned(),
        }
    }

    fn idps(&self, frame: &Frame<'_>) -> Vec<Offered> {
        let offered = |preset: Preset| Offered {
            word: preset_word(preset),
            text: match preset {
                Preset::Generic => frame.say("set-up-idp-other").to_string(),
                preset => preset.product().to_owned(),
            },
            is_chosen: preset == self.preset,
        };
        Preset::ALL.map(offered).into()
    }

    fn parts(&self) -> [bool; 4] {
        [self.given, self.theirs.is_complete, self.people.is_said, self.is_tested()]
    }

    fn done(&self) -> String {
        self.parts().iter().filter(|part| **part).count().to_string()
    }

    fn saved(&self) -> Option<String> {
        self.saved_at.map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
    }

    fn until(&self) -> Option<Time> {
        self.expires_at.map(Time)
    }

    pub(super) fn account(&self, frame: &Frame<'_>) -> String {
        self.account.clone().unwrap_or_else(|| frame.account())
    }

    /// Of two texts that of the page of a link, or that of the console's.
    pub(super) fn either(&self, by_link: &'static str, in_console: &'static str) -> &'static str {
        if self.expires_at.is_some() { by_link } else { in_console }
    }

    fn intro(&self) -> &'static str {
        self.either("set-up-intro", "console-set-up-intro")
    }

    fn fixed(&self) -> &'static str {
        self.either("set-up-admission-fixed", "console-set-up-admission-fixed")
    }

    fn not_demanded(&self) -> &'static str {
        self.either("set-up-not-demanded", "console-set-up-not-demanded")
    }

    /// Where a script asks what became of a test.
    fn report(&self) -> String {
        let query = crate::routes::shown::form_urlencode(&[("seen", &self.seen)]);
        format!("{}/report?{query}", self.base)
    }

    /// Whether a part is done: a shape and a word.
    pub(super) fn mark<'a>(&'a self, frame: &'a Frame<'a>, part: usize) -> Inner<impl Template + 'a> {
        Inner(Mark { is_done: self.parts().get(part).copied().unwrap_or_default(), frame })
    }

    /// How far it is, for how long it is good.
    pub(super) fn progress<'a>(&'a self, frame: &'a Frame<'a>) -> Inner<impl Template + 'a> {
        Inner(Progress { page: self, frame })
    }

    fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|(of, _)| *of == field).map(|(_, text)| text.as_str())
    }

    /// What a field's element says of what is wrong with it. The first one that is wrong has the focus when the page
    /// comes, for it may stand far below the beginning of the page.
    fn marks<'f>(&self, field: &'f str) -> FieldMarks<'f> {
        let is_wrong = self.problem(field).is_some();
        let first = FIELDS.into_iter().find(|of| self.problem(of).is_some());
        FieldMarks { wrong: is_wrong.then_some(field), is_first: first == Some(field) }
    }

    /// What a field is called, as its label says.
    fn label(&self, frame: &Frame<'_>, field: &str) -> String {
        let names = self.names();
        let name = match field {
            "metadata_url" => names.metadata_url,
            "metadata" => Some(names.metadata),
            "sign_on" => Some(names.sign_on),
            "issuer" => Some(names.issuer),
            "certificates" => Some(names.certificate),
            "logout_url" => names.logout_url,
            _ => None,
        };
        let key = match field {
            "metadata_url" => "set-up-field-address",
            "domains" => "set-up-domains-add",
            "admission" => "set-up-admission",
            _ => "set-up-logout",
        };
        let account = self.account(frame);
        name.map_or_else(|| frame.say(key).with("account", &account).to_string(), str::to_owned)
    }

    fn values_open(&self) -> bool {
        let typed = &self.typed;
        [&typed.issuer, &typed.sign_on, &typed.certificates, &typed.logout_url].iter().any(|text| !text.is_empty())
            || ["issuer", "sign_on", "certificates", "logout_url"].iter().any(|field| self.problem(field).is_some())
    }

    fn admission(&self, frame: &Frame<'_>) -> String {
        frame.say(admission_key(self.people.admission)).to_string()
    }

    fn admissions(&self, frame: &Frame<'_>) -> Vec<Offered> {
        let offered = |admission: &Admission| Offered {
            word: admission_word(*admission),
            text: frame.say(admission_key(*admission)).to_string(),
            is_chosen: *admission == self.people.admission,
        };
        self.people.admissions.iter().map(offered).collect()
    }

    /// All of it, within the frame of a link's page or of the console's.
    pub(crate) fn body<'a>(&'a self, frame: &'a Frame<'a>) -> Inner<Body<'a>> {
        Inner(Body { page: self, frame })
    }
}

/// Something that may be chosen.
struct Offered {
    word: &'static str,
    text: String,
    is_chosen: bool,
}

const fn admission_key(admission: Admission) -> &'static str {
    match admission {
        Admission::Create => "set-up-admission-create",
        Admission::Waiting => "set-up-admission-waiting",
        Admission::InvitedOnly => "set-up-admission-invited",
        Admission::PassThrough => "set-up-admission-pass",
    }
}

/// Which word an admission has in a form.
pub(crate) const fn admission_word(admission: Admission) -> &'static str {
    match admission {
        Admission::Create => "create",
        Admission::Waiting => "waiting",
        Admission::InvitedOnly => "invited_only",
        Admission::PassThrough => "pass_through",
    }
}

/// Which word a preset has in a form.
pub(crate) const fn preset_word(preset: Preset) -> &'static str {
    match preset {
        Preset::Entra => "entra",
        Preset::Adfs => "adfs",
        Preset::Okta => "okta",
        Preset::Google => "google",
        Preset::Ping => "ping",
        Preset::Generic => "generic",
    }
}

/// The attributes of a field: that what was typed cannot be, where that is told, and that the focus goes there.
struct FieldMarks<'f> {
    wrong: Option<&'f str>,
    is_first: bool,
}

// The only value in it is the id of a field, which stands in the template.
impl HtmlSafe for FieldMarks<'_> {}

impl fmt::Display for FieldMarks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(field) = self.wrong else { return Ok(()) };
        write!(f, " aria-invalid=\"true\" aria-describedby=\"{field}-error\"")?;
        f.write_str(if self.is_first { " autofocus" } else { "" })
    }
}

impl CertificateRow {
    pub(super) fn state(&self, frame: &Frame<'_>) -> String {
        let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        let (from, to) = (day(self.from), day(self.to));
        let key = if self.to < self.now {
            "set-up-expired"
        } else if self.from > self.now {
            "set-up-not-yet"
        } else {
            "set-up-valid"
        };
        frame.say(key).with("from", &from).with("to", &to).to_string()
    }

    pub(super) fn is_good(&self) -> bool {
        self.from <= self.now && self.now <= self.to
    }
}

impl MappingRow {
    pub(super) fn sources(&self, frame: &Frame<'_>) -> String {
        let short = |name: &str| match name {
            "" => frame.say("set-up-name-id").to_string(),
            name => name.rsplit(['/', ':']).find(|part| !part.is_empty()).unwrap_or(name).to_owned(),
        };
        let mut names: Vec<String> = Vec::new();
        for name in self.from.iter().map(|name| short(name)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        match names.split_first() {
            Some((first, [])) => first.clone(),
            Some((first, rest)) => {
                frame.say("set-up-mapping-else").with("first", first).with("rest", &rest.join(", ")).to_string()
            }
            None => String::new(),
        }
    }
}

impl fmt::Debug for MappingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MappingRow({})", self.property)
    }
}

#[derive(Template)]
#[template(path = "set_up_progress.html")]
struct Progress<'a> {
    page: &'a SetUpPage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "set_up_mark.html")]
struct Mark<'a> {
    is_done: bool,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "set_up_body.html")]
pub(crate) struct Body<'a> {
    page: &'a SetUpPage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct Html<'a> {
    page: &'a SetUpPage,
    frame: &'a Frame<'a>,
}

impl Page for SetUpPage {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }

    fn asks_again(&self) -> bool {
        true
    }
}
