//! Every page, filled. A test proves that none is missing, so that one added later is looked at like the others.

use vestibule_domain::account::Admission;
use vestibule_domain::branding::{Branding, LogoFile, LogoKind};
use vestibule_domain::connection::{Button, Preset};
use vestibule_domain::password::Unfit;
use vestibule_domain::setup::LinkOver;
use vestibule_domain::waiting::ApplicantState;
use vestibule_journeys::waiting::{ApplicantOrder, NotAsked, NotDecided};
use vestibule_saml::sp::{Party, Step};
use vestibule_web::page::{Brand, Page, Time};
use vestibule_web::pages::aadsts::AadStsBlock;
use vestibule_web::pages::{
    AcsAddress, Addresses, AnswerAtLoginUrl, ApplicantPage, ApplicationLink, AskForPage, AskProblem, AskSignOut, Asked,
    Authenticator, Before, CertificateRow, ChangePassword, Changing, Choice, Choose, ChooseUser, ClaimRow,
    ConfirmSetUp, Contact, DecidedBy, Details, DomainRow, Elsewhere, FinishStep, GivenFact, GrantChoice, GrantChoices,
    HandOver, ListLink, ListRow, MappingRow, MergePage, MyAccount, MySecondFactor, Namesake, NotCounted, NotLetIn,
    NotSet, OtherSession, OurValues, Outbox, OutboxMail, PasswordMail, PasswordSignIn, Pasted, People, PostToIdp,
    ProblemPage, ProfileRow, RecoveryCodes, ReportPage, ReportPurpose, Said, ScopeChoices, SecondStep, SetPassword,
    SetUpDone, SetUpOver, SetUpPage, SignIn, SignedOut, State, StepBehind, StepRow, StepTitle, TestShown, TheirValues,
    Typed, UserChoice, Verdict, WaitingList, WaitingRoomPage,
};
use vestibule_web::problem::Problem;

const EMAIL: &str = "ada.lindqvist@acme.example";
const REPLY_URL: &str = "https://acme.sso.example.com/sso/con_01j9k2m4p6r8t0v2x4z6/acs";
const AT: i64 = 1_795_250_520;

/// A page with what a deployment would put into it.
pub(crate) struct Shown {
    /// What it is called in its address.
    pub(crate) name: String,
    /// The name of its type.
    pub(crate) kind: &'static str,
    /// The account that it is of, where one is known.
    pub(crate) account: Option<&'static str>,
    /// How that account's pages look.
    pub(crate) look: Branding,
    pub(crate) page: Box<dyn Page>,
}

impl Shown {
    fn new<P: Page + 'static>(name: impl Into<String>, page: P) -> Self {
        let kind = std::any::type_name::<P>().rsplit("::").next().unwrap_or_default();
        Self { name: name.into(), kind, account: Some("Acme"), look: Branding::default(), page: Box::new(page) }
    }

    fn of_no_account(self) -> Self {
        Self { account: None, ..self }
    }

    /// As an account has it that set all there is to set.
    fn branded(self) -> Self {
        Self { name: format!("{}-branded", self.name), account: Some("Corner Bakery"), look: look(), ..self }
    }

    /// Whose page it is.
    pub(crate) fn brand(&self) -> Brand {
        let product = self.look.product_or("Orbit").to_owned();
        Brand { product, account: self.account.map(str::to_owned), look: self.look.clone() }
    }
}

/// The picture of the account that set one.
pub(crate) const LOGO: &[u8] = include_bytes!("../../../vestibule/src/demo/bakery.svg");

/// A colour in which text could not be read by day, so it is moved.
fn look() -> Branding {
    let welcome = "Order flour until four, and it is there before the ovens are warm.".to_owned();
    let welcome_de = "Bis vier Uhr bestellt, ist das Mehl da, bevor die Öfen warm sind.".to_owned();
    Branding {
        product: "Mill & More".to_owned().try_into().ok(),
        accent: "#e0913a".parse().ok(),
        logo: LogoKind::of(LOGO).ok().map(|kind| LogoFile::new(kind, &[0xba; 32])),
        welcome: welcome.try_into().ok(),
        welcome_de: welcome_de.try_into().ok(),
        imprint: "https://bakery.example/imprint".to_owned().try_into().ok(),
        privacy: "https://bakery.example/privacy".to_owned().try_into().ok(),
    }
}

