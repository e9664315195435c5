//! Passwords that became known elsewhere: a file of their hashes, in order, looked up without reading it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use thiserror::Error;

/// The longest line: 40 digits, a colon, a count, an end of line.
const LINE: usize = 80;

/// So many lines are looked at when the file is opened: enough to see that another order was meant.
const SAMPLES: u64 = 256;

type Sha1 = [u8; 20];

/// A list of passwords that nobody may choose: the SHA-1 of each in hexadecimal, one a line, in ascending order, with
/// `:` and a count behind it or without. It may have any size: a look reads some forty pieces of it.
#[derive(Debug)]
pub struct Leaked {
    file: File,
    path: PathBuf,
    length: u64,
}

/// Why a list cannot be used.
#[derive(Debug, Error)]
pub enum LeakedError {
    /// The file cannot be read.
    #[error("{}: {error}; the operator names a file that this process can read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is another file.
    #[error(
        "{}: octet {at}: {got}, wanted are SHA-1 hashes of 40 hexadecimal digits, one a line, in ascending order; the \
         operator takes the list that is ordered by hash",
        path.display()
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// Where in it.
        at: u64,
        /// What is there.
        got: &'static str,
    },
}

impl Leaked {
    /// Opens a list, and looks at some of its lines.
    ///
    /// # Errors
    /// It cannot be read, is empty, or its lines are not hashes in order.
    pub fn open(path: &Path) -> Result<Self, LeakedError> {
        let read = |error| LeakedError::Read { path: path.to_owned(), error };
        let file = File::open(path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let list = Self { file, path: path.to_owned(), length };
        let mut last = None;
        for sample in 0..SAMPLES {
            let Some((at, hash)) = list.line_from(length / SAMPLES * sample)? else { break };
            if last.is_some_and(|(before, known)| before < at && known >= hash) {
                return Err(list.shape(at, "a hash that is not behind an earlier one"));
            }
            last = Some((at, hash));
        }
        if last.is_none() { Err(list.shape(0, "no hash")) } else { Ok(list) }
    }

    /// Whether the list has this password.
    ///
    /// # Errors
    /// The file cannot be read any more, or is another one by now.
    pub fn has(&self, password: &str) -> Result<bool, LeakedError> {
        let mut wanted: Sha1 = [0; 20];
        wanted.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref());
        // Its line, if there is one, begins within these bounds.
        let (mut from, mut to) = (0, self.length);
        while from < to {
            let middle = from + (to - from) / 2;
            match self.line_from(middle)? {
                Some((_, hash)) if hash == wanted => return Ok(true),
                Some((at, hash)) if hash < wanted => from = at + 1,
                _ => to = middle,
            }
        }
        Ok(false)
    }

    /// The first line that begins at this octet or behind it, and where.
    fn line_from(&self, at: u64) -> Result<Option<(u64, Sha1)>, LeakedError> {
        // One octet more, for what ends the line before.
        let before = at.saturating_sub(1);
        let mut buffer = [0; 2 * LINE];
        let piece = self.read_at(&mut buffer, before)?;
        let start = match at {
            0 => 0,
            _ => match piece.iter().position(|octet| *octet == b'\n') {
                Some(end) => end + 1,
                None if piece.len() < LINE => return Ok(None),
                None => return Err(self.shape(at, "a long line")),
            },
        };
        let line = piece.get(start..).unwrap_or_default();
        if line.iter().all(u8::is_ascii_whitespace) && before + piece.len() as u64 >= self.length {
            return Ok(None);
        }
        let at = before + start as u64;
        hash_of(line).map(|hash| Some((at, hash))).ok_or_else(|| self.shape(at, "another line"))
    }

    fn read_at<'b>(&self, buffer: &'b mut [u8], at: u64) -> Result<&'b [u8], LeakedError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(LeakedError::Read { path: self.path.clone(), error }),
            }
        }
        Ok(buffer.get(..filled).unwrap_or_default())
    }

    fn shape(&self, at: u64, got: &'static str) -> LeakedError {
        LeakedError::Shape { path: self.path.clone(), at, got }
    }
}

/// The hash with which a line begins.
fn hash_of(line: &[u8]) -> Option<Sha1> {
    let (digits, behind) = line.split_at_checked(40)?;
    if !matches!(behind.first(), None | Some(b':' | b'\r' | b'\n')) {
        return None;
    }
    let mut hash: Sha1 = [0; 20];
    for (octet, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that goes with the value.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str, text: &str) -> Self {
            let path = std::env::temp_dir().join(format!("vestibule-leaked-{name}-{}", std::process::id()));
            std::fs::write(&path, text).unwrap();
            Self(path)
        }

        fn list(&self) -> Leaked {
            Leaked::open(&self.0).unwrap()
        }

        #[track_caller]
        fn refusal(&self) -> String {
            Leaked::open(&self.0).unwrap_err().to_string().replace(&self.0.display().to_string(), "list")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn hex(password: &str) -> String {
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        hash.as_ref().iter().map(|octet| format!("{octet:02X}")).collect()
    }

    fn sorted(count: u32, end: impl Fn(usize) -> String) -> String {
        let mut hashes: Vec<String> = (0..count).map(|n| hex(&format!("leaked {n}"))).collect();
        hashes.sort_unstable();
        hashes.iter().enumerate().map(|(place, hash)| format!("{hash}{}", end(place))).collect()
    }

    #[test]
    fn each_line_is_found_and_nothing_else_however_lines_end() {
        let ends: [fn(usize) -> String; 4] = [
            |place| format!(":{}\r\n", place * 7919),
            |_| "\n".to_owned(),
            |place| format!(":{}\n", u64::MAX - place as u64),
            |place| if place == 499 { String::new() } else { "\n".to_owned() },
        ];
        for (name, end) in ends.into_iter().enumerate() {
            let file = Scratch::new(&format!("found-{name}"), &sorted(500, end));
            let list = file.list();
            for n in 0..500 {
                assert!(list.has(&format!("leaked {n}")).unwrap(), "{n} of list {name}");
                assert!(!list.has(&format!("not leaked {n}")).unwrap(), "{n} of list {name}");
            }
        }
    }

    #[test]
    fn a_list_of_one_and_small_letters_do() {
        let file = Scratch::new("one", &hex("correct horse battery staple").to_lowercase());
        let list = file.list();
        assert!(list.has("correct horse battery staple").unwrap());
        assert!(!list.has("correct horse battery stapler").unwrap());
    }

    #[test]
    fn another_file_is_refused_when_it_is_opened() {
        let wanted = "wanted are SHA-1 hashes of 40 hexadecimal digits, one a line, in ascending order; the operator \
                      takes the list that is ordered by hash";
        let backwards: Vec<String> = sorted(9, |_| "\n".to_owned()).lines().rev().map(str::to_owned).collect();
        for (name, text, refusal) in [
            ("empty", String::new(), "list: octet 0: no hash"),
            ("words", "correct horse\nbattery\n".to_owned(), "list: octet 0: another line"),
            ("ntlm", "32ED87BDB5FDC5E9CBA88547376818D4:1\n".to_owned(), "list: octet 0: another line"),
            ("backwards", backwards.join("\n"), "list: octet 41: a hash that is not behind an earlier one"),
            ("blob", "A".repeat(4000), "list: octet 0: another line"),
        ] {
            assert_eq!(Scratch::new(name, &text).refusal(), format!("{refusal}, {wanted}"), "{name}");
        }
        let missing = Leaked::open(Path::new("/nowhere/list")).unwrap_err().to_string();
        assert!(missing.starts_with("/nowhere/list: No such file"), "{missing}");
    }
}
