//! Waiting rooms: their settings, who decides in them, and what people can be given.

use vestibule_domain::account::Admission;
use vestibule_domain::grants::{Granted, Reach, Scopes};
use vestibule_domain::user::User;
use vestibule_domain::waiting::{MailLanguage, SecondStep};

use super::*;

const ACCOUNT: &str = "[[account]]\npath = \"acme\"\nname = \"Acme\"\n";

/// An account with one person, of whom the file says this.
fn person(says: &str) -> String {
    format!("{ACCOUNT}[[account.user]]\nemail = \"bert@acme.example\"\n{says}\n")
}

async fn bert(ctx: &Ctx) -> User {
    let path = "acme".parse_path();
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let account = tx.account_by_path(&path).await?.unwrap();
            Ok::<_, vestibule_store::StoreError>(tx.users_in(account.id, None, 2).await?.remove(0))
        })
    });
    read.await.unwrap()
}

fn sites(names: &[&str]) -> Scopes {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    Scopes::new([("site".to_owned(), names)].into()).unwrap()
}

#[tokio::test]
async fn a_waiting_room_is_set_within_its_bounds() {
    let ctx = deployment().await;
    let settings = "admission = \"waiting\"\nwaiting = { days = 7, second_step = \"operator\", language = \"de\" }\n";
    applied(&ctx, &format!("{ACCOUNT}{settings}")).await;
    let path = "acme".parse_path();
    let read = ctx.store.read(move |tx| Box::pin(async move { tx.account_by_path(&path).await }));
    let settings = read.await.unwrap().unwrap().settings;
    assert_eq!((settings.admission, settings.waiting.days), (Admission::Waiting, 7));
    assert_eq!(settings.waiting.second_step, SecondStep::Operator);
    assert_eq!(settings.waiting.language, MailLanguage::German);
    for (odd, told) in [
        ("waiting = { days = 0 }", "waiting.days is 0; 1 to 365 are wanted"),
        ("waiting = { days = 366 }", "waiting.days is 366"),
        ("waiting = { at_most = 0 }", "waiting.at_most is 0; 1 to 100000 are wanted"),
        ("waiting = { weeks = 1 }", "unknown field `weeks`"),
    ] {
        let problems = refused(&format!("{ACCOUNT}{odd}\n")).await;
        assert!(problems[0].contains(told), "{problems:?}");
    }
}

/// SC-17: whom an approver may let in is said, and never left to be guessed.
#[tokio::test]
async fn an_approver_has_a_reach_and_nobody_else_has_one() {
    let ctx = deployment().await;
    applied(&ctx, &person("console_role = \"approver\"\napproves = { site = [\"berlin\"] }")).await;
    assert_eq!(bert(&ctx).await.grants.approves, Some(Reach::Scopes(sites(&["berlin"]))));
    applied(&ctx, &person("console_role = \"approver\"\napproves = \"account\"")).await;
    assert_eq!(bert(&ctx).await.grants.approves, Some(Reach::Account));
    let none = misfits(&ctx, &person("console_role = \"approver\"")).await;
    assert!(none[0].contains("nothing says whom they may let in; set approves"), "{none:?}");
    let other = misfits(&ctx, &person("console_role = \"account_admin\"\napproves = \"account\"")).await;
    assert!(other[0].contains("approves is for whoever has console_role = \"approver\""), "{other:?}");
    for odd in ["approves = {}", "approves = { site = [] }", "approves = \"everybody\"", "approves = []"] {
        let problems = refused(&person(&format!("console_role = \"approver\"\n{odd}"))).await;
        assert!(problems[0].contains("approves is \"account\", or scopes"), "{problems:?}");
    }
    applied(&ctx, &person("")).await;
    assert_eq!(bert(&ctx).await.grants.approves, None);
}

/// What approvers gave stays where the file says nothing of it.
#[tokio::test]
async fn what_people_were_given_stays_unless_the_file_says_it() {
    let ctx = deployment().await;
    let given = "granted = { roles = [\"reader\"], scopes = { site = [\"paris\"] } }";
    applied(&ctx, &person(given)).await;
    let expected = Granted { roles: ["reader".to_owned()].into(), scopes: Some(sites(&["paris"])) };
    assert_eq!(bert(&ctx).await.grants.granted, expected);
    applied(&ctx, &person("")).await;
    assert_eq!(bert(&ctx).await.grants.granted, expected);
    applied(&ctx, &person("granted = {}")).await;
    assert!(bert(&ctx).await.grants.is_empty());
    assert!(events(&ctx).await.iter().any(|event| matches!(event.fact, Fact::GrantsChanged { .. })));
}

/// SC-16: applications say what there is to give.
#[tokio::test]
async fn an_application_offers_roles_and_scopes_that_have_names() {
    let ctx = deployment().await;
    let application = |more: &str| {
        format!(
            "[[application]]\nclient_id = \"orchard\"\nname = \"Orchard\"\n\
             redirect_uris = [\"https://app.example.com/callback\"]\n{more}\n"
        )
    };
    let good = "roles = [{ name = \"reader\", title = \"Reader\", within_scopes = true }]\n\
                scope_kinds = [{ kind = \"site\", title = \"Site\", values = [\"berlin\"] }]";
    applied(&ctx, &application(good)).await;
    for (odd, told) in [
        ("roles = [{ name = \"\", title = \"Reader\" }]", "roles[0].name"),
        ("roles = [{ name = \"a\", title = \"A\" }, { name = \"a\", title = \"B\" }]", "\"a\" twice"),
        ("scope_kinds = [{ kind = \"site\", title = \"Site\", values = [] }]", "an empty list"),
    ] {
        let problems = misfits(&ctx, &application(odd)).await;
        assert!(problems[0].contains(told), "{problems:?}");
    }
}
