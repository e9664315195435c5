//! The few files that pages load. Each has the hash of its content in its name and is kept by browsers for ever.

use std::sync::OnceLock;

use aws_lc_rs::digest;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use vestibule_domain::branding::{Accent, Colour, LogoFile, Scheme};

use crate::security;

/// A file of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its name with the hash, such as `vestibule.0123456789abcdef.css`.
    pub file: String,
    /// Its path: `/assets/` and the name.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub content: &'static str,
}

/// The style of every page.
pub fn style() -> &'static Asset {
    &all()[0]
}

/// The script that copies a value; pages are complete without it.
pub fn copy_script() -> &'static Asset {
    &all()[1]
}

/// The script that sends a form at once; the form has a button for whoever runs no script.
pub fn post_script() -> &'static Asset {
    &all()[2]
}

/// The script of the set-up page; the page is complete without it.
pub fn set_up_script() -> &'static Asset {
    &all()[4]
}

/// The script that takes a picture into a form; the page is complete without it.
pub fn picture_script() -> &'static Asset {
    &all()[5]
}

/// The picture in the browser's tab.
pub fn icon() -> &'static Asset {
    &all()[3]
}

/// Every file.
pub fn all() -> &'static [Asset; 6] {
    static ALL: OnceLock<[Asset; 6]> = OnceLock::new();
    ALL.get_or_init(|| {
        [
            asset("vestibule", "css", "text/css; charset=utf-8", include_str!("assets/vestibule.css")),
            asset("copy", "js", "text/javascript; charset=utf-8", include_str!("assets/copy.js")),
            asset("post", "js", "text/javascript; charset=utf-8", include_str!("assets/post.js")),
            asset("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")),
            asset("set-up", "js", "text/javascript; charset=utf-8", include_str!("assets/set_up.js")),
            asset("picture", "js", "text/javascript; charset=utf-8", include_str!("assets/picture.js")),
        ]
    })
}

/// The response to `GET /assets/{file}`. `None` if there is no such file, or it has changed since the page was made.
pub fn serve(file: &str, https: bool) -> Option<Response> {
    let asset = all().iter().find(|asset| asset.file == file)?;
    let headers = [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    let mut response = (headers, asset.content).into_response();
    security::set_common(response.headers_mut(), https);
    Some(response)
}

/// The path of the style that lays an account's colour over the style of every page.
pub fn brand_style(colour: Colour) -> String {
    format!("/brand/{}.css", colour.to_string().trim_start_matches('#'))
}

/// The path of the style that gives a colour to a picture of a page, by day and by night.
pub fn sample_style(colour: Colour) -> String {
    format!("/brand/{}{SAMPLE}", colour.to_string().trim_start_matches('#'))
}

/// How the name of such a style ends.
const SAMPLE: &str = "-sample.css";

/// The path of an account's logo.
pub fn logo(file: &LogoFile) -> String {
    format!("/brand/{}", file.as_str())
}

/// The response with a colour's style: `name` is six hexadecimal digits and `.css`, or the same with `-sample` before it.
/// It is made from the name alone. A browser keeps it for a day, for how colours are made readable may change.
pub fn serve_brand_style(name: &str, https: bool) -> Option<Response> {
    let (digits, is_sample) = match name.strip_suffix(SAMPLE) {
        Some(digits) => (digits, true),
        None => (name.strip_suffix(".css")?, false),
    };
    let colour: Colour = format!("#{digits}").parse().ok()?;
    let tokens = |of: &str, scheme| {
        let Accent { accent, strong, on } = Accent::of(colour, scheme);
        format!("{of} {{ --accent: {accent}; --accent-strong: {strong}; --on-accent: {on}; }}")
    };
    let content = if is_sample {
        let light = tokens(".sample[data-theme=\"light\"]", Scheme::Light);
        let dark = tokens(".sample[data-theme=\"dark\"]", Scheme::Dark);
        format!("@layer tokens {{ {light} {dark} }}\n")
    } else {
        let (light, dark) = (tokens(":root", Scheme::Light), tokens(":root", Scheme::Dark));
        format!("@layer tokens {{ {light} @media (prefers-color-scheme: dark) {{ {dark} }} }}\n")
    };
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    let mut response = (headers, content).into_response();
    security::set_common(response.headers_mut(), https);
    Some(response)
}

/// The response with a logo. An account chose it: whoever opens it by itself sees a picture in which nothing runs and
/// which loads nothing.
pub fn serve_logo(file: &LogoFile, content: Vec<u8>, https: bool) -> Response {
    let headers = [
        (CONTENT_TYPE, file.kind().media_type()),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ];
    let mut response = (headers, content).into_response();
    security::set_common(response.headers_mut(), https);
    response
}

fn asset(stem: &str, ending: &str, media_type: &'static str, content: &'static str) -> Asset {
    let hash = digest::digest(&digest::SHA256, content.as_bytes());
    let digits: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let file = format!("{stem}.{digits}.{ending}");
    Asset { path: format!("/assets/{file}"), file, media_type, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_for_ever_under_its_hash() {
        let response = serve(&style().file, true).unwrap();
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(response.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        assert!(serve("vestibule.css", true).is_none());
        assert!(serve("", true).is_none());
    }

    #[test]
    fn no_file_loads_anything_from_elsewhere() {
        for asset in all() {
            let content = asset.content.replace("http://www.w3.org/2000/svg", "");
            assert!(!content.contains("//") || asset.media_type.starts_with("text/javascript"), "{}", asset.file);
            assert!(!content.contains("http") && !content.contains("@import"), "{}", asset.file);
        }
    }
}
