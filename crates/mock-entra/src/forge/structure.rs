//! A18 and A22: status, schema and other messages.

use crate::case::Case;
use crate::entra::{ACS, Entra, ISSUER, RESPONSE_ID};
use crate::forge::genuine;
use crate::seal::Seal;
use crate::text::{append, cut, element, swap, without};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = statuses();
    cases.extend(other_messages());
    cases.extend(cardinalities());
    cases.extend(foreign_children());
    cases
}

const SUCCESS: &str = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";

fn statuses() -> Vec<Case> {
    let status = |name: &str, code: &'static str, about: &str, new: &str| {
        Case::refuse(name, code, &["A18.1"], about, swap(&genuine(), SUCCESS, new))
    };
    let of = |value: &str| format!("<samlp:StatusCode Value=\"{value}\"/>");
    let nested = |outer: &str, inner: &str| {
        format!("<samlp:StatusCode Value=\"{outer}\"><samlp:StatusCode Value=\"{inner}\"/></samlp:StatusCode>")
    };
    let success = "urn:oasis:names:tc:SAML:2.0:status:Success";
    let requester = "urn:oasis:names:tc:SAML:2.0:status:Requester";
    let failure = swap(
        &without(&Entra::default().xml(), "Assertion"),
        SUCCESS,
        &format!(
            "{}<samlp:StatusMessage>AADSTS75006: An error occurred while processing a SAML2 Authentication request. \
             AADSTS90011: The SAML authentication request property 'Subject' is not supported. Trace ID: \
             00001111-aaaa-2222-bbbb-3333cccc4444 Timestamp: 2026-03-02 10:00:00Z</samlp:StatusMessage>",
            nested(requester, "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported")
        ),
    );
    vec![
        status("status-requester", "status_not_success", "Status Requester beside a signed assertion", &of(requester)),
        status(
            "status-success-nested",
            "status_not_success",
            "Success nested in Responder",
            &nested("urn:oasis:names:tc:SAML:2.0:status:Responder", success),
        ),
        status(
            "status-failure-nested",
            "status_not_success",
            "A failure nested in Success",
            &nested(success, "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"),
        ),
        status(
            "status-in-lower-case",
            "status_not_success",
            "Success in another case",
            &of("urn:oasis:names:tc:SAML:2.0:status:success"),
        ),
        status("status-saml-1", "status_not_success", "Success of SAML 1", &of("samlp:Success")),
        status(
            "status-twice",
            "malformed_message",
            "Two top status codes",
            &format!("{}{}", of(success), of(requester)),
        ),
        status("status-without-code", "malformed_message", "A Status without code", ""),
        status("status-code-without-value", "malformed_message", "A status code without value", "<samlp:StatusCode/>"),
        Case::refuse(
            "status-missing",
            "malformed_message",
            &["A18.1"],
            "No Status",
            without(&genuine(), "samlp:Status"),
        ),
        Case::refuse(
            "status-of-entra",
            "status_not_success",
            &["A18.1"],
            "A failure as Entra tells it, without assertion",
            failure,
        ),
    ]
}

