//! What can be pasted, and that it is told by name (CC-20, CC-21, CC-30).

use std::fs;

use crate::support::{ISSUER, base64, decode, entity, group, judge, key, percent, response};

const JSON: [&str; 2] = ["--format", "json"];
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

fn xml() -> String {
    String::from_utf8(response("entra-assertion-signed")).unwrap()
}

/// A request as a Redirect URL carries it: deflated, in base64.
const DEFLATED_REQUEST: &str = "sylOzM0psHIsLcnIC0otLE0tLlGoyM3JK7YCS9iqlxblWeUnFmcWW+Ul5qYWW5UkWwU7+vpYGekZWBUU5ZfkJ+fnqCt4utiqxxuqK4SlFhVn5ufZqgOl1fXtAA==";

/// Kind and exit status without trust.
fn decoded(bytes: impl Into<Vec<u8>>) -> (i32, String) {
    let run = decode(bytes).with(&JSON).run();
    (run.status, run.report().input.kind)
}

fn kind(kind: &str) -> (i32, String) {
    (3, kind.to_owned())
}

/// The code with which a judged input is refused, and its kind.
fn refused(bytes: impl Into<Vec<u8>>) -> (String, String) {
    let run = judge(bytes).with(&JSON).run();
    assert_eq!(run.status, 1, "{}{}", run.stdout, run.stderr);
    let report = run.report();
    assert!(report.identity.is_none());
    assert_eq!(report.steps.len(), 29);
    assert_eq!(report.steps.iter().filter(|step| step.outcome == "refused").count(), 1);
    (report.refusal.unwrap().code, report.input.kind)
}

fn as_refused(code: &str, kind: &str) -> (String, String) {
    (code.to_owned(), kind.to_owned())
}

