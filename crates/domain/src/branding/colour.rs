//! An account's colour, and what becomes of it on a page: it is moved towards black or white until it can be read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The contrast that text must have (WCAG 2.2, success criterion 1.4.3).
const WANTED_CONTRAST: f64 = 4.5;

/// A colour of sRGB: `#1f5cb8`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{got:?} is no colour; a # and six hexadecimal digits are wanted, such as #1f5cb8")]
pub struct ColourError {
    /// The text.
    pub got: String,
}

/// By day or by night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// An account's colour as a page uses it in one scheme: each can be read where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// Of links, and behind the text of buttons.
    pub accent: Colour,
    /// The same under the pointer.
    pub strong: Colour,
    /// Of the text of buttons.
    pub on: Colour,
}

impl Scheme {
    /// The ground, of those in the style of all pages, on which this scheme's accent has the least contrast.
    pub const fn ground(self) -> Colour {
        match self {
            Self::Light => Colour::new(0xf5, 0xf6, 0xf8),
            Self::Dark => Colour::new(0x19, 0x1d, 0x23),
        }
    }

    const fn ink_on_accent(self) -> Colour {
        match self {
            Self::Light => Colour::WHITE,
            Self::Dark => Colour::new(0x0b, 0x10, 0x18),
        }
    }

    const fn away_from_ground(self) -> Colour {
        match self {
            Self::Light => Colour::BLACK,
            Self::Dark => Colour::WHITE,
        }
    }
}

impl Accent {
    /// An account's colour in a scheme.
    pub fn of(colour: Colour, scheme: Scheme) -> Self {
        let (ground, on, towards) = (scheme.ground(), scheme.ink_on_accent(), scheme.away_from_ground());
        let is_read = |it: &Colour| it.contrast(ground) >= WANTED_CONTRAST && it.contrast(on) >= WANTED_CONTRAST;
        // The last of them is black or white itself, which is read on either ground.
        let accent = (0..=100).map(|percent| colour.mixed(towards, percent)).find(is_read).unwrap_or(towards);
        Self { accent, strong: accent.mixed(towards, 20), on }
    }
}

impl Colour {
    /// Black.
    pub const BLACK: Self = Self::new(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self::new(0xff, 0xff, 0xff);

    /// Of its parts.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// The contrast between two colours: 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// This colour, moved so many hundredths towards another.
    fn mixed(self, towards: Self, percent: u16) -> Self {
        let part = |from: u8, to: u8| {
            let mixed = (u16::from(from) * (100 - percent) + u16::from(to) * percent + 50) / 100;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Self::new(part(self.red, towards.red), part(self.green, towards.green), part(self.blue, towards.blue))
    }
}

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, ColourError> {
        let error = || ColourError { got: text.to_owned() };
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(error)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(error());
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| error());
        Ok(Self::new(part(0)?, part(2)?, part(4)?))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl fmt::Debug for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn a_colour_is_read_and_written() {
        assert_eq!(colour("#1F5CB8").to_string(), "#1f5cb8");
        for text in ["", "1f5cb8", "#1f5cb", "#1f5cb88", "#1f5cbg", "red", "#ä1234", "#+12345"] {
            assert_eq!(text.parse::<Colour>(), Err(ColourError { got: text.to_owned() }), "{text}");
        }
    }

    /// The two ends of the scale, and a grey whose ratio everybody knows: the lightest that is read on white.
    #[test]
    fn the_contrast_is_that_of_the_guidelines() {
        assert!((Colour::BLACK.contrast(Colour::WHITE) - 21.0).abs() < 1e-9);
        assert!((colour("#123456").contrast(colour("#123456")) - 1.0).abs() < 1e-9);
        assert!(colour("#767676").contrast(Colour::WHITE) >= WANTED_CONTRAST);
        assert!(colour("#777777").contrast(Colour::WHITE) < WANTED_CONTRAST);
    }

    /// MX-15: whatever is chosen, text can be read, on buttons and as a link, by day and by night.
    #[test]
    fn every_colour_becomes_one_that_can_be_read() {
        let steps = || (0..=255_u8).step_by(51);
        for red in steps() {
            for green in steps() {
                for blue in steps() {
                    for scheme in [Scheme::Light, Scheme::Dark] {
                        let Accent { accent, strong, on } = Accent::of(Colour::new(red, green, blue), scheme);
                        for it in [accent, strong] {
                            assert!(it.contrast(scheme.ground()) >= WANTED_CONTRAST, "{red} {green} {blue} {scheme:?}");
                            assert!(it.contrast(on) >= WANTED_CONTRAST, "{red} {green} {blue} {scheme:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        assert_eq!(Accent::of(colour("#1f5cb8"), Scheme::Light).accent, colour("#1f5cb8"));
        assert_eq!(Accent::of(colour("#8ab4f5"), Scheme::Dark).accent, colour("#8ab4f5"));
        assert_ne!(Accent::of(colour("#ffd400"), Scheme::Light).accent, colour("#ffd400"));
    }
}
