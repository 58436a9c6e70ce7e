//! The world of one run: what is to happen when, and who does it.

use super::acquirer::{Answer, Purchase, Request};
use super::agreement::Subscription;
use super::checks::Checker;
use super::dice::Dice;
use super::letters::{Letter, Post};
use super::node::{Job, Node};
use super::profile::Profile;
use super::push::{PushEvent, Visit};
use super::real::{Days, RealEvent, RealWallet};
use super::trace::Trace;
use super::wallet::{Call, Wallet};
use super::{Invariant, Options};
use base::{Machine, Span, Timestamp};
use ids::{Partition, PaymentId};
use network::{
    Command, EffectId, EffectOutcome, Errand, ErrandId, ErrandOutcome, PartitionPlan, Payment,
    TimelineEntry, WalletAnswer, What,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Something that happens at a time of its own.
pub(crate) enum Event {
    /// The workload does something, or a fault strikes.
    Step,
    /// A partition writes what waits.
    Commit {
        partition: usize,
    },
    Restart,
    /// An acquirer's request reaches the network.
    Request(Request),
    /// A wallet's `getPaymentCode` for a purchase reaches the network.
    Codes {
        purchase: usize,
    },
    /// A shopper's wallet asks the network about a shop's code.
    Scan {
        purchase: usize,
        wallet: usize,
        is_guessed: bool,
    },
    /// The order reaches the wallet.
    Scanned {
        wallet: usize,
        order: Call,
    },
    /// The network's answer reaches the acquirer.
    Answer {
        request: Request,
        answer: Answer,
    },
    /// An acquirer looks at a purchase again.
    Turn {
        purchase: usize,
    },
    /// The network's call reaches a wallet.
    Call {
        boot: u64,
        id: EffectId,
        wallet: usize,
        call: Call,
    },
    /// An outcome reaches the network that made the call.
    Outcome {
        boot: u64,
        id: EffectId,
        outcome: EffectOutcome,
    },
    /// The payer decides.
    Decide {
        wallet: usize,
        payment: PaymentId,
    },
    /// A wallet's `notifyPayment` leaves.
    Notice {
        wallet: usize,
        payment: PaymentId,
        says_yes: bool,
        attempt: u32,
    },
    /// A wallet's `notifyPayment` reaches the network.
    NoticeArrives {
        wallet: usize,
        payment: PaymentId,
        answer: WalletAnswer,
    },
    /// The network's answer to it reaches the wallet.
    NoticeHeard {
        wallet: usize,
        payment: PaymentId,
        says_yes: bool,
    },
    /// The network's `notifyPayment` reaches an acquirer.
    Notify {
        boot: u64,
        id: EffectId,
        purchase: Option<usize>,
        answer: Answer,
    },
    /// A message that belongs to no payment reaches a partner.
    Errand {
        boot: u64,
        errand: Arc<Errand>,
    },
    /// The partner's answer to it, or its time-out.
    ErrandOutcome {
        boot: u64,
        id: ErrandId,
        attempt: u32,
        outcome: ErrandOutcome,
    },
    /// A letter leaves, arrives, or its answer does.
    Letter {
        letter: usize,
        post: Post,
    },
    /// Something in push mode.
    Push(PushEvent),
    /// A step of the days of real wallets.
    Day,
    /// Something of a real wallet.
    Real(RealEvent),
    /// A waiting request has waited long enough.
    WaitOver {
        boot: u64,
        waiter: u64,
    },
}

/// Who hears the reply to a command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    Acquirer(Request),
    Codes {
        purchase: usize,
    },
    Scan {
        wallet: usize,
        is_guessed: bool,
    },
    /// The network's edge, for a user who scanned a sticker.
    Sticker {
        visit: usize,
    },
    Notice {
        wallet: usize,
        payment: PaymentId,
        says_yes: bool,
        is_rogue: bool,
    },
    /// Another partition, for its claim.
    Claim {
        boot: u64,
        id: EffectId,
    },
    /// Another partition, for the end of its debit.
    Debit {
        boot: u64,
        id: EffectId,
    },
    /// The sender of a letter.
    Letter {
        letter: usize,
    },
    /// A real wallet, for its errand.
    Told {
        real: usize,
        boot: u64,
        about: u128,
    },
    Nobody,
}

