//! Which connection a person is to be sent to.
//!
//! What a person types must not tell them who our customers' people are (SC-23, SC-24): a route depends on the domain
//! behind the @ alone, never on what stands before it, and an address that leads nowhere gives [`Route::Nobody`],
//! whether its domain is unknown, claimed without proof, or its connection paused. The page for that says the same
//! words each time.

use crate::connection::ConnectionState;
use crate::id::{AccountId, ConnectionId};
use crate::ways::Behind;

/// What is known of where a person wants to go, from the address that they opened and what they typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// The account whose own address was opened: its sub-domain is the URL that it hands to its people (HY-6).
    pub host: Option<AccountId>,
    /// The account that an application's request named.
    pub account: Option<AccountId>,
    /// The connection that was asked for by its id, or chosen from the picker.
    pub connection: Option<ConnectionId>,
    /// Whether an e-mail address or domain was given. Who owns it stands in [`Table::owner`].
    pub email: EmailHint,
}

/// Whether an e-mail address or domain was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EmailHint {
    /// Neither.
    #[default]
    None,
    /// One of them.
    Given,
}

/// Facts that the caller loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table<'a> {
    /// The doors of all accounts that the hints and the owner name, in the order in which a picker shows them: an
    /// account's own before those that it inherits, the nearest first.
    pub doors: &'a [Door],
    /// For whom the domain of the e-mail address is proved.
    pub owner: Option<DomainOwner>,
}

/// A way by a connection into an account, as far as a route needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// The connection.
    pub connection: ConnectionId,
    /// The account into which it leads.
    pub account: AccountId,
    /// The account whose connection it is: the same, or one above.
    pub owner: AccountId,
    /// What becomes of the doors of accounts further up while one of this owner's is active.
    pub behind: Behind,
    /// Only an active one leads anywhere.
    pub state: ConnectionState,
}

/// For whom an e-mail domain is proved (SC-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DomainOwner {
    /// The account.
    pub account: AccountId,
    /// The connection that alone serves the domain; none: any of the account's.
    pub connection: Option<ConnectionId>,
}

/// Where a person is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To this connection: its button, or at once, as the account says.
    To(ConnectionId),
    /// To one of these, which the person chooses; at least two.
    Choose(Vec<ConnectionId>),
    /// Nothing is known: the person is asked for their e-mail address.
    Ask,
    /// Nowhere. The answer is neutral.
    Nobody,
}

/// Which connection the hints lead to.
///
/// A connection that is named by its id is taken, if it is one of the account that the host names. Else an account that
/// the host or the request names decides, narrowed by the e-mail domain if that is served by one connection of it: a
/// guest's address of another company does not lead away from the account that they opened. Where the account uses
/// connections of its own and of accounts above, an address of a domain that is proved for one of them leads to that
/// one's. Else the domain decides, and leads into no other account than the one for which it is proved: whether somebody
/// is known further down is never told by a route.
pub fn route(hints: &Hints, table: &Table<'_>) -> Route {
    let account = match (hints.host, hints.account) {
        // The host cannot be talked over.
        (Some(host), Some(account)) if host != account => return Route::Nobody,
        (host, account) => host.or(account),
    };
    if let Some(connection) = hints.connection {
        return choice(table, |door| door.connection == connection && account.is_none_or(|it| it == door.account));
    }
    let owner = table.owner.filter(|_| hints.email == EmailHint::Given);
    match (account, owner) {
        (Some(account), owner) => {
            let owned =
                |door: &&Door| owner.is_some_and(|owner| door.account == account && door.owner == owner.account);
            // A domain says more than an order does, and only of the doors that are in use.
            match owner.filter(|_| table.in_use().any(|door| owned(&&door))) {
                Some(owner) => {
                    choice(table, |door| owned(&door) && owner.connection.is_none_or(|only| only == door.connection))
                }
                // The only connection that serves the account's domain is not in use: never another door than that.
                None if owner.is_some_and(|it| it.account == account && it.connection.is_some()) => Route::Nobody,
                None => choice(table, |door| door.account == account),
            }
        }
        (None, Some(owner)) => choice(table, |door| {
            door.account == owner.account && owner.connection.is_none_or(|only| only == door.connection)
        }),
        (None, None) if hints.email == EmailHint::Given => Route::Nobody,
        (None, None) => Route::Ask,
    }
}

