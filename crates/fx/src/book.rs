//! The rates that are held, and the quotes made from them.

use crate::{
    FeedReport, FxPolicy, FxRefusal, Halt, MAX_FEED_RATES, Quote, QuoteRequest, RateFeed, Reason,
    Rejection, Side, SourceName,
};
use base::{Span, Timestamp, codec_struct};
use money::{Currency, Day, Rate, Rounding};
use std::collections::{BTreeMap, BTreeSet};

/// Most sources that may be known at once.
pub const MAX_SOURCES: usize = 16;

/// How far a feed's clock may run ahead of ours.
const MAX_AHEAD: Span = Span::minutes(5);

/// Significant digits of the rates in quotes.
const DIGITS: u8 = 12;

/// The mid rates of every source, and the corridors that the operator halted. State of a machine.
///
/// All rates of a quote come from one source, so that rates at one instant fit together: with
/// rounding against the customer no round of exchanges comes back with more than it started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateBook {
    first_source: Option<SourceName>,
    sources: BTreeMap<SourceName, Source>,
    /// Pairs in the order of their codes: a corridor is halted in both directions.
    halted: BTreeMap<(Currency, Currency), ()>,
}
codec_struct!(RateBook { first_source, sources, halted });

/// What one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    reference: Currency,
    rates: BTreeMap<Currency, Good>,
}
codec_struct!(Source { reference, rates });

/// The last rate that passed the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Good {
    rate: Rate,
    as_of: Timestamp,
}
codec_struct!(Good { rate, as_of });

/// One rate as consoles show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRate {
    pub source: SourceName,
    /// From the source's reference currency.
    pub rate: Rate,
    pub as_of: Timestamp,
    /// Is this the source that quotes are made from?
    pub is_primary: bool,
}

impl RateBook {
    /// Takes over every rate of a feed that passes the checks, and reports the others.
    pub fn load(&mut self, feed: RateFeed, now: Timestamp, policy: &FxPolicy) -> FeedReport {
        let mut report =
            FeedReport { source: feed.source.clone(), accepted: 0, rejected: Vec::new() };
        if let Some(reason) = self.refuse_feed(&feed, now, policy) {
            report.rejected =
                feed.rates.into_iter().map(|rate| Rejection { rate, reason }).collect();
            return report;
        }
        let fresh = Source { reference: feed.reference, rates: BTreeMap::new() };
        let mut source = self.sources.remove(&feed.source).unwrap_or(fresh);
        // A clock that runs a little ahead must not make rates look younger than they are.
        let as_of = feed.as_of.min(now);
        let mut seen = BTreeSet::new();
        for (at, rate) in feed.rates.iter().copied().enumerate() {
            let checked = if at >= MAX_FEED_RATES {
                Err(Reason::TooManyRates)
            } else if rate.base() != feed.reference || rate.quote() == feed.reference {
                Err(Reason::NotFromReference { reference: feed.reference })
            } else if !seen.insert(rate.quote()) {
                Err(Reason::Twice)
            } else {
                source.check(Good { rate, as_of }, &feed, (now, policy.band_bps))
            };
            match checked {
                Ok(()) => {
                    source.rates.insert(rate.quote(), Good { rate, as_of });
                    report.accepted += 1;
                }
                Err(reason) => report.rejected.push(Rejection { rate, reason }),
            }
        }
        // A source that never had a good rate is not known at all.
        if !source.rates.is_empty() {
            self.first_source.get_or_insert_with(|| feed.source.clone());
            self.sources.insert(feed.source, source);
        }
        report
    }

    /// Why no rate of this feed can be taken, if so.
    fn refuse_feed(&self, feed: &RateFeed, now: Timestamp, policy: &FxPolicy) -> Option<Reason> {
        let as_of = feed.as_of;
        if as_of > now.after(MAX_AHEAD) {
            return Some(Reason::FromTheFuture { as_of });
        }
        if now.since(as_of) > policy.max_age {
            return Some(Reason::TooOld { as_of });
        }
        if !feed.reference.is_active_on(Day::of(now)) {
            return Some(Reason::NotActive { currency: feed.reference });
        }
        match self.sources.get(&feed.source) {
            Some(source) if source.reference != feed.reference => {
                Some(Reason::OtherReference { expected: source.reference })
            }
            None if self.sources.len() >= MAX_SOURCES => Some(Reason::TooManySources),
            _ => None,
        }
    }

    /// Stops conversion between two currencies, in both directions, until [`RateBook::resume`].
    pub fn halt(&mut self, base: Currency, quote: Currency) {
        self.halted.insert((base.min(quote), base.max(quote)), ());
    }

    /// Takes back [`RateBook::halt`]. Halts for other reasons end when their reason ends.
    pub fn resume(&mut self, base: Currency, quote: Currency) {
        self.halted.remove(&(base.min(quote), base.max(quote)));
    }

    /// The corridors that the operator halted.
    pub fn halted(&self) -> impl Iterator<Item = (Currency, Currency)> {
        self.halted.keys().copied()
    }

    /// Every rate held, by source and currency.
    pub fn rates(&self, policy: &FxPolicy) -> impl Iterator<Item = HeldRate> {
        let primary = self.primary(policy).cloned();
        self.sources.iter().flat_map(move |(name, source)| {
            let is_primary = Some(name) == primary.as_ref();
            source.rates.values().map(move |good| HeldRate {
                source: name.clone(),
                rate: good.rate,
                as_of: good.as_of,
                is_primary,
            })
        })
    }

