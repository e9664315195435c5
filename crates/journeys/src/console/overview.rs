//! How a part of the tree is: sign-ins of the last days, what needs somebody, who waits, which certificates end.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::permission::Action;
use vestibule_domain::readiness::{Missing, Weakness};
use vestibule_store::tx::{
    DayCount, EndingCertificate, HourCount, ListedConnection, Refresh, SignInOutcome, WaitingCount,
};
use vestibule_store::{StoreError, Tx};

use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// How many days are shown.
const DAYS: i64 = 14;
/// How many of each kind are named.
const NAMED: u32 = 10;

/// How a part of the tree is.
#[derive(Debug)]
pub struct Overview {
    /// Which.
    pub spot: Spot,
    /// The last 14 days, the first one first; none for whoever may not see connections.
    pub days: Vec<Day>,
    /// The last hours, where they were asked for, the first one first.
    pub hours: Vec<Hour>,
    /// What of the sign-ins was asked for.
    pub span: Span,
    /// Connections that need somebody, those first by which most people come.
    pub needs: Vec<Need>,
    /// Whether there are more of them.
    pub more_needs: bool,
    /// Where people wait to be let in.
    pub waiting: Vec<WaitingCount>,
    /// The connections whose last certificate ends first, within a year.
    pub certificates: Vec<EndingCertificate>,
    /// Of how many it does so in each month from now on.
    pub months: [u64; 12],
}

/// The sign-ins of a day, by how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// The day, since 1970 in UTC.
    pub day: i64,
    /// With a session.
    pub signed_in: u64,
    /// In the waiting room.
    pub waits: u64,
    /// The answer holds, and the person was not let in.
    pub not_admitted: u64,
    /// The answer was refused.
    pub refused: u64,
}

/// The sign-ins of an hour, by how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hour {
    /// The hour, since 1970 in UTC.
    pub hour: i64,
    /// With a session.
    pub signed_in: u64,
    /// In the waiting room.
    pub waits: u64,
    /// The answer holds, and the person was not let in.
    pub not_admitted: u64,
    /// The answer was refused.
    pub refused: u64,
}

/// Over what time sign-ins are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Span {
    /// The last 14 days, day by day.
    #[default]
    Days,
    /// The last 24 hours, hour by hour.
    Hours24,
    /// The last 48 hours, hour by hour.
    Hours48,
}

/// A connection that needs somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Which.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Where its account stands.
    pub path: AccountPath,
    /// What its account is called.
    pub account_name: String,
    /// How far it is set up.
    pub state: ConnectionState,
    /// How many people are linked to it.
    pub people: u64,
    /// Why, the gravest first.
    pub reasons: Vec<Attention>,
}

/// Why a connection needs somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attention {
    /// Something is missing without which it cannot be in force.
    Missing(Missing),
    /// Something is weak.
    Weak(Weakness),
    /// Its metadata could not be read, or was not followed: in the words of whoever read it.
    Metadata(String),
}

impl Day {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.signed_in + self.waits + self.not_admitted + self.refused
    }
}

impl Hour {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.signed_in + self.waits + self.not_admitted + self.refused
    }
}

impl Span {
    /// How many hours; none: it is by days.
    const fn hours(self) -> Option<i64> {
        match self {
            Self::Days => None,
            Self::Hours24 => Some(24),
            Self::Hours48 => Some(48),
        }
    }
}

/// Why a connection needs somebody now; empty: it does not.
pub(super) fn reasons(listed: &ListedConnection, refresh: Option<&Refresh>, now: Timestamp) -> Vec<Attention> {
    let saml = &listed.connection.saml;
    let missing = saml.readiness().into_iter().map(Attention::Missing);
    let note = refresh.and_then(|refresh| refresh.note.as_ref());
    let metadata = note.map(|note| Attention::Metadata(note.text.clone()));
    missing.chain(saml.weaknesses(now).into_iter().map(Attention::Weak)).chain(metadata).collect()
}

