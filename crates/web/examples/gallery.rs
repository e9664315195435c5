//! Writes every page in every language to a folder, for looking at: `cargo run -p vestibule-web --example gallery -- OUT`.

use std::fs;
use std::path::Path;

use vestibule_domain::connection::{Button, Preset};
use vestibule_saml::sp::{Party, Step};
use vestibule_web::assets;
use vestibule_web::language::Language;
use vestibule_web::page::{Brand, Frame, Page};
use vestibule_web::pages::aadsts::AadStsBlock;
use vestibule_web::pages::{
    AcsAddress, Addresses, AnswerAtLoginUrl, ApplicationLink, Choice, Choose, ClaimRow, Contact, Details, MyAccount,
    NotLetIn, Outbox, OutboxMail, PostToIdp, ProblemPage, ProfileRow, ReportPage, ReportPurpose, SignIn, SignedOut,
    State, StepBehind, StepRow, StepTitle, Verdict,
};
use vestibule_web::problem::Problem;

const EMAIL: &str = "ada.lindqvist@acme.example";
const REPLY_URL: &str = "https://acme.sso.example.com/sso/con_01j9k2m4p6r8t0v2x4z6/acs";
const AT: i64 = 1_795_250_520;

fn main() -> std::io::Result<()> {
    let Some(out) = std::env::args().nth(1) else {
        println!("usage: gallery OUT; OUT is the folder to write to");
        return Ok(());
    };
    let out = Path::new(&out);
    fs::create_dir_all(out.join("assets"))?;
    for asset in assets::all() {
        fs::write(out.join("assets").join(&asset.file), asset.content)?;
    }
    for language in Language::ALL {
        for (name, page) in pages() {
            let account = (name != "sign-in").then(|| "Acme".to_owned());
            let brand = Brand { product: "Orbit".to_owned(), account };
            let html = page(&Frame { language, brand: &brand, https: true });
            let html = html.replace("\"/assets/", "\"assets/");
            fs::write(out.join(format!("{name}.{}.html", language.tag())), html)?;
        }
    }
    Ok(())
}

type Render = Box<dyn Fn(&Frame<'_>) -> String>;

fn shown(page: impl Page + 'static) -> Render {
    Box::new(move |frame| page.render(frame))
}

fn pages() -> Vec<(String, Render)> {
    let mut pages = vec![
        ("sign-in", shown(SignIn::default())),
        ("sign-in-refused", shown(SignIn { refused: Some("ada.lindqvist".into()), ..SignIn::default() })),
        ("choose", shown(choose(1))),
        ("choose-several", shown(choose(3))),
        ("choose-none", shown(choose(0))),
        ("post", shown(post())),
        ("problem-full", shown(problem_in_full())),
        ("problem-aadsts", shown(problem_of_entra())),
        ("report-ok", shown(report(None))),
        ("report-refused", shown(report(Some(18)))),
        ("report-not-let-in", shown(not_let_in())),
        ("report-brief", shown(brief())),
        ("me", shown(my_account())),
        ("signed-out", shown(SignedOut { still_signed_in_at: Some("Microsoft".into()), sign_in: "/".into() })),
        ("acs-address", shown(AcsAddress { reply_url: REPLY_URL.into(), sign_in: "/".into() })),
        ("wrong-address", shown(wrong_address())),
        ("outbox", shown(outbox())),
        ("outbox-empty", shown(Outbox::default())),
    ]
    .into_iter()
    .map(|(name, page)| (name.to_owned(), page))
    .collect::<Vec<_>>();
    for problem in Problem::examples() {
        let name = format!("problem-{}", problem.name());
        pages.push((name, shown(ProblemPage::new(problem).action("/").code("REQ-7K2Q"))));
    }
    pages
}

fn choose(count: usize) -> Choose {
    let choice = |connection: &str, preset, text: Option<&str>, account: Option<&str>| Choice {
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
    Choose { to: String::new(), email: Some(EMAIL.to_owned()), back: "/".to_owned(), choices }
}

fn post() -> PostToIdp {
    PostToIdp {
        destination: "https://login.example.net/saml2".to_owned(),
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

fn problem_of_entra() -> ProblemPage {
    let problem = ProblemPage::new(Problem::NotSignedIn).action("/").code("IDP-3M9T");
    ProblemPage { aadsts: Some(AadStsBlock::new(50105)), ..problem }
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
        refusal: refused.map(|_| audience()),
        aadsts: None,
        steps,
        profile: if refused.is_some() { Vec::new() } else { profile() },
        claims: if refused.is_some() { Vec::new() } else { claims() },
    }
}

fn not_let_in() -> ReportPage {
    ReportPage { not_let_in: Some(NotLetIn::NotInvited), code: Some("NOT-7K2Q".to_owned()), ..report(None) }
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
        connection: "Microsoft".to_owned(),
        signed_in_at: at(0),
        authenticated_at: at(-86_400),
        until: at(43_200),
        profile: vec![("department".to_owned(), "Research".to_owned())],
        applications: vec![ApplicationLink { name: "Orbit".to_owned(), url: "https://app.example.com/".to_owned() }],
    }
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
