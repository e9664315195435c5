//! Several people behind one identity.

use vestibule_domain::user::User;

use super::*;

const ENTRA: &str = "[[account.connection]]\nname = \"entra\"\npreset = \"entra\"\nmetadata = { file = \"entra.xml\" }";

fn person(name: &str, shared: &str) -> String {
    format!("[[account.user]]\n{name}\nidentities = [{{ connection = \"entra\", subject = [\"t\", \"o\"]{shared} }}]\n")
}

fn acme(people: &[String]) -> String {
    format!("[[account]]\npath = \"acme\"\nname = \"Acme\"\n{ENTRA}\n{}", people.concat())
}

async fn behind(ctx: &Ctx) -> Vec<User> {
    let path = "acme".parse_path();
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let account = tx.account_by_path(&path).await?.unwrap();
            let Some(first) = tx.users_in(account.id, None, 1).await?.pop() else { return Ok(Vec::new()) };
            let identity = tx.identities_of(first.id).await?.pop().unwrap();
            tx.users_by_identity(account.id, identity.connection, &identity.subject).await
        })
    });
    read.await.unwrap()
}

/// XC-6: people who share an identity are told apart by their name, run after run.
#[tokio::test]
async fn an_identity_is_shared_where_the_file_says_so() {
    let ctx = deployment().await;
    let shared = ", shared = true";
    let both = acme(&[person("name = \"agent\"", shared), person("name = \"supervisor\"", shared)]);
    applied(&ctx, &both).await;
    let names = |users: Vec<User>| users.into_iter().filter_map(|user| user.profile.name).collect::<Vec<_>>();
    assert_eq!(names(behind(&ctx).await), ["agent", "supervisor"]);
    assert!(applied(&ctx, &both).await.changes.is_empty(), "the same once more changes nothing");
    applied(&ctx, &acme(&[person("name = \"auditor\"", shared)])).await;
    assert_eq!(names(behind(&ctx).await), ["agent", "supervisor", "auditor"]);
}

/// What does not tell people apart is refused, with what to do.
#[tokio::test]
async fn a_shared_identity_needs_names_and_the_word_of_everybody() {
    let ctx = deployment().await;
    let shared = ", shared = true";
    let refused = misfits(&ctx, &acme(&[person("email = \"a@acme.example\"", shared)])).await;
    assert!(refused[0].contains("its identity is shared, and it has no name; set name"), "{refused:?}");
    let twice = [person("name = \"agent\"", shared), person("name = \"agent\"", shared)];
    assert_eq!(misfits(&ctx, &acme(&twice)).await.len(), 1);
    let pair = [person("name = \"agent\"", shared), person("name = \"supervisor\"", shared)];
    applied(&ctx, &acme(&pair)).await;
    let refused = misfits(&ctx, &acme(&[person("name = \"agent\"", "")])).await;
    assert!(refused[0].contains("stands for several people of the account; set shared = true"), "{refused:?}");
}
