//! Who has to hear what: the checker's own list of the messages that are owed, from the commands
//! alone, and of those that were heard.

use super::Invariant;
use super::checks::Checker;
use super::node::Applied;
use directory::{Approval, Merchant, MerchantKey, ParticipantStatus};
use ids::{ParticipantId, PartnerText};
use network::{
    Change, Command, DecideMerchant, DisputeState, Errand, ErrandId, Event, Message, Network,
    Payment, RegisterMerchant, Reply,
};
use std::collections::{BTreeMap, BTreeSet};

/// A message as its receiver knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    /// A merchant was reported: the acquirer's id of the report.
    Merchant(MerchantKey, PartnerText),
    /// What wallets have decided about a merchant by now, in words.
    Decided(MerchantKey, String),
    Dispute(PartnerText),
    DisputeEnded(PartnerText),
}

#[derive(Default)]
pub(crate) struct Hearing {
    /// How often each message is owed to whom.
    owed: BTreeMap<(ParticipantId, News), u32>,
    got: BTreeMap<(ParticipantId, News), u32>,
    /// Errands that have arrived, so that repeats of one are not counted.
    arrived: BTreeSet<ErrandId>,
    /// Reports that were taken.
    reports: BTreeSet<(ParticipantId, PartnerText)>,
    approvals: BTreeMap<MerchantKey, BTreeMap<ParticipantId, Approval>>,
    /// Who wants to hear of merchants.
    listening: BTreeSet<ParticipantId>,
    suspended: BTreeSet<ParticipantId>,
    /// Wallets that decide about each merchant.
    deciding: BTreeSet<ParticipantId>,
}

/// The wallets of this world.
const WALLETS: [ParticipantId; 3] = [ParticipantId(1), ParticipantId(2), ParticipantId(3)];

