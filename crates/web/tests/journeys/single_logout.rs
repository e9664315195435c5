//! Single logout: the identity provider ends sessions here (XC-13, MX-24), and we ask it to end its own.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{AccountKind, Admission};
use vestibule_domain::connection::{LogoutReply, SignOnBinding};
use vestibule_domain::event::Fact;
use vestibule_domain::logout::{Found, Outcome};
use vestibule_domain::ways::Permitted;
use vestibule_mock_entra::service::{Key, LogoutDraft};
use vestibule_saml::binding::redirect::RedirectBinding;
use vestibule_saml::binding::{Field, Received, RelayState, Signer};
use vestibule_saml::logout::{LogoutExpectation, LogoutOutcome, LogoutRequest, LogoutResponse};
use vestibule_saml::sp::IdpTrust;
use vestibule_saml::types::{
    EndpointUrl, EntityId, LoopbackHttp, NameId, NameIdFormat, RequestId, SessionIndex, Status, StatusCode as SamlCode,
};
use vestibule_store::tx::KeyPurpose;
use vestibule_xmlsec::keys::read_certificates;

use crate::support::{ADA, Browser, ENTRA, GLOBEX_TENANT, Party, Seen, World, account, parameter, party};

const BERT: &str = "bert@acme.example";
const HOST: &str = "acme.localhost:8400";
const SESSION: &str = "vestibule_session";
const ME: &str = "http://acme.localhost:8400/me";
const SIGN_OUT: &str = "http://acme.localhost:8400/sign-out";
const KEY: [&str; 2] =
    [include_str!("../../../../vectors/keys/sp.key.pem"), include_str!("../../../../vectors/keys/sp.cert.pem")];

/// A deployment in which `acme` takes part in single logout.
pub(crate) async fn world() -> World {
    let world = World::new().await;
    take_part(&world, &world.acme).await;
    world
}

pub(crate) async fn take_part(world: &World, party: &Party) {
    world.add_key(party, KeyPurpose::Signing, KEY).await;
    world.set(party, |saml| saml.logout_url = Some(endpoint(&entra(party)))).await;
    world.app_of(party).change(|app| app.logout_url = Some(party.at("slo"))).unwrap();
}

fn entra(party: &Party) -> String {
    format!("{ENTRA}/{}/saml2", party.tenant)
}

fn endpoint(url: &str) -> EndpointUrl {
    EndpointUrl::new(url, LoopbackHttp::Allow).unwrap()
}

/// Somebody signs in: the browser, and the identity provider's name of the session.
async fn signed_in(world: &World, person: &str) -> (Browser, String) {
    let mut browser = world.browser();
    let (onward, index) = answered(world, &mut browser, person).await;
    browser.get(&onward).await.location();
    assert!(is_in(&mut browser).await);
    (browser, index)
}

async fn is_in(browser: &mut Browser) -> bool {
    browser.get(ME).await.status == StatusCode::OK
}

/// What Entra sends by a browser to the application whose session ends (E-40).
fn broadcast(world: &World, person: &str, index: Option<&str>) -> LogoutDraft {
    world.entra.broadcast(world.acme.tenant, "Vestibule", person, index).unwrap()
}

/// Our answer in the address to which a browser is sent: proved by our certificate.
#[track_caller]
fn answer_in(world: &World, location: &str, asked: &RequestId) -> LogoutResponse {
    let received = Received::from(RedirectBinding::parse(location).unwrap());
    assert_eq!(received.field, Field::SamlResponse);
    let (we, to) = (ourselves(world), endpoint(&entra(&world.acme)));
    let expect = LogoutExpectation::new(we.entity_id(), we.keys(), &to, world.now());
    LogoutResponse::accept(&received, asked, &expect).unwrap()
}

fn ourselves(world: &World) -> IdpTrust {
    let certificates = read_certificates(KEY[1].as_bytes()).unwrap();
    IdpTrust::new(EntityId::new(world.acme.at("metadata")).unwrap(), &certificates).unwrap()
}

