//! The parser's promises: what is read, and the exact refusal of what is not.

use vestibule_xmlsec::{Document, Foreign, Limits, Malformation, Node, ParseError, Position};

fn parse(xml: &str) -> Document {
    Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap_or_else(|e| panic!("{xml}: {e}"))
}

fn error(xml: impl AsRef<[u8]>) -> ParseError {
    Document::parse(xml.as_ref(), &Limits::MESSAGE).expect_err("must be refused")
}

fn refusal(xml: impl AsRef<[u8]>) -> Malformation {
    error(xml).malformation
}

#[test]
fn names_values_and_text_are_read_with_references_resolved() {
    let document = parse(r#"<a b="1 &lt; &#x32;" c='"'>x &amp; y&#10;</a>"#);
    let root = document.root();
    assert_eq!(root.attribute("b"), Some("1 < 2"));
    assert_eq!(root.attribute("c"), Some("\""));
    assert_eq!(root.text().as_deref(), Ok("x & y\n"));
}

#[test]
fn white_space_in_attribute_values_becomes_spaces_but_references_to_it_stay() {
    let document = parse("<a b='1\t2\r\n3&#9;4&#13;'/>");
    assert_eq!(document.root().attribute("b"), Some("1 2 3\t4\r"));
}

#[test]
fn line_ends_become_line_feeds() {
    let document = parse("<a>1\r\n2\r3\n4</a>");
    assert_eq!(document.root().text().as_deref(), Ok("1\n2\n3\n4"));
}

#[test]
fn namespaces_are_resolved_and_prefixes_do_not_matter() {
    let document = parse("<p:a xmlns:p='urn:x' xmlns='urn:y' p:c='1' c='2'><b/><q:a xmlns:q='urn:x'/></p:a>");
    let root = document.root();
    assert!(root.is("urn:x", "a"));
    assert_eq!(root.attribute("c"), Some("2"));
    assert_eq!(root.attribute_ns("urn:x", "c"), Some("1"));
    let children: Vec<_> = root.children().map(|c| (c.namespace(), c.local())).collect();
    assert_eq!(children, [("urn:y", "b"), ("urn:x", "a")]);
}

#[test]
fn a_default_namespace_can_be_taken_away_and_ends_with_its_element() {
    let document = parse("<a xmlns='urn:x'><b xmlns=''><c/></b><d/></a>");
    let names: Vec<_> = document.elements().map(|e| (e.local(), e.namespace())).collect();
    assert_eq!(names, [("a", "urn:x"), ("b", ""), ("c", ""), ("d", "urn:x")]);
}

#[test]
fn a_byte_order_mark_an_xml_declaration_and_comments_around_the_root_are_passed_over() {
    let document = parse("\u{FEFF}<?xml version='1.0' encoding=\"utf-8\" standalone='yes'?>\n<!--x--><a/><!--y-->\n");
    assert_eq!(document.root().local(), "a");
}

#[test]
fn nodes_are_told_apart() {
    let document = parse("<a>x<![CDATA[<y>]]><!--z--><b/></a>");
    let kinds: Vec<_> = document
        .root()
        .nodes()
        .map(|node| match node {
            Node::Text(t) => format!("text {t}"),
            Node::Cdata(t) => format!("cdata {t}"),
            Node::Comment(t) => format!("comment {t}"),
            Node::Element(e) => format!("element {}", e.local()),
        })
        .collect();
    assert_eq!(kinds, ["text x", "cdata <y>", "comment z", "element b"]);
}

#[test]
fn a_value_is_one_run_of_text_or_refused() {
    let found = |xml: &str| parse(xml).root().text().map(str::to_owned).map_err(|e| e.found);
    assert_eq!(found("<a/>"), Ok(String::new()));
    assert_eq!(found("<a>x&amp;y</a>"), Ok("x&y".to_owned()));
    assert_eq!(found("<a>admin<!-- -->@x</a>"), Err(Foreign::Comment));
    assert_eq!(found("<a>admin<![CDATA[@x]]></a>"), Err(Foreign::Cdata));
    assert_eq!(found("<a>admin<b/>@x</a>"), Err(Foreign::Element));
}

#[test]
fn an_attribute_value_takes_cdata_as_text_and_refuses_the_rest() {
    let found = |xml: &str| parse(xml).root().content().map(String::from).map_err(|e| e.found);
    assert_eq!(found("<a>x<![CDATA[<y>]]>z</a>"), Ok("x<y>z".to_owned()));
    assert_eq!(found("<a>x<!-- -->y</a>"), Err(Foreign::Comment));
    assert_eq!(found("<a><b/></a>"), Err(Foreign::Element));
}

#[test]
fn document_types_are_refused_at_their_first_character() {
    let error = error("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>");
    assert_eq!(error.malformation, Malformation::DocumentType);
    assert_eq!(error.position, Position { line: 2, column: 1 });
    assert_eq!(refusal("<a><!DOCTYPE b></a>"), Malformation::DocumentType);
    assert_eq!(refusal("<a/><!DOCTYPE b>"), Malformation::DocumentType);
}

#[test]
fn entities_beyond_the_five_are_refused_by_name() {
    assert_eq!(refusal("<a>&nbsp;</a>"), Malformation::Entity { got: "nbsp".into() });
    assert_eq!(refusal("<a b='&xxe;'/>"), Malformation::Entity { got: "xxe".into() });
    assert_eq!(refusal("<a>&;</a>"), Malformation::Reference);
    assert_eq!(refusal("<a>a & b</a>"), Malformation::Reference);
    assert_eq!(refusal("<a>&#0;</a>"), Malformation::Character { got: 0 });
    assert_eq!(refusal("<a>&#xD800;</a>"), Malformation::Character { got: 0xD800 });
    assert_eq!(refusal("<a>&#x110000;</a>"), Malformation::Character { got: 0x11_0000 });
    assert_eq!(refusal("<a>&#xFFFE;</a>"), Malformation::Character { got: 0xFFFE });
    assert_eq!(refusal("<a>&#99999999999;</a>"), Malformation::Character { got: u32::MAX });
    assert_eq!(refusal("<a>&#X41;</a>"), Malformation::Reference);
    assert_eq!(refusal("<a>&#x;</a>"), Malformation::Reference);
    assert_eq!(refusal("<a>&#+41;</a>"), Malformation::Reference);
}

#[test]
fn processing_instructions_are_refused_everywhere() {
    assert_eq!(refusal("<?php x?><a/>"), Malformation::ProcessingInstruction);
    assert_eq!(refusal("<a><?x y?></a>"), Malformation::ProcessingInstruction);
    assert_eq!(refusal("<a/><?x y?>"), Malformation::ProcessingInstruction);
    assert_eq!(refusal("<?xml-stylesheet href='x'?><a/>"), Malformation::ProcessingInstruction);
    assert_eq!(refusal(" <?xml version='1.0'?><a/>"), Malformation::XmlDeclaration);
    assert_eq!(refusal("<a><?xml version='1.0'?></a>"), Malformation::XmlDeclaration);
}

#[test]
fn other_versions_and_encodings_are_refused() {
    assert_eq!(refusal("<?xml version='1.1'?><a/>"), Malformation::Version { got: "1.1".into() });
    assert_eq!(
        refusal("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"),
        Malformation::DeclaredEncoding { got: "ISO-8859-1".into() }
    );
    assert_eq!(refusal("<?xml encoding='UTF-8'?><a/>"), Malformation::XmlDeclaration);
    assert_eq!(refusal(b"\xFF\xFE<\0a\0/\0>\0"), Malformation::OtherEncoding { got: "UTF-16" });
    assert_eq!(refusal(b"\xFE\xFF\0<\0a\0/\0>"), Malformation::OtherEncoding { got: "UTF-16" });
    assert_eq!(refusal(b"\x4C\x6F\xA7\x94\x93"), Malformation::OtherEncoding { got: "EBCDIC" });
    assert_eq!(refusal(b"+ADw-a/+AD4-"), Malformation::TextOutsideRoot);
    assert_eq!(refusal(b"<a>\xC3\x28</a>"), Malformation::NotUtf8);
    assert_eq!(refusal(b"<a>\xC0\x80</a>"), Malformation::NotUtf8);
    assert_eq!(refusal(b"<a>\xED\xA0\x80</a>"), Malformation::NotUtf8);
}

#[test]
fn characters_that_xml_does_not_have_are_refused_with_their_position() {
    let error = error("<a>\n ok \u{1}</a>");
    assert_eq!(error.malformation, Malformation::Character { got: 1 });
    assert_eq!(error.position, Position { line: 2, column: 5 });
    assert_eq!(refusal("<a>\0</a>"), Malformation::Character { got: 0 });
    assert_eq!(refusal("<a>\u{FFFF}</a>"), Malformation::Character { got: 0xFFFF });
}

#[test]
fn attributes_stand_once_by_name_and_by_expanded_name() {
    let twice = Malformation::DuplicateAttribute { name: "b".into() };
    assert_eq!(refusal("<a b='1' b='2'/>"), twice);
    assert_eq!(refusal("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>"), twice);
    let many: String = (0..20).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(refusal(format!("<a b=''{many} b=''/>")), twice);
    parse("<a xmlns:p='urn:x' b='1' p:b='2'/>");
}

#[test]
fn an_id_stands_once_whatever_its_attribute_is_called() {
    let twice = Malformation::DuplicateId { value: "x".into() };
    assert_eq!(refusal("<a ID='x'><b ID='x'/></a>"), twice);
    assert_eq!(refusal("<a ID='x'><b Id='x'/></a>"), twice);
    assert_eq!(refusal("<a ID='x'><b xml:id='&#120;'/></a>"), twice);
    assert_eq!(refusal("<a xmlns:w='urn:w' ID='x'><b w:Id='x'/></a>"), twice);
    parse("<a ID='x'><b ID='X'/></a>");
}

#[test]
fn prefixes_must_be_declared_and_the_reserved_ones_stay_what_they_are() {
    assert_eq!(refusal("<p:a/>"), Malformation::UnboundPrefix { prefix: "p".into() });
    assert_eq!(refusal("<a p:b=''/>"), Malformation::UnboundPrefix { prefix: "p".into() });
    assert_eq!(refusal("<xmlns:a/>"), Malformation::UnboundPrefix { prefix: "xmlns".into() });
    assert_eq!(refusal("<a xmlns:p=''/>"), Malformation::UndeclaredPrefix { prefix: "p".into() });
    let reserved = |prefix: &str, uri: &str| Malformation::ReservedNamespace { prefix: prefix.into(), uri: uri.into() };
    let xml = "http://www.w3.org/XML/1998/namespace";
    let xmlns = "http://www.w3.org/2000/xmlns/";
    assert_eq!(refusal("<a xmlns:xml='urn:x'/>"), reserved("xml", "urn:x"));
    assert_eq!(refusal(format!("<a xmlns:p='{xml}'/>")), reserved("p", xml));
    assert_eq!(refusal(format!("<a xmlns='{xml}'/>")), reserved("", xml));
    assert_eq!(refusal("<a xmlns:xmlns='urn:x'/>"), reserved("xmlns", "urn:x"));
    assert_eq!(refusal(format!("<a xmlns:p='{xmlns}'/>")), reserved("p", xmlns));
    parse(&format!("<a xmlns:xml='{xml}' xml:lang='en'/>"));
    assert_eq!(
        refusal("<a xmlns:p='urn:x' xmlns:p='urn:y'/>"),
        Malformation::DuplicateNamespace { prefix: "p".into() }
    );
}

#[test]
fn relative_namespace_names_are_refused() {
    for uri in ["foo", "../x", "//host/x", "#x", "1a:b"] {
        let want = Malformation::RelativeNamespace { uri: uri.into() };
        assert_eq!(refusal(format!("<a xmlns='{uri}'/>")), want);
    }
}

#[test]
fn namespace_names_that_are_no_uris_are_refused() {
    for uri in [" urn:x", "urn:x ", "urn:a b", "urn:é", "urn:{x}", "urn:x\u{7f}"] {
        let want = Malformation::NamespaceName { uri: uri.into() };
        assert_eq!(refusal(format!("<a xmlns='{uri}'/>")), want);
    }
}

#[test]
fn names_have_at_most_one_colon_between_two_names() {
    for xml in ["<a:b:c xmlns:a='urn:x'/>", "<:a/>", "<a: xmlns:a='urn:x'/>", "<1/>", "< a/>", "<a :b=''/>"] {
        assert_eq!(refusal(xml), Malformation::Name, "{xml}");
    }
    assert_eq!(parse("<é·9/>").root().local(), "é·9");
}

#[test]
fn there_is_one_root_and_nothing_around_it() {
    assert_eq!(refusal(""), Malformation::NoRoot);
    assert_eq!(refusal("<!-- -->"), Malformation::NoRoot);
    assert_eq!(refusal("<a/><b/>"), Malformation::SecondRoot);
    assert_eq!(refusal("x<a/>"), Malformation::TextOutsideRoot);
    assert_eq!(refusal("<a/>x"), Malformation::TextOutsideRoot);
    assert_eq!(refusal("<a/></a>"), Malformation::TextOutsideRoot);
    assert_eq!(refusal("<a/><![CDATA[x]]>"), Malformation::TextOutsideRoot);
}

#[test]
fn tags_match_and_are_whole() {
    assert_eq!(refusal("<a></b>"), Malformation::EndTag { got: "b".into(), want: "a".into() });
    assert_eq!(refusal("<a></ab>"), Malformation::EndTag { got: "ab".into(), want: "a".into() });
    assert_eq!(refusal("<a><b></a>"), Malformation::EndTag { got: "a".into(), want: "b".into() });
    assert_eq!(refusal("<a><b>"), Malformation::Unclosed { open: "b".into() });
    assert_eq!(refusal("<a b='1'c='2'/>"), Malformation::Tag { wanted: "white space, '/>' or '>'" });
    assert_eq!(refusal("<a b/>"), Malformation::Tag { wanted: "'=' behind an attribute's name" });
    assert_eq!(refusal("<a b=c/>"), Malformation::Tag { wanted: "a quoted value" });
    assert_eq!(refusal("<a b='c"), Malformation::Tag { wanted: "the closing quote" });
    assert_eq!(refusal("<a b='<'/>"), Malformation::LessThanInAttribute);
    assert_eq!(refusal("<a>]]></a>"), Malformation::CdataEndInText);
    assert_eq!(refusal("<a><!-- -- --></a>"), Malformation::Comment);
    assert_eq!(refusal("<a><!-- </a>"), Malformation::Comment);
    assert_eq!(refusal("<a><![CDATA[x</a>"), Malformation::Markup);
    assert_eq!(refusal("<a><!ELEMENT b></a>"), Malformation::Markup);
}

#[test]
fn every_bound_has_its_own_error() {
    let limits = Limits::MESSAGE;
    let long = format!("<a>{}</a>", "x".repeat(limits.bytes - 7));
    parse(&long);
    assert_eq!(refusal(format!("{long} ")), Malformation::TooLong { got: limits.bytes + 1, most: limits.bytes });
    let deep = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
    parse(&deep(64));
    assert_eq!(refusal(deep(65)), Malformation::TooDeep { most: 64 });
    let wide = |n: usize| format!("<a{}/>", (0..n).map(|i| format!(" b{i}=''")).collect::<String>());
    parse(&wide(64));
    assert_eq!(refusal(wide(65)), Malformation::TooManyAttributes { most: 64 });
    let spaces = |n: usize| format!("<a{}/>", (0..n).map(|i| format!(" xmlns:b{i}='urn:x'")).collect::<String>());
    parse(&spaces(64));
    assert_eq!(refusal(spaces(65)), Malformation::TooManyNamespaces { most: 64 });
    let in_scope = |n: usize| (0..n).map(|i| format!("<a xmlns:b{i}='urn:x'>")).collect::<String>();
    let tight = Limits { namespaces: 3, ..limits };
    assert_eq!(
        Document::parse(in_scope(4).as_bytes(), &tight).unwrap_err().malformation,
        Malformation::TooManyNamespaces { most: 3 }
    );
    let many = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n));
    parse(&many(19_999));
    assert_eq!(refusal(many(20_000)), Malformation::TooManyNodes { most: 20_000 });
}

#[test]
fn a_hundred_thousand_nested_elements_end_in_an_error_or_a_tree_but_never_a_stack_overflow() {
    let deep = "<a>".repeat(100_000);
    let roomy = Limits { bytes: 8 << 20, ..Limits::MESSAGE };
    let error = Document::parse(deep.as_bytes(), &roomy).unwrap_err();
    assert_eq!(error.malformation, Malformation::TooDeep { most: 64 });

    let whole = deep + &"</a>".repeat(100_000);
    let boundless = Limits { depth: usize::MAX, nodes: usize::MAX, ..roomy };
    let document = Document::parse(whole.as_bytes(), &boundless).expect("well-formed");
    assert_eq!(document.elements().count(), 100_000);
    drop(document);
}

#[test]
fn debug_output_shows_no_values() {
    let document = parse("<a b='secret'>secret</a>");
    let attribute = document.root().attributes().next();
    assert!(!format!("{document:?} {:?} {attribute:?}", document.root()).contains("secret"));
}
