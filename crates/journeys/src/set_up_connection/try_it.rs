//! A test is begun from a page of set-up, and what became of it is told there.

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::connection::Connection;
use vestibule_domain::id::{AttemptId, ConnectionId};
use vestibule_domain::permission::Action;
use vestibule_domain::setup::SILENCE;
use vestibule_oidc::SetupToken;
use vestibule_store::StoreError;
use vestibule_store::tx::SetupNote;

use super::open::{Doorway, Entrance};
use crate::console::Viewer;
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::sign_in::{self, AskedFor, Next, TestProgress, TestReport, Visit};
use crate::trust::own_address;

/// Begins a test. Its attempt is remembered, so that no other test is shown on the page.
///
/// From the console it begins at the connection's own address, where its answer comes to: somebody may look at the
/// console at another one, whose cookies do not go there.
///
/// # Errors
/// The connection lacks something; those of the store.
pub async fn try_it(ctx: &Ctx, door: &Doorway, visit: Visit) -> Result<Next, Problem> {
    let id = match &door.entrance {
        Entrance::Link(link) => link.id,
        Entrance::Console { .. } => return elsewhere(ctx, door).await,
    };
    let visit = Visit { asked_for: AskedFor::Test(door.connection.id), ..visit };
    let next = sign_in::begin(ctx, visit).await?;
    if let Some(attempt) = begun(&next) {
        let now = ctx.now;
        let noted = ctx
            .store
            .write(move |tx| Box::pin(async move { tx.note_setup(id, SetupNote::Test(attempt), now, None).await }));
        noted.await?;
    }
    Ok(next)
}

async fn elsewhere(ctx: &Ctx, door: &Doorway) -> Result<Next, Problem> {
    let location = test_address(ctx, &door.account, &door.connection).await?;
    Ok(Next::Go { location, binding: None })
}

/// The address at which somebody in the console begins a test, of a connection in whatever state: what it brings is shown
/// there.
///
/// # Errors
/// [`Problem::NotFound`] for a connection that does not exist, or is not theirs to change.
pub async fn try_from_console(ctx: &Ctx, viewer: &Viewer, id: ConnectionId) -> Result<String, Problem> {
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(connection) = tx.connection(id).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.account(connection.account).await?.map(|account| (account, connection)))
        })
    });
    let (account, connection) = found.await?.ok_or(Problem::NotFound)?;
    if !viewer.may(Action::ChangeConnection, &account.path) {
        return Err(Problem::NotFound);
    }
    test_address(ctx, &account, &connection).await
}

/// The address at which a test begins that is shown in the console.
async fn test_address(ctx: &Ctx, account: &Account, connection: &Connection) -> Result<String, Problem> {
    let watch = SetupToken::new(ctx.now, &ctx.random());
    let (id, hash, now) = (connection.id, *watch.hash().as_bytes(), ctx.now);
    ctx.store.write(move |tx| Box::pin(async move { tx.await_console_test(id, &hash, now).await })).await?;
    let home = connection.saml.sub_domain.as_ref().or(account.sub_domain.as_ref());
    let address = own_address(&ctx.deployment.origin_of(home), id, "test");
    Ok(format!("{address}?watch={}", watch.to_text()))
}

/// Begins a test at the connection's own address. `watch` is what the console gave along; what is none changes nothing.
///
/// # Errors
/// The connection lacks something; those of the store.
pub async fn begin_watched(ctx: &Ctx, id: ConnectionId, watch: &str, visit: Visit) -> Result<Next, Problem> {
    let next = sign_in::begin(ctx, Visit { asked_for: AskedFor::Test(id), ..visit }).await?;
    if let (Some(watch), Some(attempt)) = (SetupToken::parse(watch), begun(&next)) {
        let (now, hash) = (ctx.now, *watch.hash().as_bytes());
        let noted =
            ctx.store.write(move |tx| Box::pin(async move { tx.note_console_test(id, &hash, attempt, now).await }));
        noted.await?;
    }
    Ok(next)
}

/// The attempt that somebody is sent to the identity provider for.
fn begun(next: &Next) -> Option<AttemptId> {
    match next {
        Next::Go { binding: Some(binding), .. } | Next::Post { binding, .. } => Some(binding.attempt),
        Next::Go { binding: None, .. } | Next::Page(_) | Next::Answer(_) => None,
    }
}

/// What became of the last test that was begun from a page of set-up.
#[derive(Debug)]
pub enum LastTest {
    /// There was none, or it is forgotten.
    None,
    /// It runs since then.
    Running(Timestamp),
    /// It was begun then, and for longer than a test takes no answer came: the person stands before a page of their
    /// identity provider.
    Silent(Timestamp),
    /// An answer came, and another browser brought it.
    Torn,
    /// It has ended.
    Ended(Box<TestReport>),
}

impl LastTest {
    /// Whether something is to come by itself.
    pub fn is_awaited(&self) -> bool {
        matches!(self, Self::Running(_) | Self::Silent(_))
    }
}

/// What became of the last test.
///
/// # Errors
/// Those of the store.
pub async fn last_test(ctx: &Ctx, door: &Doorway) -> Result<LastTest, Problem> {
    let Some((attempt, began)) = door.progress.test else {
        let awaited = door.progress.awaited_at.filter(|since| ctx.now.duration_since(*since) < SILENCE);
        return Ok(awaited.map_or(LastTest::None, LastTest::Running));
    };
    Ok(match sign_in::test_progress(ctx, attempt, door.connection.id).await? {
        None => LastTest::None,
        Some(TestProgress::Started) if ctx.now.duration_since(began) >= SILENCE => LastTest::Silent(began),
        Some(TestProgress::Started | TestProgress::Answered) => LastTest::Running(began),
        Some(TestProgress::Torn) => LastTest::Torn,
        Some(TestProgress::Ended(report)) => LastTest::Ended(report),
    })
}
