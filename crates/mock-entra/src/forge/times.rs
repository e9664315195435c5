//! A14: every time in a message. Every message here is really signed.

use crate::case::Case;
use crate::entra::Entra;
use crate::forge::genuine;
use crate::seal::Seal;
use crate::text::{element, swap};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = windows();
    cases.extend(dates());
    cases
}

fn changed(name: &str, code: &'static str, attacks: &[&'static str], about: &str, change: fn(&mut Entra)) -> Case {
    Case::refuse(name, code, attacks, about, Entra::with(change).signed())
}

/// The text of the default response changed before it is signed.
fn edited(name: &str, code: &'static str, attacks: &[&'static str], about: &str, old: &str, new: &str) -> Case {
    let xml = Seal::default().assertion(&swap(&Entra::default().xml(), old, new));
    Case::refuse(name, code, attacks, about, xml)
}

/// Two authentications: one of five minutes ago, then one at `instant`.
fn second_statement(name: &str, code: &'static str, about: &str, instant: &str) -> Case {
    let xml = Entra::with(|e| e.authn_instant = "2026-03-02T09:55:00Z".into()).xml();
    let first = element(&xml, "AuthnStatement");
    let second = swap(&first, "2026-03-02T09:55:00Z", instant);
    let xml = Seal::default().assertion(&swap(&xml, &first, &format!("{first}{second}")));
    Case::refuse(name, code, &["A14.7"], about, xml)
}

#[expect(clippy::too_many_lines, reason = "a table of vectors")]
fn windows() -> Vec<Case> {
    let at = |case: Case, at: &str| case.when(|s| at.clone_into(&mut s.at));
    let late = |e: &mut Entra| e.confirmation_not_on_or_after = Some("2026-03-02T12:00:00Z".into());
    vec![
        at(
            changed("expired", "expired", &["A14.1"], "An hour past Conditions/@NotOnOrAfter", late),
            "2026-03-02T11:59:00Z",
        ),
        at(
            changed(
                "expired-at-the-very-end",
                "expired",
                &["A14.3"],
                "Exactly at NotOnOrAfter and the skew, which is exclusive",
                late,
            ),
            "2026-03-02T11:01:59.998Z",
        ),
        at(
            changed("expired-without-skew", "expired", &["A14.3"], "Exactly at NotOnOrAfter, without a skew", late),
            "2026-03-02T10:59:59.998Z",
        )
        .when(|s| s.clock_skew = 0),
        changed("not-yet-valid", "not_yet_valid", &["A14.2"], "Conditions/@NotBefore is in an hour", |e| {
            e.not_before = Some("2026-03-02T11:00:00Z".into());
            e.not_on_or_after = Some("2026-03-02T12:00:00Z".into());
        }),
        changed(
            "not-yet-valid-by-a-millisecond",
            "not_yet_valid",
            &["A14.3"],
            "A millisecond before NotBefore less the skew",
            |e| {
                e.not_before = Some("2026-03-02T10:02:30.001Z".into());
            },
        ),
        changed(
            "confirmation-expired",
            "confirmation_expired",
            &["A14.4"],
            "The confirmation is over, the Conditions hold",
            |e| {
                e.confirmation_not_on_or_after = Some("2026-03-02T09:50:00Z".into());
            },
        ),
        at(
            changed(
                "confirmation-expired-at-the-very-end",
                "confirmation_expired",
                &["A14.3"],
                "Exactly at the confirmation's NotOnOrAfter and the skew",
                |e| {
                    e.not_on_or_after = Some("2026-03-02T12:00:00Z".into());
                },
            ),
            "2026-03-02T11:01:59.998Z",
        ),
        edited(
            "confirmation-not-yet-valid",
            "confirmation_not_yet_valid",
            &["A14.4"],
            "The confirmation holds only in half an hour",
            "<SubjectConfirmationData",
            "<SubjectConfirmationData NotBefore=\"2026-03-02T10:30:00Z\"",
        ),
        changed("validity-empty", "empty_validity", &["A14.6"], "NotBefore is NotOnOrAfter", |e| {
            e.not_before.clone_from(&e.not_on_or_after);
        }),
        changed(
            "validity-reversed",
            "empty_validity",
            &["A14.6"],
            "NotBefore is behind NotOnOrAfter, both near",
            |e| {
                e.not_before = Some("2026-03-02T10:01:00Z".into());
                e.not_on_or_after = Some("2026-03-02T10:00:00Z".into());
            },
        ),
        changed("session-over", "session_ended", &["A14.7"], "SessionNotOnOrAfter has passed", |e| {
            e.session_not_on_or_after = Some("2026-03-02T09:58:00Z".into());
        }),
        changed(
            "session-over-at-the-very-end",
            "session_ended",
            &["A14.7"],
            "Exactly at SessionNotOnOrAfter and the skew",
            |e| {
                e.session_not_on_or_after = Some("2026-03-02T09:58:30Z".into());
            },
        ),
        changed("issued-in-future", "issued_in_future", &["A14.5"], "IssueInstant is in five minutes", |e| {
            e.issue_instant = "2026-03-02T10:05:30Z".into();
        }),
        changed(
            "authenticated-in-future",
            "authenticated_in_future",
            &["A14.5"],
            "AuthnInstant is in five minutes",
            |e| {
                e.authn_instant = "2026-03-02T10:05:30Z".into();
            },
        ),
        changed(
            "authentication-too-old",
            "authentication_too_old",
            &["A14.7"],
            "Authenticated more than ten minutes ago, where ten are allowed",
            |e| {
                e.authn_instant = "2026-03-02T09:40:00Z".into();
            },
        )
        .when(|s| s.max_age = Some(600)),
        second_statement(
            "authenticated-in-future-in-the-second-statement",
            "authenticated_in_future",
            "The second of two statements says that the person was authenticated in the future",
            "2026-03-02T10:05:30Z",
        ),
        second_statement(
            "authentication-too-old-in-the-second-statement",
            "authentication_too_old",
            "The second of two authentications is more than ten minutes ago, where ten are allowed",
            "2026-03-02T09:40:00Z",
        )
        .when(|s| s.max_age = Some(600)),
        Case::refuse(
            "authn-context-other",
            "authn_context_mismatch",
            &["A18.5"],
            "Another way of authentication than was asked for",
            genuine(),
        )
        .when(|s| s.authn_context = vec!["urn:oasis:names:tc:SAML:2.0:ac:classes:X509"]),
        Case::refuse(
            "certificate-expired",
            "certificate_expired",
            &["A03.5"],
            "The certificate has expired",
            genuine(),
        )
        .when(|s| s.certificates = vec!["idp-expired"]),
        Case::refuse(
            "certificate-not-yet-valid",
            "certificate_not_yet_valid",
            &["A03.5"],
            "The certificate is not valid yet",
            genuine(),
        )
        .when(|s| s.certificates = vec!["idp-not-yet"]),
    ]
}

