//! Somebody who is signed in already opens another application: the code flow with PKCE, the ID token, userinfo.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use vestibule_oidc::relying_party::Pending;

use super::application::{code, user_info};
use super::error::LoadError;
use super::http::Connection;
use super::identity_provider::IdentityProvider;
use super::run::{Load, Outcome, Target, keys, random, sign_in};
use super::sign_in::SignIn;
use super::timed::{on_the_clock, timed};

/// The requests of a visit, in order.
pub const REQUESTS: [&str; 3] = ["GET authorize", "POST token", "GET userinfo"];

/// One visit of one person.
#[derive(Debug)]
struct Visit {
    person: u64,
    /// By whom they are known from their sign-in.
    subject: String,
    pending: Pending,
    authorize: Vec<u8>,
    callback: String,
    tokens: String,
    user_info: String,
    times: [Duration; 3],
}

/// Lets people sign in, off the clock, and visit the application again and again, on the clock.
///
/// # Errors
/// A visit did not lead to a good ID token and the same person's claims.
pub async fn visits(target: &Target, idp: &IdentityProvider, load: Load, each: usize) -> Result<Outcome, LoadError> {
    let (people, _) = sign_in(target, idp, load).await?;
    let keys = keys(target).await?;
    let mut visits = Vec::with_capacity(people.len() * each);
    for _ in 0..each {
        for person in &people {
            visits.push(Visit::of(person, person.check(&target.application, &keys, Timestamp::now())?, target));
        }
    }
    let done = on_the_clock(target, load.clients, visits, async |visit: &mut Visit, connection, target| {
        visit.make(connection, target).await
    })
    .await?;
    let now = Timestamp::now();
    for visit in &done.work {
        let wrong = |what| LoadError::Check { person: visit.person, what };
        let checked = target.application.check(&visit.pending, &visit.callback, &visit.tokens, &keys, now);
        let said: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&visit.user_info).map_err(|error| wrong(error.to_string()))?;
        let said = said.get("sub").and_then(serde_json::Value::as_str);
        if checked.map_err(wrong)?.sub != visit.subject || said != Some(&*visit.subject) {
            return Err(wrong("another person than the one who signed in".to_owned()));
        }
    }
    Ok(Outcome {
        clients: load.clients,
        requests: &REQUESTS,
        times: done.work.iter().flat_map(|visit| visit.times).collect(),
        wall: done.wall,
        server: done.server,
        client: done.client,
    })
}

impl Visit {
    fn of(person: &SignIn, subject: String, target: &Target) -> Self {
        let pending = Pending::from_random(&random());
        let (host, cookies) = person.browser();
        Self {
            person: person.person(),
            subject,
            authorize: target.application.authorize(&pending, host, cookies),
            pending,
            callback: String::new(),
            tokens: String::new(),
            user_info: String::new(),
            times: [Duration::ZERO; 3],
        }
    }

    async fn make(&mut self, connection: &mut Connection, target: &Target) -> Result<(), LoadError> {
        let (application, issuer) = (&target.application, &target.hosts.issuer);
        let (answer, time) = timed(connection.exchange(&self.authorize)).await?;
        self.times[0] = time;
        let location = answer.see_other(REQUESTS[0])?;
        let Some(callback) = application.callback(location) else {
            let what = format!("the browser was sent to {location} instead of the application");
            return Err(LoadError::Check { person: self.person, what });
        };
        callback.clone_into(&mut self.callback);
        let code = code(callback).ok_or(LoadError::Http { what: "there is no code" })?;
        let request = application.redeem(&self.pending, code, issuer);
        let (tokens, time) = timed(connection.text(&request, REQUESTS[1])).await?;
        self.times[1] = time;
        (self.user_info, self.times[2]) = timed(connection.text(&user_info(&tokens, issuer)?, REQUESTS[2])).await?;
        self.tokens = tokens;
        Ok(())
    }
}
