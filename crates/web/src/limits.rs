//! How much one address, and one account, may ask for: against guessing of e-mail domains and floods of messages.
//!
//! A token bucket for each key, kept as the time at which it is full again (the generic cell rate algorithm). The time
//! is an argument, so tests move it. Buckets that are full are forgotten, so a table holds only who asks much.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use vestibule_domain::id::AccountId;
use vestibule_oidc::ClientId;

/// So many at once, and then so many a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// A second, at least 1.
    pub per_second: u32,
    /// At once, at least 1.
    pub burst: u32,
}

impl Rate {
    /// So many a second, and ten times as many at once: a page with its parts, a class that begins its lesson.
    pub const fn of(per_second: u32) -> Self {
        Self { per_second, burst: per_second.saturating_mul(10) }
    }
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Address(Kind, IpAddr),
    Nowhere(AccountId),
    Unproved(AccountId),
    Client(IpAddr, ClientId),
    PersonFrom(AccountId, String, IpAddr),
    Person(Tried, AccountId, String),
    Passwords(AccountId),
    Program(String),
    Invited(AccountId),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Questions which connection an e-mail address leads to, of which those that lead nowhere count.
    Discovery,
    /// Beginnings of sign-ins, each of which is written down.
    Start,
    /// Messages to an assertion consumer service.
    Answer,
    /// Continuations behind them.
    Arrival,
    /// Refusals without a known connection that are written down.
    Refusal,
    /// Passwords that are typed, of which the wrong ones count, and wishes for mails.
    Password,
    /// Keys of the admin API that are none.
    Key,
}

/// Refusals of one address that are written down; of a person who tries this and that, all are.
const REFUSALS: Rate = Rate { per_second: 1, burst: 30 };

/// Wrong passwords of one address, which may be a whole company's.
const PASSWORDS: Rate = Rate { per_second: 1, burst: 30 };

/// Wrong passwords in one account, from wherever: what bounds one password that is tried on everybody. More than any
/// company's people mistype on a Monday, for while it is full nobody of the account signs in by password.
const OF_ACCOUNT: Rate = Rate { per_second: 5, burst: 300 };

/// Wrong passwords of one address for one person; their codes, and mails that are asked for them: one a minute, ten at
/// once.
const OF_PERSON: Bucket = Bucket { one: 60_000_000, burst: 10 };

/// Wrong passwords for one person from all addresses together: more than one address may fill, so that one stranger does
/// not shut somebody's door.
const OF_PERSON_ANYWHERE: Bucket = Bucket { one: 10_000_000, burst: 60 };

/// Requests of one program to the admin API.
const OF_PROGRAM: Rate = Rate { per_second: 100, burst: 1000 };

/// Invitations that programs send in one account: a company that begins, and then one in ten seconds.
const INVITATIONS: Bucket = Bucket { one: 10_000_000, burst: 500 };

/// What is tried for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tried {
    /// A password, by whoever it is.
    Password,
    /// A code of an authenticator, by whoever knows the password: few enough everywhere together.
    Code,
    /// A mail, by whoever it is.
    Mail,
}

impl Tried {
    fn of_person(self) -> Bucket {
        match self {
            Self::Password => OF_PERSON_ANYWHERE,
            Self::Code | Self::Mail => OF_PERSON,
        }
    }
}

/// The rates of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Questions of one address that lead nowhere. Default: 5 a second, 50 at once.
    pub discovery_by_address: Rate,
    /// The same about one account. Default: 100 a second, 1,000 at once.
    pub discovery_by_account: Rate,
    /// Answers from one address, which may be a whole company's. Default: 50 a second, 500 at once.
    pub answers_by_address: Rate,
    /// What is written in one account though nothing proved it. Default: 200 a second, 2,000 at once.
    pub answers_by_account: Rate,
    /// Failures of one address to authenticate as one application. Default: 5 a second, 50 at once.
    pub token_failures_by_address: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            discovery_by_address: Rate::of(5),
            discovery_by_account: Rate::of(100),
            answers_by_address: Rate::of(50),
            answers_by_account: Rate::of(200),
            token_failures_by_address: Rate::of(5),
        }
    }
}

