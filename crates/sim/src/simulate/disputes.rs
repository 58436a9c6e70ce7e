//! Disputes in this world: wallets ask for documents and claim money back, acquirers answer at
//! once, late or never. Documents are no part of it: the log does not know them.

use super::acquirer::acquirer_id;
use super::wallet::{Said, Standing};
use super::world::World;
use crate::preset::text;
use base::Span;
use ids::{PaymentId, RefundId};
use money::Money;
use network::{
    AnswerDispute, Command, DisputeAnswer, DisputeKind, DisputeState, OpenDispute, Payment,
};

impl World {
    /// A wallet opens a dispute: mostly about what its user paid, sometimes about what another
    /// wallet's user did, or with an id that it used before.
    pub fn quarrel(&mut self) {
        let wallet = self.dice.index(self.wallets.len());
        if self.real_at(wallet).is_some() {
            // Real wallets know no disputes.
            return;
        }
        let others = (wallet + 1) % self.wallets.len();
        let from = if self.dice.per_mille(60) { others } else { wallet };
        let entries = self.wallets[from].entries.iter();
        let taken = entries.filter(|(_, entry)| entry.standing == Standing::Taken);
        let taken: Vec<(PaymentId, Money)> = taken.map(|(id, it)| (*id, it.amount)).collect();
        if taken.is_empty() {
            return;
        }
        // Mostly the newest, so that several disputes are about one payment.
        let newest = self.dice.index(taken.len().min(6));
        let (payment, amount) = taken[taken.len() - 1 - newest];
        let kind = self.draw_kind(amount);
        self.open_dispute(wallet, payment, kind);
        if self.dice.per_mille(80) {
            // The same id for something else of the same partition: whichever is first stands.
            let other = self.dice.pick(&taken);
            if other.0.partition() == payment.partition() {
                self.disputes -= 1;
                let kind = self.draw_kind(other.1);
                self.open_dispute(wallet, other.0, kind);
            }
        }
    }

    fn draw_kind(&mut self, paid: Money) -> DisputeKind {
        let minor = match self.dice.below(8) {
            0..2 => return DisputeKind::Retrieval,
            2..4 => paid.minor(),
            4 => paid.minor() + 1,
            _ => self.dice.between(1, paid.minor()),
        };
        match Money::new(minor, paid.currency()) {
            Ok(amount) => DisputeKind::Escalation { amount },
            Err(_) => DisputeKind::Retrieval,
        }
    }

    fn open_dispute(&mut self, wallet: usize, payment: PaymentId, kind: DisputeKind) {
        let number = self.disputes;
        self.disputes += 1;
        let command = Command::OpenDispute(OpenDispute {
            mpp: self.wallets[wallet].id,
            request_id: text(&format!("D-{number}")),
            payment,
            kind,
            reason: None,
            // Drawn when it arrives.
            refund: RefundId::from_u128(0),
        });
        self.write(command, Some(payment.partition()), Span::millis(1));
    }

    /// The acquirer learns of a dispute and answers as it is used to.
    pub fn hears_of_dispute(&mut self, payment: &Payment, number: u32) {
        let dispute = &payment.disputes[number as usize];
        let place = usize::from(payment.acquirer != acquirer_id(0));
        let habits = self.profile.acquirers[place];
        let answer = match dispute.kind {
            DisputeKind::Retrieval if self.dice.per_mille(900) => DisputeAnswer::Documents,
            DisputeKind::Retrieval => DisputeAnswer::Refused,
            DisputeKind::Escalation { amount } => self.draw_answer(amount),
        };
        let command = AnswerDispute {
            acquirer: payment.acquirer,
            request_id: dispute.request_id.clone(),
            payment: payment.id,
            answer,
        };
        if self.dice.per_mille(habits.pries) {
            // The other acquirer answers first.
            let acquirer = acquirer_id(1 - place);
            let foreign = AnswerDispute { acquirer, ..command.clone() };
            let partition = Some(payment.id.partition());
            self.write(Command::AnswerDispute(foreign), partition, Span::millis(1));
        }
        if self.dice.per_mille(habits.never_answers) {
            return;
        }
        let after = if self.dice.per_mille(habits.answers_late) {
            // Around the deadlines of both kinds.
            Span::hours(self.dice.between(6 * 24, 12 * 24))
        } else {
            Span::millis(self.dice.between(5, 200_000))
        };
        self.write(Command::AnswerDispute(command), Some(payment.id.partition()), after);
    }

