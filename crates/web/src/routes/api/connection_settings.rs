//! How connections are set: each setting said once, for bodies and answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vestibule_domain::connection::{
    AnswerTo, Button, ConnectionState, Encryption, ExpiredCertificates, Icon, LoginHint, LogoutReply, Preset,
    Reauthentication, RequestSigning, SignOnBinding, SignaturePolicy, Unsolicited,
};
use vestibule_domain::mapping::{Mapping, Property, Rule, SubjectKey};
use vestibule_domain::setting::{MAX_BUTTON, MAX_MORE, MAX_ROLES, MAX_SOURCES};
use vestibule_journeys::api::{ConnectionSet, MetadataFrom};

use crate::api::call::Call;
use crate::api::refusal::Refusal;
use crate::api::schema::{AtMost, Field, Line, Record, Schema, Shape, Taken, Whole, objects, words};
use crate::limits::Kind;

words! {
    ConnectionState: "draft" "tested" "active" "paused";
    Preset: "entra" "adfs" "okta" "google" "ping" "generic";
    SignOnBinding: "redirect" "post";
    SignaturePolicy: "either" "assertion" "response" "both";
    RequestSigning: "unsigned" "signed";
    Encryption: "off" "gcm" "gcm_and_cbc";
    Unsolicited: "restart" "accept" "refuse";
    LoginHint: "withhold" "send";
    ExpiredCertificates: "refuse" "warn";
    LogoutReply: "send" "none";
    AnswerTo: "own" "first_alias";
    Icon: "squares" "key" "building" "person" "none";
}

objects! {
    /// The button that leads to a connection. What is left out is by the preset.
    Button = "Button" {
        /// Its text.
        optional text: Line<1, MAX_BUTTON>,
        /// Its icon.
        optional icon: Icon,
    }
}

/// A key that may be absent.
const fn optional(name: &'static str, about: &'static str, schema: Schema) -> Field {
    Field { name, about, schema, is_required: false }
}

const fn required(name: &'static str, about: &'static str, schema: Schema) -> Field {
    Field { name, about, schema, is_required: true }
}

/// What serde reads and writes as the schema says it.
macro_rules! by_serde {
    ($($kind:ty: $schema:expr;)+) => {$(
        impl Shape for $kind {
            const SCHEMA: Schema = $schema;

            fn json(&self) -> Value {
                serde_json::to_value(self).unwrap_or_default()
            }
        }

        impl Taken for $kind {
            fn take(value: &Value) -> Result<Self, String> {
                serde_json::from_value(value.clone()).map_err(|error| error.to_string())
            }
        }
    )+};
}

by_serde! {
    Reauthentication: Schema::OneOf(&[Schema::Word(&["never", "always"]), Schema::Record(&AFTER)]);
    SubjectKey: Schema::OneOf(&[Schema::Word(&["name_id"]), Schema::Record(&CLAIMS)]);
}

static AFTER: Record = Record {
    name: "ReauthenticationAfter",
    about: "Anew when the last time is longer ago.",
    fields: &[required("after", "In seconds.", <Whole<1, 31_536_000> as Shape>::SCHEMA)],
};

static CLAIMS: Record = Record {
    name: "SubjectOfClaims",
    about: "These claims together, in order; each must be there with one value.",
    fields: &[required("claims", "Their names.", <AtMost<100, Line<1, 1024>> as Shape>::SCHEMA)],
};

/// A list of sources, tried in order; and what a value must be like.
static RULE: Record = Record {
    name: "MappingRule",
    about: "Where a property comes from.",
    fields: &[
        required(
            "sources",
            "Tried in order, such as displayname | lower; for roles and groups all of them together. None: from nowhere.",
            Schema::List { of: &SOURCE, max: MAX_SOURCES },
        ),
        optional(
            "validate",
            "What a value must be like; left out: as is usual for the property.",
            Schema::OneOf(&[Schema::Word(&["name", "email", "line"]), Schema::Record(&PATTERN)]),
        ),
    ],
};

const SOURCE: Schema = Schema::OneOf(&[<Line<1, 20_000> as Shape>::SCHEMA, Schema::Record(&LONG_SOURCE)]);

