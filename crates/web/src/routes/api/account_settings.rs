//! How accounts are set: each setting said once, for bodies and answers.

use serde_json::Value;
use vestibule_domain::account::{AccountKind, Admission, Contact, Details, Inspector, Start, UnprovedEmail};
use vestibule_domain::branding::{Branding, MAX_LINK, MAX_PRODUCT, MAX_WELCOME};
use vestibule_domain::enforcement::{Demand, Enforcement};
use vestibule_domain::password::{Passwords, SecondFactor};
use vestibule_domain::setup::SetupActivation;
use vestibule_domain::waiting::{MAX_APPLICANTS, MAX_DAYS, MailLanguage, SecondStep, WaitingSettings};
use vestibule_domain::ways::{Entitlement, Permitted, SignInBy};

use crate::api::schema::{Line, Schema, Shape, Taken, Whole, objects, words};

words! {
    AccountKind: "platform" "reseller" "customer";
    Admission: "create" "invited_only" "waiting" "pass_through";
    Start: "button" "direct";
    UnprovedEmail: "refuse" "withhold";
    Details: "hidden" "shown";
    SignInBy: "own_first" "own" "inherit" "both" "off";
    Permitted: "inherit" "own" "both" "forbidden";
    Entitlement: "granted" "withheld";
    Passwords: "off" "managers" "all";
    SecondFactor: "optional" "required";
    SetupActivation: "after_test" "confirmed";
    Inspector: "redacted" "open";
    SecondStep: "none" "operator";
    MailLanguage: "en" "de";
    Demand: "off" "optional" "required";
}

/// What a new account may be.
#[derive(Clone, Copy)]
pub(super) struct NewKind(pub(super) AccountKind);

impl Shape for NewKind {
    const SCHEMA: Schema = Schema::Word(&["reseller", "customer"]);

    fn json(&self) -> Value {
        self.0.json()
    }
}

impl Taken for NewKind {
    fn take(value: &Value) -> Result<Self, String> {
        AccountKind::take(value).map(Self)
    }
}

objects! {
    /// Who helps the account's people.
    Contact = "Contact" {
        /// A name or a team.
        required name: Line<1, 1000>,
        /// Where they are written to.
        required email: vestibule_domain::name::EmailAddress,
    }
    /// How pages and mails look. What is left out is as above the account.
    Branding = "Branding" {
        /// What people sign in to.
        optional product: Line<1, MAX_PRODUCT>,
        /// The colour of what can be pressed, such as #0a5f8a.
        optional accent: Line<7, 7>,
        /// A sentence on the pages where people begin.
        optional welcome: Line<1, MAX_WELCOME>,
        /// The same on German pages.
        optional welcome_de: Line<1, MAX_WELCOME>,
        /// Where it says who is behind the page.
        optional imprint: Line<1, MAX_LINK>,
        /// Where it says what becomes of people's data.
        optional privacy: Line<1, MAX_LINK>,
    }
    /// A waiting room. What is left out has its default.
    WaitingSettings = "WaitingSettings" {
        /// For how many days somebody waits, and what was decided is kept. Default: 30.
        optional days: Whole<1, { MAX_DAYS as u64 }>,
        /// How many people are in it, decided ones counted.
        optional at_most: Whole<1, { MAX_APPLICANTS as u64 }>,
        /// Who decides after the approvers. Default: none.
        optional second_step: SecondStep,
        /// The language of mails to approvers, and to whoever has not been here yet. Default: en.
        optional language: MailLanguage,
    }
    /// What each class of people does with single sign-on. What is left out is as for people.
    Enforcement = "Enforcement" {
        /// Everybody of whom nothing else is said. Default: optional.
        optional people: Demand,
        /// Whoever has a role in the console.
        optional managers: Demand,
        /// Whoever has one of these roles; of several the strictest counts.
        optional roles: std::collections::BTreeMap<String, Demand>,
    }
}

/// The keys of a body that are no settings by themselves.
pub(super) const NO_SETTINGS: [&str; 5] = ["path", "name", "kind", "sub_domain", "logo"];

/// Declares a body that may name each setting of an account, beside its own keys.
macro_rules! account_input {
    ($(#[doc = $about:literal])+ $name:ident { $($own:tt)* }) => {
        input! {
            $(#[doc = $about])+
            $name {
                $($own)*
                /// What it is; a new one is a customer unless this says otherwise. Said from above.
                optional kind: NewKind,
                /// Where its people sign in; null: nowhere of its own. A new one's is proposed from its path.
                optional sub_domain: Option<SubDomain>,
                /// Who may come in that is not known yet.
                optional admission: Admission,
                /// Whether a page with a button stands before the identity provider.
                optional start: Start,
                /// What becomes of a person with an address of a domain that is not proved.
                optional unproved_email: UnprovedEmail,
                /// Claims without which nobody is let in.
                optional required_claims: AtMost<100, Line<1, 500>>,
                /// The application to which people go who began at the account's own address. Said by the vendor.
                optional application: Option<Line<1, 200>>,
                /// Who helps its people; null: nobody.
                optional contact: Option<Contact>,
                /// Whether its people see the details of a refusal.
                optional show_details: Details,
                /// By whose connections its people sign in.
                optional sign_in: SignInBy,
                /// What the account above permits it; null: what that one permits its children. Said from above.
                optional permitted: Option<Permitted>,
                /// What it permits the accounts below it.
                optional children: Permitted,
                /// Whether it may use single sign-on. Said by the vendor.
                optional entitlement: Entitlement,
                /// Who may sign in with a password.
                optional passwords: Passwords,
                /// Whether people with a password say a code too.
                optional second_factor: SecondFactor,
                /// On whose word a connection is put in force that was set up by a link.
                optional setup_activation: SetupActivation,
                /// How long its sessions last, in minutes; null: as above it.
                optional session_length_minutes: Option<Whole<5, 1440>>,
                /// How old an authentication may be when a session begins, in minutes; null: as above it.
                optional reauthenticate_after_minutes: Option<Whole<5, 43200>>,
                /// What each class of its people does with single sign-on: all of it.
                optional single_sign_on: Enforcement,
                /// Its waiting room: all of it. Said by the vendor.
                optional waiting: WaitingSettings,
                /// Whether personal values of kept answers are shown to those who may see what is personal.
                optional inspector: Inspector,
                /// How its pages and mails look: all of it but the picture.
                optional branding: Branding,
                /// The picture at the head of its pages: an SVG, or a PNG, JPEG or WebP in base64; null: as above it.
                optional logo: Option<Line<1, 400_000>>,
            }
        }
    };
}
pub(super) use account_input;
