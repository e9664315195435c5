//! The way of a sign-in as a drawing: a line for each who takes part, an arrow for each step. It stands beside a table with
//! the same facts.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "a template passes references")]

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use jiff::Timestamp;
use vestibule_journeys::console::{Lane, Move, MoveKind};

use crate::page::Frame;

/// How far it is from one line to the next, and from one step to the next.
const LANE: usize = 200;
const STEP: usize = 44;
/// Above the first step.
const HEAD: usize = 40;

/// Markup of ours, in which only texts are not, and are escaped.
pub(crate) struct Sequence(String);

impl HtmlSafe for Sequence {}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text of a step.
pub(crate) const fn key(kind: &MoveKind) -> &'static str {
    match kind {
        MoveKind::Begins => "inspector-begins",
        MoveKind::Asks => "inspector-asks",
        MoveKind::Request => "inspector-request",
        MoveKind::Authenticated => "inspector-authenticated",
        MoveKind::Issued => "inspector-issued",
        MoveKind::Answer => "inspector-answer",
        MoveKind::Accepted => "inspector-accepted",
        MoveKind::Refused => "inspector-refused",
        MoveKind::SignedIn => "inspector-signed-in",
        MoveKind::TurnedAway => "inspector-turned-away",
        MoveKind::Waits => "inspector-waits",
        MoveKind::HandedOver => "inspector-handed-over",
        MoveKind::Tested => "inspector-tested",
    }
}

/// The text of who takes part.
pub(crate) const fn lane_key(lane: &Lane) -> &'static str {
    match lane {
        Lane::Browser => "inspector-browser",
        Lane::Vestibule => "inspector-vestibule",
        Lane::Idp => "inspector-idp",
        Lane::Application => "inspector-application",
    }
}

/// How it looks.
const fn class(kind: MoveKind) -> &'static str {
    match kind {
        MoveKind::Accepted | MoveKind::SignedIn | MoveKind::HandedOver | MoveKind::Tested => "ok",
        MoveKind::Refused => "refused",
        MoveKind::TurnedAway | MoveKind::Waits => "attention",
        _ => "plain",
    }
}

/// Whether a step's time is the identity provider's to tell, whose clock may differ.
pub(crate) const fn is_by_their_clock(kind: &MoveKind) -> bool {
    matches!(kind, MoveKind::Authenticated | MoveKind::Issued)
}

/// How long after the one before a step came, by one and the same clock.
pub(crate) fn behind(course: &[Move], place: usize) -> Option<String> {
    let step = course.get(place)?;
    if is_by_their_clock(&step.kind) {
        return None;
    }
    let before = course[..place].iter().rev().find(|it| !is_by_their_clock(&it.kind))?;
    let took = step.at?.duration_since(before.at?);
    let milliseconds = took.as_millis();
    (milliseconds > 0).then(|| {
        if milliseconds < 10_000 {
            format!("+{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
        } else if milliseconds < 600_000 {
            format!("+{} s", milliseconds / 1000)
        } else {
            format!("+{} min", milliseconds / 60_000)
        }
    })
}

/// The drawing.
pub(crate) fn draw(course: &[Move], frame: &Frame<'_>) -> Sequence {
    let has_application = course.iter().any(|step| Lane::Application == step.from || Lane::Application == step.to);
    let mut lanes = vec![Lane::Browser, Lane::Vestibule, Lane::Idp];
    if has_application {
        // Beside us, with whom it speaks.
        lanes.insert(0, Lane::Application);
    }
    let x = |lane: Lane| lanes.iter().position(|it| *it == lane).unwrap_or(0) * LANE + LANE / 2;
    let (width, height) = (lanes.len() * LANE, HEAD + course.len() * STEP + STEP / 2);
    let label = escaped(&frame.say("inspector-course").to_string());
    let mut svg =
        format!("<svg class=\"sequence\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">");
    for lane in &lanes {
        let (x, name) = (x(*lane), escaped(&frame.say(lane_key(lane)).to_string()));
        let _ = write!(
            svg,
            "<text class=\"lane\" x=\"{x}\" y=\"20\">{name}</text><line class=\"lane\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{height}\"/>",
            HEAD - 10
        );
    }
    for (place, step) in course.iter().enumerate() {
        let y = HEAD + place * STEP + STEP - 12;
        let (from, to) = (x(step.from), x(step.to));
        let behind = behind(course, place).map(|behind| format!(" · {behind}")).unwrap_or_default();
        let text = escaped(&format!("{} {}{behind}", place + 1, frame.say(key(&step.kind))));
        let class = class(step.kind);
        if from == to {
            // Text on the side where there is room.
            let (at, anchor) = if to + LANE > width { (to - 12, "end") } else { (to + 12, "start") };
            let _ = write!(
                svg,
                "<circle class=\"{class}\" cx=\"{to}\" cy=\"{y}\" r=\"5\"/><text class=\"{anchor}\" x=\"{at}\" y=\"{}\">{text}</text>",
                y + 4
            );
            continue;
        }
        let (tip, back) = if to > from { (to - 2, to - 10) } else { (to + 2, to + 10) };
        let _ = write!(
            svg,
            "<line class=\"{class}\" x1=\"{from}\" y1=\"{y}\" x2=\"{back}\" y2=\"{y}\"/><path class=\"{class}\" d=\"M{tip} {y}L{back} {}L{back} {}Z\"/><text x=\"{}\" y=\"{}\">{text}</text>",
            y - 5,
            y + 5,
            usize::midpoint(from, to),
            y - 8
        );
    }
    svg.push_str("</svg>");
    Sequence(svg)
}

fn escaped(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html).map(|it| it.to_string()).unwrap_or_default()
}

/// A time to the millisecond, as people and programs read it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl HtmlSafe for Moment {}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.strftime("<time datetime=\"%Y-%m-%dT%H:%M:%S%.3fZ\">%Y-%m-%d %H:%M:%S%.3f UTC</time>");
        write!(f, "{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Option<Timestamp> {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).ok()
    }

    #[test]
    fn times_between_are_told_by_one_clock() {
        use Lane::{Browser, Idp, Vestibule};
        let step = |kind, from, to, at| Move { kind, from, to, at };
        let course = [
            step(MoveKind::Begins, Browser, Vestibule, at(0)),
            step(MoveKind::Request, Vestibule, Idp, at(0)),
            step(MoveKind::Issued, Idp, Idp, at(-90_000)),
            step(MoveKind::Answer, Browser, Vestibule, at(4_321)),
            step(MoveKind::Accepted, Vestibule, Vestibule, at(4_321)),
            step(MoveKind::SignedIn, Vestibule, Browser, at(64_000)),
        ];
        let told: Vec<Option<String>> = (0..course.len()).map(|place| behind(&course, place)).collect();
        let told: Vec<Option<&str>> = told.iter().map(Option::as_deref).collect();
        assert_eq!(told, [None, None, None, Some("+4.321 s"), None, Some("+59 s")]);
    }
}