static LONG_SOURCE: Record = Record {
    name: "MappingSource",
    about: "A source whose name the short form cannot say: a claim, or a constant.",
    fields: &[
        optional("claim", "The claim's name.", <Line<1, 1024> as Shape>::SCHEMA),
        optional("constant", "Always this.", <Line<0, 1024> as Shape>::SCHEMA),
        optional("transforms", "What is done to it, in order.", <AtMost<16, Line<1, 20_000>> as Shape>::SCHEMA),
    ],
};

static PATTERN: Record = Record {
    name: "MappingPattern",
    about: "All of it as a pattern says.",
    fields: &[required("pattern", "In the syntax of the crate regex.", <Line<1, 10_000> as Shape>::SCHEMA)],
};

const OF_RULE: Schema = Schema::Record(&RULE);

static RULES: Record = Record {
    name: "MappingRules",
    about: "Where each property of a person comes from.",
    fields: &[
        optional("name", "The name that applications know them by.", OF_RULE),
        optional("email", "The e-mail address.", OF_RULE),
        optional("display_name", "The name for people.", OF_RULE),
        optional("given_name", "The given name.", OF_RULE),
        optional("family_name", "The family name.", OF_RULE),
        optional("roles", "Roles, taken as they are.", OF_RULE),
        optional("groups", "Groups.", OF_RULE),
    ],
};

static ROLE: Record = Record {
    name: "MappingRole",
    about: "A role for those who have a value.",
    fields: &[
        required("claim", "The claim, usually that of the groups.", <Line<1, 1024> as Shape>::SCHEMA),
        required("value", "The value.", <Line<1, 1024> as Shape>::SCHEMA),
        required("role", "The role.", <Line<1, 1024> as Shape>::SCHEMA),
    ],
};

static MAPPING: Record = Record {
    name: "Mapping",
    about: "What becomes of claims, as far as it differs from the preset: a rule stands in place of the preset's, and one \
            without sources takes it away.",
    fields: &[
        optional("rules", "Where properties come from that have a meaning here.", Schema::Record(&RULES)),
        optional("more", "Where others come from, by names of the account's own choice.", Schema::Map(&OF_RULE)),
        optional(
            "roles",
            "Which values give which roles.",
            Schema::List { of: &Schema::Record(&ROLE), max: MAX_ROLES },
        ),
    ],
};

impl Shape for Mapping {
    const SCHEMA: Schema = Schema::Record(&MAPPING);

    fn json(&self) -> Value {
        let rules: BTreeMap<&str, Value> =
            self.rules.iter().map(|(it, rule)| (Property::name(*it), whole(rule))).collect();
        let more: BTreeMap<&String, Value> = self.more.iter().map(|(name, rule)| (name, whole(rule))).collect();
        json!({ "rules": rules, "more": more, "roles": self.roles })
    }
}

/// A rule in its one form that says everything.
fn whole(rule: &Rule) -> Value {
    let mut shown = json!({ "sources": rule.sources });
    if let (Some(validate), Value::Object(map)) = (&rule.validate, &mut shown) {
        map.insert("validate".to_owned(), serde_json::to_value(validate).unwrap_or_default());
    }
    shown
}

impl Taken for Mapping {
    fn take(value: &Value) -> Result<Self, String> {
        let read: Self = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        if read.more.len() > MAX_MORE {
            return Err(format!("at most {MAX_MORE} properties of its own"));
        }
        Ok(read)
    }
}

/// The keys of a body that are no settings by themselves.
const NO_SETTINGS: [&str; 7] =
    ["account", "name", "metadata", "metadata_url", "sign_on_url", "sign_on_binding", "certificates"];