/// The connections with why they need somebody.
pub(super) async fn with_reasons(
    tx: &mut Tx,
    listed: Vec<ListedConnection>,
    now: Timestamp,
) -> Result<Vec<(ListedConnection, Vec<Attention>)>, StoreError> {
    let mut found = Vec::with_capacity(listed.len());
    for one in listed {
        let refresh = tx.metadata_refresh(one.connection.id).await?;
        let reasons = reasons(&one, refresh.as_ref(), now);
        found.push((one, reasons));
    }
    Ok(found)
}

/// The overview of an account and all below it; none: of one's own.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn overview(ctx: &Ctx, viewer: &Viewer, path: Option<AccountPath>, span: Span) -> Result<Overview, Problem> {
    let spot = viewer.spot(ctx, path, Action::SeeAccount).await?;
    let sees_connections = viewer.may(Action::SeeConnections, &spot.account.path);
    let sees_waiting = viewer.sees_all_who_wait();
    let (within, id, now) = (spot.account.path.clone(), spot.account.id, ctx.now);
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let waiting = if sees_waiting { tx.waiting_counts(&within, NAMED).await? } else { Vec::new() };
            if !sees_connections {
                return Ok::<_, StoreError>(((Vec::new(), Vec::new()), Vec::new(), waiting, Vec::new(), [0; 12]));
            }
            let counts = match span {
                Span::Days => (tx.sign_in_counts(id, now).await?, Vec::new()),
                Span::Hours24 | Span::Hours48 => (Vec::new(), tx.sign_ins_by_hour(id, now).await?),
            };
            let listed = tx.connections_in_need(&within, now, NAMED + 1).await?;
            let needs = with_reasons(tx, listed, now).await?;
            let certificates = tx.ending_certificates(&within, now, NAMED).await?;
            Ok((counts, needs, waiting, certificates, tx.certificates_by_month(&within, now).await?))
        })
    });
    let ((by_day, by_hour), needs, waiting, certificates, months) = found.await?;
    let more_needs = needs.len() > NAMED as usize;
    let need = |(listed, reasons): (ListedConnection, Vec<Attention>)| Need {
        id: listed.connection.id,
        name: listed.connection.name.to_string(),
        path: listed.path,
        account_name: listed.account_name,
        state: listed.connection.state,
        people: listed.people,
        reasons,
    };
    Ok(Overview {
        days: if sees_connections && span == Span::Days { days(&by_day, now) } else { Vec::new() },
        hours: span.hours().filter(|_| sees_connections).map(|last| hours(&by_hour, last, now)).unwrap_or_default(),
        span,
        needs: needs.into_iter().take(NAMED as usize).filter(|(_, reasons)| !reasons.is_empty()).map(need).collect(),
        more_needs,
        waiting,
        certificates,
        months,
        spot,
    })
}

/// Each of the last days, whether somebody signed in or not.
fn days(counts: &[DayCount], now: Timestamp) -> Vec<Day> {
    let last = now.as_second().div_euclid(86_400);
    let day = |day: i64| {
        let of = |outcome| {
            let found = counts.iter().find(|count| count.day == day && count.outcome == outcome);
            found.map_or(0, |count| count.number)
        };
        Day {
            day,
            signed_in: of(SignInOutcome::SignedIn),
            waits: of(SignInOutcome::Waits),
            not_admitted: of(SignInOutcome::NotAdmitted),
            refused: of(SignInOutcome::Refused),
        }
    };
    (last - DAYS + 1..=last).map(day).collect()
}

/// Each of the last hours, whether somebody signed in or not.
fn hours(counts: &[HourCount], shown: i64, now: Timestamp) -> Vec<Hour> {
    let last = now.as_second().div_euclid(3600);
    let hour = |hour: i64| {
        let of = |outcome| {
            let found = counts.iter().find(|count| count.hour == hour && count.outcome == outcome);
            found.map_or(0, |count| count.number)
        };
        Hour {
            hour,
            signed_in: of(SignInOutcome::SignedIn),
            waits: of(SignInOutcome::Waits),
            not_admitted: of(SignInOutcome::NotAdmitted),
            refused: of(SignInOutcome::Refused),
        }
    };
    (last - shown + 1..=last).map(hour).collect()
}
