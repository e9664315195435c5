//! What a message says, read without any proof: for people who know that anybody could have written it. Nothing here
//! is ever reported as an identity.

use vestibule_saml::types::{Attribute, AttributeNameFormat, AttributeValue, ns};
use vestibule_xmlsec::keys::read_certificates;
use vestibule_xmlsec::{Document, Element};

use super::claims::last_segment;

/// What a message says.
#[derive(Debug, Default)]
pub struct Facts {
    pub rows: Vec<Fact>,
    pub claims: Vec<Attribute>,
    /// `InResponseTo` of the root.
    pub in_response_to: Option<String>,
    /// `IssueInstant` of the root.
    pub issue_instant: Option<String>,
    /// `StatusMessage`.
    pub status_message: Option<String>,
}

/// A value with its label.
#[derive(Debug)]
pub struct Fact {
    pub label: &'static str,
    pub value: String,
    /// Whether it names a person.
    pub personal: bool,
}

impl Facts {
    /// Reads what is there and passes over what is not: nothing is judged.
    pub fn of(document: &Document) -> Self {
        let root = document.root();
        let mut facts = Self {
            in_response_to: root.attribute("InResponseTo").map(str::to_owned),
            issue_instant: root.attribute("IssueInstant").map(str::to_owned),
            ..Self::default()
        };
        facts.envelope(root);
        if let Some(assertion) = root.descendants().find(|element| element.is(ns::ASSERTION, "Assertion")) {
            facts.assertion(assertion);
        } else if root.descendants().any(|element| element.is(ns::ASSERTION, "EncryptedAssertion")) {
            facts.add("assertion", Some("encrypted"));
        }
        facts.signature(root);
        facts
    }

    /// What requests and answers have around their content.
    fn envelope(&mut self, root: Element<'_>) {
        self.add("issuer", text(child(root, ns::ASSERTION, "Issuer")));
        self.add("destination", root.attribute("Destination"));
        self.add("ID", root.attribute("ID"));
        self.add("in response to", root.attribute("InResponseTo"));
        self.add("issued", root.attribute("IssueInstant"));
        self.add("answer to", root.attribute("AssertionConsumerServiceURL"));
        self.add("binding", root.attribute("ProtocolBinding").map(last_segment));
        for flag in ["ForceAuthn", "IsPassive"] {
            self.add(if flag == "ForceAuthn" { "force sign-in" } else { "silent" }, root.attribute(flag));
        }
        let policy = child(root, ns::PROTOCOL, "NameIDPolicy");
        self.add("name format", policy.and_then(|policy| policy.attribute("Format")).map(last_segment));
        if let Some(asked) = child(root, ns::PROTOCOL, "RequestedAuthnContext") {
            let classes: Vec<&str> = asked.children().filter_map(|class| class.text().ok()).map(last_segment).collect();
            self.add("method asked", Some(classes.join(", ").as_str()));
        }
        self.status(root);
        // Of logout messages; an assertion's own are read with it.
        self.add_personal("name ID", child(root, ns::ASSERTION, "NameID"));
        self.add("session", text(child(root, ns::PROTOCOL, "SessionIndex")));
        self.add("reason", root.attribute("Reason").map(last_segment));
    }

    fn status(&mut self, root: Element<'_>) {
        let Some(status) = child(root, ns::PROTOCOL, "Status") else { return };
        let codes = status.descendants().filter(|element| element.is(ns::PROTOCOL, "StatusCode"));
        let codes: Vec<&str> = codes.filter_map(|code| code.attribute("Value")).map(last_segment).collect();
        self.add("status", Some(codes.join(" / ").as_str()));
        self.status_message = text(child(status, ns::PROTOCOL, "StatusMessage")).map(str::to_owned);
        let message = self.status_message.clone();
        self.add("status message", message.as_deref());
    }

