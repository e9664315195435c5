//! Options: which go together, and which of them make the tool judge.

use crate::support::{ISSUER, base64, decode, entity, file, group, judge, judge_without, key, response, vestibule};

fn accepted() -> Vec<u8> {
    response("entra-assertion-signed")
}

/// The refusal's code of a run that judges.
fn code(run: &crate::support::Run) -> String {
    assert_eq!(run.status, 1, "{}{}", run.stdout, run.stderr);
    run.report().refusal.unwrap().code
}

const JSON: [&str; 2] = ["--format", "json"];

#[test]
fn an_acceptable_response_gives_0() {
    let run = judge(accepted()).with(&JSON).run();
    assert_eq!((run.status, run.report().verdict.as_str()), (0, "accepted"));
    let text = judge(accepted()).run();
    assert_eq!(text.status, 0);
    assert!(text.stdout.contains("● Accepted."), "{}", text.stdout);
}

#[test]
fn a_refused_response_gives_1_and_says_what_to_change_and_who() {
    let run = judge_without(&["--sp-entity-id"], accepted()).with(&["--sp-entity-id", "https://other.example.com"]);
    let run = run.with(&JSON).run();
    let refusal = run.report().refusal.unwrap();
    assert_eq!((run.status, refusal.code.as_str(), refusal.fixed_by.as_str()), (1, "audience_mismatch", "idp_admin"));
    assert_eq!(refusal.message, "The assertion is meant for another application.");
    assert_eq!(refusal.got.as_deref(), Some("https://sp.example.com/saml/metadata"));
    assert_eq!(refusal.want.as_deref(), Some("https://other.example.com"));
}

#[test]
fn without_trust_a_response_is_decoded_and_nothing_is_judged() {
    let run = decode(accepted()).with(&JSON).run();
    let report = run.report();
    assert_eq!((run.status, report.version, report.verdict.as_str()), (3, 1, "decoded"));
    assert_eq!(report.input.kind, "response");
    assert!(report.refusal.is_none() && report.steps.is_empty() && report.identity.is_none());
    // What is ours alone makes no trust.
    let ours = ["--sp-entity-id", "x", "--acs-url", "https://sp.example.com/", "--allow-unsolicited"];
    assert_eq!(decode(accepted()).with(&ours).run().status, 3);
}

#[test]
fn a_step_tells_its_section_and_both_sides() {
    let report = judge(accepted()).with(&JSON).run().report();
    let audience = report.steps.iter().find(|step| step.name == "audience").unwrap();
    assert_eq!((audience.spec.as_str(), audience.outcome.as_str()), ("Core §2.5.1.4", "ok"));
    assert_eq!((&audience.warning, &audience.got), (&None, &audience.want));
}

#[test]
fn each_kind_of_trust_needs_to_know_who_we_are() {
    let metadata = file("who-we-are.xml", entity(ISSUER, &["idp.cert.pem"], ""));
    for trust in [["--metadata", metadata.as_str()], ["--idp-entity-id", ISSUER]] {
        for (given, missing) in [
            (["--acs-url", "https://sp.example.com/saml/acs"], "--sp-entity-id"),
            (["--sp-entity-id", "https://sp.example.com/saml/metadata"], "--acs-url"),
        ] {
            let error = decode(accepted()).with(&trust).with(&given).with(&JSON).run().error();
            assert!(error.starts_with(missing), "{error}");
        }
    }
}

#[test]
fn metadata_accepts_as_the_certificate_in_it_does() {
    let without = ["--idp-entity-id", "--idp-cert"];
    let metadata = file("one.xml", format!("\u{feff}{}", entity(ISSUER, &["idp.cert.pem"], "")));
    assert_eq!(judge_without(&without, accepted()).with(&["--metadata", &metadata]).run().status, 0);
    let several = file("several.xml", entity(ISSUER, &["idp-next.cert.pem", "idp.cert.pem"], ""));
    assert_eq!(judge_without(&without, accepted()).with(&["--metadata", &several]).run().status, 0);
    let other = file("other.xml", entity(ISSUER, &["idp-next.cert.pem"], ""));
    assert_eq!(
        code(&judge_without(&without, accepted()).with(&["--metadata", &other]).with(&JSON).run()),
        "no_key_matches"
    );
}