/// What a body says of a connection. Where its metadata is from now on: `Some(None)`: nowhere.
#[expect(clippy::option_option, reason = "absent, null, and there")]
pub(super) fn set(
    call: &Call,
    record: &Record,
    certificates: Option<AtMost<16, Line<1, 20_000>>>,
    metadata: Option<Line<1, 1_048_576>>,
    metadata_url: Option<Option<Line<1, 2000>>>,
) -> Result<ConnectionSet, Refusal> {
    let given = |name: &str| call.body.get(name).cloned();
    let mut settings = call.settings(record, &NO_SETTINGS);
    settings.extend(matches!(metadata_url, Some(None)).then_some(("metadata_url", Value::Null)));
    let metadata_url = metadata_url.flatten();
    // Each fetch is a question of ours to somebody else.
    if metadata_url.is_some() {
        call.caller.count(Kind::Discovery).map_err(Refusal::too_many)?;
    }
    let metadata = match (metadata, metadata_url) {
        (None, None) => MetadataFrom::Nowhere,
        (Some(document), None) => MetadataFrom::Document(document.0),
        (None, Some(url)) => MetadataFrom::Url(url.0),
        (Some(_), Some(_)) => {
            let want = "one of them, so that it is clear which counts";
            return Err(Refusal::cannot("body.metadata", "a document and an address", want));
        }
    };
    Ok(ConnectionSet {
        settings,
        sign_on_url: given("sign_on_url"),
        sign_on_binding: given("sign_on_binding"),
        certificates: certificates.map(|all| all.0.into_iter().map(|one| one.0).collect()),
        metadata,
    })
}

/// Declares a body that may name each setting of a connection, beside its own keys.
macro_rules! connection_input {
    ($(#[doc = $about:literal])+ $name:ident { $($own:tt)* }) => {
        input! {
            $(#[doc = $about])+
            $name {
                $($own)*
                /// The kind of identity provider, whose defaults it has. Of a new one: generic, unless this says otherwise.
                optional preset: Preset,
                /// The identity provider's metadata, as XML.
                optional metadata: Line<1, 1_048_576>,
                /// Where its metadata is read from, now and later; null: no more. Not beside metadata.
                optional metadata_url: Option<Line<1, 2000>>,
                /// The identity provider's entity ID; stands in place of what metadata says.
                optional issuer: Option<Line<1, 1024>>,
                /// Where people are sent to sign in.
                optional sign_on_url: Option<Line<1, 2000>>,
                /// How the request is carried there.
                optional sign_on_binding: SignOnBinding,
                /// Where logout messages are sent.
                optional logout_url: Option<Line<1, 2000>>,
                /// How they are carried there.
                optional logout_binding: SignOnBinding,
                /// Where answers to logout requests are sent; null: to logout_url.
                optional logout_answer_url: Option<Line<1, 2000>>,
                /// Whether logout requests are answered.
                optional logout_reply: LogoutReply,
                /// The certificates that are trusted, each as PEM or base64; they are the only ones.
                optional certificates: AtMost<16, Line<1, 20_000>>,
                /// Whether newer metadata adds no certificate.
                optional certificates_pinned: bool,
                /// Our entity ID towards this identity provider; null: the address of our metadata.
                optional entity_id: Option<Line<1, 1024>>,
                /// Further addresses at which answers are taken. Said by the vendor.
                optional aliases: AtMost<32, Line<1, 2000>>,
                /// Which address our requests name. Said by the vendor.
                optional answer_to: AnswerTo,
                /// The format in which the person is to be named; null: as the identity provider is set up.
                optional name_id_format: Option<Line<1, 500>>,
                /// What must be signed.
                optional signed: SignaturePolicy,
                /// When people authenticate anew at the identity provider.
                optional reauthentication: Reauthentication,
                /// The ways of authentication of which one is demanded.
                optional authn_context: AtMost<20, Line<1, 500>>,
                /// Whether our requests are signed.
                optional requests: RequestSigning,
                /// Whether assertions may come encrypted.
                optional encryption: Encryption,
                /// What becomes of a response that nobody asked for.
                optional unsolicited: Unsolicited,
                /// Whether the address that a person typed is handed on.
                optional login_hint: LoginHint,
                /// What follows from an expired certificate.
                optional expired_certificate: ExpiredCertificates,
                /// How far the identity provider's clock may differ, in seconds.
                optional clock_skew: Whole<0, 300>,
                /// Until when signatures with SHA-1 are taken; null: never.
                optional sha1_until: Option<Timestamp>,
                /// The button that leads there: all of it.
                optional button: Button,
                /// Whether a page with the button stands before the identity provider; null: as the account says.
                optional start: Option<Start>,
                /// Which value identifies a person for ever; null: by the preset.
                optional subject: Option<SubjectKey>,
                /// What becomes of claims: all that differs from the preset.
                optional mapping: Mapping,
                /// Whether sessions keep the attributes as they came.
                optional keeps_attributes: bool,
            }
        }
    };
}
pub(super) use connection_input;
