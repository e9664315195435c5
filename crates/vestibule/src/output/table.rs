//! Rows below heads, for people: as wide as what they hold, without lines around them, so that they read well in a pipe.

use comfy_table::{ContentArrangement, Table, TableStyle};

use super::sanitised;

/// The lines of a table. What the cells hold is made harmless to a terminal.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads);
    for row in rows {
        table.add_row(row.iter().map(|cell| sanitised(cell)));
    }
    // Each line begins with the space that stands between columns.
    table.lines().map(|line| line.trim_end().strip_prefix(' ').map_or_else(String::new, str::to_owned)).collect()
}

/// Names with values, one a line.
pub(crate) fn facts(facts: &[(&str, String)]) -> Vec<String> {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    facts.iter().map(|(name, value)| format!("{name:<width$}  {}", sanitised(value)).trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells_and_a_line_stays_a_line() {
        let rows = [["acme".to_owned(), "Acme".to_owned()], ["north/mill".to_owned(), "Zoë\n\u{1b}[31m".to_owned()]];
        let lines = table(["PATH", "NAME"], rows);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines[0], "PATH        NAME");
        assert_eq!(lines[1], "acme        Acme");
        assert!(lines[2].starts_with("north/mill  Zoë") && !lines[2].contains('\u{1b}'), "{lines:?}");
    }

    #[test]
    fn facts_stand_below_one_another() {
        assert_eq!(facts(&[("name", "Acme".to_owned()), ("id", "7".to_owned())]), ["name  Acme", "id    7"]);
    }
}
