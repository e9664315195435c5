//! E-mail domains: which an account says are its own, and which are proved.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::api::ApiAccess;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::name::{DomainName, Slug};
use vestibule_domain::permission::Action;
use vestibule_journeys::api::{self, OwnDomain};
use vestibule_journeys::apply::Proof;
use vestibule_journeys::give_back_domain::GiveBackError;

use crate::api::call::{Call, OfAccount, Reply, cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Input as _, Schema, Shape, Taken, input, record};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/domains", "listDomains", "The e-mail domains of an account", run!(list))
        .query(&OfAccount::RECORD)
        .page(EmailDomain::SCHEMA),
    Endpoint::post("/domains", "claimDomain", "Say that an e-mail domain is an account's", run!(claim))
        .whoever(Action::ChangeDomains)
        .body(&NewDomain::RECORD)
        .makes(EmailDomain::SCHEMA),
    Endpoint::delete(
        "/domains/{domain}",
        "giveBackDomain",
        "Give an e-mail domain back, claim and proof",
        run!(give_back),
    )
    .whoever(Action::ChangeDomains)
    .trusts()
    .query(&OfOne::RECORD),
];

/// By what a domain is an account's.
#[derive(Clone, Copy)]
pub(super) struct ProofGiven(Proof);

impl Shape for ProofGiven {
    const SCHEMA: Schema = Schema::Word(&["claimed", "operator"]);

    fn json(&self) -> serde_json::Value {
        let Self(proof) = self;
        if *proof == Proof::Operator { "operator" } else { "claimed" }.into()
    }
}

impl Taken for ProofGiven {
    fn take(value: &serde_json::Value) -> Result<Self, String> {
        Ok(Self(if value == "operator" { Proof::Operator } else { Proof::Claimed }))
    }
}

input! {
    /// Which account.
    OfOne {
        /// Which account, by its path; left out: the key's own.
        optional account: AccountPath,
    }
    /// An e-mail domain.
    NewDomain {
        /// Whose it is, by the account's path; left out: the key's own.
        optional account: AccountPath,
        /// The domain.
        required domain: DomainName,
        /// The connection for its people; left out: any of the account's.
        optional connection: Slug,
        /// claimed: a TXT record is to prove it. operator: the vendor vouches for it. Default: claimed.
        optional proof: ProofGiven,
    }
}

record! {
    /// An e-mail domain of an account.
    EmailDomain {
        /// The domain.
        domain: String,
        /// Whose it is.
        account: AccountPath,
        /// By what: claimed, dns, operator.
        proof: String,
        /// Since when it is proved; null: it is claimed.
        proved_at: Option<Timestamp>,
        /// The connection for its people; null: any of the account's.
        connection: Option<ConnectionId>,
        /// The TXT record that proves it, where it is claimed.
        record: Option<TxtRecord>,
    }
    /// A TXT record.
    TxtRecord {
        /// Where it stands.
        name: String,
        /// What it says.
        value: String,
    }
}

fn shown(path: &AccountPath, it: OwnDomain) -> EmailDomain {
    EmailDomain {
        domain: it.domain.to_string(),
        account: path.clone(),
        proof: it.proof.to_owned(),
        proved_at: it.proved_at,
        connection: it.connection,
        record: it.record.map(|(name, value)| TxtRecord { name, value }),
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: OfAccount = call.query()?;
    let behind = cursor(query.cursor.as_ref().map(|it| it.0.as_str()))?;
    let (path, found, next) = api::domains(call.ctx(), call.viewer(), query.account, behind).await?;
    Ok(page(found.into_iter().map(|it| shown(&path, it)), next.map(|next| next.to_string())))
}

async fn claim(call: Call) -> Result<Reply, Refusal> {
    let body: NewDomain = call.body()?;
    let account = body.account.unwrap_or_else(|| call.viewer().home.path.clone());
    let proof = body.proof.map_or(Proof::Claimed, |proof| proof.0);
    if proof == Proof::Operator && call.program.access < ApiAccess::Trust {
        return Err(Refusal::not_allowed(ApiAccess::Trust, call.program.access));
    }
    let name = body.domain.clone();
    api::claim_domain(call.ctx(), call.viewer(), &account, body.domain, body.connection, proof, call.tools()).await?;
    let (path, found) = api::domain(call.ctx(), call.viewer(), Some(account), &name).await?;
    Ok(Reply::Made("/domains".to_owned(), shown(&path, found).json()))
}

async fn give_back(call: Call) -> Result<Reply, Refusal> {
    let query: OfOne = call.query()?;
    let domain: DomainName = call.named("domain")?;
    match api::give_back_domain(call.ctx(), call.viewer(), query.account, &domain).await? {
        Ok(()) => Ok(Reply::Done),
        Err(GiveBackError::Store(error)) => Err(vestibule_journeys::Problem::from(error).into()),
        Err(_) => Err(Refusal::not_found()),
    }
}
