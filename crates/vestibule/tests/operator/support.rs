use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder with a configuration in it; it goes with the value.
pub(crate) struct Deployment {
    folder: PathBuf,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Deployment {
    /// On loopback, with these further lines in its configuration.
    pub(crate) fn new(name: &str, more: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vestibule-operator-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let deployment = Self { folder };
        let lines = format!(
            "public_url = \"http://sso.localhost:8400\"\naccount_domain = \"localhost\"\nproduct = \"Orchard\"\n\
             listen = \"127.0.0.1:0\"\ndatabase = \"sqlite:{}\"\n{more}\n",
            deployment.folder.join("v.db").display()
        );
        deployment.file("v.toml", &lines);
        deployment
    }

    /// Where a file of the folder is.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The binary with this deployment's configuration, and nothing of this process's environment that changes it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")) {
            command.env_remove(name);
        }
        command.env("VESTIBULE_CONFIG", self.folder.join("v.toml"));
        // A key that seals nothing of value: 32 zeros.
        command.env("VESTIBULE_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().unwrap();
        Run {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
