//! One person's sign-in, request by request, by somebody who remembers what was acknowledged.

use std::sync::mpsc::Sender;

use jiff::Timestamp;
use vestibule_e2e::http::{Client, HttpError, Request, Response};
use vestibule_mock_entra::service::{Delivery, Draft, Person};
use vestibule_oidc::relying_party::{
    Expectation, IdToken, Pending, TokenAnswer, basic_authorization, token_request_body, verify,
};
use vestibule_oidc::{ClientId, Issuer, RedirectUri};

use crate::deployment::{ACME, CALLBACK, CLIENT, Deployment, ENTRA, GLOBEX, ISSUER, Party, SECRET};

/// How many requests a sign-in from the application takes: start, answer, continuation, code.
pub(crate) const STEPS: usize = 4;

/// A sign-in on its way. What is `Some` was acknowledged.
pub(crate) struct Walk<'a> {
    deployment: &'a Deployment,
    party: Party,
    person: String,
    pub(crate) browser: Client,
    pending: Pending,
    delivery: Option<Delivery>,
    continuation: Option<String>,
    /// Where the browser was sent with its session: to the application with a code, or to the person's page.
    end: Option<String>,
    redeemed: bool,
    /// Until a second use of the code takes it away (RFC 6749 §4.1.2).
    access_token: Option<String>,
    id_token: Option<String>,
    /// What the ID token says.
    told: Option<IdToken>,
}

/// How a request ended that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Went {
    /// There is more to do.
    On,
    /// That was the last.
    Done,
}

/// No answer came, or one that says that there is a problem at our side: the change was made or was not.
#[derive(Debug)]
pub(crate) struct Lost;

impl<'a> Walk<'a> {
    /// The next person wants in, from the application.
    pub(crate) fn to_application(deployment: &'a Deployment) -> Self {
        Self::of(deployment, ACME, deployment.next_person())
    }

    /// The same of somebody certain.
    pub(crate) fn of_person(deployment: &'a Deployment, number: u32) -> Self {
        Self::of(deployment, ACME, number)
    }

    /// The next person clicks the tile in My Apps. The response, which nobody asked for, is made.
    pub(crate) fn from_my_apps(deployment: &'a Deployment) -> Self {
        let mut walk = Self::of(deployment, GLOBEX, deployment.next_person());
        let person = Person::new(walk.person.clone());
        walk.delivery = Some(deployment.entra.unsolicited(GLOBEX.tenant, GLOBEX.app, &person).unwrap());
        walk
    }

    /// The same with a response that is changed before it is signed.
    pub(crate) fn from_my_apps_bent(deployment: &'a Deployment, bend: impl FnOnce(&mut Draft)) -> Self {
        let mut walk = Self::of(deployment, GLOBEX, deployment.next_person());
        let person = Person::new(walk.person.clone());
        walk.delivery = Some(deployment.entra.unsolicited_bent(GLOBEX.tenant, GLOBEX.app, &person, bend).unwrap());
        walk
    }

    /// What the browser is shown where the response, or the person, is turned away.
    #[track_caller]
    pub(crate) fn turned_away(&mut self, port: u16) -> Response {
        self.browser.go_through(port);
        let answer = self.deliver().unwrap();
        self.continuation = answer.location();
        let page = match self.continuation.clone() {
            Some(url) => self.browser.get(&url).unwrap(),
            None => answer,
        };
        assert_eq!(page.status, 403, "{} {}", page.status, page.text());
        page
    }

