//! Every vector, judged by the binary: its `case.toml` as options, its verdict as exit status and JSON.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::support::{Report, Run, root, vestibule};

#[test]
fn accepted_vectors_are_accepted_by_the_tool() {
    for case in cases("accept") {
        let run = case.run(&[]);
        let report = run.report();
        assert_eq!((run.status, report.verdict.as_str()), (0, "accepted"), "{}: {:?}", case.name(), report.refusal);
        assert!(report.steps.iter().all(|step| step.outcome == "ok"), "{}", case.name());
        case.check_identity(&report);
    }
}

#[test]
fn refused_vectors_are_refused_by_the_tool_with_their_code() {
    for case in cases("refuse") {
        let run = case.run(&[]);
        let report = run.report();
        let refusal = report.refusal.as_ref().unwrap_or_else(|| panic!("{} is accepted", case.name()));
        assert_eq!((run.status, report.verdict.as_str()), (1, "refused"), "{}", case.name());
        assert_eq!(refusal.code, case.table["refusal"].as_str().unwrap(), "{}", case.name());
        assert!(report.identity.is_none(), "{}", case.name());
    }
}

#[test]
fn all_steps_stand_in_every_report_in_one_order() {
    let orders = ["accept", "refuse"].map(|verdict| {
        let report = cases(verdict).remove(0).run(&[]).report();
        report.steps.into_iter().map(|step| step.name).collect::<Vec<_>>()
    });
    assert_eq!(orders[0].len(), 29);
    assert_eq!(orders[0], orders[1]);
}

#[test]
fn text_never_says_more_than_the_verdict_of_json() {
    for case in cases("refuse").into_iter().step_by(9) {
        let run = case.run_as("text", &[]);
        assert_eq!(run.status, 1, "{}", case.name());
        assert!(run.stdout.contains("■ Refused."), "{}: {}", case.name(), run.stdout);
        assert!(!run.stdout.contains("● Accepted"), "{}", case.name());
    }
}

/// CC-22: the sample of the seed, unchanged.
#[test]
fn the_real_response_of_entra_is_accepted_at_its_time_and_not_after_it() {
    let case = cases("accept").into_iter().find(|case| case.name() == "entra-2020-real").unwrap();
    assert_eq!(case.run(&[]).status, 0);
    let text = case.run_as("text", &[]).stdout;
    assert!(text.contains("▲ givenname"), "CC-27: {text}");
    // The values in full are in no line of the text.
    let report = case.run(&[]).report().identity.unwrap();
    assert!(!text.contains(&report.name_id));
    let (last, first_refused) = ("2020-06-02T16:01:38.808Z", "2020-06-02T16:01:38.809Z");
    assert_eq!(case.run(&["--at", last]).status, 0);
    let refused = case.run(&["--at", first_refused]).report();
    assert_eq!(refused.refusal.unwrap().code, "expired");
}

struct Case {
    folder: PathBuf,
    table: Table,
}

/// All but those whose setting has no option: a maximum age, a context that was asked for.
fn cases(verdict: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = fs::read_dir(root().join("vectors/saml").join(verdict))
        .unwrap()
        .map(|entry| {
            let folder = entry.unwrap().path();
            let table = fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
            Case { folder, table }
        })
        .filter(|case| !["max_age", "authn_context"].iter().any(|key| case.expected().contains_key(*key)))
        .collect();
    cases.sort_by(|a, b| a.folder.cmp(&b.folder));
    assert!(cases.len() > 50, "{} vectors", cases.len());
    cases
}

impl Case {
    fn name(&self) -> &str {
        self.folder.file_name().unwrap().to_str().unwrap()
    }

    fn expected(&self) -> &Table {
        self.table["expected"].as_table().unwrap()
    }

    fn run(&self, changed: &[&str]) -> Run {
        self.run_as("json", changed)
    }

