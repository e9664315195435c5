use super::*;

const PLAIN: Terminal = Terminal { color: false, width: 80 };

#[test]
fn each_finding_has_a_shape_a_word_and_what_to_do() {
    let findings = [
        Finding::ok("accounts", "at sub-domains of example.com"),
        Finding::attention("mail", "none is sent", "set mail.host and mail.from"),
        Finding::broken("database", "it is gone", "look for it"),
    ];
    let wanted = "● accounts  at sub-domains of example.com\n\
                  ▲ mail      none is sent\n            → set mail.host and mail.from\n\
                  ■ database  it is gone\n            → look for it\n";
    assert_eq!(text(&findings, PLAIN), wanted);
    assert_eq!(output(&findings, Format::Json).status, 1);
    assert_eq!(output(&findings[..1], Format::Json).status, 0);
}

#[test]
fn what_ends_a_command_is_split_into_what_was_found_and_the_fix() {
    let (found, fix) = split("v.db is in use by another node; stop the other one");
    assert_eq!((&*found, &*fix), ("v.db is in use by another node", "stop the other one"));
    let (found, fix) = split("there is no database at v.db: see that `database` names it");
    assert_eq!((&*found, &*fix), ("there is no database at v.db", "see that `database` names it"));
}
