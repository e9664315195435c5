use hickory_resolver::proto::rr::rdata::{CNAME, TXT};
use tokio::net::UdpSocket;

use super::*;

const TOKEN: &str = "7f3a";

/// What a name server says.
#[derive(Clone)]
enum Says {
    /// TXT records, each of several strings.
    Records(Vec<Vec<&'static str>>),
    /// First an alias, in the form of the wire, then these records of the alias's target in the same message.
    Alias(&'static [u8], Vec<&'static str>),
    /// The records, with the question in small letters.
    Lowercased(Vec<Vec<&'static str>>),
    /// A code of RFC 1035 section 4.1.1: 3 is "no such name", 5 "refused".
    Code(u8),
    Nothing,
}

/// A name server on loopback; it ends with its runtime. It answers only a question for the record of example.com.
async fn name_server(says: Says) -> TxtLookup {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut question = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut question).await {
            if let Some(answer) = answer(&question[..length], &says) {
                socket.send_to(&answer, client).await.unwrap();
            }
        }
    });
    TxtLookup::by(vec![address])
}

fn answer(question: &[u8], says: &Says) -> Option<Vec<u8>> {
    const NAME: &[u8] = b"\x0a_vestibule\x07example\x03com\x00";
    let asked = &question[12..][..NAME.len()];
    assert!(asked.eq_ignore_ascii_case(NAME), "{asked:?}");
    let (code, records) = match says {
        Says::Nothing => return None,
        Says::Code(code) => (*code, Vec::new()),
        Says::Records(records) | Says::Lowercased(records) => (0, records.clone()),
        Says::Alias(target, texts) => return Some(aliased(question, target, texts)),
    };
    let mut message = question[..2].to_vec();
    let question = if let Says::Lowercased(_) = says { &question.to_ascii_lowercase() } else { question };
    message.extend([0x81, 0x80 | code, 0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    message.extend(&question[12..12 + NAME.len() + 4]);
    for strings in records {
        let data: Vec<u8> = strings.iter().flat_map(|text| [&[length(text)], text.as_bytes()].concat()).collect();
        message.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
        message.extend(data);
    }
    Some(message)
}

fn aliased(question: &[u8], target: &[u8], texts: &[&str]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|octet| *octet == 0).unwrap() + 5;
    let mut message = question[..2].to_vec();
    message.extend([0x81, 0x80, 0, 1, 0, 1 + u8::try_from(texts.len()).unwrap(), 0, 0, 0, 0]);
    message.extend(&question[12..end]);
    message.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, u8::try_from(target.len()).unwrap()]);
    message.extend(target);
    for text in texts {
        message.extend(target);
        message.extend([0, 16, 0, 1, 0, 0, 0, 60, 0, length(text) + 1, length(text)]);
        message.extend(text.as_bytes());
    }
    message
}

fn length(text: &str) -> u8 {
    u8::try_from(text.len()).unwrap()
}

/// SC-12.
#[tokio::test]
async fn a_domain_is_proved_by_its_record_among_others() {
    let records = Says::Records(vec![vec!["v=spf1 -all"], vec!["vestibule-domain=7f3a"]]);
    let proved = name_server(records).await.prove("Example.com.", TOKEN).await.unwrap();
    assert_eq!(proved.domain(), "example.com");
}

#[tokio::test]
async fn strings_of_one_record_are_joined_and_quotes_of_editors_passed_over() {
    for strings in [vec!["vestibule-", "domain=7f3a"], vec!["\"vestibule-domain=7f3a\" "]] {
        let lookup = name_server(Says::Records(vec![strings])).await;
        assert!(lookup.prove("example.com", TOKEN).await.is_ok());
    }
}

/// SC-12.
#[tokio::test]
async fn another_value_proves_nothing_and_is_shown() {
    let lookup = name_server(Says::Records(vec![vec!["vestibule-domain=7f3b"]])).await;
    let refused = lookup.prove("example.com", TOKEN).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the TXT record _vestibule.example.com has the value \"vestibule-domain=7f3b\", wanted is \
         vestibule-domain=7f3a; the domain's administrator has to correct it"
    );
}

#[tokio::test]
async fn a_longer_value_or_one_in_another_case_proves_nothing() {
    for value in ["vestibule-domain=7f3a1", "vestibule-domain=7F3A", "x vestibule-domain=7f3a"] {
        let lookup = name_server(Says::Records(vec![vec![value]])).await;
        let refused = lookup.prove("example.com", TOKEN).await.unwrap_err();
        assert!(matches!(refused, NotProved::Different { .. }), "{value}");
    }
}

/// SC-12: over the wire, an alias within the domain is its owner's as well.
#[tokio::test]
async fn an_alias_within_the_domain_proves_it() {
    let says = Says::Alias(b"\x05proof\x07EXAMPLE\x03com\x00", vec!["vestibule-domain=7f3a"]);
    assert!(name_server(says).await.prove("example.com", TOKEN).await.is_ok());
}

