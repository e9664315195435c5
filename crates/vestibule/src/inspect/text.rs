//! The report for people: what it is, the verdict, what to change, every check, and what was said.

use jiff::Timestamp;
use serde_json::{Map, Value};
use vestibule_journeys::inspect::claims::{last_segment, mark};
use vestibule_journeys::inspect::facts::Facts;
use vestibule_journeys::inspect::input::{self, Content, Input, Kind, Token, Undecodable, Wrapping};
use vestibule_journeys::inspect::judge::{Check, Judgement};
use vestibule_journeys::inspect::personal::{shortened, shortened_within};
use vestibule_saml::sp::{AcceptedAssertion, Outcome, Refusal, Step};
use vestibule_saml::time;

use super::{claims, explain};
use crate::certificate;
use crate::cli::InspectArgs;
use crate::metadata::Summary;
use crate::output::{Page, Style, Terminal};

/// The column of values beside labels.
const VALUES: usize = 19;
/// The column of what was got, beside the names of the steps.
const GOT: usize = 24;

/// Writes the whole report.
pub(crate) fn write(
    input: &Input,
    judgement: Option<&Judgement>,
    arguments: &InspectArgs,
    now: Timestamp,
    terminal: Terminal,
) -> String {
    let mut report = Report { page: Page::new(terminal), in_full: arguments.show_values, now };
    let document = input.xml_bytes().and_then(|xml| input::tree(xml).ok());
    let facts = document.as_ref().map(Facts::of).unwrap_or_default();
    report.given(input);
    match judgement {
        None => report.decoded(input),
        Some(judgement) => report.judged(judgement, &facts),
    }
    if let Some(Judgement { outcome: Ok(accepted), .. }) = judgement {
        report.identity(accepted);
    } else {
        report.unverified(input, &facts);
    }
    report.page.finish()
}

struct Report {
    page: Page,
    in_full: bool,
    now: Timestamp,
}

impl Report {
    fn personal(&self, value: &str) -> String {
        if self.in_full { value.to_owned() } else { shortened(value) }
    }

    fn sentence(&self, text: &str) -> String {
        if self.in_full { text.to_owned() } else { shortened_within(text) }
    }

    /// The first line: what was pasted, and how it was packed.
    fn given(&mut self, input: &Input) {
        let wrapping = match input.wrapping {
            Wrapping::Bare => "",
            Wrapping::Page if matches!(input.content, Content::Xml(_)) => "",
            Wrapping::Base64 => ", in base64",
            Wrapping::DeflatedBase64 => ", deflated and in base64",
            Wrapping::Form => ", from a form post",
            Wrapping::Page => ", from a page with a form that posts itself",
            Wrapping::Query { signed: false } => ", from a Redirect URL",
            Wrapping::Query { signed: true } => {
                ", from a Redirect URL that is signed (the signature is not verified here)"
            }
        };
        let size = input.xml_bytes().map(|xml| format!(": {} bytes of XML", grouped(xml.len()))).unwrap_or_default();
        let text = format!("This is {}{wrapping}{size}.", what(input));
        self.page.wrapped(0, Style::Strong, &text);
        self.page.end();
        let is_deflated = matches!(input.wrapping, Wrapping::Query { .. } | Wrapping::DeflatedBase64);
        if input.kind == Kind::Response && is_deflated {
            self.page.put(Style::Warning, "▲ ");
            self.page.wrapped(2, Style::Plain, "A response must come by HTTP-POST; only its XML is looked at here.");
            self.page.end();
        }
    }

    fn decoded(&mut self, input: &Input) {
        self.page.put(Style::Faint, "○ ");
        let advice = match input.kind {
            Kind::Response => {
                "Decoded only, nothing was checked. To have it judged, give --metadata FILE, or --idp-entity-id ID \
                 with --idp-cert FILE."
            }
            Kind::Jwt => {
                "Decoded only. A SAML sign-in has no JWT: the SAML response is the form field SAMLResponse of the \
                 post to the ACS URL. A JWT belongs to OpenID Connect."
            }
            _ => "Decoded only, nothing was checked.",
        };
        self.page.wrapped(2, Style::Plain, advice);
        self.page.end();
    }

    fn judged(&mut self, judgement: &Judgement, facts: &Facts) {
        match &judgement.outcome {
            Ok(_) => self.accepted(judgement),
            Err(refusal) => self.refused(refusal, facts),
        }
        self.page.heading("Checks", &counts(judgement));
        for check in &judgement.checks {
            self.check(check);
        }
    }

    fn accepted(&mut self, judgement: &Judgement) {
        self.page.put(Style::Good, "● Accepted.");
        let text = format!("The identity provider made it, for us, and it holds at {}.", self.now);
        self.page.put(Style::Plain, " ");
        self.page.wrapped(2, Style::Plain, &text);
        self.page.end();
        for check in &judgement.checks {
            if let Some(warning) = check.warning {
                self.page.note(Style::Warning, "▲", &format!("{}: {warning}.", title(check.step)));
            }
        }
    }

