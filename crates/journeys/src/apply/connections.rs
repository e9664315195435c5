//! Connections: their settings, and how far they are set up.

use std::collections::BTreeMap;

use vestibule_domain::account::Account;
use vestibule_domain::connection::{AnswerTo, Connection, ConnectionState, Encryption, Preset, SamlSettings};
use vestibule_domain::event::Fact;
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_domain::lifecycle::{self, Grounds, NotActivated};
use vestibule_domain::mapping::SubjectKey;
use vestibule_domain::metadata::MetadataNote;
use vestibule_domain::name::Slug;
use vestibule_domain::ways;
use vestibule_saml::types::LoopbackHttp;
use vestibule_store::tx::{KeyPurpose, SessionsOf};
use vestibule_xmlsec::keys::Certificate;

use super::accounts::{of_account, setting_word};
use super::change::{Addresses, Before, Change, ChangeKind, Difference, KeyWanted, Noun, Write, differences};
use super::misfit::{Reason, word};
use super::planner::{Planner, names, shown};
use super::wanted::{Activation, WantedAccount, WantedConnection, WantedState};
use crate::trust::own_address;

/// What the audit log says of a connection that is in force on the operator's word alone.
const UNTESTED: &str = "activated_untested";

impl Planner<'_> {
    pub(super) fn connections(&mut self, wanted: &[WantedAccount]) {
        for account in wanted {
            let Some(id) = self.present.accounts.get(&account.path).map(|account| account.id) else { continue };
            let mut seen: BTreeMap<&Slug, usize> = BTreeMap::new();
            for connection in &account.connections {
                let name = of_account(&account.path, &connection.name);
                match seen.insert(&connection.name, connection.line) {
                    Some(first) => self.misfit(connection.line, what(&name), Reason::Twice { first }),
                    None => self.connection(id, &name, connection),
                }
            }
        }
    }

    fn connection(&mut self, account: AccountId, name: &str, wanted: &WantedConnection) {
        let place = (account, wanted.name.clone());
        let before = self.present.connections.get(&place).cloned();
        let id = match self.connection_id(&place, before.as_ref(), wanted) {
            Ok(id) => id,
            Err(reason) => return self.misfit(wanted.line, what(name), reason),
        };
        let saml = match self.at_home(account, before.as_ref(), wanted) {
            Ok(saml) => saml,
            Err(reason) => return self.misfit(wanted.line, what(name), reason),
        };
        let loopback_http = if self.ctx.deployment.is_loopback() { LoopbackHttp::Allow } else { LoopbackHttp::Refuse };
        for problem in wanted.saml.check(self.ctx.now, loopback_http) {
            self.misfit(wanted.line, what(name), Reason::Setting(problem));
        }
        let was_edited = before.as_ref().is_none_or(|before| before.saml != saml);
        let stood = before.as_ref().map_or(ConnectionState::Draft, |before| before.state);
        let state = if was_edited { lifecycle::edited(stood).map_or(stood, |transition| transition.to) } else { stood };
        let edited_at = before.as_ref().filter(|_| !was_edited).map_or(self.ctx.now, |before| before.edited_at);
        let mut connection = Connection {
            id,
            account,
            name: wanted.name.clone(),
            state,
            saml,
            edited_at,
            tested_at: before.as_ref().and_then(|before| before.tested_at),
            version: before.as_ref().map_or(0, |before| before.version),
        };
        match self.next_state(&connection, wanted.state) {
            Ok(next) => {
                connection.state = next.state;
                self.save_connection(before.as_ref(), &connection, name, &next, &wanted.notes);
                self.keys_for(&connection, name);
                self.present.connections.insert(place, connection);
            }
            Err(reason) => {
                self.misfit(wanted.line, what(name), reason);
                // What stands further down may name it nevertheless.
                self.present.connections.insert(place, connection);
            }
        }
    }

    /// The settings with the sub-domain at which the connection's addresses stand: as the file says, else as it was, else
    /// the account's own (MX-16).
    fn at_home(
        &self,
        account: AccountId,
        before: Option<&Connection>,
        wanted: &WantedConnection,
    ) -> Result<SamlSettings, Reason> {
        let mut saml = wanted.saml.clone();
        if let Some(label) = &saml.sub_domain {
            return match self.present.labels.get(label.as_str()) {
                Some(owner) if *owner == account => Ok(saml),
                _ => Err(Reason::NotItsSubDomain { label: label.to_string() }),
            };
        }
        saml.sub_domain = match before {
            Some(before) => before.saml.sub_domain.clone(),
            None => self.account_with(account).and_then(|account| account.sub_domain.clone()),
        };
        Ok(saml)
    }

    fn account_with(&self, id: AccountId) -> Option<&Account> {
        self.present.accounts.values().find(|account| account.id == id)
    }

    /// An id never changes, and never becomes another's.
    fn connection_id(
        &self,
        place: &(AccountId, Slug),
        before: Option<&Connection>,
        wanted: &WantedConnection,
    ) -> Result<ConnectionId, Reason> {
        match (before, wanted.id) {
            (Some(before), None) => Ok(before.id),
            (Some(before), Some(id)) if id == before.id => Ok(id),
            (Some(before), Some(_)) => Err(Reason::OtherId { present: before.id }),
            (None, None) => Ok(ConnectionId::new(self.ctx.now, self.ctx.random())),
            (None, Some(id)) => {
                let planned = self.present.connections.values().any(|connection| connection.id == id);
                let other = self.present.ids.get(&id).is_some_and(|owner| owner != place);
                if planned || other { Err(Reason::IdTaken { got: id }) } else { Ok(id) }
            }
        }
    }

    fn next_state(&self, connection: &Connection, wanted: Option<WantedState>) -> Result<Next, Reason> {
        let state = connection.state;
        let stays = Ok(Next { state, on_word: false });
        let next = match (wanted, state) {
            (None, _)
            | (Some(WantedState::Draft), ConnectionState::Draft | ConnectionState::Tested)
            | (Some(WantedState::Paused), ConnectionState::Paused)
            | (Some(WantedState::Active(_)), ConnectionState::Active) => stays,
            (Some(WantedState::Draft), ConnectionState::Active | ConnectionState::Paused) => Err(Reason::State {
                from: state,
                to: ConnectionState::Draft,
                fix: "set state = \"paused\" to let nobody in through it",
            }),
            (Some(WantedState::Paused), ConnectionState::Active) => {
                Ok(Next { state: ConnectionState::Paused, on_word: false })
            }
            (Some(WantedState::Paused), ConnectionState::Draft | ConnectionState::Tested) => Err(Reason::State {
                from: state,
                to: ConnectionState::Paused,
                fix: "only an active connection is paused; set state = \"draft\"",
            }),
            (Some(WantedState::Active(activation)), _) => self.activate(connection, activation),
        }?;
        if next.state == ConnectionState::Active && state != ConnectionState::Active {
            self.own_is_permitted(connection.account)?;
        }
        let missing = connection.saml.readiness();
        if next.state == ConnectionState::Active && !missing.is_empty() {
            return Err(Reason::NotActivated { why: NotActivated::Incomplete { missing } });
        }
        Ok(next)
    }

    /// What was active before the account above took its permission away stays, and signs nobody in.
    fn own_is_permitted(&self, account: AccountId) -> Result<(), Reason> {
        let account = self.present.accounts.values().find(|one| one.id == account);
        let above = account.and_then(|account| self.present.accounts.get(&account.path.parent()?));
        let (Some(account), Some(above)) = (account, above) else { return Ok(()) };
        let permitted = ways::permitted(account, Some(above));
        if permitted.own() {
            return Ok(());
        }
        Err(Reason::OwnNotPermitted { permitted: setting_word(permitted), above: shown(&above.path) })
    }

    fn activate(&self, connection: &Connection, activation: Activation) -> Result<Next, Reason> {
        let tested = lifecycle::activate(connection, &Grounds::Test, self.ctx.now);
        let (transition, on_word) = match (tested, activation) {
            (Ok(transition), _) => (Ok(transition), false),
            (Err(why), Activation::AfterTest) => (Err(why), false),
            (Err(_), Activation::ByOperator) => {
                let word = Grounds::Override(self.actor.clone());
                (lifecycle::activate(connection, &word, self.ctx.now), true)
            }
        };
        let transition = transition.map_err(|why| Reason::NotActivated { why })?;
        Ok(Next { state: transition.to, on_word })
    }

    fn save_connection(
        &mut self,
        old: Option<&Connection>,
        connection: &Connection,
        name: &str,
        next: &Next,
        notes: &[MetadataNote],
    ) {
        let state_differs =
            Difference::text("state", Before::of(old, |old| Some(word(old.state))), Some(word(connection.state)));
        // Without one before, what differs from an empty connection: the preset's own defaults are seen too.
        let empty = SamlSettings { sub_domain: connection.saml.sub_domain.clone(), ..Preset::Generic.settings() };
        let settings = differences(old.map(|old| &old.saml), &connection.saml, &empty);
        let differences: Vec<_> = state_differs.into_iter().chain(settings).collect();
        if differences.is_empty() {
            return;
        }
        let mut changed = names(&differences);
        changed.extend(next.on_word.then(|| UNTESTED.to_owned()));
        let event = self.event(connection.account, Fact::ConnectionChanged { connection: connection.id, changed });
        let kind = if old.is_some() { ChangeKind::Change } else { ChangeKind::Create };
        let mut change = Change::new(kind, Noun::Connection, name.to_owned(), differences);
        change.addresses = Some(self.addresses(connection));
        let on_word = "it is active on the operator's word, without a test that passed";
        change.warnings.extend(next.on_word.then(|| on_word.to_owned()));
        change.warnings.extend(connection.saml.weaknesses(self.ctx.now).iter().map(ToString::to_string));
        change.warnings.extend(notes.iter().map(ToString::to_string));
        change.warnings.extend(old.and_then(|old| self.unlinked(old, connection)));
        let was_active = old.is_some_and(|old| old.state == ConnectionState::Active);
        let distrusted = old.and_then(|old| distrusted(&old.saml, &connection.saml)).filter(|_| was_active);
        change.warnings.extend(distrusted.map(|what| {
            format!("{what}: everybody who signed in through this connection, or is about to, has to sign in anew")
        }));
        self.change(change);
        self.write(Write::Connection(Box::new(connection.clone()), event));
        self.audit_sha1(old, connection);
        if was_active && (connection.state != ConnectionState::Active || distrusted.is_some()) {
            let event = self.event(connection.account, Fact::ConnectionSessionsEnded { connection: connection.id });
            self.write(Write::EndSessions(SessionsOf::Connection(connection.id), event));
        }
    }

    /// People are known by issuer and subject (A25.1). Where one of them changes, nobody is recognised.
    fn unlinked(&self, old: &Connection, connection: &Connection) -> Option<String> {
        let changed: Vec<&str> = identity_changes(&old.saml, &connection.saml).collect();
        let people = self.present.linked.get(&connection.id).copied().filter(|people| *people > 0)?;
        if changed.is_empty() {
            return None;
        }
        let (people, verb) =
            if people == 1 { ("1 person".to_owned(), "is") } else { (format!("{people} people"), "are") };
        Some(format!(
            "{people} who {verb} linked to this connection will not be recognised, for who they are here is made of {}: \
             they are taken for somebody new, or linked again by an e-mail address of a proved domain; name them by \
             identities, or leave it as it was",
            changed.join(" and ")
        ))
    }

    fn addresses(&self, connection: &Connection) -> Addresses {
        let saml = &connection.saml;
        let account = self.account_with(connection.account).and_then(|account| account.sub_domain.as_ref());
        let origin = self.ctx.deployment.origin_of(saml.sub_domain.as_ref().or(account));
        let own = |what| own_address(&origin, connection.id, what);
        let alias = saml.aliases.first().filter(|_| saml.answer_to == AnswerTo::FirstAlias);
        Addresses {
            identifier: saml.entity_id.as_ref().map_or_else(|| own("metadata"), ToString::to_string),
            reply_url: alias.map_or_else(|| own("acs"), ToString::to_string),
            sign_on_url: own("start"),
            logout_url: own("slo"),
        }
    }

    /// MX-9: taking SHA-1 has a line of its own in the audit log.
    fn audit_sha1(&mut self, before: Option<&Connection>, connection: &Connection) {
        let Some(until) = connection.saml.sha1_until else { return };
        if before.and_then(|before| before.saml.sha1_until) != Some(until) {
            let event = self.event(connection.account, Fact::Sha1Allowed { connection: connection.id, until });
            self.write(Write::Event(event));
        }
    }

    fn keys_for(&mut self, connection: &Connection, name: &str) {
        let signs = connection.saml.signs();
        let decrypts = connection.saml.encryption != Encryption::Off;
        for (is_wanted, purpose) in [(signs, KeyPurpose::Signing), (decrypts, KeyPurpose::Decryption)] {
            let present = self.present.keys.get(&connection.id).into_iter().flatten();
            let is_there = present.into_iter().any(|key| key.purpose == purpose && key.is_active);
            if is_wanted && !is_there {
                let (connection, account) = (connection.id, connection.account);
                self.key(KeyWanted { connection, account, name: name.to_owned(), purpose });
            }
        }
    }
}

/// The state that follows, and whether on the operator's word alone.
struct Next {
    state: ConnectionState,
    on_word: bool,
}

/// What was trusted and is no longer: what rests on it must not go on (A27.1).
fn distrusted(old: &SamlSettings, new: &SamlSettings) -> Option<&'static str> {
    if old.issuer != new.issuer {
        return Some("the issuer is another one");
    }
    let kept: Vec<Certificate> = new.read_certificates().collect();
    let is_taken_out = old.read_certificates().any(|certificate| !kept.contains(&certificate));
    is_taken_out.then_some("a certificate is taken out")
}

/// The settings of which the stored subjects are made and that differ.
pub(super) fn identity_changes<'s>(old: &'s SamlSettings, new: &'s SamlSettings) -> impl Iterator<Item = &'static str> {
    let subject = new.subject_in_force();
    let format = subject == SubjectKey::NameId && old.name_id_format != new.name_id_format;
    let differs = [
        ("issuer", old.issuer != new.issuer),
        ("subject", old.subject_in_force() != subject),
        ("name_id_format", format),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name)
}

fn what(name: &str) -> String {
    format!("connection {name}")
}
