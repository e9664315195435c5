//! Lines of text with colours, wrapped at a width.

use super::Terminal;

/// How a run of text looks where colours are wanted. Meaning is never colour alone: a shape or a word goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Warning => "\x1b[33m",
            Self::Bad => "\x1b[1;31m",
        }
    }
}

/// Text that grows line by line. What it is given is from strangers: control characters never reach the terminal.
#[derive(Debug)]
pub(crate) struct Page {
    terminal: Terminal,
    text: String,
    column: usize,
}

impl Page {
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self { terminal, text: String::new(), column: 0 }
    }

    pub(crate) fn width(&self) -> usize {
        self.terminal.width
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// Ends the line.
    pub(crate) fn end(&mut self) {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
        self.column = 0;
    }

    /// An empty line and a heading, with a faint remark behind it.
    pub(crate) fn heading(&mut self, title: &str, remark: &str) {
        self.end();
        self.put(Style::Strong, title);
        if !remark.is_empty() {
            self.put(Style::Plain, "  ");
            self.wrapped(2, Style::Faint, remark);
        }
        self.end();
    }

    /// Text on this line, not wrapped.
    pub(crate) fn put(&mut self, style: Style, text: &str) {
        let text = sanitised(text);
        self.column += text.chars().count();
        if self.terminal.color && style != Style::Plain {
            self.text.push_str(style.code());
            self.text.push_str(&text);
            self.text.push_str("\x1b[0m");
        } else {
            self.text.push_str(&text);
        }
    }

    /// Spaces up to a column, at least one behind a word that reaches it.
    pub(crate) fn to(&mut self, column: usize) {
        let touches = self.column > 0 && !self.text.ends_with(' ');
        let missing = column.saturating_sub(self.column).max(usize::from(touches));
        self.text.extend(std::iter::repeat_n(' ', missing));
        self.column += missing;
    }

    /// Text from here on; further lines begin at column `hang`. Words longer than a line, such as addresses, are cut.
    pub(crate) fn wrapped(&mut self, hang: usize, style: Style, text: &str) {
        let width = self.terminal.width;
        let mut begins = true;
        for word in sanitised(text).split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count();
            if begins && self.column > hang && self.column + length > width && hang + length <= width {
                self.end();
                self.to(hang);
            } else if !begins && self.column + 1 + length > width {
                if hang + length > width && self.column + 12 < width {
                    // Does not fit on the next line either: use up this one.
                    self.put(Style::Plain, " ");
                } else {
                    self.end();
                    self.to(hang);
                }
            } else if !begins {
                self.put(style, " ");
            }
            self.cut(hang, style, word);
            begins = false;
        }
    }

    fn cut(&mut self, hang: usize, style: Style, word: &str) {
        let mut rest = word;
        loop {
            let room = self.terminal.width.saturating_sub(self.column).max(1);
            let end = rest.char_indices().nth(room).map_or(rest.len(), |(at, _)| seam(rest, at));
            let (line, more) = rest.split_at(end);
            self.put(style, line);
            if more.is_empty() {
                return;
            }
            self.end();
            self.to(hang);
            rest = more;
        }
    }

    /// ` label   value`, wrapped, with the values in one column.
    pub(crate) fn row(&mut self, label: &str, column: usize, style: Style, value: &str) {
        self.put(Style::Plain, " ");
        self.put(Style::Faint, label);
        self.to(column);
        self.wrapped(column, style, value);
        self.end();
    }

    /// A shape and a sentence, wrapped under the sentence.
    pub(crate) fn note(&mut self, style: Style, shape: &str, sentence: &str) {
        self.put(Style::Plain, " ");
        self.put(style, shape);
        self.put(Style::Plain, " ");
        self.wrapped(3, Style::Plain, sentence);
        self.end();
    }
}

/// Where to cut a word that has to be cut before `end`: behind a `/`, `:` or the like, if one stands in the second half.
fn seam(word: &str, end: usize) -> usize {
    let head = &word[..end];
    head.rfind(['/', ':', '?', '&', '=', ',', '#', '-']).map(|at| at + 1).filter(|&at| at > end / 2).unwrap_or(end)
}

/// The text without what would steer a terminal or turn the direction of writing.
pub(crate) fn sanitised(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if steers(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, color: bool) -> Page {
        Page::new(Terminal { color, width })
    }

    #[test]
    fn lines_break_between_words_and_hang() {
        let mut page = page(20, false);
        page.row("got", 6, Style::Plain, "one two three four five");
        assert_eq!(page.finish(), " got  one two three\n      four five\n");
    }

    #[test]
    fn a_word_longer_than_a_line_is_cut() {
        let mut page = page(12, false);
        page.row("got", 6, Style::Plain, "abcdefghij");
        assert_eq!(page.finish(), " got  abcdef\n      ghij\n");
    }

    #[test]
    fn an_address_is_cut_behind_a_slash() {
        let mut page = page(20, false);
        page.wrapped(0, Style::Plain, "https://example.com/saml");
        assert_eq!(page.finish(), "https://example.com/\nsaml");
    }

    #[test]
    fn what_strangers_write_cannot_steer_the_terminal() {
        let mut page = page(80, true);
        page.put(Style::Plain, "a\u{1b}[2J\u{9b}2J\u{202e}b\nc");
        assert_eq!(page.finish(), "a\u{fffd}[2J\u{fffd}2J\u{fffd}b c");
    }

    #[test]
    fn colours_do_not_count_as_columns() {
        let mut page = page(80, true);
        page.put(Style::Good, "●");
        page.to(4);
        page.put(Style::Plain, "x");
        assert_eq!(page.finish(), "\u{1b}[32m●\u{1b}[0m   x");
    }
}
