//! A line of a carrier: its stops, its fares and its rules.

use crate::fault::must;
use crate::{Fare, RideRefusal, RuleFault, Share, Stop};
use base::{Codec, DecodeError, Reader, Span, codec_struct};
use money::{Currency, Money};

/// Longest time after which a ride may count as forgotten.
const LONGEST_RIDE: Span = Span::hours(48);

/// What a carrier says of a line; checked by [`Line::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRules {
    pub line: u32,
    /// The merchant that runs it.
    pub carrier: u32,
    pub currency: Currency,
    /// In the order of the line; may be empty when the fare is flat.
    pub stops: Vec<Stop>,
    pub fare: Fare,
    /// No ride costs more.
    pub cap: Money,
    /// What a ride costs that was not scanned out: at most the cap.
    pub forgotten: Money,
    /// After this time a ride is forgotten.
    pub longest: Span,
    /// How long after its end the carrier may give a fare back.
    pub refund_within: Span,
    /// The wallet's share of each fare.
    pub fee: Share,
}
codec_struct!(LineRules {
    line,
    carrier,
    currency,
    stops,
    fare,
    cap,
    forgotten,
    longest,
    refund_within,
    fee,
});

/// A line whose rules hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(LineRules);

impl Line {
    /// Error: the first field that is wrong.
    pub fn new(rules: LineRules) -> Result<Line, RuleFault> {
        rules.fare.check(&rules.stops)?;
        must(rules.cap.currency() == rules.currency, "cap", "must be in the line's currency")?;
        must(!rules.cap.is_zero(), "cap", "must be above zero")?;
        let same = rules.forgotten.currency() == rules.currency;
        must(same, "forgotten", "must be in the line's currency")?;
        let within = rules.forgotten.minor() <= rules.cap.minor();
        must(within, "forgotten", "must not be above `cap`")?;
        must(rules.longest.nanos() > 0, "longest", "must be above zero")?;
        must(rules.longest <= LONGEST_RIDE, "longest", "must be 48 hours at most")?;
        Ok(Line(rules))
    }

    pub fn rules(&self) -> &LineRules {
        &self.0
    }

    /// What a ride between two stops costs: at most the cap. Both ways are asked for as they are
    /// ridden.
    ///
    /// Error: `StopNotOnLine`.
    pub fn fare(&self, from: u16, to: u16) -> Result<Money, RideRefusal> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        Ok(self.capped(from, to))
    }

    /// The most that a ride from here can come to, forgotten or not. Error: `StopNotOnLine`.
    pub fn highest_fare(&self, from: u16) -> Result<Money, RideRefusal> {
        let from = self.place(from)?;
        let ends = 0..self.0.stops.len().max(1);
        let fares = ends.map(|to| self.capped(from, to)).chain([self.0.forgotten]);
        Ok(fares.max_by_key(|fare| fare.minor()).unwrap_or(self.0.cap))
    }

    fn capped(&self, from: usize, to: usize) -> Money {
        let LineRules { fare, stops, cap, currency, .. } = &self.0;
        let fare = fare.between(stops, from, to).expect("checked rules know every pair of stops");
        Money::new(fare.min(cap.minor()), *currency).unwrap_or(*cap)
    }

    fn place(&self, number: u16) -> Result<usize, RideRefusal> {
        if self.0.stops.is_empty() {
            return Ok(0);
        }
        let place = self.0.stops.iter().position(|stop| stop.stop == number);
        place.ok_or(RideRefusal::StopNotOnLine)
    }
}

impl Codec for Line {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let rules = LineRules::decode(input)?;
        Line::new(rules).map_err(|_| input.expected("rules of a line"))
    }
}
