//! Mail that nobody sends: the demo shows it as a page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::mail::Mail;

/// Keeps the last [`Outbox::CAPACITY`] mails in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    kept: Arc<Mutex<VecDeque<Kept>>>,
}

/// A mail that was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it would have been.
    pub at: Timestamp,
    /// The mail.
    pub mail: Mail,
}

impl Outbox {
    /// The most mails that are kept; each further one drops the oldest.
    pub const CAPACITY: usize = 200;

    /// The mails, the newest first.
    pub fn mails(&self) -> Vec<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    pub(crate) fn keep(&self, mail: Mail, at: Timestamp) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == Self::CAPACITY {
            kept.pop_front();
        }
        kept.push_back(Kept { at, mail });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(number: usize) -> Mail {
        let to = "alice@example.com".to_owned();
        Mail { to, subject: number.to_string(), text: "Welcome".to_owned(), html: None }
    }

    #[test]
    fn the_newest_mail_is_first_and_clones_share_it() {
        let outbox = Outbox::default();
        let clone = outbox.clone();
        outbox.keep(mail(1), Timestamp::UNIX_EPOCH);
        outbox.keep(mail(2), Timestamp::UNIX_EPOCH);
        assert_eq!(clone.mails().iter().map(|kept| &*kept.mail.subject).collect::<Vec<_>>(), ["2", "1"]);
    }

    #[test]
    fn the_oldest_mail_goes_when_the_outbox_is_full() {
        let outbox = Outbox::default();
        for number in 0..=Outbox::CAPACITY {
            outbox.keep(mail(number), Timestamp::UNIX_EPOCH);
        }
        let mails = outbox.mails();
        assert_eq!(mails.len(), Outbox::CAPACITY);
        assert_eq!(mails.last().map(|kept| &*kept.mail.subject), Some("1"));
    }
}
