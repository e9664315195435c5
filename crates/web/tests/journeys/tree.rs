//! A reseller's identity provider serves the accounts below it, as far as each level permits and chooses.

use http::StatusCode;
use vestibule_domain::account::{AccountKind, AccountSettings, Admission, Start, UnprovedEmail};
use vestibule_domain::connection::{ConnectionState, Unsolicited};
use vestibule_domain::event::Fact;
use vestibule_domain::ways::{Entitlement, Permitted, SignInBy};
use vestibule_oidc::relying_party::IdToken;

use crate::support::{
    ACME_TENANT, ADA, BASE, Browser, CALLBACK, ENTRA, GLOBEX_TENANT, Party, Seen, World, account, party,
};

/// `acme` is a reseller with a connection of its own; `bakery` stands below it, and `oven` below that.
struct Tree {
    world: World,
    bakery: Party,
    oven: Party,
}

impl Tree {
    async fn new() -> Self {
        let world = World::new().await;
        world.change_account(&world.acme, |acme| acme.kind = AccountKind::Reseller).await;
        let bakery = party("bakery", GLOBEX_TENANT, "bakery.example", 3);
        let oven = party("oven", GLOBEX_TENANT, "oven.example", 4);
        let tree = Self { world, bakery, oven };
        tree.add(&tree.bakery, &tree.world.acme, "acme/bakery", AccountKind::Reseller).await;
        tree.add(&tree.oven, &tree.bakery, "acme/bakery/oven", AccountKind::Customer).await;
        tree
    }

    async fn add(&self, party: &Party, above: &Party, path: &str, kind: AccountKind) {
        let mut account = account(party.account, Some(above.account), path, kind);
        account.settings.admission = Admission::Create;
        self.world.save_account(&account).await;
    }

    async fn set(&self, party: &Party, change: impl FnOnce(&mut AccountSettings)) {
        self.world.change_account(party, |account| change(&mut account.settings)).await;
    }

    async fn permit(&self, party: &Party, permitted: Permitted) {
        self.set(party, |settings| settings.permitted = Some(permitted)).await;
    }

    /// Gives an account a connection of its own, to the tenant of `globex`.
    async fn connect(&self, party: &Party) {
        let app = self.world.app_of(party);
        app.change(|app| {
            app.identifiers.push(party.at("metadata"));
            app.reply_urls.push(party.at("acs"));
        })
        .unwrap();
        self.world.save_connection(&self.world.entra_connection(party, ConnectionState::Active)).await;
        // Guests of globex are people there.
        self.set(party, |settings| settings.unproved_email = UnprovedEmail::Withhold).await;
    }

    /// Where somebody is sent who begins at an account's address: a tenant at Entra, a page to choose, or nowhere.
    async fn led(&self, party: &Party) -> String {
        let (_, seen) = self.world.start(&mut self.world.browser(), party).await;
        match seen.status {
            StatusCode::SEE_OTHER => {
                let location = seen.location();
                let tenant = location.strip_prefix(&format!("{ENTRA}/")).unwrap_or("elsewhere");
                tenant.split('/').next().unwrap().to_owned()
            }
            _ if seen.body.contains("/sign-in/start") => "a choice".to_owned(),
            _ => "nowhere".to_owned(),
        }
    }

    async fn sign_in(&self, browser: &mut Browser, party: &Party, person: &str) -> IdToken {
        self.world.sign_in(browser, party, person).await
    }

    /// Begins at an account, answers at Entra, and comes back after something happened.
    async fn after(&self, party: &Party, person: &str, happens: impl AsyncFnOnce(&Self)) -> Seen {
        let mut browser = self.world.browser();
        let (_, sent) = self.world.start(&mut browser, party).await;
        let delivery = self.world.answer(&sent, person);
        happens(self).await;
        browser.deliver(&delivery).await
    }
}

fn account_of(token: &IdToken) -> &str {
    &token.account.as_ref().unwrap().path
}

