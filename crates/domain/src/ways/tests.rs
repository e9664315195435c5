use super::*;
use crate::account::{AccountKind, AccountPath, AccountSettings};
use crate::branding::Branding;
use crate::session::SessionSettings;

const PLATFORM: AccountId = AccountId::from_bytes([1; 16]);
const NORTH: AccountId = AccountId::from_bytes([2; 16]);
const BAKERY: AccountId = AccountId::from_bytes([3; 16]);

fn account(id: AccountId, kind: AccountKind, settings: AccountSettings) -> Account {
    let (parent, path) = match kind {
        AccountKind::Platform => (None, ""),
        AccountKind::Reseller => (Some(PLATFORM), "north"),
        AccountKind::Customer => (Some(NORTH), "north/bakery"),
    };
    let (path, name) = (AccountPath::parse(path).unwrap(), String::new());
    let (brand, sessions) = (Branding::default(), SessionSettings::default());
    Account { id, parent, path, kind, name, sub_domain: None, settings, brand, sessions, version: 1 }
}

/// The ways of a reseller and of a customer below it, by what each is permitted and chooses.
fn tree(reseller: (Permitted, SignInBy), customer: (Permitted, SignInBy)) -> (Ways, Ways) {
    let set = |(permitted, sign_in)| AccountSettings { permitted: Some(permitted), sign_in, ..Default::default() };
    let platform = account(PLATFORM, AccountKind::Platform, AccountSettings::default());
    let reseller = account(NORTH, AccountKind::Reseller, set(reseller));
    let customer = account(BAKERY, AccountKind::Customer, set(customer));
    (ways(&[&platform, &reseller]), ways(&[&platform, &reseller, &customer]))
}

fn whose(ways: &Ways) -> Vec<AccountId> {
    ways.sources.iter().map(|source| source.account).collect()
}

type Those = &'static [AccountId];

/// MX-18, MX-19, MX-21: each policy at three levels. An account hands down what it has itself.
#[test]
fn each_policy_below_each_policy_gives_these_ways_and_no_others() {
    use Permitted::{Both, Forbidden, Inherit, Own};
    const NOBODY: &[AccountId] = &[];
    let table: [(Permitted, Those, [Those; 4]); 4] = [
        // What the reseller is permitted, what it has, what a customer has to whom inherit, own, both, forbidden goes.
        (Inherit, &[PLATFORM], [&[PLATFORM], &[BAKERY], &[BAKERY, PLATFORM], NOBODY]),
        (Own, &[NORTH], [&[NORTH], &[BAKERY], &[BAKERY, NORTH], NOBODY]),
        (Both, &[NORTH, PLATFORM], [&[NORTH, PLATFORM], &[BAKERY], &[BAKERY, NORTH, PLATFORM], NOBODY]),
        (Forbidden, NOBODY, [NOBODY, &[BAKERY], &[BAKERY], NOBODY]),
    ];
    for (reseller, its, customers) in table {
        for (customer, wanted) in [Inherit, Own, Both, Forbidden].into_iter().zip(customers) {
            let (above, below) = tree((reseller, SignInBy::OwnFirst), (customer, SignInBy::OwnFirst));
            assert_eq!(whose(&above), its, "{reseller:?}");
            assert_eq!(whose(&below), wanted, "{customer:?} below {reseller:?}");
            assert_eq!(below.why_not.is_some(), wanted.is_empty(), "{customer:?} below {reseller:?}");
        }
    }
}

/// MX-28, MX-29: a child opts out, or adds its own beside the inherited one; never more than is permitted.
#[test]
fn an_account_chooses_within_what_it_is_permitted() {
    use Permitted::{Both, Forbidden, Inherit, Own};
    for (choice, permitted, wanted) in [
        (SignInBy::OwnFirst, Both, Ok(vec![BAKERY, NORTH])),
        (SignInBy::Both, Both, Ok(vec![BAKERY, NORTH])),
        (SignInBy::Own, Both, Ok(vec![BAKERY])),
        (SignInBy::Inherit, Both, Ok(vec![NORTH])),
        (SignInBy::Off, Both, Err(WhyNot::Off)),
        (SignInBy::Off, Inherit, Err(WhyNot::Off)),
        (SignInBy::Own, Inherit, Err(WhyNot::NotPermitted)),
        (SignInBy::Inherit, Own, Err(WhyNot::NotPermitted)),
        (SignInBy::Both, Own, Ok(vec![BAKERY])),
        (SignInBy::Both, Inherit, Ok(vec![NORTH])),
        (SignInBy::Own, Forbidden, Err(WhyNot::Forbidden)),
        (SignInBy::Inherit, Forbidden, Err(WhyNot::Forbidden)),
    ] {
        let (_, got) = tree((Own, SignInBy::OwnFirst), (permitted, choice));
        match wanted {
            Ok(sources) => assert_eq!(whose(&got), sources, "{choice:?} of {permitted:?}"),
            Err(why) => assert_eq!(got.why_not, Some(why), "{choice:?} of {permitted:?}"),
        }
    }
    let behind = |choice| tree((Own, SignInBy::OwnFirst), (Both, choice)).1.sources[0].behind;
    assert_eq!((behind(SignInBy::OwnFirst), behind(SignInBy::Both)), (Behind::Waits, Behind::Beside));
}

#[test]
fn an_account_that_switched_sign_in_off_hands_nothing_down() {
    let (above, below) = tree((Permitted::Own, SignInBy::Off), (Permitted::Inherit, SignInBy::OwnFirst));
    assert_eq!((above.why_not, below.why_not), (Some(WhyNot::Off), Some(WhyNot::NothingAbove)));
}

/// MX-34: whatever is new below a new reseller uses its own connections, and no others.
#[test]
fn sub_accounts_only_is_what_a_new_reseller_gives() {
    let platform = account(PLATFORM, AccountKind::Platform, AccountSettings::default());
    let reseller = account(NORTH, AccountKind::Reseller, AccountSettings::default());
    let customer = account(BAKERY, AccountKind::Customer, AccountSettings::default());
    assert_eq!(permitted(&customer, Some(&reseller)), Permitted::Own);
    assert_eq!(whose(&ways(&[&platform, &reseller, &customer])), [BAKERY]);
}

/// SC-5: what the vendor withholds at an account is withheld from all below it, whatever they are permitted.
#[test]
fn entitlement_goes_down_the_tree() {
    let withheld = || AccountSettings { entitlement: Entitlement::Withheld, ..Default::default() };
    let both = || AccountSettings { permitted: Some(Permitted::Both), ..Default::default() };
    for (levels, at) in [
        ([withheld(), both(), both()], PLATFORM),
        ([both(), withheld(), both()], NORTH),
        ([both(), both(), withheld()], BAKERY),
    ] {
        let [platform, reseller, customer] = levels;
        let platform = account(PLATFORM, AccountKind::Platform, platform);
        let reseller = account(NORTH, AccountKind::Reseller, reseller);
        let customer = account(BAKERY, AccountKind::Customer, customer);
        let got = ways(&[&platform, &reseller, &customer]);
        assert_eq!(got, Ways { sources: vec![], why_not: Some(WhyNot::NotEntitled(at)) });
    }
}
