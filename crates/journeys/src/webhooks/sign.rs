//! Signatures of Standard Webhooks, and the secrets that make them, sealed while they are stored.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_domain::webhook::WebhookSecret;
use vestibule_store::tx::StoredWebhook;
use vestibule_store::{NONCE_LENGTH, SealError, Sealable, Sealed, Sealer};

/// `webhook-signature`: one of each secret, by HMAC-SHA256 over the id, the time in seconds and the body (Standard Webhooks,
/// "Signature scheme").
pub fn sign(secrets: &[WebhookSecret], id: &str, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let one = |secret: &WebhookSecret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.octets());
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())))
    };
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The secrets of a webhook, as they are sealed: each with its length before it.
#[derive(PartialEq, Eq)]
pub struct Secrets(Vec<u8>);

impl Secrets {
    /// Of these.
    pub fn new(secrets: &[WebhookSecret]) -> Self {
        // A secret has 64 octets at most.
        let length = |secret: &WebhookSecret| u8::try_from(secret.octets().len()).unwrap_or(u8::MAX);
        Self(secrets.iter().flat_map(|it| std::iter::once(length(it)).chain(it.octets().iter().copied())).collect())
    }

    /// Each of them.
    pub fn all(&self) -> Vec<WebhookSecret> {
        read(&self.0).unwrap_or_default()
    }
}

fn read(mut octets: &[u8]) -> Option<Vec<WebhookSecret>> {
    let mut secrets = Vec::new();
    while let Some((length, rest)) = octets.split_first() {
        let (secret, rest) = rest.split_at_checked(usize::from(*length))?;
        secrets.push(WebhookSecret::from_octets(secret)?);
        octets = rest;
    }
    (!secrets.is_empty()).then_some(secrets)
}

impl Sealable for Secrets {
    const PURPOSE: &'static str = "webhook secrets";

    fn octets(&self) -> &[u8] {
        &self.0
    }

    fn from_octets(octets: &[u8]) -> Option<Self> {
        read(octets).map(|_| Self(octets.to_vec()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// The secrets of a webhook, to be stored.
///
/// # Errors
/// The cipher's.
pub fn seal(
    name: &str,
    secrets: &[WebhookSecret],
    sealer: &Sealer,
    nonce: [u8; NONCE_LENGTH],
) -> Result<Vec<u8>, SealError> {
    Ok(sealer.seal(&row(name), &Secrets::new(secrets), nonce)?.stored().to_vec())
}

/// The secrets of a webhook that is stored.
///
/// # Errors
/// They were sealed with a key that is not configured, or changed.
pub fn open(stored: &StoredWebhook, sealer: &Sealer) -> Result<Vec<WebhookSecret>, SealError> {
    let sealed = Sealed::<Secrets>::from_stored(stored.sealed.clone());
    sealer.open(&row(stored.webhook.name.as_str()), &sealed).map(|secrets| secrets.all())
}

pub(crate) fn row(name: &str) -> String {
    format!("webhook {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the libraries of Standard Webhooks publish.
    #[test]
    fn a_signature_is_that_of_the_published_vector() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let sign = |secrets: &[WebhookSecret]| {
            sign(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#)
        };
        let published = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(std::slice::from_ref(&secret)), published);
        let next = WebhookSecret::from_octets(&[7; 32]).unwrap();
        let both = sign(&[secret, next]);
        assert!(both.starts_with(&format!("{published} v1,")), "{both}");
        assert_eq!(both.split(' ').count(), 2);
    }

    #[test]
    fn secrets_come_back_as_they_were_and_nothing_else_is_taken_for_some() {
        let secrets = [[1; 24].as_slice(), &[2; 64]].map(|octets| WebhookSecret::from_octets(octets).unwrap());
        assert_eq!(Secrets::new(&secrets).all(), secrets);
        let octets = Secrets::new(&secrets).octets().to_vec();
        for length in (0..octets.len()).filter(|length| *length != 25) {
            assert_eq!(Secrets::from_octets(&octets[..length]), None, "{length}");
        }
        assert_eq!(format!("{:?}", Secrets::new(&secrets)), "Secrets(…)");
    }
}
