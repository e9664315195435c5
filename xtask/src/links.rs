//! Relative links in Markdown files: the file must be there, and the heading in it.

use std::fs;
use std::path::{Path, PathBuf};

/// One line for each link that leads nowhere.
pub(crate) fn broken(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    let mut broken = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else {
            broken.push(format!("{}: cannot be read", file.display()));
            continue;
        };
        for (number, link) in links(&text) {
            if let Some(why) = problem(&file, link) {
                let file = file.strip_prefix(root).unwrap_or(&file);
                broken.push(format!("{}:{number}: {link}: {why}", file.display()));
            }
        }
    }
    broken
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.');
        if path.is_dir() && !hidden && name != "target" && name != "node_modules" {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}

/// The targets of `[text](target)` outside code, with their line numbers.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        for (at, span) in line.split('`').enumerate() {
            // Between an odd and an even backtick stands code.
            if at % 2 == 1 {
                continue;
            }
            let targets = span.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
            found.extend(targets.map(|target| (number, target)));
        }
    }
    found
}

/// The lines outside fenced code, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

fn problem(file: &Path, link: &str) -> Option<&'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { file.to_path_buf() } else { file.parent()?.join(path) };
    if !target.exists() {
        return Some("no such file");
    }
    if heading.is_empty() || target.extension().is_none_or(|extension| extension != "md") {
        return None;
    }
    let text = fs::read_to_string(&target).unwrap_or_default();
    let known = prose(&text).any(|(_, line)| line.starts_with('#') && anchor(line) == heading);
    (!known).then_some("no such heading")
}

/// The fragment by which the usual Markdown viewers know a heading.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{anchor, links};

    #[test]
    fn links_in_prose_are_found_with_their_line() {
        assert_eq!(links("a\n[b](c.md#d) and ![e](f.png \"title\")"), [(2, "c.md#d"), (2, "f.png")]);
    }

    #[test]
    fn code_has_no_links() {
        assert_eq!(links("`[a](b)`\n```\n[c](d)\n```\n"), []);
    }

    #[test]
    fn a_heading_becomes_its_fragment() {
        assert_eq!(anchor("## What a vector is (and isn't)"), "what-a-vector-is-and-isnt");
    }
}