/// A request whose answer waits for a payment or a refund to end.
pub(crate) struct Waiter {
    pub request: Request,
    pub payment: PaymentId,
    pub refund: Option<u32>,
}

/// What the run did, to see that it did something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub records: u64,
    pub restarts: u64,
    pub power_cuts: u64,
    pub purchases: u64,
    pub paid: u64,
    pub refunds: u64,
    /// Disputes, those that gave money back, and those that nobody answered in time.
    pub disputes: u64,
    pub accepted: u64,
    pub unanswered: u64,
    /// Wallets' decisions about merchants that acquirers heard.
    pub decisions: u64,
    pub declarations: u64,
    /// Payments in push mode that their acquirers took, that were undone by a word of theirs, and
    /// that were given up without one.
    pub pushed: u64,
    pub undone: u64,
    pub given_up: u64,
    /// Records and restarts of real wallets.
    pub real_records: u64,
    pub real_restarts: u64,
    /// What their customers asked for and got, and contradictions that somebody must look at.
    pub real_acts: u64,
    pub real_breaks: u64,
}

impl Tally {
    /// Disputes and declarations of a payment, at the end.
    pub(crate) fn count_disputes(&mut self, payment: &Payment) {
        for dispute in &payment.disputes {
            self.disputes += 1;
            self.accepted += u64::from(payment.refunds.iter().any(|it| it.id == dispute.refund));
        }
        let silent = |it: &&TimelineEntry| matches!(it.what, What::DisputeExpired(_));
        self.unanswered += payment.timeline.iter().filter(silent).count() as u64;
        self.declarations += payment.declarations.len() as u64;
    }
}

pub(crate) struct World {
    pub dice: Dice,
    pub profile: Profile,
    pub now: Timestamp,
    /// How far the network's clock is from the true time, in nanoseconds.
    pub skew_ns: i64,
    pub agenda: BTreeMap<(Timestamp, u64), Event>,
    entered: u64,
    pub nodes: Vec<Node<Asker>>,
    pub is_up: bool,
    /// Counts the starts of the process: what an earlier process waits for is nobody's.
    pub boot: u64,
    /// Calls whose outcome is still out.
    pub flights: BTreeSet<EffectId>,
    pub errands_out: BTreeSet<(ErrandId, u32)>,
    pub waiters: BTreeMap<u64, Waiter>,
    pub next_waiter: u64,
    pub wallets: Vec<Wallet>,
    /// Those of them that are real: for these the ones above are copies.
    pub reals: Vec<RealWallet>,
    /// Errands of real wallets that the network has heard, by wallet and object.
    pub told: BTreeMap<(usize, u128), wallet::Attempt>,
    pub days: Days,
    /// The profile as it was drawn.
    pub storm: Profile,
    pub purchases: Vec<Purchase>,
    pub subscriptions: Vec<Subscription>,
    pub visits: Vec<Visit>,
    pub letters: Vec<Letter>,
    /// Disputes that wallets wanted to open.
    pub disputes: u64,
    pub checker: Checker,
    pub trace: Trace,
    pub tally: Tally,
    pub steps_left: u32,
    pub pace_ms: u64,
    pub is_calm: bool,
}

/// Longest time in which everything has to end once the faults have stopped. The slowest thing are
/// two claims, one after the other, that nobody answers.
const PATIENCE: Span = Span::days(25);
/// Events after which a run that does not end is given up.
const MAX_EVENTS: u64 = 200_000;

impl World {
    pub fn new(seed: u64, options: &Options) -> World {
        let mut dice = Dice::new(seed);
        let profile = Profile::draw(&mut dice);
        let plan = |partition| PartitionPlan {
            partition: Partition(partition),
            partitions: profile.partitions,
        };
        let nodes = (0..profile.partitions)
            .map(|partition| Node::new(plan(partition), profile.segment_bytes))
            .collect();
        let pace_ms = dice.pick(&[20, 400, 3_000]);
        // Any hour, since deadlines hang on the day.
        let now = Timestamp::from_secs(1_790_000_000 + dice.below(86_400));
        let currencies = ["KRW", "PHP", if profile.declares > 0 { "CNY" } else { "HKD" }];
        let currencies = currencies.map(crate::preset::currency);
        let reals = RealWallet::draw(seed, currencies, profile.segment_bytes);
        World {
            dice,
            profile,
            now,
            skew_ns: 0,
            agenda: BTreeMap::new(),
            entered: 0,
            nodes,
            is_up: false,
            boot: 0,
            flights: BTreeSet::new(),
            errands_out: BTreeSet::new(),
            waiters: BTreeMap::new(),
            next_waiter: 0,
            wallets: (1..=3).map(Wallet::new).collect(),
            reals,
            told: BTreeMap::new(),
            days: Days::ToCome,
            storm: profile,
            purchases: Vec::new(),
            subscriptions: Vec::new(),
            visits: Vec::new(),
            letters: Vec::new(),
            disputes: 0,
            checker: Checker::default(),
            trace: Trace::new(options.keeps_lines),
            tally: Tally::default(),
            steps_left: options.steps,
            pace_ms,
            is_calm: false,
        }
    }

