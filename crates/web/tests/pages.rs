//! Promises about every page: nothing said outside the texts, nothing loaded from elsewhere, nothing taken for markup.

#[path = "../examples/gallery/pages.rs"]
mod gallery;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use http::StatusCode;
use vestibule_domain::branding::Branding;
use vestibule_domain::connection::{Button, Preset};
use vestibule_saml::sp::{Party, Reason, Refusal, Step};
use vestibule_web::language::Language;
use vestibule_web::page::{Brand, Frame, Page, respond};
use vestibule_web::pages::aadsts::AadStsBlock;
use vestibule_web::pages::{
    Addresses, AnswerAtLoginUrl, AskSignOut, Asked, Authenticator, Before, ChangePassword, Changing, Choice, Choose,
    Contact, Details, HandOver, MySecondFactor, NotSet, PasswordMail, PasswordSignIn, PostToIdp, ProblemPage,
    RecoveryCodes, SecondStep, SetPassword, SignIn,
};
use vestibule_web::problem::Problem;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

fn brand() -> Brand {
    Brand { product: "Orbit".to_owned(), account: Some("Acme".to_owned()), look: Branding::default() }
}

fn html(page: &impl Page, language: Language) -> String {
    page.render(&Frame { language, brand: &brand(), https: true })
}

/// All texts of a language.
fn text(language: Language) -> String {
    let of = |folder: &str| fs::read_to_string(format!("{SOURCE}/text/{folder}{}.ftl", language.tag())).unwrap();
    of("") + &of("console/") + &of("console/account-") + &of("console/inspector-")
}

/// The messages of a language with their attributes: key to the names of the arguments.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let text = text(language);
    let mut found = BTreeMap::new();
    let mut message = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, pattern) = line.split_once(" = ").unwrap_or_else(|| panic!("not one line for one text: {line}"));
        let key = if let Some(attribute) = name.strip_prefix("    .") {
            format!("{message}.{attribute}")
        } else {
            name.clone_into(&mut message);
            name.to_owned()
        };
        let args = pattern.split("{ $").skip(1).map(|rest| rest.split(" }").next().unwrap().to_owned()).collect();
        assert!(found.insert(key, args).is_none(), "{name} stands twice in {}", language.tag());
    }
    found
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn sources(ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(Path::new(SOURCE), &mut found);
    found.retain(|path| path.extension().is_some_and(|e| e == ending));
    assert!(!found.is_empty());
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_text_is_in_every_language_with_the_same_arguments() {
    let english = messages(Language::English);
    for language in Language::ALL {
        assert_eq!(messages(language), english, "{language:?}");
        for key in english.keys() {
            assert!(language.has(key), "{key} cannot be read in {language:?}");
        }
    }
}

#[test]
fn every_text_is_used_and_every_used_text_exists() {
    let mut code: String = sources("rs").into_iter().chain(sources("html")).map(|(_, text)| text).collect();
    // Keys that are put together: one for each problem, step and group of numbers.
    for problem in Problem::examples() {
        let name = problem.name();
        code.extend(["\"problem-", name, "\" \"problem-", name, ".do\" "]);
    }
    for step in Step::ALL {
        code.extend(["\"step-", &step.name().replace('_', "-"), "\" "]);
    }
    for key in messages(Language::English).keys() {
        let number = key.strip_prefix("aadsts-").and_then(|rest| rest.split('.').next()?.parse().ok());
        let is_used = match number {
            Some(number) => vestibule_web::pages::aadsts::explanation(number).is_some(),
            None if key.starts_with("aadsts-unknown") => true,
            None => code.contains(&format!("\"{key}\"")),
        };
        assert!(is_used, "{key} is used nowhere");
    }
    for (path, text) in sources("html").into_iter().chain(sources("rs")) {
        for rest in text.split(".say(\"").skip(1) {
            let key = rest.split('"').next().unwrap();
            assert!(Language::English.has(key), "{key} of {} does not exist", path.display());
        }
    }
}

/// An account without a name is "your company", which no sentence can begin with.
#[test]
fn no_sentence_begins_with_the_account() {
    for language in Language::ALL {
        for line in text(language).lines() {
            assert!(!line.contains(" = { $account }") && !line.contains(". { $account }"), "{line}");
        }
    }
}

/// The browser suite looks at each page of the gallery; one that is not in it would be seen by nobody. The console's pages
/// are looked at where they are, with people and sign-ins in them: `e2e/tests/looks/console.rs`.
#[test]
fn the_gallery_has_every_page_and_every_problem() {
    let sources = sources("rs");
    let after = |mark: &str| -> BTreeSet<String> {
        let rests = sources.iter().flat_map(|(_, code)| code.split(mark).skip(1));
        rests.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric()).collect()).collect()
    };
    let shown = gallery::all("http://127.0.0.1");
    let kinds: BTreeSet<_> = shown.iter().map(|shown| shown.kind.to_owned()).collect();
    assert_eq!(kinds, after("impl Page for "));
    let (_, problem) = sources.iter().find(|(path, _)| path.ends_with("src/problem.rs")).unwrap();
    let names = problem.split("pub fn name(").nth(1).unwrap().split("pub fn ").next().unwrap();
    let names: Vec<_> = names.lines().filter_map(|line| line.split_once(" => \"")?.1.strip_suffix("\",")).collect();
    assert_eq!(names, Problem::examples().iter().map(Problem::name).collect::<Vec<_>>());
    for name in names {
        let page = shown.iter().find(|shown| shown.name == format!("problem-{name}")).unwrap();
        let german = page.page.render(&Frame { language: Language::German, brand: &page.brand(), https: true });
        assert!(german.contains("<h1") && german.contains("class=\"button\"") && german.contains("<code>REQ-7K2Q"));
    }
}

