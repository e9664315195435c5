//! Apache with mod_auth_openidc, which is certified as a relying party.

use std::sync::OnceLock;

use vestibule_e2e::http::{Client, encode};
use vestibule_e2e::peers::apache::{Apache, Settings};
use vestibule_e2e::peers::demo::{open, sign_in};
use vestibule_e2e::peers::upstream::{Arrived, Upstream};

use super::{SECRET, demo};

fn apache() -> &'static Apache {
    static APACHE: OnceLock<Apache> = OnceLock::new();
    APACHE.get_or_init(|| {
        let upstream = Upstream::start().port();
        let (issuer, client_id, client_secret) = (&demo().issuer(""), "apache", SECRET);
        let apache = Apache::start(Settings { issuer, client_id, client_secret, upstream });
        let file = format!(
            "[[application]]\nclient_id = \"apache\"\nname = \"The intranet\"\nsecrets = [{{ env = \"SECRET\" }}]\n\
             redirect_uris = [{:?}]\npost_logout_redirect_uris = [{:?}]\nrefresh_tokens = \"session\"\n\
             backchannel_logout_uri = \"http://127.0.0.1:{}/app/signed-in?logout=backchannel\"\n",
            apache.url("/app/signed-in"),
            apache.url("/bye"),
            apache.port(),
        );
        demo().apply(&file, &[("SECRET", SECRET)]).unwrap();
        apache
    })
}

/// What the application behind it is told, once somebody has signed in.
#[track_caller]
fn signs_in(browser: &mut Client, path: &str) -> Arrived {
    let apache = apache();
    let page = sign_in(browser, "ada", &apache.url(path), &apache.url("/app/"), "nowhere");
    Arrived::of(&page).unwrap_or_else(|| panic!("{} {}\n{}", page.url, page.text(), apache.log()))
}

/// Whether it lets the browser in without asking us.
fn lets_in(browser: &mut Client) -> bool {
    Arrived::of(&browser.get(&apache().url("/app/")).unwrap()).is_some()
}

#[test]
fn somebody_signs_in_by_pkce_and_the_application_is_told_who_it_is() {
    let apache = apache();
    let asked = open(&mut Client::new(), &apache.url("/app/"), &demo().issuer("")).location().unwrap();
    assert!(asked.contains("code_challenge_method=S256") && asked.contains("nonce="), "{asked}");
    let arrived = signs_in(&mut Client::new(), "/app/page?a=1");
    assert_eq!(arrived.uri, "/app/page?a=1");
    let told = ["iss", "name", "email", "roles"].map(|claim| arrived.header(&format!("oidc_claim_{claim}")));
    assert_eq!(told, [&*demo().issuer(""), "Ada Min", "Ada.Min@acme.example", "manager"]);
    assert!(arrived.header("oidc_claim_account").contains("acme"), "{}", arrived.header("oidc_claim_account"));
}

#[test]
fn whoever_signs_out_there_is_signed_out_here_and_comes_back() {
    let apache = apache();
    let mut browser = Client::new();
    signs_in(&mut browser, "/app/");
    assert!(lets_in(&mut browser));
    let out = apache.url(&format!("/app/signed-in?logout={}", encode(&apache.url("/bye"))));
    let back = open(&mut browser, &out, "nowhere");
    assert_eq!((back.status, back.url.as_str()), (200, &*apache.url("/bye")), "{}", back.text());
    assert!(!lets_in(&mut browser));
    let me = browser.get(&demo().issuer("/me")).unwrap();
    assert!(!me.text().contains("Ada Min"), "{}", me.text());
}

#[test]
fn a_session_that_ends_here_ends_there() {
    let mut browser = Client::new();
    signs_in(&mut browser, "/app/");
    let me = browser.get(&demo().issuer("/me")).unwrap();
    let form = me.forms().into_iter().find(|form| form.action == "/sign-out").unwrap();
    assert!(lets_in(&mut browser));
    let out = browser.submit(&me, &form).unwrap();
    browser.follow(out).unwrap();
    // The browser still has the cookie; Apache is told by us.
    vestibule_e2e::wait_for("the end of the session there", || (!lets_in(&mut browser)).then_some(()));
}

#[test]
fn its_access_token_is_renewed() {
    let apache = apache();
    let mut browser = Client::new();
    let token = signs_in(&mut browser, "/app/").header("oidc_access_token").to_owned();
    assert!(!token.is_empty());
    let back = encode(&apache.url("/app/"));
    let renew = apache.url(&format!("/app/signed-in?refresh={back}&access_token={}", encode(&token)));
    let page = open(&mut browser, &renew, "nowhere");
    let arrived = Arrived::of(&page).unwrap_or_else(|| panic!("{} {}\n{}", page.url, page.text(), apache.log()));
    let renewed = arrived.header("oidc_access_token");
    assert!(!renewed.is_empty() && renewed != token, "{}\n{}", page.url, apache.log());
}
