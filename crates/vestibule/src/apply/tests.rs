use std::fs;
use std::sync::Arc;

use vestibule_domain::branding::Branding;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::AccountId;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::user::Subject;
use vestibule_outbound::{Fetcher, Reach};
use vestibule_store::tx::{EventFilter, KeyPurpose};
use vestibule_store::{DatabaseUrl, Role};

use super::*;
use crate::config::SealingKeyOctets;
use crate::services::Setup;

mod applications;
mod branding;
mod rows;
mod shared;
mod waiting;
mod ways;
mod webhooks;

const NOW: &str = "2026-03-01T12:00:00Z";

/// A deployment with an empty database.
async fn deployment() -> Ctx {
    deployment_at("https://sso.example.com").await
}

async fn deployment_at(public_url: &str) -> Ctx {
    let setup = Setup {
        public_url,
        account_domain: "example.com",
        proxied_by: &[],
        database: &DatabaseUrl::temporary(),
        sealing_key: &SealingKeyOctets([7; 32]),
        older_sealing_keys: &[],
        leaked: None,
        role: Role::Node,
    };
    let services = services::services(&setup).await.unwrap();
    Ctx::new(services, NOW.parse().unwrap())
}

/// The files beside the settings.
fn files() -> BTreeMap<String, Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/keys/idp.cert.pem");
    let pem = fs::read_to_string(path).unwrap();
    let certificate: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let tenant = "11111111-2222-4333-8444-555555555555";
    let metadata = format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sts.windows.net/{tenant}/">
        <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
        <X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
        <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
        Location="https://login.microsoftonline.com/{tenant}/saml2"/></IDPSSODescriptor></EntityDescriptor>"#
    );
    BTreeMap::from([
        ("entra.xml".to_owned(), metadata.into_bytes()),
        ("logo.svg".to_owned(), b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("secret.txt".to_owned(), b"0123456789012345678901234567890123456789\n".to_vec()),
    ])
}

