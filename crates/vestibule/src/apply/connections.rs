//! `[[account.connection]]`.

use serde::Deserialize;
use vestibule_domain::connection::{Preset, SamlSettings, SignOn, SignOnBinding};
use vestibule_domain::metadata::{MetadataNote, certificate_text, metadata_into_settings};
use vestibule_domain::setting::acs_url;
use vestibule_journeys::apply::{Activation, WantedConnection, WantedState};
use vestibule_saml::metadata::{IdpMetadata, Reading};
use vestibule_saml::types::{AcsUrl, AuthnContextClassRef, EndpointUrl, EntityId, LoopbackHttp, NameIdFormat};
use vestibule_xmlsec::keys::read_certificates;

use super::document::{Keys, Reader, Value};
use super::sources::Sources;

/// All connections of an account.
pub(super) async fn connections<'t>(
    reader: &mut Reader<'t>,
    account: &mut Keys<'t>,
    sources: &Sources<'_>,
) -> Vec<WantedConnection> {
    let mut connections = Vec::new();
    for keys in reader.tables(account, "connection", "[[account.connection]]") {
        connections.extend(connection(reader, keys, sources).await);
    }
    connections
}

async fn connection<'t>(
    reader: &mut Reader<'t>,
    mut keys: Keys<'t>,
    sources: &Sources<'_>,
) -> Option<WantedConnection> {
    let problems = reader.problems.len();
    let name = reader.required(&mut keys, "name", "name = \"entra\"");
    let id = reader.take(&mut keys, "id");
    let state = state(reader, &mut keys);
    let preset: Preset = reader.or_default(&mut keys, "preset");
    let mut saml = preset.settings();
    // What is set beside metadata stands in its place.
    let metadata = metadata(reader, &mut keys, sources, &mut saml).await;
    trust(reader, &mut keys, sources, &mut saml);
    ours(reader, &mut keys, &mut saml);
    policies(reader, &mut keys, &mut saml);
    let line = keys.line;
    reader.finish(keys);
    let mut notes = metadata.ok()?;
    if saml.certificates_pinned {
        notes.push(MetadataNote::Pinned);
    }
    let complete = reader.problems.len() == problems;
    complete.then_some(WantedConnection { line, id, name: name?, state: state.ok()?, saml, notes })
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum State {
    Draft,
    Active,
    Paused,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Activate {
    /// After a test that passed.
    Tested,
    /// On the operator's word.
    Operator,
}

/// The state, if one is named.
///
/// # Errors
/// What is named cannot be read, which is told.
fn state<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> Result<Option<WantedState>, Told> {
    let problems = reader.problems.len();
    let state = reader.take(keys, "state");
    let activate = reader.found(keys, "activate");
    if reader.problems.len() > problems {
        return Err(Told);
    }
    Ok(match (state, activate) {
        (Some(State::Active), Some((_, Activate::Operator))) => Some(WantedState::Active(Activation::ByOperator)),
        (Some(State::Active), _) => Some(WantedState::Active(Activation::AfterTest)),
        (state, Some((line, _))) => {
            let got = match state {
                Some(State::Paused) => "beside state = \"paused\" ",
                Some(State::Draft) => "beside state = \"draft\" ",
                _ => "",
            };
            let want = "set state = \"active\" with it, or leave activate out";
            reader.problem(line, format!("activate {got}says on whose word a connection is active; {want}"));
            return Err(Told);
        }
        (Some(State::Draft), None) => Some(WantedState::Draft),
        (Some(State::Paused), None) => Some(WantedState::Paused),
        (None, None) => None,
    })
}

/// Reads the metadata, if any is named, and returns what is to be known of it.
///
/// # Errors
/// It cannot be read, which is told.
async fn metadata<'t>(
    reader: &mut Reader<'t>,
    keys: &mut Keys<'t>,
    sources: &Sources<'_>,
    saml: &mut SamlSettings,
) -> Result<Vec<MetadataNote>, Told> {
    let Some((line, value)) = reader.raw(keys, "metadata") else { return Ok(Vec::new()) };
    let mut place = reader.table(value, "metadata").ok_or(Told)?;
    let (file, url) = (reader.take::<String>(&mut place, "file"), reader.take::<String>(&mut place, "url"));
    reader.finish(place);
    let document = match (file, url) {
        (Some(file), None) => sources.file(&file),
        (None, Some(url)) => {
            let document = sources.metadata(&url).await;
            saml.metadata_url = Some(url);
            document
        }
        _ => Err("a file or a url is wanted: { file = \"metadata.xml\" } or { url = \"https://…\" }".to_owned()),
    };
    let read = document.and_then(|document| {
        let reading = Reading { loopback_http: LoopbackHttp::Allow, ..Reading::at(sources.now) };
        IdpMetadata::parse(&document, &reading).map_err(|error| error.to_string())
    });
    let metadata = reader.judged(line, "metadata", read).ok_or(Told)?;
    let (read, notes) = metadata_into_settings(&metadata, saml);
    *saml = read;
    Ok(notes)
}

/// Something is wrong and was told.
struct Told;

/// Whom we trust: the three values, if they do not come by metadata.
fn trust<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, sources: &Sources<'_>, saml: &mut SamlSettings) {
    if let Some((line, text)) = reader.found::<String>(keys, "issuer") {
        saml.issuer = reader.judged(line, "issuer", EntityId::new(text));
    }
    if let Some((line, value)) = reader.raw(keys, "sign_on") {
        saml.sign_on = sign_on(reader, line, value);
    }
    if let Some((line, text)) = reader.found::<String>(keys, "logout_url") {
        // Whether http may stand is judged with the deployment.
        // The metadata names one, and the customer may not have entered ours: then signing out ends here.
        saml.logout_url = match text.as_str() {
            "" => None,
            _ => reader.judged(line, "logout_url", EndpointUrl::new(text, LoopbackHttp::Allow)),
        };
    }
    if let Some(binding) = reader.take(keys, "logout_binding") {
        saml.logout_binding = binding;
    }
    if let Some((line, text)) = reader.found::<String>(keys, "logout_answer_url") {
        saml.logout_answer_url = reader.judged(line, "logout_answer_url", EndpointUrl::new(text, LoopbackHttp::Allow));
    }
    saml.logout_reply = reader.or_default(keys, "logout_reply");
    if let Some((line, value)) = reader.raw(keys, "certificates") {
        saml.certificates = certificates(reader, line, value, sources);
        // What is named is meant: the address does not add to it later (A27.1).
        saml.certificates_pinned = saml.metadata_url.is_some();
    }
}

