//! Requests of a real wallet's customers: repeated until they are answered, now and then once more,
//! and now and then with other content under the same name. The journal of what was answered is the
//! customers' own.

use super::super::Invariant;
use super::super::node::Applied;
use super::super::world::{Event, World};
use super::hand::altered;
use super::{Command, RealAsker, RealEvent, RealWhat, Span, Wallet};
use base::ResultCode;
use ids::PartnerText;
use services::BillState;
use std::collections::BTreeMap;
use wallet::command::desk::DeskAct;
use wallet::objects::BankState;
use wallet::{Event as Fact, Object, Once, Reply};

/// What a request has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Objects(Vec<u128>),
    Number(u32),
}

/// One request.
pub(crate) struct HomeLetter {
    command: Command,
    once: Option<Once>,
    pub is_open: bool,
    tries: u32,
}

/// See the module's text.
#[derive(Default)]
pub(crate) struct Home {
    pub letters: Vec<HomeLetter>,
    /// What each name has done.
    pub effects: BTreeMap<PartnerText, Effect>,
    /// All objects as they were last seen.
    pub objects: BTreeMap<u128, Object>,
    /// What was paid to the network and to billers, by reference.
    pub settled: BTreeMap<PartnerText, (Option<u32>, u64)>,
    pub drawn: u64,
}

impl Home {
    /// Did the wallet take the word of bank or biller that the money moved?
    pub fn is_moved(&self, id: u128) -> bool {
        match self.objects.get(&id) {
            Some(Object::BankMove(it)) => it.state == BankState::Done,
            Some(Object::Bill(it)) => it.body.state == BillState::Confirmed,
            _ => false,
        }
    }

    /// What was paid to the network, or to a biller, in minor units.
    pub fn paid_minor(&self, biller: Option<u32>) -> u64 {
        self.settled.values().filter(|(to, _)| *to == biller).map(|(_, minor)| minor).sum()
    }
}

fn effect(reply: &Reply) -> Option<Effect> {
    match reply {
        Reply::Made { object, .. } => Some(Effect::Objects(vec![object.id()])),
        Reply::Several(objects) => Some(Effect::Objects(objects.iter().map(Object::id).collect())),
        Reply::Number(number) => Some(Effect::Number(*number)),
        Reply::Done | Reply::Refused(_) | Reply::Tombstone => None,
    }
}

impl World {
    /// A customer asks for something.
    pub fn write_home(&mut self, real: usize, command: Command, once: Option<Once>) {
        let letter = self.reals[real].home.letters.len();
        self.reals[real].home.letters.push(HomeLetter { command, once, is_open: true, tries: 0 });
        self.at_real(real, Span::millis(1), RealWhat::Letter { letter });
    }

    pub fn home_letter_leaves(&mut self, real: usize, letter: usize) {
        let it = &mut self.reals[real].home.letters[letter];
        if !it.is_open {
            return;
        }
        it.tries += 1;
        let (command, tries) = (it.command.clone(), u64::from(it.tries.min(60)));
        self.home_letter_goes(real, command, RealAsker::Letter { letter });
        let again = Span::millis(self.dice.between(2_000, 5_000 * tries));
        self.at_real(real, again, RealWhat::Letter { letter });
    }

    fn home_letter_goes(&mut self, real: usize, command: Command, asker: RealAsker) {
        let what = || RealWhat::Ask(Box::new(command.clone()), asker);
        self.send(|| Event::Real(RealEvent { real, what: what() }));
    }

    /// The customer hears: now and then it is asked once more, or for something else.
    pub fn home_letter_heard(&mut self, real: usize, letter: usize) {
        let it = &mut self.reals[real].home.letters[letter];
        if !std::mem::take(&mut it.is_open) {
            return;
        }
        let (command, once) = (it.command.clone(), it.once.clone());
        if self.dice.per_mille(100) {
            self.home_letter_goes(real, command.clone(), RealAsker::Letter { letter });
        }
        if let Some(once) = once.filter(|_| self.dice.per_mille(100))
            && let Some(other) = altered(&command, &once)
        {
            self.home_letter_goes(real, other, RealAsker::Altered { letter });
        }
    }

