//! The numbers of Entra's errors, explained. Only the number counts; Microsoft changes the texts.

use vestibule_saml::sp::Party;
use vestibule_saml::sp::entra::AadSts;

use crate::language::Text;
use crate::page::Frame;

/// What an `AADSTS` number means. Texts stand under `aadsts-<key>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The number that names the texts of its group.
    key: &'static str,
    /// Who can mend it.
    pub fixed_by: Party,
    /// Where in Entra's portal, if there.
    pub place: Option<Place>,
}

impl Explanation {
    pub(crate) fn fixed_by(&self, frame: &Frame<'_>) -> Text<'static> {
        super::party(frame, self.fixed_by)
    }
}

/// A place in Entra's portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Single sign-on → Basic SAML Configuration.
    BasicSamlConfiguration,
    /// Single sign-on → Attributes & Claims.
    AttributesAndClaims,
    /// Single sign-on → SAML Certificates.
    SamlCertificates,
    /// Single sign-on → SAML Certificates → Verification certificates.
    VerificationCertificates,
    /// Users and groups.
    UsersAndGroups,
    /// Sign-in logs.
    SignInLogs,
    /// Users → All users.
    AllUsers,
}

impl Place {
    /// The way there, in the portal's own words.
    pub const fn path(self) -> &'static str {
        match self {
            Self::BasicSamlConfiguration => {
                "Enterprise applications → the application → Single sign-on → Basic SAML Configuration"
            }
            Self::AttributesAndClaims => {
                "Enterprise applications → the application → Single sign-on → Attributes & Claims"
            }
            Self::SamlCertificates => "Enterprise applications → the application → Single sign-on → SAML Certificates",
            Self::VerificationCertificates => {
                "Enterprise applications → the application → Single sign-on → SAML Certificates → Verification certificates"
            }
            Self::UsersAndGroups => "Enterprise applications → the application → Users and groups",
            Self::SignInLogs => "Enterprise applications → the application → Sign-in logs",
            Self::AllUsers => "Users → All users",
        }
    }
}

/// The groups: numbers that mean the same, who can mend it, where.
const GROUPS: [(&[u32], &str, Party, Option<Place>); 33] = {
    use Party::{IdpAdmin, Operator, User};
    use Place::{
        AllUsers, AttributesAndClaims, BasicSamlConfiguration, SamlCertificates, SignInLogs, UsersAndGroups,
        VerificationCertificates,
    };
    [
        (&[50003, 50146], "50003", IdpAdmin, Some(SamlCertificates)),
        (&[50006], "50006", IdpAdmin, Some(VerificationCertificates)),
        (&[50010], "50010", IdpAdmin, Some(BasicSamlConfiguration)),
        (&[50011], "50011", IdpAdmin, Some(BasicSamlConfiguration)),
        (&[50020, 50034, 51004], "50020", IdpAdmin, Some(AllUsers)),
        (&[50058], "50058", User, None),
        (&[50061], "50061", IdpAdmin, Some(BasicSamlConfiguration)),
        (&[50068], "50068", User, None),
        (&[50070], "50070", User, None),
        (&[50071], "50071", Operator, None),
        (&[50076, 50079], "50076", User, None),
        (&[50105], "50105", IdpAdmin, Some(UsersAndGroups)),
        (&[53003], "53003", IdpAdmin, Some(SignInLogs)),
        (&[75001, 75003, 75005], "75001", Operator, None),
        (&[75008], "75008", Operator, None),
        (&[75011], "75011", Operator, None),
        (&[75016], "75016", Operator, None),
        (&[76021], "76021", Operator, Some(VerificationCertificates)),
        (&[76026], "76026", Operator, None),
        (&[90011], "90011", Operator, None),
        (&[90015], "90015", Operator, None),
        (&[90107], "90107", Operator, None),
        (&[90_0236], "90011", Operator, None),
        (&[50_1241], "501241", IdpAdmin, Some(AttributesAndClaims)),
        (&[65_0056], "650056", IdpAdmin, Some(BasicSamlConfiguration)),
        (&[70_0016], "700016", IdpAdmin, Some(BasicSamlConfiguration)),
        (&[75_0054], "750054", User, None),
        (&[750_0511], "7500511", Operator, None),
        (&[750_0514], "7500514", Operator, None),
        (&[750_0529], "7500529", Operator, None),
        (&[750_0530], "7500530", Operator, None),
        (&[16000], "16000", User, None),
        (&[50126], "50126", User, None),
    ]
};

/// What a number means, where we know it.
pub fn explanation(number: u32) -> Option<Explanation> {
    let &(_, key, fixed_by, place) = GROUPS.iter().find(|(numbers, ..)| numbers.contains(&number))?;
    Some(Explanation { key, fixed_by, place })
}

/// The part of a page that explains a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AadStsBlock {
    /// The number.
    pub number: u32,
    /// What it means, where we know it.
    pub explanation: Option<Explanation>,
    meaning: String,
    fix: String,
}

impl AadStsBlock {
    /// The part about a number.
    pub fn new(number: u32) -> Self {
        let explanation = explanation(number);
        let key = explanation.map_or("unknown", |explanation| explanation.key);
        Self { number, explanation, meaning: format!("aadsts-{key}"), fix: format!("aadsts-{key}.fix") }
    }

    /// The part about a number that was found in a message.
    pub fn of(found: AadSts) -> Self {
        Self::new(found.number)
    }

    pub(crate) fn title(&self, frame: &Frame<'_>) -> String {
        frame.say("aadsts-title").with("number", &self.number.to_string()).to_string()
    }

    pub(crate) fn meaning<'a>(&'a self, frame: &Frame<'_>) -> Text<'a> {
        frame.say(&self.meaning)
    }

    pub(crate) fn fix<'a>(&'a self, frame: &Frame<'_>) -> Text<'a> {
        frame.say(&self.fix)
    }

    /// Microsoft's own page about the number.
    pub fn look_up(&self) -> String {
        format!("https://login.microsoftonline.com/error?code={}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    /// XC-9, CC-18: what Entra may well tell of single sign-on is explained in every language, with who can mend it.
    #[test]
    fn every_number_of_the_list_is_explained() {
        let listed = [
            50003, 50146, 50006, 50010, 50011, 50020, 50034, 51004, 50058, 50076, 50079, 53003, 50105, 501_241,
            650_056, 700_016, 75001, 75003, 75005, 750_054, 7_500_514, 7_500_511, 7_500_529, 7_500_530, 75008, 75011,
            75016, 76021, 76026, 900_236, 90015, 90107,
        ];
        for number in listed {
            assert!(explanation(number).is_some(), "{number}");
            let block = AadStsBlock::new(number);
            for language in Language::ALL {
                assert!(language.has(&block.meaning) && language.has(&block.fix), "{number} {language:?}");
            }
        }
        assert_eq!(explanation(50105).unwrap().place, Some(Place::UsersAndGroups));
        assert_eq!(explanation(50011).unwrap().fixed_by, Party::IdpAdmin);
        assert_eq!(explanation(1), None);
    }

    #[test]
    fn what_the_reader_of_messages_explains_is_explained_here() {
        for (numbers, ..) in GROUPS {
            for number in numbers.iter().filter(|n| ![16000, 50126].contains(*n)) {
                let found = vestibule_saml::sp::entra::aadsts(&format!("AADSTS{number}: x")).unwrap();
                assert!(found.meaning.is_some(), "{number}");
            }
        }
    }

    #[test]
    fn no_number_stands_in_two_groups() {
        let mut numbers: Vec<u32> = GROUPS.iter().flat_map(|(numbers, ..)| numbers.iter().copied()).collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }
}
