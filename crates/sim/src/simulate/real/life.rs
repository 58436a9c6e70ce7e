//! One step in the life of a real wallet's customers, and the days that follow when the network has
//! come to rest.

use super::super::world::{Event, World};
use super::hand::{Hand, desk};
use super::{Command, RealAsker};
use crate::preset::text;
use base::Span;
use wallet::command::desk::DeskAct;
use wallet::command::shops::{OpenShop, ShopCommand};
use wallet::{Once, ShopKind};

/// Kinds of things that customers do.
pub(crate) const LIKES: usize = 13;
/// Steps of the days.
const DAY_STEPS: u32 = 80;

/// How far the days of real wallets have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Days {
    /// The network has not come to rest.
    ToCome,
    Now {
        left: u32,
    },
    Over,
}

impl World {
    /// Somebody does something at home, perhaps. A process that is down is waited for.
    pub fn live(&mut self, real: usize) {
        let habits = self.reals[real].habits;
        if !self.dice.per_mille(habits.acts) {
            return;
        }
        let all: u64 = habits.likes.iter().sum();
        let mut place = self.dice.below(all.max(1));
        let kind = habits.likes.iter().position(|likes| {
            let is_it = place < *likes;
            place = place.saturating_sub(*likes);
            is_it
        });
        self.act(real, |hand| match kind? {
            0 => hand.at_bank(),
            1 | 2 => hand.sending(),
            3 => hand.asking(),
            4 => hand.planning(),
            5 => hand.shopping(),
            6 => hand.at_the_desk(),
            7 => hand.with_packets(),
            8 => hand.with_gifts(),
            9 => hand.with_savings(),
            10 => hand.on_the_way(),
            11 => hand.at_the_cinema(),
            _ => hand.with_bills(),
        });
        if self.dice.per_mille(300) {
            self.act(real, |hand| hand.fund_price());
        }
        if self.dice.per_mille(100) {
            self.act(real, |hand| hand.settle_fund());
        }
        if self.dice.per_mille(self.reals[real].habits.leaves) {
            self.act(real, |hand| hand.leaving());
        }
    }

    /// Draws a command and sends it.
    pub fn act(&mut self, real: usize, draw: impl FnOnce(&mut Hand<'_>) -> Option<Command>) {
        let it = &mut self.reals[real];
        let Some(live) = &it.node.live else { return };
        let mut hand = Hand {
            dice: &mut self.dice,
            drawn: &mut it.home.drawn,
            now: self.now,
            machine: live.core.machine(),
            objects: &it.home.objects,
            once: None,
        };
        let command = draw(&mut hand);
        let once = hand.once.take();
        if let Some(command) = command {
            self.write_home(real, command, once);
        }
    }

    /// The network has come to rest: real wallets go on alone, for days, with faults of their own.
    /// `false` when there are none, or their days are over.
    pub fn days_begin(&mut self) -> bool {
        if self.reals.is_empty() || self.days != Days::ToCome {
            return false;
        }
        let now = self.now;
        self.trace.line(now, || "days".to_owned());
        for real in 0..self.reals.len() {
            self.real_agrees(real);
        }
        self.days = Days::Now { left: DAY_STEPS };
        self.profile.loss = self.storm.loss;
        self.profile.doubles = self.storm.doubles;
        self.profile.stuck = self.storm.stuck;
        for real in &mut self.reals {
            real.habits = real.own_habits;
        }
        self.at(Span::millis(1), Event::Day);
        true
    }

    /// One step of the days.
    pub fn day(&mut self) {
        let Days::Now { left } = self.days else { return self.tidy_up() };
        if left == 0 {
            self.days = Days::Over;
            self.profile.calm();
            self.calm_reals();
            return self.tidy_up();
        }
        self.days = Days::Now { left: left - 1 };
        for real in 0..self.reals.len() {
            self.strike_real(real);
            self.live(real);
        }
        let most_ms = self.dice.pick(&[2_000, 200_000, 28_800_000]);
        let after = Span::millis(self.dice.between(1, most_ms));
        self.at(after, Event::Day);
    }

    /// The desk settles what the fund did not agree to.
    pub fn tidy_up(&mut self) {
        for real in 0..self.reals.len() {
            self.act(real, |hand| hand.settle_fund());
        }
        if !(0..self.reals.len()).all(|real| self.real_is_quiet(real)) {
            self.at(Span::minutes(10), Event::Day);
        }
    }

    /// Before any fault: a shop, a charity and an agent, offers and services.
    pub fn set_up_home(&mut self, real: usize) {
        let kinds = [ShopKind::Plain, ShopKind::Charity, ShopKind::Agent];
        for (number, kind) in (0..).zip(kinds) {
            let open = OpenShop {
                owner: number,
                name: text("A shop"),
                mcc: text("5814"),
                city: text("Here"),
                position: None,
                kind: ShopKind::Plain,
                once: Once { key: text("shop"), digest: [0; 32] },
            };
            let open = Command::Shop(ShopCommand::Open(open));
            self.real_submit(real, open, RealAsker::Nobody);
            let act = DeskAct::SetShopKind { shop: number, kind };
            self.real_submit(real, desk("ines", act), RealAsker::Nobody);
        }
        let it = &mut self.reals[real];
        let Some(live) = &it.node.live else { return };
        let mut hand = Hand {
            dice: &mut self.dice,
            drawn: &mut it.home.drawn,
            now: self.now,
            machine: live.core.machine(),
            objects: &it.home.objects,
            once: None,
        };
        let mut commands = hand.services();
        commands.extend([hand.offer(), hand.offer()]);
        for command in commands {
            self.real_submit(real, command, RealAsker::Nobody);
        }
    }
}
