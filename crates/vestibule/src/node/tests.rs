use axum::body::Body;
use http::{Method, Request, StatusCode};
use tower::ServiceExt as _;
use vestibule_store::DatabaseUrl;

use vestibule_outbound::{Fetcher, Reach};

use super::*;
use crate::config::SealingKeyOctets;

/// The stand-in for Entra, its forge and the demonstration's mails are of the same binary, and none of them can be
/// reached where people sign in: at no host, by no method.
#[tokio::test]
async fn nothing_of_the_stand_in_is_reachable_in_serve() {
    let setup = Setup {
        public_url: "https://sso.example.com",
        account_domain: "example.com",
        proxied_by: &[],
        database: &DatabaseUrl::temporary(),
        sealing_key: &SealingKeyOctets([7; 32]),
        older_sealing_keys: &[],
        leaked: None,
        role: Role::Node,
    };
    let services = services::services(&setup).await.unwrap();
    let tools = Tools {
        fetcher: Fetcher::new(Reach::LoopbackDeployment),
        make_key: new_connection_key,
        make_token_key: new_token_signing_key,
    };
    let router = router(services, tools, "Example".to_owned(), Rates::default());
    let tenant = "11111111-aaaa-4000-8000-000000000001";
    for path in [
        "/outbox".to_owned(),
        "/api".to_owned(),
        "/api/tenants".to_owned(),
        format!("/api/tenants/{tenant}"),
        format!("/{tenant}/saml2"),
        format!("/{tenant}/federationmetadata/2007-06/federationmetadata.xml"),
        "/myapps".to_owned(),
        "/forge".to_owned(),
        "/common/oauth2/logout".to_owned(),
    ] {
        for host in ["sso.example.com", "entra.localhost:8400", "login.microsoftonline.com"] {
            for method in [Method::GET, Method::PUT, Method::DELETE] {
                let request = Request::builder().method(&method).uri(&path).header("host", host);
                let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
                let want =
                    if host == "sso.example.com" { StatusCode::NOT_FOUND } else { StatusCode::MISDIRECTED_REQUEST };
                assert_eq!(response.status(), want, "{method} {host}{path}");
            }
        }
    }
}
