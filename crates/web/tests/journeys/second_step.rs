//! The second step of a waiting room: what an approver decided, the operator confirms or does not.

use http::StatusCode;
use vestibule_domain::event::Fact;
use vestibule_domain::grants::Reach;
use vestibule_domain::id::UserId;
use vestibule_domain::user::ConsoleRole;
use vestibule_domain::waiting::SecondStep;
use vestibule_outbound::Mail;

use crate::support::{ADA, BASE, Browser};
use crate::waiting_scene::{Room, platform, somebody, version};

const BERT: &str = "bert@acme.example";
const OPERATOR: &str = "op@orchard.example";
const THEIRS: &str = "Ada.Example@acme.example";

/// Bert decides at `acme`, and the operator after him.
struct Scene {
    room: Room,
    bert: Browser,
    bert_id: UserId,
    operator: Browser,
}

impl Scene {
    async fn new() -> Self {
        let room = Room::new().await;
        let world = &room.world;
        world.change_account(&world.acme, |account| account.settings.waiting.second_step = SecondStep::Operator).await;
        let (role, reach) = (Some(ConsoleRole::Approver), Some(Reach::Account));
        let (bert, bert_id) = somebody(world, &world.acme, BERT, role, reach).await;
        let home = platform(world);
        let (operator, _) = somebody(world, &home, OPERATOR, Some(ConsoleRole::Operator), None).await;
        Self { room, bert, bert_id, operator }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.room.world.acme.origin)
    }

    /// Ada comes and waits, and Bert is told: where he decides.
    async fn ada_waits(&self) -> String {
        self.ada_sees("still have to be let in").await;
        let mails = self.room.mails().await;
        assert_eq!(addressed(&mails), [(BERT, "Ada Example (Ada.Example@acme.example) waits to be let in to Orchard")]);
        link_of(&mails[0], &self.room.world.acme.origin)
    }

    async fn ada_sees(&self, text: &str) {
        let world = &self.room.world;
        let seen = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
        seen.shows(StatusCode::OK, text);
    }

    /// The operator is told, and nobody else: where they decide.
    async fn operator_is_told(&self, who: &str) -> String {
        let mails = self.room.mails().await;
        assert_eq!(addressed(&mails), [(OPERATOR, &*format!("{who} waits for the second step at acme"))]);
        link_of(&mails[0], BASE)
    }

    /// The emails of the account's people, but for Bert.
    async fn others(&self) -> Vec<String> {
        let users = self.room.world.users(&self.room.world.acme).await.into_iter();
        let emails = users.filter(|user| user.id != self.bert_id).filter_map(|user| user.profile.email);
        emails.map(|email| email.as_str().to_owned()).collect()
    }
}

fn addressed(mails: &[Mail]) -> Vec<(&str, &str)> {
    mails.iter().map(|mail| (&*mail.to, &*mail.subject)).collect()
}

fn link_of(mail: &Mail, origin: &str) -> String {
    mail.text.lines().find(|line| line.starts_with(origin)).unwrap_or_else(|| panic!("{}", mail.text)).to_owned()
}

