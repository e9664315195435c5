//! Folders of one run, below the target folder.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, io, process, thread};

use crate::fail;

const PREFIX: &str = "vestibule-test-";

const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// An empty folder for one peer. It is removed with this value, and kept for a look when the test fails.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// A folder whose name begins with `name`.
    #[track_caller]
    pub fn new(name: &str) -> Self {
        Self::below(&target().join("tmp"), name)
    }

    /// The same, where users without rights can reach it: a target folder in a closed home is out of their sight.
    #[track_caller]
    pub fn for_every_user(name: &str) -> Self {
        let tmp = target().join("tmp");
        let open = target()
            .ancestors()
            .all(|folder| fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0));
        if open { Self::below(&tmp, name) } else { Self::below(&env::temp_dir(), name) }
    }

    /// The same, with a short path wherever the target folder is: a browser puts sockets into its folder, and the path
    /// of a socket has at most 107 bytes.
    #[track_caller]
    pub fn for_sockets(name: &str) -> Self {
        Self::below(&env::temp_dir(), name)
    }

    /// Where it is; absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the folder, and the folders that its name has.
    #[track_caller]
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.path.join(name);
        let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, content));
        done(&file, written);
        file
    }

    /// Makes a folder in it.
    #[track_caller]
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.path.join(name);
        done(&folder, fs::create_dir_all(&folder));
        folder
    }

    #[track_caller]
    fn below(folder: &Path, name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{PREFIX}{name}-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = folder.join(name);
        remove_left_behind(folder);
        // Process ids come round again.
        let _ = fs::remove_dir_all(&path);
        done(&path, fs::create_dir_all(&path));
        Self { path }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("kept for a look: {}", self.path.display());
        } else {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes what failed or killed tests have left in `folder` and nobody came to look at for a day: build folders are
/// kept between runs.
fn remove_left_behind(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        let age = changed.ok().and_then(|changed| changed.elapsed().ok());
        if ours && age.is_some_and(|age| age > KEPT) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Cargo's build folder, in which this program was built.
#[track_caller]
pub fn target() -> PathBuf {
    let profile = profile();
    profile.parent().unwrap_or(&profile).to_owned()
}

/// The folder of this build's profile, in which cargo leaves the binaries.
#[track_caller]
pub fn profile() -> PathBuf {
    let program = env::current_exe().unwrap_or_else(|error| fail(format_args!("where am I? {error}")));
    // Tests are built one folder deeper than binaries.
    let folder = program.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    folder.unwrap_or_else(|| fail(format_args!("{} is not in a target folder", program.display()))).to_owned()
}

#[track_caller]
pub(crate) fn done<T>(path: &Path, result: io::Result<T>) -> T {
    result.unwrap_or_else(|error| fail(format_args!("{}: {error}", path.display())))
}
