//! An answer as it is kept: the message as it came, by what it was measured, and what became of it. Sealed, for all of it
//! is personal; bounded, for anybody can send anything.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde::{Deserialize, Serialize};
use vestibule_domain::attempt::{Asserted, Purpose, SignInAttempt};
use vestibule_domain::id::EventId;
use vestibule_saml::binding::{MAX_MESSAGE, post};
use vestibule_saml::sp::Expected;
use vestibule_saml::types::RequestId;
use vestibule_store::tx::{KEPT_MESSAGES, KeptHead, KeptMessage, KeptRing};
use vestibule_store::{SealError, Sealable, Sealed};

use crate::ctx::Ctx;
use crate::report::KeptReport;

/// So many octets a kept answer takes at most once it is compressed: one that holds, or to which something was proved.
const MOST: usize = 48 * 1024;
/// The same of what anybody could have sent.
const MOST_UNPROVED: usize = 16 * 1024;
/// What anybody could have sent is not even compressed beyond this.
const LONG: usize = 64 * 1024;
/// What opens is never longer: a message in base64, and what is written around it.
const MOST_OPENED: usize = MAX_MESSAGE * 4 / 3 + 256 * 1024;
/// The least work that compresses at all: a message becomes a third.
const LEVEL: u8 = 1;
/// So many writes keep an answer before one of them deletes what has become too much.
const TRIM_EVERY: i64 = 16;

/// An answer as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// When it came.
    pub received_at: Timestamp,
    /// The address at which it arrived.
    pub arrived: String,
    /// Which request was pending.
    pub expected: KeptExpected,
    /// When the person was asked to authenticate anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_anew: Option<Timestamp>,
    /// What the attempt was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// When the attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
    /// The application that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// What became of it, step by step.
    pub report: KeptReport,
    /// What it says of the person, where it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted: Option<Asserted>,
    /// Whether what follows is the XML, which makes the field as it came when it is encoded; else it is the field itself.
    #[serde(default)]
    is_xml: bool,
    /// The message.
    #[serde(skip)]
    message: Vec<u8>,
}

/// Which request was pending when an answer came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptExpected {
    /// This one.
    AnswerTo(String),
    /// None, and none was needed.
    Unsolicited,
    /// None, and one was needed.
    Nothing,
}

impl KeptAnswer {
    /// The value of a form field, and by what it was measured.
    pub(crate) fn new(
        received_at: Timestamp,
        (field, arrived): (&[u8], &str),
        expected: &Expected,
        asked_anew: Option<Timestamp>,
        attempt: Option<&SignInAttempt>,
        report: KeptReport,
    ) -> Self {
        let xml = post::decode(field).ok().filter(|xml| STANDARD.encode(xml).as_bytes() == field);
        let is_xml = xml.is_some();
        Self {
            received_at,
            arrived: arrived.to_owned(),
            expected: match expected {
                Expected::AnswerTo(id) => KeptExpected::AnswerTo(id.as_str().to_owned()),
                Expected::Unsolicited => KeptExpected::Unsolicited,
                Expected::Nothing => KeptExpected::Nothing,
            },
            asked_anew,
            purpose: attempt.map(|attempt| attempt.purpose),
            began_at: attempt.map(|attempt| attempt.created_at),
            application: attempt.and_then(application),
            report,
            asserted: None,
            is_xml,
            message: xml.unwrap_or_else(|| field.to_vec()),
        }
    }

    /// It holds, and says this of the person.
    pub(crate) fn with(self, asserted: Asserted) -> Self {
        Self { asserted: Some(asserted), ..self }
    }

    /// The value of the form field as it came. None where it was too long to be kept.
    pub fn field(&self) -> Option<Vec<u8>> {
        match (self.message.is_empty(), self.is_xml) {
            (true, _) => None,
            (false, true) => Some(STANDARD.encode(&self.message).into_bytes()),
            (false, false) => Some(self.message.clone()),
        }
    }

    /// Its XML, where it is some.
    pub fn xml(&self) -> Option<Vec<u8>> {
        match (self.message.is_empty(), self.is_xml) {
            (true, _) => None,
            (false, true) => Some(self.message.clone()),
            (false, false) => post::decode(&self.message).ok(),
        }
    }

    /// Which request was pending.
    pub fn expected(&self) -> Expected {
        match &self.expected {
            KeptExpected::AnswerTo(id) => RequestId::new(id.as_str()).map_or(Expected::Nothing, Expected::AnswerTo),
            KeptExpected::Unsolicited => Expected::Unsolicited,
            KeptExpected::Nothing => Expected::Nothing,
        }
    }

