//! Shows every page in every language, to be looked at: `cargo run -p vestibule-web --example gallery` says where.
//!
//! The pages come as the product sends them, with their headers and files; the browser suite looks at each.

mod pages;

use std::io;
use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use axum::routing::{any, get};
use http::StatusCode;
use tokio::net::TcpListener;
use vestibule_domain::branding::LogoFile;
use vestibule_web::assets;
use vestibule_web::language::Language;
use vestibule_web::page::{Frame, respond};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    println!("Every page is at {origin}/ until you stop this.");
    let routes = Router::new()
        .route("/", get(index))
        .route("/{language}/{name}", get(page))
        .route("/assets/{file}", get(asset))
        .route("/brand/{file}", get(brand))
        // Where the page leads that posts itself: an answer without content leaves the browser where it is.
        .route("/stay", any(StatusCode::NO_CONTENT))
        .with_state(origin);
    axum::serve(listener, routes).await
}

async fn index(State(origin): State<String>) -> Html<String> {
    let mut html = "<!doctype html><html lang=\"en\"><title>Gallery</title><h1>Every page</h1><ul>".to_owned();
    for shown in pages::all(&origin) {
        let name = &shown.name;
        let link = |language: Language| {
            let tag = language.tag();
            format!("<a href=\"/{tag}/{name}\" hreflang=\"{tag}\">{name} ({tag})</a> ")
        };
        html.extend(["<li>", shown.kind, " "]);
        html.extend(Language::ALL.map(link));
    }
    Html(html)
}

async fn page(State(origin): State<String>, Path((tag, name)): Path<(String, String)>) -> Result<Response, StatusCode> {
    let language = Language::ALL.into_iter().find(|language| language.tag() == tag).ok_or(StatusCode::NOT_FOUND)?;
    let shown = pages::all(&origin).into_iter().find(|shown| shown.name == name).ok_or(StatusCode::NOT_FOUND)?;
    let mut response = respond(&*shown.page, &Frame { language, brand: &shown.brand(), https: false });
    // Nobody sees the status, and browsers complain of it where scripts' errors stand.
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

async fn asset(Path(file): Path<String>) -> Result<Response, StatusCode> {
    assets::serve(&file, false).ok_or(StatusCode::NOT_FOUND)
}

async fn brand(Path(file): Path<String>) -> Result<Response, StatusCode> {
    if let Some(style) = assets::serve_brand_style(&file, false) {
        return Ok(style);
    }
    let file = LogoFile::try_from(file).map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(assets::serve_logo(&file, pages::LOGO.to_vec(), false))
}
