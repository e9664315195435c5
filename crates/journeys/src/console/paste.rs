//! Anything that somebody pastes: what it is, what it says, and, told by which connection, whether it would be accepted.
//! Nothing of it is kept, and nothing is written down.

use jiff::Timestamp;
use vestibule_domain::attempt::Asserted;
use vestibule_domain::connection::Connection;
use vestibule_domain::id::ConnectionId;
use vestibule_saml::metadata::{Aggregate, IdpMetadata, Reading};
use vestibule_saml::sp::{Expected, Outcome, entra};
use vestibule_saml::types::{AcsUrl, LoopbackHttp, RequestId};
use vestibule_xmlsec::Document;
use vestibule_xmlsec::keys::{Certificate, CertificateError};

use super::attempt::{Message, StepSeen, message, seen};
use super::attempts::at_connection;
use super::connection::{CertificateRow, row};
use super::viewer::Viewer;
use crate::ctx::Ctx;
use crate::inspect::changes::{self, ClaimRow};
use crate::inspect::facts::Facts;
use crate::inspect::input::{self, Content, Input, Kind, Token, Undecodable, Wrapping};
use crate::inspect::judge::Judgement;
use crate::inspect::listing::Listing;
use crate::inspect::shape::{Sight, Value};
use crate::inspect::vouched::Vouched;
use crate::problem::Problem;
use crate::report::{KeptReport, KeptStep};
use crate::trust::{self, NotReady, Trust};
use crate::words::Words;

/// So long a paste is at most, in octets.
pub const MAX_PASTE: usize = 256 * 1024;
/// So many entities of a group are named.
const ENTITIES: usize = 20;

/// What somebody pastes, and how it is to be looked at.
#[derive(Clone, Default)]
pub struct PasteQuery {
    /// It.
    pub text: String,
    /// At which time; none: now.
    pub at: Option<Timestamp>,
    /// As the answer to this request; none: to the one that it names.
    pub request: Option<RequestId>,
    /// By the settings of this connection; none: it is decoded only.
    pub connection: Option<ConnectionId>,
    /// Personal values are shown. What only a key of ours opens stays hidden.
    pub in_full: bool,
}

/// What was pasted.
#[derive(Debug)]
pub enum Pasted {
    /// A secret, which does not belong here. Nothing of it is shown.
    Secret(Secret),
    /// A text in which Entra tells of an error: its number.
    EntraError(u32),
    /// Something else.
    Given(Box<Given>),
}

/// A secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// A private key.
    PrivateKey,
    /// A password, or what is as good as one.
    Password,
}

/// What was pasted, decoded as far as it goes.
#[derive(Debug)]
pub struct Given {
    /// What it is.
    pub kind: Kind,
    /// How it was packed.
    pub wrapping: Wrapping,
    /// Why it cannot be decoded; in English.
    pub problem: Option<String>,
    /// How long its XML is.
    pub octets: Option<usize>,
    /// What it says, by label; in English.
    pub facts: Vec<(String, Value)>,
    /// What it says of a person.
    pub claims: Vec<ClaimRow>,
    /// Whether anybody vouches for that.
    pub is_proved: bool,
    /// The number of Entra's error, where its status names one.
    pub aadsts: Option<u32>,
    /// Certificates: what was pasted, or what metadata publishes.
    pub certificates: Vec<CertificateRow>,
    /// When it was made, as it says.
    pub issued: Option<String>,
    /// The XML.
    pub message: Message,
    /// What would become of it.
    pub judged: Option<Judged>,
    /// Whether personal values are shown.
    pub sight: Sight,
}

/// What would become of what was pasted.
#[derive(Debug)]
pub struct Judged {
    /// By the settings of this connection.
    pub connection: Connection,
    /// At this time.
    pub at: Timestamp,
    /// The ID of the request that it had to answer; none: it names none.
    pub request: Option<String>,
    /// What the connection lacks, so that nothing can be judged.
    pub lacks: Option<NotReady>,
    /// Why it would be refused; none: it would be accepted.
    pub refusal: Option<Words>,
    /// Every check.
    pub steps: Vec<StepSeen>,
}