    /// All that is secret or personal of this sign-in so far, each with what it is.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, String)> {
        let parameter = |url: &Option<String>, name: &str| {
            let (_, rest) = url.as_deref()?.split_once(&format!("{name}="))?;
            Some(rest.split('&').next().unwrap_or_default().to_owned())
        };
        let delivery = self.delivery.as_ref();
        let found = [
            ("the name at Entra, which is NameID and e-mail address", Some(self.person.clone())),
            ("the person's object at Entra", delivery.and_then(|it| claim(&it.xml, "objectidentifier"))),
            ("the name that is shown", delivery.and_then(|it| claim(&it.xml, "displayname"))),
            ("the response", delivery.map(|it| it.saml_response.clone())),
            ("the response in a form", delivery.map(Delivery::body)),
            ("the RelayState", delivery.and_then(|it| it.relay_state.clone())),
            ("what only the browser is told", parameter(&self.continuation, "told")),
            ("the code", parameter(&self.end, "code")),
            ("the state", Some(self.pending.state.clone())),
            ("the nonce", Some(self.pending.nonce.clone())),
            ("the code verifier", Some(self.pending.code_verifier.as_str().to_owned())),
            ("the access token", self.access_token.clone()),
            ("the ID token", self.id_token.clone()),
        ];
        let found = found.into_iter().filter_map(|(what, value)| Some((what, value?)));
        found.chain(self.browser.cookies().map(|value| ("a cookie", value.to_owned()))).collect()
    }

    fn of(deployment: &'a Deployment, party: Party, number: u32) -> Self {
        Self {
            deployment,
            person: party.person(number),
            party,
            browser: Client::new(),
            pending: Pending::from_random(&deployment.random()),
            delivery: None,
            continuation: None,
            end: None,
            redeemed: false,
            access_token: None,
            id_token: None,
            told: None,
        }
    }

    /// The next request, at the node of this port.
    #[track_caller]
    pub(crate) fn step(&mut self, port: u16) -> Result<Went, Lost> {
        self.browser.go_through(port);
        if self.delivery.is_none() {
            return self.start();
        }
        if self.continuation.is_none() {
            return self.answer();
        }
        if self.end.is_none() {
            return self.go_on();
        }
        self.redeem()
    }

    /// All requests that are left, at a node that answers.
    #[track_caller]
    pub(crate) fn finish(&mut self, port: u16) {
        while self.step(port).expect("an answer") == Went::On {}
    }

    /// What is shown in the end to somebody who may not be let in. `None`: they are in, and the application has tokens.
    #[track_caller]
    pub(crate) fn kept_out(&mut self, port: u16) -> Option<Response> {
        self.browser.go_through(port);
        self.start().expect("an answer");
        self.answer().expect("an answer");
        let page = self.browser.get(self.continuation.as_deref().unwrap()).unwrap();
        let to = page.location().filter(|to| self.is_home(to));
        if to.is_none() {
            return Some(page);
        }
        self.end = to;
        self.finish(port);
        None
    }

    /// The same browser wants in once more, and the application has not redeemed the code yet.
    #[track_caller]
    pub(crate) fn with_a_code(&self, port: u16) -> Self {
        let mut walk = Self { person: self.person.clone(), ..Self::of(self.deployment, ACME, 0) };
        walk.browser = self.browser.clone();
        let answer = walk.first_answer(port);
        walk.end = answer.location().filter(|to| walk.is_home(to));
        assert!(walk.end.is_some(), "{:?} {}", answer.location(), answer.text());
        walk
    }

    /// With which status the person's page is answered in their browser.
    pub(crate) fn page_status(&mut self, port: u16) -> u16 {
        self.browser.go_through(port);
        self.browser.get(&format!("{}/me", self.party.origin())).unwrap().status
    }

    /// With which status the application's access token is answered.
    pub(crate) fn token_status(&mut self, port: u16) -> u16 {
        self.browser.go_through(port);
        let authorization = format!("Bearer {}", self.access_token.as_deref().expect("the code was redeemed"));
        let headers = [("Authorization", authorization.as_str())];
        let url = format!("{ISSUER}/oidc/userinfo");
        self.browser
            .send(&Request { method: "GET", url: &url, headers: &headers, body: b"", from: None })
            .unwrap()
            .status
    }

    /// With which status the application's code is answered.
    pub(crate) fn code_status(&mut self, port: u16) -> u16 {
        self.browser.go_through(port);
        self.ask_for_tokens().status
    }

    /// Who it is, as Entra calls them.
    pub(crate) fn person(&self) -> &str {
        &self.person
    }

    /// By which name Entra knows the session.
    #[track_caller]
    pub(crate) fn session_index(&self) -> String {
        let xml = &self.delivery.as_ref().expect("Entra answered").xml;
        let (_, rest) = xml.split_once("SessionIndex=\"").expect("a SessionIndex");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// What the application was told of them.
    pub(crate) fn told(&self) -> &IdToken {
        self.told.as_ref().expect("the code was redeemed")
    }

    /// After a request whose answer was [`Lost`]: what was acknowledged goes on, and the rest was done or was not.
    #[track_caller]
    pub(crate) fn resume(&mut self, port: u16) {
        self.browser.go_through(port);
        let went_on = if self.delivery.is_none() {
            // Nothing was acknowledged. The person begins anew.
            true
        } else if self.continuation.is_none() {
            self.answer_again()
        } else if self.end.is_none() {
            self.go_on_again()
        } else {
            // The session is acknowledged, and the code may be used up.
            self.is_signed_in();
            let answer = self.ask_for_tokens();
            if answer.status == 200 {
                self.take_tokens(&answer);
            } else {
                refused(&answer, "invalid_grant");
            }
            return;
        };
        if went_on {
            self.finish(port);
        }
    }

    /// That all which was acknowledged holds at this node, and that nothing is admitted or redeemed a second time.
    #[track_caller]
    pub(crate) fn holds(&mut self, port: u16) {
        self.browser.go_through(port);
        if self.end.is_some() {
            self.is_signed_in();
        }
        if self.access_token.is_some() {
            assert_eq!(self.token_status(port), 200, "the token of {} was lost", self.person);
            self.access_token = None;
        }
        if self.redeemed {
            refused(&self.ask_for_tokens(), "invalid_grant");
        }
        if self.continuation.is_some() {
            let answer = self.deliver().unwrap();
            assert!(!is_admitted(&answer), "the response of {} was admitted twice", self.person);
            assert!(answer.status < 500, "{} {}", answer.status, answer.text());
        }
    }

    /// Whether anything of it was acknowledged.
    pub(crate) fn has_begun(&self) -> bool {
        self.delivery.is_some()
    }

    /// The request with which the application redeems its code: address, header and body.
    pub(crate) fn token_request(&self) -> (String, String, String) {
        let query = self.end.as_deref().and_then(|end| end.strip_prefix(CALLBACK)).unwrap();
        let code = self.pending.check_callback(query.trim_start_matches('?'), &issuer()).unwrap();
        let body = token_request_body(&code, CALLBACK, &self.pending.code_verifier);
        (format!("{ISSUER}/oidc/token"), basic_authorization(&client(), SECRET), body)
    }

    /// What the browser posts to the Assertion Consumer Service: address and body.
    pub(crate) fn answer_request(&self) -> (&str, String) {
        let delivery = self.delivery.as_ref().unwrap();
        (&delivery.action, delivery.body())
    }

    /// The response was admitted by a request that the test itself made.
    #[track_caller]
    pub(crate) fn was_admitted(&mut self, answer: &Response) {
        assert!(is_admitted(answer));
        self.browser.keep_cookies(answer);
        self.continuation = answer.location();
    }

    /// What the first request from the application is answered, whatever that is.
    #[track_caller]
    pub(crate) fn first_answer(&mut self, port: u16) -> Response {
        self.browser.go_through(port);
        self.ask_to_authorize().unwrap()
    }

    fn ask_to_authorize(&mut self) -> Result<Response, HttpError> {
        let endpoint = format!("{}/oidc/authorize", self.party.origin());
        let callback = RedirectUri::new(CALLBACK).unwrap();
        let url = self.pending.authorization_url(&endpoint, &client(), &callback, "openid email", &[]);
        self.browser.get(&url)
    }

    #[track_caller]
    fn start(&mut self) -> Result<Went, Lost> {
        let answer = acknowledged(self.ask_to_authorize())?;
        let to = answer.location().unwrap_or_else(|| panic!("{} {}", answer.status, answer.text()));
        assert!(to.starts_with(ENTRA), "{to}");
        self.delivery = Some(self.deployment.entra.answer(&to, &Person::new(self.person.clone())).unwrap());
        Ok(Went::On)
    }

    #[track_caller]
    fn answer(&mut self) -> Result<Went, Lost> {
        let answer = acknowledged(self.deliver())?;
        assert!(is_admitted(&answer), "{} {:?} {}", answer.status, answer.location(), answer.text());
        self.continuation = answer.location();
        Ok(Went::On)
    }

    /// Either it was not recorded, and counts now; or it was, and what only this browser was to be told is lost with the
    /// answer: it begins anew.
    fn answer_again(&mut self) -> bool {
        let answer = self.deliver().unwrap();
        assert!(answer.status < 500, "{} {}", answer.status, answer.text());
        if is_admitted(&answer) {
            self.continuation = answer.location();
            return true;
        }
        self.continuation = None;
        false
    }

    fn go_on(&mut self) -> Result<Went, Lost> {
        let url = self.continuation.clone().unwrap();
        let answer = acknowledged(self.browser.get(&url))?;
        let to = answer.location().unwrap_or_else(|| panic!("{} {}", answer.status, answer.text()));
        assert!(self.is_home(&to), "{} was sent to {to}", self.person);
        self.end = Some(to);
        Ok(if self.party == ACME { Went::On } else { Went::Done })
    }

    /// Either the attempt was not finished, and is now; or it was, the session's cookie is lost with the answer, and
    /// the identity provider is asked once more.
    fn go_on_again(&mut self) -> bool {
        let url = self.continuation.clone().unwrap();
        let answer = self.browser.get(&url).unwrap();
        let to = answer.location().unwrap_or_else(|| panic!("{} {}", answer.status, answer.text()));
        if to.starts_with(ENTRA) {
            return false;
        }
        assert!(self.is_home(&to), "{} was sent to {to}", self.person);
        self.end = Some(to);
        self.party == ACME
    }

    fn redeem(&mut self) -> Result<Went, Lost> {
        let answer = acknowledged(self.send_token_request())?;
        self.take_tokens(&answer);
        Ok(Went::Done)
    }

    #[track_caller]
    fn take_tokens(&mut self, answer: &Response) {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let tokens = TokenAnswer::parse(&answer.text()).unwrap();
        let (issuer, audience, nonce) = (issuer(), client(), &self.pending.nonce);
        let expected = Expectation { issuer: &issuer, audience: &audience, nonce, now: Timestamp::now() };
        let id_token = verify(&tokens.id_token, self.deployment.keys(), &expected).unwrap();
        self.deployment.is_known_as(&self.person, &id_token.sub);
        self.redeemed = true;
        self.access_token = Some(tokens.access_token);
        self.id_token = Some(tokens.id_token);
        self.told = Some(id_token);
    }

    fn ask_for_tokens(&mut self) -> Response {
        self.send_token_request().unwrap()
    }

    fn send_token_request(&mut self) -> Result<Response, HttpError> {
        let (url, authorization, body) = self.token_request();
        let headers = [("Authorization", authorization.as_str()), FORM];
        self.browser.send(&Request { method: "POST", url: &url, headers: &headers, body: body.as_bytes(), from: None })
    }

    fn deliver(&mut self) -> Result<Response, HttpError> {
        let (url, body) = self.answer_request();
        let (url, from) = (url.to_owned(), format!("{ENTRA}/login"));
        let body = body.as_bytes();
        self.browser.send(&Request { method: "POST", url: &url, headers: &[FORM], body, from: Some(&from) })
    }

    #[track_caller]
    fn is_signed_in(&mut self) {
        assert!(self.browser.cookie(&self.party.host(), "vestibule_session").is_some());
        let page = self.browser.get(&format!("{}/me", self.party.origin())).unwrap();
        assert_eq!(page.status, 200, "the session of {} was lost", self.person);
        assert!(page.text().contains(&self.person), "{}", page.text());
    }

    fn is_home(&self, to: &str) -> bool {
        if self.party == ACME { to.starts_with(CALLBACK) } else { to.ends_with("/me") }
    }
}