fn words(approvals: &BTreeMap<ParticipantId, Approval>) -> String {
    let word = |(id, approval): (&ParticipantId, &Approval)| match approval {
        Approval::Pending => format!("{} waits", id.0),
        Approval::Approved => format!("{} yes", id.0),
        Approval::Rejected { .. } => format!("{} no", id.0),
    };
    approvals.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn news(message: &Message) -> Option<News> {
    let id = |payment: &Payment, number: u32| payment.disputes[number as usize].request_id.clone();
    Some(match message {
        // Agreements have a checker of their own.
        Message::CancelToken(_) | Message::AuthNotify { .. } => return None,
        Message::Registration { merchant, .. } => {
            News::Merchant(merchant.key(), merchant.registration.request_id.clone())
        }
        Message::RegistrationStatus(it) => News::Decided(it.key(), words(&it.approvals)),
        Message::Dispute { payment, number } => News::Dispute(id(payment, *number)),
        Message::DisputeAnswered { payment, number } => News::DisputeEnded(id(payment, *number)),
    })
}

impl Hearing {
    fn owe(&mut self, to: ParticipantId, news: News) {
        *self.owed.entry((to, news)).or_default() += 1;
    }

    /// A message arrives, or is given up after all its attempts. Says whether it is the first time.
    pub fn heard(&mut self, errand: &Errand) -> bool {
        if !self.arrived.insert(errand.id) {
            return false;
        }
        if let Some(news) = news(&errand.message) {
            *self.got.entry((errand.to, news)).or_default() += 1;
        }
        true
    }

    /// After each record of the partition that tells of merchants, and of disputes in any.
    pub fn applied<A>(&mut self, record: &Applied<A>, tells_of_merchants: bool) {
        match (&record.command, &record.outcome.reply) {
            (Command::OpenDispute(it), Reply::Dispute { payment, is_repeat: false, .. }) => {
                self.owe(payment.acquirer, News::Dispute(it.request_id.clone()));
            }
            (_, Reply::Refused(_)) => {}
            _ if !tells_of_merchants => {}
            (Command::RegisterMerchant(it), _) => self.registered(it),
            (Command::WalletDecides(it), _)
            | (Command::Operate { change: Change::DecideMerchant(it), .. }, _) => self.decided(it),
            (Command::Operate { change, .. }, _) => self.changed(change),
            _ => {}
        }
    }

    fn changed(&mut self, change: &Change) {
        match change {
            Change::SetEndpoints { participant, endpoints } if endpoints.registration.is_some() => {
                self.listening.insert(*participant);
            }
            Change::SetContract { participant, contract } if contract.approves_merchants => {
                self.deciding.insert(*participant);
            }
            Change::SetStatus { participant, status: ParticipantStatus::Active } => {
                self.suspended.remove(participant);
            }
            Change::SetStatus { participant, .. } => {
                self.suspended.insert(*participant);
            }
            _ => {}
        }
    }

    fn registered(&mut self, it: &RegisterMerchant) {
        if !self.reports.insert((it.acquirer, it.request_id.clone())) {
            return;
        }
        let key = MerchantKey { acquirer: it.acquirer, reference: it.reference.clone() };
        let approvals = self.approvals.entry(key.clone()).or_default();
        for mpp in &self.deciding {
            approvals.entry(*mpp).or_insert(Approval::Pending);
        }
        for mpp in WALLETS {
            if self.listening.contains(&mpp) && !self.suspended.contains(&mpp) {
                self.owe(mpp, News::Merchant(key.clone(), it.request_id.clone()));
            }
        }
    }

    fn decided(&mut self, it: &DecideMerchant) {
        let approvals = self.approvals.entry(it.merchant.clone()).or_default();
        let before = approvals.insert(it.mpp, it.approval.clone());
        let words = words(approvals);
        let acquirer = it.merchant.acquirer;
        if before.as_ref() != Some(&it.approval) && self.listening.contains(&acquirer) {
            self.owe(acquirer, News::Decided(it.merchant.clone(), words));
        }
    }

    /// After a restart: what became durable and was seen by nobody counts from now on.
    pub fn caught_up(&mut self, machine: &Network) {
        for merchant in machine.directory().merchants() {
            let merchant: &Merchant = merchant;
            self.approvals.insert(merchant.key(), merchant.approvals.clone());
            let report = merchant.registration.request_id.clone();
            self.reports.insert((merchant.acquirer, report));
        }
        for it in machine.directory().participants() {
            match it.is_active() {
                true => self.suspended.remove(&it.id),
                false => self.suspended.insert(it.id),
            };
        }
    }

    /// Messages about decisions, as they were heard.
    pub fn decisions(&self) -> u64 {
        let decided = self.got.iter().filter(|((_, news), _)| matches!(news, News::Decided(..)));
        decided.map(|(_, count)| u64::from(*count)).sum()
    }
}

impl Checker {
    /// After each record.
    pub fn owing<A>(&mut self, record: &Applied<A>, is_first_partition: bool) {
        self.hearing.applied(record, is_first_partition);
        for event in &record.outcome.events {
            match event {
                Event::PaymentMoved(payment) => self.ends_owed(payment),
                Event::ErrandGivenUp(errand) => drop(self.hearing.heard(errand)),
                _ => {}
            }
        }
    }

    /// A claim that has just ended is owed to its wallet.
    fn ends_owed(&mut self, payment: &Payment) {
        let is_over = |it: &&network::DisputeRecord| {
            it.kind.is_escalation() && it.state != DisputeState::Open
        };
        let Some(payer) = payment.payer.as_ref().filter(|_| !payment.disputes.is_empty()) else {
            return;
        };
        for dispute in payment.disputes.iter().filter(is_over) {
            let news = News::DisputeEnded(dispute.request_id.clone());
            self.hearing.owed.insert((payer.mpp, news), 1);
        }
    }

    /// At the end: who is owed a message has heard it.
    pub fn everybody_heard(&mut self) {
        let Hearing { owed, got, .. } = &self.hearing;
        let is_deaf = |(key, owed): &(&(ParticipantId, News), &u32)| {
            got.get(*key).copied().unwrap_or_default() < **owed
        };
        if let Some(((who, news), _)) = owed.iter().find(is_deaf) {
            let broken = format!("participant {} never heard {news:?}", who.0);
            self.fail(Invariant::EverybodyHears, || broken);
        }
    }
}
