//! `[[application]]`.

use vestibule_domain::account::AccountPath;
use vestibule_domain::application::ApplicationSettings;
use vestibule_journeys::apply::WantedApplication;
use vestibule_oidc::{BackChannelUri, ClientId, ClientSecret, RedirectUri, SecretHash};

use super::document::{Keys, Reader, Value};
use super::sources::Sources;

/// What a secret may be. The secret itself never stands in the file, which is copied too easily.
const SECRET: &str =
    "a secret is { env = \"NAME\" }, { file = \"path\" } or { sha256 = \"43 characters of base64url\" }";

pub(super) fn application<'t>(
    reader: &mut Reader<'t>,
    mut keys: Keys<'t>,
    sources: &Sources<'_>,
) -> Option<WantedApplication> {
    let problems = reader.problems.len();
    let client_id = reader.required_at::<String>(&mut keys, "client_id", "client_id = \"orchard\"");
    let client_id = client_id.and_then(|(line, text)| reader.judged(line, "client_id", ClientId::new(text)));
    let account = match reader.found::<String>(&mut keys, "account") {
        None => None,
        Some((line, path)) => reader.judged(line, "account", AccountPath::parse(&path)),
    };
    let settings = ApplicationSettings {
        name: reader.required(&mut keys, "name", "name = \"Orchard\"").unwrap_or_default(),
        redirect_uris: redirect_uris(reader, &mut keys),
        secret_hashes: secrets(reader, &mut keys, sources),
        start_url: reader.take(&mut keys, "start_url"),
        deep_links: reader.or_default(&mut keys, "deep_links"),
        roles: reader.or_default(&mut keys, "roles"),
        scope_kinds: reader.or_default(&mut keys, "scope_kinds"),
        backchannel_logout_uri: backchannel_logout_uri(reader, &mut keys),
    };
    let line = keys.line;
    reader.finish(keys);
    let client_id = client_id.filter(|_| reader.problems.len() == problems)?;
    Some(WantedApplication { line, client_id: client_id.to_string(), account, settings })
}

fn redirect_uris<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> Vec<String> {
    let example = "redirect_uris = [\"https://app.example.com/callback\"]";
    let found = reader.required_at::<Vec<String>>(keys, "redirect_uris", example);
    let Some((line, texts)) = found else { return Vec::new() };
    for text in &texts {
        reader.judged(line, "redirect_uris", RedirectUri::new(text.as_str()));
    }
    texts
}

/// By the rule for redirect URIs: https, or http on a loopback host.
fn backchannel_logout_uri<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> Option<String> {
    let (line, text) = reader.found::<String>(keys, "backchannel_logout_uri")?;
    let judged = reader.judged(line, "backchannel_logout_uri", BackChannelUri::new(text));
    judged.map(String::from)
}

fn secrets<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, sources: &Sources<'_>) -> Vec<String> {
    let Some((line, value)) = reader.raw(keys, "secrets") else { return Vec::new() };
    let toml::de::DeValue::Array(items) = value.into_inner() else {
        reader.problem(line, format!("secrets is a list; {SECRET}"));
        return Vec::new();
    };
    items.into_iter().filter_map(|item| secret(reader, item, sources)).map(String::from).collect()
}

fn secret<'t>(reader: &mut Reader<'t>, value: Value<'t>, sources: &Sources<'_>) -> Option<SecretHash> {
    let line = reader.line(Some(value.span()));
    if !value.get_ref().is_table() {
        // Whatever stands there is not repeated: it may be the secret.
        reader.problem(line, format!("secrets: no secret stands in this file itself; {SECRET}"));
        return None;
    }
    let mut keys = reader.table(value, "a secret")?;
    let variable = reader.take::<String>(&mut keys, "env");
    let file = reader.take::<String>(&mut keys, "file");
    let hash = reader.take::<String>(&mut keys, "sha256");
    reader.finish(keys);
    let hashed = |text: &str| ClientSecret::new(text.trim()).map(|secret| secret.hash()).map_err(|it| it.to_string());
    let found = match (variable, file, hash) {
        (Some(name), None, None) => match sources.variable(&name) {
            Some(text) => hashed(text).map_err(|error| format!("{name}: {error}")),
            None => Err(format!("the variable {name} is not set; set it, or leave the secret out")),
        },
        (None, Some(path), None) => {
            let text = sources.file(&path).map(|octets| String::from_utf8_lossy(&octets).into_owned());
            text.and_then(|text| hashed(&text).map_err(|error| format!("{path}: {error}")))
        }
        (None, None, Some(text)) => SecretHash::try_from(text).map_err(|error| error.to_string()),
        _ => Err(format!("exactly one of them is wanted: {SECRET}")),
    };
    reader.judged(line, "secrets", found)
}