async fn logouts(world: &World) -> Vec<(usize, Found)> {
    let facts = world.facts().await.into_iter();
    facts
        .filter_map(|fact| match fact {
            Fact::LoggedOut { sessions, found, .. } => Some((sessions.len(), found)),
            _ => None,
        })
        .collect()
}

/// E-37, E-38: Entra signs the query in lower-case percent-encoding, and what is verified are its octets. E-40: the
/// session is found by its index though the NameID is another one than at sign-in.
#[tokio::test]
async fn the_identity_provider_ends_a_session_by_its_index() {
    let world = world().await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let (mut elsewhere, _) = signed_in(&world, ADA).await;
    let (mut bert, _) = signed_in(&world, BERT).await;
    let mut draft = broadcast(&world, ADA, Some(&index));
    draft.relay_state = Some("as it came: ü".to_owned());
    let url = draft.url().unwrap();
    assert!(url.contains("%3a%2f") || url.contains("%2f") || url.contains("%2b"), "lower case: {url}");
    assert!(!url.contains("%2F") && !url.contains("%3A") && !url.contains("%2B"), "lower case: {url}");

    let seen = ada.get(&url).await;
    let answer = answer_in(&world, &seen.location(), &draft.request.id);
    assert_eq!(answer.outcome(), LogoutOutcome::Complete);
    assert_eq!(parameter(&seen.location(), "RelayState").as_deref(), Some("as it came: ü"));
    assert_eq!(ada.cookie(HOST, SESSION), None, "the cookie is gone with it");
    assert!(!is_in(&mut ada).await);
    assert!(is_in(&mut elsewhere).await && is_in(&mut bert).await, "one session, of one person");
    assert_eq!(logouts(&world).await, [(1, Found::SessionIndex)]);
}

/// MX-28, E-40: a connection that serves accounts below its own ends its subject's sessions in all of them; each
/// account's audit log has its own. Another connection's people stay (A26.1).
#[tokio::test]
async fn a_connection_that_serves_several_accounts_ends_the_sessions_in_all_of_them() {
    let world = world().await;
    world.change_account(&world.acme, |acme| acme.kind = AccountKind::Reseller).await;
    let bakery = party("bakery", GLOBEX_TENANT, "bakery.example", 3);
    let mut below = account(bakery.account, Some(world.acme.account), "acme/bakery", AccountKind::Customer);
    below.settings.admission = Admission::Create;
    below.settings.permitted = Some(Permitted::Inherit);
    world.save_account(&below).await;
    let (mut at_acme, _) = signed_in(&world, ADA).await;
    let mut at_bakery = world.browser();
    world.sign_in(&mut at_bakery, &bakery, ADA).await;
    let mut at_globex = world.browser();
    world.sign_in(&mut at_globex, &world.globex, "dora@globex.example").await;
    let bakery_me = format!("{}/me", bakery.origin);
    assert_eq!(at_bakery.get(&bakery_me).await.status, StatusCode::OK);

    let mut draft = broadcast(&world, ADA, None);
    draft.request.name_id = NameId::new(ADA, NameIdFormat::EMAIL_ADDRESS);
    let seen = world.browser().get(&draft.url().unwrap()).await;
    assert_eq!(answer_in(&world, &seen.location(), &draft.request.id).outcome(), LogoutOutcome::Complete);
    assert!(!is_in(&mut at_acme).await);
    assert_ne!(at_bakery.get(&bakery_me).await.status, StatusCode::OK);
    assert_eq!(at_globex.get(&format!("{}/me", world.globex.origin)).await.status, StatusCode::OK);
    assert_eq!(logouts(&world).await, [(1, Found::NameId), (1, Found::NameId)], "one line for each account");
}

