//! Signatures: what another implementation made is accepted, and every way to bend one is refused for its own reason.

mod support;

use std::fs;

use support::vectors;
use support::xmlsec1::{self, Xmlsec1};
use vestibule_xmlsec::algorithms::{AlgorithmError, Algorithms, DigestAlgorithm, Sha1, SignatureAlgorithm};
use vestibule_xmlsec::c14n::{C14nError, Canonicalization, Method};
use vestibule_xmlsec::dsig::{self, Placement, SignError, SignatureError, SignatureTemplate};
use vestibule_xmlsec::keys::TrustedKeys;
use vestibule_xmlsec::{ContentProblem, Document, Element, Foreign, Limits};

const LAX: Algorithms = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT };

const PLAIN: &str = concat!(
    r#"<w:Around xmlns:w="urn:w" xml:lang="en"><Message xmlns="urn:m" ID="_m" w:a="1"><Issuer>https://idp.example.com/</Issuer>"#,
    r#"<Name>user@<!-- who -->example.com</Name></Message><Other/></w:Around>"#
);

fn parse(xml: &str) -> Document {
    Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap_or_else(|error| panic!("{error} in {xml}"))
}

fn message(document: &Document) -> Element<'_> {
    document.elements().find(|element| element.local() == "Message").expect("the message")
}

fn sign_with(how: Canonicalization) -> String {
    let key = vectors::signing_key("idp");
    let template =
        SignatureTemplate { canonicalization: how, ..SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256) };
    dsig::sign(PLAIN, "_m", &template).expect("signed")
}

fn signed() -> String {
    sign_with(Method::Exclusive.into())
}

/// The message with this piece of the signed document replaced.
fn bent(old: &str, new: &str) -> String {
    let signed = signed();
    assert!(signed.contains(old), "{old} is not in {signed}");
    signed.replacen(old, new, 1)
}

fn piece(start: &str, end: &str) -> String {
    let signed = signed();
    let from = signed.find(start).expect("the start");
    let len = signed[from..].find(end).expect("the end") + end.len();
    signed[from..from + len].to_owned()
}

fn refusal(xml: &str) -> SignatureError {
    refusal_under(xml, Algorithms::STRICT)
}

fn refusal_under(xml: &str, algorithms: Algorithms) -> SignatureError {
    match dsig::verify(message(&parse(xml)), &vectors::trusted("idp"), &algorithms) {
        Ok(_) => panic!("accepted: {xml}"),
        Err(error) => error,
    }
}

fn content_problem(xml: &str) -> (String, ContentProblem) {
    match refusal(xml) {
        SignatureError::Content(error) => (error.parent, error.problem),
        other => panic!("{other:?}"),
    }
}

const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const RSA: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const TRANSFORM: &str = r#"<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>"#;

mod proof {
    use super::*;

    #[test]
    fn what_is_proved_is_the_digested_element_without_its_signature() {
        let signed = signed();
        let document = parse(&signed);
        let proved = dsig::verify(message(&document), &vectors::trusted("idp"), &Algorithms::STRICT).expect("proved");
        let octets = concat!(
            r#"<Message xmlns="urn:m" xmlns:w="urn:w" ID="_m" w:a="1"><Issuer>https://idp.example.com/</Issuer>"#,
            "<Name>user@example.com</Name></Message>"
        );
        assert_eq!(core::str::from_utf8(proved.octets()), Ok(octets));
        assert!(proved.root().parent().is_none(), "nothing is around it");
        let name = proved.root().children().nth(1).expect("the name");
        assert_eq!(name.text(), Ok("user@example.com"), "a comment that is not signed is not there");
    }

    #[test]
    fn the_key_that_made_it_is_told_by_its_place() {
        let keys = ["attacker", "p256", "idp"].map(|name| vectors::certificate(name).public_key().expect("a key"));
        let keys = TrustedKeys::new(keys.to_vec()).expect("three keys");
        let document = parse(&signed());
        let proved = dsig::verify(message(&document), &keys, &Algorithms::STRICT).expect("proved");
        assert_eq!((proved.key(), proved.algorithm()), (2, SignatureAlgorithm::RsaSha256));
        assert_eq!(proved.digest(), DigestAlgorithm::Sha256);
    }

    #[test]
    fn a_comment_is_signed_by_no_method_because_the_reference_leaves_it_out() {
        for method in Method::ALL {
            let signed = sign_with(method.into());
            let without = signed.replace("<!-- who -->", "");
            for xml in [&signed, &without] {
                let document = parse(xml);
                let proved = dsig::verify(message(&document), &vectors::trusted("idp"), &Algorithms::STRICT);
                assert!(proved.is_ok(), "{method:?}: {proved:?}");
            }
        }
    }

