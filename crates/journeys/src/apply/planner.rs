//! Compares what is wanted with what is there.

use vestibule_domain::account::AccountPath;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::AccountId;
use vestibule_domain::user::User;

use super::change::{Before, Change, ChangeKind, Difference, KeyWanted, Noun, Plan, Write};
use super::misfit::{ApplyError, Misfit, Reason};
use super::present::Present;
use crate::ctx::Ctx;

/// What is planned so far.
pub(super) struct Planner<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) present: Present,
    /// On whose word.
    pub(super) actor: Actor,
    changes: Vec<Change>,
    writes: Vec<Write>,
    keys: Vec<KeyWanted>,
    misfits: Vec<Misfit>,
    /// People whom the plan creates or changes, as they are afterwards.
    pub(super) people: Vec<User>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(ctx: &'a Ctx, present: Present, actor: Actor) -> Self {
        let (changes, writes, keys, misfits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { ctx, present, actor, changes, writes, keys, misfits, people: Vec::new() }
    }

    pub(super) fn misfit(&mut self, line: usize, what: impl Into<String>, reason: Reason) {
        self.misfits.push(Misfit { line, what: what.into(), reason });
    }

    pub(super) fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    pub(super) fn write_first(&mut self, write: Write) {
        self.writes.insert(0, write);
    }

    pub(super) fn key(&mut self, wanted: KeyWanted) {
        let differences = Difference::text("purpose", Before::New, Some(wanted.purpose_name())).into_iter().collect();
        let change = Change::new(ChangeKind::Create, Noun::Key, wanted.name.clone(), differences);
        self.changes.push(change);
        self.keys.push(wanted);
    }

    pub(super) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// A line for the audit log.
    pub(super) fn event(&self, account: impl Into<Option<AccountId>>, fact: Fact) -> AuditEvent {
        self.ctx.event(account, self.actor.clone(), fact)
    }

    pub(super) fn finish(mut self) -> Result<Plan, ApplyError> {
        if self.misfits.is_empty() {
            let Self { changes, writes, keys, present, actor, .. } = self;
            return Ok(Plan { changes, base: present.version, actor, writes, keys });
        }
        self.misfits.sort_by_key(|misfit| misfit.line);
        Err(ApplyError::Misfits(self.misfits))
    }
}

impl Change {
    pub(super) fn new(kind: ChangeKind, noun: Noun, name: String, differences: Vec<Difference>) -> Self {
        Self { kind, noun, name, differences, warnings: Vec::new(), addresses: None }
    }
}

/// The names of what differs, for the audit log, which holds no values.
pub(super) fn names(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(|difference| difference.setting.clone()).collect()
}

/// An account for people: its path, or `platform`.
pub(super) fn shown(path: &AccountPath) -> String {
    path.shown()
}
