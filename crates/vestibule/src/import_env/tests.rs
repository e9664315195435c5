use vestibule_domain::connection::{AnswerTo, ConnectionState, Preset};
use vestibule_store::{DatabaseUrl, Role};

use super::*;
use crate::config::SealingKeyOctets;
use crate::services::Setup;

const TENANT: &str = "11111111-2222-4333-8444-555555555555";

async fn deployment() -> Ctx {
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
    let ctx = Ctx::new(services::services(&setup).await.unwrap(), "2026-03-01T12:00:00Z".parse().unwrap());
    let account = WantedAccount {
        line: 1,
        path: AccountPath::parse("acme").unwrap(),
        kind: None,
        name: "Acme".to_owned(),
        sub_domain: WantedSubDomain::AsItIs,
        settings: vestibule_domain::account::AccountSettings::default(),
        logo: None,
        connections: Vec::new(),
        domains: Vec::new(),
        users: Vec::new(),
    };
    apply(&ctx, &Wanted { accounts: vec![account], ..Wanted::default() }, Done::Applied).await.unwrap();
    ctx
}

/// The five variables with this certificate.
fn variables(certificate: &str) -> String {
    format!(
        "DOMAIN=https://motion.acme.example\n\
         XC_SAML_ENTRYPOINT=https://login.microsoftonline.com/{TENANT}/saml2\n\
         XC_SAML_CERT={certificate}\n\
         XC_SAML_ISSUER=motion\n\
         XC_SAML_LOGOUT_URL=https://login.microsoftonline.com/{TENANT}/saml2\n"
    )
}

fn certificate() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/keys/idp.cert.pem");
    let pem = std::fs::read_to_string(path).unwrap();
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

async fn connections(ctx: &Ctx) -> Vec<vestibule_domain::connection::Connection> {
    ctx.store
        .read(|tx| {
            Box::pin(async move {
                let account = tx.account_by_path(&AccountPath::parse("acme").unwrap()).await?.unwrap();
                tx.connections_in(account.id).await
            })
        })
        .await
        .unwrap()
}

/// XC-20, XC-21, XC-22, XC-23, XC-24: the five variables are a draft with an alias for the old address.
#[tokio::test]
async fn the_five_variables_become_a_draft() {
    let ctx = deployment().await;
    let imported = imported(&ctx, &variables(&certificate()), "acme", "imported", Done::Applied).await.unwrap();
    let (told, problems) = imported.unwrap();
    // The connection, and the key that signs its logout messages.
    assert_eq!((told.changes.len(), problems.len()), (2, 0), "{told:?} {problems:?}");
    let all = connections(&ctx).await;
    let [connection] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((connection.state, connection.name.as_str()), (ConnectionState::Draft, "imported"));
    let saml = &connection.saml;
    assert_eq!(saml.preset, Preset::Entra);
    assert_eq!(saml.aliases[0].as_str(), "https://motion.acme.example/api/auth/saml/callback", "XC-20");
    assert_eq!(saml.answer_to, AnswerTo::FirstAlias);
    let sign_on = format!("https://login.microsoftonline.com/{TENANT}/saml2");
    assert_eq!(saml.sign_on.as_ref().unwrap().url.as_str(), sign_on, "XC-21");
    assert_eq!(saml.certificates, [certificate()], "XC-22");
    assert_eq!(saml.entity_id.as_ref().unwrap().as_str(), "motion", "XC-23");
    assert_eq!(saml.logout_url.as_ref().unwrap().as_str(), sign_on, "XC-24");
    assert_eq!(saml.issuer.as_ref().unwrap().as_str(), format!("https://sts.windows.net/{TENANT}/"));
    assert_eq!(told.changes[0].addresses.as_ref().unwrap().reply_url, saml.aliases[0].as_str());
}

#[tokio::test]
async fn a_dry_run_makes_nothing() {
    let ctx = deployment().await;
    let imported = imported(&ctx, &variables(&certificate()), "acme", "imported", Done::Planned).await.unwrap();
    assert_eq!(imported.unwrap().0.changes.len(), 2, "the connection and its key");
    assert_eq!(connections(&ctx).await, []);
}

/// XC-32: quotes and line ends in the certificate do no harm; what does is told with its byte, and the rest is imported.
#[tokio::test]
async fn a_mangled_certificate_is_read_and_a_broken_one_is_told() {
    let ctx = deployment().await;
    let mangled = format!("\"-----BEGIN CERTIFICATE-----\\n{}\\n-----END CERTIFICATE-----\\n\"", certificate());
    let read = imported(&ctx, &variables(&mangled), "acme", "mangled", Done::Applied).await.unwrap().unwrap();
    assert_eq!(read.1, []);
    let broken = format!("{}%{}", &certificate()[..40], &certificate()[40..]);
    let (_, problems) = imported(&ctx, &variables(&broken), "acme", "broken", Done::Applied).await.unwrap().unwrap();
    assert_eq!((problems[0].variable, problems[0].byte), ("XC_SAML_CERT", Some(40)));
    let certificates: Vec<_> = connections(&ctx).await.into_iter().map(|it| it.saml.certificates.len()).collect();
    assert_eq!(certificates, [0, 1], "broken, mangled");
}

#[tokio::test]
async fn an_account_that_is_not_there_and_a_name_that_is_taken_are_refused() {
    let ctx = deployment().await;
    let text = variables(&certificate());
    let refused = imported(&ctx, &text, "nobody", "imported", Done::Applied).await.unwrap_err().to_string();
    assert_eq!(refused, "--account: there is no account \"nobody\"; make it with `vestibule apply`");
    imported(&ctx, &text, "acme", "imported", Done::Applied).await.unwrap().unwrap();
    let refused = imported(&ctx, &text, "acme", "imported", Done::Applied).await.unwrap_err().to_string();
    assert_eq!(refused, "--name: the account has a connection imported already; choose another name");
}
