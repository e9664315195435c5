//! Sites behind a proxy that asks us about each request (forward-auth): which part of them is for whom.
//!
//! A rule is about a path and what is below it; the longest that fits a request decides. Where a path could be read in
//! two ways, by us and by what is behind the proxy, it has to satisfy every rule: nobody gets past one by spelling.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::application::ApplicationSettings;
use crate::name::DomainName;
use crate::setting::SettingProblem;

/// The most sites of an application.
pub const MAX_SITES: usize = 16;
/// The most rules of an application's sites.
pub const MAX_RULES: usize = 100;
/// The longest path of a rule, in octets.
const MAX_PATH: usize = 256;
/// The most names in one list of a rule.
const MAX_NAMES: usize = 100;
/// The path below which we answer on each site ourselves.
pub const OWN_PATH: &str = "/.vestibule/";

/// Who may open a part of a site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteRule {
    /// A path and all that is below it, with or without a slash at its end. Of a public part it is exact: one that ends
    /// with a slash is for all below it, another one for itself alone.
    pub path: String,
    /// Anybody, without signing in. Default: no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
    /// People of these accounts and of those below them, by path. Default: of any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// People with one of these roles. Default: with or without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// People of one of these groups, as the identity provider calls them. Default: of any or none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// What rules are about.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// The path of their account in the tree.
    pub account: &'a str,
    /// Their roles.
    pub roles: &'a [String],
    /// Their groups.
    pub groups: &'a [String],
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It goes on.
    Allowed,
    /// Somebody has to sign in.
    SignIn,
    /// Whoever this is may not.
    Denied,
}

/// Decides about a request for `path` (as it was sent, without its query) by somebody, or by nobody who is signed in.
pub fn access(rules: &[SiteRule], path: &str, visitor: Option<Visitor<'_>>) -> Access {
    let satisfied = |rule: &SiteRule| visitor.is_some_and(|visitor| rule.lets_in(visitor));
    let allowed = match Reading::of(path) {
        Reading::One(path) => match rules.iter().filter(|rule| rule.is_about(&path)).max_by_key(|rule| rule.path.len())
        {
            Some(rule) => rule.public || satisfied(rule),
            None => visitor.is_some(),
        },
        Reading::Several => visitor.is_some() && rules.iter().filter(|rule| !rule.public).all(satisfied),
    };
    match (allowed, visitor) {
        (true, _) => Access::Allowed,
        (false, None) => Access::SignIn,
        (false, Some(_)) => Access::Denied,
    }
}

/// How a path can be read.
enum Reading<'p> {
    One(Cow<'p, str>),
    Several,
}

impl<'p> Reading<'p> {
    /// One reading: decoded once, it has segments that are names, and nothing in it that servers treat differently.
    fn of(path: &'p str) -> Self {
        let Some(decoded) = decoded(path) else { return Self::Several };
        let odd = |c: char| c.is_control() || matches!(c, '\\' | '%' | ';' | '?' | '#');
        let last = decoded.split('/').count().saturating_sub(1);
        // The first segment is empty, before the first slash; the last may be, behind the last one.
        let strange = |(place, segment): (usize, &str)| {
            matches!(segment, "." | "..") || (segment.is_empty() && place != 0 && place != last)
        };
        if !decoded.starts_with('/') || decoded.contains(odd) || decoded.split('/').enumerate().any(strange) {
            return Self::Several;
        }
        Self::One(decoded)
    }
}

/// The path with what is percent-encoded; none where that hides a slash or a dot, or is no UTF-8.
fn decoded(path: &str) -> Option<Cow<'_, str>> {
    if !path.contains('%') {
        return Some(Cow::Borrowed(path));
    }
    let mut octets = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let digit = |octet: Option<u8>| char::from(octet?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let octet = (digit(rest.next())? << 4) | digit(rest.next())?;
        if matches!(octet, b'/' | b'.') {
            return None;
        }
        octets.push(octet);
    }
    String::from_utf8(octets).ok().map(Cow::Owned)
}

impl SiteRule {
    /// Letters count alike in upper and lower case, for what is behind the proxy may take them so; a public part is what
    /// is spelt exactly as in the rule.
    fn is_about(&self, path: &str) -> bool {
        if self.public {
            return path == self.path || (self.path.ends_with('/') && path.starts_with(&self.path));
        }
        // What is behind the proxy may answer for /admin as for /admin/, and for /report.php/x as for /report.php.
        let folder = self.path.strip_suffix('/').unwrap_or(&self.path);
        let Some(start) = path.get(..folder.len()) else { return false };
        let rest = &path[folder.len()..];
        start.eq_ignore_ascii_case(folder) && (rest.is_empty() || rest.starts_with('/'))
    }

