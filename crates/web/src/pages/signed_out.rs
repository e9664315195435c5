//! After signing out.

use askama::Template;

use super::AadStsBlock;
use crate::language::Text;
use crate::page::{Frame, Page, put};

/// Tells that the session here has ended, and what is known of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// What is known of the sessions elsewhere.
    pub elsewhere: Elsewhere,
    /// The identity provider's name; none where it has none for people.
    pub idp: Option<String>,
    /// Where the application waits that wanted it.
    pub onward: Option<String>,
    /// Where signing in begins again.
    pub sign_in: String,
}

/// What is known of the sessions that are not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// The person may still be signed in at the identity provider.
    Untouched,
    /// The identity provider was asked and has not answered.
    Unanswered,
    /// The identity provider has ended all that it knows of.
    Ended,
    /// It has ended its own session, and some application did not answer it.
    Partly(Said),
    /// It has ended nothing, as far as it says.
    Failed(Said),
    /// The identity provider asked for the end of the session here.
    Asked,
    /// It asked, and no session of the person was found here.
    AskedInVain,
}

/// The identity provider's own words, and what they mean where they have a number of Entra's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its words.
    pub text: String,
    /// What they mean.
    pub aadsts: Option<AadStsBlock>,
}

impl SignedOut {
    fn title<'a>(&self, frame: &Frame<'a>) -> Text<'a> {
        match self.elsewhere {
            Elsewhere::AskedInVain => frame.say("signed-out-nobody"),
            _ => frame.say("signed-out-title"),
        }
    }

    fn sentence<'a>(&'a self, frame: &Frame<'a>) -> Text<'a> {
        let idp = self.idp.as_deref();
        let Some(idp) = idp else {
            return match self.elsewhere {
                Elsewhere::Ended => frame.say("signed-out-ended-somewhere"),
                _ => frame.say("signed-out-close"),
            };
        };
        match self.elsewhere {
            Elsewhere::Untouched => frame.say("signed-out-idp"),
            Elsewhere::Unanswered => frame.say("signed-out-unanswered"),
            Elsewhere::Ended => frame.say("signed-out-ended"),
            Elsewhere::Partly(_) => frame.say("signed-out-partly"),
            Elsewhere::Failed(_) => frame.say("signed-out-failed"),
            Elsewhere::Asked => frame.say("signed-out-asked"),
            Elsewhere::AskedInVain => frame.say("signed-out-in-vain"),
        }
        .with("idp", idp)
    }

    fn said(&self) -> Option<&Said> {
        match &self.elsewhere {
            Elsewhere::Partly(said) | Elsewhere::Failed(said) => Some(said),
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct Html<'a> {
    page: &'a SignedOut,
    frame: &'a Frame<'a>,
}

impl Page for SignedOut {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }
}