    /// Runs with the options of the case, of which `changed` replaces some.
    fn run_as(&self, format: &str, changed: &[&str]) -> Run {
        let mut arguments = self.arguments();
        for pair in changed.chunks(2) {
            let at = arguments.iter().position(|argument| argument == pair[0]).unwrap();
            pair[1].clone_into(&mut arguments[at + 1]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let message = path(&self.folder, &self.table["message"]);
        vestibule(&["inspect", &message, "--format", format]).with(&arguments).run()
    }

    fn arguments(&self) -> Vec<String> {
        let (idp, sp, expected) = (&self.table["idp"], &self.table["sp"], self.expected());
        let mut arguments = Vec::new();
        let mut add = |option: &str, value: &Value| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            arguments.extend([option.to_owned(), value]);
        };
        add("--idp-entity-id", &idp["entity_id"]);
        add("--sp-entity-id", &sp["entity_id"]);
        add("--acs-url", &sp["acs_url"]);
        let one = [("in_response_to", "--in-response-to"), ("require_signed", "--require-signed"), ("at", "--at")];
        let two = [("clock_skew", "--clock-skew"), ("expired_certificate", "--expired-certificate")];
        for (key, option) in one.into_iter().chain(two) {
            expected.get(key).into_iter().for_each(|value| add(option, value));
        }
        for used in expected.get("used_assertions").and_then(Value::as_array).into_iter().flatten() {
            add("--seen-assertion", used);
        }
        for (table, key, option) in [(idp, "certificates", "--idp-cert"), (sp, "decryption_keys", "--decryption-key")] {
            for file in table.get(key).and_then(Value::as_array).into_iter().flatten() {
                add(option, &Value::String(path(&self.folder, file)));
            }
        }
        for (key, option) in [("unsolicited", "--allow-unsolicited"), ("allow_sha1", "--allow-sha1")] {
            if expected.get(key).and_then(Value::as_bool) == Some(true) {
                arguments.push(option.to_owned());
            }
        }
        arguments
    }

    /// That the identity is what the case says, as far as it says it in clear.
    fn check_identity(&self, report: &Report) {
        let (wanted, got) = (self.table["identity"].as_table().unwrap(), report.identity.as_ref().unwrap());
        let text = |key: &str| wanted.get(key).and_then(Value::as_str);
        if let Some(name_id) = text("name_id") {
            assert_eq!(got.name_id, name_id, "{}", self.name());
        }
        assert_eq!(got.name_id_format.as_deref(), text("name_id_format"), "{}", self.name());
        assert_eq!(got.session_index.as_deref(), text("session_index"), "{}", self.name());
        assert!(got.authn_instant.starts_with(&text("authn_instant").unwrap()[..19]), "{}", self.name());
        let attributes = wanted.get("attributes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(got.attributes.len(), attributes.len(), "{}", self.name());
        for (got, wanted) in got.attributes.iter().zip(attributes) {
            assert_eq!(Some(got.name.as_str()), wanted["name"].as_str(), "{}", self.name());
            let friendly_name = wanted.get("friendly_name").and_then(Value::as_str);
            assert_eq!(got.friendly_name.as_deref(), friendly_name, "{}", self.name());
            self.check_values(&got.values, wanted["values"].as_array().unwrap());
        }
    }

    fn check_values(&self, got: &[String], wanted: &[Value]) {
        // A value that is nil is none.
        let wanted: Vec<&Value> = wanted.iter().filter(|value| value.get("nil").is_none()).collect();
        assert_eq!(got.len(), wanted.len(), "{}", self.name());
        for (got, wanted) in got.iter().zip(wanted) {
            if let Some(text) = wanted.as_str() {
                assert_eq!(got, text, "{}", self.name());
            } else if let Some(text) = wanted.get("structured").and_then(Value::as_str) {
                assert!(got.contains(text) && got.contains('<'), "{}: {got}", self.name());
            }
        }
    }
}

fn path(folder: &Path, file: &Value) -> String {
    folder.join(file.as_str().unwrap()).to_str().unwrap().to_owned()
}
