//! The languages of the pages: which one a browser wants, and the texts.
//!
//! All texts stand in `text/en.ftl` and `text/de.ftl` (Project Fluent), are read once, and are written without a copy.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use askama::filters::HtmlSafe;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Language {
    /// English, which whoever asks for no language of ours gets.
    #[default]
    English,
    /// German.
    German,
}

/// How many entries of an `Accept-Language` are read. Browsers send fewer than ten.
const MAX_RANGES: usize = 32;

impl Language {
    /// Every language, in the order of preference where a browser has none.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag (BCP 47), as in the attribute `lang`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language that an `Accept-Language` header prefers (RFC 9110 §12.5.4): the highest `q`, of equal ones the
    /// first. A range counts by its first subtag, so `de-AT` asks for German. What cannot be read is passed over.
    pub fn from_accept_language(header: Option<&str>) -> Self {
        let mut best: Option<(Self, u16)> = None;
        for range in header.unwrap_or_default().split(',').take(MAX_RANGES) {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(Self::from_range) else { continue };
            let Some(weight) = parts.next().map_or(Some(1000), weight) else { continue };
            if weight > best.map_or(0, |(_, weight)| weight) {
                best = Some((language, weight));
            }
        }
        best.map_or_else(Self::default, |(language, _)| language)
    }

    /// The first language of ours in a list separated by spaces, as `ui_locales` is (OpenID Connect Core §3.1.2.1).
    pub fn from_ui_locales(list: &str) -> Option<Self> {
        list.split_ascii_whitespace().take(MAX_RANGES).find_map(Self::from_range)
    }

    /// A text, to be written or given arguments.
    pub fn say(self, key: &str) -> Text<'_> {
        Text { language: self, key, args: [("", ""); MAX_ARGS] }
    }

    /// Whether there is such a text.
    pub fn has(self, key: &str) -> bool {
        let (message, attribute) = split(key);
        self.bundle().get_message(message).is_some_and(|message| match attribute {
            Some(attribute) => message.get_attribute(attribute).is_some(),
            None => message.value().is_some(),
        })
    }

    fn from_range(range: &str) -> Option<Self> {
        let range = range.trim();
        let primary = range.split('-').next().unwrap_or(range);
        if primary == "*" {
            return Some(Self::default());
        }
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    fn source(self) -> &'static str {
        match self {
            Self::English => concat!(
                include_str!("text/en.ftl"),
                include_str!("text/console/en.ftl"),
                include_str!("text/console/account-en.ftl"),
                include_str!("text/console/inspector-en.ftl")
            ),
            Self::German => concat!(
                include_str!("text/de.ftl"),
                include_str!("text/console/de.ftl"),
                include_str!("text/console/account-de.ftl"),
                include_str!("text/console/inspector-de.ftl")
            ),
        }
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        static BUNDLES: [OnceLock<FluentBundle<FluentResource>>; Language::ALL.len()] = [const { OnceLock::new() }; 2];
        BUNDLES[self as usize].get_or_init(|| self.read())
    }

    /// Reads the texts. A test makes sure that nothing in them is wrong; what were wrong would be left out here.
    fn read(self) -> FluentBundle<FluentResource> {
        let resource = FluentResource::try_new(self.source().to_owned()).unwrap_or_else(|(resource, _errors)| resource);
        let language: LanguageIdentifier = self.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Isolation marks would be copied with the values that people copy.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        bundle
    }
}

/// A weight in thousandths (RFC 9110 §12.4.2). `None` if it is none, or zero, which means "not this one".
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.trim().split_once('=')?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_weight = name.eq_ignore_ascii_case("q")
        && matches!(whole, "0" | "1")
        && fraction.len() <= 3
        && fraction.bytes().all(|b| b.is_ascii_digit());
    let thousandths = format!("{whole}{fraction:0<3}").parse().ok().filter(|_| is_weight)?;
    (1..=1000).contains(&thousandths).then_some(thousandths)
}

