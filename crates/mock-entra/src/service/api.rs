//! Settings by HTTP: JSON below `/api`. Documented in this crate's README.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use jiff::{SignedDuration, Span};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vestibule_saml::time;

use super::change::{ApplicationHandle, Listed, TenantHandle, unknown};
use super::{Application, CertificateStatus, ChangeError, Entra, Group, Tenant, User};

pub(super) fn router() -> Router<Entra> {
    Router::new()
        .route("/tenants", get(tenants))
        .route("/tenants/{tenant}", get(tenant).patch(patch_tenant))
        .route("/tenants/{tenant}/applications", post(add_application))
        .route(
            "/tenants/{tenant}/applications/{application}",
            get(application).patch(patch_application).delete(delete_application),
        )
        .route("/tenants/{tenant}/applications/{application}/certificates", get(certificates).post(new_certificate))
        .route(
            "/tenants/{tenant}/applications/{application}/certificates/{thumbprint}",
            get(download).delete(delete_certificate),
        )
        .route("/tenants/{tenant}/applications/{application}/certificates/{thumbprint}/activate", post(activate))
        .route("/tenants/{tenant}/users", post(add_user))
        .route("/tenants/{tenant}/users/{user}", get(user).patch(patch_user).delete(delete_user))
        .route("/tenants/{tenant}/groups", post(add_group))
        .route("/tenants/{tenant}/groups/{group}", get(group).patch(patch_group).delete(delete_group))
        .route("/sessions/backdate", post(backdate))
}

/// Why a call does nothing.
enum ApiError {
    Change(ChangeError),
    Json(serde_json::Error),
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Change(error @ ChangeError::Unknown { .. }) => (StatusCode::NOT_FOUND, error.to_string()),
            Self::Change(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            Self::Json(error) => (StatusCode::BAD_REQUEST, error.to_string()),
        };
        answer(status, &json!({ "error": text }))
    }
}

type Answer = Result<Response, ApiError>;

fn answer(status: StatusCode, value: &impl Serialize) -> Response {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    (status, [("content-type", "application/json")], text + "\n").into_response()
}

fn done(value: &impl Serialize) -> Response {
    answer(StatusCode::OK, value)
}

async fn tenants(State(entra): State<Entra>) -> Response {
    done(&entra.seed().tenants)
}

async fn tenant(State(entra): State<Entra>, Path(name): Path<String>) -> Answer {
    Ok(done(&entra.tenant(&name)?.get()))
}

async fn patch_tenant(State(entra): State<Entra>, Path(name): Path<String>, body: Bytes) -> Answer {
    let handle = entra.tenant(&name)?;
    let changed: Tenant = merged(&handle.get(), &body)?;
    handle.change(|tenant| *tenant = changed)?;
    Ok(done(&handle.get()))
}

async fn add_application(State(entra): State<Entra>, Path(name): Path<String>, body: Bytes) -> Answer {
    let new: Application = serde_json::from_slice(&body)?;
    let handle = entra.tenant(&name)?;
    let id = new.app_id.clone();
    handle.change(|tenant| tenant.applications.push(new))?;
    Ok(answer(StatusCode::CREATED, &handle.application(&id)?.get()))
}

async fn application(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>) -> Answer {
    Ok(done(&entra.application(&tenant, &name)?.get()))
}