async fn wanted(text: &str) -> Result<Wanted, Vec<FileProblem>> {
    let variables = [
        ("SECRET", "s".repeat(40)),
        ("HOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
        ("NEXT_HOOK_SECRET", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()),
    ];
    let (files, variables) = (files(), variables.map(|(name, text)| (name.to_owned(), text)).into());
    read(text, &Sources::named(&files, &variables, NOW.parse().unwrap())).await
}

/// What is wrong with a file, as it is printed.
async fn refused(text: &str) -> Vec<String> {
    let mut problems = wanted(text).await.unwrap_err();
    problems.sort_by_key(|problem| problem.line);
    problems.into_iter().map(|FileProblem { line, message }| format!("{line}: {message}")).collect()
}

async fn applied(ctx: &Ctx, text: &str) -> Told {
    apply(ctx, &wanted(text).await.unwrap(), Done::Applied).await.unwrap()
}

/// What cannot be, as it is printed.
async fn misfits(ctx: &Ctx, text: &str) -> Vec<String> {
    match apply(ctx, &wanted(text).await.unwrap(), Done::Applied).await.unwrap_err() {
        ApplyError::Misfits(misfits) => misfits.iter().map(ToString::to_string).collect(),
        other => panic!("{other}"),
    }
}

async fn events(ctx: &Ctx) -> Vec<AuditEvent> {
    let filter = EventFilter { account: None, user: None, before: None, limit: 500 };
    ctx.store.read(move |tx| Box::pin(async move { tx.events(&filter).await })).await.unwrap()
}

async fn version(ctx: &Ctx) -> i64 {
    ctx.store.read(|tx| Box::pin(async move { tx.deployment_version().await })).await.unwrap()
}

fn printed(told: &Told, done: Done) -> String {
    output(told, done, crate::cli::Format::Text).stdout
}

const ACME: &str = r#"
[[account]]
path = "acme"
name = "Acme"
admission = "create"
application = "orchard"

[[account.connection]]
name = "entra"
preset = "entra"
metadata = { file = "entra.xml" }

[[account.domain]]
name = "acme.example"
proof = "operator"
connection = "entra"

[[account.user]]
email = "Ada.Min@acme.example"
console_role = "account_admin"
identities = [{ connection = "entra", subject = ["tenant-1", "object-1"] }]

[[application]]
client_id = "orchard"
name = "Orchard"
redirect_uris = ["https://app.example.com/callback"]
secrets = [{ env = "SECRET" }, { file = "secret.txt" }]
"#;

/// RFC 8252 §7, RFC 9700 §2.1.1: what an application on a person's own machine may register, and what no other one.
#[tokio::test]
async fn what_belongs_to_native_applications_is_registered_for_them_alone() {
    let file = |more: &str| format!("[[application]]\nclient_id = \"tool\"\nname = \"Tool\"\n{more}");
    let own =
        "redirect_uris = [\"com.example.app:/callback\"]\npost_logout_redirect_uris = [\"http://127.0.0.1/bye\"]\n";
    let read = wanted(&file(&format!("native = true\n{own}"))).await.unwrap();
    let settings = &read.applications[0].settings;
    assert!(settings.native && settings.pkce == vestibule_domain::application::Pkce::Required);
    assert_eq!(settings.post_logout_redirect_uris, ["http://127.0.0.1/bye"]);

    let refusal = refused(&file(own)).await;
    let [only] = refusal.as_slice() else { panic!("{refusal:?}") };
    assert!(only.starts_with("4: redirect_uris: ") && only.contains("set native = true"), "{only}");
    let mistyped = "redirect_uris = [\"https://a.example/cb\"]\npost_logout_redirect_uris = [\"com.example.app:/bye\"]";
    let refusal = refused(&file(mistyped)).await;
    assert!(refusal[0].starts_with("5: post_logout_redirect_uris: "), "{refusal:?}");
    for dangerous in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"] {
        let refusal = refused(&file(&format!("native = true\nredirect_uris = [{dangerous:?}]"))).await;
        assert!(refusal[0].contains("runs or shows what it carries"), "{refusal:?}");
    }

    let addresses = "redirect_uris = [\"https://a.example/cb\"]\npkce = \"optional\"\n";
    let with_secret = file(&format!("{addresses}secrets = [{{ env = \"SECRET\" }}]"));
    let read = wanted(&with_secret).await.unwrap();
    assert_eq!(read.applications[0].settings.pkce, vestibule_domain::application::Pkce::Optional);
    for without in [file(addresses), format!("{with_secret}\nnative = true")] {
        let refusal = refused(&without).await;
        assert!(refusal[0].starts_with("5: pkce: ") && refusal[0].contains("leave pkce out"), "{refusal:?}");
    }
    let refusal = refused(&file("redirect_uris = [\"https://a.example/cb\"]\npkce = \"never\"")).await;
    assert!(refusal[0].starts_with("5: pkce: "), "{refusal:?}");
}

/// XC-19, XC-25: accounts, connections, domains, people and applications are set by a file.
#[tokio::test]
async fn a_file_is_applied_once_and_then_there_is_nothing_to_change() {
    let ctx = deployment().await;
    let told = applied(&ctx, ACME).await;
    let names: Vec<_> = told.changes.iter().map(|change| format!("{} {}", change.noun, change.name)).collect();
    let all = [
        "account platform",
        "account acme",
        "connection acme/entra",
        "domain acme.example",
        "application orchard",
        "user acme/Ada.Min@acme.example",
    ];
    assert_eq!(names, all);
    let before = (version(&ctx).await, events(&ctx).await);
    let again = applied(&ctx, ACME).await;
    assert_eq!(printed(&again, Done::Applied), "Nothing to change.\n");
    assert_eq!((version(&ctx).await, events(&ctx).await), before, "nothing is written, no version grows");
}

