//! A kept answer is judged again, by what is set today and at the time at which it came. Nothing is written, and nobody is
//! signed in.

use vestibule_saml::sp::{self, Refusal, Step};
use vestibule_saml::types::AcsUrl;

use super::kept::KeptAnswer;
use crate::report::{KeptReport, KeptStep};
use crate::trust::{self, NotReady, Trust};

/// What would become of a kept answer today.
#[derive(Debug)]
pub struct Replay {
    /// Why it would be refused; none: it would be accepted.
    pub refusal: Option<Refusal>,
    /// The checks that end differently, as they were and as they would be.
    pub differences: Vec<Difference>,
}

/// A check that ends differently.
#[derive(Debug)]
pub struct Difference {
    /// Which.
    pub step: Step,
    /// As it was.
    pub then: KeptStep,
    /// As it would be.
    pub now: KeptStep,
}

/// Why an answer cannot be judged again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReplay {
    /// It was too long to be kept whole.
    NotKept,
    /// The connection lacks what it would be measured by.
    NotReady(NotReady),
}

/// Judges a kept answer again, as if it came now and it were still the time at which it came.
///
/// # Errors
/// It cannot be judged.
pub fn replay(kept: &KeptAnswer, trust: &Trust) -> Result<Replay, NoReplay> {
    let field = kept.field().ok_or(NoReplay::NotKept)?;
    let arrived = AcsUrl::registered_elsewhere(&kept.arrived).map_err(|_| NoReplay::NotKept)?;
    let mut expect = trust.expectation(&arrived, kept.expected(), kept.received_at).map_err(NoReplay::NotReady)?;
    trust::young_enough_for(&mut expect, &trust.owner);
    trust::authenticated_since(&mut expect, kept.asked_anew);
    let verdict = sp::accept_post(&field, &expect);
    let now = KeptReport::new(&verdict.report, None).all_steps();
    let differs = |(then, now): &(&KeptStep, &KeptStep)| (&then.outcome, &then.warning) != (&now.outcome, &now.warning);
    let then = kept.report.all_steps();
    let differences = then.iter().zip(&now).filter(|((_, then), (_, now))| differs(&(then, now)));
    Ok(Replay {
        refusal: verdict.outcome.err(),
        differences: differences
            .map(|((step, then), (_, now))| Difference { step: *step, then: then.clone(), now: now.clone() })
            .collect(),
    })
}