impl Table<'_> {
    /// The doors that lead in now: active ones, and none that waits while a nearer one is (MX-28).
    pub fn in_use(&self) -> impl Iterator<Item = Door> {
        let active = |door: &&Door| door.state == ConnectionState::Active;
        let waits = move |door: &Door| {
            let before = self.doors.iter().take_while(|it| (it.account, it.owner) != (door.account, door.owner));
            before.filter(active).any(|it| it.account == door.account && it.behind == Behind::Waits)
        };
        self.doors.iter().filter(active).filter(move |door| !waits(door)).copied()
    }
}

fn choice(table: &Table<'_>, fits: impl Fn(&Door) -> bool) -> Route {
    let mut open: Vec<ConnectionId> = Vec::new();
    for door in table.in_use().filter(fits) {
        // One connection may lead into several of the accounts.
        if !open.contains(&door.connection) {
            open.push(door.connection);
        }
    }
    match open.as_slice() {
        [] => Route::Nobody,
        [only] => Route::To(*only),
        _ => Route::Choose(open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: AccountId = account(1);
    const NORTH: AccountId = account(2);

    const fn account(number: u8) -> AccountId {
        AccountId::from_bytes([number; 16])
    }

    const fn connection(number: u8) -> ConnectionId {
        ConnectionId::from_bytes([number; 16])
    }

    const fn door(number: u8, account: AccountId, state: ConnectionState) -> Door {
        Door { connection: connection(number), account, owner: account, behind: Behind::Waits, state }
    }

    const DOORS: &[Door] = &[
        door(1, ACME, ConnectionState::Active),
        door(2, NORTH, ConnectionState::Active),
        door(3, NORTH, ConnectionState::Active),
        door(4, NORTH, ConnectionState::Paused),
        door(5, ACME, ConnectionState::Draft),
    ];

    fn at(hints: Hints, owner: Option<DomainOwner>) -> Route {
        route(&hints, &Table { doors: DOORS, owner })
    }

    const EMAIL: Hints = Hints { host: None, account: None, connection: None, email: EmailHint::Given };

    /// HY-6: the account's own address starts the sign-in.
    #[test]
    fn an_accounts_own_address_leads_to_its_connection_or_its_picker() {
        assert_eq!(at(Hints { host: Some(ACME), ..Hints::default() }, None), Route::To(connection(1)));
        let both = Route::Choose(vec![connection(2), connection(3)]);
        assert_eq!(at(Hints { host: Some(NORTH), ..Hints::default() }, None), both);
        assert_eq!(at(Hints { account: Some(NORTH), ..Hints::default() }, None), both);
        assert_eq!(at(Hints { host: Some(account(9)), ..Hints::default() }, None), Route::Nobody);
    }

    /// SC-12: a domain leads to the account for which it is proved, or to one connection of it.
    #[test]
    fn a_proved_domain_leads_to_its_account() {
        assert_eq!(at(EMAIL, Some(DomainOwner { account: ACME, connection: None })), Route::To(connection(1)));
        let one = Some(DomainOwner { account: NORTH, connection: Some(connection(3)) });
        assert_eq!(at(EMAIL, one), Route::To(connection(3)));
        assert_eq!(at(Hints { host: Some(NORTH), ..EMAIL }, one), Route::To(connection(3)));
    }

    /// SC-23, SC-24: unknown, unproved and out of use cannot be told from each other.
    #[test]
    fn a_domain_that_leads_nowhere_gives_one_neutral_answer() {
        assert_eq!(at(EMAIL, None), Route::Nobody);
        let paused = Some(DomainOwner { account: NORTH, connection: Some(connection(4)) });
        assert_eq!(at(EMAIL, paused), Route::Nobody, "never another door than the domain's");
        assert_eq!(at(EMAIL, Some(DomainOwner { account: account(9), connection: None })), Route::Nobody);
    }

    #[test]
    fn a_guests_address_does_not_lead_away_from_the_account_that_was_opened() {
        let elsewhere = Some(DomainOwner { account: NORTH, connection: None });
        assert_eq!(at(Hints { host: Some(ACME), ..EMAIL }, elsewhere), Route::To(connection(1)));
        assert_eq!(at(Hints { host: Some(ACME), ..EMAIL }, None), Route::To(connection(1)));
    }

    #[test]
    fn a_connection_is_reached_by_its_id_only_where_it_is_active_and_of_the_account() {
        let by_id = |number, host| at(Hints { connection: Some(connection(number)), host, ..Hints::default() }, None);
        assert_eq!(by_id(1, None), Route::To(connection(1)));
        assert_eq!(by_id(1, Some(ACME)), Route::To(connection(1)));
        assert_eq!(by_id(1, Some(NORTH)), Route::Nobody);
        assert_eq!(by_id(4, None), Route::Nobody, "paused");
        assert_eq!(by_id(5, None), Route::Nobody, "draft");
    }

    const BAKERY: AccountId = account(3);

    /// The doors of an account with a connection of its own, and of one that it inherits from `NORTH`.
    fn inheriting(behind: Behind, own: ConnectionState) -> [Door; 3] {
        let inherited = |number, state| Door { owner: NORTH, ..door(number, BAKERY, state) };
        let own = Door { behind, ..door(6, BAKERY, own) };
        [own, inherited(2, ConnectionState::Active), inherited(4, ConnectionState::Paused)]
    }

    /// MX-28: own connection first, else the inherited one; MX-29: or both, the own one first.
    #[test]
    fn inherited_connections_wait_for_active_ones_of_the_accounts_own_or_stand_beside_them() {
        use ConnectionState::{Active, Draft, Paused};
        let opened =
            |doors: &[Door]| route(&Hints { host: Some(BAKERY), ..Hints::default() }, &Table { doors, owner: None });
        assert_eq!(opened(&inheriting(Behind::Waits, Active)), Route::To(connection(6)));
        assert_eq!(opened(&inheriting(Behind::Waits, Draft)), Route::To(connection(2)));
        assert_eq!(opened(&inheriting(Behind::Waits, Paused)), Route::To(connection(2)));
        let both = Route::Choose(vec![connection(6), connection(2)]);
        assert_eq!(opened(&inheriting(Behind::Beside, Active)), both);
    }

    #[test]
    fn a_proved_domain_chooses_between_own_and_inherited_connections() {
        let doors = inheriting(Behind::Beside, ConnectionState::Active);
        let at = |owner| {
            let owner = Some(DomainOwner { account: owner, connection: None });
            route(&Hints { host: Some(BAKERY), ..EMAIL }, &Table { doors: &doors, owner })
        };
        assert_eq!(at(BAKERY), Route::To(connection(6)));
        assert_eq!(at(NORTH), Route::To(connection(2)));
        assert_eq!(at(ACME), Route::Choose(vec![connection(6), connection(2)]), "a guest chooses");
        let waiting = inheriting(Behind::Waits, ConnectionState::Active);
        let owner = Some(DomainOwner { account: NORTH, connection: None });
        let hints = Hints { host: Some(BAKERY), ..EMAIL };
        assert_eq!(route(&hints, &Table { doors: &waiting, owner }), Route::To(connection(6)), "it still waits");
    }

    /// A domain of an account above leads into that account, not into one below it.
    #[test]
    fn the_domain_of_an_account_above_leads_into_no_account_below() {
        let doors: Vec<Door> = [DOORS, &inheriting(Behind::Waits, ConnectionState::Draft)].concat();
        let owner = Some(DomainOwner { account: NORTH, connection: Some(connection(2)) });
        assert_eq!(route(&EMAIL, &Table { doors: &doors, owner }), Route::To(connection(2)));
    }

    #[test]
    fn a_request_cannot_talk_over_the_host() {
        assert_eq!(at(Hints { host: Some(ACME), account: Some(NORTH), ..Hints::default() }, None), Route::Nobody);
    }

    #[test]
    fn without_any_hint_the_person_is_asked() {
        assert_eq!(at(Hints::default(), None), Route::Ask);
        let stray = Some(DomainOwner { account: ACME, connection: None });
        assert_eq!(at(Hints::default(), stray), Route::Ask, "an owner without an address says nothing");
    }
}
