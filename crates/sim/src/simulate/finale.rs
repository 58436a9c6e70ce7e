//! What must hold when everything has come to its end: three sets of books that agree, and a log
//! that gives the same state again.

use super::Invariant;
use super::wallet::Wallet;
use super::world::World;
use ids::{AgreementId, ParticipantId, PaymentId};
use ledger::{AccountKey, Purpose};
use money::Currency;
use network::{Agreement, Payment, chart};
use payment::{DeliveryState, MAX_NOTIFY_ATTEMPTS, PaymentState, RefundState};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What each account of a kind should hold, in minor units.
type Expected = BTreeMap<AccountKey, i128>;

impl World {
    /// Checks everything once. The first thing that is wrong is kept.
    pub fn check_the_end(&mut self) {
        self.check_payments();
        self.check_wallets();
        self.check_accounts();
        self.check_agreements();
        self.check_reals();
        self.checker.everybody_heard();
        self.tally.decisions += self.checker.hearing.decisions();
        for place in 0..self.nodes.len() {
            self.checker.still_told(&self.nodes[place]);
            let replayed = self.nodes[place].check_replay();
            self.broke(replayed);
        }
    }

    fn payment(&self, id: PaymentId) -> Option<Arc<Payment>> {
        let live = self.nodes[usize::from(id.partition().0)].live.as_ref()?;
        live.core.machine().payment(live.core.applier().history(), id)
    }

    fn check_agreements(&mut self) {
        // The last move of a debit may have been in a record that nobody saw applied.
        for id in self.checker.payments() {
            if let Some(payment) = self.payment(id) {
                self.checker.debit_moved(&payment);
            }
        }
        for id in self.checker.agreements_seen() {
            if let Some(agreement) = self.agreement(id) {
                self.checker.agreement_at_the_end(&agreement);
            }
        }
    }

    pub fn agreement(&self, id: AgreementId) -> Option<Arc<Agreement>> {
        let live = self.nodes[usize::from(id.partition().0)].live.as_ref()?;
        live.core.machine().agreement(live.core.applier().history(), id)
    }

    fn wallet(&self, id: ParticipantId) -> Option<&Wallet> {
        self.wallets.iter().find(|wallet| wallet.id == id)
    }

    fn check_payments(&mut self) {
        for id in self.checker.payments() {
            let Some(payment) = self.payment(id) else {
                self.checker.fail(Invariant::AcknowledgedStays, || format!("{id} is gone"));
                continue;
            };
            self.checker.told_the_end(&payment);
            self.checker.disputes_at_the_end(&payment);
            self.check_pushed(&payment);
            self.tally.count_disputes(&payment);
            if let Some(DeliveryState::GivenUp { attempts }) = payment.notify {
                let few = attempts < MAX_NOTIFY_ATTEMPTS;
                if few {
                    self.checker.fail(Invariant::EverythingEnds, || {
                        format!("{id}: its notification was given up after {attempts} attempts")
                    });
                }
            }
            self.tally.paid += u64::from(payment.state == PaymentState::Paid);
            self.tally.refunds += done(&payment).count() as u64;
            let payer = payment.payer.as_ref().and_then(|payer| self.wallet(payer.mpp));
            let kept_minor = payer.map_or(0, |wallet| wallet.kept_minor(id));
            let given_back: u64 = done(&payment).map(|refund| refund.shares.pay_to).sum();
            let pay_to = payment.terms.as_ref().map_or(0, |terms| terms.pay_to.minor());
            let is_paid = payment.state == PaymentState::Paid;
            let wanted = if is_paid { pay_to.saturating_sub(given_back) } else { 0 };
            if kept_minor != wanted {
                let state = payment.state;
                self.checker.fail(Invariant::WalletAgrees, || {
                    format!("{id} is {state:?}: its wallet keeps {kept_minor}, not {wanted}")
                });
            }
            let refunded: u64 = done(&payment).map(|refund| refund.amount.minor()).sum();
            if is_paid && refunded == payment.amount.minor() && kept_minor != 0 {
                self.checker.fail(Invariant::RefundsFit, || {
                    format!("{id} was given back whole, and {kept_minor} are left")
                });
            }
        }
    }

    /// Nothing in a wallet's books is unknown to the network.
    fn check_wallets(&mut self) {
        let known = |id: &PaymentId| self.payment(*id).is_some();
        let stray = self.wallets.iter().flat_map(|it| it.entries.keys()).find(|id| !known(id));
        if let Some(id) = stray.copied() {
            self.checker.fail(Invariant::WalletAgrees, || {
                format!("a wallet was asked for {id}, and the network does not know it")
            });
        }
    }

    fn check_accounts(&mut self) {
        let mut expected = Expected::new();
        for wallet in &self.wallets {
            for (id, entry) in &wallet.entries {
                let kept = i128::from(wallet.kept_minor(*id));
                let account = chart::of(wallet.id, chart::RECEIVABLE, entry.pay_to.currency());
                *expected.entry(account).or_default() += kept;
            }
        }
        for id in self.checker.payments() {
            let Some(payment) = self.payment(id) else { continue };
            let (key, net) = net_to_acquirer(&payment);
            *expected.entry(key).or_default() -= net;
        }
        let held = self.held();
        let purposes = [chart::RECEIVABLE, chart::PAYABLE, chart::ORDER];
        for (key, balance) in held.iter().filter(|(key, _)| purposes.contains(&key.purpose)) {
            let wanted = expected.remove(key).unwrap_or_default();
            if *balance != wanted {
                let (name, balance) = (chart::name(*key), *balance);
                self.checker.fail(Invariant::AccountsAgree, || {
                    format!("{name} holds {balance}; partners' books make it {wanted}")
                });
            }
        }
        if let Some((key, wanted)) = expected.into_iter().find(|(_, wanted)| *wanted != 0) {
            self.checker.fail(Invariant::AccountsAgree, || {
                format!("{} should hold {wanted} and does not exist", chart::name(key))
            });
        }
        let open = |live: &super::node::Live| live.core.machine().ledger().pending_sets().count();
        let open: usize = self.nodes.iter().filter_map(|node| node.live.as_ref()).map(open).sum();
        if open > 0 {
            let broken = || format!("{open} sets of transfers are still pending");
            self.checker.fail(Invariant::EverythingEnds, broken);
        }
    }

    /// Balances over all partitions.
    fn held(&self) -> Expected {
        let mut held = Expected::new();
        for live in self.nodes.iter().filter_map(|node| node.live.as_ref()) {
            for (key, account) in live.core.machine().ledger().accounts() {
                *held.entry(*key).or_default() += account.balance();
            }
        }
        held
    }
}

fn done(payment: &Payment) -> impl Iterator<Item = &network::RefundRecord> {
    payment.refunds.iter().filter(|refund| refund.state == RefundState::Done)
}

/// The acquirer's account and what the payment and its refunds leave on it.
fn net_to_acquirer(payment: &Payment) -> (AccountKey, i128) {
    let currency: Currency = payment.settlement_currency;
    let purpose: Purpose = chart::PAYABLE;
    let key = chart::of(payment.acquirer, purpose, currency);
    let Some(terms) = payment.terms.as_ref().filter(|_| payment.state == PaymentState::Paid) else {
        return (key, 0);
    };
    let fees = terms.interchange.minor() + terms.network_fee.minor();
    let mut net = i128::from(terms.settlement.minor()) - i128::from(fees);
    for refund in done(payment) {
        let fees = refund.shares.interchange + refund.shares.network_fee;
        net -= i128::from(refund.shares.settlement) - i128::from(fees);
    }
    (key, net)
}