/// MX-18: one identity provider, and those below inherit it; the person is the sub-account's, and so is all that a token
/// says. The identity provider keeps its one registration.
#[tokio::test]
async fn people_of_a_sub_account_sign_in_by_the_resellers_connection() {
    let tree = Tree::new().await;
    tree.permit(&tree.bakery, Permitted::Inherit).await;
    let mut browser = tree.world.browser();
    let token = tree.sign_in(&mut browser, &tree.bakery, ADA).await;
    assert_eq!(account_of(&token), "acme/bakery");
    assert_eq!(token.email.as_deref(), Some("Ada.Example@acme.example"), "a domain of the account above counts there");
    let users = tree.world.users(&tree.bakery).await;
    assert_eq!(users.iter().map(|user| user.id.to_string()).collect::<Vec<_>>(), [token.sub]);
    assert!(tree.world.users(&tree.world.acme).await.is_empty(), "nobody is made further up");
    // The same person in the reseller's own account is somebody else there.
    let own = tree.sign_in(&mut tree.world.browser(), &tree.world.acme, ADA).await;
    assert_eq!(account_of(&own), "acme");
    assert_ne!(own.sub, tree.world.users(&tree.bakery).await[0].id.to_string());
    // A second time they are known in each.
    let again = tree.sign_in(&mut tree.world.browser(), &tree.bakery, ADA).await;
    assert_eq!(tree.world.users(&tree.bakery).await[0].id.to_string(), again.sub);
}

/// MX-18, MX-19, MX-21: each policy at three levels.
#[tokio::test]
async fn each_policy_at_three_levels_leads_where_it_says() {
    use Permitted::{Both, Forbidden, Inherit, Own};
    let tree = Tree::new().await;
    tree.connect(&tree.bakery).await;
    // What bakery is permitted, where its people are led; and those of oven, by what it is permitted.
    for (bakery, led, below) in [
        (Inherit, ACME_TENANT, [ACME_TENANT, "nowhere", ACME_TENANT, "nowhere"]),
        (Own, GLOBEX_TENANT, [GLOBEX_TENANT, "nowhere", GLOBEX_TENANT, "nowhere"]),
        (Both, GLOBEX_TENANT, [GLOBEX_TENANT, "nowhere", GLOBEX_TENANT, "nowhere"]),
        (Forbidden, "nowhere", ["nowhere"; 4]),
    ] {
        tree.permit(&tree.bakery, bakery).await;
        assert_eq!(tree.led(&tree.bakery).await, led, "{bakery:?}");
        assert_eq!(tree.led(&tree.world.acme).await, ACME_TENANT, "{bakery:?}");
        for (oven, led) in [Inherit, Own, Both, Forbidden].into_iter().zip(below) {
            tree.permit(&tree.oven, oven).await;
            assert_eq!(tree.led(&tree.oven).await, led, "{oven:?} below {bakery:?}");
        }
    }
}

/// MX-28, MX-29: own connection first, else the inherited one; a child adds its own beside it, or opts out.
#[tokio::test]
async fn a_child_uses_its_own_first_or_both_or_none() {
    let tree = Tree::new().await;
    tree.permit(&tree.bakery, Permitted::Both).await;
    assert_eq!(tree.led(&tree.bakery).await, ACME_TENANT, "it has none of its own");
    tree.connect(&tree.bakery).await;
    assert_eq!(tree.led(&tree.bakery).await, GLOBEX_TENANT, "its own first");
    let inherited = format!("{}/sso/{}/start", tree.bakery.origin, tree.world.acme.connection);
    tree.world.browser().get(&inherited).await.shows(StatusCode::FORBIDDEN, "do not sign in this way");

    tree.set(&tree.bakery, |settings| settings.sign_in = SignInBy::Both).await;
    assert_eq!(tree.led(&tree.bakery).await, "a choice");
    let token = tree.world.browser().get(&inherited).await;
    assert!(token.location().contains(ACME_TENANT), "{}", token.location());

    tree.set(&tree.bakery, |settings| settings.sign_in = SignInBy::Off).await;
    assert_eq!(tree.led(&tree.bakery).await, "nowhere");
    assert_eq!(tree.world.connection(&tree.bakery).await.state, ConnectionState::Active, "the set-up stays (XC-26)");
    let mine = tree.world.browser().get(&tree.bakery.at("start")).await;
    mine.shows(StatusCode::FORBIDDEN, "do not sign in this way");
}

