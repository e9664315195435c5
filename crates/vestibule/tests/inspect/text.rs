//! The report for people.

use crate::support::{base64, decode, judge, judge_without, response};

fn accepted() -> Vec<u8> {
    response("entra-assertion-signed")
}

/// The response with some of its text replaced. Its signature breaks by that.
fn changed(from: &str, to: &str) -> String {
    let xml = String::from_utf8(accepted()).unwrap();
    assert!(xml.contains(from), "{from}");
    xml.replace(from, to)
}

/// The text with its line breaks undone.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn text_is_plain_when_it_is_piped_and_coloured_when_that_is_forced() {
    let piped = judge(accepted()).run().stdout;
    assert!(!piped.contains('\u{1b}'), "{piped}");
    let forced = judge(accepted()).environment("CLICOLOR_FORCE", "1").run().stdout;
    assert!(forced.contains("\u{1b}[32m●"), "{forced}");
    let no_color = judge(accepted()).environment("CLICOLOR_FORCE", "1").environment("NO_COLOR", "1").run().stdout;
    assert_eq!(no_color, piped);
}

#[test]
fn the_code_of_a_refusal_is_never_cut() {
    let text = judge(changed("status:Success", "status:Requester")).run().stdout;
    assert!(text.contains("\n  (status_not_success)\n"), "{text}");
}