    /// What is looked for at each declaration is bounded, or a message would cost seconds before its signature is checked.
    #[test]
    fn a_prefix_list_longer_than_any_scope_is_refused() {
        let method = "<CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"";
        let with_list = |count: usize| {
            let namespace = Method::Exclusive.uri();
            let list = format!("<InclusiveNamespaces xmlns=\"{namespace}\" PrefixList=\"{}\"/>", "p ".repeat(count));
            bent(&format!("{method}/>"), &format!("{method}>{list}</CanonicalizationMethod>"))
        };
        assert_eq!(refusal(&with_list(64)), SignatureError::NoKeyMatches { tried: 1 });
        let too_many = C14nError::TooManyPrefixes { most: 64 };
        assert_eq!(refusal(&with_list(65)), SignatureError::Canonicalization(too_many));
    }

    #[test]
    fn inherited_xml_attributes_are_no_strangers_in_signed_info() {
        for method in [Method::Inclusive10, Method::Inclusive11] {
            let document = parse(&sign_with(method.into()));
            let proved = dsig::verify(message(&document), &vectors::trusted("idp"), &Algorithms::STRICT);
            let root = proved.as_ref().expect("proved").root();
            assert_eq!(root.attribute_ns(vestibule_xmlsec::XML_NAMESPACE, "lang"), Some("en"));
        }
    }

    #[test]
    fn the_certificate_in_key_info_is_never_believed() {
        let (key, certificate) = (vectors::signing_key("attacker"), vectors::certificate("attacker"));
        let template = SignatureTemplate {
            certificate: Some(&certificate),
            ..SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256)
        };
        let signed = dsig::sign(PLAIN, "_m", &template).expect("signed");
        assert_eq!(refusal(&signed), SignatureError::NoKeyMatches { tried: 1 });
    }

    #[test]
    fn key_info_may_hold_anything_and_is_not_looked_into() {
        let key_info = "</SignatureValue><KeyInfo><RetrievalMethod URI=\"https://evil.example/\"/><x xmlns=\"urn:x\">y</x></KeyInfo>";
        let document = parse(&bent("</SignatureValue>", key_info));
        assert!(dsig::verify(message(&document), &vectors::trusted("idp"), &Algorithms::STRICT).is_ok());
    }
}

mod content {
    use super::*;

    #[test]
    fn a_changed_text_is_refused() {
        assert_eq!(refusal(&bent("user@", "root@")), SignatureError::DigestMismatch);
    }

    #[test]
    fn a_changed_attribute_is_refused() {
        assert_eq!(refusal(&bent("w:a=\"1\"", "w:a=\"2\"")), SignatureError::DigestMismatch);
    }

    #[test]
    fn an_added_element_is_refused() {
        assert_eq!(refusal(&bent("<Name>", "<Name/><Name>")), SignatureError::DigestMismatch);
    }

    #[test]
    fn white_space_is_content() {
        assert_eq!(refusal(&bent("<Name>", " <Name>")), SignatureError::DigestMismatch);
    }

    #[test]
    fn a_changed_signed_info_is_refused_before_any_digest() {
        let digest = piece("<DigestValue>", "</DigestValue>");
        let other = "<DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</DigestValue>";
        assert_eq!(refusal(&bent(&digest, other)), SignatureError::NoKeyMatches { tried: 1 });
    }

    #[test]
    fn another_signature_value_is_refused() {
        let value = piece("<SignatureValue>", "</SignatureValue>");
        let other = "<SignatureValue>AAAA</SignatureValue>";
        assert_eq!(refusal(&bent(&value, other)), SignatureError::NoKeyMatches { tried: 1 });
    }
}

mod structure {
    use super::*;

    #[test]
    fn an_unsigned_element_is_refused() {
        assert_eq!(refusal(PLAIN), SignatureError::Missing { element: "Message".to_owned() });
    }

    #[test]
    fn a_signature_further_down_does_not_count() {
        let signature = piece("<Signature", "</Signature>");
        let deeper = bent(&signature, &format!("<x>{signature}</x>"));
        assert_eq!(refusal(&deeper), SignatureError::Missing { element: "Message".to_owned() });
    }

