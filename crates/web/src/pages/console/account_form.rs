//! The forms of an account: how its pages look, with a picture of them, and how it is set.

use vestibule_domain::branding::{Accent, Colour, Line, Scheme};
use vestibule_journeys::console::{AccountForm, Looks, present_logo};

use super::form::{Field, Filled, Group, Kind, hinted, plain, warned};
use super::{Top, account_page, account_url, console_page};
use crate::assets;
use crate::language::Language;
use crate::page::Frame;

/// Shows how an account's pages look, and would look with what was typed.
pub(crate) struct BrandingView {
    pub(crate) top: Top,
    pub(crate) form: AccountForm,
    pub(crate) filled: Filled,
    pub(crate) looks: Looks,
    /// What people sign in to where no account says it.
    pub(crate) product: String,
}

const LOOKS: [Group; 1] = [(
    "console-branding",
    &[
        plain("product", "console-field-product", Kind::Line),
        hinted("accent", "console-field-accent", Kind::Line, "console-hint-accent"),
        plain("welcome", "console-field-welcome", Kind::Line),
        hinted("welcome_de", "console-field-welcome-de", Kind::Line, "console-hint-welcome-de"),
        plain("imprint", "console-field-imprint", Kind::Line),
        plain("privacy", "console-field-privacy", Kind::Line),
        hinted("logo", "console-field-logo", Kind::Lines, "console-hint-logo"),
    ],
)];

/// What becomes of a colour by day or by night.
struct Shade {
    /// Whether it is as it was chosen.
    is_same: bool,
    /// The key of the sentence.
    key: &'static str,
    chosen: String,
    shown: String,
    ratio: String,
}

impl BrandingView {
    fn groups(&self) -> Vec<(&'static str, Vec<Field>)> {
        self.filled.groups(&LOOKS, &[], &self.form.above)
    }

    fn beside(&self) -> Vec<&str> {
        let shown: Vec<&str> = LOOKS.iter().flat_map(|(_, fields)| fields.iter().map(|it| it.name)).collect();
        self.filled.beside(&shown)
    }

    fn action(&self) -> String {
        account_page("/console/branding", &self.form.spot)
    }

    fn back(&self) -> String {
        account_url(&self.form.spot.account.path)
    }

    fn has_logo(&self) -> bool {
        present_logo(&self.form).is_some()
    }

    fn keeps_no_logo(&self) -> bool {
        self.filled.fields.contains_key("no_logo")
    }

    /// The style of the picture.
    fn style(&self) -> Option<String> {
        self.looks.brand.accent.map(assets::sample_style)
    }

    /// The address of the logo: one that was typed stands in the page itself.
    fn logo(&self) -> Option<String> {
        let typed = self.looks.picture.clone();
        typed.or_else(|| self.looks.brand.logo.as_ref().map(assets::logo))
    }

    fn shown_product(&self) -> &str {
        self.looks.brand.product_or(&self.product)
    }

    fn account(&self) -> &str {
        &self.form.spot.account.name
    }

    fn welcome(&self, frame: &Frame<'_>) -> Option<&str> {
        let own = match frame.language {
            Language::English => None,
            Language::German => self.looks.brand.welcome_de.as_ref(),
        };
        own.or(self.looks.brand.welcome.as_ref()).map(Line::as_str)
    }

    fn links(&self) -> Vec<&'static str> {
        let links = [(self.looks.brand.imprint.is_some(), "imprint"), (self.looks.brand.privacy.is_some(), "privacy")];
        links.into_iter().filter(|(is_there, _)| *is_there).map(|(_, key)| key).collect()
    }

    fn schemes() -> [(&'static str, &'static str); 2] {
        [("light", "console-sample-light"), ("dark", "console-sample-dark")]
    }

    /// What becomes of the colour, with its contrast.
    fn shades(&self) -> Vec<Shade> {
        let Some(colour) = self.looks.brand.accent else { return Vec::new() };
        let of = |(scheme, same, moved): (Scheme, &'static str, &'static str)| shade(colour, scheme, same, moved);
        [
            (Scheme::Light, "console-shade-light", "console-shade-light-moved"),
            (Scheme::Dark, "console-shade-dark", "console-shade-dark-moved"),
        ]
        .map(of)
        .into()
    }
}

fn shade(colour: Colour, scheme: Scheme, same: &'static str, moved: &'static str) -> Shade {
    let Accent { accent, on, .. } = Accent::of(colour, scheme);
    let is_same = accent == colour;
    let ratio = accent.contrast(scheme.ground()).min(accent.contrast(on));
    Shade {
        is_same,
        key: if is_same { same } else { moved },
        chosen: colour.to_string(),
        shown: accent.to_string(),
        // Not rounded up to what it does not reach.
        ratio: format!("{:.1}", (ratio * 10.0).floor() / 10.0),
    }
}

/// Shows how an account is set, and what would change of it.
pub(crate) struct SettingsView {
    pub(crate) top: Top,
    pub(crate) form: AccountForm,
    pub(crate) filled: Filled,
}