#[test]
fn lines_of_a_pipe_have_at_most_80_columns_and_no_spaces_at_their_end() {
    let not_ours = ["--sp-entity-id", "https://other.example.com"];
    for run in [
        judge(accepted()).run(),
        judge(accepted()).with(&["--show-values"]).run(),
        judge_without(&["--sp-entity-id"], accepted()).with(&not_ours).run(),
        decode(accepted()).run(),
    ] {
        for line in run.stdout.lines() {
            assert!(line.chars().count() <= 80, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn state_is_told_by_shapes_and_words() {
    let refused = judge_without(&["--sp-entity-id"], accepted()).with(&["--sp-entity-id", "https://other.example.com"]);
    let text = refused.run().stdout;
    for wanted in [
        "This is a SAML response",
        "■ Refused. The assertion is meant for another application. (audience_mismatch)",
        " got      https://sp.example.com/saml/metadata",
        " want     https://other.example.com",
        "Identifier (Entity ID)",
        " who      the administrator of the identity provider",
        " ● status ",
        " ■ audience ",
        " ○ replay ",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn personal_values_are_shortened_until_they_are_asked_for() {
    for run in [judge(accepted()), decode(accepted())] {
        let text = run.run().stdout;
        assert!(text.contains("us…@example.com"), "{text}");
        for personal in ["user@example.com", "Example User", "bbbbcccc-1111"] {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
        // Who the tenant is names nobody.
        assert!(text.contains("aaaabbbb-0000-cccc-1111-dddd2222eeee"), "{text}");
    }
    let shown = judge(accepted()).with(&["--show-values"]).run().stdout;
    for personal in ["user@example.com", "Example User", "bbbbcccc-1111-dddd-2222-eeee3333ffff"] {
        assert!(shown.contains(personal), "{personal}: {shown}");
    }
}

#[test]
fn json_always_has_values_in_full() {
    let report = judge(accepted()).with(&["--format", "json"]).run().report();
    assert_eq!(report.identity.unwrap().name_id, "user@example.com");
}

#[test]
fn short_names_stand_beside_long_ones() {
    let text = judge(accepted()).run().stdout;
    let line = text.lines().position(|line| line.trim_start().starts_with("displayname ")).unwrap();
    let next = text.lines().nth(line + 1).unwrap().trim();
    assert_eq!(next, "http://schemas.microsoft.com/identity/claims/displayname");
}

/// CC-27.
#[test]
fn guids_for_names_are_flagged_and_explained() {
    let guid = "dddd4444-5555-eeee-6666-ffff7777aaaa";
    let text =
        decode(changed("<AttributeValue>Example User<", &format!("<AttributeValue>{guid} {guid}<"))).run().stdout;
    assert!(text.contains(" ▲ displayname"), "{text}");
    assert!(text.contains("A GUID stands where a name is wanted"), "{text}");
    assert!(!text.contains("▲ objectidentifier"), "{text}");
    assert!(!judge(accepted()).run().stdout.contains("A GUID stands"));
}

#[test]
fn a_link_in_place_of_groups_is_explained_as_unknown() {
    let from = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name\"";
    let text = decode(changed(from, "http://schemas.microsoft.com/claims/groups.link\"")).run().stdout;
    assert!(text.contains(" ▲ groups.link"), "{text}");
    assert!(text.contains("unknown, not none"), "{text}");
}

#[test]
fn an_error_of_entra_is_explained_by_its_number_and_names_nobody() {
    let xml = "<p:Response xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='_1' Version='2.0' \
        IssueInstant='2026-03-02T10:00:00Z' Destination='https://sp.example.com/saml/acs' \
        InResponseTo='_5f8e1d0c2b3a49586776859493a2b1c0'><p:Status><p:StatusCode \
        Value='urn:oasis:names:tc:SAML:2.0:status:Responder'/><p:StatusMessage>AADSTS50105: The user 'ada@example.com' \
        is not assigned to a role for the application.</p:StatusMessage></p:Status></p:Response>";
    let refused = judge(xml).run();
    assert_eq!(refused.status, 1);
    for text in [refused.stdout, decode(xml).run().stdout] {
        let text = flat(&text);
        assert!(text.contains("Users and groups") && text.contains("error?code=50105"), "{text}");
        assert!(text.contains("ad…@example.com") && !text.contains("ada@example.com"), "{text}");
    }
}

#[test]
fn what_is_not_verified_is_told_to_be_so() {
    let text = decode(accepted()).run().stdout;
    assert!(text.contains("○ Decoded only") && text.contains("not verified"), "{text}");
    let refused = judge(changed("Example User", "Another User")).run().stdout;
    assert!(refused.contains("(digest_mismatch)") && refused.contains("not verified"), "{refused}");
    assert!(!judge(accepted()).run().stdout.contains("not verified"));
}

#[test]
fn a_refusal_says_which_option_to_try_next() {
    let next = |left_out: &[&str], options: &[&str]| judge_without(left_out, accepted()).with(options).run().stdout;
    let text = next(&["--in-response-to"], &[]);
    assert!(text.contains("--in-response-to"), "{text}");
    let text = next(&["--at"], &["--at", "2026-03-03T00:00:00Z"]);
    assert!(flat(&text).contains("add --at 2026-03-02T"), "{text}");
}

#[test]
fn what_strangers_write_does_not_reach_the_terminal_as_commands() {
    // U+009B begins a control sequence; XML 1.0 allows it.
    let text = decode(changed("Example User", "\u{9b}2J\u{202e}")).with(&["--show-values"]).run().stdout;
    assert!(!text.contains('\u{9b}') && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn a_response_that_came_by_redirect_is_told_to_be_wrong_there() {
    // `<samlp:Response xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol'/>`, deflated.
    let url = "https://sp.example.com/acs?SAMLResponse=sylOzM0psApKLS7IzytOVajIzckrtgIL2qqXFuVZ5ScWZxZb5SXmphZblSRbBTv6%2BlgZ6RlYFRTll%2BQn5%2Beo69sBAA%3D%3D";
    let text = decode(url).run().stdout;
    assert!(text.starts_with("This is a SAML response, from a Redirect URL"), "{text}");
    assert!(text.contains("▲ A response must come by HTTP-POST"), "{text}");
}

#[test]
fn the_first_line_says_how_it_was_packed() {
    let base64 = base64(&accepted());
    for (text, wanted) in [
        (String::from_utf8(accepted()).unwrap(), "This is a SAML response: "),
        (base64.clone(), "This is a SAML response, in base64: "),
        (format!("SAMLResponse={base64}"), "This is a SAML response, from a form post: "),
    ] {
        let stdout = decode(text).run().stdout;
        assert!(stdout.starts_with(wanted), "{stdout}");
    }
}