async fn patch_application(
    State(entra): State<Entra>,
    Path((tenant, name)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let handle = entra.application(&tenant, &name)?;
    let changed: Application = merged(&handle.get(), &body)?;
    handle.change(|app| *app = changed)?;
    Ok(done(&handle.get()))
}

async fn delete_application(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>) -> Answer {
    let id = entra.application(&tenant, &name)?.get().app_id;
    entra.tenant(&tenant)?.change(|tenant| tenant.applications.retain(|app| app.app_id != id))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn certificates(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>) -> Answer {
    let listed = entra.application(&tenant, &name)?.certificates();
    Ok(done(&listed.iter().map(shown).collect::<Vec<_>>()))
}

async fn new_certificate(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>) -> Answer {
    let handle = entra.application(&tenant, &name)?;
    let thumbprint = handle.new_certificate()?;
    Ok(answer(StatusCode::CREATED, &shown(&one(&handle, &thumbprint)?)))
}

async fn activate(
    State(entra): State<Entra>,
    Path((tenant, name, thumbprint)): Path<(String, String, String)>,
) -> Answer {
    let handle = entra.application(&tenant, &name)?;
    handle.activate_certificate(&thumbprint)?;
    Ok(done(&shown(&one(&handle, &thumbprint)?)))
}

async fn delete_certificate(
    State(entra): State<Entra>,
    Path((tenant, name, thumbprint)): Path<(String, String, String)>,
) -> Answer {
    entra.application(&tenant, &name)?.delete_certificate(&thumbprint)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `THUMBPRINT.cer` is base64, `THUMBPRINT.der` raw, `THUMBPRINT.pem` PEM (E-47).
async fn download(State(entra): State<Entra>, Path((tenant, name, file)): Path<(String, String, String)>) -> Answer {
    let handle = entra.application(&tenant, &name)?;
    let (thumbprint, form) = file.rsplit_once('.').unwrap_or((&file, ""));
    let listed = one(&handle, thumbprint)?;
    let der = listed.certificate.der();
    Ok(match form {
        "der" => ([("content-type", "application/pkix-cert")], der.to_vec()).into_response(),
        "cer" | "pem" => ([("content-type", "application/x-pem-file")], pem(der)).into_response(),
        _ => answer(StatusCode::OK, &shown(&listed)),
    })
}

pub(super) fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\r\n{}\r\n-----END CERTIFICATE-----\r\n", lines.join("\r\n"))
}

fn one(handle: &ApplicationHandle, thumbprint: &str) -> Result<Listed, ChangeError> {
    let mut all = handle.certificates().into_iter();
    let found = all.find(|it| it.certificate.thumbprint_sha1().eq_ignore_ascii_case(thumbprint));
    found.ok_or_else(|| unknown("certificate", thumbprint))
}

/// With the days on which Entra would write mails before the end (E-48).
fn shown(listed: &Listed) -> Value {
    let certificate = &listed.certificate;
    let before = |days: i64| certificate.not_after().checked_sub(Span::new().hours(24 * days)).ok().map(time::format);
    json!({
        "thumbprint": certificate.thumbprint_sha1(),
        "subject": certificate.subject(),
        "key": listed.key,
        "not_before": time::format(certificate.not_before()),
        "not_after": time::format(certificate.not_after()),
        "status": if listed.status == CertificateStatus::Active { "active" } else { "inactive" },
        "signs": listed.signs,
        "expiry_mails": [before(60), before(30), before(7)],
    })
}

async fn add_user(State(entra): State<Entra>, Path(name): Path<String>, body: Bytes) -> Answer {
    let new: User = serde_json::from_slice(&body)?;
    let handle = entra.tenant(&name)?;
    let id = new.user_principal_name.clone();
    handle.change(|tenant| tenant.users.push(new))?;
    Ok(answer(StatusCode::CREATED, &find_user(&handle, &id)?))
}

async fn user(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>) -> Answer {
    Ok(done(&find_user(&entra.tenant(&tenant)?, &name)?))
}

async fn patch_user(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>, body: Bytes) -> Answer {
    let handle = entra.tenant(&tenant)?;
    let before = find_user(&handle, &name)?;
    let changed: User = merged(&before, &body)?;
    let id = changed.id.clone();
    handle.change(|tenant| {
        tenant.users.iter_mut().filter(|user| user.id == before.id).for_each(|user| user.clone_from(&changed));
    })?;
    Ok(done(&find_user(&handle, &id)?))
}

async fn delete_user(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>) -> Answer {
    let handle = entra.tenant(&tenant)?;
    let found = find_user(&handle, &name)?;
    handle.change(|tenant| tenant.users.retain(|user| user.id != found.id))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn find_user(handle: &TenantHandle, name: &str) -> Result<User, ChangeError> {
    handle.get().user(name).cloned().ok_or_else(|| unknown("user", name))
}

async fn add_group(State(entra): State<Entra>, Path(name): Path<String>, body: Bytes) -> Answer {
    let new: Group = serde_json::from_slice(&body)?;
    let handle = entra.tenant(&name)?;
    let id = new.display_name.clone();
    handle.change(|tenant| tenant.groups.push(new))?;
    Ok(answer(StatusCode::CREATED, &find_group(&handle, &id)?))
}

async fn group(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>) -> Answer {
    Ok(done(&find_group(&entra.tenant(&tenant)?, &name)?))
}

async fn patch_group(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>, body: Bytes) -> Answer {
    let handle = entra.tenant(&tenant)?;
    let before = find_group(&handle, &name)?;
    let changed: Group = merged(&before, &body)?;
    let id = changed.id.clone();
    handle.change(|tenant| {
        tenant.groups.iter_mut().filter(|group| group.id == before.id).for_each(|group| group.clone_from(&changed));
    })?;
    Ok(done(&find_group(&handle, &id)?))
}

async fn delete_group(State(entra): State<Entra>, Path((tenant, name)): Path<(String, String)>) -> Answer {
    let handle = entra.tenant(&tenant)?;
    let found = find_group(&handle, &name)?;
    handle.change(|tenant| tenant.groups.retain(|group| group.id != found.id))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn find_group(handle: &TenantHandle, name: &str) -> Result<Group, ChangeError> {
    handle.get().groups.into_iter().find(|group| group.is(name)).ok_or_else(|| unknown("group", name))
}

/// Makes all sessions older by `{"seconds": n}` (E-25).
async fn backdate(State(entra): State<Entra>, body: Bytes) -> Answer {
    let value: Value = serde_json::from_slice(&body)?;
    entra.backdate_sessions(SignedDuration::from_secs(value["seconds"].as_i64().unwrap_or_default()));
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// JSON Merge Patch (RFC 7396).
fn merged<T: Serialize + DeserializeOwned>(before: &T, patch: &[u8]) -> Result<T, serde_json::Error> {
    let mut value = serde_json::to_value(before)?;
    merge(&mut value, serde_json::from_slice(patch)?);
    serde_json::from_value(value)
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    if let Value::Object(target) = target {
        for (name, value) in patch {
            if value.is_null() {
                target.remove(&name);
            } else {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}