#[test]
fn the_entity_id_picks_from_a_group_and_must_be_in_it() {
    let without = ["--idp-entity-id", "--idp-cert"];
    let entities = [entity("https://a.example.com", &["idp-next.cert.pem"], ""), entity(ISSUER, &["idp.cert.pem"], "")];
    let several = file("group.xml", group(&entities));
    let run = |more: &[&str]| {
        judge_without(&without, accepted()).with(&["--metadata", &several]).with(more).with(&JSON).run()
    };
    assert_eq!(run(&["--idp-entity-id", ISSUER]).status, 0);
    assert_eq!(code(&run(&["--idp-entity-id", "https://a.example.com"])), "issuer_mismatch");
    assert!(run(&[]).error().contains("2 identity providers"));
    assert!(run(&["--idp-entity-id", "https://b.example.com"]).error().contains("https://b.example.com"));
    let one = file("group-of-one.xml", entity(ISSUER, &["idp.cert.pem"], ""));
    let other =
        judge_without(&without, accepted()).with(&["--metadata", &one, "--idp-entity-id", "https://b.example.com"]);
    assert!(other.with(&JSON).run().error().starts_with("--metadata"));
}

#[test]
fn no_certificate_after_all_options_is_refused_by_name() {
    let refused = |run: crate::support::Vestibule| {
        let run = run.with(&JSON).run();
        assert_eq!(code(&run), "no_trusted_key");
        let report = run.report();
        assert_eq!(report.steps.len(), 29);
        assert!(report.steps.iter().all(|step| step.outcome == "not_reached"));
    };
    refused(judge_without(&["--idp-cert"], accepted()));
    refused(judge_without(&["--idp-cert"], accepted()).with(&["--idp-cert", &key("small.cert.pem")]));
    refused(judge_without(&["--idp-cert"], accepted()).with(&["--idp-cert", &key("exponent-3.cert.pem")]));
    for (name, certificates) in [("none.xml", &[][..]), ("small.xml", &["small.cert.pem"][..])] {
        let metadata = file(name, entity(ISSUER, certificates, ""));
        refused(judge_without(&["--idp-entity-id", "--idp-cert"], accepted()).with(&["--metadata", &metadata]));
    }
}

#[test]
fn a_weak_certificate_beside_a_good_one_does_no_harm() {
    assert_eq!(judge(accepted()).with(&["--idp-cert", &key("small.cert.pem")]).run().status, 0);
}

#[test]
fn metadata_that_has_expired_at_the_time_of_the_check_is_unusable() {
    let metadata = file("expired.xml", entity(ISSUER, &["idp.cert.pem"], "validUntil='2026-03-02T10:00:30Z'"));
    let run = |at: &str| {
        let options = ["--metadata", &metadata, "--at", at];
        judge_without(&["--idp-entity-id", "--idp-cert", "--at"], accepted()).with(&options).with(&JSON).run()
    };
    assert_eq!(run("2026-03-02T10:00:29Z").status, 0);
    assert!(run("2026-03-02T10:00:30Z").error().contains("valid until 2026-03-02T10:00:30Z"));
}

#[test]
fn options_that_exclude_each_other_are_unusable_also_without_trust() {
    let metadata = file("exclusive.xml", entity(ISSUER, &["idp.cert.pem"], ""));
    let unusable = |options: &[&str], named: [&str; 2]| {
        for run in [decode(accepted()), judge_without(&["--in-response-to"], accepted())] {
            let error = run.with(options).with(&JSON).run().error();
            assert!(named.iter().all(|option| error.contains(option)), "{error}");
        }
    };
    unusable(&["--metadata", &metadata, "--idp-cert", &key("idp.cert.pem")], ["--metadata", "--idp-cert"]);
    unusable(&["--in-response-to", "_1", "--allow-unsolicited"], ["--in-response-to", "--allow-unsolicited"]);
}

#[test]
fn a_certificate_without_its_entity_id_is_unusable() {
    let run = judge_without(&["--idp-entity-id"], accepted()).with(&JSON).run();
    assert!(run.error().starts_with("--idp-cert needs --idp-entity-id"));
}

#[test]
fn the_skew_is_at_most_300_seconds() {
    assert_eq!(judge(accepted()).with(&["--clock-skew", "300"]).run().status, 0);
    assert_eq!(judge(accepted()).with(&["--clock-skew", "0"]).run().status, 0);
    for run in [judge(accepted()), decode(accepted())] {
        let error = run.with(&["--clock-skew", "301"]).with(&JSON).run().error();
        assert!(error.starts_with("--clock-skew") && error.contains("300"), "{error}");
    }
    assert!(judge(accepted()).with(&["--clock-skew", "-1"]).with(&JSON).run().error().contains("-1"));
}