/// Every page there is. `origin` is where the gallery is; the page that posts itself leads there.
pub(crate) fn all(origin: &str) -> Vec<Shown> {
    let mut pages = vec![
        Shown::new("sign-in", SignIn::default()).of_no_account(),
        Shown::new("sign-in-refused", SignIn { refused: Some("ada.lindqvist".into()), ..SignIn::default() }),
        Shown::new("sign-in", SignIn::default()).branded(),
        Shown::new("choose", choose(1)).branded(),
        Shown::new("problem", problem_in_full()).branded(),
        Shown::new("me", my_account()).branded(),
        Shown::new("choose", choose(1)),
        Shown::new("choose-several", choose(3)),
        Shown::new("choose-user", choose_user()),
        Shown::new("choose-none", choose(0)).of_no_account(),
        Shown::new("post", post(origin)),
        Shown::new("hand-over", hand_over(origin, false)),
        Shown::new("hand-over-by-form", hand_over(origin, true)),
        Shown::new("ask-sign-out", AskSignOut { application: Some("Orchard".into()), to: "client_id=orchard".into() }),
        Shown::new("ask-sign-out-nobody", AskSignOut::default()),
        Shown::new("signed-out-onward", signed_out_onward(origin)),
        Shown::new("problem-in-full", problem_in_full()),
        Shown::new("problem-of-entra", problem_of_entra(50105)),
        Shown::new("problem-of-entra-unknown", problem_of_entra(999_999)),
        Shown::new("report-ok", report(None)),
        Shown::new("report-refused", report(Some(18))),
        Shown::new("report-not-let-in", not_let_in()),
        Shown::new("report-brief", brief()),
        Shown::new("me", my_account()),
        Shown::new("me-elsewhere", elsewhere()),
        Shown::new("signed-out", signed_out(Elsewhere::Untouched, None)),
        Shown::new("signed-out-here-only", signed_out(Elsewhere::Untouched, Some("Microsoft"))),
        Shown::new("signed-out-unanswered", signed_out(Elsewhere::Unanswered, Some("Microsoft"))),
        Shown::new("signed-out-everywhere", signed_out(Elsewhere::Ended, Some("Microsoft"))),
        Shown::new("signed-out-partly", signed_out(Elsewhere::Partly(said()), Some("Microsoft"))),
        Shown::new("signed-out-failed", signed_out(Elsewhere::Failed(said()), Some("Microsoft"))),
        Shown::new("signed-out-asked", signed_out(Elsewhere::Asked, Some("Microsoft"))),
        Shown::new("signed-out-in-vain", signed_out(Elsewhere::AskedInVain, Some("Microsoft"))),
        Shown::new("acs-address", AcsAddress { reply_url: REPLY_URL.into(), sign_in: "/".into() }),
        Shown::new("wrong-address", wrong_address()),
        Shown::new("password", password(Before::Nothing)),
        Shown::new("password-wrong", password(Before::Wrong("PAS-7K2Q".into()))),
        Shown::new("password-is-set", password(Before::PasswordSet)),
        Shown::new("password-mail", PasswordMail::default()),
        Shown::new("password-mail-refused", PasswordMail { email: "ada.lindqvist".into(), asked: Asked::Refused }),
        Shown::new("password-mail-noted", PasswordMail { email: EMAIL.into(), asked: Asked::Noted }),
        Shown::new("set-password", set_password(None)),
        Shown::new("set-password-refused", set_password(Some(NotSet::Password(Unfit::TooShort { got: 8 })))),
        Shown::new("change-password", change_password(Changing::NotYet)),
        Shown::new("change-password-wrong", change_password(Changing::Wrong)),
        Shown::new("change-password-refused", change_password(Changing::Unfit(Unfit::Known))),
        Shown::new("change-password-done", change_password(Changing::Done)),
        Shown::new("second-step", second_step(false)),
        Shown::new("second-step-wrong", second_step(true)),
        Shown::new("second-step-set-up", set_up()),
        Shown::new("recovery-codes", recovery_codes()),
        Shown::new("my-second-factor", my_second_factor(true)),
        Shown::new("my-second-factor-none", my_second_factor(false)),
        Shown::new("first-operator", first_operator(None)).of_no_account(),
        Shown::new("first-operator-refused", first_operator(Some(NotSet::Email))).of_no_account(),
        Shown::new("set-up-new", set_up_page(TestShown::NotYet, FinishStep::Untested)),
        Shown::new("set-up-refused", set_up_page(TestShown::Ended(Box::new(report(Some(18)))), FinishStep::Untested)),
        Shown::new("set-up-passed", set_up_page(TestShown::Ended(Box::new(report(None))), FinishStep::SwitchOn)),
        Shown::new("set-up-outdated", set_up_page(outdated(), FinishStep::Untested)),
        Shown::new("set-up-running", set_up_page(TestShown::Running, FinishStep::Untested)),
        Shown::new("set-up-silent", set_up_page(TestShown::Silent, FinishStep::Untested)),
        Shown::new("set-up-unfit", set_up_unfit()),
        Shown::new("set-up-over", SetUpOver { why: Some(LinkOver::Expired), contact: None }),
        Shown::new(
            "set-up-done",
            SetUpDone { preset: Preset::Entra, sign_in: "/".to_owned(), unproved: vec![unproved()] },
        ),
        Shown::new("set-up-confirm", set_up_confirm()),
        Shown::new("waiting-room", waiting_room(ApplicantState::Waiting)),
        Shown::new("waiting-room-second-step", waiting_room(ApplicantState::SecondStep)),
        Shown::new("waiting-room-approved", waiting_room(ApplicantState::Approved)),
        Shown::new("waiting-room-refused", waiting_room(ApplicantState::Refused)),
        Shown::new("waiting-list", waiting_list(7)),
        Shown::new("waiting-list-empty", waiting_list(0)),
        Shown::new("applicant", applicant(ApplicantState::Waiting, None)),
        Shown::new("applicant-not-so", applicant(ApplicantState::Waiting, Some(NotCounted::Not(NotDecided::Namesake)))),
        Shown::new("applicant-overtaken", applicant(ApplicantState::Refused, Some(NotCounted::Overtaken))),
        Shown::new("applicant-second-step", applicant(ApplicantState::SecondStep, None)),
        Shown::new("applicant-merge", merge()),
        Shown::new("ask-for", ask_for(None)),
        Shown::new("ask-for-not-so", ask_for(Some(AskProblem::Not(NotAsked::AlreadyKnown)))),
        Shown::new("outbox", outbox()).of_no_account(),
        Shown::new("outbox-empty", Outbox::default()).of_no_account(),
    ];
    for problem in Problem::examples() {
        let name = format!("problem-{}", problem.name());
        let page = ProblemPage::new(problem).action("/").code("REQ-7K2Q");
        pages.push(Shown::new(format!("{name}-of-no-account"), page.clone()).of_no_account());
        pages.push(Shown::new(name, page));
    }
    pages
}