/// CC-20, CC-21.
#[test]
fn a_response_is_accepted_however_it_was_copied() {
    let base64 = base64(xml().as_bytes());
    let wrapped = base64.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\r\n");
    let page = format!(
        "<html><body onload=\"document.forms[0].submit()\"><form method=\"POST\" action=\"https://sp.example.com/saml/acs\">\
         <input type=\"hidden\" name=\"SAMLResponse\" value=\"{}\" /><input type=\"hidden\" name=\"RelayState\" value=\"x\" />",
        base64.replace('+', "&#x2B;").replace('=', "&#61;")
    );
    for (what, text) in [
        ("XML", xml()),
        ("XML with a byte-order mark", format!("\u{feff}{}", xml())),
        ("XML in white space", format!("\r\n\t {}\n\n", xml())),
        ("XML with a declaration", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", xml())),
        ("base64", base64.clone()),
        ("base64 with its line end", format!("{base64}\r\n")),
        ("base64 in quotes", format!("\"{base64}\"")),
        ("wrapped base64", wrapped),
        ("a form body", format!("SAMLResponse={}&RelayState=x", percent(&base64))),
        ("a form body, relay state first", format!("RelayState=x&SAMLResponse={}", percent(&base64))),
        ("a form body that is not encoded", format!("SAMLResponse={base64}&RelayState=x")),
        ("the fields as the browser lists them", format!("SAMLResponse: {base64}\nRelayState: x\n")),
        ("the page", page),
    ] {
        let run = judge(text.clone()).with(&JSON).run();
        assert_eq!((run.status, run.report().input.kind.as_str()), (0, "response"), "{what}: {}", run.stdout);
        assert_eq!(decoded(text), kind("response"), "{what}");
    }
}

#[test]
fn utf_16_as_windows_writes_it_is_read_where_it_is_only_wrapping() {
    let utf_16 = |text: &str| {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    assert_eq!(judge(utf_16(&base64(xml().as_bytes()))).run().status, 0);
    assert_eq!(refused(utf_16(&xml())), as_refused("encoding", "response"));
}

#[test]
fn what_a_server_would_not_decode_is_decoded_but_not_accepted() {
    let base64 = base64(xml().as_bytes());
    for text in [percent(&base64), base64.replace('+', "-").replace('/', "_"), base64.replace('A', " A")] {
        assert_eq!(decoded(text.clone()), kind("response"));
        assert_eq!(refused(text), as_refused("not_base64", "response"));
    }
    let late_declaration = format!("\n<?xml version='1.0'?>{}", xml());
    assert_eq!(decoded(late_declaration.clone()), kind("response"));
    assert_eq!(refused(late_declaration), as_refused("malformed_xml", "response"));
}

#[test]
fn messages_are_told_by_their_root() {
    for (name, expected) in [
        ("AuthnRequest", "authn_request"),
        ("LogoutRequest", "logout_request"),
        ("LogoutResponse", "logout_response"),
        ("ArtifactResponse", "unknown"),
    ] {
        let message = format!("<p:{name} xmlns:p='{PROTOCOL}' ID='_1' Version='2.0'/>");
        assert_eq!(decoded(message.clone()), kind(expected));
        assert_eq!(refused(message.clone()), as_refused("not_a_response", expected));
        assert_eq!(refused(base64(message.as_bytes())), as_refused("not_a_response", expected));
    }
    let assertion = "<Assertion xmlns='urn:oasis:names:tc:SAML:2.0:assertion'/>";
    assert_eq!(decoded(assertion), kind("unknown"));
    assert_eq!(refused(assertion), as_refused("not_a_response", "unknown"));
    let text = decode(assertion).run().stdout;
    assert!(text.starts_with("This is a SAML assertion without the response around it:"), "{text}");
    assert_eq!(decoded("<note>hello</note>"), kind("unknown"));
}

#[test]
fn a_redirect_url_is_opened_whole_or_in_parts() {
    let value = percent(DEFLATED_REQUEST);
    let signed = "&RelayState=x&SigAlg=http%3a%2f%2fwww.w3.org%2f2001%2f04%2fxmldsig-more%23rsa-sha256&Signature=AQID";
    for text in [
        format!("https://login.example.com/saml2?SAMLRequest={value}"),
        format!("https://login.example.com/saml2?SAMLRequest={value}{signed}"),
        format!("?SAMLRequest={value}"),
        format!("SAMLRequest={value}&RelayState=x"),
        DEFLATED_REQUEST.to_owned(),
    ] {
        assert_eq!(decoded(text.clone()), kind("authn_request"), "{text}");
        assert_eq!(refused(text.clone()), as_refused("not_a_response", "authn_request"), "{text}");
    }
}

#[test]
fn fields_that_make_no_single_message_are_refused() {
    let base64 = percent(&base64(xml().as_bytes()));
    for (text, code) in [
        (format!("SAMLResponse={base64}&SAMLResponse={base64}"), "malformed_message"),
        (format!("SAMLResponse={base64}&SAMLRequest={base64}"), "malformed_message"),
        (format!("SAMLResponse={base64}&SigAlg=x&Signature=AQID"), "malformed_message"),
        ("SAMLart=AAQAA".to_owned(), "malformed_message"),
        ("SAMLResponse=a%zz".to_owned(), "malformed_message"),
        ("SAMLResponse=hello!".to_owned(), "not_base64"),
    ] {
        assert_eq!(refused(text.clone()).0, code, "{text}");
        assert_eq!(decode(text).run().status, 2);
    }
}

/// CC-30.
#[test]
fn a_jwt_is_told_to_be_one() {
    let url_safe = |json: &str| base64(json.as_bytes()).replace('+', "-").replace('/', "_").replace('=', "");
    let header = url_safe("{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    let claims = url_safe("{\"iss\":\"https://login.example.com\",\"email\":\"ada@example.com\",\"exp\":1767225600}");
    let token = format!("{header}.{claims}.c2ln");
    for text in [token.clone(), format!("Bearer {token}\n"), format!("\"{token}\"")] {
        assert_eq!(decoded(text.clone()), kind("jwt"));
        assert_eq!(refused(text), as_refused("not_a_response", "jwt"));
    }
    let text = decode(token).run().stdout;
    for wanted in ["This is a JWT", "SAMLResponse", "not verified", "ad…@example.com", "2026-01-01T00:00:00Z"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let encrypted = format!("{}.AAAA.BBBB.CCCC.DDDD", url_safe("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}"));
    assert_eq!(decoded(encrypted), kind("jwt"));
}

#[test]
fn metadata_and_certificates_are_told_and_summarised() {
    let one = entity(ISSUER, &["idp.cert.pem"], "");
    let several = group(&[one.clone(), entity("https://b.example.com", &["idp-next.cert.pem"], "")]);
    for text in [one.clone(), format!("\u{feff}{one}"), base64(one.as_bytes()), several.clone()] {
        assert_eq!(decoded(text.clone()), kind("metadata"));
        assert_eq!(refused(text), as_refused("not_a_response", "metadata"));
    }
    let padded = several.replace("<EntityDescriptor", &format!("{}<EntityDescriptor", " ".repeat(200_000)));
    assert_eq!(decoded(padded.clone()), kind("metadata"));
    assert_eq!(refused(padded), as_refused("not_a_response", "metadata"));
    let text = decode(one).run().stdout;
    assert!(text.contains(ISSUER) && text.contains("Signing certificates"), "{text}");

    let pem = fs::read_to_string(key("idp.cert.pem")).unwrap();
    let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for text in [pem.clone(), pem.replace('\n', "\\n"), bare.clone(), format!("'{bare}'")] {
        assert_eq!(decoded(text.clone()), kind("certificate"), "{text}");
        assert_eq!(refused(text), as_refused("not_a_response", "certificate"));
    }
    let text = decode(pem).run().stdout;
    assert!(text.starts_with("This is a certificate.") && text.contains("SHA-1"), "{text}");
}

#[test]
fn a_private_key_is_never_shown() {
    let pem = fs::read_to_string(key("idp.key.pem")).unwrap();
    let run = decode(pem.clone()).run();
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("a secret"), "{}", run.stderr);
    assert!(pem.lines().filter(|line| !line.starts_with('-')).all(|line| !run.stderr.contains(line)));
    assert_eq!(refused(pem), as_refused("not_a_response", "unknown"));
}

#[test]
fn broken_xml_is_refused_with_trust_and_unusable_without() {
    let xml = xml();
    let cut = &xml[..xml.len() - 20];
    let run = decode(cut).with(&JSON).run();
    assert!(run.error().contains("line 1, column "), "{}", run.stdout);
    for (text, code) in [
        (cut.to_owned(), "malformed_xml"),
        (base64(cut.as_bytes()), "malformed_xml"),
        (format!("text {xml}"), "malformed_xml"),
        (format!("{xml}<a/>"), "malformed_xml"),
        (format!("<!DOCTYPE a [<!ENTITY b 'c'>]>{xml}"), "document_type"),
        (format!("{xml}{}", " ".repeat(256 * 1024)), "too_large"),
    ] {
        assert_eq!(refused(text.clone()), as_refused(code, "response"), "{code}");
        assert_eq!(decode(text).run().status, 2, "{code}");
    }
}

#[test]
fn nothing_known_is_refused_with_trust_and_unusable_without() {
    for (bytes, code) in [
        (b"hello world".to_vec(), "not_base64"),
        (b"aGVsbG8gd29ybGQ=".to_vec(), "malformed_xml"),
        (b"{\"issuer\":\"https://login.example.com\"}".to_vec(), "not_a_response"),
        (b"https://login.example.com/saml2".to_vec(), "not_a_response"),
        (b"<!DOCTYPE html><html><title>Sign in</title></html>".to_vec(), "document_type"),
        (b"<html><title>Sign in</title></html>".to_vec(), "not_a_response"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "encoding"),
        (b"\0".to_vec(), "encoding"),
        (b"\xFF\xFE".to_vec(), "malformed_xml"),
        (b"\"\"".to_vec(), "malformed_xml"),
        (b" \r\n\t".to_vec(), "malformed_xml"),
        (b"\xEF\xBB\xBF".to_vec(), "malformed_xml"),
        (Vec::new(), "malformed_xml"),
    ] {
        let what = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(refused(bytes.clone()), as_refused(code, "unknown"), "{what}");
        assert!(!decode(bytes.clone()).with(&JSON).run().error().is_empty(), "{what}");
        let text = decode(bytes).run();
        assert_eq!((text.stdout.as_str(), text.stderr.lines().count()), ("", 1), "{what}");
    }
}