    fn draw_answer(&mut self, claimed: Money) -> DisputeAnswer {
        let minor = match self.dice.below(10) {
            0..4 => claimed.minor(),
            4..6 => self.dice.between(1, claimed.minor()),
            6 => claimed.minor() + 1,
            7 => return DisputeAnswer::Documents,
            _ => return DisputeAnswer::Refused,
        };
        match Money::new(minor, claimed.currency()) {
            Ok(amount) => DisputeAnswer::Accepted { amount },
            Err(_) => DisputeAnswer::Refused,
        }
    }

    /// The acquirer has heard that its answer stands. Now and then it says something else later, or
    /// a clerk who knows of no dispute refunds the same payment.
    pub fn answer_stands(&mut self, it: &AnswerDispute) {
        if self.is_calm {
            return;
        }
        if self.dice.per_mille(300) {
            let place = self.purchases.iter().position(|own| own.payment == Some(it.payment));
            if let Some(place) = place {
                let minor = self.dice.between(1, self.purchases[place].amount.minor());
                self.refund_part(place, minor);
            }
        }
        if self.dice.per_mille(200) {
            self.change_answer(it);
        }
    }

    /// What it said first stands.
    fn change_answer(&mut self, it: &AnswerDispute) {
        let answer = match it.answer {
            DisputeAnswer::Documents => return,
            DisputeAnswer::Accepted { .. } => DisputeAnswer::Refused,
            DisputeAnswer::Refused => {
                let whole = Money::new(1, crate::preset::currency("JPY"));
                DisputeAnswer::Accepted { amount: whole.expect("one yen is an amount") }
            }
        };
        let changed = AnswerDispute { answer, ..it.clone() };
        let partition = Some(it.payment.partition());
        self.write(Command::AnswerDispute(changed), partition, Span::millis(3));
    }

    /// The wallet learns how its claim ended, and gives the money back to its user, once.
    pub fn hears_end_of_dispute(&mut self, payment: &Payment, number: u32) {
        let dispute = &payment.disputes[number as usize];
        let Some(wallet) = payment.payer.as_ref().and_then(|payer| self.wallet_at(payer.mpp))
        else {
            return;
        };
        match dispute.state {
            DisputeState::Answered(DisputeAnswer::Accepted { .. }) => {
                let refund = payment.refunds.iter().find(|refund| refund.id == dispute.refund);
                let Some(refund) = refund else { return };
                self.credit(wallet, payment.id, (refund.id, refund.shares.pay_to));
            }
            DisputeState::Answered(DisputeAnswer::Refused) if self.dice.per_mille(400) => {
                // It insists. Also when all is calm: two claims are the most.
                let kind = self.draw_kind(payment.amount);
                self.open_dispute(wallet, payment.id, kind);
            }
            DisputeState::Answered(_) | DisputeState::Expired | DisputeState::Open => {}
        }
    }

    fn credit(&mut self, wallet: usize, payment: PaymentId, (id, minor): (RefundId, u64)) {
        let Some(entry) = self.wallets[wallet].entries.get_mut(&payment) else { return };
        if entry.refunds.insert(id, Said::Done).is_some() {
            return;
        }
        entry.given_back_minor += minor;
        if entry.given_back_minor > entry.taken_minor {
            self.wallets[wallet].overpaid = Some(payment);
        }
        self.check_wallet(wallet);
    }
}