fn choose(count: usize) -> Choose {
    let choice = |connection: &str, preset, text: Option<&str>, account: Option<&str>| Choice {
        into: "acc_1".to_owned(),
        connection: connection.to_owned(),
        account: account.map(str::to_owned),
        button: Button { text: text.map(str::to_owned), icon: None },
        preset,
    };
    let mut choices = vec![
        choice("con_1", Preset::Entra, None, (count > 1).then_some("Acme")),
        choice("con_2", Preset::Generic, Some("Sign in with the research network"), Some("Acme Research")),
        choice("con_3", Preset::Okta, None, Some("Acme Logistics")),
    ];
    choices.truncate(count);
    Choose {
        to: String::new(),
        email: Some(EMAIL.to_owned()),
        back: "/".to_owned(),
        choices,
        password: Some("/sign-in/password".to_owned()),
    }
}

fn password(before: Before) -> PasswordSignIn {
    let forgotten = "/sign-in/password/forgotten".to_owned();
    PasswordSignIn { to: String::new(), email: EMAIL.to_owned(), forgotten, before }
}

fn set_password(refused: Option<NotSet>) -> SetPassword {
    SetPassword { of: Some(EMAIL.to_owned()), email: String::new(), refused }
}

fn change_password(changing: Changing) -> ChangePassword {
    ChangePassword { email: EMAIL.to_owned(), changing }
}

