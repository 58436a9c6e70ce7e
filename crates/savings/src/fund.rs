//! The fund: its prices, its orders by dealing day, its liquidity pool, and its totals.
//!
//! Each operation refuses and changes nothing, or succeeds and has changed the customer and the
//! totals together.

use crate::saver::Waiting;
use crate::settle::settle;
use crate::sheet::DaySheet;
use crate::unit::{MINOR_E14, MOST_UNITS_OF_A_MINOR, redeem_cash, value_of};
use crate::{
    Deal, Disagreement, FundPrice, FundStatement, LocalDay, MAX_HOLDING_MINOR, MAX_UNITS, Price,
    PriceHistory, PriceRefusal, Redemption, Saver, SavingsRefusal, SavingsRules, Settlement,
};
use base::{Timestamp, codec_enum, codec_struct};
use std::collections::BTreeMap;

/// Most dealing days that are kept; at most as many can wait for their price.
pub const MAX_SHEETS: usize = 64;

/// Who stands behind a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// The fund's connector, or one employee: the price must be within the band.
    Plain,
    /// Two employees: the band does not apply.
    FourEyes,
}

codec_enum!(Approval { 0 = Plain, 1 = FourEyes });

/// Units of the liquidity pool that were redeemed with a price. The machine posts the difference
/// between what the pool paid and what it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolDeal {
    /// The dealing day that they waited for.
    pub day: LocalDay,
    pub price: FundPrice,
    pub units: u128,
    /// What the pool had paid to customers, in minor units.
    pub advanced_minor: u128,
    /// What it got, in minor units, rounded down.
    pub proceeds_minor: u128,
    /// In 10^-14 of a minor unit.
    pub residue_e14: u128,
}

codec_struct!(PoolDeal { day, price, units, advanced_minor, proceeds_minor, residue_e14 });

/// Cash for units at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstantRedemption {
    pub redemption: Redemption,
    /// The last price, at which it was done.
    pub price: FundPrice,
    /// The dealing day on which the pool redeems the units.
    pub pool_day: LocalDay,
}

codec_struct!(InstantRedemption { redemption, price, pool_day });

/// The fund's totals. Units outstanding are those of the customers and those of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundTotals {
    /// Micro-units of all customers.
    pub units: u128,
    /// Micro-units of the pool.
    pub advanced_units: u128,
    /// What the pool paid for them, in minor units.
    pub advanced_minor: u128,
    /// Cash of customers that waits to be dealt, in minor units.
    pub subscribing_minor: u128,
    /// Micro-units of customers that wait to be redeemed.
    pub redeeming_units: u128,
    /// What rounding left over and was not yet taken, in 10^-14 of a minor unit.
    pub residue_e14: u128,
}

/// A total that is not the sum over the customers: a damaged snapshot or a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavingsFault {
    /// Which total.
    pub total: &'static str,
    /// The dealing day, for totals of one.
    pub day: Option<LocalDay>,
    /// What the fund says.
    pub fund: u128,
    /// What the customers sum to.
    pub customers: u128,
}

impl std::fmt::Display for SavingsFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.total)?;
        if let Some(day) = self.day {
            write!(f, " of day {}", day.number())?;
        }
        write!(f, ": the fund has {}, its customers {}", self.fund, self.customers)
    }
}

impl std::error::Error for SavingsFault {}

/// A fund, without its customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fund {
    prices: PriceHistory,
    /// By day, at most [`MAX_SHEETS`]. A sheet that is not closed is never dropped.
    sheets: Vec<DaySheet>,
    units: u128,
    residue_e14: u128,
}
codec_struct!(Fund { prices, sheets, units, residue_e14 });

impl Fund {
    pub fn new() -> Fund {
        Fund::default()
    }

    pub fn prices(&self) -> &PriceHistory {
        &self.prices
    }

    /// Dealing days, oldest first: those that wait for a price, and the last ones before.
    pub fn sheets(&self) -> &[DaySheet] {
        &self.sheets
    }

    pub fn totals(&self) -> FundTotals {
        let sum = |of: fn(&DaySheet) -> u128| self.sheets.iter().map(of).sum();
        FundTotals {
            units: self.units,
            advanced_units: sum(|sheet| sheet.advanced_units),
            advanced_minor: sum(|sheet| sheet.advanced_minor),
            subscribing_minor: sum(|sheet| sheet.subscribing_minor),
            redeeming_units: sum(|sheet| sheet.redeeming_units),
            residue_e14: self.residue_e14,
        }
    }