    fn lets_in(&self, visitor: Visitor<'_>) -> bool {
        let below = |account: &String| {
            let rest = visitor.account.strip_prefix(account.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let any = |wanted: &[String], has: &[String]| wanted.is_empty() || wanted.iter().any(|one| has.contains(one));
        (self.accounts.is_empty() || self.accounts.iter().any(below))
            && any(&self.roles, visitor.roles)
            && any(&self.groups, visitor.groups)
    }
}

/// An origin as sites are registered: `https://host`, or `http://` on a loopback host; in lower case, with a port that is
/// not the scheme's own only. `None` for any other text.
pub fn site_origin(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let (name, port) = match rest.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse::<u16>().ok().filter(|port| *port != 0)?)),
        None => (rest, None),
    };
    let name = name.to_ascii_lowercase();
    let is_loopback = name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.");
    let is_name = is_loopback || name.parse::<DomainName>().is_ok();
    let usual = match scheme.as_str() {
        "https" if is_name => 443,
        "http" if is_loopback => 80,
        _ => return None,
    };
    let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-');
    if name.contains(odd) {
        return None;
    }
    Some(match port.filter(|port| *port != usual) {
        Some(port) => format!("{scheme}://{name}:{port}"),
        None => format!("{scheme}://{name}"),
    })
}