fn second_step(is_wrong: bool) -> SecondStep {
    SecondStep { is_wrong, ..SecondStep::default() }
}

fn set_up() -> SecondStep {
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned();
    let uri = format!("otpauth://totp/Orbit:ada.lindqvist%40acme.example?secret={secret}&issuer=Orbit");
    SecondStep { authenticator: Some(Authenticator { secret, uri }), ..SecondStep::default() }
}

fn recovery_codes() -> RecoveryCodes {
    let code = |n: u8| format!("ABCD-EFGH-IJKL-MNO{}", char::from(b'A' + n));
    RecoveryCodes { codes: (0..8).map(code).collect(), onward: "/me".to_owned() }
}

fn my_second_factor(has_one: bool) -> MySecondFactor {
    MySecondFactor { email: EMAIL.to_owned(), has_one, is_wrong: !has_one }
}

fn first_operator(refused: Option<NotSet>) -> SetPassword {
    SetPassword { of: None, email: "ada.lindqvist".to_owned(), refused }
}

fn signed_out(elsewhere: Elsewhere, idp: Option<&str>) -> SignedOut {
    SignedOut { elsewhere, idp: idp.map(str::to_owned), onward: None, sign_in: "/".to_owned() }
}

fn said() -> Said {
    let text = "AADSTS50068: The application that asked is not part of this session.".to_owned();
    Said { text, aadsts: Some(AadStsBlock::new(50068)) }
}

fn choose_user() -> ChooseUser {
    let user = |id: &str, name: &str, roles: Option<&str>, last| UserChoice {
        id: id.to_owned(),
        name: name.to_owned(),
        email: Some(EMAIL.to_owned()),
        roles: roles.map(str::to_owned),
        last,
    };
    let last = Time(jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(AT));
    let users = vec![
        user("usr_1", "Ada Lindqvist (agent)", Some("agent"), Some(last)),
        user("usr_2", "Ada Lindqvist (supervisor)", Some("supervisor, reports"), None),
    ];
    ChooseUser { action: "/sign-in/1".to_owned(), told: "1".to_owned(), users }
}

fn signed_out_onward(origin: &str) -> SignedOut {
    let elsewhere = Elsewhere::Partly(said());
    SignedOut { onward: Some(format!("{origin}/stay")), ..signed_out(elsewhere, Some("Microsoft")) }
}

fn hand_over(origin: &str, by_form: bool) -> HandOver {
    let fields = vec![("code".to_owned(), "0R2k".to_owned()), ("state".to_owned(), "1".to_owned())];
    let destination = format!("{origin}/stay");
    HandOver { destination, fields: by_form.then_some(fields) }
}

fn post(origin: &str) -> PostToIdp {
    PostToIdp {
        destination: format!("{origin}/stay"),
        fields: vec![("SAMLRequest".into(), "PHNhbWxwOkF1dGhuUmVxdWVzdC8+".into()), ("RelayState".into(), "1".into())],
        idp: "Microsoft".to_owned(),
    }
}

fn audience() -> Details {
    Details {
        sentence: "The assertion is meant for another application.".to_owned(),
        got: Some("https://acme.sso.example.com/sp/acme-test".to_owned()),
        want: Some("https://acme.sso.example.com/sp/acme".to_owned()),
        who: Party::IdpAdmin,
        fix: vestibule_saml::sp::Reason::AudienceMismatch.fix().to_owned(),
        report: Some("/sign-in/1/report".to_owned()),
    }
}

