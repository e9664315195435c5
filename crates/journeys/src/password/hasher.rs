//! The work that makes a password expensive to guess, so many at once and no more: each takes 19 MiB.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::SaltString;
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::password::{self, Unfit};

use super::leaked::{Leaked, LeakedError};
use crate::problem::Problem;

/// So many are worked on at once.
const AT_ONCE: usize = 2;

/// So many more may wait; who comes then is told to come again.
const WAITING: usize = 30;

/// KiB of memory: with two passes and one lane what OWASP's Password Storage Cheat Sheet recommends.
const MEMORY: u32 = 19 * 1024;

/// Octets of salt.
pub(super) const SALT: usize = 16;

/// What a password is compared with that nobody has: as much work, and never equal.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes passwords, and compares them with hashes and with what became known.
pub struct Hasher {
    leaked: Option<Arc<Leaked>>,
    line: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
    compared: AtomicU64,
}

/// Too many passwords are being compared at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{AT_ONCE} passwords are being compared and {WAITING} wait; the next one is heard in a moment")]
pub struct Busy;

impl Default for Hasher {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Hasher {
    /// With the list of passwords that nobody may choose, if there is one.
    pub fn new(leaked: Option<Arc<Leaked>>) -> Self {
        Self {
            leaked,
            line: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            compared: AtomicU64::new(0),
        }
    }

    /// Whether somebody may choose this password; the inner error says why not. `names` are those of
    /// [`check`](password::check). A list that cannot be read lets nobody choose any.
    pub(super) async fn is_fit(
        &self,
        password: &str,
        email: &EmailAddress,
        names: &[&str],
    ) -> Result<Result<(), Unfit>, Problem> {
        if let Err(unfit) = password::check(password, email, names) {
            return Ok(Err(unfit));
        }
        let Some(leaked) = self.leaked.clone() else { return Ok(Ok(())) };
        // As it was typed and as it is hashed: the list has what people typed elsewhere.
        let (typed, hashed) = (password.to_owned(), normal(password));
        let look = move || Ok(leaked.has(&typed)? || leaked.has(&hashed)?);
        let known: Result<bool, LeakedError> = tokio::task::spawn_blocking(look).await.map_err(Problem::broken)?;
        Ok(if known.map_err(Problem::broken)? { Err(Unfit::Leaked) } else { Ok(()) })
    }

    /// The hash of a new password.
    pub(super) async fn hash(&self, password: &str, salt: [u8; SALT]) -> Result<String, Problem> {
        self.work(normal(password), move |password| {
            let salt = SaltString::encode_b64(&salt).map_err(Problem::broken)?;
            let hash = argon2()?.hash_password(password.as_bytes(), &salt).map_err(Problem::broken)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether a password is the one of this hash. Without a hash it is not, after as much work.
    pub(super) async fn is(&self, password: &str, phc: Option<&str>) -> Result<bool, Problem> {
        let phc = phc.unwrap_or(NOBODYS).to_owned();
        self.compared.fetch_add(1, Ordering::Relaxed);
        self.work(normal(password), move |password| {
            let hash = PasswordHash::new(&phc).map_err(Problem::broken)?;
            match argon2()?.verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::Password) => Ok(false),
                Err(error) => Err(Problem::broken(error)),
            }
        })
        .await
    }

    /// How many passwords were compared since the process began, those of nobody among them: what a comparison costs is
    /// all that a stranger could measure.
    pub fn compared(&self) -> u64 {
        self.compared.load(Ordering::Relaxed)
    }

    async fn work<T: Send + 'static>(
        &self,
        password: String,
        work: impl FnOnce(&str) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.place()?;
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(Problem::broken)?;
        // The work keeps its place even where whoever asked is gone.
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&password);
            drop((place, turn));
            done
        });
        done.await.map_err(Problem::broken)?
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.line).try_acquire_owned().map_err(|_| Problem::Busy(Busy))
    }
}

/// One spelling of what is the same to people (NIST SP 800-63B-4 §3.1.1.2): keyboards differ in how they compose.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

fn argon2() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(MEMORY, 2, 1, None).map_err(Problem::broken)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("places", &self.line.available_permits()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash_however_it_is_composed() {
        let hasher = Hasher::default();
        let phc = hasher.hash("zw\u{f6}lf \u{c4}pfel", [7; SALT]).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(hasher.is("zwo\u{308}lf A\u{308}pfel", Some(&phc)).await.unwrap());
        assert!(!hasher.is("zwolf Apfel", Some(&phc)).await.unwrap());
        assert!(!hasher.is("", None).await.unwrap(), "nobody has a password");
    }

    #[tokio::test]
    async fn whoever_comes_when_the_line_is_full_is_told_at_once() {
        let hasher = Hasher::default();
        let places: Vec<_> = (0..AT_ONCE + WAITING).map(|_| hasher.place().unwrap()).collect();
        assert!(matches!(hasher.is("x", None).await, Err(Problem::Busy(Busy))));
        drop(places);
        assert!(!hasher.is("x", None).await.unwrap());
    }
}
