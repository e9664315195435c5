//! From the application by way of Entra and back, in steps and as a whole.

use http::StatusCode;
use vestibule_mock_entra::service::{Delivery, Draft, Person};
use vestibule_oidc::relying_party::{self, Pending};
use vestibule_oidc::{ClientId, RedirectUri};

use crate::support::{BASE, Browser, CALLBACK, CLIENT, Party, SECRET, Seen, World};

impl World {
    /// What Entra has the browser post, for a browser that was sent to it.
    pub(crate) fn answer(&self, sent: &Seen, person: &str) -> Delivery {
        self.entra.answer(&sent.location(), &Person::new(person)).unwrap()
    }

    /// From the application's request to the address at Entra.
    pub(crate) async fn start(&self, browser: &mut Browser, party: &Party) -> (Pending, Seen) {
        self.start_at(browser, &party.origin, &[]).await
    }

    /// The same at an origin of choice, with more parameters.
    pub(crate) async fn start_at(&self, browser: &mut Browser, origin: &str, more: &[(&str, &str)]) -> (Pending, Seen) {
        let mut random = [0; 96];
        (self.services.entropy)(&mut random);
        let pending = Pending::from_random(&random);
        let (client, callback) = (ClientId::new(CLIENT).unwrap(), RedirectUri::new(CALLBACK).unwrap());
        let endpoint = format!("{origin}/oidc/authorize");
        let url = pending.authorization_url(&endpoint, &client, &callback, "openid email", more);
        let seen = browser.get(&url).await;
        // A request that names an account goes on at that account's own address.
        let onward = seen.status == StatusCode::SEE_OTHER && seen.location().contains("/oidc/authorize?");
        let seen = if onward { browser.get(&seen.location()).await } else { seen };
        (pending, seen)
    }

    /// A whole sign-in of a person of Entra to the application: what the application learns.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, party: &Party, person: &str) -> relying_party::IdToken {
        let (pending, sent) = self.start(browser, party).await;
        let delivery = self.answer(&sent, person);
        let arrived = browser.deliver(&delivery).await;
        self.redeem(browser, &pending, &arrived.location()).await
    }

    /// What the application does at its callback.
    pub(crate) async fn redeem(&self, browser: &Browser, pending: &Pending, callback: &str) -> relying_party::IdToken {
        let answered = self.token(browser, pending, callback).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
        let answer = relying_party::TokenAnswer::parse(&answered.body).unwrap();
        let jwks = self.jwks();
        let expected = relying_party::Expectation {
            issuer: &self.services.issuer,
            audience: &ClientId::new(CLIENT).unwrap(),
            nonce: &pending.nonce,
            now: self.now(),
        };
        relying_party::verify(&answer.id_token, &jwks, &expected).unwrap()
    }

    /// The token endpoint's answer to the application.
    pub(crate) async fn token(&self, browser: &Browser, pending: &Pending, callback: &str) -> Seen {
        let query = callback.strip_prefix(&format!("{CALLBACK}?")).unwrap_or_else(|| panic!("not home: {callback}"));
        let code = pending.check_callback(query, &self.services.issuer).unwrap();
        let body = relying_party::token_request_body(&code, CALLBACK, &pending.code_verifier);
        let authorization = relying_party::basic_authorization(&ClientId::new(CLIENT).unwrap(), SECRET);
        browser.as_application(&format!("{BASE}/oidc/token"), body, &authorization).await
    }

    /// As [`answer`](Self::answer), with a response that is changed before it is signed.
    pub(crate) fn answer_bent(&self, sent: &Seen, person: &str, bend: impl FnOnce(&mut Draft)) -> Delivery {
        self.entra.answer_bent(&sent.location(), &Person::new(person), bend).unwrap()
    }

    /// Changes a person at Entra.
    pub(crate) fn change_person(
        &self,
        party: &Party,
        person: &str,
        change: impl FnOnce(&mut vestibule_mock_entra::service::User),
    ) {
        let changed = self.entra.tenant(party.tenant).unwrap().change(|tenant| {
            change(tenant.users.iter_mut().find(|user| user.user_principal_name == person).unwrap());
        });
        changed.unwrap();
    }

    /// From the application's request to the end of the continuation, whatever that is.
    pub(crate) async fn try_sign_in(&self, browser: &mut Browser, party: &Party, person: &str) -> Seen {
        let (_, sent) = self.start(browser, party).await;
        let delivery = self.answer(&sent, person);
        browser.deliver(&delivery).await
    }

    /// What the tile of My Apps has a person's browser post where there is no Sign on URL (E-43).
    pub(crate) fn tile(&self, party: &Party, person: &str) -> Delivery {
        self.tile_bent(party, person, |_| {})
    }

    /// The same with a response that is changed before it is signed.
    pub(crate) fn tile_bent(&self, party: &Party, person: &str, bend: impl FnOnce(&mut Draft)) -> Delivery {
        self.app_of(party).change(|app| app.sign_on_url = None).unwrap();
        self.entra.unsolicited_bent(party.tenant, "Vestibule", &Person::new(person), bend).unwrap()
    }

    /// Whether a person of Entra can sign in through a connection now.
    pub(crate) async fn lets_in(&self, party: &Party, person: &str) -> bool {
        let seen = self.try_sign_in(&mut self.browser(), party, person).await;
        seen.status == StatusCode::SEE_OTHER && seen.location().starts_with(CALLBACK)
    }
}