/// E-40: without an index all of a person's sessions end, found by the NameID of the sign-in; no cookie is needed.
#[tokio::test]
async fn the_identity_provider_ends_all_sessions_of_a_name() {
    let world = world().await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    let (mut elsewhere, _) = signed_in(&world, ADA).await;
    let (mut bert, _) = signed_in(&world, BERT).await;
    let mut draft = broadcast(&world, ADA, None);
    draft.request.name_id = NameId::new(ADA, NameIdFormat::EMAIL_ADDRESS);
    let seen = world.browser().get(&draft.url().unwrap()).await;
    assert_eq!(answer_in(&world, &seen.location(), &draft.request.id).outcome(), LogoutOutcome::Complete);
    assert!(!is_in(&mut ada).await && !is_in(&mut elsewhere).await);
    assert!(is_in(&mut bert).await);
    assert_eq!(logouts(&world).await, [(2, Found::NameId)]);
}

/// E-40: a pairwise name that nobody knows ends the session of the browser that brings it, and from then on leads to the
/// same person without a cookie.
#[tokio::test]
async fn a_pairwise_name_is_learnt_from_a_browser_and_found_by_afterwards() {
    let world = world().await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    ada.get(&broadcast(&world, ADA, None).url().unwrap()).await.location();
    assert!(!is_in(&mut ada).await);

    let (mut again, _) = signed_in(&world, ADA).await;
    let (mut bert, _) = signed_in(&world, BERT).await;
    let draft = broadcast(&world, ADA, None);
    let seen = world.browser().get(&draft.url().unwrap()).await;
    assert_eq!(answer_in(&world, &seen.location(), &draft.request.id).outcome(), LogoutOutcome::Complete);
    assert!(!is_in(&mut again).await);
    assert!(is_in(&mut bert).await);
    assert_eq!(logouts(&world).await, [(1, Found::Browser), (1, Found::EarlierName)]);
}

/// A name that is known to nobody, and no browser that shows a session: nobody is told that all is over.
#[tokio::test]
async fn a_logout_that_finds_nobody_is_answered_with_partial_logout() {
    let world = world().await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    let draft = broadcast(&world, BERT, None);
    let seen = world.browser().get(&draft.url().unwrap()).await;
    let answer = answer_in(&world, &seen.location(), &draft.request.id);
    assert_eq!(answer.outcome(), LogoutOutcome::Partial);
    assert!(is_in(&mut ada).await);
    assert_eq!(logouts(&world).await, [(0, Found::Nothing)]);
}

/// A session that has ended is no reason to end the person's others, nor to say that any is left.
#[tokio::test]
async fn a_session_that_ended_before_is_told_as_ended() {
    let world = world().await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let (mut elsewhere, _) = signed_in(&world, ADA).await;
    ada.post(SIGN_OUT, &[]).await.location();
    let draft = broadcast(&world, ADA, Some(&index));
    let seen = elsewhere.get(&draft.url().unwrap()).await;
    assert_eq!(answer_in(&world, &seen.location(), &draft.request.id).outcome(), LogoutOutcome::Complete);
    assert!(is_in(&mut elsewhere).await);
    assert_eq!(logouts(&world).await, [(0, Found::EndedBefore)]);
}

/// A code that was not redeemed opens nothing once the session behind it has ended.
#[tokio::test]
async fn codes_end_with_the_session() {
    let world = world().await;
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    let arrived = browser.deliver(&world.answer(&sent, ADA)).await;
    browser.get(&broadcast(&world, ADA, None).url().unwrap()).await.location();
    let refused = world.token(&browser, &pending, &arrived.location()).await;
    refused.shows(StatusCode::BAD_REQUEST, "invalid_grant");
}

/// MX-24: the same by HTTP-POST, with a signature in the message and an answer by the connection's binding.
#[tokio::test]
async fn a_logout_request_may_be_posted() {
    let world = world().await;
    world.set(&world.acme, |saml| saml.logout_binding = SignOnBinding::Post).await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let draft = broadcast(&world, ADA, Some(&index));
    let relay_state = RelayState::new("rs-1").unwrap();
    let form = draft.request.post_form(Some(&relay_state), &Signer::new(draft.key.signing_key())).unwrap();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
    let seen = ada.post_from_elsewhere(&world.acme.at("slo"), body).await;
    seen.shows(StatusCode::OK, "SAMLResponse");
    seen.shows(StatusCode::OK, &format!("action=\"{}\"", entra(&world.acme)));
    seen.shows(StatusCode::OK, "value=\"rs-1\"");
    assert!(!is_in(&mut ada).await);
}

