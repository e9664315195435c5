//! `vestibule inspect`: what a pasted blob is, whether it would be accepted, and who has to change what.
//!
//! ```text
//!  arguments ──► trust ──┐
//!                        ├──► judge ──► json │ text
//!  file ──────► input ───┘
//! ```

mod claims;
mod explain;
mod json;
mod text;
mod trust;

use vestibule_journeys::inspect::input::{self, Content, Input, Undecodable, Wrapping};
use vestibule_journeys::inspect::judge::Judgement;

pub(crate) use trust::OptionError;

use crate::cli::{Format, InspectArgs};
use crate::failure::Failure;
use crate::output::{Output, Terminal};
use crate::{clock, file};
use trust::Setting;

/// The exit statuses beside [`Failure::STATUS`].
const ACCEPTED: u8 = 0;
const REFUSED: u8 = 1;
const DECODED: u8 = 3;

/// Reads, judges where there is trust, and reports.
pub(crate) fn run(arguments: &InspectArgs) -> Result<Output, Failure> {
    let now = arguments.at.unwrap_or_else(clock::now);
    let setting = Setting::of(arguments, now)?;
    let input = Input::recognise(&file::input(&arguments.input)?);
    let judgement = setting.as_ref().map(|setting| setting.judge(&input));
    if judgement.is_none() {
        decoded(&input).map_err(|source| Failure::Undecodable { place: file::name(&arguments.input), source })?;
    }
    let status = match &judgement {
        None => DECODED,
        Some(Judgement { outcome: Ok(_), .. }) => ACCEPTED,
        Some(Judgement { outcome: Err(_), .. }) => REFUSED,
    };
    let stdout = match arguments.format {
        Format::Json => json::write(input.kind, judgement.as_ref()),
        Format::Text => text::write(&input, judgement.as_ref(), arguments, now, Terminal::of_stdout()),
    };
    Ok(Output { stdout, ..Output::status(status) })
}

/// That there is something to show without judging it.
fn decoded(input: &Input) -> Result<(), Undecodable> {
    match &input.content {
        Content::Nothing(reason) | Content::Field { xml: Err(reason), .. } => Err(reason.clone()),
        Content::Xml(_) if input.wrapping == Wrapping::Page => Err(Undecodable::Page),
        Content::Xml(xml) | Content::Field { xml: Ok(xml), .. } => {
            input::tree(xml).map(|_| ()).map_err(Undecodable::Xml)
        }
        Content::Certificates(_) | Content::Token(_) => Ok(()),
    }
}
