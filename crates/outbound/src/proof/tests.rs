use tokio::net::UdpSocket;

use super::*;

const TOKEN: &str = "7f3a";

/// What a name server says.
#[derive(Clone)]
enum Says {
    /// TXT records, each of several strings.
    Records(Vec<Vec<&'static str>>),
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
        Says::Records(records) => (0, records.clone()),
    };
    let mut message = question[..2].to_vec();
    message.extend([0x81, 0x80 | code, 0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    message.extend(&question[12..12 + NAME.len() + 4]);
    for strings in records {
        let data: Vec<u8> = strings.iter().flat_map(|text| [&[length(text)], text.as_bytes()].concat()).collect();
        message.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
        message.extend(data);
    }
    Some(message)
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