/// Looks at something pasted.
///
/// # Errors
/// [`Problem::NotFound`] for a connection that does not exist, or beyond reach.
pub async fn paste(ctx: &Ctx, viewer: &Viewer, query: PasteQuery) -> Result<Pasted, Problem> {
    let by = match query.connection {
        None => None,
        Some(id) => {
            let (_, connection) = at_connection(ctx, viewer, id).await?;
            let trust = trust::of(ctx, id, None).await?.ok_or(Problem::NotFound)?;
            Some((connection, trust))
        }
    };
    if let Some(secret) = secret(&query.text) {
        return Ok(Pasted::Secret(secret));
    }
    let input = Input::recognise(query.text.as_bytes());
    if matches!(input.content, Content::Nothing(Undecodable::Certificate(CertificateError::PrivateKey { .. }))) {
        return Ok(Pasted::Secret(Secret::PrivateKey));
    }
    let is_nothing = matches!(input.content, Content::Nothing(_) | Content::Field { xml: Err(_), .. });
    if is_nothing && let Some(found) = entra::aadsts(&query.text) {
        return Ok(Pasted::EntraError(found.number));
    }
    let by = by.as_ref().map(|(connection, trust)| (connection, &**trust));
    Ok(Pasted::Given(Box::new(given(ctx, &input, by, &query))))
}

/// What is known to be secret by its shape.
fn secret(text: &str) -> Option<Secret> {
    if text.contains("PRIVATE KEY-----") {
        return Some(Secret::PrivateKey);
    }
    let text = text.trim();
    let is_header = ["authorization: basic ", "basic "].iter().any(|begin| {
        text.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(begin)) && !text.contains('<')
    });
    let is_password = |name: &str| {
        let name = name.trim().trim_matches('"').to_ascii_lowercase();
        ["password", "passwd", "pwd", "passwort", "client_secret", "refresh_token"].contains(&name.as_str())
    };
    let mut fields = text.split(['&', '\n', '?', ',', '{']).filter_map(|part| part.split_once(['=', ':']));
    let is_field = !text.starts_with('<') && fields.any(|(name, value)| is_password(name) && !value.trim().is_empty());
    (is_header || is_field).then_some(Secret::Password)
}

fn given(ctx: &Ctx, input: &Input, by: Option<(&Connection, &Trust)>, query: &PasteQuery) -> Given {
    let sight = if query.in_full { Sight::Open } else { Sight::Redacted };
    let document = input.xml_bytes().and_then(|xml| input::tree(xml).ok());
    let facts = document.as_ref().map(Facts::of).unwrap_or_default();
    let at = query.at.unwrap_or(ctx.now);
    let judgement = by.map(|(connection, trust)| judged(input, document.as_ref(), (connection, trust), query, at));
    let (judged, accepted) = judgement.unzip();
    let accepted = accepted.flatten();
    let is_proved = accepted.is_some();
    let claims = match &accepted {
        // What was decrypted with a key of ours is no more theirs to see than what is kept.
        Some((asserted, is_decrypted)) => {
            changes::rows(asserted, None, if *is_decrypted { Sight::Redacted } else { sight })
        }
        None => changes::unproved(&facts.claims, sight),
    };
    let report = KeptReport::default();
    let message = match (&document, by) {
        (Some(document), Some((_, trust))) if input.kind != Kind::Metadata => {
            message(document, &report, trust, at, (sight, Sight::Redacted))
        }
        (Some(document), _) => {
            Message { received: Some(Listing::of(document, &Vouched::default(), sight)), ..Message::default() }
        }
        (None, _) => Message::default(),
    };
    let (mut rows, certificates) = says(input, sight);
    rows.extend(facts.rows.iter().map(|fact| {
        let value = if fact.personal { sight.of(&fact.value) } else { Value::Open(sight.sentence(&fact.value)) };
        (fact.label.to_owned(), value)
    }));
    rows.extend(input.relay_state.as_ref().map(|text| ("RelayState".to_owned(), Value::Open(sight.sentence(text)))));
    Given {
        kind: input.kind,
        wrapping: input.wrapping,
        problem: problem(input),
        octets: input.xml_bytes().map(<[u8]>::len),
        facts: rows,
        claims,
        is_proved,
        aadsts: facts.status_message.as_deref().and_then(entra::aadsts).map(|found| found.number),
        certificates,
        issued: facts.issue_instant,
        message,
        judged,
        sight,
    }
}