/// Too many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// After so many seconds the next one is heard.
    pub wait: u32,
}

/// Counts who asks.
pub struct Limits {
    rates: Rates,
    /// For each key the microsecond at which its bucket is full again.
    full_at: Mutex<BTreeMap<Key, i64>>,
}

/// At most so many keys are kept; then those whose bucket is full are forgotten, and if none is, the key that would come
/// new is refused: whoever has so many addresses is attacking.
const KEPT: usize = 100_000;

impl Limits {
    /// Limits of these rates.
    pub fn new(rates: Rates) -> Self {
        Self { rates, full_at: Mutex::default() }
    }

    /// Counts one request of this address.
    ///
    /// # Errors
    /// The address has asked too much.
    pub fn address(&self, kind: Kind, address: IpAddr, now: Timestamp) -> Result<(), TooMany> {
        self.count(Key::Address(kind, whole_network(address)), self.of_address(kind), now)
    }

    /// Takes back what [`Limits::address`] counted: it turned out to be nothing that is to be bounded.
    pub fn take_back(&self, kind: Kind, address: IpAddr, now: Timestamp) {
        self.take_out(&Key::Address(kind, whole_network(address)), self.of_address(kind).into(), now);
    }

    fn of_address(&self, kind: Kind) -> Rate {
        match kind {
            Kind::Discovery => self.rates.discovery_by_address,
            // As many as are answered.
            Kind::Start | Kind::Answer | Kind::Arrival => self.rates.answers_by_address,
            Kind::Refusal => REFUSALS,
            Kind::Password => PASSWORDS,
            Kind::Key => self.rates.token_failures_by_address,
        }
    }

    /// Counts that this address failed to authenticate as this client.
    ///
    /// # Errors
    /// It failed too often.
    pub fn client(&self, client: &ClientId, address: IpAddr, now: Timestamp) -> Result<(), TooMany> {
        let key = Key::Client(whole_network(address), client.clone());
        self.count(key, self.rates.token_failures_by_address, now)
    }

    /// Counts one try in this account, of this address and for whoever has this e-mail address there, known or not.
    ///
    /// # Errors
    /// There were too many.
    pub fn person(
        &self,
        tried: Tried,
        (account, email_key): (AccountId, &str),
        from: IpAddr,
        now: Timestamp,
    ) -> Result<(), TooMany> {
        // The nearest first: what is too much of one address, or for one person, does not fill the bucket of all.
        if tried == Tried::Password {
            self.fill(Key::PersonFrom(account, email_key.to_owned(), whole_network(from)), OF_PERSON, now)?;
        }
        self.fill(Key::Person(tried, account, email_key.to_owned()), tried.of_person(), now)?;
        self.count(Key::Passwords(account), OF_ACCOUNT, now)
    }

    /// Takes back what [`Limits::person`] counted: it was right.
    pub fn take_back_of_person(
        &self,
        tried: Tried,
        (account, email_key): (AccountId, &str),
        from: IpAddr,
        now: Timestamp,
    ) {
        if tried == Tried::Password {
            self.take_out(&Key::PersonFrom(account, email_key.to_owned(), whole_network(from)), OF_PERSON, now);
        }
        self.take_out(&Key::Person(tried, account, email_key.to_owned()), tried.of_person(), now);
        self.take_out(&Key::Passwords(account), OF_ACCOUNT.into(), now);
    }

    /// Counts one question in this account that leads nowhere.
    ///
    /// # Errors
    /// Too many did.
    pub fn nowhere_in(&self, account: AccountId, now: Timestamp) -> Result<(), TooMany> {
        self.count(Key::Nowhere(account), self.rates.discovery_by_account, now)
    }

    /// Counts one write in this account of what nothing proved.
    ///
    /// # Errors
    /// There were too many.
    pub fn unproved_in(&self, account: AccountId, now: Timestamp) -> Result<(), TooMany> {
        self.count(Key::Unproved(account), self.rates.answers_by_account, now)
    }

    /// Counts one request of this program to the admin API.
    ///
    /// # Errors
    /// There were too many.
    pub fn program(&self, name: &str, now: Timestamp) -> Result<(), TooMany> {
        self.count(Key::Program(name.to_owned()), OF_PROGRAM, now)
    }