    #[test]
    fn two_signatures_are_refused() {
        let signature = piece("<Signature", "</Signature>");
        let twice = bent(&signature, &signature.repeat(2));
        assert_eq!(refusal(&twice), SignatureError::Several { element: "Message".to_owned(), got: 2 });
    }

    #[test]
    fn an_object_is_refused() {
        assert_eq!(refusal(&bent("</Signature>", "<Object/></Signature>")), SignatureError::Object);
    }

    #[test]
    fn a_stranger_in_the_signature_is_refused() {
        let got = content_problem(&bent("</Signature>", "<x xmlns=\"urn:x\"/></Signature>"));
        assert_eq!(got, ("Signature".to_owned(), ContentProblem::Unexpected { got: "x".to_owned() }));
    }

    #[test]
    fn a_second_signed_info_is_refused() {
        let info = piece("<SignedInfo>", "</SignedInfo>");
        let got = content_problem(&bent(&info, &info.repeat(2)));
        let missing = ContentProblem::Missing { want: "SignatureValue", got: Some("SignedInfo".to_owned()) };
        assert_eq!(got, ("Signature".to_owned(), missing));
    }

    #[test]
    fn an_empty_signed_info_is_refused() {
        let got = content_problem(&bent(&piece("<SignedInfo>", "</SignedInfo>"), "<SignedInfo/>"));
        let missing = ContentProblem::Missing { want: "CanonicalizationMethod", got: None };
        assert_eq!(got, ("SignedInfo".to_owned(), missing));
    }

    #[test]
    fn a_comment_in_signed_info_is_refused() {
        let got = content_problem(&bent("<SignedInfo>", "<SignedInfo><!-- -->"));
        assert_eq!(got, ("SignedInfo".to_owned(), ContentProblem::Comment));
    }

    #[test]
    fn a_comment_in_the_digest_value_is_refused() {
        let got = content_problem(&bent("<DigestValue>", "<DigestValue><!-- -->"));
        assert_eq!(got, ("SignedInfo".to_owned(), ContentProblem::Comment));
    }

    #[test]
    fn cdata_in_the_digest_value_is_refused() {
        let digest = piece("<DigestValue>", "</DigestValue>");
        let inside = digest.replace("<DigestValue>", "<DigestValue><![CDATA[").replace("</", "]]></");
        let SignatureError::Value(error) = refusal(&bent(&digest, &inside)) else { panic!("another refusal") };
        assert_eq!((&*error.element, error.found), ("DigestValue", Foreign::Cdata));
    }

    #[test]
    fn an_element_in_the_signature_value_is_refused() {
        let SignatureError::Value(error) = refusal(&bent("<SignatureValue>", "<SignatureValue><x/>")) else {
            panic!("another refusal")
        };
        assert_eq!((&*error.element, error.found), ("SignatureValue", Foreign::Element));
    }

    #[test]
    fn a_signature_value_that_is_not_base64_is_refused() {
        let value = piece("<SignatureValue>", "</SignatureValue>");
        for other in ["<SignatureValue>?</SignatureValue>", "<SignatureValue/>", "<SignatureValue> </SignatureValue>"] {
            let element = "SignatureValue".to_owned();
            assert_eq!(refusal(&bent(&value, other)), SignatureError::Base64 { element });
        }
    }

    #[test]
    fn a_digest_value_of_another_length_is_refused() {
        let digest = piece("<DigestValue>", "</DigestValue>");
        let short = "<DigestValue>AAAA</DigestValue>";
        assert_eq!(refusal(&bent(&digest, short)), SignatureError::DigestLength { got: 3, want: 32 });
    }

    /// The canonicalisation transform with this in it; `{}` stands for the method's own URI.
    fn transform_with(inside: &str) -> String {
        let inside = inside.replace("{}", Method::Exclusive.uri());
        TRANSFORM.replace("/>", &format!(">{inside}</Transform>"))
    }

    #[test]
    fn a_strange_attribute_is_refused() {
        for (old, new, attribute) in [
            ("<Reference ", "<Reference Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\" ", "Type"),
            ("<Reference ", "<Reference w:URI=\"#_m\" ", "URI"),
            ("<DigestMethod ", "<DigestMethod x=\"\" ", "x"),
            ("<SignedInfo>", "<SignedInfo w:Id=\"_i\">", "Id"),
            ("<Transforms>", "<Transforms x=\"\">", "x"),
            (TRANSFORM, &transform_with("<InclusiveNamespaces xmlns=\"{}\" PrefixList=\"w\" x=\"\"/>"), "x"),
            ("<SignatureValue>", "<SignatureValue x=\"\">", "x"),
            ("<Signature ", "<Signature x=\"\" ", "x"),
        ] {
            let SignatureError::Attribute { attribute: got, .. } = refusal(&bent(old, new)) else {
                panic!("another refusal")
            };
            assert_eq!(got, attribute);
        }
    }

