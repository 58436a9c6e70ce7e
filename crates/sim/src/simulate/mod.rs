//! The seeded simulator: the whole network, its partners, its disk and its clock on one thread, in
//! virtual time, drawn from one number.
//!
//! The engine's core, the log with its recovery, the index and the machine are the real ones. The
//! disk, the network between the partners, the wallets and the acquirers are models with faults.
//! After every step the invariants are checked; then the faults stop, and everything that is open
//! has to come to its end.
//!
//! ```
//! use dhow_sim::simulate::{Options, run};
//! let report = run(7, &Options { steps: 40, ..Options::default() });
//! assert!(report.broken.is_none(), "{report:?}");
//! assert_eq!(report.trace_hash, run(7, &Options { steps: 40, ..Options::default() }).trace_hash);
//! ```

mod acquirer;
mod agreement;
mod checks;
mod debits;
mod dice;
mod disputes;
mod edge;
mod finale;
mod hearing;
mod letters;
mod merchants;
mod node;
mod partners;
mod plants;
mod process;
mod profile;
mod push;
mod pushed;
mod real;
mod settled;
mod trace;
mod wallet;
mod workload;
mod world;

pub use dice::Dice;
pub use plants::{PLANTS, Plant};
pub use world::Tally;

use std::panic::{AssertUnwindSafe, catch_unwind};
use world::World;

/// How a run is made. The same seed and the same options give the same run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Steps of the workload before the faults stop.
    pub steps: u32,
    /// Number of the bug to plant; 0 plants none. Without debug assertions nothing is planted.
    pub plant: u32,
    /// Keep the story of the run for a person to read.
    pub keeps_lines: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { steps: 200, plant: 0, keeps_lines: false }
    }
}

/// What must hold. The text of each is a sentence of `docs/simulator.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    BooksBalance,
    WithinCap,
    TimeGoesOn,
    DurableFirst,
    AcknowledgedStays,
    ReplayIsEqual,
    SameIdSameAnswer,
    SameIdSameContent,
    TombstonesHold,
    CodeSpentOnce,
    StatesMoveOn,
    AnswersAgree,
    PaidMeansTaken,
    FailedOnTheWalletsWord,
    FailedMeansNotTaken,
    RefundsFit,
    PayerNeverGains,
    OnlyOwnObjects,
    TokensHold,
    WithinAllowance,
    AllowanceAgrees,
    DisputesHold,
    DeclarationsFit,
    EverybodyHears,
    PushHolds,
    OneOrderPerScan,
    AcquirerAgrees,
    WalletAgrees,
    AccountsAgree,
    WalletBooks,
    OneEffectPerKey,
    WithinLimits,
    PouchesAddUp,
    ThreeBooksAgree,
    FloatAgrees,
    EverythingEnds,
    NoPanic,
}

impl Invariant {
    pub const ALL: [Invariant; 37] = [
        Invariant::BooksBalance,
        Invariant::WithinCap,
        Invariant::TimeGoesOn,
        Invariant::DurableFirst,
        Invariant::AcknowledgedStays,
        Invariant::ReplayIsEqual,
        Invariant::SameIdSameAnswer,
        Invariant::SameIdSameContent,
        Invariant::TombstonesHold,
        Invariant::CodeSpentOnce,
        Invariant::StatesMoveOn,
        Invariant::AnswersAgree,
        Invariant::PaidMeansTaken,
        Invariant::FailedOnTheWalletsWord,
        Invariant::FailedMeansNotTaken,
        Invariant::RefundsFit,
        Invariant::PayerNeverGains,
        Invariant::OnlyOwnObjects,
        Invariant::TokensHold,
        Invariant::WithinAllowance,
        Invariant::AllowanceAgrees,
        Invariant::DisputesHold,
        Invariant::DeclarationsFit,
        Invariant::EverybodyHears,
        Invariant::PushHolds,
        Invariant::OneOrderPerScan,
        Invariant::AcquirerAgrees,
        Invariant::WalletAgrees,
        Invariant::AccountsAgree,
        Invariant::WalletBooks,
        Invariant::OneEffectPerKey,
        Invariant::WithinLimits,
        Invariant::PouchesAddUp,
        Invariant::ThreeBooksAgree,
        Invariant::FloatAgrees,
        Invariant::EverythingEnds,
        Invariant::NoPanic,
    ];