/// SAML Metadata §2.2.2: a `ResponseLocation` is where answers go; requests still go to the logout address.
#[tokio::test]
async fn answers_go_to_an_address_of_their_own_where_there_is_one() {
    let world = world().await;
    let answers = format!("{ENTRA}/answers");
    world.set(&world.acme, |saml| saml.logout_answer_url = Some(endpoint(&answers))).await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let seen = ada.get(&broadcast(&world, ADA, Some(&index)).url().unwrap()).await;
    assert!(seen.location().starts_with(&format!("{answers}?SAMLResponse=")), "{}", seen.location());
    assert!(!is_in(&mut ada).await);
    let (mut again, _) = signed_in(&world, ADA).await;
    let (sent, _) = sign_out(&world, &mut again).await;
    assert!(sent.location().starts_with(&format!("{}?SAMLRequest=", entra(&world.acme))), "{}", sent.location());
}

/// E-41: an identity provider that refuses answers is sent none, and the person is told by us.
#[tokio::test]
async fn no_answer_is_sent_where_the_connection_says_so() {
    let world = world().await;
    world.set(&world.acme, |saml| saml.logout_reply = LogoutReply::None).await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let seen = ada.get(&broadcast(&world, ADA, Some(&index)).url().unwrap()).await;
    seen.shows(StatusCode::OK, "Microsoft asked us to end your session, and it has ended.");
    assert!(!is_in(&mut ada).await);
    let nobody = world.browser().get(&broadcast(&world, BERT, None).url().unwrap()).await;
    nobody.shows(StatusCode::OK, "could not find in this browser");
}

/// What is refused: the page, the code in the connection's list, nobody signed out. `audited` where the signature holds.
async fn refuses(world: &World, ada: &mut Browser, url: &str, code: &str, audited: bool) {
    let told = |facts: Vec<Fact>| {
        let is_told = |fact: &&Fact| matches!(fact, Fact::LogoutRefused { code: told, .. } if told == code);
        (facts.iter().filter(is_told).count(), facts.len())
    };
    let before = told(world.facts().await);
    let seen = ada.get(url).await;
    seen.shows(StatusCode::FORBIDDEN, "The message about signing out cannot be acted on.");
    assert_eq!(world.recent_codes(&world.acme).await[0], code, "{url}");
    let more = usize::from(audited);
    assert_eq!(told(world.facts().await), (before.0 + more, before.1 + more), "{code} in the audit log");
    assert!(is_in(ada).await, "{code} signed somebody out");
}

/// A26.1: nobody is signed out by a message that the identity provider did not make, for us, now.
#[tokio::test]
async fn a26_1_a_forged_logout_request_ends_nothing() {
    let world = world().await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let draft = || broadcast(&world, ADA, Some(&index));
    let good = draft().url().unwrap();

    let unsigned = good.split("&SigAlg=").next().unwrap();
    refuses(&world, &mut ada, unsigned, "logout_not_signed", false).await;
    let reencoded = good.replace("%2f", "%2F").replace("%3a", "%3A").replace("%2b", "%2B").replace("%3d", "%3D");
    assert_ne!(reencoded, good);
    refuses(&world, &mut ada, &reencoded, "logout_signature", false).await;
    let weaker = good.replace("rsa-sha256", "rsa-sha1").replace("2001%2f04%2fxmldsig-more", "2000%2f09%2fxmldsig");
    refuses(&world, &mut ada, &weaker, "logout_signature", false).await;
    for twice in ["SAMLRequest", "SigAlg", "Signature"] {
        let doubled = format!("{good}&{twice}={}", "x");
        refuses(&world, &mut ada, &doubled, "logout_garbled", false).await;
    }
    let mut by_another = draft();
    by_another.key = std::sync::Arc::new(Key::named("attacker").unwrap());
    refuses(&world, &mut ada, &by_another.url().unwrap(), "logout_signature", false).await;
    let inside = draft().request.post_form(None, &Signer::new(draft().key.signing_key())).unwrap();
    let enveloped = deflated(&world, &inside.fields[0].1);
    refuses(&world, &mut ada, &enveloped, "logout_signature", false).await;
    refuses(&world, &mut ada, &world.acme.at("slo"), "logout_garbled", false).await;
}