fn problem_in_full() -> ProblemPage {
    ProblemPage {
        problem: Problem::Audience,
        action: Some("/".to_owned()),
        code: Some("AUD-7K2Q".to_owned()),
        contact: Some(Contact { name: "Acme IT".to_owned(), email: Some("it@acme.example".to_owned()) }),
        aadsts: None,
        details: Some(audience()),
    }
}

fn problem_of_entra(number: u32) -> ProblemPage {
    let problem = ProblemPage::new(Problem::NotSignedIn).action("/").code("IDP-3M9T");
    ProblemPage { aadsts: Some(AadStsBlock::new(number)), ..problem }
}

fn report(refused: Option<usize>) -> ReportPage {
    let row = |(n, &step): (usize, &Step)| StepRow {
        state: match refused {
            Some(at) if n == at => State::Refused,
            Some(at) if n > at => State::NotReached,
            _ if step == Step::Certificate => State::Attention,
            _ => State::Ok,
        },
        title: StepTitle::Answer(step),
        spec: Some(step.spec()),
        warning: (step == Step::Certificate).then(|| "The certificate expires in 12 days.".to_owned()),
        got: match step {
            Step::Audience if refused.is_some() => audience().got,
            Step::Audience => audience().want,
            Step::Recipient if refused.is_some() => None,
            Step::Destination | Step::Recipient => Some(REPLY_URL.to_owned()),
            _ => None,
        },
        want: if step == Step::Audience { audience().want } else { None },
        who: None,
        fix: None,
    };
    let mut steps: Vec<StepRow> = Step::ALL.iter().enumerate().map(row).collect();
    let behind = if refused.is_some() { State::NotReached } else { State::Ok };
    let all = [StepBehind::RequiredClaims, StepBehind::Subject, StepBehind::Mapping, StepBehind::Admission];
    steps.extend(all.map(|step| StepRow::behind(step, behind)));
    ReportPage {
        purpose: ReportPurpose::Test,
        connection: "acme-entra".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(AT),
        verdict: if refused.is_some() { Verdict::Fails } else { Verdict::WorksWithNotes },
        not_let_in: None,
        code: refused.map(|_| "AUD-7K2Q".to_owned()),
        contact: None,
        again: Some("/sso/con_1/test".to_owned()),
        is_draft: true,
        refusal: refused.map(|_| audience()),
        aadsts: None,
        steps,
        profile: if refused.is_some() { Vec::new() } else { profile() },
        claims: if refused.is_some() { Vec::new() } else { claims() },
    }
}

fn not_let_in() -> ReportPage {
    let mut page = report(None);
    for step in page.steps.iter_mut().filter(|step| step.title == StepTitle::Behind(StepBehind::Admission)) {
        step.state = State::Attention;
    }
    ReportPage { not_let_in: Some(NotLetIn::NotInvited), code: Some("NOT-7K2Q".to_owned()), ..page }
}

fn brief() -> ReportPage {
    let contact = Some(Contact { name: "Acme IT".to_owned(), email: Some("it@acme.example".to_owned()) });
    let all = report(Some(18));
    ReportPage { contact, refusal: None, steps: Vec::new(), ..all }
}

fn profile() -> Vec<ProfileRow> {
    let row = |property: &str, value: Option<&str>, from: &str, problem: Option<&str>| ProfileRow {
        property: property.to_owned(),
        value: value.map(str::to_owned),
        from: from.to_owned(),
        problem: problem.map(str::to_owned),
    };
    vec![
        row("email", Some(EMAIL), "emailaddress", None),
        row("name", Some("Ada Lindqvist"), "displayname", None),
        row("phone", None, "mobilephone, else telephonenumber", None),
        row("roles", Some("viewer"), "groups", Some("Entra sent a link instead of more than 150 groups.")),
    ]
}

