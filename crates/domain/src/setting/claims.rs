//! What an application's tokens may say, and what it may ask for itself.

use super::SettingProblem;
use crate::api::ApiAccess;
use crate::application::{ApplicationSettings, ClaimRule, ClaimSource};

/// The most rules for claims of an application.
pub const MAX_CLAIM_RULES: usize = 64;

/// The longest name of a claim, in octets; some are URLs.
const MAX_CLAIM: usize = 128;

/// The longest fixed text of a claim, in octets.
const MAX_VALUE: usize = 512;

/// The most scopes of an application's own, and the longest one, in octets.
const MAX_OWN_SCOPES: usize = 64;

/// Claims that no rule adds, changes or leaves out: they say whose the token is, for whom, of whom and since when, and
/// others rely on them to know a person. OIDC Core §2, RFC 7519 §4.1.
pub const RESERVED_CLAIMS: [&str; 19] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "azp",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "c_hash",
    "s_hash",
    "events",
    "cnf",
    "account",
];

/// Claims by which applications know a person by an address: they may be left out, and say nothing else than is proved
/// (A25.2).
pub const ADDRESS_CLAIMS: [&str; 2] = ["email", "email_verified"];

impl ApplicationSettings {
    /// What is wrong with the rules for claims and with the scopes of its own.
    pub fn check_tokens(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        if self.claims.len() > MAX_CLAIM_RULES {
            let got = format!("{} rules", self.claims.len());
            problems.push(SettingProblem::new("claims", got, "at most 64 rules", "leave out what it does not read"));
        }
        for (place, rule) in self.claims.iter().enumerate() {
            problems.extend(check_rule(rule));
            if self.claims[..place].iter().any(|other| other.claim == rule.claim) {
                let fix = "keep one of the two rules";
                problems.push(SettingProblem::new("claims", format!("{:?} twice", rule.claim), "one rule each", fix));
            }
        }
        self.check_own_scopes(&mut problems);
        self.check_api(&mut problems);
        problems
    }

    /// What is said of the admin API in one place has to be said in the other: neither alone lets a program in.
    fn check_api(&self, problems: &mut Vec<SettingProblem>) {
        let of_api = |scope: &&String| ApiAccess::of_scopes(scope).is_some();
        let scope = self.own_scopes.iter().find(of_api);
        match (self.api, scope) {
            (Some(api), None) => {
                let (got, want) = ("no scope of the API in own_scopes", format!("{:?} among them", api.access.scope()));
                problems.push(SettingProblem::new("api", got, &want, "add it, so that the application may ask for it"));
            }
            (None, Some(scope)) => {
                let (got, want) = (format!("{scope:?} without api"), "api = { role = \"…\", access = \"…\" } with it");
                let fix = "set api, or leave the scope out";
                problems.push(SettingProblem::new("own_scopes", got, want, fix));
            }
            _ => {}
        }
    }

