//! What README.md and docs/inspect.md show is what the tool does.
//!
//! `UPDATE_PICTURE=1 cargo test -p vestibule --test inspect picture` draws the picture again.

use std::fmt::Write as _;
use std::fs;

use crate::support::{ISSUER, Report, entity, file, judge_without, response, root, vestibule};

const PICTURE: &str = "docs/img/inspect.svg";
const COMMAND: &str = "vestibule inspect response.xml --metadata entra.xml --sp-entity-id … --acs-url …";

/// Pixels of one column and one line.
const COLUMN: f64 = 8.4;
const LINE: f64 = 19.0;
const COLUMNS: f64 = 82.0;
const EDGE: f64 = 20.0;

/// Plain rules and a query for dark pages: readers of SVG need not know custom properties.
const STYLE: &str = "\
rect { fill: #fff; stroke: #d0d7de }
text { font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; font-size: 14px; fill: #1f2328 }
.strong { font-weight: bold }
.faint { fill: #59636e }
.good { fill: #1a7f37 }
.warning { fill: #9a6700 }
.bad { fill: #cf222e; font-weight: bold }
@media (prefers-color-scheme: dark) {
  rect { fill: #0d1117; stroke: #3d444d }
  text { fill: #e6edf3 }
  .faint { fill: #9198a1 }
  .good { fill: #3fb950 }
  .warning { fill: #d29922 }
  .bad { fill: #f85149 }
}
";

#[test]
fn the_command_in_the_readme_accepts_the_real_response() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, command) = readme.split_once("cargo run --release -- inspect").unwrap();
    let (command, _) = command.split_once("```").unwrap();
    let options = command.split_whitespace().filter(|word| *word != "\\");
    let arguments: Vec<&str> = ["inspect"].into_iter().chain(options).collect();
    let run = vestibule(&arguments).at_root().run();
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("● Accepted."), "{}", run.stdout);
}

#[test]
fn the_example_in_the_documentation_has_the_shape_that_it_documents() {
    let page = fs::read_to_string(root().join("docs/inspect.md")).unwrap();
    let (_, example) = page.split_once("```json\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let report: Report = serde_json::from_str(example).unwrap();
    assert_eq!((report.version, report.verdict.as_str()), (1, "refused"));
}

#[test]
fn the_picture_in_the_readme_is_what_the_tool_prints() {
    let svg = draw(&output());
    let path = root().join(PICTURE);
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &svg).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == svg,
        "{PICTURE} is out of date; UPDATE_PICTURE=1 cargo test -p vestibule --test inspect picture"
    );
}

/// A response of the fictional tenant whose administrator has set another identifier than ours, down to the last check.
fn output() -> String {
    let metadata = file("picture.xml", entity(ISSUER, &["idp.cert.pem"], ""));
    let options = ["--metadata", &metadata, "--sp-entity-id", "https://sso.example.com/sp/contoso"];
    let run = judge_without(&["--idp-entity-id", "--idp-cert", "--sp-entity-id"], response("entra-assertion-signed"));
    let run = run.with(&options).environment("CLICOLOR_FORCE", "1").run();
    assert_eq!(run.status, 1, "{}", run.stderr);
    let (report, _) = run.stdout.split_once("\n\x1b[1mWhat it says").unwrap();
    report.to_owned()
}

fn draw(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let rows = u32::try_from(lines.len() + 2).unwrap();
    let (width, height) = (COLUMNS * COLUMN + 2.0 * EDGE, f64::from(rows) * LINE + 1.4 * EDGE);
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} \
         {height:.0}\" role=\"img\" aria-labelledby=\"title\">\n<title id=\"title\">A response that is meant for another \
         application: what was got, what was wanted, what to change in Entra, who can, and every check.</title>\n\
         <style>\n{STYLE}</style>\n<rect x=\".5\" y=\".5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"8\"/>",
        width - 1.0,
        height - 1.0
    );
    run(&mut svg, 0, 0, "faint", "$ ");
    run(&mut svg, 0, 2, "strong", COMMAND);
    for (row, line) in (2..).zip(lines) {
        draw_line(&mut svg, row, line);
    }
    svg.push_str("</svg>\n");
    svg
}

/// One line with its escape sequences.
fn draw_line(svg: &mut String, row: u32, line: &str) {
    let mut column = 0;
    for (number, piece) in line.split("\x1b[").enumerate() {
        let (class, text) = match piece.split_once('m').filter(|_| number > 0) {
            Some((code, text)) => (class(code), text),
            None => ("", piece),
        };
        run(svg, row, column, class, text);
        column += u32::try_from(text.chars().count()).unwrap();
    }
}

fn class(code: &str) -> &'static str {
    match code {
        "0" => "",
        "1" => "strong",
        "2" => "faint",
        "32" => "good",
        "33" => "warning",
        "1;31" => "bad",
        other => panic!("no class for {other}"),
    }
}

/// A run of text, stretched to its columns whatever the font is. Each piece between wide gaps has a place of its own,
/// since XML makes one space of several.
fn run(svg: &mut String, row: u32, column: u32, class: &str, text: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let y = EDGE + f64::from(row + 1) * LINE - 5.0;
    let mut column = column;
    for piece in text.split("  ") {
        let begin = piece.chars().take_while(|c| *c == ' ').count();
        let shown = piece.trim();
        let x = EDGE + f64::from(column + u32::try_from(begin).unwrap()) * COLUMN;
        let length = f64::from(u32::try_from(shown.chars().count()).unwrap()) * COLUMN;
        let escaped = shown.replace('&', "&amp;").replace('<', "&lt;");
        if !escaped.is_empty() {
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.0}\" textLength=\"{length:.1}\"{class}>{escaped}</text>");
        }
        column += u32::try_from(piece.chars().count() + 2).unwrap();
    }
}