/// A browser in which somebody of [`ACME`] is signed in, and who was led where they wanted to.
#[track_caller]
pub(crate) fn signed_in_at(deployment: &Deployment, port: u16, person: u32, url: &str) -> Client {
    let mut browser = Client::new();
    browser.go_through(port);
    let to = browser.get(url).unwrap().location().expect("the way to Entra");
    let delivery = deployment.entra.answer(&to, &Person::new(ACME.person(person))).unwrap();
    let (from, body) = (format!("{ENTRA}/login"), delivery.body());
    let post =
        Request { method: "POST", url: &delivery.action, headers: &[FORM], body: body.as_bytes(), from: Some(&from) };
    let answer = browser.send(&post).unwrap();
    assert!(is_admitted(&answer), "{} {}", answer.status, answer.text());
    let home = browser.get(&answer.location().unwrap()).unwrap();
    assert_eq!(home.location().as_deref(), Some(url), "{} {}", home.status, home.text());
    browser
}

/// The value of a claim, by the last segment of its name.
fn claim(xml: &str, name: &str) -> Option<String> {
    let (_, attribute) = xml.split_once(&format!("/{name}\""))?;
    let (_, value) = attribute.split_once("<AttributeValue>")?;
    Some(value.split('<').next().unwrap_or_default().to_owned())
}