/// The XML of a form as an unsigned query.
fn deflated(world: &World, base64: &str) -> String {
    use base64::Engine as _;
    let xml = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
    let query = vestibule_saml::binding::redirect::query(Field::SamlRequest, std::str::from_utf8(&xml).unwrap(), None);
    format!("{}?{query}", world.acme.at("slo"))
}

/// A26.1: what the identity provider signed for another place, another time or in another's name.
#[tokio::test]
async fn a26_1_a_genuine_logout_request_that_is_not_for_us_now_ends_nothing() {
    let world = world().await;
    take_part(&world, &world.globex).await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let draft = || broadcast(&world, ADA, Some(&index));
    let at = |draft: &LogoutDraft| {
        let url = draft.url().unwrap();
        format!("{}?{}", world.acme.at("slo"), url.split_once('?').unwrap().1)
    };

    let mut elsewhere = draft();
    elsewhere.request.destination = endpoint(&world.globex.at("slo"));
    refuses(&world, &mut ada, &at(&elsewhere), "logout_destination", true).await;
    let mut another = draft();
    another.request.issuer = EntityId::new(format!("https://sts.windows.net/{GLOBEX_TENANT}/")).unwrap();
    refuses(&world, &mut ada, &another.url().unwrap(), "logout_issuer", true).await;
    let mut future = draft();
    future.request.issue_instant = world.now() + SignedDuration::from_mins(10);
    refuses(&world, &mut ada, &future.url().unwrap(), "logout_from_the_future", true).await;
    let mut late = draft();
    late.request.not_on_or_after = Some(world.now() - SignedDuration::from_mins(3));
    refuses(&world, &mut ada, &late.url().unwrap(), "logout_expired", false).await;

    let once = draft();
    let (mut bert, _) = signed_in(&world, BERT).await;
    bert.get(&once.url().unwrap()).await.location();
    assert!(!is_in(&mut ada).await && is_in(&mut bert).await, "by the index, whoever brings it");
    let again = bert.get(&once.url().unwrap()).await;
    again.shows(StatusCode::FORBIDDEN, "The message about signing out cannot be acted on.");
    assert_eq!(world.recent_codes(&world.acme).await[0], "logout_replayed");
    assert!(is_in(&mut bert).await);
}

/// A26.1: another connection's identity provider names our person, and its message reaches no session but its own; nor
/// does a browser's cookie of another connection count.
#[tokio::test]
async fn a26_1_no_connection_ends_the_session_of_another() {
    let world = world().await;
    take_part(&world, &world.globex).await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let mut draft = world.entra.broadcast(GLOBEX_TENANT, "Vestibule", "dora@globex.example", Some(&index)).unwrap();
    draft.request.name_id = NameId::new(ADA, NameIdFormat::EMAIL_ADDRESS);
    ada.get(&draft.url().unwrap()).await.location();
    assert!(is_in(&mut ada).await, "by name and index of a session of another connection");
    // The address of one connection at the host of the other, which has the cookie.
    let crossed = draft.url().unwrap().replace("globex.localhost", "acme.localhost");
    let seen = ada.get(&crossed).await;
    seen.shows(StatusCode::FORBIDDEN, "The message about signing out cannot be acted on.");
    assert!(is_in(&mut ada).await);
    assert_eq!(logouts(&world).await, [(0, Found::Nothing)]);
}

