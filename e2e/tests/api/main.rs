//! The admin API against its own description, by schemathesis (PyPI), which no one here wrote: each endpoint of the running
//! demonstration is asked with what fits the description and with what does not, and each answer is held against it.

use std::process::{Command, Stdio};

use serde_json::Value;
use vestibule_e2e::peers::demo::Demo;
use vestibule_e2e::scratch::{Scratch, target};

const CONFIGURATION: &str = include_str!("../../schemathesis/schemathesis.toml");

fn key(demo: &Demo, name: &str) -> String {
    let arguments = ["api-key", "create", name, "--role", "operator", "--access", "trust", "--format", "json"];
    let made: Value = serde_json::from_str(&demo.run(&arguments, &[]).unwrap()).unwrap();
    made["secret"].as_str().unwrap().to_owned()
}

#[test]
fn the_api_is_as_it_describes_itself() {
    let packages = target().join("tools").join("e2e-schemathesis");
    assert!(packages.is_dir(), "{} is missing: `cargo xtask test api` installs it", packages.display());
    let demo = Demo::start();
    let folder = Scratch::new("schemathesis");
    let configuration = folder.write("schemathesis.toml", CONFIGURATION);
    let mut command = Command::new("python3");
    command.args(["-m", "schemathesis.cli", "--config-file"]).arg(configuration).arg("run");
    command.arg(demo.issuer("/api/v1/openapi.json")).args(["--checks", "all", "--no-color"]);
    command.arg("--header").arg(format!("Authorization: Bearer {}", key(&demo, "schemathesis")));
    command.current_dir(folder.path()).env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1");
    let done = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains(" generated, ") && said.contains(" passed"), "{said}");
    // Else nothing was asked but who it is.
    let keys: Value = serde_json::from_str(&demo.run(&["api-key", "list", "--format", "json"], &[]).unwrap()).unwrap();
    let own = keys["keys"].as_array().unwrap().iter().find(|key| key["name"] == "schemathesis").unwrap();
    assert_eq!(own["state"], "good");
}