#[test]
fn without_a_pending_request_every_response_is_refused_as_unsolicited() {
    let unasked = || response("entra-unsolicited");
    let run =
        |bytes: Vec<u8>, options: &[&str]| judge_without(&["--in-response-to"], bytes).with(options).with(&JSON).run();
    assert_eq!(code(&run(unasked(), &[])), "unsolicited");
    assert_eq!(code(&run(accepted(), &[])), "unsolicited");
    assert_eq!(run(unasked(), &["--allow-unsolicited"]).status, 0);
    assert_eq!(code(&run(accepted(), &["--allow-unsolicited"])), "unsolicited_with_in_response_to");
    assert_eq!(
        code(&run(unasked(), &["--in-response-to", "_5f8e1d0c2b3a49586776859493a2b1c0"])),
        "in_response_to_missing"
    );
}

#[test]
fn policies_do_what_they_say() {
    let run = |options: &[&str]| judge(accepted()).with(options).with(&JSON).run();
    assert_eq!(run(&["--require-signed", "assertion"]).status, 0);
    assert_eq!(code(&run(&["--require-signed", "response"])), "response_not_signed");
    assert_eq!(code(&run(&["--require-signed", "both"])), "response_not_signed");
    assert_eq!(
        code(&run(&["--seen-assertion", "_2b9d4c1e-6f3a-4a58-9c77-0d1e5b8a4300", "--seen-assertion", "_1"])),
        "replayed"
    );
    assert_eq!(run(&["--seen-assertion", "_1"]).status, 0);
    let sha1 = |options: &[&str]| judge(response("entra-sha1")).with(options).with(&JSON).run();
    assert_eq!(code(&sha1(&[])), "sha1_not_allowed");
    assert_eq!(sha1(&["--allow-sha1"]).status, 0);
}

#[test]
fn an_address_of_somebody_elses_set_up_may_be_http() {
    let http = ["--acs-url", "http://sp.example.com/saml/acs"];
    let run = judge_without(&["--acs-url"], accepted()).with(&http).with(&JSON).run();
    assert_eq!(code(&run), "destination_mismatch");
}

#[test]
fn an_expired_certificate_is_refused_or_told() {
    let expired = key("idp-expired.cert.pem");
    let run = |policy: &[&str]| {
        judge_without(&["--idp-cert"], accepted()).with(&["--idp-cert", &expired]).with(policy).with(&JSON).run()
    };
    assert_eq!(code(&run(&[])), "certificate_expired");
    assert_eq!(code(&run(&["--expired-certificate", "refuse"])), "certificate_expired");
    let warned = run(&["--expired-certificate", "warn"]);
    assert_eq!(warned.status, 0);
    let report = warned.report();
    let certificate = report.steps.iter().find(|step| step.name == "certificate").unwrap();
    assert_eq!((certificate.outcome.as_str(), certificate.warning.is_some()), ("ok", true));
}

#[test]
fn encrypted_assertions_need_one_of_our_keys() {
    let run = |keys: &[&str]| {
        let options: Vec<String> = keys.iter().flat_map(|name| ["--decryption-key".to_owned(), key(name)]).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        judge(response("entra-encrypted")).with(&options).with(&JSON).run()
    };
    assert_eq!(code(&run(&[])), "no_decryption_key");
    assert_eq!(code(&run(&["sp-next.key.pem"])), "undecryptable");
    assert_eq!(run(&["sp-next.key.pem", "sp.key.pem"]).status, 0);
}

#[test]
fn the_time_of_the_check_may_have_an_offset_a_fraction_or_small_letters() {
    for at in ["2026-03-02T12:00:30.5+02:00", "2026-03-02t10:00:30z", "2026-03-02 02:30:30-07:30"] {
        assert_eq!(judge_without(&["--at"], accepted()).with(&["--at", at]).run().status, 0, "{at}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_gives_2() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let output = command.args(["certificate", &key("idp.cert.pem")]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be written"));
}