/// A connection without a logout address takes no part: its sign-ins write nothing for it, and no message ends anything.
#[tokio::test]
async fn a_connection_without_a_logout_address_takes_no_part() {
    let world = World::new().await;
    world.app_of(&world.acme).change(|app| app.logout_url = Some(world.acme.at("slo"))).unwrap();
    let (mut ada, index) = signed_in(&world, ADA).await;
    let url = broadcast(&world, ADA, Some(&index)).url().unwrap();
    refuses(&world, &mut ada, &url, "logout_not_set", false).await;
    ada.post(SIGN_OUT, &[]).await.shows(StatusCode::OK, "You may still be signed in at Microsoft.");
}

/// Where the request to the identity provider leads.
async fn sign_out(world: &World, browser: &mut Browser) -> (Seen, LogoutRequest) {
    let seen = browser.post(SIGN_OUT, &[]).await;
    assert_eq!(browser.cookie(HOST, SESSION), None);
    let location = seen.location();
    assert!(location.starts_with(&entra(&world.acme)), "{location}");
    let received = Received::from(RedirectBinding::parse(&location).unwrap());
    let (we, to) = (ourselves(world), endpoint(&entra(&world.acme)));
    let expect = LogoutExpectation::new(we.entity_id(), we.keys(), &to, world.now());
    let request = LogoutRequest::accept(&received, &expect).unwrap();
    (seen, request)
}

/// XC-13, E-39: our session ends first; then the identity provider is asked with what it asserted, by an ID that begins
/// with no digit; its answer comes back, and the page says that all is over.
#[tokio::test]
async fn signing_out_here_signs_out_at_the_identity_provider_too() {
    let world = world().await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let mut thief = ada.clone();
    let (seen, request) = sign_out(&world, &mut ada).await;
    assert!(!is_in(&mut thief).await, "ended before anybody was asked");
    assert!(request.id.as_str().starts_with('_'));
    assert_eq!(request.name_id.value, ADA);
    assert_eq!(request.session_indexes, [SessionIndex::new(index).unwrap()]);

    let back = world.entra.logout_answer(&seen.location()).unwrap().url().unwrap();
    let returned = ada.get(&back).await;
    let page = ada.get(&returned.location()).await;
    page.shows(StatusCode::OK, "You are signed out at Microsoft too, and everywhere that it knows of.");
    ada.get(&ada.clone().get(&back).await.location()).await.shows(StatusCode::OK, "signed out at Microsoft too");
    let told: Vec<_> =
        world.facts().await.into_iter().filter(|fact| matches!(fact, Fact::LogoutAnswered { .. })).collect();
    assert!(matches!(told.as_slice(), [Fact::LogoutAnswered { outcome: Outcome::Complete, .. }]), "once: {told:?}");
}

/// E-42: what the identity provider could not do is told in its words and in ours. The page is another person's in no
/// other place: at another host there is none.
#[tokio::test]
async fn a_partial_or_failed_logout_is_told_with_its_reason() {
    let world = world().await;
    let partial = Status::failure(SamlCode::RESPONDER, Some(SamlCode::PARTIAL_LOGOUT), None);
    let failed = |number: u32| {
        let text = format!("AADSTS{number}: Signout failed.");
        Status::failure(SamlCode::REQUESTER, None, Some(text))
    };
    for (status, said, means) in [
        (partial, "PartialLogout", "some other application did not answer"),
        (failed(50061), "AADSTS50061", "Microsoft did not sign you out"),
        (failed(50068), "AADSTS50068", "The application is not part of the session that was to end."),
        (failed(50070), "AADSTS50070", "names a session that Microsoft does not know"),
        (failed(50071), "AADSTS50071", "The request to sign out was too old."),
    ] {
        let (mut ada, _) = signed_in(&world, ADA).await;
        let (seen, _) = sign_out(&world, &mut ada).await;
        let mut answer = world.entra.logout_answer(&seen.location()).unwrap();
        answer.response.status = status;
        let page = ada.get(&answer.url().unwrap()).await.location();
        let shown = ada.get(&page).await;
        shown.shows(StatusCode::OK, said);
        shown.shows(StatusCode::OK, means);
        let elsewhere = page.replace("acme.localhost", "globex.localhost");
        ada.get(&elsewhere).await.shows(StatusCode::NOT_FOUND, "There is nothing at this address");
    }
}

