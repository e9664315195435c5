//! What is particular to Microsoft Entra ID: tenants in issuers, AADSTS numbers in messages.

/// The tenant that an Entra issuer names: `https://sts.windows.net/<tenant>/` and its like in
/// national clouds (E-4, E-5). `None` for other identity providers.
pub fn tenant_of_issuer(issuer: &str) -> Option<&str> {
    const HOSTS: [&str; 6] = [
        "https://sts.windows.net/",
        "https://login.microsoftonline.com/",
        "https://login.microsoftonline.us/",
        "https://sts.chinacloudapi.cn/",
        "https://login.partner.microsoftonline.cn/",
        "https://sts.microsoftonline.us/",
    ];
    let path = HOSTS.iter().find_map(|host| issuer.strip_prefix(host))?;
    let tenant = path.split('/').next()?;
    is_guid(tenant).then_some(tenant)
}

/// Whether a text has the form of a GUID, which Entra sends where it knows no better value (E-35, CC-27).
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// The claim that holds the tenant of the person.
pub const TENANT_CLAIM: &str = "http://schemas.microsoft.com/identity/claims/tenantid";

/// An `AADSTS` number in a message of Entra's, with what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AadSts {
    /// The number.
    pub number: u32,
    /// What it means and what to do, where we know it.
    pub meaning: Option<&'static str>,
}

/// The most telling `AADSTS` number in a text: the first that we can explain, else the first.
/// Microsoft warns that texts change, so only the number counts.
pub fn aadsts(text: &str) -> Option<AadSts> {
    let mut first = None;
    for (at, mark) in text.match_indices("AADSTS") {
        let digits = &text[at + mark.len()..];
        let end = digits.bytes().take(8).position(|b| !b.is_ascii_digit()).unwrap_or(digits.len().min(8));
        let Ok(number) = digits[..end].parse() else { continue };
        let found = AadSts { number, meaning: meaning(number) };
        if found.meaning.is_some() {
            return Some(found);
        }
        first.get_or_insert(found);
    }
    first
}

/// What a number means and what to do about it.
fn meaning(number: u32) -> Option<&'static str> {
    Some(match number {
        50003 | 50146 => "the application has no signing key: in SAML Certificates, make and activate one",
        50006 => {
            "our request's signature is wrong: upload our current signing certificate in SAML Certificates, Verification certificates"
        }
        50010 => "the audience is not configured: set Identifier (Entity ID) in Basic SAML Configuration",
        50011 => {
            "the reply URL of our request is not registered: add it as Reply URL (Assertion Consumer Service URL) in Basic SAML Configuration"
        }
        50020 | 50034 | 51004 => {
            "the person does not exist in this tenant: invite them as a guest, or let them use another account"
        }
        50058 => "nobody is signed in and the request forbade asking: sign in with interaction",
        50061 => "Entra does not understand the logout request: check Logout Url in Basic SAML Configuration",
        50068 => "the application that asked for the logout is not in this session",
        50070 => "the logout request names a session or person that Entra does not know",
        50071 => "the logout request has expired: check the clocks",
        50076 | 50079 => "the person must use a second factor: they sign in again and complete it",
        50105 => {
            "the person is not assigned to the application: assign them or a group of theirs directly in Users and groups"
        }
        53003 => "Conditional Access forbids it: see the person's sign-in log, tab Conditional Access",
        65_0056 => {
            "the application is misconfigured or lacks consent: check Identifier (Entity ID) and the permissions"
        }
        70_0016 => {
            "the tenant has no application with our identifier: set Identifier (Entity ID) in Basic SAML Configuration, or the person signed in at the wrong tenant"
        }
        75001 | 75003 | 75005 => {
            "Entra could not read our request: the binding must be HTTP-Redirect and the response HTTP-POST"
        }
        75008 => "our request was sent to an address that Entra did not expect: check Login URL",
        75011 => {
            "the person was authenticated in another way than our request demanded: let the connection ask for none"
        }
        75016 => {
            "Entra does not know the NameIDPolicy format of our request: choose persistent, emailAddress, unspecified or transient"
        }
        76021 => {
            "Entra demands signed requests: let the connection sign them, or switch the demand off in SAML Certificates, Verification certificates"
        }
        76026 => "our request was too old when it arrived: check the clocks",
        90015 => "our request is too long for a query string: shorten RelayState or the request",
        90011 | 90_0236 => {
            "our request has an element that Entra does not support: remove Subject, Scoping and Conditions"
        }
        90107 => "our request is not valid XML",
        50_1241 => {
            "the source of the Name ID is empty for this person: fill it, or choose another in Attributes & Claims"
        }
        75_0054 => "the query string lacks SAMLRequest: start the sign-in at the application",
        750_0511 => "the reply URL of our request is not a URI",
        750_0514 => "Entra does not support the response type of our request",
        750_0529 => "the ID of our request begins with a digit",
        750_0530 => "our logout request has no NameID",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_stands_in_the_issuer() {
        let tenant = "3770f585-1d9b-44d4-9016-2428d0082154";
        assert_eq!(tenant_of_issuer(&format!("https://sts.windows.net/{tenant}/")), Some(tenant));
        assert_eq!(tenant_of_issuer(&format!("https://login.microsoftonline.com/{tenant}/")), Some(tenant));
        assert_eq!(tenant_of_issuer("https://sts.windows.net/{tenant}/"), None);
        assert_eq!(tenant_of_issuer(&format!("https://idp.example.com/{tenant}/")), None);
    }

    #[test]
    fn the_explained_number_of_several_is_told() {
        let text = "AADSTS75006: An error occurred. AADSTS90011: The SAML request property is not supported.";
        assert_eq!(aadsts(text).map(|found| found.number), Some(90011));
        assert_eq!(aadsts("AADSTS1: x AADSTS50105: y").map(|found| found.number), Some(50105));
        assert_eq!(aadsts("AADSTS999999: x"), Some(AadSts { number: 999_999, meaning: None }));
        assert_eq!(aadsts("AADSTS: x"), None);
        assert_eq!(aadsts("AADSTSé"), None);
    }
}