/// SC-18, A25.2: an approver joins somebody with a user, and it is nobody's sign-in before the operator has confirmed it.
/// Then it is that user's, and the user, the account's contact and the approver are told.
#[tokio::test]
async fn a_merge_that_the_operator_confirms_leads_to_the_merged_user() {
    let mut scene = Scene::new().await;
    let world = &scene.room.world;
    let known = world.add_user(&world.acme, "countess@acme.example", None).await;
    let one = scene.ada_waits().await;
    let both = scene.bert.get(&format!("{one}/merge?email=countess@acme.example")).await;
    both.shows(StatusCode::OK, "Are these one person?");
    let fields = [("version", &*version(&both)), ("user", &*known.to_string())];
    scene.bert.post(&format!("{one}/merge"), &fields).await.location();
    scene.ada_sees("You are nearly in").await;
    let link = scene.operator_is_told("Ada Example (Ada.Example@acme.example)").await;
    assert_eq!(scene.others().await, ["countess@acme.example"]);

    let page = scene.operator.get(&link).await;
    for text in ["Let in first by", BERT, "One with", "countess@acme.example", "Confirm and let in"] {
        page.shows(StatusCode::OK, text);
    }
    let fields = [("version", &*version(&page)), ("role", "reader")];
    scene.operator.post(&format!("{link}/approve"), &fields).await.location();
    let joined = "Ada Example (Ada.Example@acme.example) comes in to Orchard as countess@acme.example from now on";
    let mails = scene.room.mails().await;
    let told = [
        (THEIRS, "You are let in to Orchard"),
        ("countess@acme.example", joined),
        ("it@acme.example", joined),
        (BERT, "Ada Example (Ada.Example@acme.example) is let in to Orchard"),
    ];
    assert_eq!(addressed(&mails), told);

    let world = &scene.room.world;
    let token = world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    assert_eq!((token.sub, token.roles), (known.to_string(), vec!["reader".to_owned()]));
    assert_eq!(world.users(&world.acme).await.len(), 2, "nobody new beside Bert and the countess");
    let facts = world.facts().await;
    assert!(
        facts.iter().any(|fact| matches!(fact, Fact::ApplicantApproved { user, merged: true, .. } if *user == known))
    );
}

/// SC-16, SC-18: the operator does not let in whom the approver let in. The person reads why, and the approver who decided
/// hears that it came to nothing, by whom and why.
#[tokio::test]
async fn the_operator_refuses_whom_an_approver_let_in_and_both_are_told_why() {
    let mut scene = Scene::new().await;
    let one = scene.ada_waits().await;
    let page = scene.bert.get(&one).await;
    let fields = [("version", &*version(&page)), ("role", "reader"), ("scope:site", "berlin")];
    scene.bert.post(&format!("{one}/approve"), &fields).await.location();
    let link = scene.operator_is_told("Ada Example (Ada.Example@acme.example)").await;
    let page = scene.operator.get(&link).await;
    let (version, refuse) = (version(&page), format!("{link}/refuse"));
    let by_bert = scene.bert.post(&format!("{one}/refuse"), &[("version", &version), ("reason", "No.")]).await;
    by_bert.shows(StatusCode::UNPROCESSABLE_ENTITY, "more than you may give or decide");
    let silent = scene.operator.post(&refuse, &[("version", &version), ("reason", " ")]).await;
    silent.shows(StatusCode::UNPROCESSABLE_ENTITY, "A reason is missing");
    let reason = "Your contract ends in March.";
    scene.operator.post(&refuse, &[("version", &version), ("reason", reason)]).await.location();

    let mails = scene.room.mails().await;
    let told = [
        (THEIRS, "You are not let in to Orchard"),
        (BERT, "Ada Example (Ada.Example@acme.example) is not let in to Orchard"),
    ];
    assert_eq!(addressed(&mails), told);
    let sentence =
        "op@orchard.example has not let Ada Example (Ada.Example@acme.example) in to Orchard at acme, for this reason:";
    for (mail, texts) in
        [(&mails[0], &[reason, "Acme IT (it@acme.example)"][..]), (&mails[1], &[sentence, reason, &one])]
    {
        for text in texts {
            assert!(mail.text.contains(text), "{text:?} in\n{}", mail.text);
        }
    }
    scene.ada_sees("You were not let in").await;
    scene.ada_sees(reason).await;
    let after = scene.bert.get(&one).await;
    for text in ["Let in first by", "Not let in by", OPERATOR, reason] {
        after.shows(StatusCode::OK, text);
    }
    assert_eq!(scene.others().await, Vec::<String>::new(), "nobody was made");
    let facts = scene.room.world.facts().await.into_iter();
    let mut decided: Vec<_> = facts
        .filter_map(|fact| match fact {
            Fact::ApplicantPassed { .. } => Some("passed"),
            Fact::ApplicantRefused { .. } => Some("refused"),
            Fact::ApplicantApproved { .. } => Some("approved"),
            _ => None,
        })
        .collect();
    // Lines of one and the same millisecond stand in no order.
    decided.sort_unstable();
    assert_eq!(decided, ["passed", "refused"]);
}