fn claims() -> Vec<ClaimRow> {
    let row = |name: &str, values: &[&str]| ClaimRow {
        name: name.to_owned(),
        values: values.iter().map(|&value| value.to_owned()).collect(),
    };
    vec![
        row("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", &[EMAIL]),
        row("http://schemas.microsoft.com/identity/claims/tenantid", &["3770f585-1d9b-44d4-9016-2428d0082154"]),
        row("http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", &["a4ad9b4e-0000", "b6d2c1f0-0000"]),
        row("department", &["Research"]),
    ]
}

fn my_account() -> MyAccount {
    let at = |seconds| jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(AT + seconds);
    MyAccount {
        name: "Ada Lindqvist".to_owned(),
        email: Some(EMAIL.to_owned()),
        account: "Acme".to_owned(),
        connection: Some("Microsoft".to_owned()),
        signed_in_at: at(0),
        authenticated_at: at(-86_400),
        until: at(43_200),
        has_other_users: true,
        has_role: true,
        lets_in: true,
        profile: vec![("department".to_owned(), "Research".to_owned())],
        password: Some("/me/password".to_owned()),
        applications: vec![ApplicationLink { name: "Orbit".to_owned(), url: "https://app.example.com/".to_owned() }],
        others: Vec::new(),
    }
}

/// Signed in here and in two other browsers.
fn elsewhere() -> MyAccount {
    let at = |seconds| jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(AT + seconds);
    let other = |connection: Option<&str>, began| OtherSession {
        id: "019c0000-0000-7000-8000-000000000001".to_owned(),
        connection: connection.map(str::to_owned),
        since: at(began),
        until: at(began + 43_200),
    };
    MyAccount { others: vec![other(Some("Microsoft"), -3600), other(None, -7200)], ..my_account() }
}

fn wrong_address() -> AnswerAtLoginUrl {
    AnswerAtLoginUrl {
        addresses: vec![Addresses {
            connection: None,
            reply_url: REPLY_URL.to_owned(),
            sign_on_url: "https://acme.sso.example.com/sso/con_01j9k2m4p6r8t0v2x4z6/start".to_owned(),
        }],
        sign_in: "/".to_owned(),
        code: Some("ADR-4X8B".to_owned()),
    }
}

fn outbox() -> Outbox {
    let mail = OutboxMail {
        to: EMAIL.to_owned(),
        subject: "You are invited to Orbit".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(AT),
        text: "Hello Ada,\n\nAcme invites you to Orbit. Sign in here:\n\nhttps://acme.sso.example.com/\n".to_owned(),
    };
    Outbox { mails: vec![mail] }
}

fn at(hours: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(AT + 3600 * hours).unwrap_or_default()
}

fn waiting_room(state: ApplicantState) -> WaitingRoomPage {
    WaitingRoomPage {
        name: "Ada Lindqvist".to_owned(),
        email: Some(EMAIL.to_owned()),
        state,
        reason: (state == ApplicantState::Refused)
            .then(|| "You have moved to the Paris office.\nAsk the team there.".to_owned()),
        asked_at: at(0),
        expires_at: at(24 * 30),
        told: Some((vec!["Bert Ohm".to_owned(), "Cleo Marsh".to_owned()], at(0))),
        contact: Some(Contact { name: "Acme IT".to_owned(), email: Some("it@acme.example".to_owned()) }),
        to: String::new(),
        connection: "con_1".to_owned(),
        account: "acc_1".to_owned(),
    }
}

