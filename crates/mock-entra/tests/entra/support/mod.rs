//! A stand-in with a clock that is set by hand, the service provider that it is to convince, and a browser.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use vestibule_mock_entra::service::{ApplicationHandle, Delivery, Entra, Person, Refusal, Seed, Surroundings};
use vestibule_saml::binding::{Field, RelayState, redirect};
use vestibule_saml::sp::request::AuthnRequest;
use vestibule_saml::sp::{self, AcceptedAssertion, Expectation, Expected, IdpTrust, Refusal as SpRefusal, SpIdentity};
use vestibule_saml::types::{AcsUrl, EndpointUrl, EntityId, LoopbackHttp, RequestId};
use vestibule_xmlsec::keys::{Certificate, DecryptionKey, DecryptionKeys};

pub(crate) mod browser;

pub(crate) const BASE: &str = "http://entra.localhost:8400";
pub(crate) const ACME: &str = "11111111-aaaa-4000-8000-000000000001";
pub(crate) const ACME_APP: &str = "22222222-aaaa-4000-8000-000000000001";
pub(crate) const SP: &str = "https://sso.test/sso/acme/metadata";
pub(crate) const ACS: &str = "https://sso.test/sso/acme/acs";
pub(crate) const ADA: &str = "ada@acme.example";

/// The time at which every test begins.
pub(crate) fn start() -> Timestamp {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

/// Somebody who is assigned.
pub(crate) fn ada() -> Person {
    Person::new(ADA)
}

/// A stand-in and its clock.
pub(crate) struct World {
    pub(crate) entra: Entra,
    clock: Arc<Mutex<Timestamp>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::at(BASE)
    }

    /// As it is reached at another origin.
    pub(crate) fn at(base_url: &str) -> Self {
        let seed = Seed::from_toml(include_str!("seed.toml")).unwrap();
        let clock = Arc::new(Mutex::new(start()));
        let (read, drawn) = (Arc::clone(&clock), Mutex::new(0_u64));
        let surroundings = Surroundings {
            base_url: base_url.to_owned(),
            clock: Arc::new(move || *read.lock().unwrap()),
            entropy: Arc::new(move |octets| {
                for octet in octets {
                    let mut drawn = drawn.lock().unwrap();
                    *drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    *octet = drawn.to_be_bytes()[0];
                }
            }),
        };
        Self { entra: Entra::new(seed, surroundings).unwrap(), clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.clock.lock().unwrap()
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        let mut clock = self.clock.lock().unwrap();
        *clock = clock.checked_add(time).unwrap();
    }

    pub(crate) fn app(&self) -> ApplicationHandle {
        self.entra.application(ACME, ACME_APP).unwrap()
    }

    /// The address to which our application sends the browser.
    pub(crate) fn url(&self) -> String {
        url_of(&self.request(SP))
    }

    pub(crate) fn request(&self, issuer: &str) -> AuthnRequest {
        let endpoint = EndpointUrl::new(format!("{BASE}/{ACME}/saml2"), LoopbackHttp::Allow).unwrap();
        let id = RequestId::from_random([7; 16]);
        AuthnRequest::new(id, self.now(), EntityId::new(issuer).unwrap(), endpoint, AcsUrl::new(ACS).unwrap())
    }

    /// Signs Ada in, and returns what our service provider makes of it.
    pub(crate) fn sign_in(&self) -> AcceptedAssertion {
        self.accept(&self.entra.answer(&self.url(), &ada()).unwrap())
    }

    /// What our service provider makes of an answer to [`url`](Self::url).
    pub(crate) fn accept(&self, delivery: &Delivery) -> AcceptedAssertion {
        self.judge(delivery, &Judge::default()).unwrap()
    }

    pub(crate) fn judge(&self, delivery: &Delivery, by: &Judge) -> Result<AcceptedAssertion, SpRefusal> {
        let certificates = by.certificates.clone().unwrap_or_else(|| vec![self.app().signing_certificate().unwrap()]);
        let issuer = by.issuer.clone().unwrap_or_else(|| format!("https://sts.windows.net/{ACME}/"));
        let idp = IdpTrust::new(EntityId::new(issuer).unwrap(), &certificates).unwrap();
        let keys = DecryptionKey::read(include_bytes!("../../../../../vectors/keys/sp.key.pem")).unwrap();
        let sp =
            SpIdentity { entity_id: EntityId::new(by.sp).unwrap(), decryption_keys: Some(DecryptionKeys::one(keys)) };
        let acs_url = AcsUrl::new(ACS).unwrap();
        let request = by.request.clone().unwrap_or(Expected::AnswerTo(RequestId::from_random([7; 16])));
        let mut expect = Expectation::new(&idp, &sp, &acs_url, request, self.now());
        (by.change)(&mut expect);
        sp::accept_post(delivery.saml_response.as_bytes(), &expect).outcome
    }
}

/// How an answer is judged, where it is not as ever.
pub(crate) struct Judge {
    pub(crate) issuer: Option<String>,
    pub(crate) certificates: Option<Vec<Certificate>>,
    pub(crate) sp: &'static str,
    pub(crate) request: Option<Expected>,
    pub(crate) change: fn(&mut Expectation<'_>),
}

impl Default for Judge {
    fn default() -> Self {
        Self { issuer: None, certificates: None, sp: SP, request: None, change: |_| {} }
    }
}

pub(crate) fn url_of(request: &AuthnRequest) -> String {
    let relay_state = RelayState::new("attempt-1").unwrap();
    request.redirect_url(Some(&relay_state), None, None).unwrap()
}

/// The address with a request of any shape; `%` stands for its attributes ID, Version and IssueInstant.
pub(crate) fn raw(xml: &str) -> String {
    let usual = "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
                 ID=\"_1\" Version=\"2.0\" IssueInstant=\"2026-03-02T10:00:00Z\"";
    format!("{BASE}/{ACME}/saml2?{}", redirect::query(Field::SamlRequest, &xml.replace('%', usual), None))
}

/// The number on Entra's page.
pub(crate) fn code(result: Result<Delivery, Refusal>) -> u32 {
    result.map(|delivery| delivery.xml).unwrap_err().code
}

/// The values of a claim.
pub(crate) fn claim(assertion: &AcceptedAssertion, name: &str) -> Vec<String> {
    assertion.attributes.texts(name).map(str::to_owned).collect()
}