    /// Takes in the price of a day and redeems what the pool holds for that day. Customers are
    /// dealt when they are settled.
    ///
    /// A price comes after the cut-off of its day, so that nobody orders at a price that is known;
    /// it is newer than all others, and it is plausible. Errors: the first of `NotNewer`,
    /// `TooEarly`, `OutOfRange`, `OutOfBand` and `OrdersUnsettled` that applies.
    pub fn accept_price(
        &mut self,
        entry: FundPrice,
        approval: Approval,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<Vec<PoolDeal>, PriceRefusal> {
        let last = self.prices.last();
        if let Some(last) = last.filter(|last| entry.day <= last.day) {
            return Err(PriceRefusal::NotNewer { last });
        }
        let closes = rules.calendar().closes(entry.day);
        if now < closes {
            return Err(PriceRefusal::TooEarly { closes });
        }
        let (lowest, highest) = (rules.terms().lowest_price, rules.terms().highest_price);
        if !(lowest..=highest).contains(&entry.price) {
            let (lowest_e8, highest_e8) = (lowest.e8(), highest.e8());
            return Err(PriceRefusal::OutOfRange { lowest_e8, highest_e8 });
        }
        if let (Some(last), Approval::Plain) = (last, approval) {
            check_band(entry, last, rules.terms().band_bps)?;
        }
        if let Some(day) = self.day_that_needs_the_oldest_price() {
            return Err(PriceRefusal::OrdersUnsettled { day });
        }
        // From here the price is accepted.
        self.prices.push(entry);
        let mut deals = Vec::new();
        for sheet in &mut self.sheets {
            if sheet.dealt.is_none() && sheet.day <= entry.day {
                sheet.dealt = Some(entry);
                if sheet.advanced_units > 0 {
                    deals.push(redeem_for_the_pool(sheet, entry));
                }
            }
        }
        self.residue_e14 += deals.iter().map(|deal| deal.residue_e14).sum::<u128>();
        Ok(deals)
    }

    /// The next price would push out the one at which orders of this day are dealt.
    fn day_that_needs_the_oldest_price(&self) -> Option<LocalDay> {
        let oldest = self.prices.all().first().filter(|_| self.prices.is_full())?;
        let needs = |sheet: &&DaySheet| sheet.dealt == Some(*oldest) && !sheet.is_closed();
        self.sheets.iter().find(needs).map(|sheet| sheet.day)
    }

    /// Is there nothing that [`Fund::settle`] would do? It may still be asked to.
    pub fn is_settled(&self, saver: &Saver) -> bool {
        let Some(last) = self.prices.last() else { return true };
        last.day <= saver.accrued_day()
            || (saver.units() == 0 && saver.subscriptions().all(|(day, _)| day > last.day))
    }

    /// What [`Fund::settle`] would answer, for those who only look.
    pub fn preview(&self, saver: &Saver) -> (Saver, Settlement) {
        let mut saver = *saver;
        let settlement = settle(&self.prices, &mut saver);
        (saver, settlement)
    }

    /// Brings a customer up to the last price: yields told, due orders dealt. Never refuses; a
    /// second time does nothing.
    pub fn settle(&mut self, saver: &mut Saver) -> Settlement {
        let settlement = settle(&self.prices, saver);
        for deal in &settlement.deals {
            match deal {
                Deal::Subscribed { day, amount_minor, units, residue_e14, .. } => {
                    let sheet = self.known_sheet(*day);
                    sheet.subscribing_minor -= u128::from(*amount_minor);
                    sheet.subscribed_minor += u128::from(*amount_minor);
                    sheet.issued_units += u128::from(*units);
                    self.units += u128::from(*units);
                    self.residue_e14 += residue_e14;
                }
                Deal::Redeemed { day, units, amount_minor, residue_e14, .. } => {
                    let sheet = self.known_sheet(*day);
                    sheet.redeeming_units -= u128::from(*units);
                    sheet.redeemed_units += u128::from(*units);
                    sheet.paid_minor += u128::from(*amount_minor);
                    self.units -= u128::from(*units);
                    self.residue_e14 += residue_e14;
                }
            }
        }
        settlement
    }

    /// Lets `amount_minor` of the customer's cash wait for its dealing day, which is returned. The
    /// machine moves the cash from the balance to what waits.
    ///
    /// Errors: `ZeroAmount`, `Unsettled`, `TooMuch`, `NoDealingDay`, `EarlierOrderWaits`,
    /// `TooManyOpenDays`.
    pub fn order_subscription(
        &mut self,
        saver: &mut Saver,
        amount_minor: u64,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<LocalDay, SavingsRefusal> {
        if amount_minor == 0 {
            return Err(SavingsRefusal::ZeroAmount);
        }
        self.must_be_settled(saver)?;
        let most_minor = self.room_minor(saver);
        if amount_minor > most_minor {
            return Err(SavingsRefusal::TooMuch { most_minor });
        }
        let day = self.order_day(now, rules)?;
        let mut next = *saver;
        next.add_waiting(Waiting { day, amount_minor })
            .map_err(|day| SavingsRefusal::EarlierOrderWaits { day })?;
        self.open_sheet(day)?.subscribing_minor += u128::from(amount_minor);
        *saver = next;
        Ok(day)
    }

    /// What the customer may still put in, in minor units. Zero for what is full.
    ///
    /// Two bounds: what is in and waits stays below [`MAX_HOLDING_MINOR`], and at whatever price
    /// the waiting cash is dealt, the units stay below [`MAX_UNITS`].
    pub fn room_minor(&self, saver: &Saver) -> u64 {
        let value = self.prices.last().map_or(0, |last| value_of(saver.units(), last.price));
        let waiting = saver.subscribing_minor();
        let by_value = MAX_HOLDING_MINOR.saturating_sub(value.saturating_add(waiting));
        let by_units = (MAX_UNITS - saver.units()) / MOST_UNITS_OF_A_MINOR;
        by_value.min(by_units.saturating_sub(waiting))
    }

    /// What of the waiting cash can still be had back: that of days whose cut-off lies ahead.
    pub fn recallable_minor(&self, saver: &Saver, now: Timestamp, rules: &SavingsRules) -> u64 {
        let open = saver.subscriptions().filter(|(day, _)| now < rules.calendar().closes(*day));
        open.map(|(_, amount_minor)| amount_minor).sum()
    }

    /// Takes waiting cash back before its cut-off, the latest day first. The machine moves it back
    /// to the balance.
    ///
    /// Errors: `ZeroAmount`, `Unsettled`, `NotEnough`.
    pub fn recall_subscription(
        &mut self,
        saver: &mut Saver,
        amount_minor: u64,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<(), SavingsRefusal> {
        if amount_minor == 0 {
            return Err(SavingsRefusal::ZeroAmount);
        }
        self.must_be_settled(saver)?;
        let open = self.recallable_minor(saver, now, rules);
        if let Some(short_minor) = amount_minor.checked_sub(open).filter(|short| *short > 0) {
            return Err(SavingsRefusal::NotEnough { short_minor });
        }
        let mut left = amount_minor;
        let mut waiting = saver.waiting();
        for place in waiting.iter_mut().rev() {
            let Some(one) = place else { continue };
            if now >= rules.calendar().closes(one.day) {
                continue;
            }
            let taken = left.min(one.amount_minor);
            left -= taken;
            self.known_sheet(one.day).subscribing_minor -= u128::from(taken);
            one.amount_minor -= taken;
            if one.amount_minor == 0 {
                *place = None;
            }
        }
        saver.set_waiting(waiting);
        Ok(())
    }

    /// Orders the redemption of micro-units at the price of its dealing day, which is returned. The
    /// units stay the customer's and earn until then.
    ///
    /// Errors: `ZeroAmount`, `Unsettled`, `NotEnoughUnits`, `NoDealingDay`, `EarlierOrderWaits`,
    /// `TooManyOpenDays`.
    pub fn order_redemption(
        &mut self,
        saver: &mut Saver,
        units: u64,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<LocalDay, SavingsRefusal> {
        if units == 0 {
            return Err(SavingsRefusal::ZeroAmount);
        }
        self.must_be_settled(saver)?;
        let free_units = saver.free_units();
        if units > free_units {
            return Err(SavingsRefusal::NotEnoughUnits { free_units });
        }
        let day = self.order_day(now, rules)?;
        if let Some(day) = saver.redeem_day().filter(|waiting| *waiting != day) {
            return Err(SavingsRefusal::EarlierOrderWaits { day });
        }
        self.open_sheet(day)?.redeeming_units += u128::from(units);
        saver.promise(day, units);
        Ok(day)
    }

    /// What the customer can still redeem at once today by the two limits, in minor units. Says
    /// nothing about what there is.
    pub fn instant_left_minor(&self, saver: &Saver, now: Timestamp, rules: &SavingsRules) -> u64 {
        let today = rules.calendar().local_day(now);
        let limit = rules.terms().instant_limit_minor;
        limit.saturating_sub(saver.instant_minor(today)).min(self.pool_left_minor(rules))
    }

    /// What the liquidity pool can still pay out, in minor units.
    pub fn pool_left_minor(&self, rules: &SavingsRules) -> u64 {
        let limit = u128::from(rules.terms().pool_limit_minor);
        let left = limit.saturating_sub(self.totals().advanced_minor);
        u64::try_from(left).expect("not above a limit of 64 bits")
    }

    /// Redeems as many units as `amount_minor` costs at the last price, at once. The pool pays and
    /// takes the units over. The machine moves the cash from the pool to the balance.
    ///
    /// What the limit counts is not given back when the payment that it was for fails.
    ///
    /// Errors: the first of `ZeroAmount`, `Unsettled`, `NoPrice`, `PriceTooOld`, `TooMuch`,
    /// `NotEnough`, `InstantLimit`, `PoolLimit`, `NoDealingDay` and `TooManyOpenDays` that applies.
    pub fn redeem_instantly(
        &mut self,
        saver: &mut Saver,
        amount_minor: u64,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<InstantRedemption, SavingsRefusal> {
        let instant = self.plan_instant(saver, amount_minor, now, rules)?;
        let sheet = self.open_sheet(instant.pool_day)?;
        let units = u128::from(instant.redemption.units);
        sheet.advanced_units += units;
        sheet.advanced_minor += u128::from(amount_minor);
        self.units -= units;
        saver.give_up(instant.redemption.units);
        saver.count_instant(rules.calendar().local_day(now), amount_minor);
        Ok(instant)
    }

    /// All checks of [`Fund::redeem_instantly`] but the last.
    pub(crate) fn plan_instant(
        &self,
        saver: &Saver,
        amount_minor: u64,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<InstantRedemption, SavingsRefusal> {
        if amount_minor == 0 {
            return Err(SavingsRefusal::ZeroAmount);
        }
        self.must_be_settled(saver)?;
        let price = self.fresh_price(now, rules)?;
        let redemption = redeem_cash(amount_minor, price.price)?;
        if redemption.units > saver.free_units() {
            let have = value_of(saver.free_units(), price.price);
            return Err(SavingsRefusal::NotEnough { short_minor: amount_minor - have });
        }
        let today = rules.calendar().local_day(now);
        let limit = rules.terms().instant_limit_minor;
        let left_minor = limit.saturating_sub(saver.instant_minor(today));
        if amount_minor > left_minor {
            return Err(SavingsRefusal::InstantLimit { left_minor });
        }
        let left_minor = self.pool_left_minor(rules);
        if amount_minor > left_minor {
            return Err(SavingsRefusal::PoolLimit { left_minor });
        }
        let pool_day = self.order_day(now, rules)?;
        if !self.has_room_for(pool_day) {
            return Err(SavingsRefusal::TooManyOpenDays);
        }
        Ok(InstantRedemption { redemption, price, pool_day })
    }

    /// The last price, unless it is too old to pay by. Errors: `NoPrice`, `PriceTooOld`.
    pub fn fresh_price(
        &self,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<FundPrice, SavingsRefusal> {
        let last = self.prices.last().ok_or(SavingsRefusal::NoPrice)?;
        let age = rules.calendar().local_day(now).since(last.day);
        if age > rules.terms().max_price_age_days {
            return Err(SavingsRefusal::PriceTooOld { day: last.day });
        }
        Ok(last)
    }

    /// The day at whose price an order of `now` deals. Never a day whose price is known, even when
    /// the rules have changed since. Error: `NoDealingDay`.
    pub fn order_day(
        &self,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<LocalDay, SavingsRefusal> {
        let calendar = rules.calendar();
        let day = calendar.dealing_day(now).ok_or(SavingsRefusal::NoDealingDay)?;
        match self.prices.last().filter(|last| day <= last.day) {
            None => Ok(day),
            Some(last) => calendar.next_dealing(last.day).ok_or(SavingsRefusal::NoDealingDay),
        }
    }

    /// Hands out the residue in whole minor units, to be booked; what is smaller stays.
    pub fn take_residue(&mut self) -> u128 {
        let whole = self.residue_e14 / MINOR_E14;
        self.residue_e14 %= MINOR_E14;
        whole
    }

    /// Holds the sheet of a day against what the fund says. Error: where they part.
    pub fn agree(&self, statement: &FundStatement) -> Result<(), Disagreement> {
        let sheet = self.sheets.iter().find(|sheet| sheet.day == statement.day);
        sheet.ok_or(Disagreement::NoSheet)?.agree(statement)
    }

    /// Are the totals the sums over all customers? Error: the first that is not.
    pub fn verify<'a>(
        &self,
        savers: impl IntoIterator<Item = &'a Saver>,
    ) -> Result<(), SavingsFault> {
        let mut units = 0u128;
        let mut days: BTreeMap<LocalDay, [u128; 2]> = BTreeMap::new();
        for saver in savers {
            units += u128::from(saver.units());
            for (day, amount_minor) in saver.subscriptions() {
                days.entry(day).or_default()[0] += u128::from(amount_minor);
            }
            if let Some(day) = saver.redeem_day() {
                days.entry(day).or_default()[1] += u128::from(saver.redeeming_units());
            }
        }
        must_equal("units", None, [self.units, units])?;
        for sheet in &self.sheets {
            let [subscribing, redeeming] = days.remove(&sheet.day).unwrap_or_default();
            let day = Some(sheet.day);
            must_equal("subscribing_minor", day, [sheet.subscribing_minor, subscribing])?;
            must_equal("redeeming_units", day, [sheet.redeeming_units, redeeming])?;
        }
        match days.first_key_value() {
            Some((day, [0, units])) => must_equal("redeeming_units", Some(*day), [0, *units]),
            Some((day, [minor, _])) => must_equal("subscribing_minor", Some(*day), [0, *minor]),
            None => Ok(()),
        }
    }

    pub(crate) fn must_be_settled(&self, saver: &Saver) -> Result<(), SavingsRefusal> {
        if self.is_settled(saver) { Ok(()) } else { Err(SavingsRefusal::Unsettled) }
    }

    fn known_sheet(&mut self, day: LocalDay) -> &mut DaySheet {
        let at = self.sheets.binary_search_by_key(&day, |sheet| sheet.day);
        &mut self.sheets[at.expect("a day that orders wait for keeps its sheet")]
    }

    fn has_room_for(&self, day: LocalDay) -> bool {
        self.sheets.len() < MAX_SHEETS
            || self.sheets.iter().any(|sheet| sheet.day == day || sheet.is_closed())
    }

    /// The sheet of a day, made when there is none; the oldest closed one makes room for it.
    fn open_sheet(&mut self, day: LocalDay) -> Result<&mut DaySheet, SavingsRefusal> {
        if !self.has_room_for(day) {
            return Err(SavingsRefusal::TooManyOpenDays);
        }
        let find = |sheets: &[DaySheet]| sheets.binary_search_by_key(&day, |sheet| sheet.day);
        if find(&self.sheets).is_err() {
            if self.sheets.len() >= MAX_SHEETS {
                let closed = self.sheets.iter().position(DaySheet::is_closed);
                self.sheets.remove(closed.expect("there is room"));
            }
            let at = find(&self.sheets).expect_err("the day has no sheet yet");
            self.sheets.insert(at, DaySheet::new(day));
        }
        Ok(self.known_sheet(day))
    }
}

/// A change of `band_bps` for each day since the last price is let pass.
fn check_band(entry: FundPrice, last: FundPrice, band_bps: u16) -> Result<(), PriceRefusal> {
    const WHOLE_BPS: u128 = 10_000;
    let band = u128::from(band_bps) * u128::from(entry.day.since(last.day));
    let base = u128::from(last.price.e8());
    let lowest = (base * WHOLE_BPS.saturating_sub(band)).div_ceil(WHOLE_BPS);
    let highest = base * (WHOLE_BPS + band) / WHOLE_BPS;
    if (lowest..=highest).contains(&u128::from(entry.price.e8())) {
        return Ok(());
    }
    let held = |price: u128| {
        let most = Price::HIGHEST.e8();
        u64::try_from(price).unwrap_or(most).clamp(Price::LOWEST.e8(), most)
    };
    Err(PriceRefusal::OutOfBand { lowest_e8: held(lowest), highest_e8: held(highest) })
}

fn redeem_for_the_pool(sheet: &mut DaySheet, price: FundPrice) -> PoolDeal {
    let units = std::mem::take(&mut sheet.advanced_units);
    let advanced_minor = std::mem::take(&mut sheet.advanced_minor);
    // What the pool took over was worth at most its limit, far below what 128 bits hold.
    let exact = units * price.price.wide();
    let proceeds_minor = exact / MINOR_E14;
    sheet.redeemed_units += units;
    sheet.paid_minor += proceeds_minor;
    let residue_e14 = exact % MINOR_E14;
    PoolDeal { day: sheet.day, price, units, advanced_minor, proceeds_minor, residue_e14 }
}

fn must_equal(
    total: &'static str,
    day: Option<LocalDay>,
    [fund, customers]: [u128; 2],
) -> Result<(), SavingsFault> {
    if fund == customers {
        return Ok(());
    }
    Err(SavingsFault { total, day, fund, customers })
}