fn waiting_list(count: usize) -> WaitingList {
    let names = ["Ada Lindqvist", "Bert Ohm", "Cleo Marsh", "Dimitri", "Élise de la Fontaine-Montbéliard", "", "Gus"];
    let row = |(hours, name): (i64, &&str)| ListRow {
        id: format!("app_{hours}"),
        name: (*name).to_owned(),
        email: (hours != 3).then(|| format!("person.{hours}@acme.example")),
        on_behalf: hours == 2,
        asked_at: at(hours),
        expires_at: at(hours + 24 * 30),
    };
    WaitingList {
        account: "acme".to_owned(),
        account_name: "Acme".to_owned(),
        admission: Admission::Waiting,
        places: vec![ListLink { name: "Acme Research".to_owned(), url: "/waiting?account=acme/research".to_owned() }],
        state: ApplicantState::Waiting,
        order: ApplicantOrder::Oldest,
        begins: String::new(),
        rows: (0..).zip(&names).take(count).map(row).collect(),
        next: (count > 0).then(|| "/waiting?after=app_6".to_owned()),
        ask: Some("/waiting/ask?account=acme".to_owned()),
    }
}

fn choices() -> GrantChoices {
    let choice =
        |value: &str, title: &str, chosen| GrantChoice { value: value.to_owned(), title: title.to_owned(), chosen };
    let site = ScopeChoices {
        field: "scope:site".to_owned(),
        title: "Site".to_owned(),
        values: vec![choice("berlin", "berlin", true), choice("paris", "paris", false)],
        typed: String::new(),
    };
    let case = ScopeChoices {
        field: "scope:case".to_owned(),
        title: "Case".to_owned(),
        values: Vec::new(),
        typed: "2026-0117\n2026-0118".to_owned(),
    };
    let roles = vec![choice("reader", "Reads trees", true), choice("planter", "Plants trees", false)];
    GrantChoices { roles, kinds: vec![case, site] }
}

fn applicant(state: ApplicantState, problem: Option<NotCounted>) -> ApplicantPage {
    let by = |name: &str| Some(DecidedBy { name: name.to_owned(), at: at(2) });
    ApplicantPage {
        id: "app_1".to_owned(),
        version: 1,
        name: "Ada Lindqvist".to_owned(),
        email: Some(EMAIL.to_owned()),
        user_name: Some("alindqvist".to_owned()),
        account_name: "Acme".to_owned(),
        state,
        on_behalf: false,
        asked_at: at(0),
        expires_at: at(24 * 30),
        first: by("Bert Ohm").filter(|_| state == ApplicantState::SecondStep),
        last: by("Cleo Marsh").filter(|_| !state.is_open()),
        merged_with: None,
        given: vec![GivenFact { label: "Site".to_owned(), values: "berlin".to_owned() }],
        reason: (state == ApplicantState::Refused).then(|| "You have moved to the Paris office.".to_owned()),
        unsent: state == ApplicantState::SecondStep,
        may_approve: state.is_open(),
        second_step_follows: state == ApplicantState::Waiting,
        choices: choices(),
        may_merge: state == ApplicantState::Waiting,
        namesakes: vec![Namesake { name: "Ada L.".to_owned(), query: "ada%40acme.example".to_owned() }],
        merge_email: String::new(),
        may_refuse: state.is_open(),
        typed_reason: String::new(),
        problem,
        back: "/waiting".to_owned(),
    }
}

fn merge() -> MergePage {
    MergePage {
        id: "app_1".to_owned(),
        version: 1,
        applicant: "Ada Lindqvist".to_owned(),
        applicant_email: Some(EMAIL.to_owned()),
        user_id: "usr_1".to_owned(),
        user: "Ada L.".to_owned(),
        user_email: "ada@acme.example".to_owned(),
        user_since: at(-2000),
    }
}

fn ask_for(problem: Option<AskProblem>) -> AskForPage {
    AskForPage {
        account: "acme".to_owned(),
        account_name: "Acme".to_owned(),
        email: if problem.is_some() { EMAIL.to_owned() } else { String::new() },
        name: String::new(),
        second_step_follows: false,
        choices: choices(),
        problem,
        back: "/waiting".to_owned(),
    }
}