    /// The invariant as a sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Invariant::BooksBalance => "in every currency debits equal credits, posted and pending",
            Invariant::WithinCap => "what a wallet owes stays within its cap",
            Invariant::TimeGoesOn => "time never goes back within a partition",
            Invariant::DurableFirst => "nothing leaves before its record is in the log",
            Invariant::AcknowledgedStays => {
                "what was let out is still there after a crash, and says the same"
            }
            Invariant::ReplayIsEqual => {
                "the log from its start, and a snapshot with its tail, give the same state"
            }
            Invariant::SameIdSameAnswer => "the same id with the same content is the same object",
            Invariant::SameIdSameContent => "the same id with other content is refused",
            Invariant::TombstonesHold => "a payment that was cancelled before it came is refused",
            Invariant::CodeSpentOnce => "a code pays for one payment",
            Invariant::StatesMoveOn => "a payment never goes back to a state it has left",
            Invariant::AnswersAgree => {
                "a final answer is never taken back, except by the acquirer's own cancel"
            }
            Invariant::PaidMeansTaken => "what is paid was taken by the wallet, to the last unit",
            Invariant::FailedOnTheWalletsWord => {
                "a payment fails on its wallet's word, or after its expiry unknown to the wallet"
            }
            Invariant::FailedMeansNotTaken => "F is not told while money is taken and kept",
            Invariant::RefundsFit => {
                "refunds are of paid payments, never exceed them, and a full one leaves nothing"
            }
            Invariant::PayerNeverGains => "a payer never gets back more than was taken",
            Invariant::OnlyOwnObjects => "a participant sees and moves only its own payments",
            Invariant::TokensHold => {
                "a debit is let through with the newest token of a live agreement of its merchant"
            }
            Invariant::WithinAllowance => "an agreement never takes more than its allowance",
            Invariant::AllowanceAgrees => {
                "at the end an agreement counts as taken what was paid under it"
            }
            Invariant::DisputesHold => {
                "a dispute ends once, by its deadline, and gives back what was accepted, once"
            }
            Invariant::DeclarationsFit => "what is declared of a payment is within what was paid",
            Invariant::EverybodyHears => {
                "who is owed a message hears it: of merchants, decisions, disputes and their ends"
            }
            Invariant::PushHolds => {
                "a push ends once: by its acquirer's first word, or undone after the last question"
            }
            Invariant::OneOrderPerScan => {
                "who scans a sticker again before paying has the same order, and nobody else has it"
            }
            Invariant::AcquirerAgrees => {
                "at the end an acquirer credits the pushed payments that stand, and no others"
            }
            Invariant::WalletAgrees => "at the end every wallet's books agree, payment by payment",
            Invariant::AccountsAgree => {
                "at the end every account holds what the partners' books make of it"
            }
            Invariant::WalletBooks
            | Invariant::OneEffectPerKey
            | Invariant::WithinLimits
            | Invariant::PouchesAddUp
            | Invariant::ThreeBooksAgree
            | Invariant::FloatAgrees => self.text_of_wallets(),
            Invariant::EverythingEnds => {
                "once faults stop, all payments, refunds and notifications come to their end"
            }
            Invariant::NoPanic => "no assertion of the product fails",
        }
    }

    /// What must hold of real wallets.
    const fn text_of_wallets(self) -> &'static str {
        match self {
            Invariant::WalletBooks => {
                "a real wallet's books agree with what it holds for customers"
            }
            Invariant::OneEffectPerKey => {
                "what a real wallet did under a name it does once, and says the same again"
            }
            Invariant::WithinLimits => {
                "what a real wallet's customers spent stays within their limits, and is counted"
            }
            Invariant::PouchesAddUp => {
                "what went into a red packet or a gift is what came out and what is left"
            }
            Invariant::ThreeBooksAgree => {
                "what a real wallet owes, what its payments say and what the network books are one"
            }
            Invariant::FloatAgrees => {
                "a real wallet books what its bank, its biller and its fund have"
            }
            _ => "",
        }
    }
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub invariant: Invariant,
    pub message: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} ({}): {}", self.invariant, self.invariant.text(), self.message)
    }
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    pub seed: u64,
    /// Of all commands, replies, effects and times, in order.
    pub trace_hash: u64,
    pub broken: Option<Broken>,
    pub tally: Tally,
    /// The story, when it was asked for.
    pub lines: Vec<String>,
}

/// Makes one run.
pub fn run(seed: u64, options: &Options) -> Report {
    base::plant(options.plant);
    let mut world = World::new(seed, options);
    let ended = catch_unwind(AssertUnwindSafe(|| world.run()));
    base::plant(0);
    if let Err(panic) = ended {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let message = text.unwrap_or_default();
        world.checker.broken.get_or_insert(Broken { invariant: Invariant::NoPanic, message });
    }
    Report {
        seed,
        trace_hash: world.trace.hash,
        broken: world.checker.broken.take(),
        tally: world.tally,
        lines: world.trace.lines.take().unwrap_or_default(),
    }
}