    #[test]
    fn a_stranger_anywhere_below_signed_info_is_refused() {
        let inside = |tag: &str| {
            let close = format!("</{}>", tag[1..].split(' ').next().expect("a name"));
            (tag.to_owned(), tag.replace("/>", &format!("><x xmlns=\"urn:x\"/>{close}")))
        };
        let method = format!("<SignatureMethod Algorithm=\"{RSA}\"/>");
        let canonicalization = TRANSFORM.replace("Transform", "CanonicalizationMethod");
        let enveloped = "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
        let bends = [
            ("CanonicalizationMethod", inside(&canonicalization)),
            ("SignatureMethod", inside(&method)),
            ("Transform", inside(enveloped)),
            ("Transform", inside(TRANSFORM)),
            (
                "InclusiveNamespaces",
                (
                    TRANSFORM.to_owned(),
                    transform_with("<InclusiveNamespaces xmlns=\"{}\" PrefixList=\"w\"><x/></InclusiveNamespaces>"),
                ),
            ),
            ("DigestMethod", inside(&piece("<DigestMethod ", "/>"))),
            ("Transforms", ("</Transforms>".to_owned(), "<x xmlns=\"urn:x\"/></Transforms>".to_owned())),
            ("Reference", ("</Reference>".to_owned(), "<x xmlns=\"urn:x\"/></Reference>".to_owned())),
            ("SignedInfo", ("</SignedInfo>".to_owned(), "<x xmlns=\"urn:x\"/></SignedInfo>".to_owned())),
        ];
        for (parent, (old, new)) in bends {
            let want = (parent.to_owned(), ContentProblem::Unexpected { got: "x".to_owned() });
            assert_eq!(content_problem(&bent(&old, &new)), want);
        }
    }

    #[test]
    fn an_algorithm_that_is_not_named_is_refused() {
        let got = refusal(&bent(&format!(" Algorithm=\"{RSA}\""), ""));
        let missing =
            SignatureError::AttributeMissing { element: "SignatureMethod".to_owned(), attribute: "Algorithm" };
        assert_eq!(got, missing);
    }
}

mod reference {
    use super::*;

    #[test]
    fn two_references_are_refused() {
        let reference = piece("<Reference", "</Reference>");
        assert_eq!(refusal(&bent(&reference, &reference.repeat(2))), SignatureError::References { got: 2 });
    }

    #[test]
    fn a_reference_to_anything_but_its_own_element_is_refused() {
        let uris = ["", "#", "_m", "#_M", "#_m ", "#other", "#xpointer(id('_m'))", "https://evil.example/", "#_m#_m"];
        for uri in uris {
            let key = vectors::signing_key("idp");
            let mutant = resign(&bent("URI=\"#_m\"", &format!("URI=\"{uri}\"")), &key);
            let want = SignatureError::ReferenceUri { got: Some(uri.to_owned()), want: "#_m".to_owned() };
            assert_eq!(refusal(&mutant), want);
        }
        let key = vectors::signing_key("idp");
        let absent = resign(&bent(" URI=\"#_m\"", ""), &key);
        assert_eq!(refusal(&absent), SignatureError::ReferenceUri { got: None, want: "#_m".to_owned() });
    }

    #[test]
    fn an_element_without_id_is_refused() {
        let element = "Message".to_owned();
        for other in ["", "ID=\"\"", "Id=\"_m\"", "w:ID=\"_m\"", "xml:id=\"_m\""] {
            assert_eq!(refusal(&bent("ID=\"_m\"", other)), SignatureError::NoId { element: element.clone() });
        }
    }

