//! The certificates of a role.

use super::descriptor::{Role, children};
use super::passed_over::Flaws;
use super::{MetadataError, Part};
use crate::types::ns;
use vestibule_xmlsec::Element;
use vestibule_xmlsec::keys::{Certificate, KeyError, read_certificates};

/// A certificate in metadata whose key is not taken: too short, or of an unknown kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// What is wrong with its key.
    pub reason: KeyError,
}

/// A role has at most this many certificates. A signature that nobody made is tried with every key, so that
/// thousands of them would let strangers keep us busy; identity providers have a handful during a rollover.
const MAX_CERTIFICATES: usize = 64;

/// The certificates of a role, each once.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) signing: Vec<Certificate>,
    pub(super) refused: Vec<RefusedCertificate>,
    pub(super) encryption: Vec<Certificate>,
}

impl Keys {
    /// A key without `use` serves for both.
    pub(super) fn of(role: &Role<'_>, flaws: &mut Flaws) -> Result<Self, MetadataError> {
        let mut keys = Self::default();
        let mut left = MAX_CERTIFICATES;
        for descriptor in role.named("KeyDescriptor") {
            let (signs, encrypts) = match descriptor.attribute("use") {
                None => (true, true),
                Some("signing") => (true, false),
                Some("encryption") => (false, true),
                Some(got) => {
                    let reason = MetadataError::KeyUse { got: got.to_owned(), position: descriptor.position() };
                    flaws.add(Part::KeyUse, reason)?;
                    continue;
                }
            };
            for data in x509_data(descriptor) {
                let found = match certificates(data) {
                    Ok(found) => found,
                    Err(reason) => {
                        let part = if signs { Part::SigningCertificate } else { Part::EncryptionCertificate };
                        flaws.add(part, reason)?;
                        continue;
                    }
                };
                // Counted before the chain is looked at, which compares each with each.
                left = left.checked_sub(found.len()).ok_or_else(|| MetadataError::TooManyCertificates {
                    entity_id: role.entity_id.clone(),
                    most: MAX_CERTIFICATES,
                })?;
                for certificate in without_issuers(&found) {
                    if encrypts {
                        add(&mut keys.encryption, certificate.clone());
                    }
                    if signs {
                        keys.add_signing(certificate.clone());
                    }
                }
            }
        }
        Ok(keys)
    }

    fn add_signing(&mut self, certificate: Certificate) {
        match certificate.public_key() {
            Ok(_) => add(&mut self.signing, certificate),
            Err(reason) => add(&mut self.refused, RefusedCertificate { certificate, reason }),
        }
    }
}

/// A bare key value or key name is passed over: keys are pinned as certificates.
fn x509_data(descriptor: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    children(descriptor, ns::DSIG, "KeyInfo").flat_map(|key_info| children(key_info, ns::DSIG, "X509Data"))
}

/// All certificates of an `X509Data`, or none: without a leaf that is damaged, the issuers beside it would look
/// like keys of the role.
fn certificates(data: Element<'_>) -> Result<Vec<Certificate>, MetadataError> {
    let mut certificates = Vec::new();
    for element in children(data, ns::DSIG, "X509Certificate") {
        let read = read_certificates(element.text()?.as_bytes())
            .map_err(|source| MetadataError::Certificate { source, position: element.position() })?;
        certificates.extend(read);
    }
    Ok(certificates)
}

/// The certificates that have issued none of the others.
///
/// One `X509Data` is about one key: what else stands in it is the chain of that key's certificate (XML Signature
/// §4.5.4). An authority of that chain signs certificates, not messages; were its key trusted, whoever holds it
/// could sign in as anybody. A self-signed certificate names itself as its issuer and so says nothing about
/// another one: several with one name, as Entra writes them during a rollover, all stay.
fn without_issuers(certificates: &[Certificate]) -> impl Iterator<Item = &Certificate> {
    certificates.iter().filter(|certificate| {
        let issued = |other: &Certificate| other.issuer() != other.subject() && other.issuer() == certificate.subject();
        !certificates.iter().any(issued)
    })
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