fn their_values() -> TheirValues {
    TheirValues {
        is_complete: true,
        issuer: Some("https://sts.windows.net/3770f585-1d9b-44d4-9016-2428d0082154/".to_owned()),
        sign_on: Some("https://login.microsoftonline.com/3770f585-1d9b-44d4-9016-2428d0082154/saml2".to_owned()),
        logout_url: None,
        metadata_url: None,
        certificates: vec![CertificateRow {
            subject: "CN=Microsoft Azure Federated SSO Certificate".to_owned(),
            sha1: "5FB3AA4C1F0D6E1B2C3D4E5F60718293A4B5C6D7".to_owned(),
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            from: at(-9000),
            to: at(9000),
            now: at(0),
        }],
        signs: true,
    }
}

fn set_up_page(test: TestShown, finish: FinishStep) -> SetUpPage {
    let is_new = test == TestShown::NotYet;
    let passed = finish == FinishStep::SwitchOn;
    let row = |property, from: &[&str], value: Option<&str>| MappingRow {
        property,
        from: from.iter().map(|&name| name.to_owned()).collect(),
        value: passed.then(|| value.map(str::to_owned)),
    };
    SetUpPage {
        base: "/set-up/token".to_owned(),
        account: None,
        preset: Preset::Entra,
        saved_at: (!is_new).then(|| at(0)),
        expires_at: Some(at(24 * 7)),
        seen: at(0).to_string(),
        again: None,
        ours: OurValues {
            identifier: REPLY_URL.replace("/acs", "/metadata"),
            reply_url: REPLY_URL.to_owned(),
            sign_on_url: REPLY_URL.replace("/acs", "/start"),
            logout_url: REPLY_URL.replace("/acs", "/slo"),
            metadata_url: REPLY_URL.replace("/acs", "/metadata"),
        },
        given: !is_new,
        theirs: if is_new { TheirValues::default() } else { their_values() },
        typed: Typed::default(),
        problems: Vec::new(),
        overtaken: false,
        notes: if is_new {
            Vec::new()
        } else {
            vec!["2 certificates were taken; a signature by any of them is good".into()]
        },
        people: People {
            is_said: passed,
            domains: vec![DomainRow { name: "acme.example".to_owned(), record: None }, unproved()],
            admission: Admission::Create,
            admissions: vec![Admission::Create, Admission::Waiting, Admission::InvitedOnly],
            demands: false,
        },
        mapping: vec![
            row("name", &["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"], Some("ada")),
            row("email", &["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", ""], None),
        ],
        test,
        passed_at: (finish != FinishStep::Untested).then(|| at(0)),
        pasted: Pasted::default(),
        finish,
    }
}

fn unproved() -> DomainRow {
    let value = "vestibule-domain=0123456789abcdef0123456789abcdef".to_owned();
    let record = Some(("_vestibule.acme-logistics.example".to_owned(), value));
    DomainRow { name: "acme-logistics.example".to_owned(), record }
}

fn outdated() -> TestShown {
    TestShown::Outdated(Some(Box::new(report(None))))
}

fn set_up_unfit() -> SetUpPage {
    let typed = Typed {
        sign_on: "https://login.microsoftonline.com/3770f585-1d9b-44d4-9016-2428d0082154/oauth2/v2.0/token".to_owned(),
        ..Typed::default()
    };
    let problems = vec![
        ("metadata_url", "nothing was given; give the address of the metadata, or the metadata itself".to_owned()),
        (
            "sign_on",
            "this is the OAuth 2.0 token endpoint; copy the value again from Single sign-on, Set up".to_owned(),
        ),
    ];
    let text = "AADSTS50105: Your administrator has configured the application".to_owned();
    let pasted = Pasted { text, explained: Some(AadStsBlock::new(50105)) };
    SetUpPage { typed, problems, overtaken: true, pasted, ..set_up_page(TestShown::Torn, FinishStep::Ask) }
}

fn set_up_confirm() -> ConfirmSetUp {
    ConfirmSetUp {
        connection: "con_1".to_owned(),
        version: 3,
        name: "entra".to_owned(),
        theirs: their_values(),
        preset: Preset::Entra,
        asked_at: Some(at(0)),
        problem: Some(
            "something was changed by somebody else meanwhile, so nothing was applied; apply again".to_owned(),
        ),
    }
}