#[tokio::test]
async fn a_dry_run_tells_everything_and_changes_nothing() {
    let ctx = deployment().await;
    let before = (version(&ctx).await, events(&ctx).await);
    let told = apply(&ctx, &wanted(ACME).await.unwrap(), Done::Planned).await.unwrap();
    let text = printed(&told, Done::Planned);
    for part in [
        "  + account acme\n",
        "name         Acme\n",
        "sub_domain   acme\n",
        "  + connection acme/entra\n",
        "secrets        2, not shown\n",
        "To create: 6. To change: 0. Nothing was changed (--dry-run).\n",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    assert!(!text.contains("https://acme.example.com/sso/"), "an address with an id that is drawn anew is not told");
    assert_eq!((version(&ctx).await, events(&ctx).await), before);
    let applied = printed(&applied(&ctx, ACME).await, Done::Applied);
    assert!(applied.contains("Reply URL (ACS URL)     https://acme.example.com/sso/"), "{applied}");
}

/// No secret is shown, in words or as its hash.
#[tokio::test]
async fn a_plan_holds_no_secret() {
    let ctx = deployment().await;
    let wanted = wanted(ACME).await.unwrap();
    let hash = wanted.applications[0].settings.secret_hashes[0].clone();
    let told = apply(&ctx, &wanted, Done::Planned).await.unwrap();
    for format in [crate::cli::Format::Text, crate::cli::Format::Json] {
        let text = output(&told, Done::Planned, format).stdout;
        assert!(!text.contains(&hash) && !text.contains(&"s".repeat(40)), "{text}");
    }
}

#[tokio::test]
async fn what_differs_is_told_with_both_values_and_stands_in_the_audit_log_by_name() {
    let ctx = deployment().await;
    applied(&ctx, ACME).await;
    let edited = ACME.replace("admission = \"create\"", "admission = \"pass_through\"\nstart = \"direct\"");
    let text = printed(&applied(&ctx, &edited).await, Done::Applied);
    assert!(text.contains("  ~ account acme\n"), "{text}");
    assert!(text.contains("admission  create → pass_through\n"), "{text}");
    assert!(text.contains("start      button → direct\n"), "{text}");
    let by_name = |event: AuditEvent| match (event.fact, event.actor) {
        (Fact::AccountChanged { changed, .. }, Actor::CommandLine) => Some(changed),
        _ => None,
    };
    let all: Vec<_> = events(&ctx).await.into_iter().filter_map(by_name).collect();
    assert!(all.contains(&vec!["admission".to_owned(), "start".to_owned()]), "{all:?}");
}

/// What the file does not name stays: an account, a connection, a domain, a person.
#[tokio::test]
async fn what_is_left_out_of_the_file_stays() {
    let ctx = deployment().await;
    applied(&ctx, ACME).await;
    let told = applied(&ctx, "[platform]\nname = \"Orchard\"\n").await;
    assert_eq!(told.changes.len(), 1, "{told:?}");
    assert_eq!(printed(&applied(&ctx, ACME).await, Done::Applied), "Nothing to change.\n");
}

/// HY-24: a person is known beforehand by the values that the identity provider will send.
#[tokio::test]
async fn a_person_is_known_beforehand_by_the_subject_that_will_come() {
    let ctx = deployment().await;
    applied(&ctx, ACME).await;
    let (issuer, tid, oid) = {
        let wanted = wanted(ACME).await.unwrap();
        let saml = &wanted.accounts[0].connections[0].saml;
        let vestibule_domain::mapping::SubjectKey::Claims(claims) = saml.subject_in_force() else { panic!() };
        (saml.issuer.clone().unwrap(), claims[0].to_string(), claims[1].to_string())
    };
    let subject = format!("[\"claims\",\"{issuer}\",[\"{tid}\",\"tenant-1\"],[\"{oid}\",\"object-1\"]]");
    let found = ctx
        .store
        .read(|tx| {
            Box::pin(async move {
                let account = tx.account_by_path(&"acme".parse_path()).await?.unwrap();
                let connection = tx.connections_in(account.id).await?.remove(0);
                tx.user_by_identity(account.id, connection.id, &Subject::from_text(subject)).await
            })
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.profile.email.as_ref().map(EmailAddress::as_str), Some("Ada.Min@acme.example"));
    assert!(found.profile.email_verified, "the domain is proved");
}

trait ParsePath {
    fn parse_path(&self) -> vestibule_domain::account::AccountPath;
}

impl ParsePath for str {
    fn parse_path(&self) -> vestibule_domain::account::AccountPath {
        vestibule_domain::account::AccountPath::parse(self).unwrap()
    }
}

/// E-20, HY-5: a connection that signs its requests, and takes encrypted assertions, gets keys of its own, once.
#[tokio::test]
async fn a_connection_gets_the_keys_that_its_settings_want() {
    let ctx = deployment().await;
    let text = ACME.replace("preset = \"entra\"", "preset = \"entra\"\nrequests = \"signed\"\nencryption = \"gcm\"");
    let told = applied(&ctx, &text).await;
    assert!(printed(&told, Done::Applied).contains("  + key acme/entra\n      purpose  signing\n"));
    let keys = ctx
        .store
        .read(|tx| {
            Box::pin(async move {
                let account = tx.account_by_path(&"acme".parse_path()).await?.unwrap();
                let connection = tx.connections_in(account.id).await?.remove(0);
                Ok::<_, vestibule_store::StoreError>((connection.id, tx.connection_keys(connection.id).await?))
            })
        })
        .await
        .unwrap();
    let (connection, keys) = keys;
    let purposes: Vec<_> = keys.iter().map(|key| key.purpose).collect();
    assert!(purposes.contains(&KeyPurpose::Signing) && purposes.contains(&KeyPurpose::Decryption), "{purposes:?}");
    for key in &keys {
        let opened = vestibule_journeys::keys::open_connection_key(connection, key, ctx.store.sealer()).unwrap();
        assert!(vestibule_xmlsec::keys::SigningKey::read(opened.pkcs8()).is_ok());
        assert!(!key.sealed.windows(32).any(|part| opened.pkcs8().windows(32).any(|plain| plain == part)));
    }
    assert_eq!(printed(&applied(&ctx, &text).await, Done::Applied), "Nothing to change.\n");
}

/// What was found in metadata is told where its settings are planned, and not again.
#[tokio::test]
async fn what_should_be_known_of_metadata_is_told_with_the_plan() {
    let ctx = deployment().await;
    let told = applied(&ctx, ACME).await;
    let told = printed(&told, Done::Applied);
    assert!(told.contains("▲ the metadata names no logout address with a usable binding"), "{told}");
    assert_eq!(printed(&applied(&ctx, ACME).await, Done::Applied), "Nothing to change.\n");
}

/// CC-10: nothing is active without a certificate; an untested connection is active on the operator's word alone.
#[tokio::test]
async fn a_connection_becomes_active_after_a_test_or_on_the_operators_word() {
    let ctx = deployment().await;
    let active = ACME.replace("preset = \"entra\"", "preset = \"entra\"\nstate = \"active\"");
    let untested = misfits(&ctx, &active).await;
    assert_eq!(untested.len(), 1, "{untested:?}");
    assert!(untested[0].starts_with("line 8: connection acme/entra: it cannot be active: no test has passed yet"));
    assert!(untested[0].ends_with("or say activate = \"operator\" to vouch for it yourself"), "{}", untested[0]);

    let vouched = active.replace("state = \"active\"", "state = \"active\"\nactivate = \"operator\"");
    let told = applied(&ctx, &vouched).await;
    let connection = told.changes.iter().find(|change| change.name == "acme/entra").unwrap();
    assert!(connection.warnings[0].contains("without a test that passed"), "{connection:?}");
    let named = |event: AuditEvent| match event.fact {
        Fact::ConnectionChanged { changed, .. } => Some(changed),
        _ => None,
    };
    let changed = events(&ctx).await.into_iter().find_map(named).unwrap();
    assert!(changed.contains(&"activated_untested".to_owned()), "{changed:?}");

    let bare = "[[account]]\npath = \"bare\"\nname = \"Bare\"\n[[account.connection]]\nname = \"entra\"\n\
                state = \"active\"\nactivate = \"operator\"\n";
    let incomplete = misfits(&ctx, bare).await;
    assert!(incomplete[0].contains("a signing certificate is missing"), "{incomplete:?}");
}

/// MX-9: taking SHA-1 is warned of and has a line of its own in the audit log.
#[tokio::test]
async fn sha1_is_warned_of_and_audited() {
    let ctx = deployment().await;
    let text = ACME.replace("preset = \"entra\"", "preset = \"entra\"\nsha1_until = 2026-04-01T00:00:00Z");
    let told = applied(&ctx, &text).await;
    assert!(printed(&told, Done::Applied).contains("▲ signatures with SHA-1 are taken until 2026-04-01T00:00:00Z"));
    assert!(events(&ctx).await.iter().any(|event| matches!(event.fact, Fact::Sha1Allowed { .. })));
}

/// SC-12: a claimed domain is not proved, and the record that would prove it is told.
#[tokio::test]
async fn a_claimed_domain_gets_a_record_and_keeps_it() {
    let ctx = deployment().await;
    let text = ACME.replace("proof = \"operator\"\n", "");
    let told = applied(&ctx, &text).await;
    assert_eq!(told.records.len(), 1);
    let line = format!("publish the TXT record _vestibule.acme.example with the value {}", told.records[0].value);
    assert!(printed(&told, Done::Applied).contains(&line), "{}", printed(&told, Done::Applied));
    assert_eq!(printed(&applied(&ctx, &text).await, Done::Applied), "Nothing to change.\n");
    // Another connection for its people, and the record that may be in the DNS already stays good.
    let (head, domain) = text.split_once("[[account.domain]]").unwrap();
    let text = format!("{head}[[account.domain]]{}", domain.replacen("connection = \"entra\"\n", "", 1));
    let moved = applied(&ctx, &text).await;
    assert!(printed(&moved, Done::Applied).contains("connection  acme/entra → none"), "{moved:?}");
    assert_eq!(moved.records, told.records);
    assert_eq!(printed(&applied(&ctx, &text).await, Done::Applied), "Nothing to change.\n");
}

/// MX-16: the addresses of a connection stay where they were when its account is renamed, until the file moves them; and
/// never to what is not the account's.
#[tokio::test]
async fn a_renamed_accounts_connection_stays_where_it_was() {
    let ctx = deployment().await;
    let file = |label: &str, more: &str| {
        format!(
            "[[account]]\npath = \"acme\"\nname = \"Acme\"\n{label}\n[[account.connection]]\nname = \"entra\"\n\
             preset = \"entra\"\nmetadata = {{ file = \"entra.xml\" }}\n{more}\n"
        )
    };
    let reply_url = |told: &Told| {
        let change = told.changes.iter().find_map(|change| change.addresses.as_ref());
        change.map(|addresses| addresses.reply_url.split("/sso/").next().unwrap().to_owned())
    };
    let made = applied(&ctx, &file("", "")).await;
    assert_eq!(reply_url(&made).as_deref(), Some("https://acme.example.com"));
    let renamed = applied(&ctx, &file("sub_domain = \"group\"", "")).await;
    assert_eq!(reply_url(&renamed), None, "nothing to enter anywhere");
    let edited = applied(&ctx, &file("sub_domain = \"group\"", "clock_skew = 60")).await;
    assert_eq!(reply_url(&edited).as_deref(), Some("https://acme.example.com"));
    let moved = applied(&ctx, &file("sub_domain = \"group\"", "sub_domain = \"group\"")).await;
    assert_eq!(reply_url(&moved).as_deref(), Some("https://group.example.com"));
    let wrong = misfits(&ctx, &file("sub_domain = \"group\"", "sub_domain = \"globex\"")).await;
    assert_eq!(
        wrong,
        [
            "line 5: connection acme/entra: the sub-domain \"globex\" is not and was never that of the account; set one that is, \
          or leave sub_domain out of the connection: its addresses stay where they are"
        ]
    );
}

/// MX-16: a sub-domain is proposed, stays when it is left out, and is never taken from another account.
#[tokio::test]
async fn a_sub_domain_is_proposed_and_belongs_to_one_account_for_ever() {
    let ctx = deployment().await;
    let named = |path: &str, more: &str| format!("[[account]]\npath = \"{path}\"\nname = \"A\"\n{more}\n");
    applied(&ctx, &named("acme", "")).await;
    applied(&ctx, &named("acme", "sub_domain = \"acme-2\"")).await;
    assert!(applied(&ctx, &named("acme", "")).await.changes.is_empty());
    let taken = misfits(&ctx, &named("other", "sub_domain = \"acme\"")).await;
    let wanted = "line 1: account other: the sub-domain \"acme\" is or was that of account \"acme\"; set another \
                  sub_domain";
    assert_eq!(taken, [wanted]);
    let reserved = misfits(&ctx, &named("www", "")).await;
    assert!(reserved[0].contains("no sub-domain follows from the path, because \"www\" is kept"), "{reserved:?}");
}

/// XC-33: a wildcard among the addresses is one of the wrongs.
#[tokio::test]
async fn all_that_is_wrong_with_a_file_is_told_at_once_each_with_its_line() {
    let text = r#"
[[account]]
path = "Acme!"
nmae = "Acme"
kind = "platform"
admission = "everybody"
sub_domain = "www"

[[account.connection]]
name = "entra"
activate = "operator"
sign_on = "ftp://x"
aliases = ["https://*.acme.example/saml"]
certificates = ["no certificate"]
metadata = { file = "absent.xml" }
clock_scew = 5

[[account.domain]]
name = "acme"

[[application]]
client_id = "a b"
name = "A"
redirect_uris = ["javascript:x"]
secrets = ["hunter2hunter2hunter2hunter2hunter2hunter2", { env = "ABSENT" }, { sha256 = "short" }]
colour = "red"
"#;
    let problems = refused(text).await;
    let wanted = [
        "2: name is missing in [[account]]; add name = \"Acme\"",
        "3: path: \"Acme!\" is not a path of short names with slashes between; for example acme or reseller/acme",
        "4: [[account]] has no key \"nmae\"; did you mean name?",
        "5: kind: \"platform\" is the root alone",
        "6: admission: unknown variant `everybody`, expected one of `create`, `invited_only`, `waiting`, `pass_through`",
        "7: sub_domain: \"www\" is kept for the deployment itself; choose another sub-domain",
        "11: activate says on whose word a connection is active; set state = \"active\" with it, or leave activate out",
        "12: sign_on: \"ftp://x\" has the scheme \"ftp\"; https is wanted",
        "13: aliases: \"https://*.acme.example/saml\" has a wildcard",
        "14: certificates: ",
        "15: metadata: absent.xml is not among the files",
        "16: [[account.connection]] has no key \"clock_scew\"; did you mean clock_skew?",
        "19: name: \"acme\" is not a domain name",
        "22: client_id: a client_id has printable ASCII characters only, and no space",
        "24: redirect_uris: ",
        "25: secrets: no secret stands in this file itself",
        "25: secrets: the variable ABSENT is not set; set it, or leave the secret out",
        "25: secrets: a secret's hash has 43 characters of base64url",
        "26: [[application]] has no key \"colour\"",
    ];
    let found = |start: &&&str| problems.iter().any(|problem| problem.starts_with(**start));
    let missing: Vec<_> = wanted.iter().filter(|start| !found(start)).collect();
    assert!(missing.is_empty(), "missing {missing:#?}\nin {problems:#?}");
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    assert!(!problems.iter().any(|problem| problem.contains("hunter2")), "a secret in the wrong place is not repeated");
}

/// What cannot be is told with the line of its thing, all at once, and nothing is changed.
#[tokio::test]
async fn what_cannot_be_is_told_by_line_and_nothing_is_changed() {
    let ctx = deployment().await;
    let text = r#"
[[account]]
path = "a/b"
name = "B"
[[account]]
path = "c"
name = "C"
application = "absent"
[[account.connection]]
name = "one"
sign_on = "http://localhost/sso"
answer_to = "first_alias"
[[account.connection]]
name = "one"
[[account.user]]
display_name = "Nobody"
[[account.user]]
email = "x@c.example"
identities = [{ connection = "none", subject = ["1"] }]
[[account.user]]
email = "y@c.example"
identities = [{ connection = "one", subject = ["1"] }]
[[account.domain]]
name = "c.example"
connection = "none"
[[account]]
path = "c/d"
name = "D"
[[application]]
client_id = "orchard"
name = "Orchard"
account = "nowhere"
redirect_uris = ["https://app.example.com/callback"]
"#;
    let before = (version(&ctx).await, events(&ctx).await);
    let problems = misfits(&ctx, text).await;
    for wanted in [
        "line 2: account a/b: there is no account \"a\" above it",
        "line 5: account c: there is no application \"absent\"",
        "line 9: connection c/one: sign_on: got \"http://localhost/sso\" is http",
        "line 9: connection c/one: answer_to: got first_alias without aliases; an alias is wanted",
        "line 13: connection c/one: it stands in line 9 already",
        "line 15: user c: nothing tells who it is; set email, or an identity",
        "line 19: user c/x@c.example: the account has no connection \"none\"",
        "line 22: user c/y@c.example: the connection \"one\" has no issuer yet",
        "line 23: domain c.example: the account has no connection \"none\"",
        "line 26: account c/d: \"c\" is a customer, which has no accounts below it",
        "line 29: application orchard: there is no account \"nowhere\"",
    ] {
        assert!(problems.iter().any(|problem| problem.starts_with(wanted)), "{wanted:?} in\n{problems:#?}");
    }
    assert_eq!(problems.len(), 11, "{problems:#?}");
    assert_eq!((version(&ctx).await, events(&ctx).await), before);
}

#[tokio::test]
async fn a_domain_and_an_id_of_another_account_are_refused() {
    let ctx = deployment().await;
    applied(&ctx, ACME).await;
    let other = "[[account]]\npath = \"other\"\nname = \"Other\"\n[[account.domain]]\nname = \"acme.example\"\n";
    let problems = misfits(&ctx, other).await;
    let wanted = "line 4: domain acme.example: acme.example is proved for another account, \"acme\"; if it is no \
                  longer that one's, `vestibule domain remove acme.example --account \"acme\"` gives it back first";
    assert_eq!(problems, [wanted]);
    let own = ctx
        .store
        .read(|tx| {
            Box::pin(async move {
                let account = tx.account_by_path(&"acme".parse_path()).await?.unwrap();
                tx.connections_in(account.id).await
            })
        })
        .await
        .unwrap();
    let taken = format!(
        "[[account]]\npath = \"other\"\nname = \"Other\"\n[[account.connection]]\nname = \"x\"\nid = \"{}\"\n",
        own[0].id
    );
    let problems = misfits(&ctx, &taken).await;
    assert!(problems[0].contains("is that of another connection; leave id out"), "{problems:?}");
}

/// Somebody else's change between the plan and its execution is never overwritten.
#[tokio::test]
async fn a_plan_that_was_overtaken_is_not_carried_out() {
    let ctx = deployment().await;
    let first = plan(&ctx, &wanted(ACME).await.unwrap(), vestibule_domain::event::Actor::CommandLine).await.unwrap();
    applied(&ctx, "[platform]\nname = \"Orchard\"\n").await;
    let outcome = carry_out(&ctx, first, |wanted| new_connection_key(&wanted.name, ctx.now)).await;
    assert!(matches!(outcome, Err(ApplyError::Stale)), "{outcome:?}");
    let accounts = ctx.store.read(|tx| Box::pin(async move { tx.accounts().await })).await.unwrap();
    assert_eq!(accounts.len(), 1, "the platform alone");
    let _: AccountId = accounts[0].id;
}

/// XC-25: a running node sees what was applied: the version of a connection grows, by which caches know.
#[tokio::test]
async fn an_edit_takes_effect_without_a_restart() {
    let ctx = deployment().await;
    applied(&ctx, ACME).await;
    let found = || async {
        let ids = ctx.store.read(|tx| {
            Box::pin(async move {
                let account = tx.account_by_path(&"acme".parse_path()).await?.unwrap();
                tx.connection_heads(account.id).await
            })
        });
        let id = ids.await.unwrap()[0].id;
        vestibule_journeys::trust::of(&ctx, id, None).await.unwrap().unwrap()
    };
    let before = found().await;
    let kept = found().await;
    assert!(Arc::ptr_eq(&before, &kept), "kept while nothing changes");
    applied(&ctx, &ACME.replace("preset = \"entra\"", "preset = \"entra\"\nclock_skew = 60")).await;
    assert_eq!(found().await.connection.saml.clock_skew, 60);
}

/// MX-10: metadata by its address is fetched, and the address is kept; files lie beside the file that names them.
#[tokio::test]
async fn metadata_is_fetched_and_files_lie_beside_the_file() {
    let metadata = files().remove("entra.xml").unwrap();
    let router = axum::Router::new().route("/metadata.xml", axum::routing::get(move || async move { metadata }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metadata.xml", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let directory = std::env::temp_dir().join(format!("vestibule-apply-test-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("own.xml"), files().remove("entra.xml").unwrap()).unwrap();
    let (fetcher, variables) = (Fetcher::new(Reach::LoopbackDeployment), BTreeMap::new());
    let sources = Sources::beside(&directory.join("settings.toml"), &fetcher, &variables, NOW.parse().unwrap());
    let text = format!(
        "[[account]]\npath = \"acme\"\nname = \"Acme\"\n\
         [[account.connection]]\nname = \"by-address\"\nmetadata = {{ url = \"{url}\" }}\n\
         [[account.connection]]\nname = \"by-file\"\nmetadata = {{ file = \"own.xml\" }}\n"
    );
    let wanted = read(&text, &sources).await.unwrap();
    let [by_address, by_file] = wanted.accounts[0].connections.as_slice() else { panic!() };
    assert_eq!(by_address.saml.metadata_url.as_deref(), Some(url.as_str()));
    assert_eq!((&by_address.saml.issuer, &by_address.saml.sign_on), (&by_file.saml.issuer, &by_file.saml.sign_on));
    assert!(by_file.saml.readiness().is_empty(), "issuer, address and certificate came by metadata");
    let absent = text.replace("/metadata.xml", "/absent.xml").replace("own.xml", "absent.xml");
    let problems = read(&absent, &sources).await.unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [6, 9]);
    assert!(problems[0].message.contains("status 404"), "{problems:?}");
    fs::remove_dir_all(&directory).unwrap();
}

/// The example of the documentation is a file that can be applied.
#[tokio::test]
async fn the_example_of_the_documentation_is_applied() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate/apply.md")).unwrap();
    let example = docs.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/apply.toml")).unwrap();
    assert_eq!(example, file, "docs/operate/apply.md shows examples/apply.toml");
    let ctx = deployment().await;
    let example = file.replace("acme-metadata.xml", "entra.xml").replace("ORCHARD_SECRET", "SECRET");
    let told = applied(&ctx, &example).await;
    assert!(told.changes.len() > 5, "{told:#?}");
    assert_eq!(printed(&applied(&ctx, &example).await, Done::Applied), "Nothing to change.\n");
}

/// The deployment's own address is nobody's sub-domain: requests to it would never mean the account.
#[tokio::test]
async fn a_sub_domain_that_is_the_deployments_own_address_is_refused() {
    let ctx = deployment_at("https://portal.example.com").await;
    let refused = "the sub-domain \"portal\" is https://portal.example.com, the deployment's own address (public_url); one that \
                   is the account's alone is wanted: set another sub_domain, or \"\" for none";
    let own = "[[account]]\npath = \"acme\"\nname = \"Acme\"\nsub_domain = \"portal\"\n";
    assert_eq!(misfits(&ctx, own).await, [format!("line 1: account acme: {refused}")]);
    let by_path = "[[account]]\npath = \"portal\"\nname = \"Portal\"\n";
    assert_eq!(misfits(&ctx, by_path).await, [format!("line 1: account portal: {refused}")]);
    applied(&ctx, "[[account]]\npath = \"portal\"\nname = \"Portal\"\nsub_domain = \"\"\n").await;
}

/// `activate` is about the state `active` alone.
#[tokio::test]
async fn activate_beside_another_state_is_refused() {
    for (state, beside) in [("paused", "beside state = \"paused\" "), ("draft", "beside state = \"draft\" ")] {
        let text = format!(
            "[[account]]\npath = \"acme\"\nname = \"Acme\"\n[[account.connection]]\nname = \"entra\"\nstate = \"{state}\"\n\
             activate = \"operator\"\n"
        );
        let told = format!(
            "7: activate {beside}says on whose word a connection is active; set state = \"active\" with it, or leave \
             activate out"
        );
        assert_eq!(refused(&text).await, [told]);
    }
}

/// An alias at an address of ours would never get an answer.
#[tokio::test]
async fn an_alias_where_an_address_of_ours_stands_is_refused() {
    let ctx = deployment().await;
    let with = |alias: &str| {
        format!(
            "[[account]]\npath = \"acme\"\nname = \"Acme\"\n[[account.connection]]\nname = \"entra\"\naliases = [\"{alias}\"]\n"
        )
    };
    for (alias, first) in [
        ("https://old.example/sign-in", "/sign-in"),
        ("https://old.example/sso/x/acs", "/sso"),
        ("https://old.example/oidc/token?x=1", "/oidc"),
        ("https://old.example/me", "/me"),
        ("https://old.example/assets/a", "/assets"),
        ("https://old.example/.well-known/x", "/.well-known"),
        ("https://old.example/healthz", "/healthz"),
        ("https://old.example/", "/"),
    ] {
        let told = misfits(&ctx, &with(alias)).await;
        let want = format!(
            "line 4: connection acme/entra: aliases: got {alias}, where {first} is an address of ours; a path that is none \
             of our own, such as /saml2/idpresponse is wanted; let the identity provider answer at another path; each \
             connection has its own Reply URL besides"
        );
        assert_eq!(told, [want]);
    }
    applied(&ctx, &with("https://old.example/saml/sso")).await;
}
