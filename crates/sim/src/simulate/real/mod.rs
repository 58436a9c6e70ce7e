//! Real wallets in this world: the machine of the crate `wallet`, run as a process of its own, with
//! its log on a faulty disk, its crashes and its restarts.
//!
//! The network's letters become its commands, its answers go back as letters. What it makes of each
//! payment is copied into the model wallet at the same place, from its objects and never from its
//! books: so everything that is checked about a model wallet is checked about a real one, and its
//! books are compared with the copy.

mod acts;
mod books;
mod goods;
mod hand;
mod letters;
mod life;
mod market;
mod outside;
mod process;
mod services;
mod talk;
mod tallies;

use super::dice::Dice;
use super::node::Node;
use base::Span;
use ids::{Partition, PaymentId};
use letters::Home;
pub(crate) use life::Days;
use life::LIKES;
use market::small_market;
use money::Currency;
use network::{EffectId, EffectKind, PartitionPlan};
use outside::{Outside, SimFund};
use std::collections::BTreeSet;
use wallet::{Attempt, Command, ErrandAnswer, ErrandKind, Wallet};

/// Who hears a real wallet's reply.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RealAsker {
    /// The network, for its call.
    Network {
        boot: u64,
        id: EffectId,
    },
    /// The customer's phone, which shows a scanned order.
    Phone {
        payment: PaymentId,
    },
    /// A customer, or the desk, for a letter; or for one with other content.
    Letter {
        letter: usize,
    },
    Altered {
        letter: usize,
    },
    Nobody,
}

/// Something that happens to the real wallet at this place, at a time of its own.
pub(crate) struct RealEvent {
    pub real: usize,
    pub what: RealWhat,
}

pub(crate) enum RealWhat {
    Commit,
    Restart,
    /// A letter of a customer leaves, or its answer arrives.
    Letter {
        letter: usize,
    },
    Heard {
        letter: usize,
    },
    /// A request reaches the wallet.
    Ask(Box<Command>, RealAsker),
    /// An attempt of an errand reaches the bank or the network.
    Errand {
        boot: u64,
        attempt: Attempt,
    },
    /// What came of it reaches the wallet, silence included.
    ErrandOutcome {
        boot: u64,
        of: (u128, ErrandKind, u32),
        answer: ErrandAnswer,
    },
}

/// How bad its machine and its surroundings are, in a thousand steps or calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealHabits {
    pub kills: u64,
    pub power_cuts: u64,
    pub disk_faults: u64,
    pub cut_short: u64,
    pub snapshots: u64,
    pub index_steps: u64,
    pub max_batch: usize,
    /// Customers who do not pay an order that they scanned, or walk away.
    pub declines: u64,
    /// What customers do at home, in a thousand steps; and how much they like what.
    pub acts: u64,
    pub likes: [u64; LIKES],
    /// One of them sends everything away and leaves.
    pub leaves: u64,
    /// Of bank, biller and fund.
    pub refuses: u64,
    pub silent: u64,
    pub deaf: u64,
    pub in_process: u64,
    pub lies: u64,
}

fn some(dice: &mut Dice, most: u64) -> u64 {
    if dice.below(5) < 2 { 0 } else { dice.between(1, most) }
}

impl RealHabits {
    fn draw(dice: &mut Dice) -> RealHabits {
        RealHabits {
            kills: some(dice, 15),
            power_cuts: some(dice, 15),
            disk_faults: some(dice, 15),
            cut_short: some(dice, 10),
            snapshots: some(dice, 30),
            index_steps: dice.pick(&[5, 60, 500]),
            max_batch: dice.pick(&[1, 4, 64]),
            declines: some(dice, 300),
            acts: dice.between(100, 900),
            leaves: if dice.per_mille(400) { 80 } else { 0 },
            likes: std::array::from_fn(|_| some(dice, 100)),
            refuses: some(dice, 200),
            silent: some(dice, 200),
            deaf: some(dice, 200),
            in_process: some(dice, 200),
            lies: some(dice, 60),
        }
    }

    /// Machines and surroundings at their best.
    fn calm(&mut self) {
        *self = RealHabits {
            kills: 0,
            power_cuts: 0,
            disk_faults: 0,
            cut_short: 0,
            snapshots: 0,
            declines: 0,
            refuses: 0,
            silent: 0,
            deaf: 0,
            in_process: 0,
            lies: 0,
            ..*self
        };
    }
}

/// See the module's text.
pub(crate) struct RealWallet {
    /// Its place among the wallets of the world.
    pub wallet: usize,
    pub currency: Currency,
    pub node: Node<RealAsker, Wallet>,
    /// Counts the starts of its process.
    boot: u64,
    /// Attempts of errands whose outcome is still out.
    out: BTreeSet<(u128, ErrandKind, u32)>,
    /// Payments that the network named to it.
    named: BTreeSet<PaymentId>,
    habits: RealHabits,
    /// As they are in a storm.
    own_habits: RealHabits,
    bank: Outside,
    biller: Outside,
    fund: SimFund,
    home: Home,
}

/// Customers of each real wallet.
pub(crate) const CUSTOMERS: u32 = 5;

impl RealWallet {
    /// The wallet at this place of the world, with an empty log.
    fn new(wallet: usize, currency: Currency, (dice, segment_bytes): (&mut Dice, u64)) -> Self {
        let name = format!("wallet {wallet}");
        let empty = Wallet::new(Partition(0), small_market(currency));
        let plan = PartitionPlan::SINGLE;
        let habits = RealHabits::draw(dice);
        RealWallet {
            wallet,
            currency,
            node: Node::of(empty, (plan, name), segment_bytes),
            boot: 0,
            out: BTreeSet::new(),
            named: BTreeSet::new(),
            habits,
            own_habits: habits,
            bank: Outside::default(),
            biller: Outside::default(),
            fund: SimFund::default(),
            home: Home::default(),
        }
    }

    /// The real wallets of a world: none in two worlds of three, else one to three. They are drawn
    /// apart from everything else, so that worlds without them are as if there were none.
    pub fn draw(seed: u64, currencies: [Currency; 3], segment_bytes: u64) -> Vec<RealWallet> {
        let mut dice = Dice::new(seed ^ 0x5bd1_e995_9e37_79b9);
        if dice.below(3) > 0 {
            return Vec::new();
        }
        let places = dice.pick(&[1_u8, 2, 4, 3, 5, 6, 7]);
        let is_real = |place: &usize| places >> place & 1 == 1;
        let places = (0..currencies.len()).filter(is_real);
        let make = |place| RealWallet::new(place, currencies[place], (&mut dice, segment_bytes));
        places.map(make).collect()
    }

    /// The customer who stands for somebody outside.
    pub fn customer_of(somebody: u128) -> u32 {
        u32::try_from(somebody % u128::from(CUSTOMERS)).expect("fewer than the customers")
    }
}