    fn assertion(&mut self, assertion: Element<'_>) {
        let conditions = child(assertion, ns::ASSERTION, "Conditions");
        let window = |element: Element<'_>| {
            let end = |name| element.attribute(name).unwrap_or("any time");
            format!("{} to {}", end("NotBefore"), end("NotOnOrAfter"))
        };
        self.add("valid", conditions.map(window).as_deref());
        let audiences = conditions.into_iter().flat_map(Element::descendants);
        let audiences: Vec<&str> =
            audiences.filter(|it| it.is(ns::ASSERTION, "Audience")).filter_map(|it| it.text().ok()).collect();
        self.add("audience", Some(audiences.join(", ").as_str()));
        let subject = child(assertion, ns::ASSERTION, "Subject");
        let name_id = subject.and_then(|subject| child(subject, ns::ASSERTION, "NameID"));
        self.add_personal("name ID", name_id);
        self.add("name format", name_id.and_then(|name_id| name_id.attribute("Format")).map(last_segment));
        if let Some(statement) = child(assertion, ns::ASSERTION, "AuthnStatement") {
            self.add("authenticated", statement.attribute("AuthnInstant"));
            let class = statement.descendants().find(|it| it.is(ns::ASSERTION, "AuthnContextClassRef"));
            self.add("method", text(class).map(last_segment));
        }
        let statements = assertion.children().filter(|it| it.is(ns::ASSERTION, "AttributeStatement"));
        let attributes = statements.flat_map(Element::children).filter(|it| it.is(ns::ASSERTION, "Attribute"));
        self.claims = attributes.map(attribute).collect();
    }

    /// Who says to have signed, and with what: to be compared with what the portal shows.
    fn signature(&mut self, root: Element<'_>) {
        let mut signed = Vec::new();
        let mut certificates = Vec::new();
        for signature in root.descendants().filter(|element| element.is(ns::DSIG, "Signature")) {
            let find = |name: &'static str| signature.descendants().find(move |it| it.is(ns::DSIG, name));
            let algorithm = find("SignatureMethod").and_then(|method| method.attribute("Algorithm")).map(last_segment);
            let covers = signature.parent().map_or("", Element::local);
            signed.push(format!("{covers}, {}", algorithm.unwrap_or("no algorithm")));
            let certificate = text(find("X509Certificate")).and_then(|text| read_certificates(text.as_bytes()).ok());
            certificates.extend(certificate.into_iter().flatten());
        }
        if signed.is_empty() {
            signed.push("nothing in it".to_owned());
        }
        self.add("signed", Some(signed.join("; ").as_str()));
        certificates.dedup();
        for certificate in certificates {
            let text = format!("{}, thumbprint {}", certificate.subject(), certificate.thumbprint_sha1());
            self.add("certificate in it", Some(text.as_str()));
        }
    }

    fn add(&mut self, label: &'static str, value: Option<&str>) {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        self.rows.extend(value.map(|value| Fact { label, value: value.to_owned(), personal: false }));
    }

    fn add_personal(&mut self, label: &'static str, element: Option<Element<'_>>) {
        let value = text(element).filter(|value| !value.is_empty());
        self.rows.extend(value.map(|value| Fact { label, value: value.to_owned(), personal: true }));
    }
}

fn child<'a>(parent: Element<'a>, namespace: &str, local: &str) -> Option<Element<'a>> {
    parent.children().find(|child| child.is(namespace, local))
}

fn text(element: Option<Element<'_>>) -> Option<&str> {
    element?.text().ok()
}

fn attribute(element: Element<'_>) -> Attribute {
    let values = element.children().filter(|child| child.is(ns::ASSERTION, "AttributeValue"));
    Attribute {
        name: element.attribute("Name").unwrap_or_default().to_owned(),
        friendly_name: element.attribute("FriendlyName").map(str::to_owned),
        name_format: element.attribute("NameFormat").map(AttributeNameFormat::from_uri),
        values: values.map(value).collect(),
    }
}

fn value(element: Element<'_>) -> AttributeValue {
    if matches!(element.attribute_ns(ns::XSI, "nil"), Some("true" | "1")) {
        return AttributeValue::Nil;
    }
    match element.content() {
        Ok(text) => AttributeValue::Text(text.into_owned()),
        Err(_) => AttributeValue::Structured(element.descendants().filter_map(|it| it.text().ok()).collect()),
    }
}
