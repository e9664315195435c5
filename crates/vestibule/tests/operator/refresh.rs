//! `vestibule connection refresh`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::Deployment;

const IDP: &str = include_str!("../../../../vectors/keys/idp.cert.pem");
const IDP_NEXT: &str = include_str!("../../../../vectors/keys/idp-next.cert.pem");

/// Metadata with these certificates.
fn metadata(certificates: &[&str]) -> String {
    let key = |pem: &&str| {
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        format!(
            "<KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>\
             <X509Certificate>{text}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        )
    };
    let keys: String = certificates.iter().map(key).collect();
    format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.example/\">\
         <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{keys}\
         <SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://idp.example/sso\"/></IDPSSODescriptor></EntityDescriptor>"
    )
}

/// A web server on loopback with one document, which ends with the process.
fn publisher(document: &str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metadata", listener.local_addr().unwrap());
    let published = Arc::new(Mutex::new(document.to_owned()));
    let document = Arc::clone(&published);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            request.take_while(|line| !line.is_empty()).for_each(drop);
            let body = document.lock().unwrap().clone();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    (url, published)
}

/// HY-10: what changed is told, or why nothing did.
#[test]
fn a_refresh_by_hand_says_what_it_changed_or_why_nothing() {
    let (url, published) = publisher(&metadata(&[IDP]));
    let deployment = Deployment::new("refresh", "");
    let connection = format!("[[account.connection]]\nname = \"entra\"\nmetadata = {{ url = \"{url}\" }}\n");
    let file = deployment.file("apply.toml", &format!("[[account]]\npath = \"acme\"\nname = \"Acme\"\n{connection}"));
    let run = deployment.run(&["apply", &file]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let refresh = |name: &str| deployment.run(&["connection", "refresh", name, "--account", "acme"]);
    let run = refresh("entra");
    let unchanged = "acme/entra: its metadata says what is set; nothing was changed\n";
    assert_eq!((run.status, run.stdout.as_str()), (0, unchanged), "{}", run.stderr);

    metadata(&[IDP, IDP_NEXT]).clone_into(&mut published.lock().unwrap());
    let run = refresh("entra");
    let added = "acme/entra: new certificates are taken beside those before; SHA-256 thumbprints: ";
    assert!(run.status == 0 && run.stdout.starts_with(added), "{}{}", run.stdout, run.stderr);

    "<!DOCTYPE html><title>Sign in</title>".clone_into(&mut published.lock().unwrap());
    let run = refresh("entra");
    assert_eq!(run.status, 1, "{}", run.stderr);
    let why = "acme/entra: its metadata changed nothing, because this is not SAML metadata: it is a web page";
    assert!(run.stdout.starts_with(why), "{}", run.stdout);

    let run = refresh("other");
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("there is no connection acme/other whose metadata has an address"), "{}", run.stderr);
}
