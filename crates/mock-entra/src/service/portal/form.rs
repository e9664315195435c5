//! What people type: forms that the portal's own pages sent, with files where there are some.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::Entra;
use super::Problem;

/// A form that one of the portal's pages sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    fields: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

impl FromRequest<Entra> for Typed {
    type Rejection = Problem;

    async fn from_request(request: Request, entra: &Entra) -> Result<Self, Problem> {
        same_origin(request.headers(), entra.base_url())?;
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let body = Bytes::from_request(request, entra).await.map_err(|_| {
            let text = "What was sent is longer than a metadata file may be, which is 1 MiB.";
            Problem::Form(StatusCode::PAYLOAD_TOO_LARGE, text.to_owned())
        })?;
        let (essence, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
        let typed = match essence.trim() {
            "application/x-www-form-urlencoded" => {
                Some(Self { fields: form_urlencoded::parse(&body).into_owned().collect(), files: Vec::new() })
            }
            "multipart/form-data" => parameter(parameters, "boundary").and_then(|it| Self::multipart(&body, &it)),
            _ => None,
        };
        let text = "What was sent is not a form of this portal; its settings by program are below /api.";
        typed.ok_or_else(|| Problem::Form(StatusCode::BAD_REQUEST, text.to_owned()))
    }
}

impl Typed {
    /// A field, without white space at its ends. Empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// As [`text`](Self::text), where an empty field sets nothing.
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// All fields of a name, in order.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Whether a box is checked.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// One of the choices of a list, by the word that files of settings have.
    pub(super) fn choice<T: DeserializeOwned>(&self, name: &str) -> Result<T, Problem> {
        let chosen = self.text(name);
        serde_json::from_value(Value::String(chosen.to_owned())).map_err(|_| {
            Problem::Form(StatusCode::BAD_REQUEST, format!("{chosen:?} is none of the choices of {name:?}."))
        })
    }

    /// A file; none where none was chosen.
    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        let found = self.files.iter().find(|(known, _)| known == name);
        found.map(|(_, content)| content.as_slice()).filter(|content| !content.is_empty())
    }

    /// RFC 7578. None where it is cut or has a part without a name.
    fn multipart(body: &[u8], boundary: &str) -> Option<Self> {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        let body = [b"\r\n", body].concat();
        let (_, mut rest) = cut(&body, &delimiter)?;
        let mut typed = Self::default();
        loop {
            if rest.starts_with(b"--") {
                return Some(typed);
            }
            let (part, behind) = cut(rest.strip_prefix(b"\r\n")?, &delimiter)?;
            let (head, content) = cut(part, b"\r\n\r\n")?;
            let head = String::from_utf8_lossy(head);
            let disposition = head.lines().find(|line| {
                line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))
            })?;
            let (_, parameters) = disposition.split_once(';')?;
            let name = parameter(parameters, "name")?;
            if parameter(parameters, "filename").is_some() {
                typed.files.push((name, content.to_vec()));
            } else {
                typed.fields.push((name, String::from_utf8_lossy(content).into_owned()));
            }
            rest = behind;
        }
    }
}

/// What stands before and behind the first of these octets.
fn cut<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = text.windows(at.len()).position(|window| window == at)?;
    Some((text.get(..found)?, text.get(found + at.len()..)?))
}

/// The value of a parameter of a header, with or without quotes. Browsers write a quote within as `%22`.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        let (known, behind) = rest.split_once('=')?;
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => behind.split_once(';').unwrap_or((behind, "")),
        };
        if known.trim_matches([' ', ';']).eq_ignore_ascii_case(name) {
            return Some(value.trim().replace("%22", "\""));
        }
        rest = behind;
    }
}

/// Whether one of our own pages sent it, by what the browser itself says (as the product asks of its own forms).
fn same_origin(headers: &HeaderMap, own: &str) -> Result<(), Problem> {
    let said = |name: &str| headers.get(name).map(http::HeaderValue::as_bytes);
    match (said("sec-fetch-site"), said("origin")) {
        (Some(b"same-origin" | b"none"), _) => Ok(()),
        (None, Some(origin)) if origin == own.as_bytes() => Ok(()),
        (Some(_), _) | (None, Some(_)) => Err(Problem::Elsewhere("The form was sent by the page of another site.")),
        (None, None) => Err(Problem::Elsewhere(
            "The browser does not say which page sent the form (Sec-Fetch-Site or Origin); programs use /api.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Typed> {
        Typed::multipart(body.replace('\n', "\r\n").as_bytes(), "b")
    }

    #[test]
    fn fields_and_files_of_a_multipart_form_are_told_apart() {
        let typed = read(
            "--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b\nContent-Type: text/xml\ncontent-disposition: \
             form-data; filename=\"x;name=y.xml\"; name=\"f%22\"\n\n<a>\n--c\n</a>\n--b--\n",
        );
        let typed = typed.unwrap();
        assert_eq!(typed.fields, [("a".to_owned(), "1".to_owned())]);
        assert_eq!(typed.files, [("f\"".to_owned(), b"<a>\r\n--c\r\n</a>".to_vec())]);
    }

    #[test]
    fn a_multipart_form_that_is_cut_is_none() {
        let whole = "--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b--";
        assert!(read(whole).is_some());
        for end in 0..whole.len() - 1 {
            assert_eq!(read(&whole[..end]), None, "{end}");
        }
        assert_eq!(read("--b\nContent-Disposition: form-data\n\n1\n--b--"), None, "a part without a name");
    }

    #[test]
    fn only_the_browsers_word_for_our_own_page_is_taken() {
        let sent = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            same_origin(&headers.collect(), "http://entra.localhost:1").is_ok()
        };
        assert!(sent(&[("sec-fetch-site", "same-origin")]) && sent(&[("origin", "http://entra.localhost:1")]));
        assert!(!sent(&[]) && !sent(&[("origin", "null")]) && !sent(&[("origin", "http://entra.localhost")]));
        for site in ["cross-site", "same-site"] {
            assert!(!sent(&[("sec-fetch-site", site), ("origin", "http://entra.localhost:1")]), "{site}");
        }
    }
}
