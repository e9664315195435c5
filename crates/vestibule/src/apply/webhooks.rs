//! `[[webhook]]`.

use toml::de::DeValue;
use vestibule_domain::account::AccountPath;
use vestibule_domain::webhook::{MAX_SECRETS, Subscribed, WebhookSecret, WebhookSettings};
use vestibule_journeys::apply::WantedWebhook;
use vestibule_saml::types::{EndpointUrl, LoopbackHttp};

use super::document::{Keys, Reader, Value};
use super::sources::Sources;

/// What a secret may be. The secret itself never stands in the file, which is copied too easily.
const SECRET: &str =
    "a secret is { env = \"NAME\" } or { file = \"path\" }, and there it is whsec_ and 24 to 64 octets in base64";

pub(super) fn webhook<'t>(reader: &mut Reader<'t>, mut keys: Keys<'t>, sources: &Sources<'_>) -> Option<WantedWebhook> {
    let problems = reader.problems.len();
    let name = reader.required_at::<String>(&mut keys, "name", "name = \"crm\"");
    let name = name.and_then(|(line, text)| reader.judged(line, "name", text.parse()));
    let account = match reader.found::<String>(&mut keys, "account") {
        None => None,
        Some((line, path)) => reader.judged(line, "account", AccountPath::parse(&path)),
    };
    let url = reader.required_at::<String>(&mut keys, "url", "url = \"https://app.example.com/webhooks\"");
    let url = url.and_then(|(line, text)| reader.judged(line, "url", EndpointUrl::new(text, LoopbackHttp::Allow)));
    let events = reader.required::<Subscribed>(&mut keys, "events", "events = \"all\", or a list of kinds");
    let secrets = secrets(reader, &mut keys, sources);
    let is_enabled = reader.take(&mut keys, "enabled");
    let line = keys.line;
    reader.finish(keys);
    if reader.problems.len() != problems {
        return None;
    }
    let settings = WebhookSettings { url: url?.as_str().to_owned(), events: events? };
    Some(WantedWebhook { line, name: name?, account, is_enabled, secrets, settings })
}

fn secrets<'t>(reader: &mut Reader<'t>, keys: &mut Keys<'t>, sources: &Sources<'_>) -> Vec<WebhookSecret> {
    let line = keys.line;
    let Some((line, value)) = reader.raw(keys, "secrets") else {
        reader.problem(line, "secrets is missing in [[webhook]]; add secrets = [{ env = \"CRM_WEBHOOK_SECRET\" }]");
        return Vec::new();
    };
    let DeValue::Array(items) = value.into_inner() else {
        reader.problem(line, format!("secrets is a list; {SECRET}"));
        return Vec::new();
    };
    if items.is_empty() || items.len() > MAX_SECRETS {
        let got = items.len();
        reader
            .problem(line, format!("secrets has {got}, and 1 is wanted, or {MAX_SECRETS} during a rotation; {SECRET}"));
        return Vec::new();
    }
    items.into_iter().filter_map(|item| secret(reader, item, sources)).collect()
}

fn secret<'t>(reader: &mut Reader<'t>, value: Value<'t>, sources: &Sources<'_>) -> Option<WebhookSecret> {
    let line = reader.line(Some(value.span()));
    if !value.get_ref().is_table() {
        // Whatever stands there is not repeated: it may be the secret.
        reader.problem(line, format!("secrets: no secret stands in this file itself; {SECRET}"));
        return None;
    }
    let mut keys = reader.table(value, "a secret")?;
    let variable = reader.take::<String>(&mut keys, "env");
    let file = reader.take::<String>(&mut keys, "file");
    reader.finish(keys);
    let read = |text: &str| WebhookSecret::parse(text).map_err(|error| error.to_string());
    let found = match (variable, file) {
        (Some(name), None) => sources.secret_in_variable(&name, read),
        (None, Some(path)) => sources.secret_in_file(&path, read),
        _ => Err(format!("exactly one of them is wanted: {SECRET}")),
    };
    reader.judged(line, "secrets", found)
}
