//! A stand-in for nginx in front of a site that knows nothing of single sign-on: what docs/integrate/forward-auth.md has a
//! proxy do, and nothing else.
//!
//! ```text
//! browser ─▶ proxy ──"may this pass?"──▶ Vestibule ──▶ 204: on to the site, with who it is in headers
//!                                                  └─▶ 302, 401, 403: back to the browser as it is
//! ```

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use vestibule_journeys::forward_auth::HEADERS;

use super::answer;

/// Guards `site`, which browsers open by http at `host`, with its port.
pub(super) fn guarded(host: String, vestibule: Router, site: Router) -> Router {
    Router::new().fallback(move |request: Request| {
        let (host, vestibule, site) = (host.clone(), vestibule.clone(), site.clone());
        async move {
            let own = request.uri().path().starts_with("/.vestibule/");
            let verdict = answer(vestibule, question(&host, &request)).await;
            // The way back from signing in, and signing out, are Vestibule's at each site.
            if own || verdict.status() != StatusCode::NO_CONTENT {
                return verdict;
            }
            answer(site, told(request, verdict.headers())).await
        }
    })
}

/// Vestibule is told of the request, and gets no body. The host is the one that the proxy is set up with, whatever the
/// browser says: by another one's name it would be judged by the rules of another site.
fn question(host: &str, request: &Request) -> Request {
    let mut question = Request::new(Body::empty());
    *question.uri_mut() = http::Uri::from_static("/forward-auth");
    *question.extensions_mut() = request.extensions().clone();
    let headers = question.headers_mut();
    headers.clone_from(request.headers());
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    let uri = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let told = [
        (HOST, host),
        (HeaderName::from_static("x-forwarded-host"), host),
        (HeaderName::from_static("x-forwarded-proto"), "http"),
        (HeaderName::from_static("x-forwarded-uri"), uri),
        (HeaderName::from_static("x-forwarded-method"), request.method().as_str()),
        // Everybody is on this machine.
        (HeaderName::from_static("x-forwarded-for"), "127.0.0.1"),
    ];
    for (name, value) in told {
        match HeaderValue::from_str(value) {
            Ok(value) => headers.insert(name, value),
            // Vestibule refuses what it is not told.
            Err(_) => headers.remove(name),
        };
    }
    *question.method_mut() = Method::GET;
    question
}

/// The request as the site gets it: who it is by Vestibule's word, and nothing of what the browser made up.
fn told(mut request: Request, verdict: &HeaderMap) -> Request {
    let headers = request.headers_mut();
    let made_up: Vec<_> = headers.keys().filter(|name| is_about_somebody(name)).cloned().collect();
    for name in made_up {
        headers.remove(name);
    }
    for name in HEADERS {
        if let Some(value) = verdict.get(name) {
            headers.insert(HeaderName::from_static(name), value.clone());
        }
    }
    request
}

/// In every spelling that a site may take for one of ours.
fn is_about_somebody(name: &HeaderName) -> bool {
    name.as_str().replace('_', "-").contains("vestibule")
}

#[cfg(test)]
mod tests {
    use axum::response::{IntoResponse as _, Response};

    use super::*;

    /// A site that shows what it is told.
    fn site() -> Router {
        Router::new().fallback(|headers: HeaderMap| async move {
            let told = headers.iter().filter(|(name, _)| is_about_somebody(name));
            told.map(|(name, value)| format!("{name}={};", value.to_str().unwrap())).collect::<String>()
        })
    }

    /// Asks the site behind a Vestibule that answers so.
    async fn asked(
        verdict: impl Fn(HeaderMap) -> Response + Clone + Send + Sync + 'static,
        request: Request,
    ) -> Response {
        let vestibule = Router::new().route(
            "/forward-auth",
            axum::routing::get(move |headers: HeaderMap| {
                let verdict = verdict.clone();
                async move { verdict(headers) }
            }),
        );
        answer(guarded("wiki.localhost:8400".to_owned(), vestibule, site()), request).await
    }

    async fn text(response: Response) -> String {
        String::from_utf8(axum::body::to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap()
    }

    fn yes(_: HeaderMap) -> Response {
        (StatusCode::NO_CONTENT, [("x-vestibule-user", "u-1"), ("x-vestibule-email", "")]).into_response()
    }

    #[tokio::test]
    async fn what_a_browser_makes_up_about_itself_never_arrives() {
        let mut request = Request::get("/x").body(Body::empty()).unwrap();
        for name in ["x-vestibule-user", "x_vestibule_user", "X-Vestibule_Roles", "x-vestibule-groups"] {
            request.headers_mut().insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), "eve".parse().unwrap());
        }
        assert_eq!(text(asked(yes, request).await).await, "x-vestibule-user=u-1;x-vestibule-email=;");
    }

    #[tokio::test]
    async fn vestibule_is_told_of_the_request_by_the_name_that_the_proxy_has() {
        let request = Request::post("/a?b=1").header(HOST, "evil.localhost").header("x-forwarded-uri", "/public");
        let verdict = |headers: HeaderMap| {
            let told = ["host", "proto", "uri", "method"].map(|name| headers[format!("x-forwarded-{name}")].clone());
            assert_eq!(
                told.map(|value| value.to_str().unwrap().to_owned()),
                ["wiki.localhost:8400", "http", "/a?b=1", "POST"]
            );
            StatusCode::FORBIDDEN.into_response()
        };
        assert_eq!(asked(verdict, request.body(Body::from("text")).unwrap()).await.status(), StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn what_is_no_yes_goes_back_to_the_browser_as_it_is() {
        let verdict = |_| (StatusCode::FOUND, [("location", "/in"), ("set-cookie", "a=b")]).into_response();
        let response = asked(verdict, Request::get("/").body(Body::empty()).unwrap()).await;
        assert_eq!(
            (response.status(), &response.headers()["set-cookie"]),
            (StatusCode::FOUND, &"a=b".parse().unwrap())
        );
        // A yes to one of Vestibule's own addresses is its answer too.
        let response = asked(yes, Request::get("/.vestibule/sign-out").body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }
}