    /// Counts one invitation that a program sends in this account, to whoever has this e-mail address: it fills what mails
    /// fill that somebody asks for.
    ///
    /// # Errors
    /// There were too many.
    pub fn invited(&self, (account, email_key): (AccountId, &str), now: Timestamp) -> Result<(), TooMany> {
        self.fill(Key::Person(Tried::Mail, account, email_key.to_owned()), OF_PERSON, now)?;
        self.fill(Key::Invited(account), INVITATIONS, now)
    }

    /// Takes back what [`Limits::invited`] counted: nobody was.
    pub fn take_back_invited(&self, (account, email_key): (AccountId, &str), now: Timestamp) {
        self.take_out(&Key::Person(Tried::Mail, account, email_key.to_owned()), OF_PERSON, now);
        self.take_out(&Key::Invited(account), INVITATIONS, now);
    }

    fn take_out(&self, key: &Key, bucket: Bucket, now: Timestamp) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(full) = full_at.get_mut(key) else { return };
        *full -= bucket.one;
        if *full <= now.as_microsecond() {
            full_at.remove(key);
        }
    }

    fn count(&self, key: Key, rate: Rate, now: Timestamp) -> Result<(), TooMany> {
        self.fill(key, rate.into(), now)
    }

    fn fill(&self, key: Key, bucket: Bucket, now: Timestamp) -> Result<(), TooMany> {
        let now = now.as_microsecond();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full = next(full_at.get(&key).copied(), bucket, now)?;
        if full_at.len() >= KEPT && !full_at.contains_key(&key) {
            full_at.retain(|_, full| *full > now);
            if full_at.len() >= KEPT {
                return Err(TooMany { wait: 1 });
            }
        }
        full_at.insert(key, full);
        Ok(())
    }
}

/// When a bucket is full again after one more request.
fn next(full: Option<i64>, bucket: Bucket, now: i64) -> Result<i64, TooMany> {
    let room = bucket.one * i64::from(bucket.burst.max(1));
    let full = full.unwrap_or(now).max(now) + bucket.one;
    if full - now > room {
        let wait = u32::try_from((full - now - room) / 1_000_000 + 1).unwrap_or(u32::MAX);
        return Err(TooMany { wait });
    }
    Ok(full)
}

/// A rate as it is reckoned with.
#[derive(Clone, Copy)]
struct Bucket {
    /// So many microseconds one request is worth.
    one: i64,
    burst: u32,
}

impl From<Rate> for Bucket {
    fn from(rate: Rate) -> Self {
        Self { one: 1_000_000 / i64::from(rate.per_second.max(1)), burst: rate.burst }
    }
}

/// What counts as one address: of IPv4 the address, of IPv6 the network of 64 bits that one customer has at least.
fn whole_network(address: IpAddr) -> IpAddr {
    network_of(address, 64)
}