/// Why it cannot be decoded, in a sentence with the fix.
fn problem(input: &Input) -> Option<String> {
    match &input.content {
        Content::Nothing(why) | Content::Field { xml: Err(why), .. } => Some(why.to_string()),
        Content::Xml(_) if input.wrapping == Wrapping::Page => Some(Undecodable::Page.to_string()),
        Content::Xml(xml) | Content::Field { xml: Ok(xml), .. } => {
            input::tree(xml).err().map(|error| Undecodable::Xml(error).to_string())
        }
        Content::Certificates(_) | Content::Token(_) => None,
    }
}

/// What anything but a message says.
fn says(input: &Input, sight: Sight) -> (Vec<(String, Value)>, Vec<CertificateRow>) {
    match &input.content {
        Content::Certificates(certificates) => (Vec::new(), certificates.iter().map(row).collect()),
        Content::Token(token) => (of_token(token, sight), Vec::new()),
        Content::Xml(xml) | Content::Field { xml: Ok(xml), .. } if input.kind == Kind::Metadata => of_metadata(xml),
        _ => (Vec::new(), Vec::new()),
    }
}

fn of_token(token: &Token, sight: Sight) -> Vec<(String, Value)> {
    const IMPERSONAL: [&str; 16] = [
        "iss",
        "aud",
        "azp",
        "appid",
        "idp",
        "tid",
        "ver",
        "scp",
        "acr",
        "amr",
        "roles",
        "groups",
        "exp",
        "iat",
        "nbf",
        "auth_time",
    ];
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let header = token.header.iter().map(|(name, value)| (format!("header: {name}"), Value::Open(text(value))));
    let claim = |(name, value): (&String, &serde_json::Value)| {
        let value = text(value);
        let is_open = IMPERSONAL.contains(&name.as_str());
        (name.clone(), if is_open { Value::Open(value) } else { sight.of(&value) })
    };
    header.chain(token.claims.iter().flatten().map(claim)).collect()
}

fn of_metadata(xml: &[u8]) -> (Vec<(String, Value)>, Vec<CertificateRow>) {
    // Whatever its age, and whether or not it is of this machine: nothing is fetched, and nothing is trusted by it.
    let reading = Reading { loopback_http: LoopbackHttp::Allow, ..Reading::at(Timestamp::MIN) };
    let mut rows = Vec::new();
    let mut add = |label: &str, value: &str| rows.push((label.to_owned(), Value::Open(value.to_owned())));
    if let Ok(group) = Aggregate::parse(xml, &reading) {
        for listed in group.entities().take(ENTITIES) {
            add(if listed.is_identity_provider { "identity provider" } else { "entity" }, listed.entity_id);
        }
    }
    match IdpMetadata::parse(xml, &reading) {
        Ok(idp) => {
            for endpoint in &idp.single_sign_on {
                add("sign-in", endpoint.location.as_str());
            }
            for endpoint in &idp.single_logout {
                add("logout", endpoint.location.as_str());
            }
            if let Some(until) = idp.valid_until {
                add("valid until", &until.to_string());
            }
            let refused = idp.refused_certificates.iter().map(|refused| &refused.certificate);
            let all: Vec<&Certificate> = idp.signing_certificates.iter().chain(refused).collect();
            (rows, all.into_iter().map(row).collect())
        }
        Err(error) => {
            add("not usable", &error.to_string());
            (rows, Vec::new())
        }
    }
}

