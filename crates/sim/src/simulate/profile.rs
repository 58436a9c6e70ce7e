//! What one run is like: how many partitions, how bad the network, which habits the partners have.
//!
//! Every run draws its own mixture, so that some runs have one kind of fault only and find what
//! others hide.

use super::dice::Dice;

/// How often a wallet does what, in a thousand calls of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WalletHabits {
    pub declines: u64,
    /// Says that it works on it and decides later.
    pub in_process: u64,
    /// Does nothing and says nothing.
    pub silent: u64,
    /// Does it and says nothing.
    pub lost_reply: u64,
    /// Echoes other amounts than it was asked for.
    pub wrong_amounts: u64,
    /// Says no, takes the money later and says so.
    pub late_success: u64,
    /// Tells again how a payment ended, once or several times.
    pub notifies: u64,
    /// Takes the money and later says that it did not.
    pub contradicts: u64,
    pub refuses_refunds: u64,
    /// Bars a payment that it was asked to cancel before it knew it.
    pub has_tombstones: bool,
}

/// How often an acquirer in push mode does what, in a thousand calls or payments.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PushHabits {
    /// Does nothing and says nothing; or, when asked, that it never heard.
    pub silent: u64,
    /// Says that it works on it and decides later, or too late.
    pub in_process: u64,
    pub refuses: u64,
    /// Says the opposite of what it decided, once, or by a notification.
    pub contradicts: u64,
    /// Tells what it decided without being asked.
    pub notifies: u64,
    /// Names another payment than it is asked about.
    pub wrong_names: u64,
}

/// How often an acquirer does what, in a thousand purchases or steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AcquirerHabits {
    /// Cancels at a random moment, perhaps before its `pay` arrives.
    pub cancels: u64,
    pub refunds: u64,
    /// Answers a notification with F.
    pub refuses_notify: u64,
    /// Answers a notification with nothing.
    pub ignores_notify: u64,
    /// Sends the same id with other content.
    pub alters: u64,
    /// Scans a code that was used, is made up or has grown old.
    pub bad_codes: u64,
    /// Names payments of the other acquirer.
    pub pries: u64,
    /// Answers a dispute days later, around its deadline, or not at all.
    pub answers_late: u64,
    pub never_answers: u64,
    /// In push mode.
    pub push: Option<PushHabits>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    pub partitions: u8,
    /// Messages lost and doubled, in a thousand.
    pub loss: u64,
    pub doubles: u64,
    /// Longest way of a message, in milliseconds.
    pub delay_ms: u64,
    /// Messages that take minutes, in a thousand.
    pub stuck: u64,
    /// In a thousand steps.
    pub kills: u64,
    pub power_cuts: u64,
    pub disk_faults: u64,
    pub clock_jumps: u64,
    pub operates: u64,
    /// A crash after a batch became durable and before anything of it left, in a thousand batches.
    pub cut_short: u64,
    pub max_batch: usize,
    pub segment_bytes: u64,
    /// Snapshots and index steps, in a thousand steps.
    pub snapshots: u64,
    pub index_steps: u64,
    /// Do wallets have a small cap?
    pub has_caps: bool,
    /// Do agreements have a small allowance?
    pub has_allowances: bool,
    /// Purchases that are debits under an agreement, in a thousand.
    pub debits: u64,
    /// Disputes opened, merchants reported and payments declared, in a thousand steps.
    pub disputes: u64,
    pub reports: u64,
    pub declares: u64,
    /// Stickers scanned, in a thousand steps.
    pub scans: u64,
    /// So many of the wallets decide about each merchant.
    pub deciding: u32,
    pub wallets: [WalletHabits; 3],
    pub acquirers: [AcquirerHabits; 2],
}

/// Nothing in two runs of five, else up to `most`.
fn some(dice: &mut Dice, most: u64) -> u64 {
    if dice.below(5) < 2 { 0 } else { dice.between(1, most) }
}

