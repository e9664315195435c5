//! A15: for whom a message is. A20: who may speak for whom. Every message here is really signed.

use crate::case::Case;
use crate::entra::{ACS, Entra, ISSUER, SP};
use crate::seal::{KeyInfo, Seal};
use crate::text::{swap, without};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = audiences();
    cases.extend(addresses());
    cases.extend(issuers());
    cases.extend(tenants());
    cases
}

fn changed(
    name: &str,
    code: &'static str,
    attacks: &[&'static str],
    about: &str,
    change: impl FnOnce(&mut Entra),
) -> Case {
    Case::refuse(name, code, attacks, about, Entra::with(change).signed())
}

/// A GUID as the entity id, which Entra answers with `spn:` before it.
const GUID: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";

fn audiences() -> Vec<Case> {
    let audience = |name: &str, attack: &'static str, about: &str, audience: &str| {
        changed(name, "audience_mismatch", &[attack], about, |e| e.audiences = vec![audience.into()])
    };
    vec![
        audience("audience-other", "A15.1", "For another service provider", "https://other.example/saml/metadata"),
        audience("audience-longer", "A15.1", "Our name is the beginning of the Audience", &format!("{SP}/2")),
        audience("audience-shorter", "A15.1", "The Audience is the beginning of our name", &SP[..SP.len() - 1]),
        audience("audience-in-upper-case", "A15.1", "Our name in another case", &SP.to_uppercase()),
        audience("audience-with-slash", "A15.1", "Our name with a slash behind it", &format!("{SP}/")),
        audience("audience-with-space", "A15.1", "Our name with a space behind it", &format!("{SP} ")),
        audience("audience-empty", "A15.1", "An empty Audience", ""),
        audience("audience-spn-of-a-uri", "A15.1", "spn: before our name, which is a URI", &format!("spn:{SP}")),
        audience(
            "audience-spn-of-another-guid",
            "A15.1",
            "spn: before another application's GUID",
            "spn:99991111-aaaa-2222-bbbb-3333cccc4444",
        )
        .when(|s| s.sp = GUID.into()),
        audience("audience-spn-in-upper-case", "A15.1", "SPN: before our GUID", &format!("SPN:{GUID}"))
            .when(|s| s.sp = GUID.into()),
        audience(
            "audience-spn-twice",
            "A15.1",
            "spn: twice, where our name begins with it",
            &format!("spn:spn:{GUID}"),
        )
        .when(|s| s.sp = format!("spn:{GUID}")),
        audience("audience-spn-left-out", "A15.1", "Our name without the spn: that it begins with", GUID)
            .when(|s| s.sp = format!("spn:{GUID}")),
        changed("audience-missing", "no_audience", &["A15.2"], "No AudienceRestriction", |e| e.audiences.clear()),
        changed(
            "audience-restriction-empty",
            "no_audience",
            &["A15.2"],
            "An AudienceRestriction without Audience",
            |e| {
                e.audiences.clear();
                e.more_conditions = "<AudienceRestriction/>".into();
            },
        ),
        changed(
            "audience-second-restriction-other",
            "audience_mismatch",
            &["A15.2"],
            "The second restriction names another",
            |e| {
                e.audiences.push("https://other.example/saml/metadata".into());
            },
        ),
        changed(
            "audience-second-restriction-empty",
            "no_audience",
            &["A15.2"],
            "The second restriction names nobody",
            |e| {
                e.more_conditions = "<AudienceRestriction/>".into();
            },
        ),
    ]
}

fn addresses() -> Vec<Case> {
    let recipient = |name: &str, about: &str, recipient: &str| {
        changed(name, "recipient_mismatch", &["A15.3"], about, |e| e.recipient = Some(recipient.into()))
    };
    let destination = |name: &str, about: &str, destination: &str| {
        changed(name, "destination_mismatch", &["A15.4"], about, |e| e.destination = Some(destination.into()))
    };
    vec![
        recipient("recipient-other", "For another address", "https://other.example/saml/acs"),
        recipient("recipient-longer", "Our address is its beginning", &format!("{ACS}/2")),
        recipient("recipient-with-query", "Our address with a query", &format!("{ACS}?tenant=2")),
        recipient("recipient-of-another-tenant", "Another tenant's path", "https://sp.example.com/saml/acs2"),
        recipient("recipient-in-upper-case", "Our address in another case", &ACS.to_uppercase()),
        recipient("recipient-by-http", "Our address by http", &ACS.replace("https", "http")),
        recipient("recipient-with-port", "Our address with the default port", "https://sp.example.com:443/saml/acs"),
        recipient("recipient-empty", "An empty Recipient", ""),
        changed("recipient-missing", "recipient_missing", &["A15.3"], "No Recipient", |e| e.recipient = None),
        destination("destination-other", "Sent to another address", "https://other.example/saml/acs"),
        destination("destination-longer", "Our address is its beginning", &format!("{ACS}.attacker.example")),
        destination("destination-empty", "An empty Destination", ""),
        destination("destination-of-another-tenant", "Another tenant's path", "https://sp.example.com/saml/acs2"),
        Case::refuse(
            "destination-missing-in-signed-response",
            "destination_missing",
            &["A15.4"],
            "A signed Response without Destination",
            Entra::with(|e| e.destination = None).response_signed(),
        ),
    ]
}

