//! Applications that keep people signed in by refresh tokens, each good once.

use std::time::Duration;

use super::application::member;
use super::error::LoadError;
use super::http::Connection;
use super::identity_provider::IdentityProvider;
use super::run::{Load, Outcome, Target, sign_in};
use super::timed::{on_the_clock, timed};

/// The one request of a refresh.
pub const REQUESTS: [&str; 1] = ["POST token"];

/// The tokens that come from one sign-in, each in exchange for the one before.
#[derive(Debug)]
struct Family {
    person: u64,
    token: String,
    left: usize,
    times: Vec<Duration>,
}

/// Lets people sign in, off the clock, and renews their tokens so many times each, on the clock.
///
/// # Errors
/// A token was not renewed, or gave itself.
pub async fn refreshes(target: &Target, idp: &IdentityProvider, load: Load, each: usize) -> Result<Outcome, LoadError> {
    let (people, _) = sign_in(target, idp, load).await?;
    let family = |person: &super::sign_in::SignIn| {
        let token = member(person.tokens(), "refresh_token")?.to_owned();
        Ok(Family { person: person.person(), token, left: each, times: Vec::with_capacity(each) })
    };
    let families = people.iter().map(family).collect::<Result<Vec<_>, LoadError>>()?;
    let done = on_the_clock(target, load.clients, families, async |family: &mut Family, connection, target| {
        family.renew(connection, target).await
    })
    .await?;
    Ok(Outcome {
        clients: load.clients,
        requests: &REQUESTS,
        times: done.work.into_iter().flat_map(|family| family.times).collect(),
        wall: done.wall,
        server: done.server,
        client: done.client,
    })
}

impl Family {
    async fn renew(&mut self, connection: &mut Connection, target: &Target) -> Result<(), LoadError> {
        while self.left > 0 {
            let request = target.application.refresh(&self.token, &target.hosts.issuer);
            let (tokens, time) = timed(connection.text(&request, REQUESTS[0])).await?;
            let next = member(&tokens, "refresh_token")?;
            if next == self.token {
                let what = "a refresh token that was used is given again".to_owned();
                return Err(LoadError::Check { person: self.person, what });
            }
            next.clone_into(&mut self.token);
            self.times.push(time);
            self.left -= 1;
        }
        Ok(())
    }
}