/// What ends a crowd's work.
pub(crate) struct Crowd<'a> {
    /// Sign-ins that came to their end.
    pub(crate) done: Vec<Walk<'a>>,
    /// Those whose last request was not answered.
    pub(crate) interrupted: Vec<Walk<'a>>,
}

impl Crowd<'_> {
    /// Several as one.
    pub(crate) fn of(crowds: impl Iterator<Item = Self>) -> Self {
        crowds.fold(Self { done: Vec::new(), interrupted: Vec::new() }, |mut all, crowd| {
            all.done.extend(crowd.done);
            all.interrupted.extend(crowd.interrupted);
            all
        })
    }
}

/// Signs people in one after the other until a request is not answered. Tells of each answer.
pub(crate) fn until_lost<'a>(deployment: &'a Deployment, ports: &[u16], told: &Sender<()>) -> Crowd<'a> {
    let mut crowd = Crowd { done: Vec::new(), interrupted: Vec::new() };
    let mut ports = ports.iter().copied().cycle();
    for turn in 0.. {
        let mut walk = if turn % 3 == 2 { Walk::from_my_apps(deployment) } else { Walk::to_application(deployment) };
        loop {
            let went = walk.step(ports.next().unwrap());
            // Whoever listens has heard enough when they are gone.
            let _ = told.send(());
            match went {
                Ok(Went::On) => {}
                Ok(Went::Done) => break,
                Err(Lost) => {
                    crowd.interrupted.push(walk);
                    return crowd;
                }
            }
        }
        crowd.done.push(walk);
    }
    crowd
}

/// The header of a form.
pub(crate) const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Whether an answer of the Assertion Consumer Service leads to the continuation, and not to a new start or nowhere.
pub(crate) fn is_admitted(answer: &Response) -> bool {
    answer.location().is_some_and(|to| to.contains("/sign-in/"))
}

#[track_caller]
pub(crate) fn refused(answer: &Response, error: &str) {
    let text = answer.text();
    assert_eq!(answer.status, 400, "{text}");
    assert!(text.contains(&format!("\"error\":\"{error}\"")), "{text}");
}

/// [`Lost`] where it may have been done or not.
pub(crate) fn acknowledged(answer: Result<Response, HttpError>) -> Result<Response, Lost> {
    match answer {
        Ok(answer) if answer.status < 500 => Ok(answer),
        Ok(_) | Err(HttpError::Connection { .. }) => Err(Lost),
        Err(other) => panic!("{other}"),
    }
}

fn issuer() -> Issuer {
    Issuer::new(ISSUER).unwrap()
}

fn client() -> ClientId {
    ClientId::new(CLIENT).unwrap()
}
