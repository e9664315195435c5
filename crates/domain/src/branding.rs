//! How an account's pages and mails look: what it does not set itself comes from the nearest account above that does.

mod colour;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::colour::{Accent, Colour, ColourError, Scheme};

/// The longest name of a product, in characters.
pub const MAX_PRODUCT: usize = 60;
/// The longest welcome, in characters.
pub const MAX_WELCOME: usize = 280;
/// The longest address of a page, in bytes.
pub const MAX_LINK: usize = 500;
/// The largest logo, in bytes.
pub const MAX_LOGO: usize = 256 * 1024;

/// What an account sets of its looks, or what it has of its own and from above.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Branding {
    /// What people sign in to. At most [`MAX_PRODUCT`] characters. Default: the deployment's product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<Line<MAX_PRODUCT>>,
    /// The colour of what can be pressed, darkened or lightened on the page until it can be read ([`Accent`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<Colour>,
    /// The picture at the head of each page, by the name of its file here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<LogoFile>,
    /// A sentence on the pages where people begin. At most [`MAX_WELCOME`] characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome: Option<Line<MAX_WELCOME>>,
    /// The same on German pages. Default: [`Branding::welcome`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_de: Option<Line<MAX_WELCOME>>,
    /// Where it says who is behind the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imprint: Option<Link>,
    /// Where it says what becomes of people's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Link>,
}

impl Branding {
    /// What an account has that sets this, below one that has `above`.
    #[must_use]
    pub fn below(&self, above: &Self) -> Self {
        // A welcome is one text in two languages: one of them from above would be another text.
        let says_welcome = if self.welcome.is_some() || self.welcome_de.is_some() { self } else { above };
        Self {
            product: self.product.clone().or_else(|| above.product.clone()),
            accent: self.accent.or(above.accent),
            logo: self.logo.clone().or_else(|| above.logo.clone()),
            welcome: says_welcome.welcome.clone(),
            welcome_de: says_welcome.welcome_de.clone(),
            imprint: self.imprint.clone().or_else(|| above.imprint.clone()),
            privacy: self.privacy.clone().or_else(|| above.privacy.clone()),
        }
    }

    /// What people sign in to: by this, or by the deployment's own name for it.
    pub fn product_or<'a>(&'a self, deployment: &'a str) -> &'a str {
        self.product.as_ref().map_or(deployment, Line::as_str)
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A text of one line, at most so many characters long.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address of a page that anybody may open: https, without a user in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(String);

impl Link {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name under which a logo is served: 32 hexadecimal digits of its SHA-256, and the ending of its kind.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogoFile(String);

impl LogoFile {
    /// Of a picture of this kind and SHA-256.
    pub fn new(kind: LogoKind, sha256: &[u8]) -> Self {
        let digits: String = sha256.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{digits}.{}", kind.ending()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of picture that the name tells.
    pub fn kind(&self) -> LogoKind {
        // Every name was made with one of the endings.
        LogoKind::ALL.into_iter().find(|kind| self.0.ends_with(kind.ending())).unwrap_or(LogoKind::Png)
    }
}

/// The kinds of pictures that every browser shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoKind {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
    /// Scalable Vector Graphics.
    Svg,
}

impl LogoKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Png, Self::Jpeg, Self::Webp, Self::Svg];

    /// The ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
            Self::Svg => "svg",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Svg => "image/svg+xml",
        }
    }

    /// The kind of a picture, by its content alone: names of files lie.
    ///
    /// # Errors
    /// It is longer than [`MAX_LOGO`], or of none of these kinds.
    pub fn of(content: &[u8]) -> Result<Self, LogoError> {
        if content.len() > MAX_LOGO {
            return Err(LogoError::TooLong { got: content.len() });
        }
        match content {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Self::Webp),
            _ if is_svg(content) => Ok(Self::Svg),
            _ => Err(LogoError::Kind),
        }
    }
}

/// Whether it is XML whose root is `svg`. What may stand in it is not judged: it is served so that nothing in it runs.
fn is_svg(content: &[u8]) -> bool {
    let Ok(mut rest) = std::str::from_utf8(content) else { return false };
    rest = rest.strip_prefix('\u{feff}').unwrap_or(rest).trim_start();
    for (open, close) in [("<?xml", "?>"), ("<!--", "-->"), ("<!DOCTYPE svg", ">"), ("<!--", "-->")] {
        while rest.starts_with(open) {
            let Some(end) = rest.find(close) else { return false };
            rest = rest[end + close.len()..].trim_start();
        }
    }
    rest.strip_prefix("<svg").is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '>'))
}

/// Why a picture cannot be a logo.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogoError {
    /// Longer than [`MAX_LOGO`].
    #[error("the logo has {got} bytes; at most {MAX_LOGO} are wanted: make the picture smaller, 400 by 120 pixels do")]
    TooLong {
        /// Its length.
        got: usize,
    },
    /// No picture that every browser shows.
    #[error("the logo is no PNG, JPEG, WebP or SVG by its content; export it as one of these")]
    Kind,
}

/// Why a text or an address cannot be part of a branding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrandingError {
    /// Empty, or only white space.
    #[error("the text is empty; leave the setting away to take what the account above has")]
    Empty,
    /// A line break, or another control character.
    #[error("{got:?} has a control character; one line of text is wanted")]
    ControlCharacter {
        /// The text.
        got: String,
    },
    /// Too long.
    #[error("the text has {got} characters; at most {max} are wanted")]
    TooLong {
        /// How many it has.
        got: usize,
        /// How many it may have.
        max: usize,
    },
    /// No address of https.
    #[error("{got:?} is no address that people can open; https:// and a host are wanted, without a user in it")]
    Link {
        /// The text.
        got: String,
    },
    /// No name of a logo.
    #[error("{got:?} is no name of a logo here")]
    Logo {
        /// The text.
        got: String,
    },
}

