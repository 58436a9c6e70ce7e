//! What must hold of a real wallet's books.

use super::super::Invariant;
use super::super::world::World;
use wallet::chart;

impl World {
    /// After each batch: the wallet's own word on its books.
    pub fn real_verify(&mut self, real: usize) {
        let Some(live) = &self.reals[real].node.live else { return };
        if let Err(wrong) = live.core.machine().verify() {
            self.checker.fail(Invariant::WalletBooks, || format!("wallet {real}: {wrong}"));
        }
        self.home_within_limits(real);
    }

    /// When nothing is under way: the books, and what others have in theirs.
    pub fn real_agrees(&mut self, real: usize) {
        self.real_owes(real);
        self.real_outside(real);
        self.home_adds_up(real);
    }

    /// Faults stop, and the bank is as it should be.
    pub fn calm_reals(&mut self) {
        for real in &mut self.reals {
            real.habits.calm();
            real.node.disk.disarm();
        }
    }

    /// At the end.
    pub fn check_reals(&mut self) {
        for real in 0..self.reals.len() {
            self.real_agrees(real);
            self.home_is_kept(real);
            let replayed = self.reals[real].node.check_replay();
            self.broke(replayed);
        }
    }

    /// What an account of the operator's owes, in minor units.
    pub fn real_owed(&self, real: usize, purpose: ledger::Purpose) -> i128 {
        let it = &self.reals[real];
        let key = chart::own(purpose, it.currency);
        let live = it.node.live.as_ref();
        let account = live.and_then(|live| live.core.machine().ledger().account(&key));
        account.map_or(0, |account| -account.balance())
    }

    /// What is owed to the network is what the payments say, and what the network's books say.
    fn real_owes(&mut self, real: usize) {
        let it = &self.reals[real];
        let model = &self.wallets[it.wallet];
        let kept: u64 = model.entries.keys().map(|id| model.kept_minor(*id)).sum();
        let receivable = network::chart::of(model.id, network::chart::RECEIVABLE, it.currency);
        let balance = |node: &super::super::node::Node<_>| {
            let live = node.live.as_ref()?;
            Some(live.core.machine().ledger().account(&receivable)?.balance())
        };
        let due: i128 = self.nodes.iter().filter_map(balance).sum();
        let owed = self.real_owed(real, chart::NETWORK) + i128::from(it.home.paid_minor(None));
        if owed != i128::from(kept) || owed != due {
            self.checker.fail(Invariant::ThreeBooksAgree, || {
                format!(
                    "wallet {real} has {owed} of the network's, its payments make it {kept}, the \
                     network's books {due}"
                )
            });
        }
    }
}