    /// Runs to the end, or to the first broken invariant.
    pub fn run(&mut self) {
        self.set_up();
        self.at(Span::millis(1), Event::Step);
        let mut calm_since = None;
        let mut events = 0;
        while self.checker.broken.is_none() {
            if self.is_calm {
                let since = *calm_since.get_or_insert(self.now);
                if self.is_quiet() {
                    if !self.days_begin() {
                        break;
                    }
                    calm_since = None;
                    continue;
                }
                if self.now > since.after(PATIENCE) || events > MAX_EVENTS {
                    let open = self.what_is_open();
                    self.checker.fail(Invariant::EverythingEnds, || open);
                    break;
                }
            }
            let Some(((time, _), event)) = self.agenda.pop_first() else {
                let open = self.what_is_open();
                self.checker.fail(Invariant::EverythingEnds, || format!("nothing moves: {open}"));
                break;
            };
            events += 1;
            self.now = time;
            self.trace.number(time.nanos());
            self.happen(event);
        }
        if self.checker.broken.is_none() {
            self.check_the_end();
        }
    }

    /// Plans something.
    pub fn at(&mut self, after: Span, event: Event) {
        self.entered += 1;
        self.agenda.insert((self.now.after(after), self.entered), event);
    }

    /// The network's own clock.
    pub fn clock(&self) -> Timestamp {
        let nanos = i128::from(self.now.nanos()) + i128::from(self.skew_ns);
        Timestamp::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }

    /// Sends a message: it comes once, late, twice or not at all.
    pub fn send(&mut self, make: impl Fn() -> Event) {
        let mut copies = u64::from(!self.dice.per_mille(self.profile.loss));
        copies += u64::from(self.dice.per_mille(self.profile.doubles));
        for _ in 0..copies {
            let way = match self.dice.per_mille(self.profile.stuck) {
                true => self.dice.between(1_000, 200_000),
                false => self.dice.between(0, self.profile.delay_ms),
            };
            self.at(Span::millis(way), make());
        }
    }

    /// Puts a command into a partition's queue.
    pub fn submit(&mut self, partition: usize, command: Command, asker: Asker) {
        if !self.is_up {
            return;
        }
        self.nodes[partition].queue.push_back(Job { command, asker });
        self.plan_commit(partition);
    }

