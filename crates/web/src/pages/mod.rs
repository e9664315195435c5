//! The pages: typed content and a template beside each.

pub mod aadsts;
mod acs_address;
mod applicant;
mod ask_sign_out;
mod choose;
mod choose_user;
pub(crate) mod console;
mod grants;
pub mod guide;
mod hand_over;
mod me;
mod outbox;
mod password;
mod post;
mod problem;
mod report;
mod second_factor;
pub(crate) mod set_up;
mod set_up_ends;
mod set_up_try;
mod sign_in;
mod signed_out;
mod waiting_list;
mod waiting_room;
mod wrong_address;

pub use aadsts::AadStsBlock;
pub use acs_address::AcsAddress;
pub use applicant::{ApplicantPage, AskForPage, AskProblem, DecidedBy, MergePage, Namesake, NotCounted};
pub use ask_sign_out::AskSignOut;
pub use choose::{Choice, Choose};
pub use choose_user::{ChooseUser, UserChoice};
pub(crate) use grants::facts as given_facts;
pub use grants::{GivenFact, GrantChoice, GrantChoices, ScopeChoices};
pub use hand_over::HandOver;
pub use me::{ApplicationLink, MyAccount, OtherSession};
pub use outbox::{Outbox, OutboxMail};
pub use password::{Asked, Before, ChangePassword, Changing, NotSet, PasswordMail, PasswordSignIn, SetPassword};
pub use post::PostToIdp;
pub use problem::{Contact, Details, ProblemPage};
pub use report::{
    ClaimRow, NotLetIn, ProfileRow, ReportPage, ReportPurpose, State, StepBehind, StepRow, StepTitle, Verdict,
};
pub use second_factor::{Authenticator, MySecondFactor, RecoveryCodes, SecondStep};
pub use set_up::{CertificateRow, DomainRow, MappingRow, OurValues, People, SetUpPage, TheirValues, Typed};
pub use set_up_ends::{ConfirmSetUp, SetUpDone, SetUpOver};
pub use set_up_try::{FinishStep, Pasted, TestShown};
pub use sign_in::SignIn;
pub use signed_out::{Elsewhere, Said, SignedOut};
pub(crate) use waiting_list::ORDERS;
pub use waiting_list::{ListLink, ListRow, WaitingList};
pub use waiting_room::WaitingRoomPage;
pub use wrong_address::{Addresses, AnswerAtLoginUrl};

use vestibule_saml::sp::Party;

use crate::language::Text;
use crate::page::Frame;

/// A party's name.
pub(crate) fn party(frame: &Frame<'_>, party: Party) -> Text<'static> {
    frame.say(match party {
        Party::Operator => "party-operator",
        Party::IdpAdmin => "party-idp-admin",
        Party::User => "party-user",
    })
}
