//! Certificates that end soon are told of, before nobody comes in any more.
//!
//! ```text
//! once a day, on one node ─▶ each active connection: its identity provider's certificates, and our own
//!                                 │ 60, 30 or 7 days left
//!                                 ▼
//!                  a line of the log, once for each certificate and each of these times;
//!                  a mail to both contacts where none beside it lasts longer
//! ```

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::connection::Connection;
use vestibule_domain::event::{Actor, CertificateOf, Fact};
use vestibule_domain::expiry::{Expiring, NOTICES, expiring};
use vestibule_store::tx::{ConnectionKey, KeyPurpose};
use vestibule_store::{StoreError, Tx};
use vestibule_xmlsec::keys::{Certificate, read_certificates};

use crate::ctx::Ctx;
use crate::jobs::{Job, Means, Turn};
use crate::metrics;
use crate::notices::{self, What};
use crate::problem::Problem;

/// How often certificates are looked at.
const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How many connections are read in one unit.
const PAGE: u32 = 100;

/// A certificate that ends soon.
struct Found {
    whose: CertificateOf,
    thumbprint: String,
    not_after: Timestamp,
    due: Expiring,
    /// Whether none of its kind at the connection lasts longer than any notice.
    is_last: bool,
}

/// Looks at all certificates, where a day has passed since somebody did.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    // What lists go by, of records that an earlier version wrote.
    while ctx.store.write(|tx| Box::pin(async move { tx.fill_in_lists(PAGE).await })).await? > 0 {}
    let now = ctx.now;
    let next = now.saturating_add(EVERY).unwrap_or(Timestamp::MAX);
    let is_due = ctx
        .store
        .write(move |tx| Box::pin(async move { tx.take_chore(Job::WatchCertificates.name(), now, next).await }));
    if !is_due.await? {
        return Ok(Turn::Done);
    }
    let mut after = None;
    loop {
        let page = ctx.store.read(move |tx| Box::pin(async move { page(tx, after).await })).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.id);
        for (connection, keys) in &page {
            for found in found(connection, keys, now) {
                tell(ctx, means, connection, found).await?;
            }
        }
    }
    Ok(Turn::Done)
}

async fn page(
    tx: &mut Tx,
    after: Option<vestibule_domain::id::ConnectionId>,
) -> Result<Vec<(Connection, Vec<ConnectionKey>)>, StoreError> {
    let mut page = Vec::new();
    for connection in tx.active_connections(after, PAGE).await? {
        let keys = tx.connection_keys(connection.id).await?;
        page.push((connection, keys));
    }
    Ok(page)
}

fn found(connection: &Connection, keys: &[ConnectionKey], now: Timestamp) -> Vec<Found> {
    let read = |octets: &[u8]| read_certificates(octets).unwrap_or_default();
    let theirs = connection.saml.certificates.iter().flat_map(|text| read(text.as_bytes()));
    let ours = keys.iter().filter(|key| key.is_active).flat_map(|key| {
        let whose = match key.purpose {
            KeyPurpose::Signing => CertificateOf::OurSigning,
            KeyPurpose::Decryption => CertificateOf::OurDecryption,
        };
        read(&key.certificate).into_iter().map(move |certificate| (whose, certificate))
    });
    let theirs = theirs.map(|certificate| (CertificateOf::IdentityProvider, certificate));
    let all: Vec<(CertificateOf, Certificate)> = theirs.chain(ours).collect();
    let longest = SignedDuration::from_hours(24).saturating_mul(i32::from(NOTICES[0]));
    let lasts = |certificate: &Certificate| certificate.not_after().duration_since(now) > longest;
    let one = |(whose, certificate): &(CertificateOf, Certificate)| {
        let due = expiring(certificate.not_after(), now)?;
        let is_last = !all.iter().any(|(of, other)| of == whose && lasts(other));
        let thumbprint = certificate.thumbprint_sha256();
        Some(Found { whose: *whose, thumbprint, not_after: certificate.not_after(), due, is_last })
    };
    all.iter().filter_map(one).collect()
}

/// Writes it down where that was not done before, and with it what is told by mail: of a certificate that another one
/// follows nothing, for nobody has to do anything.
async fn tell(ctx: &Ctx, means: &Means, connection: &Connection, found: Found) -> Result<(), Problem> {
    let fact = Fact::CertificateExpiring {
        connection: connection.id,
        whose: found.whose,
        thumbprint: found.thumbprint.clone(),
        not_after: found.not_after,
        days_left: found.due.days_left,
        last: found.is_last,
    };
    let (id, event) = (connection.id, ctx.event(connection.account, Actor::System, fact));
    let what = What::CertificateEnds {
        connection: connection.name.to_string(),
        whose: found.whose,
        thumbprint: found.thumbprint.clone(),
        not_after: found.not_after,
        days_left: found.due.days_left,
    };
    let news = if found.is_last { vec![what] } else { Vec::new() };
    let mails = notices::mails(ctx, means, connection.account, &news).await?;
    let (thumbprint, notice) = (found.thumbprint, found.due.notice);
    let told = ctx.store.write(move |tx| {
        Box::pin(async move {
            let told = tx.notice_certificate(id, &thumbprint, notice, &event).await?;
            if told {
                tx.insert_mails(&mails).await?;
            }
            Ok::<_, StoreError>(told)
        })
    });
    if told.await? {
        tracing::warn!(connection = %id, days_left = found.due.days_left, "a certificate of a connection ends soon");
        metrics::job_result(Job::WatchCertificates.name(), "told");
    }
    Ok(())
}