/// `"https://…"`, or `{ url = "https://…", binding = "post" }`.
fn sign_on<'t>(reader: &mut Reader<'t>, line: usize, value: Value<'t>) -> Option<SignOn> {
    let (line, url, binding) = if value.get_ref().is_table() {
        let mut keys = reader.table(value, "sign_on")?;
        let url = reader.required::<String>(&mut keys, "url", "url = \"https://…\"");
        let binding = reader.or_default::<SignOnBinding>(&mut keys, "binding");
        let line = keys.line;
        reader.finish(keys);
        (line, url?, binding)
    } else {
        (line, reader.read("sign_on", value)?, SignOnBinding::default())
    };
    let url = reader.judged(line, "sign_on", EndpointUrl::new(url, LoopbackHttp::Allow))?;
    Some(SignOn { url, binding })
}

/// A list of texts (PEM or base64) and of `{ file = "…" }` (PEM, DER or base64), each with one or several.
fn certificates<'t>(reader: &mut Reader<'t>, line: usize, value: Value<'t>, sources: &Sources<'_>) -> Vec<String> {
    let Some(items) = list(value) else {
        reader.problem(line, "certificates is a list of texts and of { file = \"…\" }");
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let line = reader.line(Some(item.span()));
        let octets = if item.get_ref().is_table() {
            let Some(mut keys) = reader.table(item, "a certificate") else { continue };
            let file: Option<String> = reader.required(&mut keys, "file", "file = \"entra.cer\"");
            reader.finish(keys);
            let Some(file) = file else { continue };
            sources.file(&file)
        } else {
            let Some(text) = reader.read::<String>("certificates", item) else { continue };
            Ok(text.into_bytes())
        };
        let read = octets.and_then(|octets| read_certificates(&octets).map_err(|error| error.to_string()));
        found.extend(reader.judged(line, "certificates", read).into_iter().flatten().map(|it| certificate_text(&it)));
    }
    found
}

/// Who we are towards the identity provider.
fn ours<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, saml: &mut SamlSettings) {
    if let Some((line, text)) = reader.found::<String>(keys, "entity_id") {
        saml.entity_id = reader.judged(line, "entity_id", EntityId::new(text));
    }
    if let Some((line, label)) = reader.found::<String>(keys, "sub_domain") {
        saml.sub_domain = reader.judged(line, "sub_domain", label.parse());
    }
    if let Some((line, value)) = reader.raw(keys, "aliases") {
        saml.aliases = aliases(reader, line, value);
    }
    saml.answer_to = reader.or_default(keys, "answer_to");
    saml.name_id_format = reader.take::<String>(keys, "name_id_format").map(|uri| NameIdFormat::from_uri(&uri));
    saml.button = reader.or_default(keys, "button");
    saml.start = reader.take(keys, "start");
}

fn aliases<'t>(reader: &mut Reader<'t>, line: usize, value: Value<'t>) -> Vec<AcsUrl> {
    let Some(items) = list(value) else {
        reader.problem(line, "aliases is a list of addresses, such as [\"https://old.example.com/saml\"]");
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let line = reader.line(Some(item.span()));
        let Some(text) = reader.read::<String>("aliases", item) else { continue };
        found.extend(reader.judged(line, "aliases", acs_url(&text)));
    }
    found
}

/// What is demanded and allowed.
fn policies<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, saml: &mut SamlSettings) {
    saml.signed = reader.or_default(keys, "signed");
    saml.reauthentication = reader.or_default(keys, "reauthentication");
    saml.keeps_attributes = reader.or_default(keys, "keeps_attributes");
    let contexts: Vec<String> = reader.or_default(keys, "authn_context");
    saml.authn_context = contexts.iter().map(|uri| AuthnContextClassRef::from_uri(uri)).collect();
    if let Some(requests) = reader.take(keys, "requests") {
        saml.requests = requests;
    }
    saml.encryption = reader.or_default(keys, "encryption");
    saml.unsolicited = reader.or_default(keys, "unsolicited");
    if let Some(login_hint) = reader.take(keys, "login_hint") {
        saml.login_hint = login_hint;
    }
    saml.sha1_until = reader.take(keys, "sha1_until");
    saml.expired_certificate = reader.or_default(keys, "expired_certificate");
    if let Some(seconds) = reader.take(keys, "clock_skew") {
        saml.clock_skew = seconds;
    }
    saml.subject = reader.take(keys, "subject");
    saml.mapping = reader.or_default(keys, "mapping");
}

fn list(value: Value<'_>) -> Option<Vec<Value<'_>>> {
    match value.into_inner() {
        toml::de::DeValue::Array(items) => Some(items.into_iter().collect()),
        _ => None,
    }
}
