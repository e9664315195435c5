//! Keys: those of the API, and those that sign tokens.

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::api::{ApiAccess, KeyOver, MADE_DAYS, MAX_NAME};
use vestibule_domain::id::ApiKeyId;
use vestibule_domain::permission::Action;
use vestibule_domain::user::ConsoleRole;
use vestibule_journeys::api::{self, ListedKey, NewKey, NotMade};
use vestibule_journeys::console::{self, KeyRow};
use vestibule_journeys::token_keys::Takeover;
use vestibule_oidc::Algorithm;

use crate::api::call::{Call, OfAccount, Reply, cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Input as _, Line, Schema, Shape, Taken, Whole, input, record, words};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/keys", "listSigningKeys", "The keys that sign tokens", run!(signing))
        .whoever(Action::SeeKeys)
        .page(SigningKey::SCHEMA),
    Endpoint::post(
        "/keys/rotate",
        "rotateSigningKeys",
        "Make the next key that signs tokens before its time",
        run!(rotate),
    )
    .whoever(Action::RotateKeys)
    .trusts()
    .body(&Rotation::RECORD)
    .one(Rotated::SCHEMA),
    Endpoint::get("/api-keys", "listApiKeys", "The API keys of an account, the newest first", run!(list))
        .whoever(Action::ApiKeys)
        .query(&OfAccount::RECORD)
        .page(ApiKey::SCHEMA),
    Endpoint::post("/api-keys", "createApiKey", "Make an API key; its secret is told once", run!(create))
        .whoever(Action::ApiKeys)
        .trusts()
        .body(&KeyGiven::RECORD)
        .makes(NewApiKey::SCHEMA),
    Endpoint::get("/api-keys/{key}", "readApiKey", "One API key", run!(read))
        .whoever(Action::ApiKeys)
        .one(ApiKey::SCHEMA),
    Endpoint::post("/api-keys/{key}/revoke", "revokeApiKey", "Take an API key back", run!(revoke))
        .whoever(Action::ApiKeys)
        .trusts()
        .one(ApiKey::SCHEMA),
];

words! {
    ApiAccess: "read" "write" "trust";
}

/// By which algorithm tokens are signed.
#[derive(Clone, Copy)]
pub(super) struct SignedBy(Algorithm);

impl Shape for SignedBy {
    const SCHEMA: Schema = Schema::Word(&["ES256", "RS256"]);

    fn json(&self) -> Value {
        self.0.as_str().into()
    }
}

impl Taken for SignedBy {
    fn take(value: &Value) -> Result<Self, String> {
        value.as_str().unwrap_or_default().parse().map(Self).map_err(|error| format!("{error}"))
    }
}

input! {
    /// Which key, and how soon.
    Rotation {
        /// The keys of this algorithm alone; left out: of each.
        optional algorithm: SignedBy,
        /// Whether it signs in two minutes, as after a theft, and what the others signed is refused. Default: it is
        /// published now, and signs in two days.
        optional at_once: bool,
    }
    /// An API key. It reaches no further than the one by which it is made.
    KeyGiven {
        /// The account that it reaches, with those below it, by its path; left out: the key's own.
        optional account: AccountPath,
        /// Its name for people.
        required name: Line<1, MAX_NAME>,
        /// As what it comes.
        required role: ConsoleRole,
        /// What it may do of what that role may. Default: read.
        optional access: ApiAccess,
        /// For how many days it is good, and no longer than the one by which it is made. Default: 90.
        optional days: Whole<1, { MADE_DAYS as u64 }>,
    }
}

record! {
    /// An API key.
    ApiKey {
        /// Its identity.
        id: ApiKeyId,
        /// Its name for people.
        name: String,
        /// The account that it reaches, with those below it.
        account: AccountPath,
        /// As what it comes.
        role: ConsoleRole,
        /// What it may do of what that role may.
        access: ApiAccess,
        /// How it is: good, revoked, expired.
        state: String,
        /// Since when there is such a key.
        created_at: Timestamp,
        /// Who made it: a word, or an object with one key.
        created_by: Value,
        /// When it was used last, to the hour.
        used_at: Option<Timestamp>,
        /// From then on it opens nothing.
        expires_at: Option<Timestamp>,
        /// When it was revoked.
        revoked_at: Option<Timestamp>,
    }
    /// An API key that was made.
    NewApiKey {
        /// Its identity.
        id: ApiKeyId,
        /// What the program sends as Bearer, which is told once.
        secret: String,
        /// From then on it opens nothing.
        expires_at: Option<Timestamp>,
    }
    /// What was made.
    Rotated {
        /// Of which algorithms a key was made; not where the next one is published already.
        made: Vec<SignedBy>,
    }
    /// A key that signs tokens.
    SigningKey {
        /// Its name.
        id: String,
        /// By which algorithm.
        algorithm: String,
        /// Whether it signs now.
        signs: bool,
        /// From when on it signs.
        active_from: Timestamp,
        /// From when on it is published no more.
        retired_at: Option<Timestamp>,
    }
}

