//! `[[application]]`.

use vestibule_domain::account::AccountPath;
use vestibule_domain::application::{ApplicationSettings, Pkce};
use vestibule_journeys::apply::WantedApplication;
use vestibule_oidc::{Algorithm, BackChannelUri, ClientId, ClientSecret, RedirectUri, SecretHash};

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
    let native = reader.or_default(&mut keys, "native");
    let (pkce_line, pkce) = reader.found(&mut keys, "pkce").unwrap_or((keys.line, Pkce::Required));
    let settings = ApplicationSettings {
        name: reader.required(&mut keys, "name", "name = \"Orchard\"").unwrap_or_default(),
        redirect_uris: redirect_uris(reader, &mut keys, native),
        post_logout_redirect_uris: post_logout_redirect_uris(reader, &mut keys, native),
        native,
        pkce,
        secret_hashes: secrets(reader, &mut keys, sources),
        start_url: reader.take(&mut keys, "start_url"),
        deep_links: reader.or_default(&mut keys, "deep_links"),
        roles: reader.or_default(&mut keys, "roles"),
        scope_kinds: reader.or_default(&mut keys, "scope_kinds"),
        backchannel_logout_uri: backchannel_logout_uri(reader, &mut keys),
        is_public: is_public(reader, &mut keys),
        id_token_alg: id_token_alg(reader, &mut keys),
        refresh_tokens: reader.or_default(&mut keys, "refresh_tokens"),
        own_scopes: reader.or_default(&mut keys, "own_scopes"),
        introspects: client_ids(reader, &mut keys, "introspects"),
        claims: reader.or_default(&mut keys, "claims"),
        sites: reader.or_default(&mut keys, "sites"),
        site_rules: reader.or_default(&mut keys, "site_rules"),
        api: reader.take(&mut keys, "api"),
    };
    if pkce == Pkce::Optional && (native || settings.secret_hashes.is_empty()) {
        let why = "pkce = \"optional\" is for an application that keeps a secret on a server: what a person's machine \
                   holds is no secret, and without one PKCE alone protects the code; leave pkce out";
        reader.problem(pkce_line, format!("pkce: {why}"));
    }
    let line = keys.line;
    reader.finish(keys);
    let client_id = client_id.filter(|_| reader.problems.len() == problems)?;
    Some(WantedApplication { line, client_id: client_id.to_string(), account, settings })
}

/// Where codes go; what stands behind a proxy alone gets none, and so does what asks for itself alone.
fn redirect_uris<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, native: bool) -> Vec<String> {
    let needs_none = ["sites", "own_scopes", "introspects"].iter().any(|key| keys.has(key));
    if needs_none && !keys.has("redirect_uris") {
        return Vec::new();
    }
    let example = "redirect_uris = [\"https://app.example.com/callback\"]";
    let found = reader.required_at::<Vec<String>>(keys, "redirect_uris", example);
    let Some((line, texts)) = found else { return Vec::new() };
    for text in &texts {
        reader.judged(line, "redirect_uris", RedirectUri::of_application(text.as_str(), native));
    }
    texts
}

/// By the rule for redirect URIs.
fn post_logout_redirect_uris<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, native: bool) -> Vec<String> {
    let name = "post_logout_redirect_uris";
    let Some((line, texts)) = reader.found::<Vec<String>>(keys, name) else { return Vec::new() };
    for text in &texts {
        reader.judged(line, name, RedirectUri::of_application(text.as_str(), native));
    }
    texts
}

/// By the rule for redirect URIs: https, or http on a loopback host.
fn backchannel_logout_uri<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> Option<String> {
    let (line, text) = reader.found::<String>(keys, "backchannel_logout_uri")?;
    let judged = reader.judged(line, "backchannel_logout_uri", BackChannelUri::new(text));
    judged.map(String::from)
}

/// `authentication = "client_secret"` or `"none"`, in the words of OpenID Connect Core §9 but for the two ways in which a
/// secret may travel: either is taken.
fn is_public<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> bool {
    let Some((line, text)) = reader.found::<String>(keys, "authentication") else { return false };
    let judged = match text.as_str() {
        "client_secret" => Ok(false),
        "none" => Ok(true),
        _ => Err(format!(
            "{text:?} is no way to authenticate; \"client_secret\" is one with secrets, \"none\" one on people's own \
             devices"
        )),
    };
    reader.judged(line, "authentication", judged).unwrap_or_default()
}

fn id_token_alg<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>) -> Option<String> {
    let (line, text) = reader.found::<String>(keys, "id_token_alg")?;
    let algorithm = reader.judged(line, "id_token_alg", text.parse::<Algorithm>())?;
    // The default stands in no settings, so that it is one state and not two.
    (algorithm != Algorithm::default()).then(|| algorithm.as_str().to_owned())
}

fn client_ids<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, key: &'static str) -> Vec<String> {
    let Some((line, texts)) = reader.found::<Vec<String>>(keys, key) else { return Vec::new() };
    for text in &texts {
        reader.judged(line, key, ClientId::new(text.as_str()));
    }
    texts
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
        (Some(name), None, None) => sources.secret_in_variable(&name, hashed),
        (None, Some(path), None) => sources.secret_in_file(&path, hashed),
        (None, None, Some(text)) => SecretHash::try_from(text).map_err(|error| error.to_string()),
        _ => Err(format!("exactly one of them is wanted: {SECRET}")),
    };
    reader.judged(line, "secrets", found)
}