/// The network of so many bits (1 to 128) that an IPv6 address lies in. An IPv4 address stays what it is.
pub fn network_of(address: IpAddr, bits: u8) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let beyond = 128 - u32::from(bits.clamp(1, 128));
            IpAddr::V6((u128::from(v6) >> beyond << beyond).into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("rates", &self.rates).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn limits() -> Limits {
        let rate = Rate { per_second: 2, burst: 3 };
        Limits::new(Rates { discovery_by_address: rate, answers_by_account: rate, ..Rates::default() })
    }

    fn ask(limits: &Limits, address: &str, now: Timestamp) -> Result<(), TooMany> {
        limits.address(Kind::Discovery, address.parse().unwrap(), now)
    }

    #[test]
    fn a_burst_is_heard_and_then_so_many_a_second() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        for _ in 0..3 {
            assert_eq!(ask(&limits, "192.0.2.1", now), Ok(()));
        }
        assert_eq!(ask(&limits, "192.0.2.1", now), Err(TooMany { wait: 1 }));
        assert_eq!(ask(&limits, "192.0.2.2", now), Ok(()), "another address is not in the way");
        let later = now + SignedDuration::from_millis(500);
        assert_eq!(ask(&limits, "192.0.2.1", later), Ok(()));
        assert_eq!(ask(&limits, "192.0.2.1", later), Err(TooMany { wait: 1 }));
    }

    #[test]
    fn what_is_taken_back_was_not_counted() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        let address = "192.0.2.1".parse().unwrap();
        for _ in 0..10 {
            assert_eq!(ask(&limits, "192.0.2.1", now), Ok(()));
            limits.take_back(Kind::Discovery, address, now);
        }
        assert!(limits.full_at.lock().unwrap().is_empty(), "who is not counted is forgotten");
        for _ in 0..3 {
            assert_eq!(ask(&limits, "192.0.2.1", now), Ok(()));
        }
        assert_eq!(ask(&limits, "192.0.2.1", now), Err(TooMany { wait: 1 }));
    }

    #[test]
    fn of_wrong_passwords_for_one_person_ten_are_heard_and_then_one_a_minute() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        let account = AccountId::new(now, [1; 10]);
        let at: IpAddr = "192.0.2.1".parse().unwrap();
        let ask = |who: &str, now| limits.person(Tried::Password, (account, who), at, now);
        for _ in 0..10 {
            assert_eq!(ask("ada@acme.example", now), Ok(()));
        }
        assert_eq!(ask("ada@acme.example", now), Err(TooMany { wait: 61 }));
        assert_eq!(ask("bob@acme.example", now), Ok(()), "another person is not in the way");
        let later = now + SignedDuration::from_mins(1);
        assert_eq!(ask("ada@acme.example", later), Ok(()));
        assert_eq!(ask("ada@acme.example", later), Err(TooMany { wait: 61 }));
        limits.take_back_of_person(Tried::Password, (account, "ada@acme.example"), at, later);
        assert_eq!(ask("ada@acme.example", later), Ok(()));
    }

    /// One stranger does not shut somebody's door; sixty addresses together do, and ask no more than six a minute.
    #[test]
    fn wrong_passwords_of_one_address_are_not_in_the_way_of_the_person_at_another() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        let of_ada = (AccountId::new(now, [1; 10]), "ada@acme.example");
        let from = |n: u8, now| limits.person(Tried::Password, of_ada, IpAddr::from([192, 0, 2, n]), now);
        let heard = (0..100).take_while(|_| from(1, now).is_ok());
        assert_eq!(heard.count(), 10);
        assert_eq!(from(2, now), Ok(()));
        let heard = (3..200).take_while(|n| from(*n, now).is_ok());
        assert_eq!(heard.count(), 49);
        assert_eq!(from(201, now), Err(TooMany { wait: 11 }));
        assert_eq!(from(201, now + SignedDuration::from_secs(10)), Ok(()));
    }

    /// Codes, of which a million are all there are, are bounded for the person wherever they come from; mails too, and
    /// neither is in the way of a password.
    #[test]
    fn codes_and_mails_are_bounded_for_the_person() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        let of_ada = (AccountId::new(now, [1; 10]), "ada@acme.example");
        let from = |tried, n: u8| limits.person(tried, of_ada, IpAddr::from([192, 0, 2, n]), now);
        for tried in [Tried::Code, Tried::Mail] {
            assert_eq!((0..100).take_while(|n| from(tried, *n).is_ok()).count(), 10);
        }
        assert_eq!(from(Tried::Password, 101), Ok(()));
    }

    #[test]
    fn a_network_of_64_bits_is_one_address() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        for host in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
            assert_eq!(ask(&limits, host, now), Ok(()));
        }
        assert_eq!(ask(&limits, "2001:db8::4", now), Err(TooMany { wait: 1 }));
        assert_eq!(ask(&limits, "2001:db8:0:1::4", now), Ok(()));
    }

    #[test]
    fn an_account_has_its_own_measure() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        let account = AccountId::new(now, [1; 10]);
        for _ in 0..3 {
            assert_eq!(limits.unproved_in(account, now), Ok(()));
        }
        assert_eq!(limits.unproved_in(account, now), Err(TooMany { wait: 1 }));
        assert_eq!(limits.nowhere_in(account, now), Ok(()), "what else is counted is counted apart");
        assert_eq!(limits.unproved_in(AccountId::new(now, [2; 10]), now), Ok(()));
    }
}