    /// After each record of a real wallet: what it has done, and under which name.
    pub fn home_applied(&mut self, real: usize, record: &Applied<RealAsker, Wallet>) {
        let reply = &record.outcome.reply;
        for fact in &record.outcome.events {
            match fact {
                Fact::Moved { object, .. } => {
                    let id = object.id();
                    self.reals[real].home.objects.insert(id, object.clone());
                }
                Fact::Break { .. } => self.tally.real_breaks += 1,
                Fact::CustomerChanged(_) => {}
            }
        }
        self.count_settlement(real, &record.command, reply);
        let (Some(RealAsker::Letter { letter } | RealAsker::Altered { letter }), now) =
            (record.asker, self.now)
        else {
            return;
        };
        self.tally.real_acts += u64::from(!matches!(reply, Reply::Refused(_)));
        self.trace.line(now, || match reply {
            Reply::Refused(refusal) => {
                format!("    refused: {}: {}", refusal.code, refusal.message)
            }
            _ => format!("    {:?}", effect(reply)),
        });
        let Some(once) = self.reals[real].home.letters[letter].once.clone() else { return };
        let known = self.reals[real].home.effects.get(&once.key).cloned();
        let is_altered = matches!(record.asker, Some(RealAsker::Altered { .. }));
        if let Some(wrong) = is_wrong(known.as_ref(), reply, is_altered) {
            let key = once.key.clone();
            self.checker.fail(Invariant::OneEffectPerKey, || {
                format!("wallet {real}: {key} has done {known:?}; {wrong}: {reply:?}")
            });
        }
        // What was there before may have been done under another name.
        let is_new = !is_altered && !matches!(reply, Reply::Made { is_repeat: true, .. });
        if let Some(effect) = effect(reply).filter(|_| is_new) {
            self.reals[real].home.effects.insert(once.key, effect);
        }
    }

    fn count_settlement(&mut self, real: usize, command: &Command, reply: &Reply) {
        let (Command::Desk { act, .. }, Reply::Done) = (command, reply) else { return };
        let (reference, what) = match &**act {
            DeskAct::SettleNetwork { reference, amount_minor } => {
                (reference, (None, *amount_minor))
            }
            DeskAct::SettleBiller { reference, biller, amount_minor } => {
                (reference, (Some(*biller), *amount_minor))
            }
            _ => return,
        };
        self.reals[real].home.settled.insert(reference.clone(), what);
    }

    /// After a restart: objects as they are, also those that changed and nobody saw.
    pub fn home_caught_up(&mut self, real: usize) {
        let it = &mut self.reals[real];
        let Some(live) = &it.node.live else { return };
        let (machine, history) = (live.core.machine(), live.core.applier().history());
        for (id, object) in &mut it.home.objects {
            match machine.object(history, *id) {
                Some(now) => *object = now,
                None => {
                    let id = *id;
                    self.checker.fail(Invariant::AcknowledgedStays, || {
                        format!("wallet {real}: object {id:x} is gone")
                    });
                }
            }
        }
        let new = machine.open_objects().map(|object| (object.id(), object.clone()));
        it.home.objects.extend(new);
    }

    /// At the end: what was acknowledged is there.
    pub fn home_is_kept(&mut self, real: usize) {
        let it = &self.reals[real];
        let Some(live) = &it.node.live else { return };
        let (machine, history) = (live.core.machine(), live.core.applier().history());
        let is_gone = |id: &&u128| machine.object(history, **id).is_none();
        let ids = it.home.effects.values().flat_map(|effect| match effect {
            Effect::Objects(ids) => ids.as_slice(),
            Effect::Number(_) => &[],
        });
        if let Some(id) = ids.clone().find(is_gone).copied() {
            self.checker.fail(Invariant::AcknowledgedStays, || {
                format!("wallet {real}: object {id:x} was acknowledged and is gone")
            });
        }
    }
}

/// What is wrong with a reply to a name, if anything.
fn is_wrong(known: Option<&Effect>, reply: &Reply, is_altered: bool) -> Option<&'static str> {
    let code = match reply {
        Reply::Refused(refusal) => Some(refusal.code),
        _ => None,
    };
    let known = known?;
    if is_altered {
        let is_refused = code == Some(ResultCode::RepeatReqInconsistent);
        return (!is_refused).then_some("something else was asked for under it, and answered");
    }
    if matches!(reply, Reply::Made { is_repeat: false, .. }) {
        return Some("it was done again");
    }
    let is_same = effect(reply).as_ref() == Some(known);
    (!is_same).then_some("asked again, it got another answer")
}
