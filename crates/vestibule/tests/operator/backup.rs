//! Copies of the database and the way back.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::{Deployment, Run};

const ACME: &str = "[[account]]\npath = \"acme\"\nname = \"Acme\"\n";
const GLOBEX: &str = "[[account]]\npath = \"globex\"\nname = \"Globex\"\n";

/// A deployment with Acme in it, and a copy of it from before there was Globex.
fn copied(name: &str) -> (Deployment, String) {
    let it = Deployment::new(name, "");
    apply(&it, ACME);
    let copy = it.path("copy.db");
    let run = it.run(&["backup", &copy]);
    assert_eq!((run.status, &*run.stderr), (0, ""), "{}", run.stdout);
    apply(&it, GLOBEX);
    (it, copy)
}

#[track_caller]
fn apply(it: &Deployment, accounts: &str) {
    let run = it.run(&["apply", &it.file("accounts.toml", accounts)]);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

/// Whether Globex is there.
#[track_caller]
fn has_globex(it: &Deployment) -> bool {
    let run = it.run(&["apply", "--dry-run", &it.file("accounts.toml", GLOBEX)]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    !run.stdout.contains("globex")
}

#[track_caller]
fn assert_refused(run: &Run, why: &str) {
    assert_eq!((run.status, &*run.stdout), (2, ""), "{}", run.stderr);
    assert!(run.stderr.contains(why), "{} instead of {why}", run.stderr);
}

fn names(it: &Deployment) -> Vec<String> {
    let folder = it.path("");
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_was_copied_comes_back_and_what_was_there_is_put_aside() {
    let (it, copy) = copied("backup");
    assert!(has_globex(&it));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);

    let refused = it.run(&["restore", &copy]);
    assert_refused(
        &refused,
        &format!("{} is there already, and is not overwritten; say --replace to put it aside", it.path("v.db")),
    );
    assert!(has_globex(&it));

    let run = it.run(&["restore", &copy, "--replace"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    let aside = it.path("v.db.before-restore");
    let said = format!("sqlite:{} is as it was in {copy}. What was there before is in {aside}.\n", it.path("v.db"));
    assert_eq!(run.stdout, said);
    assert!(!has_globex(&it));

    // What was put aside is a whole database: it can be put back.
    let again = it.run(&["restore", &aside, "--replace"]);
    assert_refused(&again, &format!("{aside} is there already"));
    fs::rename(&aside, it.path("aside.db")).unwrap();
    let run = it.run(&["restore", &it.path("aside.db"), "--replace"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    assert!(has_globex(&it));
    assert!(names(&it).iter().all(|name| !name.contains("restoring") && !name.contains("partial")), "{:?}", names(&it));
}

/// The log of a database that somebody has moved away would be read as that of the next one.
#[test]
fn a_log_without_its_database_is_put_aside_too() {
    let (it, copy) = copied("backup-log");
    fs::rename(it.path("v.db"), it.path("moved.db")).unwrap();
    fs::write(it.path("v.db-wal"), "of another database").unwrap();
    let refused = it.run(&["restore", &copy]);
    assert_refused(&refused, &format!("{} is there already", it.path("v.db-wal")));
    let run = it.run(&["restore", &copy, "--replace"]);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    assert_eq!(fs::read_to_string(it.path("v.db.before-restore-wal")).unwrap(), "of another database");
    assert!(!has_globex(&it));
    // A copy with a log beside it is not the whole of it.
    fs::write(it.path("moved.db-wal"), "a part of it").unwrap();
    fs::remove_file(it.path("v.db.before-restore-wal")).unwrap();
    let refused = it.run(&["restore", &it.path("moved.db"), "--replace"]);
    assert_refused(&refused, "moved.db-wal beside it holds a part of it");
}

#[test]
fn a_copy_is_never_overwritten() {
    let (it, copy) = copied("backup-twice");
    let before = fs::read(&copy).unwrap();
    assert_refused(
        &it.run(&["backup", &copy]),
        &format!("{copy} is there already, and is not overwritten; name another file"),
    );
    assert_eq!(fs::read(&copy).unwrap(), before);
    File::create(it.path("other.db.partial")).unwrap();
    let under_way = it.run(&["backup", &it.path("other.db")]);
    assert_refused(&under_way, "remove it unless another backup is under way");
    assert!(Path::new(&it.path("other.db.partial")).exists(), "it is not ours");
}

#[test]
fn nothing_is_restored_from_what_is_damaged_or_something_else() {
    let (it, copy) = copied("backup-damaged");
    let mut octets = fs::read(&copy).unwrap();
    let middle = octets.len() / 2;
    // Two pages long, so that the head of one is hit whatever stands there.
    octets[middle - 4096..middle + 4096].fill(0x5a);
    fs::write(it.path("damaged.db"), octets).unwrap();
    fs::write(it.path("text.db"), "not a database, but long enough for one. ".repeat(100)).unwrap();
    fs::write(it.path("empty.db"), "").unwrap();
    for (file, why) in [
        ("damaged.db", "is damaged: "),
        ("text.db", "is no copy of a database of Vestibule: file is not a database"),
        ("empty.db", "is no copy of a database of Vestibule: it has none of its tables"),
        ("none.db", "No such file or directory"),
    ] {
        assert_refused(&it.run(&["restore", &it.path(file), "--replace"]), why);
        assert!(has_globex(&it), "{file}");
        assert!(names(&it).iter().all(|name| !name.contains("restoring")), "{:?}", names(&it));
    }
}

#[test]
fn nothing_is_restored_that_the_configured_key_does_not_open() {
    let (it, copy) = copied("backup-key");
    let mut command = it.command(&["restore", &copy, "--replace"]);
    command.env("VESTIBULE_KEY", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("configure the key that sealed it (key_file or VESTIBULE_KEY)"), "{said}");
    assert!(has_globex(&it));
}

#[test]
fn nothing_is_restored_under_a_node_that_serves() {
    let (it, copy) = copied("backup-served");
    // What a node holds.
    let lock = File::options().write(true).create(true).truncate(false).open(it.path("v.db.node")).unwrap();
    lock.lock().unwrap();
    assert_refused(&it.run(&["restore", &copy, "--replace"]), "is in use by another node");
    drop(lock);
    assert!(has_globex(&it));
}

#[test]
fn postgresql_is_left_to_its_own_tools() {
    let it = Deployment::new("backup-postgres", "");
    let mut command = it.command(&["backup", "copy.db"]);
    command.env("VESTIBULE_DATABASE", "postgres://vestibule@127.0.0.1:9/vestibule");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("pg_dump --format=custom --file=FILE DATABASE"), "{said}");
}