/// A26.1: an answer that is not signed, or to no request of ours, tells nobody anything.
#[tokio::test]
async fn an_answer_to_our_request_is_checked() {
    let world = world().await;
    let (mut bert, _) = signed_in(&world, BERT).await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    let (seen, _) = sign_out(&world, &mut ada).await;
    let answer = || world.entra.logout_answer(&seen.location()).unwrap();
    let good = answer().url().unwrap();
    let page = format!("{SIGN_OUT}/{}", parameter(&good, "RelayState").unwrap());

    refuses(&world, &mut bert, good.split("&SigAlg=").next().unwrap(), "logout_not_signed", false).await;
    let mut forged = answer();
    forged.key = std::sync::Arc::new(Key::named("attacker").unwrap());
    refuses(&world, &mut bert, &forged.url().unwrap(), "logout_signature", false).await;
    let mut other = answer();
    other.response.in_response_to = RequestId::new("_other").unwrap();
    refuses(&world, &mut bert, &other.url().unwrap(), "logout_not_asked", true).await;
    let mut nothing = answer();
    nothing.relay_state = None;
    nothing.response.in_response_to = RequestId::new("_other").unwrap();
    refuses(&world, &mut bert, &nothing.url().unwrap(), "logout_not_asked", false).await;
    ada.get(&page).await.shows(StatusCode::OK, "has not said yet whether you are signed out there");

    let mut lost = answer();
    lost.relay_state = None;
    assert_eq!(ada.get(&lost.url().unwrap()).await.location(), page, "found by InResponseTo");
    world.pass(SignedDuration::from_mins(31));
    refuses(&world, &mut bert, &answer().url().unwrap(), "logout_not_asked", false).await;
    ada.get(&page).await.shows(StatusCode::NOT_FOUND, "There is nothing at this address");
}

/// E-41: a request of the identity provider that comes while ours is in flight is served, and ours is still answered.
#[tokio::test]
async fn a_logout_request_is_served_while_ours_is_in_flight() {
    let world = world().await;
    let (mut ada, index) = signed_in(&world, ADA).await;
    let (seen, _) = sign_out(&world, &mut ada).await;
    let draft = broadcast(&world, ADA, Some(&index));
    let served = ada.get(&draft.url().unwrap()).await;
    assert_eq!(answer_in(&world, &served.location(), &draft.request.id).outcome(), LogoutOutcome::Complete);
    let back = ada.get(&world.entra.logout_answer(&seen.location()).unwrap().url().unwrap()).await;
    ada.get(&back.location()).await.shows(StatusCode::OK, "signed out at Microsoft too");
}

/// E-39, E-42: the stand-in refuses what Entra refuses.
#[tokio::test]
async fn the_stand_in_wants_a_name_and_an_id_without_a_digit_in_front() {
    let world = world().await;
    let ask = |xml: String| {
        let query = vestibule_saml::binding::redirect::query(Field::SamlRequest, &xml, None);
        world.entra.logout_answer(&format!("{}?{query}", entra(&world.acme))).map(|answer| answer.response.status)
    };
    let request = LogoutRequest::new(
        RequestId::new("_7").unwrap(),
        world.now(),
        EntityId::new(world.acme.at("metadata")).unwrap(),
        endpoint(&entra(&world.acme)),
        NameId::new("whoever", NameIdFormat::UNSPECIFIED),
    );
    assert!(ask(request.xml()).unwrap().is_success(), "whatever the name says");
    let number = |xml: String| ask(xml).unwrap_err().code;
    assert_eq!(number(request.xml().replace("ID=\"_7\"", "ID=\"7\"")), 7_500_529);
    let nameless = request.xml();
    let from = nameless.find("<saml:NameID").unwrap();
    let to = nameless.find("</saml:NameID>").unwrap() + "</saml:NameID>".len();
    assert_eq!(number(format!("{}{}", &nameless[..from], &nameless[to..])), 7_500_530);
    world.pass(SignedDuration::from_mins(6));
    assert!(ask(request.xml()).unwrap().message.unwrap().starts_with("AADSTS50071"));
    world.app_of(&world.acme).change(|app| app.logout_url = None).unwrap();
    assert_eq!(number(request.xml()), 50061);
}