    fn refused(&mut self, refusal: &Refusal, facts: &Facts) {
        self.page.put(Style::Bad, "■ Refused.");
        self.page.put(Style::Plain, " ");
        self.page.wrapped(2, Style::Plain, refusal.reason.sentence());
        self.page.put(Style::Plain, " ");
        self.page.wrapped(2, Style::Faint, &format!("({})", refusal.reason.code()));
        self.page.end();
        self.page.end();
        let column = 10;
        if let Some(got) = &refusal.got {
            let got = self.sentence(got);
            self.page.row("got", column, Style::Bad, &got);
        }
        if let Some(want) = &refusal.want {
            self.page.row("want", column, Style::Good, want);
        }
        self.page.row("change", column, Style::Strong, refusal.reason.fix());
        self.page.row("who", column, Style::Plain, refusal.fixed_by().title());
        if let Some(explained) = explain::status(refusal) {
            self.page.row("Entra", column, Style::Plain, &explained);
        }
        if let Some(next) = explain::next(refusal.reason, facts) {
            self.page.row("try", column, Style::Plain, &next);
        }
    }

    fn check(&mut self, check: &Check) {
        let (shape, style) = match (check.outcome, &check.warning) {
            (Outcome::Ok, None) => ("●", Style::Good),
            (Outcome::Ok, Some(_)) => ("▲", Style::Warning),
            (Outcome::Refused, _) => ("■", Style::Bad),
            (Outcome::NotReached, _) => ("○", Style::Faint),
        };
        let page = &mut self.page;
        page.put(Style::Plain, " ");
        page.put(style, shape);
        page.put(Style::Plain, " ");
        page.put(if check.outcome == Outcome::NotReached { Style::Faint } else { Style::Plain }, &title(check.step));
        page.to(GOT);
        match (check.outcome, &check.got) {
            (Outcome::Refused, got) => {
                let got = got.as_ref().map(|got| self.sentence(got));
                self.side("got", Style::Bad, got.as_deref().unwrap_or("nothing that can be shown"));
                if let Some(want) = &check.want {
                    self.page.end();
                    self.side("want", Style::Good, want);
                }
            }
            (Outcome::Ok, Some(got)) => {
                let got = self.got(check.step, got);
                self.page.wrapped(GOT, Style::Plain, &got);
            }
            (Outcome::NotReached, _) | (Outcome::Ok, None) => page.wrapped(GOT, Style::Faint, check.step.title()),
        }
        self.page.end();
        if let Some(warning) = check.warning {
            self.page.to(GOT);
            self.page.wrapped(GOT, Style::Warning, warning);
            self.page.end();
        }
    }

    /// One side of a comparison that failed.
    fn side(&mut self, label: &str, style: Style, text: &str) {
        self.page.to(GOT);
        self.page.put(Style::Faint, label);
        self.page.to(GOT + 5);
        self.page.wrapped(GOT + 5, style, text);
    }

    /// What the message said at a step that holds, as short as it stays clear.
    fn got(&self, step: Step, got: &str) -> String {
        let known = ["http://www.w3.org/", "urn:oasis:names:tc:SAML:2.0:ac:classes:"];
        if !got.contains(' ') && known.iter().any(|begin| got.starts_with(begin)) {
            return last_segment(got).to_owned();
        }
        if step == Step::Subject { self.personal(got) } else { self.sentence(got) }
    }

    fn identity(&mut self, accepted: &AcceptedAssertion) {
        self.page.heading("Person", "");
        let name = self.personal(&accepted.name_id.value);
        self.page.row("name ID", VALUES, Style::Strong, &name);
        if let Some(format) = &accepted.name_id.format {
            self.page.row("name format", VALUES, Style::Plain, last_segment(format.as_str()));
        }
        if let Some(session) = &accepted.session_index {
            self.page.row("session", VALUES, Style::Plain, session);
        }
        self.page.row("authenticated", VALUES, Style::Plain, &time::format(accepted.authn_instant));
        if let Some(method) = &accepted.authn_context {
            self.page.row("method", VALUES, Style::Plain, last_segment(method.as_str()));
        }
        if let Some(end) = accepted.session_not_on_or_after {
            self.page.row("session ends", VALUES, Style::Plain, &time::format(end));
        }
        self.claims(accepted.attributes.iter(), "");
    }

