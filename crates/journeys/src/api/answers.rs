//! A request that comes twice is carried out once: by its `Idempotency-Key`, of one program, for a day.

use vestibule_store::tx::Begun;
use vestibule_store::{NONCE_LENGTH, Sealable, Sealed, StoreError};

use crate::ctx::Ctx;
use crate::problem::Problem;

/// An answer as it is kept: it may hold what is told once, so it is sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept(pub Vec<u8>);

impl Sealable for Kept {
    const PURPOSE: &'static str = "answer of the admin API";

    fn octets(&self) -> &[u8] {
        &self.0
    }

    fn from_octets(octets: &[u8]) -> Option<Self> {
        Some(Self(octets.to_vec()))
    }
}

/// What is to be done about a request.
#[derive(Clone, PartialEq, Eq)]
pub enum Tried {
    /// It is carried out here.
    Here,
    /// It is being carried out at this moment.
    UnderWay,
    /// This was answered.
    Answered(Kept),
    /// It was carried out, and what was answered cannot be read any more.
    Lost,
    /// Another request came under the key.
    Another,
}

/// A program's answers.
#[derive(Debug, Clone)]
pub struct Answers {
    /// Whose.
    pub program: String,
    /// The `Idempotency-Key`.
    pub name: String,
}

impl Answers {
    /// Begins a request, whose hash this is, unless it came before.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn begin(&self, ctx: &Ctx, request: [u8; 32]) -> Result<Tried, Problem> {
        let (own, now) = (self.clone(), ctx.now);
        let begun = ctx.store.write(move |tx| {
            Box::pin(async move { tx.begin_api_answer(&own.program, &own.name, &request, now).await })
        });
        Ok(match begun.await? {
            Begun::Here => Tried::Here,
            Begun::Elsewhere => Tried::UnderWay,
            Begun::Another => Tried::Another,
            Begun::Answered(octets) => {
                let sealed = Sealed::<Kept>::from_stored(octets);
                // Sealed with a key that is gone since.
                ctx.store.sealer().open(&self.row(), &sealed).map_or(Tried::Lost, Tried::Answered)
            }
        })
    }

    /// Keeps what was answered.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keep(&self, ctx: &Ctx, answer: &Kept) -> Result<(), Problem> {
        let sealed = ctx.store.sealer().seal(&self.row(), answer, ctx.random::<NONCE_LENGTH>());
        let octets = sealed.map_err(StoreError::from)?.stored().to_vec();
        let (own, now) = (self.clone(), ctx.now);
        let kept = ctx
            .store
            .write(move |tx| Box::pin(async move { tx.keep_api_answer(&own.program, &own.name, now, &octets).await }));
        kept.await.map(drop).map_err(Problem::from)
    }

    /// Forgets the request: nothing was carried out, and it may come again.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn forget(&self, ctx: &Ctx) -> Result<(), Problem> {
        let (own, now) = (self.clone(), ctx.now);
        let forgotten = ctx
            .store
            .write(move |tx| Box::pin(async move { tx.forget_api_answer(&own.program, &own.name, now).await }));
        forgotten.await.map(drop).map_err(Problem::from)
    }

    fn row(&self) -> String {
        format!("{} {}", self.program, self.name)
    }
}

/// Without the answer.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept(…)")
    }
}

/// Without the answer.
impl std::fmt::Debug for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Here => "Here",
            Self::UnderWay => "UnderWay",
            Self::Answered(_) => "Answered(…)",
            Self::Lost => "Lost",
            Self::Another => "Another",
        })
    }
}