fn wallet(dice: &mut Dice) -> WalletHabits {
    WalletHabits {
        declines: some(dice, 150),
        in_process: some(dice, 250),
        silent: some(dice, 150),
        lost_reply: some(dice, 200),
        wrong_amounts: some(dice, 60),
        late_success: some(dice, 400),
        notifies: some(dice, 400),
        contradicts: some(dice, 60),
        refuses_refunds: some(dice, 150),
        has_tombstones: dice.per_mille(500),
    }
}

fn acquirer(dice: &mut Dice) -> AcquirerHabits {
    AcquirerHabits {
        cancels: some(dice, 350),
        refunds: dice.between(100, 700),
        refuses_notify: some(dice, 200),
        ignores_notify: some(dice, 300),
        alters: some(dice, 150),
        bad_codes: some(dice, 200),
        pries: some(dice, 60),
        answers_late: some(dice, 600),
        never_answers: some(dice, 400),
        push: dice.per_mille(600).then(|| push(dice)),
    }
}

fn push(dice: &mut Dice) -> PushHabits {
    PushHabits {
        silent: some(dice, 500),
        in_process: some(dice, 700),
        refuses: some(dice, 500),
        contradicts: some(dice, 200),
        notifies: some(dice, 700),
        wrong_names: some(dice, 100),
    }
}

impl Profile {
    pub fn draw(dice: &mut Dice) -> Profile {
        Profile {
            partitions: if dice.per_mille(300) { 2 } else { 1 },
            loss: some(dice, 120),
            doubles: some(dice, 150),
            delay_ms: dice.pick(&[5, 200, 2_000, 8_000]),
            stuck: some(dice, 60),
            kills: some(dice, 12),
            power_cuts: some(dice, 14),
            disk_faults: some(dice, 14),
            clock_jumps: some(dice, 10),
            operates: some(dice, 15),
            cut_short: some(dice, 8),
            max_batch: dice.pick(&[1, 4, 64]),
            segment_bytes: dice.pick(&[4_000, 16_000, 60_000]),
            snapshots: some(dice, 30),
            index_steps: dice.pick(&[5, 60, 500]),
            has_caps: dice.per_mille(300),
            has_allowances: dice.per_mille(400),
            debits: some(dice, 600),
            disputes: some(dice, 110),
            reports: some(dice, 25),
            declares: some(dice, 50),
            scans: some(dice, 150),
            deciding: dice.pick(&[0, 0, 1, 3]),
            wallets: std::array::from_fn(|_| wallet(dice)),
            acquirers: std::array::from_fn(|_| acquirer(dice)),
        }
    }

    /// Partners and machines at their best: everything that is open has to come to its end.
    pub fn calm(&mut self) {
        let wallet = |habits: &WalletHabits| WalletHabits {
            declines: 0,
            in_process: 0,
            silent: 0,
            lost_reply: 0,
            wrong_amounts: 0,
            late_success: 0,
            notifies: 0,
            contradicts: 0,
            refuses_refunds: 0,
            has_tombstones: habits.has_tombstones,
        };
        // Habits of push mode stay: a push ends by its schedule, whatever its acquirer does.
        let acquirer = |habits: &AcquirerHabits| AcquirerHabits {
            cancels: 0,
            refunds: 0,
            refuses_notify: 0,
            ignores_notify: 0,
            alters: 0,
            bad_codes: 0,
            pries: 0,
            ..*habits
        };
        *self = Profile {
            loss: 0,
            doubles: 0,
            delay_ms: 20,
            stuck: 0,
            kills: 0,
            power_cuts: 0,
            disk_faults: 0,
            clock_jumps: 0,
            operates: 0,
            cut_short: 0,
            snapshots: 0,
            wallets: self.wallets.each_ref().map(wallet),
            acquirers: self.acquirers.each_ref().map(acquirer),
            ..*self
        };
    }
}