    #[test]
    fn transforms_other_than_enveloped_then_canonical_are_refused() {
        let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
        for uri in [
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
            "http://www.w3.org/TR/1999/REC-xpath-19991116",
            "http://www.w3.org/2002/06/xmldsig-filter2",
            "http://www.w3.org/2000/09/xmldsig#base64",
            "urn:unknown",
            enveloped,
        ] {
            let other = format!("<Transform Algorithm=\"{uri}\"/>");
            assert_eq!(refusal(&bent(TRANSFORM, &other)), SignatureError::Transform { got: uri.to_owned() });
        }
        let exclusive = Method::Exclusive.uri().to_owned();
        assert_eq!(
            refusal(&bent(TRANSFORM, &TRANSFORM.repeat(2))),
            SignatureError::Transform { got: exclusive.clone() }
        );
        let first = format!("<Transform Algorithm=\"{enveloped}\"/>");
        assert_eq!(refusal(&bent(&first, "")), SignatureError::Transform { got: exclusive });
        let none = SignatureError::Transform { got: "no canonicalisation".to_owned() };
        assert_eq!(refusal(&bent(TRANSFORM, "")), none);
    }

    #[test]
    fn a_canonicalisation_method_that_is_none_is_refused() {
        let uri = "http://www.w3.org/TR/1999/REC-xslt-19991116";
        let old = "<CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"";
        let got = refusal(&bent(old, &format!("<CanonicalizationMethod Algorithm=\"{uri}\"")));
        assert_eq!(got, SignatureError::CanonicalizationMethod { got: uri.to_owned() });
    }

    /// Signs the bent `SignedInfo` as it is, as an insider would.
    fn resign(xml: &str, key: &vestibule_xmlsec::keys::SigningKey) -> String {
        let document = parse(xml);
        let info = document.elements().find(|element| element.local() == "SignedInfo").expect("SignedInfo");
        let octets = vestibule_xmlsec::c14n::canonicalize(info, &Method::Exclusive.into(), None).expect("a form");
        let value = key.sign(SignatureAlgorithm::RsaSha256, octets.as_bytes()).expect("signed");
        let value = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value);
        let from = xml.find("<SignatureValue>").expect("the value") + "<SignatureValue>".len();
        let to = xml.find("</SignatureValue>").expect("its end");
        format!("{}{value}{}", &xml[..from], &xml[to..])
    }
}

mod algorithm {
    use super::*;

    #[test]
    fn algorithms_that_do_not_exist_here_are_refused_by_name() {
        for uri in [
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        ] {
            let got = refusal_under(&bent(RSA, uri), LAX);
            assert!(
                matches!(&got, SignatureError::Algorithm(AlgorithmError::NotAccepted { got, .. }) if got == uri),
                "{got:?}"
            );
        }
    }

    #[test]
    fn an_unknown_algorithm_is_refused() {
        for (old, new) in [(RSA, "urn:none"), (DIGEST, "urn:none")] {
            let got = refusal_under(&bent(old, new), LAX);
            let expected = matches!(&got, SignatureError::Algorithm(AlgorithmError::Unknown { got, .. }) if got == new);
            assert!(expected, "{got:?}");
        }
    }

    #[test]
    fn sha_1_is_refused_unless_the_policy_names_it() {
        let key = vectors::signing_key("idp");
        let template = SignatureTemplate {
            digest: DigestAlgorithm::Sha1,
            ..SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256)
        };
        let signed = dsig::sign(PLAIN, "_m", &template).expect("signed");
        let got = refusal(&signed);
        assert!(matches!(got, SignatureError::Algorithm(AlgorithmError::Sha1Refused { .. })), "{got:?}");
        assert!(dsig::verify(message(&parse(&signed)), &vectors::trusted("idp"), &LAX).is_ok());
    }

    #[test]
    fn an_algorithm_of_another_kind_of_key_does_not_verify() {
        let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
        assert_eq!(refusal(&bent(RSA, ecdsa)), SignatureError::NoKeyMatches { tried: 1 });
    }
}

mod signing {
    use super::*;

    #[test]
    fn the_signature_stands_behind_the_first_child_or_before_it() {
        let key = vectors::signing_key("idp");
        let local_names = |placement| {
            let template =
                SignatureTemplate { placement, ..SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256) };
            let document = parse(&dsig::sign(PLAIN, "_m", &template).expect("signed"));
            message(&document).children().map(|child| child.local().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(local_names(Placement::AfterIssuer), ["Issuer", "Signature", "Name"]);
        assert_eq!(local_names(Placement::First), ["Signature", "Issuer", "Name"]);
    }

    #[test]
    fn an_element_that_is_not_there_cannot_be_signed() {
        let key = vectors::signing_key("idp");
        let template = SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256);
        let error = dsig::sign(PLAIN, "_other", &template).unwrap_err();
        assert_eq!(error, SignError::NoSuchId { id: "_other".to_owned() });
    }