/// SC-5: what the vendor withholds goes for everything below, and says so; given back, all is as it was.
#[tokio::test]
async fn an_entitlement_that_is_withheld_stops_the_whole_tree_below() {
    let tree = Tree::new().await;
    tree.permit(&tree.bakery, Permitted::Inherit).await;
    tree.connect(&tree.oven).await;
    let mut browser = tree.world.browser();
    tree.sign_in(&mut browser, &tree.bakery, ADA).await;
    tree.world.change_account(&tree.world.acme, |acme| acme.settings.entitlement = Entitlement::Withheld).await;
    for party in [&tree.world.acme, &tree.bakery, &tree.oven] {
        assert_eq!(tree.led(party).await, "nowhere");
    }
    let told = tree.world.browser().get(&tree.oven.at("start")).await;
    told.shows(StatusCode::FORBIDDEN, "is not part of its subscription");
    let me = browser.get(&format!("{}/me", tree.bakery.origin)).await;
    assert_ne!(me.status, StatusCode::OK, "whoever was signed in is signed out");
    assert_eq!(tree.led(&tree.world.globex).await, GLOBEX_TENANT, "a neighbour notices nothing");
    tree.world.change_account(&tree.world.acme, |acme| acme.settings.entitlement = Entitlement::Granted).await;
    assert_eq!(tree.led(&tree.bakery).await, ACME_TENANT);
}

/// A20: a connection serves no account that is not below its own, nor one that does not inherit, whatever a form says.
#[tokio::test]
async fn a_connection_leads_into_no_account_that_does_not_inherit_it() {
    let tree = Tree::new().await;
    tree.permit(&tree.bakery, Permitted::Inherit).await;
    for stranger in [&tree.world.globex, &tree.oven] {
        let at = format!("{}/sso/{}/start", stranger.origin, tree.world.acme.connection);
        tree.world.browser().get(&at).await.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
        let (connection, into) = (tree.world.acme.connection.to_string(), stranger.account.to_string());
        let form = [("connection", &*connection), ("account", &*into), ("to", "")];
        let seen = tree.world.browser().post(&format!("{BASE}/sign-in/start"), &form).await;
        seen.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
    }
    // Nor does one below serve the account above it.
    tree.connect(&tree.oven).await;
    let up = format!("{}/sso/{}/start", tree.bakery.origin, tree.oven.connection);
    tree.world.browser().get(&up).await.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
    assert!(!tree.world.has_signed_in().await);
}

/// The button of a page at the deployment's own address leads into the account for which it was shown.
#[tokio::test]
async fn a_domain_of_a_sub_account_leads_into_it_by_the_inherited_connection() {
    let tree = Tree::new().await;
    tree.permit(&tree.bakery, Permitted::Inherit).await;
    tree.world.prove("bakery.example", &tree.bakery).await;
    tree.world.set(&tree.world.acme, |saml| saml.start = Some(Start::Button)).await;
    let mut browser = tree.world.browser();
    let form = [("email", "ada@bakery.example"), ("to", "")];
    let page = browser.post(&format!("{BASE}/sign-in/discover"), &form).await;
    page.shows(StatusCode::OK, &format!("name=\"account\" value=\"{}\"", tree.bakery.account));
    let (connection, into) = (tree.world.acme.connection.to_string(), tree.bakery.account.to_string());
    let form = [("connection", &*connection), ("account", &*into), ("to", "")];
    let sent = browser.post(&format!("{BASE}/sign-in/start"), &form).await;
    browser.deliver(&tree.world.answer(&sent, ADA)).await.location();
    assert_eq!(tree.world.users(&tree.bakery).await.len(), 1);
    assert!(tree.world.users(&tree.world.acme).await.is_empty());
    // The domain of the account above leads into that one.
    let form = [("email", "ada@acme.example"), ("to", "")];
    let page = tree.world.browser().post(&format!("{BASE}/sign-in/discover"), &form).await;
    page.shows(StatusCode::OK, &format!("name=\"account\" value=\"{}\"", tree.world.acme.account));
}

/// A27: what is taken away while somebody signs in stays taken away, whoever takes it: the account above, the account
/// itself, the vendor. Given back meanwhile, that sign-in is over nevertheless.
#[tokio::test]
async fn nobody_arrives_by_a_connection_that_was_taken_from_their_account_meanwhile() {
    for change in [
        |it: &mut AccountSettings| it.permitted = Some(Permitted::Own),
        |it: &mut AccountSettings| it.permitted = Some(Permitted::Forbidden),
        |it: &mut AccountSettings| it.sign_in = SignInBy::Off,
        |it: &mut AccountSettings| it.entitlement = Entitlement::Withheld,
    ] {
        let tree = Tree::new().await;
        tree.permit(&tree.bakery, Permitted::Inherit).await;
        let seen = tree.after(&tree.bakery, ADA, async |tree| tree.set(&tree.bakery, change).await).await;
        seen.shows(StatusCode::FORBIDDEN, "bakery");
        assert!(!tree.world.has_signed_in().await, "nor into the account above");
        let seen = tree
            .after(&tree.world.acme, ADA, async |tree| {
                tree.set(&tree.bakery, change).await;
            })
            .await;
        assert!(came_home(&seen), "the account above goes on");
        assert!(tree.world.users(&tree.bakery).await.is_empty());
    }
}