/// What it says of the person where it holds, and whether that was encrypted.
type Accepted = Option<(Asserted, bool)>;

fn judged(
    input: &Input,
    document: Option<&Document>,
    (connection, trust): (&Connection, &Trust),
    query: &PasteQuery,
    at: Timestamp,
) -> (Judged, Accepted) {
    let named = |name: &str| document.and_then(|document| document.root().attribute(name));
    let request = query.request.clone().or_else(|| named("InResponseTo").and_then(|id| RequestId::new(id).ok()));
    let expected = request.clone().map_or(Expected::Unsolicited, Expected::AnswerTo);
    // Where it arrived is not known: where it says it was sent, if that is one of the connection's addresses.
    let said = named("Destination").and_then(|url| AcsUrl::registered_elsewhere(url).ok());
    let arrived = said.filter(|url| trust.takes_answers_at(url)).unwrap_or_else(|| trust.acs_url.clone());
    let mut judged = Judged {
        connection: connection.clone(),
        at,
        request: request.map(|request| request.as_str().to_owned()),
        lacks: None,
        refusal: None,
        steps: Vec::new(),
    };
    let expect = match trust.expectation(&arrived, expected, at) {
        Ok(expect) => expect,
        Err(lacks) => return (Judged { lacks: Some(lacks), ..judged }, None),
    };
    let judgement = Judgement::of(input, &expect);
    let is_decrypted = judgement.checks.iter().any(|check| check.got.as_deref() == Some("decrypted"));
    let sight = if query.in_full && !is_decrypted { Sight::Open } else { Sight::Redacted };
    let steps = judgement.checks.iter().map(|check| {
        let kept = KeptStep {
            step: check.step.name().to_owned(),
            outcome: check.outcome.name().to_owned(),
            warning: check.warning.map(str::to_owned),
            got: check.got.clone(),
            want: check.want.clone(),
        };
        seen(check.step, kept, sight)
    });
    judged.steps = steps.collect();
    let accepted = match &judgement.outcome {
        Ok(accepted) => Some((Asserted::from(accepted), is_decrypted)),
        Err(refusal) => {
            let got = judged.steps.iter().find(|step| step.outcome == Outcome::Refused);
            let got = got.and_then(|step| step.got.as_ref()).and_then(Value::open).map(str::to_owned);
            judged.refusal = Some(Words::of_reason(refusal.reason, got, refusal.want.clone()));
            None
        }
    };
    (judged, accepted)
}

impl std::fmt::Debug for PasteQuery {
    /// What was pasted stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasteQuery").field("octets", &self.text.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_shape_and_messages_are_none() {
        for (text, want) in [
            ("-----BEGIN RSA PRIVATE KEY-----\nMII", Some(Secret::PrivateKey)),
            ("-----BEGIN PRIVATE KEY-----", Some(Secret::PrivateKey)),
            ("email=ada%40x.example&password=hunter2", Some(Secret::Password)),
            ("{\"user\": \"ada\", \"password\": \"hunter2\"}", Some(Secret::Password)),
            ("grant_type=x\nclient_secret=abc", Some(Secret::Password)),
            ("Authorization: Basic YTpi", Some(Secret::Password)),
            ("password=", None),
            ("SAMLResponse=PGE%2BPC9hPg&RelayState=x", None),
            ("<samlp:Response ID='password=x'/>", None),
            ("-----BEGIN CERTIFICATE-----", None),
            ("AADSTS50126: invalid password", None),
        ] {
            assert_eq!(secret(text), want, "{text}");
        }
    }
}