/// SC-17, SC-19: somebody is asked for, is nobody before the operator has confirmed it, and comes in then with what was
/// given.
#[tokio::test]
async fn somebody_who_was_asked_for_comes_in_with_their_grants_after_the_operator_confirmed() {
    let mut scene = Scene::new().await;
    let ask = scene.at("/waiting/ask");
    let form = scene.bert.get(&ask).await;
    form.shows(StatusCode::OK, "The operator confirms it first. Then the person comes in at once");
    let form = scene.operator.get(&format!("{BASE}/waiting/ask?account=acme")).await;
    form.shows(StatusCode::OK, "The person comes in at once when they sign in at acme with this address.");
    let fields = [("email", THEIRS), ("role", "reader"), ("scope:site", "paris")];
    let asked = scene.bert.post(&ask, &fields).await;
    let seen = scene.bert.get(&asked.location()).await;
    for text in ["Asked for by", BERT, "Reads trees", "paris"] {
        seen.shows(StatusCode::OK, text);
    }
    assert!(!seen.body.contains("/approve"), "{}", seen.body);
    assert_eq!(scene.others().await, Vec::<String>::new(), "nobody is known yet");
    let list = scene.operator.get(&format!("{BASE}/waiting?account=acme")).await;
    list.shows(StatusCode::OK, THEIRS);
    let link = scene.operator_is_told(THEIRS).await;
    let page = scene.operator.get(&link).await;
    for text in ["Asked for by", "value=\"reader\" checked", "value=\"paris\" checked", "Confirm and let in"] {
        page.shows(StatusCode::OK, text);
    }
    let fields = [("version", &*version(&page)), ("role", "reader"), ("scope:site", "paris")];
    scene.operator.post(&format!("{link}/approve"), &fields).await.location();
    let mails = scene.room.mails().await;
    let subject = "Ada.Example@acme.example is let in to Orchard";
    assert_eq!(addressed(&mails), [(THEIRS, "You are let in to Orchard"), (BERT, subject)]);

    let world = &scene.room.world;
    let token = world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    assert_eq!((token.roles, token.access["site"].clone()), (vec!["reader".to_owned()], vec!["paris".to_owned()]));
    let facts = world.facts().await;
    for (name, found) in [
        ("asked", facts.iter().any(|fact| matches!(fact, Fact::AskedOnBehalf { .. }))),
        ("approved", facts.iter().any(|fact| matches!(fact, Fact::ApplicantApproved { merged: false, .. }))),
        ("linked", facts.iter().any(|fact| matches!(fact, Fact::IdentityLinked { by_email: true, .. }))),
    ] {
        assert!(found, "{name}: {facts:?}");
    }
}

/// SC-17: whoever was asked for, and comes before the operator has confirmed it, waits; is let in by the confirmation all
/// the same, with what was asked for; and is no open case then.
#[tokio::test]
async fn somebody_who_was_asked_for_and_comes_too_early_waits_and_is_let_in_by_the_confirmation() {
    let mut scene = Scene::new().await;
    let ask = scene.at("/waiting/ask");
    scene.bert.post(&ask, &[("email", THEIRS), ("role", "reader")]).await.location();
    let link = scene.operator_is_told(THEIRS).await;
    scene.ada_waits().await;
    let page = scene.operator.get(&link).await;
    let fields = [("version", &*version(&page)), ("role", "reader")];
    scene.operator.post(&format!("{link}/approve"), &fields).await.location();
    let world = &scene.room.world;
    let token = world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    assert_eq!(token.roles, ["reader"]);
    for state in ["waiting", "second_step"] {
        let list = scene.bert.get(&scene.at(&format!("/waiting?state={state}"))).await;
        list.shows(StatusCode::OK, "Nobody is in this list.");
    }
}