fn came_home(seen: &Seen) -> bool {
    seen.status == StatusCode::SEE_OTHER && seen.location().starts_with(CALLBACK)
}

/// Admission, contact and details are the account's into which it leads; the connection's list of answers has it too.
#[tokio::test]
async fn who_is_let_in_is_the_sub_accounts_to_say() {
    let tree = Tree::new().await;
    tree.permit(&tree.bakery, Permitted::Inherit).await;
    tree.set(&tree.bakery, |settings| settings.admission = Admission::InvitedOnly).await;
    let seen = tree.world.try_sign_in(&mut tree.world.browser(), &tree.bakery, ADA).await;
    seen.shows(StatusCode::FORBIDDEN, "bakery");
    assert_eq!(tree.world.recent_codes(&tree.world.acme).await, ["NOT-INVITED"]);
    assert!(tree.world.lets_in(&tree.world.acme, ADA).await);
    let id = tree.world.add_user(&tree.bakery, "ada.example@acme.example", None).await;
    let token = tree.sign_in(&mut tree.world.browser(), &tree.bakery, ADA).await;
    assert_eq!(token.sub, id.to_string(), "linked by an address of the reseller's proved domain");
    // An address of a domain of nobody above is vouched for by nobody.
    let mallory = tree.world.try_sign_in(&mut tree.world.browser(), &tree.bakery, "mallory@acme.example").await;
    mallory.shows(StatusCode::FORBIDDEN, "e-mail address");
    assert!(tree.world.refusals().await.contains(&"EMAIL-DOMAIN".to_owned()));
    let signed_in = |fact: &Fact| matches!(fact, Fact::SignedIn { .. });
    assert_eq!(tree.world.facts().await.iter().filter(|fact| signed_in(fact)).count(), 2);
}

/// E-43: nothing of a response that nobody asked for says into which of several accounts it is to lead.
#[tokio::test]
async fn an_unsolicited_response_at_a_shared_connection_asks_which_way() {
    let tree = Tree::new().await;
    tree.world.set(&tree.world.acme, |saml| saml.unsolicited = Unsolicited::Accept).await;
    let own = tree.world.tile(&tree.world.acme, ADA);
    assert!(tree.world.browser().post_from_elsewhere(&own.action, own.body()).await.location().contains("/sign-in/"));
    tree.permit(&tree.bakery, Permitted::Inherit).await;
    let shared = tree.world.tile(&tree.world.acme, ADA);
    let seen = tree.world.browser().post_from_elsewhere(&shared.action, shared.body()).await;
    assert_eq!(seen.location(), format!("{BASE}/"));
}

/// A session is the account's: one at the sub-account does not answer for the account above.
#[tokio::test]
async fn a_session_by_an_inherited_connection_answers_for_its_account_alone() {
    let tree = Tree::new().await;
    tree.permit(&tree.bakery, Permitted::Inherit).await;
    tree.world.prove("bakery.example", &tree.bakery).await;
    let mut browser = tree.world.browser();
    let (connection, into) = (tree.world.acme.connection.to_string(), tree.bakery.account.to_string());
    let form = [("connection", &*connection), ("account", &*into), ("to", "")];
    let sent = browser.post(&format!("{BASE}/sign-in/start"), &form).await;
    browser.deliver(&tree.world.answer(&sent, ADA)).await.location();
    let by_address = |email| [("login_hint", email)];
    let (pending, home) = tree.world.start_at(&mut browser, BASE, &by_address("ada@bakery.example")).await;
    let token = tree.world.redeem(&browser, &pending, &home.location()).await;
    assert_eq!(account_of(&token), "acme/bakery");
    let (_, asked) = tree.world.start_at(&mut browser, BASE, &by_address("ada@acme.example")).await;
    assert!(asked.location().contains(ACME_TENANT), "asked anew, for another account");
}
