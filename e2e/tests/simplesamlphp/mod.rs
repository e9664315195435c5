//! SimpleSAMLphp as the identity provider of an account: each side is set up from the other's metadata.

mod logout;

use std::process::Command;

use vestibule_e2e::http::{Client, Response};
use vestibule_e2e::peers::free_port;
use vestibule_e2e::peers::server::{BINARY_VARIABLE, Ready, Server, binary};
use vestibule_e2e::peers::simplesamlphp::{Encrypts, NameFormat, Settings, Signs, SimpleSamlPhp, User};

/// 32 octets that seal a test's database.
const KEY: &str = "YSBrZXkgdGhhdCBzZWFscyBub3RoaW5nIG9mIHdvcnQ=";
const CONNECTION: &str = "0198a000-0000-7000-8000-0000000000aa";

/// `vestibule serve` with the account `acme`, whose people are at a SimpleSAMLphp that trusts us.
struct Deployment {
    server: Server,
    port: u16,
    peer: SimpleSamlPhp,
}

impl Deployment {
    /// With these lines in the connection's table, beside its metadata.
    #[track_caller]
    fn start(connection: &str) -> Self {
        let users = [User::new("ada@corp.example", "a password", "Ada", "Ångström")];
        let peer = SimpleSamlPhp::start(&users, &Settings::default());
        let port = free_port();
        let environment = environment(port);
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let ready = Ready::Address(format!("http://sso.localhost:{port}/readyz"));
        let server = Server::start("serve", &["serve"], &environment, ready);
        let deployment = Self { server, port, peer };
        deployment.apply(connection);
        let metadata = Client::new().get(&deployment.url("metadata")).unwrap();
        assert_eq!(metadata.status, 200, "{}", metadata.text());
        deployment.peer.trust("acme", &metadata.text());
        deployment
    }

    /// The connection is made from the metadata at SimpleSAMLphp's address (HY-10).
    #[track_caller]
    fn apply(&self, connection: &str) {
        let file = format!(
            r#"
            [[account]]
            path = "acme"
            name = "Acme"
            sub_domain = "acme"
            admission = "create"
            show_details = "shown"

            [[account.domain]]
            name = "corp.example"
            proof = "operator"

            [[account.connection]]
            name = "simplesamlphp"
            id = "{CONNECTION}"
            state = "active"
            activate = "operator"
            metadata = {{ url = "{}" }}
            {connection}
            "#,
            self.peer.metadata_url()
        );
        let name = self.server.folder().write("acme.toml", file);
        let done = Command::new(binary())
            .arg("apply")
            .arg(name)
            .current_dir(self.server.folder().path())
            .env_remove(BINARY_VARIABLE)
            .envs(environment(self.port))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// An address of the connection.
    fn url(&self, what: &str) -> String {
        format!("http://acme.localhost:{}/sso/{CONNECTION}/{what}", self.port)
    }

    /// What Ada's browser shows in the end, having begun at `url`.
    #[track_caller]
    fn comes(client: &mut Client, url: &str) -> Response {
        let first = client.get(url).unwrap();
        let mut page = client.follow(first).unwrap();
        // The password, the form that SimpleSAMLphp posts, and once more for a question of ours.
        for _ in 0..4 {
            let Some(form) = page.forms().into_iter().next().filter(|_| page.url.starts_with("http://127.0.0.1:"))
            else {
                break;
            };
            let form = match form.value("username") {
                Some(_) => form.with("username", "ada").with("password", "a password"),
                None => form,
            };
            let answer = client.submit(&page, &form).unwrap();
            page = client.follow(answer).unwrap();
        }
        page
    }

    #[track_caller]
    fn signs_in(&self, client: &mut Client, url: &str) {
        let page = Self::comes(client, url);
        let (status, text) = (page.status, page.text());
        assert!(page.url.ends_with("/me") && status == 200, "{status} at {}\n{text}\n{}", page.url, self.peer.log());
        assert!(text.contains("ada@corp.example"), "{text}");
        assert!(client.cookie("acme.localhost", "vestibule_session").is_some());
    }
}

fn environment(port: u16) -> [(&'static str, String); 5] {
    [
        ("VESTIBULE_PUBLIC_URL", format!("http://sso.localhost:{port}")),
        ("VESTIBULE_ACCOUNT_DOMAIN", "localhost".to_owned()),
        ("VESTIBULE_LISTEN", format!("127.0.0.1:{port}")),
        ("VESTIBULE_DATABASE", "sqlite:vestibule.db".to_owned()),
        ("VESTIBULE_KEY", KEY.to_owned()),
    ]
}

/// HY-4, XC-29, HY-10: both sides were set up by metadata alone; whatever SimpleSAMLphp signs, and whatever names it
/// sends, its people come in.
#[test]
fn its_people_come_in_whatever_it_signs_and_however_it_names_them() {
    let deployment = Deployment::start("");
    for signs in [Signs::Assertion, Signs::Response, Signs::Both] {
        deployment.peer.change(&Settings { signs, ..Settings::default() });
        deployment.signs_in(&mut Client::new(), &deployment.url("start"));
    }
}

/// The name of a person is the key that the connection knows them by; whichever lasting format it has will do.
#[test]
fn every_lasting_name_is_a_key_and_a_passing_one_is_refused() {
    let deployment = Deployment::start("subject = { claims = [\"emailaddress\"] }");
    for name_format in
        [NameFormat::EmailAddress, NameFormat::Unspecified, NameFormat::Persistent, NameFormat::Transient]
    {
        deployment.peer.change(&Settings { name_format, ..Settings::default() });
        deployment.signs_in(&mut Client::new(), &deployment.url("start"));
    }
    deployment.apply("subject = \"name_id\"");
    let page = Deployment::comes(&mut Client::new(), &deployment.url("start"));
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.text().contains("names you differently each time"), "{}", page.text());
}

/// HY-5: our metadata has the key for it, and SimpleSAMLphp encrypts with that.
#[test]
fn an_encrypted_assertion_is_read() {
    let deployment = Deployment::start("encryption = \"gcm_and_cbc\"");
    deployment.peer.change(&Settings { encrypts: Encrypts::Assertion, ..Settings::default() });
    deployment.signs_in(&mut Client::new(), &deployment.url("start"));
}

/// E-43: a response that nobody asked for is turned into a question of ours, and taken where the connection says so.
#[test]
fn an_unsolicited_response_is_restarted_or_taken() {
    let deployment = Deployment::start("");
    let unsolicited = deployment.peer.unsolicited_url(&deployment.url("metadata"), None);
    deployment.signs_in(&mut Client::new(), &unsolicited);
    deployment.apply("unsolicited = \"accept\"");
    deployment.signs_in(&mut Client::new(), &unsolicited);
    deployment.apply("unsolicited = \"refuse\"");
    let page = Deployment::comes(&mut Client::new(), &unsolicited);
    assert!((400..500).contains(&page.status), "{}", page.status);
    assert!(page.text().contains("was not started here"), "{}", page.text());
}