    /// Plans the next batch of a partition: soon when something waits, else when its timer is due.
    pub fn plan_commit(&mut self, partition: usize) {
        let Some(live) = &self.nodes[partition].live else { return };
        let due = live.core.machine().next_timer();
        let behind = due.map(|due| {
            let nanos = i128::from(due.nanos()) - i128::from(self.skew_ns);
            Timestamp::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)).max(self.now)
        });
        let is_due = live.core.tick_due(self.clock());
        let at = if !self.nodes[partition].queue.is_empty() || is_due {
            Some(self.now.after(Span::from_nanos(self.dice.below(3_000_000))))
        } else {
            behind
        };
        let Some(at) = at else { return };
        if self.nodes[partition].wake.is_none_or(|wake| at < wake) {
            self.nodes[partition].wake = Some(at);
            self.at(at.since(self.now), Event::Commit { partition });
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Step => self.step(),
            Event::Commit { partition } => {
                if self.nodes[partition].wake == Some(self.now) {
                    self.nodes[partition].wake = None;
                    self.commit(partition);
                }
            }
            Event::Restart => self.restart(),
            Event::Request(request) => self.request_arrives(request),
            Event::Codes { purchase } => self.codes_arrive(purchase),
            Event::Scan { purchase, wallet, is_guessed } => {
                self.scan_arrives(purchase, wallet, is_guessed);
            }
            Event::Scanned { wallet, order } => self.order_shown(wallet, &order),
            Event::Answer { request, answer } => self.answer_arrives(request, answer),
            Event::Turn { purchase } => self.turn(purchase),
            Event::Call { boot, id, wallet, call } => self.call_arrives((boot, id), wallet, &call),
            Event::Outcome { boot, id, outcome } => {
                if boot == self.boot && self.flights.remove(&id) {
                    self.bring_back(id, outcome);
                }
            }
            Event::Decide { wallet, payment } => self.decide(wallet, payment),
            Event::Notice { wallet, payment, says_yes, attempt } => {
                self.notice(wallet, payment, (says_yes, attempt));
            }
            Event::NoticeArrives { wallet, payment, answer } => {
                self.notice_arrives((wallet, payment), answer, false);
            }
            Event::NoticeHeard { wallet, payment, says_yes } => {
                if let Some(entry) = self.wallets[wallet].entries.get_mut(&payment) {
                    entry.owes_notice &= !says_yes;
                }
            }
            Event::Notify { boot, id, purchase, answer } => {
                self.notify_arrives((boot, id), purchase, answer);
            }
            Event::Errand { boot, errand } => self.errand_arrives(boot, &errand),
            Event::ErrandOutcome { boot, id, attempt, outcome } => {
                if boot == self.boot {
                    self.errand_answered(id, attempt, outcome);
                }
            }
            Event::Letter { letter, post } => self.letter(letter, post),
            Event::Push(event) => self.push_event(event),
            Event::Day => self.day(),
            Event::Real(event) => self.real_event(event),
            Event::WaitOver { boot, waiter } => {
                if boot == self.boot {
                    self.wait_over(waiter);
                }
            }
        }
    }

    pub fn bring_back(&mut self, id: EffectId, outcome: EffectOutcome) {
        let partition = usize::from(id.payment.partition().0);
        self.submit(partition, Command::EffectDone { id, outcome }, Asker::Nobody);
    }

    /// Has everything come to its end?
    fn is_quiet(&self) -> bool {
        let is_done = |node: &Node<Asker>| {
            node.queue.is_empty()
                && node.live.as_ref().is_some_and(|live| {
                    let machine = live.core.machine();
                    machine.open_count() == 0
                        && machine.outbox_count() == 0
                        && machine.errands().next().is_none()
                })
        };
        self.is_up
            && self.nodes.iter().all(is_done)
            && !self.purchases.iter().any(Purchase::is_open)
            && !matches!(self.days, Days::Now { .. })
            && !self.letters.iter().any(|letter| letter.is_open)
            && (0..self.reals.len()).all(|real| self.real_is_quiet(real))
            && !self.wallets.iter().any(|it| it.entries.values().any(|entry| entry.owes_notice))
    }

    /// What keeps the run from ending, in words.
    fn what_is_open(&self) -> String {
        let mut open = Vec::new();
        for node in &self.nodes {
            let Some(live) = &node.live else {
                open.push(format!("partition {} is down", node.partition().0));
                continue;
            };
            open.extend(live.core.machine().errands().take(3).map(|it| format!("{it:?}")));
            for payment in live.core.machine().open_payments().take(3) {
                open.push(format!(
                    "{} is {:?}, push {:?}, notify {:?}, refunds {:?}",
                    payment.id,
                    payment.state,
                    payment.push.as_ref().map(|push| push.state),
                    payment.notify,
                    payment.refunds.iter().map(|refund| refund.state).collect::<Vec<_>>(),
                ));
            }
        }
        open.extend((0..self.reals.len()).filter_map(|real| self.real_what_is_open(real)));
        let unanswered = self.letters.iter().filter(|it| it.is_open);
        open.extend(unanswered.take(3).map(|it| format!("nobody answers {:?}", it.command)));
        let waiting = self.purchases.iter().filter(|it| it.is_open());
        open.extend(waiting.take(3).map(|it| {
            format!("{} heard {:?}, cancel {}", it.request_id, it.heard, it.wants_cancel)
        }));
        open.join("; ")
    }
}