async fn signing(call: Call) -> Result<Reply, Refusal> {
    let row = |it: KeyRow| SigningKey {
        id: it.id,
        algorithm: it.algorithm,
        signs: it.signs,
        active_from: it.from,
        retired_at: it.until,
    };
    let found = console::keys(call.ctx(), call.viewer()).await?;
    Ok(page(found.rows.into_iter().map(row), None))
}

async fn rotate(call: Call) -> Result<Reply, Refusal> {
    let body: Rotation = call.body()?;
    let when = if body.at_once.unwrap_or_default() { Takeover::AtOnce } else { Takeover::Announced };
    let algorithm = body.algorithm.map(|algorithm| algorithm.0);
    let made = api::rotate(call.ctx(), call.viewer(), algorithm, when, call.tools()).await?;
    Ok(Reply::One(Rotated { made: made.into_iter().map(SignedBy).collect() }.json()))
}

fn shown(it: ListedKey) -> ApiKey {
    let ListedKey { key, account, over } = it;
    ApiKey {
        id: key.id,
        name: key.name,
        account,
        role: key.role,
        access: key.access,
        state: match over {
            None => "good",
            Some(KeyOver::Revoked) => "revoked",
            Some(KeyOver::Expired) => "expired",
        }
        .to_owned(),
        created_at: key.created_at,
        created_by: serde_json::to_value(&key.created_by).unwrap_or_default(),
        used_at: key.used_at,
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: OfAccount = call.query()?;
    let after = cursor(query.cursor.as_ref().map(|it| it.0.as_str()))?;
    let found = api::keys_of(call.ctx(), call.viewer(), query.account, after).await?;
    Ok(page(found.rows.into_iter().map(shown), found.next.map(|next| next.to_string())))
}

async fn found(call: &Call) -> Result<ListedKey, Refusal> {
    let id: ApiKeyId = call.named("key")?;
    Ok(api::key(call.ctx(), call.viewer(), id).await?)
}

async fn read(call: Call) -> Result<Reply, Refusal> {
    Ok(Reply::One(shown(found(&call).await?).json()))
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let body: KeyGiven = call.body()?;
    let new = NewKey {
        account: body.account.unwrap_or_else(|| call.viewer().home.path.clone()),
        name: body.name.0,
        role: body.role,
        access: body.access.unwrap_or(ApiAccess::Read),
        days: body.days.and_then(|days| u16::try_from(days.0).ok()),
    };
    let made = api::create_for(call.ctx(), &call.program, new).await?;
    let made = made.map_err(|error| {
        let why = error.to_string();
        match error {
            NotMade::NoAccount { .. } => Refusal::not_found(),
            NotMade::Name { got } => Refusal::cannot("body.name", format!("{got} characters"), why),
            NotMade::Days { got } | NotMade::DaysOfMade { got } => Refusal::cannot("body.days", got.to_string(), why),
            NotMade::BeyondReach { .. } => Refusal::cannot("body.role", "more than this key has", why),
            NotMade::TooMany => Refusal::conflict(why),
            NotMade::Store(error) => vestibule_journeys::Problem::from(error).into(),
        }
    })?;
    let shown = NewApiKey { id: made.key.id, secret: made.secret, expires_at: made.key.expires_at };
    Ok(Reply::Made(format!("/api-keys/{}", made.key.id), shown.json()))
}

async fn revoke(call: Call) -> Result<Reply, Refusal> {
    let key = found(&call).await?.key;
    api::revoke(call.ctx(), key.id, call.viewer().actor()).await.map_err(vestibule_journeys::Problem::from)?;
    Ok(Reply::One(shown(found(&call).await?).json()))
}