fn issuers() -> Vec<Case> {
    let issuer = |name: &str, about: &str, issuer: &str| {
        changed(name, "issuer_mismatch", &["A15.5"], about, |e| e.issuer = issuer.into())
    };
    let qualified = |attribute: &str| {
        Entra::with(|e| e.name_id = format!("<NameID {attribute}>user@example.com</NameID>")).signed()
    };
    vec![
        issuer("issuer-other", "Another identity provider's assertion", "https://idp.example.net/"),
        issuer("issuer-without-slash", "The issuer without its slash", ISSUER.trim_end_matches('/')),
        issuer("issuer-in-upper-case", "The issuer in another case", &ISSUER.to_uppercase()),
        issuer("issuer-with-space", "The issuer with a space behind it", &format!("{ISSUER} ")),
        issuer("issuer-of-the-other-form", "The tenant's name at login.microsoftonline.com", "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/"),
        Case::refuse(
            "issuer-empty",
            "malformed_message",
            &["A15.5"],
            "An empty Issuer",
            Seal::default().assertion(&Entra::with(|e| e.issuer = String::new()).xml()),
        ),
        changed("response-issuer-other", "issuer_mismatch", &["A15.5"], "The Response is of another issuer", |e| {
            e.response_issuer = Some("https://idp.example.net/".into());
        }),
        Case::refuse(
            "response-issuer-missing-in-signed-response",
            "issuer_missing",
            &["A15.5"],
            "A signed Response without Issuer",
            Entra::with(|e| e.response_issuer = None).response_signed(),
        ),
        Case::refuse(
            "assertion-issuer-missing",
            "malformed_message",
            &["A15.5"],
            "An Assertion without Issuer in a signed Response",
            {
                let assertion = without(&Entra::default().assertion(), "Issuer");
                let xml = swap(&Entra::default().xml(), &Entra::default().assertion(), &assertion);
                Seal::default().response(&xml)
            },
        ),
        Case::refuse(
            "issuer-is-not-an-entity",
            "issuer_mismatch",
            &["A15.5"],
            "The Issuer has the format of an e-mail address",
            Seal::default().assertion(&swap(
                &Entra::default().xml(),
                "xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><Issuer>",
                "xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">",
            )),
        ),
        Case::refuse(
            "sp-name-qualifier-other",
            "sp_name_qualifier",
            &["A15.6"],
            "The NameID is for another service provider",
            qualified("SPNameQualifier=\"https://other.example/saml/metadata\""),
        ),
        Case::refuse("sp-name-qualifier-empty", "sp_name_qualifier", &["A15.6"], "An empty SPNameQualifier", qualified("SPNameQualifier=\"\"")),
    ]
}

fn tenants() -> Vec<Case> {
    let other = "https://sts.windows.net/99990000-1111-2222-3333-444455556666/";
    let of_other = |e: &mut Entra| {
        e.issuer = other.into();
        e.response_issuer = Some(other.into());
        e.claims[0].1 = vec!["99990000-1111-2222-3333-444455556666".into()];
    };
    let by_other_key = Seal { key: "other-tenant", key_info: KeyInfo::Certificate("other-tenant"), ..Seal::default() };
    vec![
        Case::refuse(
            "tenant-other-with-its-own-key",
            "no_key_matches",
            &["A20.1"],
            "Another customer's identity provider signs for ours",
            by_other_key.assertion(&Entra::default().xml()),
        ),
        Case::refuse(
            "tenant-other-as-itself",
            "issuer_mismatch",
            &["A20.1"],
            "Another customer's genuine message at this customer's address",
            by_other_key.assertion(&Entra::with(of_other).xml()),
        ),
        Case::refuse(
            "tenant-other-with-the-shared-key",
            "issuer_mismatch",
            &["A20.2"],
            "Another tenant's genuine message; both share a signing key, as Entra's tenants may",
            Entra::with(of_other).signed(),
        ),
        Case::refuse(
            "tenant-other-in-the-assertion-only",
            "issuer_mismatch",
            &["A20.2"],
            "Another tenant's assertion, signed with the shared key, in a Response that names ours",
            Entra::with(|e| {
                of_other(e);
                e.response_issuer = Some(ISSUER.into());
            })
            .signed(),
        ),
        changed("application-other", "audience_mismatch", &["A20.3"], "Another application of the same tenant", |e| {
            e.audiences = vec!["spn:99991111-aaaa-2222-bbbb-3333cccc4444".into()];
        }),
        changed(
            "tenant-claim-other",
            "tenant_mismatch",
            &["A20.4"],
            "The claim tenantid names another tenant than the issuer",
            |e| {
                e.claims[0].1 = vec!["99990000-1111-2222-3333-444455556666".into()];
            },
        ),
        changed("tenant-claim-two-values", "tenant_mismatch", &["A20.4"], "The claim tenantid has two values", |e| {
            e.claims[0].1.push("99990000-1111-2222-3333-444455556666".into());
        }),
        changed(
            "tenant-claim-twice",
            "tenant_mismatch",
            &["A20.4"],
            "The claim tenantid stands twice, the second naming another tenant",
            |e| {
                let name = e.claims[0].0.clone();
                e.claims.push((name, vec!["99990000-1111-2222-3333-444455556666".into()]));
            },
        ),
        changed("tenant-claim-empty", "tenant_mismatch", &["A20.4"], "The claim tenantid is empty", |e| {
            e.claims[0].1 = vec![String::new()];
        }),
        changed("tenant-claim-without-value", "tenant_mismatch", &["A20.4"], "The claim tenantid has no value", |e| {
            e.claims[0].1.clear();
        }),
    ]
}