/// `message.attribute` in its parts.
fn split(key: &str) -> (&str, Option<&str>) {
    key.split_once('.').map_or((key, None), |(message, attribute)| (message, Some(attribute)))
}

/// How many arguments a text has at most.
const MAX_ARGS: usize = 3;

/// A text of one language with its arguments. It is made when it is written.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    language: Language,
    key: &'a str,
    args: [(&'static str, &'a str); MAX_ARGS],
}

impl<'a> Text<'a> {
    /// With an argument. A fourth one is dropped; no text has as many.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &'a str) -> Self {
        if let Some(free) = self.args.iter_mut().find(|(name, _)| name.is_empty()) {
            *free = (name, value);
        }
        self
    }

    /// With its marks: `**bold**`, and code between back-ticks. Everything else, the arguments too, is escaped.
    pub fn rich(self) -> Rich<'a> {
        Rich(self)
    }

    fn found(&self) -> Option<Cow<'static, str>> {
        let bundle = self.language.bundle();
        let (message, attribute) = split(self.key);
        let message = bundle.get_message(message)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let given = self.args.iter().filter(|(name, _)| !name.is_empty());
        let args: FluentArgs<'_> = given.map(|&(name, value)| (name, value)).collect();
        Some(bundle.format_pattern(pattern, Some(&args), &mut Vec::new()))
    }
}

impl fmt::Display for Text<'_> {
    /// A text that does not exist is shown by its key; a test makes sure that none is missing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.found().as_deref().unwrap_or(self.key))
    }
}

/// A text with its marks, as HTML.
#[derive(Debug, Clone, Copy)]
pub struct Rich<'a>(Text<'a>);

impl HtmlSafe for Rich<'_> {}

impl fmt::Display for Rich<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.found().unwrap_or(Cow::Borrowed(""));
        for (n, part) in text.split("**").enumerate() {
            let is_bold = n % 2 == 1;
            f.write_str(if is_bold { "<strong>" } else { "" })?;
            for (n, part) in part.split('`').enumerate() {
                let is_code = n % 2 == 1;
                f.write_str(if is_code { "<code>" } else { "" })?;
                write_escaped(part, f)?;
                f.write_str(if is_code { "</code>" } else { "" })?;
            }
            f.write_str(if is_bold { "</strong>" } else { "" })?;
        }
        Ok(())
    }
}

fn write_escaped(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let escaped = askama::filters::escape(text, askama::filters::Html);
    match escaped {
        Ok(escaped) => write!(f, "{escaped}"),
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_preferred_language_is_taken() {
        let chosen = |header| Language::from_accept_language(Some(header));
        assert_eq!(chosen("de-DE,de;q=0.9,en;q=0.8"), Language::German);
        assert_eq!(chosen("fr, en;q=0.2, de;q=0.3"), Language::German);
        assert_eq!(chosen("en-GB;q=0.5, de-AT;q=0.5"), Language::English);
        assert_eq!(chosen("DE"), Language::German);
        assert_eq!(chosen("de;q=0, fr"), Language::English);
        assert_eq!(chosen("de;q=0.1, *;q=0.5"), Language::English);
        assert_eq!(Language::from_accept_language(None), Language::English);
    }

    #[test]
    fn a_header_that_cannot_be_read_is_passed_over() {
        for header in ["", ",", ";", "de;q=", "de;q=2", "de;q=NaN", "de;q=-1", "de;x=1", "den", "ü;q=1"] {
            assert_eq!(Language::from_accept_language(Some(header)), Language::English, "{header}");
        }
    }

    #[test]
    fn ui_locales_name_a_language() {
        assert_eq!(Language::from_ui_locales("fr-CA de en"), Some(Language::German));
        assert_eq!(Language::from_ui_locales("fr"), None);
    }

    #[test]
    fn marks_become_markup_and_arguments_are_escaped() {
        let text = Language::English.say("post-text").with("idp", "<b>`x`");
        assert!(!text.rich().to_string().contains("<b>"));
    }
}
