//! Somebody pauses a connection, puts it in force, or changes what it trusts: by the same planner that reads files, so
//! that checks, warnings and lines in the log are the same.

use vestibule_domain::account::Account;
use vestibule_domain::connection::{Connection, SamlSettings};
use vestibule_domain::id::ConnectionId;
use vestibule_domain::metadata::certificate_text;
use vestibule_domain::permission::Action;
use vestibule_store::StoreError;
use vestibule_xmlsec::keys::read_certificates;

use super::viewer::Viewer;
use crate::apply::{
    Activation, ApplyError, Seen, Wanted, WantedAccount, WantedConnection, WantedState, WantedSubDomain, carry_out,
    plan,
};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// What becomes of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionChange {
    /// It is in force no more, until somebody puts it in force again.
    Pause,
    /// It is in force.
    Activate(Activation),
    /// These certificates are trusted too: PEM, or base64 of DER.
    AddCertificates(String),
    /// This one is not trusted any more: its SHA-256.
    RemoveCertificate(String),
}

/// Why a connection is as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotChanged {
    /// Whoever wants it authenticated too long ago (A27.3).
    SignInAgain,
    /// What was given is no certificate: what is wrong with it.
    NotACertificate(String),
    /// It is trusted already.
    Already,
    /// It is not there, or the last one: without any, no answer can be trusted.
    NotRemovable,
    /// It cannot be: why, and what would do.
    Not(Vec<String>),
    /// Somebody else changed settings at the same moment.
    Overtaken,
    /// It was changed since whoever wants it looked.
    Changed,
}

/// Changes a connection. `Ok(Some(…))`: it is as it was.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn change_connection(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    change: ConnectionChange,
) -> Result<Option<NotChanged>, Problem> {
    change_connection_at(ctx, viewer, id, None, change).await
}

/// Changes a connection where all settings have this version still; none: whichever it is.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn change_connection_at(
    ctx: &Ctx,
    viewer: &Viewer,
    id: ConnectionId,
    held: Option<i64>,
    change: ConnectionChange,
) -> Result<Option<NotChanged>, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(connection.account).await?.map(|account| (connection, account)))
        })
    });
    let (connection, account) = found.await?.ok_or(Problem::NotFound)?;
    let may = |action| viewer.may(action, &account.path);
    let overrides = matches!(change, ConnectionChange::Activate(Activation::ByOperator));
    if !may(Action::ChangeConnection) || (overrides && !may(Action::SetEntitlement)) {
        return Err(Problem::NotFound);
    }
    // To pause is to trust less, and may be in a hurry.
    if change != ConnectionChange::Pause && !viewer.is_fresh(ctx.now) {
        return Ok(Some(NotChanged::SignInAgain));
    }
    let (state, saml) = match changed(&connection, change) {
        Ok(changed) => changed,
        Err(not) => return Ok(Some(not)),
    };
    let wanted = wanted(account, connection, state, saml);
    let planned = match plan(ctx, &wanted, viewer.actor()).await {
        Ok(planned) => planned,
        Err(error) => return not(error).map(Some),
    };
    if held.is_some_and(|held| held != planned.base()) {
        return Ok(Some(NotChanged::Changed));
    }
    // Whatever is changed here, no key of ours is.
    match carry_out(ctx, planned, |_| Err("no key is made here".to_owned())).await {
        Ok(()) => Ok(None),
        Err(error) => not(error).map(Some),
    }
}

fn changed(
    connection: &Connection,
    change: ConnectionChange,
) -> Result<(Option<WantedState>, SamlSettings), NotChanged> {
    let mut saml = connection.saml.clone();
    match change {
        ConnectionChange::Pause => Ok((Some(WantedState::Paused), saml)),
        ConnectionChange::Activate(activation) => Ok((Some(WantedState::Active(activation)), saml)),
        ConnectionChange::AddCertificates(text) => {
            let given = read_certificates(text.trim().as_bytes())
                .map_err(|error| NotChanged::NotACertificate(error.to_string()))?;
            let before: Vec<_> = saml.read_certificates().collect();
            let new: Vec<String> = given.iter().filter(|it| !before.contains(it)).map(certificate_text).collect();
            if new.is_empty() {
                return Err(NotChanged::Already);
            }
            saml.certificates.extend(new);
            Ok((None, saml))
        }
        ConnectionChange::RemoveCertificate(sha256) => {
            let before: Vec<_> = saml.read_certificates().collect();
            let left: Vec<String> =
                before.iter().filter(|it| it.thumbprint_sha256() != sha256).map(certificate_text).collect();
            if left.is_empty() || left.len() == before.len() {
                return Err(NotChanged::NotRemovable);
            }
            saml.certificates = left;
            Ok((None, saml))
        }
    }
}

/// The account as it is, with this one connection.
fn wanted(account: Account, connection: Connection, state: Option<WantedState>, saml: SamlSettings) -> Wanted {
    // What is not changed stays as it was when it was looked at, so it has to be so still.
    let seen = Seen::of(&account, Some(&connection));
    let connection =
        WantedConnection { line: 1, id: Some(connection.id), name: connection.name, state, saml, notes: Vec::new() };
    let account = WantedAccount {
        line: 1,
        path: account.path,
        kind: Some(account.kind),
        name: account.name,
        sub_domain: WantedSubDomain::AsItIs,
        settings: account.settings,
        logo: None,
        connections: vec![connection],
        domains: Vec::new(),
        users: Vec::new(),
    };
    Wanted { accounts: vec![account], seen, ..Wanted::default() }
}

/// Why nothing was changed.
pub(super) fn not(error: ApplyError) -> Result<NotChanged, Problem> {
    match error {
        ApplyError::Misfits(misfits) => {
            Ok(NotChanged::Not(misfits.into_iter().map(|misfit| misfit.reason.to_string()).collect()))
        }
        // No link is at work here.
        ApplyError::Stale | ApplyError::LinkOver => Ok(NotChanged::Overtaken),
        ApplyError::Key { problem, .. } => Ok(NotChanged::Not(vec![problem])),
        ApplyError::Seal(error) => Err(Problem::broken(error.to_string())),
        ApplyError::Store(error) => Err(error.into()),
    }
}