#[test]
fn the_steps_are_named_as_the_checks_name_them() {
    for step in Step::ALL {
        let text = Language::English.say(&format!("step-{}", step.name().replace('_', "-"))).to_string();
        assert_eq!(text.replace('’', "'").to_lowercase(), step.title().to_lowercase());
    }
}

/// A template's text without tags, expressions and entities.
fn said_by(template: &str) -> String {
    let mut said = template.to_owned();
    for (open, close) in [("{%", "%}"), ("{{", "}}"), ("<", ">")] {
        while let Some(start) = said.find(open) {
            let end = said[start..].find(close).map_or(said.len(), |end| start + end + close.len());
            said.replace_range(start..end, " ");
        }
    }
    said
}

#[test]
fn no_template_says_anything_itself() {
    for (path, template) in sources("html") {
        let said = said_by(&template);
        assert!(!said.chars().any(char::is_alphabetic), "{}: {said:?}", path.display());
        for attribute in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\""] {
            for value in template.split(attribute).skip(1) {
                assert!(value.starts_with("{{"), "{}: {attribute}{value:.20}", path.display());
            }
        }
    }
}

/// The content security policy allows neither, and escaping is never switched off.
#[test]
fn no_template_has_inline_style_or_script_or_unescaped_values() {
    for (path, template) in sources("html") {
        for forbidden in
            ["style=", "<style", "|safe", "onclick", "javascript:", "<script>", "escape=", "http:", "https:"]
        {
            assert!(!template.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}

/// A23.2: what came from outside is text, never markup.
#[test]
fn what_came_from_outside_is_escaped() {
    const HOSTILE: &str = "\"><script>alert(1)</script><b a='";
    let hostile = || HOSTILE.to_owned();
    let look = Branding { welcome: hostile().try_into().ok(), ..Branding::default() };
    let brand = Brand { product: hostile(), account: Some(hostile()), look };
    let choice = Choice {
        into: "acc_1".to_owned(),
        connection: hostile(),
        account: Some(hostile()),
        button: Button { text: Some(hostile()), icon: None },
        preset: Preset::Generic,
    };
    let refusal =
        Refusal { reason: Reason::AudienceMismatch, step: Step::Audience, got: Some(hostile()), want: Some(hostile()) };
    let problem = ProblemPage {
        problem: Problem::MissingClaims(vec![hostile()]),
        action: Some(hostile()),
        code: Some(hostile()),
        contact: Some(Contact { name: hostile(), email: Some(hostile()) }),
        aadsts: Some(AadStsBlock::new(50105)),
        details: Some(Details { report: Some(hostile()), ..Details::of(&refusal) }),
    };
    let frame = Frame { language: Language::English, brand: &brand, https: true };
    let pages = [
        SignIn { to: hostile(), refused: Some(hostile()), known: None, password: Some(hostile()) }.render(&frame),
        Choose { to: hostile(), email: Some(hostile()), back: hostile(), choices: vec![choice], password: None }
            .render(&frame),
        PasswordSignIn { to: hostile(), email: hostile(), forgotten: hostile(), before: Before::Wrong(hostile()) }
            .render(&frame),
        PasswordMail { email: hostile(), asked: Asked::Noted }.render(&frame),
        PasswordMail { email: hostile(), asked: Asked::Refused }.render(&frame),
        SetPassword { of: Some(hostile()), email: hostile(), refused: None }.render(&frame),
        SetPassword { of: None, email: hostile(), refused: Some(NotSet::Email) }.render(&frame),
        ChangePassword { email: hostile(), changing: Changing::NotYet }.render(&frame),
        SecondStep {
            to: hostile(),
            step: hostile(),
            authenticator: Some(Authenticator { secret: hostile(), uri: hostile() }),
            is_wrong: true,
        }
        .render(&frame),
        RecoveryCodes { codes: vec![hostile()], onward: hostile() }.render(&frame),
        MySecondFactor { email: hostile(), has_one: true, is_wrong: true }.render(&frame),
        HandOver { destination: hostile(), fields: Some(vec![(hostile(), hostile())]) }.render(&frame),
        HandOver { destination: hostile(), fields: None }.render(&frame),
        AskSignOut { application: Some(hostile()), to: hostile() }.render(&frame),
        PostToIdp { destination: hostile(), fields: vec![(hostile(), hostile())], idp: hostile() }.render(&frame),
        AnswerAtLoginUrl {
            addresses: vec![Addresses { connection: Some(hostile()), reply_url: hostile(), sign_on_url: hostile() }],
            sign_in: hostile(),
            code: Some(hostile()),
        }
        .render(&frame),
        problem.render(&frame),
    ];
    for page in pages {
        assert!(page.contains("alert(1)"), "the value is shown");
        assert!(!page.contains("<script>") && !page.contains("<b a="), "{page}");
        assert!(!page.contains("\"\"><"), "{page}");
    }
}

#[test]
fn a_page_is_kept_by_nobody_and_framed_by_nobody() {
    let response = respond(&SignIn::default(), &Frame { language: Language::German, brand: &brand(), https: true });
    let headers = response.headers();
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["content-language"], "de");
    assert_eq!(headers["vary"], "accept-language");
    assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert!(headers.contains_key("strict-transport-security"));
}

/// SC-23, SC-24: whatever the reason why an address leads nowhere, the answer is the same page, and as successful.
#[test]
fn an_address_that_leads_nowhere_gets_a_neutral_answer() {
    let page = Choose { email: Some("ada@acme.example".to_owned()), back: "/".to_owned(), ..Choose::default() };
    let html = html(&page, Language::English);
    assert!(html.contains("Use another e-mail address"));
    for telling in ["unknown", "not found", "does not exist", "no account"] {
        assert!(!html.to_lowercase().contains(telling), "{telling}");
    }
    assert_eq!(page.status(), StatusCode::OK);
}

/// SC-25, XC-28: the button says where it leads: by the preset, or in the connection's own words.
#[test]
fn the_button_has_the_connections_text_and_icon() {
    let offered = |button: Button, preset| {
        let choice = Choice { into: "acc_1".to_owned(), connection: "con_1".to_owned(), account: None, button, preset };
        html(&Choose { choices: vec![choice], ..Choose::default() }, Language::English)
    };
    assert!(offered(Button::default(), Preset::Entra).contains("Log in with Microsoft"));
    let own = Button { text: Some("Login with SAML".to_owned()), icon: Some(vestibule_domain::connection::Icon::Key) };
    let page = offered(own, Preset::Entra);
    assert!(page.contains("Login with SAML") && page.contains("<circle"));
}

/// HY-19: the page that explains an answer at the login URL names the field and the value that belongs there.
#[test]
fn an_answer_at_the_login_url_is_explained() {
    let page = AnswerAtLoginUrl {
        addresses: vec![Addresses {
            connection: None,
            reply_url: "https://acme.sso.example.com/sso/1/acs".to_owned(),
            sign_on_url: "https://acme.sso.example.com/sso/1/start".to_owned(),
        }],
        sign_in: "/".to_owned(),
        code: None,
    };
    let html = html(&page, Language::English);
    assert!(html.contains("Reply URL") && html.contains("<code>https://acme.sso.example.com/sso/1/acs</code>"));
    assert_eq!(page.status(), StatusCode::BAD_REQUEST);
}

/// MX-7, HY-29: the page names each claim that is absent.
#[test]
fn absent_claims_are_named() {
    let problem = Problem::MissingClaims(vec!["department".to_owned(), "employeeid".to_owned()]);
    for language in Language::ALL {
        let html = html(&ProblemPage::new(problem.clone()), language);
        assert!(html.contains("<code>department</code>") && html.contains("<code>employeeid</code>"));
    }
}

/// XC-9, CC-18: numbers of Entra's errors are explained with who can mend it and where.
#[test]
fn numbers_of_entra_are_explained_on_the_page() {
    let shown = |number| {
        let page = ProblemPage { aadsts: Some(AadStsBlock::new(number)), ..ProblemPage::new(Problem::NotSignedIn) };
        html(&page, Language::English)
    };
    assert!(shown(50105).contains("not assigned") && shown(50105).contains("Users and groups"));
    assert!(shown(50011).contains("Reply URL") && shown(50011).contains("Basic SAML Configuration"));
    assert!(shown(50105).contains("https://login.microsoftonline.com/error?code=50105"));
    assert!(shown(999_999).contains("AADSTS999999"));
}

#[test]
fn details_are_shown_only_where_they_are_given() {
    let page = ProblemPage::new(Problem::Audience).code("AUD-7K2Q");
    let without = html(&page, Language::English);
    assert!(without.contains("<code>AUD-7K2Q</code>") && !without.contains("<details"));
    let details = Details {
        sentence: "The assertion is meant for another application.".to_owned(),
        got: Some("https://sso.example.com/sp/acme-test".to_owned()),
        want: Some("https://sso.example.com/sp/acme".to_owned()),
        who: Party::IdpAdmin,
        fix: "Set Identifier (Entity ID).".to_owned(),
        report: None,
    };
    let with = html(&ProblemPage { details: Some(details), ..page }, Language::German);
    assert!(with.contains("<details>"), "closed by default");
    assert!(with.contains("acme-test") && with.contains("lang=\"en\""));
    assert!(with.contains("Einzelheiten für die IT-Administration"), "{with}");
}

#[test]
fn details_of_an_applications_wrong_request_are_for_its_developer() {
    let details = Details {
        sentence: "the client_id is missing".to_owned(),
        got: None,
        want: None,
        who: Party::Operator,
        fix: String::new(),
        report: None,
    };
    for problem in
        [Problem::UnknownApplication, Problem::RedirectUri, Problem::BadAuthorizationRequest, Problem::BadLogoutRequest]
    {
        let page = ProblemPage { details: Some(details.clone()), ..ProblemPage::new(problem) };
        assert!(html(&page, Language::English).contains("Details for the application’s developer"));
        assert!(!html(&page, Language::English).contains("IT admin"));
    }
}

#[test]
fn the_four_parts_of_a_problem_stand_in_their_order() {
    let page = ProblemPage {
        details: Some(Details::of(&Refusal {
            reason: Reason::AudienceMismatch,
            step: Step::Audience,
            got: None,
            want: None,
        })),
        ..ProblemPage::new(Problem::Audience).action("/").code("AUD-7K2Q")
    };
    let html = html(&page, Language::English);
    let places = ["<h1", "class=\"button\"", "AUD-7K2Q", "<details>"].map(|part| html.find(part).unwrap());
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_page_that_posts_elsewhere_has_a_button_and_a_policy_for_it() {
    let page = PostToIdp {
        destination: "https://login.example.net/saml2".to_owned(),
        fields: vec![("SAMLRequest".to_owned(), "PHg+".to_owned())],
        idp: "Microsoft".to_owned(),
    };
    let response = respond(&page, &Frame { language: Language::English, brand: &brand(), https: true });
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action https://login.example.net https:;"), "{policy}");
    assert!(html(&page, Language::English).contains("<button type=\"submit\""));
}
