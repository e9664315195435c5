//! A whole set-up by hand, as a guide tells it.

use vestibule_saml::binding::RelayState;
use vestibule_saml::metadata::{IdpMetadata, Reading, SpMetadata};
use vestibule_saml::sp::request::AuthnRequest;
use vestibule_saml::types::{AcsUrl, Binding, EndpointUrl, EntityId, LoopbackHttp, RequestId};

use super::{Page, leads_to, refused};
use crate::support::browser::Browser;
use crate::support::{ACME, ADA, World};

const NEW_SP: &str = "https://sso.test/sso/new/metadata";
const NEW_ACS: &str = "https://sso.test/sso/new/acs";
const NEW_SLO: &str = "https://sso.test/sso/new/slo";

/// The metadata file of a service provider.
pub(super) fn metadata_file() -> String {
    let mut sp = SpMetadata::new(EntityId::new(NEW_SP).unwrap(), &AcsUrl::new(NEW_ACS).unwrap());
    let slo = EndpointUrl::new(NEW_SLO, LoopbackHttp::Refuse).unwrap();
    sp.single_logout.push(vestibule_saml::metadata::Endpoint::new(Binding::HTTP_REDIRECT, slo));
    sp.write()
}

/// What a person who presses Save sends of the form that is shown.
pub(super) fn shown(page: &Page) -> Vec<(&'static str, String)> {
    let names = ["identifier", "reply_url", "reply_url_index", "sign_on_url", "relay_state", "logout_url"];
    let mut fields = Vec::new();
    for name in names {
        for input in page.html.split("<input").skip(1).filter(|input| input.contains(&format!("name=\"{name}\""))) {
            let value = input.split_once("value=\"").unwrap().1.split('"').next().unwrap();
            fields.push((name, value.replace("&#38;", "&")));
        }
    }
    fields
}

#[test]
fn an_application_is_made_filled_in_from_a_file_assigned_and_tested() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let list = format!("/portal/{ACME}/applications");
    let page = browser.get(&format!("{list}/new"));
    assert!(page.has("Integrate any other application you don&#39;t find in the gallery (Non-gallery)"));
    refused(&browser.fill(&format!("{list}/new"), &[("name", " ")]), "name", "Give the application a name.");
    let made = browser.fill(&format!("{list}/new"), &[("name", "Orchard & Sons")]);
    let app = made.location.unwrap().split('?').next().unwrap().to_owned();
    assert!(browser.get(&list).has("Orchard &#38; Sons"));

    // A method is chosen once.
    assert!(browser.get(&format!("{app}/single-sign-on")).has("Select a single sign-on method"));
    let saml = format!("{app}/saml");
    let page = browser.upload(&format!("{saml}/upload"), "metadata", metadata_file().as_bytes());
    assert!(page.has("Nothing is saved yet."), "{}", page.html);
    let fields = shown(&page);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("identifier", NEW_SP),
            ("reply_url", NEW_ACS),
            ("reply_url_index", "0"),
            ("sign_on_url", ""),
            ("relay_state", ""),
            ("logout_url", NEW_SLO),
        ]
    );
    leads_to(&browser.fill(&format!("{saml}/basic"), &fields), &saml);
    leads_to(&browser.get(&format!("{app}/single-sign-on")), &saml);

    let ada = world.entra.tenant(ACME).unwrap().get().user(ADA).unwrap().id.clone();
    leads_to(&browser.fill(&format!("{app}/users"), &[("principal", &ada), ("role", "")]), &format!("{app}/users"));

    let cards = browser.get(&saml);
    for words in [
        "1</span> Basic SAML Configuration",
        "2</span> Attributes &amp; Claims",
        "3</span> SAML Certificates",
        "4</span> Set up Orchard &#38; Sons",
        "5</span> Test single sign-on with Orchard &#38; Sons",
    ] {
        assert!(cards.has(words), "{words} in {}", cards.html);
    }
    let value = |label: &str| {
        let input = cards.html.split("<input").find(|input| input.contains(&format!("aria-label=\"{label}\"")));
        input.unwrap().split_once("value=\"").unwrap().1.split('"').next().unwrap().replace("&#38;", "&")
    };
    let document = browser.get(&value("App Federation Metadata Url"));
    let reading = Reading { loopback_http: LoopbackHttp::Allow, ..Reading::at(world.now()) };
    let idp = IdpMetadata::parse(&document.body, &reading).unwrap();
    assert_eq!(idp.entity_id.as_str(), value("Microsoft Entra Identifier"));
    let login = idp.single_sign_on(&Binding::HTTP_REDIRECT).unwrap().location.clone();
    assert_eq!(login.as_str(), value("Login URL"));
    assert_eq!(idp.single_logout[0].location.as_str(), value("Logout URL"));
    let certificate = browser.get(&cards.between("Certificate (Raw)</dt><dd><a href=\"", "\""));
    assert_eq!(certificate.body, idp.signing_certificates[0].der());

    // Without a Sign on URL the test is an answer that nobody asked for.
    let page = browser.get(&cards.between("id=\"test\" href=\"", "\""));
    let posted = browser.sign_in(&page, ADA, "correct horse");
    assert_eq!(posted.between("<form method=\"post\" action=\"", "\""), NEW_ACS);

    // And the application's own request is answered.
    let request = AuthnRequest::new(
        RequestId::from_random([9; 16]),
        world.now(),
        EntityId::new(NEW_SP).unwrap(),
        login,
        AcsUrl::new(NEW_ACS).unwrap(),
    );
    let url = request.redirect_url(Some(&RelayState::new("r").unwrap()), None, None).unwrap();
    assert_eq!(browser.get(&url).between("name=\"RelayState\" value=\"", "\""), "r");

    assert!(browser.get(&format!("{app}/delete")).has(">Delete</button>"));
    leads_to(&browser.fill(&format!("{app}/delete"), &[]), &list);
    assert!(browser.get(&url).has("AADSTS700016"), "nobody knows it any more");
}
