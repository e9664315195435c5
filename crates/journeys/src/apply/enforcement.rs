//! Single sign-on is demanded only where it opens the door, and where another one is left (MX-33).

use vestibule_domain::account::Account;
use vestibule_domain::connection::Connection;
use vestibule_domain::enforcement::{self, BreakGlass, Enforcement, Method};
use vestibule_domain::password::is_offered;
use vestibule_domain::user::User;

use super::accounts::what;
use super::change::Write;
use super::misfit::Reason;
use super::planner::{Planner, shown};
use super::wanted::WantedAccount;

impl Planner<'_> {
    /// Judges what the plan makes of each account that demands single sign-on, once all else is planned.
    pub(super) fn enforcement(&mut self, wanted: &[WantedAccount]) {
        for account in wanted {
            self.judge_enforcement(account);
        }
    }

    fn judge_enforcement(&mut self, wanted: &WantedAccount) {
        let Some(account) = self.present.accounts.get(&wanted.path).cloned() else { return };
        let after = &account.settings.single_sign_on;
        if !after.demands() {
            return;
        }
        let stood = self.present.enforcement.get(&account.id);
        let is_more = after.demands_more_than(stood.unwrap_or(&Enforcement::default()));
        let named = self.named_in(&account);
        let judged = if is_more {
            let leading = self.leading_into(&account);
            enforcement::may_demand(is_offered(&account), &leading, &named).map(Some)
        } else {
            enforcement::may_go_on(is_offered(&account), &named).map(|()| None)
        };
        match judged {
            Ok(Some(grounds)) => {
                // First of all, or what the plan itself writes would be what is found.
                self.write_first(Write::Grounds(account.id, grounds));
            }
            Ok(None) => {}
            Err(why) => {
                let account = shown(&wanted.path);
                self.misfit(wanted.line, what(wanted), Reason::NotDemanded { account, why });
            }
        }
    }

    /// The account's break-glass users as they are after the plan, with the sign-ins that they made before it.
    fn named_in(&self, account: &Account) -> Vec<BreakGlass> {
        let before = self.present.break_glass.get(&account.id).map(Vec::as_slice).unwrap_or_default();
        let planned = |user: &User| self.people.iter().find(|planned| planned.id == user.id).unwrap_or(user).clone();
        let known = before.iter().map(|glass| BreakGlass { user: planned(&glass.user), ..glass.clone() });
        let is_new = |user: &&User| user.account == account.id && before.iter().all(|glass| glass.user.id != user.id);
        let new = self.people.iter().filter(is_new).map(|user| BreakGlass { user: user.clone(), signed_in_at: None });
        known.chain(new).filter(|glass| glass.user.sign_in.break_glass_since.is_some()).collect()
    }

    /// The connections by which the account's people sign in after the plan.
    fn leading_into(&self, account: &Account) -> Vec<&Connection> {
        let ways = self.ways_with(account, account);
        self.present.connections.values().filter(|connection| ways.lead_to(connection.account)).collect()
    }

    /// A person for whom a password is set where the account gives none.
    pub(super) fn judge_method(&self, user: &User) -> Option<Reason> {
        let account = self.present.accounts.values().find(|account| account.id == user.account)?;
        let lacks = user.sign_in.method == Method::Password || user.sign_in.break_glass_since.is_some();
        (lacks && !is_offered(account)).then(|| Reason::NoPasswords { account: shown(&account.path) })
    }
}