/// SC-12: who has a name that an alias of the domain still leads to has not the domain.
#[tokio::test]
async fn an_alias_that_leads_out_of_the_domain_proves_nothing_and_is_told() {
    let says = Says::Alias(b"\x07example\x07hosting\x04test\x00", vec!["vestibule-domain=7f3a"]);
    let refused = name_server(says).await.prove("example.com", TOKEN).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the name _vestibule.example.com is an alias (CNAME) of example.hosting.test, which is outside of the domain, so \
         nothing there proves anything; the domain's administrator has to publish a TXT record _vestibule.example.com \
         itself with the value vestibule-domain=7f3a"
    );
}

fn record(name: &str, data: RData) -> Record {
    Record::from_rdata(Name::from_ascii(name).unwrap(), 60, data)
}

fn alias(name: &str, target: &str) -> Record {
    record(name, RData::CNAME(CNAME(Name::from_ascii(target).unwrap())))
}

fn text(name: &str) -> Record {
    record(name, RData::TXT(TXT::new(vec!["vestibule-domain=7f3a".to_owned()])))
}

/// SC-12.
#[test]
fn a_chain_of_aliases_counts_while_each_stays_within_the_domain() {
    let wanted = DomainProof::record_for("example.com", TOKEN).unwrap();
    let found = |answers: &[Record]| texts_of(&wanted, answers);
    let own = "_Vestibule.Example.com.";
    let value = Ok(vec!["vestibule-domain=7f3a".to_owned()]);
    assert_eq!(found(&[text(own)]), value);
    assert_eq!(found(&[alias(own, "example.com."), text("example.com.")]), value);
    let chain = [alias("a.example.com.", "b.c.example.com."), alias(own, "a.example.com."), text("b.c.example.com.")];
    assert_eq!(found(&chain), value, "in any order");
    assert_eq!(found(&[text("other.example.com.")]), Ok(Vec::new()), "nobody asked for it");
    assert_eq!(found(&[alias(own, own), text("example.com.")]), Ok(Vec::new()), "round and round");
    let elsewhere = |target: &str| {
        let (name, wanted) = (wanted.name.clone(), wanted.value.clone());
        Err(NotProved::Elsewhere { name, target: target.to_owned(), wanted })
    };
    for target in ["com", "badexample.com", "example.com.evil.test", "example.org"] {
        let target_dot = format!("{target}.");
        assert_eq!(found(&[alias(own, &target_dot), text(&target_dot)]), elsewhere(target));
        assert_eq!(found(&[alias(own, &target_dot), text(own)]), elsewhere(target), "beside a record of its own");
    }
    let out_and_back =
        [alias(own, "a.example.com."), alias("a.example.com.", "evil.test."), alias("evil.test.", "example.com.")];
    assert_eq!(found(&[&out_and_back[..], &[text("example.com.")]].concat()), elsewhere("evil.test"));
}

/// Whoever answers without having read the question does not know the case of its letters.
#[tokio::test]
async fn an_answer_that_has_not_the_questions_case_is_not_believed() {
    let says = Says::Lowercased(vec![vec!["vestibule-domain=7f3a"]]);
    let refused = name_server(says).await.prove("example.com", TOKEN).await.unwrap_err();
    assert!(matches!(refused, NotProved::Unanswered { .. }), "{refused}");
}

#[tokio::test]
async fn an_absent_record_is_told_from_a_name_server_that_fails() {
    let absent =
        NotProved::Absent { name: "_vestibule.example.com".to_owned(), wanted: "vestibule-domain=7f3a".to_owned() };
    for says in [Says::Code(3), Says::Records(Vec::new())] {
        assert_eq!(name_server(says).await.prove("example.com", TOKEN).await, Err(absent.clone()));
    }
    let refused = name_server(Says::Code(5)).await.prove("example.com", TOKEN).await.unwrap_err();
    assert!(matches!(refused, NotProved::Unanswered { .. }), "{refused}");
}

/// The clock of the test runs ahead whenever nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_name_server_that_is_silent_is_given_up() {
    let refused = name_server(Says::Nothing).await.prove("example.com", TOKEN).await.unwrap_err();
    assert!(matches!(refused, NotProved::Unanswered { .. }), "{refused}");
}

#[test]
fn the_record_stands_below_the_domain_in_ascii() {
    let name = |domain: &str| DomainProof::record_for(domain, TOKEN).unwrap().name;
    assert_eq!(name("example.com"), "_vestibule.example.com");
    assert_eq!(name(" EXAMPLE.com. "), "_vestibule.example.com");
    assert_eq!(name("münchen.example"), "_vestibule.xn--mnchen-3ya.example");
}

#[test]
fn what_is_no_domain_is_refused() {
    for domain in
        ["", "com", "a..b", "alice@example.com", "*.example.com", "exa mple.com", "_x.example.com", "1.2.3.4/8"]
    {
        let refused = DomainProof::record_for(domain, TOKEN);
        assert_eq!(refused, Err(NotProved::Domain { got: domain.to_owned() }));
    }
}