    #[test]
    fn an_empty_element_has_no_place_for_a_signature() {
        let key = vectors::signing_key("idp");
        let template = SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256);
        let error = dsig::sign("<a ID=\"_m\"/>", "_m", &template).unwrap_err();
        assert_eq!(error, SignError::NoPlace { element: "a".to_owned() });
    }
}

/// Documents that `xmlsec1` signed, so that its word counts where it is not installed too.
mod vectors_of_the_counterpart {
    use super::*;

    #[test]
    fn every_document_that_it_signed_is_proved() {
        if std::env::var_os("BLESS").is_some() {
            write_them();
        }
        let folder = vectors::path("dsig");
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "xml"));
        assert!(files.len() >= 20, "{} files", files.len());
        for file in files {
            let name = file.file_stem().and_then(|name| name.to_str()).expect("a name in UTF-8");
            let key = name.split('-').next().expect("the key's name");
            let document = parse(&fs::read_to_string(&file).expect("a text"));
            let proved = dsig::verify(document.root(), &vectors::trusted(key), &LAX);
            assert!(proved.is_ok(), "{name}: {proved:?}");
            let strict = dsig::verify(document.root(), &vectors::trusted(key), &Algorithms::STRICT);
            assert_eq!(strict.is_err(), name.contains("sha1"), "{name}");
        }
    }

    /// The recipe of the documents.
    fn write_them() {
        let counterpart = Xmlsec1::new("dsig-vectors");
        let write = |name: String,
                     key: &str,
                     how: &Canonicalization,
                     algorithm: SignatureAlgorithm,
                     digest: DigestAlgorithm| {
            let reference = xmlsec1::reference("#_m", how, digest.uri());
            let template = xmlsec1::with_signature(ROOT, &reference, how, algorithm.uri());
            let signed = counterpart.sign(key, &[template]).remove(0);
            fs::write(vectors::path("dsig").join(format!("{name}.xml")), signed).expect("a file");
        };
        fs::create_dir_all(vectors::path("dsig")).expect("a folder");
        for method in Method::ALL {
            let (rsa, sha256) = (SignatureAlgorithm::RsaSha256, DigestAlgorithm::Sha256);
            let name = |list: &str| format!("idp-{method:?}{list}").to_lowercase();
            write(name(""), "idp", &method.into(), rsa, sha256);
            if method.is_exclusive() {
                let how = Canonicalization { method, inclusive_prefixes: vec![String::new(), "x".to_owned()] };
                write(name("-prefixes"), "idp", &how, rsa, sha256);
            }
        }
        for (algorithm, digest, key) in [
            (SignatureAlgorithm::RsaSha1, DigestAlgorithm::Sha1, "idp"),
            (SignatureAlgorithm::RsaSha384, DigestAlgorithm::Sha384, "idp"),
            (SignatureAlgorithm::RsaSha512, DigestAlgorithm::Sha512, "idp"),
            (SignatureAlgorithm::EcdsaSha256, DigestAlgorithm::Sha256, "p256"),
            (SignatureAlgorithm::EcdsaSha384, DigestAlgorithm::Sha256, "p256"),
            (SignatureAlgorithm::EcdsaSha512, DigestAlgorithm::Sha256, "p256"),
            (SignatureAlgorithm::EcdsaSha256, DigestAlgorithm::Sha384, "p384"),
            (SignatureAlgorithm::EcdsaSha384, DigestAlgorithm::Sha384, "p384"),
            (SignatureAlgorithm::EcdsaSha512, DigestAlgorithm::Sha384, "p384"),
            (SignatureAlgorithm::EcdsaSha256, DigestAlgorithm::Sha512, "p521"),
            (SignatureAlgorithm::EcdsaSha384, DigestAlgorithm::Sha512, "p521"),
            (SignatureAlgorithm::EcdsaSha512, DigestAlgorithm::Sha512, "p521"),
        ] {
            let name = format!("{key}-{algorithm:?}-{digest:?}").to_lowercase();
            write(name, key, &Method::Exclusive.into(), algorithm, digest);
        }
    }

    const ROOT: &str = concat!(
        r#"<m:Message xmlns:m="urn:m" xmlns="urn:default" xmlns:x="urn:x" xmlns:unused="urn:unused" ID="_m" xml:lang="en" x:a="&#9;&quot;">"#,
        "\n  <Issuer>https://idp.example.com/</Issuer><!-- a comment -->\n  <m:Name xmlns:x=\"urn:y\" x:b=\"1\">user@example.com &lt; &#13; \u{e9}</m:Name><e xmlns=\"\"/>\n</m:Message>"
    );
}