const WAYS: Kind = Kind::Pick(&[
    ("own", "console-permitted-own"),
    ("both", "console-permitted-both"),
    ("inherit", "console-permitted-inherit"),
    ("forbidden", "console-permitted-none"),
]);

const SETTINGS: [Group; 5] = [
    (
        "console-group-account",
        &[
            plain("name", "console-field-account-name", Kind::Line),
            hinted("contact_name", "console-field-contact-name", Kind::Line, "console-hint-contact"),
            plain("contact_email", "console-field-contact-email", Kind::Line),
            plain("application", "console-field-application", Kind::Line),
        ],
    ),
    (
        "console-group-admission",
        &[
            warned(
                "admission",
                "console-field-admission",
                Kind::Pick(&[
                    ("invited_only", "console-admission-invited"),
                    ("waiting", "console-admission-waiting"),
                    ("create", "console-admission-create"),
                    ("pass_through", "console-admission-pass-through"),
                ]),
                "console-warning-admission",
            ),
            plain(
                "unproved_email",
                "console-field-unproved",
                Kind::Pick(&[
                    ("refuse", "console-pick-unproved-refuse"),
                    ("withhold", "console-pick-unproved-withhold"),
                ]),
            ),
            hinted("required_claims", "console-field-required", Kind::Lines, "console-hint-required"),
        ],
    ),
    (
        "console-group-ways",
        &[
            plain(
                "sign_in",
                "console-field-ways",
                Kind::Pick(&[
                    ("own_first", "console-pick-own-first"),
                    ("own", "console-pick-own"),
                    ("inherit", "console-pick-inherit"),
                    ("both", "console-pick-both-ways"),
                    ("off", "console-pick-off"),
                ]),
            ),
            plain(
                "start",
                "console-field-start",
                Kind::Pick(&[("button", "console-pick-start-button"), ("direct", "console-pick-start-direct")]),
            ),
            plain(
                "passwords",
                "console-field-passwords",
                Kind::Pick(&[
                    ("off", "console-pick-passwords-off"),
                    ("managers", "console-pick-passwords-managers"),
                    ("all", "console-pick-passwords-all"),
                ]),
            ),
            plain(
                "second_factor",
                "console-field-second-factor",
                Kind::Pick(&[
                    ("optional", "console-pick-factor-optional"),
                    ("required", "console-pick-factor-required"),
                ]),
            ),
            plain(
                "setup_activation",
                "console-field-activation",
                Kind::Pick(&[
                    ("after_test", "console-pick-activation-test"),
                    ("confirmed", "console-pick-activation-confirmed"),
                ]),
            ),
            plain(
                "show_details",
                "console-field-details",
                Kind::Pick(&[("hidden", "console-pick-details-hidden"), ("shown", "console-pick-details-shown")]),
            ),
        ],
    ),
    (
        "console-group-sessions",
        &[
            hinted("session_length", "console-field-session-length", Kind::Number, "console-hint-session-length"),
            hinted("session_age", "console-field-session-age", Kind::Number, "console-hint-session-age"),
        ],
    ),
    (
        "console-group-permitted",
        &[
            plain(
                "permitted",
                "console-permitted",
                Kind::Pick(&[
                    ("", "console-pick-as-above"),
                    ("own", "console-permitted-own"),
                    ("both", "console-permitted-both"),
                    ("inherit", "console-permitted-inherit"),
                    ("forbidden", "console-permitted-none"),
                ]),
            ),
            plain("children", "console-field-children", WAYS),
            plain(
                "entitlement",
                "console-field-entitlement",
                Kind::Pick(&[("granted", "console-pick-granted"), ("withheld", "console-pick-withheld")]),
            ),
        ],
    ),
];

impl SettingsView {
    fn groups(&self, frame: &Frame<'_>) -> Vec<(&'static str, Vec<Field>)> {
        // What holds above is a word of a file; people read its text.
        let text = |word: &str| match WAYS {
            Kind::Pick(choices) => choices.iter().find(|(known, _)| *known == word).map(|(_, key)| *key),
            _ => None,
        };
        let above = self.form.above.iter().map(|(name, word)| {
            let text = text(word).map_or_else(|| word.clone(), |key| frame.say(key).to_string());
            (*name, text)
        });
        let groups = self.filled.groups(&SETTINGS, &[], &above.collect());
        groups.into_iter().filter(|(_, fields)| !fields.is_empty()).collect()
    }

    fn beside(&self) -> Vec<&str> {
        let shown: Vec<&str> = SETTINGS.iter().flat_map(|(_, fields)| fields.iter().map(|it| it.name)).collect();
        self.filled.beside(&shown)
    }

    fn action(&self) -> String {
        account_page("/console/settings", &self.form.spot)
    }

    fn back(&self) -> String {
        account_url(&self.form.spot.account.path)
    }
}

mod branding {
    use super::BrandingView;
    super::console_page!(BrandingView, "console/branding.html");
}

mod settings {
    use super::SettingsView;
    super::console_page!(SettingsView, "console/settings.html");
}