/// MX-24: what the identity provider reads of us names the address, by both bindings.
#[tokio::test]
async fn our_metadata_names_the_logout_address_with_both_bindings() {
    let world = world().await;
    let seen = world.browser().get(&world.acme.at("metadata")).await;
    for binding in ["HTTP-Redirect", "HTTP-POST"] {
        let service = format!(
            "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"{}\"",
            world.acme.at("slo")
        );
        seen.shows(StatusCode::OK, &service);
    }
}

/// The request goes by HTTP-POST where the connection says so.
#[tokio::test]
async fn our_request_may_be_posted() {
    let world = world().await;
    world.set(&world.acme, |saml| saml.logout_binding = SignOnBinding::Post).await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    let seen = ada.post(SIGN_OUT, &[]).await;
    seen.shows(StatusCode::OK, &format!("action=\"{}\"", entra(&world.acme)));
    seen.shows(StatusCode::OK, "name=\"SAMLRequest\"");
    assert!(!is_in(&mut ada).await);
}

/// E-40, A26.1: a request that names a session ends no other one: not that of a browser which somebody had open the
/// request of a session of their own.
#[tokio::test]
async fn somebody_elses_request_ends_no_session_of_the_browser_that_brings_it() {
    let world = world().await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    let of_bert = broadcast(&world, BERT, Some("_a-session-of-which-we-never-heard"));
    let seen = ada.get(&of_bert.url().unwrap()).await;
    assert_eq!(answer_in(&world, &seen.location(), &of_bert.request.id).outcome(), LogoutOutcome::Partial);
    assert!(is_in(&mut ada).await);
    // Nor is the name learnt.
    let again = broadcast(&world, BERT, None);
    world.browser().get(&again.url().unwrap()).await;
    assert!(is_in(&mut ada).await);
    assert_eq!(logouts(&world).await, [(0, Found::Nothing), (0, Found::Nothing)]);
}

/// XC-13: a request that comes while a sign-in is between its answer and its end ends that sign-in, by the session's name
/// or by the person's; others go on.
#[tokio::test]
async fn a_sign_in_on_its_way_is_ended_too() {
    for found in [Found::SessionIndex, Found::NameId] {
        let world = world().await;
        let (mut ada, mut bert) = (world.browser(), world.browser());
        let (to_ada, index) = answered(&world, &mut ada, ADA).await;
        let (to_bert, _) = answered(&world, &mut bert, BERT).await;

        let mut draft = broadcast(&world, ADA, Some(index.as_str()).filter(|_| found == Found::SessionIndex));
        draft.request.name_id = NameId::new(ADA, NameIdFormat::EMAIL_ADDRESS);
        let seen = world.browser().get(&draft.url().unwrap()).await;
        assert_eq!(answer_in(&world, &seen.location(), &draft.request.id).outcome(), LogoutOutcome::Complete);
        assert_eq!(logouts(&world).await, [(0, found)]);

        ada.get(&to_ada).await.shows(StatusCode::GONE, "This sign-in is over");
        assert!(!is_in(&mut ada).await);
        bert.get(&to_bert).await;
        assert!(is_in(&mut bert).await);
    }
}

/// Somebody up to where their answer has arrived: where they go from there, and the identity provider's name of the
/// session.
async fn answered(world: &World, browser: &mut Browser, person: &str) -> (String, String) {
    let (_, sent) = world.start(browser, &world.acme).await;
    let mut index = String::new();
    let answer = world.answer_bent(&sent, person, |draft| index.clone_from(&draft.response.assertion_id));
    (browser.post_from_elsewhere(&answer.action, answer.body()).await.location(), index)
}
