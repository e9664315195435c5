//! The form of a connection's settings.

use std::collections::BTreeMap;

use vestibule_journeys::console::EditPage;

use super::form::{Field, Filled, Group, Kind, hinted, plain, warned};
use super::{Top, console_page};

/// Shows the settings of a connection in groups, and what would change of them.
pub(crate) struct EditView {
    pub(crate) top: Top,
    pub(crate) view: EditPage,
    pub(crate) filled: Filled,
}

const BINDINGS: Kind = Kind::Pick(&[("redirect", "console-pick-redirect"), ("post", "console-pick-post")]);
const PRESETS: Kind = Kind::Pick(&[
    ("entra", "console-pick-entra"),
    ("adfs", "console-pick-adfs"),
    ("okta", "console-pick-okta"),
    ("google", "console-pick-google"),
    ("ping", "console-pick-ping"),
    ("generic", "set-up-idp-other"),
]);
const FORMATS: Kind = Kind::Pick(&[
    ("", "console-pick-format-any"),
    ("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "console-pick-format-persistent"),
    ("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", "console-pick-format-email"),
    ("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", "console-pick-format-unspecified"),
]);
const ICONS: Kind = Kind::Pick(&[
    ("", "console-pick-preset"),
    ("squares", "console-pick-squares"),
    ("key", "console-pick-key"),
    ("building", "console-pick-building"),
    ("person", "console-pick-person"),
    ("none", "console-pick-no-icon"),
]);

/// The fields, in groups; by their names in files.
const GROUPS: [Group; 5] = [
    (
        "console-group-theirs",
        &[
            plain("preset", "set-up-idp", PRESETS),
            hinted("issuer", "console-field-issuer", Kind::Line, "console-hint-issuer"),
            plain("sign_on", "console-field-sign-on", Kind::Line),
            plain("sign_on_binding", "console-field-sign-on-binding", BINDINGS),
            plain("logout_url", "console-field-logout-url", Kind::Line),
            plain("logout_binding", "console-field-logout-binding", BINDINGS),
            plain("logout_answer_url", "console-field-logout-answer-url", Kind::Line),
            plain(
                "logout_reply",
                "console-field-logout-reply",
                Kind::Pick(&[("send", "console-pick-send"), ("none", "console-pick-not-send")]),
            ),
            hinted("metadata_url", "console-field-metadata-url", Kind::Line, "console-hint-metadata-url"),
            plain("certificates_pinned", "console-field-pinned", Kind::Tick),
        ],
    ),
    (
        "console-group-requests",
        &[
            hinted("entity_id", "console-field-entity-id", Kind::Line, "console-hint-entity-id"),
            warned(
                "requests",
                "console-field-requests",
                Kind::Pick(&[("unsigned", "console-pick-unsigned"), ("signed", "console-pick-signed")]),
                "console-warning-requests",
            ),
            plain("name_id_format", "console-field-format", FORMATS),
            plain(
                "reauthentication",
                "console-field-reauthentication",
                Kind::Pick(&[
                    ("never", "console-pick-never"),
                    ("always", "console-pick-always"),
                    ("after", "console-pick-after"),
                ]),
            ),
            plain("reauthentication_after", "console-field-reauthentication-after", Kind::Number),
            hinted("authn_context", "console-field-authn-context", Kind::Lines, "console-hint-authn-context"),
            plain(
                "login_hint",
                "console-field-login-hint",
                Kind::Pick(&[("withhold", "console-pick-withhold"), ("send", "console-pick-hand-on")]),
            ),
        ],
    ),
    (
        "console-group-accepted",
        &[
            plain(
                "signed",
                "console-field-signed",
                Kind::Pick(&[
                    ("either", "console-pick-either"),
                    ("assertion", "console-pick-assertion"),
                    ("response", "console-pick-response"),
                    ("both", "console-pick-both"),
                ]),
            ),
            plain(
                "encryption",
                "console-field-encryption",
                Kind::Pick(&[
                    ("off", "console-pick-no-encryption"),
                    ("gcm", "console-pick-gcm"),
                    ("gcm_and_cbc", "console-pick-cbc"),
                ]),
            ),
            warned(
                "unsolicited",
                "console-field-unsolicited",
                Kind::Pick(&[
                    ("restart", "console-pick-restart"),
                    ("accept", "console-pick-accept"),
                    ("refuse", "console-pick-refuse"),
                ]),
                "console-warning-unsolicited",
            ),
            hinted("sha1_until", "console-field-sha1", Kind::Day, "console-hint-sha1"),
            plain(
                "expired_certificate",
                "console-field-expired",
                Kind::Pick(&[("refuse", "console-pick-refuse"), ("warn", "console-pick-warn")]),
            ),
            hinted("clock_skew", "console-field-skew", Kind::Number, "console-hint-skew"),
            hinted("aliases", "console-field-aliases", Kind::Lines, "console-hint-aliases"),
            plain(
                "answer_to",
                "console-field-answer-to",
                Kind::Pick(&[("own", "console-pick-own-address"), ("first_alias", "console-pick-first-alias")]),
            ),
        ],
    ),
    (
        "console-group-people",
        &[
            warned(
                "subject",
                "console-field-subject",
                Kind::Pick(&[
                    ("", "console-pick-preset"),
                    ("name_id", "console-pick-name-id"),
                    ("claims", "console-pick-claims"),
                ]),
                "console-warning-subject",
            ),
            hinted("subject_claims", "console-field-subject-claims", Kind::Lines, "console-hint-subject-claims"),
            hinted("keeps_attributes", "console-field-keeps", Kind::Tick, "console-hint-keeps"),
        ],
    ),
    (
        "console-group-button",
        &[
            hinted("button_text", "console-field-button-text", Kind::Line, "console-hint-button-text"),
            plain("button_icon", "console-field-button-icon", ICONS),
            plain(
                "start",
                "console-field-start",
                Kind::Pick(&[
                    ("", "console-pick-as-account"),
                    ("button", "console-pick-start-button"),
                    ("direct", "console-pick-start-direct"),
                ]),
            ),
        ],
    ),
];

impl EditView {
    fn groups(&self) -> Vec<(&'static str, Vec<Field>)> {
        self.filled.groups(&GROUPS, &self.view.weak, &BTreeMap::new())
    }

    fn beside(&self) -> Vec<&str> {
        let shown: Vec<&str> = GROUPS.iter().flat_map(|(_, fields)| fields.iter().map(|it| it.name)).collect();
        self.filled.beside(&shown)
    }

    fn action(&self) -> String {
        format!("/console/connections/{}/edit", self.view.connection.id)
    }
}

console_page!(EditView, "console/edit.html");