fn other_messages() -> Vec<Case> {
    let protocol = "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"";
    let issuer = format!("<Issuer xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">{ISSUER}</Issuer>");
    let head = format!("ID=\"_other\" Version=\"2.0\" IssueInstant=\"2026-03-02T10:00:00Z\" Destination=\"{ACS}\"");
    let seal = |xml: &str| Seal::default().apply(xml, "_other");
    let not = |name: &str, attacks: &[&'static str], about: &str, xml: String| {
        Case::refuse(name, "not_a_response", attacks, about, xml)
    };
    let metadata = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_other\" entityID=\"{ISSUER}\">\
         <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/></EntityDescriptor>"
    );
    vec![
        not(
            "other-logout-request",
            &["A22.1", "A18.3"],
            "A signed LogoutRequest of the identity provider",
            seal(&format!(
                "<samlp:LogoutRequest {head} {protocol}>{issuer}<NameID xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
                 user@example.com</NameID></samlp:LogoutRequest>"
            )),
        ),
        not(
            "other-logout-response",
            &["A22.1", "A18.3"],
            "A signed LogoutResponse of the identity provider",
            seal(&format!(
                "<samlp:LogoutResponse {head} {protocol}>{issuer}<samlp:Status>{SUCCESS}</samlp:Status></samlp:LogoutResponse>"
            )),
        ),
        not(
            "other-metadata",
            &["A22.1", "A18.3", "A01.19"],
            "The identity provider's signed metadata",
            seal(&metadata),
        ),
        not(
            "other-bare-assertion",
            &["A18.3"],
            "The signed Assertion without Response",
            element(&genuine(), "Assertion"),
        ),
        not(
            "other-soap",
            &["A18.3"],
            "The genuine message in a SOAP envelope",
            format!(
                "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{}</s:Body></s:Envelope>",
                genuine()
            ),
        ),
        not(
            "other-xhtml",
            &["A18.3"],
            "A well-formed page",
            "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body>Sign in</body></html>".into(),
        ),
        not(
            "other-response-in-lower-case",
            &["A18.3"],
            "response in place of Response",
            genuine().replace("samlp:Response", "samlp:response"),
        ),
        Case::refuse(
            "other-saml-1-response",
            "version",
            &["A18.3"],
            "A Response of SAML 1.1",
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:1.0:protocol\" MajorVersion=\"1\" MinorVersion=\"1\"/>",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of vectors")]
fn cardinalities() -> Vec<Case> {
    let message = |name: &str, code: &'static str, attack: &'static str, about: &str, xml: &str| {
        Case::refuse(name, code, &[attack], about, Seal::default().assertion(xml))
    };
    let xml = Entra::default().xml();
    let head = format!("<samlp:Response ID=\"{RESPONSE_ID}\" Version=\"2.0\"");
    let conditions = element(&xml, "Conditions");
    let statement = element(&xml, "AuthnStatement");
    let subject = element(&xml, "Subject");
    let name_id = element(&xml, "NameID");
    let extend = |more: &str| append(&xml, "Conditions", more);
    let issued = " IssueInstant=\"2026-03-02T10:00:00.123Z\" Version=\"2.0\" xmlns=";
    vec![
        message(
            "version-1-1",
            "version",
            "A18.2",
            "Response/@Version 1.1",
            &swap(&xml, &head, &head.replace("2.0", "1.1")),
        ),
        message(
            "version-missing",
            "malformed_message",
            "A18.2",
            "A Response without Version",
            &swap(&xml, &head, &head.replace(" Version=\"2.0\"", "")),
        ),
        message(
            "assertion-version-1-1",
            "version",
            "A18.2",
            "Assertion/@Version 1.1",
            &swap(&xml, issued, &issued.replace("2.0", "1.1")),
        ),
        Case::refuse(
            "response-id-missing",
            "malformed_message",
            &["A18.2"],
            "A Response without ID",
            swap(&genuine(), &format!("<samlp:Response ID=\"{RESPONSE_ID}\""), "<samlp:Response"),
        ),
        Case::refuse(
            "response-id-empty",
            "malformed_message",
            &["A18.2"],
            "A Response with an empty ID",
            swap(&genuine(), &format!("<samlp:Response ID=\"{RESPONSE_ID}\""), "<samlp:Response ID=\"\""),
        ),
        message(
            "response-issue-instant-missing",
            "malformed_message",
            "A18.2",
            "A Response without IssueInstant",
            &swap(&xml, " IssueInstant=\"2026-03-02T10:00:00.123Z\" Destination", " Destination"),
        ),
        message(
            "assertion-issue-instant-missing",
            "malformed_message",
            "A18.2",
            "An Assertion without IssueInstant",
            &swap(&xml, issued, " Version=\"2.0\" xmlns="),
        ),
        message("subject-missing", "no_subject", "A18.4", "No Subject", &without(&xml, "Subject")),
        message("name-id-missing", "no_name_id", "A18.4", "A Subject without NameID", &without(&xml, "NameID")),
        message("name-id-empty", "malformed_message", "A18.4", "An empty NameID", &swap(&xml, &name_id, "<NameID/>")),
        message(
            "authn-statement-missing",
            "no_authn_statement",
            "A18.5",
            "No AuthnStatement",
            &without(&xml, "AuthnStatement"),
        ),
        message(
            "authn-context-missing",
            "malformed_message",
            "A18.5",
            "An AuthnStatement without context",
            &without(&xml, "AuthnContext"),
        ),
        message(
            "subject-twice",
            "malformed_message",
            "A18.6",
            "Two Subjects",
            &swap(&xml, &subject, &format!("{subject}{subject}")),
        ),
        message(
            "name-id-twice",
            "malformed_message",
            "A18.6",
            "Two NameIDs",
            &swap(&xml, &name_id, &format!("{name_id}<NameID>admin@example.com</NameID>")),
        ),
        message(
            "conditions-twice",
            "malformed_message",
            "A18.6",
            "Two Conditions",
            &swap(&xml, &conditions, &format!("{conditions}{conditions}")),
        ),
        message(
            "subject-behind-statements",
            "malformed_message",
            "A18.6",
            "The Subject behind the statements",
            &append(&without(&xml, "Subject"), "Assertion", &subject),
        ),
        message(
            "unknown-element-in-assertion",
            "malformed_message",
            "A18.6",
            "An element that SAML does not have",
            &swap(&xml, &statement, &format!("{statement}<x xmlns=\"urn:example:x\"/>")),
        ),
        message(
            "text-in-assertion",
            "malformed_message",
            "A18.6",
            "Text between elements",
            &swap(&xml, "</Subject>", "</Subject>admin"),
        ),
        message("conditions-missing", "no_conditions", "A18.7", "No Conditions", &without(&xml, "Conditions")),
        message(
            "condition-unknown",
            "unknown_condition",
            "A18.7",
            "A condition of another vocabulary",
            &extend("<x:Only xmlns:x=\"urn:example:x\"/>"),
        ),
        message(
            "condition-abstract",
            "unknown_condition",
            "A18.7",
            "A Condition with a type that nobody knows",
            &extend(
                "<Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:x=\"urn:example:x\" xsi:type=\"x:Only\"/>",
            ),
        ),
        message(
            "one-time-use-twice",
            "unknown_condition",
            "A18.7",
            "OneTimeUse twice",
            &extend("<OneTimeUse/><OneTimeUse/>"),
        ),
        Case::refuse(
            "assertion-missing",
            "no_assertion",
            &["A18.4"],
            "A signed, successful Response without assertion",
            Seal::default().response(&cut(&xml, "Assertion").with("")),
        ),
    ]
}

/// An element of another vocabulary where the schema has no room for one. All but the status are really signed.
fn foreign_children() -> Vec<Case> {
    const FOREIGN: &str = "<x xmlns=\"urn:example:x\"/>";
    let refuse = |parent: &str, xml: String| {
        let name = format!("foreign-child-of-{parent}");
        let about = format!("An element that SAML does not have, in the {}", parent.replace('-', " "));
        Case::refuse(&name, "malformed_message", &["A18.6"], &about, xml)
    };
    let xml = Entra::default().xml();
    let signed = |parent, element| refuse(parent, Seal::default().assertion(&append(&xml, element, FOREIGN)));
    let code = SUCCESS.replace("/>", &format!(">{FOREIGN}</samlp:StatusCode>"));
    vec![
        signed("subject", "Subject"),
        signed("subject-confirmation", "SubjectConfirmation"),
        signed("audience-restriction", "AudienceRestriction"),
        signed("authn-statement", "AuthnStatement"),
        signed("authn-context", "AuthnContext"),
        signed("attribute-statement", "AttributeStatement"),
        signed("attribute", "Attribute"),
        refuse("status", append(&genuine(), "samlp:Status", FOREIGN)),
        refuse("status-code", swap(&genuine(), SUCCESS, &code)),
    ]
}