    /// Seals it for its place. None where the cipher does not take it, which is never so for anything this long.
    pub(crate) fn seal(mut self, ctx: &Ctx, ring: KeptRing, head: KeptHead) -> Option<KeptMessage> {
        let most = if ring == KeptRing::Unproved { MOST_UNPROVED } else { MOST };
        if ring == KeptRing::Unproved && self.message.len() > LONG {
            self.message.clear();
        }
        let mut packed = self.packed();
        if packed.0.len() > most {
            self.message.clear();
            packed = self.packed();
        }
        let sealed = ctx.store.sealer().seal(&row(head.id), &packed, ctx.random()).ok()?;
        Some(KeptMessage { head, sealed: sealed.stored().to_vec() })
    }

    /// What is written of it, a line feed, the message; compressed.
    fn packed(&self) -> Packed {
        let mut whole = serde_json::to_vec(self).unwrap_or_default();
        whole.push(b'\n');
        whole.extend_from_slice(&self.message);
        Packed(compress_to_vec(&whole, LEVEL))
    }

    /// Opens one.
    ///
    /// # Errors
    /// The key that sealed it is not configured, or it was changed.
    pub fn open(ctx: &Ctx, kept: &KeptMessage) -> Result<Self, SealError> {
        let sealed = Sealed::<Packed>::from_stored(kept.sealed.clone());
        let packed = ctx.store.sealer().open(&row(kept.head.id), &sealed)?;
        packed.unpacked().ok_or(SealError::Content { purpose: Packed::PURPOSE })
    }
}

/// The application that an attempt leads to: its `client_id`.
fn application(attempt: &SignInAttempt) -> Option<String> {
    if attempt.purpose != Purpose::Application {
        return None;
    }
    let mut pairs = form_urlencoded::parse(attempt.target.as_bytes());
    pairs.find(|(name, _)| name == "client_id").map(|(_, value)| value.into_owned())
}

/// For which row it is sealed.
pub(crate) fn row(id: EventId) -> String {
    format!("message {id}")
}

/// What is sealed: compressed octets.
pub(crate) struct Packed(Vec<u8>);

impl Packed {
    fn unpacked(&self) -> Option<KeptAnswer> {
        let whole = decompress_to_vec_with_limit(&self.0, MOST_OPENED).ok()?;
        let end = whole.iter().position(|&octet| octet == b'\n')?;
        let kept: KeptAnswer = serde_json::from_slice(&whole[..end]).ok()?;
        Some(KeptAnswer { message: whole[end + 1..].to_vec(), ..kept })
    }
}

impl Sealable for Packed {
    const PURPOSE: &'static str = "kept answer";

    fn octets(&self) -> &[u8] {
        &self.0
    }

    fn from_octets(octets: &[u8]) -> Option<Self> {
        Some(Self(octets.to_vec()))
    }
}

/// How many answers that hold a connection has kept in this minute, here. Of a busy one not all are: they would be pushed
/// out before anybody looks.
#[derive(Debug, Default)]
pub(crate) struct Keeping(AtomicI64);

/// Whether an answer that holds is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It is not: this minute has as many as are kept at all.
    Not,
    /// It is.
    One,
    /// It is, and what has become too much goes.
    OneAndTrim,
}

impl Keeping {
    /// Counts one more.
    pub(crate) fn take(&self, now: Timestamp) -> Keep {
        let minute = now.as_second().div_euclid(60);
        let most = i64::from(KEPT_MESSAGES);
        // The minute, and how many in it; two threads at once may count one for two, which harms nobody.
        let before = self.0.load(Ordering::Relaxed);
        let count = if before / 1024 == minute { before % 1024 } else { 0 };
        if count >= most {
            return Keep::Not;
        }
        self.0.store(minute * 1024 + count + 1, Ordering::Relaxed);
        if count % TRIM_EVERY == 0 { Keep::OneAndTrim } else { Keep::One }
    }
}

impl fmt::Debug for KeptAnswer {
    /// What a message says stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptAnswer").field("octets", &self.message.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(field: &[u8]) -> KeptAnswer {
        let url = "https://sso.example.com/acs";
        KeptAnswer::new(Timestamp::UNIX_EPOCH, (field, url), &Expected::Nothing, None, None, KeptReport::default())
    }

    #[test]
    fn the_field_comes_back_as_it_came() {
        for field in [&b"PGEvPg=="[..], b"PGEvPg", b"no base64!", b" PGEvPg== "] {
            let opened = kept(field).packed().unpacked().unwrap();
            assert_eq!(opened.field().as_deref(), Some(field));
            assert_eq!(opened.expected(), Expected::Nothing);
        }
        assert_eq!(kept(b"PGEvPg==").packed().unpacked().unwrap().xml().as_deref(), Some(&b"<a/>"[..]));
    }

    #[test]
    fn a_busy_connection_keeps_no_more_in_a_minute_than_are_kept_at_all() {
        let keeping = Keeping::default();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let kept = (0..1000).filter(|_| keeping.take(at(0)) != Keep::Not).count();
        assert_eq!(kept, 50);
        assert_eq!(keeping.take(at(60)), Keep::OneAndTrim, "the next minute");
        assert_eq!(keeping.take(at(61)), Keep::One);
    }
}
