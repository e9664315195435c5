//! Who is let in at a site: one read of versions for each request, and what they stand for while they are the same.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use vestibule_domain::site::{self, SiteRule};
use vestibule_oidc::{ClientId, Scope, SiteClaims, Subject, UserClaims};
use vestibule_store::tx::{SiteFacts, SiteVersions};

use crate::ctx::Ctx;
use crate::issue_tokens::{algorithm, claims};
use crate::problem::Problem;

/// The headers that tell who it is, in the order of [`Visitor::headers`]. All of them are in each answer, an empty one
/// where there is nothing to tell, so that a proxy which copies them leaves none in place that a browser made up.
pub const HEADERS: [&str; 7] = [
    "x-vestibule-user",
    "x-vestibule-email",
    "x-vestibule-name",
    "x-vestibule-account",
    "x-vestibule-roles",
    "x-vestibule-groups",
    "x-vestibule-token",
];

/// How long a signed token is told again: half of its life.
const TOLD_AGAIN: SignedDuration = SignedDuration::from_secs(150);

/// The most browsers of which something is kept between requests; then all of it is forgotten at once, and read anew.
const MOST: usize = 20_000;

/// Somebody who is signed in at a site.
pub struct Visitor {
    /// What people call the application.
    pub application: String,
    /// The values of [`HEADERS`].
    pub headers: [String; HEADERS.len()],
    pub(super) rules: Arc<[SiteRule]>,
    account: String,
    roles: Vec<String>,
    groups: Vec<String>,
    origin: String,
    versions: SiteVersions,
    until: Timestamp,
}

/// What is known of visitors, by the hashes of their cookies.
#[derive(Default)]
pub struct Visitors(Mutex<BTreeMap<[u8; 32], Arc<Visitor>>>);

impl Visitor {
    pub(super) fn as_domain(&self) -> site::Visitor<'_> {
        site::Visitor { account: &self.account, roles: &self.roles, groups: &self.groups }
    }
}

impl Visitors {
    fn get(&self, hash: &[u8; 32]) -> Option<Arc<Visitor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn keep(&self, hash: [u8; 32], visitor: Arc<Visitor>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(hash, visitor);
    }
}

/// Who is signed in at a site by this cookie; nobody, where it opens nothing there by now.
pub(super) async fn find(ctx: &Ctx, hash: [u8; 32], origin: &str) -> Result<Option<Arc<Visitor>>, Problem> {
    let (now, site) = (ctx.now, origin.to_owned());
    let read = ctx.store.read(move |tx| Box::pin(async move { tx.site_versions(&hash, &site, now).await }));
    let Some(versions) = read.await? else { return Ok(None) };
    if let Some(known) = ctx.visitors.get(&hash)
        && known.versions == versions
        && known.origin == origin
        && ctx.now < known.until
    {
        return Ok(Some(known));
    }
    let site = origin.to_owned();
    let read = ctx.store.read(move |tx| Box::pin(async move { tx.site_facts(&hash, &site, now).await }));
    let Some(facts) = read.await? else { return Ok(None) };
    // One that serves a single account lets nobody in whose session is of another.
    if facts.application.account.is_some_and(|only| only != facts.account.id) {
        return Ok(None);
    }
    let visitor = Arc::new(visitor(ctx, origin, &facts)?);
    ctx.visitors.keep(hash, Arc::clone(&visitor));
    Ok(Some(visitor))
}

fn visitor(ctx: &Ctx, origin: &str, facts: &SiteFacts) -> Result<Visitor, Problem> {
    let SiteFacts { session, user, account, application, versions } = facts;
    let settings = &application.settings;
    let person = claims::person(&session.user, user.as_ref())?;
    let groups = person.profile.groups.clone();
    let told = claims::of(settings, account, session.connection, &person);
    let roles = claims::roles_of(settings, &person);
    let token = token(ctx, facts, person.sub.clone(), &told)?;
    let listed = |names: &[String]| names.iter().map(|name| encoded(name, true)).collect::<Vec<_>>().join(",");
    let one = |text: Option<&str>| encoded(text.unwrap_or_default(), false);
    let headers = [
        one(Some(&person.sub)),
        one(told.email.as_deref()),
        one(told.name.as_deref()),
        one(Some(account.path.to_string().as_str())),
        listed(&told.roles),
        listed(&told.groups),
        token,
    ];
    Ok(Visitor {
        application: settings.name.clone(),
        headers,
        rules: settings.site_rules.clone().into(),
        account: account.path.to_string(),
        roles,
        groups,
        origin: origin.to_owned(),
        versions: *versions,
        until: ctx.now.checked_add(TOLD_AGAIN).unwrap_or(Timestamp::MAX),
    })
}

fn token(ctx: &Ctx, facts: &SiteFacts, sub: String, told: &UserClaims) -> Result<String, Problem> {
    let audience = ClientId::new(&*facts.application.client_id).map_err(Problem::broken)?;
    let subject = Subject::new(sub).map_err(Problem::broken)?;
    let sid = facts.session.id.to_string();
    let scope = Scope::granted("openid profile email groups");
    let claims = SiteClaims::new(&ctx.issuer, &audience, &subject, &sid, (told, &scope), ctx.now);
    let ring = ctx.token_keys.ring();
    ring.signing(algorithm(&facts.application.settings)?, ctx.now)?.sign_site(&claims).map_err(Problem::broken)
}

/// A text in the characters of a header: what is not printable ASCII, and the percent sign, is percent-encoded as UTF-8;
/// in a list the comma too.
fn encoded(text: &str, in_list: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        let plain = matches!(octet, 0x20..=0x7e) && octet != b'%' && !(in_list && octet == b',');
        if plain {
            out.push(char::from(octet));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{octet:02X}");
        }
    }
    // A blank at an end would be dropped on the way.
    if out.starts_with(' ') || out.ends_with(' ') { out.replace(' ', "%20") } else { out }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("application", &self.application).finish_non_exhaustive()
    }
}

impl fmt::Debug for Visitors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitors").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_header_holds_any_text_in_printable_ascii() {
        assert_eq!(encoded("Ada Lovelace", false), "Ada Lovelace");
        assert_eq!(encoded("J\u{f6}rg, 100 %", false), "J%C3%B6rg, 100 %25");
        assert_eq!(encoded("a,b", true), "a%2Cb");
        assert_eq!(encoded("a\r\nx-vestibule-user: eve", false), "a%0D%0Ax-vestibule-user: eve");
        assert_eq!(encoded(" x", false), "%20x");
    }
}