fn dates() -> Vec<Case> {
    let end = "NotOnOrAfter=\"2026-03-02T10:59:59.998Z\"><AudienceRestriction>";
    let until = |text: &str| format!("NotOnOrAfter=\"{text}\"><AudienceRestriction>");
    let bad = |name: &str, about: &str, text: &str| edited(name, "bad_time", &["A14.5"], about, end, &until(text));
    vec![
        bad("time-without-zone", "A time without zone", "2026-03-02T10:59:59.998"),
        bad("time-with-offset", "A time with an offset", "2026-03-02T11:59:59.998+01:00"),
        bad("time-date-only", "A date without time", "2026-03-03"),
        bad("time-number", "Seconds since 1970", "1772449200"),
        bad("time-empty", "An empty time", ""),
        bad("time-that-does-not-exist", "The thirtieth of February", "2026-02-30T10:00:00Z"),
        bad("time-with-a-space", "A space in place of T", "2026-03-02 10:59:59Z"),
        bad("time-far-in-future", "A year of five digits", "12026-03-02T10:59:59Z"),
        changed(
            "confirmation-without-end",
            "confirmation_no_end",
            &["A14.5"],
            "SubjectConfirmationData without NotOnOrAfter",
            |e| {
                e.confirmation_not_on_or_after = None;
            },
        ),
        edited(
            "authn-instant-missing",
            "malformed_message",
            &["A14.5"],
            "An AuthnStatement without AuthnInstant",
            " AuthnInstant=\"2026-03-02T09:41:07.5Z\"",
            "",
        ),
        edited(
            "authn-instant-unreadable",
            "bad_time",
            &["A14.5"],
            "AuthnInstant is a word",
            "2026-03-02T09:41:07.5Z",
            "yesterday",
        ),
    ]
}