    /// The mid rate between two currencies, half-even, under the same conditions as a quote.
    pub fn mid(
        &self,
        (base, quote): (Currency, Currency),
        now: Timestamp,
        policy: &FxPolicy,
    ) -> Result<Rate, FxRefusal> {
        let pair = Pair { base, quote, now, max_age: policy.max_age };
        self.checked(pair, policy)?.cross(Rounding::HalfEven)
    }

    /// Freezes a rate with its markup, both rounded against the customer.
    ///
    /// Refusals: `NoRate`, also for equal currencies, which need no quote; `Stale`; `Halted`;
    /// `BadMarkup`.
    pub fn quote(&self, request: QuoteRequest, policy: &FxPolicy) -> Result<Quote, FxRefusal> {
        let QuoteRequest { id, base, quote, markup_bps, side, now } = request;
        let pair = Pair { base, quote, now, max_age: policy.max_age };
        let legs = self.checked(pair, policy)?;
        let rounding = match side {
            Side::PayerPays => Rounding::Up,
            Side::PayeeGets => Rounding::Down,
        };
        let mid = legs.cross(rounding)?;
        let bps = i32::try_from(markup_bps).map_err(|_| FxRefusal::BadMarkup)?;
        let bps = if side == Side::PayerPays { bps } else { -bps };
        let rate = mid.with_markup_bps(bps).and_then(|rate| rate.rounded(DIGITS, rounding));
        let rate = rate.map_err(|_| FxRefusal::BadMarkup)?;
        let expires = now.after(policy.quote_valid);
        Ok(Quote { id, rate, mid, markup_bps, side, issued: now, expires })
    }

    fn primary<'a>(&'a self, policy: &'a FxPolicy) -> Option<&'a SourceName> {
        policy.primary_source.as_ref().or(self.first_source.as_ref())
    }

    /// The two rates that make the pair, if nothing speaks against using them.
    fn checked(&self, pair: Pair, policy: &FxPolicy) -> Result<Legs, FxRefusal> {
        let Pair { base, quote, now, .. } = pair;
        let today = Day::of(now);
        if base == quote || !base.is_active_on(today) || !quote.is_active_on(today) {
            return Err(FxRefusal::NoRate);
        }
        if self.halted.contains_key(&(base.min(quote), base.max(quote))) {
            return Err(FxRefusal::Halted(Halt::ByOperator));
        }
        let primary = self.primary(policy).ok_or(FxRefusal::NoRate)?;
        let legs = self.sources.get(primary).ok_or(FxRefusal::NoRate)?.legs(pair)?;
        if let Some(bound_bps) = policy.sources_must_agree_bps {
            let mid = legs.cross(Rounding::HalfEven)?;
            let others = self.sources.iter().filter(|(name, _)| *name != primary);
            let apart_bps = others
                .filter_map(|(_, source)| source.legs(pair).ok()?.cross(Rounding::HalfEven).ok())
                .map(|other| mid.distance_bps(other))
                .min()
                .ok_or(FxRefusal::Halted(Halt::NoSecondSource))?;
            if apart_bps > u64::from(bound_bps) {
                return Err(FxRefusal::Halted(Halt::SourcesDisagree { apart_bps }));
            }
        }
        Ok(legs)
    }
}

/// A pair that somebody wants to convert now.
#[derive(Clone, Copy)]
struct Pair {
    base: Currency,
    quote: Currency,
    now: Timestamp,
    max_age: Span,
}

/// Rates from one reference currency to both currencies of a pair.
struct Legs {
    from: Rate,
    to: Rate,
}

impl Legs {
    fn cross(&self, rounding: Rounding) -> Result<Rate, FxRefusal> {
        // A price that needs more than 18 decimals is none that could be told to anybody.
        Rate::between(self.from, self.to, DIGITS, rounding).map_err(|_| FxRefusal::NoRate)
    }
}

impl Source {
    fn check(
        &self,
        new: Good,
        feed: &RateFeed,
        (now, band_bps): (Timestamp, u32),
    ) -> Result<(), Reason> {
        let currency = new.rate.quote();
        if !currency.is_active_on(Day::of(now)) {
            return Err(Reason::NotActive { currency });
        }
        let Some(held) = self.rates.get(&currency) else { return Ok(()) };
        if new.as_of < held.as_of {
            return Err(Reason::OlderThanHeld { held: held.as_of });
        }
        let moved_bps = new.rate.distance_bps(held.rate);
        if moved_bps > u64::from(band_bps) && !feed.accept_outside_band {
            return Err(Reason::OutOfBand { held: held.rate, moved_bps, band_bps });
        }
        Ok(())
    }

    fn legs(&self, pair: Pair) -> Result<Legs, FxRefusal> {
        let leg = |currency| {
            if currency == self.reference {
                return Rate::new(currency, currency, 1, 0).map_err(|_| FxRefusal::NoRate);
            }
            let good = self.rates.get(&currency).ok_or(FxRefusal::NoRate)?;
            if pair.now.since(good.as_of) > pair.max_age {
                return Err(FxRefusal::Stale { as_of: good.as_of });
            }
            Ok(good.rate)
        };
        Ok(Legs { from: leg(pair.base)?, to: leg(pair.quote)? })
    }
}