impl ApplicationSettings {
    /// What is wrong with the sites and their rules.
    pub fn check_sites(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        let mut problem = |field: &str, got: String, want: &str, fix: &str| {
            let (field, want, fix) = (field.to_owned(), want.to_owned(), fix.to_owned());
            problems.push(SettingProblem { field, got, want, fix });
        };
        if self.sites.len() > MAX_SITES {
            problem("sites", format!("{} sites", self.sites.len()), "at most 16", "register a second application");
        }
        for site in self.sites.iter().filter(|site| site_origin(site).as_deref() != Some(site.as_str())) {
            let want = "https and a host in lower case, without path and without the usual port (http on this machine)";
            problem("sites", format!("{site:?}"), want, "write https://wiki.example.com, as browsers show it");
        }
        if self.site_rules.len() > MAX_RULES {
            problem("site_rules", format!("{} rules", self.site_rules.len()), "at most 100", "merge some of them");
        }
        if self.sites.is_empty() && !self.site_rules.is_empty() {
            problem("site_rules", "rules without a site".into(), "sites", "name the site behind the proxy");
        }
        for (place, rule) in self.site_rules.iter().enumerate() {
            let path = rule.path.as_str();
            let plain = matches!(Reading::of(path), Reading::One(Cow::Borrowed(_)));
            if path.is_empty() || path.len() > MAX_PATH || !plain || path.starts_with(OWN_PATH) {
                let want = "a path of at most 256 characters with one reading, not below /.vestibule/";
                problem(
                    "site_rules",
                    format!("{path:?}"),
                    want,
                    "write /admin/ for all below it, or /report for one page",
                );
            }
            if self.site_rules[..place].iter().any(|other| other.path.eq_ignore_ascii_case(path)) {
                problem("site_rules", format!("{path:?} twice"), "one rule for each path", "merge the two rules");
            }
            let lists = [&rule.accounts, &rule.roles, &rule.groups];
            if rule.public && lists.iter().any(|list| !list.is_empty()) {
                let got = format!("{path:?} for everybody and for some");
                problem("site_rules", got, "either public or conditions", "leave out one of the two");
            }
            if lists.iter().any(|list| list.len() > MAX_NAMES || list.iter().any(String::is_empty)) {
                let want = "lists of at most 100 names, none of them empty";
                problem("site_rules", format!("the lists for {path:?}"), want, "shorten them, or use a group");
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str) -> SiteRule {
        SiteRule { path: path.to_owned(), ..SiteRule::default() }
    }

    fn rules() -> Vec<SiteRule> {
        vec![
            SiteRule { roles: vec!["admin".to_owned()], ..rule("/admin/") },
            SiteRule { public: true, ..rule("/assets/") },
            SiteRule { public: true, ..rule("/health") },
            SiteRule { accounts: vec!["acme".to_owned()], groups: vec!["staff".to_owned()], ..rule("/acme/") },
        ]
    }

    fn seen(path: &str, account: &str, roles: &[&str], groups: &[&str]) -> Access {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (roles, groups) = (owned(roles), owned(groups));
        access(&rules(), path, Some(Visitor { account, roles: &roles, groups: &groups }))
    }

    #[test]
    fn the_longest_rule_that_fits_decides_and_without_one_everybody_who_is_signed_in_may() {
        assert_eq!(seen("/", "globex", &[], &[]), Access::Allowed);
        assert_eq!(seen("/admin/users", "globex", &[], &[]), Access::Denied);
        assert_eq!(seen("/admin", "globex", &[], &[]), Access::Denied);
        let page = [SiteRule { roles: vec!["x".into()], ..rule("/report.php") }];
        assert_eq!(
            access(&page, "/report.php/anything", Some(Visitor { account: "", roles: &[], groups: &[] })),
            Access::Denied
        );
        assert_eq!(seen("/administrators", "globex", &[], &[]), Access::Allowed);
        assert_eq!(seen("/admin/users", "globex", &["admin"], &[]), Access::Allowed);
        assert_eq!(access(&rules(), "/", None), Access::SignIn);
        assert_eq!(access(&rules(), "/admin/", None), Access::SignIn);
        let nested = [SiteRule { public: true, ..rule("/") }, SiteRule { roles: vec!["x".into()], ..rule("/a/") }];
        assert_eq!((access(&nested, "/b", None), access(&nested, "/a/b", None)), (Access::Allowed, Access::SignIn));
    }

    #[test]
    fn every_condition_of_a_rule_has_to_hold() {
        assert_eq!(seen("/acme/plan", "acme/north", &[], &["staff"]), Access::Allowed);
        assert_eq!(seen("/acme/plan", "acme", &[], &["guests"]), Access::Denied);
        assert_eq!(seen("/acme/plan", "acmeother", &[], &["staff"]), Access::Denied, "an account beside it");
    }

    #[test]
    fn a_public_part_is_what_is_spelt_as_in_the_rule() {
        for path in ["/assets/", "/assets/app.css", "/health"] {
            assert_eq!(access(&rules(), path, None), Access::Allowed, "{path}");
        }
        for path in ["/assets", "/Assets/app.css", "/health/", "/healthy", "/assets/../admin/", "/assets//x"] {
            assert_eq!(access(&rules(), path, None), Access::SignIn, "{path}");
        }
    }

    /// Nobody gets past a rule by another spelling of its path.
    #[test]
    fn a_path_with_two_readings_has_to_satisfy_every_rule() {
        for path in [
            "/x/../admin/",
            "/./admin/",
            "//admin/",
            "/%61dmin/",
            "/ADMIN/users",
            "/x%2f..%2fadmin/",
            "/admin%2fusers",
            "/x;/admin/",
            "/x\\\\..\\\\admin/",
            "/%2e%2e/admin/",
            "/%",
            "/%zz",
            "/%ff",
            "/a%00",
            "/a%25",
            "admin/",
            "",
        ] {
            assert_eq!(seen(path, "globex", &[], &[]), Access::Denied, "{path}");
            assert_eq!(access(&rules(), path, None), Access::SignIn, "{path}");
        }
        assert_eq!(seen("//x", "acme", &["admin"], &["staff"]), Access::Allowed, "whoever may everywhere");
        assert_eq!(seen("/caf%C3%A9/x%20y", "globex", &[], &[]), Access::Allowed);
    }

    #[test]
    fn an_origin_has_one_spelling() {
        for good in ["https://wiki.example.com", "http://wiki.localhost:8410", "https://wiki.example.com:8443"] {
            assert_eq!(site_origin(good).as_deref(), Some(good));
        }
        assert_eq!(site_origin("HTTPS://Wiki.Example.com:443").as_deref(), Some("https://wiki.example.com"));
        for bad in
            ["http://wiki.example.com", "wiki.example.com", "https://*.example.com", "https://a.example/x", "https://"]
        {
            assert_eq!(site_origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_wrong_with_sites_and_rules_is_said() {
        let settings = ApplicationSettings {
            sites: vec!["https://Wiki.example.com".to_owned()],
            site_rules: vec![
                SiteRule { public: true, roles: vec!["x".to_owned()], ..rule("/a/") },
                rule("/A/"),
                rule("/../b"),
                rule("/.vestibule/x"),
            ],
            ..ApplicationSettings::default()
        };
        let fields: Vec<_> = settings.check_sites().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["sites", "site_rules", "site_rules", "site_rules", "site_rules"]);
    }
}