    fn claims<'a>(
        &mut self,
        attributes: impl Iterator<Item = &'a vestibule_saml::types::Attribute> + Clone,
        remark: &str,
    ) {
        if attributes.clone().next().is_none() {
            return;
        }
        let shortened = if self.in_full { "" } else { "personal values are shortened, --show-values shows them" };
        let remarks: Vec<&str> = [remark, shortened].into_iter().filter(|it| !it.is_empty()).collect();
        self.page.heading("Claims", &remarks.join("; "));
        claims::table(&mut self.page, attributes.clone(), self.in_full);
        let mut marks: Vec<_> = attributes.filter_map(mark).collect();
        marks.sort_unstable();
        marks.dedup();
        if !marks.is_empty() {
            self.page.end();
        }
        for mark in marks {
            self.page.note(Style::Warning, "▲", explain::mark(mark));
        }
    }

    /// What the input says where nothing vouches for it.
    fn unverified(&mut self, input: &Input, facts: &Facts) {
        match &input.content {
            Content::Certificates(certificates) => {
                self.page.heading("Certificates", "");
                certificate::write(&mut self.page, certificates, self.now);
            }
            Content::Token(token) => self.token(token),
            Content::Xml(xml) if input.kind == Kind::Metadata => self.metadata(xml),
            Content::Field { xml: Ok(xml), .. } if input.kind == Kind::Metadata => self.metadata(xml),
            _ if input.kind == Kind::Unknown => {}
            _ => self.message(input, facts),
        }
    }

    fn message(&mut self, input: &Input, facts: &Facts) {
        if facts.rows.is_empty() {
            return;
        }
        self.page.heading("What it says", "▲ not verified: anybody could have written this");
        for fact in &facts.rows {
            let value = if fact.personal { self.personal(&fact.value) } else { self.sentence(&fact.value) };
            self.page.row(fact.label, VALUES, Style::Plain, &value);
        }
        if let Some(relay_state) = &input.relay_state {
            let value = self.sentence(relay_state);
            self.page.row("RelayState", VALUES, Style::Plain, &value);
        }
        if let Some(explained) = facts.status_message.as_deref().and_then(explain::aadsts) {
            self.page.row("Entra", VALUES, Style::Plain, &explained);
        }
        self.claims(facts.claims.iter(), "not verified");
    }

    fn metadata(&mut self, xml: &[u8]) {
        self.page.heading("What it says", "▲ not verified: trust it for the place that it came from");
        match Summary::read(xml, None) {
            Ok(summary) => summary.write(&mut self.page, self.now),
            Err(error) => self.page.note(Style::Warning, "▲", &format!("{error}.")),
        }
    }

    fn token(&mut self, token: &Token) {
        self.page.heading("What it says", "▲ not verified: anybody could have written this");
        let header: Vec<String> = token.header.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
        self.page.row("header", VALUES, Style::Plain, &header.join(", "));
        match &token.claims {
            Some(claims) => self.token_claims(claims),
            None => self.page.row("claims", VALUES, Style::Plain, "encrypted (JWE)"),
        }
    }

    fn token_claims(&mut self, claims: &Map<String, Value>) {
        const IMPERSONAL: [&str; 12] =
            ["iss", "aud", "azp", "appid", "idp", "tid", "ver", "scp", "acr", "amr", "roles", "groups"];
        const TIMES: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];
        for (name, value) in claims {
            let time = value.as_i64().filter(|_| TIMES.contains(&name.as_str()));
            let text = match time.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
                Some(time) => time.to_string(),
                None if IMPERSONAL.contains(&name.as_str()) => plain(value),
                None => self.personal(&plain(value)),
            };
            self.page.row(name, VALUES, Style::Plain, &text);
        }
    }
}

/// What was pasted, in words.
fn what(input: &Input) -> String {
    match &input.content {
        Content::Certificates(certificates) if certificates.len() > 1 => format!("{} certificates", certificates.len()),
        Content::Nothing(reason) | Content::Field { xml: Err(reason), .. } if input.kind == Kind::Unknown => {
            reason.name().to_owned()
        }
        Content::Xml(_) if input.wrapping == Wrapping::Page => Undecodable::Page.name().to_owned(),
        _ if input.kind == Kind::Unknown => {
            let root = input.xml_bytes().and_then(input::root_name);
            match root {
                Some("Assertion" | "EncryptedAssertion") => {
                    "a SAML assertion without the response around it".to_owned()
                }
                Some(root) => format!("XML with the root element {root}, which is no SAML message that is known here"),
                None => "XML of some kind".to_owned(),
            }
        }
        _ => input.kind.title().to_owned(),
    }
}

/// The name of a step, for people.
fn title(step: Step) -> String {
    step.name().replace('_', " ")
}

fn counts(judgement: &Judgement) -> String {
    let count = |outcome| judgement.checks.iter().filter(|step| step.outcome == outcome).count();
    let mut counts = vec![format!("{} ok", count(Outcome::Ok))];
    match judgement.warnings() {
        0 => {}
        1 => counts.push("1 of them needs attention".to_owned()),
        many => counts.push(format!("{many} of them need attention")),
    }
    if judgement.outcome.is_err() {
        counts.push(format!("{} refused", count(Outcome::Refused)));
        counts.push(format!("{} not reached", count(Outcome::NotReached)));
    }
    counts.join(", ")
}

/// A value of JSON without quotes around text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// `5138` as `5,138`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut out = digits[..first].to_owned();
    for (at, digit) in digits[first..].char_indices() {
        if at % 3 == 0 && !out.is_empty() {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (5138, "5,138"), (26_214_400, "26,214,400")] {
            assert_eq!(grouped(number), text);
        }
    }
}