impl<const MAX: usize> TryFrom<String> for Line<MAX> {
    type Error = BrandingError;

    fn try_from(text: String) -> Result<Self, BrandingError> {
        let length = text.chars().count();
        if text.trim().is_empty() {
            Err(BrandingError::Empty)
        } else if length > MAX {
            Err(BrandingError::TooLong { got: length, max: MAX })
        } else if text.chars().any(char::is_control) {
            Err(BrandingError::ControlCharacter { got: text })
        } else {
            Ok(Self(text))
        }
    }
}

impl TryFrom<String> for Link {
    type Error = BrandingError;

    fn try_from(text: String) -> Result<Self, BrandingError> {
        let host = text.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
        let plain =
            |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
        let is_host = |host: &str| {
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))
        };
        if text.len() <= MAX_LINK && text.chars().all(plain) && host.is_some_and(is_host) {
            Ok(Self(text))
        } else {
            Err(BrandingError::Link { got: text })
        }
    }
}

impl TryFrom<String> for LogoFile {
    type Error = BrandingError;

    fn try_from(text: String) -> Result<Self, BrandingError> {
        let is_one = text.split_once('.').is_some_and(|(digits, ending)| {
            digits.len() == 32
                && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
                && LogoKind::ALL.iter().any(|kind| kind.ending() == ending)
        });
        if is_one { Ok(Self(text)) } else { Err(BrandingError::Logo { got: text }) }
    }
}

impl<const MAX: usize> From<Line<MAX>> for String {
    fn from(line: Line<MAX>) -> Self {
        line.0
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

impl From<LogoFile> for String {
    fn from(file: LogoFile) -> Self {
        file.0
    }
}

impl<const MAX: usize> fmt::Debug for Line<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for LogoFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<const MAX: usize>(text: &str) -> Line<MAX> {
        text.to_owned().try_into().unwrap()
    }

    /// MX-15: what an account does not set comes from above, each thing by itself.
    #[test]
    fn what_is_not_set_comes_from_above() {
        let above = Branding {
            product: Some(line("Northwind Cloud")),
            accent: Some("#0a7d5a".parse().unwrap()),
            welcome: Some(line("Hello")),
            welcome_de: Some(line("Hallo")),
            ..Branding::default()
        };
        let own = Branding { product: Some(line("Acme Cloud")), ..Branding::default() };
        let both = own.below(&above);
        assert_eq!(both, Branding { product: own.product.clone(), ..above.clone() });
        assert_eq!(Branding::default().below(&above), above);
        assert_eq!(above.below(&own), above);
        let in_english = Branding { welcome: Some(line("Good morning")), ..Branding::default() };
        assert_eq!(in_english.below(&above).welcome_de, None, "two texts of two accounts are no one text");
    }

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        let read = |text: &str| Line::<4>::try_from(text.to_owned());
        assert!(read("Acme").is_ok());
        assert_eq!(read(" "), Err(BrandingError::Empty));
        assert_eq!(read("Acmes"), Err(BrandingError::TooLong { got: 5, max: 4 }));
        assert_eq!(read("a\nb"), Err(BrandingError::ControlCharacter { got: "a\nb".to_owned() }));
    }

    #[test]
    fn a_link_is_https_to_a_host() {
        let read = |text: &str| Link::try_from(text.to_owned());
        assert!(read("https://www.example.com/imprint?x=1#top").is_ok());
        for text in ["", "http://example.com", "javascript:alert(1)", "https://", "https://a@b/", "https://a/\"", "//a"]
        {
            assert_eq!(read(text), Err(BrandingError::Link { got: text.to_owned() }), "{text}");
        }
    }

    #[test]
    fn a_logo_is_known_by_its_content() {
        assert_eq!(LogoKind::of(b"\x89PNG\r\n\x1a\n0000"), Ok(LogoKind::Png));
        assert_eq!(LogoKind::of(b"\xff\xd8\xff\xe0"), Ok(LogoKind::Jpeg));
        assert_eq!(LogoKind::of(b"RIFF\0\0\0\0WEBPVP8 "), Ok(LogoKind::Webp));
        let svg = "<?xml version=\"1.0\"?>\n<!-- a -->\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
        assert_eq!(LogoKind::of(svg.as_bytes()), Ok(LogoKind::Svg));
        for other in ["", "GIF89a", "<html><svg ", "<svgx>", "<?xml", "<!DOCTYPE html><html>"] {
            assert_eq!(LogoKind::of(other.as_bytes()), Err(LogoError::Kind), "{other}");
        }
        let got = MAX_LOGO + 1;
        assert_eq!(LogoKind::of(&vec![0; got]), Err(LogoError::TooLong { got }));
    }

    #[test]
    fn the_name_of_a_logo_is_its_hash_and_kind() {
        let file = LogoFile::new(LogoKind::Svg, &[0xab; 32]);
        assert_eq!(file.as_str(), "abababababababababababababababab.svg");
        assert_eq!(file.kind(), LogoKind::Svg);
        assert_eq!(LogoFile::try_from(file.as_str().to_owned()), Ok(file));
        for text in ["../../etc/passwd", "ab.svg", "abababababababababababababababab.html"] {
            assert_eq!(LogoFile::try_from(text.to_owned()), Err(BrandingError::Logo { got: text.to_owned() }));
        }
    }
}
