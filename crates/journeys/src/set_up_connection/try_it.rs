//! A test is begun by a link, and what became of it is told on the link's page.

use jiff::Timestamp;
use vestibule_domain::setup::SILENCE;
use vestibule_store::tx::SetupNote;

use super::open::Doorway;
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::sign_in::{self, AskedFor, Next, TestProgress, TestReport, Visit};

/// Begins a test. Its attempt is remembered with the link, so that no other test is shown on its page.
///
/// # Errors
/// The connection lacks something; those of the store.
pub async fn try_it(ctx: &Ctx, door: &Doorway, visit: Visit) -> Result<Next, Problem> {
    let visit = Visit { asked_for: AskedFor::Test(door.connection.id), ..visit };
    let next = sign_in::begin(ctx, visit).await?;
    let attempt = match &next {
        Next::Go { binding: Some(binding), .. } | Next::Post { binding, .. } => Some(binding.attempt),
        Next::Go { binding: None, .. } | Next::Page(_) | Next::Answer(_) => None,
    };
    if let Some(attempt) = attempt {
        let (id, now) = (door.link.id, ctx.now);
        let noted = ctx
            .store
            .write(move |tx| Box::pin(async move { tx.note_setup(id, SetupNote::Test(attempt), now, None).await }));
        noted.await?;
    }
    Ok(next)
}

/// What became of the last test that was begun by a link.
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
    let Some((attempt, began)) = door.link.test else { return Ok(LastTest::None) };
    Ok(match sign_in::test_progress(ctx, attempt, door.connection.id).await? {
        None => LastTest::None,
        Some(TestProgress::Started) if ctx.now.duration_since(began) >= SILENCE => LastTest::Silent(began),
        Some(TestProgress::Started | TestProgress::Answered) => LastTest::Running(began),
        Some(TestProgress::Torn) => LastTest::Torn,
        Some(TestProgress::Ended(report)) => LastTest::Ended(report),
    })
}