    fn check_own_scopes(&self, problems: &mut Vec<SettingProblem>) {
        if self.own_scopes.len() > MAX_OWN_SCOPES {
            let got = format!("{} scopes", self.own_scopes.len());
            problems.push(SettingProblem::new("own_scopes", got, "at most 64 scopes", "merge some of them"));
        }
        let is_token = |text: &str| {
            // RFC 6749 §3.3.
            let fits = |octet: u8| matches!(octet, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            (1..=MAX_OWN_SCOPES).contains(&text.len()) && text.bytes().all(fits)
        };
        for scope in self.own_scopes.iter().filter(|scope| !is_token(scope)) {
            let want = "1 to 64 printable characters without space, quote and backslash";
            problems.push(SettingProblem::new(
                "own_scopes",
                format!("{scope:?}"),
                want,
                "use a name such as orders:read",
            ));
        }
        if self.is_public && !self.own_scopes.is_empty() {
            let (got, want) = ("scopes of a public application", "an application with a secret");
            let fix = "register a second one, with a secret, for what runs on servers";
            problems.push(SettingProblem::new("own_scopes", got, want, fix));
        }
        if self.is_public && !self.secret_hashes.is_empty() {
            let (got, want) = ("secrets of a public application", "either authentication = \"none\" or secrets");
            problems.push(SettingProblem::new("secrets", got, want, "leave out one of the two"));
        }
    }
}

fn check_rule(rule: &ClaimRule) -> Option<SettingProblem> {
    let name = rule.claim.as_str();
    let problem = |got: String, want: &str, fix: &str| Some(SettingProblem::new("claims", got, want, fix));
    if name.is_empty() || name.len() > MAX_CLAIM || !name.bytes().all(|octet| octet.is_ascii_graphic()) {
        let want = "a name of 1 to 128 printable ASCII characters without a space";
        return problem(format!("{name:?}"), want, "use a name such as department, or a URL of yours");
    }
    if RESERVED_CLAIMS.contains(&name) {
        let want = "another name: this claim says whose the token is, or for whom";
        return problem(format!("{name:?}"), want, "let the application read a claim of another name");
    }
    if ADDRESS_CLAIMS.contains(&name) && !matches!(rule.says, ClaimSource::LeaveOut(_)) {
        let want = "another name: this claim says what is proved of an address, and can only be left out";
        return problem(format!("{name:?}"), want, "let the application read a claim of another name");
    }
    match &rule.says {
        ClaimSource::Value(value) if value.len() > MAX_VALUE => {
            problem(format!("a value of {} octets for {name:?}", value.len()), "at most 512 octets", "shorten it")
        }
        ClaimSource::From(property) | ClaimSource::ListFrom(property) if property.is_empty() => {
            let fix = "name the property as the mapping does, such as department";
            problem(format!("no property for {name:?}"), "the name of a property", fix)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::True;

    fn problems(claim: &str, says: ClaimSource) -> Vec<String> {
        let settings = ApplicationSettings {
            claims: vec![ClaimRule { claim: claim.to_owned(), says }],
            ..ApplicationSettings::default()
        };
        settings.check_tokens().into_iter().map(|problem| problem.want).collect()
    }

    #[test]
    fn a_rule_names_a_claim_of_the_applications_own() {
        assert_eq!(problems("department", ClaimSource::From("department".into())), Vec::<String>::new());
        assert_eq!(problems("roles", ClaimSource::LeaveOut(True)), Vec::<String>::new());
        for reserved in RESERVED_CLAIMS {
            let refused = problems(reserved, ClaimSource::Value("x".into()));
            assert_eq!(refused, ["another name: this claim says whose the token is, or for whom"], "{reserved}");
        }
    }

    /// A25.2: what is said of an address is what is proved of it.
    #[test]
    fn the_address_is_left_out_or_told_as_it_is() {
        for name in ADDRESS_CLAIMS {
            assert_eq!(problems(name, ClaimSource::LeaveOut(True)), Vec::<String>::new());
            assert_eq!(problems(name, ClaimSource::From("mail".into())).len(), 1);
        }
    }

    #[test]
    fn a_public_application_has_neither_secrets_nor_scopes_of_its_own() {
        let settings = ApplicationSettings {
            is_public: true,
            own_scopes: vec!["orders:read".to_owned()],
            secret_hashes: vec!["x".to_owned()],
            ..ApplicationSettings::default()
        };
        let fields: Vec<_> = settings.check_tokens().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["own_scopes", "secrets"]);
    }

    #[test]
    fn a_rule_is_read_and_written_by_one_key_beside_its_name() {
        let text = r#"{"claim":"dept","from":"department"}"#;
        let rule: ClaimRule = serde_json::from_str(text).unwrap();
        assert_eq!(rule.says, ClaimSource::From("department".into()));
        assert_eq!(serde_json::to_string(&rule).unwrap(), text);
        assert!(serde_json::from_str::<ClaimRule>(r#"{"claim":"a","leave_out":false}"#).is_err());
        assert!(serde_json::from_str::<ClaimRule>(r#"{"claim":"a"}"#).is_err());
    }
}