#[test]
fn values_that_cannot_be_used_are_told_by_option() {
    let not_a_key = file("not-a-key.txt", "nothing of use");
    for (option, value) in [
        ("--at", "yesterday"),
        ("--at", "2026-03-02T10:00:30"),
        ("--at", "2026-03-02T10:00Z"),
        ("--at", "2026-03-02T10:00:30.Z"),
        ("--at", "2026-03-02T10:00:30+0100"),
        ("--at", "2026-03-02T10:00:30Z[UTC]"),
        ("--at", "20260302T100030Z"),
        ("--require-signed", "none"),
        ("--expired-certificate", "ignore"),
        ("--clock-skew", "2m"),
        ("--clock-skew", "-1"),
        ("--decryption-key", not_a_key.as_str()),
        ("--decryption-key", "/nowhere/key.pem"),
        ("--decryption-key", key("idp.cert.pem").as_str()),
        ("--format", "yaml"),
    ] {
        let run = judge_without(&["--at"], accepted()).with(&[option, value]).run();
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{option} {value}");
        assert!(run.stderr.contains(option) && run.stderr.lines().count() == 1, "{}", run.stderr);
    }
    for (option, value) in [
        ("--acs-url", "ftp://sp.example.com/acs"),
        ("--acs-url", "sp.example.com/acs"),
        ("--sp-entity-id", " x"),
        ("--in-response-to", "not an id"),
        ("--idp-entity-id", ""),
        ("--idp-cert", "/nowhere/idp.cer"),
        ("--idp-cert", not_a_key.as_str()),
        ("--idp-cert", key("idp.key.pem").as_str()),
    ] {
        let run = judge_without(&[option], accepted()).with(&[option, value]).run();
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{option} {value}");
        assert!(run.stderr.contains(option) && run.stderr.lines().count() == 1, "{}", run.stderr);
    }
}

/// XC-32, MX-14.
#[test]
fn a_certificate_is_taken_however_it_was_pasted() {
    let pem = std::fs::read_to_string(key("idp.cert.pem")).unwrap();
    let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for (name, text) in [
        ("one-line.cer", bare.clone()),
        ("quoted.cer", format!("\"{bare}\"\r\n")),
        ("escaped.cer", pem.replace('\n', "\\n")),
        ("byte-order-mark.cer", format!("\u{feff}{}", pem.replace('\n', "\r\n"))),
        ("two.cer", format!("{}\n{pem}", std::fs::read_to_string(key("idp-next.cert.pem")).unwrap())),
    ] {
        let certificate = file(name, text);
        let run = judge_without(&["--idp-cert"], accepted()).with(&["--idp-cert", &certificate]).run();
        assert_eq!(run.status, 0, "{name}: {}", run.stderr);
    }
}

#[test]
fn arguments_that_nobody_knows_are_unusable_in_either_format() {
    let text = vestibule(&["inspect", "--formt", "json", "-"]).run();
    assert_eq!((text.status, text.stdout.as_str()), (2, ""));
    assert!(text.stderr.contains("--formt") && text.stderr.contains("'--format'"), "{}", text.stderr);
    for arguments in [
        &["inspect", "--format", "json"][..],
        &["inspect", "--format=json", "--bogus", "-"],
        &["inspect", "-", "-", "--format", "json"],
    ] {
        assert!(!vestibule(arguments).run().error().is_empty());
    }
    assert_eq!(vestibule(&[]).run().status, 2);
    assert_eq!(vestibule(&["inspect", "--help"]).run().status, 0);
    assert_eq!(vestibule(&["--version"]).run().status, 0);
}

#[test]
fn input_that_cannot_be_read_gives_2_with_and_without_trust() {
    let trust = ["--idp-entity-id", ISSUER, "--sp-entity-id", "x", "--acs-url", "https://sp.example.com/acs"];
    for trust in [&[][..], &trust] {
        let missing = vestibule(&["inspect", "/nowhere/response.xml"]).with(trust).with(&JSON).run();
        assert!(missing.error().contains("/nowhere/response.xml"));
        let folder = vestibule(&["inspect", "/"]).with(trust).with(&JSON).run();
        assert!(folder.error().contains("cannot be read"));
        let long = decode(vec![b'A'; 25 * 1024 * 1024 + 1]).with(trust).with(&JSON).run();
        assert!(long.error().contains("26214400"));
    }
    let pasted = vestibule(&["inspect", &base64(&accepted())]).run();
    assert!(pasted.stderr.contains("pipe it"), "{}", pasted.stderr);
    assert!(pasted.stderr.len() < 300, "{}", pasted.stderr);
}
